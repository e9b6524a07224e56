//! How random bytes are: Shannon's entropy over single bytes.

/// How often each byte occurred. Takes no memory before the first byte.
#[derive(Clone, Debug, Default)]
pub(crate) struct Histogram {
    counts: Option<Box<[u32; 256]>>,
    bytes: u64,
}

impl Histogram {
    /// Counts the next bytes; at most 4 GiB - 1 in all, since a count of one byte begins anew behind that.
    pub(crate) fn count(&mut self, data: &[u8]) {
        if data.is_empty() {
            return;
        }
        let counts = self.counts.get_or_insert_with(|| Box::new([0; 256]));
        for &byte in data {
            let count = &mut counts[usize::from(byte)];
            *count = count.wrapping_add(1);
        }
        self.bytes += data.len() as u64;
    }

    /// How many bytes were counted.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Bits per byte, from 0 (always the same) to 8 (no order at all), to three decimals; 0 for nothing.
    pub(crate) fn bits(&self) -> f64 {
        let total = self.bytes as f64;
        let counts = self.counts.iter().flat_map(|counts| counts.iter());
        let bits: f64 = counts.filter(|&&count| count > 0).map(|&count| f64::from(count) / total).map(|share| -share * share.log2()).sum();
        // The sum is -0 where one byte is all there is; adding 0 makes it 0.
        (bits * 1000.0).round() / 1000.0 + 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_has_little_entropy_and_chaos_much() {
        let bits = |data: &[u8]| {
            let mut histogram = Histogram::default();
            histogram.count(data);
            histogram.bits()
        };
        assert_eq!(bits(b""), 0.0);
        assert_eq!(bits(b"aaaa"), 0.0);
        assert_eq!(bits(b"abab"), 1.0);
        assert_eq!(bits(&(0..=255).collect::<Vec<u8>>()), 8.0);
    }
}
