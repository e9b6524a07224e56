//! How values spread, in bounded space: buckets of a quarter of a doubling, each with its sum, so that the median of values that
//! lie together (an interval of 60 s) comes out as they are and not as a bucket's edge.

/// Buckets at most: values from a microsecond to a century lie within 52 doublings of four buckets each.
const BUCKETS_MAX: usize = 52 * 4;

/// Counted values.
#[derive(Clone, Debug, Default)]
pub struct Spread {
    buckets: Vec<(u16, u32, f64)>,
    count: u64,
}

impl Spread {
    /// Adds a value; negative ones and those that are no number count as zero.
    pub fn add(&mut self, value: f64) {
        let value = if value.is_finite() { value.max(0.0) } else { 0.0 };
        // Millionths below one: a duration of microseconds is told from none.
        let place = ((value * 1e6 + 1.0).log2() * 4.0) as usize;
        let place = place.min(BUCKETS_MAX - 1) as u16;
        self.count += 1;
        match self.buckets.binary_search_by_key(&place, |bucket| bucket.0) {
            Ok(at) => {
                if let Some(bucket) = self.buckets.get_mut(at) {
                    bucket.1 = bucket.1.saturating_add(1);
                    bucket.2 += value;
                }
            }
            Err(at) => self.buckets.insert(at, (place, 1, value)),
        }
    }

    /// The median, within a fifth; `None` where there is no value.
    pub fn median(&self) -> Option<f64> {
        let half = self.count.div_ceil(2);
        let mut passed = 0;
        for (_, count, sum) in &self.buckets {
            passed += u64::from(*count);
            if passed >= half && *count > 0 {
                return Some(sum / f64::from(*count));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_of_values_that_lie_together_is_exact() {
        let mut spread = Spread::default();
        assert_eq!(spread.median(), None);
        for value in [60.0, 60.1, 59.9, 0.001, 86_400.0] {
            spread.add(value);
        }
        assert!((spread.median().expect("a median") - 60.0).abs() < 0.2);
    }

    #[test]
    fn any_value_finds_a_place() {
        let mut spread = Spread::default();
        for value in [f64::NAN, f64::INFINITY, -5.0, 0.0, 1e300, f64::MIN_POSITIVE] {
            spread.add(value);
        }
        for power in 0..2_000 {
            spread.add(1.01_f64.powi(power));
        }
        assert!(spread.buckets.len() <= BUCKETS_MAX);
    }
}
