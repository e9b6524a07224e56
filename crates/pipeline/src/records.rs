//! Logs of others, read beside a capture or alone: several sources brought into one order of time.
//!
//! A source is read a piece at a time, and its events wait in a queue until everything before them has been passed on. Their time
//! is that of the record that told them (a firewall tells of a connection when it ends, as the packet reader does). A source
//! whose records step back in time keeps its own order.

use formats::{Counts, Reader, SourceAbout};
use model::{Event, Timestamp};
use std::collections::VecDeque;
use std::io::Read;

/// Bytes that are read of a source at a time: what a disk gives gladly, and some thousand events that wait at most.
const PIECE_BYTES: usize = 64 << 10;

/// A log to read.
pub struct LogInput {
    /// Its name, and how its times are to be read.
    pub about: SourceAbout,
    /// Its bytes.
    pub bytes: Box<dyn Read + Send>,
}

impl std::fmt::Debug for LogInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogInput").field("about", &self.about).finish_non_exhaustive()
    }
}

/// What was read of a log.
#[derive(Clone, Debug)]
pub struct LogRead {
    /// Its name.
    pub name: String,
    /// What was in it.
    pub counts: Counts,
    /// Why it could not be read to its end, if so.
    pub error: Option<String>,
}

/// All logs, in one order of time.
pub(crate) struct Records {
    sources: Vec<One>,
    position: u64,
}

struct One {
    name: String,
    bytes: Box<dyn Read + Send>,
    reader: Reader<'static>,
    waiting: VecDeque<(Timestamp, Event)>,
    ended: bool,
    error: Option<String>,
}

impl Records {
    pub(crate) fn new(inputs: Vec<LogInput>) -> Self {
        let open = |input: LogInput| One {
            reader: Reader::new(&input.about, &crate::AllKinds),
            name: input.about.name,
            bytes: input.bytes,
            waiting: VecDeque::new(),
            ended: false,
            error: None,
        };
        Self { sources: inputs.into_iter().map(open).collect(), position: 0 }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// Bytes read so far.
    pub(crate) const fn position(&self) -> u64 {
        self.position
    }

    /// The next event of all sources, unless it comes after `until`.
    pub(crate) fn next(&mut self, until: Option<Timestamp>) -> Option<(Timestamp, Event)> {
        for one in &mut self.sources {
            while one.waiting.is_empty() && !one.ended {
                self.position += one.read();
            }
        }
        let first =
            self.sources.iter_mut().filter(|one| !one.waiting.is_empty()).min_by_key(|one| one.waiting.front().map(|(at, _)| *at))?;
        if until.is_some_and(|until| first.waiting.front().is_some_and(|(at, _)| *at > until)) {
            return None;
        }
        first.waiting.pop_front()
    }

    /// What was read of each.
    pub(crate) fn counts(&self) -> Vec<LogRead> {
        let counted = |one: &One| LogRead { name: one.name.clone(), counts: one.reader.counts(), error: one.error.clone() };
        self.sources.iter().map(counted).collect()
    }
}

impl One {
    /// Reads the next piece; returns its length.
    fn read(&mut self) -> u64 {
        let mut piece = [0; PIECE_BYTES];
        let (waiting, mut latest) = (&mut self.waiting, Timestamp::MIN);
        let mut keep = |at: Timestamp, event: Event| {
            latest = latest.max(at);
            waiting.push_back((latest, event));
        };
        match self.bytes.read(&mut piece) {
            Ok(0) => {
                self.ended = true;
                self.reader.finish(&mut keep);
                0
            }
            Ok(count) => {
                self.reader.feed(&piece[..count], &mut keep);
                count as u64
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => 0,
            Err(error) => {
                self.error = Some(error.to_string());
                self.ended = true;
                self.reader.finish(&mut keep);
                0
            }
        }
    }
}
