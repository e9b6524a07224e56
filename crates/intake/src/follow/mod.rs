//! Files that others write: followed through rotation and truncation, each record handed on once.

mod content;
mod lines;
mod log;
mod look;
mod names;
mod pattern;
mod watches;

pub(crate) use pattern::Pattern;

use crate::counters::{Count, Counting};
use crate::position::{FileState, Position, Positions};
use crate::queue::{LaneKey, Queue};
use crate::settings::{Begin, Files};
use crate::{Delivery, Records, Sender, SourceId};
use log::{Log, PIECE_BYTES, Piece};
use nix::sys::eventfd::EventFd;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Files that are known at a time. A thousand logs with ten rotated ones each.
const FILES_MAX: usize = 10_000;

/// Pieces that are read of one file before others have their turn: half a megabyte or more.
const PIECES_IN_TURN: usize = 8;

/// How often to look for growth, whatever the kernel tells: network file systems do not tell what other hosts write.
const GROWTH_EVERY: Duration = Duration::from_secs(1);

/// How often to look for files, though the kernel told of none: it may have lost word, and packed ones must settle.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The time between two looks at least, so that a busy folder does not cost more than its logs.
const LOOK_PAUSE: Duration = Duration::from_millis(50);

/// A rest after some bytes were written, so that a log that grows line by line is not read line by line.
const GROWTH_PAUSE: Duration = Duration::from_millis(10);

/// The share of time that looking may take: a tenth.
const LOOK_SHARE: u32 = 10;

/// A source of files.
#[derive(Debug)]
struct FollowedSource {
    id: SourceId,
    patterns: Vec<Pattern>,
    rotated: Vec<Pattern>,
    begin: Begin,
    first_look: bool,
    counting: Arc<Counting>,
}

/// What a source is followed with.
pub(crate) struct Followed<'a> {
    pub(crate) id: SourceId,
    pub(crate) name: &'a str,
    pub(crate) files: &'a Files,
    pub(crate) counting: Arc<Counting>,
}

/// All followed files, in one thread.
#[derive(Debug)]
pub(crate) struct Follower {
    sources: Vec<FollowedSource>,
    logs: Vec<Log>,
    unread: look::Unread,
    watches: watches::Watches,
    queue: Queue,
    wake: Arc<EventFd>,
    thread: usize,
    buffer: Vec<u8>,
    wants_look: bool,
    /// The number of the next file that is followed.
    next: u64,
}

impl Follower {
    /// Follows these, from the positions on.
    pub(crate) fn new(sources: &[Followed<'_>], positions: &Positions, queue: Queue, wake: Arc<EventFd>, thread: usize) -> Self {
        let poll = sources.iter().any(|source| source.files.poll);
        let parse = |patterns: &[String]| patterns.iter().filter_map(|pattern| Pattern::parse(pattern)).collect();
        let mut follower = Self {
            sources: Vec::new(),
            logs: Vec::new(),
            unread: look::Unread::default(),
            watches: watches::Watches::new(Arc::clone(&wake), poll),
            queue,
            wake,
            thread,
            buffer: vec![0; PIECE_BYTES],
            wants_look: false,
            next: positions.files().map(|mark| mark.number + 1).max().unwrap_or(0),
        };
        for source in sources {
            let begun = positions.begun(source.name);
            follower.sources.push(FollowedSource {
                id: source.id,
                patterns: parse(&source.files.patterns),
                rotated: parse(&source.files.rotated),
                begin: source.files.begin,
                first_look: !begun,
                counting: Arc::clone(&source.counting),
            });
        }
        // The oldest first: what was begun before is read before what came after.
        let mut marks: Vec<_> = positions.files().cloned().collect();
        marks.sort_by_key(|mark| mark.modified_ns);
        for mark in marks {
            let name: Arc<Path> = look::log_name(&mark.path).into();
            let fits = |source: &FollowedSource| source.patterns.iter().any(|pattern| pattern.fits(&mark.path) || pattern.fits(&name));
            if let Some(source) = follower.sources.iter().position(fits) {
                follower.logs.push(Log::remembered(mark, name, source, true));
            }
        }
        follower
    }

    /// Follows until told to stop.
    pub(crate) fn run(&mut self, names: &[String], stop: &AtomicBool) {
        let mut looked = Instant::now();
        self.look(looked);
        let mut cost = looked.elapsed();
        for (number, name) in names.iter().enumerate() {
            self.tell(number, Position::Begun(name.clone()), Path::new(""));
        }
        while !stop.load(Ordering::Relaxed) && !self.queue.abandoned() {
            let busy = self.read_all();
            let pause = LOOK_PAUSE.max(cost * LOOK_SHARE);
            let every = if self.watches.whole() && !self.unread.is_settling() { LOOK_EVERY } else { GROWTH_EVERY };
            let now = Instant::now();
            let since = now.duration_since(looked);
            if since >= if self.wants_look { pause } else { every.max(pause) } {
                self.wants_look = false;
                self.look(now);
                looked = now;
                cost = now.elapsed();
                continue;
            }
            let wait = if busy {
                Duration::ZERO
            } else if self.wants_look {
                pause - since
            } else {
                GROWTH_EVERY
            };
            let woken = self.watches.wait(wait);
            self.wants_look |= woken.names;
            if woken.bytes && !busy {
                std::thread::sleep(GROWTH_PAUSE);
            }
        }
    }

    /// Reads what there is, in turns; whether some file has more.
    fn read_all(&mut self) -> bool {
        let (mut busy, mut full) = (false, false);
        let mut before: BTreeSet<Arc<Path>> = BTreeSet::new();
        let mut at = 0;
        while at < self.logs.len() {
            let log = &self.logs[at];
            // Of one log, what came first is read to its end first.
            if log.content.is_some() && !before.contains(&log.name) {
                let name = Arc::clone(&log.name);
                let (more, stuck) = self.read_in_turn(at);
                (busy, full) = (busy | more, full | stuck);
                if more || stuck {
                    before.insert(name);
                }
            }
            at += 1;
        }
        if full {
            self.queue.wake_when_there_is_room(self.thread, &self.wake);
        }
        busy
    }

    /// Whether there is more, and whether there was no room for it.
    fn read_in_turn(&mut self, at: usize) -> (bool, bool) {
        for _ in 0..PIECES_IN_TURN {
            let key = self.lane(at);
            if !self.queue.has_room(key) {
                return (false, true);
            }
            let log = &mut self.logs[at];
            match log.read(&mut self.buffer, false) {
                Ok(Piece::Some(records, cut)) => self.hand_on(at, records, cut),
                Ok(Piece::None) => {
                    let done = log.mark.state == FileState::Done;
                    if done || log.moved {
                        self.tell_position(at);
                    }
                    if done {
                        self.logs[at].content = None;
                    }
                    return (false, false);
                }
                Ok(Piece::Torn) => {
                    self.torn(at);
                    return (true, false);
                }
                Err(error) => {
                    self.refuse(at, &error);
                    return (false, false);
                }
            }
        }
        (true, false)
    }

    /// What stands behind the last line end of a file that is left.
    fn read_last(&mut self, at: usize) {
        if let Ok(Piece::Some(records, cut)) = self.logs[at].read(&mut self.buffer, true) {
            self.hand_on(at, records, cut);
        }
        self.logs[at].content = None;
    }

    fn hand_on(&mut self, at: usize, records: Records, cut: u64) {
        let log = &mut self.logs[at];
        log.quiet_since = None;
        let counting = &self.sources[log.source].counting;
        counting.add(Count::Records, records.len() as u64);
        counting.add(Count::Bytes, records.bytes() as u64);
        counting.add(Count::Cut, cut);
        self.deliver(at, records);
    }

    /// Tells how far a file was read, without records.
    fn tell_position(&mut self, at: usize) {
        self.deliver(at, Records::default());
    }

    fn deliver(&mut self, at: usize, records: Records) {
        let key = self.lane(at);
        let log = &mut self.logs[at];
        log.moved = false;
        let delivery = Delivery {
            source: key.source,
            sender: Sender::File(Arc::clone(&log.name)),
            records,
            position: Some(Position::File(log.mark.clone())),
            arrived: crate::clock::now(),
        };
        self.queue.push_always(key, delivery);
    }

    /// A file is gone for good.
    fn forget(&mut self, at: usize) {
        let log = &self.logs[at];
        if !log.at_end && log.mark.state != FileState::Done {
            self.sources[log.source].counting.add(Count::Unfound, 1);
        }
        let gone = self.logs.remove(at);
        self.tell(gone.source, Position::Gone(gone.mark.number), &gone.name);
    }

    /// A file cannot be read on.
    fn refuse(&mut self, at: usize, error: &std::io::Error) {
        let log = &mut self.logs[at];
        if self.unread.refused.insert(log.mark.path.clone()) {
            self.sources[log.source].counting.add(Count::Unreadable, 1);
        }
        log.checked = false;
        let packed = log.content.as_ref().is_some_and(content::Content::is_packed);
        log.content = None;
        if packed || error.kind() == std::io::ErrorKind::UnexpectedEof {
            // What was unpacked of it was handed on; it does not get better.
            log.mark.state = FileState::Done;
            self.tell_position(at);
        }
    }

    fn tell(&self, source: usize, position: Position, name: &Path) {
        let source = self.sources[source].id;
        let key = LaneKey { source, lane: bounded::fingerprint(name) };
        let (sender, records) = (Sender::File(name.into()), Records::default());
        self.queue.push_always(key, Delivery { source, sender, records, position: Some(position), arrived: crate::clock::now() });
    }

    fn lane(&self, at: usize) -> LaneKey {
        let log = &self.logs[at];
        LaneKey { source: self.sources[log.source].id, lane: bounded::fingerprint(&*log.name) }
    }
}
