//! Internet addresses of both families in one small type.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An IPv4 or IPv6 address: sixteen bytes, network byte order, IPv4 as `::ffff:a.b.c.d` (RFC 4291 section 2.5.5.2).
///
/// An IPv6 packet that carries a mapped address is therefore shown as IPv4, as Zeek does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Addr([u8; 16]);

impl Addr {
    /// `::`.
    pub const UNSPECIFIED_V6: Self = Self([0; 16]);

    /// From the four bytes of an IPv4 address, network byte order.
    pub const fn v4([a, b, c, d]: [u8; 4]) -> Self {
        Self([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d])
    }

    /// From the sixteen bytes of an IPv6 address, network byte order.
    pub const fn v6(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The address of either family from a slice of four or sixteen bytes; `None` for other lengths.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        match bytes.len() {
            4 => bytes.try_into().ok().map(Self::v4),
            16 => bytes.try_into().ok().map(Self::v6),
            _ => None,
        }
    }

    /// Whether this is an IPv4 address.
    pub fn is_v4(&self) -> bool {
        self.0[..12] == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
    }

    /// The sixteen bytes, IPv4 mapped.
    pub const fn octets(&self) -> &[u8; 16] {
        &self.0
    }

    /// The four or sixteen bytes as they stand in a packet.
    pub fn as_slice(&self) -> &[u8] {
        if self.is_v4() { &self.0[12..] } else { &self.0 }
    }

    /// The standard library's form.
    pub fn to_ip(self) -> IpAddr {
        if self.is_v4() {
            IpAddr::V4(Ipv4Addr::new(self.0[12], self.0[13], self.0[14], self.0[15]))
        } else {
            IpAddr::V6(Ipv6Addr::from(self.0))
        }
    }

    /// Whether the address is inside an organisation by its range: Zeek's `Site::private_address_space`
    /// (RFC 1918, 6598, 3927, 4193, 4291, the special ranges of RFC 6890, loopback, multicast that stays inside).
    pub fn is_private(&self) -> bool {
        match self.to_ip() {
            IpAddr::V4(ip) => {
                let [a, b, c, _] = ip.octets();
                matches!(
                    (a, b, c),
                    (0 | 10 | 127, _, _)
                        | (100, 64..=127, _)
                        | (169, 254, _)
                        | (172, 16..=31, _)
                        | (192, 0, 0 | 2)
                        | (192, 168, _)
                        | (198, 18..=19, _)
                        | (198, 51, 100)
                        | (203, 0, 113)
                        | (224, 0, 0)
                        | (239, _, _)
                        | (240..=255, _, _)
                )
            }
            IpAddr::V6(ip) => {
                let [a, b, c, ..] = ip.segments();
                ip.is_loopback()
                    || ip.is_unspecified()
                    || (a & 0xfe00) == 0xfc00
                    || matches!(a & 0xffc0, 0xfe80 | 0xfec0)
                    || (a == 0x64 && b == 0xff9b && c == 1)
                    || (a == 0x100 && b == 0 && c == 0)
                    || (a == 0x2001 && (b < 0x200 || b == 0xdb8))
                    // 6to4 of an inside IPv4 address.
                    || (a == 0x2002 && Self::v4([self.0[2], self.0[3], self.0[4], self.0[5]]).is_private())
            }
        }
    }
}

impl From<IpAddr> for Addr {
    fn from(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(ip) => Self::v4(ip.octets()),
            IpAddr::V6(ip) => Self::v6(ip.octets()),
        }
    }
}

impl fmt::Display for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_ip().fmt(f)
    }
}

impl fmt::Debug for Addr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_ip().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(text: &str) -> Addr {
        text.parse::<IpAddr>().expect("a test address").into()
    }

    #[test]
    fn private_ranges_are_those_of_the_site_policy() {
        for (text, private) in [
            ("10.1.2.3", true),
            ("172.31.255.1", true),
            ("172.32.0.1", false),
            ("100.64.0.1", true),
            ("192.0.2.9", true),
            ("8.8.8.8", false),
            ("224.0.0.251", true),
            ("224.0.1.1", false),
            ("239.255.255.250", true),
            ("255.255.255.255", true),
            ("fe80::1", true),
            ("fd00::1", true),
            ("2001:4860::8888", false),
            ("::", true),
            ("2002:a00:1::1", true),
            ("2002:808:808::1", false),
            ("fec0::1", true),
        ] {
            assert_eq!(addr(text).is_private(), private, "{text}");
        }
    }

    #[test]
    fn families_print_as_they_are() {
        assert_eq!(addr("1.2.3.4").to_string(), "1.2.3.4");
        assert_eq!(addr("2001:db8::1").to_string(), "2001:db8::1");
        assert_eq!(addr("1.2.3.4").as_slice(), [1, 2, 3, 4]);
    }
}
