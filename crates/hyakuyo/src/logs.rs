//! A folder of logs with its story, as the commands behind `read` take it up again.

use crate::read::{STORY, at};
use crate::rows::{self, Field};
use anyhow::{Result, anyhow, bail};
use flate2::read::MultiGzDecoder;
use formats::zeek::{Log, Merge};
use model::Kind;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use story::Story;

/// A row of a log.
pub(crate) struct Row<'r>(&'r [Field<'r>]);

impl Row<'_> {
    /// A cell; `None` where it is unset or empty.
    pub(crate) fn get(&self, column: &str) -> Option<&str> {
        let field = self.0.iter().find(|field| field.name == column)?;
        (!matches!(&*field.text, "" | "-" | "(empty)")).then_some(&*field.text)
    }
}

/// The story of a folder.
pub(crate) fn story_in(folder: &Path) -> Result<Story> {
    let path = folder.join(STORY);
    let text = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && folder.is_dir() => {
            bail!("{}: no story in this folder; `hyakuyo read CAPTURE -o {0}` writes {STORY}", folder.display())
        }
        Err(error) => return Err(at(&path, &error)),
        Ok(text) => text,
    };
    let story: Story = serde_json::from_str(&text).map_err(|error| anyhow!("{}: {error}", path.display()))?;
    if story.version > story::VERSION {
        bail!("{}: version {} was written by a newer hyakuyo", path.display(), story.version);
    }
    Ok(story)
}

/// The files of one log in a folder, rotated ones among them, in the order of their names; none where there is none.
pub(crate) fn logs_named(folder: &Path, log: &str) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).map_err(|error| at(folder, &error))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| at(folder, &error))?.path();
        if rows::log_name(&path) == Some(log) && path.is_file() {
            found.push(path);
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Every row of a log.
pub(crate) fn each_row(path: &Path, visit: &mut dyn FnMut(&Row<'_>)) -> Result<()> {
    rows::scan(path, &mut |_| true, &mut |_, fields| visit(&Row(&fields))).map_err(|error| at(path, &error))
}

/// Logs that say what was found before, or how it was read: they are no evidence.
const NO_EVIDENCE: [&str; 4] = ["finding", "packet_filter", "stats", "capture_loss"];
/// Logs of one folder that are read side by side, each an open file: a day of hourly ones.
const LOGS_MAX: usize = 900;

/// All logs of a folder that are evidence, ours or Zeek's, ready to be read in one order.
pub(crate) fn evidence_in(folder: &Path) -> Result<Merge> {
    let kinds = pipeline::kinds();
    let kind_of = |name: &str| -> Option<&'static Kind> {
        // What `stack.log` tells, detectors know as a fact between parts of the program.
        static STACK: Kind = model::kinds::stack::KIND;
        if name == STACK.name.trim_start_matches('_') {
            return Some(&STACK);
        }
        kinds.iter().copied().find(|kind| kind.name == name && !NO_EVIDENCE.contains(&name))
    };
    let mut logs = Vec::new();
    for path in sorted_files(folder)? {
        let Some(kind) = rows::log_name(&path).and_then(kind_of) else { continue };
        if logs.len() >= LOGS_MAX {
            bail!("{}: more than {LOGS_MAX} logs; put some days into folders of their own", folder.display());
        }
        let file = File::open(&path).map_err(|error| at(&path, &error))?;
        let packed = path.extension().is_some_and(|ending| ending == "gz");
        let bytes: Box<dyn Read> = if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        logs.push(Log::new(&name, kind, Box::new(BufReader::new(bytes))));
    }
    if logs.is_empty() {
        bail!("{}: no logs in this folder (they are called conn.log, dns.log …; `hyakuyo read` writes them)", folder.display());
    }
    Ok(Merge::new(logs))
}

fn sorted_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| at(folder, &error))? {
        let path = entry.map_err(|error| at(folder, &error))?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort_unstable();
    Ok(files)
}
