//! `p2p`: fires by content and by shape, stays silent for scanners, games with one server, and hosts known by name.

use detectors::p2p::P2p;
use testkit::behaviour::{Making, Stage, conn, http, ip, kind};

fn found(events: impl IntoIterator<Item = Making>) -> Vec<(&'static str, String)> {
    Stage::new(&P2p).names(events)
}

fn datagram(number: u32, own: u32, port: u32) -> Making {
    let to = format!("8.8.{}.{}:{port}", number / 250, number % 250 + 1);
    conn(f64::from(number), &format!("10.0.0.5:{own}"), &to, "SF").text("proto", "udp")
}

#[test]
fn by_content() {
    let mark = Making::of(kind("_mark", &["what", "is_orig", "text"]), 1.0, "10.0.0.5:4000", "8.8.8.8:6881");
    assert_eq!(found([mark.clone().text("what", "bittorrent").text("text", "a handshake")]), [("p2p", "10.0.0.5".to_owned())]);
    assert_eq!(found([mark.text("what", "lookup").text("text", "x")]), []);
    let announce = |uri: &str| http(1.0, "10.0.0.5:4000", "8.8.8.8:80", "GET", "tracker.example", uri);
    assert_eq!(found([announce("/announce?info_hash=%01")]), [("p2p", "10.0.0.5".to_owned())]);
    assert_eq!(found([announce("/announce")]), []);
}

#[test]
fn by_shape() {
    assert_eq!(found((0..20).map(|number| datagram(number, 27_743, 2000 + number * 13))), [("p2p_shape", "10.0.0.5".to_owned())]);
    assert_eq!(found((0..19).map(|number| datagram(number, 27_743, 2000 + number * 13))), []);
    // One port of many is a scan or a service, and a port of one's own for each is none's.
    assert_eq!(found((0..60).map(|number| datagram(number, 27_743, 9999))), []);
    assert_eq!(found((0..60).map(|number| datagram(number, 4000 + number, 2000 + number * 13))), []);
    let mut stage = Stage::new(&P2p);
    for number in 0..40_u32 {
        stage.facts.names.insert((ip("10.0.0.5"), ip(&format!("8.8.0.{}", number + 1))), b"game.example".to_vec());
    }
    assert_eq!(stage.names((0..40).map(|number| datagram(number, 27_743, 2000 + number * 13))), []);
}
