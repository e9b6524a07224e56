//! A folder of logs with its story, as the commands behind `read` take it up again.

use crate::read::{STORY, at};
use crate::rows::{self, Field};
use anyhow::{Result, anyhow, bail};
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
