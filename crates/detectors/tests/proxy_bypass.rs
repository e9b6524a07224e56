//! `proxy_bypass`: fires for whoever goes outside by himself in a closed network, and is silent where no proxy is named.

use contract::Role;
use detectors::proxy_bypass::ProxyBypass;
use testkit::behaviour::{Stage, conn};

#[test]
fn only_in_a_closed_network() {
    let direct = || conn(1.0, "10.0.0.5:4000", "8.8.8.8:443", "SF").with("orig_bytes", 10_u64);
    let closed = || Stage::new(&ProxyBypass).role("10.0.0.80", Role::Proxies);
    assert_eq!(closed().names([direct()]), [("proxy_bypass", "10.0.0.5".to_owned())]);
    assert_eq!(Stage::new(&ProxyBypass).names([direct()]), []);
    assert_eq!(closed().names([conn(1.0, "10.0.0.80:4000", "8.8.8.8:443", "SF"), conn(1.0, "10.0.0.5:4000", "10.0.0.80:8080", "SF")]), []);
}
