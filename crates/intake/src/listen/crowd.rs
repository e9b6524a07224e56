//! How many connections each address has at a listener, and who must give way when there are too many.

use crate::settings::ConnectionLimits;
use model::Addr;
use std::collections::HashMap;

/// The connections of a listener, by address; those of this machine's sockets have none, and are one crowd.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    counts: HashMap<Option<Addr>, usize, bounded::Hasher>,
    all: usize,
}

/// What to do with a new connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    Take,
    Refuse,
    /// Take it, and end one of that address.
    InPlaceOf(Option<Addr>),
}

impl Crowd {
    /// Whether a connection of an address may be taken.
    pub(super) fn ask(&self, from: Option<Addr>, limits: &ConnectionLimits) -> Admission {
        let own = self.counts.get(&from).copied().unwrap_or(0);
        // Programs of this machine have no addresses to tell them apart.
        if from.is_some() && own >= limits.of_address {
            return Admission::Refuse;
        }
        if self.all < limits.connections {
            return Admission::Take;
        }
        // The largest crowd, and of several the one with the lowest address, so that it is no matter of chance.
        let largest = self.counts.iter().max_by_key(|&(addr, count)| (*count, std::cmp::Reverse(*addr)));
        match largest {
            Some((addr, count)) if *count > own + 1 => Admission::InPlaceOf(*addr),
            _ => Admission::Refuse,
        }
    }

    pub(super) fn enter(&mut self, from: Option<Addr>) {
        *self.counts.entry(from).or_default() += 1;
        self.all += 1;
    }

    pub(super) fn leave(&mut self, from: Option<Addr>) {
        if let Some(count) = self.counts.get_mut(&from) {
            *count -= 1;
            self.all -= 1;
            if *count == 0 {
                self.counts.remove(&from);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_gives_way_to_a_stranger_and_not_to_its_own() {
        let limits = ConnectionLimits { connections: 10, of_address: 8, ..ConnectionLimits::default() };
        let addr = |last| Some(Addr::v4([10, 0, 0, last]));
        let mut crowd = Crowd::default();
        for _ in 0..8 {
            assert_eq!(crowd.ask(addr(1), &limits), Admission::Take);
            crowd.enter(addr(1));
        }
        assert_eq!(crowd.ask(addr(1), &limits), Admission::Refuse);
        crowd.enter(addr(2));
        crowd.enter(addr(3));
        assert_eq!(crowd.ask(addr(4), &limits), Admission::InPlaceOf(addr(1)));
        for _ in 0..7 {
            crowd.leave(addr(1));
            crowd.enter(addr(9));
        }
        crowd.leave(addr(9));
        assert_eq!(crowd.ask(addr(9), &limits), Admission::Take);
        crowd.leave(addr(77));
        assert_eq!((crowd.all, crowd.counts.len()), (9, 4));
    }
}
