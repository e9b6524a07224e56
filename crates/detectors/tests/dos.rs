//! `dos`: fires for floods, names their target, and accuses a sender only where there is one; silent for what is usual.

use detectors::dos::Dos;
use testkit::behaviour::{Making, Stage, conn, dns};

fn found(events: impl IntoIterator<Item = Making>) -> Vec<(&'static str, String)> {
    Stage::new(&Dos).names(events)
}

fn named(name: &'static str, host: &str) -> (&'static str, String) {
    (name, host.to_owned())
}

#[test]
fn half_open_connections() {
    let syn = |number: u32, from: String, port: u32| {
        conn(f64::from(number) / 50.0, &format!("{from}:{}", 1024 + number), &format!("10.0.0.9:{port}"), "S0").text("history", "S")
    };
    let forged = |number: u32| syn(number, format!("8.{}.{}.7", number / 250, number % 250), 80);
    assert_eq!(found((0..500).map(forged)), [named("syn_flood", "10.0.0.9")]);
    assert_eq!(found((0..120).map(forged)), []);
    let one = |number: u32| syn(number, "10.0.0.5".to_owned(), 80);
    assert_eq!(found((0..600).map(one)), [named("sends_flood", "10.0.0.5"), named("syn_flood", "10.0.0.9")]);
    // A scan of ports is no flood.
    let scan = |number: u32| syn(number, "10.0.0.5".to_owned(), 1 + number);
    assert_eq!(found((0..2000).map(scan)), []);
}

#[test]
fn answers_to_nothing() {
    let answer = |number: u32, hosts: u32| {
        let from = format!("8.8.{}.{}:161", number % hosts / 250, number % hosts % 250);
        conn(f64::from(number) / 1000.0, &format!("10.0.0.9:{}", 1024 + number), &from, "SHR").text("proto", "udp").text("history", "^d")
    };
    assert_eq!(found((0..500).map(|number| answer(number, 500))), [named("reflection_flood", "10.0.0.9")]);
    assert_eq!(found((0..500).map(|number| answer(number, 10))), []);
    let echo = |number: u32| {
        let to = format!("10.0.{}.{}:{}", number / 250, number % 250, 1024 + number);
        conn(f64::from(number) * 60.0, &to, "8.8.8.8:80", "OTH").text("history", "^h")
    };
    // Past a few dozen, hosts are counted by a sketch.
    assert_eq!(found((0..130).map(echo)), [named("backscatter", "8.8.8.8")]);
    assert_eq!(found((0..75).map(echo)), []);
}

#[test]
fn datagrams_and_pings() {
    let stream = |packets: u64, secs: i64, proto: &str, port: u16| {
        let making = conn(0.0, &format!("8.8.8.8:{port}"), "10.0.0.9:4000", if proto == "udp" { "S0" } else { "OTH" });
        let making = making.text("proto", proto).with("orig_pkts", packets).with("orig_ip_bytes", packets * 1000);
        making.with("duration", model::Interval::from_secs(secs))
    };
    let names = |making| found([making]).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(stream(100_000, 10, "udp", 4000)), ["packet_flood", "sends_flood"]);
    assert_eq!(names(stream(100_000, 1000, "udp", 4000)), [""; 0]);
    assert_eq!(names(stream(20_000, 10, "icmp", 8)), ["packet_flood", "sends_flood"]);
    assert_eq!(names(stream(20_000, 20_000, "icmp", 8)), [""; 0]);
}

#[test]
fn names_that_do_not_exist() {
    let ask = |name: String, rcode: &str| dns(1.0, "10.0.0.5:4000", "10.0.0.53:53", &name, "A", rcode);
    let flood = |count: u32| (0..count).map(|number| ask(format!("x{number}.example.com"), "NXDOMAIN")).collect::<Vec<_>>();
    assert_eq!(found(flood(20)), [named("nxdomain_flood", "10.0.0.5")]);
    assert_eq!(found(flood(19)), []);
    // A list of addresses, and a domain of which some names exist.
    let list = (0..50).map(|number| ask(format!("{number}.0.0.10.list.example.org"), "NXDOMAIN"));
    assert_eq!(found(list), []);
    let mut some = flood(30);
    some.insert(1, ask("www.example.com".to_owned(), "NOERROR"));
    assert_eq!(found(some), []);
}
