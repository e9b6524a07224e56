//! `worm`: critical for two hosts that spread, or one that was reached first; silent for other ports and for hosts that answer.

use contract::Severity;
use detectors::worm::Worm;
use testkit::behaviour::{Making, Stage, conn};

fn severities(events: impl IntoIterator<Item = Making>) -> Vec<(String, Severity)> {
    let mut stage = Stage::new(&Worm);
    events.into_iter().for_each(|making| stage.see(&making.event()));
    stage.findings().iter().map(|finding| (finding.host.to_string(), finding.severity)).collect()
}

fn spread(from: &str, secs: f64, port: u16, state: &str) -> Vec<Making> {
    let one = |number: u16| conn(secs + f64::from(number), &format!("{from}:{}", 3000 + number), &format!("10.7.{number}.1:{port}"), state);
    (0..10).map(one).collect()
}

#[test]
fn two_that_spread() {
    let events = spread("10.0.0.5", 0.0, 445, "S0").into_iter().chain(spread("10.0.0.6", 600.0, 445, "REJ"));
    assert_eq!(severities(events), [("10.0.0.5".to_owned(), Severity::Medium), ("10.0.0.6".to_owned(), Severity::Critical)]);
    let later = spread("10.0.0.5", 0.0, 445, "S0").into_iter().chain(spread("10.0.0.6", 9000.0, 445, "S0"));
    assert_eq!(severities(later).last(), Some(&("10.0.0.6".to_owned(), Severity::Medium)));
}

#[test]
fn one_that_was_reached_before() {
    let reached = conn(0.0, "10.0.0.4:1500", "10.0.0.5:445", "SF").with("orig_bytes", 4000_u64);
    let events = std::iter::once(reached).chain(spread("10.0.0.5", 60.0, 445, "S0"));
    assert_eq!(severities(events), [("10.0.0.5".to_owned(), Severity::Critical)]);
}

#[test]
fn what_is_no_worm() {
    assert_eq!(severities(spread("10.0.0.5", 0.0, 8443, "S0")), []);
    let answered = spread("10.0.0.5", 0.0, 445, "SF").into_iter().map(|making| making.with("orig_bytes", 10_u64));
    assert_eq!(severities(answered), []);
}
