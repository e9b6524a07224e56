//! Where the logs go: a folder for each day or hour under the output folder, so that `why`, `report` and the rest work on each as
//! they do on what `read` wrote; and the oldest removed, where the settings say how much may be kept.
//!
//! Folders are named by UTC (`2026-11-20`, `2026-11-20T09`), so that their names sort as time goes. A log is written where it is
//! the time of writing that decides, as in Zeek.

use super::config::Rotate;
use crate::read::at;
use anyhow::Result;
use model::{Civil, Timestamp};
use sinks::Logs;
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// Where what is remembered over a restart lies.
pub(super) const STATE: &str = "state";

/// The name of the folder for a time.
pub(super) fn name_at(now: Timestamp, rotate: Rotate) -> String {
    let civil = Civil::of(now);
    let day = format!("{:04}-{:02}-{:02}", civil.year, civil.month, civil.day);
    match rotate {
        Rotate::Day => day,
        Rotate::Hour => format!("{day}T{:02}", civil.hour),
    }
}

/// Whether a name is one of those, of either length.
fn is_dated(name: &str) -> bool {
    const SHAPE: &[u8] = b"0000-00-00T00";
    let fits = |(byte, shape): (u8, &u8)| if *shape == b'0' { byte.is_ascii_digit() } else { byte == *shape };
    matches!(name.len(), 10 | 13) && name.bytes().zip(SHAPE).all(fits)
}

/// The dated folders in the output folder, the oldest first.
pub(super) fn dated(root: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        if let Some(name) = entry.file_name().to_str().filter(|name| is_dated(name))
            && entry.file_type()?.is_dir()
        {
            names.push(name.to_owned());
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// The files of the current logs, to be made safe.
type Open = Arc<Mutex<BTreeMap<String, File>>>;

/// The folder that is written to.
pub(super) struct Folder {
    path: PathBuf,
    name: String,
    open: Open,
}

/// How long each log is.
pub(super) type Lengths = BTreeMap<String, u64>;

impl Folder {
    /// Makes the folder, or goes on in it.
    pub(super) fn begin(root: &Path, name: &str) -> Result<Self> {
        let path = root.join(name);
        fs::create_dir_all(&path).map_err(|error| at(&path, &error))?;
        sync_folder(root)?;
        Ok(Self { path, name: name.to_owned(), open: Open::default() })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The logs in it; those that are there go on.
    pub(super) fn logs(&self, format: sinks::Format) -> Result<Logs> {
        let begun = log_files(&self.path).map_err(|error| at(&self.path, &error))?;
        let begun = begun.into_iter().filter(|(_, bytes)| *bytes > 0).map(|(name, _)| name).collect();
        let (path, open) = (self.path.clone(), Arc::clone(&self.open));
        let create = move |name: &str| {
            let file = OpenOptions::new().create(true).append(true).open(path.join(name))?;
            if let Ok(mut open) = open.lock() {
                open.insert(name.to_owned(), file.try_clone()?);
            }
            Ok(Box::new(file) as Box<dyn Write + Send>)
        };
        Ok(Logs::continuing(format, Box::new(create), begun))
    }

    /// Makes safe what was written, and says how long each log is.
    pub(super) fn sync(&self) -> io::Result<Lengths> {
        if let Ok(open) = self.open.lock() {
            for file in open.values() {
                file.sync_data()?;
            }
        }
        sync_folder(&self.path)?;
        log_files(&self.path)
    }
}

/// The logs in a folder and their lengths.
fn log_files(folder: &Path) -> io::Result<Lengths> {
    let mut lengths = Lengths::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if let Some(name) = entry.file_name().to_str().filter(|name| name.ends_with(".log")) {
            lengths.insert(name.to_owned(), entry.metadata()?.len());
        }
    }
    Ok(lengths)
}

/// Names in a folder are safe only once the folder is.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Writes a file so that it is there whole or not at all.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let mut file = File::create(&beside)?;
    file.write_all(bytes)?;
    file.sync_data()?;
    fs::rename(&beside, path)?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Takes back what was written after a checkpoint: logs of its folder are cut to their lengths, those begun later and all of later
/// folders go. Only files that are called as logs are touched.
pub(super) fn take_back(root: &Path, folder: &str, lengths: &Lengths) -> io::Result<()> {
    for name in dated(root)?.iter().filter(|name| name.as_str() >= folder) {
        let path = root.join(name);
        for (log, bytes) in log_files(&path)? {
            let file = path.join(&log);
            match lengths.get(&log).filter(|_| name == folder) {
                Some(kept) if *kept < bytes => OpenOptions::new().write(true).open(&file)?.set_len(*kept)?,
                Some(_) => {}
                None => fs::remove_file(&file)?,
            }
        }
    }
    Ok(())
}

/// Removes the oldest folders while all together hold more than `keep` bytes; never the current one. Says which went.
pub(super) fn remove_oldest(root: &Path, current: &str, keep: u64) -> io::Result<Vec<String>> {
    let mut folders = Vec::new();
    for name in dated(root)? {
        let bytes = bytes_in(&root.join(&name))?;
        folders.push((name, bytes));
    }
    let mut total: u64 = folders.iter().map(|(_, bytes)| bytes).sum();
    let mut removed = Vec::new();
    for (name, bytes) in folders {
        if total <= keep || name.as_str() >= current {
            break;
        }
        fs::remove_dir_all(root.join(&name))?;
        total -= bytes;
        removed.push(name);
    }
    Ok(removed)
}

fn bytes_in(folder: &Path) -> io::Result<u64> {
    let mut total = 0;
    for entry in fs::read_dir(folder)? {
        let about = entry?.metadata()?;
        total += about.len();
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Sink as _;
    use model::Event;
    use model::kinds::stats;

    fn folder(test: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("hyakuyo-folders-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a folder");
        path
    }

    fn row(logs: &mut Logs, name: &'static str) {
        logs.event(&Event::new(&stats::KIND, Timestamp::from_secs(7)).with(stats::NAME, name).with(stats::COUNT, 1_u64));
    }

    #[test]
    fn folders_are_named_by_time_and_told_from_others() {
        let at = Timestamp::from_secs(1_795_167_837);
        assert_eq!((name_at(at, Rotate::Day), name_at(at, Rotate::Hour)), ("2026-11-20".to_owned(), "2026-11-20T09".to_owned()));
        for (name, expected) in
            [("2026-11-20", true), ("2026-11-20T09", true), ("state", false), ("2026-11-2x", false), ("2026-11-20T", false)]
        {
            assert_eq!(is_dated(name), expected, "{name}");
        }
    }

    #[test]
    fn what_was_written_after_a_checkpoint_is_taken_back_and_written_on() {
        let root = folder("back");
        let first = Folder::begin(&root, "2026-11-20").expect("a folder");
        let mut logs = first.logs(sinks::Format::Zeek).expect("logs");
        row(&mut logs, "one");
        logs.flush().expect("written");
        let lengths = first.sync().expect("safe");
        let kept = fs::read_to_string(first.path().join("stats.log")).expect("a log");
        row(&mut logs, "two");
        logs.flush().expect("written");
        fs::write(first.path().join("dns.log"), "later").expect("written");
        fs::write(first.path().join("story.json"), "{}").expect("written");
        let later = Folder::begin(&root, "2026-11-21").expect("a folder");
        fs::write(later.path().join("conn.log"), "later").expect("written");
        take_back(&root, "2026-11-20", &lengths).expect("taken back");
        assert_eq!(fs::read_to_string(first.path().join("stats.log")).expect("a log"), kept);
        assert!(!first.path().join("dns.log").exists() && !later.path().join("conn.log").exists());
        assert!(first.path().join("story.json").exists());
        let mut logs = Folder::begin(&root, "2026-11-20").and_then(|folder| folder.logs(sinks::Format::Zeek)).expect("logs");
        row(&mut logs, "three");
        logs.flush().expect("written");
        let text = fs::read_to_string(first.path().join("stats.log")).expect("a log");
        assert!(text.starts_with(&kept) && text.ends_with("three\t1\n") && text.matches("#fields").count() == 1, "{text}");
        fs::remove_dir_all(root).expect("removed");
    }

    #[test]
    fn the_oldest_go_first_and_the_current_never() {
        let root = folder("oldest");
        for name in ["2026-11-18", "2026-11-19", "2026-11-20", "other"] {
            fs::create_dir_all(root.join(name)).expect("a folder");
            fs::write(root.join(name).join("conn.log"), vec![b'x'; 1_000]).expect("written");
        }
        assert_eq!(remove_oldest(&root, "2026-11-20", 2_500).expect("looked at"), ["2026-11-18"]);
        assert_eq!(remove_oldest(&root, "2026-11-20", 10).expect("looked at"), ["2026-11-19"]);
        assert!(root.join("2026-11-20").exists() && root.join("other").exists());
        fs::remove_dir_all(root).expect("removed");
    }
}
