//! What `read` was given: captures and logs of others, told apart by their first bytes.

use anyhow::{Result, anyhow};
use capture::{OpenError, Source};
use formats::{Calendar, SourceAbout};
use jiff::tz::{Offset, TimeZone};
use model::Timestamp;
use pipeline::LogInput;
use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// How much of a file is looked at.
const HEAD_BYTES: u64 = 64 << 10;
/// A file in which at least one record of so many is recognised is a log: others write to the same file.
const RECOGNISED_SHARE: usize = 5;

/// Captures and logs, opened.
pub(crate) struct Inputs {
    /// The captures, as one.
    pub(crate) source: Option<Source>,
    /// The logs.
    pub(crate) logs: Vec<LogInput>,
    /// Bytes of everything, as stored; `None` where a pipe is among them.
    pub(crate) total: Option<u64>,
}

impl Inputs {
    /// Opens files. What is no log is taken for a capture, and refused there if it is none.
    pub(crate) fn open(files: &[PathBuf], zone: &TimeZone) -> std::result::Result<Self, OpenError> {
        let (mut captures, mut logs, mut log_bytes) = (Vec::new(), Vec::new(), 0);
        for file in files {
            match log(file, zone) {
                Some(input) => {
                    log_bytes += fs::metadata(file).map_or(0, |about| about.len());
                    logs.push(input);
                }
                None => captures.push(file.clone()),
            }
        }
        let source = if captures.is_empty() && !logs.is_empty() { None } else { Some(Source::open(&captures)?) };
        let total = source.as_ref().map_or(Some(0), Source::total).map(|bytes| bytes + log_bytes);
        Ok(Self { source, logs, total })
    }
}

/// A zone by its name, or by its distance from UTC.
pub(crate) fn zone(name: Option<&str>) -> Result<TimeZone> {
    let Some(name) = name else { return Ok(TimeZone::UTC) };
    zone_named(name).ok_or_else(|| anyhow!("--zone {name}: no such time zone; write Asia/Tokyo or +09:00"))
}

/// The same, if there is one of the name.
pub(crate) fn zone_named(name: &str) -> Option<TimeZone> {
    if let Ok(zone) = TimeZone::get(name) {
        return Some(zone);
    }
    let offset = name.split_at_checked(1).and_then(|(sign, rest)| {
        let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "0"));
        let secs = hours.parse::<i32>().ok()? * 3600 + minutes.parse::<i32>().ok()? * 60;
        Offset::from_seconds(if sign == "-" { -secs } else { secs }).ok().filter(|_| matches!(sign, "+" | "-"))
    });
    offset.map(TimeZone::fixed)
}

/// A file as a log, if its first records are some format's.
fn log(file: &Path, zone: &TimeZone) -> Option<LogInput> {
    if file == Path::new("-") || !file.is_file() {
        return None;
    }
    let mut bytes = capture::plain(file).ok()?;
    let mut head = Vec::new();
    // What cannot be unpacked to this length may still be read up to its damage.
    let _ = (&mut bytes).take(HEAD_BYTES).read_to_end(&mut head);
    // What says that it is a capture is one, however much a piece of it looks like a line of some log.
    if capture::is_capture(&head) {
        return None;
    }
    let (recognised, records) = formats::recognised(&file.display().to_string(), &head);
    if recognised == 0 || recognised * RECOGNISED_SHARE < records {
        return None;
    }
    let calendar = Calendar { zone: zone.clone(), latest: written(file) };
    let about = SourceAbout { name: file.display().to_string(), calendar };
    Some(LogInput { about, bytes: Box::new(Cursor::new(head).chain(bytes)) })
}

/// When a file was last written: the latest time that its records can have.
fn written(file: &Path) -> Timestamp {
    let at = fs::metadata(file).and_then(|about| about.modified()).unwrap_or_else(|_| SystemTime::now());
    let secs = at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Timestamp::from_secs(i64::try_from(secs).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capture_full_of_log_lines_is_a_capture() {
        let line = b"<34>Oct 11 22:14:15 gw su: 'su root' failed for lonvick on /dev/pts/8\n".repeat(40);
        let head = [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 1];
        let capture: Vec<u8> = head.iter().flat_map(|word| word.to_le_bytes()).chain(line.iter().copied()).collect();
        let file = std::env::temp_dir().join(format!("hyakuyo-inputs-{}", std::process::id()));
        let is_log = |bytes: &[u8]| {
            fs::write(&file, bytes).unwrap();
            log(&file, &TimeZone::UTC).is_some()
        };
        assert!(is_log(&line) && !is_log(&capture));
        fs::remove_file(&file).unwrap();
    }
}
