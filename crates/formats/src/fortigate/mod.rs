//! FortiGate's key=value logs.
//!
//! `date=… time=… [tz=…] type="traffic" srcip=… dstport=… action="close" duration=… sentbyte=…` is a flow when it has ended or was refused;
//! web filter lines are rows of `http`, DNS filter lines rows of `dns`, logons to the device and its VPN rows of `logon`, the rest
//! `device`. Both today's names and those of FortiOS 4 are read. Source: Fortinet's log message reference.

use crate::Stamps;
use crate::kinds::{device, logon as kind};
use crate::rows::{self, Dns, Flow, Http, Logon, Question, transport};
use crate::text::{addr, between, has, number, pairs, port};
use crate::traffic::{self, Counted, Done};
use contract::{DecodeError, Decoder, Kinds, LogFormat, Record, Verdict};
use model::{Event, Kind, Timestamp};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Fortigate;

impl LogFormat for Fortigate {
    fn name(&self) -> &'static str {
        "fortigate"
    }

    fn about(&self) -> &'static str {
        "Fortinet FortiGate firewalls"
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }

    fn sniff(&self, record: &Record<'_>) -> Verdict {
        if is_ours(record.text) { Verdict::Yes } else { Verdict::No }
    }

    fn open(&self, kinds: &dyn Kinds) -> Box<dyn Decoder> {
        Box::new(Messages { http: Http::of(kinds), dns: Dns::of(kinds), stamps: Stamps::default() })
    }
}

fn is_ours(text: &[u8]) -> bool {
    (has(text, b"logid=") || has(text, b"log_id=") || has(text, b"devid=")) && has(text, b"type=") && !has(text, b"id=firewall")
}

struct Messages {
    http: Option<Http>,
    dns: Option<Dns>,
    stamps: Stamps,
}

/// The fields of a line that are understood.
#[derive(Default)]
struct Line<'a> {
    date: &'a [u8],
    time: &'a [u8],
    zone: &'a [u8],
    event_time: &'a [u8],
    kind: &'a [u8],
    subtype: &'a [u8],
    level: &'a [u8],
    action: &'a [u8],
    status: &'a [u8],
    source: rows::End,
    destination: rows::End,
    remote: &'a [u8],
    proto: &'a [u8],
    session: &'a [u8],
    user: &'a [u8],
    host: &'a [u8],
    url: &'a [u8],
    name: &'a [u8],
    name_type: &'a [u8],
    ui: &'a [u8],
    id: &'a [u8],
    reason: &'a [u8],
    assigned: &'a [u8],
    counted: Counted,
}

impl<'a> Line<'a> {
    fn of(text: &'a [u8]) -> Self {
        let mut line = Self::default();
        for (name, value) in pairs(text) {
            line.take(name, value);
        }
        line
    }

    fn take(&mut self, name: &[u8], value: &'a [u8]) {
        match name {
            b"date" => self.date = value,
            b"time" => self.time = value,
            b"tz" => self.zone = value,
            b"eventtime" => self.event_time = value,
            b"type" => self.kind = value,
            b"subtype" => self.subtype = value,
            b"level" | b"pri" => self.level = value,
            b"action" => self.action = value,
            b"status" => self.status = value,
            b"srcip" | b"src" => self.source.0 = addr(value),
            b"dstip" | b"dst" => self.destination.0 = addr(value),
            b"srcport" | b"src_port" => self.source.1 = port(value).unwrap_or_default(),
            b"dstport" | b"dst_port" => self.destination.1 = port(value).unwrap_or_default(),
            b"remip" | b"rem_ip" => self.remote = value,
            b"proto" => self.proto = value,
            b"sessionid" | b"SN" | b"serial" => self.session = value,
            b"user" | b"unauthuser" if self.user.is_empty() && value != b"N/A" => self.user = value,
            b"hostname" => self.host = value,
            b"url" => self.url = value,
            b"qname" => self.name = value,
            b"qtype" => self.name_type = value,
            b"ui" => self.ui = value,
            b"logid" | b"log_id" => self.id = value,
            b"reason" | b"msg" if self.reason.is_empty() => self.reason = value,
            b"tunnelip" | b"assignip" => self.assigned = value,
            b"duration" => self.counted.duration = number(value),
            b"sentbyte" | b"sent" => self.counted.sent = number(value),
            b"rcvdbyte" | b"rcvd" => self.counted.received = number(value),
            b"sentpkt" | b"sent_pkt" => self.counted.sent_packets = number(value),
            b"rcvdpkt" | b"rcvd_pkt" => self.counted.received_packets = number(value),
            _ => {}
        }
    }

    /// The event's own time, in whichever unit this FortiOS counts, or its date and time.
    fn at(&self, record: &Record<'_>, stamps: &mut Stamps) -> Option<Timestamp> {
        if let Some(count) = number(self.event_time).filter(|_| self.event_time.len() < 19).or_else(|| nanos(self.event_time)) {
            let per_second: u64 = match self.event_time.len() {
                10 => 1,
                13 => 1_000,
                16 => 1_000_000,
                19 => 1_000_000_000,
                _ => return None,
            };
            return Some(Timestamp::from_nanos(i64::try_from(count.checked_mul(1_000_000_000 / per_second)?).ok()?));
        }
        if self.zone.is_empty() && record.at.is_some() {
            return record.at;
        }
        let text = [self.date, b" ", self.time, self.zone].concat();
        stamps.iso(&text).map(|(at, _)| at).or(record.at)
    }
}

/// Nanoseconds since 1970 have 19 digits, one more than the shared reader takes.
fn nanos(text: &[u8]) -> Option<u64> {
    if text.len() == 19 { std::str::from_utf8(text).ok()?.parse().ok() } else { None }
}

impl Decoder for Messages {
    fn decode(&mut self, record: &Record<'_>, out: &mut dyn FnMut(Event)) -> Result<(), DecodeError> {
        if !is_ours(record.text) {
            return Err(DecodeError::new("no line of FortiGate", 0));
        }
        let line = Line::of(record.text);
        let Some(at) = line.at(record, &mut self.stamps) else { return Err(DecodeError::new("a line without a time", 0)) };
        if line.kind == b"traffic" {
            let row = flow(at, &line);
            row.into_iter().for_each(out);
            return Ok(());
        }
        if let Some(row) = logon(at, &line, record).or_else(|| self.request(at, &line)).or_else(|| self.question(at, &line)) {
            out(row);
            return Ok(());
        }
        let row = rows::told(at, record, "fortigate", line.id, line.source.0.or_else(|| addr(line.remote)), record.text);
        let row = row.with(device::SEVERITY, line.level).with(device::DESTINATION, line.destination.0);
        out(if line.user.is_empty() { row } else { row.with(device::USER, line.user) });
        Ok(())
    }
}

fn flow(at: Timestamp, line: &Line<'_>) -> Option<Event> {
    let proto = transport(line.proto);
    // Old versions call the action "status".
    let action = if line.action.is_empty() { line.status } else { line.action };
    let done = match action {
        b"start" | b"accept" if line.counted.duration.is_none() && line.counted.sent.is_none() => Done::Begun,
        _ if line.subtype == b"violation" => Done::Denied,
        _ => traffic::done(action).unwrap_or(Done::Ended),
    };
    // `client-rst` and the like are ways in which a flow that was let pass has ended.
    let done = if has(action, b"-rst") { Done::Ended } else { done };
    traffic::row(&Flow { at, proto, orig: line.source, resp: line.destination, number: line.session }, done, &line.counted)
}

/// Logons: of administrators, and of users to the VPN.
fn logon(at: Timestamp, line: &Line<'_>, record: &Record<'_>) -> Option<Event> {
    let vpn = line.subtype == b"vpn" || has(line.action, b"ssl-") || has(line.action, b"tunnel");
    let (action, success) = match line.action {
        b"ssl-login-fail" | b"auth-failure" | b"ssl-exit-fail" => ("logon", Some(false)),
        b"login" | b"authentication" | b"auth-logon" | b"FSSO-logon" => {
            ("logon", Some(line.status != b"failed" && line.status != b"failure"))
        }
        b"tunnel-up" | b"ssl-new-con" | b"ssl-login" => ("logon", Some(true)),
        b"tunnel-down" | b"logout" | b"auth-logout" | b"FSSO-logoff" => ("logoff", None),
        _ => return None,
    };
    // `ui="ssh(10.0.0.5)"`: where an administrator came from.
    let inside = between(line.ui, b"(", b")").and_then(addr);
    let source = inside.or_else(|| addr(line.remote)).or(line.source.0);
    let service = if vpn { "vpn" } else { "console" };
    let logon = Logon { service, user: line.user, source: (source, 0), action, success, method: b"", reason: line.reason };
    Some(logon.row(at, record.host).with(kind::ASSIGNED, addr(line.assigned)))
}

impl Messages {
    /// What the web filter saw.
    fn request(&self, at: Timestamp, line: &Line<'_>) -> Option<Event> {
        let http = self.http.as_ref().filter(|_| !line.host.is_empty() && line.kind != b"event")?;
        let mut row = http.row(at, line.source, line.destination, line.session);
        row.set(http.host, line.host);
        let url = crate::web::access::Target::of(line.url, false);
        if !url.path.is_empty() {
            row.set(http.uri, url.path);
        }
        if !line.user.is_empty() {
            row.set(http.username, line.user);
        }
        Some(row)
    }

    /// What the DNS filter saw.
    fn question(&self, at: Timestamp, line: &Line<'_>) -> Option<Event> {
        let dns = self.dns.as_ref().filter(|_| !line.name.is_empty())?;
        let question = Question { name: line.name, qtype: line.name_type, tcp: line.proto == b"6" };
        Some(dns.row(at, line.source, line.destination.0, &question))
    }
}
