//! Networks: an address and how many of its leading bits count.

use model::Addr;
use std::net::IpAddr;

/// A network, or one host. Prefixes count over all 128 bits of an [`Addr`], so that IPv4's begin at 96.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Net {
    base: Addr,
    bits: u8,
}

/// Why a text is no network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NotANet {
    /// Neither an address nor an address with a prefix.
    Malformed,
    /// More bits than the address has.
    TooLong(u8),
    /// Bits behind the prefix are set; the network that was probably meant.
    HostBits(Net),
}

impl Net {
    /// The network of a text, if it is one.
    pub fn of(text: &str) -> Option<Self> {
        Self::parse(text).ok()
    }

    /// From `10.0.0.25`, `10.0.3.0/24`, `2001:db8::/32`.
    pub(crate) fn parse(text: &str) -> Result<Self, NotANet> {
        let (addr, prefix) = match text.split_once('/') {
            Some((addr, prefix)) => (addr, Some(prefix)),
            None => (text, None),
        };
        let addr: Addr = addr.parse::<IpAddr>().map_err(|_| NotANet::Malformed)?.into();
        let (before, most) = if addr.is_v4() { (96, 32) } else { (0, 128) };
        let bits = match prefix {
            None => most,
            Some(prefix) => prefix.parse::<u8>().map_err(|_| NotANet::Malformed)?,
        };
        if bits > most {
            return Err(NotANet::TooLong(most));
        }
        let net = Self { base: masked(addr, bits + before), bits: bits + before };
        if net.base == addr { Ok(net) } else { Err(NotANet::HostBits(net)) }
    }

    /// Whether an address lies in it.
    pub fn holds(&self, addr: Addr) -> bool {
        masked(addr, self.bits) == self.base
    }

    /// The one address that it holds, if it is one.
    pub(crate) const fn host(&self) -> Option<Addr> {
        if self.bits == 128 { Some(self.base) } else { None }
    }
}

impl std::fmt::Display for Net {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.host() {
            Some(host) => host.fmt(f),
            None => write!(f, "{}/{}", self.base, if self.base.is_v4() { self.bits - 96 } else { self.bits }),
        }
    }
}

fn masked(addr: Addr, bits: u8) -> Addr {
    let all = u128::from_be_bytes(*addr.octets());
    let kept = if bits == 0 { 0 } else { all & (u128::MAX << (128 - u32::from(bits.min(128)))) };
    Addr::v6(kept.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_families_are_held_by_their_prefix() {
        let ip = |text: &str| -> Addr { text.parse::<IpAddr>().expect("an address").into() };
        for (net, inside, outside) in [
            ("10.0.3.0/24", "10.0.3.255", "10.0.4.0"),
            ("10.0.0.25", "10.0.0.25", "10.0.0.26"),
            ("0.0.0.0/0", "255.1.2.3", "2001:db8::1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
        ] {
            let parsed = Net::parse(net).expect("a network");
            assert!(parsed.holds(ip(inside)) && !parsed.holds(ip(outside)), "{net}");
            assert_eq!(parsed.to_string(), net);
        }
        assert_eq!(Net::parse("10.0.3.7/24"), Err(NotANet::HostBits(Net::parse("10.0.3.0/24").expect("a network"))));
        assert_eq!(Net::parse("10.0.3.0/33"), Err(NotANet::TooLong(32)));
        assert_eq!(Net::parse("mail.example"), Err(NotANet::Malformed));
    }
}
