//! Roles that hosts' own traffic shows, for those who have given none.
//!
//! What excuses a host must not be easy to fake by what infects it. So a role is inferred from what *others* do with the host and
//! get from it (mail that it accepted, questions that it answered), or from a habit that no worm has; never from what the host says
//! of itself. Roles that would hide more than they explain are not inferred at all: list mailers look like spammers, authorised
//! scanners like scanners, known NATs like hidden ones. Source: DETECTIONS.md, "Roles".

mod crawlers;
mod monitors;

use bounded::Table;
use contract::Role;
use contract::seen::{Dns, Http, Seen, Smtp};
use crawlers::Crawlers;
use model::Addr;
use monitors::Monitors;
use std::collections::BTreeMap;

/// Servers whose clients are counted: more than an organisation has, of some 100 bytes each.
const SERVERS_MAX: usize = 8_192;
/// Inferred roles that are kept: as many as there may be servers.
const INFERRED_MAX: usize = SERVERS_MAX;
/// So many other hosts must have been served: one may be the intruder himself.
const CLIENTS_MIN: usize = 2;

/// What was inferred, and what may yet be.
#[derive(Debug)]
pub(crate) struct Guesses {
    inferred: BTreeMap<(Role, Addr), String>,
    served: Table<(Role, Addr), Option<Addr>>,
    monitors: Monitors,
    crawlers: Crawlers,
    dropped: u64,
}

impl Default for Guesses {
    fn default() -> Self {
        Self {
            inferred: BTreeMap::new(),
            served: Table::new(SERVERS_MAX),
            monitors: Monitors::default(),
            crawlers: Crawlers::default(),
            dropped: 0,
        }
    }
}

impl Guesses {
    /// Takes in what an event tells. `inside` says of an address whether it is.
    pub(crate) fn learn(&mut self, seen: &Seen<'_>, inside: &dyn Fn(Addr) -> bool) {
        match seen {
            Seen::Smtp(smtp) => self.mail(smtp, inside),
            Seen::Dns(dns) => self.answer(dns, inside),
            Seen::Http(http) => self.web(http, inside),
            Seen::Conn(conn) => {
                if let (Some(orig), Some(resp)) = (conn.orig(), conn.resp())
                    && inside(orig.0)
                    && inside(resp.0)
                    && let Some(because) = self.monitors.contact(conn, orig.0, resp)
                {
                    self.infer(Role::Monitors, orig.0, because);
                }
            }
            _ => {}
        }
    }

    /// What was seen, where a role was inferred.
    pub(crate) fn held(&self, addr: Addr, role: Role) -> Option<&str> {
        if self.inferred.is_empty() {
            return None;
        }
        self.inferred.get(&(role, addr)).map(String::as_str)
    }

    /// Everything that was inferred: role, host, and what was seen.
    pub(crate) fn all(&self) -> impl Iterator<Item = (Role, Addr, &str)> {
        self.inferred.iter().map(|((role, host), because)| (*role, *host, because.as_str()))
    }

    pub(crate) fn held_bytes(&self) -> usize {
        self.inferred.len() * 160 + self.served.len() * 100 + self.monitors.held_bytes() + self.crawlers.held_bytes()
    }

    pub(crate) const fn dropped(&self) -> u64 {
        self.dropped + self.served.dropped() + self.monitors.dropped() + self.crawlers.dropped()
    }

    /// A mail that a server took, by its own word.
    fn mail(&mut self, smtp: &Smtp<'_>, inside: &dyn Fn(Addr) -> bool) {
        let (Some((client, _)), Some((server, _))) = (smtp.orig(), smtp.resp()) else { return };
        let taken = smtp.rcptto().next().is_some() && smtp.last_reply().starts_with(b"2");
        if inside(server) && (taken || smtp.tls() == Some(true)) {
            self.serve(Role::MailServers, server, client, "accepted mail from");
        }
    }

    /// An answer of a name server to a host of its own network.
    fn answer(&mut self, dns: &Dns<'_>, inside: &dyn Fn(Addr) -> bool) {
        let (Some((client, _)), Some((server, 53))) = (dns.orig(), dns.resp()) else { return };
        if !dns.rcode_name().is_empty() && inside(server) && inside(client) {
            self.serve(Role::Resolvers, server, client, "answered the DNS questions of");
        }
    }

    fn web(&mut self, http: &Http<'_>, inside: &dyn Fn(Addr) -> bool) {
        let (Some((client, _)), Some((server, _))) = (http.orig(), http.resp()) else { return };
        if !inside(client) {
            return;
        }
        let asks_a_proxy = http.method() == b"CONNECT" || http.uri().starts_with(b"http://");
        if asks_a_proxy && inside(server) && http.status_code().is_some_and(|code| (200..400).contains(&code)) {
            self.serve(Role::Proxies, server, client, "fetched web pages for");
        }
        if let Some(because) = self.crawlers.request(client, http) {
            self.infer(Role::Crawlers, client, because);
        }
    }

    /// A host served another one; the second makes the role.
    fn serve(&mut self, role: Role, server: Addr, client: Addr, what: &str) {
        if server == client || self.inferred.contains_key(&(role, server)) {
            return;
        }
        let first = *self.served.entry((role, server), || None).get_or_insert(client);
        if first != client {
            self.infer(role, server, format!("{what} {CLIENTS_MIN} hosts or more, {first} and {client} among them"));
        }
    }

    fn infer(&mut self, role: Role, host: Addr, because: String) {
        if self.inferred.len() >= INFERRED_MAX {
            self.dropped += 1;
        } else {
            self.inferred.entry((role, host)).or_insert(because);
        }
    }
}
