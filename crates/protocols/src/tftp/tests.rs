//! Transfers built by hand.

use super::analyzer;
use super::{Tftp, log};
use contract::{Analyzer, Chunk, FlowInfo, Heads, Protocol, Recorded, Side, Transport, Verdict};
use model::{Addr, Timestamp, Uid, Value};

fn flow(note: &[u8]) -> FlowInfo {
    FlowInfo {
        uid: Uid::connection(&[b"tftp"]),
        orig: (Addr::v4([10, 0, 0, 1]), 2000),
        resp: (Addr::v4([10, 0, 0, 2]), 69),
        transport: Transport::Udp,
        start: Timestamp::default(),
        midstream: false,
        note: note.into(),
    }
}

fn run(note: &[u8], datagrams: &[(Side, &[u8])]) -> Recorded {
    let mut out = Recorded::new(flow(note));
    let mut analyzer = analyzer::Tftp::new(note);
    for (side, datagram) in datagrams {
        assert!(analyzer.feed(Timestamp::from_secs(1), *side, Chunk::Data(datagram), &mut out).is_ok());
    }
    analyzer.close(Timestamp::from_secs(2), &mut out);
    out
}

fn block(number: u16, data: &[u8]) -> Vec<u8> {
    [&[0, 3], &number.to_be_bytes()[..], data].concat()
}

fn told(out: &Recorded) -> Vec<String> {
    let text = |value: &Value| String::from_utf8_lossy(value.as_bytes().unwrap_or_default()).into_owned();
    let columns = [log::ACTION, log::FILENAME, log::MODE, log::ERROR_MESSAGE];
    out.events.iter().map(|event| columns.map(|column| text(event.get(column))).join("|")).collect()
}

const ASK: &[u8] = b"\0\x01boot.img\0octet\0";

#[test]
fn a_request_announces_its_transfer() {
    let out = run(b"", &[(Side::Orig, ASK), (Side::Orig, ASK)]);
    assert_eq!(told(&out), ["READ_REQUEST|boot.img|octet|"]);
    assert_eq!(out.expected.len(), 1);
    let expected = &out.expected[0];
    assert_eq!((expected.orig, expected.resp), (Some(Addr::v4([10, 0, 0, 2])), (Addr::v4([10, 0, 0, 1]), 2000)));

    let (first, last) = (block(1, &[b'a'; 512]), block(2, b"end"));
    let out = run(&expected.note, &[(Side::Orig, &first), (Side::Orig, &first), (Side::Orig, &last), (Side::Orig, &last)]);
    assert_eq!(told(&out), ["TRANSFER|boot.img|octet|"]);
    assert_eq!(out.events[0].get(log::COMPLETE), &Value::Bool(true));
    assert_eq!(out.events[0].get(log::BYTES), &Value::Count(515));
    assert_eq!((out.files.len(), out.files[0].data.len(), out.files[0].ended), (1, 515, true));
    assert!(out.services.is_empty());
}

#[test]
fn options_set_the_size_of_blocks_and_lost_blocks_are_missing() {
    let note = b"Cx\0f\0octet\0w";
    let (first, third) = (block(1, &[b'a'; 600]), block(3, b"z"));
    let out = run(note, &[(Side::Orig, b"\0\x06blksize\x00600\0tsize\x001201\0"), (Side::Resp, &first), (Side::Resp, &third)]);
    assert_eq!((out.files[0].missing, out.files[0].side, out.files[0].ended), (600, Side::Resp, true));
}

#[test]
fn block_numbers_wrap() {
    let blocks: Vec<_> = (1..=65_600u32).map(|number| block(number as u16, &[0; 512])).collect();
    let datagrams: Vec<_> = blocks.iter().map(|block| (Side::Orig, &block[..])).collect();
    let out = run(b"Cx\0f\0octet\0r", &datagrams);
    assert_eq!((out.files[0].data.len(), out.files[0].missing), (65_600 * 512, 0));
    assert_eq!(out.events[0].get(log::COMPLETE), &Value::Bool(false));
}

#[test]
fn errors_are_told_with_the_request_in_one_flow_too() {
    let out = run(b"", &[(Side::Orig, ASK), (Side::Resp, b"\0\x05\0\x01File not found\0")]);
    assert_eq!(told(&out), ["READ_REQUEST|boot.img|octet|", "TRANSFER|boot.img|octet|File not found"]);
    assert_eq!(out.events[1].get(log::ERROR_CODE), &Value::Count(1));
}

#[test]
fn only_requests_to_its_port_are_probed() {
    let probe = |orig: &[u8], resp_port| Tftp.probe(&Heads { transport: Transport::Udp, orig, resp: b"", orig_port: 1, resp_port });
    assert_eq!(probe(ASK, 69), Verdict::Yes);
    assert_eq!(probe(ASK, 70), Verdict::No);
    assert_eq!(probe(b"\0\x01\0octet\0", 69), Verdict::No);
    assert_eq!(probe(b"\0\x01f\0bits\0", 69), Verdict::No);
}
