//! All files of one shard: opened, fed, ended, given up after a while, and written down.
//!
//! Source: Zeek's file framework (`src/file_analysis/Manager.cc`, `scripts/base/frameworks/files/main.zeek`). A file ends
//! when its protocol says so, when all announced bytes have come, when its connection goes, or when nothing came for two
//! minutes; its row is written then. What comes after that begins the file anew, under the same id.

use crate::body::Body;
use crate::hashes::Hashes;
use crate::keep::{Label, Store};
use crate::mime::HEAD_BYTES;
use crate::origin::Origin;
use crate::row::{of_carrier, row};
use contract::{FileAbout, FileId, FlowInfo};
use model::{Event, Interval, Timestamp, Uid};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::io::Write as _;
use std::sync::Arc;

/// How much one [`Files`] may hold.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Files followed at once. Zeek has no limit; a busy proxy has some thousands in two minutes. At most 6 KiB each: 200 MB.
    pub files_max: usize,
    /// Bytes of one file that wait for others before them: Zeek's `Files::reassembly_buffer_size`.
    pub waiting_bytes_max: usize,
    /// Bytes held over all files: a hundred files may be at their own limit.
    pub waiting_bytes_total_max: usize,
    /// How long a file may rest before it is given up: Zeek's `default_file_timeout_interval`.
    pub idle_max: Interval,
}

impl Default for Limits {
    fn default() -> Self {
        Self { files_max: 1 << 15, waiting_bytes_max: 524_288, waiting_bytes_total_max: 64 << 20, idle_max: Interval::from_secs(120) }
    }
}

/// Buffers kept for the heads of files to come.
const SPARE_BUFFERS_MAX: usize = 64;

/// One shard's files.
#[derive(Debug, Default)]
pub struct Files {
    limits: Limits,
    files: HashMap<FileId, Box<File>, BuildHasherDefault<IdHasher>>,
    by_flow: HashMap<Uid, Vec<FileId>, BuildHasherDefault<IdHasher>>,
    /// When to look whether a file rests, earliest first; entries of files that are gone are skipped.
    checks: BinaryHeap<Reverse<(Timestamp, FileId)>>,
    /// Rows of files that ended where none could be handed over.
    rows: Vec<Event>,
    spare: Vec<Vec<u8>>,
    store: Option<Arc<dyn Store>>,
    held: usize,
    refused: u64,
    imports_forgotten: u64,
}

#[derive(Debug)]
struct File {
    origin: Origin,
    /// The body, while it lasts.
    body: Option<Body>,
    /// The type of the latest body.
    mime: Option<&'static str>,
    /// When its rest is looked at next.
    check: Timestamp,
    /// Whether a flow that is not over yet may say more of it.
    is_bound: bool,
}

impl Files {
    /// An engine without files.
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Lets `store` keep the bodies of files that begin from now on.
    pub fn keep(&mut self, store: Arc<dyn Store>) {
        self.store = Some(store);
    }

    /// A file begins on `flow`, or goes on where the same key was opened before.
    pub fn open(&mut self, flow: &FlowInfo, about: &FileAbout<'_>) -> FileId {
        let id = id_of(flow, about);
        self.give_up_if_resting(about.at, id);
        let spare = self.spare.pop().unwrap_or_default();
        if let Some(file) = self.files.get_mut(&id) {
            let fresh = file.body.is_none();
            file.origin.reopened(flow, about, fresh);
            if fresh {
                self.begin(id, about.at, spare);
            } else {
                self.recycle(spare);
            }
        } else if self.files.len() >= self.limits.files_max {
            self.refused += 1;
            self.recycle(spare);
            return id;
        } else {
            let origin = Origin::new(flow, about);
            self.files.insert(id, Box::new(File { origin, body: None, mime: None, check: about.at, is_bound: !about.shared }));
            if !about.shared {
                self.remember_flow(flow.uid, id);
            }
            self.begin(id, about.at, spare);
        }
        if let Some(total) = about.total_bytes {
            self.total(id, total);
        }
        id
    }

    /// The next bytes of a file.
    pub fn data(&mut self, at: Timestamp, id: FileId, data: &[u8], out: &mut Vec<Event>) {
        self.touch(at, id, out, |body, waiting_max| body.data(data, waiting_max));
    }

    /// Bytes of a file from an offset on.
    pub fn data_at(&mut self, at: Timestamp, id: FileId, offset: u64, data: &[u8], out: &mut Vec<Event>) {
        self.touch(at, id, out, |body, waiting_max| body.data_at(offset, data, waiting_max));
    }

    /// So many bytes of a file are lost.
    pub fn gap(&mut self, at: Timestamp, id: FileId, bytes: u64, out: &mut Vec<Event>) {
        self.touch(at, id, out, |body, _| body.gap(bytes));
    }

    /// The file's length became known. Where that completes it, its row is handed over by the next call that can.
    pub fn total(&mut self, id: FileId, bytes: u64) {
        if let Some(body) = self.files.get_mut(&id).and_then(|file| file.body.as_mut()) {
            body.total = Some(bytes);
            if body.is_complete() {
                self.finish_body(id, false);
            }
        }
    }

    /// The file ended. Returns its type; the id is forgotten.
    pub fn end(&mut self, at: Timestamp, id: FileId, out: &mut Vec<Event>) -> Option<&'static str> {
        self.give_up_if_resting(at, id);
        self.finish_body(id, false);
        out.append(&mut self.rows);
        self.files.remove(&id)?.mime
    }

    /// The type that a file has shown so far.
    pub fn mime(&self, id: FileId) -> Option<&'static str> {
        let file = self.files.get(&id)?;
        file.body.as_ref().map_or(file.mime, |body| body.mime)
    }

    /// A flow is over: what it carried alone ends with it.
    pub fn flow_closed(&mut self, at: Timestamp, flow: Uid, out: &mut Vec<Event>) {
        for id in self.by_flow.remove(&flow).unwrap_or_default() {
            match self.files.get_mut(&id) {
                Some(file) if file.origin.outlives_flow && file.body.is_some() => file.is_bound = false,
                Some(_) => {
                    self.end(at, id, out);
                }
                None => {}
            }
        }
    }

    /// Gives up one file that has rested too long by `now`, and says when that was noticed; `None` when there is none left.
    /// `noticed` tells the time of the first packet at or after a deadline: as in Zeek, that is when timers run, and a file
    /// that isn't given up then is looked at again two minutes later. Cheap when nothing is due.
    pub fn expire(&mut self, now: Timestamp, noticed: &mut dyn FnMut(Timestamp) -> Timestamp, out: &mut Vec<Event>) -> Option<Timestamp> {
        while let Some(&Reverse((check, id))) = self.checks.peek().filter(|Reverse((check, _))| *check <= now) {
            self.checks.pop();
            if self.files.get(&id).is_some_and(|file| file.check == check) {
                let at = noticed(check).max(check);
                if self.look_at(at, id) {
                    out.append(&mut self.rows);
                    return Some(at);
                }
            }
        }
        None
    }

    /// Nothing more comes at all: ends every file as one that was given up.
    pub fn finish(&mut self, now: Timestamp, out: &mut Vec<Event>) {
        while self.expire(now, &mut |deadline| deadline, out).is_some() {}
        let mut left: Vec<FileId> = self.files.keys().copied().collect();
        left.sort_unstable();
        for id in left {
            self.finish_body(id, true);
        }
        out.append(&mut self.rows);
        self.files.clear();
        self.by_flow.clear();
        self.checks.clear();
    }

    /// Bytes held on the heap, at most: every file counts as if its head were still collected.
    pub fn held_bytes(&self) -> usize {
        const PER_FILE: usize = size_of::<File>() + size_of::<Hashes>() + HEAD_BYTES + size_of::<[u32; 256]>();
        self.files.len() * PER_FILE + self.spare.len() * HEAD_BYTES + self.held + self.checks.len() * size_of::<(Timestamp, FileId)>()
    }

    /// What was limited, by name.
    pub fn losses(&self) -> impl Iterator<Item = (&'static str, u64)> + use<'_> {
        let all = [("files_refused", self.refused), ("imphashes_skipped", self.imports_forgotten)];
        let kept = self.store.iter().flat_map(|store| store.losses());
        all.into_iter().filter(|(_, count)| *count > 0).chain(kept)
    }

    fn begin(&mut self, id: FileId, at: Timestamp, spare: Vec<u8>) {
        let check = at + self.limits.idle_max;
        if let Some(file) = self.files.get_mut(&id) {
            let body = file.body.insert(Body::new(at, file.origin.declared, spare));
            if let Some(store) = &self.store {
                body.keep(Arc::clone(store), Label { at, source: file.origin.source, id, mime: None });
            }
            file.mime = None;
            file.check = check;
            self.schedule(check, id);
        }
    }

    fn touch(&mut self, at: Timestamp, id: FileId, out: &mut Vec<Event>, change: impl FnOnce(&mut Body, usize)) {
        self.give_up_if_resting(at, id);
        let Some(file) = self.files.get_mut(&id) else { return };
        if file.body.is_none() {
            let spare = self.spare.pop().unwrap_or_default();
            self.begin(id, at, spare);
        }
        let Some(body) = self.files.get_mut(&id).and_then(|file| file.body.as_mut()) else { return };
        body.active = at;
        let before = body.held_bytes();
        let room = self.limits.waiting_bytes_total_max.saturating_sub(self.held - before);
        change(body, self.limits.waiting_bytes_max.min(room));
        if body.held_bytes() > room
            && let Some(executable) = &mut body.executable
        {
            executable.forget_imports();
            self.imports_forgotten += 1;
        }
        self.held = self.held - before + body.held_bytes();
        if body.is_complete() {
            self.finish_body(id, false);
        }
        out.append(&mut self.rows);
    }

    /// Looks at a file that may be resting, at the time of its check. Returns whether it was given up.
    fn look_at(&mut self, at: Timestamp, id: FileId) -> bool {
        let idle_max = self.limits.idle_max;
        let Some(file) = self.files.get_mut(&id) else { return false };
        let Some(body) = &file.body else {
            if !file.is_bound {
                self.files.remove(&id);
            }
            return false;
        };
        let rests = at.since(body.active) >= idle_max;
        file.check = at + idle_max;
        self.schedule(at + idle_max, id);
        if rests {
            self.finish_body(id, true);
        }
        rests
    }

    /// Runs the checks of a file that were due before `now`, where nobody called [`Files::expire`] in time.
    fn give_up_if_resting(&mut self, now: Timestamp, id: FileId) {
        while let Some(check) = self.files.get(&id).filter(|file| file.body.is_some()).map(|file| file.check).filter(|check| *check <= now)
        {
            self.look_at(check, id);
        }
    }

    fn schedule(&mut self, check: Timestamp, id: FileId) {
        self.checks.push(Reverse((check, id)));
        if self.checks.len() > 1024 + 4 * self.files.len() {
            let files = &self.files;
            self.checks.retain(|Reverse((check, id))| files.get(id).is_some_and(|file| file.check == *check));
        }
    }

    fn remember_flow(&mut self, flow: Uid, id: FileId) {
        let ids = self.by_flow.entry(flow).or_default();
        if ids.len() >= 32 && ids.len() == ids.capacity() {
            let files = &self.files;
            ids.retain(|id| files.contains_key(id));
        }
        ids.push(id);
    }

    fn recycle(&mut self, buffer: Vec<u8>) {
        if buffer.capacity() > 0 && self.spare.len() < SPARE_BUFFERS_MAX {
            self.spare.push(buffer);
        }
    }

    /// Ends a body and writes its rows; the file itself stays known until it is ended by name or its flow goes.
    fn finish_body(&mut self, id: FileId, timed_out: bool) {
        let Some(file) = self.files.get_mut(&id) else { return };
        let Some(mut body) = file.body.take() else { return };
        self.held -= body.held_bytes();
        let buffer = body.finish();
        file.mime = body.mime;
        if let Some(executable) = body.executable.take() {
            self.rows.extend(executable.finish(body.started, id, body.is_whole().then_some(body.seen)));
        }
        let row = row(id, &file.origin, body, timed_out);
        for carrier in file.origin.carriers() {
            self.rows.push(of_carrier(row.clone(), carrier));
        }
        if let Some(buffer) = buffer {
            self.recycle(buffer);
        }
    }
}

/// Ids are hashes already.
#[derive(Debug, Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }
    fn write_u8(&mut self, _: u8) {}
    fn write_u32(&mut self, high: u32) {
        self.0 ^= u64::from(high) << 32;
    }
    fn write_u64(&mut self, low: u64) {
        self.0 ^= low;
    }
}

fn id_of(flow: &FlowInfo, about: &FileAbout<'_>) -> FileId {
    if about.shared {
        // The receiver's address and the key name it, as in Zeek: several servers may have parts of the same.
        return FileId::file(&[flow.orig.0.octets(), about.source.as_bytes(), about.key]);
    }
    let mut text = [0u8; 20];
    let mut rest = &mut text[..];
    // A connection's id has at most 18 characters: the writing cannot fail.
    let _ = write!(rest, "{}", flow.uid);
    let len = 20 - rest.len();
    FileId::file(&[&text[..len], about.source.as_bytes(), about.key])
}
