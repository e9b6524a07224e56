//! SSH: who speaks which version with which algorithms, the server's key, and whether somebody got in.
//!
//! Source: RFC 4253, RFC 4419, RFC 5656, RFC 4432, RFC 4462, SSH 1.5; the guess at authentication is Zeek's. Left out:
//! everything encrypted, and SSH 1's keys.

mod analyzer;
mod codec;
mod guessing;
pub mod log;
#[cfg(test)]
mod tests;

pub use guessing::Guessing;

use contract::{Analyzer, FlowInfo, Heads, Protocol, Transport, Verdict};
use model::Kind;

/// SSH over TCP.
#[derive(Debug)]
pub struct Ssh;

impl Protocol for Ssh {
    fn name(&self) -> &'static str {
        "ssh"
    }

    fn transports(&self) -> &'static [Transport] {
        &[Transport::Tcp]
    }

    fn ports(&self) -> &'static [(Transport, u16)] {
        &[(Transport::Tcp, 22)]
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[&log::KIND, &guessing::FAILED]
    }

    fn probe(&self, heads: &Heads<'_>) -> Verdict {
        match (identification(heads.orig), identification(heads.resp)) {
            (Verdict::No, _) | (_, Verdict::No) => Verdict::No,
            (Verdict::Yes, Verdict::Yes) => Verdict::Yes,
            _ => Verdict::Unsure,
        }
    }

    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::<analyzer::Ssh>::default()
    }
}

/// `SSH-1.` or `SSH-2.`, in any case of letters.
fn identification(head: &[u8]) -> Verdict {
    let fits = head.iter().zip(b"ssh-").all(|(byte, expected)| byte.to_ascii_lowercase() == *expected);
    match head.get(4..6) {
        _ if !fits => Verdict::No,
        Some(b"1." | b"2.") => Verdict::Yes,
        Some(_) => Verdict::No,
        None => Verdict::Unsure,
    }
}
