//! Frames built by hand.

use super::{Dnp3Tcp, link, log};
use contract::{Chunk, FlowInfo, Next, Protocol, Recorded, Side, Transport};
use model::{Addr, Timestamp, Uid, Value};
use proptest::prelude::*;

/// A frame with this transport byte and data.
fn frame(transport: u8, data: &[u8]) -> Vec<u8> {
    let content = [&[transport], data].concat();
    let mut bytes = vec![0x05, 0x64, content.len() as u8 + 5, 0xc4, 1, 0, 2, 0];
    bytes.extend(link::checksum(&bytes));
    for block in content.chunks(16) {
        bytes.extend_from_slice(block);
        bytes.extend(link::checksum(block));
    }
    bytes
}

fn run(chunks: &[(Side, Vec<u8>)]) -> (Recorded, Option<String>) {
    let mut out = Recorded::new(FlowInfo {
        uid: Uid::connection(&[b"dnp3"]),
        orig: (Addr::v4([10, 0, 0, 1]), 4000),
        resp: (Addr::v4([10, 0, 0, 2]), 20000),
        transport: Transport::Tcp,
        start: Timestamp::default(),
        midstream: false,
        note: Box::default(),
    });
    let mut analyzer = Dnp3Tcp.open(&out.flow.clone());
    let mut violation = None;
    for (at, (side, bytes)) in chunks.iter().enumerate() {
        match analyzer.feed(Timestamp::from_secs(at as i64), *side, Chunk::Data(bytes), &mut out) {
            Ok(Next::Continue) => {}
            Ok(_) => break,
            Err(error) => {
                violation = Some(error.reason.into_owned());
                break;
            }
        }
    }
    analyzer.close(Timestamp::from_secs(99), &mut out);
    (out, violation)
}

const WHOLE: u8 = 0xc0;

#[test]
fn the_checksum_is_the_known_one() {
    assert_eq!(link::checksum(b"123456789"), [0x82, 0xea]);
}

#[test]
fn a_request_and_its_reply_are_one_row() {
    let (out, violation) = run(&[
        (Side::Orig, frame(WHOLE, &[0xc0, 1, 0x3c, 2, 6])),
        (Side::Resp, [frame(WHOLE, &[0xc0, 0x81, 0x90, 0]), frame(WHOLE, &[0xc0, 0x82, 0, 4])].concat()),
        (Side::Orig, frame(WHOLE, &[0xc0, 3])),
    ]);
    assert_eq!(violation, None);
    assert_eq!(out.services, ["dnp3_tcp"]);
    let cell = |row: usize, column| out.events[row].get(column).clone();
    assert_eq!(out.events.len(), 3);
    assert_eq!(
        [cell(0, log::FC_REQUEST), cell(0, log::FC_REPLY), cell(0, log::IIN)],
        [Value::from("READ"), Value::from("RESPONSE"), Value::Count(36864)]
    );
    assert_eq!([cell(1, log::FC_REQUEST), cell(1, log::FC_REPLY)], [Value::Unset, Value::from("UNSOLICITED_RESPONSE")]);
    assert_eq!([cell(2, log::FC_REQUEST), cell(2, log::FC_REPLY)], [Value::from("SELECT"), Value::Unset]);
}

#[test]
fn fragments_are_put_together_and_links_without_data_are_passed_over() {
    let mut bare = vec![0x05, 0x64, 5, 0xc0, 1, 0, 2, 0];
    bare.extend(link::checksum(&bare));
    let long = [&[0xc0, 0x81, 0, 0][..], &[0; 200]].concat();
    let (out, _) = run(&[(Side::Resp, [bare, frame(0x40, &long), frame(0x80, &[0; 30])].concat())]);
    assert_eq!(out.events.len(), 1);
    assert!(out.weirds.is_empty());
}

#[test]
fn broken_frames_are_weird() {
    let check = |bytes: Vec<u8>, weird: &str| {
        let (out, _) = run(&[(Side::Orig, bytes), (Side::Orig, frame(WHOLE, &[0xc0, 1]))]);
        assert_eq!(out.weirds.iter().map(|weird| weird.0).collect::<Vec<_>>(), [weird]);
        assert!(out.events.is_empty());
    };
    let broken = |at: usize| {
        let mut bytes = frame(WHOLE, &[0xc0, 1]);
        bytes[at] ^= 1;
        bytes
    };
    check(broken(0), "dnp3_header_lacks_magic");
    check(broken(4), "dnp3_corrupt_header_checksum");
    check(broken(11), "dnp3_corrupt_app_chunk_checksum");
    check(frame(0x80, &[0xc0, 1]), "dnp3_first_application_layer_chunk_missing");
}

#[test]
fn short_objects_are_violations_after_the_row() {
    let check = |side, data: &[u8], reason: &str| {
        let (out, violation) = run(&[(side, frame(WHOLE, data))]);
        assert_eq!(violation, Some(format!("Binpac exception: binpac exception: out_of_bound: {reason}")));
        assert_eq!(out.events.len(), 1);
    };
    check(Side::Orig, &[0xc0, 1, 1, 1, 0, 5], "Range_Field_0: 2 > 1");
    check(Side::Orig, &[0xc0, 3, 12, 1, 0x28, 1, 0, 5], "Prefix_Type:prefix16: 2 > 1");
    check(Side::Resp, &[0xc0, 0x81, 0, 0, 4, 1, 7, 1, 9], "DoubleInEveAtime:time48: 7 > 1");
    check(Side::Resp, &[0xc0, 0x81, 0, 0, 2, 1, 8, 9, 1, 5], "Response_Objects:objects: 265 > 1");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn splits_change_nothing(functions in prop::collection::vec(0u8..40, 1..4), cut in 0usize..80) {
        let stream: Vec<u8> = functions.iter().flat_map(|function| frame(WHOLE, &[0xc0, *function, 0x3c, 1, 6])).collect();
        let (head, tail) = stream.split_at(cut.min(stream.len()));
        let services = |chunks: &[(Side, Vec<u8>)]| {
            let (out, violation) = run(chunks);
            (out.events.iter().map(|row| row.get(log::FC_REQUEST).clone()).collect::<Vec<_>>(), out.services, violation)
        };
        prop_assert_eq!(services(&[(Side::Orig, stream.clone())]), services(&[(Side::Orig, head.to_vec()), (Side::Orig, tail.to_vec())]));
    }

    #[test]
    fn any_objects_are_survived(data in prop::collection::vec(any::<u8>(), 0..200), function in 0u8..0x90) {
        let data = [&[0xc0, function], &data[..]].concat();
        run(&[(Side::Orig, frame(WHOLE, &data)), (Side::Resp, frame(WHOLE, &data)), (Side::Orig, data)]);
    }
}
