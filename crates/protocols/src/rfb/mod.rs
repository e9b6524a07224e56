//! RFB, which VNC speaks: versions, authentication, the screen that is shared.
//!
//! Source: RFC 6143; Apple's authentication as Zeek reads it. Left out: what is on the screen.

mod analyzer;
pub mod log;
#[cfg(test)]
mod tests;

use contract::{Analyzer, FlowInfo, Heads, Protocol, Side, Transport, Verdict};
use model::Kind;

/// RFB over TCP.
#[derive(Debug)]
pub struct Rfb;

impl Protocol for Rfb {
    fn name(&self) -> &'static str {
        "rfb"
    }

    fn transports(&self) -> &'static [Transport] {
        &[Transport::Tcp]
    }

    fn ports(&self) -> &'static [(Transport, u16)] {
        &[]
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[&log::KIND]
    }

    /// Both sides begin with the protocol's name.
    fn probe(&self, heads: &Heads<'_>) -> Verdict {
        let heads = Side::BOTH.map(|side| heads.of(side));
        if heads.iter().any(|head| !head.iter().zip(b"RFB").all(|(byte, expected)| byte == expected)) {
            Verdict::No
        } else if heads.iter().all(|head| head.len() >= 3) {
            Verdict::Yes
        } else {
            Verdict::Unsure
        }
    }

    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::<analyzer::Rfb>::default()
    }
}
