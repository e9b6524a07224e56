//! Sessions by hour over two weeks, and what is usual at an hour: the median of the same hour on other days.

use std::collections::{BTreeMap, BTreeSet};

/// Days that are looked back.
pub(super) const DAYS_MAX: usize = 14;
/// Hours that are kept: those days, and today.
const HOURS_MAX: usize = (DAYS_MAX + 1) * 24;
const HOUR_MICROS: i64 = 3_600_000_000;

/// The hour of a time, counted since the epoch.
pub(super) fn hour_of(micros: i64) -> i64 {
    micros.div_euclid(HOUR_MICROS)
}

/// Counts by hour.
#[derive(Clone, Debug, Default)]
pub(super) struct Hours(BTreeMap<i64, u32>);

impl Hours {
    /// One more in this hour. The oldest hours go where there are too many.
    pub(super) fn add(&mut self, hour: i64) {
        let count = self.0.entry(hour).or_default();
        *count = count.saturating_add(1);
        if self.0.len() > HOURS_MAX {
            self.0.pop_first();
        }
    }

    /// How many in an hour.
    pub(super) fn at(&self, hour: i64) -> u64 {
        self.0.get(&hour).copied().map_or(0, u64::from)
    }

    /// The hours of which anything is known.
    pub(super) fn known(&self) -> impl Iterator<Item = i64> {
        self.0.keys().copied()
    }
}

/// How many there were on the day of `latest`, up to that hour.
pub(super) fn today(hours: &Hours, latest: i64) -> u64 {
    let midnight = latest.div_euclid(24) * 24;
    (midnight..=latest).map(|hour| hours.at(hour)).sum()
}

/// How many there usually are on a day up to the same hour: for each hour the median over the other days of which `covered`
/// knows that hour, fourteen at most. `None` where there is no other day.
pub(super) fn usual(lines: &[&Hours], covered: &BTreeSet<i64>, latest: i64) -> Option<f64> {
    let (day, last) = (latest.div_euclid(24), latest.rem_euclid(24));
    let mut sum = 0.0;
    let mut any = false;
    for of_day in 0..=last {
        let same = covered.iter().rev().filter(|hour| hour.rem_euclid(24) == of_day && hour.div_euclid(24) != day).take(DAYS_MAX);
        let mut counts: Vec<u64> = same.map(|hour| lines.iter().map(|line| line.at(*hour)).sum()).collect();
        if counts.is_empty() {
            continue;
        }
        any = true;
        counts.sort_unstable();
        let (low, high) = (counts.get((counts.len() - 1) / 2), counts.get(counts.len() / 2));
        sum += (low.copied().unwrap_or(0) + high.copied().unwrap_or(0)) as f64 / 2.0;
    }
    any.then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_is_the_median_of_the_same_hours() {
        let mut hours = Hours::default();
        let mut covered = BTreeSet::new();
        for day in 0..5 {
            for of_day in 0..24 {
                covered.insert(day * 24 + of_day);
                let times = if day == 2 { 100 } else { 10 };
                (0..times).for_each(|_| hours.add(day * 24 + of_day));
            }
        }
        // Today is day 5, until 03:59.
        (0..33).for_each(|_| hours.add(5 * 24 + 3));
        assert_eq!(today(&hours, 5 * 24 + 3), 33);
        assert_eq!(usual(&[&hours], &covered, 5 * 24 + 3), Some(40.0));
        assert_eq!(usual(&[&hours], &BTreeSet::new(), 5 * 24 + 3), None);
    }

    #[test]
    fn old_hours_go() {
        let mut hours = Hours::default();
        (0..1_000).for_each(|hour| hours.add(hour));
        assert_eq!((hours.0.len(), hours.at(0), hours.at(999)), (HOURS_MAX, 0, 1));
    }
}
