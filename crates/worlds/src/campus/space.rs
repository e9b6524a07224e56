//! Where things are: the campus's own networks, and the numbers of the hosts outside.
//!
//! Whoever does something bad outside has an address of the blocks that the IANA keeps for special purposes and nobody uses
//! for hosts, as in the small office. There are too few of those for the thousands of mail servers, web sites and peers of a
//! day, and all of them are in no country and in no network; so the *mass* that is merely visited has numbers that dice draw
//! from all of the address space, another draw for each seed. Nothing follows from them for whoever holds such a number in
//! the real world. Who wants to publish a capture takes the reserved space (240.0.0.0/4), and tells the reader by the role
//! `local_nets` what is inside, because Zeek's rules count that space among private networks.

use model::Addr;
use testkit::network::{Host, System};
use testkit::packet::Mac;

/// Blocks for those who do something bad: AS112 (RFC 7534, 7535), AMT (RFC 7450), and the anycast of 6to4 (RFC 7526).
const SPECIAL: [[u8; 3]; 4] = [[192, 52, 193], [192, 31, 196], [192, 175, 48], [192, 88, 99]];

/// First bytes that no host outside has: special ones, and those of armed forces, who may not like to be drawn.
const NOT_DRAWN: [u8; 24] = [0, 6, 7, 10, 11, 21, 22, 25, 26, 28, 29, 30, 33, 55, 100, 127, 169, 172, 192, 198, 203, 214, 215, 223];

/// Where the numbers of the mass come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outside {
    /// All of the address space.
    Spread,
    /// 240.0.0.0/4.
    Reserved,
}

/// Draws addresses: the same key, the same address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Space {
    seed: u64,
    outside: Outside,
}

/// Mixes a number, as the dice do.
pub(crate) const fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A key for a text.
pub(crate) fn key(text: &str) -> u64 {
    mix(text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)))
}

impl Space {
    pub(crate) const fn new(seed: u64, outside: Outside) -> Self {
        Self { seed, outside }
    }

    /// The address of one of the mass.
    pub(crate) fn spread(&self, key: u64) -> Addr {
        self.in_block(key, key)
    }

    /// An address of the block (a /20) that `block` stands for.
    pub(crate) fn in_block(&self, block: u64, key: u64) -> Addr {
        let high = mix(block ^ mix(self.seed)).to_be_bytes();
        let low = mix(key ^ mix(self.seed ^ 1)).to_be_bytes();
        let first = match self.outside {
            Outside::Reserved => 240 + high[0] % 15,
            Outside::Spread => {
                let first = 1 + high[0] % 222;
                if NOT_DRAWN.contains(&first) { 60 + first % 30 } else { first }
            }
        };
        Addr::v4([first, high[1], high[2] & 0xf0 | low[0] & 0x0f, 1 + low[1] % 254])
    }

    /// One of the mass as a host: a server, or a machine at home.
    pub(crate) fn host(&self, key: u64) -> Host {
        outside(self.spread(key))
    }
}

/// A host outside, seen through the router.
pub(crate) fn outside(addr: Addr) -> Host {
    let mixed = mix(u64::from_be_bytes(addr.octets()[8..].try_into().unwrap_or_default()));
    let system = if mixed.is_multiple_of(9) { System::Windows } else { System::LinuxStamped };
    Host { addr, mac: ROUTER_MAC, system, hops: 6 + (mixed >> 8) as u8 % 12 }
}

/// Somebody bad outside.
pub(crate) fn bad(number: u8) -> Host {
    let [a, b, c] = SPECIAL[usize::from(number) % SPECIAL.len()];
    outside(Addr::v4([a, b, c, 10 + number]))
}

/// The router's card: every outside host's frames bear it.
pub(crate) const ROUTER_MAC: Mac = Mac([0x02, 0x20, 0, 0, 0, 1]);

/// A host of the campus, 10.20.`net`.`last`.
pub(crate) const fn inside(net: u8, last: u8, system: System) -> Host {
    Host { addr: Addr::v4([10, 20, net, last]), mac: Mac([0x02, 0x20, 0, 0, net, last]), system, hops: 0 }
}

/// An address where nobody is: the campus's unused part, 10.20.128.0/17.
pub(crate) const fn unused(number: u64) -> Host {
    let mixed = mix(number);
    Host { mac: ROUTER_MAC, ..inside(128 | (mixed >> 8) as u8, 1 + (mixed % 254) as u8, System::Linux) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mass_is_outside_and_wide() {
        let space = Space::new(7, Outside::Spread);
        let mut blocks: Vec<_> = (0..4000).map(|key| space.spread(key)).collect();
        assert!(blocks.iter().all(|addr| !addr.is_private()), "inside by Zeek's rules");
        blocks.sort_by_key(|addr| addr.octets()[12..14].to_vec());
        blocks.dedup_by_key(|addr| addr.octets()[12..14].to_vec());
        assert!(blocks.len() > 3000, "{} blocks", blocks.len());
        assert!((0..40).all(|number| !bad(number).addr.is_private()));
        assert_eq!(Space::new(7, Outside::Reserved).spread(3).octets()[12] & 0xf0, 0xf0);
    }
}
