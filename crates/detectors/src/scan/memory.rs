//! What is remembered of who tried what: per source, per source and port, per source and destination. All bounded.

use crate::distinct::Distinct;
use contract::SAMPLE_MAX;
use model::{Addr, Interval, Timestamp, Uid};
use smallvec::SmallVec;

/// Destinations of a source whose first contact is told from later ones, by hash; the walk is decided long before.
const CONTACTED_MAX: usize = 64;

/// From when to when something went on, and a sample of it.
#[derive(Debug, Default)]
pub(super) struct Course {
    pub(super) first: Option<Timestamp>,
    pub(super) last: Option<Timestamp>,
    /// Attempts, repeated ones among them.
    pub(super) attempts: u64,
    /// One of each lies in the course itself: most failures are alone.
    pub(super) peers: SmallVec<[Addr; 1]>,
    pub(super) proofs: SmallVec<[Uid; 1]>,
    /// What was told last, so that it is told again only when it has doubled.
    pub(super) told: u32,
}

impl Course {
    /// The most bytes on the heap.
    pub(super) const HEAP_BYTES_MAX: usize = SAMPLE_MAX * (size_of::<Addr>() + size_of::<Uid>());

    /// Whether so much time has passed that what comes now is a new beginning.
    pub(super) fn is_stale(&self, at: Timestamp, idle: Interval) -> bool {
        self.last.is_some_and(|last| at - last > idle)
    }

    /// Whether it goes on for so long without having been told that it is a habit: an hour on the web's ports, else a day.
    pub(super) fn is_endless(&self, port: u16) -> bool {
        let most = Interval::from_secs(if matches!(port, 80 | 443 | 8080) { 3600 } else { 24 * 3600 });
        self.told == 0 && self.length() > most
    }

    /// One more attempt.
    pub(super) fn went(&mut self, at: Timestamp) {
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        self.last = Some(self.last.map_or(at, |last| last.max(at)));
        self.attempts += 1;
    }

    /// Keeps a sample, as long as it has room.
    pub(super) fn sample(&mut self, peer: Addr, uid: Option<Uid>) {
        if self.peers.len() < SAMPLE_MAX && !self.peers.contains(&peer) {
            self.peers.push(peer);
        }
        if let Some(uid) = uid
            && self.proofs.len() < SAMPLE_MAX
        {
            self.proofs.push(uid);
        }
    }

    /// How long it took.
    pub(super) fn length(&self) -> Interval {
        match (self.first, self.last) {
            (Some(first), Some(last)) => last - first,
            _ => Interval::ZERO,
        }
    }

    /// Whether `count` is worth telling: for the first time from `limit` on, then whenever it has doubled.
    pub(super) fn is_news(&mut self, count: u32, limit: u32) -> bool {
        let news = count >= limit && (self.told == 0 || count >= self.told.saturating_mul(2));
        if news {
            self.told = count;
        }
        news
    }
}

/// A source over all that it tries.
#[derive(Debug, Default)]
pub(super) struct Source {
    pub(super) course: Course,
    /// The random walk.
    pub(super) walk: i32,
    pub(super) contacted: SmallVec<[u32; 4]>,
    /// Failed pairs of host and port, and the hosts and ports among them.
    pub(super) pairs: Distinct,
    pub(super) hosts: Distinct,
    pub(super) ports: Distinct,
    /// Packets without flags, by host and port.
    pub(super) flagless: Distinct,
    pub(super) flagless_told: u32,
    /// Failures in unused space, by host.
    pub(super) unused: Distinct,
    /// ICMP messages to it that say that something can't be reached.
    pub(super) unreachable: u64,
    pub(super) volume_told: u32,
    /// Destinations on which the source's port scans were told: only so many are told one by one.
    pub(super) scanned: u32,
}

impl Source {
    /// The most bytes that one can hold on the heap: what its parts can.
    pub(super) const HEAP_BYTES_MAX: usize = Course::HEAP_BYTES_MAX + CONTACTED_MAX * size_of::<u32>() + 5 * Distinct::HEAP_BYTES_MAX;

    /// Takes a step of the walk if this is the first contact with a host. True if it was.
    pub(super) fn step(&mut self, host: u64, failed: bool, bound: i32) -> bool {
        let short = crate::distinct::mix(host) as u32;
        if self.contacted.len() >= CONTACTED_MAX || self.contacted.contains(&short) {
            return false;
        }
        self.contacted.push(short);
        // It may walk on beyond a decision, but not far: a host that was good for a year can fall ill.
        self.walk = (self.walk + if failed { 1 } else { -1 }).clamp(-bound, bound);
        true
    }
}

/// One port of many hosts, as one source tries it.
#[derive(Debug, Default)]
pub(super) struct Sweep {
    pub(super) course: Course,
    pub(super) failed: Distinct,
    pub(super) answered: Distinct,
    pub(super) unused: u32,
}

impl Sweep {
    /// The most bytes that one can hold on the heap: what its parts can.
    pub(super) const HEAP_BYTES_MAX: usize = Course::HEAP_BYTES_MAX + 2 * Distinct::HEAP_BYTES_MAX;
}

/// Many ports of one host, as one source tries them.
#[derive(Debug, Default)]
pub(super) struct Pair {
    pub(super) course: Course,
    /// Ports that gave nothing, and how many of them are below those of clients.
    pub(super) failed: Distinct,
    pub(super) low: u32,
    pub(super) answered: Distinct,
    pub(super) fins: Distinct,
    pub(super) fins_told: u32,
    /// The source's own ports.
    pub(super) own_ports: Distinct,
    /// Whether the two speak FTP, whose data goes to ports that change.
    pub(super) ftp: bool,
    pub(super) is_told_high: bool,
}

impl Pair {
    /// The most bytes that one can hold on the heap: what its parts can.
    pub(super) const HEAP_BYTES_MAX: usize = Course::HEAP_BYTES_MAX + 4 * Distinct::HEAP_BYTES_MAX;
}
