//! The engine that live things push into gives what reading a file gives, and goes on when nothing comes.

use capture::{FrameBatch, Source};
use contract::Sink;
use model::kinds::{conn, stats};
use model::{Event, Interval, Timestamp};
use pipeline::{Options, Session, Settings};
use std::io::Cursor;

/// All rows as text, in the order in which they came.
#[derive(Default)]
struct Rows(Vec<String>);

impl Sink for Rows {
    fn event(&mut self, event: &Event) {
        self.0.push(format!("{} {:?}", event.kind().name, event.cells()));
    }
}

impl Rows {
    fn of(&self, kind: &str) -> usize {
        self.0.iter().filter(|row| row.split(' ').next() == Some(kind)).count()
    }
}

fn options(workers: usize) -> Options {
    Options {
        verify_checksums: true,
        workers,
        extract_to: None,
        understand: true,
        settings: Settings::default(),
        given: enrich::Given::default(),
    }
}

fn office() -> Source {
    let bytes = worlds::office(7).write(Vec::new()).expect("memory takes it");
    Source::from_reader(Box::new(Cursor::new(bytes)), "office").expect("a capture")
}

/// The office's frames, in batches of at most so many.
fn batches(frames_max: usize) -> Vec<FrameBatch> {
    let (mut source, mut all, mut batch) = (office(), Vec::new(), FrameBatch::with_room());
    while let Some(frame) = source.next() {
        batch.push(&frame);
        if batch.is_full() || batch.len() >= frames_max {
            all.push(std::mem::take(&mut batch));
        }
    }
    all.push(batch);
    all
}

#[test]
fn frames_that_are_pushed_give_what_reading_gives() {
    let mut expected = Rows::default();
    let outcome = pipeline::read(&mut office(), &options(1), &mut expected, &mut |_| ());
    expected.0.sort();
    for (workers, frames_max) in [(1, usize::MAX), (3, usize::MAX), (1, 50)] {
        let (mut session, mut rows) = (Session::new(&options(workers)), Rows::default());
        for batch in batches(frames_max) {
            session.frames(batch, &mut rows);
        }
        let live = session.finish(&mut rows);
        assert_eq!((live.packets, live.bytes, live.span), (outcome.packets, outcome.bytes, outcome.span));
        // Batches are cut at other packets where loss is measured, and what is told at their ends comes elsewhere.
        rows.0.sort();
        assert_eq!(rows.0.len(), expected.0.len());
        for (row, expected) in rows.0.iter().zip(&expected.0) {
            assert_eq!(row, expected);
        }
        assert_eq!(live.story, outcome.story);
    }
}

#[test]
fn findings_are_told_as_they_happen_and_once() {
    let (mut session, mut rows) = (Session::new(&options(2)), Rows::default());
    let (mut told, mut new) = (0, Vec::new());
    let all = batches(100);
    let count = all.len();
    for (place, batch) in all.into_iter().enumerate() {
        session.frames(batch, &mut rows);
        for news in session.findings() {
            rows.event(&news.event);
            told += 1;
            if news.is_new {
                new.push((place, news.row.id.clone(), news.score));
            }
        }
    }
    assert!(new.first().is_some_and(|(place, ..)| *place < count - 1), "something is found before the end: {new:?}");
    let mut ids: Vec<_> = new.iter().map(|(_, id, _)| id.clone()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), new.len(), "nothing is new twice");
    assert!(new.iter().any(|(.., score)| score.is_some()), "a host becomes an incident: {new:?}");
    let before = rows.of("finding");
    assert_eq!(before, told);
    let story = session.finish(&mut rows).story.expect("a story");
    assert!(rows.of("finding") - before < story.findings.len(), "only what was not told yet gets its row at the end");
    assert!(story.findings.len() >= ids.len());
}

#[test]
fn flows_time_out_while_nothing_comes() {
    let (mut session, mut rows) = (Session::new(&options(1)), Rows::default());
    let mut last = Timestamp::MIN;
    for batch in batches(500).into_iter().take(3) {
        last = batch.frames().map(|frame| frame.at).max().unwrap_or(last);
        session.frames(batch, &mut rows);
    }
    let rows_before = rows.of("conn");
    for second in 1..4_000 {
        session.advance(last + Interval::from_secs(second), &mut rows);
    }
    let rows_then = rows.of("conn");
    assert!(rows_then > rows_before, "flows have timed out");
    session.finish(&mut rows);
    assert_eq!(rows.of("conn"), rows_then, "after an hour nothing was left: {:?}", rows.0.last());
}

#[test]
fn records_and_frames_come_out_in_the_order_of_time() {
    struct Times(Vec<Timestamp>, usize);
    impl Sink for Times {
        fn event(&mut self, event: &Event) {
            if event.kind().name == "stats" && event.get(stats::COUNT).as_count() == Some(77) {
                self.1 += 1;
                self.0.push(event.ts());
            } else if event.kind().name == "dns" {
                self.0.push(event.ts());
            }
        }
    }
    let (mut session, mut times) = (Session::new(&Options { understand: false, ..options(1) }), Times(Vec::new(), 0));
    let mut sent = 0;
    for batch in batches(20).into_iter().take(100) {
        let end = batch.frames().map(|frame| frame.at).max().unwrap_or_default();
        session.frames(batch, &mut times);
        // A syslog message that took a second, and one whose sender's clock is ahead.
        for millis in [-1_000, 300] {
            let at = end + Interval::from_millis(millis);
            session.record(at, Event::new(&stats::KIND, at).with(stats::NAME, "x").with(stats::COUNT, 77_u64), &mut times);
            sent += 1;
        }
    }
    let (_, _, records) = session.taken();
    session.finish(&mut times);
    assert_eq!((records, times.1), (sent, sent as usize));
    // A look-up's row is of its question's time and comes when the answer came, a few milliseconds later.
    let swaps = times.0.windows(2).filter(|pair| pair[0] > pair[1] + Interval::from_millis(350)).count();
    assert!(times.0.len() > sent as usize && swaps == 0, "{swaps} steps back in {} rows", times.0.len());
}

#[test]
fn a_file_of_yesterday_passes_at_once_in_its_own_order() {
    let (mut session, mut rows) = (Session::new(&options(1)), Rows::default());
    let now = Timestamp::from_secs(1_700_000_000);
    session.advance(now, &mut rows);
    for second in 0..10 {
        let at = now + Interval::from_secs(-86_400 + second);
        session.record(at, Event::new(&conn::KIND, at), &mut rows);
    }
    assert_eq!(rows.of("conn"), 10);
    session.record(now, Event::new(&conn::KIND, now), &mut rows);
    assert_eq!(rows.of("conn"), 10, "what is of now waits a moment");
    session.advance(now + Interval::from_secs(2), &mut rows);
    assert_eq!(rows.of("conn"), 11);
}

#[test]
fn losses_are_told_by_name_once() {
    let mut session = Session::new(&options(3));
    session.lost("kernel_drops", 5);
    session.lost("kernel_drops", 7);
    assert_eq!(session.losses(), [("kernel_drops", 7)]);
    let mut rows = Rows::default();
    for batch in batches(100) {
        session.frames(batch, &mut rows);
    }
    assert!(session.finish(&mut rows).losses.contains(&("kernel_drops", 7)));
}

#[test]
fn events_of_a_source_keep_their_order_and_are_counted_as_they_go_out() {
    let (mut session, mut rows) = (Session::new(&options(1)), Rows::default());
    let at = Timestamp::from_secs;
    session.advance(at(100), &mut rows);
    // One that steps back in time, and one beside it.
    for (source, secs) in [(1, 100), (0, 99), (1, 98), (1, 101), (0, 100)] {
        let event = Event::new(&stats::KIND, at(secs)).with(stats::NAME, format!("{source}-{secs}").as_bytes());
        session.record_of(source, at(secs), event, &mut rows);
    }
    let released = |session: &Session| [session.released(0), session.released(1), session.released(2)];
    assert_eq!(released(&session), [0, 0, 0]);
    session.advance(at(101), &mut rows);
    assert_eq!(released(&session), [1, 0, 0]);
    session.advance(at(102), &mut rows);
    assert_eq!((released(&session), rows.of("stats")), ([2, 3, 0], 5));
    let places = ["100", "98", "101"].map(|secs| {
        let wanted: Vec<String> = format!("1-{secs}").bytes().map(|byte| byte.to_string()).collect();
        rows.0.iter().position(|row| row.contains(&wanted.join(", "))).expect("it went out")
    });
    assert!(places.is_sorted(), "{places:?} {:?}", rows.0);
}

#[test]
fn what_went_out_earlier_is_remembered_without_being_told_again() {
    struct Kept(Vec<Event>);
    impl Sink for Kept {
        fn event(&mut self, event: &Event) {
            self.0.push(event.clone());
        }
    }
    let mut kept = Kept(Vec::new());
    pipeline::read(&mut office(), &options(1), &mut kept, &mut |_| ());
    let mut session = Session::new(&options(1));
    for event in kept.0 {
        session.remember(event.ts(), event);
    }
    let story = session.story(story::Made::default()).expect("behaviour is looked at");
    assert!(!story.findings.is_empty(), "the office has an infected machine");
    assert_eq!(session.taken(), (0, 0, 0));
}
