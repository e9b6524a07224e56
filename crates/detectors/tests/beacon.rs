//! `beacon`: a POST every minute to a bare address is high within minutes; people, updates and neighbours stay silent or are info.

use contract::{Finding, Severity};
use detectors::beacon::Beacon;
use testkit::behaviour::{Making, Stage, conn, http};

fn post(secs: f64, host: &str, uri: &str) -> Making {
    http(secs, "10.0.0.5:1025", "45.14.112.7:80", "POST", host, uri).with("request_body_len", 181_u64).with("status_code", 404_u64)
}

fn worst(events: impl IntoIterator<Item = Making>) -> Option<(&'static str, Severity)> {
    let mut stage = Stage::new(&Beacon);
    events.into_iter().for_each(|making| stage.see(&making.event()));
    let all: Vec<Finding> = stage.findings();
    all.iter().map(|finding| (finding.definition.name, finding.severity)).max_by_key(|(_, severity)| *severity)
}

#[test]
fn a_post_every_minute_to_a_bare_address_is_high_within_ten_minutes() {
    let calls = [0.0, 0.4, 0.9, 61.2, 121.8, 182.0, 242.3, 302.5, 362.8].map(|secs| post(secs, "45.14.112.7", "/panel/fre.php"));
    assert_eq!(worst(calls), Some(("http_beacon", Severity::High)));
}

#[test]
fn requests_for_changing_paths_count_by_host() {
    let calls = (0..16_u32).map(|number| {
        let path = ["/news.php", "/admin/get.php", "/login/process.php"][number as usize % 3];
        let method = if number % 4 == 0 { "POST" } else { "GET" };
        let secs = f64::from(number) * 5.0 + f64::from(number * 3 % 4) * 0.5;
        http(secs, "172.18.39.6:1025", "10.10.10.5:80", method, "10.10.10.5", path)
            .text("user_agent", "Mozilla/5.0 (Windows NT 6.1; WOW64)")
    });
    assert_eq!(worst(calls), Some(("http_beacon", Severity::High)));
}

#[test]
fn connections_to_a_bare_address_on_an_odd_port_are_high_and_dead_ones_are_told() {
    let alive = (0..12).map(|number| conn(f64::from(number) * 30.0, "10.0.0.5:1025", "45.14.112.7:4782", "SF").with("resp_pkts", 5_u64));
    assert_eq!(worst(alive), Some(("tcp_beacon", Severity::High)));
    let other = conn(0.0, "10.0.0.5:1025", "45.14.112.8:443", "SF").with("resp_pkts", 5_u64);
    let dead = (0..12).map(|number| conn(f64::from(number) * 30.0, "10.0.0.5:1025", "45.14.112.7:4782", "S0"));
    assert_eq!(worst(std::iter::once(other).chain(dead.clone())), Some(("dead_beacon", Severity::Medium)));
    // Where nothing was ever answered, only one direction is seen.
    assert_eq!(worst(dead), None);
}

#[test]
fn people_updates_and_neighbours_are_not_accused() {
    let person = [0.0, 2.0, 5.0, 40.0, 42.0, 180.0, 183.0, 420.0, 421.5, 640.0].map(|secs| post(secs, "forum.example", "/post"));
    assert_eq!(worst(person), None);
    let update = (0..12).map(|number| {
        http(f64::from(number) * 60.0, "10.0.0.5:1025", "45.14.112.7:80", "GET", "ctldl.windowsupdate.com", "/msdownload/update/v3/a.cab")
    });
    assert_eq!(worst(update), Some(("http_beacon", Severity::Info)));
    let device = (0..12).map(|number| http(f64::from(number) * 5.0, "10.0.0.5:1025", "10.0.0.1:80", "POST", "10.0.0.1", "/ctl/IPConn"));
    assert_eq!(worst(device), None);
}

#[test]
fn calls_that_are_odd_by_themselves_are_told_at_once() {
    let gate = |host: &str, uri: &str, referrer: &str| {
        let making = post(0.0, host, uri).text("user_agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64)");
        worst([making.text("referrer", referrer)])
    };
    assert_eq!(gate("evil.ydns.eu", "/inc/1.php", ""), Some(("gate_post", Severity::High)));
    assert_eq!(gate("45.14.112.7", "/upload", ""), Some(("gate_post", Severity::Medium)));
    assert_eq!(gate("evil.ydns.eu", "/inc/1.php", "http://evil.ydns.eu/"), None);
    assert_eq!(gate("shop.example", "/cart.php", ""), None);
    let channel = |port: u16| {
        let making = conn(0.0, "10.0.0.5:1025", &format!("45.14.112.7:{port}"), "S1").text("history", "ShADad");
        let making = making.with("duration", model::Interval::from_secs(177)).with("resp_pkts", 9_u64);
        worst([making.with("orig_bytes", 900_u64).with("resp_bytes", 90_u64)])
    };
    assert_eq!(channel(8219), Some(("bare_channel", Severity::Medium)));
    assert_eq!(channel(443), None);
    let columns = &["uid", "server_name", "validation_status"];
    let ssl = testkit::behaviour::kind("ssl", columns);
    let tls = |port: u16, status: &str| {
        worst([Making::of(ssl, 0.0, "10.0.0.5:1025", &format!("45.14.112.7:{port}")).text("validation_status", status)])
    };
    assert_eq!(tls(4041, "self signed certificate"), Some(("unvouched_tls", Severity::High)));
    assert_eq!((tls(4041, "ok"), tls(443, "self signed certificate")), (None, None));
}
