//! TFTP (RFC 1350, options RFC 2347 to 2349): a request to port 69, answered from a new port to the client's, so that the
//! file travels in a flow of its own, which the server opens. Servers that answer from port 69 are read too.
//!
//! The service is not confirmed, as Zeek has no such analyzer and leaves the column empty.
//!
//! Left out: line ends of `netascii` (files are handed over as they travel), and blocks that come late out of order, as
//! windows (RFC 7440) allow: they count as missing.

mod analyzer;
mod codec;
pub mod log;
#[cfg(test)]
mod tests;

use contract::{Analyzer, FlowInfo, Heads, Protocol, Transport, Verdict};
use model::Kind;

/// The catalogue's row.
#[derive(Debug)]
pub struct Tftp;

/// Where servers wait for requests.
const PORT: u16 = 69;

impl Protocol for Tftp {
    fn name(&self) -> &'static str {
        "tftp"
    }

    fn transports(&self) -> &'static [Transport] {
        &[Transport::Udp]
    }

    /// None: Zeek does not take the side with port 69 for the server where it speaks first.
    fn ports(&self) -> &'static [(Transport, u16)] {
        &[]
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[&log::KIND]
    }

    fn probe(&self, heads: &Heads<'_>) -> Verdict {
        let asks = matches!(codec::packet(heads.orig), Some(codec::Packet::Request(_)));
        if heads.transport == Transport::Udp && heads.resp_port == PORT && asks { Verdict::Yes } else { Verdict::No }
    }

    fn open(&self, flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::new(analyzer::Tftp::new(&flow.note))
    }
}
