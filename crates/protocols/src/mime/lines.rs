//! Cuts a stream into lines, and into plain bytes where the reader asks for them. Lines that lie within one chunk are
//! handed over as slices of it; only a line that crosses chunks is copied.
//!
//! The rules of what ends a line are those of Zeek's content-line analyzer: CR LF always, a lone CR or LF where the
//! protocol allows it, and an LF that follows a lone CR belongs to it even when the two come in different packets.

use contract::Emit;

/// The longest line in bytes. Nothing that people use comes near it; a longer one is handed over in pieces.
pub const LINE_BYTES_MAX: usize = 1 << 20;

/// What ends a line, besides CR LF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// A lone CR and a lone LF too.
    CrOrLf,
    /// A lone LF too.
    Lf,
    /// Nothing else.
    CrLf,
}

/// A piece of the stream.
#[derive(Debug)]
pub enum Piece<'a> {
    /// A line without its end, lying in the chunk.
    Line(&'a [u8]),
    /// A line without its end that began in an earlier chunk. Give the buffer back with [`Lines::recycle`].
    Held(Vec<u8>),
    /// Bytes that were asked for as they are.
    Plain(&'a [u8]),
}

/// The cutter of one side of a stream.
#[derive(Debug)]
pub struct Lines {
    held: Vec<u8>,
    last: u8,
    plain: u64,
    /// How many bytes are left of a body of lines, whose last line may lack its end.
    limit: Option<u64>,
    /// What came last when the limit was set, until more comes: the LF of an earlier line's CR is none of the body's.
    limited_since: Option<u8>,
    ends: Ends,
    quiet: bool,
    /// Whether a lone CR was told of already (once per connection is enough).
    pub told_cr: bool,
}

impl Default for Lines {
    fn default() -> Self {
        Self::new(Ends::CrOrLf)
    }
}

impl Lines {
    /// A cutter that starts with lines.
    pub const fn new(ends: Ends) -> Self {
        Self { held: Vec::new(), last: 0, plain: 0, limit: None, limited_since: None, ends, quiet: false, told_cr: false }
    }

    /// The next `bytes` bytes are handed over as they are. Zero goes back to lines.
    pub const fn set_plain(&mut self, bytes: u64) {
        self.plain = bytes;
    }

    /// After so many bytes a line is over even without its end; `None` where lines go on.
    pub const fn set_limit(&mut self, bytes: Option<u64>) {
        self.limit = bytes;
        self.limited_since = Some(self.last);
    }

    /// How many plain bytes are still to come.
    pub const fn plain(&self) -> u64 {
        self.plain
    }

    /// Changes what ends a line; with `quiet`, lone line ends are no weird.
    pub const fn set_ends(&mut self, ends: Ends, quiet: bool) {
        self.ends = ends;
        self.quiet = quiet;
    }

    /// How many bytes of an unfinished line are held.
    pub const fn partial(&self) -> usize {
        self.held.len()
    }

    /// Bytes held on the heap.
    pub const fn held_bytes(&self) -> usize {
        self.held.capacity()
    }

    /// Whether the last line ended with a line feed, so that the next byte of the chunk begins the next line.
    pub const fn ended_by_lf(&self) -> bool {
        self.last == b'\n'
    }

    /// The first byte of the next line, where the last chunk ended with a line feed and this one brings it.
    pub fn begun_by(&self, rest: &[u8]) -> Option<u8> {
        let rest = if self.last == b'\r' { rest.strip_prefix(b"\n")? } else { rest };
        if matches!(self.last, b'\r' | b'\n') && self.held.is_empty() && self.plain == 0 { rest.first().copied() } else { None }
    }

    /// Whether the last line ended with a CR whose LF may still come: what takes over the stream must wait for it.
    pub fn waits_for_lf(&self, rest: &[u8]) -> bool {
        self.last == b'\r' && rest.is_empty()
    }

    /// Passes over the LF that belongs to the line before.
    pub fn pass_lf(&mut self, rest: &mut &[u8]) {
        if self.last == b'\r'
            && let Some(after) = rest.strip_prefix(b"\n")
        {
            *rest = after;
        }
        self.last = 0;
    }

    /// Takes back the buffer of a [`Piece::Held`].
    pub fn recycle(&mut self, mut line: Vec<u8>) {
        // A buffer that an unusual line has grown is given back, so that many flows do not keep their largest one.
        const KEPT_BYTES_MAX: usize = 4096;
        line.clear();
        if self.held.capacity() == 0 && line.capacity() <= KEPT_BYTES_MAX {
            self.held = line;
        }
    }

    /// The unfinished line, ended here (the side is done).
    pub fn finish(&mut self) -> Option<Vec<u8>> {
        self.last = b'\n';
        if self.held.is_empty() { None } else { Some(std::mem::take(&mut self.held)) }
    }

    /// The next piece of `rest`, which is advanced past it; `None` where the chunk is used up.
    pub fn next<'a>(&mut self, rest: &mut &'a [u8], out: &mut dyn Emit) -> Option<Piece<'a>> {
        let pair = self.last == b'\r' && rest.first() == Some(&b'\n');
        if pair && (self.ends == Ends::CrOrLf || self.held.is_empty()) {
            *rest = &rest[1..];
            self.last = b'\n';
            // Counted like the LF that comes with its CR.
            if self.limited_since != Some(b'\r') {
                self.limit = self.limit.map(|limit| limit.saturating_sub(1)).filter(|&limit| limit > 0);
            }
        }
        if rest.is_empty() {
            return None;
        }
        self.limited_since = None;
        if self.plain > 0 {
            let take = usize::try_from(self.plain).unwrap_or(usize::MAX).min(rest.len());
            let (piece, after) = rest.split_at(take);
            *rest = after;
            self.plain -= take as u64;
            self.last = 0;
            return Some(Piece::Plain(piece));
        }
        if self.ends == Ends::CrOrLf && self.last == b'\r' && !matches!(rest[0], b'\r' | b'\n') {
            self.tell_cr(out);
        }
        let before = rest.len();
        let within = self.limit.and_then(|limit| usize::try_from(limit).ok()).map_or(before, |limit| limit.min(before));
        let piece = match self.end(&rest[..within]) {
            Some((end, skip)) => Some(self.line(rest, end, skip)),
            None if self.limit == Some(within as u64) => self.cut(rest, within, out),
            None => self.hold(rest, out),
        };
        let used = (before - rest.len()) as u64;
        self.limit = self.limit.map(|limit| limit.saturating_sub(used)).filter(|&limit| limit > 0);
        piece
    }

    /// The body is over within a line.
    fn cut<'a>(&mut self, rest: &mut &'a [u8], length: usize, out: &mut dyn Emit) -> Option<Piece<'a>> {
        self.held.extend_from_slice(&rest[..length]);
        *rest = &rest[length..];
        self.last = b'\n';
        out.weird("line_terminated_without_CRLF", "", "CONTENTLINE");
        Some(Piece::Held(std::mem::take(&mut self.held)))
    }

    /// Where the line at the head of `rest` ends, and how many bytes its end takes.
    fn end(&self, rest: &[u8]) -> Option<(usize, usize)> {
        if self.ends == Ends::CrOrLf {
            let end = memchr::memchr2(b'\r', b'\n', rest)?;
            let pair = rest[end] == b'\r' && rest.get(end + 1) == Some(&b'\n');
            return Some((end, 1 + usize::from(pair)));
        }
        memchr::memchr_iter(b'\n', rest).find_map(|at| {
            let paired = if at == 0 { self.last == b'\r' } else { rest[at - 1] == b'\r' };
            match (paired, at) {
                (true, 0) => Some((0, 1)),
                (true, _) => Some((at - 1, 2)),
                (false, _) => (self.ends == Ends::Lf).then_some((at, 1)),
            }
        })
    }

    fn line<'a>(&mut self, rest: &mut &'a [u8], end: usize, skip: usize) -> Piece<'a> {
        let line = &rest[..end];
        let split_pair = end == 0 && skip == 1 && self.ends != Ends::CrOrLf && self.last == b'\r';
        self.last = rest[end + skip - 1];
        *rest = &rest[end + skip..];
        if self.held.is_empty() {
            return Piece::Line(line);
        }
        let mut held = std::mem::take(&mut self.held);
        if split_pair {
            held.pop();
        }
        held.extend_from_slice(line);
        Piece::Held(held)
    }

    fn hold<'a>(&mut self, rest: &mut &'a [u8], out: &mut dyn Emit) -> Option<Piece<'a>> {
        let take = rest.len().min(LINE_BYTES_MAX.saturating_sub(self.held.len()));
        self.held.extend_from_slice(&rest[..take]);
        if take > 0 {
            self.last = rest[take - 1];
        }
        *rest = &rest[take..];
        if self.held.len() < LINE_BYTES_MAX {
            return None;
        }
        out.weird("contentline_size_exceeded", "", "CONTENTLINE");
        self.last = 0;
        Some(Piece::Held(std::mem::take(&mut self.held)))
    }

    fn tell_cr(&mut self, out: &mut dyn Emit) {
        if !self.quiet && !self.told_cr {
            self.told_cr = true;
            out.weird("line_terminated_with_single_CR", "", "CONTENTLINE");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::{FlowInfo, Recorded, Transport};
    use model::{Addr, Timestamp, Uid};

    fn recorded() -> Recorded {
        let end = (Addr::UNSPECIFIED_V6, 1);
        Recorded::new(FlowInfo {
            uid: Uid::connection(&[]),
            orig: end,
            resp: end,
            transport: Transport::Tcp,
            start: Timestamp::default(),
            midstream: false,
            note: Box::default(),
        })
    }

    fn cut(ends: Ends, chunks: &[&[u8]]) -> (Vec<String>, usize) {
        let (mut out, mut lines, mut found) = (recorded(), Lines::new(ends), Vec::new());
        for chunk in chunks {
            let mut rest = *chunk;
            while let Some(piece) = lines.next(&mut rest, &mut out) {
                let line = match piece {
                    Piece::Line(line) | Piece::Plain(line) => line.to_vec(),
                    Piece::Held(line) => line,
                };
                found.push(String::from_utf8_lossy(&line).into_owned());
            }
        }
        found.extend(lines.finish().map(|line| String::from_utf8_lossy(&line).into_owned()));
        (found, out.weirds.len())
    }

    #[test]
    fn lines_end_as_the_protocol_says() {
        let check = |ends, text: &[u8], expected: &[&str], weirds| {
            let expected: (Vec<String>, usize) = (expected.iter().map(|&line| line.to_owned()).collect(), weirds);
            assert_eq!(cut(ends, &[text]), expected, "whole");
            let bytes: Vec<&[u8]> = text.chunks(1).collect();
            assert_eq!(cut(ends, &bytes), expected, "byte by byte");
        };
        check(Ends::CrOrLf, b"a\r\nb\nc\rd\r\n\r\n", &["a", "b", "c", "d", ""], 1);
        check(Ends::CrLf, b"a\nb\rc\r\nd", &["a\nb\rc", "d"], 0);
        check(Ends::Lf, b"a\nb\rc\r\n\n", &["a", "b\rc", ""], 0);
    }

    #[test]
    fn a_body_of_lines_ends_at_its_length_wherever_it_is_cut() {
        for length in [1, 2, 3, 100] {
            let (mut out, mut lines, mut found) = (recorded(), Lines::default(), Vec::new());
            for chunk in b"\r\na\r\nbcdef\r\n".chunks(length) {
                let mut rest = chunk;
                while let Some(piece) = lines.next(&mut rest, &mut out) {
                    if found.is_empty() {
                        lines.set_limit(Some(6));
                    }
                    let (Piece::Line(line) | Piece::Plain(line)) = piece else {
                        let Piece::Held(line) = piece else { continue };
                        found.push(line);
                        continue;
                    };
                    found.push(line.to_vec());
                }
            }
            assert_eq!(found, [&b""[..], b"a", b"bcd", b"ef"], "chunks of {length}");
            assert_eq!(out.weirds.len(), 1);
        }
    }

    #[test]
    fn a_line_without_end_is_handed_over_in_pieces() {
        let long = vec![b'x'; LINE_BYTES_MAX + 10];
        let (lines, weirds) = cut(Ends::CrOrLf, &[&long]);
        assert_eq!((lines.len(), lines[0].len(), weirds), (2, LINE_BYTES_MAX, 1));
    }
}
