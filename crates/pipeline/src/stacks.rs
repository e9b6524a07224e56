//! What SYNs and SYN+ACKs tell of TCP stacks, told to those who understand: one row for the SYN that opens a flow and one for
//! the first SYN+ACK, within limits that a flood of them cannot pass.

use contract::{FlowInfo, Side};
use flow::{IpPacket, stack_signature};
use model::kinds::stack;
use model::{Addr, Event, Timestamp};

/// Places in which senders are counted: those that fall to one place share its limit. With eight bytes each, 32 kB a shard.
const PLACES_MAX: usize = 4_096;
/// Rows of one sender in a second: a browser opens some dozens of connections at once, a scan thousands.
const EACH_PER_SECOND_MAX: u32 = 64;
/// Rows in a second, in one shard: a flood with invented senders shows nothing of any stack but the flooder's.
const ALL_PER_SECOND_MAX: u32 = 2_048;

/// Counts what was told.
#[derive(Debug)]
pub(crate) struct Stacks {
    wanted: bool,
    /// The second, and how many rows since it began.
    places: Box<[(u32, u32)]>,
    all: (u32, u32),
    text: Vec<u8>,
    untold: u64,
}

impl Stacks {
    /// `wanted` says whether anybody understands rows at all.
    pub(crate) fn new(wanted: bool) -> Self {
        let places = if wanted { vec![(0, 0); PLACES_MAX].into_boxed_slice() } else { Box::default() };
        Self { wanted, places, all: (0, 0), text: Vec::new(), untold: 0 }
    }

    /// Whether rows are wanted.
    pub(crate) const fn wanted(&self) -> bool {
        self.wanted
    }

    /// How many rows the limits held back.
    pub(crate) const fn untold(&self) -> u64 {
        self.untold
    }

    /// The row of a packet whose SYN is the first of its side.
    pub(crate) fn row(&mut self, at: Timestamp, side: Side, packet: &IpPacket<'_>, info: &FlowInfo) -> Option<Event> {
        if !self.allows(at, packet.src) {
            self.untold += 1;
            return None;
        }
        let facts = stack_signature(packet, &mut self.text)?;
        Some(
            Event::of_flow(&stack::KIND, at, info.uid, info.orig, info.resp)
                .with(stack::IS_ORIG, side.is_orig())
                .with(stack::TTL, facts.ttl)
                .with(stack::SIGNATURE, self.text.as_slice())
                .with(stack::TS_VALUE, facts.ts_value),
        )
    }

    fn allows(&mut self, at: Timestamp, sender: Addr) -> bool {
        let second = at.nanos().div_euclid(1_000_000_000) as u32;
        let place = (u128::from_be_bytes(*sender.octets()) % (PLACES_MAX as u128 - 3)) as usize;
        let Some(own) = self.places.get_mut(place) else { return false };
        for count in [&mut *own, &mut self.all] {
            if count.0 != second {
                *count = (second, 0);
            }
        }
        own.1 += 1;
        self.all.1 += u32::from(own.1 <= EACH_PER_SECOND_MAX);
        own.1 <= EACH_PER_SECOND_MAX && self.all.1 <= ALL_PER_SECOND_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floods_are_held_back_and_the_next_second_begins_anew() {
        let at = Timestamp::from_secs;
        let host = |number: u32| Addr::v4(number.to_be_bytes());
        let mut stacks = Stacks::new(true);
        let told = (0..1_000).filter(|_| stacks.allows(at(1), host(7))).count();
        assert_eq!(told, EACH_PER_SECOND_MAX as usize);
        assert!(stacks.allows(at(1), host(8)) && stacks.allows(at(2), host(7)));
        let told = (0..100_000).filter(|number| stacks.allows(at(3), host(*number))).count();
        assert_eq!(told, ALL_PER_SECOND_MAX as usize);
    }
}
