//! Connections built by hand.

use super::*;
use contract::{Chunk, Recorded, Violation};
use model::{Addr, Timestamp, Uid, Value};
use proptest::prelude::*;

fn session(version: &str) -> Vec<(Side, Vec<u8>)> {
    let banner = format!("RFB {version}\n").into_bytes();
    let offer = if version == "003.003" { vec![0, 0, 0, 2] } else { vec![2, 1, 2] };
    let choice = if version == "003.003" { vec![] } else { vec![2] };
    let screen = [&[5, 0, 3, 0x20][..], &[0; 16], &[0, 0, 0, 4], b"desk"].concat();
    vec![
        (Side::Resp, banner.clone()),
        (Side::Orig, banner),
        (Side::Resp, [&offer[..], if version == "003.003" { &[7; 16] } else { &[] }].concat()),
        (Side::Orig, choice),
        (Side::Resp, if version == "003.003" { vec![] } else { vec![7; 16] }),
        (Side::Orig, vec![8; 16]),
        (Side::Resp, vec![0; 4]),
        (Side::Orig, vec![1]),
        (Side::Resp, screen),
    ]
}

fn run(turns: &[(Side, Vec<u8>)], chunk: usize) -> (Recorded, Option<Violation>) {
    let mut out = Recorded::new(FlowInfo {
        uid: Uid::connection(&[b"test"]),
        orig: (Addr::v4([10, 0, 0, 1]), 40000),
        resp: (Addr::v4([10, 0, 0, 2]), 5900),
        transport: Transport::Tcp,
        start: Timestamp::from_secs(1),
        midstream: false,
        note: Box::default(),
    });
    let mut analyzer = Rfb.open(&out.flow.clone());
    let mut broken = None;
    for (side, bytes) in turns {
        for piece in bytes.chunks(chunk) {
            if broken.is_none() {
                broken = analyzer.feed(Timestamp::from_secs(2), *side, Chunk::Data(piece), &mut out).err();
            }
        }
    }
    analyzer.close(Timestamp::from_secs(3), &mut out);
    (out, broken)
}

fn cells(out: &Recorded) -> String {
    let text = |value: &Value| match value {
        Value::Unset => "-".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Count(count) => count.to_string(),
        other => String::from_utf8_lossy(other.as_bytes().unwrap_or_default()).into_owned(),
    };
    out.events.iter().map(|event| event.cells()[6..].iter().map(text).collect::<Vec<_>>().join("|")).collect()
}

#[test]
fn sessions_of_old_and_new_versions() {
    for version in ["003.003", "003.007", "003.008"] {
        let (out, broken) = run(&session(version), usize::MAX);
        let minor = &version[4..];
        assert_eq!((broken, out.services.as_slice()), (None, &["rfb"][..]));
        assert_eq!(cells(&out), format!("003|{minor}|003|{minor}|VNC|true|true|desk|1280|800"), "{version}");
    }
}

#[test]
fn a_refusal_and_an_unknown_method() {
    let mut turns = session("003.008");
    turns[6].1[3] = 1;
    assert_eq!(cells(&run(&turns[..7], usize::MAX).0), "003|008|003|008|VNC|false|-|-|-|-");
    turns[3].1 = vec![5];
    let (out, _) = run(&turns, usize::MAX);
    assert_eq!((cells(&out).as_str(), out.services.len()), ("003|008|003|008|RealVNC|-|-|-|-|-", 0));
}

#[test]
fn what_is_not_rfb_is_refused() {
    assert!(run(&[(Side::Resp, b"RFB 003:008\n".to_vec())], usize::MAX).1.is_some());
    let probe = |orig: &[u8], resp: &[u8]| Rfb.probe(&Heads { transport: Transport::Tcp, orig, resp, orig_port: 1, resp_port: 2 });
    assert_eq!(probe(b"RFB 003.008\n", b"RFB 003.008\n"), Verdict::Yes);
    assert_eq!(probe(b"", b"RFB 003.008\n"), Verdict::Unsure);
    assert_eq!(probe(b"GET", b"RFB 003.008\n"), Verdict::No);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_split_gives_the_same_events(chunk in 1usize..40) {
        prop_assert_eq!(run(&session("003.008"), usize::MAX).0.events, run(&session("003.008"), chunk).0.events);
    }
}
