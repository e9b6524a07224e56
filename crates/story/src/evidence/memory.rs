//! Rows that are remembered within a limit: the latest of everybody, and longer those that matter.
//!
//! Which host will be accused is known only when most of its traffic has passed. So all rows wait in one line of limited length;
//! what falls out at its end is kept where its host has been accused by then, and forgotten (and counted) where not. Rows that
//! matter whoever they belong to, such as programs, are kept from the start. No host may fill more than a share of the line,
//! so that one that asks a million names does not push the others out.

use bounded::{Map, Set};
use model::{Addr, Timestamp};
use std::collections::VecDeque;

/// Rows that are kept of one host: its story is told in some dozens of sentences, and what lies between repeats itself.
const KEPT_EACH_MAX: u32 = 2_000;
/// The part of the line that one host may fill.
const SHARE: u32 = 4;

/// A row that can be remembered.
pub(crate) trait Remembered {
    /// When it happened.
    fn at(&self) -> Timestamp;
    /// Whose traffic it is.
    fn host(&self) -> Addr;
    /// The other host that it concerns.
    fn other(&self) -> Addr;
    /// Bytes on the heap.
    fn heap_bytes(&self) -> usize;
}

/// How much a [`Memory`] holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    /// Rows in the line.
    pub(crate) recent_max: usize,
    /// Rows that are kept.
    pub(crate) kept_max: usize,
    /// Bytes of the line and of what is kept, each.
    pub(crate) bytes_max: usize,
}

/// Remembered rows of one kind.
#[derive(Debug)]
pub(crate) struct Memory<T> {
    recent: VecDeque<T>,
    recent_bytes: usize,
    kept: Vec<T>,
    kept_bytes: usize,
    shares: Map<Addr, u32>,
    kept_of: Map<Addr, u32>,
    room: Room,
    dropped: u64,
    forgotten: u64,
}

impl<T: Remembered> Memory<T> {
    pub(crate) fn new(room: Room) -> Self {
        Self {
            recent: VecDeque::new(),
            recent_bytes: 0,
            kept: Vec::new(),
            kept_bytes: 0,
            shares: Map::default(),
            kept_of: Map::default(),
            room,
            dropped: 0,
            forgotten: 0,
        }
    }

    /// Whether another row of a host would be taken, so that none is made in vain. Counts it where not.
    pub(crate) fn takes(&mut self, host: Addr, accused: &Set<Addr>) -> bool {
        let takes = self.has_share(host) || accused.contains(&host) && self.has_room_for(host);
        self.dropped += u64::from(!takes);
        takes
    }

    fn has_share(&self, host: Addr) -> bool {
        self.shares.get(&host).is_none_or(|rows| *rows < (self.room.recent_max as u32) / SHARE)
    }

    /// Remembers a row; for good, as far as there is room, where it is `notable`.
    pub(crate) fn push(&mut self, row: T, notable: bool, accused: &Set<Addr>) {
        if (notable || !self.has_share(row.host())) && self.has_room_for(row.host()) {
            return self.keep(row);
        }
        self.recent_bytes += weight(&row);
        *self.shares.entry(row.host()).or_default() += 1;
        self.recent.push_back(row);
        while self.recent.len() > self.room.recent_max || self.recent_bytes > self.room.bytes_max {
            self.forget(accused);
        }
    }

    fn forget(&mut self, accused: &Set<Addr>) {
        let Some(row) = self.recent.pop_front() else { return };
        self.recent_bytes = self.recent_bytes.saturating_sub(weight(&row));
        if let Some(share) = self.shares.get_mut(&row.host()) {
            *share -= 1;
            if *share == 0 {
                self.shares.remove(&row.host());
            }
        }
        if !accused.contains(&row.host()) && !accused.contains(&row.other()) {
            self.forgotten += 1;
        } else if self.has_room_for(row.host()) {
            self.keep(row);
        } else {
            self.dropped += 1;
        }
    }

    fn has_room_for(&self, host: Addr) -> bool {
        self.kept.len() < self.room.kept_max
            && self.kept_bytes < self.room.bytes_max
            && self.kept_of.get(&host).is_none_or(|rows| *rows < KEPT_EACH_MAX)
    }

    fn keep(&mut self, row: T) {
        *self.kept_of.entry(row.host()).or_default() += 1;
        self.kept_bytes += weight(&row);
        self.kept.push(row);
    }

    /// All rows, in no order.
    pub(crate) fn all(&self) -> impl Iterator<Item = &T> {
        self.kept.iter().chain(&self.recent)
    }

    /// A host's rows, in the order of time.
    pub(crate) fn of(&self, host: Addr) -> Vec<&T> {
        let mut rows: Vec<&T> = self.all().filter(|row| row.host() == host || row.other() == host).collect();
        rows.sort_by_key(|row| row.at());
        rows
    }

    pub(crate) fn held_bytes(&self) -> usize {
        let maps = (self.shares.capacity() + self.kept_of.capacity()) * (size_of::<Addr>() + 8);
        let spare = (self.recent.capacity() - self.recent.len() + self.kept.capacity() - self.kept.len()) * size_of::<T>();
        self.recent_bytes + self.kept_bytes + maps + spare
    }

    /// Rows that found no room though they might have mattered.
    pub(crate) const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Rows that were let go when they had become old, of hosts that nobody had accused by then.
    pub(crate) const fn forgotten(&self) -> u64 {
        self.forgotten
    }
}

fn weight<T: Remembered>(row: &T) -> usize {
    size_of::<T>() + row.heap_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Row(u32, i64);
    impl Remembered for Row {
        fn at(&self) -> Timestamp {
            Timestamp::from_secs(self.1)
        }
        fn host(&self) -> Addr {
            Addr::v4(self.0.to_be_bytes())
        }
        fn other(&self) -> Addr {
            Addr::v4([192, 0, 2, 1])
        }
        fn heap_bytes(&self) -> usize {
            0
        }
    }

    #[test]
    fn rows_of_the_accused_outlive_the_line_and_nobody_fills_it_alone() {
        let mut memory = Memory::new(Room { recent_max: 40, kept_max: 100, bytes_max: 1 << 20 });
        let accused = Set::from_iter([Addr::v4([0, 0, 0, 1])]);
        for second in 0..1_000_i64 {
            let host = (second % 50) as u32;
            if memory.takes(Addr::v4(host.to_be_bytes()), &accused) {
                memory.push(Row(host, second), second == 17, &accused);
            }
        }
        assert_eq!(memory.of(Addr::v4([0, 0, 0, 1])).len(), 20);
        assert_eq!(memory.of(Addr::v4([0, 0, 0, 17])).first().map(|row| row.1), Some(17));
        assert_eq!(memory.all().count() as u64 + memory.dropped() + memory.forgotten(), 1_000);
        let mut flooded = Memory::new(Room { recent_max: 40, kept_max: 100, bytes_max: 1 << 20 });
        flooded.push(Row(9, 0), false, &accused);
        for second in 1..1_000 {
            if flooded.takes(Addr::v4([0, 0, 0, 2]), &accused) {
                flooded.push(Row(2, second), false, &accused);
            }
        }
        assert_eq!(flooded.of(Addr::v4([0, 0, 0, 9])).len(), 1);
        assert_eq!(flooded.all().count(), 11);
    }
}
