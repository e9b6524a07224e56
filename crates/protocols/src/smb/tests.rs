//! Dialogues in both versions, cut, torn and at random.

use super::analyzer::Smb;
use super::log::{files, mapping};
use contract::{Analyzer, Chunk, FlowInfo, Next, Recorded, Side, Transport};
use model::{Addr, Timestamp, Uid, Value};
use proptest::prelude::*;

fn flow() -> FlowInfo {
    let (orig, resp) = ((Addr::v4([10, 0, 0, 1]), 1024), (Addr::v4([10, 0, 0, 2]), 445));
    FlowInfo {
        uid: Uid::connection(&[b"smb"]),
        orig,
        resp,
        transport: Transport::Tcp,
        start: Timestamp::default(),
        midstream: false,
        note: Box::default(),
    }
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn framed(message: Vec<u8>) -> Vec<u8> {
    let mut frame = (message.len() as u32).to_be_bytes().to_vec();
    frame.extend(message);
    frame
}

fn smb2(command: u16, message: u64, tree: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = b"\xfeSMB\x40\0\0\0\0\0\0\0".to_vec();
    bytes.extend(command.to_le_bytes());
    bytes.extend([0; 10]);
    bytes.extend(message.to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend(tree.to_le_bytes());
    bytes.extend([0; 24]);
    bytes.extend(body);
    framed(bytes)
}

/// A body of so many bytes with a buffer behind it, whose offset and length stand at `at`.
fn with_buffer(fixed: usize, at: usize, buffer: &[u8]) -> Vec<u8> {
    let mut body = vec![0; fixed];
    body[at..at + 2].copy_from_slice(&(64 + fixed as u16).to_le_bytes());
    body[at + 2..at + 4].copy_from_slice(&(buffer.len() as u16).to_le_bytes());
    body.extend(buffer);
    body
}

const FID: [u8; 16] = [7, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0];

fn opened(size: u64) -> Vec<u8> {
    let mut body = vec![0; 88];
    for at in [8, 16, 24, 32] {
        body[at..at + 8].copy_from_slice(&132_000_000_000_000_000u64.to_le_bytes());
    }
    body[48..56].copy_from_slice(&size.to_le_bytes());
    body[64..80].copy_from_slice(&FID);
    body
}

fn read_request(offset: u64) -> Vec<u8> {
    let mut body = vec![0; 49];
    body[8..16].copy_from_slice(&offset.to_le_bytes());
    body[16..32].copy_from_slice(&FID);
    body
}

fn read_answer(data: &[u8]) -> Vec<u8> {
    let mut body = vec![0; 16];
    body[2..4].copy_from_slice(&80u16.to_le_bytes());
    body[4..8].copy_from_slice(&(data.len() as u32).to_le_bytes());
    body.extend(data);
    body
}

fn closing() -> Vec<u8> {
    [&[0; 8][..], &FID].concat()
}

fn download() -> Vec<(Side, Vec<u8>)> {
    let mut share = vec![0; 16];
    share[2] = 1;
    vec![
        (Side::Orig, smb2(3, 1, 0, &with_buffer(8, 4, &wide("\\\\srv\\pub")))),
        (Side::Resp, smb2(3, 1, 5, &share)),
        (Side::Orig, smb2(5, 2, 5, &with_buffer(56, 44, &wide("a.txt")))),
        (Side::Resp, smb2(5, 2, 5, &opened(10))),
        (Side::Orig, smb2(8, 3, 5, &read_request(5))),
        (Side::Orig, smb2(8, 4, 5, &read_request(0))),
        (Side::Resp, smb2(8, 3, 5, &read_answer(b"56789"))),
        (Side::Resp, smb2(8, 4, 5, &read_answer(b"01234"))),
        (Side::Orig, smb2(6, 5, 5, &closing())),
    ]
}

fn smb1(command: u8, message: u16, tree: u16, words: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut all = b"\xffSMB".to_vec();
    all.push(command);
    all.extend([0; 19]);
    all.extend(tree.to_le_bytes());
    all.extend([0; 4]);
    all.extend(message.to_le_bytes());
    all.push((words.len() / 2) as u8);
    all.extend(words);
    all.extend((bytes.len() as u16).to_le_bytes());
    all.extend(bytes);
    framed(all)
}

fn upload1() -> Vec<(Side, Vec<u8>)> {
    let mut created = vec![0; 68];
    created[0] = 0xff;
    created[5] = 9;
    let mut write = vec![0; 24];
    write[0] = 0xff;
    write[4] = 9;
    write[20] = 4;
    write[22] = 59;
    let mut close = vec![0; 6];
    close[0] = 9;
    vec![
        (Side::Orig, framed(vec![0x81]).into_iter().skip(4).chain([0, 0, 2, 1, 2]).collect()),
        (Side::Orig, smb1(0x75, 1, 0, &[0xff, 0, 0, 0, 0, 0, 1, 0], b"\0\\\\SRV\\C$\0?????\0")),
        (Side::Resp, smb1(0x75, 1, 3, &[0xff, 0, 0, 0, 0, 0], b"A:\0NTFS\0")),
        (Side::Orig, smb1(0xa2, 2, 3, &[&[0xff][..], &[0; 47]].concat(), b"\\b.txt\0")),
        (Side::Resp, smb1(0xa2, 2, 3, &created, b"")),
        (Side::Orig, smb1(0x2f, 3, 3, &write, b"wxyz")),
        (Side::Orig, smb1(0x04, 4, 3, &close, b"")),
    ]
}

fn run(messages: &[(Side, Vec<u8>)]) -> Recorded {
    let mut out = Recorded::new(flow());
    let mut analyzer = Smb::default();
    for (second, (side, bytes)) in messages.iter().enumerate() {
        if analyzer.feed(Timestamp::from_secs(second as i64), *side, Chunk::Data(bytes), &mut out).is_err() {
            break;
        }
    }
    analyzer.close(Timestamp::from_secs(99), &mut out);
    out
}

fn text(out: &Recorded, row: usize, column: model::Column) -> String {
    String::from_utf8_lossy(out.events[row].get(column).as_bytes().unwrap_or(b"-")).into_owned()
}

#[test]
fn a_file_is_fetched_with_smb2() {
    let out = run(&download());
    assert_eq!((out.services.as_slice(), out.events.len()), (&["smb"][..], 2));
    assert_eq!((text(&out, 0, mapping::PATH), text(&out, 0, mapping::SHARE_TYPE)), ("\\\\srv\\pub".into(), "DISK".into()));
    assert_eq!(
        (text(&out, 1, files::ACTION), text(&out, 1, files::NAME), text(&out, 1, files::PATH)),
        ("SMB::FILE_OPEN".into(), "a.txt".into(), "\\\\srv\\pub".into())
    );
    assert_eq!(out.events[1].get(files::SIZE), &Value::Count(10));
    assert_eq!((out.files[0].data.as_slice(), out.files[0].ended), (&b"0123456789"[..], true));
}

#[test]
fn a_file_is_written_with_smb1() {
    let out = run(&upload1());
    assert_eq!(
        (text(&out, 0, mapping::PATH), text(&out, 0, mapping::SERVICE), text(&out, 0, mapping::NATIVE_FILE_SYSTEM)),
        ("\\\\SRV\\C$".into(), "A:".into(), "NTFS".into())
    );
    assert_eq!((text(&out, 1, files::ACTION), text(&out, 1, files::NAME)), ("SMB::FILE_OPEN".into(), "\\b.txt".into()));
    assert_eq!((out.files[0].data.as_slice(), out.files[0].side), (&b"wxyz"[..], Side::Orig));
}

#[test]
fn renaming_and_deleting_are_told() {
    let mut messages = download();
    let mut rename = vec![0; 32];
    rename[2..4].copy_from_slice(&[1, 10]);
    rename[8..10].copy_from_slice(&96u16.to_le_bytes());
    rename[16..32].copy_from_slice(&FID);
    let mut delete = rename.clone();
    delete[3] = 13;
    rename.extend([0; 16]);
    rename.extend([10, 0, 0, 0]);
    rename.extend(wide("b.txt"));
    delete.push(1);
    messages.insert(8, (Side::Orig, smb2(17, 6, 5, &rename)));
    messages.insert(9, (Side::Orig, smb2(17, 7, 5, &delete)));
    let out = run(&messages);
    assert_eq!(
        (text(&out, 2, files::ACTION), text(&out, 2, files::NAME), text(&out, 2, files::PREV_NAME)),
        ("SMB::FILE_RENAME".into(), "b.txt".into(), "a.txt".into())
    );
    assert_eq!(text(&out, 3, files::ACTION), "SMB::FILE_DELETE");
}

#[test]
fn what_is_cut_off_is_a_violation() {
    let mut message = download()[2].1.clone();
    let length = message.len();
    message.truncate(length - 20);
    message[3] -= 20;
    let mut out = Recorded::new(flow());
    assert!(Smb::default().feed(Timestamp::default(), Side::Orig, Chunk::Data(&message), &mut out).is_err());
    let mut write = upload1()[5].1.clone();
    write[4 + 33 + 2] = 40;
    let broken = Smb::default().feed(Timestamp::default(), Side::Orig, Chunk::Data(&write), &mut out).map(|_| ());
    assert_eq!(
        broken.unwrap_err().reason,
        "Binpac exception: binpac exception: out_of_bound: SMB1_write_andx_request:extra_byte_parameters: 8 > 31"
    );
}

#[test]
fn after_a_hole_reading_goes_on_at_the_next_message() {
    let messages = download();
    let mut out = Recorded::new(flow());
    let mut analyzer = Smb::default();
    for (side, bytes) in &messages[..2] {
        analyzer.feed(Timestamp::default(), *side, Chunk::Data(bytes), &mut out).expect("messages");
    }
    assert_eq!(analyzer.feed(Timestamp::default(), Side::Orig, Chunk::Gap(500), &mut out), Ok(Next::Continue));
    analyzer.feed(Timestamp::default(), Side::Orig, Chunk::Data(b"the end of something else"), &mut out).expect("dropped");
    for (side, bytes) in &messages[2..4] {
        analyzer.feed(Timestamp::default(), *side, Chunk::Data(bytes), &mut out).expect("messages");
    }
    assert_eq!(out.events.len(), 2);
}

#[test]
fn long_chains_are_weird() {
    let mut message = b"\xffSMB\x74".to_vec();
    message.extend([0; 27]);
    for link in 1..60u16 {
        message.extend([2, 0x74, 0]);
        message.extend((32 + 7 * link).to_le_bytes());
        message.extend([0, 0]);
    }
    let out = run(&[(Side::Orig, framed(message))]);
    assert_eq!(out.weirds, [("smb_andx_depth_exceeded", String::new())]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_split_reads_the_same(cuts in prop::collection::vec(1usize..70, 1..8), first in any::<bool>()) {
        let messages = if first { upload1() } else { download() };
        let mut out = Recorded::new(flow());
        let mut analyzer = Smb::default();
        let mut cuts = cuts.into_iter().cycle();
        for (second, (side, bytes)) in messages.iter().enumerate() {
            let mut left = &bytes[..];
            while !left.is_empty() {
                let (now, later) = left.split_at(cuts.next().unwrap_or(1).min(left.len()));
                analyzer.feed(Timestamp::from_secs(second as i64), *side, Chunk::Data(now), &mut out).expect("messages");
                left = later;
            }
        }
        analyzer.close(Timestamp::from_secs(99), &mut out);
        let whole = run(&messages);
        prop_assert_eq!(out.events, whole.events);
        prop_assert_eq!(out.files, whole.files);
    }

    #[test]
    fn any_bytes_are_survived(command in any::<u8>(), words in prop::collection::vec(any::<u8>(), 0..80), bytes in prop::collection::vec(any::<u8>(), 0..60), side in any::<bool>()) {
        let side = if side { Side::Orig } else { Side::Resp };
        run(&[(side, smb1(command, 1, 1, &words, &bytes))]);
        run(&[(side, smb2(u16::from(command % 19), 1, 1, &[words, bytes].concat()))]);
    }
}
