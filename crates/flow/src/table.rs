//! The flow table: flows by their key, in pooled slots, with their deadlines in order.

use crate::key::FlowKey;
use model::Timestamp;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

/// A flow's place in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(u32);

/// A flow whose time has come.
#[derive(Debug)]
pub struct Expiry<F> {
    /// When it was over.
    pub at: Timestamp,
    /// The flow.
    pub flow: F,
}

/// Flows of the type `F`.
#[derive(Debug)]
pub struct Table<F> {
    slots: Vec<Entry<F>>,
    free: Vec<Slot>,
    places: HashMap<FlowKey, Slot, BuildHasherDefault<KeyHasher>>,
    deadlines: BinaryHeap<Reverse<(Timestamp, u64, Slot)>>,
    next_birth: u64,
}

#[derive(Debug)]
struct Entry<F> {
    key: Option<FlowKey>,
    birth: u64,
    /// The nearest deadline that stands in the heap for this flow.
    queued: Timestamp,
    flow: Option<F>,
}

/// [`FlowKey`] hashes itself well; this only passes the number on.
#[derive(Debug, Default)]
struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0.rotate_left(5) ^ u64::from(*byte)).wrapping_mul(0x517c_c1b7_2722_0a95);
        }
    }
    fn write_u64(&mut self, number: u64) {
        self.0 = (number ^ (number >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

impl<F> Default for Table<F> {
    fn default() -> Self {
        Self { slots: Vec::new(), free: Vec::new(), places: HashMap::default(), deadlines: BinaryHeap::new(), next_birth: 0 }
    }
}

impl<F> Table<F> {
    /// Flows now held.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The flow of a key, if there is one.
    pub fn find(&self, key: &FlowKey) -> Option<Slot> {
        self.places.get(key).copied()
    }

    /// The flow in a slot.
    pub fn get_mut(&mut self, slot: Slot) -> Option<&mut F> {
        self.slots.get_mut(slot.0 as usize)?.flow.as_mut()
    }

    /// Puts a new flow in, whose deadline is known.
    pub fn insert(&mut self, key: FlowKey, flow: F, deadline: Timestamp) -> Slot {
        let birth = self.next_birth;
        self.next_birth += 1;
        let entry = Entry { key: Some(key), birth, queued: deadline, flow: Some(flow) };
        let slot = if let Some(slot) = self.free.pop() {
            self.slots[slot.0 as usize] = entry;
            slot
        } else {
            self.slots.push(entry);
            Slot(self.slots.len() as u32 - 1)
        };
        self.places.insert(key, slot);
        self.deadlines.push(Reverse((deadline, birth, slot)));
        slot
    }

    /// The deadline of a flow came nearer. (Where it moved away nothing need be said.)
    pub fn sooner(&mut self, slot: Slot, deadline: Timestamp) {
        if let Some(entry) = self.slots.get_mut(slot.0 as usize).filter(|entry| entry.flow.is_some() && deadline < entry.queued) {
            entry.queued = deadline;
            self.deadlines.push(Reverse((deadline, entry.birth, slot)));
        }
    }

    /// Takes a flow out.
    pub fn remove(&mut self, slot: Slot) -> Option<F> {
        let entry = self.slots.get_mut(slot.0 as usize)?;
        let flow = entry.flow.take()?;
        if let Some(key) = entry.key.take() {
            self.places.remove(&key);
        }
        self.free.push(slot);
        Some(flow)
    }

    /// Takes out the next flow that is over at `now`. Flows whose deadline has come are shown to `check` with the time at
    /// which that is noticed; it says when to look again, or `None` where the flow is over.
    pub fn expire(
        &mut self,
        now: Timestamp,
        when: &mut dyn FnMut(Timestamp) -> Timestamp,
        mut check: impl FnMut(&mut F, Timestamp) -> Option<Timestamp>,
    ) -> Option<Expiry<F>> {
        while let Some(Reverse((queued, birth, slot))) = self.deadlines.peek().copied() {
            if queued > now {
                return None;
            }
            self.deadlines.pop();
            let Some(entry) = self.slots.get_mut(slot.0 as usize) else { continue };
            // An older flow's note, or one that a nearer deadline has overtaken.
            if entry.birth != birth || entry.queued != queued {
                continue;
            }
            let Some(flow) = &mut entry.flow else { continue };
            let noticed = when(queued);
            if let Some(again) = check(flow, noticed) {
                entry.queued = again;
                self.deadlines.push(Reverse((again, birth, slot)));
                continue;
            }
            if let Some(flow) = self.remove(slot) {
                return Some(Expiry { at: noticed, flow });
            }
        }
        None
    }

    /// Takes out the flow that is nearest to its end, for want of room.
    pub fn evict(&mut self) -> Option<F> {
        while let Some(Reverse((queued, birth, slot))) = self.deadlines.pop() {
            if self.slots.get(slot.0 as usize).is_some_and(|entry| entry.birth == birth && entry.queued == queued && entry.flow.is_some()) {
                return self.remove(slot);
            }
        }
        None
    }

    /// Takes out all flows, oldest first.
    pub fn drain(&mut self) -> Vec<F> {
        let mut entries: Vec<(u64, F)> = self.slots.drain(..).filter_map(|entry| Some((entry.birth, entry.flow?))).collect();
        entries.sort_unstable_by_key(|(birth, _)| *birth);
        self.places.clear();
        self.deadlines.clear();
        self.free.clear();
        entries.into_iter().map(|(_, flow)| flow).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Addr, Interval};

    fn key(port: u16) -> FlowKey {
        FlowKey::new((Addr::v4([10, 0, 0, 1]), port), (Addr::v4([10, 0, 0, 2]), 80), 6)
    }

    fn at(secs: i64) -> Timestamp {
        Timestamp::default() + Interval::from_secs(secs)
    }

    #[test]
    fn flows_end_in_the_order_of_their_deadlines() {
        let mut table = Table::default();
        for (port, secs) in [(1, 30), (2, 10), (3, 20)] {
            table.insert(key(port), (port, at(secs)), at(secs));
        }
        let slot = table.find(&key(2)).expect("flow 2 is there");
        table.get_mut(slot).expect("flow 2").1 = at(40);
        let mut ended = Vec::new();
        let check = |flow: &mut (u16, Timestamp), now: Timestamp| (flow.1 > now).then_some(flow.1);
        while let Some(expiry) = table.expire(at(35), &mut |_| at(35), check) {
            ended.push(expiry.flow.0);
        }
        assert_eq!(ended, [3, 1]);
        table.sooner(slot, at(5));
        table.get_mut(slot).expect("flow 2").1 = at(5);
        assert_eq!(table.expire(at(35), &mut |_| at(35), check).map(|expiry| expiry.flow.0), Some(2));
        assert!(table.is_empty());
    }

    #[test]
    fn slots_are_used_again() {
        let mut table = Table::default();
        for round in 0..100 {
            let slot = table.insert(key(1), round, at(1));
            assert_eq!(table.remove(slot), Some(round));
        }
        assert_eq!(table.slots.len(), 1);
        assert!(table.evict().is_none());
    }
}
