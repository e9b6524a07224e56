//! Squid's access.log, native and combined.
//!
//! Native: `time elapsed client code/status bytes method URL user hierarchy/peer type`. Time is when the request ended, `elapsed` its
//! length in milliseconds. Each request is a row of `http`; `CONNECT` is a row of `conn` too, for what the proxy sees of a tunnel
//! is how long it lasts and how much it carries. Combined is a web server's line with Squid's code at its end. Source: Squid's
//! documentation of `logformat`. Left out: headers (`log_mime_hdrs`).

use crate::Stamps;
use crate::rows::{Flow, Http, method};
use crate::text::{addr, has, number, split, split_last, told, word};
use crate::web::access::{self, Target};
use contract::{DecodeError, Decoder, Kinds, LogFormat, Record, Verdict};
use model::kinds::conn;
use model::{Event, Interval, Kind, Timestamp, Value};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Squid;

impl LogFormat for Squid {
    fn name(&self) -> &'static str {
        "squid"
    }

    fn about(&self) -> &'static str {
        "Squid's access.log, native and combined"
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }

    fn sniff(&self, record: &Record<'_>) -> Verdict {
        if native(record.text, &mut Stamps::default()).is_some() || is_combined(record.text) { Verdict::Yes } else { Verdict::No }
    }

    fn open(&self, kinds: &dyn Kinds) -> Box<dyn Decoder> {
        Box::new(Requests { http: Http::of(kinds), stamps: Stamps::default() })
    }
}

struct Requests {
    http: Option<Http>,
    stamps: Stamps,
}

/// A native line.
struct Native<'a> {
    /// When it ended.
    at: Timestamp,
    elapsed: Interval,
    client: &'a [u8],
    code: &'a [u8],
    status: Option<u64>,
    bytes: Option<u64>,
    method: &'a [u8],
    url: &'a [u8],
    user: &'a [u8],
    peer: &'a [u8],
    mime: &'a [u8],
}

fn native<'a>(text: &'a [u8], stamps: &mut Stamps) -> Option<Native<'a>> {
    if !text.first()?.is_ascii_digit() {
        return None;
    }
    let (at, rest) = stamps.epoch(text)?;
    let (elapsed, rest) = word(rest.strip_prefix(b" ")?.trim_ascii_start());
    let elapsed = number(elapsed.strip_prefix(b"-").unwrap_or(elapsed))?;
    let (client, rest) = word(rest);
    let (result, rest) = word(rest);
    let (code, status) = split(result, b'/')?;
    let (bytes, rest) = word(rest);
    let bytes = number(bytes)?;
    let (method, rest) = word(rest);
    // A URL may hold spaces where Squid is told not to encode them; what follows it never does.
    let (url, rest) = word(rest);
    let (user, rest) = word(rest);
    let (peer, mime) = word(rest);
    if !peer.contains(&b'/') {
        return None;
    }
    let elapsed = Interval::from_millis(i64::try_from(elapsed).ok()?);
    Some(Native { at, elapsed, client, code, status: number(status), bytes: Some(bytes), method, url, user, peer, mime: word(mime).0 })
}

/// `… TCP_MISS:HIER_DIRECT` at the end of a web server's line.
fn is_combined(text: &[u8]) -> bool {
    let Some((before, result)) = split_last(text, b' ') else { return false };
    let named = [&b"TCP_"[..], b"UDP_", b"NONE"].iter().any(|name| result.starts_with(name));
    named && result.contains(&b':') && has(before, b"] \"")
}

impl Decoder for Requests {
    fn decode(&mut self, record: &Record<'_>, out: &mut dyn FnMut(Event)) -> Result<(), DecodeError> {
        let Some(http) = &self.http else { return Err(DecodeError::new("there is no log of requests", 0)) };
        if let Some(line) = native(record.text, &mut self.stamps) {
            tell(http, &line, out);
            return Ok(());
        }
        if is_combined(record.text)
            && let Some(line) = access::line(record.text, &mut self.stamps)
        {
            out(access::row(http, &line));
            return Ok(());
        }
        Err(DecodeError::new("not a line of access.log", 0))
    }
}

fn tell(http: &Http, line: &Native<'_>, out: &mut dyn FnMut(Event)) {
    let began = line.at + Interval::from_nanos(-line.elapsed.nanos());
    let connect = line.method == b"CONNECT";
    let target = Target::of(line.url, connect);
    let (how, peer) = split(line.peer, b'/').unwrap_or((line.peer, b""));
    // What a parent cache is asked for goes to the parent, not to the origin.
    let direct = has(how, b"DIRECT") || has(how, b"ORIGINAL_DST");
    let origin = if direct { addr(peer) } else { None };
    let resp = (origin.or_else(|| addr(target.host)), target.port);
    let orig = (addr(line.client), 0);
    let mut row = http.row(began, orig, resp, line.url);
    row.set(http.method, method(line.method));
    if !target.host.is_empty() {
        row.set(http.host, target.host);
    }
    row.set(http.uri, target.path);
    row.set(http.status, line.status.filter(|status| *status != 0));
    row.set(http.response_bytes, line.bytes);
    row.set(http.username, told(line.user));
    if let Some(mime) = told(line.mime).filter(|mime| mime.contains(&b'/')) {
        row.set(http.mime_types, Value::List(Box::new([Value::from(mime)])));
    }
    out(row);
    if connect {
        let flow = Flow { at: began, proto: "tcp", orig, resp, number: line.url };
        let denied = has(line.code, b"DENIED") || line.status.is_some_and(|status| status >= 400);
        let row = if denied { flow.denied() } else { flow.ended("SF", line.elapsed, line.bytes) };
        // The client reached the origin through the proxy that says so, which is no way around it.
        out(row.with(conn::SERVICE, "http,proxy"));
    }
}
