//! Frames copied out of where they were captured, many at a time: what a thread that captures hands to those who read.
//!
//! Offline there is no need of it, since frames lie in the file's buffer for as long as they are read. A ring's blocks must go
//! back to the kernel soon, so a frame is copied once, into the one buffer of its batch.

use crate::Frame;
use model::Timestamp;

/// Frames after which a batch is full: a compromise between the cost of handing it over and the time that its frames wait.
const FRAMES_MAX: usize = 2048;
/// Bytes after which a batch is full, for large frames: 2,048 frames of a kilobyte.
const BYTES_MAX: usize = 2 << 20;

/// Frames in the order in which they were captured.
#[derive(Clone, Debug, Default)]
pub struct FrameBatch {
    bytes: Vec<u8>,
    heads: Vec<Head>,
}

#[derive(Clone, Copy, Debug)]
struct Head {
    at: Timestamp,
    link: u32,
    from: u32,
    length: u32,
    wire_bytes: u32,
}

impl FrameBatch {
    /// An empty batch whose buffers need not grow.
    pub fn with_room() -> Self {
        Self { bytes: Vec::with_capacity(BYTES_MAX), heads: Vec::with_capacity(FRAMES_MAX) }
    }

    /// Copies a frame in. It is taken even where the batch is full; whoever fills it asks before.
    pub fn push(&mut self, frame: &Frame<'_>) {
        self.push_parts(frame.at, frame.link, &[frame.data], frame.wire_bytes);
    }

    /// Copies a frame in whose bytes lie in several places: where a VLAN tag is put back, for one.
    pub fn push_parts(&mut self, at: Timestamp, link: u32, parts: &[&[u8]], wire_bytes: u32) {
        // Full batches are far below what 32 bits can count; a frame beyond that is not kept rather than cut.
        let Ok(from) = u32::try_from(self.bytes.len()) else { return };
        let Ok(length) = u32::try_from(parts.iter().map(|part| part.len()).sum::<usize>()) else { return };
        parts.iter().for_each(|part| self.bytes.extend_from_slice(part));
        self.heads.push(Head { at, link, from, length, wire_bytes });
    }

    /// A frame by its place.
    #[inline]
    pub fn get(&self, place: usize) -> Option<Frame<'_>> {
        let head = self.heads.get(place)?;
        let from = head.from as usize;
        let data = self.bytes.get(from..from + head.length as usize)?;
        Some(Frame { at: head.at, link: head.link, data, wire_bytes: head.wire_bytes })
    }

    /// All frames.
    pub fn frames(&self) -> impl Iterator<Item = Frame<'_>> {
        (0..self.heads.len()).filter_map(|place| self.get(place))
    }

    /// How many frames.
    pub const fn len(&self) -> usize {
        self.heads.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    /// Bytes of all frames.
    pub const fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Whether it should be handed over.
    pub const fn is_full(&self) -> bool {
        self.heads.len() >= FRAMES_MAX || self.bytes.len() >= BYTES_MAX
    }

    /// Takes all frames out; the buffers stay.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.heads.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_out_as_they_went_in() {
        let mut batch = FrameBatch::default();
        let at = Timestamp::from_secs;
        batch.push(&Frame { at: at(1), link: 1, data: b"one", wire_bytes: 3 });
        batch.push_parts(at(2), 113, &[b"tw", b"", b"o"], 99);
        let seen: Vec<_> = batch.frames().map(|frame| (frame.at, frame.link, frame.data, frame.wire_bytes)).collect();
        assert_eq!(seen, [(at(1), 1, &b"one"[..], 3), (at(2), 113, b"two", 99)]);
        assert_eq!((batch.len(), batch.bytes(), batch.is_full()), (2, 6, false));
        batch.clear();
        assert!(batch.is_empty() && batch.get(0).is_none());
        while !batch.is_full() {
            batch.push(&Frame { at: at(3), link: 1, data: &[0; 1514], wire_bytes: 1514 });
        }
        assert!(batch.len() <= FRAMES_MAX && batch.bytes() < BYTES_MAX + 1514);
    }
}
