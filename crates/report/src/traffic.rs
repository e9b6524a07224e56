//! Bytes over time, in as many bins as fit into a drawing, whatever the span turns out to be.
//!
//! Bins begin at a second's width and are joined two by two while there are too many. A flow's bytes are spread evenly over
//! its time. Connections come in no order of time, so that bins grow at both ends.

use std::collections::BTreeMap;

/// The most bins: two for each bar that fits into a drawing.
const BINS_MAX: i64 = 240;
/// The finest width, in microseconds.
const WIDTH_MICROS_MIN: i64 = 1_000_000;

/// A flow, as far as it matters here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flow {
    pub(crate) at: i64,
    pub(crate) end: i64,
    /// Whether one of its ends is accused; `sent` is then what that end sent.
    pub(crate) accused: bool,
    pub(crate) sent: u64,
    pub(crate) received: u64,
}

/// Bytes in a bin.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Bin {
    pub(crate) sent: f64,
    pub(crate) received: f64,
    pub(crate) others: f64,
}

impl Bin {
    /// All of them.
    pub(crate) fn sum(&self) -> f64 {
        self.sent + self.received + self.others
    }

    fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.received += other.received;
        self.others += other.others;
    }
}

/// The bins.
#[derive(Clone, Debug)]
pub(crate) struct Traffic {
    width: i64,
    bins: BTreeMap<i64, Bin>,
}

impl Default for Traffic {
    fn default() -> Self {
        Self { width: WIDTH_MICROS_MIN, bins: BTreeMap::new() }
    }
}

impl Traffic {
    /// Adds a flow.
    pub(crate) fn add(&mut self, flow: &Flow) {
        let end = flow.end.max(flow.at);
        self.coarsen_for(flow.at, end);
        let (first, last) = (flow.at.div_euclid(self.width), end.div_euclid(self.width));
        let share = 1.0 / (last - first + 1) as f64;
        let (sent, received) = (flow.sent as f64 * share, flow.received as f64 * share);
        for number in first..=last {
            let bin = self.bins.entry(number).or_default();
            bin.add(&if flow.accused { Bin { sent, received, others: 0.0 } } else { Bin { others: sent + received, ..Bin::default() } });
        }
    }

    fn coarsen_for(&mut self, at: i64, end: i64) {
        let held = |bins: &BTreeMap<i64, Bin>, width: i64| {
            let low = bins.keys().next().copied().unwrap_or(i64::MAX).min(at.div_euclid(width));
            let high = bins.keys().next_back().copied().unwrap_or(i64::MIN).max(end.div_euclid(width));
            high - low
        };
        while held(&self.bins, self.width) >= BINS_MAX {
            self.width = self.width.saturating_mul(2);
            let mut joined: BTreeMap<i64, Bin> = BTreeMap::new();
            for (number, bin) in std::mem::take(&mut self.bins) {
                joined.entry(number.div_euclid(2)).or_default().add(&bin);
            }
            self.bins = joined;
        }
    }

    /// At most `most` bins from the first to the last, empty ones among them: when each begins, and their width, both in
    /// microseconds.
    pub(crate) fn bins(&self, most: usize) -> (i64, Vec<(i64, Bin)>) {
        let (Some(first), Some(last)) = (self.bins.keys().next(), self.bins.keys().next_back()) else { return (self.width, Vec::new()) };
        let most = i64::try_from(most.max(1)).unwrap_or(1);
        let mut by = 1;
        while last.div_euclid(by) - first.div_euclid(by) >= most {
            by += 1;
        }
        let (low, high) = (first.div_euclid(by), last.div_euclid(by));
        let mut bins: Vec<(i64, Bin)> = (low..=high).map(|number| (number * by * self.width, Bin::default())).collect();
        for (number, bin) in &self.bins {
            if let Some((_, sum)) = usize::try_from(number.div_euclid(by) - low).ok().and_then(|at| bins.get_mut(at)) {
                sum.add(bin);
            }
        }
        (by * self.width, bins)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(at_secs: i64, secs: i64, sent: u64) -> Flow {
        Flow { at: at_secs * 1_000_000, end: (at_secs + secs) * 1_000_000, accused: true, sent, received: 0 }
    }

    #[test]
    fn no_byte_is_lost_and_bins_stay_few() {
        let mut traffic = Traffic::default();
        for at in 0..5_000 {
            traffic.add(&flow(at * 37 % 100_000, at % 700, 10));
        }
        assert!(traffic.bins.len() <= 240);
        for most in [1, 7, 60, 1000] {
            let (_, bins) = traffic.bins(most);
            assert!(bins.len() <= most.max(1));
            let sum: f64 = bins.iter().map(|(_, bin)| bin.sum()).sum();
            assert!((sum - 50_000.0).abs() < 0.01, "{sum}");
        }
    }

    #[test]
    fn damaged_times_neither_hang_nor_overflow() {
        let mut traffic = Traffic::default();
        traffic.add(&flow(0, 1, 5));
        traffic.add(&Flow { at: i64::MIN / 4, end: i64::MAX / 4, accused: false, sent: 1, received: 1 });
        assert!(traffic.bins(50).1.len() <= 50);
    }

    #[test]
    fn an_empty_capture_has_no_bins() {
        assert!(Traffic::default().bins(10).1.is_empty());
    }
}
