//! The ledger of daily life: sessions, interval, bytes, duration and peers per application, host, port, network or hour.
//!
//! S1's profile of DNS is the model: very many sessions, at irregular intervals, a few bytes, within a second, to one port over
//! UDP. Sessions come one by one and in any order; memory is bounded, and what finds no room is counted.

use super::hours::{Hours, hour_of, today, usual};
use super::spread::Spread;
use crate::distinct::Distinct;
use crate::hash;
use bounded::Table;
use model::Addr;
use std::collections::{BTreeSet, HashMap};

/// Lines of a ledger: more would be a scan's targets, one line each. A line takes a kilobyte or two, and 20 at the very most.
const LINES_MAX: usize = 10_000;
/// Hours of which it is known that there was anything: two years.
const COVERED_HOURS_MAX: usize = 2 * 366 * 24;
/// Pairs of line and host of which the last session is remembered, for the interval.
const LASTS_MAX: usize = 200_000;
/// Ports that a line names; how many there are in all is counted.
const PORTS_MAX: usize = 4;
/// The longest name of a line, in bytes: names of services are short.
const NAME_BYTES_MAX: usize = 64;

/// What the lines of a ledger are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The application, as recognised by content; the port where none was.
    Application,
    /// Who opens sessions.
    Host,
    /// With whom.
    Destination,
    /// The port and what carries it.
    Port,
    /// The network of those who open sessions: 24 bits of IPv4, 64 of IPv6.
    Network,
    /// The hour of the day, UTC.
    Hour,
}

/// A session as the ledger sees it.
#[derive(Clone, Copy, Debug)]
pub struct Session<'a> {
    /// When it began, in microseconds since the epoch.
    pub at: i64,
    /// Who opened it.
    pub orig: Addr,
    /// Who answered.
    pub resp: Addr,
    /// The port there.
    pub port: u16,
    /// `tcp`, `udp`, `icmp`.
    pub proto: &'a str,
    /// The application; empty where none was recognised.
    pub service: &'a str,
    /// Bytes to and from the one who answered.
    pub bytes: u64,
    /// How long, in seconds.
    pub secs: f64,
}

/// A line of a ledger.
#[derive(Debug, Default)]
pub struct Line {
    /// Sessions.
    pub sessions: u64,
    /// Bytes in all.
    pub bytes: u64,
    /// When first, in microseconds since the epoch.
    pub first: i64,
    /// When last.
    pub last: i64,
    /// Seconds between a host's sessions.
    pub intervals: Spread,
    /// Bytes of a session.
    pub sizes: Spread,
    /// Seconds that a session lasts.
    pub durations: Spread,
    /// Some of the ports.
    pub ports: Vec<String>,
    hosts: Distinct,
    peers: Distinct,
    all_ports: Distinct,
    hours: Hours,
}

impl Line {
    /// Who opens such sessions: how many hosts.
    pub fn hosts(&self) -> u64 {
        self.hosts.count().into()
    }

    /// With whom: how many.
    pub fn peers(&self) -> u64 {
        self.peers.count().into()
    }

    /// How many ports.
    pub fn port_count(&self) -> u64 {
        self.all_ports.count().into()
    }

    fn add(&mut self, session: &Session<'_>) {
        self.first = if self.sessions == 0 { session.at } else { self.first.min(session.at) };
        self.last = if self.sessions == 0 { session.at } else { self.last.max(session.at) };
        self.sessions += 1;
        self.bytes = self.bytes.saturating_add(session.bytes);
        self.sizes.add(session.bytes as f64);
        self.durations.add(session.secs);
        self.hosts.add(hash(session.orig.octets()));
        self.peers.add(hash(session.resp.octets()));
        let port = port(session);
        if self.all_ports.add(hash(port.as_bytes())) && self.ports.len() < PORTS_MAX {
            self.ports.push(port);
        }
        self.hours.add(hour_of(session.at));
    }
}

/// How much there was today, and how much there usually is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compared {
    /// Sessions on the last day of the data.
    pub today: u64,
    /// Sessions on other days up to the same hour; `None` where there are no other days.
    pub usual: Option<f64>,
    /// Whether there was none before.
    pub is_new: bool,
}

/// The ledger.
#[derive(Debug)]
pub struct Ledger {
    by: By,
    lines: HashMap<String, Line>,
    lasts: Table<(u64, Addr), i64>,
    covered: BTreeSet<i64>,
    sessions: u64,
    dropped: u64,
}

impl Ledger {
    /// An empty one.
    pub fn new(by: By) -> Self {
        let (lines, lasts) = (HashMap::new(), Table::new(LASTS_MAX));
        Self { by, lines, lasts, covered: BTreeSet::new(), sessions: 0, dropped: 0 }
    }

    /// Enters a session.
    pub fn add(&mut self, session: &Session<'_>) {
        self.sessions += 1;
        let name = name(self.by, session);
        if self.lines.len() >= LINES_MAX && !self.lines.contains_key(&name) {
            self.dropped += 1;
            return;
        }
        self.covered.insert(hour_of(session.at));
        if self.covered.len() > COVERED_HOURS_MAX {
            self.covered.pop_first();
        }
        let last = self.lasts.entry((hash(name.as_bytes()), session.orig), || i64::MIN);
        let before = std::mem::replace(last, session.at.max(*last));
        let line = self.lines.entry(name).or_default();
        // Connections are written as they end, so that some begin before one that was seen: those tell no interval.
        if before != i64::MIN && session.at >= before {
            line.intervals.add((session.at - before) as f64 / 1e6);
        }
        line.add(session);
    }

    /// All lines in the order of their names.
    pub fn lines(&self) -> Vec<(&str, &Line)> {
        let mut all: Vec<_> = self.lines.iter().map(|(name, line)| (name.as_str(), line)).collect();
        all.sort_by_key(|(name, _)| *name);
        all
    }

    /// Sessions in all.
    pub const fn sessions(&self) -> u64 {
        self.sessions
    }

    /// Sessions that found no line.
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// A line today, against other days of this ledger and of others.
    pub fn compared(&self, name: &str, line: &Line, others: &[Ledger]) -> Compared {
        let latest = self.covered.last().copied().unwrap_or(0);
        let midnight = latest.div_euclid(24) * 24;
        let of_others: Vec<&Line> = others.iter().filter_map(|other| other.lines.get(name)).collect();
        let mut covered = self.covered.clone();
        covered.extend(others.iter().flat_map(|other| other.covered.iter().copied()));
        let hours: Vec<&Hours> = std::iter::once(&line.hours).chain(of_others.iter().map(|other| &other.hours)).collect();
        let has_before = !others.is_empty() || self.covered.first().is_some_and(|first| *first < midnight);
        let was_before = !of_others.is_empty() || (others.is_empty() && line.hours.known().any(|hour| hour < midnight));
        Compared { today: today(&line.hours, latest), usual: usual(&hours, &covered, latest), is_new: has_before && !was_before }
    }
}

/// The name of the line that a session belongs to.
fn name(by: By, session: &Session<'_>) -> String {
    match by {
        By::Application => application(session),
        By::Host => session.orig.to_string(),
        By::Destination => session.resp.to_string(),
        By::Port => port(session),
        By::Network => network(session.orig),
        By::Hour => format!("{:02}:00", hour_of(session.at).rem_euclid(24)),
    }
}

/// The application of a session: its service, or its port.
pub(super) fn application(session: &Session<'_>) -> String {
    if session.service.is_empty() {
        return port(session);
    }
    let end = session.service.char_indices().map(|(at, _)| at).find(|at| *at >= NAME_BYTES_MAX).unwrap_or(session.service.len());
    session.service.get(..end).unwrap_or("").to_owned()
}

fn port(session: &Session<'_>) -> String {
    match session.proto {
        // What conn.log calls a port is a message's type there.
        "icmp" => "icmp".to_owned(),
        proto => format!("{}/{proto}", session.port),
    }
}

fn network(addr: Addr) -> String {
    let bytes = addr.as_slice();
    match bytes {
        [a, b, c, _] => format!("{a}.{b}.{c}.0/24"),
        _ => {
            let mut head = *addr.octets();
            head.iter_mut().skip(8).for_each(|byte| *byte = 0);
            format!("{}/64", Addr::v6(head))
        }
    }
}
