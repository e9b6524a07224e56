//! `brute_force`: fires for many failures, higher for a success behind them; silent for a few, and for long sessions.

use contract::Severity;
use detectors::brute_force::BruteForce;
use model::{Field, Interval, Kind, TS_KEY, Type, field};
use testkit::behaviour::{Making, Stage, conn, http, ip, kind};

fn found(events: impl IntoIterator<Item = Making>) -> Vec<(&'static str, Severity)> {
    let mut stage = Stage::new(&BruteForce);
    events.into_iter().for_each(|making| stage.see(&making.event()));
    let mut found: Vec<_> = stage.findings().iter().map(|finding| (finding.definition.name, finding.severity)).collect();
    found.dedup();
    found
}

fn ssh(secs: f64, success: bool) -> Making {
    Making::of(kind("ssh", &["auth_success", "auth_attempts"]), secs, "10.0.0.5:4000", "10.0.0.9:22")
        .with("auth_success", success)
        .with("auth_attempts", 1_u64)
}

#[test]
fn failures_and_a_success_behind_them() {
    let failures = |count: u32, pause: f64| (0..count).map(move |number| ssh(f64::from(number) * pause, false));
    assert_eq!(found(failures(10, 20.0)), []);
    assert_eq!(found(failures(11, 20.0)), [("password_guessing", Severity::Medium)]);
    assert_eq!(found(failures(30, 10.0)), [("password_guessing", Severity::Medium), ("password_guessing", Severity::High)]);
    assert_eq!(found(failures(40, 700.0)), []);
    let then = failures(12, 20.0).chain([ssh(300.0, true)]);
    assert_eq!(found(then), [("password_guessing", Severity::Medium), ("password_guessed", Severity::High)]);
}

#[test]
fn few_at_many_servers() {
    let logon = |number: u32| {
        let to = format!("10.0.1.{number}:21");
        let making = Making::of(kind("_logon", &["service", "user", "success"]), f64::from(number), "10.0.0.5:4000", &to);
        making.text("service", "ftp").text("user", "root").with("success", false)
    };
    assert_eq!(found((0..10).map(logon)), [("password_spraying", Severity::High)]);
    assert_eq!(found((0..9).map(logon)), []);
}

#[test]
fn the_web_asks_before_it_refuses() {
    let kind = kind("http", &["method", "host", "uri", "status_code", "username"]);
    let request = |number: u32, user: &str| {
        let making = Making::of(kind, f64::from(number), "10.0.0.5:4000", "10.0.0.9:80").text("method", "GET").text("uri", "/");
        making.with("status_code", 401_u64).text("username", user)
    };
    assert_eq!(found((0..20).map(|number| request(number, "root"))), [("password_guessing", Severity::Medium)]);
    assert_eq!(found((0..20).map(|number| request(number, ""))), []);
    assert_eq!(found((0..20).map(|number| http(f64::from(number), "10.0.0.5:4000", "10.0.0.9:80", "GET", "a", "/"))), []);
}

#[test]
fn what_is_encrypted_is_told_by_its_shape() {
    let session = |number: u32, length: i64, bytes: u64| {
        let making = conn(f64::from(number) * 5.0, &format!("10.0.0.5:{}", 4000 + number), "10.0.0.9:3389", "SF");
        making.with("duration", Interval::from_secs(length)).with("orig_bytes", 900_u64).with("resp_bytes", bytes)
    };
    assert_eq!(found((0..30).map(|number| session(number, 2, 1500 + u64::from(number)))), [("guessing_by_shape", Severity::Medium)]);
    assert_eq!(found((0..30).map(|number| session(number, 600, 1500))), []);
    assert_eq!(found((0..30).map(|number| session(number, 2, u64::from(number) * 1000 + 1))), []);
}

#[test]
fn a_log_of_logons_tells_of_them_too() {
    const FIELDS: &[Field] = &[
        field("host", Type::STRING, "", ""),
        field("service", Type::STRING, "", ""),
        field("user", Type::STRING, "", ""),
        field("source", Type::ADDR, "", ""),
        field("action", Type::ENUM, "", ""),
        field("success", Type::BOOL, "", ""),
    ];
    static LOGON: Kind = Kind { name: "logon", doc: "", keys: TS_KEY, fields: FIELDS };
    let logon = |secs: u32, host: &str, success: bool| {
        let making = Making::loose(&LOGON, f64::from(secs)).text("host", host).text("service", "ssh").text("user", "root");
        making.with("source", ip("203.0.113.7")).text("action", "logon").with("success", success)
    };
    let then = (0..12).map(|number| logon(number * 20, "bastion", false)).chain([logon(300, "bastion", true)]);
    assert_eq!(found(then), [("password_guessing", Severity::Medium), ("password_guessed", Severity::High)]);
    assert_eq!(found((0..10).map(|number| logon(number * 20, "bastion", false))), []);
    let spread = (0..10).map(|number| logon(number, &format!("host{number}"), false));
    assert_eq!(found(spread), [("password_spraying", Severity::High)]);
}
