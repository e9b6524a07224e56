//! Telnet (RFC 854): who logs in where, with what success, and what is typed then.
//!
//! Recognised by option negotiation at the start of either side, on any port. Zeek has no such log by default, so this one
//! is ours, and `service` in `conn.log` stays as Zeek has it. Passwords are never written down. Left out: encryption and
//! authentication options, whose sessions show nothing but their options.

mod analyzer;
pub mod log;
pub mod nvt;

use contract::{Analyzer, FlowInfo, Heads, Protocol, Transport, Verdict};
use model::Kind;

/// Telnet.
#[derive(Debug)]
pub struct Telnet;

impl Protocol for Telnet {
    fn name(&self) -> &'static str {
        "telnet"
    }

    fn transports(&self) -> &'static [Transport] {
        &[Transport::Tcp]
    }

    fn ports(&self) -> &'static [(Transport, u16)] {
        // None: a port here would count as a server's port, which Zeek's 23 does not.
        &[]
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[&log::KIND]
    }

    fn probe(&self, heads: &Heads<'_>) -> Verdict {
        match (side(heads.orig), side(heads.resp)) {
            (Verdict::Yes, Verdict::Yes) => Verdict::Yes,
            // A server that negotiates is enough; so is a client, but only on telnet's own port.
            (_, Verdict::Yes) => Verdict::Yes,
            (Verdict::Yes, _) if heads.resp_port == 23 => Verdict::Yes,
            (Verdict::No, Verdict::No | Verdict::Unsure) | (Verdict::Unsure, Verdict::No) if !heads.resp.is_empty() => Verdict::No,
            _ => Verdict::Unsure,
        }
    }

    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::<analyzer::TelnetAnalyzer>::default()
    }
}

/// Whether a side begins with an option: IAC, WILL to DONT, and one that is in use.
fn side(head: &[u8]) -> Verdict {
    match head {
        [] | [255] | [255, 251..=254] => Verdict::Unsure,
        [255, 251..=254, 0..=49, ..] => Verdict::Yes,
        _ => Verdict::No,
    }
}
