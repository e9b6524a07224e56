//! Log formats: records of other programs, turned into events of the same kinds as packets give.

use crate::Verdict;
use model::{Event, Kind, Timestamp};
use std::borrow::Cow;
use std::fmt;

/// A log format: one row of the catalogue.
pub trait LogFormat: Sync {
    /// Its name: `cisco`, `squid`, `bind` …
    fn name(&self) -> &'static str;

    /// Which programs write it, in a few words.
    fn about(&self) -> &'static str;

    /// The kinds of its own that it writes, beside those of protocols.
    fn kinds(&self) -> &'static [&'static Kind];

    /// Whether a record is of this format. Called for records of unknown sources and again after one that could not be decoded:
    /// cheap and strict.
    fn sniff(&self, record: &Record<'_>) -> Verdict;

    /// The most that one of its decoders may hold on the heap, in bytes.
    fn held_bytes_max(&self) -> usize {
        crate::HELD_BYTES_MAX
    }

    /// A new decoder, for one source: what belongs together over several records (a session's begin and end) is kept in it.
    fn open(&self, kinds: &dyn Kinds) -> Box<dyn Decoder>;
}

/// Reads the records of one source.
///
/// Laws, tested for every row of the catalogue: no record makes it panic; `held_bytes` stays under the stated limit; every event
/// fits its kind.
pub trait Decoder: Send {
    /// Reads a record. `Ok` where it was understood, with or without events.
    ///
    /// # Errors
    /// Where the record is not of this format, or broken; it is then kept raw.
    fn decode(&mut self, record: &Record<'_>, out: &mut dyn FnMut(Event)) -> Result<(), DecodeError>;

    /// Everything before `now` has been read; with `last`, nothing more comes: what was begun and not ended is told.
    fn tick(&mut self, _now: Timestamp, _last: bool, _out: &mut dyn FnMut(Event)) {}

    /// The time of the oldest record that later ones still need: what it began has not ended yet. Whoever is interrupted reads again
    /// from there, without telling again what was told. `None` where nothing waits.
    fn since(&self) -> Option<Timestamp> {
        None
    }

    /// Bytes held on the heap, a close estimate.
    fn held_bytes(&self) -> usize {
        0
    }

    /// How many entries were left out at a limit.
    fn dropped(&self) -> u64 {
        0
    }
}

/// The kinds of all logs, by name: formats write rows of protocols that they do not know.
pub trait Kinds {
    /// The kind of a log.
    fn kind(&self, name: &str) -> Option<&'static Kind>;
}

/// A record, with what its envelope (syslog, or what a program puts before each line) said.
#[derive(Clone, Copy, Debug, Default)]
pub struct Record<'a> {
    /// The whole record, without its line end.
    pub line: &'a [u8],
    /// When it was written, by the envelope.
    pub at: Option<Timestamp>,
    /// The host that wrote it, by the envelope: a name or an address; may be empty.
    pub host: &'a [u8],
    /// The program that wrote it, by the envelope; may be empty.
    pub program: &'a [u8],
    /// What the program said: the record behind its envelope.
    pub text: &'a [u8],
    /// What follows the record's first time, host and program included; the whole record where it begins with none. For programs that
    /// write their own time into a file, where no host and no program stand behind it.
    pub own: &'a [u8],
    /// The latest that it can be, by its source: for records that say no time at all.
    pub latest: Timestamp,
}

/// A record that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// Which rule was broken, in words.
    pub reason: Cow<'static, str>,
    /// Where, in bytes from the beginning of the text.
    pub at: usize,
}

impl DecodeError {
    /// An error at a place of the text, for a fixed reason.
    pub const fn new(reason: &'static str, at: usize) -> Self {
        Self { reason: Cow::Borrowed(reason), at }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (byte {})", self.reason, self.at)
    }
}

impl std::error::Error for DecodeError {}
