//! What is true of a generated world: who has which role, and what was planted, for measuring how much of it is found and how
//! much else is accused. As JSON for the one who measures, and as the role file for the one who is measured.

use model::{Addr, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// How many peers of one deed are named; the rest is counted.
const PEERS_MAX: usize = 64;

/// Hosts or networks that are known to do something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Which role, as settings name them: `mail_servers`, `crawlers` …
    pub role: &'static str,
    /// Addresses, or networks with a slash.
    pub hosts: Vec<String>,
    /// Why.
    pub reason: &'static str,
}

/// Something that a detector should find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planted {
    /// The detector's id.
    pub detector: &'static str,
    /// Who does it.
    pub host: Addr,
    /// First and last time; none where it never came to it.
    pub span: Option<(Timestamp, Timestamp)>,
    /// Whom it concerns, the first [`PEERS_MAX`].
    pub peers: BTreeSet<Addr>,
    /// Of how many peers there are more than are named, how many contacts they had.
    pub peers_beyond: u64,
    /// What it is.
    pub note: &'static str,
    /// Whether it must be found. Where not, it follows from another deed: finding it is right, not finding it no fault.
    pub required: bool,
}

/// All that is true.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Truth {
    /// Who has which role.
    pub roles: Vec<Role>,
    /// What was planted.
    pub planted: Vec<Planted>,
    /// Hosts on which malware runs, by what it does: each should become an incident.
    pub infected: Vec<(Addr, &'static str)>,
    /// Hosts that do something unusual and harmless, and what: whoever accuses them is wrong.
    pub harmless: Vec<(Addr, &'static str)>,
}

/// Names a planted deed while it goes on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deed(usize);

impl Truth {
    pub(crate) fn role(&mut self, role: &'static str, hosts: impl IntoIterator<Item = Addr>, reason: &'static str) {
        self.roles.push(Role { role, hosts: hosts.into_iter().map(|addr| addr.to_string()).collect(), reason });
    }

    /// Announces a deed that must be found.
    pub(crate) fn plant(&mut self, detector: &'static str, host: Addr, note: &'static str) -> Deed {
        let span = None;
        self.planted.push(Planted { detector, host, span, peers: BTreeSet::new(), peers_beyond: 0, note, required: true });
        Deed(self.planted.len() - 1)
    }

    /// Announces a deed that follows from another one.
    pub(crate) fn follow(&mut self, detector: &'static str, host: Addr, note: &'static str) -> Deed {
        let deed = self.plant(detector, host, note);
        self.planted[deed.0].required = false;
        deed
    }

    /// Announces a deed of malware that must be found.
    pub(crate) fn infect(&mut self, detector: &'static str, host: Addr, note: &'static str) -> Deed {
        if !self.infected.iter().any(|(known, _)| *known == host) {
            self.infected.push((host, note));
        }
        self.plant(detector, host, note)
    }

    /// The deed went on.
    pub(crate) fn seen(&mut self, deed: Deed, at: Timestamp, peer: Addr) {
        let planted = &mut self.planted[deed.0];
        let (first, last) = planted.span.unwrap_or((at, at));
        planted.span = Some((first.min(at), last.max(at)));
        if planted.peers.len() < PEERS_MAX || planted.peers.contains(&peer) {
            planted.peers.insert(peer);
        } else {
            planted.peers_beyond += 1;
        }
    }

    /// Leaves out what never happened, where a world is too short for it.
    pub(crate) fn settle(&mut self) {
        self.planted.retain(|planted| planted.span.is_some());
        self.infected.retain(|(host, _)| self.planted.iter().any(|planted| planted.host == *host));
    }

    /// As JSON: `roles` by name, `planted`, `harmless`. Times are seconds since 1970.
    pub fn json(&self) -> Value {
        let seconds = |at: Timestamp| at.nanos() as f64 / 1e9;
        let mut roles = serde_json::Map::new();
        for Role { role, hosts, reason } in &self.roles {
            let entry = json!({"hosts": hosts, "reason": reason});
            if let Some(Value::Array(entries)) = roles.get_mut(*role) {
                entries.push(entry);
            } else {
                roles.insert((*role).to_owned(), json!([entry]));
            }
        }
        let planted: Vec<Value> = self
            .planted
            .iter()
            .filter_map(|planted| {
                let (from, to) = planted.span?;
                let peers: Vec<String> = planted.peers.iter().map(Addr::to_string).collect();
                Some(json!({
                    "detector": planted.detector, "host": planted.host.to_string(), "from": seconds(from), "to": seconds(to),
                    "peers": peers, "contacts_beyond": planted.peers_beyond, "required": planted.required, "note": planted.note,
                }))
            })
            .collect();
        let hosts = |of: &[(Addr, &'static str)]| -> Vec<Value> {
            of.iter().map(|(host, note)| json!({"host": host.to_string(), "note": note})).collect()
        };
        json!({"roles": roles, "planted": planted, "infected": hosts(&self.infected), "harmless": hosts(&self.harmless)})
    }

    /// As the role file.
    pub fn roles_toml(&self) -> String {
        let mut text = String::from("# Who does what in this generated network; made with the capture.\n");
        for Role { role, hosts, reason } in &self.roles {
            let hosts: Vec<String> = hosts.iter().map(|host| format!("{host:?}")).collect();
            text.push_str(&format!(
                "\n[[role]]\nrole = {role:?}\nhosts = [{}]\nreason = {reason:?}\nowner = \"the network's office\"\nexpires = \"2030-01-01\"\n",
                hosts.join(", ")
            ));
        }
        text
    }
}
