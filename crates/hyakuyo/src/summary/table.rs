//! Tables that do not outgrow their limit, whatever the traffic.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

/// Values by key, for at most so many keys: the first that came stay, what others would have held is only counted.
#[derive(Debug)]
pub(super) struct Table<K, V> {
    rows: HashMap<K, V>,
    keys_max: usize,
    turned_away: u64,
}

impl<K: Eq + Hash + Ord, V: Default> Table<K, V> {
    /// An empty table for `keys_max` keys.
    pub(super) fn new(keys_max: usize) -> Self {
        Self { rows: HashMap::new(), keys_max, turned_away: 0 }
    }

    /// The value of a key, made where it is new; `None` where the table is full.
    pub(super) fn entry<Q>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        if !self.rows.contains_key(key) {
            if self.rows.len() >= self.keys_max {
                self.turned_away += 1;
                return None;
            }
            self.rows.insert(key.to_owned(), V::default());
        }
        self.rows.get_mut(key)
    }

    /// The value of a key.
    pub(super) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.rows.get(key)
    }

    /// Whether keys were turned away, so that numbers are lower bounds.
    pub(super) const fn overflowed(&self) -> bool {
        self.turned_away > 0
    }

    /// All rows, the largest by `weight` first; equal ones by key, so that the order is always the same.
    pub(super) fn ranked<W: Ord>(&self, weight: impl Fn(&V) -> W) -> Vec<(&K, &V)> {
        let mut rows: Vec<_> = self.rows.iter().collect();
        rows.sort_by(|(a, x), (b, y)| weight(y).cmp(&weight(x)).then_with(|| a.cmp(b)));
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_table_keeps_what_it_has_and_counts_the_rest() {
        let mut table: Table<String, u64> = Table::new(2);
        for key in ["a", "b", "c", "b", "d"] {
            if let Some(count) = table.entry(key) {
                *count += 1;
            }
        }
        assert_eq!(table.ranked(|count| *count), [(&"b".to_owned(), &2), (&"a".to_owned(), &1)]);
        assert!(table.overflowed());
        assert_eq!(table.get("c"), None);
    }
}
