//! Roles of hosts as settings give them: who is a mail server, a proxy, a monitor, and why somebody says so.
//!
//! One readable file, `roles.toml`, with a table for each statement:
//!
//! ```toml
//! [[role]]
//! role = "mail_servers"
//! hosts = ["10.0.0.25", "10.0.3.0/24", "2001:db8::/32"]
//! reason = "the mail gateway and its standby"
//! owner = "mail team"        # who answers for it
//! expires = "2030-01-01"     # its last day, UTC, by the time of the data
//! ```
//!
//! `hosts = []` states that nobody has the role, so that none is inferred either. Source: DETECTIONS.md, "Roles".

mod file;
mod net;

pub use contract::{Problem, nearest};
pub use net::Net;

use bounded::Map;
use contract::{Held, Role};
use model::{Addr, Timestamp};

/// Statements that a file may make: more than anybody keeps up to date.
const STATEMENTS_MAX: usize = 4_096;
/// Hosts and networks in all of them, of some 40 bytes each.
const HOSTS_MAX: usize = 65_536;

/// One statement of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The role.
    pub role: Role,
    /// Who has it.
    pub nets: Vec<Net>,
    /// Why.
    pub reason: String,
    /// Who answers for it; may be empty.
    pub owner: String,
    /// The first moment at which it no longer holds.
    pub until: Option<Timestamp>,
}

impl Statement {
    fn holds_at(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// All roles that settings give.
#[derive(Clone, Debug, Default)]
pub struct Roles {
    statements: Vec<Statement>,
    of: [Holders; Role::ALL.len()],
}

/// Who has one role: places of statements.
#[derive(Clone, Debug, Default)]
struct Holders {
    stated: bool,
    hosts: Map<Addr, Vec<u16>>,
    nets: Vec<(Net, u16)>,
}

impl Roles {
    /// Reads a file's text; `name` is what its errors call it.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(name: &str, text: &str) -> Result<Self, Vec<Problem>> {
        file::statements(name, text).map(Self::new)
    }

    pub(crate) fn new(statements: Vec<Statement>) -> Self {
        let mut of: [Holders; Role::ALL.len()] = Default::default();
        for (place, statement) in statements.iter().enumerate() {
            let place = place as u16;
            let holders = &mut of[statement.role as usize];
            holders.stated = true;
            for net in &statement.nets {
                match net.host() {
                    Some(host) => holders.hosts.entry(host).or_default().push(place),
                    None => holders.nets.push((*net, place)),
                }
            }
        }
        Self { statements, of }
    }

    /// What the file states.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// Whether anything is said of a role that holds at a time, be it that nobody has it.
    pub(crate) fn is_stated(&self, role: Role, now: Timestamp) -> bool {
        self.of[role as usize].stated && self.statements.iter().any(|one| one.role == role && one.holds_at(now))
    }

    /// Whether anybody has a role at a time.
    pub fn is_given(&self, role: Role, now: Timestamp) -> bool {
        self.of[role as usize].stated && self.statements.iter().any(|one| one.role == role && !one.nets.is_empty() && one.holds_at(now))
    }

    /// Whether a host has a role at a time, and why.
    pub fn held(&self, addr: Addr, role: Role, now: Timestamp) -> Option<Held<'_>> {
        let holders = &self.of[role as usize];
        if !holders.stated {
            return None;
        }
        let alone = holders.hosts.get(&addr).into_iter().flatten();
        let among = holders.nets.iter().filter(|(net, _)| net.holds(addr)).map(|(_, place)| place);
        let statement =
            alone.chain(among).filter_map(|place| self.statements.get(usize::from(*place))).find(|statement| statement.holds_at(now))?;
        Some(Held::Given { reason: &statement.reason, owner: &statement.owner })
    }
}

#[cfg(test)]
mod tests;
