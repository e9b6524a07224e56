//! A session built by hand.

use super::*;
use contract::{Child, Next, Recorded, Side, Violation};
use model::Value;
use proptest::prelude::*;

fn packet(sequence: u8, payload: &[u8]) -> Vec<u8> {
    [&[payload.len() as u8, 0, 0, sequence], payload].concat()
}

fn greeting() -> Vec<u8> {
    packet(0, &[&b"\x0a8.0\0\x01\0\0\0saltsalt\0\xff\xff\x21\x02\0\xff\xc7\x15"[..], &[0; 10], b"saltsaltsalt\0plugin\0"].concat())
}

fn login(capabilities: u32) -> Vec<u8> {
    packet(1, &[&capabilities.to_le_bytes()[..], &[0, 0, 0, 1, 33], &[0; 23], b"root\0\0"].concat())
}

fn session() -> Vec<(Side, Vec<u8>)> {
    vec![
        (Side::Resp, greeting()),
        (Side::Orig, login(0x8_0000)),
        (Side::Resp, packet(2, b"\xfecaching\0salt\0")),
        (Side::Orig, packet(3, b"secret")),
        (Side::Resp, packet(4, b"\0\0\0\x02\0\0\0")),
        (Side::Orig, packet(0, b"\x03select 1")),
        (
            Side::Resp,
            [
                packet(1, &[1]),
                packet(2, b"\x03def\0\0\0\x011\0\x0c?\0\x01\0\0\0\x08\x81\0\0\0\0"),
                packet(3, b"\xfe\0\0\x02\0"),
                packet(4, b"\x011"),
                packet(5, b"\xfe\0\0\x02\0"),
            ]
            .concat(),
        ),
        (Side::Orig, packet(0, b"\x03insert x")),
        (Side::Resp, packet(1, b"\0\x05\0\x02\0\0\0")),
        (Side::Orig, packet(0, b"\x03oops")),
        (Side::Resp, packet(1, b"\xff\x28\x04#42000You made an error")),
        (Side::Orig, packet(0, b"\x01")),
    ]
}

fn run(turns: &[(Side, Vec<u8>)], chunk: usize) -> (Recorded, Option<Violation>, Next) {
    match testkit::dialogue::converse(&Mysql, 3306, turns, chunk) {
        (out, Ok(next)) => (out, None, next),
        (out, Err(violation)) => (out, Some(violation), Next::Continue),
    }
}

fn rows(out: &Recorded) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::Unset => "-".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Count(count) => count.to_string(),
        other => String::from_utf8_lossy(other.as_bytes().unwrap_or_default()).into_owned(),
    };
    out.events.iter().map(|event| event.cells()[6..].iter().map(text).collect::<Vec<_>>().join("|")).collect()
}

#[test]
fn a_session_is_its_commands() {
    let (out, broken, _) = run(&session(), usize::MAX);
    assert_eq!((broken, out.services.as_slice()), (None, &["mysql"][..]));
    assert_eq!(
        rows(&out),
        [
            "login|root|true|0|-",
            "query|select 1|true|0|-",
            "query|insert x|true|5|-",
            "query|oops|false|-|You made an error",
            "quit||-|-|-"
        ]
    );
}

#[test]
fn a_client_that_wants_tls_gets_it() {
    let (out, broken, last) = run(&[(Side::Resp, greeting()), (Side::Orig, [login(0x800), vec![22, 3, 1]].concat())], usize::MAX);
    assert_eq!((broken, out.events.len()), (None, 0));
    let Next::Become { child: Child::Named("ssl"), consumed } = last else { panic!("{last:?}") };
    assert_eq!(consumed, login(0x800).len());
}

#[test]
fn what_is_not_mysql_is_refused() {
    assert!(run(&[(Side::Orig, b"GET / HTTP/1.1\r\n\r\n".to_vec()), (Side::Orig, vec![0; 0x54_4547])], usize::MAX).1.is_some());
    assert!(run(&[(Side::Resp, packet(0, b"\x0a8.0"))], usize::MAX).1.is_some());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_split_gives_the_same_events(chunk in 1usize..60) {
        prop_assert_eq!(run(&session(), usize::MAX).0.events, run(&session(), chunk).0.events);
    }
}
