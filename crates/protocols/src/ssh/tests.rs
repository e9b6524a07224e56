//! Connections built by hand.

use super::*;
use contract::{Chunk, Recorded, Side, Violation};
use model::{Addr, Event, Timestamp, Uid, Value};
use proptest::prelude::*;

fn recorded() -> Recorded {
    Recorded::new(FlowInfo {
        uid: Uid::connection(&[b"test"]),
        orig: (Addr::v4([10, 0, 0, 1]), 40000),
        resp: (Addr::v4([8, 8, 8, 8]), 22),
        transport: Transport::Tcp,
        start: Timestamp::from_secs(1),
        midstream: false,
        note: Box::default(),
    })
}

fn packet(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() + 2 + 4) as u32;
    [&length.to_be_bytes()[..], &[4, kind], payload, &[0; 4]].concat()
}

fn kexinit() -> Vec<u8> {
    let mut payload = vec![0; 16];
    for list in ["curve25519-sha256", "ssh-ed25519", "aes128-ctr", "aes128-ctr", "hmac-md5", "hmac-md5", "none", "none", "", ""] {
        payload.extend((list.len() as u32).to_be_bytes());
        payload.extend(list.as_bytes());
    }
    payload.extend([0; 5]);
    packet(20, &payload)
}

/// A login at the second attempt. The client sends its algorithms before the server has said anything.
fn login() -> Vec<(Side, Vec<u8>)> {
    let key = [&3u32.to_be_bytes()[..], b"key", &0u32.to_be_bytes(), &0u32.to_be_bytes()].concat();
    vec![
        (Side::Orig, [b"SSH-2.0-client\r\n", &kexinit()[..]].concat()),
        (Side::Resp, [b"Hello there\r\nSSH-2.0-server\r\n", &kexinit()[..]].concat()),
        (Side::Orig, packet(30, &[0, 0, 0, 1, 9])),
        (Side::Resp, [packet(31, &key), packet(21, &[])].concat()),
        (Side::Orig, packet(21, &[])),
        (Side::Orig, vec![1; 48]),
        (Side::Resp, vec![1; 48]),
        (Side::Orig, vec![1; 64]),
        (Side::Resp, vec![1; 80]),
        (Side::Orig, vec![1; 144]),
        (Side::Resp, vec![1; 80]),
        (Side::Orig, vec![1; 144]),
        (Side::Resp, vec![1; 32]),
        (Side::Orig, vec![1; 100]),
    ]
}

fn run(turns: &[(Side, Vec<u8>)], chunk: usize) -> (Recorded, Option<Violation>) {
    let mut out = recorded();
    let mut analyzer = Ssh.open(&out.flow.clone());
    let mut broken = None;
    for (at, (side, bytes)) in turns.iter().enumerate() {
        for piece in bytes.chunks(chunk) {
            if broken.is_none() {
                broken = analyzer.feed(Timestamp::from_secs(at as i64), *side, Chunk::Data(piece), &mut out).err();
            }
        }
    }
    analyzer.close(Timestamp::from_secs(99), &mut out);
    out.events.retain(|event| event.kind().name == "ssh");
    (out, broken)
}

fn text(event: &Event, column: model::Column) -> String {
    String::from_utf8_lossy(event.get(column).as_bytes().unwrap_or(b"-")).into_owned()
}

#[test]
fn a_login_is_one_row() {
    let (out, broken) = run(&login(), usize::MAX);
    assert_eq!((broken, out.services.as_slice(), out.events.len()), (None, &["ssh"][..], 1));
    let row = &out.events[0];
    assert_eq!(row.get(log::VERSION), &Value::Count(2));
    assert_eq!((row.get(log::AUTH_SUCCESS), row.get(log::AUTH_ATTEMPTS)), (&Value::Bool(true), &Value::Count(2)));
    assert_eq!(text(row, log::DIRECTION), "OUTBOUND");
    assert_eq!((text(row, log::CLIENT).as_str(), text(row, log::SERVER).as_str()), ("SSH-2.0-client", "SSH-2.0-server"));
    assert_eq!(text(row, log::KEX_ALG), "curve25519-sha256");
    assert!(text(row, log::HOST_KEY_FINGERPRINT).starts_with("SHA256:"));
    assert_eq!(text(row, log::HASSH), text(row, log::HASSH_SERVER));
}

#[test]
fn what_is_not_ssh_is_refused() {
    let (out, broken) = run(&[(Side::Orig, b"GET / HTTP/1.1\r\n".to_vec())], usize::MAX);
    assert!(broken.is_some() && out.events.is_empty());
}

#[test]
fn what_came_first_is_read_first() {
    // The client's packet waits for the server's version; the server's own broken one comes behind that, in the same chunk.
    let early = packet(20, &[0; 4]);
    let turns = [(Side::Orig, [&b"SSH-2.0-a\n"[..], &early].concat()), (Side::Resp, b"SSH-2.0-b\n\xff\xff\xff\xff".to_vec())];
    for chunk in [1, 2, 3, 11, usize::MAX] {
        assert_eq!(run(&turns, chunk).1.map(|broken| broken.reason.into_owned()).as_deref(), Some("malformed KEXINIT"), "{chunk}");
    }
}

#[test]
fn a_hole_ends_the_guessing() {
    let mut out = recorded();
    let mut analyzer = Ssh.open(&out.flow.clone());
    analyzer.feed(Timestamp::from_secs(1), Side::Orig, Chunk::Data(b"SSH-2.0-client\r\n"), &mut out).unwrap();
    analyzer.feed(Timestamp::from_secs(1), Side::Resp, Chunk::Gap(9), &mut out).unwrap();
    analyzer.close(Timestamp::from_secs(2), &mut out);
    out.events.retain(|event| event.kind().name == "ssh");
    assert_eq!(out.events.len(), 1);
    assert_eq!(out.events[0].get(log::VERSION), &Value::Unset);
}

#[test]
fn both_sides_must_identify_themselves() {
    let heads = |orig, resp| Heads { transport: Transport::Tcp, orig, resp, orig_port: 1, resp_port: 2 };
    assert_eq!(Ssh.probe(&heads(b"SSH-2.0-a", b"ssh-1.99")), Verdict::Yes);
    assert_eq!(Ssh.probe(&heads(b"SSH-2.0-a", b"")), Verdict::Unsure);
    assert_eq!(Ssh.probe(&heads(b"SSH-2.0-a", b"HTTP")), Verdict::No);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_split_gives_the_same_events(chunk in 1usize..100) {
        prop_assert_eq!(run(&login(), usize::MAX).0.events, run(&login(), chunk).0.events);
    }
}
