//! Sendmail: mails, rejects, and logons to it.
//!
//! `id: from=<a>, …, relay=name [10.0.0.5]` begins a mail, each `id: to=<b>, …, relay=mx [203.0.113.9], stat=Sent` is a delivery and a row
//! of `smtp` with what the beginning said. Rejects of rulesets are rows with the reply that was given. The rest is `device`.
//! Source: Sendmail's operations guide.

use crate::mails::{HELD_BYTES_MAX, Mail, Queue, Smtp, bare, bracketed, cut};
use crate::rows::{self, Logon};
use crate::text::{after, before, has, word};
use contract::{DecodeError, Decoder, Kinds, LogFormat, Record, Verdict};
use model::{Event, Kind, Timestamp};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Sendmail;

impl LogFormat for Sendmail {
    fn name(&self) -> &'static str {
        "sendmail"
    }

    fn about(&self) -> &'static str {
        "Sendmail"
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

fn is_ours(record: &Record<'_>) -> bool {
    record.program.starts_with(b"sm-") || record.program.starts_with(b"sendmail")
}

struct Messages {
    smtp: Option<Smtp>,
    queue: Queue,
}

/// The value of `name=`, up to the next comma.
fn field<'a>(text: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    after(text, name).map(|rest| before(rest, b", "))
}

impl Decoder for Messages {
    fn decode(&mut self, record: &Record<'_>, out: &mut dyn FnMut(Event)) -> Result<(), DecodeError> {
        let Some(at) = record.at else { return Err(DecodeError::new("a message without a time", 0)) };
        let Some(smtp) = self.smtp.as_ref().filter(|_| is_ours(record)) else {
            return Err(DecodeError::new("no message of Sendmail", 0));
        };
        let text = record.text.trim_ascii();
        let (id, said) = match word(text) {
            (id, rest) if id.ends_with(b":") => (&id[..id.len() - 1], rest),
            _ => (&b""[..], text),
        };
        if let Some(logon) = logon(said) {
            out(logon.row(at, record.host));
        } else if let Some(reply) = after(said, b"reject=") {
            let to = if has(said, b"check_rcpt") { field(said, b"arg1=").unwrap_or_default() } else { b"" };
            let from = if has(said, b"check_mail") { field(said, b"arg1=").unwrap_or_default() } else { b"" };
            let source = field(said, b"relay=").map_or((None, 0), bracketed);
            out(smtp.row(&Mail::told(at, source, from, to, reply)));
        } else if said.starts_with(b"from=") && !id.is_empty() {
            let mut leave = |mail: &Mail| out(smtp.row(mail));
            let size = self.queue.size(id);
            if let Some(mail) = self.queue.mail(id, at, &mut leave) {
                mail.from = cut(bare(field(said, b"from=").unwrap_or_default()));
                mail.id = cut(field(said, b"msgid=").unwrap_or_default());
                mail.orig = field(said, b"relay=").map_or((None, 0), bracketed);
            }
            self.queue.counted(size, id);
        } else if said.starts_with(b"to=") && !id.is_empty() {
            let mut mail = self.queue.get(id).cloned().unwrap_or_else(|| Mail::new(at));
            for to in field(said, b"to=").unwrap_or_default().split(|byte| *byte == b',') {
                mail.add(to);
            }
            mail.reply = cut(after(said, b"stat=").unwrap_or_default());
            if let Some(relay) = field(said, b"relay=").map(bracketed).filter(|relay| relay.0.is_some()) {
                mail.resp = (relay.0, 25);
            }
            out(smtp.row(&mail));
        } else {
            out(rows::told(at, record, "sendmail", id, bracketed(said).0, said));
        }
        Ok(())
    }

    fn tick(&mut self, _now: Timestamp, last: bool, _out: &mut dyn FnMut(Event)) {
        if last {
            // Their deliveries are told already.
            self.queue.take_all();
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

/// `AUTH=server, relay=name [10.0.0.5], authid=x, mech=LOGIN`, `AUTH failure (LOGIN): …, relay=…`, `authentication failure: …, user=x`.
fn logon(said: &[u8]) -> Option<Logon<'_>> {
    let source = field(said, b"relay=").map_or((None, 0), bracketed);
    let base = Logon { service: "smtp", source, action: "logon", ..Logon::default() };
    if said.starts_with(b"AUTH=server") {
        let user = field(said, b"authid=").unwrap_or_default();
        return Some(Logon { user, success: Some(true), method: field(said, b"mech=").unwrap_or_default(), ..base });
    }
    if said.starts_with(b"AUTH failure") || has(said, b"authentication failure") || has(said, b"possible SMTP attack: command=AUTH") {
        let user = field(said, b"user=").unwrap_or_default();
        let source = if source.0.is_some() { source } else { bracketed(said) };
        return Some(Logon { user, source, success: Some(false), reason: before(said, b", relay="), ..base });
    }
    None
}
