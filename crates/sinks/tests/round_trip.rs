//! What was written reads back: a reader that knows only Zeek's rules gets every cell as it was.

use contract::Sink as _;
use model::{Addr, Event, Timestamp, Uid, Value, kinds::weird};
use proptest::prelude::*;
use sinks::{Format, Logs};
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

/// Files in memory, by name.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Files>>);

type Files = Vec<(String, Vec<u8>)>;

struct MemoryFile(Memory, String);

impl Write for MemoryFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut files = self.0.0.lock().map_err(|_| io::Error::other("poisoned"))?;
        if let Some((_, held)) = files.iter_mut().find(|(name, _)| *name == self.1) {
            held.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn written(format: Format, events: &[Event]) -> String {
    let memory = Memory::default();
    let create = {
        let memory = memory.clone();
        move |name: &str| -> io::Result<Box<dyn Write + Send>> {
            memory.0.lock().map_err(|_| io::Error::other("poisoned"))?.push((name.to_owned(), Vec::new()));
            Ok(Box::new(MemoryFile(memory.clone(), name.to_owned())))
        }
    };
    let mut logs = Logs::new(format, Box::new(create));
    events.iter().for_each(|event| logs.event(event));
    logs.finish(Timestamp::from_secs(3)).expect("memory does not fail");
    let files = memory.0.lock().expect("one thread");
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].0, "weird.log");
    String::from_utf8(files[0].1.clone()).expect("logs are UTF-8")
}

/// The bytes behind an escaped cell.
fn unescape(cell: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = cell.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        match tail {
            _ if byte != b'\\' => out.push(byte),
            [b'\\', ..] => out.push(b'\\'),
            [b'x', ..] => out.push(u8::from_str_radix(std::str::from_utf8(&tail[1..3]).expect("ASCII"), 16).expect("hex")),
            _ => panic!("a lone backslash in {cell:?}"),
        }
        rest = match (byte, tail) {
            (b'\\', [b'\\', ..]) => &tail[1..],
            (b'\\', _) => &tail[3..],
            _ => tail,
        };
    }
    out
}

fn read_cell(cell: &str) -> Option<Vec<u8>> {
    match cell {
        "-" => None,
        "(empty)" => Some(Vec::new()),
        cell => Some(unescape(cell)),
    }
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..20),
        proptest::collection::vec(prop_oneof![Just(b'\\'), Just(b','), Just(b'x'), Just(b'\t'), Just(b'-'), Just(0xc3), Just(0xb1)], 0..8),
        Just(b"-".to_vec()),
        Just(b"(empty)".to_vec()),
        any::<char>().prop_map(|c| c.to_string().into_bytes()),
    ]
}

fn row(name: &Option<Vec<u8>>, items: &[Vec<u8>]) -> Event {
    Event::of_flow(
        &weird::KIND,
        Timestamp::from_secs(1),
        Uid::connection(&[b"a"]),
        (Addr::v4([1, 2, 3, 4]), 5),
        (Addr::v4([6, 7, 8, 9]), 10),
    )
    .with(weird::NAME, name.clone())
    .with(weird::ADDL, Value::list(items.to_vec()))
    .with(weird::NOTICE, true)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn tsv_reads_back(rows in proptest::collection::vec((proptest::option::of(bytes()), proptest::collection::vec(bytes(), 0..4)), 1..4)) {
        let events: Vec<_> = rows.iter().map(|(name, items)| row(name, items)).collect();
        let text = written(Format::Zeek, &events);
        let lines: Vec<_> = text.lines().collect();
        prop_assert_eq!(lines.len(), 8 + rows.len() + 1);
        prop_assert_eq!(lines[8 + rows.len()], "#close\t1970-01-01-00-00-03");
        for ((name, items), line) in rows.iter().zip(&lines[8..]) {
            let cells: Vec<_> = line.split('\t').collect();
            prop_assert_eq!(cells.len(), 11);
            prop_assert_eq!(&read_cell(cells[6]), name);
            let read: Vec<_> = match cells[7] {
                "(empty)" => vec![],
                list => list.split(',').map(|item| read_cell(item).unwrap_or_default()).collect(),
            };
            // A list of one empty string looks like an empty list, in Zeek's logs too.
            if *items != [b""] {
                prop_assert_eq!(&read, items);
            }
            prop_assert_eq!(&cells[8..], ["T", "-", "-"]);
        }
    }

    #[test]
    fn json_reads_back(name in bytes(), items in proptest::collection::vec(bytes(), 0..4)) {
        let text = written(Format::Json, &[row(&Some(name.clone()), &items)]);
        let read: serde_json::Value = serde_json::from_str(&text).expect("a line of JSON");
        prop_assert_eq!(text.lines().count(), 1);
        prop_assert_eq!(read["id.resp_p"].as_u64(), Some(10));
        prop_assert_eq!(read["addl"].as_array().map(Vec::len), Some(items.len()));
        if name.is_ascii() {
            prop_assert_eq!(read["name"].as_str().map(str::as_bytes), Some(&name[..]));
        }
        prop_assert!(read.get("peer").is_none());
    }
}

#[test]
fn a_failing_disk_is_reported_once_with_the_logs_name() {
    let create = |_: &str| -> io::Result<Box<dyn Write + Send>> { Err(io::Error::other("no room")) };
    let mut logs = Logs::new(Format::Zeek, Box::new(create));
    logs.event(&row(&None, &[]));
    assert!(logs.has_failed());
    logs.event(&row(&None, &[]));
    let (name, error) = logs.finish(Timestamp::default()).expect_err("the first failure");
    assert_eq!((name.as_str(), error.to_string().as_str()), ("weird.log", "no room"));
}
