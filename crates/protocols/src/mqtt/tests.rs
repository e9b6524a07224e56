//! A session built by hand.

use super::*;
use contract::{Chunk, Recorded, Violation};
use model::{Addr, Timestamp, Uid, Value};
use proptest::prelude::*;

fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    [&[first, body.len() as u8], body].concat()
}

fn session() -> Vec<(Side, Vec<u8>)> {
    let long = [&[0x30, 0x87, 0x01, 0, 1, b't'][..], &[b'x'; 132]].concat();
    vec![
        (Side::Orig, packet(0x10, b"\0\x04MQTT\x04\x06\0\x3c\0\x02me\0\x04/end\0\x03bye")),
        (Side::Resp, packet(0x20, &[0, 0])),
        (Side::Orig, packet(0x82, b"\0\x01\0\x01a\x01\0\x01b\0")),
        (Side::Resp, packet(0x90, &[0, 1, 1])),
        (Side::Orig, [packet(0x33, b"\0\x01a\0\x07hello"), long].concat()),
        (Side::Resp, packet(0x40, &[0, 7])),
        (Side::Resp, packet(0x34, b"\0\x01a\0\x08twice")),
        (Side::Orig, packet(0x50, &[0, 8])),
        (Side::Resp, packet(0x62, &[0, 8])),
        (Side::Orig, packet(0x70, &[0, 8])),
        (Side::Orig, packet(0x32, b"\0\x01a\0\x09lost")),
    ]
}

fn run(turns: &[(Side, Vec<u8>)], chunk: usize) -> (Recorded, Option<Violation>) {
    let mut out = Recorded::new(FlowInfo {
        uid: Uid::connection(&[b"test"]),
        orig: (Addr::v4([10, 0, 0, 1]), 40000),
        resp: (Addr::v4([10, 0, 0, 2]), 1883),
        transport: Transport::Tcp,
        start: Timestamp::from_secs(1),
        midstream: false,
        note: Box::default(),
    });
    let mut analyzer = Mqtt.open(&out.flow.clone());
    let mut broken = None;
    for (side, bytes) in turns {
        for piece in bytes.chunks(chunk) {
            if broken.is_none() {
                broken = analyzer.feed(Timestamp::from_secs(2), *side, Chunk::Data(piece), &mut out).err();
            }
        }
    }
    analyzer.close(Timestamp::from_secs(30), &mut out);
    (out, broken)
}

fn rows(out: &Recorded, kind: &Kind) -> Vec<String> {
    fn text(value: &Value) -> String {
        match value {
            Value::Unset => "-".to_owned(),
            Value::Bool(value) => value.to_string(),
            Value::Count(count) => count.to_string(),
            Value::List(items) => items.iter().map(text).collect::<Vec<_>>().join(","),
            other => String::from_utf8_lossy(other.as_bytes().unwrap_or_default()).into_owned(),
        }
    }
    let events = out.events.iter().filter(|event| event.kind() == kind);
    events.map(|event| event.cells()[6..].iter().map(text).collect::<Vec<_>>().join("|")).collect()
}

#[test]
fn a_session_makes_rows_in_three_logs() {
    let (out, broken) = run(&session(), usize::MAX);
    assert_eq!((broken, out.services.as_slice()), (None, &["mqtt"][..]));
    assert_eq!(rows(&out, &log::CONNECT), ["MQTT|3.1.1|me|Connection Accepted|/end|bye"]);
    assert_eq!(rows(&out, &log::SUBSCRIBE), ["MQTT::SUBSCRIBE|a,b|1,0|1|true"]);
    let published = rows(&out, &log::PUBLISH);
    assert_eq!(published[0], format!("true|false|at most once|ok|t|{}|132", "x".repeat(100)));
    assert_eq!(
        published[1..],
        [
            "true|true|at least once|ok|a|hello|5",
            "false|false|exactly once|ok|a|twice|5",
            "true|false|at least once|incomplete_qos|a|lost|4"
        ]
    );
}

#[test]
fn packets_that_break_off_are_refused() {
    assert!(run(&[(Side::Orig, packet(0x10, b"\0\x04MQ"))], usize::MAX).1.is_some());
    assert!(run(&[(Side::Orig, vec![0x10, 0xff, 0xff, 0xff, 0xff, 1])], usize::MAX).1.is_some());
}

#[test]
fn the_probe_is_zeeks_signature() {
    let probe = |orig: &[u8]| Mqtt.probe(&Heads { transport: Transport::Tcp, orig, resp: b"a long answer", orig_port: 1, resp_port: 2 });
    assert_eq!(probe(&session()[0].1), Verdict::Yes);
    assert_eq!(probe(b"\x10"), Verdict::Unsure);
    assert_eq!(probe(b"GET / HTTP/1.1"), Verdict::No);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_split_gives_the_same_events(chunk in 1usize..60) {
        prop_assert_eq!(run(&session(), usize::MAX).0.events, run(&session(), chunk).0.events);
    }
}
