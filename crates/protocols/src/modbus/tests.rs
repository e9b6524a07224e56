//! Messages built by hand.

use super::{Modbus, log};
use contract::{Chunk, FlowInfo, Protocol, Recorded, Side, Transport};
use model::{Addr, Timestamp, Uid, Value};
use proptest::prelude::*;

fn message(tid: u16, function: u8, data: &[u8]) -> Vec<u8> {
    [&tid.to_be_bytes()[..], &[0, 0], &(data.len() as u16 + 2).to_be_bytes(), &[1, function], data].concat()
}

fn run(chunks: &[(Side, Chunk<'_>)]) -> (Recorded, Option<String>) {
    let mut out = Recorded::new(FlowInfo {
        uid: Uid::connection(&[b"modbus"]),
        orig: (Addr::v4([10, 0, 0, 1]), 4000),
        resp: (Addr::v4([10, 0, 0, 2]), 502),
        transport: Transport::Tcp,
        start: Timestamp::default(),
        midstream: false,
        note: Box::default(),
    });
    let mut analyzer = Modbus.open(&out.flow.clone());
    for (side, chunk) in chunks {
        if let Err(violation) = analyzer.feed(Timestamp::from_secs(1), *side, *chunk, &mut out) {
            return (out, Some(violation.reason.into_owned()));
        }
    }
    (out, None)
}

fn functions(out: &Recorded) -> Vec<String> {
    out.events.iter().map(|row| String::from_utf8_lossy(row.get(log::FUNC).as_bytes().unwrap_or_default()).into_owned()).collect()
}

#[test]
fn requests_and_responses_are_rows() {
    let (ask, tell) = (message(7, 3, &[0, 1, 0, 1]), message(7, 3, &[2, 0, 9]));
    let (out, violation) = run(&[(Side::Orig, Chunk::Data(&ask)), (Side::Resp, Chunk::Data(&tell))]);
    assert_eq!(violation, None);
    assert_eq!(functions(&out), ["READ_HOLDING_REGISTERS", "READ_HOLDING_REGISTERS"]);
    assert_eq!(out.events[0].get(log::PDU_TYPE), &Value::from("REQ"));
    assert_eq!(out.events[1].get(log::PDU_TYPE), &Value::from("RESP"));
    assert_eq!(out.events[1].get(log::TID), &Value::Count(7));
    assert_eq!(out.services, ["modbus"]);
}

#[test]
fn exceptions_are_named_in_responses() {
    let (known, unknown) = (message(1, 0x83, &[2]), message(1, 0xaf, &[99]));
    let (out, _) = run(&[(Side::Orig, Chunk::Data(&known)), (Side::Resp, Chunk::Data(&known)), (Side::Resp, Chunk::Data(&unknown))]);
    assert_eq!(functions(&out), ["READ_HOLDING_REGISTERS_EXCEPTION", "unknown-175"]);
    assert_eq!(out.events[0].get(log::EXCEPTION), &Value::from("ILLEGAL_DATA_ADDRESS"));
    assert_eq!(out.events[1].get(log::EXCEPTION), &Value::from("unknown-99".to_owned()));
}

#[test]
fn short_data_is_a_violation_after_the_row() {
    let check = |side, function, data: &[u8], reason: &str| {
        let (out, violation) = run(&[(side, Chunk::Data(&message(1, function, data)))]);
        assert_eq!(violation.as_deref(), Some(reason));
        assert_eq!(out.events.len(), 1);
        assert!(out.services.is_empty());
    };
    check(Side::Orig, 22, &[0; 4], "Binpac exception: binpac exception: out_of_bound: MaskWriteRegisterRequest: 6 > 4");
    check(Side::Orig, 15, &[0, 0, 0, 9, 2, 0], "Binpac exception: binpac exception: out_of_bound: WriteMultipleCoilsRequest: 7 > 6");
    check(Side::Resp, 3, &[3, 0, 0, 0], "invalid value for modbus read holding register response byte count 3");
    let (_, violation) = run(&[(Side::Orig, Chunk::Data(&[0, 1, 0, 0, 0, 1, 9]))]);
    assert_eq!(violation.as_deref(), Some("Binpac exception: binpac exception: out_of_bound: ModbusTCP_TransportHeader: 8 > 7"));
}

#[test]
fn a_gap_within_a_message_costs_only_that_message() {
    let whole = message(1, 3, &[0; 4]);
    for gap in [5, 3, 100] {
        let (out, _) = run(&[
            (Side::Orig, Chunk::Data(&whole[..7])),
            (Side::Orig, Chunk::Gap(gap)),
            (Side::Orig, Chunk::Data(&whole[12.min(7 + gap as usize)..])),
            (Side::Orig, Chunk::Data(&whole)),
        ]);
        assert_eq!(out.events.len(), 1, "{gap}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn splits_change_nothing(functions in prop::collection::vec(0u8..45, 1..5), cut in 0usize..60) {
        let stream: Vec<u8> = functions.iter().flat_map(|function| message(1, *function, &[2, 0, 0, 0, 0, 0])).collect();
        let (head, tail) = stream.split_at(cut.min(stream.len()));
        let whole = run(&[(Side::Resp, Chunk::Data(&stream))]);
        let parts = run(&[(Side::Resp, Chunk::Data(head)), (Side::Resp, Chunk::Data(tail))]);
        prop_assert_eq!(whole.0.events, parts.0.events);
        prop_assert_eq!(whole.1, parts.1);
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        run(&[(Side::Orig, Chunk::Data(&bytes)), (Side::Resp, Chunk::Data(&bytes))]);
    }
}
