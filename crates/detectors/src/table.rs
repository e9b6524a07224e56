//! Tables that do not outgrow their limit: a full one lets go the half that was not used for longest.
//!
//! Every detector that remembers hosts, pairs or names keeps them here, so that a flood of made-up ones costs the oldest
//! memories and never more than the stated bytes.

use std::collections::HashMap;
use std::hash::Hash;

/// Values by key, in two generations: what was used since the last turn, and what was used before. When the young generation
/// is full, the old one is dropped and the young one takes its place, so that what is in use stays.
#[derive(Debug)]
pub(crate) struct Table<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    generation_max: usize,
    dropped: u64,
}

impl<K: Eq + Hash + Clone, V> Table<K, V> {
    /// An empty table for at most `keys_max` keys.
    pub(crate) fn new(keys_max: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), generation_max: keys_max.div_ceil(2).max(1), dropped: 0 }
    }

    /// The value of a key, without renewing it.
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    /// The value of a key that is there, without renewing it.
    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.young.get_mut(key).or_else(|| self.old.get_mut(key))
    }

    /// The value of a key, renewed, or made where there is none.
    pub(crate) fn entry(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        if !self.young.contains_key(&key) {
            let value = self.old.remove(&key).unwrap_or_else(make);
            if self.young.len() >= self.generation_max {
                self.dropped += self.old.len() as u64;
                self.old = std::mem::take(&mut self.young);
            }
            self.young.insert(key.clone(), value);
        }
        // It is there: it was found or inserted just now.
        self.young.get_mut(&key).expect("a key that was inserted above")
    }

    /// Takes a key out.
    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        self.young.remove(key).or_else(|| self.old.remove(key))
    }

    /// Keys that are there.
    pub(crate) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }

    /// Keys that were let go.
    pub(crate) const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Bytes of the table itself, without what its values hold.
    pub(crate) fn held_bytes(&self) -> usize {
        (self.young.capacity() + self.old.capacity()) * Self::SLOT_BYTES
    }

    /// The most that [`Table::held_bytes`] can be for a table of `keys_max`: a hash table doubles when it is seven eighths full.
    pub(crate) const fn held_bytes_max(keys_max: usize) -> usize {
        4 * (keys_max + 8) * Self::SLOT_BYTES
    }

    /// A slot and its control byte.
    const SLOT_BYTES: usize = size_of::<(K, V)>() + 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_use_stays_and_what_goes_is_counted() {
        let mut table: Table<u32, u32> = Table::new(8);
        for key in 0..100 {
            *table.entry(key, || 0) += 1;
            *table.entry(0, || 0) += 1;
            assert!(table.held_bytes() <= Table::<u32, u32>::held_bytes_max(8));
        }
        assert!(table.len() <= 8);
        assert_eq!(table.get(&0), Some(&101));
        assert_eq!(table.get(&99), Some(&1));
        assert_eq!(table.get(&1), None);
        assert_eq!(table.dropped() as usize + table.len(), 100);
        assert_eq!(table.remove(&99), Some(1));
        assert_eq!(table.get_mut(&99), None);
    }
}
