//! `vpn`: fires for a new country, an impossible journey, a guessed password and a second session; silent for who stays, travels by
//! plane, mistypes, or comes back from the same network.

use contract::Spot;
use detectors::vpn::Vpn;
use model::{Field, Kind, TS_KEY, Type, field};
use testkit::behaviour::{Making, Stage, ip};

const FIELDS: &[Field] = &[
    field("service", Type::STRING, "", ""),
    field("user", Type::STRING, "", ""),
    field("source", Type::ADDR, "", ""),
    field("action", Type::ENUM, "", ""),
    field("success", Type::BOOL, "", ""),
];
static LOGON: Kind = Kind { name: "logon", doc: "", keys: TS_KEY, fields: FIELDS };

const TOKYO: &str = "198.51.100.7";
const OSAKA: &str = "198.51.101.7";
const LONDON: &str = "203.0.113.7";
const HOUR: f64 = 3600.0;

fn logon(secs: f64, from: &str, action: &str, success: bool) -> Making {
    Making::loose(&LOGON, secs)
        .text("service", "vpn")
        .text("user", "Alice")
        .with("source", ip(from))
        .text("action", action)
        .with("success", success)
}

fn granted(secs: f64, from: &str) -> Making {
    logon(secs, from, "logon", true)
}

fn names(events: impl IntoIterator<Item = Making>) -> Vec<(&'static str, String)> {
    let mut stage = Stage::new(&Vpn);
    let spot = |latitude, longitude| Spot { latitude, longitude, radius_km: 50.0 };
    for (addr, country, spot) in [(TOKYO, b"JP", spot(35.7, 139.7)), (OSAKA, b"JP", spot(34.7, 135.5)), (LONDON, b"GB", spot(51.5, -0.1))] {
        stage.facts.spots.insert(ip(addr), (*country, spot));
    }
    stage.names(events)
}

fn of(name: &'static str, host: &str) -> (&'static str, String) {
    (name, host.to_owned())
}

/// Sessions that end before the next begins.
fn days(count: u32, from: &'static str) -> impl Iterator<Item = Making> {
    (0..count).flat_map(move |day| {
        let begin = f64::from(day) * 24.0 * HOUR;
        [granted(begin, from), logon(begin + HOUR, from, "logoff", true)]
    })
}

#[test]
fn a_new_country_after_some_logons() {
    assert_eq!(names(days(4, TOKYO).chain([granted(200.0 * HOUR, LONDON)])), [of("vpn_new_country", LONDON)]);
    assert_eq!(names(days(2, TOKYO).chain([granted(200.0 * HOUR, LONDON)])), []);
    assert_eq!(names(days(4, TOKYO).chain([granted(200.0 * HOUR, OSAKA)])), []);
}

#[test]
fn a_journey_that_nobody_makes() {
    let then = |secs: f64| [granted(0.0, TOKYO), logon(60.0, TOKYO, "logoff", true), granted(secs, LONDON)];
    assert_eq!(names(then(2.0 * HOUR)), [of("vpn_travel", LONDON)]);
    assert_eq!(names(then(14.0 * HOUR)), []);
    // Osaka is too near for what is known of addresses.
    assert_eq!(names([granted(0.0, TOKYO), logon(1.0, TOKYO, "logoff", true), granted(60.0, OSAKA)]), []);
}

#[test]
fn failures_and_then_a_success() {
    let failures = |count: u32| (0..count).map(|number| logon(f64::from(number) * 10.0, LONDON, "logon", false));
    assert_eq!(names(failures(10).chain([granted(200.0, LONDON)])), [of("vpn_guessed", LONDON)]);
    assert_eq!(names(failures(9).chain([granted(200.0, LONDON)])), []);
    assert_eq!(names(failures(10).chain([granted(700.0, LONDON)])), []);
}

#[test]
fn two_sessions_at_once() {
    assert_eq!(names([granted(0.0, TOKYO), granted(HOUR, OSAKA)]), [of("vpn_two_sessions", OSAKA)]);
    assert_eq!(names([granted(0.0, TOKYO), logon(60.0, TOKYO, "logoff", true), granted(HOUR, OSAKA)]), []);
    // One logon in three messages, and a line that was given another address of its network.
    assert_eq!(names([granted(0.0, TOKYO), granted(0.0, TOKYO), granted(1.0, TOKYO), granted(HOUR, "198.51.100.99")]), []);
    // A session whose end nobody told.
    assert_eq!(names([granted(0.0, TOKYO), granted(20.0 * HOUR, OSAKA)]), []);
}
