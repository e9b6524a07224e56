//! The Network Time Protocol, versions 1 to 4 (RFC 5905), with its control (RFC 1119) and private messages.
//!
//! Left out: what extension fields say, and checking of digests.

mod analyzer;
pub mod codec;
pub mod log;
#[cfg(test)]
mod tests;

pub use log::KIND;

use contract::{Analyzer, FlowInfo, Heads, Protocol, Transport, Verdict};
use model::Kind;

/// The catalogue's row.
#[derive(Debug)]
pub struct Ntp;

impl Protocol for Ntp {
    fn name(&self) -> &'static str {
        "ntp"
    }

    fn transports(&self) -> &'static [Transport] {
        &[Transport::Udp]
    }

    fn ports(&self) -> &'static [(Transport, u16)] {
        &[(Transport::Udp, 123)]
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[&KIND, &log::control::KIND, &log::private::KIND]
    }

    /// Forty-eight bytes with hardly a fixed one among them prove nothing; Zeek knows no signature either.
    fn probe(&self, _heads: &Heads<'_>) -> Verdict {
        Verdict::No
    }

    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::new(analyzer::Ntp::default())
    }
}
