//! Names that a host is known by: what it calls itself to DHCP, and who logs in from it.

use super::rows::Bytes;
use bounded::Map;
use contract::seen::Seen;
use model::{Addr, Event};

/// Hosts whose names are kept: 10,000 of some 200 bytes are 2 MB.
const HOSTS_MAX: usize = 10_000;
/// Names of each kind that are kept of one host: a machine has one or two, and a few people use it.
const NAMES_EACH_MAX: usize = 4;
/// The longest name, in bytes: that of a user with his domain.
const NAME_BYTES_MAX: usize = 128;

/// The names of one host.
#[derive(Debug, Default)]
pub(crate) struct HostNames {
    /// What the machine is called.
    pub(crate) machine: Vec<Bytes>,
    /// Who uses it.
    pub(crate) users: Vec<Bytes>,
}

/// The names of all hosts.
#[derive(Debug, Default)]
pub(crate) struct Names {
    of: Map<Addr, HostNames>,
    dropped: u64,
}

impl Names {
    pub(crate) fn learn(&mut self, seen: &Seen<'_>) {
        match seen {
            Seen::Ntlm(ntlm) => {
                if let Some((host, _)) = ntlm.orig() {
                    self.machine(host, ntlm.hostname());
                    self.user(host, ntlm.username());
                }
            }
            Seen::Kerberos(kerberos) => {
                if let Some((host, _)) = kerberos.orig() {
                    let name = kerberos.client().split(|byte| *byte == b'/').next().unwrap_or_default();
                    match name.strip_suffix(b"$") {
                        Some(machine) => self.machine(host, machine),
                        None => self.user(host, name),
                    }
                }
            }
            Seen::Other(_) if seen.row().event().kind().name == "dhcp" => self.lease(seen.row().event()),
            _ => {}
        }
    }

    fn lease(&mut self, lease: &Event) {
        let cell = |name| lease.kind().find(name).map(|column| lease.get(column));
        let host = ["assigned_addr", "client_addr", "requested_addr"].into_iter().find_map(|name| cell(name)?.as_addr());
        let name = ["host_name", "client_fqdn"].into_iter().find_map(|name| cell(name)?.as_bytes()).unwrap_or_default();
        if let Some(host) = host {
            self.machine(host, name);
        }
    }

    fn machine(&mut self, host: Addr, name: &[u8]) {
        if let Some(names) = self.entry(host, name) {
            add(&mut names.machine, name);
        }
    }

    fn user(&mut self, host: Addr, name: &[u8]) {
        if let Some(names) = self.entry(host, name) {
            add(&mut names.users, name);
        }
    }

    fn entry(&mut self, host: Addr, name: &[u8]) -> Option<&mut HostNames> {
        if name.is_empty() || name.len() > NAME_BYTES_MAX {
            return None;
        }
        if self.of.len() >= HOSTS_MAX && !self.of.contains_key(&host) {
            self.dropped += 1;
            return None;
        }
        Some(self.of.entry(host).or_default())
    }

    pub(crate) fn get(&self, host: Addr) -> Option<&HostNames> {
        self.of.get(&host)
    }

    pub(crate) fn held_bytes(&self) -> usize {
        let heap = |names: &HostNames| names.machine.iter().chain(&names.users).map(|name| name.len() + 16).sum::<usize>();
        self.of.capacity() * (size_of::<(Addr, HostNames)>() + 1) + self.of.values().map(heap).sum::<usize>()
    }

    pub(crate) const fn dropped(&self) -> u64 {
        self.dropped
    }
}

fn add(names: &mut Vec<Bytes>, name: &[u8]) {
    if names.len() < NAMES_EACH_MAX && !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        names.push(name.into());
    }
}
