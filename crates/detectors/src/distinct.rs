//! How many different things were seen, in at most 400 bytes: exactly while they are few, then by a sketch.
//!
//! Detectors ask "how many hosts, how many ports" for thousands of hosts at once, and a scanner shows millions. Up to
//! [`FEW_MAX`] hashes are kept and compared; from there on a HyperLogLog of [`REGISTERS`] bytes counts within about 6 %
//! (Flajolet et al. 2007, with linear counting for its small range, section 4).

use smallvec::SmallVec;

/// Hashes that are kept before the sketch takes over: every limit by which a detector first speaks lies below or near it.
const FEW_MAX: usize = 32;
/// Bytes of the sketch: its error is 1.04 / sqrt of their number.
const REGISTERS: usize = 256;
/// Bits of a hash that choose a register.
const REGISTER_BITS: u32 = 8;

/// A set of which only the size is known.
#[derive(Debug, Default)]
pub(crate) struct Distinct {
    /// The first four lie in the set itself: most sets never have more.
    few: SmallVec<[u32; 4]>,
    many: Option<Box<Sketch>>,
    count: u32,
}

impl Distinct {
    /// The most bytes that one can hold on the heap.
    pub(crate) const HEAP_BYTES_MAX: usize = FEW_MAX * size_of::<u32>() + size_of::<Sketch>();

    /// Adds a thing by its hash. True if the count grew, or is thought to have grown.
    pub(crate) fn add(&mut self, hash: u64) -> bool {
        let hash = mix(hash);
        if let Some(sketch) = &mut self.many {
            if !sketch.put(hash) {
                return false;
            }
            self.count = self.count.max(sketch.estimate());
            return true;
        }
        let short = hash as u32;
        if self.few.contains(&short) {
            return false;
        }
        if self.few.len() < FEW_MAX {
            self.few.push(short);
            self.count = self.few.len() as u32;
            return true;
        }
        let mut sketch = Box::new(Sketch::default());
        for known in self.few.drain(..).map(u64::from) {
            // Of those that were few only 32 bits are left; they are mixed again, since a register needs 64.
            sketch.put(mix(known));
        }
        sketch.put(hash);
        self.few = SmallVec::new();
        self.many = Some(sketch);
        self.count = FEW_MAX as u32 + 1;
        true
    }

    /// How many there are, about.
    pub(crate) const fn count(&self) -> u32 {
        self.count
    }
}

/// The registers, and what the estimate needs of them all: it is asked whenever one of them grows.
#[derive(Debug)]
struct Sketch {
    registers: [u8; REGISTERS],
    /// The sum of two to the power of minus each rank. Exact: ranks beyond 44 would need more things than there are addresses.
    sum: f64,
    /// Registers that are still empty.
    empty: u16,
}

impl Default for Sketch {
    fn default() -> Self {
        Self { registers: [0; REGISTERS], sum: REGISTERS as f64, empty: REGISTERS as u16 }
    }
}

impl Sketch {
    fn put(&mut self, hash: u64) -> bool {
        let rank = ((hash << REGISTER_BITS).leading_zeros() + 1).min(64 - REGISTER_BITS + 1) as u8;
        match self.registers.get_mut((hash >> (64 - REGISTER_BITS)) as usize) {
            Some(register) if *register < rank => {
                self.sum += power(rank) - power(*register);
                self.empty -= u16::from(*register == 0);
                *register = rank;
                true
            }
            _ => false,
        }
    }

    fn estimate(&self) -> u32 {
        let size = REGISTERS as f64;
        let raw = 0.7213 / (1.0 + 1.079 / size) * size * size / self.sum;
        let count = if raw <= 2.5 * size && self.empty > 0 { size * (size / f64::from(self.empty)).ln() } else { raw };
        count.round() as u32
    }
}

/// Two to the power of minus a rank, by its exponent alone.
const fn power(rank: u8) -> f64 {
    f64::from_bits((1023 - rank as u64) << 52)
}

/// Spreads every bit of a number over all bits (the finisher of splitmix64).
pub(crate) const fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_exact_and_many_are_close() {
        let mut set = Distinct::default();
        for number in 0..100_000_u64 {
            set.add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            set.add(0);
            let seen = number + 1;
            let error = (f64::from(set.count()) - seen as f64).abs() / seen as f64;
            assert!(if seen <= 33 { error == 0.0 } else { error < 0.25 }, "{} for {seen}", set.count());
        }
        let error = (f64::from(set.count()) - 100_000.0).abs() / 100_000.0;
        assert!(error < 0.15, "{}", set.count());
    }
}
