//! Who takes part: the office's machines and the servers outside.

use model::Addr;
use testkit::network::{Host, System};
use testkit::packet::Mac;

/// The office's router: every outside host's frames bear its card's address.
pub(crate) const ROUTER: Host = inside(1, System::Linux);
/// The office's name server.
pub(crate) const RESOLVER: Host = inside(2, System::Linux);
/// The office's mail server.
pub(crate) const MAIL: Host = inside(3, System::Linux);
/// The office's file and build server, which people log in to.
pub(crate) const BUILD: Host = inside(4, System::Linux);

/// The people's machines: name and host. The third will be infected.
pub(crate) const DESKS: [(&str, Host); 8] = [
    ("AOI-PC", inside(21, System::Windows)),
    ("HARU-PC", inside(22, System::Windows)),
    ("RECEPTION", inside(23, System::Windows)),
    ("sora-linux", inside(24, System::Linux)),
    ("YUKI-PC", inside(25, System::Windows)),
    ("ACCOUNTS", inside(26, System::Windows)),
    ("MEETING-ROOM", inside(27, System::Windows)),
    ("nagi-linux", inside(28, System::Linux)),
];

/// Which of the [`DESKS`] is infected.
pub(crate) const VICTIM: usize = 2;

/// The name server outside that the office's own asks.
pub(crate) const FORWARDER: Host = outside([192, 175, 48, 53], 6);
/// The time server.
pub(crate) const TIME: Host = outside([192, 175, 48, 123], 9);
/// The mail server of the people that the office writes to.
pub(crate) const PARTNER_MAIL: Host = outside([192, 31, 196, 25], 12);
/// Where the executable comes from.
pub(crate) const DROPPER: Host = outside([192, 52, 193, 77], 15);
/// Whom the infected machine reports to.
pub(crate) const GATE: Host = outside([192, 52, 193, 140], 17);
/// Where the orders are given.
pub(crate) const ORDERS: Host = outside([192, 52, 193, 201], 14);

/// A web site: its name, its server, and whether it is asked over TLS, and if so of which version.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site {
    pub(crate) name: &'static str,
    pub(crate) host: Host,
    pub(crate) security: Security,
    /// How far away it is, in milliseconds there and back.
    pub(crate) round_trip_ms: i64,
}

/// How a site is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Security {
    None,
    Tls12,
    Tls13,
}

/// The sites that people look at.
pub(crate) const SITES: [Site; 8] = [
    site("www.weather-box.example", 10, Security::None, 12),
    site("news.rice-field.example", 11, Security::None, 18),
    site("static.rice-field.example", 12, Security::None, 18),
    site("www.slow-library.example", 13, Security::None, 160),
    site("bank.quiet-river.example", 20, Security::Tls12, 25),
    site("shop.paper-crane.example", 21, Security::Tls12, 90),
    site("search.blue-heron.example", 30, Security::Tls13, 8),
    site("video.blue-heron.example", 31, Security::Tls13, 9),
];

const fn inside(last: u8, system: System) -> Host {
    Host { addr: Addr::v4([192, 168, 10, last]), mac: Mac([0x02, 0x11, 0x22, 0x00, 0x0a, last]), system, hops: 0 }
}

const fn outside(addr: [u8; 4], hops: u8) -> Host {
    Host { addr: Addr::v4(addr), mac: ROUTER.mac, system: System::Linux, hops }
}

const fn site(name: &'static str, last: u8, security: Security, round_trip_ms: i64) -> Site {
    Site { name, host: outside([192, 31, 196, last], 10), security, round_trip_ms }
}
