//! `mining`: an order of a pool's protocol fires; other facts about a flow do not.

use detectors::mining::Mining;
use model::kinds::mark;
use testkit::behaviour::{Making, Stage};

fn marked(what: &str) -> Making {
    Making::of(&mark::KIND, 0.0, "10.0.0.5:50000", "198.51.100.9:3333").text("what", what).with("is_orig", true).text("text", "{\"id\":1}")
}

#[test]
fn stratum_is_mining_and_a_shell_is_not() {
    assert_eq!(Stage::new(&Mining).names([marked("stratum")]), [("mining", "10.0.0.5".to_owned())]);
    assert_eq!(Stage::new(&Mining).names([marked("shell")]), []);
}
