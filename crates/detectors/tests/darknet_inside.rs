//! `darknet_inside`: fires for three unused addresses within an hour, stays silent for two, and where nothing is known unused.

use contract::Role;
use detectors::darknet_inside::DarknetInside;
use testkit::behaviour::{Stage, conn};

fn tries(addresses: u8, minutes: f64, given: bool) -> Vec<(&'static str, String)> {
    let mut stage = Stage::new(&DarknetInside);
    for number in 0..if given { addresses } else { 0 } {
        stage = stage.role(&format!("10.9.9.{number}"), Role::Darknet);
    }
    let attempt = |number: u8| conn(f64::from(number) * minutes * 60.0, "10.0.0.5:4000", &format!("10.9.9.{number}:445"), "S0");
    stage.names((0..addresses).map(attempt))
}

#[test]
fn three_within_an_hour() {
    assert_eq!(tries(3, 1.0, true), [("darknet_inside", "10.0.0.5".to_owned())]);
    assert_eq!(tries(2, 1.0, true), []);
    assert_eq!(tries(3, 50.0, true), []);
    assert_eq!(tries(9, 1.0, false), []);
}
