//! Floods of names that do not exist: who asks for many under one domain.

use super::definitions::NXDOMAIN_FLOOD;
use crate::contact::number;
use crate::distinct::Distinct;
use bounded::Table;
use contract::seen::Dns;
use contract::{Finding, SAMPLE_MAX, Tell};
use model::{Addr, Interval, Timestamp, Uid};

/// Clients with a domain that are watched at a time.
const ASKERS_MAX: usize = 4096;

/// A client's questions under one domain.
#[derive(Debug, Default)]
struct Asker {
    names: Distinct,
    first: Option<Timestamp>,
    count: u64,
    exist: u32,
    servers: Vec<Addr>,
    proofs: Vec<Uid>,
    told: u32,
}

impl Asker {
    /// The most bytes that one can hold on the heap: what its parts can.
    const HEAP_BYTES_MAX: usize = Distinct::HEAP_BYTES_MAX + SAMPLE_MAX * (size_of::<Addr>() + size_of::<Uid>());
}

/// All of them.
pub(super) struct Askers {
    table: Table<(Addr, u64), Asker>,
    least: u32,
    window: Interval,
}

impl Askers {
    /// The most that is held.
    pub(super) const HELD_BYTES_MAX: usize = Table::<(Addr, u64), Asker>::held_bytes_max(ASKERS_MAX) + ASKERS_MAX * Asker::HEAP_BYTES_MAX;

    pub(super) fn new(least: u32, window: Interval) -> Self {
        Self { table: Table::new(ASKERS_MAX), least, window }
    }

    pub(super) fn held_bytes(&self) -> usize {
        self.table.held_bytes() + self.table.len() * Asker::HEAP_BYTES_MAX
    }

    pub(super) const fn dropped(&self) -> u64 {
        self.table.dropped()
    }

    /// A question with its answer.
    pub(super) fn see(&mut self, dns: &Dns<'_>, out: &mut dyn Tell) {
        let exists = match dns.rcode_name() {
            b"NXDOMAIN" => false,
            b"NOERROR" => true,
            _ => return,
        };
        let (Some((client, _)), Some((server, 53))) = (dns.orig(), dns.resp()) else { return };
        // Where only answers are seen, names are not; then it counts that this server never says anything else.
        let unseen = dns.query().is_empty();
        let Some(parent) = parent(dns.query()).or(unseen.then_some(&b""[..])) else { return };
        let key = (client, crate::hash(parent) ^ if unseen { number(server) } else { 0 });
        if exists {
            if let Some(asker) = self.table.get_mut(&key) {
                asker.exist += 1;
            }
            return;
        }
        let at = dns.ts();
        let asker = self.table.entry(key, Asker::default);
        if asker.first.is_some_and(|first| at - first > self.window) {
            *asker = Asker::default();
        }
        asker.first = Some(asker.first.map_or(at, |first| first.min(at)));
        asker.count += 1;
        let name = if unseen { asker.count } else { crate::hash(dns.query()) };
        if !asker.names.add(name) {
            return;
        }
        if asker.proofs.len() < SAMPLE_MAX {
            asker.proofs.extend(dns.uid());
            if !asker.servers.contains(&server) {
                asker.servers.push(server);
            }
        }
        let count = asker.names.count();
        if count < self.least || asker.exist > 0 || count < asker.told.saturating_mul(2) {
            return;
        }
        asker.told = count;
        let finding = Finding::new(&NXDOMAIN_FLOOD, client, at, 88)
            .about(parent)
            .since(asker.first.unwrap_or(at))
            .times(asker.count)
            .peers(asker.servers.iter().copied())
            .proofs(asker.proofs.iter().copied())
            .quote(dns.query())
            .measure("names", f64::from(count), f64::from(self.least), "");
        out.finding(finding);
    }
}

/// The domain directly above a name of exactly three labels: deeper names are lists of addresses and search suffixes; `arpa`
/// is for addresses.
fn parent(query: &[u8]) -> Option<&[u8]> {
    let dots = query.iter().filter(|byte| **byte == b'.').count();
    if dots != 2 || crate::ends_with(query, b".arpa") || crate::ends_with(query, b".local") {
        return None;
    }
    let at = query.iter().position(|byte| *byte == b'.')?;
    query.get(at + 1..)
}
