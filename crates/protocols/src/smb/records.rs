//! What is known of shares, files and requests under way in one connection, and when it becomes a row.
//!
//! Requests and answers, file ids and tree ids refer to the same records; whoever learns something writes it into the
//! record that all of them see. That is how Zeek's rows come about, and so it is done here: records lie in tables by
//! number, and everything else holds numbers.

use super::log::{files, mapping};
use contract::{Emit, FileId};
use model::{Interval, Timestamp, Value};
use std::collections::HashMap;

/// Requests without an answer, open files, and shares that are remembered per connection (Zeek's `max_pending_messages`).
const REMEMBERED_MAX: usize = 1000;

/// For how long the same row about a file is not written again.
const REPEAT_AFTER: Interval = Interval::from_secs(180);

/// Rows that are remembered so as not to be written again.
const RECENT_MAX: usize = 4096;

/// Why rows about files are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Deed {
    /// Opened.
    Open,
    /// Read.
    Read,
    /// Written to.
    Write,
    /// Closed.
    Close,
    /// Deleted.
    Delete,
    /// Renamed.
    Rename,
    /// Attributes set.
    SetAttribute,
}

/// What a share offers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ShareType {
    /// Files.
    #[default]
    Disk,
    /// Named pipes.
    Pipe,
    /// A printer.
    Print,
    /// Something else.
    Other(u8),
}

/// The four times of a file, in Windows' ticks of 100 ns since 1601.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct FileTimes {
    /// Content changed.
    pub(crate) modified: u64,
    /// Read.
    pub(crate) accessed: u64,
    /// Made.
    pub(crate) created: u64,
    /// Anything changed.
    pub(crate) changed: u64,
}

/// A share.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    ts: Timestamp,
    /// Its name.
    pub(crate) path: Option<String>,
    /// Its type in SMB 1.
    pub(crate) service: Option<String>,
    /// The file system behind it.
    pub(crate) native_file_system: Option<String>,
    /// What it offers.
    pub(crate) share_type: ShareType,
}

/// A file.
#[derive(Clone, Debug)]
pub(crate) struct File {
    ts: Timestamp,
    /// Its content.
    pub(crate) fuid: Option<FileId>,
    action: Option<(Deed, ShareType)>,
    /// The share.
    pub(crate) path: Option<String>,
    /// Its name.
    pub(crate) name: Option<String>,
    /// Its size in bytes.
    pub(crate) size: u64,
    prev_name: Option<String>,
    /// Its times.
    pub(crate) times: Option<FileTimes>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileNo(u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct TreeNo(u32);

/// A request under way.
#[derive(Clone, Copy, Debug)]
struct Command {
    file: FileNo,
    tree: Option<TreeNo>,
    create_options: u32,
}

/// All of it, for one connection.
#[derive(Debug, Default)]
pub(crate) struct Records {
    files: HashMap<u32, File>,
    trees: HashMap<u32, Tree>,
    next: u32,
    sweep_at: usize,
    pending: HashMap<u64, Command>,
    by_fid: HashMap<u64, FileNo>,
    by_tid: HashMap<u32, TreeNo>,
    /// The request or answer at hand, by its message id.
    at_hand: Option<(u64, Command)>,
    file: Option<FileNo>,
    tree: Option<TreeNo>,
    recent: HashMap<Box<[u8]>, Timestamp>,
}

impl Records {
    /// A message of SMB 1.
    pub(crate) fn message1(&mut self, at: Timestamp, is_request: bool, mid: u16, tid: u16) {
        let tree = self.tree_of(at, tid.into());
        self.tree = Some(tree);
        self.take_up(at, mid.into(), Some(tree));
        if !is_request {
            self.pending.remove(&u64::from(mid));
        }
    }

    /// A message of SMB 2. `answered` says that the request is no longer pending.
    pub(crate) fn message2(&mut self, at: Timestamp, answered: bool, mid: u64, tid: u32) {
        self.take_up(at, mid, None);
        let known = self.command().tree;
        let tree = match (tid, known) {
            (0, _) => self.new_tree(at),
            (_, Some(tree)) => {
                self.remember_tree(tid, tree);
                tree
            }
            (_, None) => self.tree_of(at, tid),
        };
        self.change_command(|command| command.tree = Some(tree));
        self.file = Some(self.command().file);
        self.tree = Some(tree);
        if answered {
            self.pending.remove(&mid);
        }
    }

    /// A new share record for the request at hand (SMB 1).
    pub(crate) fn connect1(&mut self, at: Timestamp, path: String, service: String) {
        let tree = self.new_tree(at);
        if let Some(record) = self.trees.get_mut(&tree.0) {
            record.path = Some(path);
            record.service = Some(service);
        }
        self.change_command(|command| command.tree = Some(tree));
    }

    /// The share of the request at hand was connected (SMB 1).
    pub(crate) fn connected1(&mut self, at: Timestamp, tid: u16, service: String, native_file_system: String, out: &mut dyn Emit) {
        let tree = match self.command().tree {
            Some(tree) => tree,
            None => self.tree_of(at, tid.into()),
        };
        if let Some(record) = self.trees.get_mut(&tree.0) {
            if service == "IPC" {
                record.share_type = ShareType::Pipe;
            }
            record.service = Some(service);
            if !native_file_system.is_empty() {
                record.native_file_system = Some(native_file_system);
            }
        }
        self.tree = Some(tree);
        self.remember_tree(tid.into(), tree);
        self.write_tree(out);
    }

    /// The share at hand has a name (SMB 2).
    pub(crate) fn connect2(&mut self, path: String) {
        if let Some(tree) = self.tree_mut() {
            tree.path = Some(path);
        }
    }

    /// The share at hand was connected (SMB 2).
    pub(crate) fn connected2(&mut self, share_type: u8, out: &mut dyn Emit) {
        if let Some(tree) = self.tree_mut() {
            tree.share_type = match share_type {
                1 => ShareType::Disk,
                2 => ShareType::Pipe,
                3 => ShareType::Print,
                other => ShareType::Other(other),
            };
        }
        self.write_tree(out);
    }

    /// A share was left (SMB 2).
    pub(crate) fn disconnect2(&mut self, tid: u32) {
        if self.by_tid.remove(&tid).is_some() {
            self.tree = None;
            self.change_command(|command| command.tree = None);
        }
    }

    /// The share at hand turned out to hold pipes, by the name of what was opened in it.
    pub(crate) fn guess_pipe(&mut self) {
        if let Some(tree) = self.tree_mut() {
            tree.path = Some("<unknown>".to_owned());
            tree.share_type = ShareType::Pipe;
        }
    }

    /// A file is being opened (SMB 1): a new record for it.
    pub(crate) fn open1(&mut self, at: Timestamp, name: String) {
        let file = self.new_file(at);
        self.change_command(|command| command.file = file);
        if let Some(record) = self.files.get_mut(&file.0) {
            record.name = Some(name);
            record.action = Some((Deed::Open, ShareType::Disk));
        }
        self.file = Some(file);
    }

    /// A file was opened (SMB 1).
    pub(crate) fn opened1(&mut self, at: Timestamp, fid: u16, size: u64, times: FileTimes, out: &mut dyn Emit) {
        let file = self.command().file;
        if let Some(record) = self.files.get_mut(&file.0) {
            record.action = Some((Deed::Open, ShareType::Disk));
            record.size = size;
            if times.modified > EPOCH {
                record.times = Some(times);
            }
        }
        self.remember_file(fid.into(), file);
        self.file = Some(file);
        self.write_file(at, out);
    }

    /// A file is being opened (SMB 2).
    pub(crate) fn open2(&mut self, name: String, create_options: u32) {
        let share_type = self.share_type();
        self.change_command(|command| command.create_options = create_options);
        if let Some(file) = self.file_mut() {
            file.name = Some(if name.is_empty() { "<share_root>".to_owned() } else { name });
            file.action = Some((Deed::Open, share_type));
        }
    }

    /// A file was opened (SMB 2). Returns whether it is to be deleted when it is closed.
    pub(crate) fn opened2(&mut self, at: Timestamp, fid: u64, size: u64, times: FileTimes, out: &mut dyn Emit) -> bool {
        const DELETE_ON_CLOSE: u32 = 0x1000;
        self.choose_file(fid);
        let path = self.tree_mut().and_then(|tree| tree.path.clone());
        if let Some(file) = self.file_mut() {
            file.size = size;
            file.path = path.or(file.path.take());
            if times.modified > EPOCH {
                file.times = Some(times);
            }
        }
        self.write_file(at, out);
        self.command().create_options & DELETE_ON_CLOSE != 0
    }

    /// Something is done to an open file. With `by_share` it counts as done to a pipe or a printer on such shares.
    pub(crate) fn act(&mut self, at: Timestamp, fid: u64, deed: Deed, by_share: bool, out: &mut dyn Emit) {
        self.choose_file(fid);
        let share_type = if by_share { self.share_type() } else { ShareType::Disk };
        if let Some(file) = self.file_mut() {
            file.action = Some((deed, share_type));
        }
        self.write_file(at, out);
    }

    /// The file at hand lies on the share at hand, if nothing better is known (SMB 1).
    pub(crate) fn place1(&mut self) {
        let path = self.tree_mut().and_then(|tree| tree.path.clone());
        if let Some(file) = self.file_mut().filter(|file| file.path.is_none()) {
            file.path = path;
        }
    }

    /// An open file gets another name (SMB 2).
    pub(crate) fn rename2(&mut self, at: Timestamp, fid: u64, name: String, out: &mut dyn Emit) {
        self.choose_file(fid);
        if let Some(file) = self.file_mut() {
            if let Some(former) = file.name.replace(name) {
                file.prev_name = Some(former);
            }
            file.action = Some((Deed::Rename, ShareType::Disk));
        }
        self.write_file(at, out);
    }

    /// A file is closed.
    pub(crate) fn close_file(&mut self, at: Timestamp, fid: u64, by_share: bool, out: &mut dyn Emit) {
        self.choose_file(fid);
        let share_type = if by_share { self.share_type() } else { ShareType::Disk };
        let path = self.tree_mut().and_then(|tree| tree.path.clone());
        if let Some(file) = self.file_mut() {
            file.action = Some((Deed::Close, share_type));
            file.path = path.or(file.path.take());
        }
        self.by_fid.remove(&fid);
        self.write_file(at, out);
    }

    /// The file at hand.
    pub(crate) fn file(&self) -> Option<&File> {
        self.files.get(&self.file?.0)
    }

    /// The file at hand, to change it.
    pub(crate) fn file_mut(&mut self) -> Option<&mut File> {
        self.files.get_mut(&self.file?.0)
    }

    /// Writes the row of the file at hand, if what was done to it is worth one and was not written just now.
    pub(crate) fn write_file(&mut self, at: Timestamp, out: &mut dyn Emit) {
        let Some(file) = self.file().filter(|file| file.name.is_some()) else { return };
        let Some(action) = file.action.and_then(|(deed, share)| logged(deed, share)) else { return };
        let row = file.row(action, out);
        if let Some(times) = file.times {
            let key = file.identity(action, times);
            if self.was_recent(at, key) {
                return;
            }
        }
        out.event(row);
    }

    /// Bytes held.
    pub(crate) fn held_bytes(&self) -> usize {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let files: usize =
            self.files.values().map(|file| size_of::<File>() + text(&file.name) + text(&file.path) + text(&file.prev_name)).sum();
        let trees: usize = self.trees.values().map(|tree| size_of::<Tree>() + text(&tree.path) + text(&tree.service)).sum();
        let recent: usize = self.recent.keys().map(|key| key.len() + 24).sum();
        files + trees + recent + self.pending.len() * 32 + self.by_fid.len() * 16 + self.by_tid.len() * 8
    }

    fn was_recent(&mut self, at: Timestamp, key: Box<[u8]>) -> bool {
        let recently = |seen: &Timestamp| at.since(*seen).nanos() < REPEAT_AFTER.nanos();
        if self.recent.len() >= RECENT_MAX {
            self.recent.retain(|_, seen| recently(seen));
            if self.recent.len() >= RECENT_MAX {
                self.recent.clear();
            }
        }
        self.recent.insert(key, at).is_some_and(|seen| recently(&seen))
    }

    /// Makes the message with this id the one at hand; a request that was not seen gets fresh records.
    fn take_up(&mut self, at: Timestamp, mid: u64, tree: Option<TreeNo>) {
        if let Some(command) = self.pending.get(&mid) {
            self.at_hand = Some((mid, *command));
            return;
        }
        let command = Command { file: self.new_file(at), tree, create_options: 0 };
        if self.pending.len() >= REMEMBERED_MAX {
            self.pending.clear();
        }
        self.pending.insert(mid, command);
        self.at_hand = Some((mid, command));
    }

    fn command(&self) -> Command {
        self.at_hand.map_or(Command { file: FileNo(0), tree: None, create_options: 0 }, |(_, command)| command)
    }

    fn change_command(&mut self, change: impl FnOnce(&mut Command)) {
        if let Some((mid, command)) = &mut self.at_hand {
            change(command);
            if let Some(pending) = self.pending.get_mut(mid) {
                *pending = *command;
            }
        }
    }

    /// Makes the file with this id the one at hand; the record of the request at hand becomes its record if it has none.
    fn choose_file(&mut self, fid: u64) {
        let file = match self.by_fid.get(&fid) {
            Some(file) => *file,
            None => {
                let file = self.command().file;
                self.remember_file(fid, file);
                file
            }
        };
        self.change_command(|command| command.file = file);
        self.file = Some(file);
    }

    fn remember_file(&mut self, fid: u64, file: FileNo) {
        if self.by_fid.len() >= REMEMBERED_MAX && !self.by_fid.contains_key(&fid) {
            self.by_fid.clear();
        }
        self.by_fid.insert(fid, file);
    }

    fn remember_tree(&mut self, tid: u32, tree: TreeNo) {
        if self.by_tid.len() >= REMEMBERED_MAX && !self.by_tid.contains_key(&tid) {
            self.by_tid.clear();
        }
        self.by_tid.insert(tid, tree);
    }

    fn tree_of(&mut self, at: Timestamp, tid: u32) -> TreeNo {
        if let Some(tree) = self.by_tid.get(&tid) {
            return *tree;
        }
        let tree = self.new_tree(at);
        self.remember_tree(tid, tree);
        tree
    }

    fn new_tree(&mut self, at: Timestamp) -> TreeNo {
        let no = self.new_number();
        self.trees.insert(no, Tree { ts: at, path: None, service: None, native_file_system: None, share_type: ShareType::Disk });
        TreeNo(no)
    }

    fn new_file(&mut self, at: Timestamp) -> FileNo {
        let no = self.new_number();
        self.files.insert(no, File { ts: at, fuid: None, action: None, path: None, name: None, size: 0, prev_name: None, times: None });
        FileNo(no)
    }

    /// A number for a new record. Records that nothing refers to any more are swept out when they have doubled.
    fn new_number(&mut self) -> u32 {
        if self.files.len() + self.trees.len() >= self.sweep_at {
            let commands = || self.pending.values().chain(self.at_hand.iter().map(|(_, command)| command));
            let mut used: Vec<u32> = commands().map(|command| command.file.0).collect();
            used.extend(commands().filter_map(|command| command.tree.map(|tree| tree.0)));
            used.extend(self.by_fid.values().map(|file| file.0));
            used.extend(self.by_tid.values().map(|tree| tree.0));
            used.extend(self.file.map(|file| file.0));
            used.extend(self.tree.map(|tree| tree.0));
            used.sort_unstable();
            self.files.retain(|no, _| used.binary_search(no).is_ok());
            self.trees.retain(|no, _| used.binary_search(no).is_ok());
            self.sweep_at = 64.max(2 * (self.files.len() + self.trees.len()));
        }
        self.next = self.next.wrapping_add(1);
        self.next
    }

    fn tree_mut(&mut self) -> Option<&mut Tree> {
        self.trees.get_mut(&self.tree?.0)
    }

    fn share_type(&self) -> ShareType {
        self.tree.and_then(|tree| self.trees.get(&tree.0)).map_or(ShareType::Disk, |tree| tree.share_type)
    }

    fn write_tree(&self, out: &mut dyn Emit) {
        let Some(tree) = self.tree.and_then(|tree| self.trees.get(&tree.0)) else { return };
        let mut row = out.flow().event(&mapping::KIND, tree.ts);
        row.set(mapping::PATH, tree.path.clone());
        row.set(mapping::SERVICE, tree.service.clone());
        row.set(mapping::NATIVE_FILE_SYSTEM, tree.native_file_system.clone());
        row.set(mapping::SHARE_TYPE, tree.share_type.name());
        out.event(row);
    }
}

impl File {
    fn row(&self, action: &'static str, out: &dyn Emit) -> model::Event {
        let mut row = out.flow().event(&files::KIND, self.ts);
        row.set(files::FUID, self.fuid);
        row.set(files::ACTION, action);
        row.set(files::PATH, self.path.clone());
        row.set(files::NAME, self.name.clone());
        row.set(files::SIZE, self.size);
        row.set(files::PREV_NAME, self.prev_name.clone());
        if let Some(times) = self.times {
            for (column, ticks) in files::TIMES.into_iter().zip([times.modified, times.accessed, times.created, times.changed]) {
                row.set(column, instant(ticks));
            }
        }
        row
    }

    /// What makes two rows the same: all but when the file was last read.
    fn identity(&self, action: &str, times: FileTimes) -> Box<[u8]> {
        let fuid = self.fuid.map_or(0, FileId::low_bits);
        let numbers = [fuid, self.size, times.modified, times.created, times.changed];
        let texts = [action, self.name.as_deref().unwrap_or_default(), self.path.as_deref().unwrap_or_default()];
        let texts = texts.iter().flat_map(|text| text.bytes().chain([0xff]));
        numbers.iter().flat_map(|number| number.to_be_bytes()).chain(texts).collect()
    }
}

impl ShareType {
    fn name(self) -> Value {
        match self {
            Self::Disk => "DISK".into(),
            Self::Pipe => "PIPE".into(),
            Self::Print => "PRINT".into(),
            Self::Other(number) => format!("unknown-{number}").into(),
        }
    }
}

/// The name of a deed that is worth a row.
const fn logged(deed: Deed, share: ShareType) -> Option<&'static str> {
    match (deed, share) {
        (Deed::Open, ShareType::Print) => Some("SMB::PRINT_OPEN"),
        (Deed::Close, ShareType::Print) => Some("SMB::PRINT_CLOSE"),
        (_, ShareType::Pipe) => None,
        (Deed::Open, _) => Some("SMB::FILE_OPEN"),
        (Deed::Rename, _) => Some("SMB::FILE_RENAME"),
        (Deed::Delete, _) => Some("SMB::FILE_DELETE"),
        _ => None,
    }
}

/// 1970 in ticks.
const EPOCH: u64 = 116_444_736_000_000_000;

/// Ticks as a point in time, computed in floating point as Zeek does, so that the last digit is the same.
fn instant(ticks: u64) -> Timestamp {
    let seconds = ticks as f64 / 10_000_000.0 - 11_644_473_600.0;
    Timestamp::default() + Interval::from_secs_f64(seconds)
}
