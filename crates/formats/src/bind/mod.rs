//! BIND: query logs of every generation, and what `named` says beside them.
//!
//! BIND 8, as printed in S0: `XX+/192.168.0.1/zaminbank.net/A/IN`; BIND 9: `client [@0x…] 10.0.0.5#1030 [(name)]: [view x:] query: name
//! IN A +E(0)K (10.0.0.1)`, both with their category and severity before them or not; denied queries and transfers, transfers that were
//! made, failed queries, responses. Questions are rows of `dns` to port 53; everything else that `named` says is a row of `device`.
//! Sources: S0's lines, the BIND administrator's manual. Left out: dnstap.

use crate::rows::{self, Dns, Question};
use crate::text::{addr, after, before, between, end, has, split, split_last, word, words};
use contract::{DecodeError, Decoder, Kinds, LogFormat, Record, Verdict};
use model::{Event, Kind, Timestamp};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Bind;

/// Categories that `print-category` puts before a message.
const CATEGORIES: &[&[u8]] = &[
    b"queries",
    b"query-errors",
    b"client",
    b"security",
    b"general",
    b"default",
    b"resolver",
    b"lame-servers",
    b"edns-disabled",
    b"notify",
    b"xfer-in",
    b"xfer-out",
    b"network",
    b"update",
    b"update-security",
    b"config",
    b"database",
    b"dnssec",
    b"rate-limit",
    b"rpz",
    b"zoneload",
    b"unmatched",
    b"dispatch",
    b"responses",
    b"cname",
    b"delegation-only",
    b"spill",
    b"trust-anchor-telemetry",
    b"nsid",
    b"panic",
    b"load",
    b"ncache",
    b"packet",
    b"statistics",
    b"eventlib",
    b"response-checks",
    b"insist",
    b"db",
    b"os",
    b"parser",
    b"maintenance",
];
/// Severities that `print-severity` puts before a message.
const SEVERITIES: &[&[u8]] = &[b"info", b"notice", b"warning", b"error", b"critical", b"debug"];

impl LogFormat for Bind {
    fn name(&self) -> &'static str {
        "bind"
    }

    fn about(&self) -> &'static str {
        "BIND 8 and 9: queries, and named's messages"
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }

    fn sniff(&self, record: &Record<'_>) -> Verdict {
        if record.at.is_some() && is_ours(record) { Verdict::Yes } else { Verdict::No }
    }

    fn open(&self, kinds: &dyn Kinds) -> Box<dyn Decoder> {
        Box::new(Queries { dns: Dns::of(kinds) })
    }
}

fn is_ours(record: &Record<'_>) -> bool {
    let message = Message::of(record);
    record.program == b"named" || !message.category.is_empty() || old(message.said).is_some() || client(message.said).is_some()
}

/// A message without what may stand before it.
struct Message<'a> {
    category: &'a [u8],
    said: &'a [u8],
}

impl<'a> Message<'a> {
    fn of(record: &Record<'a>) -> Self {
        let mut said = if record.program.is_empty() { record.own.trim_ascii_start() } else { record.text };
        // Behind syslog's time, `named` may write its own.
        if said.get(2) == Some(&b'-') && said.first().is_some_and(u8::is_ascii_digit) {
            said = word(word(said).1).1;
        }
        let mut category = &b""[..];
        // At most a category, a severity and, for debugging, its level.
        for _ in 0..2 {
            let (first, rest) = word(said);
            let Some(name) = first.strip_suffix(b":") else { break };
            if CATEGORIES.contains(&name) && category.is_empty() {
                category = name;
            } else if !SEVERITIES.contains(&name) {
                break;
            }
            said = rest;
        }
        Self { category, said }
    }
}

/// `XX+/10.0.0.5/name/A/IN`: whether recursion was asked for, client, name, type.
fn old(said: &[u8]) -> Option<(bool, rows::End, Question<'_>)> {
    let rest = said.strip_prefix(b"XX")?;
    let (flags, rest) = split(rest, b'/')?;
    let (client, rest) = split(rest, b'/')?;
    let (rest, _class) = split_last(rest.trim_ascii_end(), b'/')?;
    let (name, qtype) = split_last(rest, b'/')?;
    let client = end(client, b'#');
    client.0?;
    Some((flags.contains(&b'+'), client, Question { name, qtype, tcp: false }))
}

/// `client @0x7f 10.0.0.5#1030 (name): `: the client, and what follows.
fn client(said: &[u8]) -> Option<(rows::End, &[u8])> {
    let rest = said.strip_prefix(b"client ")?;
    let rest = if rest.starts_with(b"@") { word(rest).1 } else { rest };
    let (who, rest) = word(rest);
    let (who, rest) = match who.strip_suffix(b":") {
        Some(who) => (who, rest),
        // The name, or a key, stands in between.
        None => (who, after(rest, b": ")?),
    };
    who.contains(&b'#').then(|| end(who, b'#')).map(|client| (client, view(rest)))
}

fn view(rest: &[u8]) -> &[u8] {
    if rest.starts_with(b"view ") { after(rest, b": ").unwrap_or(rest) } else { rest }
}

struct Queries {
    dns: Option<Dns>,
}

impl Decoder for Queries {
    fn decode(&mut self, record: &Record<'_>, out: &mut dyn FnMut(Event)) -> Result<(), DecodeError> {
        let Some(dns) = &self.dns else { return Err(DecodeError::new("there is no log of names", 0)) };
        let Some(at) = record.at else { return Err(DecodeError::new("a message without a time", 0)) };
        if !is_ours(record) {
            return Err(DecodeError::new("no message of named", 0));
        }
        let message = Message::of(record);
        if let Some((recursion, client, question)) = old(message.said) {
            let mut row = dns.row(at, client, None, &question);
            row.set(dns.recursion, recursion);
            out(row);
            return Ok(());
        }
        let known = client(message.said);
        let row = known.and_then(|(client, rest)| of_client(dns, at, client, rest));
        let source = || known.and_then(|(client, _)| client.0).or_else(|| server(message.said));
        out(row.unwrap_or_else(|| rows::told(at, record, "named", message.category, source(), message.said)));
        Ok(())
    }
}

/// The server that a message is about: `… : 192.0.2.53#53`.
fn server(said: &[u8]) -> Option<model::Addr> {
    words(said).filter(|word| word.contains(&b'#')).find_map(|word| end(word.strip_suffix(b":").unwrap_or(word), b'#').0)
}

fn of_client(dns: &Dns, at: Timestamp, client: rows::End, rest: &[u8]) -> Option<Event> {
    if let Some(rest) = rest.strip_prefix(b"query: ") {
        return asked(dns, at, client, rest);
    }
    if let Some(rest) = rest.strip_prefix(b"response: ") {
        let mut row = asked(dns, at, client, rest)?;
        dns.answered(&mut row, words(rest).nth(3)?);
        return Some(row);
    }
    if let Some(code) = between(rest, b"query failed (", b")") {
        let (name, types) = split(word(after(rest, b" for ")?).0, b'/')?;
        let (_class, qtype) = split(types, b'/')?;
        let mut row = dns.row(at, client, None, &Question { name, qtype, tcp: false });
        dns.answered(&mut row, code);
        return Some(row);
    }
    let quoted = between(rest, b"'", b"'")?;
    if rest.ends_with(b"denied") || has(rest, b"' denied ") {
        let (name, types) = split_name(quoted)?;
        let transfer = rest.starts_with(b"zone transfer");
        if !transfer && !rest.starts_with(b"query") {
            return None;
        }
        let mut row = dns.row(at, client, None, &Question { name, qtype: types, tcp: transfer });
        dns.answered(&mut row, b"REFUSED");
        return Some(row);
    }
    // `transfer of 'example/IN': AXFR started (serial 7)`.
    if rest.starts_with(b"transfer of") && has(rest, b" started") {
        let qtype = word(after(rest, b"': ")?).0;
        return Some(dns.row(at, client, None, &Question { name: before(quoted, b"/"), qtype, tcp: true }));
    }
    None
}

/// `name/type/class`: the name may hold slashes.
fn split_name(quoted: &[u8]) -> Option<(&[u8], &[u8])> {
    let (rest, _class) = split_last(quoted, b'/')?;
    split_last(rest, b'/')
}

/// `name IN A +E(0)K (10.0.0.1)`.
fn asked(dns: &Dns, at: Timestamp, client: rows::End, rest: &[u8]) -> Option<Event> {
    let (name, rest) = word(rest);
    let (_class, rest) = word(rest);
    let (qtype, rest) = word(rest);
    if qtype.is_empty() {
        return None;
    }
    let flags = words(rest).find(|word| matches!(word[0], b'+' | b'-')).unwrap_or_default();
    let server = words(rest).find_map(|word| word.strip_prefix(b"(")).and_then(|word| addr(word.strip_suffix(b")")?));
    let question = Question { name, qtype, tcp: flags.contains(&b'T') };
    let mut row = dns.row(at, client, server, &question);
    if let Some(first) = flags.first() {
        row.set(dns.recursion, *first == b'+');
    }
    Some(row)
}
