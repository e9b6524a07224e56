//! OpenBSD's pf: `pflog` as tcpdump prints it, and the `filterlog` lines of pfSense and OPNsense.
//!
//! `rule 7/0(match): block in on em0: 10.0.0.5.1036 > 203.0.113.9.445: Flags [S] …`; or comma-separated `7,,,1000000301,em0,match,
//! block,in,4,…`. Each is a row of `conn` of one packet. Sources: tcpdump(8), pfSense's description of its raw filter log. Left out:
//! CARP and what a packet of IGMP says.

use crate::rows::{Flow, transport};
use crate::text::{addr, after, before, end, fields, has, number, port, word};
use contract::{DecodeError, Decoder, Kinds, LogFormat, Record, Verdict};
use model::kinds::conn;
use model::{Event, Kind, Timestamp};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Pf;

impl LogFormat for Pf {
    fn name(&self) -> &'static str {
        "pf"
    }

    fn about(&self) -> &'static str {
        "pf: pflog as text, pfSense's and OPNsense's filterlog"
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
        out(packet(at, record).ok_or(DecodeError::new("no packet of pf", 0))?);
        Ok(())
    }
}

fn packet(at: Timestamp, record: &Record<'_>) -> Option<Event> {
    match record.program {
        b"filterlog" => filterlog(at, record.text.trim_ascii_start()),
        _ if has(record.own, b"filterlog") => filterlog(at, word(after(record.own, b"filterlog")?).1),
        _ => pflog(at, record.own),
    }
}

fn verdict(flow: &Flow<'_>, action: &[u8], length: Option<u64>) -> Event {
    let row = if action == b"pass" || action == b"match" || action == b"rdr" || action == b"nat" { flow.passed() } else { flow.denied() };
    row.with(conn::ORIG_PKTS, 1_u64).with(conn::ORIG_IP_BYTES, length)
}

fn filterlog(at: Timestamp, text: &[u8]) -> Option<Event> {
    let mut all = fields(text);
    let rule = all.next()?;
    number(rule)?;
    let action = all.nth(5)?;
    let version = all.nth(1)?;
    let (named, length, from, to) = if version == b"6" {
        (all.nth(3)?, all.nth(1)?, all.next()?, all.next()?)
    } else {
        (all.nth(7)?, all.next()?, all.next()?, all.next()?)
    };
    let proto = transport(named);
    let (mut orig, mut resp) = ((addr(from), 0), (addr(to), 0));
    if proto == "tcp" || proto == "udp" {
        (orig.1, resp.1) = (port(all.next()?)?, port(all.next()?)?);
    } else if proto == "icmp" {
        orig.1 = match all.next() {
            Some(b"request") => 8,
            Some(b"unreach" | b"unreachproto" | b"unreachport") => 3,
            Some(b"timexceed") => 11,
            _ => 0,
        };
        resp.1 = 0;
    }
    let flow = Flow { at, proto, orig, resp, number: rule };
    Some(verdict(&flow, action, number(length)))
}

/// `rule …: block in on em0: A > B: …`, with what tcpdump's `-v` puts before the ends or not.
fn pflog(at: Timestamp, text: &[u8]) -> Option<Event> {
    let rest = after(text, b"rule ")?;
    let rule = word(rest).0;
    let place = [&b" block "[..], b" pass ", b" match "].iter().find_map(|name| memchr::memmem::find(rest, name))?;
    let (action, rest) = word(rest[place..].trim_ascii_start());
    let (direction, rest) = word(rest);
    if direction != b"in" && direction != b"out" {
        return None;
    }
    let rest = after(rest, b": ")?.trim_ascii_start();
    let rest = if rest.starts_with(b"(") { after(rest, b") ")?.trim_ascii_start() } else { rest };
    let arrow = memchr::memmem::find(rest, b" > ")?;
    let from = rest[..arrow].rsplit(|byte| *byte == b' ').next()?;
    let (to, behind) = word(&rest[arrow + 3..]);
    let (orig, resp) = (end(from, b'.'), end(to.strip_suffix(b":").unwrap_or(to), b'.'));
    orig.0.or(resp.0)?;
    let proto = if orig.1 == 0 && resp.1 == 0 {
        if has(behind, b"icmp") || has(behind, b"ICMP") { "icmp" } else { transport(word(behind).0) }
    } else if has(behind, b"Flags [") || before(behind, b" ").iter().all(|byte| b"SFRPWE.".contains(byte)) || has(rest, b"proto TCP") {
        "tcp"
    } else {
        "udp"
    };
    let (mut orig, mut resp) = (orig, resp);
    if proto == "icmp" {
        orig.1 = if has(behind, b"echo request") {
            8
        } else if has(behind, b"unreachable") {
            3
        } else {
            0
        };
        resp.1 = 0;
    }
    Some(verdict(&Flow { at, proto, orig, resp, number: rule }, action, None))
}
