//! A few pages of one server, asked for in turn.

use model::{Interval, Timestamp, Uid};

/// Paths that are told apart, by hash; one more than an implant's, to see that it is something else.
const PATHS_MAX: usize = 6;

/// What a host asked of a server without a name.
#[derive(Debug, Default)]
pub(super) struct Polling {
    paths: Vec<u64>,
    pub(super) count: u64,
    pub(super) first: Option<Timestamp>,
    last: Timestamp,
    /// It asked for what pages are made of, or for too many things.
    is_browsing: bool,
    pub(super) proof: Option<Uid>,
}

impl Polling {
    /// Takes a request in.
    pub(super) fn add(&mut self, path: &[u8], at: Timestamp, proof: Option<Uid>) {
        const PARTS: [&[u8]; 10] = [b".css", b".js", b".png", b".gif", b".jpg", b".ico", b".svg", b".woff", b".woff2", b".webp"];
        self.count += 1;
        self.first.get_or_insert(at);
        self.last = self.last.max(at);
        self.proof = self.proof.or(proof);
        self.is_browsing |= PARTS.iter().any(|ending| crate::ends_with(path, ending));
        let path = crate::hash(path);
        if !self.paths.contains(&path) && self.paths.len() < PATHS_MAX {
            self.paths.push(path);
        }
    }

    /// How many paths there are.
    pub(super) fn paths(&self) -> usize {
        self.paths.len()
    }

    /// From the first request to the last.
    pub(super) fn lasted(&self) -> Interval {
        self.first.map_or(Interval::ZERO, |first| self.last.since(first))
    }

    /// Whether it looks like asking for orders.
    pub(super) fn asks_for_orders(&self, requests_min: u64, lasting: Interval) -> bool {
        // A page that renews itself asks faster than once in two seconds, or for one thing.
        let unhurried = self.lasted().secs_f64() >= 1.5 * self.count as f64;
        !self.is_browsing
            && self.count >= requests_min
            && (2..PATHS_MAX).contains(&self.paths.len())
            && self.lasted() >= lasting
            && unhurried
    }
}
