//! One file's bytes: counted, put in order, recognised, hashed, looked into.
//!
//! The counting is Zeek's (`src/file_analysis/File.cc`): bytes that come in order are *seen*, holes that will never be
//! filled are *missing*, and the hole that had to be given up because too much waited behind it is *overflow* as well.

use crate::entropy::Histogram;
use crate::hashes::{Digests, Hashes};
use crate::keep::{Keeper, Label, Store};
use crate::mime::{self, HEAD_BYTES};
use crate::pe::Executable;
use crate::reassembly::Pieces;
use crate::wrapping::{self, Alphabet, TAIL_BYTES};
use model::Timestamp;
use std::sync::Arc;

/// Bytes over which the entropy of a body is taken: enough to tell text, code and what is packed, and cheap for films.
const ENTROPY_BYTES_MAX: u64 = 64 << 10;

/// What is collected before a file's type is known.
#[derive(Debug)]
enum Head {
    /// So much has come; it is not enough yet.
    Collecting(Vec<u8>),
    /// The type was looked for, once and for all.
    Done,
}

/// How the digests stand.
#[derive(Debug)]
pub(crate) enum Digesting {
    /// Nothing is lost so far.
    Whole(Box<Hashes>),
    /// Bytes were lost: these are the digests of what came before.
    Cut(Box<Digests>),
    /// Bytes were lost before any came.
    Nothing,
}

/// One file's bytes.
#[derive(Debug)]
pub(crate) struct Body {
    /// When it began.
    pub(crate) started: Timestamp,
    /// When something of it came last.
    pub(crate) active: Timestamp,
    /// Bytes that came.
    pub(crate) seen: u64,
    /// Bytes that will not come.
    pub(crate) missing: u64,
    /// Bytes that could not be put in order.
    pub(crate) overflow: u64,
    /// Bytes announced.
    pub(crate) total: Option<u64>,
    /// Its type.
    pub(crate) mime: Option<&'static str>,
    /// Its digests.
    pub(crate) digests: Digesting,
    /// What its first bytes are made of.
    pub(crate) histogram: Histogram,
    /// The executable that it is.
    pub(crate) executable: Option<Box<Executable>>,
    /// The alphabet of a text that may be another file, and its first and latest bytes.
    wrapped: Option<(Alphabet, [u8; TAIL_BYTES], [u8; TAIL_BYTES])>,
    /// Who keeps its bytes.
    pub(crate) keeper: Option<Box<dyn Keeper>>,
    /// Who will, once the type is known.
    store: Option<(Arc<dyn Store>, Label)>,
    /// How far it is in order.
    offset: u64,
    /// Where the latest piece ended: a hole that is announced begins there.
    cursor: u64,
    head: Head,
    pieces: Option<Box<Pieces>>,
}

impl Body {
    /// A body that begins now. `buffer` is empty and may have been used before; with a `declared` type its content isn't asked.
    pub(crate) fn new(at: Timestamp, declared: Option<&'static str>, buffer: Vec<u8>) -> Self {
        Self {
            started: at,
            active: at,
            seen: 0,
            missing: 0,
            overflow: 0,
            total: None,
            mime: declared,
            digests: Digesting::Whole(Box::default()),
            histogram: Histogram::default(),
            executable: None,
            wrapped: None,
            keeper: None,
            store: None,
            offset: 0,
            cursor: 0,
            head: if declared.is_some() { Head::Done } else { Head::Collecting(buffer) },
            pieces: None,
        }
    }

    /// Lets `store` keep what comes.
    pub(crate) fn keep(&mut self, store: Arc<dyn Store>, label: Label) {
        self.store = Some((store, label));
        if self.mime.is_some() {
            self.begin_keeping();
        }
    }

    /// Whether everything announced has come (or is known to be lost).
    pub(crate) fn is_complete(&self) -> bool {
        self.total.is_some_and(|total| self.offset >= total)
    }

    /// Whether all of it came, as far as can be known.
    pub(crate) fn is_whole(&self) -> bool {
        self.missing == 0 && self.total.is_none_or(|total| self.seen >= total)
    }

    /// What its text can be turned into, where it is no text.
    pub(crate) fn wrapped(&self) -> Option<&'static str> {
        self.wrapped.and_then(|(alphabet, first, tail)| wrapping::judge(alphabet, first, tail, self.seen))
    }

    /// Bytes held beyond what every file needs: those that wait for others before them, and those of an executable.
    pub(crate) fn held_bytes(&self) -> usize {
        self.pieces.as_ref().map_or(0, |pieces| pieces.bytes()) + self.executable.as_ref().map_or(0, |executable| executable.held_bytes())
    }

    /// The next bytes in order.
    pub(crate) fn data(&mut self, data: &[u8], waiting_max: usize) {
        self.data_at(self.offset, data, waiting_max);
    }

    /// Bytes from an offset on.
    pub(crate) fn data_at(&mut self, offset: u64, data: &[u8], waiting_max: usize) {
        self.cursor = offset.saturating_add(data.len() as u64);
        if self.pieces.is_none() && offset == self.offset {
            return self.deliver(data);
        }
        let mut pieces = self.pieces.take().unwrap_or_default();
        if pieces.is_over(waiting_max) {
            self.overflow += pieces.first().map_or(0, |first| first.saturating_sub(self.offset));
            if let Some(end) = pieces.end() {
                self.advance(&mut pieces, end);
            }
        }
        pieces.insert(self.offset, offset, data);
        self.drain(&mut pieces);
        self.pieces = Some(pieces);
    }

    /// So many bytes are lost behind the latest piece.
    pub(crate) fn gap(&mut self, bytes: u64) {
        match self.pieces.take() {
            Some(mut pieces) => {
                self.cursor = self.cursor.saturating_add(bytes);
                let to = self.cursor;
                self.advance(&mut pieces, to);
                self.pieces = Some(pieces);
            }
            None => {
                self.lose(bytes);
                self.cursor = self.offset;
            }
        }
    }

    /// Nothing more comes. Returns the head's buffer for another file.
    pub(crate) fn finish(&mut self) -> Option<Vec<u8>> {
        if let Some(mut pieces) = self.pieces.take()
            && let Some(end) = pieces.end()
        {
            self.advance(&mut pieces, end);
        }
        self.look()
    }

    /// Delivers what waits and gives up the holes between, up to `to`.
    fn advance(&mut self, pieces: &mut Pieces, to: u64) {
        self.drain(pieces);
        while let Some(first) = pieces.first().filter(|&first| first < to) {
            self.lose(first - self.offset);
            self.drain(pieces);
        }
        if to > self.offset {
            self.lose(to - self.offset);
        }
    }

    fn drain(&mut self, pieces: &mut Pieces) {
        while let Some(piece) = pieces.take(self.offset) {
            self.deliver(&piece);
        }
    }

    fn lose(&mut self, bytes: u64) {
        // What has come before the hole is all that will ever decide the type.
        self.look();
        self.begin_keeping();
        self.offset = self.offset.saturating_add(bytes);
        self.missing = self.missing.saturating_add(bytes);
        if let Some(executable) = &mut self.executable {
            executable.cut();
        }
        if let Some(keeper) = &mut self.keeper {
            keeper.hole(bytes);
        }
        if matches!(self.digests, Digesting::Whole(_))
            && let Digesting::Whole(hashes) = std::mem::replace(&mut self.digests, Digesting::Nothing)
            && self.seen > 0
        {
            self.digests = Digesting::Cut(Box::new(hashes.finish()));
        }
    }

    fn deliver(&mut self, data: &[u8]) {
        self.offset = self.offset.saturating_add(data.len() as u64);
        self.seen = self.seen.saturating_add(data.len() as u64);
        let Head::Collecting(head) = &mut self.head else {
            return self.consume(data);
        };
        let ends_now = self.total.is_some_and(|total| self.offset >= total);
        if head.is_empty() && (data.len() >= HEAD_BYTES || ends_now) {
            // The usual case: the first piece decides, and nothing is copied.
            self.recognise(data);
            self.head = Head::Done;
            return self.consume(data);
        }
        let (first, rest) = data.split_at(data.len().min(HEAD_BYTES - head.len()));
        head.extend_from_slice(first);
        if head.len() >= HEAD_BYTES {
            self.look();
            self.consume(rest);
        }
    }

    /// Looks for the type in what has come, and passes that on.
    fn look(&mut self) -> Option<Vec<u8>> {
        let Head::Collecting(mut head) = std::mem::replace(&mut self.head, Head::Done) else {
            return None;
        };
        if !head.is_empty() {
            self.recognise(&head);
            self.consume(&head);
        }
        head.clear();
        Some(head)
    }

    fn recognise(&mut self, head: &[u8]) {
        self.mime = mime::detect(head);
        if self.mime == Some("application/x-dosexec") {
            self.executable = Some(Box::new(Executable::new()));
        }
        if matches!(self.mime, Some("text/plain") | None)
            && let (Some(alphabet), Some(first)) = (Alphabet::of(head), head.first_chunk())
        {
            self.wrapped = Some((alphabet, *first, *first));
        }
        self.begin_keeping();
    }

    fn begin_keeping(&mut self) {
        if let Some((store, label)) = self.store.take() {
            self.keeper = store.begin(&Label { mime: self.mime, ..label });
        }
    }

    fn consume(&mut self, data: &[u8]) {
        if let Digesting::Whole(hashes) = &mut self.digests {
            hashes.update(data);
        }
        let left = ENTROPY_BYTES_MAX.saturating_sub(self.histogram.bytes());
        self.histogram.count(&data[..data.len().min(left as usize)]);
        if let Some(executable) = &mut self.executable {
            executable.feed(data);
        }
        if let Some((_, _, tail)) = &mut self.wrapped {
            // The end may come in pieces, and with a line break behind it.
            for byte in data.get(data.len().saturating_sub(2 * TAIL_BYTES)..).unwrap_or_default() {
                if !byte.is_ascii_whitespace() {
                    tail.rotate_left(1);
                    tail[TAIL_BYTES - 1] = *byte;
                }
            }
        }
        if let Some(keeper) = &mut self.keeper {
            keeper.write(data);
        }
    }
}
