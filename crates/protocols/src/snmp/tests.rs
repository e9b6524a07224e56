//! Messages built by hand.

use super::{Snmp, log};
use contract::{Chunk, FlowInfo, Protocol, Recorded, Side, Transport, Violation};
use model::{Addr, Interval, Timestamp, Uid, Value};
use proptest::prelude::*;

fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag, content.len() as u8], content].concat()
}

fn pdu(tag: u8, bindings: &[Vec<u8>]) -> Vec<u8> {
    tlv(tag, &[tlv(2, &[1]), tlv(2, &[0]), tlv(2, &[0]), tlv(0x30, &bindings.concat())].concat())
}

fn binding(name: &[u8], value: Vec<u8>) -> Vec<u8> {
    tlv(0x30, &[tlv(6, name), value].concat())
}

fn message(pdu: Vec<u8>) -> Vec<u8> {
    tlv(0x30, &[tlv(2, &[1]), tlv(4, b"public"), pdu].concat())
}

const DESCRIPTION: &[u8] = &[0x2b, 6, 1, 2, 1, 1, 1, 0];
const UP_TIME: &[u8] = &[0x2b, 6, 1, 2, 1, 1, 3, 0];

fn run(messages: &[(Side, Vec<u8>)]) -> (Recorded, Vec<Violation>) {
    let mut out = Recorded::new(FlowInfo {
        uid: Uid::connection(&[b"snmp"]),
        orig: (Addr::v4([10, 0, 0, 1]), 4000),
        resp: (Addr::v4([10, 0, 0, 2]), 161),
        transport: Transport::Udp,
        start: Timestamp::default(),
        midstream: false,
        note: Box::default(),
    });
    let mut analyzer = Snmp.open(&out.flow.clone());
    let mut violations = Vec::new();
    for (at, (side, datagram)) in messages.iter().enumerate() {
        violations.extend(analyzer.feed(Timestamp::from_secs(1000 + at as i64), *side, Chunk::Data(datagram), &mut out).err());
    }
    analyzer.close(Timestamp::from_secs(2000), &mut out);
    (out, violations)
}

#[test]
fn a_conversation_is_one_row() {
    let ask = message(pdu(0xa0, &[binding(DESCRIPTION, tlv(5, &[])), binding(UP_TIME, tlv(5, &[]))]));
    let tell = message(pdu(0xa2, &[binding(DESCRIPTION, tlv(4, b"router")), binding(UP_TIME, tlv(0x43, &[0x03, 0xe8]))]));
    let (out, violations) = run(&[(Side::Orig, ask), (Side::Resp, tell)]);
    assert!(violations.is_empty());
    assert_eq!(out.services, ["snmp"]);
    let [row] = &out.events[..] else { panic!("{:?}", out.events) };
    assert_eq!(row.get(log::VERSION), &Value::from("2c"));
    assert_eq!(row.get(log::COMMUNITY).as_bytes(), Some(&b"public"[..]));
    assert_eq!((row.get(log::GET_REQUESTS), row.get(log::GET_RESPONSES)), (&Value::Count(2), &Value::Count(2)));
    assert_eq!(row.get(log::DISPLAY_STRING).as_bytes(), Some(&b"router"[..]));
    assert_eq!(row.get(log::UP_SINCE), &Value::Time(Timestamp::from_secs(991)));
    assert_eq!(row.get(log::DURATION), &Value::Interval(Interval::from_secs(1)));
}

#[test]
fn questions_alone_confirm_nothing() {
    let (out, _) = run(&[(Side::Orig, message(pdu(0xa1, &[])))]);
    assert!(out.services.is_empty());
    assert_eq!(out.events.len(), 1);
}

#[test]
fn encrypted_messages_are_seen() {
    let security = tlv(0x30, &[tlv(4, b"engine"), tlv(2, &[1]), tlv(2, &[2]), tlv(4, b"user"), tlv(4, &[]), tlv(4, &[])].concat());
    let header = tlv(0x30, &[tlv(2, &[1]), tlv(2, &[5, 0]), tlv(4, &[3]), tlv(2, &[3])].concat());
    let whole = |next| tlv(0x30, &[tlv(2, &[3]), header.clone(), tlv(4, &security), next].concat());
    let plain = tlv(0x30, &[tlv(4, &[]), tlv(4, &[]), pdu(0xa0, &[])].concat());
    for (next, user) in [(tlv(4, b"secret"), None), (plain, Some(&b"user"[..]))] {
        let (out, violations) = run(&[(Side::Orig, whole(next))]);
        assert!(violations.is_empty());
        assert_eq!(out.events[0].get(log::VERSION), &Value::from("3"));
        assert_eq!(out.events[0].get(log::COMMUNITY).as_bytes(), user);
    }
}

#[test]
fn malformed_messages_are_violations() {
    let check = |datagram: Vec<u8>, reason: &str| {
        let (out, violations) = run(&[(Side::Orig, datagram)]);
        assert_eq!(violations.iter().map(|violation| &*violation.reason).collect::<Vec<_>>(), [reason]);
        assert!(out.events.is_empty());
    };
    check(tlv(0x31, &[]), "binpac exception: Got ASN.1 tag 49, expect 48");
    check(tlv(0x30, &tlv(2, &[0; 10])), "binpac exception: ASN.1 integer width overflow: 10");
    check(message(tlv(0xa0, &[2, 9])), "Binpac exception: binpac exception: out_of_bound: ASN1Encoding:content: 9 > 0");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_bytes_are_survived(datagram in prop::collection::vec(any::<u8>(), 0..120), tag in 0xa0u8..0xa9) {
        run(&[(Side::Resp, datagram.clone()), (Side::Resp, message([&[tag, 0][..], &datagram].concat().into_iter().take(100).collect()))]);
    }
}
