//! Which tunnels are open: rows of `tunnel.log`.

use flow::{Tunnel, Tunnels};
use model::kinds::tunnel;
use model::{Addr, Event, Interval, Timestamp};
use std::collections::HashMap;

/// A tunnel through which no new flow came for this long is over (Zeek's `Tunnel::expiration_interval`).
const IDLE: Interval = Interval::from_secs(3600);
/// Tunnels open at once, in one shard; more than any gateway's clients.
const OPEN_MAX: usize = 1 << 14;

type Ends = ((Addr, u16), (Addr, u16));

/// The open tunnels of one shard.
#[derive(Debug, Default)]
pub(crate) struct Open {
    tunnels: HashMap<Ends, (Tunnel, Timestamp)>,
}

impl Open {
    /// A new flow came through these. Rows for those not known yet go to `out`.
    pub(crate) fn used(&mut self, now: Timestamp, tunnels: &Tunnels, out: &mut Vec<Event>) {
        self.expire(now, out);
        for one in &tunnels.0 {
            let known = self.tunnels.len();
            if let Some((_, last)) = self.tunnels.get_mut(&(one.orig, one.resp)) {
                *last = now;
            } else if known < OPEN_MAX {
                out.push(row(now, one, "Tunnel::DISCOVER"));
                self.tunnels.insert((one.orig, one.resp), (one.clone(), now));
            }
        }
    }

    /// A flow that may be a tunnel is over.
    pub(crate) fn closed(&mut self, now: Timestamp, ends: Ends, out: &mut Vec<Event>) {
        if self.tunnels.is_empty() {
            return;
        }
        if let Some((one, _)) = self.tunnels.remove(&ends) {
            out.push(row(now, &one, "Tunnel::CLOSE"));
        }
    }

    fn expire(&mut self, now: Timestamp, out: &mut Vec<Event>) {
        let mut over: Vec<Tunnel> = Vec::new();
        self.tunnels.retain(|_, (one, last)| {
            let rests = now.since(*last) >= IDLE;
            if rests {
                over.push(one.clone());
            }
            !rests
        });
        over.sort_by_key(|one| one.uid);
        out.extend(over.iter().map(|one| row(now, one, "Tunnel::EXPIRE")));
    }
}

fn row(at: Timestamp, one: &Tunnel, action: &'static str) -> Event {
    Event::of_flow(&tunnel::KIND, at, one.uid, one.orig, one.resp).with(tunnel::TUNNEL_TYPE, one.kind).with(tunnel::ACTION, action)
}
