//! `scan`: fires for scanners of every kind, stays silent for those who only look like one.

use contract::Role;
use detectors::scan::Scan;
use model::Value;
use testkit::behaviour::{Making, Stage, conn};

type Found = Vec<(&'static str, String)>;

fn found(events: Vec<Making>) -> Found {
    Stage::new(&Scan).names(events)
}

fn high(events: Vec<Making>) -> Vec<&'static str> {
    let mut stage = Stage::new(&Scan);
    events.into_iter().for_each(|making| stage.see(&making.event()));
    let mut names: Vec<_> = stage.findings().iter().filter(|f| f.severity >= contract::Severity::High).map(|f| f.definition.name).collect();
    names.dedup();
    names
}

fn probe(number: u32, secs: f64, to: &str, state: &str) -> Making {
    conn(secs, &format!("10.0.0.5:{}", 40_000 + number), to, state).text("history", if state == "REJ" { "Sr" } else { "S" })
}

#[test]
fn one_port_on_many_hosts() {
    let worm = |number: u32| probe(number, f64::from(number) * 30.0, &format!("10.9.{number}.1:4444"), "S0");
    assert_eq!(high((0..20).map(worm).collect()), ["address_scan"]);
    assert_eq!(high((0..19).map(worm).collect()), [""; 0]);
    let fast = |number: u32| probe(number, f64::from(number), &format!("10.9.{number}.1:4444"), "S0");
    assert_eq!(high((0..10).map(fast).collect()), ["address_scan"]);
}

#[test]
fn many_ports_on_one_host() {
    let ports = |number: u32| probe(number, f64::from(number) * 30.0, &format!("10.9.9.9:{}", 100 + number), "REJ");
    assert_eq!(high((0..20).map(ports).collect()), ["port_scan"]);
    assert_eq!(found((0..5).map(ports).collect()), [("port_scan", "10.0.0.5".to_owned())]);
    assert_eq!(found((0..4).map(ports).collect()), []);
}

#[test]
fn packets_that_no_program_sends() {
    let bare = |number: u32, history: &str| {
        let to = format!("10.9.9.9:{}", 2000 + number);
        let making = conn(f64::from(number), "10.0.0.5:40000", &to, if history.is_empty() { "OTH" } else { "SH" });
        making.text("history", history).with("orig_pkts", 1_u64).with("resp_pkts", 0_u64)
    };
    assert_eq!(high((0..10).map(|number| bare(number, "F")).collect()), ["stealth_scan"]);
    assert_eq!(high((0..5).map(|number| bare(number, "")).collect()), ["stealth_scan"]);
    // What goes on after the FIN began before the capture did.
    assert_eq!(found((0..30).map(|number| bare(number, "FA")).collect()), []);
}

#[test]
fn datagrams_to_many_ports() {
    let datagram = |number: u32, port: u32| {
        let to = format!("10.9.9.9:{port}");
        conn(f64::from(number), &format!("10.0.0.5:{}", 40_000 + number), &to, "S0").text("proto", "udp").with("orig_pkts", 1_u64)
    };
    assert_eq!(high((0..20).map(|number| datagram(number, 1000 + number)).collect()), ["udp_scan"]);
    assert_eq!(found((0..60).map(|number| datagram(number, 33_434 + number)).collect()), []);
}

#[test]
fn pings() {
    let ping = |number: u32, answers: bool| {
        let to = format!("10.9.9.{}:0", number + 1);
        let making = conn(f64::from(number), "10.0.0.5:8", &to, "OTH").text("proto", "icmp");
        making.with("orig_pkts", 1_u64).with("resp_pkts", u64::from(answers))
    };
    assert_eq!(high((0..20).map(|number| ping(number, number % 2 == 0)).collect()), ["icmp_sweep"]);
    assert_eq!(found((0..9).map(|number| ping(number, number % 2 == 0)).collect()), []);
}

#[test]
fn what_only_looks_like_a_scan() {
    // One direction only: the SYNs were answered, out of sight.
    let one_sided = |number: u32| probe(number, f64::from(number), &format!("10.9.{number}.1:4444"), "S0").text("history", "SAD");
    assert_eq!(found((0..100).map(one_sided).collect()), []);
    // Most hosts answer.
    let mixed = |number: u32| {
        let to = format!("10.9.{number}.1:4444");
        let state = if number.is_multiple_of(3) { "S0" } else { "SF" };
        let making = conn(f64::from(number), &format!("10.0.0.5:{}", 40_000 + number), &to, state).with("orig_bytes", 10_u64);
        making
            .text("history", if number.is_multiple_of(3) { "S" } else { "ShADadFf" })
            .with("duration", Value::Interval(model::Interval::from_secs(1)))
    };
    assert_eq!(found((0..100).map(mixed).collect()), []);
    // Peers: as many ports as hosts.
    let peers =
        |number: u32| probe(number, f64::from(number), &format!("8.{}.{}.1:{}", number / 250, number % 250, 2000 + number * 7), "S0");
    assert_eq!(high((0..400).map(peers).collect()), [""; 0]);
    // Hosts that were looked up by name.
    let mut stage = Stage::new(&Scan);
    for number in 0..40_u32 {
        let host = format!("10.9.{number}.1");
        stage.facts.names.insert((testkit::behaviour::ip("10.0.0.5"), testkit::behaviour::ip(&host)), b"name".to_vec());
        stage.see(&probe(number, f64::from(number), &format!("{host}:4444"), "S0").event());
    }
    assert_eq!(stage.findings(), []);
}

#[test]
fn unused_space_needs_fewer_and_outside_sources_too() {
    let mut stage = Stage::new(&Scan);
    for number in 0..3_u32 {
        stage = stage.role(&format!("10.9.{number}.1"), Role::Darknet);
        stage.see(&probe(number, f64::from(number), &format!("10.9.{number}.1:4444"), "S0").event());
    }
    assert!(stage.findings().iter().any(|finding| finding.definition.name == "address_scan"));
    let outside = |number: u32| {
        let to = format!("10.9.{}.1:{}", number % 5, 100 * (number / 5 + 1));
        conn(f64::from(number) * 30.0, &format!("8.8.4.4:{}", 40_000 + number), &to, "S0").text("history", "S")
    };
    assert_eq!(high((0..25).map(outside).collect()), ["volume_scan"]);
}
