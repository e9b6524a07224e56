//! TCP clocks: one for each machine, where its system has but one (RFC 7323 section 5.4; Bellovin counts by IP ids the same way).

use model::{Addr, Timestamp};

/// Clocks that are followed: more are no machines but random beginnings.
const CLOCKS_MAX: usize = 6;
/// Ticks of a second, at least and at most (RFC 7323 section 5.4: 1 ms to 1 s a tick; systems use 10 to 1000).
const TICKS_MIN: f64 = 8.0;
/// See above.
const TICKS_MAX: f64 = 1200.0;
/// Ticks by which a clock may seem to go back or ahead: packets overtake each other.
const SLACK: f64 = 2000.0;

/// One clock.
#[derive(Debug)]
struct Clock {
    at: Timestamp,
    value: u32,
    hits: u32,
    peer: Addr,
    /// Whether it was seen by several destinations: a clock for each pair of addresses is none.
    is_shared: bool,
}

/// The clocks of one address.
#[derive(Debug, Default)]
pub(super) struct Clocks {
    all: Vec<Clock>,
    is_random: bool,
}

impl Clocks {
    /// The most bytes that they can hold on the heap: as many as there are clocks.
    pub(super) const HEAP_BYTES_MAX: usize = (CLOCKS_MAX + 2) * size_of::<Clock>();

    /// A clock as it stood at a time, shown to a peer.
    pub(super) fn tick(&mut self, at: Timestamp, value: u64, peer: Addr) {
        let value = value as u32;
        if self.is_random || value == 0 {
            return;
        }
        if let Some(clock) = self.all.iter_mut().find(|clock| clock.fits(at, value)) {
            clock.is_shared |= clock.peer != peer;
            (clock.at, clock.value, clock.hits) = (at, value, clock.hits + 1);
        } else if self.all.len() < CLOCKS_MAX {
            self.all.push(Clock { at, value, hits: 1, peer, is_shared: false });
        } else {
            self.is_random = true;
            self.all.clear();
        }
    }

    /// How many there are for sure.
    pub(super) fn count(&self) -> usize {
        /// Seen so often it is no chance.
        const HITS_MIN: u32 = 3;
        self.all.iter().filter(|clock| clock.hits >= HITS_MIN && clock.is_shared).count()
    }
}

impl Clock {
    fn fits(&self, at: Timestamp, value: u32) -> bool {
        let secs = (at - self.at).secs_f64();
        let ticks = f64::from(value.wrapping_sub(self.value) as i32);
        secs >= 0.0 && ticks >= (secs * TICKS_MIN - SLACK) && ticks <= (secs * TICKS_MAX + SLACK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_machines_are_two_and_random_beginnings_are_none() {
        let at = Timestamp::from_secs;
        let peer = |number: u8| Addr::v4([8, 8, 8, number]);
        let mut two = Clocks::default();
        let mut random = Clocks::default();
        for number in 0..20_u8 {
            let secs = i64::from(number) * 30;
            two.tick(at(secs), 1_000_000 + secs as u64 * 1000, peer(number));
            two.tick(at(secs), 900_000_000 + secs as u64 * 100, peer(number));
            random.tick(at(secs), u64::from((u32::from(number) + 1).wrapping_mul(0x9e37_79b9)), peer(number));
        }
        assert_eq!((two.count(), random.count()), (2, 0));
    }
}
