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

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Addr(Addr),
    Name(Box<[u8]>),
}

/// Who went where.
#[derive(Debug)]
pub(crate) struct Reaches {
    to: Table<Key, Vec<Addr>>,
    hosts: HashSet<Addr>,
    dropped_hosts: u64,
}

impl Default for Reaches {
    fn default() -> Self {
        Self { to: Table::new(DESTINATIONS_MAX), hosts: HashSet::new(), dropped_hosts: 0 }
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
        self.add(Key::Addr(addr), client);
        if let Some(name) = name {
            self.add(Key::Name(name.into()), client);
        }
    }

    fn add(&mut self, key: Key, client: Addr) {
        let hosts = self.to.entry(key, Vec::new);
        if hosts.len() < HOSTS_EACH_MAX && !hosts.contains(&client) {
            hosts.push(client);
        }
    }

    /// How many went to a destination.
    pub(crate) fn of(&self, destination: Destination<'_>) -> Reach {
        let hosts = match destination {
            Destination::Addr(addr) => self.to.get(&Key::Addr(addr)),
            Destination::Name(name) => self.to.get(&Key::Name(name.to_ascii_lowercase().into())),
        };
        Reach { hosts: hosts.map_or(0, |hosts| hosts.len() as u32), of: self.hosts.len() as u32 }
    }

    pub(crate) fn held_bytes(&self) -> usize {
        self.to.len() * 200 + self.hosts.len() * 24
    }

    pub(crate) const fn dropped(&self) -> u64 {
        self.to.dropped() + self.dropped_hosts
    }
}
