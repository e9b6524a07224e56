//! What came of each source and of each sender, and what became of it.

use crate::Sender;
use bounded::Table;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Senders that are counted one by one, per source; the rest only in the source's sums. A site has some hundred; more are forged.
const SENDERS_MAX: usize = 1_000;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Count {
    /// Records that were handed on.
    Records,
    /// Their bytes.
    Bytes,
    /// Records that were dropped since the consumer was slower than their sender.
    DroppedQueue,
    /// Datagrams that the kernel dropped, since they came faster than they were read.
    DroppedKernel,
    /// Records longer than the limit: their beginning was handed on.
    Cut,
    /// Frames that were broken: their bytes were skipped.
    Malformed,
    /// Connections that were taken.
    Connections,
    /// Connections that were refused at a limit.
    Refused,
    /// Connections that were ended, since they were idle, endless, or in the way of others.
    Ended,
    /// Files that were opened.
    Files,
    /// Files that were truncated, or made anew in their place.
    Truncated,
    /// Files that went before they were known to be read to their end.
    Unfound,
    /// Files that could not be opened, and packed ones that broke off.
    Unreadable,
}

/// All that is counted, with the name under which it is told.
pub const COUNTS: [(Count, &str); 13] = [
    (Count::Records, "records"),
    (Count::Bytes, "bytes"),
    (Count::DroppedQueue, "dropped_queue"),
    (Count::DroppedKernel, "dropped_kernel"),
    (Count::Cut, "cut"),
    (Count::Malformed, "malformed"),
    (Count::Connections, "connections"),
    (Count::Refused, "refused"),
    (Count::Ended, "ended"),
    (Count::Files, "files"),
    (Count::Truncated, "truncated"),
    (Count::Unfound, "unfound"),
    (Count::Unreadable, "unreadable"),
];

/// Counts of a source or of a sender.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally([u64; COUNTS.len()]);

impl Tally {
    /// One of them.
    pub const fn get(&self, count: Count) -> u64 {
        self.0[count as usize]
    }

    /// Those that are not nothing, by name.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, u64)> {
        COUNTS.iter().map(|&(count, name)| (name, self.get(count))).filter(|&(_, value)| value > 0)
    }

    pub(crate) fn add(&mut self, count: Count, more: u64) {
        self.0[count as usize] += more;
    }
}

/// What is counted of a source.
#[derive(Clone, Debug)]
pub struct SourceCounts {
    /// The source's name, by the settings.
    pub source: String,
    /// All of it.
    pub all: Tally,
    /// By sender, for sources with senders, as many as are counted one by one; in their order.
    pub senders: Vec<(Sender, Tally)>,
}

/// The counts of one source, written by its thread and read by whoever asks.
#[derive(Debug)]
pub(crate) struct Counting {
    name: String,
    all: [AtomicU64; COUNTS.len()],
    senders: Mutex<Table<Sender, Tally>>,
}

impl Counting {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), all: Default::default(), senders: Mutex::new(Table::new(SENDERS_MAX)) }
    }

    pub(crate) fn add(&self, count: Count, more: u64) {
        self.all[count as usize].fetch_add(more, Ordering::Relaxed);
    }

    /// The same for one sender, several counts at a time, since it costs a look-up.
    pub(crate) fn add_of(&self, sender: &Sender, counts: &[(Count, u64)]) {
        let mut senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        if senders.renewed(sender).is_none() {
            senders.entry(sender.clone(), Tally::default);
        }
        let tally = senders.get_mut(sender);
        if let Some(tally) = tally {
            counts.iter().for_each(|&(count, more)| tally.add(count, more));
        }
        drop(senders);
        counts.iter().for_each(|&(count, more)| self.add(count, more));
    }

    pub(crate) fn counts(&self) -> SourceCounts {
        let mut all = Tally::default();
        for (count, _) in COUNTS {
            all.add(count, self.all[count as usize].load(Ordering::Relaxed));
        }
        let table = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        let mut senders: Vec<(Sender, Tally)> = table.iter().map(|(sender, tally)| (sender.clone(), *tally)).collect();
        drop(table);
        senders.sort_by(|one, other| one.0.cmp(&other.0));
        SourceCounts { source: self.name.clone(), all, senders }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_count_has_its_name_and_place() {
        for (place, (count, name)) in COUNTS.iter().enumerate() {
            assert_eq!(*count as usize, place, "{name}");
        }
    }

    #[test]
    fn sums_stay_whole_when_senders_are_forgotten() {
        let counting = Counting::new("s");
        for number in 0..5_000_u32 {
            let sender = Sender::Host(model::Addr::v4(number.to_be_bytes()));
            counting.add_of(&sender, &[(Count::Records, 1), (Count::Bytes, 10)]);
        }
        let counts = counting.counts();
        assert_eq!((counts.all.get(Count::Records), counts.all.get(Count::Bytes)), (5_000, 50_000));
        assert!(counts.senders.len() <= SENDERS_MAX && counts.senders.is_sorted_by_key(|(sender, _)| sender.clone()));
        assert_eq!(counts.all.named().collect::<Vec<_>>(), [("records", 5_000), ("bytes", 50_000)]);
    }
}
