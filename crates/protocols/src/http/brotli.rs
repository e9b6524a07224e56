//! Brotli (RFC 7932), within a memory that it states: a few dozen bytes can ask for a window of 16 MiB, so that the decoder gets
//! its tables and its window from allocators that say no.
//!
//! Leaves out the large windows of draft-vandevenne-shared-brotli-format, which no server sends under the name `br`, and dictionaries
//! that both ends agreed upon.

use brotli_decompressor::{Allocator, BrotliDecompressStream, BrotliResult, BrotliState, SliceWrapper, StandardAlloc};
use std::fmt;

/// The window: Apache's is 256 KiB and nginx's 512 KiB unless they are told otherwise. A body that is shorter than its window needs no
/// more than its own length.
const WINDOW_BYTES_MAX: usize = (512 << 10) + WINDOW_SLACK_BYTES;
/// What the decoder wants behind its window, and for its small maps.
const WINDOW_SLACK_BYTES: usize = 64 << 10;
/// The prefix codes: an ordinary page has a few dozen tables of some 4 KiB.
const CODES_BYTES_MAX: usize = 512 << 10;
/// The places of those tables.
const PLACES_BYTES_MAX: usize = 32 << 10;

/// The most that a stream holds, in bytes.
pub(super) const HELD_BYTES_MAX: usize = WINDOW_BYTES_MAX + CODES_BYTES_MAX + PLACES_BYTES_MAX;

/// An allocator with a limit. It answers with an empty cell where that is reached, which ends the decoding.
#[derive(Debug)]
struct Rations {
    held_bytes: usize,
    bytes_max: usize,
}

impl Rations {
    const fn new(bytes_max: usize) -> Self {
        Self { held_bytes: 0, bytes_max }
    }
}

impl<T: Clone + Default> Allocator<T> for Rations {
    type AllocatedMemory = <StandardAlloc as Allocator<T>>::AllocatedMemory;

    fn alloc_cell(&mut self, count: usize) -> Self::AllocatedMemory {
        let bytes = count.saturating_mul(size_of::<T>());
        if bytes > self.bytes_max - self.held_bytes {
            return Self::AllocatedMemory::default();
        }
        self.held_bytes += bytes;
        StandardAlloc::default().alloc_cell(count)
    }

    fn free_cell(&mut self, cell: Self::AllocatedMemory) {
        self.held_bytes = self.held_bytes.saturating_sub(size_of_val(cell.slice()));
    }
}

/// The decoder is fed in blocks of so many bytes, counted from the stream's beginning: where it fails, it keeps what it decoded of the
/// same call to itself, which must not depend on packets.
const BLOCK_BYTES: usize = 64;

/// Input that waits until its block is full.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    bytes: [u8; BLOCK_BYTES],
    filled: usize,
}

const EMPTY: Block = Block { bytes: [0; BLOCK_BYTES], filled: 0 };

impl Block {
    /// What is in it.
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.filled).unwrap_or_default()
    }
}

/// How a step of decoding went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// There is more to come, or to give.
    More,
    /// The stream is over.
    Over,
    /// The stream is broken.
    Broken,
    /// The stream asks for more memory than is granted.
    TooLarge,
}

/// A stream being decoded.
pub(super) struct Brotli {
    state: BrotliState<Rations, Rations, Rations>,
    block: Block,
    /// Bytes given out so far.
    pub(super) given: u64,
    /// Bytes taken in so far.
    pub(super) taken: u64,
}

impl fmt::Debug for Brotli {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Brotli").field("given", &self.given).field("taken", &self.taken).finish_non_exhaustive()
    }
}

impl Brotli {
    /// A stream begins.
    pub(super) fn new() -> Self {
        let [window, places, codes] = [WINDOW_BYTES_MAX, PLACES_BYTES_MAX, CODES_BYTES_MAX].map(Rations::new);
        Self { state: BrotliState::new_strict(window, places, codes), block: EMPTY, given: 0, taken: 0 }
    }

    /// The next full block, for which bytes are taken from `rest`; `None` where that is used up before.
    pub(super) fn next_block(&mut self, rest: &mut &[u8]) -> Option<Block> {
        let block = &mut self.block;
        let room = &mut block.bytes[block.filled..];
        let (now, later) = rest.split_at(rest.len().min(room.len()));
        room[..now.len()].copy_from_slice(now);
        block.filled += now.len();
        *rest = later;
        (block.filled == BLOCK_BYTES).then(|| self.last_block())
    }

    /// What waits, since nothing follows.
    pub(super) const fn last_block(&mut self) -> Block {
        std::mem::replace(&mut self.block, EMPTY)
    }

    /// Decodes from `data` into `piece`, as much as goes.
    pub(super) fn step(&mut self, data: &[u8], piece: &mut [u8]) -> Step {
        let (mut left, mut taken, mut room, mut given, mut total) = (data.len(), 0, piece.len(), 0, 0);
        let result = BrotliDecompressStream(&mut left, &mut taken, data, &mut room, &mut given, piece, &mut total, &mut self.state);
        self.taken += taken as u64;
        self.given += given as u64;
        match result {
            BrotliResult::ResultSuccess => Step::Over,
            BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => Step::More,
            BrotliResult::ResultFailure if self.starved() => Step::TooLarge,
            BrotliResult::ResultFailure => Step::Broken,
        }
    }

    /// Whether decoding ended because an allocator said no (the errors of allocation go from -21 to -30).
    fn starved(&self) -> bool {
        (-30..=-21).contains(&(self.state.error_code as i32))
    }

    /// Bytes held on the heap.
    pub(super) const fn held_bytes(&self) -> usize {
        size_of::<Self>() + self.state.alloc_u8.held_bytes + self.state.alloc_u32.held_bytes + self.state.alloc_hc.held_bytes
    }
}
