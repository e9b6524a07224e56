//! Syslog over a stream (RFC 6587, RFC 5425): counted records and lines, told apart frame by frame, since relays mix them.
//!
//! ```text
//! counted:  MSG-LEN SP SYSLOG-MSG      "38 <13>1 2026-11-20T10:00:00Z h p - - - hi"
//! by line:  SYSLOG-MSG TRAILER         "<13>Nov 20 10:00:00 h p: hi\n"
//! ```
//!
//! A count is believed where it is followed by a space and `<`; otherwise its digits begin a line. A line ends at a line end or a zero
//! (glibc's way through a stream socket). What is longer than the limit is cut, and the rest of its frame skipped as it comes.

use super::{Framed, trimmed};
use crate::{RECORD_BYTES_MAX, Records};

/// Digits of a count at most: ten million bytes, of which the limit is handed on.
const COUNT_DIGITS_MAX: usize = 7;

/// Syslog over one connection.
#[derive(Debug, Default)]
pub struct SyslogFraming {
    state: State,
    held: Vec<u8>,
    unended: u64,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    /// Between frames.
    #[default]
    Begin,
    /// Within the digits of what may be a count; they are held.
    Count,
    /// Behind digits and a space; they are held.
    Space,
    /// Within a line.
    Line,
    /// Within the rest of a line that was cut.
    LineRest,
    /// Within a counted record, with so many bytes to come.
    Counted(usize),
    /// Within the rest of a counted record that was cut, with so many bytes to come.
    CountedRest(usize),
}

impl SyslogFraming {
    pub(super) fn take(&mut self, bytes: &[u8], into: &mut Records) -> (usize, Framed) {
        let (mut at, mut framed) = (0, Framed::default());
        while at < bytes.len() && !into.full() {
            let taken = self.step(&bytes[at..], into, &mut framed);
            at += taken;
            self.unended = if matches!(self.state, State::Begin) { 0 } else { self.unended + taken as u64 };
        }
        (at, framed)
    }

    pub(super) fn finish(&mut self, into: &mut Records) -> Framed {
        let unfinished = matches!(self.state, State::Counted(_) | State::CountedRest(_));
        if !matches!(self.state, State::LineRest | State::CountedRest(_)) {
            hand_on(&self.held, &[], into);
        }
        *self = Self::default();
        // The sender has promised more than came.
        Framed { cut: 0, malformed: u64::from(unfinished) }
    }

    pub(super) fn held_bytes(&self) -> usize {
        self.held.capacity()
    }

    pub(super) const fn unended_bytes(&self) -> u64 {
        self.unended
    }

    /// Takes one step through the bytes, of which there is at least one; returns how many it took.
    fn step(&mut self, bytes: &[u8], into: &mut Records, framed: &mut Framed) -> usize {
        match self.state {
            State::Begin => match bytes[0] {
                b'\n' | b'\r' | b'\0' | b' ' => 1,
                b'1'..=b'9' => self.become_state(State::Count, 0),
                _ => self.become_state(State::Line, 0),
            },
            State::Count => match bytes[0] {
                digit @ b'0'..=b'9' if self.held.len() < COUNT_DIGITS_MAX => {
                    self.held.push(digit);
                    1
                }
                b' ' => {
                    self.held.push(b' ');
                    self.become_state(State::Space, 1)
                }
                _ => self.become_state(State::Line, 0),
            },
            State::Space if bytes[0] == b'<' => {
                let count =
                    self.held.iter().filter(|byte| byte.is_ascii_digit()).fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'));
                self.held.clear();
                self.become_state(State::Counted(count), 0)
            }
            State::Space => self.become_state(State::Line, 0),
            State::Line => self.line(bytes, into, framed),
            State::LineRest => match memchr::memchr2(b'\n', b'\0', bytes) {
                Some(end) => self.become_state(State::Begin, end + 1),
                None => bytes.len(),
            },
            State::Counted(left) => self.counted(bytes, left, into, framed),
            State::CountedRest(left) => {
                let taken = bytes.len().min(left);
                self.become_state(if taken == left { State::Begin } else { State::CountedRest(left - taken) }, taken)
            }
        }
    }

    const fn become_state(&mut self, state: State, taken: usize) -> usize {
        self.state = state;
        taken
    }

    fn line(&mut self, bytes: &[u8], into: &mut Records, framed: &mut Framed) -> usize {
        let room = RECORD_BYTES_MAX - self.held.len();
        let end = memchr::memchr2(b'\n', b'\0', &bytes[..bytes.len().min(room + 1)]);
        if let Some(end) = end {
            hand_on(&self.held, &bytes[..end], into);
            self.held.clear();
            return self.become_state(State::Begin, end + 1);
        }
        if bytes.len() <= room {
            self.held.extend_from_slice(bytes);
            return bytes.len();
        }
        hand_on(&self.held, &bytes[..room], into);
        self.let_go();
        framed.cut += 1;
        self.become_state(State::LineRest, room)
    }

    fn counted(&mut self, bytes: &[u8], left: usize, into: &mut Records, framed: &mut Framed) -> usize {
        let room = RECORD_BYTES_MAX - self.held.len();
        let wanted = left.min(room);
        if bytes.len() < wanted {
            self.held.extend_from_slice(bytes);
            return self.become_state(State::Counted(left - bytes.len()), bytes.len());
        }
        hand_on(&self.held, &bytes[..wanted], into);
        self.let_go();
        framed.cut += u64::from(left > room);
        self.become_state(if left > room { State::CountedRest(left - room) } else { State::Begin }, wanted)
    }

    /// Gives memory back behind a long record: most connections send short ones for ever after.
    fn let_go(&mut self) {
        self.held.clear();
        self.held.shrink_to(4 << 10);
    }
}

fn hand_on(begin: &[u8], rest: &[u8], into: &mut Records) {
    let rest = trimmed(rest);
    let begin = if rest.is_empty() { trimmed(begin) } else { begin };
    if !begin.is_empty() || !rest.is_empty() {
        into.push_pieces(begin, rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(pieces: &[&[u8]]) -> (Vec<Vec<u8>>, Framed) {
        let (mut framing, mut all, mut framed) = (SyslogFraming::default(), Vec::new(), Framed::default());
        for piece in pieces {
            let mut at = 0;
            while at < piece.len() {
                let mut some = Records::default();
                let (taken, more) = framing.take(&piece[at..], &mut some);
                (at, framed) = (at + taken, {
                    framed += more;
                    framed
                });
                all.extend(some.iter().map(<[u8]>::to_vec));
            }
        }
        let mut some = Records::default();
        framed += framing.finish(&mut some);
        all.extend(some.iter().map(<[u8]>::to_vec));
        (all, framed)
    }

    fn check(stream: &[u8], expected: &[&str], malformed: u64) {
        let expected: Vec<Vec<u8>> = expected.iter().map(|record| record.as_bytes().to_vec()).collect();
        for size in 1..=stream.len() {
            let (records, framed) = all(&stream.chunks(size).collect::<Vec<_>>());
            assert_eq!((&records, framed), (&expected, Framed { cut: 0, malformed }), "in pieces of {size}");
        }
    }

    #[test]
    fn lines_and_counted_frames_are_told_apart() {
        check(b"<13>one\n<13>two\r\n\n<13>three", &["<13>one", "<13>two", "<13>three"], 0);
        check(b"7 <13>one10 <13>two\nx\n<13>line\n8 <13>four", &["<13>one", "<13>two\nx", "<13>line", "<13>four"], 0);
        check(b"2026 Nov 20 plain\n7 samurai\n12345678901 <x\n1\n99", &["2026 Nov 20 plain", "7 samurai", "12345678901 <x", "1", "99"], 0);
        check(b"<13>zero\0<13>ended\0", &["<13>zero", "<13>ended"], 0);
        check(b"100 <13>promised", &["<13>promised"], 1);
        check(b"0 <13>x\n-1 <13>y\n", &["0 <13>x", "-1 <13>y"], 0);
    }

    #[test]
    fn long_records_are_cut_and_their_rest_skipped() {
        let long = RECORD_BYTES_MAX + 500;
        let line = [&b"<13>"[..], &vec![b'x'; long][..], b"\n<13>next\n"].concat();
        let counted = [format!("{long} <13>").as_bytes(), &vec![b'x'; long - 4][..], b"9 <13>next2"].concat();
        for (stream, next) in [(line, "<13>next"), (counted, "<13>next2")] {
            for size in [777, RECORD_BYTES_MAX, RECORD_BYTES_MAX + 1, stream.len()] {
                let (records, framed) = all(&stream.chunks(size).collect::<Vec<_>>());
                let lengths: Vec<usize> = records.iter().map(Vec::len).collect();
                assert_eq!((lengths, framed.cut, framed.malformed), (vec![RECORD_BYTES_MAX, next.len()], 1, 0), "{size}");
            }
        }
    }

    #[test]
    fn what_never_ends_is_counted_and_not_held() {
        let mut framing = SyslogFraming::default();
        let mut records = Records::default();
        for _ in 0..100 {
            let piece = [b'x'; 10_000];
            let mut at = 0;
            while at < piece.len() {
                at += framing.take(&piece[at..], &mut records).0;
            }
        }
        assert_eq!(records.len(), 1);
        assert!(framing.held_bytes() <= 4 << 10 && framing.unended_bytes() == 1_000_000);
    }
}
