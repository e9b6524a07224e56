//! Which tunnels are open: rows of `tunnel.log`.

use flow::{Tunnel, Tunnels};
use model::kinds::tunnel;
use model::{Addr, Event, Interval, Timestamp};
use std::collections::HashMap;

/// A tunnel is told of anew when it was found this long ago (Zeek's `Tunnel::expiration_interval`, which new flows through the
/// tunnel do not prolong).
const IDLE: Interval = Interval::from_secs(3600);
/// Tunnels open at once, in one shard; more than any gateway's clients.
const OPEN_MAX: usize = 1 << 14;

type Ends = ((Addr, u16), (Addr, u16));

/// The open tunnels of one shard.
#[derive(Debug)]
pub(crate) struct Open {
    tunnels: HashMap<Ends, (Tunnel, Timestamp)>,
    /// Nothing is over before this.
    nearest: Timestamp,
    /// Found while there was no room for them.
    not_logged: u64,
}

impl Default for Open {
    fn default() -> Self {
        Self { tunnels: HashMap::new(), nearest: NEVER, not_logged: 0 }
    }
}

const NEVER: Timestamp = Timestamp::from_nanos(i64::MAX);

impl Open {
    /// A new flow came through these. Rows for those not known yet go to `out`.
    pub(crate) fn used(&mut self, now: Timestamp, tunnels: &Tunnels, out: &mut Vec<Event>) {
        for one in &tunnels.0 {
            if self.tunnels.contains_key(&(one.orig, one.resp)) {
                continue;
            }
            if self.tunnels.len() >= OPEN_MAX {
                self.not_logged += 1;
                continue;
            }
            out.push(row(now, one, "Tunnel::DISCOVER"));
            self.tunnels.insert((one.orig, one.resp), (one.clone(), now));
            self.nearest = self.nearest.min(now + IDLE);
        }
    }

    /// How many times a tunnel was found while there was no room for it; a new flow finds it again.
    pub(crate) const fn not_logged(&self) -> u64 {
        self.not_logged
    }

    /// Ends tunnels that rest. `when` says at which packet's time that is noticed.
    pub(crate) fn expire(&mut self, now: Timestamp, when: impl Fn(Timestamp) -> Timestamp, out: &mut Vec<(Timestamp, Event)>) {
        if now < self.nearest {
            return;
        }
        let mut over: Vec<(Timestamp, Tunnel)> = Vec::new();
        self.nearest = NEVER;
        let nearest = &mut self.nearest;
        self.tunnels.retain(|_, (one, last)| {
            let deadline = *last + IDLE;
            if deadline <= now {
                over.push((deadline, one.clone()));
            } else {
                *nearest = deadline.min(*nearest);
            }
            deadline > now
        });
        over.sort_by_key(|(deadline, one)| (*deadline, one.uid));
        for (deadline, one) in over {
            let noticed = when(deadline);
            out.push((noticed, row(noticed, &one, "Tunnel::EXPIRE")));
        }
    }

    /// A flow that may be a tunnel is over.
    pub(crate) fn closed(&mut self, now: Timestamp, ends: Ends, out: &mut Vec<Event>) {
        if self.tunnels.is_empty() {
            return;
        }
        if let Some((one, last)) = self.tunnels.remove(&ends) {
            // Where both come due in one leap of time, Zeek's table forgets the tunnel before its connection ends.
            out.push(row(now, &one, if now >= last + IDLE { "Tunnel::EXPIRE" } else { "Tunnel::CLOSE" }));
        }
    }
}

fn row(at: Timestamp, one: &Tunnel, action: &'static str) -> Event {
    Event::of_flow(&tunnel::KIND, at, one.uid, one.orig, one.resp).with(tunnel::TUNNEL_TYPE, one.kind).with(tunnel::ACTION, action)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Uid;

    #[test]
    fn tunnels_without_room_are_counted_until_others_are_over() {
        let (mut open, mut rows) = (Open::default(), Vec::new());
        let tunnel = |number: u32| {
            let orig = (Addr::v4(number.to_be_bytes()), 1);
            let one = Tunnel {
                uid: Uid::connection(&[&number.to_le_bytes()]),
                orig,
                resp: (Addr::v4([10, 0, 0, 1]), 2),
                kind: "Tunnel::GRE",
                is_flow: false,
            };
            Tunnels(vec![one])
        };
        let now = Timestamp::from_secs(1);
        (0..=OPEN_MAX as u32).for_each(|number| open.used(now, &tunnel(number), &mut rows));
        open.used(now, &tunnel(0), &mut rows);
        assert_eq!((rows.len(), open.not_logged()), (OPEN_MAX, 1));
        let later = now + IDLE;
        open.expire(later, |at| at, &mut Vec::new());
        open.used(later, &tunnel(OPEN_MAX as u32), &mut rows);
        assert_eq!((rows.len(), open.not_logged()), (OPEN_MAX + 1, 1));
    }
}
