//! IRC sessions, ordinary and broken, and in any pieces.

use contract::{Chunk, Next, Protocol, Recorded, Side};
use model::{Addr, Event, Timestamp, Value};
use proptest::prelude::*;
use protocols::irc::{Irc, log};
use testkit::dialogue;

/// Plays lines, those that begin with `<` from the server, cut into pieces of `piece` bytes; returns what was written
/// and how it ended.
fn play(lines: &[&str], piece: usize) -> (Recorded, String) {
    let (out, end) = dialogue::converse(&Irc, 6667, &dialogue::lines(lines), piece);
    (out, if end == Ok(Next::Continue) { String::new() } else { format!("{end:?}") })
}

fn text(value: &Value) -> String {
    match value {
        Value::Unset => "-".to_owned(),
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::Static(text) => (*text).to_owned(),
        Value::Count(n) => n.to_string(),
        other => format!("{other:?}"),
    }
}

fn rows(events: &[Event], session: bool) -> Vec<String> {
    let columns = if session {
        vec![log::SESSION_COMMAND, log::TARGET, log::KEY, log::TEXT]
    } else {
        vec![log::NICK, log::USER, log::COMMAND, log::VALUE, log::ADDL, log::DCC_FILE_NAME, log::DCC_FILE_SIZE]
    };
    let kind = if session { "irc_session" } else { "irc" };
    let line = |row: &Event| columns.iter().map(|column| text(row.get(*column))).collect::<Vec<_>>().join("|");
    events.iter().filter(|row| row.kind().name == kind).map(line).collect()
}

const BOT: &[&str] = &[
    "PASS letmein",
    "NICK [DEU]1234",
    "USER xyz 0 0 :[DEU] one two",
    "<:srv 001 [DEU]1234 :Welcome",
    "<PING :x",
    "PONG :x",
    "JOIN #bots,#more k1,k2",
    "<:[DEU]1234!x@y JOIN :#bots",
    "<:srv 332 [DEU]1234 #bots :.advscan dcom135 100 5 0 -r -s",
    "PRIVMSG #bots :[SCAN]: started",
    "<:op!o@p PRIVMSG [DEU]1234 :\x01DCC SEND up.exe 167772161 5555 12\x01",
    "NICK new",
];

#[test]
fn a_bot_is_understood() {
    let (out, end) = play(BOT, 1000);
    assert_eq!(end, "");
    assert_eq!(out.services, ["irc"]);
    let expected = [
        "-|-|NICK|[DEU]1234|-|-|-",
        "[DEU]1234|-|USER|xyz|0 0 [DEU]one two |-|-",
        "[DEU]1234|xyz|JOIN|#bots| with channel key: 'k1'|-|-",
        "[DEU]1234|xyz|JOIN|#more| with channel key: 'k2'|-|-",
        "[DEU]1234|xyz|NICK|new| with channel key: 'k2'|up.exe|12",
    ];
    assert_eq!(rows(&out.events, false), expected);
    let said = rows(&out.events, true);
    for line in [
        "PASS|-|letmein|-",
        "001|-|-|Welcome",
        "JOIN|#bots|k1|-",
        "332|#bots|-|.advscan dcom135 100 5 0 -r -s",
        "PRIVMSG|#bots|-|[SCAN]: started",
    ] {
        assert!(said.iter().any(|said| said == line), "{line} in {said:#?}");
    }
    let [offer] = &out.expected[..] else { panic!("one file") };
    assert_eq!(
        (offer.orig, offer.resp, offer.protocol, &*offer.note),
        (None, (Addr::v4([10, 0, 0, 1]), 5555), "irc-dcc-data", b"up.exe".as_slice())
    );
}

#[test]
fn broken_lines_are_weird() {
    let (out, end) = play(
        &[
            "NICK a",
            "JOIN",
            "PRIVMSG x",
            "ab",
            ":onlyprefix",
            "<:s 332 a #b",
            "PRIVMSG a :DCC SEND f 1 abc 1",
            "PRIVMSG a :DCC SEND",
            ":p 12 x",
        ],
        1000,
    );
    let names: Vec<_> = out.weirds.iter().map(|weird| weird.0).collect();
    let expected = [
        "irc_invalid_join_line",
        "irc_invalid_privmsg_message_format",
        "irc_line_too_short",
        "irc_invalid_line",
        "irc_invalid_topic_reply",
        "irc_invalid_dcc_port",
        "irc_invalid_dcc_message_format",
        "irc_invalid_reply_number",
    ];
    assert_eq!(names, expected);
    assert!(end.contains("invalid reply number"), "{end}");
}

#[test]
fn binary_data_ends_it() {
    let (out, end) = play(&["<aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], 1000);
    assert!(end.contains("invalid command"), "{end}");
    assert!(out.services.is_empty());
}

#[test]
fn a_gap_and_a_missing_line_end() {
    let mut out = Recorded::new(dialogue::connection(6667));
    let mut analyzer = Irc.open(&out.flow);
    let at = Timestamp::from_secs(1);
    for chunk in [Chunk::Data(b"NICK a\r\nJOI".as_slice()), Chunk::Gap(10), Chunk::Data(b"\r\nJOIN #x"), Chunk::End] {
        assert_eq!(analyzer.feed(at, Side::Orig, chunk, &mut out), Ok(Next::Continue));
    }
    assert_eq!(rows(&out.events, false), ["-|-|NICK|a|-|-|-", "a|-|JOIN|#x||-|-"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_pieces_give_the_same(piece in 1usize..40) {
        let (whole, _) = play(BOT, 1000);
        let (cut, _) = play(BOT, piece);
        prop_assert_eq!(whole.events, cut.events);
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..2000), side in any::<bool>()) {
        let mut out = Recorded::new(dialogue::connection(6667));
        let mut analyzer = Irc.open(&out.flow);
        let side = if side { Side::Orig } else { Side::Resp };
        let _ = analyzer.feed(Timestamp::default(), side, Chunk::Data(&bytes), &mut out);
        analyzer.close(Timestamp::default(), &mut out);
        prop_assert!(analyzer.held_bytes() < 1 << 16);
    }
}
