//! `bot_ports`: fires for unknown content on 6667, stays silent where IRC was recognised, and for other ports.

use detectors::bot_ports::BotPorts;
use testkit::behaviour::{Stage, conn};

#[test]
fn content_decides_where_there_is_any() {
    let found = |port: u16, service: &str| {
        let making = conn(1.0, "10.0.0.5:4000", &format!("8.8.8.8:{port}"), "S0").text("service", service);
        Stage::new(&BotPorts).names([making])
    };
    assert_eq!(found(6667, ""), [("bot_port", "10.0.0.5".to_owned())]);
    assert_eq!(found(6667, "irc"), []);
    assert_eq!(found(6670, ""), []);
}
