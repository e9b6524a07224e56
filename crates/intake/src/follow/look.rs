//! Which files are there, and what they have to do with those that were read: the same, its rest under another name, a copy, or new.
//!
//! Nothing here believes a name. A file is the one that was read if it has its device and inode and its bytes before the offset
//! (held open, the inode alone says so); its rest is searched among the names that rotation gives.

use super::content::About;
use super::log::{Kinship, Log};
use super::names;
use super::pattern::{Expanded, names as names_in};
use super::{FILES_MAX, Follower};
use crate::Count;
use crate::position::{FileId, FileState, Position};
use crate::settings::Begin;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// After this long without news, a file that was renamed or is gone is left: its writer has been told by then.
const LEAVE: Duration = Duration::from_secs(10);

/// A packed file that has not grown for so long is whole.
const SETTLE: Duration = Duration::from_secs(2);

/// How long later generations of its log wait for it, so that each is read in its order: packing takes no longer.
const SETTLE_MAX: Duration = Duration::from_secs(60);

/// Files that are held open when nothing comes of them; more are opened when they have grown. Half of what a process may open.
const IDLE_OPEN_MAX: usize = 400;

/// A file that is there.
#[derive(Clone, Debug)]
pub(super) struct Found {
    about: About,
    path: PathBuf,
    name: Arc<Path>,
    source: usize,
    wanted: bool,
}

/// What is remembered of files that are not read (yet).
#[derive(Debug, Default)]
pub(super) struct Unread {
    /// Packed files that may still be written to.
    settling: HashMap<FileId, Settling>,
    /// Copies of what is read elsewhere: their size and time when that was seen.
    copies: HashMap<FileId, About>,
    /// Files that could not be opened, so that each is counted once.
    pub(super) refused: BTreeSet<PathBuf>,
}

/// A packed file that may still be written to.
#[derive(Clone, Copy, Debug)]
struct Settling {
    size: u64,
    /// Since when it has that size.
    since: Instant,
    /// When it was first seen.
    seen: Instant,
}

impl Unread {
    /// Whether something is waited for.
    pub(super) fn is_settling(&self) -> bool {
        !self.settling.is_empty()
    }

    /// Whether a packed file has been left alone by whoever writes it; if not, whether it is worth to wait for.
    fn settled(&mut self, about: &About, now: Instant) -> Result<(), bool> {
        let fresh = Settling { size: about.size, since: now, seen: now };
        let known = self.settling.entry(about.id).or_insert(fresh);
        if known.size != about.size {
            (known.size, known.since) = (about.size, now);
        }
        if about.size > 0 && now.duration_since(known.since) >= SETTLE {
            self.settling.remove(&about.id);
            return Ok(());
        }
        Err(now.duration_since(known.seen) < SETTLE_MAX)
    }

    fn keep_only(&mut self, found: &[Found]) {
        let there: BTreeSet<FileId> = found.iter().map(|found| found.about.id).collect();
        self.settling.retain(|id, _| there.contains(id));
        self.copies.retain(|id, _| there.contains(id));
        self.refused.retain(|path| path.exists());
    }
}

/// The log that a file belongs to.
pub(super) fn log_name(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().as_bytes();
    path.with_file_name(OsStr::from_bytes(&names::base(name)))
}

impl Follower {
    /// Looks for files, and decides what to do with each.
    pub(super) fn look(&mut self, now: Instant) {
        let found = self.find();
        self.unread.keep_only(&found);
        for log in &mut self.logs {
            log.present = false;
        }
        let mut new = Vec::new();
        for found in found {
            match self.same_file(&found) {
                Some(at) => self.seen_again(at, found),
                None => new.push(found),
            }
        }
        self.find_continued(&mut new);
        new.sort_by_cached_key(|found| {
            let generation = names::generation(found.path.file_name().unwrap_or_default().as_bytes());
            (Arc::clone(&found.name), found.about.modified_ns, std::cmp::Reverse(generation), found.path.clone())
        });
        let mut waiting: Option<Arc<Path>> = None;
        for found in new {
            let name = Arc::clone(&found.name);
            if waiting.as_ref() != Some(&name) && self.take_new(found, now) {
                waiting = Some(name);
            }
        }
        self.leave(now);
        for source in &mut self.sources {
            source.first_look = false;
        }
    }

    /// All files that patterns lead to, and those beside them that rotation made of them.
    fn find(&mut self) -> Vec<Found> {
        let (mut all, mut known, mut folders) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
        for (number, source) in self.sources.iter().enumerate() {
            let mut expanded = Expanded::default();
            source.patterns.iter().for_each(|pattern| pattern.expand(&mut expanded));
            let mut names: BTreeMap<PathBuf, Arc<Path>> = BTreeMap::new();
            let mut add = |path: PathBuf, name: Arc<Path>, wanted| {
                if let Some(about) = About::of(&path)
                    && all.len() < FILES_MAX
                    && known.insert(about.id)
                {
                    all.push(Found { about, path, name, source: number, wanted });
                }
            };
            for path in expanded.paths {
                let name = names.entry(log_name(&path)).or_insert_with_key(|name| Arc::from(name.as_path()));
                add(path, Arc::clone(name), true);
            }
            for log in self.logs.iter().filter(|log| log.source == number) {
                names.entry(log.name.to_path_buf()).or_insert_with(|| Arc::clone(&log.name));
            }
            folders.extend(expanded.folders.iter().cloned());
            let beside: BTreeSet<PathBuf> = names.keys().filter_map(|name| name.parent()).map(Path::to_owned).collect();
            for folder in beside {
                for name in names_in(&folder).into_iter().filter(|name| names::is_rotated(name)) {
                    let path = folder.join(OsStr::from_bytes(&name));
                    if let Some(name) = names.get(&log_name(&path)) {
                        add(path, Arc::clone(name), false);
                    }
                }
            }
            let mut elsewhere = Expanded::default();
            source.rotated.iter().for_each(|pattern| pattern.expand(&mut elsewhere));
            for path in elsewhere.paths {
                let log = log_name(&path);
                // A log of that name, in whatever folder.
                if let Some((_, name)) = names.iter().find(|(name, _)| name.file_name() == log.file_name()) {
                    add(path, Arc::clone(name), false);
                }
            }
        }
        self.watches.watch(&folders);
        all
    }

    /// The log that is read from a file.
    fn same_file(&self, found: &Found) -> Option<usize> {
        let is_it = |log: &Log| {
            let unchanged =
                log.mark.path == found.path && (log.mark.state != FileState::Done || log.mark.modified_ns == found.about.modified_ns);
            // Held open, its inode cannot be another's. Closed and unchanged, what is in it shows when it is read on.
            log.content.is_some() || unchanged || log.mark.offset == 0 || log.compare(&found.path) != Kinship::Other
        };
        self.logs.iter().position(|log| log.mark.file == found.about.id && !log.present && is_it(log))
    }

    fn seen_again(&mut self, at: usize, found: Found) {
        let open = self.logs.iter().filter(|log| log.content.is_some()).count();
        let log = &mut self.logs[at];
        log.present = true;
        log.wanted |= found.wanted;
        log.mark.path = found.path;
        if log.content.is_none() && log.mark.state != FileState::Done && (!log.checked || found.about.size != log.mark.offset) {
            log.checked = true;
            if let Err(error) = log.open() {
                self.refuse(at, &error);
            }
        } else if log.content.is_some() && log.at_end && open > IDLE_OPEN_MAX {
            log.content = None;
        }
    }

    /// Finds what was read, and is no longer where it was, among what is new.
    fn find_continued(&mut self, new: &mut Vec<Found>) {
        for at in 0..self.logs.len() {
            if self.logs[at].present {
                continue;
            }
            let (mut place, mut moved) = (0, false);
            while place < new.len() {
                let log = &self.logs[at];
                let related = new[place].name == log.name && !moved;
                let kinship = if related { log.compare(&new[place].path) } else { Kinship::Other };
                if kinship == Kinship::Other {
                    place += 1;
                    continue;
                }
                let found = new.remove(place);
                if kinship == Kinship::Older {
                    self.remember_read(found);
                    continue;
                }
                moved = true;
                // What is held open is read to its end first.
                if log.content.is_none() || log.at_end {
                    self.continue_in(at, &found, kinship);
                }
            }
        }
    }

    pub(super) fn continue_in(&mut self, at: usize, found: &Found, kinship: Kinship) {
        let log = &mut self.logs[at];
        log.move_to(&found.about, found.path.clone());
        log.checked = true;
        if kinship == Kinship::Same {
            log.mark.state = FileState::Done;
            self.tell_position(at);
        } else if let Err(error) = log.open() {
            self.refuse(at, &error);
        }
    }

    /// A copy of what was read: nothing of it is to be handed on.
    fn remember_read(&mut self, found: Found) {
        let mut log = self.new_log(found);
        if log.skip_to_end().is_ok() {
            log.checked = true;
            self.logs.push(log);
            self.tell_position(self.logs.len() - 1);
        }
    }

    /// A file that was never read, with a number of its own.
    fn new_log(&mut self, found: Found) -> Log {
        self.next += 1;
        Log::new(self.next - 1, &found.about, found.path, found.name, found.source, found.wanted)
    }

    /// Begins to read a file; whether what is newer of its log must wait until it can be.
    fn take_new(&mut self, found: Found, now: Instant) -> bool {
        let packed = found.path.extension().is_some_and(|extension| extension == "gz" || extension == "zst");
        if self.logs.len() >= FILES_MAX || (!found.wanted && !self.is_missed(&found)) {
            return false;
        }
        if self.unread.copies.get(&found.about.id) == Some(&found.about) {
            return false;
        }
        if packed && let Err(wait) = self.unread.settled(&found.about, now) {
            return wait;
        }
        // A log that was truncated since it was last read has its rest in one of these files.
        while let Some(torn) = self.logs.iter_mut().position(|log| log.name == found.name && log.is_torn()) {
            self.torn(torn);
        }
        if self.logs.iter().any(|log| log.mark.file == found.about.id && log.present) {
            return false;
        }
        let related = self.logs.iter_mut().filter(|log| log.name == found.name && log.present);
        let copied = |log: &mut Log| {
            if packed { log.compare(&found.path) != Kinship::Other } else { log.copied_to(&found.path, found.about.size) }
        };
        if related.into_iter().any(copied) {
            self.unread.copies.insert(found.about.id, found.about);
            return false;
        }
        let begin = &self.sources[found.source];
        if begin.first_look && begin.begin == Begin::End {
            self.remember_read(found);
            return false;
        }
        let mut log = self.new_log(found);
        log.checked = true;
        match log.open() {
            Ok(()) => {
                self.sources[log.source].counting.add(Count::Files, 1);
                self.unread.refused.remove(&log.mark.path);
                self.logs.push(log);
            }
            Err(_) if self.unread.refused.insert(log.mark.path.clone()) => self.sources[log.source].counting.add(Count::Unreadable, 1),
            Err(_) => {}
        }
        false
    }

    /// Whether a rotated file, which no pattern names, is a generation of a followed log that came and went unseen: written to
    /// after the last one that was read.
    fn is_missed(&self, found: &Found) -> bool {
        let rotated = |log: &&Log| log.name == found.name && log.wanted && (!log.present || *log.mark.path != *log.name);
        let last = self.logs.iter().filter(rotated).map(|log| log.mark.modified_ns).max();
        last.is_some_and(|last| found.about.modified_ns >= last)
    }

    /// Leaves files that were renamed or are gone, once nothing more comes.
    fn leave(&mut self, now: Instant) {
        let mut at = 0;
        while at < self.logs.len() {
            let renamed = names::is_rotated(self.logs[at].mark.path.file_name().unwrap_or_default().as_bytes());
            let log = &mut self.logs[at];
            let going = !log.present || renamed;
            if !going || (log.content.is_some() && !log.at_end) {
                log.quiet_since = None;
            } else if now.duration_since(*log.quiet_since.get_or_insert(now)) >= LEAVE {
                if log.content.is_some() {
                    self.read_last(at);
                }
                if !self.logs[at].present {
                    self.forget(at);
                    continue;
                }
            }
            at += 1;
        }
    }

    /// What was read before is gone from a file: it was truncated, or another was made in its place. Its rest is searched among
    /// the rotated ones; the file itself is looked at as if it had never been seen.
    pub(super) fn torn(&mut self, at: usize) {
        self.wants_look = true;
        self.sources[self.logs[at].source].counting.add(Count::Truncated, 1);
        let torn = self.logs.remove(at);
        // Others of its generations may be torn too, and their files' numbers given to what is searched for here.
        let whole = self.logs.iter_mut().filter_map(|log| (log.name != torn.name || !log.is_torn()).then_some(log.mark.file));
        let known: BTreeSet<FileId> = whole.collect();
        let copies = self.find().into_iter().filter(|found| found.name == torn.name && !known.contains(&found.about.id));
        for found in copies {
            match torn.compare(&found.path) {
                Kinship::Other => {}
                Kinship::Older => self.remember_read(found),
                kinship => {
                    let mut log = Log::remembered(torn.mark, torn.name, torn.source, torn.wanted);
                    log.at_end = torn.at_end;
                    self.logs.insert(at, log);
                    self.continue_in(at, &found, kinship);
                    return;
                }
            }
        }
        self.tell(torn.source, Position::Gone(torn.mark.number), &torn.name);
    }
}
