//! How regular a series of calls is: RITA's four scores, for as many calls as there are.
//!
//! RITA looks at a day at once. Here the same statistics are taken over the calls so far, with buckets of the series' own span
//! in the place of hours.

use super::series::Sample;
use model::Timestamp;

/// Calls closer than this are one: a program that asks twice at once.
const SAME_SECS: f64 = 1.0;
/// A spread below this share of the median is none: quartiles that differ by a tick would be as skewed as can be.
const EVEN_SHARE: f64 = 0.05;
/// Buckets of the histogram, at most: the hours of a day, as in RITA.
const BUCKETS_MAX: usize = 24;

/// The scores, each from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Regularity {
    /// Different times.
    pub(super) times: usize,
    /// From the first to the last, in seconds.
    pub(super) span_secs: f64,
    /// The median interval in seconds.
    pub(super) interval_secs: f64,
    pub(super) time: f64,
    pub(super) size: f64,
    pub(super) duration: f64,
    pub(super) histogram: f64,
}

impl Regularity {
    pub(super) fn score(&self) -> f64 {
        // No good mean may come from sizes alone: people, too, send the same form again.
        if self.time < 0.7 { 0.0 } else { (self.time + self.size + self.duration + self.histogram) / 4.0 }
    }
}

/// Judges calls; `None` for fewer than three times.
pub(super) fn judge(samples: &[Sample], now: Timestamp) -> Option<Regularity> {
    let mut sorted: Vec<Sample> = samples.to_vec();
    sorted.sort_by_key(|sample| sample.at);
    let first = sorted.first()?.at;
    let mut times: Vec<f64> = sorted.iter().map(|sample| (sample.at - first).secs_f64()).collect();
    times.dedup_by(|later, earlier| *later - *earlier < SAME_SECS);
    if times.len() < 3 {
        return None;
    }
    let mut intervals: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let mut sizes: Vec<f64> = sorted.iter().map(|sample| f64::from(sample.bytes)).collect();
    let span = times.last().copied().unwrap_or_default();
    let until_now = (now - first).secs_f64().max(span);
    let counts = buckets(&times, span);
    let used = counts.iter().filter(|count| **count > 0.0).count() as f64 / counts.len() as f64;
    let (time, interval_secs) = evenness(&mut intervals);
    Some(Regularity {
        times: times.len(),
        span_secs: span,
        interval_secs,
        time,
        size: evenness(&mut sizes).0,
        duration: (span / until_now).max(used).min(1.0),
        histogram: flatness(&counts),
    })
}

/// The mean of one minus Bowley's skewness and one minus the median absolute deviation by the median; and the median.
fn evenness(values: &mut [f64]) -> (f64, f64) {
    values.sort_by(f64::total_cmp);
    let (low, middle, high) = (quantile(values, 0.25), quantile(values, 0.5), quantile(values, 0.75));
    let spread = high - low;
    let skew = if spread <= EVEN_SHARE * middle.abs() || spread <= 0.0 { 0.0 } else { (low + high - 2.0 * middle) / spread };
    // Skewness says nothing of how far apart the quartiles are: a jitter of two values is as skewed as can be.
    let skew = if middle > 0.0 { skew * (spread / middle).min(1.0) } else { skew };
    let mut away: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
    away.sort_by(f64::total_cmp);
    let deviation = quantile(&away, 0.5);
    let close = match (middle > 0.0, deviation > 0.0) {
        (true, _) => (1.0 - deviation / middle).max(0.0),
        (false, true) => 0.0,
        (false, false) => 1.0,
    };
    // The values beyond the quartiles count as well: a burst among silence has a fine median.
    let wide = values.iter().filter(|value| (**value - middle).abs() > 0.5 * middle.abs() + f64::EPSILON).count() as f64;
    let within = 1.0 - wide / values.len().max(1) as f64;
    ((1.0 - skew.abs() + close + within) / 3.0, middle)
}

/// A quantile of sorted values, between neighbours where need be.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * sorted.len().saturating_sub(1) as f64;
    let at = |place: usize| sorted.get(place).copied().unwrap_or_default();
    let (below, part) = (place.floor() as usize, place.fract());
    if part == 0.0 { at(below) } else { at(below) * (1.0 - part) + at(below + 1) * part }
}

fn buckets(times: &[f64], span: f64) -> Vec<f64> {
    let number = (times.len() / 2).clamp(2, BUCKETS_MAX);
    let mut counts = vec![0.0; number];
    for time in times {
        let bucket = ((time / span * number as f64) as usize).min(number - 1);
        if let Some(count) = counts.get_mut(bucket) {
            *count += 1.0;
        }
    }
    counts
}

/// One minus the coefficient of variation.
fn flatness(counts: &[f64]) -> f64 {
    let number = counts.len() as f64;
    let mean = counts.iter().sum::<f64>() / number;
    let variance = counts.iter().map(|count| (count - mean) * (count - mean)).sum::<f64>() / number;
    if mean > 0.0 { (1.0 - variance.sqrt() / mean).max(0.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Interval;

    fn of(times: &[f64], bytes: &[u32]) -> f64 {
        let at = |secs: f64| Timestamp::from_secs(1_000) + Interval::from_secs_f64(secs);
        let samples: Vec<Sample> =
            times.iter().zip(bytes.iter().cycle()).map(|(secs, bytes)| Sample { at: at(*secs), bytes: *bytes }).collect();
        judge(&samples, at(times[times.len() - 1])).map_or(0.0, |regularity| regularity.score())
    }

    #[test]
    fn a_machine_is_regular_with_and_without_jitter_and_a_person_is_not() {
        let exact: Vec<f64> = (0..10).map(|number| f64::from(number) * 60.0).collect();
        assert!(of(&exact, &[181]) > 0.95);
        let jitter: Vec<f64> = (0..20).map(|number| f64::from(number) * 60.0 + f64::from(number * 7 % 5) * 3.0).collect();
        assert!(of(&jitter, &[181, 181, 190]) > 0.8);
        let loki = [0.0, 0.3, 0.9, 61.2, 121.8, 182.0, 242.3, 302.5, 362.8];
        assert!(of(&loki, &[4637, 208, 181, 181, 181, 181, 181, 181, 181]) > 0.8);
        let person = [0.0, 2.0, 5.0, 40.0, 42.0, 180.0, 183.0, 420.0, 421.5, 640.0];
        assert!(of(&person, &[0]) < 0.75);
        let burst = [0.0, 1.1, 2.2, 3.3, 4.4, 300.0];
        assert!(of(&burst, &[0]) < 0.75);
    }
}
