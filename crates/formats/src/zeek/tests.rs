//! Logs read back: ours in both forms, real Zeek's header, damage.

use super::*;
use model::{Addr, Uid, Value, kinds::weird};
use std::io::Cursor;

const TSV: &str = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n#open\t2020-10-12-21-02-18\n\
#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\tnovel\ttunnel_parents\n\
#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tset[string]\n\
1602536538.381791\tCHhAvVGS1DHFjwGM9\t10.0.0.1\t1025\t2001:db8::1\t80\ttcp\ta\\x09b\\\\c\t0.500000\t7\tCHhAvVGS1DHFjwGM9,C1\n\
1602536538.4\tC1\t10.0.0.1\t1025\tnot an address\t80\ttcp\t-\t-\t7\t(empty)\n\
too\tshort\n\
#close\t2020-10-12-21-02-18\n";

fn log(kind: &'static Kind, text: impl Into<Vec<u8>>) -> Log {
    Log::new("a.log", kind, Box::new(Cursor::new(text.into())))
}

fn all(log: &mut Log) -> Vec<Event> {
    std::iter::from_fn(|| log.next_event().expect("memory is read")).collect()
}

#[test]
fn zeeks_tsv_is_read_by_names_and_what_does_not_fit_is_counted() {
    let mut log = log(&conn::KIND, TSV);
    let rows = all(&mut log);
    assert_eq!(rows.len(), 2);
    let first = &rows[0];
    let uid = Uid::parse("CHhAvVGS1DHFjwGM9").expect("an id");
    assert_eq!(first.ts(), Timestamp::from_nanos(1_602_536_538_381_791_000));
    assert_eq!(first.cells()[1], Value::Uid(uid));
    assert_eq!(uid.to_string(), "CHhAvVGS1DHFjwGM9");
    assert_eq!(first.get(conn::ORIG_H), &Value::Addr(Addr::v4([10, 0, 0, 1])));
    assert_eq!(first.get(conn::SERVICE).as_bytes(), Some(&b"a\tb\\c"[..]));
    assert_eq!(first.get(conn::TUNNEL_PARENTS), &Value::list([uid, Uid::parse("C1").expect("an id")]));
    assert_eq!(known_at(first), Timestamp::from_nanos(1_602_536_538_881_791_000));
    assert_eq!((rows[1].get(conn::RESP_H), rows[1].get(conn::TUNNEL_PARENTS)), (&Value::Unset, &Value::List(Box::default())));
    let account = log.account();
    assert_eq!((account.rows, account.malformed, account.bad_cells), (2, 1, 1));
    assert_eq!(account.shown.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [10, 11]);
    assert!(account.unknown_columns.contains("novel"));
}

fn written() -> Event {
    let ends = ((Addr::v4([10, 0, 0, 1]), 1), (Addr::v4([10, 0, 0, 2]), 2));
    Event::of_flow(&weird::KIND, Timestamp::from_nanos(1_602_536_538_381_791_000), Uid::connection(&[b"x"]), ends.0, ends.1)
        .with(weird::NAME, &b"a\"\x01\xff\n\\x41,\xc3\xa9"[..])
        .with(weird::ADDL, &b""[..])
        .with(weird::NOTICE, false)
}

#[test]
fn what_our_writers_write_is_read_back_the_same() {
    let mut json = Vec::new();
    sinks::write_json_row(&mut json, &written());
    let mut tsv = Vec::new();
    sinks::write_header(&mut tsv, &weird::KIND, Timestamp::default());
    sinks::write_tsv_row(&mut tsv, &written());
    for text in [json, tsv] {
        let shown = String::from_utf8_lossy(&text).into_owned();
        let mut log = log(&weird::KIND, text);
        assert_eq!(all(&mut log), [written()], "{shown}");
        assert_eq!(log.account().malformed + log.account().bad_cells, 0);
    }
}

#[test]
fn json_of_other_writers_is_read_too() {
    let far = "#separator \\x09\n#fields\tts\n16725225600.0\n-5.000001\n";
    let rows = all(&mut log(&conn::KIND, far));
    assert_eq!(rows[0].cells()[0], Value::Double(16_725_225_600.0));
    assert_eq!(rows[1].ts(), Timestamp::from_nanos(-5_000_001_000));
    let text = "{\"ts\":\"2020-10-12T21:02:18.381791Z\",\"uid\":\"C1\",\"duration\":1e-05,\"id.orig_p\":70000,\"x\":1}\n{broken\n\n[]\n";
    let mut log = log(&conn::KIND, text);
    let rows = all(&mut log);
    assert_eq!(rows[0].ts(), Timestamp::from_nanos(1_602_536_538_381_791_000));
    assert_eq!(rows[0].get(conn::DURATION), &Value::Interval(Interval::from_nanos(10_000)));
    assert_eq!((log.account().rows, log.account().malformed, log.account().bad_cells), (1, 2, 1));
}

#[test]
fn lines_beyond_all_measure_are_passed_over() {
    let mut text = vec![b'x'; 3 * LINE_BYTES_MAX];
    text.extend_from_slice(b"\n{\"ts\":1.0}\n");
    let mut log = log(&conn::KIND, text);
    assert_eq!(all(&mut log).len(), 1);
    assert_eq!(log.account().shown, [(1, "the line is too long".to_owned())]);
}

#[test]
fn logs_are_merged_by_when_rows_became_known() {
    let conn = "{\"ts\":1.0,\"duration\":9.0,\"service\":\"a\"}\n{\"ts\":2.0,\"service\":\"b\"}\n{\"ts\":20.0,\"service\":\"c\"}\n";
    let weird = "{\"ts\":5.0,\"name\":\"d\"}\n{\"ts\":10.5,\"name\":\"e\"}\n";
    let merge = Merge::new(vec![log(&conn::KIND, conn), log(&weird::KIND, weird)]);
    let order: Vec<_> = merge
        .map(|(at, event)| {
            let column = if event.kind().name == "conn" { conn::SERVICE } else { weird::NAME };
            (at.nanos() / 100_000_000, String::from_utf8_lossy(event.get(column).as_bytes().unwrap_or_default()).into_owned())
        })
        .collect();
    let expected = [(50, "d"), (100, "a"), (100, "b"), (105, "e"), (200, "c")];
    assert_eq!(order, expected.map(|(at, name)| (at, name.to_owned())));
}

#[test]
fn any_bytes_are_read_without_harm() {
    let mut state = 7_u64;
    for _ in 0..2_000 {
        let mut text = TSV.as_bytes().to_vec();
        for _ in 0..8 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = (state >> 33) as usize % text.len();
            text[at] = (state >> 24) as u8;
        }
        all(&mut log(&conn::KIND, text));
    }
}
