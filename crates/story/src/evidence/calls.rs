//! How often and how regularly a host called: connections per destination, and requests per page.
//!
//! Both tables have two generations: what was used since the last turn, and what was used before it. When the young one is full,
//! the old one is let go, but for the calls of hosts that have been accused by then. A host that calls a million others turns
//! the table often; so does nobody's ordinary day.

use super::rows::{Bytes, text};
use bounded::fingerprint;
use bounded::{Dense, Set};
use contract::seen::{Conn, Http, Proto};
use model::{Addr, Timestamp, Uid};
use smallvec::SmallVec;

/// Destinations of hosts that are told apart: 40,000 of some 200 bytes are 8 MB.
const PAIRS_MAX: usize = 40_000;
/// Pages that are told apart: 20,000 of some 350 bytes are 7 MB.
const PAGES_MAX: usize = 20_000;
/// Calls of accused hosts that outlive a turn.
const KEPT_MAX: usize = 8_000;
/// Times that are kept of one destination, the latest: enough to see an interval and its spread.
const TIMES_MAX: usize = 48;

/// Calls of one host to one destination.
#[derive(Clone, Debug)]
pub(crate) struct Calls {
    pub(crate) client: Addr,
    pub(crate) server: Addr,
    pub(crate) port: u16,
    pub(crate) proto: Proto,
    /// The protocol that was recognised, or the method of the request.
    pub(crate) service: Bytes,
    /// The host that the requests name, and the path; empty for connections.
    pub(crate) page: (Bytes, Bytes),
    pub(crate) count: u64,
    /// Those that were answered.
    pub(crate) answered: u64,
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
    pub(crate) sent: u64,
    pub(crate) received: u64,
    /// The longest, in nanoseconds.
    pub(crate) longest_ns: i64,
    /// The first and the latest that prove it.
    pub(crate) uids: [Option<Uid>; 2],
    /// Milliseconds from [`Calls::epoch`], the latest [`TIMES_MAX`].
    times: SmallVec<[u32; 4]>,
    epoch: Timestamp,
}

impl Calls {
    fn note(&mut self, at: Timestamp, uid: Option<Uid>, sent: u64, received: u64) {
        self.count += 1;
        self.first = self.first.min(at);
        self.last = self.last.max(at);
        self.sent = self.sent.saturating_add(sent);
        self.received = self.received.saturating_add(received);
        let place = usize::from(self.uids[0].is_some());
        self.uids[place] = uid.or(self.uids[place]);
        let millis = (at - self.epoch).nanos() / 1_000_000;
        if self.times.len() >= TIMES_MAX {
            self.times.remove(0);
        }
        // What was before the first is put at it: rows come about in order.
        self.times.push(u32::try_from(millis.max(0)).unwrap_or(u32::MAX));
    }

    /// How regularly it called.
    pub(crate) fn rhythm(&self) -> Option<Rhythm> {
        let mut times = self.times.clone();
        times.sort_unstable();
        let mut gaps: Vec<u32> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        // Several at once are one call.
        gaps.retain(|gap| *gap >= 500);
        if gaps.len() < RHYTHM_GAPS_MIN {
            return None;
        }
        let middle = median(&mut gaps);
        let mut off: Vec<u32> = gaps.iter().map(|gap| gap.abs_diff(middle)).collect();
        Some(Rhythm { every_ms: middle, spread_ms: median(&mut off), gaps: gaps.len() })
    }

    fn heap_bytes(&self) -> usize {
        self.service.len() + self.page.0.len() + self.page.1.len() + self.times.capacity() * size_of::<u32>()
    }
}

/// Fewer intervals than this are no rhythm.
const RHYTHM_GAPS_MIN: usize = 4;

/// The interval between calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rhythm {
    /// The median interval.
    pub(crate) every_ms: u32,
    /// The median of what the intervals differ from it.
    pub(crate) spread_ms: u32,
    /// Over how many intervals.
    pub(crate) gaps: usize,
}

impl Rhythm {
    /// Whether a clock drives it rather than a person: half of the intervals are within an eighth of the median.
    pub(crate) const fn is_regular(&self) -> bool {
        self.every_ms >= 1_000 && self.spread_ms <= self.every_ms / 8
    }
}

fn median(values: &mut [u32]) -> u32 {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// All calls.
#[derive(Debug, Default)]
pub(crate) struct AllCalls {
    pairs: Generations,
    pages: Generations,
}

impl AllCalls {
    /// A connection has ended.
    pub(crate) fn connection(&mut self, conn: &Conn<'_>, accused: &Set<Addr>) {
        let (Some((client, _)), Some((server, port))) = (conn.orig(), conn.resp()) else { return };
        let proto = conn.proto();
        let key = fingerprint(&(client, server, port, proto as u8));
        let (sent, received) = (conn.orig_bytes().unwrap_or_default(), conn.resp_bytes().unwrap_or_default());
        let make = || Calls { proto, service: text(conn.service()), ..empty(client, (server, port), conn.ts()) };
        let calls = self.pairs.entry(key, PAIRS_MAX, accused, make);
        calls.note(conn.ts(), conn.uid(), sent, received);
        calls.answered += u64::from(conn.resp_pkts().unwrap_or_default() > 0);
        calls.longest_ns = calls.longest_ns.max(conn.duration().map_or(0, model::Interval::nanos));
    }

    /// A request was made.
    pub(crate) fn request(&mut self, http: &Http<'_>, client: Addr, server: (Addr, u16), accused: &Set<Addr>) {
        let path = http.uri().split(|byte| *byte == b'?').next().unwrap_or_default();
        let key = fingerprint(&(client, server.0, http.method(), http.host(), path));
        let make = || Calls { service: text(http.method()), page: (text(http.host()), text(path)), ..empty(client, server, http.ts()) };
        let calls = self.pages.entry(key, PAGES_MAX, accused, make);
        let (sent, received) = (http.request_body_len().unwrap_or_default(), http.response_body_len().unwrap_or_default());
        calls.note(http.ts(), http.uid(), sent, received);
        calls.answered += u64::from(http.status_code().is_some());
    }

    /// Connections of some hosts and to them by destination, the earliest first.
    pub(crate) fn pairs(&self, hosts: &Set<Addr>) -> Vec<&Calls> {
        self.pairs.of(hosts)
    }

    /// Requests of some hosts and to them by page, the earliest first.
    pub(crate) fn pages(&self, hosts: &Set<Addr>) -> Vec<&Calls> {
        self.pages.of(hosts)
    }

    pub(crate) fn held_bytes(&self) -> usize {
        self.pairs.held_bytes() + self.pages.held_bytes()
    }

    pub(crate) const fn dropped(&self) -> u64 {
        self.pairs.dropped + self.pages.dropped
    }

    pub(crate) const fn forgotten(&self) -> u64 {
        self.pairs.forgotten + self.pages.forgotten
    }
}

fn empty(client: Addr, (server, port): (Addr, u16), at: Timestamp) -> Calls {
    Calls {
        client,
        server,
        port,
        proto: Proto::Tcp,
        service: Bytes::default(),
        page: Default::default(),
        count: 0,
        answered: 0,
        first: at,
        last: at,
        sent: 0,
        received: 0,
        longest_ns: 0,
        uids: [None; 2],
        times: SmallVec::new(),
        epoch: at,
    }
}

/// A key by hash: 64 bits tell a hundred thousand destinations apart, with a chance of one in a billion to mix two up.
/// A table that does not outgrow its limit.
#[derive(Debug, Default)]
struct Generations {
    young: Dense<u64, Calls>,
    old: Dense<u64, Calls>,
    kept: Dense<u64, Calls>,
    /// Calls of accused hosts that found no room.
    dropped: u64,
    /// Calls that were let go when they had become old.
    forgotten: u64,
}

impl Generations {
    fn entry(&mut self, key: u64, max: usize, accused: &Set<Addr>, make: impl FnOnce() -> Calls) -> &mut Calls {
        if self.kept.contains_key(&key) {
            return self.kept.entry(key, |_| make());
        }
        if self.young.len() >= max / 2 && !self.young.contains_key(&key) {
            let calls = self.old.remove(&key).map_or_else(make, |(_, calls)| calls);
            self.turn(accused);
            return self.young.entry(key, |_| calls);
        }
        let Self { young, old, .. } = self;
        young.entry(key, |key| old.remove(key).map_or_else(make, |(_, calls)| calls))
    }

    fn turn(&mut self, accused: &Set<Addr>) {
        let old = std::mem::replace(&mut self.old, std::mem::take(&mut self.young));
        let mut matters: Vec<(u64, Calls)> = Vec::new();
        for (key, calls) in old.into_entries() {
            if accused.contains(&calls.client) || accused.contains(&calls.server) {
                matters.push((key, calls));
            } else {
                self.forgotten += 1;
            }
        }
        // Which of them find room must not depend on the order of a hash table: the most frequent, then the earliest.
        matters.sort_by_key(|(key, calls)| (std::cmp::Reverse(calls.count), calls.first, *key));
        for (key, calls) in matters {
            if self.kept.len() < KEPT_MAX {
                self.kept.entry(key, |_| calls);
            } else {
                self.dropped += 1;
            }
        }
    }

    /// All of them, in no order.
    fn all(&self) -> impl Iterator<Item = &Calls> {
        self.young.values().chain(self.old.values()).chain(self.kept.values())
    }

    /// Those of some hosts and to them, the earliest first.
    fn of(&self, hosts: &Set<Addr>) -> Vec<&Calls> {
        let mut found: Vec<&Calls> = self.all().filter(|calls| hosts.contains(&calls.client) || hosts.contains(&calls.server)).collect();
        found.sort_by(|a, b| (a.first, a.client, a.server, a.port, &a.page).cmp(&(b.first, b.client, b.server, b.port, &b.page)));
        found
    }

    fn held_bytes(&self) -> usize {
        [&self.young, &self.old, &self.kept]
            .iter()
            .map(|table| table.held_bytes() + table.values().map(Calls::heap_bytes).sum::<usize>())
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rhythm_is_the_median_interval_whatever_came_in_a_burst() {
        let host = Addr::v4([10, 0, 0, 1]);
        let start = Timestamp::from_secs(1_000);
        let mut calls = empty(host, (host, 80), start);
        for millis in [0, 300, 900, 61_000, 121_200, 181_300, 241_400, 301_900, 362_000] {
            calls.note(start + model::Interval::from_millis(millis), None, 181, 23);
        }
        let rhythm = calls.rhythm().expect("a rhythm");
        assert!((60_000..60_500).contains(&rhythm.every_ms) && rhythm.spread_ms < 500 && rhythm.is_regular(), "{rhythm:?}");
        assert_eq!((calls.count, calls.sent), (9, 9 * 181));
        let mut person = empty(host, (host, 80), start);
        for secs in [0, 3, 40, 44, 300, 310, 900, 2_000] {
            person.note(start + model::Interval::from_secs(secs), None, 0, 0);
        }
        assert!(!person.rhythm().expect("intervals").is_regular());
    }

    #[test]
    fn calls_of_the_accused_outlive_the_turns_of_a_table() {
        let accused = Set::from_iter([Addr::v4([10, 0, 0, 1])]);
        let mut table = Generations::default();
        let at = Timestamp::from_secs(1);
        for number in 0..1_000_u32 {
            let client = if number == 3 { Addr::v4([10, 0, 0, 1]) } else { Addr::v4((number + 4).to_be_bytes()) };
            table.entry(u64::from(number), 100, &accused, || empty(client, (client, 1), at));
        }
        assert_eq!(table.all().filter(|calls| accused.contains(&calls.client)).count(), 1);
        assert_eq!(table.all().count() as u64 + table.forgotten, 1_000);
        assert!(table.all().count() <= 101);
    }
}
