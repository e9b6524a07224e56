//! Amazon's access logs: classic and application load balancers, network load balancers with TLS, and S3.
//!
//! Each line is a row of `http` (of a network load balancer, of `conn`). Source: Elastic Load Balancing's and S3's guides. CloudFront
//! writes W3C's extended format and is read by it; CloudTrail is JSON. Left out: certificates, targets' times, trace ids.

use crate::Stamps;
use crate::rows::{End, Flow, Http, method};
use crate::text::{addr, end, number, quoted, split, told, word};
use crate::web::access::Target;
use contract::{DecodeError, Decoder, Kinds, LogFormat, Record, Verdict};
use model::{Event, Kind, Timestamp};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Aws;

impl LogFormat for Aws {
    fn name(&self) -> &'static str {
        "aws"
    }

    fn about(&self) -> &'static str {
        "Amazon's load balancers and S3: requests"
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }

    fn sniff(&self, record: &Record<'_>) -> Verdict {
        let mut stamps = Stamps::default();
        if balancer(record.line, &mut stamps).is_some() || bucket(record.line, &mut stamps).is_some() { Verdict::Yes } else { Verdict::No }
    }

    fn open(&self, kinds: &dyn Kinds) -> Box<dyn Decoder> {
        Box::new(Lines { http: Http::of(kinds), stamps: Stamps::default() })
    }
}

struct Lines {
    http: Option<Http>,
    stamps: Stamps,
}

/// What a line says of a request.
struct Line<'a> {
    at: Timestamp,
    client: End,
    request: &'a [u8],
    status: Option<u64>,
    bytes: Option<u64>,
    agent: &'a [u8],
    referrer: &'a [u8],
    user: &'a [u8],
}

/// `[type] time balancer client:port target:port t t t status status received sent "request" "agent" …`.
fn balancer<'a>(line: &'a [u8], stamps: &mut Stamps) -> Option<Line<'a>> {
    const TYPES: &[&[u8]] = &[b"http ", b"https ", b"h2 ", b"grpcs ", b"ws ", b"wss "];
    let text = TYPES.iter().find_map(|name| line.strip_prefix(*name)).unwrap_or(line);
    if text.get(10) != Some(&b'T') {
        return None;
    }
    let (stamp, rest) = word(text);
    let (_balancer, rest) = word(rest);
    let (client, mut rest) = word(rest);
    let client = end(client, b':');
    client.0.filter(|_| client.1 != 0)?;
    let mut numbers = [&b""[..]; 8];
    for place in &mut numbers {
        (*place, rest) = word(rest);
    }
    // The target, three times, two codes, two sizes.
    let is_secs = |text: &[u8]| text == b"-1" || text.contains(&b'.');
    if !numbers[1..4].iter().all(|text| is_secs(text)) {
        return None;
    }
    let (request, rest) = quoted(rest.strip_prefix(b"\"")?);
    let agent = rest.trim_ascii_start().strip_prefix(b"\"").map(|rest| quoted(rest).0).unwrap_or_default();
    let (at, _) = stamps.iso(stamp)?;
    Some(Line { at, client, request, status: number(numbers[4]), bytes: number(numbers[7]), agent, referrer: b"", user: b"" })
}

/// `owner bucket [time] client requester id operation key "request" status error sent size t t "referrer" "agent" …`.
fn bucket<'a>(line: &'a [u8], stamps: &mut Stamps) -> Option<Line<'a>> {
    /// The canonical id of an account, in hexadecimal digits.
    const OWNER_BYTES: usize = 64;
    let (owner, rest) = word(line);
    if owner.len() != OWNER_BYTES || !owner.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let (_bucket, rest) = word(rest);
    let (stamp, rest) = split(rest.strip_prefix(b"[")?, b']')?;
    let (at, _) = stamps.web(stamp)?;
    let (client, rest) = word(rest.trim_ascii_start());
    let (user, rest) = word(rest);
    let request = memchr::memchr(b'"', rest).map(|place| quoted(&rest[place + 1..]));
    let (request, rest) = request.unwrap_or((b"", b""));
    let mut rest = rest.trim_ascii_start();
    let mut numbers = [&b""[..]; 6];
    for place in &mut numbers {
        (*place, rest) = word(rest);
    }
    let text = |rest: &'a [u8]| rest.trim_ascii_start().strip_prefix(b"\"").map_or((&b""[..], rest), quoted);
    let (referrer, rest) = text(rest);
    let (agent, _) = text(rest);
    Some(Line { at, client: (addr(client), 0), request, status: number(numbers[0]), bytes: number(numbers[2]), agent, referrer, user })
}

impl Decoder for Lines {
    fn decode(&mut self, record: &Record<'_>, out: &mut dyn FnMut(Event)) -> Result<(), DecodeError> {
        let line = balancer(record.line, &mut self.stamps).or_else(|| bucket(record.line, &mut self.stamps));
        let line = line.ok_or(DecodeError::new("no line of a load balancer or of S3", 0))?;
        match (&self.http, line.request.starts_with(b"- ") || line.request.is_empty()) {
            (Some(http), false) => out(row(http, &line)),
            // A listener for TCP knows no request.
            _ => out(Flow { at: line.at, proto: "tcp", orig: line.client, resp: (None, 0), number: b"" }.passed()),
        }
        Ok(())
    }
}

fn row(http: &Http, line: &Line<'_>) -> Event {
    let mut parts = crate::text::words(line.request);
    let (verb, url, version) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let target = Target::of(url, verb == b"CONNECT");
    let mut row = http.row(line.at, line.client, (addr(target.host), target.port), line.request);
    row.set(http.method, method(verb));
    row.set(http.host, told(target.host));
    row.set(http.uri, told(target.path));
    row.set(http.version, version.strip_prefix(b"HTTP/"));
    row.set(http.status, line.status.filter(|status| *status != 0));
    row.set(http.response_bytes, line.bytes);
    row.set(http.user_agent, told(line.agent));
    row.set(http.referrer, told(line.referrer));
    row.set(http.username, told(line.user));
    row
}
