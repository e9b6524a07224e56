//! Operating systems and hop counts of hosts, by the SYNs and SYN+ACKs that they send (passive fingerprinting, after p0f).
//!
//! Whoever names no database still learns hop counts: the nearest of the initial times to live that systems use, less what was
//! left.

mod database;
mod signature;

pub use database::Database;

use bounded::Map;
use bounded::Table;
use contract::seen::Stack;
use database::Fit;
use model::{Addr, Interval, Timestamp, Uid};
use signature::Signature;

/// Hosts whose stack is known: 200,000 of some 70 bytes are 14 MB.
const HOSTS_MAX: usize = 200_000;
/// Signatures whose fit is remembered, of some 100 bytes: a network has a few hundred.
const FITS_MAX: usize = 8_192;
/// SYNs whose segment size is remembered until the answer, which follows within a second as a rule.
const PEERS_MAX: usize = 1_024;
/// Hosts and stacks that are not told again too soon: 200,000 of some 60 bytes are 12 MB.
const TOLD_MAX: usize = 200_000;
/// The same stack of a host is told again after this: often enough to see two clocks behind one address.
const TOLD_AGAIN: Interval = Interval::from_secs(600);
/// The initial times to live that systems use.
const INITIAL_TTLS: [u64; 4] = [32, 64, 128, 255];

/// What was fitted, by signature.
#[derive(Debug)]
pub(crate) struct Stacks {
    hosts: Table<Addr, Host>,
    fits: Map<Box<[u8]>, Option<Fit>>,
    /// The connection and the segment size of SYNs, placed by the connection's number.
    peers: Box<[(u64, u16)]>,
    key: Vec<u8>,
    /// When a stack was last told of a host, by both.
    told: Table<(Addr, u64), Timestamp>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Host {
    fit: Option<Fit>,
    hops: Option<u8>,
}

impl Default for Stacks {
    fn default() -> Self {
        Self {
            hosts: Table::new(HOSTS_MAX),
            fits: Map::default(),
            peers: vec![(0, 0); PEERS_MAX].into_boxed_slice(),
            key: Vec::new(),
            told: Table::new(TOLD_MAX),
        }
    }
}

impl Stacks {
    /// A SYN or SYN+ACK was seen.
    pub(crate) fn learn(&mut self, stack: &Stack<'_>, database: &Database) {
        let Some(is_syn) = stack.is_orig() else { return };
        let (Some((addr, _)), Some(ttl)) = (if is_syn { stack.orig() } else { stack.resp() }, stack.ttl()) else { return };
        let fit = if database.is_empty() { None } else { self.fit(stack, is_syn, ttl as u8, database) };
        let host = self.hosts.entry(addr, Host::default);
        host.hops = hops(ttl);
        // A tool's packet says nothing of the system that it runs on.
        let Some(fit) = fit.filter(|fit| database.system(*fit).is_some()) else { return };
        if !fit.fuzzy || host.fit.is_none_or(|known| known.fuzzy) {
            host.fit = Some(fit);
        }
    }

    fn fit(&mut self, stack: &Stack<'_>, is_syn: bool, ttl: u8, database: &Database) -> Option<Fit> {
        let number = stack.uid().map_or(0, Uid::low_bits);
        let place = (number % PEERS_MAX as u64) as usize;
        let peer_mss = match (is_syn, self.peers.get_mut(place)) {
            (true, Some(peer)) => {
                *peer = (number, mss(stack.signature()));
                0
            }
            (false, Some(peer)) if peer.0 == number => peer.1,
            _ => 0,
        };
        self.key.clear();
        self.key.extend_from_slice(&[u8::from(is_syn), ttl]);
        self.key.extend_from_slice(&peer_mss.to_be_bytes());
        self.key.extend_from_slice(stack.signature());
        if let Some(known) = self.fits.get(self.key.as_slice()) {
            return *known;
        }
        let text = std::str::from_utf8(stack.signature()).ok()?;
        let fit = Signature::parse(text).ok().and_then(|seen| database.fit(is_syn, &seen, ttl, peer_mss));
        if self.fits.len() >= FITS_MAX {
            self.fits.clear();
        }
        self.fits.insert(self.key.as_slice().into(), fit);
        fit
    }

    /// Whether a stack is to be told: where it is new for its host, or was told long ago.
    pub(crate) fn is_news(&mut self, stack: &Stack<'_>) -> bool {
        let (Some(is_syn), ttl) = (stack.is_orig(), stack.ttl()) else { return false };
        let Some((addr, _)) = (if is_syn { stack.orig() } else { stack.resp() }) else { return false };
        let signature = bounded::fingerprint(&(is_syn, ttl, stack.signature()));
        let now = stack.ts();
        let mut is_new = false;
        let told = self.told.entry((addr, signature), || {
            is_new = true;
            now
        });
        if is_new || now.since(*told) >= TOLD_AGAIN {
            *told = now;
            return true;
        }
        false
    }

    /// The operating system of a host.
    pub(crate) fn os<'a>(&self, addr: Addr, database: &'a Database) -> Option<&'a str> {
        self.hosts.get(&addr)?.fit.and_then(|fit| database.system(fit))
    }

    /// How many hops away a host is.
    pub(crate) fn hops(&self, addr: Addr) -> Option<u8> {
        self.hosts.get(&addr)?.hops
    }

    pub(crate) fn held_bytes(&self) -> usize {
        self.hosts.len() * (size_of::<(Addr, Host)>() + 16) + self.fits.len() * 120 + PEERS_MAX * 16 + self.told.len() * 64
    }

    pub(crate) const fn dropped(&self) -> u64 {
        self.hosts.dropped()
    }
}

/// The hops from the nearest initial time to live down to what was left.
fn hops(ttl: u64) -> Option<u8> {
    let initial = INITIAL_TTLS.into_iter().find(|initial| ttl <= *initial)?;
    u8::try_from(initial - ttl).ok()
}

/// The segment size that a signature states: its fourth field.
fn mss(signature: &[u8]) -> u16 {
    let field = signature.split(|byte| *byte == b':').nth(3).and_then(|field| std::str::from_utf8(field).ok());
    field.and_then(|field| field.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests;
