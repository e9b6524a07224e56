//! Conversations, and what must come of them.

use super::analyzer::Http;
use super::log;
use contract::{Analyzer as _, Chunk, FlowInfo, Next, Recorded, Side, Transport};
use model::{Addr, Column, Timestamp, Uid, Value};
use proptest::prelude::*;

const C: Side = Side::Orig;
const S: Side = Side::Resp;

fn flow() -> FlowInfo {
    FlowInfo {
        uid: Uid::connection(&[b"test"]),
        orig: (Addr::v4([10, 0, 0, 1]), 40000),
        resp: (Addr::v4([203, 0, 114, 9]), 80),
        transport: Transport::Tcp,
        start: Timestamp::from_secs(1),
        midstream: false,
        note: Box::default(),
    }
}

/// Plays a conversation, cut into pieces of `split` bytes.
fn play(talk: &[(Side, Chunk<'_>)], split: usize) -> (Recorded, Option<Next>) {
    let mut out = Recorded::new(flow());
    let mut http = Http::new(false);
    let at = Timestamp::from_secs(2);
    let mut last = None;
    'talk: for (side, chunk) in talk {
        let pieces: Vec<Chunk<'_>> = match chunk {
            Chunk::Data(data) => data.chunks(split.max(1)).map(Chunk::Data).collect(),
            other => vec![*other],
        };
        for piece in pieces {
            match http.feed(at, *side, piece, &mut out) {
                Ok(Next::Continue) => {}
                Ok(next) => {
                    last = Some(next);
                    break 'talk;
                }
                Err(_) => break 'talk,
            }
        }
    }
    http.close(at, &mut out);
    out.events.retain(|event| event.kind().name == "http");
    (out, last)
}

fn data<'a>(side: Side, text: &'a str) -> (Side, Chunk<'a>) {
    (side, Chunk::Data(text.as_bytes()))
}

fn cell(out: &Recorded, row: usize, column: Column) -> String {
    match out.events[row].get(column) {
        Value::Unset => "-".to_owned(),
        Value::Count(n) => n.to_string(),
        other => String::from_utf8_lossy(other.as_bytes().unwrap_or(b"?")).into_owned(),
    }
}

fn row(out: &Recorded, row: usize) -> [String; 6] {
    [log::METHOD, log::HOST, log::URI, log::STATUS_CODE, log::REQUEST_BODY_LEN, log::RESPONSE_BODY_LEN].map(|column| cell(out, row, column))
}

const PIPELINED: &[(Side, &str)] = &[
    (C, "GET /a%20b HTTP/1.1\r\nHost: one\r\nUser-Agent: x\r\n\r\nHEAD /two HTTP/1.1\r\nHost: one\r\n\r\n"),
    (S, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Disposition: attachment; filename=\"f.bin\"\r\n\r\nhello"),
    (S, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"),
    (C, "POST /up HTTP/1.1\r\nHost: one\r\nContent-Length: 3\r\n\r\nabc"),
    (
        S,
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwiki\r\n3;x=y\r\nped\r\n0\r\nX-Trailer: 1\r\n\r\n",
    ),
];

#[test]
fn an_ordinary_conversation_pairs_requests_and_replies() {
    let talk: Vec<_> = PIPELINED.iter().map(|(side, text)| data(*side, text)).collect();
    for split in [1, 7, 4096] {
        let (out, _) = play(&talk, split);
        assert_eq!(out.weirds, []);
        assert_eq!(out.services, ["http"]);
        assert_eq!(out.events.len(), 3);
        assert_eq!(row(&out, 0), ["GET", "one", "/a b", "200", "0", "5"]);
        assert_eq!(row(&out, 1), ["HEAD", "one", "/two", "200", "0", "0"]);
        assert_eq!(row(&out, 2), ["POST", "one", "/up", "404", "3", "7"]);
        assert_eq!(cell(&out, 2, log::INFO_CODE), "100");
        let files: Vec<_> = out.files.iter().map(|file| (file.data.as_slice(), file.name.as_deref(), file.ended)).collect();
        assert_eq!(files, [(&b"hello"[..], Some(&b"f.bin"[..]), true), (b"abc", None, true), (b"wikiped", None, true)]);
    }
}

#[test]
fn parts_are_files_with_names() {
    let talk = [
        data(C, "POST /u HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=BB\r\nContent-Length: 129\r\n\r\n"),
        data(
            C,
            "--BB\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\ntwo\r\n--BB\r\nContent-Disposition: form-data; filename=\"p.exe\"\r\n\r\nMZ\r\n\r\n--BB--\r\n",
        ),
        data(S, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ];
    for split in [1, 10, 4096] {
        let (out, _) = play(&talk, split);
        let files: Vec<_> =
            out.files.iter().map(|file| (file.data.as_slice(), file.name.as_deref().map(String::from_utf8_lossy))).collect();
        assert_eq!(files.len(), 2, "{files:?}");
        assert_eq!(files[0], (&b"one\ntwo"[..], None));
        assert_eq!(files[1], (&b"MZ\r\n"[..], Some("p.exe".into())));
        assert_eq!(row(&out, 0)[3], "200");
    }
}

#[test]
fn encodings_of_mail_are_decoded_wherever_the_body_is_cut() {
    let body = "caf=C3=A9 =\r\nau lait  \r\n=41=4 =zz";
    let request =
        format!("POST /u HTTP/1.1\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let reply = "HTTP/1.1 200 OK\r\nContent-Transfer-Encoding: base64\r\nContent-Length: 14\r\n\r\naGVs\r\nbG8gYQ==";
    for split in [1, 2, 3, 5, 7, 50, 4096] {
        let (out, _) = play(&[data(C, &request), data(S, reply)], split);
        let files: Vec<_> = out.files.iter().map(|file| String::from_utf8_lossy(&file.data)).collect();
        assert_eq!(files, ["café au lait\r\nA=4 =zz", "hello a"], "split {split}");
    }
}

#[test]
fn parts_end_at_boundaries_where_the_connection_closes_and_not_within_a_stated_length() {
    let reply = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: multipart/mixed; boundary=BB\r\n\r\n\
                 --BB\r\n\r\none\r\n--BB\r\nContent-Length: 8\r\n\r\n--BB two\r\n--BB\r\n\r\nthree\r\n--BB--\r\n";
    let before = reply.find("--BB two").unwrap();
    let whole = [data(C, "GET / HTTP/1.1\r\n\r\n"), data(S, reply), (S, Chunk::End)];
    let torn = [whole[0], data(S, &reply[..before]), data(S, &reply[before..]), (S, Chunk::End)];
    for (talk, split) in [(&whole[..], 1), (&whole[..], 3), (&whole[..], 4096), (&torn[..], 4096)] {
        let (out, _) = play(talk, split);
        let files: Vec<_> = out.files.iter().map(|file| String::from_utf8_lossy(&file.data)).collect();
        assert_eq!(files, ["one", "--BB two", "three"], "split {split}");
    }
}

#[test]
fn a_body_in_brotli_is_unpacked() {
    const PACKED: &[u8] = b"\x1b\x31\x00\xf8\x05\x72\x6b\xdd\x92\x46\xb7\x96\x0b\xe2\x0b\xc3\x37\x07\x51\x24\xaa\x6a\xe0\x25\x9d\xf5\xa3\
          \x33\xb3\x3a\xba\x52\xaf\xec\x2f\x9a\x59\x05";
    let reply = format!("HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: {}\r\n\r\n", PACKED.len());
    let talk = [data(C, "GET / HTTP/1.1\r\n\r\n"), data(S, &reply), (S, Chunk::Data(PACKED))];
    for split in [1, 7, 4096] {
        let (out, _) = play(&talk, split);
        assert_eq!(out.files[0].data, b"hello from a plain page, hello again, hello again\n");
        assert_eq!(row(&out, 0)[5], "50");
        assert!(out.files[0].ended && out.weirds.is_empty());
    }
}

#[test]
fn malformed_lines_are_weird_and_end_the_analysis() {
    let (out, _) = play(&[data(C, "\u{1}\u{2}garbage\r\n\r\n")], 4096);
    assert_eq!(out.weirds, [("bad_HTTP_request", String::new())]);
    assert!(out.events.is_empty() && out.services.is_empty());

    let (out, _) = play(&[data(C, "GET / HTTP/1.1\r\n\r\n"), data(S, "SSH-2.0-x\r\n")], 4096);
    assert_eq!(row(&out, 0), ["GET", "-", "/", "-", "0", "0"]);

    let (out, _) = play(&[data(C, "BREW /pot HTTP/1.1\r\n\r\n"), data(S, "HTTP/1.0 418\r\n\r\ntea"), (S, Chunk::End)], 4096);
    assert_eq!(out.weirds, [("unknown_HTTP_method", "BREW".to_owned())]);
    assert_eq!(row(&out, 0), ["BREW", "-", "/pot", "418", "0", "5"], "a line end is added to the last line");
    assert_eq!(cell(&out, 0, log::STATUS_MSG), "<empty>");
}

#[test]
fn a_gap_within_a_body_is_stepped_over_and_one_in_headers_ends_the_side() {
    let request = data(C, "GET / HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n");
    let (out, _) = play(
        &[
            request,
            data(S, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12"),
            (S, Chunk::Gap(5)),
            data(S, "890HTTP/1.1 204 No Content\r\n\r\n"),
        ],
        4096,
    );
    assert_eq!(out.events.len(), 2);
    assert_eq!(row(&out, 0)[5], "10");
    assert_eq!(row(&out, 1)[3], "204");
    assert_eq!((out.files[0].data.as_slice(), out.files[0].missing), (&b"12890"[..], 5));

    let (out, _) =
        play(&[request, data(S, "HTTP/1.1 200 OK\r\nContent-Le"), (S, Chunk::Gap(5)), data(S, "890HTTP/1.1 204 No Content\r\n\r\n")], 4096);
    assert_eq!(out.events.len(), 2);
    assert_eq!(row(&out, 0)[3], "200");
    assert_eq!(row(&out, 1)[3], "-");
}

#[test]
fn what_follows_a_reset_is_not_read() {
    let (mut out, mut http) = (Recorded::new(flow()), Http::new(false));
    let feed = |http: &mut Http, side, text: &str, out: &mut Recorded| {
        let _ = http.feed(Timestamp::from_secs(2), side, Chunk::Data(text.as_bytes()), out);
    };
    feed(&mut http, C, "GET / HTTP/1.1\r\n\r\n", &mut out);
    feed(&mut http, S, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345", &mut out);
    http.reset(Timestamp::from_secs(2), &mut out);
    feed(&mut http, S, "67890", &mut out);
    assert_eq!(row(&out, 0)[5], "5");
    assert_eq!((out.files[0].data.as_slice(), out.files[0].ended), (&b"12345"[..], true));
}

#[test]
fn a_tunnel_and_an_upgrade_hand_the_stream_on() {
    let (_, next) = play(&[data(C, "CONNECT a:443 HTTP/1.1\r\n\r\n"), data(S, "HTTP/1.1 200 Yes\r\n\r\nrest")], 4096);
    assert_eq!(next, Some(Next::Become { child: contract::Child::Detect, consumed: 20 }));
    let upgrade = "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n";
    let (out, next) = play(&[data(C, "GET / HTTP/1.1\r\n\r\n"), data(S, upgrade)], 4096);
    assert_eq!(next, Some(Next::Become { child: contract::Child::Named("websocket"), consumed: upgrade.len() }));
    assert_eq!(row(&out, 0)[3], "101");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_split_gives_the_same_events(split in 1usize..40, cut in 0usize..400, noise in proptest::collection::vec(any::<u8>(), 0..60)) {
        let mut client: Vec<u8> = PIPELINED.iter().filter(|(side, _)| side.is_orig()).flat_map(|(_, text)| text.bytes()).collect();
        let mut server: Vec<u8> = PIPELINED.iter().filter(|(side, _)| !side.is_orig()).flat_map(|(_, text)| text.bytes()).collect();
        let at = cut.min(server.len());
        server.splice(at..at, noise.iter().copied());
        let at = cut.min(client.len());
        client.splice(at..at, noise.into_iter().rev());
        let talk = [(C, Chunk::Data(&client)), (S, Chunk::Data(&server)), (S, Chunk::End), (C, Chunk::End)];
        let (whole, _) = play(&talk, usize::MAX);
        let (parts, _) = play(&talk, split);
        prop_assert_eq!(whole.events, parts.events);
        prop_assert_eq!(whole.files, parts.files);
        prop_assert_eq!(whole.weirds, parts.weirds);
    }
}

/// Whether reading ends with a violation, for each length of chunks.
fn broken(talk: &[(Side, &str)], split: usize) -> (Vec<String>, usize, Option<String>) {
    let mut out = Recorded::new(flow());
    let mut http = Http::new(false);
    let mut reason = None;
    for (side, text) in talk {
        for piece in text.as_bytes().chunks(split) {
            if reason.is_none() {
                reason =
                    http.feed(Timestamp::from_secs(2), *side, Chunk::Data(piece), &mut out).err().map(|broken| broken.reason.into_owned());
            }
        }
    }
    let weirds = out.weirds.iter().map(|(name, _)| (*name).to_owned()).collect();
    (weirds, out.events.len(), reason)
}

#[test]
fn a_bare_reply_stays_bare_wherever_it_is_cut() {
    // The reply to the HEAD that follows an old request has no body, and so is over with its first byte.
    let talk = [(C, "GET 2\n\nHEAD /\n"), (S, "00\n")];
    for split in 1..4 {
        assert_eq!(broken(&talk, split), broken(&talk, usize::MAX), "chunks of {split}");
    }
}

#[test]
fn a_header_is_over_with_the_next_lines_first_byte() {
    // The reply ends the entity that both sides share; the request's header came before it, with the first byte behind it.
    let talk = [(C, "GET / HTTP/1.1\r\nHost: one\r\nA"), (S, "HTTP/1.1 204 No\r\n\r\n"), (C, ": b\r\n\r\n")];
    for split in 1..20 {
        assert_eq!(broken(&talk, split), broken(&talk, usize::MAX), "chunks of {split}");
    }
}
