//! CEF and LEEF: what devices of any maker write for those that collect events.
//!
//! `CEF:0|vendor|product|version|id|name|severity|src=… dst=… act=…`: values may hold spaces and end where the next name begins.
//! `LEEF:1.0|vendor|product|version|id|src=…<tab>dst=…`, and 2.0 with its own separator. Lines with two ends are flows (where an action is
//! told, with it), those with a request rows of `http`, others rows of `device`. Sources: ArcSight's and QRadar's guides. Left out:
//! custom fields.

use crate::kinds::device;
use crate::rows::{self, Flow, Http, method, transport};
use crate::text::{addr, after, has, leading, number, port, split};
use crate::traffic::{self, Counted};
use crate::web::access::Target;
use contract::{DecodeError, Decoder, Kinds, LogFormat, Record, Verdict};
use model::kinds::conn;
use model::{Event, Kind, Timestamp};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Cef;

impl LogFormat for Cef {
    fn name(&self) -> &'static str {
        "cef"
    }

    fn about(&self) -> &'static str {
        "CEF and LEEF, of any maker"
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }

    fn sniff(&self, record: &Record<'_>) -> Verdict {
        if Head::of(record.line).is_some() { Verdict::Yes } else { Verdict::No }
    }

    fn open(&self, kinds: &dyn Kinds) -> Box<dyn Decoder> {
        Box::new(Messages { http: Http::of(kinds) })
    }
}

/// What stands before the pairs.
struct Head<'a> {
    product: &'a [u8],
    id: &'a [u8],
    name: &'a [u8],
    severity: &'a [u8],
    pairs: &'a [u8],
    /// What separates the pairs; `None` for CEF.
    mark: Option<u8>,
}

/// One field of the head: up to a bar that no backslash stands before.
fn head_field(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut from = 0;
    loop {
        let at = from + memchr::memchr(b'|', &text[from..])?;
        if at == 0 || text[at - 1] != b'\\' {
            return Some((&text[..at], &text[at + 1..]));
        }
        from = at + 1;
    }
}

impl<'a> Head<'a> {
    fn of(line: &'a [u8]) -> Option<Self> {
        let (rest, leef) = match after(line, b"CEF:") {
            Some(rest) => (rest, false),
            None => (after(line, b"LEEF:")?, true),
        };
        let (version, rest) = head_field(rest.trim_ascii_start())?;
        leading(version)?;
        let (_vendor, rest) = head_field(rest)?;
        let (product, rest) = head_field(rest)?;
        let (_release, rest) = head_field(rest)?;
        let (id, rest) = head_field(rest)?;
        if !leef {
            let (name, rest) = head_field(rest)?;
            let (severity, pairs) = head_field(rest).unwrap_or((rest, b""));
            return Some(Self { product, id, name, severity, pairs, mark: None });
        }
        let (mark, pairs) = if version.starts_with(b"2") {
            let (named, pairs) = head_field(rest).unwrap_or((b"", rest));
            (mark(named), pairs)
        } else {
            (b'\t', rest)
        };
        Some(Self { product, id, name: b"", severity: b"", pairs, mark: Some(mark) })
    }
}

/// `^`, or `x5E`, or `0x5E`.
fn mark(named: &[u8]) -> u8 {
    let hex = named.strip_prefix(b"0x").or_else(|| named.strip_prefix(b"x"));
    let coded = hex.and_then(|hex| std::str::from_utf8(hex).ok()).and_then(|hex| u8::from_str_radix(hex, 16).ok());
    coded.or_else(|| named.first().copied()).unwrap_or(b'\t')
}

/// The pairs of CEF: a value ends before the last space that a name and `=` follow.
struct Pairs<'a> {
    rest: &'a [u8],
    mark: Option<u8>,
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        self.rest = self.rest.trim_ascii_start();
        let (name, behind) = split(self.rest, b'=')?;
        if let Some(mark) = self.mark {
            let stop = memchr::memchr(mark, behind).unwrap_or(behind.len());
            self.rest = behind.get(stop + 1..).unwrap_or_default();
            return Some((name.trim_ascii(), behind[..stop].trim_ascii()));
        }
        let mut from = 0;
        let stop = loop {
            let Some(place) = memchr::memchr(b'=', &behind[from..]) else { break behind.len() };
            let at = from + place;
            from = at + 1;
            if at > 0 && behind[at - 1] == b'\\' {
                continue;
            }
            match memchr::memrchr(b' ', &behind[..at]) {
                Some(space)
                    if behind[space + 1..at].iter().all(|byte| byte.is_ascii_alphanumeric() || b"_.[]-".contains(byte))
                        && space + 1 < at =>
                {
                    break space;
                }
                _ => {}
            }
        };
        self.rest = &behind[stop..];
        Some((name, behind[..stop].trim_ascii()))
    }
}

struct Messages {
    http: Option<Http>,
}

/// Milliseconds since 1970.
fn millis(value: &[u8]) -> Option<Timestamp> {
    let count = number(value).filter(|_| value.len() == 13)?;
    Some(Timestamp::from_nanos(i64::try_from(count).ok()?.checked_mul(1_000_000)?))
}

/// What of the pairs is understood.
#[derive(Default)]
struct Told<'a> {
    at: Option<Timestamp>,
    orig: rows::End,
    resp: rows::End,
    proto: &'a [u8],
    action: &'a [u8],
    user: &'a [u8],
    message: &'a [u8],
    request: &'a [u8],
    method: &'a [u8],
    agent: &'a [u8],
    host: &'a [u8],
    counted: Counted,
}

impl<'a> Told<'a> {
    fn take(&mut self, name: &[u8], value: &'a [u8]) {
        match name {
            b"rt" | b"end" | b"start" | b"devTime" => self.at = self.at.or_else(|| millis(value)),
            b"src" | b"c6a2" => self.orig.0 = self.orig.0.or_else(|| addr(value)),
            b"dst" | b"c6a3" => self.resp.0 = self.resp.0.or_else(|| addr(value)),
            b"spt" | b"srcPort" => self.orig.1 = port(value).unwrap_or_default(),
            b"dpt" | b"dstPort" => self.resp.1 = port(value).unwrap_or_default(),
            b"proto" => self.proto = value,
            b"act" | b"action" => self.action = value,
            b"suser" | b"duser" | b"usrName" if self.user.is_empty() => self.user = value,
            b"msg" => self.message = value,
            b"request" | b"url" => self.request = value,
            b"requestMethod" => self.method = value,
            b"requestClientApplication" => self.agent = value,
            b"dhost" => self.host = value,
            b"out" | b"srcBytes" => self.counted.sent = number(value),
            b"in" | b"dstBytes" => self.counted.received = number(value),
            _ => {}
        }
    }
}

impl Decoder for Messages {
    fn decode(&mut self, record: &Record<'_>, out: &mut dyn FnMut(Event)) -> Result<(), DecodeError> {
        let Some(head) = Head::of(record.line) else { return Err(DecodeError::new("neither CEF nor LEEF", 0)) };
        let mut told = Told::default();
        for (name, value) in (Pairs { rest: head.pairs, mark: head.mark }) {
            told.take(name, value);
        }
        let Some(at) = told.at.or(record.at) else { return Err(DecodeError::new("an event without a time", 0)) };
        let (orig, resp) = (told.orig, told.resp);
        if !told.request.is_empty()
            && !told.method.is_empty()
            && let Some(http) = &self.http
        {
            let target = Target::of(told.request, false);
            let host = if target.host.is_empty() { told.host } else { target.host };
            let resp = (resp.0, if resp.1 == 0 { target.port } else { resp.1 });
            let mut row = http.row(at, orig, resp, told.request);
            row.set(http.method, method(told.method));
            row.set(http.uri, target.path);
            for (column, text) in [(http.host, host), (http.user_agent, told.agent), (http.username, told.user)] {
                if !text.is_empty() {
                    row.set(column, text);
                }
            }
            out(row);
        } else if orig.0.is_some() && resp.0.is_some() && (resp.1 != 0 || !told.proto.is_empty()) {
            let flow = Flow { at, proto: transport(told.proto), orig, resp, number: head.id };
            match traffic::done(told.action) {
                Some(done) => traffic::row(&flow, done, &told.counted).into_iter().for_each(out),
                None => out(flow.row().with(conn::ORIG_BYTES, told.counted.sent).with(conn::RESP_BYTES, told.counted.received)),
            }
        } else {
            let message = if told.message.is_empty() { if head.name.is_empty() { head.pairs } else { head.name } } else { told.message };
            let row = rows::told(at, record, "cef", head.id, orig.0, message)
                .with(device::PROGRAM, head.product)
                .with(device::DESTINATION, resp.0);
            let row = if has(head.severity, b"=") || head.severity.is_empty() { row } else { row.with(device::SEVERITY, head.severity) };
            out(if told.user.is_empty() { row } else { row.with(device::USER, told.user) });
        }
        Ok(())
    }
}
