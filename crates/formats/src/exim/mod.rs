//! Exim's main and reject logs.
//!
//! `id <= a@b H=name (helo) [10.0.0.5]:1036 P=esmtp …` is an arrival, `id => c@d R=… H=mx [203.0.113.9]` (also `->`, `**`, `==`) a delivery or
//! its failure; a mail is told when it is `Completed`, each delivery to another server as a row of its own. Rejections and failed
//! authenticators are rows of `smtp` and `logon`. Source: Exim's specification, chapter "log files".

use crate::mails::{HELD_BYTES_MAX, Mail, Queue, Smtp, bare, bracketed, cut};
use crate::rows::{self, Logon};
use crate::text::{addr, after, before, between, has, split, word, word_after, words};
use contract::{DecodeError, Decoder, Kinds, LogFormat, Record, Verdict};
use model::{Event, Kind, Timestamp};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Exim;

impl LogFormat for Exim {
    fn name(&self) -> &'static str {
        "exim"
    }

    fn about(&self) -> &'static str {
        "Exim"
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }

    fn sniff(&self, record: &Record<'_>) -> Verdict {
        if record.at.is_some() && is_ours(record) { Verdict::Yes } else { Verdict::No }
    }

    fn held_bytes_max(&self) -> usize {
        HELD_BYTES_MAX
    }

    fn open(&self, kinds: &dyn Kinds) -> Box<dyn Decoder> {
        Box::new(Messages { smtp: Smtp::of(kinds), queue: Queue::default() })
    }
}

/// What is said, behind the process's number.
fn said<'a>(record: &Record<'a>) -> &'a [u8] {
    let text = if record.program.starts_with(b"exim") { record.text } else { record.own }.trim_ascii_start();
    // A second time, where syslog has put one before it.
    let text = if text.len() > 20 && text[4] == b'-' && text[13] == b':' { word(word(text).1).1 } else { text };
    match text.strip_prefix(b"[").and_then(|text| split(text, b']')) {
        Some((number, rest)) if number.iter().all(u8::is_ascii_digit) => rest.trim_ascii_start(),
        _ => text,
    }
}

/// `1abcDE-0001Fg-Hi`, and the longer ids of 4.97.
fn id(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (id, rest) = word(text);
    let mut parts = id.split(|byte| *byte == b'-').map(|part| (part.len(), part.iter().all(u8::is_ascii_alphanumeric)));
    let mut part = |lengths: &[usize]| parts.next().is_some_and(|(length, fits)| fits && lengths.contains(&length));
    let fits = part(&[6]) && part(&[6, 11]) && part(&[2, 4]);
    if fits && id.len() < 30 { Some((id, rest)) } else { None }
}

fn is_ours(record: &Record<'_>) -> bool {
    const WORDS: &[&[u8]] = &[
        b"authenticator failed for ",
        b"no host name found for IP",
        b"no IP address found for host",
        b"SMTP connection from ",
        b"SMTP call from ",
        b"SMTP protocol ",
        b"SMTP syntax error",
        b"SMTP command timeout",
        b"unexpected disconnection while reading SMTP",
    ];
    let text = said(record);
    let plain = record.program.is_empty() || record.program.starts_with(b"H=");
    record.program.starts_with(b"exim")
        || plain && (id(text).is_some() || text.starts_with(b"H=") || WORDS.iter().any(|part| has(text, part)))
}

struct Messages {
    smtp: Option<Smtp>,
    queue: Queue,
}

/// The other end: `H=name (helo) [10.0.0.5]:1036`.
fn peer(text: &[u8]) -> (rows::End, &[u8]) {
    let rest = after(text, b"H=").unwrap_or(text);
    // The helo in parentheses may be an address in brackets itself.
    let (helo, behind) = match parenthesised(rest) {
        Some((helo, behind)) => (helo, behind),
        None => (word(rest).0, rest),
    };
    let helo = if helo.starts_with(b"[") && behind.len() == rest.len() { b"" } else { helo };
    (bracketed(behind), helo)
}

/// What stands in the parentheses before the first address in brackets, and what follows.
fn parenthesised(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let open = memchr::memchr(b'(', text)?;
    let bracket = memchr::memchr(b'[', text).unwrap_or(text.len());
    if open > bracket { None } else { split(&text[open + 1..], b')') }
}

impl Decoder for Messages {
    fn decode(&mut self, record: &Record<'_>, out: &mut dyn FnMut(Event)) -> Result<(), DecodeError> {
        let Some(at) = record.at else { return Err(DecodeError::new("a message without a time", 0)) };
        if !is_ours(record) || self.smtp.is_none() {
            return Err(DecodeError::new("no message of Exim", 0));
        }
        let text = said(record);
        if let Some(logon) = logon(text) {
            out(logon.row(at, b""));
        } else if let Some(row) = self.smtp.as_ref().and_then(|smtp| rejected(smtp, at, text)) {
            out(row);
        } else if !id(text).is_some_and(|(id, rest)| self.queued(at, id, rest, out)) {
            let source = peer(text).0.0.or_else(|| words(text).find_map(addr));
            out(rows::told(at, record, "exim", b"", source, text));
        }
        Ok(())
    }

    fn tick(&mut self, _now: Timestamp, last: bool, out: &mut dyn FnMut(Event)) {
        if last {
            for mail in self.queue.take_all() {
                if let Some(smtp) = &self.smtp {
                    out(smtp.row(&mail));
                }
            }
        }
    }

    fn since(&self) -> Option<Timestamp> {
        self.queue.since()
    }

    fn held_bytes(&self) -> usize {
        self.queue.held_bytes()
    }

    fn dropped(&self) -> u64 {
        self.queue.dropped()
    }
}

impl Messages {
    /// What is said of a mail in the queue. False where it is none of the signs.
    fn queued(&mut self, at: Timestamp, id: &[u8], rest: &[u8], out: &mut dyn FnMut(Event)) -> bool {
        let Some(smtp) = self.smtp.as_ref() else { return false };
        if rest.starts_with(b"Completed") {
            if let Some(mail) = self.queue.take(id) {
                out(smtp.row(&mail));
            }
            return true;
        }
        let (sign, rest) = word(rest);
        if ![&b"<="[..], b"=>", b"->", b"**", b"==", b">>"].contains(&sign) {
            return false;
        }
        let size = self.queue.size(id);
        let mut leave = |mail: &Mail| out(smtp.row(mail));
        let Some(mail) = self.queue.mail(id, at, &mut leave) else { return true };
        let (address, behind) = word(rest);
        if sign == b"<=" {
            let (orig, helo) = if has(behind, b"H=") { peer(behind) } else { ((None, 0), &b""[..]) };
            (mail.at, mail.orig, mail.from, mail.helo) = (at, orig, cut(bare(address)), cut(helo));
            mail.id = cut(word_after(behind, b" id=").unwrap_or_default());
            mail.tls = has(behind, b" X=");
            // `I=[10.0.0.1]:25`: the server's own end.
            if let Some(own) = after(behind, b" I=") {
                let (addr, port) = bracketed(own);
                mail.resp = (addr, if port == 0 { 25 } else { port });
            }
        } else {
            // `name <address>`: a local part, and the address that it was.
            let to = if behind.starts_with(b"<") { word(behind).0 } else { address };
            mail.add(to);
            mail.reply = cut(between(behind, b"C=\"", b"\"").or_else(|| after(behind, b": ")).unwrap_or_default());
            if has(behind, b" H=") {
                let (server, _) = peer(behind);
                let mut delivery = Mail::told(at, (None, 0), &mail.from, to, &mail.reply);
                delivery.resp = (server.0, if server.1 == 0 { 25 } else { server.1 });
                delivery.id = mail.id.clone();
                out(smtp.row(&delivery));
            }
        }
        self.queue.counted(size, id);
        true
    }
}

/// `H=(helo) [10.0.0.5] F=<a> rejected RCPT <b>: why`, `… rejected after DATA: why`, `… temporarily rejected …`.
fn rejected(smtp: &Smtp, at: Timestamp, text: &[u8]) -> Option<Event> {
    if !has(text, b"H=") {
        return None;
    }
    let place = memchr::memmem::find(text, b"rejected ")?;
    let (orig, helo) = peer(text);
    let from = word_after(text, b" F=").unwrap_or_default();
    let what = &text[place + 9..];
    let to = what.strip_prefix(b"RCPT ").map(|rest| word(rest).0).unwrap_or_default();
    let to = to.strip_suffix(b":").unwrap_or(to);
    let mut mail = Mail::told(at, orig, from, to, &text[place..]);
    mail.helo = cut(helo);
    Some(smtp.row(&mail))
}

/// `plain authenticator failed for name (helo) [10.0.0.5]:1036: 535 why (set_id=x)`.
fn logon(text: &[u8]) -> Option<Logon<'_>> {
    let place = memchr::memmem::find(text, b" authenticator failed for ")?;
    let method = words(&text[..place]).last().unwrap_or_default();
    let rest = &text[place + 26..];
    let behind = parenthesised(rest).map_or(rest, |(_, behind)| behind);
    let user = between(rest, b"(set_id=", b")").unwrap_or_default();
    let reason = after(rest, b": ").map(|rest| before(rest, b" (set_id=")).unwrap_or_default();
    Some(Logon { service: "smtp", user, source: bracketed(behind), action: "logon", success: Some(false), method, reason })
}
