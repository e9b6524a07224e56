//! One followed file: how far it was read, and the next piece of it.

use super::content::{About, Content};
use super::lines;
use crate::position::{FileMark, FileState, HEAD_BYTES, Print, TAIL_BYTES};
use crate::{RECORD_BYTES_MAX, Records};
use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// Bytes that are read at a time: a delivery's, and the longest record behind them.
pub(super) const PIECE_BYTES: usize = TAIL_BYTES + 2 * RECORD_BYTES_MAX;

/// Places of which prints are kept while running, to know a copy again that was made a little before: some megabytes back.
const CHECKPOINTS_MAX: usize = 64;

/// A file that is or was followed.
#[derive(Debug)]
pub(super) struct Log {
    /// How far it was handed on.
    pub(super) mark: FileMark,
    /// The log that it belongs to: its path without what rotation adds.
    pub(super) name: Arc<Path>,
    /// The place of its source among those of files.
    pub(super) source: usize,
    /// Open, while there may be more to read.
    pub(super) content: Option<Content>,
    /// Whether a pattern led to it, and not only its rotated name.
    pub(super) wanted: bool,
    /// Whether it was still there when last looked for.
    pub(super) present: bool,
    /// Whether everything that was there has been read.
    pub(super) at_end: bool,
    /// Since when nothing was read of it, after it was renamed or went.
    pub(super) quiet_since: Option<Instant>,
    /// Whether it was opened since the start: what is in it may have changed meanwhile.
    pub(super) checked: bool,
    /// Whether it is read on in another file, until that was told.
    pub(super) moved: bool,
    head: Vec<u8>,
    checkpoints: VecDeque<(u64, Print)>,
}

/// What came of reading.
#[derive(Debug)]
pub(super) enum Piece {
    /// Records, and how many of them were cut.
    Some(Records, u64),
    /// There is nothing now.
    None,
    /// What was read before is no longer there: the file was truncated, or written anew.
    Torn,
}

/// What another file has to do with a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kinship {
    /// Nothing.
    Other,
    /// It holds what was read, and nothing more.
    Same,
    /// It holds what was read, and perhaps more.
    Continues,
    /// It holds some of what was read, and nothing more: a copy that was made a little before.
    Older,
}

impl Log {
    /// A file that was never read.
    pub(super) fn new(number: u64, about: &About, path: PathBuf, name: Arc<Path>, source: usize, wanted: bool) -> Self {
        let (offset, state) = (0, FileState::Reading);
        let (head, tail) = (Print::of(b""), Print::of(b""));
        let mark = FileMark { number, file: about.id, path, offset, head, tail, modified_ns: about.modified_ns, state };
        Self::remembered(mark, name, source, wanted)
    }

    /// A file that was read before.
    pub(super) fn remembered(mark: FileMark, name: Arc<Path>, source: usize, wanted: bool) -> Self {
        Self {
            mark,
            name,
            source,
            content: None,
            wanted,
            present: true,
            at_end: false,
            quiet_since: None,
            checked: false,
            moved: false,
            head: Vec::new(),
            checkpoints: VecDeque::new(),
        }
    }

    /// The next piece; with `last`, what stands behind the last line end is a record too.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub(super) fn read(&mut self, buffer: &mut [u8], last: bool) -> io::Result<Piece> {
        let Some(content) = &mut self.content else { return Ok(Piece::None) };
        let about = content.about();
        let packed = content.is_packed();
        if self.mark.offset == 0 {
            self.mark.offset = content.behind_hole(0);
            self.mark.tail = if self.mark.offset > 0 { Print::default() } else { Print::of(b"") };
        }
        // What was read before is read again in front of what follows, so that both are of one file.
        let before = if packed { 0 } else { self.mark.tail.bytes as usize };
        let count = content.read_at(self.mark.offset - before as u64, buffer)?;
        if !packed && (count < before || Print::of(&buffer[..before]) != self.mark.tail && before > 0) {
            return Ok(Piece::Torn);
        }
        if !packed && self.mark.offset > 0 && about.is_some_and(|about| about.size < self.mark.offset) {
            return Ok(Piece::Torn);
        }
        let ended = count < buffer.len();
        let mut records = Records::default();
        let skipping = self.mark.state == FileState::Skipping;
        let taken = lines::take(&buffer[before..count], skipping, ended && (packed || last), &mut records);
        self.at_end = ended && (taken.bytes == 0 || before + taken.bytes == count);
        if let Some(about) = about {
            self.mark.modified_ns = about.modified_ns;
        }
        self.mark.state = match (packed && self.at_end, taken.skipping) {
            (true, _) => FileState::Done,
            (false, true) => FileState::Skipping,
            (false, false) => FileState::Reading,
        };
        if taken.bytes == 0 {
            return Ok(Piece::None);
        }
        self.advance(&buffer[..before + taken.bytes], taken.bytes);
        Ok(Piece::Some(records, taken.cut))
    }

    /// Whether what was read before is no longer there.
    pub(super) fn is_torn(&mut self) -> bool {
        let mark = &self.mark;
        let Some(content) = self.content.as_mut().filter(|content| !content.is_packed() && mark.offset > 0) else { return false };
        let mut tail = vec![0; mark.tail.bytes as usize];
        let read = content.read_at(mark.offset - tail.len() as u64, &mut tail).unwrap_or(tail.len());
        let short = content.about().is_some_and(|about| about.size < mark.offset);
        short || read < tail.len() || (!tail.is_empty() && Print::of(&tail) != mark.tail)
    }

    /// Moves the mark behind `count` bytes more, which stand at the end of `bytes`.
    fn advance(&mut self, bytes: &[u8], count: usize) {
        let new = &bytes[bytes.len() - count..];
        if self.mark.head.bytes < HEAD_BYTES as u32 {
            // Where the beginning is not at hand (after a start, or behind a hole), its print stays as it is.
            if self.head.len() as u64 == self.mark.offset {
                self.head.extend_from_slice(&new[..new.len().min(HEAD_BYTES - self.head.len())]);
                self.mark.head = Print::of(&self.head);
            }
        }
        self.mark.offset += count as u64;
        self.mark.tail = Print::of(&bytes[bytes.len().saturating_sub(TAIL_BYTES)..]);
        if self.checkpoints.len() >= CHECKPOINTS_MAX {
            self.checkpoints.pop_front();
        }
        self.checkpoints.push_back((self.mark.offset, self.mark.tail));
    }

    /// Opens the file where it is, to read on from the mark. A packed one is unpacked up to there.
    ///
    /// # Errors
    /// Where it cannot be opened, or read so far.
    pub(super) fn open(&mut self) -> io::Result<()> {
        let mut content = Content::open(&self.mark.path)?;
        if content.is_packed() && self.mark.offset > 0 {
            content.prints(self.mark.offset)?;
        }
        if !content.is_packed() && self.mark.offset > 0 && self.head.is_empty() && self.mark.head.bytes < HEAD_BYTES as u32 {
            // The beginning again, so that its print can grow with the file; whether it is the same shows when it is read on.
            let mut head = vec![0; HEAD_BYTES.min(usize::try_from(self.mark.offset).unwrap_or(HEAD_BYTES))];
            let count = content.read_at(0, &mut head)?;
            head.truncate(count);
            self.head = head;
        }
        self.content = Some(content);
        self.at_end = false;
        Ok(())
    }

    /// Moves the mark to the file's end without reading it.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub(super) fn skip_to_end(&mut self) -> io::Result<()> {
        let mut content = Content::open(&self.mark.path)?;
        if content.is_packed() {
            self.mark.state = FileState::Done;
        } else if let Some(about) = content.about() {
            let (head, tail) = content.prints(about.size)?;
            (self.mark.offset, self.mark.head, self.mark.tail) = (about.size, head, tail);
        }
        Ok(())
    }

    /// What a file at a path has to do with what was read here.
    pub(super) fn compare(&self, path: &Path) -> Kinship {
        let Ok(mut content) = Content::open(path) else { return Kinship::Other };
        let mut head = vec![0; self.mark.head.bytes as usize];
        let read = content.read_at(0, &mut head).unwrap_or(0);
        if self.mark.offset == 0 || read < head.len() || Print::of(&head) != self.mark.head {
            return Kinship::Other;
        }
        if self.at_end && content.unpacked_length_mod().is_some_and(|length| length == self.mark.offset as u32) {
            return Kinship::Same;
        }
        match Content::open(path).and_then(|mut content| content.prints(self.mark.offset)) {
            Ok((_, tail)) if tail == self.mark.tail => Kinship::Continues,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && self.holds_all_of(path) => Kinship::Older,
            _ => Kinship::Other,
        }
    }

    /// Whether a shorter file is an old copy of this one: at the last place that both have, they are the same.
    fn holds_all_of(&self, path: &Path) -> bool {
        let Some(about) = About::of(path) else { return false };
        let place = self.checkpoints.iter().rev().find(|(offset, _)| *offset <= about.size);
        match place {
            Some((offset, print)) => {
                Content::open(path).and_then(|mut content| content.prints(*offset)).is_ok_and(|(_, tail)| tail == *print)
            }
            // Known by its beginning alone: enough where that is more than the header that a program writes into each file.
            None => self.mark.head.bytes as usize == HEAD_BYTES,
        }
    }

    /// It is read on in another file, which holds the same.
    pub(super) fn move_to(&mut self, about: &About, path: PathBuf) {
        self.moved = true;
        (self.mark.file, self.mark.path, self.mark.modified_ns) = (about.id, path, about.modified_ns);
        (self.content, self.present) = (None, true);
    }

    /// Whether the file at a path is a copy, whole or begun, of this one, which is still as it was.
    pub(super) fn copied_to(&mut self, path: &Path, size: u64) -> bool {
        /// What is compared at each end, in bytes.
        const COMPARED_BYTES: u64 = 64 << 10;
        let (Ok(mut own), Ok(mut other)) = (Content::open(&self.mark.path), Content::open(path)) else { return false };
        if own.about().is_none_or(|about| about.id != self.mark.file || about.size < size) || own.is_packed() || other.is_packed() {
            return false;
        }
        let mut same = |at: u64, count: u64| {
            let (mut one, mut two) = (vec![0; count as usize], vec![0; count as usize]);
            let read = (own.read_at(at, &mut one), other.read_at(at, &mut two));
            matches!(read, (Ok(a), Ok(b)) if a == one.len() && b == two.len()) && one == two
        };
        let count = size.min(COMPARED_BYTES);
        size > 0 && same(0, count) && same(size - count, count)
    }
}
