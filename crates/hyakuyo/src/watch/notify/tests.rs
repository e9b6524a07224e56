//! What the tests of telling share, and places that are slow or dead.

use super::channel::{Channel, Message};
use super::notice::Why;
use super::*;
use crate::args::Language;
use model::Event;
use model::kinds::finding;
use std::io;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;

pub(super) fn voice() -> Voice {
    Voice { sensor: "gate-1".to_owned(), language: Language::En }
}

pub(super) fn news(id: &str, severity: &str, score: Option<u32>) -> News {
    let row = story::FindingRow {
        id: id.to_owned(),
        name: "scan".to_owned(),
        host: "10.0.0.5".to_owned(),
        severity: severity.to_owned(),
        title: story::Text { en: "Scan".to_owned(), ja: "スキャン".to_owned() },
        count: 3,
        confidence: 80,
        ..story::FindingRow::default()
    };
    News { is_new: true, row, event: Event::new(&finding::KIND, Timestamp::from_secs(1)), score }
}

fn notice(number: u64) -> Arc<Notice> {
    Arc::new(Notice::new(number, Why::New, Timestamp::from_secs(7), &news(&format!("D{number}"), "high", None), "logs"))
}

/// Tells the test what came; fails so often before.
struct Probe {
    told: Sender<String>,
    failures: u32,
}

impl Channel for Probe {
    fn deliver(&mut self, message: &Message<'_>) -> io::Result<()> {
        if self.failures > 0 {
            self.failures -= 1;
            return Err(io::Error::other("not now"));
        }
        self.told.send(message.line(&voice())).map_err(io::Error::other)
    }
}

#[test]
fn more_than_the_rate_is_told_as_one() {
    let (told, lines) = channel();
    let mut outlet = Outlet::open("probe".to_owned(), 2, Box::new(Probe { told, failures: 0 }));
    (1..=5).for_each(|number| outlet.take(&notice(number)));
    let first: Vec<_> = (0..2).map(|_| lines.recv_timeout(Duration::from_secs(5)).expect("told")).collect();
    assert_eq!(first, ["high 10.0.0.5: Scan", "high 10.0.0.5: Scan"]);
    assert!(outlet.handled() < 5, "what is held back has not arrived");
    outlet.close(Instant::now() + Duration::from_secs(5));
    assert_eq!(lines.recv().expect("told"), "3 more findings were held back to keep to the rate");
}

#[test]
fn a_dead_place_delays_nobody_and_what_it_misses_is_counted() {
    let (told, lines) = channel();
    let mut outlet = Outlet::open("probe".to_owned(), 10_000, Box::new(Probe { told, failures: u32::MAX }));
    let before = Instant::now();
    (1..=2_000).for_each(|number| outlet.take(&notice(number)));
    assert!(before.elapsed() < Duration::from_secs(1), "{:?}", before.elapsed());
    let counts = outlet.counts();
    assert!(counts.dropped >= 900 && counts.waiting + counts.dropped + counts.failed == 2_000, "{counts:?}");
    outlet.close(Instant::now() + Duration::from_secs(2));
    assert!(lines.try_recv().is_err());
}

#[test]
fn a_place_that_comes_back_is_told_what_waited() {
    let (told, lines) = channel();
    let mut outlet = Outlet::open("probe".to_owned(), 100, Box::new(Probe { told, failures: 1 }));
    outlet.take(&notice(1));
    outlet.take(&notice(2));
    (0..2).for_each(|_| drop(lines.recv_timeout(Duration::from_secs(10)).expect("told")));
    let until = Instant::now() + Duration::from_secs(5);
    while outlet.handled() < 2 && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!((outlet.handled(), outlet.counts().sent), (2, 2));
}
