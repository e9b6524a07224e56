//! Windows' own event files (EVTX), cut into records: each becomes a line of JSON, as `evtx_dump` writes it, which the format
//! `windows` reads.
//!
//! A file is a header of 4 kB and chunks of 64 kB, each with its own strings and templates, so that one chunk at a time is held.
//! The crate `evtx` reads what is in a chunk, within limits of its own (16 MB and 262,144 nodes of a record); sums are not checked,
//! since a file that a machine was still writing has wrong ones. A chunk that is cut is read as far as it goes. Source: Microsoft,
//! MS-EVEN6; the crate.

use evtx::{EvtxChunkData, ParserSettings};
use std::sync::Arc;

/// With what a file begins.
pub(crate) const MAGIC: &[u8; 8] = b"ElfFile\0";
/// The header of a file.
const HEADER_BYTES: usize = 4_096;
/// A chunk, header and all.
const CHUNK_BYTES: usize = 64 << 10;
/// A chunk's own header; without it nothing can be read.
const CHUNK_HEADER_BYTES: usize = 512;
/// The longest line of JSON that is handed on: a record has at most 64 kB, each of its letters at most six in JSON.
const LINE_BYTES_MAX: usize = 512 << 10;

/// Cuts a file into records.
pub(crate) struct Chunks {
    /// Bytes of the file's header that are still to come.
    header: usize,
    held: Vec<u8>,
    settings: Arc<ParserSettings>,
    broken: u64,
}

impl std::fmt::Debug for Chunks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chunks").field("held", &self.held.len()).field("broken", &self.broken).finish_non_exhaustive()
    }
}

impl Chunks {
    /// For a file of which nothing was read.
    pub(crate) fn new() -> Self {
        let settings = Arc::new(ParserSettings::new().indent(false).validate_checksums(false));
        Self { header: HEADER_BYTES, held: Vec::new(), settings, broken: 0 }
    }

    /// Records that could not be read, and chunks of which none could.
    pub(crate) const fn broken(&self) -> u64 {
        self.broken
    }

    /// Whether no chunk is held whose end has not come.
    pub(crate) const fn is_between(&self) -> bool {
        self.held.is_empty()
    }

    /// Takes bytes, hands on the records of every chunk that ends in them.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], record: &mut dyn FnMut(&[u8])) {
        let skipped = self.header.min(bytes.len());
        self.header -= skipped;
        bytes = bytes.get(skipped..).unwrap_or_default();
        while !bytes.is_empty() {
            let room = CHUNK_BYTES - self.held.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.held.extend_from_slice(now);
            bytes = later;
            if self.held.len() == CHUNK_BYTES {
                self.chunk(record);
            }
        }
    }

    /// The file has ended: a last chunk that is cut is read as far as it goes.
    pub(crate) fn finish(&mut self, record: &mut dyn FnMut(&[u8])) {
        if self.held.len() > CHUNK_HEADER_BYTES {
            self.held.resize(CHUNK_BYTES, 0);
            self.chunk(record);
        }
    }

    fn chunk(&mut self, record: &mut dyn FnMut(&[u8])) {
        let data = std::mem::take(&mut self.held);
        // Room that a file keeps for later is all zeros.
        if data.iter().take(8).all(|byte| *byte == 0) {
            return;
        }
        let Ok(mut data) = EvtxChunkData::new(data, false) else {
            self.broken += 1;
            return;
        };
        match data.parse(Arc::clone(&self.settings)) {
            Ok(mut chunk) => {
                for one in chunk.iter() {
                    match one.and_then(|one| one.into_json_bytes()) {
                        Ok(one) if one.data.len() <= LINE_BYTES_MAX => record(&one.data),
                        _ => self.broken += 1,
                    }
                }
            }
            Err(_) => self.broken += 1,
        }
    }
}
