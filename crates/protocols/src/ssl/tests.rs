//! Handshakes built by hand: an ordinary one, broken ones, one with a hole, and any split of each.

use super::*;
use contract::{Chunk, Recorded, Violation};
use model::{Addr, Event, Timestamp, Uid, Value};
use proptest::prelude::*;

fn flow(transport: Transport) -> FlowInfo {
    FlowInfo {
        uid: Uid::connection(&[b"test"]),
        orig: (Addr::v4([10, 0, 0, 1]), 40000),
        resp: (Addr::v4([10, 0, 0, 2]), 443),
        transport,
        start: Timestamp::from_secs(1),
        midstream: false,
        note: Box::default(),
    }
}

fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind, 3, 3, (body.len() >> 8) as u8, body.len() as u8], body].concat()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind, 0, (body.len() >> 8) as u8, body.len() as u8], body].concat()
}

fn client_hello() -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.extend([0, 0, 2, 0xc0, 0x2f, 1, 0]);
    let sni = [0, 0, 0, 8, 0, 6, 0, 0, 3, b'a', b'.', b'b'];
    let alpn = [0, 16, 0, 5, 0, 3, 2, b'h', b'2'];
    body.extend([0, (sni.len() + alpn.len()) as u8]);
    body.extend(sni);
    body.extend(alpn);
    message(1, &body)
}

fn server_hello() -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend([8; 32]);
    body.extend([0, 0xc0, 0x2f, 0, 0, 9, 0, 16, 0, 5, 0, 3, 2, b'h', b'2']);
    message(2, &body)
}

/// What each side sends in a whole handshake, in turns.
fn handshake() -> Vec<(Side, Vec<u8>)> {
    let flight = [server_hello(), message(11, &[0, 0, 5, 0, 0, 2, 1, 2]), message(12, &[3, 0, 29, 2, 9, 9]), message(14, &[])].concat();
    let (first, second) = flight.split_at(50);
    vec![
        (Side::Orig, record(22, &client_hello())),
        (Side::Resp, [record(22, first), record(22, second)].concat()),
        (Side::Orig, [record(22, &message(16, &[1, 9])), record(20, &[1]), record(22, &[0x55; 40])].concat()),
        (Side::Resp, [record(20, &[1]), record(22, &[0x66; 40])].concat()),
    ]
}

fn run(turns: &[(Side, Vec<u8>)], chunk: usize) -> (Recorded, Option<Violation>) {
    let mut out = Recorded::new(flow(Transport::Tcp));
    let mut analyzer = Ssl.open(&out.flow.clone());
    let mut broken = None;
    'all: for (side, bytes) in turns {
        for piece in bytes.chunks(chunk) {
            if let Err(violation) = analyzer.feed(Timestamp::from_secs(2), *side, Chunk::Data(piece), &mut out) {
                broken = Some(violation);
                break 'all;
            }
        }
    }
    analyzer.close(Timestamp::from_secs(3), &mut out);
    (out, broken)
}

fn rows<'a>(out: &'a Recorded, kind: &Kind) -> Vec<&'a Event> {
    out.events.iter().filter(|event| event.kind() == kind).collect()
}

fn text(event: &Event, column: model::Column) -> String {
    String::from_utf8_lossy(event.get(column).as_bytes().unwrap_or(b"-")).into_owned()
}

#[test]
fn an_ordinary_handshake_is_one_row() {
    let (out, broken) = run(&handshake(), usize::MAX);
    assert_eq!(broken, None);
    assert_eq!(out.services, ["ssl"]);
    let [row] = rows(&out, &log::KIND)[..] else { panic!("{:?}", out.events) };
    assert_eq!(text(row, log::SSL_HISTORY), "CsxknGIi");
    assert_eq!(text(row, log::VERSION), "TLSv12");
    assert_eq!(text(row, log::CIPHER), "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
    assert_eq!(text(row, log::CURVE), "x25519");
    assert_eq!(text(row, log::SERVER_NAME), "a.b");
    assert_eq!(text(row, log::NEXT_PROTOCOL), "h2");
    assert_eq!(row.get(log::ESTABLISHED), &Value::Bool(true));
    assert_eq!(row.get(log::RESUMED), &Value::Bool(false));
    assert_eq!(row.get(log::CERT_CHAIN_FPS), &Value::List(Box::new([])), "the certificate is none");
    assert!(text(row, log::JA4).starts_with("t12d0102h2_"));
    assert_eq!(rows(&out, &model::kinds::weird::KIND).len(), 1);
}

#[test]
fn what_is_not_tls_is_refused_without_a_row() {
    let (out, broken) = run(&[(Side::Orig, b"GET / HTTP/1.1\r\n".to_vec())], usize::MAX);
    assert_eq!(broken.map(|v| v.reason.into_owned()), Some("Invalid version in TLS connection. Version: 17748".to_owned()));
    assert!(out.events.is_empty());
    let (out, broken) = run(&[(Side::Orig, record(22, &client_hello())), (Side::Orig, b"nonsense".to_vec())], usize::MAX);
    assert!(broken.is_some());
    assert_eq!(text(rows(&out, &log::KIND)[0], log::SSL_HISTORY), "C");
}

#[test]
fn a_hole_ends_reading_and_the_row_says_what_was_seen() {
    let mut out = Recorded::new(flow(Transport::Tcp));
    let mut analyzer = Ssl.open(&out.flow.clone());
    let at = Timestamp::from_secs(2);
    analyzer.feed(at, Side::Orig, Chunk::Data(&record(22, &client_hello())), &mut out).unwrap();
    analyzer.feed(at, Side::Resp, Chunk::Gap(100), &mut out).unwrap();
    analyzer.feed(at, Side::Resp, Chunk::Data(b"anything at all"), &mut out).unwrap();
    analyzer.close(at, &mut out);
    let row = rows(&out, &log::KIND)[0];
    assert_eq!((text(row, log::SSL_HISTORY).as_str(), row.get(log::ESTABLISHED)), ("C", &Value::Bool(false)));
}

#[test]
fn tls_13_is_established_by_application_data_from_both_sides() {
    let mut hello = server_hello();
    let versions = [0, 43, 0, 2, 3, 4];
    hello.extend(versions);
    let length = hello.len() - 4;
    hello[3] = length as u8;
    hello[4 + 34 + 4 + 1] += versions.len() as u8;
    let data = || record(23, &[0; 30]);
    let turns = [
        (Side::Orig, record(22, &client_hello())),
        (Side::Resp, [record(22, &hello), record(20, &[1]), data()].concat()),
        (Side::Orig, [record(20, &[1]), data()].concat()),
    ];
    let (out, broken) = run(&turns, usize::MAX);
    assert_eq!(broken, None);
    let row = rows(&out, &log::KIND)[0];
    assert_eq!((text(row, log::SSL_HISTORY).as_str(), text(row, log::VERSION).as_str()), ("CsiI", "TLSv13"));
    assert_eq!(row.get(log::ESTABLISHED), &Value::Bool(true));
}

#[test]
fn datagrams_with_fragments_make_a_row() {
    let record = |sequence: u8, content: u8, body: &[u8]| {
        [&[content, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, sequence, 0, body.len() as u8], body].concat()
    };
    let hello = &client_hello()[4..];
    let mut hello = hello.to_vec();
    hello[..2].copy_from_slice(&[0xfe, 0xfd]);
    hello.insert(35, 0);
    let length = hello.len() as u8;
    let piece = |offset: u8, part: &[u8]| [&[1, 0, 0, length, 0, 0, 0, 0, offset, 0, 0, part.len() as u8], part].concat();
    let mut out = Recorded::new(flow(Transport::Udp));
    let mut analyzer = Dtls.open(&out.flow.clone());
    for datagram in [record(2, 22, &piece(20, &hello[20..])), record(1, 22, &piece(0, &hello[..20])), record(3, 21, &[2, 40])] {
        analyzer.feed(Timestamp::from_secs(2), Side::Orig, Chunk::Data(&datagram), &mut out).unwrap();
    }
    analyzer.close(Timestamp::from_secs(3), &mut out);
    let row = rows(&out, &log::KIND)[0];
    assert_eq!((text(row, log::SSL_HISTORY).as_str(), text(row, log::LAST_ALERT).as_str()), ("CL", "handshake_failure"));
    assert_eq!(out.services, ["dtls"]);
}

#[test]
fn probes_are_zeeks_signatures() {
    assert_eq!(client_probe(&record(22, &client_hello())), Verdict::Yes);
    assert_eq!(client_probe(&[22, 3]), Verdict::Unsure);
    assert_eq!(client_probe(b"GET /"), Verdict::No);
    assert_eq!(server_probe(&record(22, &server_hello())), Verdict::Yes);
    assert_eq!(server_probe(&[record(21, &[1, 112]), record(22, &server_hello())].concat()), Verdict::Yes);
    assert_eq!(server_probe(&record(22, &client_hello())), Verdict::No);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_split_gives_the_same_events(chunk in 1usize..200) {
        let (whole, _) = run(&handshake(), usize::MAX);
        let (split, _) = run(&handshake(), chunk);
        prop_assert_eq!(whole.events, split.events);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), at in 0usize..300) {
        let mut turns = handshake();
        let stream = &mut turns[1].1;
        let at = at.min(stream.len());
        stream.splice(at.., bytes.iter().copied());
        let (whole, _) = run(&turns, usize::MAX);
        let (split, _) = run(&turns, 7);
        prop_assert_eq!(whole.events, split.events);
    }
}
