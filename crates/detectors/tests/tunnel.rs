//! `tunnel`: an echo that does not echo is high; long connections are habits; ordinary pings and pages are silent.

use contract::{Finding, Severity, Stage as InCourse};
use detectors::tunnel::Tunnel;
use model::Interval;
use testkit::behaviour::{Making, Stage, conn, http};

fn found(events: impl IntoIterator<Item = Making>) -> Vec<(&'static str, Severity)> {
    let mut stage = Stage::new(&Tunnel);
    events.into_iter().for_each(|making| stage.see(&making.event()));
    let all: Vec<Finding> = stage.findings();
    all.iter().map(|finding| (finding.definition.name, finding.severity)).collect()
}

/// Packets and bytes there and back.
fn echo(there: (u64, u64), back: (u64, u64)) -> Making {
    let making = conn(0.0, "10.0.0.5:8", "45.14.112.7:0", "OTH").text("proto", "icmp");
    let making = making.with("orig_pkts", there.0).with("orig_bytes", there.1);
    making.with("resp_pkts", back.0).with("resp_bytes", back.1)
}

fn lasting(service: &str, port: u16, secs: f64) -> Making {
    let making = conn(0.0, "10.0.0.5:1025", &format!("45.14.112.7:{port}"), "SF").text("service", service);
    making.with("duration", Interval::from_secs_f64(secs)).with("orig_bytes", 500_u64).with("resp_bytes", 500_u64)
}

#[test]
fn an_echo_that_does_not_echo_is_a_tunnel_and_a_ping_is_not() {
    assert_eq!(found([echo((100, 7_700), (206, 18_944))]), [("icmp_tunnel", Severity::High)]);
    assert_eq!(found([echo((3, 2_364), (3, 2_364))]), [("icmp_tunnel", Severity::Low)]);
    assert_eq!(found([echo((300, 16_800), (298, 16_688)), echo((5, 360), (5, 360)), echo((20, 1_120), (0, 0))]), []);
}

#[test]
fn long_connections_are_habits() {
    assert_eq!(found([lasting("ssl", 443, 700.0)]), [("long_web", Severity::Info)]);
    assert_eq!(found([lasting("ssl", 443, 4_000.0)]), [("long_web", Severity::Low)]);
    assert_eq!(found([lasting("ssh", 22, 4_000.0)]), [("long_ssh", Severity::Low)]);
    assert_eq!(found([lasting("ssl", 443, 300.0), lasting("ssh", 22, 300.0)]), []);
    let mut stage = Stage::new(&Tunnel);
    stage.see(&lasting("http", 80, 4_000.0).event());
    assert!(stage.findings().iter().all(|finding| finding.definition.stage == InCourse::Habit));
}

#[test]
fn big_requests_again_and_again_are_told() {
    let posts = |bytes: u64| {
        (0..25).map(move |number| {
            http(f64::from(number) * 30.0, "10.0.0.5:1025", "45.14.112.7:80", "POST", "drop.example", "/u").with("request_body_len", bytes)
        })
    };
    assert_eq!(found(posts(5_000)), [("big_requests", Severity::Low)]);
    assert_eq!(found(posts(500)), []);
}
