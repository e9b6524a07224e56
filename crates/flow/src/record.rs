//! What is remembered of a flow for its row in `conn.log`.

use contract::Side;
use model::{Interval, Timestamp};

/// The history of a flow, one letter for each thing that happened, in the order in which it first happened: upper case for
/// the originator, lower case for the responder (Zeek's `history` column).
#[derive(Clone, Debug, Default)]
pub struct History {
    letters: Letters,
    seen: u32,
    /// Repeated things are noted when they have happened 1, 10, 100 … times.
    repeats: [[Repeats; 4]; 2],
}

/// Room for the letters of almost all flows without allocation.
type Letters = Vec<u8>;

#[derive(Clone, Copy, Debug)]
struct Repeats {
    count: u32,
    next: u32,
}

impl Default for Repeats {
    fn default() -> Self {
        Self { count: 0, next: 1 }
    }
}

/// Letters in one history: more than any flow that means something has.
const LETTERS_MAX: usize = 256;

/// Things that happen once in a history, by Zeek's letters.
const ONCE: &[u8; 9] = b"SHADFRIQX";
/// Things that are counted on a logarithmic scale: bad checksums, gaps, retransmissions, zero windows.
const REPEATED: &[u8; 4] = b"CGTW";

impl History {
    /// The letters.
    pub fn letters(&self) -> &[u8] {
        &self.letters
    }

    /// Notes a letter the first time; says whether it was there already.
    pub fn once(&mut self, side: Side, letter: u8) -> bool {
        let Some(place) = ONCE.iter().position(|known| *known == letter) else { return false };
        // An S and an H are both the SYN of their side.
        let place = if letter == b'H' { 0 } else { place };
        let bit = 1 << (place + 16 * side.index());
        if self.seen & bit != 0 {
            return true;
        }
        self.seen |= bit;
        self.again(side, letter);
        false
    }

    /// Notes a letter again.
    pub fn again(&mut self, side: Side, letter: u8) {
        self.push(if side.is_orig() { letter } else { letter.to_ascii_lowercase() });
    }

    /// Counts something, and notes its letter when it has happened 1, 10, 100 … times.
    pub fn counted(&mut self, side: Side, letter: u8) {
        let Some(place) = REPEATED.iter().position(|known| *known == letter) else { return };
        let repeats = &mut self.repeats[side.index()][place];
        repeats.count = repeats.count.saturating_add(1);
        if repeats.count == repeats.next {
            repeats.next = repeats.next.saturating_mul(10);
            self.again(side, letter);
        }
    }

    /// The roles were swapped.
    pub fn flip(&mut self) {
        self.seen = self.seen.rotate_left(16);
        self.repeats.swap(0, 1);
        self.push(b'^');
    }

    /// The roles were mistaken from the first packet on: the letters change sides.
    pub fn flip_from_start(&mut self) {
        for letter in &mut self.letters {
            *letter = if letter.is_ascii_lowercase() { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() };
        }
        self.seen = self.seen.rotate_left(16);
        self.repeats.swap(0, 1);
        self.letters.insert(0, b'^');
    }

    fn push(&mut self, letter: u8) {
        if self.letters.len() < LETTERS_MAX {
            self.letters.push(letter);
        }
    }
}

/// One side's traffic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Packets.
    pub packets: u64,
    /// Bytes of those packets from the IP header on.
    pub ip_bytes: u64,
    /// Payload bytes, for transports without sequence numbers; `None` before the first packet.
    pub payload_bytes: Option<u64>,
}

/// A flow's record.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The first packet's time.
    pub start: Timestamp,
    /// The last packet's time (for TCP, not beyond the close of both sides).
    pub last: Timestamp,
    /// What happened.
    pub history: History,
    /// Both sides' traffic.
    pub counters: [Counters; 2],
    /// Payload bytes that were sent but not seen.
    pub missed_bytes: u64,
    /// Whether anything weird was seen.
    pub weird: bool,
    /// For measuring loss: acknowledgments that told something, and those that told of bytes not seen.
    pub acks: u64,
    /// See `acks`.
    pub gaps: u64,
}

impl Facts {
    /// For a flow that begins now.
    pub fn new(start: Timestamp) -> Self {
        Self { start, last: start, ..Self::default() }
    }

    /// How long it lasted.
    pub fn duration(&self) -> Interval {
        self.last.since(self.start)
    }

    /// Counts a packet of `ip_bytes`.
    pub fn count(&mut self, side: Side, ip_bytes: u32) {
        let counters = &mut self.counters[side.index()];
        counters.packets += 1;
        counters.ip_bytes += u64::from(ip_bytes);
    }

    /// The roles were swapped.
    pub fn flip(&mut self) {
        self.history.flip();
        self.counters.swap(0, 1);
    }

    /// The roles were mistaken from the first packet on.
    pub fn flip_from_start(&mut self) {
        self.history.flip_from_start();
        self.counters.swap(0, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_come_once_and_counts_on_a_log_scale() {
        let mut history = History::default();
        history.once(Side::Orig, b'S');
        history.once(Side::Resp, b'H');
        history.once(Side::Orig, b'S');
        for _ in 0..25 {
            history.counted(Side::Resp, b'T');
        }
        assert_eq!(history.letters(), b"Shtt");
        history.flip();
        history.once(Side::Resp, b'S');
        assert_eq!(history.letters(), b"Shtt^");
    }
}
