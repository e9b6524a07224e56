//! Random numbers that are the same for the same seed, on every machine: SplitMix64 (Steele, Lea, Flood 2014).

/// A seeded source of numbers. Not for secrets.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice that fall as `seed` says.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub const fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, or 0 where `end` is 0.
    pub const fn below(&mut self, end: usize) -> usize {
        ((self.roll() as u128 * end as u128) >> 64) as usize
    }

    /// A number from `low` on, below `high` (`low` where the range is empty).
    pub const fn between(&mut self, low: u64, high: u64) -> u64 {
        low + ((self.roll() as u128 * high.saturating_sub(low) as u128) >> 64) as u64
    }

    /// True `per_mille` times in a thousand.
    pub const fn chance(&mut self, per_mille: u32) -> bool {
        self.between(0, 1000) < per_mille as u64
    }

    /// One of several things.
    ///
    /// # Panics
    /// Where there is nothing to choose from.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        assert!(!of.is_empty(), "nothing to choose from");
        &of[self.below(of.len())]
    }

    /// So many random bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| (self.roll() >> 56) as u8).collect()
    }

    /// Other dice, whose falls do not depend on how often these are rolled from now on.
    pub const fn split(&mut self) -> Self {
        Self(self.roll() ^ 0x6c62_272e_07bb_0142)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn falls_are_repeatable_and_in_range() {
        let (mut a, mut b) = (Dice::new(7), Dice::new(7));
        for _ in 0..1000 {
            assert_eq!(a.roll(), b.roll());
            assert!(a.below(3) < 3 && b.below(3) < 3);
            assert_eq!(a.between(5, 5), 5);
            b.roll();
        }
        assert_eq!(a.below(0), 0);
    }
}
