//! SMTP (RFC 5321) with its extensions PIPELINING, BDAT and STARTTLS: who sent what to whom, and the attachments as files.

mod addresses;
mod analyzer;
mod chunks;
mod codec;
pub mod log;
mod session;

use contract::{Analyzer, FlowInfo, Heads, Protocol, Transport, Verdict};
use model::Kind;

/// The protocol.
pub struct Smtp;

/// How much of a client's words is looked at for a greeting.
const LOOK_BYTES_MAX: usize = 1024;

impl Protocol for Smtp {
    fn name(&self) -> &'static str {
        "smtp"
    }
    fn transports(&self) -> &'static [Transport] {
        &[Transport::Tcp]
    }
    fn ports(&self) -> &'static [(Transport, u16)] {
        &[(Transport::Tcp, 25), (Transport::Tcp, 587)]
    }
    fn kinds(&self) -> &'static [&'static Kind] {
        &[&log::KIND]
    }
    fn probe(&self, heads: &Heads<'_>) -> Verdict {
        match (server(heads.resp), client(heads.orig)) {
            (Verdict::No, _) | (_, Verdict::No) => Verdict::No,
            (Verdict::Yes, Verdict::Yes) => Verdict::Yes,
            _ => Verdict::Unsure,
        }
    }
    fn open(&self, flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::new(analyzer::Smtp::new(flow.midstream))
    }
}

fn server(head: &[u8]) -> Verdict {
    let head = head.trim_ascii_start();
    match head.get(3) {
        _ if !b"220".starts_with(&head[..head.len().min(3)]) => Verdict::No,
        Some(c) if c.is_ascii_whitespace() || *c == b'-' => Verdict::Yes,
        Some(_) => Verdict::No,
        None => Verdict::Unsure,
    }
}

fn client(head: &[u8]) -> Verdict {
    let looked = &head[..head.len().min(LOOK_BYTES_MAX)];
    let greets = looked.split(|c| matches!(c, b'\r' | b'\n')).any(|line| {
        line.trim_ascii_start().get(..4).is_some_and(|word| word.eq_ignore_ascii_case(b"HELO") || word.eq_ignore_ascii_case(b"EHLO"))
    });
    match (greets, head.len() < LOOK_BYTES_MAX) {
        (true, _) => Verdict::Yes,
        (false, true) => Verdict::Unsure,
        (false, false) => Verdict::No,
    }
}

#[cfg(test)]
mod tests;
