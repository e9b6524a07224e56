//! Messages built by hand.

use super::{Ntp, log};
use contract::{Chunk, FlowInfo, Protocol, Recorded, Side, Transport, Violation};
use model::{Addr, Interval, Timestamp, Uid, Value};
use proptest::prelude::*;

fn feed(datagram: &[u8]) -> (Recorded, Option<Violation>) {
    let mut out = Recorded::new(FlowInfo {
        uid: Uid::connection(&[b"ntp"]),
        orig: (Addr::v4([10, 0, 0, 1]), 123),
        resp: (Addr::v4([10, 0, 0, 2]), 123),
        transport: Transport::Udp,
        start: Timestamp::default(),
        midstream: false,
        note: Box::default(),
    });
    let mut analyzer = Ntp.open(&out.flow.clone());
    let violation = analyzer.feed(Timestamp::from_secs(5), Side::Orig, Chunk::Data(datagram), &mut out).err();
    (out, violation)
}

/// Version 4, client, poll 6, precision -20.
fn standard(stratum: u8, extra: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x23, stratum, 6, 0xec, 0, 1, 0x80, 0, 0, 0, 0x40, 0, b'G', b'P', b'S', 0];
    bytes.extend([0; 24]);
    bytes.extend([0x83, 0xaa, 0x7e, 0x81, 0x80, 0, 0, 0]);
    bytes.extend_from_slice(extra);
    bytes
}

#[test]
fn a_clock_message_is_a_row() {
    let (out, violation) = feed(&standard(1, &[]));
    assert_eq!(violation, None);
    assert_eq!(out.services, ["ntp"]);
    let row = &out.events[0];
    assert_eq!((row.get(log::VERSION), row.get(log::MODE)), (&Value::Count(4), &Value::Count(3)));
    assert_eq!(row.get(log::POLL), &Value::Interval(Interval::from_secs(64)));
    assert_eq!(row.get(log::PRECISION).clone(), Value::Interval(Interval::from_nanos(954)));
    assert_eq!(row.get(log::ROOT_DELAY), &Value::Interval(Interval::from_millis(500)));
    assert_eq!(row.get(log::ROOT_DISP), &Value::Interval(Interval::from_millis(250)));
    assert_eq!(row.get(log::REF_ID).as_bytes(), Some(&b"GPS\0"[..]));
    assert_eq!(row.get(log::REF_TIME), &Value::Time(Timestamp::default()));
    assert_eq!(row.get(log::XMT_TIME), &Value::Time(Timestamp::from_nanos(1_500_000_000)));
    assert_eq!(feed(&standard(2, &[])).0.events[0].get(log::REF_ID).as_bytes(), Some(&b"71.80.83.0"[..]));
}

#[test]
fn extensions_are_counted() {
    let mut extra = vec![1, 2, 0, 16];
    extra.extend([0; 12]);
    extra.extend([0; 20]);
    assert_eq!(feed(&standard(2, &extra)).0.events[0].get(log::NUM_EXTS), &Value::Count(1));
    assert_eq!(feed(&standard(2, &[0; 20])).0.events[0].get(log::NUM_EXTS), &Value::Count(0));
}

#[test]
fn control_and_private_messages_have_their_logs() {
    let (out, _) = feed(&[0x16, 0x82, 0, 7, 6, 24, 0, 0, 0, 0, 0, 2, b'h', b'i']);
    let row = &out.events[0];
    assert_eq!(row.kind().name, "ntp_control");
    assert_eq!(row.get(log::control::OP_CODE), &Value::Count(2));
    assert_eq!(row.get(log::control::RESP_BIT), &Value::Bool(true));
    assert_eq!(row.get(log::control::DATA).as_bytes(), Some(&b"hi"[..]));
    let (out, _) = feed(&[0x17, 0, 3, 42, 0x40, 0]);
    let row = &out.events[0];
    assert_eq!(row.kind().name, "ntp_private");
    assert_eq!(row.get(log::private::REQ_CODE), &Value::Count(42));
    assert_eq!(row.get(log::private::ERR), &Value::Count(4));
    assert!(row.get(log::private::DATA).is_unset());
}

#[test]
fn short_messages_are_violations() {
    for datagram in [&[][..], &[0x23, 1, 2], &[0x16, 1], &[0x16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9], &[0x17], &standard(0, &[0; 30])] {
        let (out, violation) = feed(datagram);
        assert!(violation.is_some() && out.events.is_empty(), "{datagram:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_bytes_are_survived(datagram in prop::collection::vec(any::<u8>(), 0..120)) {
        feed(&datagram);
    }
}
