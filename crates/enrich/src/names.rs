//! The name by which each client last knew an address: from the answers of name servers, and from the names that clients send
//! to servers in HTTP and TLS.

use bounded::Table;
use contract::seen::{Dns, Http, Ssl};
use model::Addr;

/// Pairs of client and address whose name is kept: 200,000 of some 120 bytes are 24 MB.
const PAIRS_MAX: usize = 200_000;
/// The longest name, in bytes (RFC 1035 section 2.3.4).
const NAME_BYTES_MAX: usize = 255;
/// Answers of one reply that are looked at; large pools of addresses are served in pieces.
const ANSWERS_MAX: usize = 32;

/// Names by client and address.
#[derive(Debug)]
pub(crate) struct Names {
    known: Table<(Addr, Addr), Box<[u8]>>,
    bytes: usize,
}

impl Default for Names {
    fn default() -> Self {
        Self { known: Table::new(PAIRS_MAX), bytes: 0 }
    }
}

impl Names {
    /// A name server's answer.
    pub(crate) fn answer(&mut self, dns: &Dns<'_>) {
        let Some((client, _)) = dns.orig() else { return };
        let query = dns.query();
        for answer in dns.answers().take(ANSWERS_MAX) {
            if let Some(addr) = std::str::from_utf8(answer).ok().and_then(|text| text.parse::<std::net::IpAddr>().ok()) {
                self.learn(client, addr.into(), query);
            }
        }
    }

    /// The name in a TLS handshake.
    pub(crate) fn server_name(&mut self, ssl: &Ssl<'_>) {
        if let (Some((client, _)), Some((server, _))) = (ssl.orig(), ssl.resp()) {
            self.learn(client, server, ssl.server_name());
        }
    }

    /// The name in a request, where it is one.
    pub(crate) fn host(&mut self, http: &Http<'_>) {
        let host = http.host();
        let host = host.split(|byte| *byte == b':').next().unwrap_or_default();
        let is_name = host.iter().any(|byte| byte.is_ascii_alphabetic());
        if let (true, Some((client, _)), Some((server, _))) = (is_name, http.orig(), http.resp()) {
            self.learn(client, server, host);
        }
    }

    fn learn(&mut self, client: Addr, addr: Addr, name: &[u8]) {
        if name.is_empty() || name.len() > NAME_BYTES_MAX {
            return;
        }
        let known = self.known.entry((client, addr), Box::default);
        if !known.eq_ignore_ascii_case(name) {
            self.bytes = (self.bytes + name.len()).saturating_sub(known.len());
            *known = name.to_ascii_lowercase().into();
        }
    }

    /// The name of an address, to a client.
    pub(crate) fn get(&self, client: Addr, addr: Addr) -> Option<&[u8]> {
        self.known.get(&(client, addr)).map(|name| &**name).filter(|name| !name.is_empty())
    }

    pub(crate) fn held_bytes(&self) -> usize {
        self.known.len() * (size_of::<((Addr, Addr), Box<[u8]>)>() + 16) + self.bytes
    }

    pub(crate) const fn dropped(&self) -> u64 {
        self.known.dropped()
    }
}
