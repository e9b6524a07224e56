//! IP Filter's `ipmon`, the firewall of S0's virtual internet.
//!
//! `26/08/2005 21:35:59.123456 Inc1 @0:1 b 192.168.0.1,1036 -> 133.83.18.55,445 PR tcp len 20 48 -S IN`, or behind syslog without its
//! date; a count `2x` where lines were the same. Blocked, short and unmatched packets are denied flows, others passed ones.
//! Source: ipmon(8). Left out: NAT and state records, which are rows of `device`.

use crate::rows::{self, Flow, transport};
use crate::text::{after, end, leading, number, split, word, words};
use contract::{DecodeError, Decoder, Kinds, LogFormat, Record, Verdict};
use model::kinds::conn;
use model::{Event, Kind, Timestamp};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Ipfilter;

impl LogFormat for Ipfilter {
    fn name(&self) -> &'static str {
        "ipfilter"
    }

    fn about(&self) -> &'static str {
        "IP Filter's ipmon"
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }

    fn sniff(&self, record: &Record<'_>) -> Verdict {
        if record.at.is_some() && (record.program == b"ipmon" || Said::of(record).is_some()) { Verdict::Yes } else { Verdict::No }
    }

    fn open(&self, _kinds: &dyn Kinds) -> Box<dyn Decoder> {
        Box::new(Packets)
    }
}

/// What was done, and with what.
struct Said<'a> {
    count: u64,
    rule: &'a [u8],
    action: u8,
    rest: &'a [u8],
}

impl<'a> Said<'a> {
    fn of(record: &Record<'a>) -> Option<Self> {
        let mut text = if record.program.is_empty() { record.own } else { record.text }.trim_ascii_start();
        // Behind syslog: the time of day.
        if text.get(2) == Some(&b':') {
            text = word(text).1;
        }
        let mut count = 1;
        if let Some((times, rest)) = leading(text)
            && let Some(rest) = rest.strip_prefix(b"x ")
        {
            (count, text) = (times, rest.trim_ascii_start());
        }
        let (_interface, rest) = word(text);
        let (rule, rest) = word(rest);
        let (action, rest) = word(rest);
        if !rule.starts_with(b"@") || !rule.contains(&b':') || action.len() != 1 || !b"pPbBSnL".contains(&action[0]) {
            return None;
        }
        Some(Self { count, rule, action: action[0], rest })
    }
}

struct Packets;

impl Decoder for Packets {
    fn decode(&mut self, record: &Record<'_>, out: &mut dyn FnMut(Event)) -> Result<(), DecodeError> {
        let Some(at) = record.at else { return Err(DecodeError::new("a packet without a time", 0)) };
        match Said::of(record) {
            Some(said) => out(packet(at, &said).ok_or(DecodeError::new("a packet without its ends", 0))?),
            None if record.program == b"ipmon" => out(rows::told(at, record, "ipmon", b"", None, record.text)),
            None => return Err(DecodeError::new("no record of ipmon", 0)),
        }
        Ok(())
    }
}

fn packet(at: Timestamp, said: &Said<'_>) -> Option<Event> {
    let (from, rest) = word(said.rest);
    let (arrow, rest) = word(rest);
    let (to, rest) = word(rest);
    let proto = transport(word(after(rest, b"PR ")?).0);
    if arrow != b"->" {
        return None;
    }
    let (mut orig, mut resp) = (end(from, b','), end(to, b','));
    if proto == "icmp"
        && let Some(kind) = after(rest, b"len ").and_then(|rest| after(rest, b" icmp ")).and_then(|rest| split(word(rest).0, b'/'))
    {
        (orig.1, resp.1) = (icmp_type(kind.0), number(kind.1).map_or(0, |code| code as u16));
    }
    // The numbers behind `len`: of the header, of the whole packet.
    let length = after(rest, b"len ").and_then(|rest| words(rest).nth(1)).and_then(number);
    let flow = Flow { at, proto, orig, resp, number: said.rule };
    let row = if b"pPL".contains(&said.action) { flow.passed() } else { flow.denied() };
    Some(row.with(conn::ORIG_PKTS, said.count).with(conn::ORIG_IP_BYTES, length.map(|length| length.saturating_mul(said.count))))
}

fn icmp_type(name: &[u8]) -> u16 {
    const NAMES: &[(&[u8], u16)] = &[
        (b"echorep", 0),
        (b"unreach", 3),
        (b"squench", 4),
        (b"redir", 5),
        (b"echo", 8),
        (b"timex", 11),
        (b"paramprob", 12),
        (b"timest", 13),
        (b"timestrep", 14),
    ];
    NAMES.iter().find(|(known, _)| *known == name).map_or_else(|| crate::text::port(name).unwrap_or_default(), |(_, number)| *number)
}
