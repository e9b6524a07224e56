//! Files that grow, rotate, shrink and go, and a reader that is stopped at any time: every line once, in order.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests pack files as an administrator does")]

use intake::{Begin, Count, Files, Intake, Origin, Positions, Receiver, Settings, Source};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A folder of its own, gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let path = std::env::temp_dir().join(format!("intake-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed)));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn append(&self, name: &str, text: &str) {
        OpenOptions::new().append(true).create(true).open(self.path(name)).unwrap().write_all(text.as_bytes()).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A consumer: what it has stored, lines and positions, survives its end.
struct Consumer {
    settings: Settings,
    positions: Positions,
    lines: BTreeMap<String, Vec<String>>,
    running: Option<(Intake, Receiver)>,
}

impl Consumer {
    fn new(folder: &Folder, patterns: &[&str], change: impl FnOnce(&mut Files)) -> Self {
        let mut files =
            Files { patterns: patterns.iter().map(|name| folder.path(name).display().to_string()).collect(), ..Files::default() };
        change(&mut files);
        let settings = Settings { sources: vec![Source { name: "files".into(), origin: Origin::Files(files) }] };
        let mut consumer = Self { settings, positions: Positions::default(), lines: BTreeMap::new(), running: None };
        consumer.start();
        consumer
    }

    /// Starts (again), with the positions as they would be stored.
    fn start(&mut self) {
        self.positions = self.positions.to_string().parse().unwrap();
        self.running = Some(Intake::open(&self.settings, &self.positions).unwrap());
    }

    /// Ends as `kill -9` ends it: what was not taken is lost.
    fn end(&mut self) {
        self.running = None;
    }

    fn take(&mut self, wait: Duration) -> bool {
        let (_, receiver) = self.running.as_ref().unwrap();
        let Ok(delivery) = receiver.recv(wait) else { return false };
        let intake::Sender::File(name) = &delivery.sender else { panic!("a file") };
        let lines = self.lines.entry(name.file_name().unwrap_or_default().to_string_lossy().into_owned()).or_default();
        lines.extend(delivery.records.iter().map(|line| String::from_utf8_lossy(line).into_owned()));
        self.positions.apply(&delivery.position.unwrap());
        true
    }

    /// Takes until a log has that many lines, and a little longer to see that there are no more.
    fn expect(&mut self, name: &str, expected: &[String]) {
        let begun = Instant::now();
        let have = |consumer: &Self| consumer.lines.get(name).map_or(0, Vec::len);
        while have(self) < expected.len() && begun.elapsed() < Duration::from_secs(30) {
            self.take(Duration::from_millis(100));
        }
        while self.take(Duration::from_millis(150)) {}
        let lines = self.lines.get(name).cloned().unwrap_or_default();
        let same = lines.iter().zip(expected).take_while(|(one, other)| one == other).count();
        assert!(
            lines.len() == expected.len() && same == lines.len(),
            "{name}: {} lines of {}, the same up to {same}: {:?} instead of {:?}\n{:?}",
            lines.len(),
            expected.len(),
            lines.iter().skip(same).take(3).collect::<Vec<_>>(),
            expected.iter().skip(same).take(3).collect::<Vec<_>>(),
            self.running.as_ref().map(|(intake, _)| intake.counters())
        );
    }

    fn count(&self, count: Count) -> u64 {
        self.running.as_ref().unwrap().0.counters()[0].all.get(count)
    }
}

fn numbered(range: std::ops::Range<u32>) -> (String, Vec<String>) {
    let lines: Vec<String> = range.map(|number| format!("2026-11-20T10:00:00 host prog[1]: line {number}")).collect();
    (lines.iter().map(|line| format!("{line}\n")).collect(), lines)
}

fn gzip(path: &Path) {
    assert!(Command::new("gzip").arg(path).status().unwrap().success());
}

#[test]
fn a_log_grows_rotates_and_is_packed() {
    let folder = Folder::new();
    let (text, all) = numbered(0..4_000);
    let cut = |range: std::ops::Range<usize>| all[range].join("\n") + "\n";
    folder.append("log", &cut(0..1000));
    let mut consumer = Consumer::new(&folder, &["log"], |_| {});
    consumer.expect("log", &all[..1000]);
    folder.append("log", &cut(1000..2000));
    fs::rename(folder.path("log"), folder.path("log.1")).unwrap();
    folder.append("log.1", &cut(2000..2100));
    folder.append("log", &cut(2100..3000));
    consumer.expect("log", &all[..3000]);
    gzip(&folder.path("log.1"));
    folder.append("log", &cut(3000..4000));
    consumer.expect("log", &all);
    assert_eq!(text.lines().count(), all.len());
    assert_eq!((consumer.count(Count::Truncated), consumer.count(Count::Unfound), consumer.count(Count::Unreadable)), (0, 0, 0));
}

#[test]
fn what_was_rotated_and_packed_while_nobody_looked_is_read_first() {
    let folder = Folder::new();
    let (_, all) = numbered(0..5_000);
    let cut = |range: std::ops::Range<usize>| all[range].join("\n") + "\n";
    folder.append("log", &cut(0..1000));
    let mut consumer = Consumer::new(&folder, &["log"], |_| {});
    consumer.expect("log", &all[..1000]);
    consumer.end();
    folder.append("log", &cut(1000..2000));
    fs::rename(folder.path("log"), folder.path("log.2")).unwrap();
    gzip(&folder.path("log.2"));
    // A generation that comes and goes unseen.
    folder.append("log", &cut(2000..3000));
    fs::rename(folder.path("log"), folder.path("log.1")).unwrap();
    folder.append("log", &cut(3000..4000));
    consumer.start();
    consumer.expect("log", &all[..4000]);
    consumer.end();
    consumer.start();
    folder.append("log", &cut(4000..5000));
    consumer.expect("log", &all);
}

#[test]
fn a_log_is_copied_and_truncated() {
    let folder = Folder::new();
    let (_, all) = numbered(0..4_000);
    let cut = |range: std::ops::Range<usize>| all[range].join("\n") + "\n";
    let rotate = |to: &str| {
        fs::copy(folder.path("log"), folder.path(to)).unwrap();
        File::options().write(true).open(folder.path("log")).unwrap().set_len(0).unwrap();
    };
    folder.append("log", &cut(0..1000));
    // The rotated ones are asked for, too, and must not be read twice.
    let mut consumer = Consumer::new(&folder, &["log*"], |_| {});
    consumer.expect("log", &all[..1000]);
    folder.append("log", &cut(1000..2000));
    rotate("log.1");
    folder.append("log", &cut(2000..3000));
    consumer.expect("log", &all[..3000]);
    consumer.end();
    fs::rename(folder.path("log.1"), folder.path("log.2")).unwrap();
    gzip(&folder.path("log.2"));
    folder.append("log", &cut(3000..3500));
    rotate("log.1");
    folder.append("log", &cut(3500..4000));
    consumer.start();
    consumer.expect("log", &all);
    // And once more where the system gave a rotated one's number to another file.
    assert!((1..=2).contains(&consumer.count(Count::Truncated)));
}

#[test]
fn files_come_go_and_come_again() {
    let folder = Folder::new();
    let (text, all) = numbered(0..100);
    folder.append("old.log", &text);
    let mut consumer = Consumer::new(&folder, &["*.log", "deep/**/*.log"], |files| files.begin = Begin::End);
    consumer.take(Duration::from_secs(1));
    while consumer.take(Duration::from_millis(300)) {}
    folder.append("old.log", "after\n");
    folder.append("new.log", &text);
    consumer.expect("old.log", &["after".to_owned()]);
    consumer.expect("new.log", &all);
    fs::remove_file(folder.path("new.log")).unwrap();
    folder.append("new.log", "anew\n");
    let twice = [&all[..], &["anew".to_owned()]].concat();
    consumer.expect("new.log", &twice);
    fs::create_dir_all(folder.path("deep/er")).unwrap();
    folder.append("deep/er/x.log", "one\ntwo");
    consumer.expect("x.log", &["one".to_owned()]);
    folder.append("deep/er/x.log", " and a half\n");
    consumer.expect("x.log", &["one".to_owned(), "two and a half".to_owned()]);
    // Appeared while nobody looked: new, though what was there at the very first look was passed over.
    consumer.end();
    folder.append("late.log", "late\n");
    consumer.start();
    consumer.expect("late.log", &["late".to_owned()]);
}

#[test]
fn packed_files_are_read_once_and_broken_ones_as_far_as_they_go() {
    let folder = Folder::new();
    let (text, all) = numbered(0..20_000);
    folder.append("a.log", &text);
    gzip(&folder.path("a.log"));
    folder.append("b.log", text.trim_end());
    assert!(Command::new("zstd").args(["-q", "--rm"]).arg(folder.path("b.log")).status().unwrap().success());
    folder.append("c.log", &text);
    gzip(&folder.path("c.log"));
    let whole = fs::read(folder.path("c.log.gz")).unwrap();
    fs::write(folder.path("c.log.gz"), &whole[..whole.len() / 2]).unwrap();
    let mut consumer = Consumer::new(&folder, &["*.gz", "*.zst"], |_| {});
    consumer.expect("a.log", &all);
    consumer.expect("b.log", &all);
    let begun = Instant::now();
    while consumer.count(Count::Unreadable) == 0 && begun.elapsed() < Duration::from_secs(20) {
        consumer.take(Duration::from_millis(100));
    }
    while consumer.take(Duration::from_millis(200)) {}
    let some = consumer.lines["c.log"].clone();
    assert!(some.len() > 1_000 && some.len() < 20_000 && some[..] == all[..some.len()], "{}", some.len());
    consumer.end();
    consumer.start();
    while consumer.take(Duration::from_secs(4)) {}
    assert_eq!((consumer.lines["a.log"].len(), consumer.lines["b.log"].len(), consumer.lines["c.log"].len()), (20_000, 20_000, some.len()));
}

#[test]
fn hostile_lines_are_cut_and_counted() {
    let folder = Folder::new();
    let mut file = File::create(folder.path("log")).unwrap();
    file.write_all(&vec![b'x'; 3 << 20]).unwrap();
    file.write_all(b"\n\0\0\xff\x1b[2J\n\r\n\n").unwrap();
    let mut consumer = Consumer::new(&folder, &["log"], |files| files.poll = true);
    let begun = Instant::now();
    while consumer.count(Count::Records) < 2 && begun.elapsed() < Duration::from_secs(10) {
        consumer.take(Duration::from_millis(100));
    }
    while consumer.take(Duration::from_millis(100)) {}
    let lines = &consumer.lines["log"];
    assert_eq!((lines.len(), lines[0].len(), lines[1].as_str()), (2, intake::RECORD_BYTES_MAX, "\u{fffd}\u{1b}[2J"));
    assert_eq!(consumer.count(Count::Cut), 1);
    // A writer that goes on at its old place after truncation leaves a hole.
    file.set_len(0).unwrap();
    file.write_all(b"behind the hole\n").unwrap();
    let begun = Instant::now();
    while consumer.lines["log"].len() < 3 && begun.elapsed() < Duration::from_secs(10) {
        consumer.take(Duration::from_millis(100));
    }
    assert_eq!(consumer.lines["log"].last().map(String::as_str), Some("behind the hole"));
}
