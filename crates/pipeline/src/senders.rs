//! Hosts whose packets have wrong checksums because the capture was taken on them: their network card fills checksums in
//! behind the point where packets are captured. All of such a host's packets are wrong, and none of them was damaged.

use model::Addr;
use std::collections::BTreeMap;

/// Hosts watched at once: a capture is taken on one, or a few virtual ones.
const HOSTS_MAX: usize = 64;
/// So many wrong packets are needed before a host is suspected.
const WRONG_MIN: u32 = 10;
/// Of a suspect's packets at most one in so many is right (from before its connections were offloaded, say).
const WRONG_PER_RIGHT: u32 = 10;

/// Right and wrong packets of hosts that sent wrong ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Senders {
    hosts: BTreeMap<Addr, Counts>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    right: u32,
    wrong: u32,
}

impl Senders {
    /// A packet of a host was checked.
    pub(crate) fn note(&mut self, host: Addr, is_right: bool) {
        if is_right {
            if let Some(counts) = self.hosts.get_mut(&host) {
                counts.right = counts.right.saturating_add(1);
            }
        } else if self.hosts.len() < HOSTS_MAX || self.hosts.contains_key(&host) {
            let counts = self.hosts.entry(host).or_default();
            counts.wrong = counts.wrong.saturating_add(1);
        }
    }

    /// Adds what another shard saw.
    pub(crate) fn add(&mut self, other: &Self) {
        for (host, more) in &other.hosts {
            let counts = self.hosts.entry(*host).or_default();
            counts.right = counts.right.saturating_add(more.right);
            counts.wrong = counts.wrong.saturating_add(more.wrong);
        }
    }

    /// The hosts on which the capture was probably taken, with their wrong packets.
    pub(crate) fn suspects(&self) -> Vec<(Addr, u64)> {
        let is_suspect = |counts: &Counts| counts.wrong >= WRONG_MIN && counts.wrong >= counts.right.saturating_mul(WRONG_PER_RIGHT);
        self.hosts.iter().filter(|(_, counts)| is_suspect(counts)).map(|(host, counts)| (*host, u64::from(counts.wrong))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hosts_that_are_always_wrong_are_suspected() {
        let (sender, damaged) = (Addr::v4([10, 0, 0, 1]), Addr::v4([10, 0, 0, 2]));
        let mut senders = Senders::default();
        for number in 0..200 {
            senders.note(sender, false);
            senders.note(damaged, number % 20 != 0);
        }
        let mut both = Senders::default();
        both.add(&senders);
        assert_eq!(both.suspects(), [(sender, 200)]);
        for number in 0..1000_u32 {
            both.note(Addr::v4(number.to_be_bytes()), false);
        }
        assert!(both.hosts.len() <= HOSTS_MAX);
    }
}
