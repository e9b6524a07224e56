//! QUIC: versions, connection ids, and the TLS hellos in its first packets.
//!
//! Initial packets are encrypted with keys that everybody can make; they are decrypted here for the client's and the
//! server's hello, which make a row of `ssl.log` of their own. All else stays closed.
//!
//! Source: RFC 9000, RFC 9001, RFC 9369, drafts 23 to 34. Left out: more than one connection in a flow at a time.

mod analyzer;
mod codec;
mod crypto;
pub mod log;
#[cfg(test)]
mod tests;

use contract::{Analyzer, FlowInfo, Heads, Protocol, Side, Transport, Verdict};
use model::Kind;

/// QUIC over UDP.
#[derive(Debug)]
pub struct Quic;

impl Protocol for Quic {
    fn name(&self) -> &'static str {
        "quic"
    }

    fn transports(&self) -> &'static [Transport] {
        &[Transport::Udp]
    }

    fn ports(&self) -> &'static [(Transport, u16)] {
        &[(Transport::Udp, 443), (Transport::Udp, 784), (Transport::Udp, 853)]
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[&log::KIND, &crate::ssl::log::KIND]
    }

    fn probe(&self, heads: &Heads<'_>) -> Verdict {
        let first = |head: &[u8]| matches!(head, [0xc0..=0xcf, 0, 0, 0, 1, ..] | [0xd0..=0xdf, 0x6b, 0x33, 0x43, 0xcf, ..]);
        if Side::BOTH.iter().any(|&side| first(heads.of(side))) {
            Verdict::Yes
        } else if heads.orig.is_empty() || heads.resp.is_empty() {
            Verdict::Unsure
        } else {
            Verdict::No
        }
    }

    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::new(analyzer::Quic::new())
    }
}
