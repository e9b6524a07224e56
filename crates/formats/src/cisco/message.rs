//! Messages by their numbers. Each family has one reader; what none of them knows is a row of `device`.

use super::address::End;
use super::session::{Built, Ended, Sessions};
use super::told::Told;
use crate::kinds::{device, logon};
use crate::rows::{Flow, Http};
use crate::text::after;
use contract::{DecodeError, Record};
use model::kinds::conn;
use model::{Event, Interval, Timestamp};

/// `%ASA-6-302013: `: the device, the severity, the message's number; and the text behind it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head<'a> {
    device: &'a [u8],
    severity: u8,
    number: u32,
    pub(super) text: &'a [u8],
}

/// ICMP's echo request.
const ECHO: u16 = 8;

const DEVICES: &[&[u8]] = &[b"ASA", b"PIX", b"FWSM", b"FTD"];

impl<'a> Head<'a> {
    /// The head of a message, wherever an envelope left it near the text's beginning.
    pub(super) fn of(text: &'a [u8]) -> Option<Self> {
        /// What stands before the message: a host and a colon at most.
        const BEFORE_MAX: usize = 80;
        let start = match text.iter().take(BEFORE_MAX).position(|byte| *byte == b'%') {
            Some(start) => start,
            // Some relays take the sign away.
            None if DEVICES.iter().any(|device| text.starts_with(device)) => 0,
            None => return None,
        };
        let rest = text[start..].iter().position(|byte| *byte != b'%').map(|skip| &text[start + skip..])?;
        let device = DEVICES.iter().find(|device| rest.starts_with(device) && rest.get(device.len()) == Some(&b'-'))?;
        let mut rest = &rest[device.len() + 1..];
        // `ASA-session-6-302013` and the like: a class before the severity.
        if rest.first().is_some_and(u8::is_ascii_alphabetic) {
            let class = rest.iter().position(|byte| *byte == b'-')?;
            rest = &rest[class + 1..];
        }
        let (first, after) = digits(rest)?;
        let (severity, number, rest) = match after.strip_prefix(b"-").and_then(digits) {
            Some((number, rest)) => (first as u8, number, rest),
            None => (6, first, after),
        };
        // 401004 and a few others come without the colon.
        let rest = rest.strip_prefix(b":").or_else(|| rest.strip_prefix(b" "))?.trim_ascii_start();
        Some(Self { device, severity, number: number as u32, text: rest })
    }
}

/// Reads a message.
pub(super) fn decode(
    head: &Head<'_>,
    at: Timestamp,
    record: &Record<'_>,
    sessions: &mut Sessions,
    http: Option<&Http>,
    out: &mut dyn FnMut(Event),
) -> Result<(), DecodeError> {
    let words = Words { text: head.text };
    match head.number {
        613 | 615 | 302_001 | 302_003 | 302_005 | 302_013 | 302_015 | 302_017 | 302_020 | 302_022 | 302_024 | 302_026 | 302_303 => {
            let (number, built) = built(head.text).ok_or_else(|| broken(head))?;
            sessions.built(number, at, &built);
        }
        614 | 616 | 302_002 | 302_004 | 302_006 | 302_014 | 302_016 | 302_018 | 302_021 | 302_023 | 302_025 | 302_027 | 302_304 => {
            out(sessions.ended(at, &torn_down(head.text).ok_or_else(|| broken(head))?));
        }
        710_001 | 710_002 => {
            out(refused(&words, at)
                .map_or_else(|| told(head, at, record), |row| row.with(conn::ACTION, "allow").with(conn::CONN_STATE, "OTH")))
        }
        304_001 | 304_002 => out(http.and_then(|http| url(head.text, at, http)).unwrap_or_else(|| told(head, at, record))),
        106_100 | 106_102 | 106_103 => out(access_list(&words, at).unwrap_or_else(|| told(head, at, record))),
        106_001..=106_999
        | 313_001..=313_009
        | 110_002
        | 110_003
        | 710_003
        | 710_005
        | 410_001
        | 419_001
        | 419_002
        | 338_005..=338_008
        | 420_002
        | 434_002 => match refused(&words, at) {
            Some(event) => out(event),
            None => out(told(head, at, record)),
        },
        605_004 | 605_005 | 113_004..=113_039 | 611_101..=611_103 | 716_001..=716_059 | 722_022..=722_051 | 109_005..=109_008 => {
            match logged_on(head, &words, at, record) {
                Some(event) => out(event),
                None => out(told(head, at, record)),
            }
        }
        _ => out(told(head, at, record)),
    }
    Ok(())
}

fn broken(head: &Head<'_>) -> DecodeError {
    DecodeError { reason: format!("message {} is not as its guide says", head.number).into(), at: 0 }
}

/// A message's text, looked through by its words.
#[derive(Clone, Copy)]
struct Words<'a> {
    text: &'a [u8],
}

impl<'a> Words<'a> {
    fn all(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.text.split(|byte| *byte == b' ').filter(|word| !word.is_empty())
    }

    /// The word behind the first `name`.
    fn after(&self, name: &[u8]) -> Option<&'a [u8]> {
        let mut words = self.all();
        words.find(|word| word.eq_ignore_ascii_case(name))?;
        words.next()
    }

    fn end_after(&self, name: &[u8]) -> Option<End<'a>> {
        self.after(name).and_then(End::of)
    }

    fn has(&self, part: &[u8]) -> bool {
        // The first letter may be a capital.
        let mut rest = self.text;
        while let Some(place) = memchr::memmem::find(rest, &part[1..]) {
            if place > 0 && rest[place - 1].eq_ignore_ascii_case(&part[0]) {
                return true;
            }
            rest = &rest[place + 1..];
        }
        false
    }

    /// The transport protocol that a word of the text names.
    fn proto(&self) -> Option<&'static str> {
        self.all().find_map(|word| {
            let named = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
            ["tcp", "udp", "icmp", "gre"].into_iter().find(|name| named(name))
        })
    }

    /// What stands between `from` and the next of `until`.
    fn between(&self, from: &[u8], until: &[u8]) -> Option<&'a [u8]> {
        let start = self.text.windows(from.len()).position(|window| window == from)? + from.len();
        let rest = &self.text[start..];
        let end = rest.windows(until.len()).position(|window| window == until)?;
        Some(&rest[..end])
    }
}

/// `Built outbound TCP connection 219032008 for faddr …`: who opened it, and between whom.
fn built<'a>(text: &'a [u8]) -> Option<(u64, Built<'a>)> {
    let told = Told::of(text);
    let ends = told.foreign.zip(told.local);
    Some((told.number()?, Built { inbound: told.inbound, proto: told.proto.unwrap_or("tcp"), ends, echo: echo(&told) }))
}

fn torn_down(text: &[u8]) -> Option<Ended<'_>> {
    let told = Told::of(text);
    let (number, proto) = (told.number()?, told.proto?);
    let (foreign, local, duration) = (told.foreign?, told.local?, told.duration);
    Some(Ended { number, proto, foreign, local, duration, bytes: told.bytes, reason: told.reason, echo: echo(&told) })
}

/// Sessions of ICMP are made for echo requests alone; the messages of old devices do not even say so.
fn echo(told: &Told<'_>) -> Option<(u16, u16)> {
    (told.proto == Some("icmp")).then(|| (told.kind.unwrap_or(ECHO), told.code.unwrap_or(0)))
}

/// `10.0.0.5(user) Accessed URL 203.0.113.9:http://a.example/b`, `Access denied URL http://a.example/b SRC 10.0.0.5 DEST 203.0.113.9 …`.
fn url(text: &[u8], at: Timestamp, http: &Http) -> Option<Event> {
    let (orig, resp, url, user) = match after(text, b" URL ") {
        Some(rest) if text.starts_with(b"Access denied") => {
            (crate::text::word_after(rest, b" SRC "), crate::text::word_after(rest, b" DEST "), crate::text::word(rest).0, None)
        }
        Some(rest) => {
            let first = crate::text::word(text).0;
            let (client, user) = crate::text::split(first, b'(').unwrap_or((first, b""));
            let (server, url) =
                crate::text::split(rest, b':').filter(|(server, _)| crate::text::addr(server).is_some()).unwrap_or((b"", rest));
            (Some(client), Some(server), crate::text::word(url).0, user.strip_suffix(b")"))
        }
        None => return None,
    };
    let target = crate::web::access::Target::of(url, false);
    let port = if target.port == 0 { 80 } else { target.port };
    let mut row = http.row(at, (orig.and_then(crate::text::addr), 0), (resp.and_then(crate::text::addr), port), url);
    if !target.host.is_empty() {
        row.set(http.host, target.host);
    }
    row.set(http.uri, target.path);
    if let Some(user) = user {
        row.set(http.username, user);
    }
    Some(row)
}

/// `access-list NAME denied tcp inside/10.0.0.5(1025) -> outside/203.0.113.9(80) hit-cnt 1 …`.
fn access_list(words: &Words<'_>, at: Timestamp) -> Option<Event> {
    let mut all = words.all();
    let verdict = all.nth(2)?;
    let proto = words.proto().unwrap_or("ip");
    let orig = End::of(all.nth(1)?)?;
    let resp = End::of(all.find(|word| *word != b"->")?)?;
    let flow = Flow { at, proto, orig: (orig.addr, orig.port), resp: (resp.addr, resp.port), number: b"" };
    Some(if verdict == b"denied" { flow.denied() } else { flow.row().with(conn::ACTION, "allow") })
}

/// Refusals: `Deny tcp src inside:… dst outside:…`, `denied from … to …`.
fn refused(words: &Words<'_>, at: Timestamp) -> Option<Event> {
    let orig = words.end_after(b"src").or_else(|| words.end_after(b"laddr")).or_else(|| words.end_after(b"from"))?;
    let resp = words.end_after(b"dst").or_else(|| words.end_after(b"to"))?;
    let proto = words.proto().unwrap_or("ip");
    let (mut orig, mut resp) = ((orig.addr, orig.port), (resp.addr, resp.port));
    if proto == "icmp" {
        let number = |name: &[u8]| words.after(name).and_then(digits).and_then(|(number, _)| u16::try_from(number).ok());
        orig.1 = number(b"(type").or_else(|| number(b"type")).unwrap_or(orig.1);
        resp.1 = number(b"code").unwrap_or(resp.1);
    }
    let denied = Flow { at, proto, orig, resp, number: b"" }.denied();
    // 106015 is mostly about late packets of what the firewall has forgotten: nobody tries to open anything with them.
    let late = words.between(b"flags ", b" on ").is_some_and(|flags| flags != b"SYN");
    Some(if late { denied.with(conn::CONN_STATE, "OTH") } else { denied })
}

/// Logons: of administrators to the device, of users to its VPN.
fn logged_on(head: &Head<'_>, words: &Words<'_>, at: Timestamp, record: &Record<'_>) -> Option<Event> {
    let user = words
        .between(b"User <", b">")
        .or_else(|| words.between(b"Username = ", b","))
        .or_else(|| words.between(b"user \"", b"\""))
        .or_else(|| words.after(b"user").filter(|word| *word == b"=").and_then(|_| last_word(words.text)))
        .or_else(|| words.between(b"user = ", b" "))
        .or_else(|| words.after(b"Uname:"))?;
    let source = words
        .between(b"IP <", b">")
        .or_else(|| words.between(b"IP = ", b","))
        .or_else(|| words.after(b"address:").map(|word| word.strip_suffix(b",").unwrap_or(word)))
        .and_then(End::of)
        .or_else(|| words.end_after(b"from"));
    let refused = words.has(b"denied") || words.has(b"rejected") || words.has(b"failed");
    let ended = words.has(b"disconnected") || words.has(b"terminated");
    let vpn = matches!(head.number, 113_019 | 113_039 | 716_000..=722_999);
    let mut event = Event::new(&logon::KIND, at)
        .with(logon::HOST, record.host)
        .with(logon::SERVICE, if vpn { "vpn" } else { "console" })
        .with(logon::USER, user)
        .with(logon::ACTION, if ended { "logoff" } else { "logon" })
        .with(logon::SUCCESS, !refused)
        .with(logon::REASON, words.text);
    if let Some(source) = source {
        event.set(logon::SOURCE, source.addr);
    }
    if let Some(given) = words.between(b"Address <", b">").and_then(End::of) {
        event.set(logon::ASSIGNED, given.addr);
    }
    Some(event)
}

fn told(head: &Head<'_>, at: Timestamp, record: &Record<'_>) -> Event {
    // Who it is about: the first address that it names, and the second.
    let ends = crate::words::addresses(head.text);
    let end = |place: usize| ends.get(place).and_then(|(_, _, end)| end.0);
    let code = format!("{}-{}", String::from_utf8_lossy(head.device), head.number);
    Event::new(&device::KIND, at)
        .with(device::DEVICE, record.host)
        .with(device::PROGRAM, head.device)
        .with(device::CODE, code)
        .with(device::SEVERITY, head.severity.to_string())
        .with(device::SOURCE, end(0))
        .with(device::DESTINATION, end(1))
        .with(device::MESSAGE, head.text)
}

fn last_word(text: &[u8]) -> Option<&[u8]> {
    text.split(|byte| *byte == b' ').rfind(|word| !word.is_empty())
}

pub(super) fn digits(text: &[u8]) -> Option<(u64, &[u8])> {
    let length = text.iter().take(18).take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 {
        return None;
    }
    Some((text[..length].iter().fold(0, |sum, byte| sum * 10 + u64::from(byte - b'0')), &text[length..]))
}

/// `0:07:22`, also with days before the hours.
pub(super) fn length(text: &[u8]) -> Option<Interval> {
    let mut secs: i64 = 0;
    for part in text.split(|byte| *byte == b':') {
        let (number, _) = digits(part)?;
        secs = secs.checked_mul(60)?.checked_add(i64::try_from(number).ok()?)?;
    }
    Some(Interval::from_secs(secs))
}
