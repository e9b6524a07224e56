//! Unbound: `log-queries`, `log-replies`, local actions, and everything else that it says.
//!
//! `[7:0] info: 10.0.0.5 a.example. A IN`, and with a reply's code behind it `NOERROR 0.04 0 54`; in its own file a time in seconds
//! stands before it, `[1405341602] unbound[7:0] info: …`. Source: unbound.conf(5). Left out: statistics, which are rows of `device`.

use crate::Stamps;
use crate::rows::{self, Dns, Question};
use crate::text::{addr, between, end, split, word};
use contract::{DecodeError, Decoder, Kinds, LogFormat, Record, Verdict};
use model::{Event, Kind, Timestamp};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Unbound;

impl LogFormat for Unbound {
    fn name(&self) -> &'static str {
        "unbound"
    }

    fn about(&self) -> &'static str {
        "Unbound: queries, replies, messages"
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }

    fn sniff(&self, record: &Record<'_>) -> Verdict {
        if said(record).is_some() { Verdict::Yes } else { Verdict::No }
    }

    fn open(&self, kinds: &dyn Kinds) -> Box<dyn Decoder> {
        Box::new(Queries { dns: Dns::of(kinds) })
    }
}

/// When, how grave, and what.
fn said<'a>(record: &Record<'a>) -> Option<(Timestamp, &'a [u8], &'a [u8])> {
    let (at, rest) = match record.at {
        Some(at) if record.program == b"unbound" => (at, record.text),
        _ => {
            let inside = record.text.strip_prefix(b"[")?;
            let (at, rest) = Stamps::default().epoch(inside)?;
            (at, rest.strip_prefix(b"] ")?.strip_prefix(b"unbound")?)
        }
    };
    // `[7:0] info: `
    let (thread, rest) = split(rest.strip_prefix(b"[")?, b']')?;
    if !thread.contains(&b':') {
        return None;
    }
    let (level, rest) = word(rest.trim_ascii_start());
    Some((at, level.strip_suffix(b":")?, rest))
}

struct Queries {
    dns: Option<Dns>,
}

impl Decoder for Queries {
    fn decode(&mut self, record: &Record<'_>, out: &mut dyn FnMut(Event)) -> Result<(), DecodeError> {
        let Some(dns) = &self.dns else { return Err(DecodeError::new("there is no log of names", 0)) };
        let Some((at, level, said)) = said(record) else { return Err(DecodeError::new("no message of unbound", 0)) };
        let row = asked(dns, at, said).or_else(|| failed(dns, at, said)).or_else(|| local(dns, at, said));
        out(row.unwrap_or_else(|| rows::told(at, record, "unbound", level, None, said)));
        Ok(())
    }
}

/// `[query: | reply: ]10.0.0.5 name type class [code …]`.
fn asked(dns: &Dns, at: Timestamp, said: &[u8]) -> Option<Event> {
    let said = said.strip_prefix(b"query: ").or_else(|| said.strip_prefix(b"reply: ")).unwrap_or(said);
    let (client, rest) = word(said);
    let client = end(client, b'@');
    client.0?;
    let (name, rest) = word(rest);
    let (qtype, rest) = word(rest);
    let (class, rest) = word(rest);
    if class != b"IN" && class != b"CH" && class != b"ANY" {
        return None;
    }
    let mut row = dns.row(at, client, None, &Question { name, qtype, tcp: false });
    dns.answered(&mut row, word(rest).0);
    Some(row)
}

/// `SERVFAIL <name type class>: why`.
fn failed(dns: &Dns, at: Timestamp, said: &[u8]) -> Option<Event> {
    let inside = between(said.strip_prefix(b"SERVFAIL ")?, b"<", b">")?;
    let (name, rest) = word(inside);
    let mut row = dns.row(at, (None, 0), None, &Question { name, qtype: word(rest).0, tcp: false });
    dns.answered(&mut row, b"SERVFAIL");
    Some(row)
}

/// `zone action 10.0.0.5@1234 name type class`: what a local zone answered.
fn local(dns: &Dns, at: Timestamp, said: &[u8]) -> Option<Event> {
    let (_zone, rest) = word(said);
    let (action, rest) = word(rest);
    let (client, rest) = word(rest);
    let (host, _) = split(client, b'@')?;
    addr(host)?;
    let (name, rest) = word(rest);
    let mut row = dns.row(at, end(client, b'@'), None, &Question { name, qtype: word(rest).0, tcp: false });
    match action {
        b"always_nxdomain" | b"static" => dns.answered(&mut row, b"NXDOMAIN"),
        b"refuse" | b"always_refuse" | b"deny" => dns.answered(&mut row, b"REFUSED"),
        _ => {}
    }
    Some(row)
}
