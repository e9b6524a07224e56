//! The beginnings of what was handed on last, to be compared with what comes again: a sender that says two different things at
//! one place of its stream is two senders, one of whom injects (the attack known as QUANTUMINSERT; a differing copy is also how
//! sensors are evaded, Ptacek and Newsham 1998).
//!
//! Left out: copies that differ only behind a piece's first bytes, or that come long after.

/// Pieces that are remembered: an injected answer and the true one are neighbours.
const PIECES: usize = 2;
/// Bytes of each: a status line and the first header, which is where an injected answer differs.
const HEAD_BYTES: usize = 48;
/// A copy that shares fewer bytes proves nothing (probes that keep a connection alive repeat one byte, of any value).
const SHARED_BYTES_MIN: usize = 8;

#[derive(Clone, Copy, Debug, Default)]
struct Piece {
    start: u64,
    length: u8,
    head: Head,
}

#[derive(Clone, Copy, Debug)]
struct Head([u8; HEAD_BYTES]);

impl Default for Head {
    fn default() -> Self {
        Self([0; HEAD_BYTES])
    }
}

/// One direction's last pieces. On the heap, and only for those that carry data.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recent(Option<Box<[Piece; PIECES]>>);

impl Recent {
    /// Remembers bytes that were handed on.
    pub(crate) fn note(&mut self, start: u64, data: &[u8]) {
        if data.len() < SHARED_BYTES_MIN {
            return;
        }
        let pieces = self.0.get_or_insert_default();
        pieces.rotate_right(1);
        let length = data.len().min(HEAD_BYTES);
        let mut head = Head::default();
        head.0[..length].copy_from_slice(&data[..length]);
        pieces[0] = Piece { start, length: length as u8, head };
    }

    /// What was handed on before in the place of `data`, if it was something else: the old bytes and the new ones.
    pub(crate) fn differing<'a>(&'a self, seq: u64, data: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
        let upper = seq.saturating_add(data.len() as u64);
        self.0.as_deref()?.iter().rev().find_map(|piece| {
            let end = piece.start + u64::from(piece.length);
            let (from, to) = (piece.start.max(seq), end.min(upper));
            let shared = to.checked_sub(from).filter(|shared| *shared >= SHARED_BYTES_MIN as u64)? as usize;
            let old = &piece.head.0[(from - piece.start) as usize..][..shared];
            let new = &data[(from - seq) as usize..][..shared];
            (old != new).then_some((old, new))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_answer_at_the_same_place_is_seen_and_the_same_one_is_not() {
        let mut recent = Recent::default();
        recent.note(1, b"HTTP/1.1 302 Found\r\n");
        recent.note(21, b"Location: elsewhere");
        assert!(recent.differing(1, b"HTTP/1.1 302 Found\r\nLocation").is_none());
        let (old, new) = recent.differing(1, b"HTTP/1.1 200 OK\r\nServer: true").expect("a differing copy");
        assert_eq!((&old[9..12], &new[9..12]), (&b"302"[..], &b"200"[..]));
        assert!(recent.differing(20, b"\0").is_none(), "a probe");
        assert!(recent.differing(500, b"something that is new").is_none());
        assert!(recent.differing(u64::MAX, b"wrapped around").is_none());
    }
}
