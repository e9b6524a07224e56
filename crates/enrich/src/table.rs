//! Tables that do not outgrow their limit: a full one lets the half that was not asked for go.

use std::borrow::Borrow;
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
    pub(crate) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    /// The value of a key, renewed; `None` where there is none. Needs no key of its own, for those that are costly to make.
    pub(crate) fn renewed<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        if !self.young.contains_key(key) {
            let (key, value) = self.old.remove_entry(key)?;
            self.make_room();
            self.young.insert(key, value);
        }
        self.young.get_mut(key)
    }

    /// The value of a key, renewed, or made where there is none.
    pub(crate) fn entry(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V
    where
        K: Clone,
    {
        if !self.young.contains_key(&key) {
            let value = self.old.remove(&key).unwrap_or_else(make);
            self.make_room();
            self.young.insert(key.clone(), value);
        }
        // It is there: it was found or inserted just now.
        self.young.get_mut(&key).expect("a key that was inserted above")
    }

    fn make_room(&mut self) {
        if self.young.len() >= self.generation_max {
            self.dropped += self.old.len() as u64;
            self.old = std::mem::take(&mut self.young);
        }
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
            *table.renewed(&0).expect("what is in use") += 1;
        }
        assert_eq!(table.renewed(&1), None);
        assert!(table.len() <= 8);
        assert_eq!(table.get(&0), Some(&101));
        assert_eq!(table.get(&99), Some(&1));
        assert_eq!(table.get(&1), None);
        assert_eq!(table.dropped() as usize + table.len(), 100);
    }
}
