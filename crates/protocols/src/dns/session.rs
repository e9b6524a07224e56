//! Which answer belongs to which question: Zeek's rules, by transaction number within one flow.
//!
//! A question waits for its answer and an answer for its question, in the order of arrival per number. What is never
//! matched is written when the flow ends, or when too much waits. Messages to multicast addresses are never matched, since
//! their answers come from other flows.

use super::log;
use contract::{Emit, FlowInfo};
use model::{Event, Timestamp, Value};
use std::collections::VecDeque;

/// How many messages may wait under one number; then all of them are written. Zeek's `DNS::max_pending_msgs`.
const PER_NUMBER_MAX: usize = 50;

/// How many numbers may have something waiting; then everything is written. Zeek's `DNS::max_pending_query_ids`.
const NUMBERS_MAX: usize = 50;

/// A row that is being put together.
#[derive(Debug)]
pub(super) struct Exchange {
    /// The row, without its answers.
    pub(super) row: Event,
    answers: Vec<Value>,
    ttls: Vec<Value>,
    saw_query: bool,
    saw_reply: bool,
}

impl Exchange {
    fn new(flow: &FlowInfo, at: Timestamp, id: u16) -> Self {
        let mut row = flow.event(&log::KIND, at);
        row.set(log::PROTO, flow.transport.name());
        row.set(log::TRANS_ID, id);
        for flag in [log::AA, log::TC, log::RD, log::RA, log::REJECTED] {
            row.set(flag, false);
        }
        row.set(log::Z, 0u8);
        Self { row, answers: Vec::new(), ttls: Vec::new(), saw_query: false, saw_reply: false }
    }

    /// Adds a record of the answer.
    pub(super) fn push_answer(&mut self, text: Vec<u8>, ttl_secs: u32) {
        self.answers.push(Value::from(text));
        self.ttls.push(Value::Interval(model::Interval::from_secs(i64::from(ttl_secs))));
    }

    /// How many records it has.
    pub(super) fn answer_count(&self) -> usize {
        self.answers.len()
    }

    fn into_row(mut self) -> Event {
        self.row.set(log::ANSWERS, Value::list_or_unset(self.answers));
        self.row.set(log::TTLS, Value::list_or_unset(self.ttls));
        self.row
    }

    fn to_row(&self) -> Event {
        self.row
            .clone()
            .with(log::ANSWERS, Value::list_or_unset(self.answers.iter().cloned()))
            .with(log::TTLS, Value::list_or_unset(self.ttls.iter().cloned()))
    }

    fn held_bytes(&self) -> usize {
        let of = |values: &[Value]| values.iter().map(|value| size_of::<Value>() + value.as_bytes().map_or(0, <[u8]>::len)).sum::<usize>();
        self.row.held_bytes() + of(&self.answers) + of(&self.ttls)
    }
}

/// The place of an exchange in the flow's table.
type Slot = usize;

/// Messages that wait, by transaction number, oldest number first.
#[derive(Debug, Default)]
struct Waiting {
    queues: Vec<(u16, VecDeque<Slot>)>,
}

impl Waiting {
    fn pop(&mut self, id: u16) -> Option<Slot> {
        let at = self.queues.iter().position(|queue| queue.0 == id)?;
        let slot = self.queues[at].1.pop_front();
        if self.queues[at].1.is_empty() {
            self.queues.remove(at);
        }
        slot
    }

    fn pop_any(&mut self) -> Option<Slot> {
        let id = self.queues.first()?.0;
        self.pop(id)
    }

    /// Adds a message; returns those that have waited in vain.
    fn push(&mut self, id: u16, slot: Slot) -> Vec<Slot> {
        if let Some(queue) = self.queues.iter_mut().find(|queue| queue.0 == id) {
            let given_up = if queue.1.len() > PER_NUMBER_MAX { queue.1.drain(..).collect() } else { Vec::new() };
            queue.1.push_back(slot);
            return given_up;
        }
        let given_up = if self.queues.len() > NUMBERS_MAX { self.drain() } else { Vec::new() };
        self.queues.push((id, VecDeque::from([slot])));
        given_up
    }

    fn drain(&mut self) -> Vec<Slot> {
        self.queues.drain(..).flat_map(|queue| queue.1).collect()
    }
}

/// All exchanges of a flow that are not yet written.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    slots: Vec<Option<Exchange>>,
    free: Vec<Slot>,
    /// The exchange that the message at hand belongs to, and whether it waits in one of the places below as well.
    current: Option<Slot>,
    first_query: Option<(u16, Slot)>,
    queries: Waiting,
    replies: Waiting,
}

impl Sessions {
    /// Finds or makes the exchange of a message.
    pub(super) fn begin(&mut self, at: Timestamp, id: u16, response: bool, multicast: bool, out: &mut dyn Emit) -> Option<&mut Exchange> {
        self.forget_current();
        let found = if multicast {
            None
        } else if response {
            self.waiting_query(id)
        } else {
            self.replies.pop(id)
        };
        let slot = match found {
            Some(slot) => slot,
            None => self.add(at, id, response, multicast, out),
        };
        self.current = Some(slot);
        self.current()
    }

    /// The exchange of the message at hand.
    pub(super) fn current(&mut self) -> Option<&mut Exchange> {
        self.slots.get_mut(self.current?)?.as_mut()
    }

    /// The message at hand is over: its exchange is written if it is complete.
    pub(super) fn end(&mut self, response: bool, out: &mut dyn Emit) {
        let Some(exchange) = self.current() else { return };
        if response {
            exchange.saw_reply = true;
        } else {
            exchange.saw_query = true;
        }
        if !(exchange.saw_query && exchange.saw_reply) {
            return;
        }
        let Some(slot) = self.current.take() else { return };
        if self.waits(slot) {
            let row = self.slots[slot].as_ref().map(Exchange::to_row);
            row.into_iter().for_each(|row| out.event(row));
        } else {
            self.write(slot, out);
        }
    }

    /// Writes everything that is left.
    pub(super) fn close(&mut self, out: &mut dyn Emit) {
        self.current = None;
        let first = self.first_query.take().map(|(_, slot)| slot);
        let rest = self.queries.drain().into_iter().chain(self.replies.drain());
        for slot in first.into_iter().chain(rest).collect::<Vec<_>>() {
            self.write(slot, out);
        }
        self.slots.clear();
        self.free.clear();
    }

    /// Bytes held, an estimate.
    pub(super) fn held_bytes(&self) -> usize {
        self.slots.iter().flatten().map(Exchange::held_bytes).sum::<usize>() + self.slots.capacity() * size_of::<Option<Exchange>>()
    }

    fn waiting_query(&mut self, id: u16) -> Option<Slot> {
        match self.first_query {
            Some((first_id, slot)) if first_id == id => {
                // A query with the same number goes first, so that those that share one stay in order.
                self.first_query = match self.queries.pop(id) {
                    Some(next) => Some((id, next)),
                    None => self.queries.pop_any().and_then(|next| Some((self.id_of(next)?, next))),
                };
                Some(slot)
            }
            _ => self.queries.pop(id),
        }
    }

    fn id_of(&self, slot: Slot) -> Option<u16> {
        let id = self.slots.get(slot)?.as_ref()?.row.get(log::TRANS_ID).as_count()?;
        u16::try_from(id).ok()
    }

    fn add(&mut self, at: Timestamp, id: u16, response: bool, multicast: bool, out: &mut dyn Emit) -> Slot {
        let mut exchange = Exchange::new(out.flow(), at, id);
        (exchange.saw_query, exchange.saw_reply) = (multicast, multicast);
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        self.slots[slot] = Some(exchange);
        let given_up = if multicast {
            Vec::new()
        } else if response {
            self.replies.push(id, slot)
        } else if self.first_query.is_none() {
            self.first_query = Some((id, slot));
            Vec::new()
        } else {
            self.queries.push(id, slot)
        };
        for old in given_up {
            self.write(old, out);
        }
        slot
    }

    fn waits(&self, slot: Slot) -> bool {
        let among = |waiting: &Waiting| waiting.queues.iter().any(|queue| queue.1.contains(&slot));
        self.first_query.is_some_and(|(_, first)| first == slot) || among(&self.queries) || among(&self.replies)
    }

    fn forget_current(&mut self) {
        if let Some(slot) = self.current.take()
            && !self.waits(slot)
        {
            self.slots[slot] = None;
            self.free.push(slot);
        }
    }

    fn write(&mut self, slot: Slot, out: &mut dyn Emit) {
        if let Some(exchange) = self.slots.get_mut(slot).and_then(Option::take) {
            out.event(exchange.into_row());
            self.free.push(slot);
        }
    }
}
