//! Files as protocols hand them over: whole, in pieces, with holes, resting, too many.

use contract::{FileAbout, FlowInfo, Side, Transport};
use files::{Files, Limits};
use model::{Addr, Event, Timestamp, Uid, Value};
use proptest::prelude::*;

fn flow(port: u16) -> FlowInfo {
    FlowInfo {
        uid: Uid::connection(&[&port.to_be_bytes()]),
        orig: (Addr::v4([10, 0, 0, 1]), port),
        resp: (Addr::v4([198, 41, 0, 4]), 80),
        transport: Transport::Tcp,
        start: secs(0),
        midstream: false,
        note: Box::default(),
    }
}

fn about(key: &[u8]) -> FileAbout<'_> {
    FileAbout {
        at: secs(1),
        source: "HTTP",
        side: Side::Resp,
        key,
        shared: false,
        depth: 0,
        name: None,
        declared_mime: None,
        total_bytes: None,
        parent: None,
    }
}

fn secs(n: i64) -> Timestamp {
    Timestamp::from_secs(n)
}

fn expire(files: &mut Files, now: Timestamp, out: &mut Vec<Event>) {
    while files.expire(now, &mut |deadline| deadline, out).is_some() {}
}

fn cell(row: &Event, column: &str) -> String {
    let at = row.kind().columns().position(|field| field.name == column).expect("a column");
    match &row.cells()[at] {
        Value::Unset => "-".into(),
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into(),
        Value::Static(text) => (*text).into(),
        Value::Count(n) => n.to_string(),
        Value::Interval(t) => t.to_string(),
        Value::Bool(b) => if *b { "T" } else { "F" }.into(),
        other => format!("{other:?}"),
    }
}

fn check(row: &Event, expected: &[(&str, &str)]) {
    for (column, value) in expected {
        assert_eq!(cell(row, column), *value, "{column}");
    }
}

#[test]
fn a_body_in_pieces_is_one_row() {
    let (mut files, mut out) = (Files::new(Limits::default()), Vec::new());
    let id = files.open(&flow(1), &about(b"1"));
    files.data(secs(1), id, b"hello, ", &mut out);
    files.data(secs(3), id, b"world", &mut out);
    assert_eq!(files.mime(id), None);
    assert_eq!(files.end(secs(3), id, &mut out), Some("text/plain"));
    assert_eq!(out.len(), 1);
    check(
        &out[0],
        &[
            ("seen_bytes", "12"),
            ("duration", "2.000000"),
            ("mime_type", "text/plain"),
            ("local_orig", "F"),
            ("total_bytes", "-"),
            ("md5", "e4d7f1b4ed2e42d15898f4b27b019da4"),
            ("truncated", "F"),
        ],
    );
    assert!(files.held_bytes() < 8192, "nothing is left but a check and a buffer");
}

#[test]
fn a_hole_takes_the_hashes_away() {
    let (mut files, mut out) = (Files::new(Limits::default()), Vec::new());
    let id = files.open(&flow(1), &FileAbout { source: "FTP_DATA", ..about(b"1") });
    files.data(secs(1), id, b"hello, world", &mut out);
    files.gap(secs(2), id, 100, &mut out);
    assert_eq!(files.mime(id), Some("text/plain"), "what came before the hole decides");
    files.data(secs(2), id, b"more", &mut out);
    files.flow_closed(secs(9), flow(1).uid, &mut out);
    check(
        &out[0],
        &[
            ("seen_bytes", "16"),
            ("missing_bytes", "100"),
            ("md5", "-"),
            ("truncated", "T"),
            ("timedout", "F"),
            ("truncated_sha256", "09ca7e4eaa6e8ae9c7d261167129184883644d07dfba7cbfbc4c8a2e08360d5b"),
        ],
    );
}

#[test]
fn pieces_of_any_order_are_put_together() {
    let (mut files, mut out) = (Files::new(Limits::default()), Vec::new());
    let id = files.open(&flow(1), &FileAbout { total_bytes: Some(12), shared: true, ..about(b"/x") });
    files.data_at(secs(1), id, 5, b", world", &mut out);
    assert_eq!(id, files.open(&flow(2), &FileAbout { shared: true, ..about(b"/x") }));
    files.data_at(secs(2), id, 0, b"hello", &mut out);
    assert_eq!(out.len(), 2, "one row for each connection");
    check(&out[1], &[("seen_bytes", "12"), ("md5", "e4d7f1b4ed2e42d15898f4b27b019da4"), ("overflow_bytes", "0")]);
}

#[test]
fn what_waits_is_bounded_and_counted() {
    let (mut files, mut out) = (Files::new(Limits { waiting_bytes_max: 100, ..Limits::default() }), Vec::new());
    let id = files.open(&flow(1), &about(b"1"));
    files.data_at(secs(1), id, 10, &[1; 101], &mut out);
    files.data_at(secs(1), id, 200, &[2; 50], &mut out);
    files.end(secs(1), id, &mut out);
    check(&out[0], &[("seen_bytes", "151"), ("missing_bytes", "99"), ("overflow_bytes", "10"), ("md5", "-")]);
}

#[test]
fn a_resting_file_is_given_up_and_begins_anew() {
    let (mut files, mut out) = (Files::new(Limits::default()), Vec::new());
    let id = files.open(&flow(1), &about(b"1"));
    files.data(secs(1), id, b"hello, world", &mut out);
    expire(&mut files, secs(100), &mut out);
    assert!(out.is_empty());
    expire(&mut files, secs(121), &mut out);
    check(&out[0], &[("timedout", "T"), ("seen_bytes", "12")]);
    files.data(secs(400), id, b"and more of it", &mut out);
    files.finish(secs(401), &mut out);
    assert_eq!(out.len(), 2);
    check(&out[1], &[("timedout", "T"), ("seen_bytes", "14")]);
    assert_eq!(cell(&out[0], "fuid"), cell(&out[1], "fuid"));
}

#[test]
fn a_check_is_due_two_minutes_after_the_last_was_noticed() {
    let (mut files, mut out) = (Files::new(Limits::default()), Vec::new());
    let id = files.open(&flow(1), &about(b"1"));
    files.data(secs(1), id, b"hello, world", &mut out);
    files.data(secs(109), id, b"hello, world", &mut out);
    // The check of second 121 is noticed with the packet of second 197, so that the next is due at 317.
    assert_eq!(files.expire(secs(197), &mut |_| secs(197), &mut out), None);
    files.data(secs(197), id, b"hello, world", &mut out);
    assert_eq!(files.expire(secs(316), &mut |_| secs(316), &mut out), None);
    assert_eq!(files.expire(secs(323), &mut |_| secs(323), &mut out), Some(secs(323)));
    check(&out[0], &[("timedout", "T"), ("duration", "196.000000")]);
}

#[test]
fn all_announced_bytes_end_a_file() {
    let (mut files, mut out) = (Files::new(Limits::default()), Vec::new());
    let id = files.open(&flow(1), &FileAbout { total_bytes: Some(12), ..about(b"1") });
    files.data(secs(1), id, b"hello, world", &mut out);
    assert_eq!(out.len(), 1);
    assert_eq!(files.end(secs(1), id, &mut out), Some("text/plain"));
    assert_eq!(out.len(), 1);
}

#[test]
fn too_many_files_are_refused_and_counted() {
    let (mut files, mut out) = (Files::new(Limits { files_max: 1, ..Limits::default() }), Vec::new());
    files.open(&flow(1), &about(b"1"));
    let id = files.open(&flow(1), &about(b"2"));
    files.data(secs(1), id, b"x", &mut out);
    files.end(secs(1), id, &mut out);
    assert_eq!((out.len(), files.losses().map(|(_, n)| n).sum::<u64>()), (0, 1));
}

/// What a protocol may do with a file.
#[derive(Clone, Debug)]
enum Act {
    Open(u8, bool),
    Data(u8, Vec<u8>),
    DataAt(u8, u64, Vec<u8>),
    Gap(u8, u64),
    Total(u8, u64),
    End(u8),
    Close(u8),
    Wait(i64),
}

fn act() -> impl Strategy<Value = Act> {
    let data = proptest::collection::vec(any::<u8>(), 0..600);
    prop_oneof![
        (0u8..4, any::<bool>()).prop_map(|(key, shared)| Act::Open(key, shared)),
        (0u8..4, data.clone()).prop_map(|(key, data)| Act::Data(key, data)),
        (0u8..4, prop_oneof![0u64..3000, any::<u64>()], data).prop_map(|(key, offset, data)| Act::DataAt(key, offset, data)),
        (0u8..4, prop_oneof![0u64..3000, any::<u64>()]).prop_map(|(key, bytes)| Act::Gap(key, bytes)),
        (0u8..4, prop_oneof![0u64..3000, any::<u64>()]).prop_map(|(key, bytes)| Act::Total(key, bytes)),
        (0u8..4).prop_map(Act::End),
        (0u8..4).prop_map(Act::Close),
        (0i64..200).prop_map(Act::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn no_order_of_acts_does_harm(acts in proptest::collection::vec(act(), 0..60)) {
        let (mut files, mut out, mut now) = (Files::new(Limits { waiting_bytes_max: 1000, ..Limits::default() }), Vec::new(), 1);
        let mut ids = [None; 4];
        for act in acts {
            let at = secs(now);
            match act {
                Act::Open(key, shared) => ids[usize::from(key)] = Some(files.open(&flow(key.into()), &FileAbout { at, shared, ..about(&[key]) })),
                Act::Data(key, data) => { if let Some(id) = ids[usize::from(key)] { files.data(at, id, &data, &mut out) } }
                Act::DataAt(key, offset, data) => { if let Some(id) = ids[usize::from(key)] { files.data_at(at, id, offset, &data, &mut out) } }
                Act::Gap(key, bytes) => { if let Some(id) = ids[usize::from(key)] { files.gap(at, id, bytes, &mut out) } }
                Act::Total(key, bytes) => { if let Some(id) = ids[usize::from(key)] { files.total(id, bytes) } }
                Act::End(key) => { if let Some(id) = ids[usize::from(key)] { files.end(at, id, &mut out); } }
                Act::Close(key) => files.flow_closed(at, flow(key.into()).uid, &mut out),
                Act::Wait(secs) => { now += secs; expire(&mut files, at, &mut out); }
            }
            prop_assert!(files.held_bytes() < 200_000);
        }
        files.finish(secs(now), &mut out);
        for row in out.iter().filter(|row| row.kind().name == "files") {
            prop_assert_eq!(row.cells().len(), files::log::KIND.width());
        }
        out.clear();
        files.finish(secs(now + 1000), &mut out);
        prop_assert!(out.is_empty(), "nothing is left");
    }

    #[test]
    fn any_split_gives_the_same_row(body in proptest::collection::vec(any::<u8>(), 0..9000), cuts in proptest::collection::vec(1usize..3000, 1..12)) {
        let read = |pieces: &[&[u8]]| {
            let (mut files, mut out) = (Files::new(Limits::default()), Vec::new());
            let id = files.open(&flow(1), &about(b"1"));
            pieces.iter().for_each(|piece| files.data(secs(1), id, piece, &mut out));
            files.end(secs(1), id, &mut out);
            out
        };
        let mut pieces = Vec::new();
        let mut rest = &body[..];
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, more) = rest.split_at(rest.len().min(*cut));
            pieces.push(piece);
            rest = more;
        }
        prop_assert_eq!(read(&pieces), read(&[&body]));
    }
}
