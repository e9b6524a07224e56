//! dnsmasq's `log-queries`: a question in one line, each record of its answer in another.
//!
//! `query[A] a.example from 10.0.0.5`, `forwarded a.example to 192.0.2.53`, `reply a.example is 203.0.113.9`; with `log-queries=extra` a
//! number and the client before each. A question waits for its answer; the row is told when the next line is no part of that, so
//! that a name comes with its addresses. DHCP's lines and all others are rows of `device`. Source: dnsmasq(8).

use crate::rows::{self, Dns, Question};
use crate::text::{addr, end, number, split, word};
use contract::{DecodeError, Decoder, Kinds, LogFormat, Record, Verdict};
use model::{Event, Kind, Timestamp, Value};
use std::collections::VecDeque;

/// Questions that wait for their answers: more than dnsmasq itself forwards at one time (150 by default).
const WAITING_MAX: usize = 300;
/// Records of one answer that are kept: what a message of 512 bytes holds.
const ANSWERS_MAX: usize = 30;
/// What all of them may hold: a row of `dns`, and names of 255 bytes each.
const HELD_BYTES_MAX: usize = WAITING_MAX * (4096 + ANSWERS_MAX * 300);

/// The row of the catalogue.
#[derive(Debug)]
pub struct Dnsmasq;

impl LogFormat for Dnsmasq {
    fn name(&self) -> &'static str {
        "dnsmasq"
    }

    fn about(&self) -> &'static str {
        "dnsmasq: queries with their answers, DHCP"
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }

    fn sniff(&self, record: &Record<'_>) -> Verdict {
        if record.at.is_some() && record.program.starts_with(b"dnsmasq") { Verdict::Yes } else { Verdict::No }
    }

    fn held_bytes_max(&self) -> usize {
        HELD_BYTES_MAX
    }

    fn open(&self, kinds: &dyn Kinds) -> Box<dyn Decoder> {
        Box::new(Queries { dns: Dns::of(kinds), waiting: VecDeque::new(), dropped: 0 })
    }
}

/// A question whose answer has not come, or not all of it.
struct Waiting {
    name: Box<[u8]>,
    row: Event,
    answers: Vec<Value>,
    /// Whether a record of its answer has come.
    answered: bool,
}

struct Queries {
    dns: Option<Dns>,
    waiting: VecDeque<Waiting>,
    dropped: u64,
}

impl Decoder for Queries {
    fn decode(&mut self, record: &Record<'_>, out: &mut dyn FnMut(Event)) -> Result<(), DecodeError> {
        let Some(at) = record.at else { return Err(DecodeError::new("a message without a time", 0)) };
        if !record.program.starts_with(b"dnsmasq") {
            return Err(DecodeError::new("no message of dnsmasq", 0));
        }
        let said = without_number(record.text.trim_ascii_start());
        let (verb, rest) = word(said);
        if let Some(qtype) = verb.strip_prefix(b"query[").and_then(|verb| verb.strip_suffix(b"]")) {
            self.tell_answered(out);
            if let Some(row) = self.question(at, qtype, rest, out) {
                self.waiting.push_back(row);
            }
            return Ok(());
        }
        match verb {
            b"reply" | b"cached" | b"config" | b"cached-stale" => self.answer(rest),
            b"forwarded" | b"dnssec-query[DS]" | b"dnssec-query[DNSKEY]" | b"validation" | b"nameserver" => {}
            // A name out of a file: `/etc/hosts a.example is 10.0.0.5`.
            _ if verb.starts_with(b"/") || verb == b"DHCP" => self.answer(rest),
            _ => {
                self.tell_answered(out);
                out(rows::told(at, record, "dnsmasq", b"", addr(word(word(rest).0).0), said));
            }
        }
        Ok(())
    }

    fn tick(&mut self, _now: Timestamp, last: bool, out: &mut dyn FnMut(Event)) {
        if last {
            while let Some(waiting) = self.waiting.pop_front() {
                self.tell(waiting, out);
            }
        }
    }

    fn since(&self) -> Option<Timestamp> {
        self.waiting.iter().map(|waiting| waiting.row.ts()).min()
    }

    fn held_bytes(&self) -> usize {
        self.waiting.iter().map(|waiting| waiting.row.held_bytes() + waiting.name.len() + waiting.answers.len() * 300).sum()
    }

    fn dropped(&self) -> u64 {
        self.dropped
    }
}

/// `log-queries=extra` puts a number and the client's end before each line.
fn without_number(said: &[u8]) -> &[u8] {
    let (first, rest) = word(said);
    let (second, behind) = word(rest);
    if number(first).is_some() && second.contains(&b'/') { behind } else { said }
}

impl Queries {
    /// `a.example from 10.0.0.5`.
    fn question(&mut self, at: Timestamp, qtype: &[u8], rest: &[u8], out: &mut dyn FnMut(Event)) -> Option<Waiting> {
        let (name, rest) = word(rest);
        let (from, client) = word(rest);
        let client = word(client).0;
        let client = split(client, b'#').map_or((addr(client), 0), |_| end(client, b'#'));
        if from != b"from" || name.len() > 255 {
            return None;
        }
        if self.waiting.len() >= WAITING_MAX
            && let Some(oldest) = self.waiting.pop_front()
        {
            self.tell(oldest, out);
        }
        let row = self.dns.as_ref()?.row(at, client, None, &Question { name, qtype, tcp: false });
        Some(Waiting { name: name.into(), row, answers: Vec::new(), answered: false })
    }

    /// `a.example is 203.0.113.9`. The records behind an alias carry the alias's name, and belong to the same question.
    fn answer(&mut self, rest: &[u8]) {
        let (name, rest) = word(rest);
        let (is, answer) = word(rest);
        let place = self
            .waiting
            .iter()
            .position(|waiting| *waiting.name == *name)
            .or_else(|| self.waiting.iter().rposition(|waiting| waiting.answered));
        let Some(waiting) = place.and_then(|place| self.waiting.get_mut(place)).filter(|_| is == b"is") else { return };
        waiting.answered = true;
        if waiting.answers.len() >= ANSWERS_MAX {
            self.dropped += 1;
            return;
        }
        let Some(dns) = &self.dns else { return };
        match answer {
            b"<CNAME>" => {}
            b"NXDOMAIN" | b"NXDOMAIN-IPv4" | b"NXDOMAIN-IPv6" => dns.answered(&mut waiting.row, b"NXDOMAIN"),
            b"NODATA" | b"NODATA-IPv4" | b"NODATA-IPv6" => dns.answered(&mut waiting.row, b"NOERROR"),
            b"SERVFAIL" | b"REFUSED" => dns.answered(&mut waiting.row, answer),
            _ => {
                dns.answered(&mut waiting.row, b"NOERROR");
                waiting.answers.push(Value::from(&answer[..answer.len().min(255)]));
            }
        }
    }

    fn tell_answered(&mut self, out: &mut dyn FnMut(Event)) {
        while let Some(place) = self.waiting.iter().position(|waiting| waiting.answered) {
            let Some(waiting) = self.waiting.remove(place) else { return };
            self.tell(waiting, out);
        }
    }

    fn tell(&self, mut waiting: Waiting, out: &mut dyn FnMut(Event)) {
        if let Some(dns) = self.dns.as_ref().filter(|_| !waiting.answers.is_empty()) {
            waiting.row.set(dns.answers, Value::List(waiting.answers.into()));
        }
        out(waiting.row);
    }
}
