//! Masters that are gone: names that do not exist any more and addresses that do not answer, tried one after the other.

use model::{Addr, Interval, Timestamp};

/// Names, or addresses, that are told apart for one host: past any threshold.
const EACH_MAX: usize = 32;
/// So long after the first one the count begins anew.
const WINDOW: Interval = Interval::from_secs(1800);

/// What a host tried in vain.
#[derive(Debug, Default)]
pub(super) struct Dead {
    since: Option<Timestamp>,
    /// Registered domains, by hash, each with how often it was asked for.
    domains: Vec<(u64, u32)>,
    /// Addresses with the port, outside, that did not answer or refused.
    ends: Vec<(Addr, u16)>,
    /// How many addresses and ports these are.
    counts: (usize, usize),
}

impl Dead {
    /// Begins anew when the window has passed. Whether the entries' number changed is seen by [`Dead::kept`].
    fn turn(&mut self, at: Timestamp) {
        if self.since.is_none_or(|since| at.since(since) > WINDOW) {
            *self = Self { since: Some(at), ..Self::default() };
        }
    }

    /// A name that does not exist, by a name server's word (`denied`), or that nobody answers for: that counts only for what was
    /// denied before, since a host without a network gets no answers at all. How many domains there are, and the most that
    /// one was asked for.
    pub(super) fn name(&mut self, domain: u64, denied: bool, at: Timestamp) -> (usize, u32) {
        self.turn(at);
        if let Some((_, count)) = self.domains.iter_mut().find(|(known, _)| *known == domain) {
            *count += 1;
        } else if denied && self.domains.len() < EACH_MAX {
            self.domains.push((domain, 1));
        }
        (self.domains.len(), self.domains.iter().map(|(_, count)| *count).max().unwrap_or(0))
    }

    /// A connection that failed. How many addresses there are, and how many ports.
    pub(super) fn end(&mut self, addr: Addr, port: u16, at: Timestamp) -> (usize, usize) {
        self.turn(at);
        if self.ends.len() < EACH_MAX && !self.ends.contains(&(addr, port)) {
            self.counts.0 += usize::from(self.ends.iter().all(|(known, _)| *known != addr));
            self.counts.1 += usize::from(self.ends.iter().all(|(_, known)| *known != port));
            self.ends.push((addr, port));
        }
        self.counts
    }

    /// The most that a host's lists take, in bytes.
    pub(super) const BYTES_MAX: usize = 2 * EACH_MAX * (size_of::<(u64, u32)>() + size_of::<(Addr, u16)>());
}

/// Ports on which a connection may fail for ordinary reasons: a site that is down, a service that is blocked.
pub(super) fn is_common(port: u16) -> bool {
    matches!(port, 0..=79 | 80 | 88 | 110 | 123 | 143 | 443 | 465 | 587 | 853 | 993 | 995 | 1935 | 3478 | 5222 | 5223 | 5228 | 8443)
}

/// A name of the internet, not of a house: two labels or more, and an end that registries give out.
pub(super) fn is_public(name: &[u8]) -> bool {
    const HOUSE: [&[u8]; 12] = [
        b"local",
        b"localdomain",
        b"lan",
        b"home",
        b"corp",
        b"internal",
        b"intranet",
        b"arpa",
        b"workgroup",
        b"domain",
        b"private",
        b"invalid",
    ];
    let Some(dot) = name.iter().rposition(|byte| *byte == b'.') else { return false };
    let (before, top) = (name.get(..dot).unwrap_or_default(), name.get(dot + 1..).unwrap_or_default());
    let given = (2..=12).contains(&top.len()) && top.iter().all(u8::is_ascii_alphabetic);
    given && !before.is_empty() && !before.starts_with(b"_") && !HOUSE.iter().any(|house| top.eq_ignore_ascii_case(house))
}
