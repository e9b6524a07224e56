//! Leases built by hand.

use super::{Dhcp, Leases, codec, log};
use contract::{Chunk, Correlator, FlowInfo, Protocol, Recorded, Side, Transport, Violation};
use model::kinds::sweep;
use model::{Addr, Event, Interval, Timestamp, Uid, Value};
use proptest::prelude::*;

const MAC: [u8; 6] = [2, 0, 0, 0, 0, 7];

fn message(xid: u32, yiaddr: [u8; 4], options: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; codec::COOKIE_OFFSET];
    bytes[0..4].copy_from_slice(&[1, 1, 6, 0]);
    bytes[4..8].copy_from_slice(&xid.to_be_bytes());
    bytes[16..20].copy_from_slice(&yiaddr);
    bytes[28..34].copy_from_slice(&MAC);
    bytes.extend(codec::COOKIE);
    bytes.extend_from_slice(options);
    bytes
}

fn feed(orig: [u8; 4], resp: [u8; 4], side: Side, at_ms: i64, datagram: &[u8]) -> (Recorded, Option<Violation>) {
    let mut out = Recorded::new(FlowInfo {
        uid: Uid::connection(&[&orig, &resp]),
        orig: (Addr::v4(orig), 68),
        resp: (Addr::v4(resp), 67),
        transport: Transport::Udp,
        start: Timestamp::default(),
        midstream: false,
        note: Box::default(),
    });
    let mut analyzer = Dhcp.open(&out.flow.clone());
    let at = Timestamp::from_nanos(at_ms * 1_000_000);
    let violation = analyzer.feed(at, side, Chunk::Data(datagram), &mut out).err();
    (out, violation)
}

const DISCOVER: &[u8] = &[53, 1, 1, 12, 2, b'p', b'c', 50, 4, 10, 0, 0, 9, 61, 7, 1, 2, 0, 0, 0, 0, 7, 255];
const ACK: &[u8] = &[53, 1, 5, 51, 4, 0, 0, 14, 16, 15, 3, b'l', b'a', 0, 255];

fn join(messages: &[(Side, i64, Vec<u8>)]) -> Vec<Event> {
    let mut leases = Leases::default();
    let mut rows = Vec::new();
    for (side, at_ms, datagram) in messages {
        leases.on_event(&mut Event::new(&sweep::KIND, Timestamp::from_nanos(at_ms * 1_000_000)), &mut rows);
        let (out, violation) = feed([0; 4], [255; 4], *side, *at_ms, datagram);
        assert_eq!(violation, None);
        for mut event in out.events {
            assert!(!leases.on_event(&mut event, &mut rows), "messages are raw material");
        }
    }
    leases.on_tick(Timestamp::from_secs(1000), true, &mut rows);
    rows
}

#[test]
fn a_lease_is_one_row() {
    let rows = join(&[(Side::Orig, 1000, message(7, [0; 4], DISCOVER)), (Side::Resp, 1500, message(7, [10, 0, 0, 9], ACK))]);
    let [row] = &rows[..] else { panic!("{rows:?}") };
    let text = |column| row.get(column).as_bytes().map(String::from_utf8_lossy).map(String::from);
    assert_eq!(text(log::MAC).as_deref(), Some("02:00:00:00:00:07"));
    assert_eq!(text(log::HOST_NAME).as_deref(), Some("pc"));
    assert_eq!(text(log::DOMAIN).as_deref(), Some("la"));
    for column in [log::ASSIGNED_ADDR, log::REQUESTED_ADDR, log::CLIENT_ADDR] {
        assert_eq!(row.get(column).as_addr(), Some(Addr::v4([10, 0, 0, 9])));
    }
    assert_eq!(row.get(log::SERVER_ADDR).as_addr(), Some(Addr::v4([255; 4])));
    assert_eq!(row.get(log::LEASE_TIME), &Value::Interval(Interval::from_secs(3600)));
    assert_eq!(row.get(log::MSG_TYPES), &Value::list(["DISCOVER", "ACK"]));
    assert_eq!(row.get(log::DURATION), &Value::Interval(Interval::from_millis(500)));
}

#[test]
fn late_messages_begin_a_new_row() {
    let discover = || message(7, [0; 4], &[53, 1, 1, 255]);
    let rows = join(&[(Side::Orig, 0, discover()), (Side::Orig, 4_000, discover()), (Side::Orig, 12_000, discover())]);
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0].get(log::MSG_TYPES), &Value::list(["DISCOVER", "DISCOVER"]));
    assert_eq!(rows[1].get(log::MAC).as_bytes(), Some(&b"02:00:00:00:00:07"[..]));
}

#[test]
fn malformed_messages_are_violations() {
    let check = |datagram: &[u8], reason: &str| {
        let (out, violation) = feed([0; 4], [255; 4], Side::Orig, 0, datagram);
        assert_eq!(violation.map(|violation| violation.reason.into_owned()).as_deref(), Some(reason));
        assert!(out.services.is_empty());
    };
    check(&[1; 100], "Binpac exception: binpac exception: out_of_bound: DHCP_Message: 240 > 100");
    check(&message(1, [0; 4], &[53, 1, 1]), "Binpac exception: binpac exception: out_of_bound: Option:code: 1 > 0");
    check(&message(1, [0; 4], &[255]), "no DHCP message type option");
    let mut cookie = message(1, [0; 4], &[255]);
    cookie[codec::COOKIE_OFFSET] = 0;
    check(&cookie, "bad cookie (8541027)");
}

#[test]
fn hardware_addresses_have_six_bytes_or_eight() {
    assert_eq!(codec::mac(&[1, 2, 3, 4, 5, 6, 0, 0, 9]).as_deref(), Some("01:02:03:04:05:06"));
    assert_eq!(codec::mac(&[1, 2, 3, 4, 5, 6, 7, 8]).as_deref(), Some("01:02:03:04:05:06:07:08"));
    assert_eq!(codec::mac(&[1, 2, 3]), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_options_are_survived(options in prop::collection::vec(any::<u8>(), 0..200)) {
        feed([0; 4], [255; 4], Side::Orig, 0, &message(1, [0; 4], &options));
        feed([0; 4], [255; 4], Side::Orig, 0, &options);
    }
}
