//! Check Point: what Log Exporter writes, in its syslog, generic, Splunk and LEEF-less forms.
//!
//! `name="value"` or `name:"value"` pairs separated by spaces, semicolons or bars: `action`, `src`, `dst`, `proto`, `s_port`, `service`.
//! Lines with two ends are flows with what was done; others rows of `device`, logons rows of `logon`. Source: sk122323.

use crate::kinds::device;
use crate::rows::{self, Flow, Logon, transport};
use crate::text::{addr, has, number, port, quoted};
use crate::traffic::{self, Counted};
use contract::{DecodeError, Decoder, Kinds, LogFormat, Record, Verdict};
use model::kinds::conn;
use model::{Event, Kind, Timestamp};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Checkpoint;

impl LogFormat for Checkpoint {
    fn name(&self) -> &'static str {
        "checkpoint"
    }

    fn about(&self) -> &'static str {
        "Check Point firewalls"
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }

    fn sniff(&self, record: &Record<'_>) -> Verdict {
        if is_ours(record.line) { Verdict::Yes } else { Verdict::No }
    }

    fn open(&self, _kinds: &dyn Kinds) -> Box<dyn Decoder> {
        Box::new(Messages)
    }
}

fn is_ours(line: &[u8]) -> bool {
    let any = |names: &[&[u8]]| names.iter().any(|name| has(line, name));
    any(&[b"originsicname", b"origin_sic_name", b"CheckPoint ", b"loguid", b"product=VPN-1"])
        && any(&[b"action=", b"action:", b"product=", b"product:"])
}

struct Messages;

/// The pairs of a line, whichever way they are written.
struct Pairs<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let start = self.rest.iter().position(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')?;
            self.rest = &self.rest[start..];
            let stop = self.rest.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_').unwrap_or(self.rest.len());
            let (name, behind) = self.rest.split_at(stop);
            let Some(value) = behind.strip_prefix(b"=").or_else(|| behind.strip_prefix(b":")) else {
                self.rest = behind;
                continue;
            };
            let (value, rest) = match value.strip_prefix(b"\"") {
                Some(inside) => quoted(inside),
                // Bars and semicolons end a value; where neither does, a space.
                None => {
                    let bars = memchr::memchr2(b'|', b';', value);
                    value.split_at(bars.or_else(|| memchr::memchr(b' ', value)).unwrap_or(value.len()))
                }
            };
            self.rest = rest;
            return Some((name, value.trim_ascii()));
        }
    }
}

impl Decoder for Messages {
    fn decode(&mut self, record: &Record<'_>, out: &mut dyn FnMut(Event)) -> Result<(), DecodeError> {
        if !is_ours(record.line) {
            return Err(DecodeError::new("no line of Check Point", 0));
        }
        let (mut orig, mut resp, mut proto, mut action, mut time) = ((None, 0), (None, 0), &b""[..], &b""[..], None);
        let (mut user, mut id, mut product, mut severity, mut operation) = (&b""[..], &b""[..], &b""[..], &b""[..], &b""[..]);
        let mut counted = Counted::default();
        for (name, value) in (Pairs { rest: record.line }) {
            match name {
                b"src" => orig.0 = addr(value),
                b"dst" => resp.0 = addr(value),
                b"s_port" => orig.1 = port(value).unwrap_or_default(),
                b"service" => resp.1 = port(value).unwrap_or_default(),
                b"proto" => proto = value,
                b"action" => action = value,
                b"time" => time = number(value).filter(|secs| (1_000_000_000..100_000_000_000).contains(secs)).or(time),
                b"user" | b"administrator" if user.is_empty() => user = value,
                b"loguid" => id = value,
                b"product" if product.is_empty() => product = value,
                b"severity" => severity = value,
                b"operation" => operation = value,
                b"client_ip" => orig.0 = orig.0.or_else(|| addr(value)),
                b"sent_bytes" | b"client_outbound_bytes" => counted.sent = number(value),
                b"received_bytes" | b"client_inbound_bytes" => counted.received = number(value),
                b"elapsed" => counted.duration = number(value),
                _ => {}
            }
        }
        let own = time.and_then(|secs| i64::try_from(secs).ok()).map(Timestamp::from_secs);
        let Some(at) = own.or(record.at) else { return Err(DecodeError::new("a line without a time", 0)) };
        if orig.0.is_some() && resp.0.is_some() && !proto.is_empty() {
            let flow = Flow { at, proto: transport(proto), orig, resp, number: id };
            match traffic::done(action) {
                Some(done) => traffic::row(&flow, done, &counted).into_iter().for_each(out),
                None => out(flow.row().with(conn::ORIG_BYTES, counted.sent).with(conn::RESP_BYTES, counted.received)),
            }
        } else if operation.starts_with(b"Log") && !user.is_empty() {
            let action = if operation == b"Log Out" { "logoff" } else { "logon" };
            let success = (action == "logon").then_some(!has(operation, b"Fail"));
            let logon = Logon { service: "console", user, source: (orig.0, 0), action, success, reason: product, ..Logon::default() };
            out(logon.row(at, record.host));
        } else {
            let row = rows::told(at, record, "checkpoint", product, orig.0, record.text).with(device::DESTINATION, resp.0);
            out(if severity.is_empty() { row } else { row.with(device::SEVERITY, severity) });
        }
        Ok(())
    }
}
