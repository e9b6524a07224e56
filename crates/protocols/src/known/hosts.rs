//! Inside hosts that completed a TCP handshake.

use super::{REMEMBERED, REMEMBERED_MAX, log};
use contract::Correlator;
use model::{Addr, Event, FLOW_KEYS, Kind, Timestamp, kinds::established};
use std::collections::HashMap;

/// The correlator of `known_hosts.log`.
#[derive(Debug, Default)]
pub struct KnownHosts {
    /// Each known host, and when it was told.
    told: HashMap<Addr, Timestamp>,
}

/// The places of the two addresses among [`FLOW_KEYS`].
const ADDRS: [usize; 2] = [2, 4];

impl Correlator for KnownHosts {
    fn kinds(&self) -> &'static [&'static Kind] {
        &[&log::HOSTS]
    }

    fn on_event(&mut self, event: &mut Event, out: &mut Vec<Event>) -> bool {
        if event.kind() != &established::KIND {
            return true;
        }
        debug_assert_eq!((FLOW_KEYS[ADDRS[0]].name, FLOW_KEYS[ADDRS[1]].name), ("id.orig_h", "id.resp_h"));
        let at = event.ts();
        for host in ADDRS.iter().filter_map(|place| event.cells().get(*place)?.as_addr()) {
            if host.is_private() && self.is_new(host, at) {
                out.push(Event::new(&log::HOSTS, at).with(log::HOST, host));
            }
        }
        false
    }

    fn on_tick(&mut self, _now: Timestamp, _last: bool, _out: &mut Vec<Event>) {}

    fn held_bytes(&self) -> usize {
        self.told.capacity() * (size_of::<(Addr, Timestamp)>() + 1)
    }
}

impl KnownHosts {
    fn is_new(&mut self, host: Addr, at: Timestamp) -> bool {
        if self.told.get(&host).is_some_and(|told| at.since(*told) < REMEMBERED) {
            return false;
        }
        if self.told.len() >= REMEMBERED_MAX {
            self.told.retain(|_, told| at.since(*told) < REMEMBERED);
            if self.told.len() >= REMEMBERED_MAX {
                self.told.clear();
            }
        }
        self.told.insert(host, at);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Uid;

    fn handshake(secs: i64, orig: [u8; 4], resp: [u8; 4]) -> Event {
        Event::of_flow(
            &established::KIND,
            Timestamp::from_secs(secs),
            Uid::connection(&[b"x"]),
            (Addr::v4(orig), 1025),
            (Addr::v4(resp), 80),
        )
    }

    #[test]
    fn an_inside_host_is_told_once_a_day() {
        let mut known = KnownHosts::default();
        let mut out = Vec::new();
        for secs in [0, 10, 86_399, 86_400] {
            assert!(!known.on_event(&mut handshake(secs, [10, 0, 0, 1], [8, 8, 8, 8]), &mut out), "raw material stays inside");
        }
        assert!(!known.on_event(&mut handshake(86_401, [10, 0, 0, 1], [10, 0, 0, 2]), &mut out));
        let told: Vec<_> = out.iter().map(|row| (row.ts().nanos() / 1_000_000_000, row.get(log::HOST).as_addr())).collect();
        let (one, two) = (Some(Addr::v4([10, 0, 0, 1])), Some(Addr::v4([10, 0, 0, 2])));
        assert_eq!(told, [(0, one), (86_400, one), (86_401, two)]);
    }

    #[test]
    fn memory_is_bounded() {
        let mut known = KnownHosts::default();
        for n in 0..(REMEMBERED_MAX as u32 + 10) {
            let [_, b, c, d] = n.to_be_bytes();
            assert!(known.is_new(Addr::v4([10, b, c, d]), Timestamp::from_secs(1)));
        }
        assert!(known.told.len() <= REMEMBERED_MAX);
    }
}
