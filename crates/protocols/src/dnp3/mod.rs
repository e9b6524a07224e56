//! DNP3 (IEEE 1815): the protocol of power and water grids, over TCP and UDP.
//!
//! Left out: what the objects say.

mod analyzer;
pub mod codec;
pub mod link;
pub mod log;
#[cfg(test)]
mod tests;

pub use log::KIND;

use contract::{Analyzer, FlowInfo, Heads, Protocol, Side, Transport, Verdict};
use model::Kind;

/// The registered port.
const PORT: u16 = 20000;

/// The catalogue's row for TCP.
#[derive(Debug)]
pub struct Dnp3Tcp;

/// The catalogue's row for UDP.
#[derive(Debug)]
pub struct Dnp3Udp;

impl Protocol for Dnp3Tcp {
    fn name(&self) -> &'static str {
        "dnp3_tcp"
    }

    fn transports(&self) -> &'static [Transport] {
        &[Transport::Tcp]
    }

    fn ports(&self) -> &'static [(Transport, u16)] {
        &[(Transport::Tcp, PORT)]
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[&KIND]
    }

    /// A responder that begins with DNP3's two bytes. On its own port it is read anyway, and not again where that failed.
    fn probe(&self, heads: &Heads<'_>) -> Verdict {
        if heads.resp_port == PORT {
            return Verdict::No;
        }
        match heads.of(Side::Resp) {
            [] | [0x05] => Verdict::Unsure,
            head if head.starts_with(&link::MAGIC) => Verdict::Yes,
            _ => Verdict::No,
        }
    }

    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::new(analyzer::Dnp3::new("dnp3_tcp"))
    }
}

impl Protocol for Dnp3Udp {
    fn name(&self) -> &'static str {
        "dnp3_udp"
    }

    fn transports(&self) -> &'static [Transport] {
        &[Transport::Udp]
    }

    fn ports(&self) -> &'static [(Transport, u16)] {
        &[(Transport::Udp, PORT)]
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[&KIND]
    }

    fn probe(&self, _heads: &Heads<'_>) -> Verdict {
        Verdict::No
    }

    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::new(analyzer::Dnp3::new("dnp3_udp"))
    }
}
