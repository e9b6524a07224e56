//! Compressed bodies (`Content-Encoding`), unpacked as they stream. What is declared gzip or deflate is told apart by its
//! own head, and taken for a bare deflate stream where it has none, since servers mix the three up.
//!
//! Leaves out brotli and zstd: Zeek hands those bodies over packed, and so do its hashes.

use flate2::{Decompress, FlushDecompress, Status};

/// How many bytes one body may unpack to before its ratio is looked at: any honest page is smaller.
const FREE_BYTES: u64 = if cfg!(test) { 1 << 20 } else { 64 << 20 };
/// The ratio beyond which a body of more than [`FREE_BYTES`] is a bomb. Deflate itself ends at about 1,030.
const RATIO_MAX: u64 = 250;
/// The window of deflate, as its largest logarithm.
const WINDOW_BITS: u8 = 15;
/// The piece that is handed over at once.
const PIECE_BYTES: usize = 16 << 10;

/// A stream being unpacked.
#[derive(Debug)]
pub(super) struct Inflate {
    state: State,
    piece: Box<[u8]>,
}

#[derive(Debug)]
enum State {
    Fresh,
    /// The first byte came alone: the second tells how the stream is wrapped.
    Begun(u8),
    Running(Decompress),
    Over,
}

/// The decoder for a stream that begins so: gzip (RFC 1952), zlib (RFC 1950), or bare deflate (RFC 1951).
fn stream_for(head: [u8; 2]) -> Decompress {
    const FIXED_DICTIONARY: u8 = 0x20;
    let zlib = head[0] & 0x0f == 8 && head[0] >> 4 <= 7 && u16::from_be_bytes(head).is_multiple_of(31) && head[1] & FIXED_DICTIONARY == 0;
    if head == [0x1f, 0x8b] { Decompress::new_gzip(WINDOW_BITS) } else { Decompress::new(zlib) }
}

/// Why unpacking stopped: a weird.
pub(super) type Stopped = &'static str;

impl Default for Inflate {
    fn default() -> Self {
        Self { state: State::Fresh, piece: vec![0; PIECE_BYTES].into() }
    }
}

impl Inflate {
    /// Unpacks more.
    ///
    /// # Errors
    /// Where the stream is broken or a bomb; nothing comes out any more then.
    pub(super) fn feed(&mut self, data: &[u8], sink: &mut dyn FnMut(&[u8])) -> Result<(), Stopped> {
        match (&self.state, data) {
            (State::Fresh, [first]) => {
                self.state = State::Begun(*first);
                Ok(())
            }
            (State::Fresh, [first, second, ..]) => {
                self.state = State::Running(stream_for([*first, *second]));
                self.run(data, sink)
            }
            (&State::Begun(first), [second, ..]) => {
                self.state = State::Running(stream_for([first, *second]));
                self.run(&[first], sink)?;
                self.run(data, sink)
            }
            _ => self.run(data, sink),
        }
    }

    fn run(&mut self, data: &[u8], sink: &mut dyn FnMut(&[u8])) -> Result<(), Stopped> {
        let State::Running(stream) = &mut self.state else {
            return Ok(());
        };
        let mut rest = data;
        loop {
            let (taken, given) = (stream.total_in(), stream.total_out());
            let status = stream.decompress(rest, &mut self.piece, FlushDecompress::None);
            let taken = usize::try_from(stream.total_in() - taken).unwrap_or(rest.len()).min(rest.len());
            let given = usize::try_from(stream.total_out() - given).unwrap_or(0).min(self.piece.len());
            rest = &rest[taken..];
            if given > 0 {
                sink(&self.piece[..given]);
            }
            let bomb = stream.total_out() > FREE_BYTES && stream.total_out() / RATIO_MAX > stream.total_in();
            let more = !rest.is_empty() || given == self.piece.len();
            let verdict = match status {
                Ok(Status::StreamEnd) => Some(Ok(())),
                Err(_) => Some(Err("inflate_failed")),
                Ok(_) if bomb => Some(Err("inflate_ratio_exceeded")),
                Ok(_) if !more => return Ok(()),
                Ok(_) if taken == 0 && given == 0 => Some(Err("inflate_failed")),
                Ok(_) => None,
            };
            if let Some(verdict) = verdict {
                self.state = State::Over;
                return verdict;
            }
        }
    }

    /// Bytes held on the heap, a close estimate: the window is most of it.
    pub(super) const fn held_bytes(&self) -> usize {
        PIECE_BYTES + (48 << 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn unpack(packed: &[u8], split: usize) -> (Vec<u8>, Result<(), Stopped>) {
        let (mut out, mut result, mut inflate) = (Vec::new(), Ok(()), Inflate::default());
        for chunk in packed.chunks(split) {
            result = result.and(inflate.feed(chunk, &mut |data| out.extend_from_slice(data)));
        }
        (out, result)
    }

    #[test]
    fn all_three_wrappings_come_out() {
        let text = b"honey ".repeat(9000);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&text).unwrap();
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        zlib.write_all(&text).unwrap();
        let mut bare = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        bare.write_all(&text).unwrap();
        let (gzip, zlib, bare) = (gzip.finish().unwrap(), zlib.finish().unwrap(), bare.finish().unwrap());
        for packed in [&gzip, &zlib, &bare] {
            for split in [1, 3, 100, packed.len()] {
                assert_eq!(unpack(packed, split), (text.clone(), Ok(())), "pieces of {split}");
            }
        }
    }

    #[test]
    fn a_broken_stream_stops_with_a_weird() {
        assert_eq!(unpack(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xff\xff\xff\xff", 99).1, Err("inflate_failed"));
    }

    #[test]
    fn a_bomb_is_stopped() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        for _ in 0..4 {
            gzip.write_all(&vec![0; 1 << 20]).unwrap();
        }
        let packed = gzip.finish().unwrap();
        let mut bytes = 0u64;
        let mut inflate = Inflate::default();
        let result = inflate.feed(&packed, &mut |data| bytes += data.len() as u64);
        assert_eq!(result, Err("inflate_ratio_exceeded"));
        assert!(bytes < FREE_BYTES + 2 * PIECE_BYTES as u64, "{bytes}");
    }
}
