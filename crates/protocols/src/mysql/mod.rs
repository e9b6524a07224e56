//! MySQL: who logs in, which commands are given, and how they go. A client that asks for TLS gets it.
//!
//! Source: MySQL's documentation of its protocol, versions 9 and 10. Left out: prepared statements' answers, replication,
//! compression. As in Zeek only its ports are tried, since the server's greeting is too short to be sure of.

mod analyzer;
mod codec;
pub mod log;
#[cfg(test)]
mod tests;

pub(crate) use codec::Fields;

use contract::{Analyzer, FlowInfo, Heads, Protocol, Transport, Verdict};
use model::Kind;

/// MySQL over TCP.
#[derive(Debug)]
pub struct Mysql;

impl Protocol for Mysql {
    fn name(&self) -> &'static str {
        "mysql"
    }

    fn transports(&self) -> &'static [Transport] {
        &[Transport::Tcp]
    }

    fn ports(&self) -> &'static [(Transport, u16)] {
        &[(Transport::Tcp, 1434), (Transport::Tcp, 3306)]
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[&log::KIND]
    }

    fn probe(&self, _heads: &Heads<'_>) -> Verdict {
        Verdict::No
    }

    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::<analyzer::Mysql>::default()
    }
}
