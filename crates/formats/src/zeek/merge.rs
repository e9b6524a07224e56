//! The rows of several logs in one order: that in which they became known.
//!
//! Within a log, rows keep their order, since that is how they were written; a row that seems older than the one before it
//! counts as of then. So one row of each log is held, and no more.

use super::{Log, known_at};
use model::{Event, Timestamp};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;

/// Logs on their way to one order.
pub struct Merge {
    logs: Vec<Log>,
    /// The next row of each log that has one.
    held: Vec<Option<Event>>,
    /// When those became known, by log.
    next: BinaryHeap<Reverse<(Timestamp, usize)>>,
    failed: Vec<(String, io::Error)>,
}

impl Merge {
    /// From logs; of rows known at the same time, those of earlier logs come first.
    pub fn new(logs: Vec<Log>) -> Self {
        let mut merge = Self { held: logs.iter().map(|_| None).collect(), logs, next: BinaryHeap::new(), failed: Vec::new() };
        for place in 0..merge.logs.len() {
            merge.fill(place, Timestamp::MIN);
        }
        merge
    }

    /// The logs, for what could not be taken from them.
    pub fn logs(&self) -> &[Log] {
        &self.logs
    }

    /// The logs that could not be read to their end.
    pub fn failed(&self) -> &[(String, io::Error)] {
        &self.failed
    }

    fn fill(&mut self, place: usize, after: Timestamp) {
        let Some(log) = self.logs.get_mut(place) else { return };
        match log.next_event() {
            Ok(Some(event)) => {
                self.next.push(Reverse((known_at(&event).max(after), place)));
                if let Some(held) = self.held.get_mut(place) {
                    *held = Some(event);
                }
            }
            Ok(None) => {}
            Err(error) => self.failed.push((log.name().to_owned(), error)),
        }
    }
}

impl Iterator for Merge {
    type Item = (Timestamp, Event);

    fn next(&mut self) -> Option<(Timestamp, Event)> {
        let Reverse((at, place)) = self.next.pop()?;
        let event = self.held.get_mut(place)?.take()?;
        self.fill(place, at);
        Some((at, event))
    }
}
