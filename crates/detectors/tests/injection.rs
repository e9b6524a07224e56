//! `injection`: fires for two replies at one place, says little of anything else that differs.

use contract::Severity;
use detectors::injection::Injection;
use testkit::behaviour::{Making, Stage, kind};

#[test]
fn two_replies_at_one_place_are_an_injection() {
    let differing = kind("_differing", &["is_orig", "first", "second"]);
    let told = |first: &str, second: &str| {
        let mut stage = Stage::new(&Injection);
        let making = Making::of(differing, 1.0, "10.0.0.5:1025", "45.14.112.133:80").with("is_orig", false);
        stage.see(&making.text("first", first).text("second", second).event());
        stage.findings().iter().map(|finding| (finding.host.to_string(), finding.severity)).collect::<Vec<_>>()
    };
    assert_eq!(told("HTTP/1.1 302 Found", "HTTP/1.1 200 OK..."), [("10.0.0.5".to_owned(), Severity::High)]);
    assert_eq!(told("\u{1}\u{2}\u{3} binary", "\u{1}\u{7}\u{3} binary"), [("10.0.0.5".to_owned(), Severity::Low)]);
}

#[test]
fn a_flow_without_a_second_copy_is_silent() {
    let mut stage = Stage::new(&Injection);
    stage.see(&testkit::behaviour::conn(1.0, "10.0.0.5:1025", "45.14.112.133:80", "SF").event());
    assert!(stage.findings().is_empty());
}
