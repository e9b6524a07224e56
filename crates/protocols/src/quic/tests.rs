//! Connections that are sealed here and opened again.

use super::crypto::tests::seal;
use super::*;
use contract::{Chunk, Recorded, Violation};
use model::{Addr, Event, Timestamp, Uid};

const ID: &[u8] = &[1, 2, 3, 4, 5, 6, 7, 8];

fn initial(from_client: bool, number: u8, frames: &[u8]) -> Vec<u8> {
    let length = (frames.len() + 1 + 16) as u16 | 0x4000;
    let (to, from): (&[u8], &[u8]) = if from_client { (ID, &[]) } else { (&[], &[9, 9, 9, 9]) };
    let header = [&[0xc0, 0, 0, 0, 1, to.len() as u8], to, &[from.len() as u8], from, &[0], &length.to_be_bytes()].concat();
    seal(ID, from_client, &header, number, frames)
}

fn crypto(offset: usize, data: &[u8]) -> Vec<u8> {
    [&[6][..], &(offset as u16 | 0x4000).to_be_bytes(), &(data.len() as u16 | 0x4000).to_be_bytes(), data].concat()
}

fn client_hello() -> Vec<u8> {
    let sni = [0, 0, 0, 8, 0, 6, 0, 0, 3, b'a', b'.', b'b'];
    let alpn = [0, 16, 0, 5, 0, 3, 2, b'h', b'3'];
    let mut body = [&[3, 3][..], &[7; 32], &[0, 0, 2, 0x13, 1, 1, 0, 0, (sni.len() + alpn.len()) as u8]].concat();
    body.extend(sni);
    body.extend(alpn);
    [&[1, 0, 0, body.len() as u8], &body[..]].concat()
}

fn run(datagrams: &[(Side, Vec<u8>)]) -> (Recorded, Option<Violation>) {
    let mut out = Recorded::new(FlowInfo {
        uid: Uid::connection(&[b"test"]),
        orig: (Addr::v4([10, 0, 0, 1]), 40000),
        resp: (Addr::v4([10, 0, 0, 2]), 443),
        transport: Transport::Udp,
        start: Timestamp::from_secs(1),
        midstream: false,
        note: Box::default(),
    });
    let mut analyzer = Quic.open(&out.flow.clone());
    let mut broken = None;
    for (side, datagram) in datagrams {
        if broken.is_none() {
            broken = analyzer.feed(Timestamp::from_secs(2), *side, Chunk::Data(datagram), &mut out).err();
        }
    }
    analyzer.close(Timestamp::from_secs(3), &mut out);
    (out, broken)
}

fn text(event: &Event, column: model::Column) -> String {
    String::from_utf8_lossy(event.get(column).as_bytes().unwrap_or(b"-")).into_owned()
}

fn row<'a>(out: &'a Recorded, kind: &Kind) -> &'a Event {
    out.events.iter().find(|event| event.kind() == kind).expect("a row")
}

#[test]
fn a_hello_in_two_packets_in_the_wrong_order() {
    let hello = client_hello();
    let mut server = [&[3, 3][..], &[8; 32], &[0, 0x13, 1, 0, 0, 6, 0, 43, 0, 2, 3, 4]].concat();
    server.splice(0..0, [2, 0, 0, server.len() as u8]);
    let (out, broken) = run(&[
        (Side::Orig, initial(true, 1, &crypto(20, &hello[20..]))),
        (Side::Orig, initial(true, 0, &crypto(0, &hello[..20]))),
        (Side::Resp, initial(false, 0, &[&[2, 0, 0, 0, 0][..], &crypto(0, &server)].concat())),
        (Side::Orig, [&[0x40][..], &[0; 40]].concat()),
        (Side::Orig, [&[0x00][..], &[0; 40]].concat()),
    ]);
    assert_eq!((broken, out.services.as_slice()), (None, &["quic", "ssl"][..]));
    let quic = row(&out, &log::KIND);
    assert_eq!(text(quic, log::HISTORY), "IISisOX");
    assert_eq!(
        (text(quic, log::VERSION).as_str(), text(quic, log::SERVER_NAME).as_str(), text(quic, log::CLIENT_PROTOCOL).as_str()),
        ("1", "a.b", "h3")
    );
    assert_eq!((text(quic, log::CLIENT_INITIAL_DCID).as_str(), text(quic, log::SERVER_SCID).as_str()), ("0102030405060708", "09090909"));
    let ssl = row(&out, &crate::ssl::log::KIND);
    assert_eq!((text(ssl, crate::ssl::log::SSL_HISTORY).as_str(), text(ssl, crate::ssl::log::VERSION).as_str()), ("Cs", "TLSv13"));
    assert!(text(ssl, crate::ssl::log::JA4).starts_with('q'));
}

#[test]
fn what_cannot_be_opened_is_refused() {
    let mut datagram = initial(true, 0, &crypto(0, &client_hello()));
    *datagram.last_mut().unwrap() ^= 1;
    let (out, broken) = run(&[(Side::Orig, datagram)]);
    assert_eq!(broken.map(|violation| violation.reason.into_owned()), Some("decryption failed".to_owned()));
    assert!(out.services.is_empty());
    let (out, broken) = run(&[(Side::Orig, vec![0xc0, 0x51, 0x30, 0x34, 0x36, 0, 0])]);
    assert!(broken.is_some());
    assert_eq!(
        (text(row(&out, &log::KIND), log::HISTORY).as_str(), text(row(&out, &log::KIND), log::VERSION).as_str()),
        ("U", "unknown-51303436")
    );
}

#[test]
fn truncated_packets_are_refused() {
    let datagram = initial(true, 0, &crypto(0, &client_hello()));
    for length in 1..datagram.len() {
        assert!(run(&[(Side::Orig, datagram[..length].to_vec())]).1.is_some());
    }
}
