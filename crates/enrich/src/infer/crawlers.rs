//! Crawlers: hosts that ask web sites what robots may fetch, as only robots do.
//!
//! A user agent that says "bot" is a host's word about itself, and anything may say it. It only lowers how many sites are enough.

use bounded::Table;
use contract::seen::Http;
use model::Addr;

/// Hosts that may be crawlers, at once: 4,096 of some 200 bytes.
const SOURCES_MAX: usize = 4_096;
/// So many sites asked for their rules make a crawler,
const SITES_MIN: usize = 5;
/// or so many, if it also calls itself one.
const SITES_MIN_SELF_STYLED: usize = 2;
/// The longest name of a site that is remembered, in bytes (RFC 1035 section 2.3.4).
const SITE_BYTES_MAX: usize = 255;

/// The sites whose rules hosts have asked for.
#[derive(Debug)]
pub(crate) struct Crawlers {
    sources: Table<Addr, Vec<Box<[u8]>>>,
}

impl Default for Crawlers {
    fn default() -> Self {
        Self { sources: Table::new(SOURCES_MAX) }
    }
}

impl Crawlers {
    /// A request. Says so, in words, when it makes its client a crawler.
    pub(crate) fn request(&mut self, client: Addr, http: &Http<'_>) -> Option<String> {
        if http.uri() != b"/robots.txt" || http.host().is_empty() || http.host().len() > SITE_BYTES_MAX {
            return None;
        }
        let sites = self.sources.entry(client, Vec::new);
        if sites.len() >= SITES_MIN || sites.iter().any(|site| **site == *http.host()) {
            return None;
        }
        sites.push(http.host().into());
        let styled = is_self_styled(http.user_agent());
        let enough = if styled { SITES_MIN_SELF_STYLED } else { SITES_MIN };
        let calls = if styled { " and calls itself a robot" } else { "" };
        (sites.len() >= enough).then(|| format!("asked {} web sites for their robots.txt{calls}", sites.len()))
    }

    pub(crate) fn held_bytes(&self) -> usize {
        self.sources.len() * (48 + SITES_MIN * (16 + SITE_BYTES_MAX))
    }

    pub(crate) const fn dropped(&self) -> u64 {
        self.sources.dropped()
    }
}

fn is_self_styled(user_agent: &[u8]) -> bool {
    [&b"bot"[..], b"crawler", b"spider"].iter().any(|word| user_agent.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word)))
}
