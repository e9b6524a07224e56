//! Prevalence: how many inside hosts go to a destination. What half of the house uses is hardly an intruder's.

use crate::table::Table;
use contract::{Destination, Reach};
use model::Addr;
use std::collections::HashSet;

/// Destinations that are told apart, names and addresses alike: 100,000 of some 150 bytes are 15 MB.
const DESTINATIONS_MAX: usize = 100_000;
/// Hosts that are told apart for one destination: more than this is "everybody" for any rule.
const HOSTS_EACH_MAX: usize = 64;
/// Inside hosts that are counted: a /16 full of them.
const HOSTS_MAX: usize = 65_536;

/// The longest name, in bytes (RFC 1035 section 2.3.4).
const NAME_BYTES_MAX: usize = 255;

/// Who went where.
#[derive(Debug)]
pub(crate) struct Reaches {
    addrs: Table<Addr, Vec<Addr>>,
    names: Table<Box<[u8]>, Vec<Addr>>,
    hosts: HashSet<Addr>,
    dropped_hosts: u64,
}

impl Default for Reaches {
    fn default() -> Self {
        Self { addrs: Table::new(DESTINATIONS_MAX / 2), names: Table::new(DESTINATIONS_MAX / 2), hosts: HashSet::new(), dropped_hosts: 0 }
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
        add(self.addrs.entry(addr, Vec::new), client);
        if let Some(name) = name {
            // A box is made for a new name only.
            match self.names.renewed(name) {
                Some(hosts) => add(hosts, client),
                None => add(self.names.entry(name.into(), Vec::new), client),
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
        Reach { hosts: hosts.map_or(0, |hosts| hosts.len() as u32), of: self.hosts.len() as u32 }
    }

    pub(crate) fn held_bytes(&self) -> usize {
        (self.addrs.len() + self.names.len()) * 200 + self.hosts.len() * 24
    }

    pub(crate) const fn dropped(&self) -> u64 {
        self.addrs.dropped() + self.names.dropped() + self.dropped_hosts
    }
}

fn add(hosts: &mut Vec<Addr>, client: Addr) {
    if hosts.len() < HOSTS_EACH_MAX && !hosts.contains(&client) {
        hosts.push(client);
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
}
