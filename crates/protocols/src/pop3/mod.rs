//! POP3 (RFC 1939) with CAPA and STLS (RFC 2449, RFC 2595): mails that are fetched become files. There is no log of its
//! own, as in Zeek.

mod analyzer;

use contract::{Analyzer, FlowInfo, Heads, Protocol, Transport, Verdict};
use model::Kind;

/// The protocol.
pub struct Pop3;

/// How much of a client's words is looked at for a command.
const LOOK_BYTES_MAX: usize = 1024;

impl Protocol for Pop3 {
    fn name(&self) -> &'static str {
        "pop3"
    }
    fn transports(&self) -> &'static [Transport] {
        &[Transport::Tcp]
    }
    fn ports(&self) -> &'static [(Transport, u16)] {
        &[(Transport::Tcp, 110)]
    }
    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }
    fn probe(&self, heads: &Heads<'_>) -> Verdict {
        let known = heads.resp.len().min(3);
        if heads.resp[..known] != b"+OK"[..known] {
            return Verdict::No;
        }
        if known == 3 && heads.orig[..heads.orig.len().min(LOOK_BYTES_MAX)].split(|c| matches!(c, b'\r' | b'\n')).any(is_command) {
            return Verdict::Yes;
        }
        if heads.orig.len() < LOOK_BYTES_MAX { Verdict::Unsure } else { Verdict::No }
    }
    fn open(&self, flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::new(analyzer::Pop3::new(flow.midstream))
    }
}

/// Whether a line begins with a command that opens a session.
fn is_command(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    let Some(word) = line.get(..4) else {
        return false;
    };
    let blank = line.get(4).is_some_and(u8::is_ascii_whitespace);
    [&b"CAPA"[..], b"AUTH", b"STLS"].iter().any(|known| word.eq_ignore_ascii_case(known))
        || (blank && [&b"USER"[..], b"APOP"].iter().any(|known| word.eq_ignore_ascii_case(known)))
}
