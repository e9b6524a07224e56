//! Compressed bodies (`Content-Encoding`), unpacked as they stream. What is declared gzip or deflate is told apart by its
//! own head, and taken for a bare deflate stream where it has none, since servers mix the three up.
//!
//! Leaves out zstd and compress. Zeek leaves out brotli, too, and hands such bodies over packed.

use super::brotli::{self, Brotli};
use flate2::{Decompress, FlushDecompress, Status};

/// How many bytes one body may unpack to before its ratio is looked at: any honest page is smaller.
const FREE_BYTES: u64 = if cfg!(test) { 1 << 20 } else { 64 << 20 };
/// The same for brotli, which has no ratio of its own that it ends at: a few bytes can unpack to 16 MiB.
const BROTLI_FREE_BYTES: u64 = 1 << 20;
/// The ratio beyond which a body of more bytes than that is a bomb. Deflate itself ends at about 1,030.
const RATIO_MAX: u64 = 250;
/// The window of deflate, as its largest logarithm.
const WINDOW_BITS: u8 = 15;
/// The piece that is handed over at once.
const PIECE_BYTES: usize = 16 << 10;
/// The window of deflate and what else its decoder holds, about.
const DEFLATE_BYTES: usize = 48 << 10;

/// The most that the unpacking of one body holds, in bytes.
pub(super) const HELD_BYTES_MAX: usize = PIECE_BYTES + brotli::HELD_BYTES_MAX + size_of::<Brotli>();

/// How a body is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    /// gzip, zlib or deflate.
    Deflate,
    /// Brotli.
    Brotli,
}

impl Packing {
    /// What a content coding means.
    pub(super) fn named(coding: &[u8]) -> Option<Self> {
        let is = |known: &&[u8]| coding.eq_ignore_ascii_case(known);
        if [&b"gzip"[..], b"x-gzip", b"deflate"].iter().any(is) { Some(Self::Deflate) } else { is(&&b"br"[..]).then_some(Self::Brotli) }
    }
}

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
    Deflate(Decompress),
    Brotli(Box<Brotli>),
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

/// How far one step came.
struct Step {
    taken: usize,
    given: usize,
    /// Whether it was the last one, and how that was.
    verdict: Option<Result<(), Stopped>>,
}

impl Inflate {
    /// A body begins.
    pub(super) fn new(packing: Packing) -> Self {
        let state = match packing {
            Packing::Deflate => State::Fresh,
            Packing::Brotli => State::Brotli(Box::new(Brotli::new())),
        };
        Self { state, piece: vec![0; PIECE_BYTES].into() }
    }

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
                self.state = State::Deflate(stream_for([*first, *second]));
                self.run(data, sink)
            }
            (&State::Begun(first), [second, ..]) => {
                self.state = State::Deflate(stream_for([first, *second]));
                self.run(&[first], sink)?;
                self.run(data, sink)
            }
            (State::Brotli(_), _) => self.run_blocks(data, sink),
            _ => self.run(data, sink),
        }
    }

    fn run_blocks(&mut self, mut data: &[u8], sink: &mut dyn FnMut(&[u8])) -> Result<(), Stopped> {
        while let State::Brotli(stream) = &mut self.state {
            let Some(block) = stream.next_block(&mut data) else { break };
            self.run(block.bytes(), sink)?;
        }
        Ok(())
    }

    /// The body is over: unpacks what waits.
    ///
    /// # Errors
    /// As for [`Inflate::feed`].
    pub(super) fn finish(&mut self, sink: &mut dyn FnMut(&[u8])) -> Result<(), Stopped> {
        let State::Brotli(stream) = &mut self.state else { return Ok(()) };
        let block = stream.last_block();
        if block.bytes().is_empty() { Ok(()) } else { self.run(block.bytes(), sink) }
    }

    fn run(&mut self, data: &[u8], sink: &mut dyn FnMut(&[u8])) -> Result<(), Stopped> {
        let mut rest = data;
        loop {
            let step = match &mut self.state {
                State::Deflate(stream) => deflate_step(stream, rest, &mut self.piece),
                State::Brotli(stream) => brotli_step(stream, rest, &mut self.piece),
                State::Fresh | State::Begun(_) | State::Over => return Ok(()),
            };
            rest = rest.get(step.taken..).unwrap_or_default();
            let piece = self.piece.get(..step.given).unwrap_or_default();
            if !piece.is_empty() {
                sink(piece);
            }
            if let Some(verdict) = step.verdict {
                self.state = State::Over;
                return verdict;
            }
            if rest.is_empty() && step.given < self.piece.len() {
                return Ok(());
            }
        }
    }

    /// Bytes held on the heap, a close estimate: the window is most of it.
    pub(super) fn held_bytes(&self) -> usize {
        PIECE_BYTES + if let State::Brotli(stream) = &self.state { stream.held_bytes() } else { DEFLATE_BYTES }
    }
}

fn deflate_step(stream: &mut Decompress, data: &[u8], piece: &mut [u8]) -> Step {
    let (taken, given) = (stream.total_in(), stream.total_out());
    let status = stream.decompress(data, piece, FlushDecompress::None);
    let taken = usize::try_from(stream.total_in() - taken).unwrap_or(data.len());
    let given = usize::try_from(stream.total_out() - given).unwrap_or(0);
    let bomb = stream.total_out() > FREE_BYTES && stream.total_out() / RATIO_MAX > stream.total_in();
    let verdict = match status {
        Ok(Status::StreamEnd) => Some(Ok(())),
        Err(_) => Some(Err("inflate_failed")),
        Ok(_) if bomb => Some(Err("inflate_ratio_exceeded")),
        Ok(_) if taken == 0 && given == 0 && !data.is_empty() => Some(Err("inflate_failed")),
        Ok(_) => None,
    };
    Step { taken, given, verdict }
}

fn brotli_step(stream: &mut Brotli, data: &[u8], piece: &mut [u8]) -> Step {
    let (taken, given) = (stream.taken, stream.given);
    let result = stream.step(data, piece);
    let taken = usize::try_from(stream.taken - taken).unwrap_or(data.len());
    let given = usize::try_from(stream.given - given).unwrap_or(0);
    let bomb = stream.given > BROTLI_FREE_BYTES && stream.given / RATIO_MAX > stream.taken;
    let verdict = match result {
        brotli::Step::Over => Some(Ok(())),
        brotli::Step::Broken => Some(Err("brotli_failed")),
        brotli::Step::TooLarge => Some(Err("brotli_window_exceeded")),
        brotli::Step::More if bomb => Some(Err("brotli_ratio_exceeded")),
        brotli::Step::More if taken == 0 && given == 0 && !data.is_empty() => Some(Err("brotli_failed")),
        brotli::Step::More => None,
    };
    Step { taken, given, verdict }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn unpack(packed: &[u8], split: usize) -> (Vec<u8>, Result<(), Stopped>) {
        unpack_as(Packing::Deflate, packed, split)
    }

    fn unpack_as(packing: Packing, packed: &[u8], split: usize) -> (Vec<u8>, Result<(), Stopped>) {
        let (mut out, mut result, mut inflate) = (Vec::new(), Ok(()), Inflate::new(packing));
        for chunk in packed.chunks(split) {
            result = result.and(inflate.feed(chunk, &mut |data| out.extend_from_slice(data)));
            assert!(inflate.held_bytes() <= HELD_BYTES_MAX);
        }
        let end = if result.is_ok() { inflate.finish(&mut |data| out.extend_from_slice(data)) } else { Ok(()) };
        result = result.and(end);
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
        let mut inflate = Inflate::new(Packing::Deflate);
        let result = inflate.feed(&packed, &mut |data| bytes += data.len() as u64);
        assert_eq!(result, Err("inflate_ratio_exceeded"));
        assert!(bytes < FREE_BYTES + 2 * PIECE_BYTES as u64, "{bytes}");
    }

    fn bytes(hexadecimal: &str) -> Vec<u8> {
        hexadecimal.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    }

    #[test]
    fn brotli_comes_out_whatever_the_split() {
        let text = b"honey ".repeat(9000);
        // As the reference encoder packs it with its best and with its fastest method.
        let best = "1befd2f88d54b5bf46737bcb532065715b1c805419803c";
        let fast = "8b77690080aaaaaaeaff74a5fb8500f8c47c6638808b5fa952cd618331c78e92d5538b2a0318";
        for packed in [bytes(best), bytes(fast)] {
            for split in [1, 2, 5, packed.len()] {
                assert_eq!(unpack_as(Packing::Brotli, &packed, split), (text.clone(), Ok(())), "pieces of {split}");
            }
        }
        assert_eq!(unpack_as(Packing::Brotli, b"\xff\xff\xff\xff\xff\xff", 9).1, Err("brotli_failed"));
    }

    #[test]
    fn broken_brotli_breaks_in_the_same_place_whatever_the_split() {
        // What the decoder made of its last block before it failed is lost, however the block came.
        let packed = bytes("1b3100f805726b9246960be20bc337075124aa6ae0a333b33aba52afec010003");
        let whole = unpack_as(Packing::Brotli, &packed, packed.len());
        assert_eq!(whole.1, Err("brotli_failed"));
        for split in [1, 2, 5, 31] {
            assert_eq!(unpack_as(Packing::Brotli, &packed, split), whole, "pieces of {split}");
        }
    }

    #[test]
    fn brotli_that_asks_for_too_much_is_stopped() {
        // Four MiB of zeros, with a window of 256 KiB and with one of 16 MiB.
        let small_window = bytes(
            "a3ffff837f02201e0b0472ef0ff4ff7ff04f00c4611180eefd81feff0ffe0980382c00d0bd3fd0ffffc13f0110870500baf707faff3ff82700e2b00040f7fe40ffff07ff\
             04401c1600e8de1fe8ffffe09f0088c30200ddfb83faff3ffc1300715800a07b7f00",
        );
        let (clear, result) = unpack_as(Packing::Brotli, &small_window, 7);
        assert_eq!(result, Err("brotli_ratio_exceeded"));
        assert!((1 << 20..(1 << 20) + 2 * PIECE_BYTES).contains(&clear.len()), "{}", clear.len());
        let large_window = bytes("9fffff3ff82700e2b14020f7fe07");
        assert_eq!(unpack_as(Packing::Brotli, &large_window, 99), (Vec::new(), Err("brotli_window_exceeded")));
    }
}
