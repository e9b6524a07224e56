//! Suricata's DNS events of all three versions, each question with its answer as one row.
//!
//! Version 1 writes a line per question and per record of the answer; version 2 a line per question and one per answer, with `answers` in it; version
//! 3 the same as `request` and `response`, with `queries` in it.

use super::Head;
use super::waiting::Waiting;
use crate::columns::set;
use crate::rows::{Dns, Question};
use crate::tree::Node;
use contract::Kinds;
use model::{Event, Interval, Timestamp, Value};

/// Answers of one row that are kept: what a packet without EDNS can hold, and more.
const ANSWERS_MAX: usize = 64;

/// Questions on their way to their answers.
pub(super) struct Questions {
    dns: Dns,
    waiting: Waiting,
}

impl Questions {
    /// Where there is such a log.
    pub(super) fn of(kinds: &dyn Kinds) -> Option<Self> {
        Some(Self { dns: Dns::of(kinds)?, waiting: Waiting::default() })
    }

    /// Takes an event.
    pub(super) fn event(&mut self, head: &Head<'_>, out: &mut dyn FnMut(Event)) {
        // Suricata 6 and older have `dns.query[0]` in what an alert carries; events have one object.
        let Some(dns) = head.root.get("dns") else { return };
        let id = dns.number("id").unwrap_or_default();
        let key = (head.flow ^ id << 48).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let answered = matches!(dns.bytes("type"), b"answer" | b"response");
        if !answered {
            let row = self.question(head, dns, id);
            if let Some(row) = row {
                self.waiting.put(head.at, key, row, out);
            }
            return;
        }
        let first = !matches!(dns.get("answers"), Some(Node::List(_))) && dns.get("grouped").is_none() && dns.get("rdata").is_some();
        if first {
            // Version 1: further records of the same answer come in lines of their own.
            if let Some(row) = self.waiting.get_mut(key) {
                answer(&self.dns, row, dns);
                return;
            }
            if let Some(mut row) = self.question(head, dns, id) {
                answer(&self.dns, &mut row, dns);
                self.waiting.put(head.at, key, row, out);
            }
            return;
        }
        let asked = self.waiting.take(key);
        let rtt = asked.as_ref().map(|row| Interval::from_nanos(head.at.nanos().saturating_sub(row.ts().nanos()).max(0)));
        if let Some(mut row) = asked.or_else(|| self.question(head, dns, id)) {
            answer(&self.dns, &mut row, dns);
            if let Some(rtt) = rtt {
                set(&mut row, "rtt", Value::Interval(rtt));
            }
            out(row);
        }
    }

    fn question(&self, head: &Head<'_>, dns: &Node<'_>, id: u64) -> Option<Event> {
        let asked = dns.get("queries").and_then(|queries| queries.items().first()).unwrap_or(dns);
        let (name, qtype) = (asked.bytes("rrname"), asked.bytes("rrtype"));
        if name.is_empty() && qtype.is_empty() {
            return None;
        }
        // Old versions write answers from the server's side.
        let swapped = head.orig.1 == 53 && head.resp.1 != 53;
        let (orig, resp) = if swapped { (head.resp, head.orig) } else { (head.orig, head.resp) };
        let tcp = super::flows::proto(head.root) == "tcp";
        let mut row = self.dns.row(head.at, orig, resp.0, &Question { name, qtype, tcp });
        if let Some(cell) = row.cells_mut().get_mut(5) {
            *cell = Value::Port(resp.1);
        }
        if let (Some(uid), Some(cell)) = (head.uid(), row.cells_mut().get_mut(1)) {
            *cell = Value::Uid(uid);
        }
        set(&mut row, "trans_id", id);
        Some(row)
    }

    /// Those that have waited for too long go on without an answer.
    pub(super) fn let_go(&mut self, now: Timestamp, out: &mut dyn FnMut(Event)) {
        self.waiting.let_go(now, out);
    }

    /// Nothing more comes.
    pub(super) fn finish(&mut self, out: &mut dyn FnMut(Event)) {
        self.waiting.finish(out);
    }

    /// Bytes held on the heap.
    pub(super) fn held_bytes(&self) -> usize {
        self.waiting.held_bytes()
    }
}

/// What an answer says, added to the row of its question.
fn answer(columns: &Dns, row: &mut Event, dns: &Node<'_>) {
    columns.answered(row, dns.bytes("rcode"));
    for (name, column) in [("aa", "AA"), ("tc", "TC"), ("rd", "RD"), ("ra", "RA")] {
        if let Some(Node::Bool(flag)) = dns.get(name) {
            set(row, column, *flag);
        }
    }
    let mut answers = match row.get(columns.answers) {
        Value::List(items) => items.to_vec(),
        _ => Vec::new(),
    };
    let before = row.kind().find("TTLs").map_or(&Value::Unset, |column| row.get(column));
    let mut lives = if let Value::List(items) = before { items.to_vec() } else { Vec::new() };
    let records = dns.get("answers").map_or(std::slice::from_ref(dns), Node::items);
    for record in records.iter().take(ANSWERS_MAX) {
        let data = record.get("rdata").and_then(Node::text);
        if let Some(data) = data.filter(|_| answers.len() < ANSWERS_MAX) {
            answers.push(Value::from(data.as_bytes()));
            lives.extend(record.number("ttl").map(|secs| Value::Interval(Interval::from_secs(i64::try_from(secs).unwrap_or_default()))));
        }
    }
    if answers.is_empty() {
        // Only grouped by type: `{"A":["203.0.113.9"]}`.
        let grouped = dns.get("grouped").map_or(&[][..], Node::pairs).iter().flat_map(|(_, list)| list.items());
        answers.extend(grouped.take(ANSWERS_MAX).filter_map(Node::text).map(|text| Value::from(text.as_bytes())));
    }
    if lives.len() == answers.len() {
        set(row, "TTLs", Value::list_or_unset(lives));
    }
    row.set(columns.answers, Value::list_or_unset(answers));
}
