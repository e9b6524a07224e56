//! Tables that do not outgrow their limit: a full one lets go the half that was not used for longest.
//!
//! Whatever is remembered of hosts, pairs or names is kept here, so that a flood of made-up ones costs the oldest memories and
//! never more than the stated bytes. Floor 0; knows nothing of what it keeps.

mod dense;

pub use dense::Dense;

use std::borrow::Borrow;
use std::hash::{BuildHasher as _, Hash};

/// A hash that is quick and differs with every run, so that nobody can choose keys that collide. Nothing may ever depend
/// on the order of a table.
pub type Hasher = foldhash::fast::RandomState;

/// A hash table of the standard library with that hash.
pub type Map<K, V> = std::collections::HashMap<K, V, Hasher>;

/// A set of the standard library with that hash.
pub type Set<K> = std::collections::HashSet<K, Hasher>;

/// A number for anything that has a hash, the same in every run: for keys that may be compared and sorted. Whoever knows the
/// program can make two things share a number; where that matters, compare the things.
pub fn fingerprint(of: &(impl Hash + ?Sized)) -> u64 {
    foldhash::fast::FixedState::with_seed(0x6879_616b_7579_6f21).hash_one(of)
}

/// Values by key, in two generations: what was used since the last turn, and what was used before. When the young generation
/// is full, the old one is dropped and the young one takes its place, so that what is in use stays.
#[derive(Debug)]
pub struct Table<K, V> {
    young: Dense<K, V>,
    old: Dense<K, V>,
    generation_max: usize,
    dropped: u64,
}

impl<K: Eq + Hash, V> Table<K, V> {
    /// An empty table for at most `keys_max` keys.
    pub fn new(keys_max: usize) -> Self {
        Self { young: Dense::default(), old: Dense::default(), generation_max: keys_max.div_ceil(2).max(1), dropped: 0 }
    }

    /// The value of a key, without renewing it.
    pub fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    /// The value of a key that is there, without renewing it.
    pub fn get_mut<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.young.get_mut(key).or_else(|| self.old.get_mut(key))
    }

    /// The value of a key, renewed; `None` where there is none. Needs no key of its own, for those that are costly to make.
    pub fn renewed<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        if !self.old.is_empty() && !self.young.contains_key(key) {
            let (key, value) = self.old.remove(key)?;
            self.make_room();
            return Some(self.young.entry(key, |_| value));
        }
        self.young.get_mut(key)
    }

    /// The value of a key, renewed, or made where there is none.
    pub fn entry(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        if self.young.len() >= self.generation_max && !self.young.contains_key(&key) {
            // What the turn is about to drop may be what is asked for.
            let value = self.old.remove(&key).map_or_else(make, |(_, value)| value);
            self.make_room();
            return self.young.entry(key, |_| value);
        }
        let Self { young, old, .. } = self;
        young.entry(key, |key| old.remove(key).map_or_else(make, |(_, value)| value))
    }

    /// Takes a key out.
    pub fn remove<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.young.remove(key).or_else(|| self.old.remove(key)).map(|(_, value)| value)
    }

    fn make_room(&mut self) {
        if self.young.len() >= self.generation_max {
            self.dropped += self.old.len() as u64;
            self.old = std::mem::take(&mut self.young);
        }
    }

    /// Keys that are there.
    pub const fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Keys that were let go.
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// All that is there, in no order: to be sorted before it is shown.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.young.iter().chain(self.old.iter())
    }

    /// Bytes of the table itself, without what its keys and values hold.
    pub fn held_bytes(&self) -> usize {
        self.young.held_bytes() + self.old.held_bytes()
    }

    /// The most that [`Table::held_bytes`] can be for a table of `keys_max`: both generations full.
    pub const fn held_bytes_max(keys_max: usize) -> usize {
        2 * Dense::<K, V>::held_bytes_max(keys_max.div_ceil(2) + 1)
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
            *table.entry(0, || 0) += 1;
            assert!(table.held_bytes() <= Table::<u32, u32>::held_bytes_max(8));
        }
        assert!(table.len() <= 8);
        assert_eq!(table.get(&0), Some(&201));
        assert_eq!(table.get(&99), Some(&1));
        assert_eq!(table.get(&1), None);
        assert_eq!(table.renewed(&1), None);
        assert_eq!(table.dropped() as usize + table.len(), 100);
        assert_eq!(table.remove(&99), Some(1));
        assert_eq!(table.get_mut(&99), None);
    }
}
