//! What is to be taken in.

use std::path::PathBuf;

/// Sources at most: each has its share of the room, and some a thread.
pub const SOURCES_MAX: usize = 64;

/// All sources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// In the order of their numbers.
    pub sources: Vec<Source>,
}

/// One source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name: for people, and for the position of what has no file. No two the same.
    pub name: String,
    /// What it is.
    pub origin: Origin,
}

/// Where records come from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// Files that others write.
    Files(Files),
}

/// Files that others write, and rotate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// Which: absolute paths in whose parts `*`, `?`, `[a-z]` may stand, and `**` for any number of folders. Packed ones (`.gz`, `.zst`) are
    /// read once, whole. A file that two sources name belongs to the first.
    pub patterns: Vec<String>,
    /// Where rotated files lie that are not beside their log (logrotate's `olddir`): searched for what was not read before rotation, and
    /// read for nothing else.
    pub rotated: Vec<String>,
    /// Where to begin in files that are there when the source is looked at for the very first time.
    pub begin: Begin,
    /// Not to trust the kernel's word for changes (network file systems never tell): look every second.
    pub poll: bool,
}

/// Where to begin in a file that was there before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Begin {
    /// At its first record.
    #[default]
    Start,
    /// Behind its last: what comes from now on.
    End,
}

/// Settings that cannot be.
#[derive(Debug)]
pub enum OpenError {
    /// More sources than [`SOURCES_MAX`].
    TooManySources(usize),
    /// Two sources of one name.
    SameName(String),
    /// A pattern that is not an absolute path, or is malformed.
    Pattern {
        /// Of which source.
        source: String,
        /// The pattern.
        pattern: String,
    },
    /// The system refused what a source needs.
    System {
        /// Which source.
        source: String,
        /// What was tried.
        what: String,
        /// What it said.
        error: std::io::Error,
    },
}

impl std::fmt::Display for OpenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooManySources(count) => write!(f, "{count} sources; {SOURCES_MAX} are the most"),
            Self::SameName(name) => write!(f, "two sources are named {name:?}"),
            Self::Pattern { source, pattern } => {
                write!(f, "source {source:?}: {pattern:?} is not an absolute path with *, ?, [a-z] or ** in its parts")
            }
            Self::System { source, what, error } => write!(f, "source {source:?}: {what}: {error}"),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::System { error, .. } => Some(error),
            _ => None,
        }
    }
}

impl Settings {
    /// The folders that must stay readable while it runs, for a sandbox: those in which followed files lie or may come to lie.
    pub fn folders(&self) -> Vec<PathBuf> {
        let mut all = Vec::new();
        for Source { origin: Origin::Files(files), .. } in &self.sources {
            let patterns = files.patterns.iter().chain(&files.rotated);
            all.extend(patterns.filter_map(|pattern| crate::follow::Pattern::parse(pattern)).map(|pattern| pattern.fixed().to_owned()));
        }
        all.sort();
        all.dedup();
        all
    }
}
