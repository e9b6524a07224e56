//! Syslog over UDP (RFC 3164, RFC 5424): `<priority>` and a text, where the priority is eight times the facility plus the
//! severity. Messages without a priority are kept, since much software omits it.
//!
//! Left out: syslog over TCP.

mod analyzer;
pub mod log;

pub use log::KIND;

use contract::{Analyzer, FlowInfo, Heads, Protocol, Transport, Verdict};
use model::Kind;

/// The catalogue's row.
#[derive(Debug)]
pub struct Syslog;

impl Protocol for Syslog {
    fn name(&self) -> &'static str {
        "syslog"
    }

    fn transports(&self) -> &'static [Transport] {
        &[Transport::Udp]
    }

    fn ports(&self) -> &'static [(Transport, u16)] {
        &[(Transport::Udp, 514)]
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[&KIND]
    }

    fn probe(&self, _heads: &Heads<'_>) -> Verdict {
        Verdict::No
    }

    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::new(analyzer::Syslog)
    }
}
