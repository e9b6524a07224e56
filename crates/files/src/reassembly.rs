//! Pieces of a file in any order, put in order.
//!
//! Bounded twice: by bytes (the owner asks [`Pieces::is_over`] before it adds more, as Zeek does with its
//! `reassembly_buffer_size`) and by the number of pieces, since a piece costs more than its bytes.

use std::collections::BTreeMap;

/// Pieces held at once for one file. A range request or an SMB write is some KiB, so that the byte limit comes first in
/// honest traffic; this one stops a sender of single bytes.
const PIECES_MAX: usize = 4096;

/// Bytes that wait until those before them have come. No two pieces overlap, none begins before the owner's offset.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    waiting: BTreeMap<u64, Box<[u8]>>,
    bytes: usize,
}

impl Pieces {
    /// Whether more is held than `bytes_max` allows.
    pub(crate) fn is_over(&self, bytes_max: usize) -> bool {
        self.bytes > bytes_max || self.waiting.len() >= PIECES_MAX
    }

    /// Bytes held.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Keeps what is new in `data`: nothing before `from`, and nothing that is held already (the first copy counts).
    pub(crate) fn insert(&mut self, from: u64, offset: u64, data: &[u8]) {
        let end = offset.saturating_add(data.len() as u64);
        let mut at = offset.max(from);
        if let Some((&start, piece)) = self.waiting.range(..=at).next_back() {
            at = at.max(start + piece.len() as u64);
        }
        while at < end {
            let (next, next_end) =
                self.waiting.range(at..end).next().map_or((end, end), |(&start, piece)| (start, start + piece.len() as u64));
            if next > at {
                let (low, high) = ((at - offset) as usize, (next - offset) as usize);
                if let Some(part) = data.get(low..high) {
                    self.bytes += part.len();
                    self.waiting.insert(at, part.into());
                }
            }
            at = next_end.max(next);
        }
    }

    /// Takes out the piece that begins at `at`, if it is there.
    pub(crate) fn take(&mut self, at: u64) -> Option<Box<[u8]>> {
        let piece = self.waiting.remove(&at)?;
        self.bytes -= piece.len();
        Some(piece)
    }

    /// Where the first piece begins.
    pub(crate) fn first(&self) -> Option<u64> {
        self.waiting.first_key_value().map(|(&start, _)| start)
    }

    /// Where the last piece ends.
    pub(crate) fn end(&self) -> Option<u64> {
        self.waiting.last_key_value().map(|(&start, piece)| start + piece.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_first_copy_counts() {
        let mut pieces = Pieces::default();
        pieces.insert(0, 4, b"efgh");
        pieces.insert(0, 2, b"CDEFGHIJ");
        assert_eq!(pieces.take(2).as_deref(), Some(&b"CD"[..]));
        assert_eq!(pieces.take(4).as_deref(), Some(&b"efgh"[..]));
        assert_eq!(pieces.take(8).as_deref(), Some(&b"IJ"[..]));
        assert_eq!(pieces.bytes(), 0);
    }

    #[test]
    fn what_was_delivered_is_not_kept_again() {
        let mut pieces = Pieces::default();
        pieces.insert(10, 0, &[7; 10]);
        assert_eq!(pieces.first(), None);
        pieces.insert(10, 5, &[7; 10]);
        assert_eq!((pieces.first(), pieces.end()), (Some(10), Some(15)));
    }

    #[test]
    fn an_offset_at_the_end_of_numbers_is_harmless() {
        let mut pieces = Pieces::default();
        pieces.insert(0, u64::MAX - 2, &[1; 10]);
        assert!(pieces.bytes() <= 10);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_order_gives_the_same_bytes(cuts in proptest::collection::vec((0u64..200, 1usize..40), 1..40)) {
            let whole: Vec<u8> = (0..240u32).map(|n| n as u8).collect();
            let mut pieces = Pieces::default();
            let mut covered = vec![false; whole.len()];
            for (offset, len) in cuts {
                let range = offset as usize..(offset as usize + len).min(whole.len());
                covered[range.clone()].fill(true);
                pieces.insert(0, offset, &whole[range]);
            }
            let mut seen = vec![false; whole.len()];
            while let Some(start) = pieces.first() {
                let piece = pieces.take(start).expect("just seen");
                let range = start as usize..start as usize + piece.len();
                prop_assert_eq!(&whole[range.clone()], &piece[..]);
                prop_assert!(seen[range.clone()].iter().all(|&s| !s));
                seen[range].fill(true);
            }
            prop_assert_eq!(covered, seen);
        }
    }
}
