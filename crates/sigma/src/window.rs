//! Windows of time: what happened of late for each group of a rule, of bounded size.
//!
//! Sigma's correlations and alarms both count events, or distinct values, or look for several rules together, within a time and apart for
//! each value of some columns. One table holds all of that. A full table forgets first what is too old to matter, then what was
//! used least lately; both are counted.

use model::{Interval, Timestamp, Uid};
use std::collections::{HashMap, VecDeque};

/// Groups over all rules: some 20 MB with a few entries each, and more hosts than act at once.
const GROUPS_MAX: usize = 65_536;
/// Entries over all groups: 40 MB.
const ENTRIES_MAX: usize = 1 << 20;
/// Entries of one group that are looked at again and again (sums, orders): a rule that needs more is refused.
pub(crate) const GROUP_ENTRIES_MAX: usize = 10_000;

/// How a window is laid over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Laid {
    /// Always the last so and so long.
    Sliding,
    /// From one full multiple of the length to the next.
    Tumbling,
    /// As long as events follow one another within the gap.
    Session(Interval),
}

/// What a rule wants of its windows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) span: Interval,
    pub(crate) laid: Laid,
    /// Entries that a group keeps, the latest ones.
    pub(crate) entries_max: usize,
}

/// Something that happened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) at: Timestamp,
    /// Which of the rules it was.
    pub(crate) which: u16,
    /// A fingerprint of what is counted only once.
    pub(crate) value: u64,
    /// What is added up.
    pub(crate) number: f64,
    /// The connection or file.
    pub(crate) uid: Option<Uid>,
}

/// The window of one group.
#[derive(Debug, Default)]
pub(crate) struct Window {
    entries: VecDeque<Entry>,
    /// How often each value is among the entries.
    values: HashMap<u64, u32, bounded::Hasher>,
    used: Timestamp,
    /// How often this was enough.
    pub(crate) told: u64,
    expires: Timestamp,
}

impl Window {
    /// Entries, the oldest first.
    pub(crate) fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter()
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many distinct values there are.
    pub(crate) fn distinct(&self) -> usize {
        self.values.len()
    }

    /// Forgets the entries. Returns how many those were.
    fn clear(&mut self) -> usize {
        self.values.clear();
        let count = self.entries.len();
        self.entries.clear();
        count
    }

    fn pop(&mut self) {
        let Some(oldest) = self.entries.pop_front() else { return };
        if let Some(count) = self.values.get_mut(&oldest.value) {
            *count -= 1;
            if *count == 0 {
                self.values.remove(&oldest.value);
            }
        }
    }

    /// Lets go what the shape no longer holds at a time. Returns how many entries that were.
    fn advance(&mut self, shape: &Shape, now: Timestamp) -> usize {
        let before = self.entries.len();
        match shape.laid {
            Laid::Sliding => {
                while self.entries.front().is_some_and(|oldest| now - oldest.at > shape.span) {
                    self.pop();
                }
            }
            Laid::Tumbling => {
                let bucket = |at: Timestamp| at.nanos().div_euclid(shape.span.nanos().max(1));
                if self.entries.front().is_some_and(|oldest| bucket(oldest.at) != bucket(now)) {
                    self.clear();
                }
            }
            Laid::Session(gap) => {
                let over = self.entries.back().is_some_and(|latest| now - latest.at > gap)
                    || self.entries.front().is_some_and(|first| now - first.at > shape.span);
                if over {
                    self.clear();
                }
            }
        }
        before - self.entries.len()
    }
}

/// The windows of all rules.
#[derive(Debug, Default)]
pub(crate) struct Windows {
    groups: HashMap<(u32, u64), Window, bounded::Hasher>,
    entries: usize,
    forgotten: u64,
}

impl Windows {
    /// The window of a rule's group, with one more entry in it.
    pub(crate) fn push(&mut self, rule: u32, group: u64, shape: &Shape, entry: Entry) -> &mut Window {
        if self.groups.len() >= GROUPS_MAX || self.entries >= ENTRIES_MAX {
            self.make_room(entry.at);
        }
        let window = self.groups.entry((rule, group)).or_default();
        self.entries -= window.advance(shape, entry.at);
        if window.entries.len() >= shape.entries_max.max(1) {
            window.pop();
            self.entries -= 1;
            self.forgotten += 1;
        }
        window.used = entry.at;
        window.expires = entry.at + shape.span;
        *window.values.entry(entry.value).or_default() += 1;
        window.entries.push_back(entry);
        self.entries += 1;
        window
    }

    /// Forgets what a group counted.
    pub(crate) fn clear(&mut self, rule: u32, group: u64) {
        if let Some(window) = self.groups.get_mut(&(rule, group)) {
            self.entries -= window.clear();
        }
    }

    /// Lets go what is over; and where that is not half of it, what was used least lately.
    fn make_room(&mut self, now: Timestamp) {
        self.groups.retain(|_, window| window.expires > now);
        let mut kept: Vec<(Timestamp, (u32, u64))> = self.groups.iter().map(|(key, window)| (window.used, *key)).collect();
        if kept.len() > GROUPS_MAX / 2 || self.groups.values().map(Window::len).sum::<usize>() > ENTRIES_MAX / 2 {
            kept.sort_unstable();
            kept.truncate(kept.len().div_ceil(2));
            self.forgotten += kept.len() as u64;
            for (_, key) in kept {
                self.groups.remove(&key);
            }
        }
        self.entries = self.groups.values().map(Window::len).sum();
    }

    /// Entries and groups that were let go at a limit.
    pub(crate) const fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Bytes held, a close estimate.
    pub(crate) fn held_bytes(&self) -> usize {
        let entry = size_of::<Entry>() + size_of::<(u64, u32)>() + 1;
        self.groups.capacity() * (size_of::<((u32, u64), Window)>() + 1) + self.entries * entry
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(secs: i64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    fn entry(secs: i64, value: u64) -> Entry {
        Entry { at: at(secs), which: 0, value, number: 0.0, uid: None }
    }

    const fn shape(laid: Laid) -> Shape {
        Shape { span: Interval::from_secs(60), laid, entries_max: 100 }
    }

    fn lens(laid: Laid, times: &[i64]) -> Vec<usize> {
        let mut windows = Windows::default();
        times.iter().map(|secs| windows.push(0, 0, &shape(laid), entry(*secs, 0)).len()).collect()
    }

    #[test]
    fn windows_slide_tumble_or_follow_a_session() {
        assert_eq!(lens(Laid::Sliding, &[0, 30, 60, 61, 200]), [1, 2, 3, 3, 1]);
        assert_eq!(lens(Laid::Tumbling, &[0, 30, 59, 60, 61]), [1, 2, 3, 1, 2]);
        assert_eq!(lens(Laid::Session(Interval::from_secs(10)), &[0, 9, 19, 30, 35]), [1, 2, 3, 1, 2]);
    }

    #[test]
    fn distinct_values_come_and_go_with_their_entries() {
        let mut windows = Windows::default();
        let shape = shape(Laid::Sliding);
        for (secs, value, expected) in [(0, 1, 1), (10, 1, 1), (20, 2, 2), (65, 3, 3), (75, 3, 2), (85, 3, 1)] {
            assert_eq!(windows.push(0, 0, &shape, entry(secs, value)).distinct(), expected, "at {secs}");
        }
    }

    #[test]
    fn a_flood_of_groups_and_entries_stays_bounded_and_is_counted() {
        let mut windows = Windows::default();
        let shape = shape(Laid::Sliding);
        for number in 0..3 * GROUPS_MAX as u64 {
            windows.push(0, number, &shape, entry(1, number));
            assert!(windows.groups.len() <= GROUPS_MAX);
        }
        assert!(windows.forgotten() > GROUPS_MAX as u64);
        let mut windows = Windows::default();
        for number in 0..5_000 {
            assert!(windows.push(0, 0, &shape, entry(1, number)).len() <= 100);
        }
        assert_eq!((windows.entries, windows.forgotten()), (100, 4_900));
    }
}
