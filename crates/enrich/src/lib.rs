//! What is known of hosts besides the event at hand: the names by which clients know addresses, how many hosts go where, and
//! roles. Learns from events as they come; every table is bounded.

mod names;
mod reach;
mod table;

use contract::seen::Seen;
use contract::{Destination, Held, Known, Reach, Role};
use model::{Addr, Timestamp};
use names::Names;
use reach::Reaches;

/// All that is known.
#[derive(Debug, Default)]
pub struct Knowledge {
    names: Names,
    reach: Reaches,
    now: Timestamp,
}

impl Knowledge {
    /// Takes in what an event tells. Called before detectors see it.
    pub fn learn(&mut self, seen: &Seen<'_>) {
        self.now = self.now.max(seen.ts());
        match seen {
            Seen::Dns(dns) => self.names.answer(dns),
            Seen::Ssl(ssl) => self.names.server_name(ssl),
            Seen::Http(http) => self.names.host(http),
            Seen::Conn(conn) => {
                let (Some((client, _)), Some((server, _))) = (conn.orig(), conn.resp()) else { return };
                if client.is_private() && !server.is_private() {
                    let name = self.names.get(client, server);
                    self.reach.went(client, server, name);
                }
            }
            _ => {}
        }
    }

    /// Bytes held on the heap, a close estimate.
    pub fn held_bytes(&self) -> usize {
        self.names.held_bytes() + self.reach.held_bytes()
    }

    /// What did not fit into tables, by name.
    pub fn dropped(&self) -> Vec<(&'static str, u64)> {
        vec![("knowledge.names", self.names.dropped()), ("knowledge.destinations", self.reach.dropped())]
    }
}

impl Known for Knowledge {
    fn is_inside(&self, addr: Addr) -> bool {
        addr.is_private()
    }

    fn role(&self, _addr: Addr, _role: Role) -> Option<Held<'_>> {
        None
    }

    fn is_given(&self, _role: Role) -> bool {
        false
    }

    fn name(&self, client: Addr, addr: Addr) -> Option<&[u8]> {
        self.names.get(client, addr)
    }

    fn reach(&self, destination: Destination<'_>) -> Reach {
        self.reach.of(destination)
    }

    fn country(&self, _addr: Addr) -> Option<[u8; 2]> {
        None
    }

    fn system(&self, _addr: Addr) -> Option<(u32, &str)> {
        None
    }

    fn os(&self, _addr: Addr) -> Option<&str> {
        None
    }

    fn now(&self) -> Timestamp {
        self.now
    }
}
