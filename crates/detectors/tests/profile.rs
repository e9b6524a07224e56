//! `profile`: what is new after a day and what is far more than usual are noted; everyday use and short captures are silent. The
//! ledger counts what S1's profile of an application asks for.

use contract::Severity;
use detectors::profile::{By, Ledger, Profile, Session};
use model::Value;
use testkit::behaviour::{Making, Stage, conn, ip};

const DAY: f64 = 86_400.0;

fn used(secs: f64, host: &str, port: u16, service: &str) -> Making {
    conn(secs, &format!("{host}:2000"), &format!("93.184.216.34:{port}"), "SF")
        .text("service", service)
        .with("resp_pkts", Value::from(5_u64))
}

#[test]
fn what_nobody_used_before_is_noted_after_a_day_of_learning() {
    let days = |hours: u32| (0..hours).map(|hour| used(f64::from(hour) * 3600.0, "10.0.0.5", 80, "http"));
    let found = |events: Vec<Making>| Stage::new(&Profile).names(events);
    assert_eq!(found(days(12).chain([used(11.5 * 3600.0, "10.0.0.7", 6667, "irc")]).collect()), []);
    let noted =
        found(days(30).chain([used(29.5 * 3600.0, "10.0.0.7", 6667, "irc"), used(29.6 * 3600.0, "10.0.0.5", 80, "http")]).collect());
    assert_eq!(noted, [("profile_new", "10.0.0.7".to_owned())]);
}

#[test]
fn an_hour_with_far_more_than_usual_is_noted_and_accuses_nobody() {
    let run = |burst: u32| {
        let mut stage = Stage::new(&Profile);
        for hour in 0..(4 * 24 + 6) {
            for session in 0..10 {
                stage.see(&used(f64::from(hour) * 3600.0 + f64::from(session), "10.0.0.5", 25, "smtp").event());
            }
            stage.tick(f64::from(hour) * 3600.0 + 20.0);
        }
        let at = 4.0 * DAY + 6.0 * 3600.0;
        (0..burst).for_each(|session| stage.see(&used(at + f64::from(session), "10.0.0.66", 25, "smtp").event()));
        stage.tick(at + 3.0 * 3600.0);
        stage.findings()
    };
    assert!(run(50).is_empty());
    let findings = run(500);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!((findings[0].definition.name, findings[0].host, findings[0].severity), ("profile_amount", ip("10.0.0.66"), Severity::Info));
    assert_eq!((findings[0].measures[1].value, findings[0].count), (10.0, 500));
}

fn session<'a>(at_secs: i64, orig: &str, resp: &str, service: &'a str, port: u16) -> Session<'a> {
    let (orig, resp) = (ip(orig), ip(resp));
    Session { at: at_secs * 1_000_000, orig, resp, port, proto: "tcp", service, bytes: 500, secs: 0.25 }
}

#[test]
fn a_line_says_how_often_how_regularly_how_much_and_with_whom() {
    let mut ledger = Ledger::new(By::Application);
    for number in 0..100 {
        ledger.add(&session(number * 60, "10.0.0.5", "203.0.113.9", "http", 80));
        ledger.add(&session(number * 7, &format!("10.0.0.{}", number % 20), &format!("198.51.100.{number}"), "dns", 53));
    }
    ledger.add(&session(50, "10.0.0.5", "203.0.113.9", "", 4444));
    let lines = ledger.lines();
    assert_eq!(lines.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["4444/tcp", "dns", "http"]);
    let (_, http) = lines[2];
    assert_eq!((http.sessions, http.hosts(), http.peers(), http.bytes), (100, 1, 1, 50_000));
    assert_eq!((http.intervals.median(), http.durations.median(), http.sizes.median()), (Some(60.0), Some(0.25), Some(500.0)));
    let (_, dns) = lines[1];
    assert_eq!((dns.hosts(), dns.ports.clone(), dns.intervals.median()), (20, vec!["53/tcp".to_owned()], Some(140.0)));
    assert!((90..=110).contains(&dns.peers()), "{}", dns.peers());
}

#[test]
fn today_is_held_against_other_days_and_other_folders() {
    let day = 86_400;
    let mut before = Ledger::new(By::Port);
    let mut now = Ledger::new(By::Port);
    for hour in 0..24 {
        for number in 0..10 {
            before.add(&session(10 * day + hour * 3600 + number, "10.0.0.5", "203.0.113.9", "", 80));
            now.add(&session(11 * day + hour * 3600 + number, "10.0.0.5", "203.0.113.9", "", 80));
            now.add(&session(11 * day + hour * 3600 + number, "10.0.0.5", "203.0.113.9", "", 80));
        }
    }
    now.add(&session(11 * day + 5, "10.0.0.5", "203.0.113.9", "", 6667));
    let others = [before];
    let compared: Vec<_> = now.lines().into_iter().map(|(name, line)| (name.to_owned(), now.compared(name, line, &others))).collect();
    let of = |name: &str| compared.iter().find(|(known, _)| known == name).expect("a line").1;
    assert_eq!((of("80/tcp").today, of("80/tcp").usual, of("80/tcp").is_new), (480, Some(240.0), false));
    assert_eq!((of("6667/tcp").today, of("6667/tcp").usual, of("6667/tcp").is_new), (1, Some(0.0), true));
    let (name, line) = now.lines()[0];
    assert_eq!((now.compared(name, line, &[]).usual, now.compared(name, line, &[]).is_new), (None, false));
}

#[test]
fn a_flood_of_ports_is_bounded_and_counted() {
    let mut ledger = Ledger::new(By::Destination);
    for number in 0..60_000_u32 {
        let [_, b, c, d] = number.to_be_bytes();
        ledger.add(&session(i64::from(number), "10.0.0.5", &format!("93.{b}.{c}.{d}"), "", 80));
    }
    assert_eq!((ledger.lines().len(), ledger.dropped(), ledger.sessions()), (10_000, 50_000, 60_000));
}
