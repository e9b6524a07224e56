//! Postfix: mails, rejects, and logons to it.
//!
//! A mail is told when it leaves the queue, with who brought it (`client=`), its sender (`from=`), its recipients and the last
//! reply (`to=… status=`), joined by the queue's id; each delivery to another server is a row of its own, as packets would show it.
//! Rejects are rows with the reply that was given; `sasl_username` and failed SASL are rows of `logon`. The rest is `device`.
//! Source: Postfix's documentation and messages.

use crate::mails::{HELD_BYTES_MAX, Mail, Queue, Smtp, bare, bracketed, cut};
use crate::rows::{self, Logon};
use crate::text::{after, before, between, has, word};
use contract::{DecodeError, Decoder, Kinds, LogFormat, Record, Verdict};
use model::{Event, Kind, Timestamp};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Postfix;

impl LogFormat for Postfix {
    fn name(&self) -> &'static str {
        "postfix"
    }

    fn about(&self) -> &'static str {
        "Postfix"
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }

    fn sniff(&self, record: &Record<'_>) -> Verdict {
        if record.at.is_some() && record.program.starts_with(b"postfix") { Verdict::Yes } else { Verdict::No }
    }

    fn held_bytes_max(&self) -> usize {
        HELD_BYTES_MAX
    }

    fn open(&self, kinds: &dyn Kinds) -> Box<dyn Decoder> {
        Box::new(Messages { smtp: Smtp::of(kinds), queue: Queue::default(), dropped: 0 })
    }
}

struct Messages {
    smtp: Option<Smtp>,
    queue: Queue,
    dropped: u64,
}

/// A queue's id, and what is said of it.
fn queued(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (id, rest) = word(text);
    let id = id.strip_suffix(b":")?;
    // Short ids are hexadecimal, long ones of 52 symbols.
    let fits = (6..=20).contains(&id.len()) && id.iter().all(|byte| byte.is_ascii_alphanumeric()) && id.iter().any(u8::is_ascii_digit);
    if fits { Some((id, rest)) } else { None }
}

/// The value of `name=` in a list separated by `, ` or `; `.
fn field<'a>(text: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let rest = after(text, name)?;
    if rest.starts_with(b"<") {
        return between(rest, b"<", b">");
    }
    Some(before(rest, b","))
}

impl Decoder for Messages {
    fn decode(&mut self, record: &Record<'_>, out: &mut dyn FnMut(Event)) -> Result<(), DecodeError> {
        let Some(at) = record.at else { return Err(DecodeError::new("a message without a time", 0)) };
        if !record.program.starts_with(b"postfix") || self.smtp.is_none() {
            return Err(DecodeError::new("no message of Postfix", 0));
        }
        let text = record.text.trim_ascii();
        if let Some(logon) = logon(text) {
            out(logon.row(at, record.host));
        }
        if let Some(mail) = rejected(at, text) {
            // Also where it was refused before it named anybody.
            if let Some(smtp) = &self.smtp {
                out(smtp.row(&mail));
            }
        } else if let Some((id, rest)) = queued(text) {
            self.queued(at, record, id, rest, out);
        } else if !has(text, b"SASL ") {
            out(rows::told(at, record, "postfix", b"", bracketed(text).0, text));
        }
        Ok(())
    }

    fn tick(&mut self, _now: Timestamp, last: bool, out: &mut dyn FnMut(Event)) {
        if last {
            for mail in self.queue.take_all() {
                self.tell(&mail, out);
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
        self.dropped + self.queue.dropped()
    }
}

impl Messages {
    fn tell(&self, mail: &Mail, out: &mut dyn FnMut(Event)) {
        // A mail of which neither sender nor recipient was said is a line about something else.
        if let Some(smtp) = self.smtp.as_ref().filter(|_| !mail.from.is_empty() || !mail.to.is_empty()) {
            out(smtp.row(mail));
        }
    }

    /// What is said of a mail in the queue.
    fn queued(&mut self, at: Timestamp, record: &Record<'_>, id: &[u8], rest: &[u8], out: &mut dyn FnMut(Event)) {
        if rest == b"removed" {
            if let Some(mail) = self.queue.take(id) {
                self.tell(&mail, out);
            }
            return;
        }
        const SAID: &[&[u8]] = &[b"client=", b"from=", b"to=", b"message-id=", b"uid="];
        if !SAID.iter().any(|name| rest.starts_with(name)) {
            out(rows::told(at, record, "postfix", id, bracketed(rest).0, rest));
            return;
        }
        let (smtp, size) = (self.smtp.as_ref(), self.queue.size(id));
        let mut leave = |mail: &Mail| {
            if let Some(smtp) = smtp {
                out(smtp.row(mail));
            }
        };
        let Some(mail) = self.queue.mail(id, at, &mut leave) else { return };
        if let Some(client) = rest.strip_prefix(b"client=") {
            (mail.at, mail.orig) = (at, bracketed(client));
        } else if let Some(message) = rest.strip_prefix(b"message-id=") {
            mail.id = cut(message);
        } else if rest.starts_with(b"from=") {
            mail.from = cut(field(rest, b"from=").unwrap_or_default());
        } else if let Some(to) = rest.strip_prefix(b"to=").and_then(|_| field(rest, b"to=")) {
            let reply = after(rest, b"status=").unwrap_or_default();
            self.dropped += u64::from(!mail.add(to));
            mail.reply = cut(reply);
            let relay = field(rest, b"relay=").map(bracketed).filter(|(addr, _)| addr.is_some());
            if record.program.ends_with(b"/smtp")
                && let Some(relay) = relay
            {
                let mut delivery = Mail::told(at, (None, 0), &mail.from, to, reply);
                (delivery.resp, delivery.id) = (relay, mail.id.clone());
                if let Some(smtp) = smtp {
                    out(smtp.row(&delivery));
                }
            }
        }
        self.queue.counted(size, id);
    }
}

/// `NOQUEUE: reject: RCPT from name[10.0.0.5]: 554 5.7.1 why; from=<a> to=<b> proto=ESMTP helo=<c>`.
fn rejected(at: Timestamp, text: &[u8]) -> Option<Mail> {
    let rest = after(text, b"reject: ")?;
    let client = after(rest, b" from ")?;
    let orig = bracketed(client);
    let place = memchr::memmem::find(client, b"]")?;
    let behind = after(&client[place..], b": ").unwrap_or_default();
    let (reply, told) = memchr::memmem::find(behind, b"; from=<")
        .or_else(|| memchr::memmem::find(behind, b"; proto="))
        .or_else(|| memchr::memmem::find(behind, b"; to=<"))
        .map_or((behind, &b""[..]), |place| (&behind[..place], &behind[place..]));
    let value = |name: &[u8]| between(told, name, b">").map(bare).unwrap_or_default();
    let mut mail = Mail::told(at, orig, value(b" from=<"), value(b" to=<"), reply);
    mail.helo = cut(value(b" helo=<"));
    Some(mail)
}

/// Logons by SASL: `warning: name[10.0.0.5]: SASL LOGIN authentication failed: why`, `client=…, sasl_method=PLAIN, sasl_username=x`.
fn logon(text: &[u8]) -> Option<Logon<'_>> {
    let base = Logon { service: "smtp", action: "logon", ..Logon::default() };
    if let Some(rest) = after(text, b"SASL ")
        && has(rest, b"authentication fail")
    {
        let user = field(rest, b"sasl_username=").unwrap_or_default();
        let reason = before(after(rest, b": ").unwrap_or_default(), b", sasl_username");
        return Some(Logon { user, source: bracketed(text), success: Some(false), method: word(rest).0, reason, ..base });
    }
    let user = after(text, b"sasl_username=").filter(|_| has(text, b": client="))?;
    let method = field(text, b"sasl_method=").unwrap_or_default();
    Some(Logon { user: before(user, b","), source: bracketed(text), success: Some(true), method, ..base })
}
