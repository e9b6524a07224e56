//! HAProxy: `client:port [time] frontend backend/server timers status bytes … "request"`, the same without a request for TCP, connections
//! that failed, and `Connect from … to …`.
//!
//! Requests are rows of `http`, the rest rows of `conn`. Source: HAProxy's configuration manual, section 8. Left out: timers but the
//! last, captured headers and cookies, queues.

use crate::Stamps;
use crate::rows::{Flow, Http, method};
use crate::text::{addr, end, number, quoted, split, word};
use crate::web::access::Target;
use contract::{DecodeError, Decoder, Kinds, LogFormat, Record, Verdict};
use model::kinds::conn;
use model::{Event, Interval, Kind};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Haproxy;

impl LogFormat for Haproxy {
    fn name(&self) -> &'static str {
        "haproxy"
    }

    fn about(&self) -> &'static str {
        "HAProxy's requests and connections"
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }

    fn sniff(&self, record: &Record<'_>) -> Verdict {
        if Line::of(record.text).is_some() || connect(record.text).is_some() { Verdict::Yes } else { Verdict::No }
    }

    fn open(&self, kinds: &dyn Kinds) -> Box<dyn Decoder> {
        Box::new(Lines { http: Http::of(kinds), stamps: Stamps::default() })
    }
}

struct Line<'a> {
    client: crate::rows::End,
    stamp: &'a [u8],
    /// From the frontend on.
    rest: &'a [u8],
}

impl<'a> Line<'a> {
    fn of(text: &'a [u8]) -> Option<Self> {
        let (client, rest) = word(text);
        let client = end(client, b':');
        client.0?;
        let (stamp, rest) = split(rest.strip_prefix(b"[")?, b']')?;
        // `[09/Dec/2013:12:59:46.633]`: milliseconds and no zone, unlike a web server's.
        let shaped = stamp.get(2) == Some(&b'/') && stamp.get(6) == Some(&b'/') && (20..=24).contains(&stamp.len()) && client.1 != 0;
        shaped.then_some(Self { client, stamp, rest: rest.trim_ascii_start() })
    }
}

/// `Connect from 10.0.0.5:1036 to 203.0.113.9:80 (main/HTTP)`.
fn connect(text: &[u8]) -> Option<(crate::rows::End, crate::rows::End)> {
    let rest = text.strip_prefix(b"Connect from ")?;
    let (from, rest) = word(rest);
    let (to, _) = word(rest.strip_prefix(b"to ")?);
    Some((end(from, b':'), end(to, b':')))
}

struct Lines {
    http: Option<Http>,
    stamps: Stamps,
}

impl Decoder for Lines {
    fn decode(&mut self, record: &Record<'_>, out: &mut dyn FnMut(Event)) -> Result<(), DecodeError> {
        if let Some((orig, resp)) = connect(record.text) {
            let at = record.at.unwrap_or(record.latest);
            out(Flow { at, proto: "tcp", orig, resp, number: b"" }.passed());
            return Ok(());
        }
        let line = Line::of(record.text).ok_or(DecodeError::new("no line of HAProxy", 0))?;
        let Some((at, _)) = self.stamps.web(line.stamp) else { return Err(DecodeError::new("a line without a time", 0)) };
        let (_frontend, rest) = word(line.rest);
        let (backend, rest) = word(rest);
        let (timers, rest) = word(rest);
        let spent = timers.rsplit(|byte| *byte == b'/').next().map(|last| last.strip_prefix(b"+").unwrap_or(last)).and_then(number);
        let (first, rest) = word(rest);
        let (second, rest) = word(rest);
        let server = crate::text::split_last(backend, b'/').map_or(backend, |(_, server)| server);
        let resp = end(server, b':');
        let flow = Flow { at, proto: "tcp", orig: line.client, resp, number: timers };
        // `frontend/bind: SSL handshake failure`: a connection that came to nothing.
        if !timers.contains(&b'/') {
            out(flow.row().with(conn::CONN_STATE, "OTH"));
            return Ok(());
        }
        let request = memchr::memchr(b'"', rest).map(|place| quoted(&rest[place + 1..]).0);
        match (request, self.http.as_ref(), number(second)) {
            (Some(request), Some(http), bytes) => out(row(http, &flow, request, number(first), bytes)),
            _ => {
                let bytes = number(first);
                let length = spent.and_then(|millis| i64::try_from(millis).ok()).map(Interval::from_millis).unwrap_or_default();
                out(Flow { ..flow }.ended("SF", length, bytes));
            }
        }
        Ok(())
    }
}

fn row(http: &Http, flow: &Flow<'_>, request: &[u8], status: Option<u64>, bytes: Option<u64>) -> Event {
    let mut parts = crate::text::words(request);
    let (verb, url, version) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let target = Target::of(url, verb == b"CONNECT");
    let resp = if flow.resp.0.is_some() { flow.resp } else { (addr(target.host), target.port) };
    let mut row = http.row(flow.at, flow.orig, resp, request);
    if !url.is_empty() {
        row.set(http.method, method(verb));
        row.set(http.uri, target.path);
    }
    if !target.host.is_empty() {
        row.set(http.host, target.host);
    }
    row.set(http.version, version.strip_prefix(b"HTTP/"));
    row.set(http.status, status.filter(|status| *status != 0));
    row.set(http.response_bytes, bytes);
    row
}
