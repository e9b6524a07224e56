//! RDP: who connects, from what machine, and how the connection is protected.
//!
//! Source: MS-RDPBCGR, MS-RDPEUDP. Left out: everything after the set-up, which is encrypted; behind TLS whatever reads TLS
//! reads on.

mod analyzer;
pub mod log;
mod names;
#[cfg(test)]
mod tests;
mod udp;

pub use udp::Rdpeudp;

use contract::{Analyzer, FlowInfo, Heads, Protocol, Transport, Verdict};
use memchr::memmem;
use model::Kind;

/// RDP over TCP.
#[derive(Debug)]
pub struct Rdp;

/// So many bytes of a client are searched for its words.
const SEARCHED_MAX: usize = 1024;

impl Protocol for Rdp {
    fn name(&self) -> &'static str {
        "rdp"
    }

    fn transports(&self) -> &'static [Transport] {
        &[Transport::Tcp]
    }

    fn ports(&self) -> &'static [(Transport, u16)] {
        &[(Transport::Tcp, 3389)]
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[&log::KIND]
    }

    /// Both sides begin with a TPKT; the client says who it is, the server confirms.
    fn probe(&self, heads: &Heads<'_>) -> Verdict {
        let tpkt = |head: &[u8]| head.iter().zip([3, 0]).all(|(byte, expected)| *byte == expected);
        if !tpkt(heads.orig) || !tpkt(heads.resp) || heads.resp.len() > 5 && heads.resp[5] != 0xd0 {
            return Verdict::No;
        }
        let head = &heads.orig[..heads.orig.len().min(SEARCHED_MAX)];
        let says = memmem::find(head, b"Cookie: mstshash=").is_some() || memmem::find(head, b"Duca").is_some();
        match (says, heads.resp.len() > 5) {
            (true, true) => Verdict::Yes,
            (false, _) if heads.orig.len() >= SEARCHED_MAX => Verdict::No,
            _ => Verdict::Unsure,
        }
    }

    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::<analyzer::Rdp>::default()
    }
}
