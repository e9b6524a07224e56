//! What is known of hosts besides the event at hand: the names by which clients know addresses, how many hosts go where, and
//! roles. Learns from events as they come; every table is bounded.

mod geo;
mod infer;
mod names;
mod reach;
pub mod roles;
mod stacks;

pub use geo::Geo;
pub use roles::{Problem, Roles, nearest};
pub use stacks::Database;

use contract::seen::Seen;
use contract::{Destination, Held, Known, Reach, Role, Spot};
use infer::Guesses;
use model::kinds::{conn, stack_log};
use model::{Addr, Event, Timestamp, Value};
use names::Names;
use reach::Reaches;
use stacks::Stacks;
use std::sync::Arc;

/// What is known before anything was seen: what settings say.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// Roles of hosts.
    pub roles: Arc<Roles>,
    /// TCP stacks by which operating systems are told.
    pub stacks: Arc<Database>,
    /// Countries and systems of addresses.
    pub geo: Arc<Geo>,
}

/// A role of a host or network, for the story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleOf {
    /// The role.
    pub role: Role,
    /// Who has it.
    pub hosts: String,
    /// Why.
    pub because: String,
    /// Who answers for it.
    pub owner: String,
    /// Whether it was inferred.
    pub inferred: bool,
}

/// All that is known.
#[derive(Debug, Default)]
pub struct Knowledge {
    given: Given,
    names: Names,
    reach: Reaches,
    guesses: Guesses,
    stacks: Stacks,
    now: Timestamp,
}

impl Knowledge {
    /// What settings say, and nothing else yet.
    pub fn new(given: Given) -> Self {
        Self { given, ..Self::default() }
    }

    /// Other settings; what was learned stays.
    pub fn replace(&mut self, given: Given) {
        self.given = given;
    }

    /// Takes in what an event tells. Called before detectors see it.
    pub fn learn(&mut self, seen: &Seen<'_>) {
        self.now = self.now.max(seen.ts());
        let Self { given, guesses, now, .. } = self;
        guesses.learn(seen, &|addr| is_inside(given, addr, *now));
        match seen {
            Seen::Stack(stack) => self.stacks.learn(stack, &self.given.stacks),
            Seen::Dns(dns) => self.names.answer(dns),
            Seen::Ssl(ssl) => self.names.server_name(ssl),
            Seen::Http(http) => self.names.host(http),
            Seen::Conn(conn) => {
                let (Some((client, _)), Some((server, _))) = (conn.orig(), conn.resp()) else { return };
                if self.is_inside(client) && !self.is_inside(server) {
                    let name = self.names.get(client, server);
                    self.reach.went(client, server, name);
                }
            }
            _ => {}
        }
    }

    /// Fills the columns of a flow's row that say what is known of its ends; other rows stay as they are.
    pub fn complete(&self, event: &mut Event) {
        if event.kind().name != conn::KIND.name {
            return;
        }
        let (Some(orig), Some(resp)) = (event.get(conn::ORIG_H).as_addr(), event.get(conn::RESP_H).as_addr()) else { return };
        let text = |text: Option<&str>| text.map(|text| Value::from(text.as_bytes()));
        let country = |addr| self.country(addr).map(|letters| Value::from(&letters[..]));
        event.set(conn::RESP_NAME, self.names.get(orig, resp));
        event.set(conn::ORIG_OS, text(self.os(orig)));
        event.set(conn::RESP_OS, text(self.os(resp)));
        event.set(conn::ORIG_HOPS, self.stacks.hops(orig));
        event.set(conn::RESP_HOPS, self.stacks.hops(resp));
        event.set(conn::ORIG_CC, country(orig));
        event.set(conn::RESP_CC, country(resp));
        if let Some((number, organisation)) = self.system(resp) {
            event.set(conn::RESP_ASN, number);
            event.set(conn::RESP_ORG, text(Some(organisation).filter(|name| !name.is_empty())));
        }
    }

    /// The row of `stack.log` for what a SYN or SYN+ACK tells, where that is news.
    pub fn stack_row(&mut self, seen: &Seen<'_>) -> Option<Event> {
        let Seen::Stack(stack) = seen else { return None };
        if !self.stacks.is_news(stack) {
            return None;
        }
        let (addr, _) = if stack.is_orig()? { stack.orig()? } else { stack.resp()? };
        let mut row = Event::new(&stack_log::KIND, stack.ts());
        for (cell, fact) in row.cells_mut().iter_mut().zip(seen.row().event().cells()) {
            cell.clone_from(fact);
        }
        row.set(stack_log::OS, self.os(addr).map(|name| Value::from(name.as_bytes())));
        row.set(stack_log::HOPS, self.stacks.hops(addr));
        Some(row)
    }

    /// The roles of hosts: those that settings give and that have not expired, then those that were inferred.
    pub fn roles(&self) -> Vec<RoleOf> {
        let stated = self.given.roles.statements().iter().filter(|one| one.until.is_none_or(|until| self.now < until));
        let stated = stated.flat_map(|one| {
            one.nets.iter().map(|net| RoleOf {
                role: one.role,
                hosts: net.to_string(),
                because: one.reason.clone(),
                owner: one.owner.clone(),
                inferred: false,
            })
        });
        let inferred = self.guesses.all().filter(|(role, ..)| !self.given.roles.is_stated(*role, self.now));
        let inferred = inferred.map(|(role, host, because)| RoleOf {
            role,
            hosts: host.to_string(),
            because: because.to_owned(),
            owner: String::new(),
            inferred: true,
        });
        stated.chain(inferred).collect()
    }

    /// Bytes held on the heap, a close estimate.
    pub fn held_bytes(&self) -> usize {
        self.names.held_bytes() + self.reach.held_bytes() + self.guesses.held_bytes() + self.stacks.held_bytes()
    }

    /// What did not fit into tables, by name.
    pub fn dropped(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("knowledge.names", self.names.dropped()),
            ("knowledge.destinations", self.reach.dropped()),
            ("knowledge.roles", self.guesses.dropped()),
            ("knowledge.stacks", self.stacks.dropped()),
        ]
    }
}

/// Whether an address is inside: by the networks that settings name, else by its range.
fn is_inside(given: &Given, addr: Addr, now: Timestamp) -> bool {
    let roles = &given.roles;
    if roles.is_given(Role::LocalNets, now) { roles.held(addr, Role::LocalNets, now).is_some() } else { addr.is_private() }
}

impl Known for Knowledge {
    fn is_inside(&self, addr: Addr) -> bool {
        is_inside(&self.given, addr, self.now)
    }

    fn role(&self, addr: Addr, role: Role) -> Option<Held<'_>> {
        let roles = &self.given.roles;
        if roles.is_stated(role, self.now) {
            return roles.held(addr, role, self.now);
        }
        self.guesses.held(addr, role).map(|because| Held::Inferred { because })
    }

    fn is_given(&self, role: Role) -> bool {
        self.given.roles.is_given(role, self.now)
    }

    fn name(&self, client: Addr, addr: Addr) -> Option<&[u8]> {
        self.names.get(client, addr)
    }

    fn reach(&self, destination: Destination<'_>) -> Reach {
        self.reach.of(destination)
    }

    fn country(&self, addr: Addr) -> Option<[u8; 2]> {
        self.given.geo.country(addr)
    }

    fn spot(&self, addr: Addr) -> Option<Spot> {
        self.given.geo.spot(addr)
    }

    fn system(&self, addr: Addr) -> Option<(u32, &str)> {
        self.given.geo.system(addr)
    }

    fn os(&self, addr: Addr) -> Option<&str> {
        self.stacks.os(addr, &self.given.stacks)
    }

    fn now(&self) -> Timestamp {
        self.now
    }
}
