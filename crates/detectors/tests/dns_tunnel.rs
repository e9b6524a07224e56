//! `dns_tunnel`: iodine, dnscat and slow leaks fire; browsing, black lists and services stay silent.

use contract::{Finding, Severity};
use detectors::dns_tunnel::DnsTunnel;
use testkit::behaviour::{Making, Stage, dns};

/// Hexadecimal that looks like data.
fn noise(number: u32, bytes: usize) -> String {
    let mut state = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678;
    let mut digit = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from_digit((state >> 60) as u32, 16).expect("four bits")
    };
    (0..bytes).map(|_| digit()).collect()
}

fn asked(host: &str, secs: f64, name: &str, qtype: &str) -> Making {
    dns(secs, &format!("{host}:1025"), "10.0.0.53:53", name, qtype, "NOERROR")
}

fn found(events: impl IntoIterator<Item = Making>) -> Vec<(&'static str, Severity)> {
    let mut stage = Stage::new(&DnsTunnel);
    events.into_iter().for_each(|making| stage.see(&making.event()));
    let all: Vec<Finding> = stage.findings();
    all.last().map(|finding| (finding.definition.name, finding.severity)).into_iter().collect()
}

#[test]
fn a_tunnel_by_kinds_that_carry_data_is_high_within_seconds() {
    let iodine = (0..40).map(|number| asked("10.0.0.5", f64::from(number) * 0.1, &format!("{}.t.example", noise(number, 40)), "NULL"));
    assert_eq!(found(iodine), [("dns_tunnel", Severity::High)]);
    let dnscat = (0..30).map(|number| asked("10.0.0.5", f64::from(number), &format!("dnscat.{}", noise(number, 44)), "TXT"));
    assert_eq!(found(dnscat), [("dns_tunnel", Severity::High)]);
}

#[test]
fn ten_kilobytes_of_names_in_an_hour_are_a_tunnel_by_address_records_too() {
    let leak = (0..400).map(|number| asked("10.0.0.5", f64::from(number) * 8.0, &format!("{}.leak.example", noise(number, 50)), "A"));
    assert_eq!(found(leak), [("dns_tunnel", Severity::High)]);
    let encoded = [asked("10.0.0.5", 1.0, "h4sicn03*2qaa3rlc3qudhh0aavjycxwakjehelu5klueow0zjxulgage-.x.test.example", "A")];
    assert_eq!(found(encoded), [("dns_encoded_name", Severity::Medium)]);
}

#[test]
fn browsing_black_lists_and_services_are_silent() {
    let words = ["images", "static", "account-settings", "mail-service", "notifications", "photos-archive", "download", "developers"];
    let web = (0..90)
        .map(|number| asked("10.0.0.5", f64::from(number), &format!("{}{}.example.org", words[number as usize % 8], number / 8), "A"));
    assert_eq!(found(web), []);
    let lists = (0..300).map(|number| asked("10.0.0.5", f64::from(number), &format!("{}.113.0.203.zen.spamhaus.org", number % 250), "TXT"));
    assert_eq!(found(lists), []);
    let services =
        (0..300).map(|number| asked("10.0.0.5", f64::from(number), &format!("_ldap._tcp.{}._sites.corp.example", noise(number, 20)), "A"));
    assert_eq!(found(services), []);
}

#[test]
fn what_many_hosts_ask_is_a_service() {
    let hosts = (0..10_u32).flat_map(|host| {
        (0..30).map(move |number| {
            asked(&format!("10.0.1.{host}"), f64::from(host * 100 + number), &format!("{}.cdn.example", noise(host * 50 + number, 40)), "A")
        })
    });
    let mut stage = Stage::new(&DnsTunnel);
    hosts.for_each(|making| stage.see(&making.event()));
    // The first three could not be told from a tunnel yet; the rest could.
    assert!(stage.findings().iter().filter(|finding| finding.severity >= Severity::Medium).count() <= 3);
}
