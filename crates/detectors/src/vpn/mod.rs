//! Logons to a VPN that are not like their user's (P12).
//!
//! Definition (DETECTIONS.md `vpn`): from a new country; farther away than one can have travelled since the last logon (900 km/h);
//! after 10 failures in 10 minutes; while another session of the same user is open. Read from `logon` rows of service `vpn`, whatever
//! device tells of them. Countries and places need a file (`--geo`); without one the last two speak alone. Source: S2, whose panel
//! shows VPN logons.
//!
//! The finding's host is the address that logged on, its subject the user. A device that tells of one logon in several messages tells
//! of it once here: what repeats a session's user and address is that session. Left out: who shares a device by agreement.

mod definitions;

use bounded::Table;
use contract::seen::{Logon, Seen, What};
use contract::{Behaviour, Chosen, Definition, Detector, Finding, Known, Setting, Severity, Spot, Tell};
use definitions::{ALL, GUESSED, NEW_COUNTRY, TRAVEL, TWICE};
use model::{Addr, Interval, Timestamp};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Vpn;

const SETTINGS: &[Setting] = &[
    Setting { name: "logons_min", default: 3.0, doc: "Logons of a user after which a new country is one." },
    Setting { name: "speed_kmh_max", default: 900.0, doc: "How fast one can travel: an airliner's speed." },
    Setting { name: "distance_km_min", default: 300.0, doc: "Distances below this say nothing: addresses are not that exactly known." },
    Setting { name: "failures_min", default: 10.0, doc: "Failures of a user before a success." },
    Setting { name: "window_secs", default: 600.0, doc: "Within how many seconds." },
    Setting { name: "session_secs_max", default: 43_200.0, doc: "A session without an end is over after so many seconds." },
];

/// Users that are remembered: a large organisation's.
const USERS_MAX: usize = 32_768;
/// Countries of a user that are remembered, the latest.
const COUNTRIES_MAX: usize = 6;

impl Behaviour for Vpn {
    fn name(&self) -> &'static str {
        "vpn"
    }
    fn definitions(&self) -> &'static [Definition] {
        &ALL
    }
    fn settings(&self) -> &'static [Setting] {
        SETTINGS
    }
    fn wants(&self) -> &'static [What] {
        &[What::Logon]
    }
    fn held_bytes_max(&self) -> usize {
        Table::<u64, User>::held_bytes_max(USERS_MAX)
    }
    fn open(&self, settings: &Chosen) -> Box<dyn Detector> {
        let count = |name| u32::try_from(settings.count(SETTINGS, name).max(1)).unwrap_or(u32::MAX);
        Box::new(Watch {
            logons: count("logons_min"),
            speed_kmh: settings.get(SETTINGS, "speed_kmh_max").max(1.0),
            distance_km: settings.get(SETTINGS, "distance_km_min"),
            failures: count("failures_min"),
            window: settings.secs(SETTINGS, "window_secs"),
            session: settings.secs(SETTINGS, "session_secs_max"),
            users: Table::new(USERS_MAX),
        })
    }
}

/// A user's last logon.
#[derive(Clone, Copy, Debug)]
struct Last {
    from: Addr,
    at: Timestamp,
    spot: Option<Spot>,
    open: bool,
}

/// What is remembered of a user.
#[derive(Debug, Default)]
struct User {
    logons: u32,
    countries: [Option<[u8; 2]>; COUNTRIES_MAX],
    last: Option<Last>,
    failures: u32,
    failing_since: Option<Timestamp>,
}

impl User {
    fn knows(&self, country: [u8; 2]) -> bool {
        self.countries.contains(&Some(country))
    }

    fn remember(&mut self, country: [u8; 2]) {
        if !self.knows(country) {
            self.countries.rotate_right(1);
            self.countries[0] = Some(country);
        }
    }
}

struct Watch {
    logons: u32,
    speed_kmh: f64,
    distance_km: f64,
    failures: u32,
    window: Interval,
    session: Interval,
    users: Table<u64, User>,
}

impl Detector for Watch {
    fn on(&mut self, seen: &Seen<'_>, known: &dyn Known, out: &mut dyn Tell) {
        let Seen::Logon(logon) = seen else { return };
        if logon.service() != b"vpn" || logon.user().is_empty() {
            return;
        }
        let user = self.users.entry(crate::hash(&logon.user().to_ascii_lowercase()), User::default);
        match (logon.action(), logon.success()) {
            (b"logon", Some(true)) => self.granted(logon, known, out),
            (b"logon", Some(false)) => {
                let at = logon.ts();
                if user.failing_since.is_none_or(|since| at - since > self.window) {
                    (user.failing_since, user.failures) = (Some(at), 0);
                }
                user.failures = user.failures.saturating_add(1);
            }
            (b"logoff", _) => {
                if let Some(last) = &mut user.last
                    && logon.source().is_none_or(|source| source == last.from)
                {
                    last.open = false;
                }
            }
            _ => {}
        }
    }

    fn held_bytes(&self) -> usize {
        self.users.held_bytes()
    }

    fn dropped(&self) -> u64 {
        self.users.dropped()
    }
}

impl Watch {
    fn granted(&mut self, logon: &Logon<'_>, known: &dyn Known, out: &mut dyn Tell) {
        let at = logon.ts();
        let (window, failures, session, fewest) = (self.window, self.failures, self.session, self.logons);
        let user = self.users.entry(crate::hash(&logon.user().to_ascii_lowercase()), User::default);
        let guessed = user.failures >= failures && user.failing_since.is_some_and(|since| at - since <= window);
        let failed = std::mem::take(&mut user.failures);
        // Without an address there is nobody to tell of; the message that has it comes right behind.
        let Some(from) = logon.source() else {
            user.failures = if guessed { failed } else { 0 };
            return;
        };
        let finding = |definition, confidence| Finding::new(definition, from, at, confidence).about(logon.user());
        if guessed {
            let since = user.failing_since.unwrap_or(at);
            let told = finding(&GUESSED, 85).since(since).times(failed.into());
            out.finding(told.measure("failures before", f64::from(failed), f64::from(failures), ""));
        }
        let country = known.country(from);
        if let Some(country) = country {
            if user.logons >= fewest && !user.knows(country) && user.countries[0].is_some() {
                let usual: Vec<u8> = user.countries.iter().flatten().flat_map(|code| [code[0], code[1], b' ']).collect();
                let mut told = finding(&NEW_COUNTRY, 70).note("logons before", f64::from(user.logons), "");
                told.add_quote(&[&b"from "[..], &country, b", before from ", usual.trim_ascii()].concat());
                out.finding(told);
            }
            user.remember(country);
        }
        let now = Last { from, at, spot: known.spot(from), open: true };
        if let Some(last) = user.last.filter(|last| !same_network(last.from, from)) {
            if let Some((distance, speed)) = journey(&last, &now)
                && distance >= self.distance_km
                && speed > self.speed_kmh
            {
                let told =
                    finding(&TRAVEL, 85).since(last.at).peer(last.from).measure("distance", distance.round(), self.distance_km, "km");
                out.finding(told.measure("speed", speed.round(), self.speed_kmh, "km/h"));
            }
            let since = at - last.at;
            if last.open && since <= session {
                let one_system = known.system(last.from).zip(known.system(from)).is_some_and(|(one, other)| one.0 == other.0);
                let told =
                    finding(&TWICE, 60).since(last.at).peer(last.from).severity(if one_system { Severity::Low } else { TWICE.severity });
                out.finding(told.measure("since the other began", since.secs_f64().round(), session.secs_f64(), "s"));
            }
        }
        // What repeats the open session is a further message about it.
        let repeated = user.last.is_some_and(|last| last.open && last.from == from);
        user.logons = user.logons.saturating_add(u32::from(!repeated));
        user.last = Some(now);
    }
}

/// How far it is at least between two logons, in kilometres, and how fast one must have travelled, in kilometres an hour.
fn journey(last: &Last, now: &Last) -> Option<(f64, f64)> {
    /// Clocks and logs are not exacter than a minute.
    const LEAST_HOURS: f64 = 1.0 / 60.0;
    let distance = last.spot?.least_km_to(&now.spot?);
    let hours = (now.at - last.at).secs_f64().abs() / 3600.0;
    Some((distance, distance / hours.max(LEAST_HOURS)))
}

/// Whether two addresses are of one access network: a line whose address changes.
fn same_network(one: Addr, other: Addr) -> bool {
    let (one, other) = (one.as_slice(), other.as_slice());
    let prefix = if one.len() == 4 { 3 } else { 6 };
    one.len() == other.len() && one.get(..prefix) == other.get(..prefix)
}
