//! What is remembered of hosts and names, in fixed sizes.

use model::{Addr, Interval, Timestamp};

/// Missing domains that are remembered for one host: more than this within the hour is as bad as can be.
pub(super) const DOMAINS_MAX: usize = 64;
/// Addresses of one answer that are looked at.
pub(super) const ADDRESSES_MAX: usize = 16;
/// Addresses of one name that are told apart.
const KNOWN_ADDRESSES_MAX: usize = 64;
/// Networks of one name that are told apart.
const KNOWN_SYSTEMS_MAX: usize = 8;
/// Hosts that are told of one name: its own resolver asks for all of them, and more than a few are everybody.
const TOLD_MAX: usize = 8;
/// Outside resolvers of one host that are told of.
const RESOLVERS_MAX: usize = 4;
const HOUR: Interval = Interval::from_secs(3_600);
const DAY: Interval = Interval::from_secs(86_400);
const MINUTE: Interval = Interval::from_secs(60);

/// Domains that a host asked for and that do not exist: a ring of the last ones.
#[derive(Debug)]
pub(super) struct Missing {
    domains: [(u32, u16, i64); DOMAINS_MAX],
    next: u8,
    told: u8,
}

impl Default for Missing {
    fn default() -> Self {
        Self { domains: [(0, 0, i64::MIN); DOMAINS_MAX], next: 0, told: 0 }
    }
}

impl Missing {
    /// Whether it is one that is not remembered yet.
    pub(super) fn add(&mut self, domain: u64, improbable: f64, at: Timestamp) -> bool {
        let domain = domain as u32;
        if self.domains.iter().any(|(known, _, then)| *known == domain && *then != i64::MIN) {
            return false;
        }
        if let Some(place) = self.domains.get_mut(usize::from(self.next)) {
            *place = (domain, (improbable * 1000.0) as u16, at.nanos());
        }
        self.next = (self.next + 1) % DOMAINS_MAX as u8;
        true
    }

    /// How many within the hour, and how improbable they are in the mean.
    pub(super) fn in_hour(&self, at: Timestamp) -> (usize, f64) {
        let near = |then: i64| then != i64::MIN && (at.nanos() - then).abs() <= HOUR.nanos();
        let (count, sum) = self
            .domains
            .iter()
            .filter(|(.., then)| near(*then))
            .fold((0, 0.0), |(count, sum), (_, improbable, _)| (count + 1, sum + f64::from(*improbable) / 1000.0));
        (count, if count > 0 { sum / count as f64 } else { 0.0 })
    }

    /// Whether that many are news.
    pub(super) fn tell(&mut self, domains: usize) -> bool {
        let domains = domains.min(DOMAINS_MAX) as u8;
        let news = self.told == 0 || domains >= self.told.saturating_add(5);
        if news {
            self.told = domains;
        }
        news
    }
}

/// The address of a dynamic name, and how often it changed today.
#[derive(Debug)]
pub(super) struct Changes {
    since: Timestamp,
    last: Option<Addr>,
    changes: u32,
}

impl Changes {
    pub(super) const fn new(since: Timestamp) -> Self {
        Self { since, last: None, changes: 0 }
    }

    pub(super) const fn changes(&self) -> u32 {
        self.changes
    }

    pub(super) fn see(&mut self, addr: Addr, at: Timestamp) -> u32 {
        if at - self.since > DAY {
            *self = Self { since: at, last: self.last, changes: 0 };
        }
        self.changes += u32::from(self.last.is_some_and(|last| last != addr));
        self.last = Some(addr);
        self.changes
    }
}

/// Addresses and networks of a name within a day.
#[derive(Debug)]
pub(super) struct Flux {
    since: Timestamp,
    addresses: [u32; KNOWN_ADDRESSES_MAX],
    systems: [u32; KNOWN_SYSTEMS_MAX],
    /// Hosts that were told, by hash.
    told: [u32; TOLD_MAX],
}

impl Flux {
    pub(super) const fn new(since: Timestamp) -> Self {
        Self { since, addresses: [0; KNOWN_ADDRESSES_MAX], systems: [0; KNOWN_SYSTEMS_MAX], told: [0; TOLD_MAX] }
    }

    /// How many of each there are now.
    pub(super) fn see(&mut self, addr: Addr, system: u32, at: Timestamp) -> (u32, u32) {
        if at - self.since > DAY {
            *self = Self::new(at);
        }
        (note(&mut self.addresses, (crate::hash(addr.as_slice()) as u32).max(1)), note(&mut self.systems, system.max(1)))
    }

    /// Whether a host that asks for it is to be told of: each once, as far as there is room.
    pub(super) fn tell(&mut self, host: Addr) -> bool {
        let number = (crate::hash(host.as_slice()) as u32).max(1);
        let before = self.told.iter().filter(|place| **place != 0).count() as u32;
        note(&mut self.told, number) > before
    }
}

/// Puts a number into the first free place unless it is there. How many there are.
fn note(places: &mut [u32], number: u32) -> u32 {
    if let Some(place) = places.iter_mut().find(|place| **place == 0 || **place == number) {
        *place = number;
    }
    places.iter().filter(|place| **place != 0).count() as u32
}

/// Failing questions below one domain within a minute.
#[derive(Debug)]
pub(super) struct Burst {
    since: Timestamp,
    sketch: [u64; 8],
    names: u32,
}

impl Burst {
    pub(super) const fn new(since: Timestamp) -> Self {
        Self { since, sketch: [0; 8], names: 0 }
    }

    /// How many distinct names there were; names beyond some thousand count as one another.
    pub(super) fn add(&mut self, name: u64, at: Timestamp) -> u32 {
        if at - self.since > MINUTE || self.since - at > MINUTE {
            *self = Self::new(at);
        }
        let bit = 1_u64 << (name & 63);
        if let Some(word) = self.sketch.get_mut((name >> 6) as usize % 8)
            && *word & bit == 0
        {
            *word |= bit;
            self.names += 1;
            if self.names.is_multiple_of(256) {
                // Half full: what comes next is new more often than not.
                self.sketch = [0; 8];
            }
            return self.names;
        }
        0
    }
}

/// Which resolvers a host uses.
#[derive(Debug, Default)]
pub(super) struct Resolvers {
    pub(super) inside: bool,
    told: [u32; RESOLVERS_MAX],
}

impl Resolvers {
    /// Whether this outside resolver is one that was not told yet.
    pub(super) fn tell(&mut self, server: Addr) -> bool {
        let server = (crate::hash(server.as_slice()) as u32).max(1);
        match self.told.iter_mut().find(|place| **place == 0 || **place == server) {
            Some(place) if *place == 0 => {
                *place = server;
                true
            }
            _ => false,
        }
    }
}
