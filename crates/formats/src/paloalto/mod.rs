//! Palo Alto's comma-separated logs: TRAFFIC, THREAT (with its URLs), SYSTEM, GLOBALPROTECT and the rest.
//!
//! A TRAFFIC line of subtype `end` is a flow that has ended, `deny` and `drop` one that was refused; a THREAT line of subtype `url` is a row
//! of `http`, other threats rows of `device` and, where the packet was stopped, a denied flow. Source: Palo Alto's description of
//! syslog fields, PAN-OS 8 to 11.

use crate::Stamps;
use crate::kinds::device;
use crate::rows::{self, Flow, Http, Logon, transport};
use crate::text::{addr, after, before, between, fields, has, number, port};
use crate::traffic::{self, Counted, Done};
use crate::web::access::Target;
use contract::{DecodeError, Decoder, Kinds, LogFormat, Record, Verdict};
use model::{Event, Kind, Timestamp};

/// The fields that are looked at; later ones say nothing that is kept.
const FIELDS_MAX: usize = 50;

/// The row of the catalogue.
#[derive(Debug)]
pub struct Paloalto;

impl LogFormat for Paloalto {
    fn name(&self) -> &'static str {
        "paloalto"
    }

    fn about(&self) -> &'static str {
        "Palo Alto firewalls"
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }

    fn sniff(&self, record: &Record<'_>) -> Verdict {
        if cells(line(record)).is_some() { Verdict::Yes } else { Verdict::No }
    }

    fn open(&self, kinds: &dyn Kinds) -> Box<dyn Decoder> {
        Box::new(Messages { http: Http::of(kinds), stamps: Stamps::default() })
    }
}

/// The line from its first field on; a host before it may have been taken for a program.
fn line<'a>(record: &Record<'a>) -> &'a [u8] {
    if record.text.first().is_some_and(u8::is_ascii_digit) { record.text } else { after(record.text, b" - ").unwrap_or(record.text) }
}

/// The cells of a line. `None` where it is none of these logs.
fn cells(text: &[u8]) -> Option<Vec<&[u8]>> {
    const TYPES: &[&[u8]] = &[
        b"TRAFFIC",
        b"THREAT",
        b"SYSTEM",
        b"CONFIG",
        b"GLOBALPROTECT",
        b"USERID",
        b"HIPMATCH",
        b"HIP-MATCH",
        b"DECRYPTION",
        b"AUTHENTICATION",
        b"CORRELATION",
        b"GTP",
        b"SCTP",
        b"TUNNEL",
        b"IPTAG",
    ];
    let kind = fields(text).nth(3)?;
    if !TYPES.contains(&kind) {
        return None;
    }
    let cells: Vec<&[u8]> = fields(text).take(FIELDS_MAX).collect();
    if cells.len() > 8 { Some(cells) } else { None }
}

struct Messages {
    http: Option<Http>,
    stamps: Stamps,
}

impl Decoder for Messages {
    fn decode(&mut self, record: &Record<'_>, out: &mut dyn FnMut(Event)) -> Result<(), DecodeError> {
        let Some(cells) = cells(line(record)) else { return Err(DecodeError::new("no line of a Palo Alto", 0)) };
        let cell = |place: usize| cells.get(place).copied().unwrap_or_default();
        let own = || cell(6).get(..19).and_then(|_| self.stamps.iso(cell(6))).map(|(at, _)| at);
        let Some(at) = record.at.or_else(own) else { return Err(DecodeError::new("a line without a time", 0)) };
        let ends = || ((addr(cell(7)), port(cell(24)).unwrap_or_default()), (addr(cell(8)), port(cell(25)).unwrap_or_default()));
        match cell(3) {
            b"TRAFFIC" => {
                let (orig, resp) = ends();
                let flow = Flow { at, proto: transport(cell(29)), orig, resp, number: cell(22) };
                let counted = Counted {
                    duration: number(cell(36)),
                    sent: number(cell(32)),
                    received: number(cell(33)),
                    sent_packets: number(cell(44)),
                    received_packets: number(cell(45)),
                };
                let done = match cell(4) {
                    b"start" => Done::Begun,
                    b"end" => traffic::done(cell(30)).unwrap_or(Done::Ended),
                    _ => Done::Denied,
                };
                traffic::row(&flow, done, &counted).into_iter().for_each(out);
            }
            b"THREAT" => {
                let (orig, resp) = ends();
                if cell(4) == b"url"
                    && let Some(http) = &self.http
                {
                    out(request(http, at, orig, resp, cell(31), cell(12)));
                    return Ok(());
                }
                let message = [cell(4), b" ", cell(32), b" ", cell(31)].concat();
                let row = rows::told(at, record, "paloalto", cell(32), orig.0, &message).with(device::SEVERITY, cell(34));
                out(row.with(device::DESTINATION, resp.0));
                if traffic::done(cell(30)) == Some(Done::Denied) {
                    out(Flow { at, proto: transport(cell(29)), orig, resp, number: cell(22) }.denied());
                }
            }
            b"SYSTEM" => {
                let said = cell(14);
                match logon(said) {
                    Some(logon) => out(logon.row(at, record.host)),
                    None => out(rows::told(at, record, "paloalto", cell(8), None, said).with(device::SEVERITY, cell(13))),
                }
            }
            kind => out(rows::told(at, record, "paloalto", kind, addr(cell(7)), line(record))),
        }
        Ok(())
    }
}

/// What a URL line tells: the URL has no scheme.
fn request(http: &Http, at: Timestamp, orig: rows::End, resp: rows::End, url: &[u8], user: &[u8]) -> Event {
    let mut row = http.row(at, orig, resp, url);
    let place = memchr::memchr(b'/', url).unwrap_or(url.len());
    let target = if has(&url[..place.min(url.len())], b":") {
        Target::of(url, false)
    } else {
        Target { host: &url[..place], port: 0, path: &url[place..] }
    };
    row.set(http.host, target.host);
    row.set(http.uri, if target.path.is_empty() { &b"/"[..] } else { target.path });
    if !user.is_empty() {
        row.set(http.username, user);
    }
    row
}

/// `failed authentication for user 'x'. … From: 10.0.0.5.`, `authenticated for user 'x'. … From: …`.
fn logon(said: &[u8]) -> Option<Logon<'_>> {
    let lower = said.to_ascii_lowercase();
    if !has(&lower, b"authenticat") && !has(&lower, b"login") && !has(&lower, b"logged in") {
        return None;
    }
    let user = between(said, b"user '", b"'").or_else(|| between(said, b"User '", b"'")).or_else(|| between(said, b"User name: ", b","))?;
    let from = after(said, b"From: ").or_else(|| after(said, b"Login from: ")).map(|rest| before(before(rest, b","), b" "));
    let source = from.and_then(|from| addr(from.strip_suffix(b".").unwrap_or(from)));
    let service = if has(&lower, b"globalprotect") { "vpn" } else { "console" };
    let success = !has(&lower, b"fail") && !has(&lower, b"invalid");
    Some(Logon { service, user, source: (source, 0), action: "logon", success: Some(success), reason: said, ..Logon::default() })
}
