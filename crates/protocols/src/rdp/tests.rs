//! Connections built by hand.

use super::*;
use contract::{Child, Next, Recorded, Side, Violation};
use model::Value;
use proptest::prelude::*;

fn tpkt(body: &[u8]) -> Vec<u8> {
    [&[3, 0, 0, body.len() as u8 + 4][..], body].concat()
}

fn long_tpkt(body: &[u8]) -> Vec<u8> {
    [&[3, 0, ((body.len() + 4) >> 8) as u8, (body.len() + 4) as u8][..], body].concat()
}

fn request() -> Vec<u8> {
    tpkt(&[&[0x22, 0xe0, 0, 0, 0, 0, 0][..], b"Cookie: mstshash=eltons\r\n", &[1, 0, 8, 0, 3, 0, 0, 0]].concat())
}

fn confirm(protocol: u8) -> Vec<u8> {
    tpkt(&[14, 0xd0, 0, 0, 0x12, 0x34, 0, 2, 0, 8, 0, protocol, 0, 0, 0])
}

fn client_data() -> Vec<u8> {
    let mut core = vec![0; 206];
    core[4..8].copy_from_slice(&[0x20, 3, 0x58, 2]);
    core[12..16].copy_from_slice(&1033u32.to_le_bytes());
    core[16..20].copy_from_slice(&2600u32.to_le_bytes());
    core[20] = b'P';
    core[136] = 16;
    let core = [&[1, 0xc0, 210, 0][..], &core].concat();
    let network = [&[3, 0xc0, 20, 0, 1, 0, 0, 0][..], b"rdpdr\0\0\0", &[0; 4]].concat();
    long_tpkt(&[&[2, 0xf0, 0x80, 0x7f, 0x65, 1, 2, 3][..], b"Duca", &[0x81, 0x10], &core, &network].concat())
}

fn server_data() -> Vec<u8> {
    let security = [
        &[2, 0x0c, 28, 0][..],
        &2u32.to_le_bytes(),
        &2u32.to_le_bytes(),
        &4u32.to_le_bytes(),
        &4u32.to_le_bytes(),
        b"rand",
        &1u32.to_le_bytes(),
    ];
    long_tpkt(&[&[2, 0xf0, 0x80, 0x7f, 0x66, 9, 9, 0, 1, 0xc0, 0][..], b"McDn", &[28], &security.concat()].concat())
}

fn run(turns: &[(Side, Vec<u8>)], chunk: usize) -> (Recorded, Option<Violation>, Next) {
    match testkit::dialogue::converse(&Rdp, 3389, turns, chunk) {
        (out, Ok(next)) => (out, None, next),
        (out, Err(violation)) => (out, Some(violation), Next::Continue),
    }
}

fn cells(out: &Recorded) -> String {
    fn text(value: &Value) -> String {
        match value {
            Value::Unset => "-".to_owned(),
            Value::Bool(value) => value.to_string(),
            Value::Count(count) => count.to_string(),
            Value::List(items) => items.iter().map(text).collect::<Vec<_>>().join(","),
            other => String::from_utf8_lossy(other.as_bytes().unwrap_or_default()).into_owned(),
        }
    }
    out.events.iter().map(|event| event.cells()[6..].iter().map(text).collect::<Vec<_>>().join("|")).collect()
}

#[test]
fn a_connection_with_rdps_own_encryption() {
    let (out, broken, last) =
        run(&[(Side::Orig, request()), (Side::Resp, confirm(0)), (Side::Orig, client_data()), (Side::Resp, server_data())], usize::MAX);
    assert_eq!((broken, last, out.services.as_slice()), (None, Next::Done, &["rdp"][..]));
    assert_eq!(
        cells(&out),
        "eltons|Success|RDP|rdpdr|English - United States|RDP 5.1|P||800|600|16bit|RSA|1|true|Client compatible|128bit"
    );
}

#[test]
fn a_connection_that_becomes_tls() {
    let both = [confirm(2), vec![22, 3, 1]].concat();
    let (out, broken, last) = run(&[(Side::Orig, request()), (Side::Resp, both)], usize::MAX);
    assert_eq!((broken, last), (None, Next::Become { child: Child::Detect, consumed: confirm(2).len() }));
    assert_eq!(cells(&out), "eltons|encrypted|HYBRID|-|-|-|-|-|-|-|-|-|0|-|-|-");
}

#[test]
fn broken_packets_are_refused() {
    assert!(run(&[(Side::Orig, vec![3, 0, 0, 2, 0, 0])], usize::MAX).1.is_some());
    let mut data = client_data();
    data[21] = 0xff;
    assert!(run(&[(Side::Orig, data)], usize::MAX).1.is_some());
}

#[test]
fn both_sides_are_looked_at() {
    let probe = |orig: &[u8], resp: &[u8]| Rdp.probe(&Heads { transport: Transport::Tcp, orig, resp, orig_port: 1, resp_port: 2 });
    assert_eq!(probe(&request(), &confirm(0)), Verdict::Yes);
    assert_eq!(probe(&request(), &[]), Verdict::Unsure);
    assert_eq!(probe(b"GET /", &[]), Verdict::No);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_split_gives_the_same_events(chunk in 1usize..60) {
        let turns = [(Side::Orig, request()), (Side::Resp, confirm(0)), (Side::Orig, client_data()), (Side::Resp, server_data())];
        prop_assert_eq!(run(&turns, usize::MAX).0.events, run(&turns, chunk).0.events);
    }
}
