//! Sessions, and what must come of them.

use super::analyzer::Smtp;
use super::log;
use contract::{Analyzer as _, Chunk, FlowInfo, Next, Recorded, Side, Transport};
use model::{Addr, Column, Timestamp, Uid, Value};

const C: Side = Side::Orig;
const S: Side = Side::Resp;

fn play(talk: &[(Side, Chunk<'_>)], split: usize) -> (Recorded, Result<Next, contract::Violation>) {
    let mut out = Recorded::new(FlowInfo {
        uid: Uid::connection(&[b"test"]),
        orig: (Addr::v4([203, 0, 114, 1]), 40000),
        resp: (Addr::v4([203, 0, 114, 9]), 25),
        transport: Transport::Tcp,
        start: Timestamp::from_secs(1),
        midstream: false,
        note: Box::default(),
    });
    let (mut smtp, at) = (Smtp::new(false), Timestamp::from_secs(2));
    let mut last = Ok(Next::Continue);
    'talk: for (side, chunk) in talk {
        let pieces: Vec<Chunk<'_>> = match chunk {
            Chunk::Data(data) => data.chunks(split).map(Chunk::Data).collect(),
            other => vec![*other],
        };
        for piece in pieces {
            last = smtp.feed(at, *side, piece, &mut out);
            if last != Ok(Next::Continue) {
                break 'talk;
            }
        }
    }
    smtp.close(at, &mut out);
    (out, last)
}

fn cell(out: &Recorded, row: usize, column: Column) -> String {
    match out.events[row].get(column) {
        Value::List(items) => {
            items.iter().map(|item| String::from_utf8_lossy(item.as_bytes().unwrap_or(b"?")).into_owned()).collect::<Vec<_>>().join("|")
        }
        other => String::from_utf8_lossy(other.as_bytes().unwrap_or(b"-")).into_owned(),
    }
}

const HELLO: [(Side, Chunk<'_>); 4] = [
    (S, Chunk::Data(b"220 hi\r\n")),
    (C, Chunk::Data(b"EHLO me\r\n")),
    (S, Chunk::Data(b"250-hi\r\n250 STARTTLS\r\n")),
    (C, Chunk::Data(b"MAIL FROM:<a@b.c>\r\nRCPT TO:<d@e.f>\r\nDATA\r\n")),
];

#[test]
fn a_mail_and_its_attachment_come_out() {
    let mail = "Subject: hey\r\nTo: \"D, E\" <d@e.f>\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n\r\n..text\r\n--B\r\nContent-Disposition: attachment; filename=x.zip\r\nContent-Transfer-Encoding: base64\r\n\r\nUEsD\r\nBA==\r\n--B--\r\n.\r\n";
    let rest = [(S, Chunk::Data(b"250 a\r\n250 b\r\n354 c\r\n")), (C, Chunk::Data(mail.as_bytes())), (S, Chunk::Data(b"250 queued\r\n"))];
    let talk: Vec<_> = HELLO.into_iter().chain(rest).collect();
    for split in [1, 5, 4096] {
        let (out, _) = play(&talk, split);
        assert_eq!((out.weirds.len(), out.events.len(), out.services.as_slice()), (0, 1, &["smtp"][..]));
        let row = [log::HELO, log::MAILFROM, log::RCPTTO, log::SUBJECT, log::TO, log::LAST_REPLY].map(|column| cell(&out, 0, column));
        assert_eq!(row, ["me", "a@b.c", "d@e.f", "hey", "\"D, E\" <d@e.f>", "250 queued"]);
        let files: Vec<_> = out.files.iter().map(|file| (file.data.as_slice(), file.name.as_deref(), file.ended)).collect();
        assert_eq!(files, [(&b".text"[..], None, true), (b"PK\x03\x04", Some(&b"x.zip"[..]), true)]);
    }
}

#[test]
fn tls_takes_over_where_the_server_agrees() {
    let rest = [(C, Chunk::Data(b"STARTTLS\r\n")), (S, Chunk::Data(b"220 go\r\nrest"))];
    let talk: Vec<_> = HELLO[..3].iter().copied().chain(rest).collect();
    let (out, last) = play(&talk, 4096);
    assert_eq!(last, Ok(Next::Become { child: contract::Child::Named("ssl"), consumed: 8 }));
    assert_eq!(out.events[0].get(log::TLS), &Value::Bool(true));
    assert_eq!(cell(&out, 0, log::LAST_REPLY), "220 go");
}

#[test]
fn malformed_replies_end_the_analysis_and_gaps_end_the_mail() {
    let (out, last) = play(&[(C, Chunk::Data(b"EHLO x\r\n")), (S, Chunk::Data(b"what?\r\n"))], 4096);
    assert!(last.is_err() && out.events.is_empty());

    let rest = [
        (C, Chunk::Data(b"Subject: a\r\n\r\nbody\r\n")),
        (C, Chunk::Gap(99)),
        (C, Chunk::Data(b"more\r\n.\r\n")),
        (S, Chunk::Data(b"250 ok\r\n")),
    ];
    let talk: Vec<_> = HELLO.into_iter().chain(rest).collect();
    let (out, _) = play(&talk, 4096);
    assert_eq!((out.files[0].data.as_slice(), out.files[0].missing, out.files[0].ended), (&b"body\r\n"[..], 99, true));
    assert_eq!(cell(&out, 0, log::SUBJECT), "a");
}

#[test]
fn chunks_need_no_dot() {
    let rest = [
        (C, Chunk::Data(b"BDAT 14\r\nSubject: a\r\n\r\nBDAT 2 LAST\r\nhiQUIT\r\n")),
        (S, Chunk::Data(b"250 a\r\n250 b\r\n354 c\r\n250 d\r\n250 e\r\n")),
    ];
    let talk: Vec<_> = HELLO[..3].iter().copied().chain([(C, Chunk::Data(b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n"))]).chain(rest).collect();
    let (out, _) = play(&talk, 3);
    assert_eq!(out.files[0].data, b"hi");
    assert_eq!(out.weirds, []);
}
