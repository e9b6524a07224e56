//! A hash table whose entries lie side by side in one vector, in the order in which they came; the table itself holds
//! their places.
//!
//! What is remembered of a host or a pair takes some hundred bytes. In an open hash table half of the slots are empty, so that the
//! entries touch twice the memory, and growing it carries each of them to a new place. Here growing moves eight bytes for each
//! of them, and the vector is grown by the allocator, which moves pages rather than bytes once it is large.

use crate::Hasher;
use hashbrown::HashTable;
use std::borrow::Borrow;
use std::hash::{BuildHasher as _, Hash};

/// Where an entry stands, and its hash: growing the table looks at no entry, and a key is compared only where hashes agree.
#[derive(Clone, Copy, Debug)]
struct Place {
    at: u32,
    hash: u32,
}

/// Values by key.
#[derive(Clone, Debug)]
pub struct Dense<K, V> {
    places: HashTable<Place>,
    entries: Vec<(K, V)>,
    hasher: Hasher,
}

impl<K, V> Default for Dense<K, V> {
    fn default() -> Self {
        Self { places: HashTable::new(), entries: Vec::new(), hasher: Hasher::default() }
    }
}

/// What the table asks of a hash: its upper bits tell slots of a group apart, its lower bits choose the group.
const fn spread(hash: u32) -> u64 {
    (hash as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(32)
}

impl<K: Eq + Hash, V> Dense<K, V> {
    fn hash<Q: Hash + ?Sized>(&self, key: &Q) -> u32 {
        self.hasher.hash_one(key) as u32
    }

    fn find<Q: Eq + Hash + ?Sized>(&self, hash: u32, key: &Q) -> Option<usize>
    where
        K: Borrow<Q>,
    {
        let same =
            |place: &Place| place.hash == hash && self.entries.get(place.at as usize).is_some_and(|(known, _)| known.borrow() == key);
        self.places.find(spread(hash), same).map(|place| place.at as usize)
    }

    /// The value of a key.
    pub fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        if self.entries.is_empty() {
            return None;
        }
        let at = self.find(self.hash(key), key)?;
        self.entries.get(at).map(|(_, value)| value)
    }

    /// The value of a key, to be changed.
    pub fn get_mut<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        if self.entries.is_empty() {
            return None;
        }
        let at = self.find(self.hash(key), key)?;
        self.entries.get_mut(at).map(|(_, value)| value)
    }

    /// Whether a key is there.
    pub fn contains_key<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.get(key).is_some()
    }

    /// The value of a key, or what is made of the key where there is none.
    pub fn entry(&mut self, key: K, make: impl FnOnce(&K) -> V) -> &mut V {
        let hash = self.hash(&key);
        let at = self.find(hash, &key).unwrap_or_else(|| {
            let at = self.entries.len();
            let value = make(&key);
            self.entries.push((key, value));
            self.places.insert_unique(spread(hash), Place { at: at as u32, hash }, |place| spread(place.hash));
            at
        });
        &mut self.entries[at].1
    }

    /// Takes a key out, with its value. The latest entry takes its place.
    pub fn remove<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<(K, V)>
    where
        K: Borrow<Q>,
    {
        if self.entries.is_empty() {
            return None;
        }
        let hash = self.hash(key);
        let at = self.find(hash, key)?;
        let last = self.entries.len() - 1;
        if at != last {
            let moved = self.hash(self.entries[last].0.borrow());
            if let Some(place) = self.places.find_mut(spread(moved), |place| place.at as usize == last) {
                place.at = at as u32;
            }
            // The place of the moved entry now says the same as that of the removed one: the hash tells which to take, and
            // where even that is the same, they are equal.
        }
        if let Ok(place) = self.places.find_entry(spread(hash), |place| place.at as usize == at && place.hash == hash) {
            place.remove();
        }
        Some(self.entries.swap_remove(at))
    }

    /// Values, in the order in which their keys came as long as none was taken out.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.iter().map(|(_, value)| value)
    }

    /// Keys with their values, in the order in which they came as long as none was taken out.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    /// Everything, taken out.
    pub fn into_entries(self) -> Vec<(K, V)> {
        self.entries
    }
}

impl<K, V> Dense<K, V> {
    /// How many keys are there.
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes of the table itself, without what its keys and values hold.
    pub fn held_bytes(&self) -> usize {
        self.places.capacity() * (size_of::<Place>() + 1) + self.entries.capacity() * size_of::<(K, V)>()
    }

    /// The most that [`Dense::held_bytes`] can be with `keys_max` keys: both parts double when they are full.
    pub const fn held_bytes_max(keys_max: usize) -> usize {
        2 * (keys_max + 8) * (size_of::<Place>() + 1 + size_of::<(K, V)>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn it_holds_what_a_hash_table_holds() {
        let (mut dense, mut plain) = (Dense::<u64, u64>::default(), HashMap::new());
        let mut dice = 1_u64;
        for step in 0..20_000_u64 {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let key = (dice >> 40) % 700;
            if dice >> 63 == 0 && step % 3 != 0 {
                assert_eq!(dense.remove(&key).map(|(_, value)| value), plain.remove(&key));
            } else {
                *dense.entry(key, |_| 0) += step;
                *plain.entry(key).or_insert(0) += step;
            }
            assert_eq!(dense.len(), plain.len());
            assert!(dense.held_bytes() <= Dense::<u64, u64>::held_bytes_max(700));
        }
        for key in 0..700 {
            assert_eq!(dense.get(&key), plain.get(&key));
        }
        assert_eq!(dense.values().sum::<u64>(), plain.values().sum());
    }
}
