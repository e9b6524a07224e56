//! One row of `tunnel.log` for all connections of a client to a SOCKS proxy: when it is found, and when it was not used
//! for an hour.

use contract::Correlator;
use model::{Addr, Event, Interval, Kind, Timestamp, Uid, Value, kinds::tunnel};
use std::collections::HashMap;

/// A tunnel that is not used for this long is over (Zeek's `Tunnel::expiration_interval`).
const IDLE: Interval = Interval::from_secs(60 * 60);

/// So many clients of proxies are known at once; with more, all are forgotten, and told again.
const KNOWN_MAX: usize = 100_000;

/// The correlator of SOCKS tunnels.
#[derive(Debug, Default)]
pub struct ProxyTunnels {
    /// Client, proxy and its port, with the last use.
    known: HashMap<(Addr, Addr, u16), Timestamp>,
    /// Before this time nothing can be over.
    next: Option<Timestamp>,
}

impl Correlator for ProxyTunnels {
    fn kinds(&self) -> &'static [&'static Kind] {
        &[&tunnel::KIND]
    }

    fn on_event(&mut self, event: &mut Event, _out: &mut Vec<Event>) -> bool {
        if event.kind() != &tunnel::KIND || event.get(tunnel::TUNNEL_TYPE).as_bytes() != Some(b"Tunnel::SOCKS") {
            return true;
        }
        let cells = event.cells();
        let (Some(Value::Addr(client)), Some(Value::Addr(proxy)), Some(Value::Port(port))) = (cells.get(2), cells.get(4), cells.get(5))
        else {
            return true;
        };
        if self.known.len() >= KNOWN_MAX {
            self.known.clear();
        }
        let at = event.ts();
        self.next = Some(self.next.map_or(at + IDLE, |next| next.min(at + IDLE)));
        self.known.insert((*client, *proxy, *port), at).is_none()
    }

    fn on_tick(&mut self, now: Timestamp, last: bool, out: &mut Vec<Event>) {
        if last || self.next.is_none_or(|next| now < next) {
            return;
        }
        let mut over: Vec<_> = self.known.iter().filter(|(_, used)| now.since(**used) >= IDLE).map(|(key, _)| *key).collect();
        over.sort_unstable();
        for key in over {
            self.known.remove(&key);
            let (client, proxy, port) = key;
            let mut row = Event::of_flow(&tunnel::KIND, now, Uid::connection(&[]), (client, 0), (proxy, port));
            row.set(tunnel::UID, Value::Unset);
            out.push(row.with(tunnel::TUNNEL_TYPE, "Tunnel::SOCKS").with(tunnel::ACTION, "Tunnel::EXPIRE"));
        }
        self.next = self.known.values().min().map(|used| *used + IDLE);
    }

    fn held_bytes(&self) -> usize {
        self.known.capacity() * (size_of::<((Addr, Addr, u16), Timestamp)>() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(secs: i64, client: u8) -> Event {
        let row = Event::of_flow(
            &tunnel::KIND,
            Timestamp::from_secs(secs),
            Uid::connection(&[]),
            (Addr::v4([10, 0, 0, client]), 0),
            (Addr::v4([10, 0, 0, 9]), 1080),
        );
        row.with(tunnel::TUNNEL_TYPE, "Tunnel::SOCKS")
    }

    #[test]
    fn a_client_and_its_proxy_are_told_once_until_an_hour_without_use() {
        let (mut tunnels, mut out) = (ProxyTunnels::default(), Vec::new());
        let passed: Vec<bool> =
            [(0, 1), (10, 1), (20, 2)].into_iter().map(|(secs, client)| tunnels.on_event(&mut found(secs, client), &mut out)).collect();
        assert_eq!(passed, [true, false, true]);
        tunnels.on_tick(Timestamp::from_secs(3_609), false, &mut out);
        assert!(out.is_empty());
        tunnels.on_tick(Timestamp::from_secs(3_615), false, &mut out);
        assert_eq!(out.iter().filter_map(|row| row.cells()[2].as_addr()).collect::<Vec<_>>(), [Addr::v4([10, 0, 0, 1])]);
        assert!(tunnels.on_event(&mut found(3_616, 1), &mut out), "told again");
    }
}
