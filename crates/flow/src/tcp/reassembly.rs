//! One direction of a TCP stream, put in order. Numbers count from the SYN, so the first byte of data is number 1.
//!
//! Bytes in order are handed on as they lie in the frame; only what waits for a hole to fill is copied. Of bytes that come twice
//! the first copy counts. A hole that the other side acknowledges will never fill: it becomes a gap.

use super::recent::Recent;
use std::collections::BTreeMap;

/// Without any acknowledgment from the other side, so many bytes may wait behind a hole (Zeek's `tcp_max_above_hole_without_any_acks`).
const WAITING_UNACKED_MAX: u64 = 16_384;
/// So many bytes may be sent without any acknowledgment before they are thought acknowledged out of sight (`tcp_max_initial_window`).
pub(crate) const INITIAL_WINDOW_MAX: u64 = 16_384;
/// So many bytes may be held while no further acknowledgment comes (`tcp_excessive_data_without_further_acks`).
const HELD_MAX: u64 = 10 << 20;
/// What keeping one piece costs beside its bytes, so that many small pieces count too.
const PIECE_COST: usize = 96;

/// One direction's order.
#[derive(Clone, Debug)]
pub(crate) struct Reassembly {
    /// The next byte to hand on.
    next: u64,
    /// Everything before this has been acknowledged or given up.
    trimmed: u64,
    waiting: BTreeMap<u64, Box<[u8]>>,
    waiting_bytes: usize,
    recent: Recent,
    skipping: bool,
    ended: bool,
}

impl Default for Reassembly {
    fn default() -> Self {
        Self { next: 1, trimmed: 1, waiting: BTreeMap::new(), waiting_bytes: 0, recent: Recent::default(), skipping: false, ended: false }
    }
}

/// What comes out: bytes in order, or so many bytes missing.
pub(crate) enum Piece<'a> {
    Data(&'a [u8]),
    Gap(u64),
}

/// What a piece of data did beside being handed on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Noted {
    /// Data was given up; the weird's name.
    pub(crate) weird: Option<&'static str>,
    /// A copy differed from the first.
    pub(crate) inconsistent: bool,
}

/// The sender's facts that decide how long data is held.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sender {
    pub(crate) acked: u64,
    pub(crate) nothing_acked: bool,
    pub(crate) payload_bytes: u64,
}

impl Reassembly {
    /// Heap bytes held by what waits. What is remembered for comparison is a fixed 130 bytes more, once there was data.
    pub(crate) fn held_bytes(&self) -> usize {
        self.waiting_bytes + self.waiting.len() * PIECE_COST
    }

    /// What was handed on before in the place of these bytes, if it was something else: the old ones and the new ones.
    pub(crate) fn differing<'a>(&'a self, seq: u64, data: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
        if seq >= self.next || self.skipping {
            return None;
        }
        self.recent.differing(seq, data)
    }

    /// Bytes `seq..` of the stream.
    pub(crate) fn data(&mut self, mut seq: u64, mut data: &[u8], sender: Sender, out: &mut dyn FnMut(Piece<'_>)) -> Noted {
        let mut noted = Noted::default();
        if self.skipping {
            return noted;
        }
        let upper = seq.saturating_add(data.len() as u64);
        let old = sender.acked.max(self.trimmed);
        if upper <= old {
            return noted;
        }
        if seq < old {
            data = &data[(old - seq) as usize..];
            seq = old;
        }
        noted.inconsistent = self.differs(seq, data);
        self.place(seq, data, out);
        if sender.nothing_acked {
            if sender.payload_bytes > INITIAL_WINDOW_MAX {
                self.trimmed = self.trimmed.max(self.next);
            }
            if self.furthest().saturating_sub(self.next) > WAITING_UNACKED_MAX {
                noted.weird = Some("above_hole_data_without_any_acks");
                self.give_up();
            }
        }
        if self.next.saturating_sub(self.trimmed) + self.waiting_bytes as u64 > HELD_MAX {
            noted.weird = Some("excessive_data_without_further_acks");
            self.give_up();
        }
        noted
    }

    /// The other side has acknowledged everything before `seq`. Returns how many bytes were never seen.
    pub(crate) fn acknowledged(&mut self, seq: u64, ignore_first: bool, out: &mut dyn FnMut(Piece<'_>)) -> u64 {
        let mut missing = 0;
        if seq > self.next && !(seq <= 2 && ignore_first) {
            if self.skipping {
                self.next = seq;
            }
            while self.next < seq {
                let start = self.waiting.first_key_value().map_or(u64::MAX, |(start, _)| *start);
                let hole = start.min(seq).saturating_sub(self.next);
                if hole > 0 {
                    out(Piece::Gap(hole));
                    missing += hole;
                    self.next += hole;
                }
                self.drain(out);
            }
        }
        self.drain(out);
        self.trimmed = self.trimmed.max(seq);
        missing
    }

    /// Whether the sender's last byte, `last` from its SYN, has not been handed on yet.
    pub(crate) fn pending(&self, last: i64) -> bool {
        if self.skipping {
            return false;
        }
        let next = self.next as i64;
        last >= next && next != last - 1 && next != last
    }

    /// Whether bytes wait for a hole to fill, or have been handed on without an acknowledgment yet.
    pub(crate) fn has_unacknowledged(&self) -> bool {
        !self.waiting.is_empty() || self.next > self.trimmed
    }

    pub(crate) const fn trimmed(&self) -> u64 {
        self.trimmed
    }

    pub(crate) const fn is_skipping(&self) -> bool {
        self.skipping
    }

    /// Marks the stream as ended; true the first time.
    pub(crate) const fn end(&mut self) -> bool {
        !std::mem::replace(&mut self.ended, true)
    }

    pub(crate) const fn has_ended(&self) -> bool {
        self.ended
    }

    /// Lets go of everything that waits, for want of memory; nothing more is handed on.
    pub(crate) fn give_up(&mut self) -> usize {
        let held = self.held_bytes();
        self.waiting = BTreeMap::new();
        self.waiting_bytes = 0;
        self.skipping = true;
        held
    }

    fn furthest(&self) -> u64 {
        self.waiting.last_key_value().map_or(self.next, |(start, piece)| start + piece.len() as u64)
    }

    /// Hands on what is in order, and keeps what isn't, without touching what is there already.
    fn place(&mut self, seq: u64, data: &[u8], out: &mut dyn FnMut(Piece<'_>)) {
        let upper = seq + data.len() as u64;
        let (mut at, mut rest) = (seq, data);
        if at < self.next {
            let known = (self.next - at).min(rest.len() as u64);
            rest = &rest[known as usize..];
            at += known;
        }
        while at < upper {
            if at == self.next {
                let stop = self.waiting.first_key_value().map_or(upper, |(start, _)| upper.min(*start));
                let (now, later) = rest.split_at((stop - at) as usize);
                self.next = stop;
                self.recent.note(at, now);
                out(Piece::Data(now));
                self.drain(out);
                let skip = (self.next.min(upper) - stop) as usize;
                rest = &later[skip..];
                at = stop + skip as u64;
            } else {
                let before = self.waiting.range(..=at).next_back().map(|(start, piece)| start + piece.len() as u64);
                if let Some(end) = before.filter(|end| *end > at) {
                    let known = (end - at).min(rest.len() as u64);
                    rest = &rest[known as usize..];
                    at += known;
                    continue;
                }
                let stop = self.waiting.range(at..).next().map_or(upper, |(start, _)| upper.min(*start));
                let (now, later) = rest.split_at((stop - at) as usize);
                if !now.is_empty() {
                    self.waiting_bytes += now.len();
                    self.waiting.insert(at, now.into());
                }
                rest = later;
                at = stop;
            }
        }
    }

    fn drain(&mut self, out: &mut dyn FnMut(Piece<'_>)) {
        while let Some(first) = self.waiting.first_entry() {
            if *first.key() > self.next {
                break;
            }
            let (start, piece) = first.remove_entry();
            self.waiting_bytes -= piece.len();
            let known = (self.next - start) as usize;
            if let Some(fresh) = piece.get(known..).filter(|fresh| !fresh.is_empty()) {
                self.next += fresh.len() as u64;
                if !self.skipping {
                    out(Piece::Data(fresh));
                }
            }
        }
    }

    /// Whether a byte that waits differs from its copy.
    fn differs(&self, seq: u64, data: &[u8]) -> bool {
        let upper = seq + data.len() as u64;
        if self.waiting.is_empty() {
            return false;
        }
        let start = self.waiting.range(..=seq).next_back().map_or(seq, |(start, _)| *start);
        self.waiting.range(start..upper).any(|(&start, piece)| {
            let (from, to) = (start.max(seq), (start + piece.len() as u64).min(upper));
            from < to && piece[(from - start) as usize..(to - start) as usize] != data[(from - seq) as usize..(to - seq) as usize]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENDER: Sender = Sender { acked: 0, nothing_acked: false, payload_bytes: 0 };

    fn run(steps: impl IntoIterator<Item = (u64, &'static [u8])>) -> (String, Reassembly) {
        let (mut text, mut stream) = (String::new(), Reassembly::default());
        for (seq, data) in steps {
            stream.data(seq, data, SENDER, &mut |piece| match piece {
                Piece::Data(bytes) => text.push_str(std::str::from_utf8(bytes).expect("test data is text")),
                Piece::Gap(bytes) => text.push_str(&format!("<{bytes}>")),
            });
        }
        (text, stream)
    }

    #[test]
    fn order_is_restored_and_the_first_copy_counts() {
        assert_eq!(run([(1, b"abc" as &[u8]), (4, b"def")]).0, "abcdef");
        assert_eq!(run([(4, b"def" as &[u8]), (1, b"abc")]).0, "abcdef");
        assert_eq!(run([(3, b"XX" as &[u8]), (1, b"abcdefg")]).0, "abXXefg");
        assert_eq!(run([(1, b"abc" as &[u8]), (2, b"XXd")]).0, "abcd");
        assert_eq!(run([(7, b"gh" as &[u8]), (3, b"cd"), (2, b"bCDEFGhi"), (1, b"a")]).0, "abcdEFghi");
    }

    #[test]
    fn acknowledged_holes_become_gaps() {
        let (_, mut stream) = run([(4, b"def" as &[u8])]);
        let mut seen = Vec::new();
        let missing = stream.acknowledged(9, false, &mut |piece| {
            seen.push(match piece {
                Piece::Data(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                Piece::Gap(bytes) => format!("<{bytes}>"),
            });
        });
        assert_eq!((missing, seen), (5, vec!["<3>".into(), "def".into(), "<2>".to_owned()]));
        assert_eq!(stream.held_bytes(), 0);
    }

    #[test]
    fn too_much_behind_a_hole_is_given_up() {
        let mut stream = Reassembly::default();
        let sender = Sender { nothing_acked: true, ..SENDER };
        let noted = stream.data(100, &[0; 20_000], sender, &mut |_| ());
        assert_eq!(noted.weird, Some("above_hole_data_without_any_acks"));
        assert_eq!(stream.held_bytes(), 0);
    }

    #[test]
    fn a_differing_copy_is_noted() {
        let (_, mut stream) = run([(3, b"cd" as &[u8])]);
        assert!(stream.data(2, b"bcX", SENDER, &mut |_| ()).inconsistent);
    }
}
