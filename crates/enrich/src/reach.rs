//! Prevalence: how many inside hosts go to a destination. What half of the house uses is hardly an intruder's.
//!
//! The first hosts of a destination are kept by address and counted exactly; more of them become a bitmap from which their
//! number is reckoned within a few per cent (linear counting; Whang, Vander-Zanden, Taylor 1990), so that a house of thousands
//! has its half, too.

use bounded::Set;
use bounded::Table;
use contract::{Destination, Reach};
use model::Addr;

/// Destinations that are told apart, names and addresses alike: 100,000 of some 150 bytes are 15 MB, and 50 MB at the worst.
const DESTINATIONS_MAX: usize = 100_000;
/// Hosts of one destination that are kept by address: most have fewer, and as a bitmap they would take as much room.
const LISTED_MAX: usize = 16;
/// Words of the bitmap: 2,048 bits tell up to some 10,000 hosts apart.
const WORDS: usize = 32;
/// Inside hosts that are counted: a /16 full of them.
const HOSTS_MAX: usize = 65_536;

/// The longest name, in bytes (RFC 1035 section 2.3.4).
const NAME_BYTES_MAX: usize = 255;

/// Who went where.
#[derive(Debug)]
pub(crate) struct Reaches {
    addrs: Table<Addr, Hosts>,
    names: Table<Box<[u8]>, Hosts>,
    hosts: Set<Addr>,
    dropped_hosts: u64,
}

impl Default for Reaches {
    fn default() -> Self {
        Self { addrs: Table::new(DESTINATIONS_MAX / 2), names: Table::new(DESTINATIONS_MAX / 2), hosts: Set::default(), dropped_hosts: 0 }
    }
}

impl Reaches {
    /// A client went to an address, by a name if it knew one.
    pub(crate) fn went(&mut self, client: Addr, addr: Addr, name: Option<&[u8]>) {
        if self.hosts.len() < HOSTS_MAX {
            self.hosts.insert(client);
        } else if !self.hosts.contains(&client) {
            self.dropped_hosts += 1;
        }
        self.addrs.entry(addr, Hosts::default).add(client);
        if let Some(name) = name {
            // A box is made for a new name only.
            match self.names.renewed(name) {
                Some(hosts) => hosts.add(client),
                None => self.names.entry(name.into(), Hosts::default).add(client),
            }
        }
    }

    /// How many went to a destination.
    pub(crate) fn of(&self, destination: Destination<'_>) -> Reach {
        let hosts = match destination {
            Destination::Addr(addr) => self.addrs.get(&addr),
            Destination::Name(name) => {
                let mut lower = [0; NAME_BYTES_MAX];
                let lower = lower.get_mut(..name.len()).map(|lower| {
                    lower.copy_from_slice(name);
                    lower.make_ascii_lowercase();
                    &*lower
                });
                lower.and_then(|name| self.names.get(name))
            }
        };
        let of = self.hosts.len() as u32;
        Reach { hosts: hosts.map_or(0, Hosts::count).min(of), of }
    }

    pub(crate) fn held_bytes(&self) -> usize {
        (self.addrs.len() + self.names.len()) * (160 + LISTED_MAX * size_of::<Addr>()) + self.hosts.len() * 24
    }

    pub(crate) const fn dropped(&self) -> u64 {
        self.addrs.dropped() + self.names.dropped() + self.dropped_hosts
    }
}

/// Hosts, to be counted.
#[derive(Debug)]
enum Hosts {
    Listed(Vec<Addr>),
    Many(Box<[u64; WORDS]>),
}

impl Default for Hosts {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

impl Hosts {
    fn add(&mut self, host: Addr) {
        match self {
            Self::Listed(hosts) if hosts.contains(&host) => {}
            Self::Listed(hosts) if hosts.len() < LISTED_MAX => hosts.push(host),
            Self::Listed(hosts) => {
                let mut bits = Box::new([0; WORDS]);
                hosts.iter().chain([&host]).for_each(|host| mark(&mut bits, *host));
                *self = Self::Many(bits);
            }
            Self::Many(bits) => mark(bits, host),
        }
    }

    fn count(&self) -> u32 {
        match self {
            Self::Listed(hosts) => hosts.len() as u32,
            Self::Many(bits) => {
                let all = (WORDS * 64) as f64;
                let free: u32 = bits.iter().map(|word| word.count_zeros()).sum();
                // A full bitmap stands for more hosts than it can tell.
                if free == 0 { u32::MAX } else { (all * (all / f64::from(free)).ln()).round() as u32 }
            }
        }
    }
}

fn mark(bits: &mut [u64; WORDS], host: Addr) {
    let all = u128::from_be_bytes(*host.octets());
    let mixed = ((all >> 64) as u64 ^ all as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let place = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 53;
    if let Some(word) = bits.get_mut(place as usize / 64) {
        *word |= 1 << (place % 64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_counted_once_by_address_and_by_name_of_any_case() {
        let host = |number: u8| Addr::v4([10, 0, 0, number]);
        let server = Addr::v4([198, 41, 0, 4]);
        let mut reaches = Reaches::default();
        for client in [1, 2, 1, 3] {
            reaches.went(host(client), server, (client != 3).then_some(&b"www.example"[..]));
        }
        assert_eq!(reaches.of(Destination::Addr(server)), Reach { hosts: 3, of: 3 });
        assert_eq!(reaches.of(Destination::Name(b"WWW.example")), Reach { hosts: 2, of: 3 });
        assert_eq!(reaches.of(Destination::Name(&[b'a'; 300])), Reach { hosts: 0, of: 3 });
    }

    #[test]
    fn many_hosts_are_counted_nearly() {
        let server = Addr::v4([198, 41, 0, 4]);
        let mut reaches = Reaches::default();
        for number in 0..6_000_u32 {
            reaches.went(Addr::v4((0x0a00_0000 + number * 7).to_be_bytes()), server, None);
            let (seen, told) = (f64::from(number + 1), f64::from(reaches.of(Destination::Addr(server)).hosts));
            assert!((told - seen).abs() <= (seen * 0.1).max(if seen <= LISTED_MAX as f64 { 0.0 } else { 2.0 }), "{told} for {seen}");
        }
    }
}
