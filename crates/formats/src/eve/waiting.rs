//! Rows that wait for their other half: a question for its answer, one direction of a flow for the other.

use model::{Event, Interval, Timestamp};
use std::collections::{HashMap, VecDeque};

/// Rows that wait: as many questions as a large network has open at once.
const WAITING_MAX: usize = 4_096;
/// How long, by the log's own time: name servers that have not answered by then hardly will.
const WAIT_SECS: i64 = 10;

/// Rows by a number, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    rows: HashMap<u64, Event>,
    order: VecDeque<(Timestamp, u64)>,
}

impl Waiting {
    /// A row waits; those that have waited for too long, and the oldest where there is no room, go on without their half.
    pub(super) fn put(&mut self, at: Timestamp, key: u64, row: Event, out: &mut dyn FnMut(Event)) {
        if let Some(before) = self.rows.insert(key, row) {
            out(before);
        }
        self.order.push_back((at, key));
        self.let_go(at, out);
    }

    /// The row of a key, to take it.
    pub(super) fn take(&mut self, key: u64) -> Option<Event> {
        self.rows.remove(&key)
    }

    /// The row of a key, to change it while it goes on waiting.
    pub(super) fn get_mut(&mut self, key: u64) -> Option<&mut Event> {
        self.rows.get_mut(&key)
    }

    /// Lets go what has waited for too long by `now`.
    pub(super) fn let_go(&mut self, now: Timestamp, out: &mut dyn FnMut(Event)) {
        while let Some((since, key)) = self.order.front().copied() {
            if self.order.len() <= WAITING_MAX && now < since + Interval::from_secs(WAIT_SECS) {
                return;
            }
            self.order.pop_front();
            if let Some(row) = self.rows.remove(&key) {
                out(row);
            }
        }
    }

    /// Nothing more comes: everything goes, in order.
    pub(super) fn finish(&mut self, out: &mut dyn FnMut(Event)) {
        while let Some((_, key)) = self.order.pop_front() {
            if let Some(row) = self.rows.remove(&key) {
                out(row);
            }
        }
    }

    /// Bytes held on the heap.
    pub(super) fn held_bytes(&self) -> usize {
        let order = self.order.capacity() * size_of::<(Timestamp, u64)>();
        order + self.rows.capacity() * size_of::<(u64, Event)>() + self.rows.values().map(Event::held_bytes).sum::<usize>()
    }

    /// The most that rows of so many bytes can come to.
    pub(super) const fn held_bytes_max(row_bytes: usize) -> usize {
        // Tables and queues double when they grow.
        4 * WAITING_MAX * (size_of::<(u64, Event)>() + size_of::<(Timestamp, u64)>()) + (WAITING_MAX + 1) * row_bytes
    }
}
