//! Roles of hosts: what is ordinary for a mail server accuses a workstation.

use model::{Addr, Timestamp};

/// A set of hosts that settings name (DETECTIONS.md, "Roles").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Sends and receives mail for others.
    MailServers,
    /// Sends the same mail to many.
    ListMailers,
    /// Asks name servers for others.
    Resolvers,
    /// Copies zones from a primary name server.
    Secondaries,
    /// Fetches web pages for others.
    Proxies,
    /// Visits web sites by the thousand.
    Crawlers,
    /// Asks other hosts whether they live.
    Monitors,
    /// Looks for weaknesses, with permission.
    ScannersAuthorised,
    /// Hides several hosts behind its address, and is known for it.
    NatKnown,
    /// Addresses that are lent to VPN users.
    VpnPools,
    /// Addresses that nobody has.
    Darknet,
    /// The inside.
    LocalNets,
}

impl Role {
    /// All of them, in the order of the enumeration.
    pub const ALL: [Self; 12] = [
        Self::MailServers,
        Self::ListMailers,
        Self::Resolvers,
        Self::Secondaries,
        Self::Proxies,
        Self::Crawlers,
        Self::Monitors,
        Self::ScannersAuthorised,
        Self::NatKnown,
        Self::VpnPools,
        Self::Darknet,
        Self::LocalNets,
    ];

    /// Its name in settings.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MailServers => "mail_servers",
            Self::ListMailers => "list_mailers",
            Self::Resolvers => "resolvers",
            Self::Secondaries => "secondaries",
            Self::Proxies => "proxies",
            Self::Crawlers => "crawlers",
            Self::Monitors => "monitors",
            Self::ScannersAuthorised => "scanners_authorised",
            Self::NatKnown => "nat_known",
            Self::VpnPools => "vpn_pools",
            Self::Darknet => "darknet",
            Self::LocalNets => "local_nets",
        }
    }

    /// The role of a name in settings.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// How it is known that a host has a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held<'a> {
    /// Settings say so, for this reason.
    Given {
        /// Why, as the settings say.
        reason: &'a str,
        /// Who answers for it; may be empty.
        owner: &'a str,
    },
    /// Its traffic looks so; nobody has said it.
    Inferred {
        /// What was seen.
        because: &'a str,
    },
}

/// A destination, as prevalence counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination<'a> {
    /// By address.
    Addr(Addr),
    /// By name.
    Name(&'a [u8]),
}

/// How many inside hosts have gone to a destination, of how many that have gone anywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Hosts that went there.
    pub hosts: u32,
    /// Hosts in all.
    pub of: u32,
}

/// A place on the globe.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// How far from there it may really be, in kilometres.
    pub radius_km: f64,
}

impl Spot {
    /// The least distance that there can be to another place, in kilometres: along the great circle (haversine formula), less
    /// what both are unsure of.
    pub fn least_km_to(&self, other: &Self) -> f64 {
        const EARTH_RADIUS_KM: f64 = 6371.0;
        let (from, to) = (self.latitude.to_radians(), other.latitude.to_radians());
        let (north, east) = ((to - from) / 2.0, (other.longitude - self.longitude).to_radians() / 2.0);
        let chord = north.sin().powi(2) + from.cos() * to.cos() * east.sin().powi(2);
        let apart = 2.0 * EARTH_RADIUS_KM * chord.clamp(0.0, 1.0).sqrt().asin();
        (apart - self.radius_km - other.radius_km).max(0.0)
    }
}

/// What is known of hosts, besides the event at hand. All of it is as of now: it grows while events come.
pub trait Known {
    /// Whether an address is inside.
    fn is_inside(&self, addr: Addr) -> bool;

    /// Whether a host has a role, and why. Roles that have expired by the data's time are not held.
    fn role(&self, addr: Addr, role: Role) -> Option<Held<'_>>;

    /// Whether settings name any host for a role.
    fn is_given(&self, role: Role) -> bool;

    /// The name by which a client last knew an address, in lower case.
    fn name(&self, client: Addr, addr: Addr) -> Option<&[u8]>;

    /// How many inside hosts have gone to a destination.
    fn reach(&self, destination: Destination<'_>) -> Reach;

    /// The country of an address, ISO 3166 in upper case; `None` without a file that knows.
    fn country(&self, addr: Addr) -> Option<[u8; 2]>;

    /// Where an address is used; `None` without a file that knows.
    fn spot(&self, addr: Addr) -> Option<Spot>;

    /// The autonomous system of an address: number and organisation.
    fn system(&self, addr: Addr) -> Option<(u32, &str)>;

    /// The operating system of a host, by the last fingerprint of its stack.
    fn os(&self, addr: Addr) -> Option<&str>;

    /// The time of the latest event.
    fn now(&self) -> Timestamp;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_globe() {
        let spot = |latitude, longitude, radius_km| Spot { latitude, longitude, radius_km };
        let (tokyo, london) = (spot(35.68, 139.69, 0.0), spot(51.51, -0.13, 0.0));
        assert!((tokyo.least_km_to(&london) - 9_560.0).abs() < 20.0);
        assert!((spot(0.0, 179.0, 0.0).least_km_to(&spot(0.0, -179.0, 0.0)) - 222.4).abs() < 1.0);
        assert_eq!(tokyo.least_km_to(&spot(34.69, 135.5, 500.0)), 0.0);
    }
}
