//! Mail as its servers tell it: some lines say who brought it, others who wrote it, others to whom it went. The queue's id joins them
//! to one row of `smtp`.

use crate::rows::{End, of_flow};
use contract::Kinds;
use model::{Addr, Column, Event, Kind, Timestamp, Value};
use std::collections::{HashMap, VecDeque};

/// Mails of which more may come: what a large server has under way; deferred mail beyond that is told without its later lines.
const MAILS_MAX: usize = 10_000;
/// Recipients of one mail that are kept.
const RECIPIENTS_MAX: usize = 100;
/// The longest text that is kept of a line: RFC 5321 allows addresses of 254 bytes; ids and replies may be longer.
const TEXT_BYTES_MAX: usize = 512;
/// What the queue may hold: most mails have one recipient, so that the average is far below the most.
pub(crate) const HELD_BYTES_MAX: usize = 64 << 20;

/// Rows of `smtp.log`.
#[derive(Debug)]
pub(crate) struct Smtp {
    kind: &'static Kind,
    helo: Column,
    from: Column,
    to: Column,
    id: Column,
    reply: Column,
    tls: Column,
}

impl Smtp {
    /// Its columns; `None` where there is no such log.
    pub(crate) fn of(kinds: &dyn Kinds) -> Option<Self> {
        let kind = kinds.kind("smtp")?;
        Some(Self {
            kind,
            helo: kind.find("helo")?,
            from: kind.find("mailfrom")?,
            to: kind.find("rcptto")?,
            id: kind.find("msg_id")?,
            reply: kind.find("last_reply")?,
            tls: kind.find("tls")?,
        })
    }

    /// The row of a mail.
    pub(crate) fn row(&self, mail: &Mail) -> Event {
        let mut row = of_flow(self.kind, mail.at, mail.orig, mail.resp, &mail.from, "tcp");
        let text = |text: &[u8]| if text.is_empty() { Value::Unset } else { Value::from(text) };
        row.set(self.helo, text(&mail.helo));
        row.set(self.from, text(&mail.from));
        row.set(self.id, text(&mail.id));
        row.set(self.reply, text(&mail.reply));
        row.set(self.to, Value::list_or_unset(mail.to.iter().map(|to| to.to_vec())));
        if mail.tls {
            row.set(self.tls, true);
        }
        row
    }
}

/// What is known of a mail.
#[derive(Clone, Debug)]
pub(crate) struct Mail {
    pub(crate) at: Timestamp,
    /// When it was first spoken of.
    since: Timestamp,
    /// Who brought it.
    pub(crate) orig: End,
    /// To which server.
    pub(crate) resp: End,
    pub(crate) helo: Box<[u8]>,
    pub(crate) from: Box<[u8]>,
    pub(crate) to: Vec<Box<[u8]>>,
    pub(crate) id: Box<[u8]>,
    pub(crate) reply: Box<[u8]>,
    pub(crate) tls: bool,
}

impl Mail {
    /// A mail to port 25 of which nothing is known yet.
    pub(crate) fn new(at: Timestamp) -> Self {
        let empty = || Box::<[u8]>::default();
        Self {
            at,
            since: at,
            orig: (None, 0),
            resp: (None, 25),
            helo: empty(),
            from: empty(),
            to: Vec::new(),
            id: empty(),
            reply: empty(),
            tls: false,
        }
    }

    /// One that was told of in one line: from whom, to whom, with which reply.
    pub(crate) fn told(at: Timestamp, orig: End, from: &[u8], to: &[u8], reply: &[u8]) -> Self {
        let mut mail = Self { orig, from: cut(bare(from)), reply: cut(reply), ..Self::new(at) };
        mail.add(to);
        mail
    }

    /// One more recipient. False where there are too many.
    pub(crate) fn add(&mut self, to: &[u8]) -> bool {
        let to = bare(to);
        if to.is_empty() || self.to.iter().any(|known| **known == *to) {
            return true;
        }
        if self.to.len() >= RECIPIENTS_MAX {
            return false;
        }
        self.to.push(cut(to));
        true
    }

    fn held_bytes(&self) -> usize {
        let texts = self.helo.len() + self.from.len() + self.id.len() + self.reply.len();
        size_of::<Self>() + texts + self.to.iter().map(|to| to.len() + 16).sum::<usize>()
    }
}

/// A text within the limit.
pub(crate) fn cut(text: &[u8]) -> Box<[u8]> {
    text[..text.len().min(TEXT_BYTES_MAX)].into()
}

/// An address without its brackets.
pub(crate) fn bare(address: &[u8]) -> &[u8] {
    let address = address.trim_ascii();
    address.strip_prefix(b"<").map_or(address, |address| address.strip_suffix(b">").unwrap_or(address))
}

/// `name [10.0.0.5]`, `name[10.0.0.5]:25`: the address in the brackets, and the port behind them.
pub(crate) fn bracketed(text: &[u8]) -> (Option<Addr>, u16) {
    let Some(open) = memchr::memchr(b'[', text) else { return (None, 0) };
    let Some((inside, behind)) = crate::text::split(&text[open + 1..], b']') else { return (None, 0) };
    let port = behind.strip_prefix(b":").and_then(crate::text::leading).and_then(|(port, _)| u16::try_from(port).ok());
    let inside = inside.strip_prefix(b"IPv6:").unwrap_or(inside);
    (crate::text::addr(inside), port.unwrap_or_default())
}

/// The mails under way on one server.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    mails: HashMap<Box<[u8]>, Mail>,
    order: VecDeque<Box<[u8]>>,
    held: usize,
    dropped: u64,
}

impl Queue {
    /// The mail of an id, begun where it is not known. Where there is no room, the oldest leaves.
    pub(crate) fn mail(&mut self, id: &[u8], at: Timestamp, leave: &mut dyn FnMut(&Mail)) -> Option<&mut Mail> {
        if id.len() > TEXT_BYTES_MAX {
            return None;
        }
        if !self.mails.contains_key(id) {
            while self.order.len() >= MAILS_MAX || self.held_bytes() > HELD_BYTES_MAX / 2 {
                let Some(oldest) = self.order.pop_front() else { break };
                if let Some(mail) = self.take(&oldest) {
                    self.dropped += 1;
                    leave(&mail);
                }
            }
            self.order.push_back(id.into());
            self.mails.insert(id.into(), Mail::new(at));
        }
        self.mails.get_mut(id)
    }

    /// A line has changed a mail: what it holds is counted anew.
    pub(crate) fn counted(&mut self, before: usize, id: &[u8]) {
        self.held = self.held.saturating_sub(before) + self.size(id);
    }

    /// What a mail holds, in bytes.
    pub(crate) fn size(&self, id: &[u8]) -> usize {
        self.mails.get(id).map_or(0, Mail::held_bytes)
    }

    /// What is known of a mail.
    pub(crate) fn get(&self, id: &[u8]) -> Option<&Mail> {
        self.mails.get(id)
    }

    /// A mail has left the queue.
    pub(crate) fn take(&mut self, id: &[u8]) -> Option<Mail> {
        let mail = self.mails.remove(id)?;
        self.held = self.held.saturating_sub(mail.held_bytes());
        Some(mail)
    }

    /// All that are left, in their order.
    pub(crate) fn take_all(&mut self) -> Vec<Mail> {
        let order = std::mem::take(&mut self.order);
        order.iter().filter_map(|id| self.take(id)).collect()
    }

    /// When the oldest of them was first spoken of.
    pub(crate) fn since(&self) -> Option<Timestamp> {
        self.mails.values().map(|mail| mail.since).min()
    }

    pub(crate) fn held_bytes(&self) -> usize {
        self.held + self.order.len() * 64
    }

    pub(crate) const fn dropped(&self) -> u64 {
        self.dropped
    }
}
