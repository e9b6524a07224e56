//! An ordinary, a malformed and a gapped conversation; splits and random bytes.

use super::analyzer::DceRpc;
use super::log;
use contract::{Analyzer, Chunk, FlowInfo, Next, Recorded, Side, Transport};
use model::{Addr, Interval, Timestamp, Uid, Value};
use proptest::prelude::*;

const EPMAPPER: [u8; 16] = [0x08, 0x83, 0xaf, 0xe1, 0x1f, 0x5d, 0xc9, 0x11, 0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14, 0xa0, 0xfa];

fn flow() -> FlowInfo {
    let (orig, resp) = ((Addr::v4([10, 0, 0, 1]), 1024), (Addr::v4([10, 0, 0, 2]), 135));
    FlowInfo {
        uid: Uid::connection(&[b"dce"]),
        orig,
        resp,
        transport: Transport::Tcp,
        start: Timestamp::default(),
        midstream: false,
        note: Box::default(),
    }
}

fn pdu(ptype: u8, flags: u8, call: u32, body: &[u8], auth: Option<(u8, &[u8])>) -> Vec<u8> {
    let mut verifier = Vec::new();
    if let Some((provider, blob)) = auth {
        verifier.extend([provider, 6, 0, 0, 0, 0, 0, 0]);
        verifier.extend(blob);
    }
    let mut pdu = vec![5, 0, ptype, flags, 0x10, 0, 0, 0];
    pdu.extend(((16 + body.len() + verifier.len()) as u16).to_le_bytes());
    pdu.extend((auth.map_or(0, |(_, blob)| blob.len()) as u16).to_le_bytes());
    pdu.extend(call.to_le_bytes());
    pdu.extend(body);
    pdu.extend(verifier);
    pdu
}

fn bind(context: u8, interface: [u8; 16]) -> Vec<u8> {
    let mut body = vec![0; 8];
    body.extend([1, 0, 0, 0, context, 0, 1, 0]);
    body.extend(interface);
    body.extend([3, 0, 0, 0]);
    body.extend([0; 20]);
    body
}

fn bind_ack(address: &[u8]) -> Vec<u8> {
    let mut body = vec![0; 8];
    body.extend((address.len() as u16).to_le_bytes());
    body.extend(address);
    body.resize(body.len().next_multiple_of(4), 0);
    body.extend([1, 0, 0, 0]);
    body.extend([0; 24]);
    body
}

fn request(context: u8, opnum: u8) -> Vec<u8> {
    [&[0, 0, 0, 0, context, 0, opnum, 0][..], &[7; 40]].concat()
}

fn response(context: u8) -> Vec<u8> {
    [&[0, 0, 0, 0, context, 0, 0, 0][..], &[8; 24]].concat()
}

fn conversation() -> Vec<(Side, Vec<u8>)> {
    vec![
        (Side::Orig, pdu(11, 3, 1, &bind(0, EPMAPPER), None)),
        (Side::Resp, pdu(12, 3, 1, &bind_ack(b"135\0"), None)),
        (Side::Orig, pdu(0, 3, 2, &request(0, 3), None)),
        (Side::Resp, pdu(2, 3, 2, &response(0), None)),
    ]
}

fn run(messages: &[(Side, Vec<u8>)]) -> Recorded {
    let mut out = Recorded::new(flow());
    let mut analyzer = DceRpc::default();
    for (second, (side, bytes)) in messages.iter().enumerate() {
        analyzer.feed(Timestamp::from_secs(second as i64), *side, Chunk::Data(bytes), &mut out).expect("no violations here");
    }
    analyzer.close(Timestamp::from_secs(99), &mut out);
    out
}

#[test]
fn a_call_is_named_and_timed() {
    let out = run(&conversation());
    assert_eq!((out.services.as_slice(), out.events.len()), (&["dce_rpc"][..], 1));
    let row = &out.events[0];
    assert_eq!((row.ts(), row.get(log::RTT)), (Timestamp::from_secs(2), &Value::Interval(Interval::from_secs(1))));
    let cells = [log::NAMED_PIPE, log::ENDPOINT, log::OPERATION].map(|column| row.get(column).as_bytes().map(<[u8]>::to_vec));
    assert_eq!(cells, [Some(b"135".to_vec()), Some(b"epmapper".to_vec()), Some(b"ept_map".to_vec())]);
}

#[test]
fn fragments_make_one_call() {
    let mut messages = conversation();
    let whole = response(0);
    messages.pop();
    messages.push((Side::Resp, pdu(2, 1, 2, &whole[..16], None)));
    messages.push((Side::Resp, pdu(2, 0, 2, &whole[16..20], None)));
    assert!(run(&messages).events.is_empty());
    messages.push((Side::Resp, pdu(2, 2, 2, &whole[20..], None)));
    assert_eq!(run(&messages).events.len(), 1);
}

#[test]
fn what_was_pending_at_the_end_is_written() {
    let mut messages = conversation();
    messages.push((Side::Orig, pdu(0, 3, 3, &request(0, 2), None)));
    let out = run(&messages);
    assert_eq!(out.events.len(), 2);
    assert_eq!(out.events[1].ts(), Timestamp::from_secs(4));
}

#[test]
fn logons_are_read() {
    let token = crate::ntlm::codec::tests::authenticate_token("DOM", "ann", "WS");
    let mut messages = conversation();
    messages.insert(2, (Side::Orig, pdu(16, 3, 1, &[0; 4], Some((10, &token)))));
    messages.push((Side::Orig, pdu(0, 3, 4, &request(0, 2), Some((0x44, &[0; 16])))));
    let out = run(&messages);
    assert_eq!(out.services, ["dce_rpc", "ntlm"]);
    assert_eq!(out.weirds, [("netlogon_dce_rpc_auth_type", "68".to_owned())]);
    assert!(out.events.iter().any(|row| row.get(crate::ntlm::log::USERNAME).as_bytes() == Some(b"ann")));
}

#[test]
fn malformed_pdus_end_the_reading() {
    let mut messages = conversation();
    messages[2].1[0] = 4;
    let out = run(&messages);
    assert!(out.events.is_empty());
    let mut short = pdu(0, 3, 2, &request(0, 3), None);
    short[8] = 3;
    assert!(run(&[(Side::Orig, short)]).services.is_empty());
}

#[test]
fn too_many_open_fragments_are_weird() {
    let messages: Vec<_> = (0..30).map(|call| (Side::Orig, pdu(0, 1, call, &[], None))).collect();
    assert_eq!(run(&messages).weirds, [("too_many_dce_rpc_msgs_in_reassembly", String::new())]);
}

#[test]
fn a_hole_ends_the_reading() {
    let mut out = Recorded::new(flow());
    let mut analyzer = DceRpc::default();
    for (side, bytes) in &conversation()[..2] {
        analyzer.feed(Timestamp::default(), *side, Chunk::Data(bytes), &mut out).expect("no violations here");
    }
    assert_eq!(analyzer.feed(Timestamp::default(), Side::Orig, Chunk::Gap(100), &mut out), Ok(Next::Done));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_split_reads_the_same(cuts in prop::collection::vec(1usize..50, 1..8)) {
        let mut out = Recorded::new(flow());
        let mut analyzer = DceRpc::default();
        let mut cuts = cuts.into_iter().cycle();
        for (second, (side, bytes)) in conversation().into_iter().enumerate() {
            let mut left = &bytes[..];
            while !left.is_empty() {
                let (now, later) = left.split_at(cuts.next().unwrap_or(1).min(left.len()));
                analyzer.feed(Timestamp::from_secs(second as i64), side, Chunk::Data(now), &mut out).expect("no violations here");
                left = later;
            }
        }
        analyzer.close(Timestamp::from_secs(99), &mut out);
        prop_assert_eq!(out.events, run(&conversation()).events);
    }

    #[test]
    fn any_bytes_are_survived(ptype in 0u8..20, flags in any::<u8>(), auth in 0u8..40, body in prop::collection::vec(any::<u8>(), 0..120)) {
        let mut message = pdu(ptype, flags, 1, &body, None);
        message[10] = auth;
        run(&[(Side::Orig, message.clone()), (Side::Resp, message)]);
    }
}
