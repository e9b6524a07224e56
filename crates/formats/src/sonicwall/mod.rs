//! SonicWall: `id=firewall sn=… time="…" m=98 msg="Connection Opened" src=10.0.0.5:1036:X0 dst=203.0.113.9:80:X1 proto=tcp/http`.
//!
//! Closed connections are flows with what was sent, dropped ones flows that were refused, visited sites (with `dstname`) rows of `http`,
//! administrators' and users' logons rows of `logon`, the rest `device`. Source: SonicOS' log event reference.

use crate::Stamps;
use crate::kinds::device;
use crate::rows::{self, Flow, Http, Logon, transport};
use crate::text::{addr, has, number, pairs, port, split};
use crate::traffic::{self, Counted, Done};
use contract::{DecodeError, Decoder, Kinds, LogFormat, Record, Verdict};
use model::{Event, Kind};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Sonicwall;

impl LogFormat for Sonicwall {
    fn name(&self) -> &'static str {
        "sonicwall"
    }

    fn about(&self) -> &'static str {
        "SonicWall firewalls"
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }

    fn sniff(&self, record: &Record<'_>) -> Verdict {
        if is_ours(record.line) { Verdict::Yes } else { Verdict::No }
    }

    fn open(&self, kinds: &dyn Kinds) -> Box<dyn Decoder> {
        Box::new(Messages { http: Http::of(kinds), stamps: Stamps::default() })
    }
}

fn is_ours(line: &[u8]) -> bool {
    has(line, b"sn=") && has(line, b" fw=") && has(line, b" m=") && has(line, b"id=")
}

struct Messages {
    http: Option<Http>,
    stamps: Stamps,
}

/// `10.0.0.5:1036:X0:name`.
fn end(value: &[u8]) -> rows::End {
    let (host, rest) = split(value, b':').unwrap_or((value, b""));
    (addr(host), port(split(rest, b':').map_or(rest, |(port, _)| port)).unwrap_or_default())
}

impl Decoder for Messages {
    fn decode(&mut self, record: &Record<'_>, out: &mut dyn FnMut(Event)) -> Result<(), DecodeError> {
        if !is_ours(record.line) {
            return Err(DecodeError::new("no line of SonicWall", 0));
        }
        let (mut time, mut orig, mut resp, mut proto, mut said) = (&b""[..], (None, 0), (None, 0), &b""[..], &b""[..]);
        let (mut code, mut level, mut user, mut name, mut argument, mut session) =
            (&b""[..], &b""[..], &b""[..], &b""[..], &b""[..], &b""[..]);
        let mut counted = Counted::default();
        let start = memchr::memmem::find(record.line, b"id=").unwrap_or(0);
        for (key, value) in pairs(&record.line[start..]) {
            match key {
                b"time" => time = value,
                b"src" => orig = (end(value).0.or(orig.0), end(value).1),
                b"dst" => resp = (end(value).0.or(resp.0), end(value).1),
                b"srcV6" => orig.0 = addr(value),
                b"dstV6" => resp.0 = addr(value),
                b"proto" => proto = split(value, b'/').map_or(value, |(proto, _)| proto),
                b"msg" => said = value,
                b"m" => code = value,
                b"pri" => level = value,
                b"user" | b"usr" => user = value,
                b"dstname" => name = value,
                b"arg" => argument = value,
                b"n" => session = value,
                b"sent" => counted.sent = number(value),
                b"rcvd" => counted.received = number(value),
                b"spkt" => counted.sent_packets = number(value),
                b"rpkt" => counted.received_packets = number(value),
                b"cdur" => counted.duration = number(value).map(|millis| millis / 1000),
                _ => {}
            }
        }
        let zoned = if time.ends_with(b" UTC") { [&time[..time.len() - 4], b"Z"].concat() } else { time.to_vec() };
        let own = self.stamps.iso(&zoned).map(|(at, _)| at);
        let Some(at) = own.or(record.at) else { return Err(DecodeError::new("a line without a time", 0)) };
        let lower = said.to_ascii_lowercase();
        let told = |part: &[u8]| has(&lower, part);
        if told(b"login") || told(b"logged in") || told(b"logged out") {
            let action = if told(b"logged out") || told(b"logout") { "logoff" } else { "logon" };
            let success = (action == "logon").then_some(!(told(b"denied") || told(b"fail") || told(b"bad ")));
            let service = if told(b"vpn") { "vpn" } else { "console" };
            out(Logon { service, user, source: orig, action, success, method: b"", reason: said }.row(at, record.host));
            return Ok(());
        }
        if !name.is_empty()
            && let Some(http) = &self.http
        {
            let mut row = http.row(at, orig, resp, session);
            row.set(http.host, name);
            row.set(http.uri, if argument.is_empty() { &b"/"[..] } else { argument });
            out(row);
        }
        let done = match () {
            () if told(b"dropped") || told(b"denied") || told(b"blocked") || told(b"rejected") => Some(Done::Denied),
            () if told(b"connection opened") => Some(Done::Begun),
            () if told(b"connection closed") || counted.sent.is_some() => Some(Done::Ended),
            () => None,
        };
        match done.filter(|_| orig.0.is_some() || resp.0.is_some()) {
            Some(done) => {
                // Old lines do not name the protocol apart; the message does.
                let named = if proto.is_empty() { lower.split(|byte| *byte == b' ').next().unwrap_or_default() } else { proto };
                traffic::row(&Flow { at, proto: transport(named), orig, resp, number: session }, done, &counted).into_iter().for_each(out);
            }
            None => {
                let row = rows::told(at, record, "sonicwall", code, orig.0, said).with(device::SEVERITY, level);
                out(row.with(device::DESTINATION, resp.0));
            }
        }
        Ok(())
    }
}
