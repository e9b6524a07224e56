//! A window that slides over a stream of bytes: what is asked for lies in one piece, and nothing is copied but the rest of a
//! record that a refill cuts.

use crate::Flaw;
use std::collections::VecDeque;
use std::io::{ErrorKind, Read};
use std::ops::Range;
use std::sync::Arc;

/// What the window holds at first, in bytes: fits the cache of a core, and is large enough that reading costs little.
const WINDOW_BYTES: usize = 256 * 1024;

/// The largest piece that may be asked for, in bytes: a packet block with the largest frame and generous options. The
/// window never grows past this.
pub(crate) const LARGEST_PIECE_BYTES: usize = 1024 * 1024;

/// So many blocks that others read are looked after; past them, a block is freed by whoever reads it last.
const LENT_MAX: usize = 128;

/// A piece of the stream that several may read. Nobody writes into it while others hold it.
pub type Block = Arc<Vec<u8>>;

pub(crate) struct Window {
    input: Box<dyn Read + Send>,
    buffer: Block,
    /// Blocks that others may still read, the oldest first.
    lent: VecDeque<Block>,
    start: usize,
    end: usize,
    /// Bytes of the stream before `start`.
    offset: u64,
    /// Where in the stream the record at hand begins.
    mark: u64,
    /// Why nothing more comes: the end (no flaw), or an error.
    over: Option<Option<Flaw>>,
}

impl Window {
    pub(crate) fn new(input: Box<dyn Read + Send>) -> Self {
        Self { input, buffer: Arc::new(vec![0; WINDOW_BYTES]), lent: VecDeque::new(), start: 0, end: 0, offset: 0, mark: 0, over: None }
    }

    /// A record begins here.
    #[inline]
    pub(crate) const fn mark(&mut self) {
        self.mark = self.offset;
    }

    /// Where in the stream the record at hand begins, in bytes.
    pub(crate) const fn marked(&self) -> u64 {
        self.mark
    }

    /// Where in the buffer the window begins, for [`Window::slice`]. Valid until the next `peek` or `skip`.
    pub(crate) const fn start(&self) -> usize {
        self.start
    }

    /// Bytes of the buffer by their place; empty where there are none.
    pub(crate) fn slice(&self, from: usize, len: usize) -> &[u8] {
        self.buffer.get(from..from + len).unwrap_or(&[])
    }

    /// The block in which the last record lies, until the next `peek` or `skip`.
    pub(crate) const fn block(&self) -> &Block {
        &self.buffer
    }

    /// The next `need` bytes, at most [`LARGEST_PIECE_BYTES`].
    ///
    /// # Errors
    /// Where the stream ends before.
    #[inline]
    pub(crate) fn peek(&mut self, need: usize) -> Result<&[u8], Flaw> {
        if self.end - self.start < need {
            self.refill(need)?;
        }
        Ok(&self.buffer[self.start..self.start + need])
    }

    /// As many of the next `need` bytes as the stream has, and the error that cut them off, if it was one.
    pub(crate) fn peek_some(&mut self, need: usize) -> (&[u8], Option<Flaw>) {
        let flaw = match self.peek(need) {
            Ok(_) | Err(Flaw::Truncated { .. }) => None,
            Err(flaw) => Some(flaw),
        };
        let have = (self.end - self.start).min(need);
        (&self.buffer[self.start..self.start + have], flaw)
    }

    /// Goes on by bytes that were peeked at.
    #[inline]
    pub(crate) fn consume(&mut self, bytes: usize) {
        debug_assert!(bytes <= self.end - self.start);
        self.start = (self.start + bytes).min(self.end);
        self.offset += bytes as u64;
    }

    /// Goes on by any number of bytes, without holding them.
    ///
    /// # Errors
    /// Where the stream ends before.
    pub(crate) fn skip(&mut self, mut bytes: u64) -> Result<(), Flaw> {
        while bytes > 0 {
            self.peek(1)?;
            let step = usize::try_from(bytes).unwrap_or(usize::MAX).min(self.end - self.start);
            self.consume(step);
            bytes -= step as u64;
        }
        Ok(())
    }

    #[cold]
    fn refill(&mut self, need: usize) -> Result<(), Flaw> {
        debug_assert!(need <= LARGEST_PIECE_BYTES);
        if self.over.is_none() {
            let buffer = make_room(&mut self.buffer, &mut self.lent, self.start..self.end, need);
            (self.start, self.end) = (0, self.end - self.start);
            while self.end < need {
                match self.input.read(&mut buffer[self.end..]) {
                    Ok(0) => {
                        self.over = Some(None);
                        break;
                    }
                    Ok(bytes) => self.end += bytes,
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                        self.over = Some(Some(Flaw::Unreadable("the packed file is truncated".to_owned())));
                        break;
                    }
                    Err(error) => {
                        self.over = Some(Some(Flaw::Unreadable(error.to_string())));
                        break;
                    }
                }
            }
        }
        let have = self.end - self.start;
        match &self.over {
            _ if have >= need => Ok(()),
            Some(Some(flaw)) => Err(flaw.clone()),
            _ => Err(Flaw::Truncated { have, need }),
        }
    }
}

/// A buffer with the bytes of `kept` at its front and room for `need`: the same one, or another where somebody still reads it.
fn make_room<'a>(buffer: &'a mut Block, lent: &mut VecDeque<Block>, kept: Range<usize>, need: usize) -> &'a mut Vec<u8> {
    if Arc::get_mut(buffer).is_none() {
        let spare = lent.iter_mut().position(|block| Arc::get_mut(block).is_some()).and_then(|place| lent.remove(place));
        let mut fresh = spare.unwrap_or_else(|| Arc::new(vec![0; WINDOW_BYTES.max(need)]));
        let room = Arc::make_mut(&mut fresh);
        if room.len() < need {
            room.resize(need, 0);
        }
        let bytes = buffer.get(kept).unwrap_or_default();
        room[..bytes.len()].copy_from_slice(bytes);
        if lent.len() >= LENT_MAX {
            lent.pop_front();
        }
        lent.push_back(std::mem::replace(buffer, fresh));
        return Arc::make_mut(buffer);
    }
    let buffer = Arc::make_mut(buffer);
    buffer.copy_within(kept, 0);
    if buffer.len() < need {
        buffer.resize(need, 0);
    }
    buffer
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, the worst that a pipe may do.
    struct Dribble(Vec<u8>, usize);

    impl Read for Dribble {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let Some(&byte) = self.0.get(self.1) else { return Ok(0) };
            into[0] = byte;
            self.1 += 1;
            Ok(1)
        }
    }

    #[test]
    fn pieces_come_whole_over_any_refill() {
        let bytes: Vec<u8> = (0..WINDOW_BYTES as u32 * 3).map(|n| n as u8).collect();
        let mut window = Window::new(Box::new(std::io::Cursor::new(bytes.clone())));
        let mut at = 0;
        for step in (1..).map(|n| n * 97) {
            if at + step > bytes.len() {
                break;
            }
            assert_eq!(window.peek(step), Ok(&bytes[at..at + step]));
            window.consume(step);
            at += step;
        }
        window.mark();
        assert_eq!(window.marked(), at as u64);
        assert_eq!(window.skip((bytes.len() - at) as u64), Ok(()));
        assert_eq!(window.skip(1), Err(Flaw::Truncated { have: 0, need: 1 }));
    }

    #[test]
    fn a_slow_stream_is_waited_for() {
        let mut window = Window::new(Box::new(Dribble(b"abcdef".to_vec(), 0)));
        assert_eq!(window.peek(4), Ok(&b"abcd"[..]));
        window.consume(4);
        assert_eq!(window.peek(3), Err(Flaw::Truncated { have: 2, need: 3 }));
        assert_eq!(window.peek_some(3), (&b"ef"[..], None));
    }
}
