//! Bytes of a followed file cut into records, from the place on where the last one ended.
//!
//! Nothing is held back here: what stands behind the last line end is read again with what comes, so that a position is
//! never within a record, except within one that was cut.

use crate::{RECORD_BYTES_MAX, Records};

/// What was taken of some bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    /// Up to where.
    pub(super) bytes: usize,
    /// Whether they end within a record that was cut, whose rest is to be skipped.
    pub(super) skipping: bool,
    /// Records that were cut.
    pub(super) cut: u64,
}

/// Takes all whole records of `bytes`; with `last`, what stands behind the last line end is one too.
pub(super) fn take(bytes: &[u8], mut skipping: bool, last: bool, into: &mut Records) -> Taken {
    let (mut taken, mut cut) = (0, 0);
    while !into.full() {
        let rest = &bytes[taken..];
        let end = memchr::memchr(b'\n', rest);
        let line = &rest[..end.unwrap_or(rest.len())];
        if skipping {
            taken += end.map_or(line.len(), |end| end + 1);
            skipping = end.is_none();
        } else if line.len() > RECORD_BYTES_MAX {
            into.push(&line[..RECORD_BYTES_MAX]);
            cut += 1;
            taken += RECORD_BYTES_MAX;
            skipping = true;
        } else if end.is_some() || last {
            hand_on(line, into);
            taken += line.len() + usize::from(end.is_some());
        }
        if end.is_none() && (!skipping || taken == bytes.len()) {
            break;
        }
    }
    Taken { bytes: taken, skipping, cut }
}

/// A line without what is no part of it: a carriage return, and the zeros of a hole that truncation left in front.
fn hand_on(line: &[u8], into: &mut Records) {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let begin = if line.first() == Some(&0) { line.iter().position(|byte| *byte != 0).unwrap_or(line.len()) } else { 0 };
    if begin < line.len() {
        into.push(&line[begin..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8], piece: usize, last: bool) -> (Vec<Vec<u8>>, usize, u64) {
        let (mut at, mut skipping, mut cut, mut records) = (0, false, 0, Vec::new());
        let mut end = piece.min(text.len());
        loop {
            let mut some = Records::default();
            let taken = take(&text[at..end], skipping, last && end == text.len(), &mut some);
            records.extend(some.iter().map(<[u8]>::to_vec));
            (at, skipping, cut) = (at + taken.bytes, taken.skipping, cut + taken.cut);
            if some.is_empty() && taken.bytes == 0 {
                if end == text.len() {
                    return (records, at, cut);
                }
                end = (end + piece).min(text.len());
            }
        }
    }

    #[test]
    fn any_growth_gives_the_same_records() {
        let text = b"one\r\ntwo\n\n\0\0three\nfour";
        let expected: Vec<Vec<u8>> = [&b"one"[..], b"two", b"three"].map(<[u8]>::to_vec).to_vec();
        for piece in 1..=text.len() {
            assert_eq!(all(text, piece, false), (expected.clone(), text.len() - 4, 0), "{piece}");
        }
        let (records, at, _) = all(text, 3, true);
        assert_eq!((records.len(), records[3].as_slice(), at), (4, &b"four"[..], text.len()));
    }

    #[test]
    fn a_long_line_is_cut_and_its_rest_skipped() {
        for length in [RECORD_BYTES_MAX, RECORD_BYTES_MAX + 1, 3 * RECORD_BYTES_MAX] {
            let text = [&vec![b'x'; length][..], b"\nnext\n"].concat();
            for piece in [1_000, RECORD_BYTES_MAX + 7, text.len()] {
                let (records, at, cut) = all(&text, piece, false);
                let lengths: Vec<usize> = records.iter().map(Vec::len).collect();
                assert_eq!(
                    (lengths, at, cut),
                    (vec![RECORD_BYTES_MAX, 4], text.len(), u64::from(length > RECORD_BYTES_MAX)),
                    "{length} {piece}"
                );
            }
        }
    }
}
