//! Tables that do not outgrow their limit: a full one lets the half that was not asked for go.

use std::collections::HashMap;
use std::hash::Hash;

/// Values by key, in two generations: what was used since the last turn, and what was used before. When the young
/// generation is full, the old one is dropped and the young one takes its place, so that what is in use stays.
#[derive(Debug)]
pub(crate) struct Table<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    generation_max: usize,
    dropped: u64,
}

impl<K: Eq + Hash, V> Table<K, V> {
    /// An empty table for at most `keys_max` keys.
    pub(crate) fn new(keys_max: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), generation_max: keys_max.div_ceil(2), dropped: 0 }
    }

    /// The value of a key, without renewing it.
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    /// The value of a key, renewed, or made where there is none.
    pub(crate) fn entry(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V
    where
        K: Clone,
    {
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

    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }

    /// How many were let go.
    pub(crate) const fn dropped(&self) -> u64 {
        self.dropped
    }
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
        }
        assert!(table.len() <= 8);
        assert_eq!(table.get(&0), Some(&101));
        assert_eq!(table.get(&99), Some(&1));
        assert_eq!(table.get(&1), None);
        assert_eq!(table.dropped() as usize + table.len(), 100);
    }
}
