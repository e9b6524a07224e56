//! The text of any program: its time, host, name and level, and where its words say so, a logon, a request or a flow.
//!
//! Asked last, behind everything that knows its lines. It reads no grammar but the habits of program authors: a time at the beginning, a
//! level in brackets or capitals, a sentence. What the sentence says is read by [`crate::words`]. A line without a time is
//! read only where its words tell of a logon.

pub(crate) mod time;

use crate::fields::told_logon;
use crate::kinds::device;
use crate::rows::{self, Flow, Http, method, transport};
use crate::text::{addr, split};
use crate::traffic::{self, Counted, Done};
use crate::web::access::Target;
use crate::words;
use contract::{DecodeError, Decoder, Kinds, LogFormat, Record, Verdict};
use model::{Event, Kind, Timestamp};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Plain;

impl LogFormat for Plain {
    fn name(&self) -> &'static str {
        "plain"
    }

    fn about(&self) -> &'static str {
        "any other program's lines: time, host, program and level; logons, requests and flows where words say so"
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }

    fn sniff(&self, record: &Record<'_>) -> Verdict {
        if record.at.is_some() || words::logon(record.own).is_some() { Verdict::Unsure } else { Verdict::No }
    }

    fn open(&self, kinds: &dyn Kinds) -> Box<dyn Decoder> {
        Box::new(Sentences { http: Http::of(kinds) })
    }
}

struct Sentences {
    http: Option<Http>,
}

impl Decoder for Sentences {
    fn decode(&mut self, record: &Record<'_>, out: &mut dyn FnMut(Event)) -> Result<(), DecodeError> {
        let at = match record.at {
            Some(at) => at,
            None if words::logon(record.own).is_some() => record.latest,
            None => return Err(DecodeError::new("neither a time nor a program", 0)),
        };
        // A request may tell of a logon, too.
        let asked = self.http.as_ref().and_then(|http| request(at, record.text, http));
        let row = Self::row(at, record.text, record);
        let logon = row.kind().name == crate::kinds::logon::KIND.name;
        match asked {
            Some(asked) if row.kind().name != model::kinds::conn::KIND.name => {
                out(asked);
                if logon {
                    out(row);
                }
            }
            _ => out(row),
        }
        Ok(())
    }
}

impl Sentences {
    fn row(at: Timestamp, said: &[u8], record: &Record<'_>) -> Event {
        if let Some(row) = flow(at, said) {
            return row;
        }
        let (level, said) = level(said);
        if let Some(kind) = words::logon(said) {
            let (source, user) = (words::source(said), words::user(said).unwrap_or_default());
            if source.0.is_some() || !user.is_empty() {
                return told_logon(kind, at, record, source, user, said);
            }
        }
        let (source, target) = words::flow(said).map_or_else(|| (words::first_addr(said), None), |(orig, resp)| (orig.0, resp.0));
        let mut row = rows::told(at, record, "plain", b"", source, said).with(device::DESTINATION, target);
        if !level.is_empty() {
            row.set(device::SEVERITY, level);
        }
        if let Some(user) = words::user(said) {
            row.set(device::USER, user);
        }
        if record.program.is_empty() { row } else { row.with(device::PROGRAM, record.program) }
    }
}

/// A flow that a text tells of with what was done with it.
fn flow(at: Timestamp, said: &[u8]) -> Option<Event> {
    let (orig, resp) = words::flow(said)?;
    let lower = said[..said.len().min(512)].to_ascii_lowercase();
    let parts: Vec<&[u8]> = lower.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'-').filter(|word| !word.is_empty()).collect();
    let done = parts.iter().find_map(|word| if word.len() > 3 { traffic::done(word) } else { None });
    let proto = parts.iter().find(|word| [&b"tcp"[..], b"udp", b"icmp"].contains(*word)).map(|word| transport(word));
    // Without a verdict, what a firewall's rule logs is what it lets pass; other programs say less.
    let done = done.or_else(|| (crate::text::has(said, b"in:") && crate::text::has(said, b" out:")).then_some(Done::Ended))?;
    let proto = proto.or((orig.1 != 0 && resp.1 != 0).then_some("tcp"))?;
    traffic::row(&Flow { at, proto, orig, resp, number: b"" }, done, &Counted::default())
}

fn request(at: Timestamp, said: &[u8], http: &Http) -> Option<Event> {
    let asked = words::request(said)?;
    let source = words::source(said);
    source.0?;
    let target = Target::of(asked.url, false);
    let mut row = http.row(at, source, (addr(target.host), target.port), asked.url);
    row.set(http.method, method(asked.method));
    row.set(http.uri, target.path);
    if !target.host.is_empty() {
        row.set(http.host, target.host);
    }
    if !asked.version.is_empty() {
        row.set(http.version, asked.version);
    }
    if let Some(user) = words::beside(said, asked.method) {
        row.set(http.username, user);
    }
    row.set(http.status, asked.status);
    row.set(http.response_bytes, asked.bytes);
    Some(row)
}

/// The level that stands at a text's beginning, in brackets or not, and what follows it.
fn level(said: &[u8]) -> (&[u8], &[u8]) {
    const LEVELS: &[&str] = &[
        "trace",
        "debug",
        "info",
        "information",
        "informational",
        "notice",
        "note",
        "warn",
        "warning",
        "error",
        "err",
        "crit",
        "critical",
        "fatal",
        "alert",
        "emerg",
        "severe",
        "panic",
        "log",
        "inf",
        "wrn",
        "dbg",
        "trc",
        "ftl",
        "system",
        "hint",
        "statement",
        "detail",
        "context",
    ];
    /// Numbers of processes, names of modules and marks stand before it.
    const WORDS_MAX: usize = 6;
    let mut rest = said.trim_ascii_start();
    for _ in 0..WORDS_MAX {
        let bare = rest.iter().take_while(|byte| b"[(<|- .*".contains(byte)).count();
        let word = &rest[bare..];
        let end = word.iter().position(|byte| b"])>|: ,".contains(byte)).unwrap_or(word.len());
        let name = &word[..end];
        if LEVELS.iter().any(|level| name.eq_ignore_ascii_case(level.as_bytes())) {
            let behind = word[end..].iter().position(|byte| !b"])>|: ".contains(byte)).map_or(&[][..], |place| &word[end + place..]);
            return (name, behind);
        }
        match split(word, b' ').or_else(|| split(word, b']')) {
            Some((_, behind)) if !behind.is_empty() => rest = behind,
            _ => break,
        }
    }
    (b"", said)
}
