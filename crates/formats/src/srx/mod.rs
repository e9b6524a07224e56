//! Juniper SRX: sessions of `RT_FLOW`, structured (`[junos@2636… source-address="…" …]`) and not.
//!
//! `RT_FLOW_SESSION_CLOSE` is a flow with what both sides sent, `…_DENY` one that was refused, `…_CREATE` waits for its end. Attacks
//! (`RT_IDS`, `RT_IDP`), web filter lines and all other structured messages are rows of `device`. Source: Junos' system log explorer.

use crate::kinds::device;
use crate::rows::{self, Flow, transport};
use crate::text::{addr, after, end, has, leading, number, pairs, port, split, word, words};
use crate::traffic::{self, Counted, Done};
use contract::{DecodeError, Decoder, Kinds, LogFormat, Record, Verdict};
use model::{Event, Kind, Timestamp};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Srx;

impl LogFormat for Srx {
    fn name(&self) -> &'static str {
        "srx"
    }

    fn about(&self) -> &'static str {
        "Juniper SRX firewalls"
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }

    fn sniff(&self, record: &Record<'_>) -> Verdict {
        if record.at.is_some() && is_ours(record.line) { Verdict::Yes } else { Verdict::No }
    }

    fn open(&self, _kinds: &dyn Kinds) -> Box<dyn Decoder> {
        Box::new(Messages)
    }
}

fn is_ours(line: &[u8]) -> bool {
    has(line, b"[junos@") || has(line, b"RT_FLOW_SESSION_") || has(line, b"RT_SCREEN_")
}

struct Messages;

impl Decoder for Messages {
    fn decode(&mut self, record: &Record<'_>, out: &mut dyn FnMut(Event)) -> Result<(), DecodeError> {
        let Some(at) = record.at else { return Err(DecodeError::new("a message without a time", 0)) };
        if !is_ours(record.line) {
            return Err(DecodeError::new("no message of Junos", 0));
        }
        let said = if has(record.line, b"[junos@") { structured(at, record) } else { plain(at, record.line) };
        match said {
            Some(Ok(row)) => row.into_iter().for_each(out),
            Some(Err(error)) => return Err(error),
            None => out(rows::told(at, record, "junos", b"", None, record.text)),
        }
        Ok(())
    }
}

type Said = Option<Result<Option<Event>, DecodeError>>;

fn structured(at: Timestamp, record: &Record<'_>) -> Said {
    let place = memchr::memmem::find(record.line, b"[junos@")?;
    let (before, data) = record.line.split_at(place);
    let name = words(before).last()?;
    let data = word(data).1;
    let data = data.strip_suffix(b"]").unwrap_or(data);
    let (mut orig, mut resp, mut proto, mut session, mut user) = ((None, 0), (None, 0), &b""[..], &b""[..], &b""[..]);
    let mut counted = Counted::default();
    for (name, value) in pairs(data) {
        match name {
            b"source-address" => orig.0 = addr(value),
            b"destination-address" => resp.0 = addr(value),
            b"source-port" => orig.1 = port(value).unwrap_or_default(),
            b"destination-port" => resp.1 = port(value).unwrap_or_default(),
            b"protocol-id" | b"protocol-name" => proto = value,
            b"session-id-32" | b"session-id" => session = value,
            b"elapsed-time" => counted.duration = number(value),
            b"bytes-from-client" => counted.sent = number(value),
            b"bytes-from-server" => counted.received = number(value),
            b"packets-from-client" => counted.sent_packets = number(value),
            b"packets-from-server" => counted.received_packets = number(value),
            b"username" if value != b"N/A" => user = value,
            _ => {}
        }
    }
    let flow = Flow { at, proto: transport(proto), orig, resp, number: session };
    let done = match name {
        b"RT_FLOW_SESSION_CREATE" | b"RT_FLOW_SESSION_CREATE_LS" => Done::Begun,
        b"RT_FLOW_SESSION_DENY" | b"RT_FLOW_SESSION_DENY_LS" => Done::Denied,
        b"RT_FLOW_SESSION_CLOSE" | b"RT_FLOW_SESSION_CLOSE_LS" | b"APPTRACK_SESSION_CLOSE" => Done::Ended,
        _ => {
            let row = rows::told(at, record, "junos", name, orig.0, data).with(device::DESTINATION, resp.0);
            return Some(Ok(Some(if user.is_empty() { row } else { row.with(device::USER, user) })));
        }
    };
    Some(Ok(traffic::row(&flow, done, &counted)))
}

/// `RT_FLOW_SESSION_CLOSE: session closed why: 10.0.0.5/1036->203.0.113.9/80 [0x0] service nat… proto(6) policy zones id 78(6657) 122(13305) 45 …`.
fn plain(at: Timestamp, line: &[u8]) -> Said {
    let rest = after(line, b"RT_FLOW_SESSION_")?;
    let (name, rest) = split(rest, b':')?;
    let arrow = words(rest).find(|word| has(word, b"->"))?;
    let place = memchr::memmem::find(arrow, b"->")?;
    let (orig, resp) = (end(&arrow[..place], b'/'), end(&arrow[place + 2..], b'/'));
    let behind: Vec<&[u8]> = words(after(rest, arrow)?).take(40).collect();
    // The protocol stands behind the names of rules: `6`, or `tcp(6)`-like in a denial, `1(8)` for ICMP.
    let proto = behind.iter().find_map(|word| {
        let (number, after) = leading(word)?;
        let fits = after.is_empty() || after.starts_with(b"(");
        (fits && matches!(number, 1 | 6 | 17 | 47 | 50 | 58)).then_some(&word[..word.len() - after.len()])
    });
    let mut pairs = behind.iter().filter_map(|word| {
        let (packets, rest) = leading(word)?;
        let bytes = number(rest.strip_prefix(b"(")?.strip_suffix(b")")?)?;
        Some((packets, bytes))
    });
    let mut counted = Counted::default();
    let done = match name {
        b"CREATE" => Done::Begun,
        b"DENY" => Done::Denied,
        _ => Done::Ended,
    };
    if done == Done::Ended {
        let (sent, received) = (pairs.next(), pairs.next());
        (counted.sent_packets, counted.sent) = (sent.map(|pair| pair.0), sent.map(|pair| pair.1));
        (counted.received_packets, counted.received) = (received.map(|pair| pair.0), received.map(|pair| pair.1));
        let last = behind.iter().rposition(|word| word.contains(&b'(') && word.ends_with(b")") && word[0].is_ascii_digit());
        counted.duration = last.and_then(|last| behind.get(last + 1)).and_then(|word| number(word));
    }
    let flow = Flow { at, proto: transport(proto.unwrap_or_default()), orig, resp, number: b"" };
    Some(Ok(traffic::row(&flow, done, &counted)))
}
