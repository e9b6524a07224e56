//! Rows that wait a moment, so that what packets tell and what logs tell comes out in the order of time.
//!
//! The rule: a row waits until the clock has passed its time by [`HOLD`]; rows that are due go out in the order of their times,
//! and of one time in the order of arrival. A record that says a later time than the clock's (its sender's clock is ahead)
//! waits as if it were of now, so that nothing waits longer than that. A record that is older (a file that is caught up with) is
//! due at once, in the order of arrival.

use crate::shared::Order;
use model::{Event, Interval, Timestamp};
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// How long rows wait: longer than a syslog message takes, shorter than a reader of alarms would notice.
pub(super) const HOLD: Interval = Interval::from_secs(2);
/// Rows that wait at most: some 60 MB. Past that the earliest goes out before its time.
const ROWS_MAX: usize = 65_536;

/// Rows in waiting.
#[derive(Debug, Default)]
pub(super) struct Held {
    rows: BinaryHeap<Reverse<Row>>,
    arrivals: u64,
    hurried: u64,
}

#[derive(Debug)]
struct Row {
    order: Order,
    arrival: u64,
    /// Of which source it is, where that is followed.
    source: Option<usize>,
    event: Event,
}

/// A row that has waited long enough.
#[derive(Debug)]
pub(super) struct Released {
    pub(super) at: Timestamp,
    pub(super) source: Option<usize>,
    pub(super) event: Event,
}

impl Held {
    /// Lets a row wait.
    pub(super) fn push(&mut self, order: Order, source: Option<usize>, event: Event) {
        self.arrivals += 1;
        self.rows.push(Reverse(Row { order, arrival: self.arrivals, source, event }));
    }

    /// The next row that is due; all are, where there is no more `until`.
    pub(super) fn next(&mut self, until: Option<Timestamp>) -> Option<Released> {
        let Reverse(first) = self.rows.peek()?;
        if until.is_some_and(|until| first.order.time > until) {
            if self.rows.len() <= ROWS_MAX {
                return None;
            }
            self.hurried += 1;
        }
        let Reverse(row) = self.rows.pop()?;
        Some(Released { at: row.order.time, source: row.source, event: row.event })
    }

    /// Rows that went out before their time.
    pub(super) const fn hurried(&self) -> u64 {
        self.hurried
    }
}

impl Row {
    const fn key(&self) -> (Order, u64) {
        (self.order, self.arrival)
    }
}

impl Ord for Row {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for Row {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Row {}

#[cfg(test)]
mod tests {
    use super::*;
    use model::kinds::stats;

    fn row(held: &mut Held, secs: i64) {
        let time = Timestamp::from_secs(secs);
        held.push(Order::new(time, 0, 0), None, Event::new(&stats::KIND, time));
    }

    #[test]
    fn rows_go_out_by_time_when_they_are_due() {
        let mut held = Held::default();
        [3, 1, 2].into_iter().for_each(|secs| row(&mut held, secs));
        let mut next = |until| held.next(until).map(|row| row.at);
        assert_eq!(next(Some(Timestamp::from_secs(2))), Some(Timestamp::from_secs(1)));
        assert_eq!(next(Some(Timestamp::from_secs(2))), Some(Timestamp::from_secs(2)));
        assert_eq!(next(Some(Timestamp::from_secs(2))), None);
        assert_eq!(next(None), Some(Timestamp::from_secs(3)));
    }

    #[test]
    fn too_many_rows_go_out_early_and_are_counted() {
        let mut held = Held::default();
        (0..ROWS_MAX as i64 + 5).for_each(|secs| row(&mut held, 10 + secs));
        let mut early = 0;
        while held.next(Some(Timestamp::from_secs(1))).is_some() {
            early += 1;
        }
        assert_eq!((early, held.hurried(), held.rows.len()), (5, 5, ROWS_MAX));
    }
}
