//! Path patterns: `/var/log/*/access.log`, `/srv/logs/**/*.json`.

use super::FILES_MAX;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// Entries of one folder that are looked at: a folder with more is somebody's store, and not of logs.
const ENTRIES_MAX: usize = 100_000;

/// Folders below each other that `**` walks.
const DEPTH_MAX: usize = 16;

/// Folders that a pattern leads through; each is watched.
const FOLDERS_MAX: usize = 1_000;

/// A path pattern.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    fixed: PathBuf,
    parts: Vec<Vec<u8>>,
}

/// What a pattern leads to.
#[derive(Debug, Default)]
pub(super) struct Expanded {
    /// Paths that fit, in order.
    pub(super) paths: Vec<PathBuf>,
    /// The folders in which such may appear.
    pub(super) folders: Vec<PathBuf>,
}

impl Pattern {
    /// Reads a pattern; `None` where it is not an absolute path, or a bracket is not closed.
    pub(crate) fn parse(pattern: &str) -> Option<Self> {
        let rest = pattern.strip_prefix('/')?;
        let mut parts: Vec<Vec<u8>> = rest.split('/').filter(|part| !part.is_empty() && *part != ".").map(|part| part.into()).collect();
        let whole = !parts.is_empty() && !pattern.ends_with('/') && parts.iter().all(|part| part != b".." && closed(part));
        if !whole {
            return None;
        }
        let fixed_parts = parts[..parts.len() - 1].iter().take_while(|part| !has_wildcard(part)).count();
        let mut fixed = PathBuf::from("/");
        parts.drain(..fixed_parts).for_each(|part| fixed.push(OsStr::from_bytes(&part)));
        Some(Self { fixed, parts })
    }

    /// The folder below which everything lies that can fit.
    pub(crate) fn fixed(&self) -> &Path {
        &self.fixed
    }

    /// Whether a path fits.
    pub(super) fn fits(&self, path: &Path) -> bool {
        let Ok(rest) = path.strip_prefix(&self.fixed) else { return false };
        let names: Vec<&[u8]> = rest.components().map(|part| part.as_os_str().as_bytes()).collect();
        fits_path(&self.parts, &names)
    }

    /// What fits now.
    pub(super) fn expand(&self, into: &mut Expanded) {
        expand(&self.fixed, &self.parts, 0, into);
    }
}

fn fits_path(parts: &[Vec<u8>], names: &[&[u8]]) -> bool {
    match (parts, names) {
        ([], []) => true,
        ([part, rest @ ..], _) if part == b"**" => {
            fits_path(rest, names) || names.split_first().is_some_and(|(_, others)| fits_path(parts, others))
        }
        ([part, rest @ ..], [name, others @ ..]) => fits(part, name) && fits_path(rest, others),
        _ => false,
    }
}

fn expand(folder: &Path, parts: &[Vec<u8>], depth: usize, into: &mut Expanded) {
    let Some((part, rest)) = parts.split_first() else { return };
    if into.folders.len() >= FOLDERS_MAX || into.paths.len() >= FILES_MAX {
        return;
    }
    into.folders.push(folder.to_owned());
    if part == b"**" {
        expand(folder, rest, depth, into);
        if depth < DEPTH_MAX {
            for name in names(folder) {
                let path = folder.join(OsStr::from_bytes(&name));
                // A link may lead around in a circle.
                if path.symlink_metadata().is_ok_and(|about| about.is_dir()) {
                    expand(&path, parts, depth + 1, into);
                }
            }
        }
        return;
    }
    let fitting = if has_wildcard(part) {
        names(folder).into_iter().filter(|name| fits(part, name) && (name[0] != b'.' || part[0] == b'.')).collect()
    } else {
        vec![part.clone()]
    };
    for name in fitting {
        let path = folder.join(OsStr::from_bytes(&name));
        if rest.is_empty() {
            if into.paths.len() < FILES_MAX {
                into.paths.push(path);
            }
        } else if path.is_dir() {
            expand(&path, rest, depth, into);
        }
    }
}

/// The names in a folder, in order; none where it cannot be read.
pub(super) fn names(folder: &Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().take(ENTRIES_MAX);
    let mut all: Vec<Vec<u8>> = entries.map(|entry| entry.file_name().as_bytes().to_vec()).collect();
    all.sort();
    all
}

fn has_wildcard(part: &[u8]) -> bool {
    part.iter().any(|byte| b"*?[".contains(byte))
}

fn closed(part: &[u8]) -> bool {
    let mut rest = part;
    while let Some(open) = memchr::memchr(b'[', rest) {
        match set(&rest[open..]) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    true
}

/// A set of bytes in brackets: what is in it, and what follows.
fn set(pattern: &[u8]) -> Option<(&[u8], &[u8])> {
    // A bracket that stands first is one of the set.
    let negated = usize::from(matches!(pattern.get(1), Some(b'!' | b'^')));
    let close = memchr::memchr(b']', pattern.get(2 + negated..)?)? + 2 + negated;
    Some((&pattern[1..close], &pattern[close + 1..]))
}

fn in_set(set: &[u8], byte: u8) -> bool {
    let (negated, mut rest) = match set {
        [b'!' | b'^', rest @ ..] => (true, rest),
        _ => (false, set),
    };
    let mut found = false;
    while let [first, tail @ ..] = rest {
        if let [b'-', last, tail @ ..] = tail {
            found |= (*first..=*last).contains(&byte);
            rest = tail;
        } else {
            found |= *first == byte;
            rest = tail;
        }
    }
    found != negated
}

/// Whether a name fits a part with wildcards. Goes back to the last star only, so the work is at most their product.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    let (mut rest, mut name, mut star) = (pattern, name, None);
    loop {
        let advanced = match rest {
            [b'*', tail @ ..] => {
                star = Some((tail, name));
                rest = tail;
                continue;
            }
            [] if name.is_empty() => return true,
            _ => name.split_first().and_then(|(byte, others)| Some((one(rest, *byte)?, others))),
        };
        if let Some((tail, others)) = advanced {
            (rest, name) = (tail, others);
            continue;
        }
        let Some((tail, from)) = star else { return false };
        let [_, others @ ..] = from else { return false };
        (rest, name, star) = (tail, others, Some((tail, others)));
    }
}

/// What follows in the pattern where its first part fits a byte.
fn one(pattern: &[u8], byte: u8) -> Option<&[u8]> {
    match pattern {
        [b'?', tail @ ..] => Some(tail),
        [b'[', ..] => set(pattern).and_then(|(set, tail)| in_set(set, byte).then_some(tail)),
        [other, tail @ ..] => (*other == byte).then_some(tail),
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_patterns() {
        for (pattern, name, expected) in [
            ("*.log", "a.log", true),
            ("*.log", ".log", true),
            ("*.log", "a.log.1", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("[a-c]x[!0-9]", "bxy", true),
            ("[a-c]x[!0-9]", "bx1", false),
            ("[]x]", "]", true),
            ("[a-]", "-", true),
            ("*a*b*", "xxaxxbxx", true),
            ("*a*b*", "xxbxxaxx", false),
            ("", "", true),
            ("**", "any", true),
        ] {
            assert_eq!(fits(pattern.as_bytes(), name.as_bytes()), expected, "{pattern} {name}");
        }
        assert!(!fits(&[b"*a".repeat(50), b"b".to_vec()].concat(), &b"a".repeat(2_000)));
    }

    #[test]
    fn only_absolute_and_whole_patterns_are_taken() {
        for wrong in ["", "a", "/", "/var/log/", "/var/[a", "/a/../b", "var/log/*"] {
            assert!(Pattern::parse(wrong).is_none(), "{wrong}");
        }
        for (pattern, fixed) in [("/var/log/syslog", "/var/log"), ("/var/*/a", "/var"), ("/syslog", "/"), ("/a//b/./**/c", "/a/b")] {
            assert_eq!(Pattern::parse(pattern).unwrap().fixed(), Path::new(fixed), "{pattern}");
        }
        let fits = |pattern: &str, path: &str| Pattern::parse(pattern).unwrap().fits(Path::new(path));
        assert!(fits("/a/*/c.log", "/a/b/c.log") && fits("/a/**/c.log", "/a/c.log") && fits("/a/**/c.log", "/a/x/y/c.log"));
        assert!(!fits("/a/*/c.log", "/a/c.log") && !fits("/a/**/c.log", "/b/c.log"));
    }
}
