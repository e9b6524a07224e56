//! `odd_port`: fires for a port that one host alone begins to use, stays silent while it learns, and for what many use.

use detectors::odd_port::OddPort;
use testkit::behaviour::{Making, Stage, conn};

fn visit(secs: f64, host: u32, port: u16) -> Making {
    conn(secs, &format!("10.0.0.{host}:4000"), &format!("8.8.8.8:{port}"), "SF").with("orig_bytes", 10_u64)
}

/// A network of twelve hosts that has been watched for more than an hour.
fn network() -> Vec<Making> {
    (1..=12).flat_map(|host| [visit(f64::from(host), host, 443), visit(4000.0 + f64::from(host), host, 443)]).collect()
}

#[test]
fn a_port_that_is_new_and_nearly_nobodys() {
    let found = |before: Vec<Making>, visits: Vec<Making>| Stage::new(&OddPort).names(before.into_iter().chain(visits));
    let three = |from: f64| (0..3).map(|number| visit(from + f64::from(number) * 60.0, 5, 31_337)).collect::<Vec<_>>();
    assert_eq!(found(network(), three(5000.0)), [("odd_port", "10.0.0.5".to_owned())]);
    assert_eq!(found(network(), three(5000.0)[..2].to_vec()), []);
    assert_eq!(found(Vec::new(), three(5000.0)), []);
    assert_eq!(found([three(10.0), network()].concat(), three(5000.0)), []);
    let many = (1..=12).map(|host| visit(5000.0, host, 31_337)).chain(three(5100.0)).collect();
    assert_eq!(found(network(), many), []);
}
