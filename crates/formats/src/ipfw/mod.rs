//! FreeBSD's `ipfw`: `ipfw: 100 Deny TCP 10.0.0.5:1036 203.0.113.9:445 in via fxp0`. Source: ipfw(8).

use crate::rows::{Flow, transport};
use crate::text::{end, number, port, split, word, words};
use contract::{DecodeError, Decoder, Kinds, LogFormat, Record, Verdict};
use model::kinds::conn;
use model::{Event, Kind, Timestamp};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Ipfw;

impl LogFormat for Ipfw {
    fn name(&self) -> &'static str {
        "ipfw"
    }

    fn about(&self) -> &'static str {
        "FreeBSD's and old macOS's ipfw"
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }

    fn sniff(&self, record: &Record<'_>) -> Verdict {
        if record.at.is_some_and(|at| packet(at, record).is_some()) { Verdict::Yes } else { Verdict::No }
    }

    fn open(&self, _kinds: &dyn Kinds) -> Box<dyn Decoder> {
        Box::new(Packets)
    }
}

struct Packets;

impl Decoder for Packets {
    fn decode(&mut self, record: &Record<'_>, out: &mut dyn FnMut(Event)) -> Result<(), DecodeError> {
        let Some(at) = record.at else { return Err(DecodeError::new("a packet without a time", 0)) };
        out(packet(at, record).ok_or(DecodeError::new("no packet of ipfw", 0))?);
        Ok(())
    }
}

fn packet(at: Timestamp, record: &Record<'_>) -> Option<Event> {
    let text = record.text.trim_ascii_start();
    let text = match text.strip_prefix(b"ipfw: ") {
        Some(rest) => rest,
        None if record.program == b"ipfw" => text,
        None => return None,
    };
    let (rule, rest) = word(text);
    number(rule)?;
    let (action, rest) = word(rest);
    let (mut named, mut rest) = word(rest);
    // `Forward to 10.0.0.1:80 TCP …`, `Divert 8668 TCP …`: what stands behind the action is its argument.
    while transport(split(named, b':').map_or(named, |(proto, _)| proto)) == "unknown_transport"
        && !named.is_empty()
        && !named.starts_with(b"P:")
    {
        (named, rest) = word(rest);
    }
    let (name, kind) = split(named, b':').unwrap_or((named, b""));
    let proto = transport(name);
    let (from, rest) = word(rest);
    let (to, rest) = word(rest);
    if !words(rest).any(|word| word == b"in" || word == b"out") {
        return None;
    }
    let (mut orig, mut resp) = (end(from, b':'), end(to, b':'));
    if proto == "icmp"
        && let Some((kind, code)) = split(kind, b'.')
    {
        (orig.1, resp.1) = (port(kind)?, port(code)?);
    }
    let flow = Flow { at, proto, orig, resp, number: rule };
    let denied = [&b"Deny"[..], b"Reset", b"Unreach", b"Reject", b"Stealth"].iter().any(|name| action.starts_with(name));
    Some(if denied { flow.denied() } else { flow.passed().with(conn::ORIG_PKTS, 1_u64) })
}
