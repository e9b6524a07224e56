//! The ground on which the campus's actors stand: the network, the ports that are next, what name servers remember, and the
//! truth, which the actors write while they act.

use super::cast::RESOLVERS;
use super::space::{self, Space, key};
use crate::scene::dns::{self, Answer, Question, Record};
use crate::truth::Truth;
use model::{Addr, Interval, Timestamp};
use std::collections::BTreeMap;
use testkit::dice::Dice;
use testkit::network::{Connection, Host, Network, Path};

/// How many names are remembered before those that have expired are thrown away: a campus of 200 hosts knows some ten thousand.
const REMEMBERED_MAX: usize = 40_000;

/// A thousand times what each 64th of an exponential distribution of mean 1 lies at: a table, since the logarithms of two
/// machines may differ in their last bit.
const EXPONENTIAL: [u64; 64] = [
    8, 24, 40, 56, 73, 90, 107, 125, 143, 161, 179, 198, 217, 237, 257, 277, 298, 319, 341, 363, 386, 409, 433, 458, 483, 508, 535, 562,
    589, 618, 647, 678, 709, 741, 774, 809, 845, 882, 920, 960, 1002, 1045, 1091, 1138, 1188, 1241, 1297, 1356, 1418, 1485, 1556, 1633,
    1717, 1808, 1908, 2019, 2144, 2287, 2454, 2655, 2906, 3243, 3753, 5197,
];

pub(crate) struct Ground {
    pub(crate) network: Network,
    pub(crate) space: Space,
    pub(crate) truth: Truth,
    /// Whether the web is reached through the proxy alone.
    pub(crate) closed: bool,
    ports: BTreeMap<Addr, u16>,
    /// Until when somebody knows a name: by who and what.
    remembered: BTreeMap<u64, Timestamp>,
}

/// A look-up: who asks whom for what.
pub(crate) struct Lookup<'a> {
    pub(crate) client: Host,
    pub(crate) name: &'a str,
    pub(crate) kind: u16,
}

impl Ground {
    pub(crate) const fn new(seed: u64, space: Space, closed: bool) -> Self {
        let truth = Truth { roles: Vec::new(), planted: Vec::new(), infected: Vec::new(), harmless: Vec::new() };
        Self { network: Network::new(seed), space, truth, closed, ports: BTreeMap::new(), remembered: BTreeMap::new() }
    }

    pub(crate) const fn dice(&mut self) -> &mut Dice {
        self.network.dice()
    }

    /// A time of so many milliseconds, more or less.
    pub(crate) const fn about_ms(&mut self, ms: u64) -> Interval {
        Interval::from_nanos(self.dice().between(ms * 500_000, ms * 1_500_000) as i64)
    }

    /// A time of so many seconds in the mean, as between things that happen by chance.
    pub(crate) const fn by_chance(&mut self, mean_secs: u64) -> Interval {
        let per_mille = EXPONENTIAL[self.dice().below(64)];
        let ms = mean_secs * per_mille;
        Interval::from_nanos(self.dice().between(ms * 900_000, ms * 1_100_000 + 1_000_000) as i64)
    }

    /// The next port that a host opens a connection from.
    pub(crate) fn port(&mut self, host: Host) -> u16 {
        let (first, count) = host.system.ports();
        // Behind a router that hides them, all share its counter.
        let (first, count) = if host.hops == 1 { (32_768, 32_000) } else { (first, count) };
        if host.hops != 1 && host.system.draws_ports() {
            return first + self.dice().below(usize::from(count)) as u16;
        }
        let next = self.ports.entry(host.addr).or_insert(first + u16::from(host.addr.octets()[15]) * 37 % count);
        let own = *next;
        *next = if own >= first + (count - 1) { first } else { own + 1 };
        own
    }

    /// A host opens a TCP connection.
    pub(crate) fn connect(&mut self, at: Timestamp, client: Host, server: (Host, u16), path: Path) -> Connection<'_> {
        let port = self.port(client);
        self.network.connect(at, (client, port), server, path)
    }

    /// A look-up at one server, whatever the answer; the time when it is there.
    pub(crate) fn ask(
        &mut self,
        at: Timestamp,
        lookup: &Lookup<'_>,
        server: Host,
        away_ms: u64,
        flags: u8,
        answer: Option<&Answer>,
    ) -> Timestamp {
        let (port, id) = (self.port(lookup.client), self.dice().roll() as u16);
        let question = Question { name: lookup.name, kind: lookup.kind };
        let asks = if server.addr.is_private() { dns::WANTED } else { dns::UNWANTED };
        let replies = if server.addr.is_private() { [0x81, 0x80 | flags] } else { [0x84, flags] };
        let answered = at + self.about_ms(away_ms);
        self.network.udp(at, (lookup.client, port), (server, 53), &question.flagged(id, asks, None));
        self.network.udp(answered, (server, 53), (lookup.client, port), &question.flagged(id, replies, answer));
        answered
    }

    /// A look-up through the campus's resolver, which asks the name's own server where it does not remember; `None` for a
    /// name that does not exist. Who asked lately does not ask again. The time when the answer is there.
    pub(crate) fn resolve(&mut self, at: Timestamp, lookup: &Lookup<'_>, lasts_secs: u32, answer: Option<&Answer>) -> Timestamp {
        let flags = if answer.is_some() { 0 } else { 3 };
        let what = key(lookup.name) ^ space::mix(u64::from(lookup.kind));
        let who = space::mix(u64::from(u32::from_be_bytes(lookup.client.addr.octets()[12..].try_into().unwrap_or_default())));
        if self.knows(what ^ who, at) {
            return at;
        }
        let resolver = RESOLVERS[(who % 2) as usize];
        let mut answered = at + self.about_ms(1);
        let held = space::mix(resolver.addr.octets()[15].into());
        if !self.knows(what ^ held, answered) {
            let asked = answered;
            let authority = self.space.host(key(domain(lookup.name)) ^ 53);
            answered = self.ask(asked, &Lookup { client: resolver, ..*lookup }, authority, 18, flags, answer);
            self.remember(what ^ held, answered + Interval::from_secs(lasts_secs.into()), at);
            answered = answered + Interval::from_nanos(250_000);
        }
        let (port, id) = (self.port(lookup.client), self.dice().roll() as u16);
        let question = Question { name: lookup.name, kind: lookup.kind };
        self.network.udp(at, (lookup.client, port), (resolver, 53), &question.flagged(id, dns::WANTED, None));
        self.network.udp(answered, (resolver, 53), (lookup.client, port), &question.flagged(id, [0x81, 0x80 | flags], answer));
        self.remember(what ^ who, answered + Interval::from_secs(lasts_secs.into()), at);
        answered + Interval::from_nanos(400_000)
    }

    /// The address of a name, looked up.
    pub(crate) fn find(&mut self, at: Timestamp, client: Host, name: &str, addr: Addr) -> Timestamp {
        let answer = Answer::Records(vec![Record::address(600, addr)]);
        self.resolve(at, &Lookup { client, name, kind: dns::A }, 600, Some(&answer))
    }

    fn knows(&self, what: u64, at: Timestamp) -> bool {
        self.remembered.get(&what).is_some_and(|until| *until > at)
    }

    fn remember(&mut self, what: u64, until: Timestamp, now: Timestamp) {
        if self.remembered.len() >= REMEMBERED_MAX {
            self.remembered.retain(|_, until| *until > now);
        }
        self.remembered.insert(what, until);
    }
}

/// The registered domain of a name of this world: its last two labels.
pub(crate) fn domain(name: &str) -> &str {
    let cut = name.rmatch_indices('.').nth(1).map_or(0, |(at, _)| at + 1);
    &name[cut..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_are_the_last_two_labels() {
        assert_eq!(domain("www.blue-heron.example"), "blue-heron.example");
        assert_eq!(domain("blue-heron.example"), "blue-heron.example");
    }

    #[test]
    fn chance_has_the_mean_that_is_asked_for() {
        let mut ground = Ground::new(1, Space::new(1, space::Outside::Spread), false);
        let total: f64 = (0..4000).map(|_| ground.by_chance(100).secs_f64()).sum();
        assert!((94.0..106.0).contains(&(total / 4000.0)), "{}", total / 4000.0);
    }
}
