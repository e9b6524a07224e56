//! FTP sessions, ordinary and broken, and in any pieces.

use contract::{Analyzer, Child, Chunk, Next, Protocol, Recorded, Side};
use model::{Addr, Timestamp, Value};
use proptest::prelude::*;
use protocols::ftp::{Ftp, FtpData, log};
use testkit::dialogue;

const CLIENT: Addr = Addr::v4([10, 0, 0, 1]);
const SERVER: Addr = Addr::v4([10, 0, 0, 2]);

/// Plays lines, those that begin with `<` from the server, cut into pieces of `piece` bytes; returns what was written
/// and how it ended.
fn play(lines: &[&str], piece: usize) -> (Recorded, String) {
    let (out, end) = dialogue::converse(&Ftp, 21, &dialogue::lines(lines), piece);
    (out, if end == Ok(Next::Continue) { String::new() } else { format!("{end:?}") })
}

fn text(value: &Value) -> String {
    match value {
        Value::Unset => "-".to_owned(),
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::Addr(addr) => addr.to_string(),
        Value::Port(n) => n.to_string(),
        Value::Count(n) => n.to_string(),
        Value::Bool(yes) => yes.to_string(),
        other => format!("{other:?}"),
    }
}

fn rows(out: &Recorded) -> Vec<String> {
    let columns = [log::USER, log::PASSWORD, log::COMMAND, log::ARG, log::FILE_SIZE, log::REPLY_CODE, log::PASSIVE, log::DATA_RESP_P];
    // Facts between parts of the program are no rows.
    let logged = out.events.iter().filter(|row| !row.kind().name.starts_with('_'));
    logged.map(|row| columns.map(|column| text(row.get(column))).join(" ")).collect()
}

const ORDINARY: &[&str] = &[
    "<220 hi",
    "USER anonymous",
    "<331 password",
    "PASS me@x",
    "<230-welcome",
    "< 1 line of many",
    "<230 in",
    "PWD",
    "<257 \"/pub\" is it",
    "CWD a/../b",
    "<250 ok",
    "PASV",
    "<227 Entering Passive Mode (10,0,0,2,4,1).",
    "RETR x.exe",
    "<150 Opening BINARY mode data connection for 'x.exe' (77 bytes).",
    "<226 done",
    "PORT 10,0,0,1,4,2",
    "<200 ok",
    "STOR y",
    "<150 go",
    "<226 done",
    "QUIT",
    "<221 bye",
];

#[test]
fn an_ordinary_session() {
    let (out, end) = play(ORDINARY, 1000);
    assert_eq!(end, "");
    assert_eq!(out.services, ["ftp"]);
    let expected = [
        "anonymous me@x PASV - - 227 true 1025",
        "anonymous me@x RETR ftp://10.0.0.2/pub/b/x.exe 77 226 - -",
        "anonymous me@x PORT 10,0,0,1,4,2 - 200 false 1026",
        "anonymous me@x STOR ftp://10.0.0.2/pub/b/y - 226 - -",
    ];
    assert_eq!(rows(&out), expected);
    let expected: Vec<_> = out.expected.iter().map(|e| (e.orig, e.resp, e.protocol)).collect();
    assert_eq!(expected, [(Some(CLIENT), (SERVER, 1025), "ftp-data"), (Some(SERVER), (CLIENT, 1026), "ftp-data")]);
}

#[test]
fn a_session_without_files_gets_its_last_command_and_secrets_stay_hidden() {
    let (out, _) = play(&["<220 hi", "USER bob", "<331 password", "PASS secret", "<230 in", "QUIT", "<221 bye"], 1000);
    assert_eq!(rows(&out), ["bob <hidden> QUIT - - 221 - -"]);
}

#[test]
fn pipelined_commands_are_told_when_answered() {
    let (out, _) = play(
        &[
            "USER anonymous",
            "PASS a@b",
            "PASV",
            "RETR f",
            "<220 hi",
            "<230 USER ok",
            "<230 PASS ok",
            "<227 no address",
            "<226 RETR f",
            "QUIT",
        ],
        1000,
    );
    assert_eq!(rows(&out), ["anonymous a@b PASV - - 227 - -", "anonymous a@b RETR ftp://10.0.0.2/./f - 226 - -"]);
}

#[test]
fn broken_replies_end_it() {
    let (out, end) = play(&["<220 hi", "USER a", "<nonsense", "QUIT"], 1000);
    assert_eq!(end, "Err(Violation { reason: \"non-numeric reply code\" })");
    assert_eq!(rows(&out), ["a - USER a - 220 - -"]);
    let (_, end) = play(&["<230_x"], 1000);
    assert!(end.contains("invalid reply line"), "{end}");
}

#[test]
fn odd_commands_are_weird_once_it_is_ftp() {
    let long = "X".repeat(101);
    let (out, _) = play(&["x", "NOOP", "x", &long], 1000);
    let names: Vec<_> = out.weirds.iter().map(|weird| weird.0).collect();
    assert_eq!(names, ["FTP_invalid_command", "FTP_max_command_length_exceeded"]);
}

#[test]
fn too_many_commands_wait() {
    let lines: Vec<String> = (0..30).map(|n| format!("PORT 10,0,0,1,4,{n}")).collect();
    let (out, _) = play(&lines.iter().map(String::as_str).collect::<Vec<_>>(), 1000);
    assert_eq!(out.weirds.first(), Some(&("FTP_too_many_pending_commands", "20".to_owned())));
    assert_eq!(out.events.len(), 19, "twenty wait, the opening among them");
}

#[test]
fn tls_takes_over_behind_the_reply() {
    let mut out = Recorded::new(dialogue::connection(21));
    let mut analyzer = Ftp.open(&out.flow);
    let at = Timestamp::from_secs(1);
    assert_eq!(analyzer.feed(at, Side::Orig, Chunk::Data(b"AUTH TLS\r\n"), &mut out), Ok(Next::Continue));
    let next = analyzer.feed(at, Side::Resp, Chunk::Data(b"234 go\r\n\x16\x03"), &mut out);
    assert_eq!(next, Ok(Next::Become { child: Child::Named("ssl"), consumed: 8 }));
}

#[test]
fn a_gap_loses_no_more_than_its_line() {
    let mut out = Recorded::new(dialogue::connection(21));
    let mut analyzer = Ftp.open(&out.flow);
    let at = Timestamp::from_secs(1);
    for (side, chunk) in [
        (Side::Orig, Chunk::Data(b"USER a\r\nPA".as_slice())),
        (Side::Orig, Chunk::Gap(10)),
        (Side::Orig, Chunk::Data(b"\r\nDELE f\r\n")),
        (Side::Resp, Chunk::Data(b"250 gone")),
        (Side::Resp, Chunk::End),
    ] {
        assert_eq!(analyzer.feed(at, side, chunk, &mut out), Ok(Next::Continue));
    }
    analyzer.close(at, &mut out);
    assert_eq!(rows(&out), ["a - DELE ftp://10.0.0.2/./f - 250 - -"]);
}

#[test]
fn a_data_connection_is_a_file() {
    let mut out = Recorded::new(dialogue::connection(21));
    let mut analyzer: Box<dyn Analyzer> = FtpData.open(&out.flow);
    let at = Timestamp::from_secs(1);
    for chunk in [Chunk::Data(b"MZ".as_slice()), Chunk::Gap(3), Chunk::Data(b"x"), Chunk::End] {
        assert_eq!(analyzer.feed(at, Side::Resp, chunk, &mut out), Ok(Next::Continue));
    }
    analyzer.close(at, &mut out);
    assert_eq!(out.services, ["ftp-data"]);
    let [file] = &out.files[..] else { panic!("one file") };
    assert_eq!((file.source, file.side, &file.data[..], file.missing, file.ended), ("FTP_DATA", Side::Resp, b"MZx".as_slice(), 3, true));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_pieces_give_the_same(piece in 1usize..40) {
        let (whole, _) = play(ORDINARY, 1000);
        let (cut, _) = play(ORDINARY, piece);
        prop_assert_eq!(whole.events, cut.events);
        prop_assert_eq!(whole.expected, cut.expected);
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..2000), side in any::<bool>()) {
        let mut out = Recorded::new(dialogue::connection(21));
        let mut analyzer = Ftp.open(&out.flow);
        let side = if side { Side::Orig } else { Side::Resp };
        let _ = analyzer.feed(Timestamp::default(), side, Chunk::Data(&bytes), &mut out);
        analyzer.close(Timestamp::default(), &mut out);
        prop_assert!(analyzer.held_bytes() < 1 << 20);
    }
}
