//! `hyakuyo formats`: which formats the records of a log are in, what had to be assumed, and what could not be read and why.

use crate::terminal::{self, Style, count, pad};
use anyhow::{Context as _, Result};
use formats::{CATALOGUE, Calendar, Counts, Reader, Skew, SourceAbout};
use pipeline::LogRead;
use serde_json::json;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Runs the command: all formats, or those of files.
pub(crate) fn run(files: &[PathBuf], json: bool) -> Result<()> {
    if files.is_empty() {
        return Ok(terminal::print(&overview(json, Style::stdout()))?);
    }
    for file in files {
        let counts = counted(file)?;
        let text = if json { as_json(file, &counts) } else { text(file, &counts, Style::stdout()) };
        terminal::print(&text)?;
    }
    Ok(())
}

/// What is said after reading: nothing of a log that was read whole.
pub(crate) fn told(log: &LogRead) -> String {
    let unread: u64 = log.counts.unread.iter().map(|unread| unread.count).sum::<u64>() + log.counts.unread_more;
    let mut out = String::new();
    let name = terminal::safe(&log.name);
    if unread > 0 {
        let _ = writeln!(
            out,
            "hyakuyo: {name}: {unread} of {} records could not be read (raw.log); `hyakuyo formats` shows them by pattern",
            log.counts.records
        );
    }
    let (years, zones) = log.counts.assumed;
    if years > 0 {
        let _ = writeln!(out, "hyakuyo: {name}: {years} records do not say their year; counted back from when the file was last written");
    }
    if zones > 0 {
        let _ = writeln!(out, "hyakuyo: {name}: {zones} records do not say their time zone; --zone sets it, UTC was taken unless set");
    }
    for (device, skew) in log.counts.skewed.iter().take(SKEWED_TOLD_MAX) {
        let _ = writeln!(out, "hyakuyo: {name}: {}; their relay's time was taken", skewed(device, skew));
    }
    if let Some(error) = &log.error {
        let _ = writeln!(out, "hyakuyo: {name}: read up to an error: {}", terminal::safe(error));
    }
    out
}

/// Devices with wrong clocks that are told of one by one after reading.
const SKEWED_TOLD_MAX: usize = 5;

/// `the clock of 192.168.1.252 is 9 h 0 min ahead (42 records)`.
fn skewed(device: &[u8], skew: &Skew) -> String {
    let secs = skew.ahead.nanos() / 1_000_000_000;
    let (amount, way) = (secs.unsigned_abs(), if secs < 0 { "behind" } else { "ahead" });
    let apart = match (amount / 86_400, amount / 3600 % 24, amount / 60 % 60) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} days {hours} h"),
    };
    let device = String::from_utf8_lossy(device);
    let device = terminal::safe(&device);
    format!("the clock of {device} is {apart} {way} ({})", count(skew.records, "record"))
}

fn counted(file: &Path) -> Result<Counts> {
    const PIECE_BYTES: usize = 64 << 10;
    let mut bytes = capture::plain(file).map_err(|error| crate::read::at(file, &error))?;
    let about = SourceAbout { name: file.display().to_string(), calendar: Calendar::default() };
    let mut reader = Reader::new(&about, &pipeline::AllKinds);
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        match bytes.read(&mut piece).with_context(|| file.display().to_string())? {
            0 => break,
            count => reader.feed(&piece[..count], &mut |_, _| ()),
        }
    }
    reader.finish(&mut |_, _| ());
    Ok(reader.counts())
}

fn overview(json: bool, style: Style) -> String {
    let widest = CATALOGUE.iter().map(|row| row.name().len()).max().unwrap_or(0);
    let mut out = String::new();
    for row in CATALOGUE {
        let _ = if json {
            writeln!(out, "{}", json!({ "format": row.name(), "about": row.about() }))
        } else {
            writeln!(out, "{}  {}", style.name(&pad(row.name(), widest)), row.about())
        };
    }
    if !json {
        let _ = writeln!(out, "\n{} shows what a log is, and what of it could not be read.", style.command("hyakuyo formats FILE"));
    }
    out
}

fn text(file: &Path, counts: &Counts, style: Style) -> String {
    let mut out = format!("{}\n", style.bold(&terminal::safe(&file.display().to_string())));
    let _ = writeln!(out, "  {}, {}", count(counts.records, "record"), count(counts.events, "event"));
    for (format, count) in &counts.formats {
        let share = *count as f64 * 100.0 / counts.records.max(1) as f64;
        let name = if format.is_empty() { "not read" } else { format };
        let _ = writeln!(out, "  {}  {count:>9}  {share:5.1} %", style.name(&pad(name, 16)));
    }
    let (years, zones) = counts.assumed;
    if years + zones > 0 {
        let _ = writeln!(out, "  {years} times without a year, {zones} without a zone");
    }
    for (device, skew) in &counts.skewed {
        let _ = writeln!(out, "  {}", skewed(device, skew));
    }
    if counts.cut > 0 {
        let _ = writeln!(out, "  {} records longer than the limit were cut", counts.cut);
    }
    let mut unread: Vec<_> = counts.unread.iter().collect();
    unread.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.pattern.cmp(&b.pattern)));
    for one in unread {
        let _ = writeln!(out, "\n  {} × {}", one.count, terminal::safe(&one.pattern));
        let nearest = if one.format.is_empty() { String::new() } else { format!("{}: ", one.format) };
        let _ = writeln!(out, "      {}{}", nearest, style.dim(&terminal::safe(&one.reason)));
        let _ = writeln!(out, "      {}", style.dim(&terminal::safe(&String::from_utf8_lossy(&one.example))));
    }
    if counts.unread_more > 0 {
        let _ = writeln!(out, "\n  {} more of other patterns", counts.unread_more);
    }
    out
}

fn as_json(file: &Path, counts: &Counts) -> String {
    let unread: Vec<_> = counts
        .unread
        .iter()
        .map(|one| {
            let example = String::from_utf8_lossy(&one.example);
            json!({ "pattern": one.pattern, "format": one.format, "reason": one.reason, "example": example, "count": one.count })
        })
        .collect();
    let clock = |(device, skew): &(Box<[u8]>, Skew)| json!({ "device": String::from_utf8_lossy(device), "records": skew.records, "ahead_secs": skew.ahead.secs_f64() });
    let clocks: Vec<_> = counts.skewed.iter().map(clock).collect();
    let row = json!({
        "file": file.display().to_string(), "records": counts.records, "events": counts.events, "formats": counts.formats,
        "years_assumed": counts.assumed.0, "zones_assumed": counts.assumed.1, "cut": counts.cut, "unread": unread, "skewed": clocks,
        "unread_more": counts.unread_more,
    });
    format!("{}\n", terminal::safe_json(&row.to_string()))
}
