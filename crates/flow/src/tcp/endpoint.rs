//! One side of a TCP connection: its state, and its place in the sequence space (RFC 9293 section 3.4), which wraps around.

use super::reassembly::Reassembly;

/// The state of one side, as an observer can know it (Zeek's endpoint states).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Nothing seen.
    #[default]
    Inactive,
    /// A SYN.
    SynSent,
    /// A SYN with an ACK, though it came first.
    SynAckSent,
    /// Data without a SYN before it.
    Partial,
    /// The handshake was seen.
    Established,
    /// A FIN.
    Closed,
    /// A RST.
    Reset,
}

impl State {
    pub(crate) const fn in_handshake(self) -> bool {
        matches!(self, Self::Inactive | Self::SynSent | Self::SynAckSent)
    }
}

/// One side.
#[derive(Clone, Debug, Default)]
pub struct Endpoint {
    pub(crate) state: State,
    pub(crate) before: State,
    /// Number of the SYN (or of the byte before the first one seen).
    start_seq: i64,
    last_seq: u32,
    ack_seq: u32,
    seq_wraps: u32,
    ack_wraps: u32,
    pub(crate) window: u32,
    pub(crate) window_scale: u8,
    pub(crate) window_seq: u32,
    pub(crate) window_ack_seq: u32,
    pub(crate) fin_seq: u64,
    pub(crate) fins: u32,
    pub(crate) resets: u32,
    pub(crate) did_close: bool,
    pub(crate) history_syn: u64,
    pub(crate) history_fin: u64,
    pub(crate) history_rst: u64,
    pub(crate) stream: Reassembly,
}

/// The distance from `b` to `a` in a space that wraps around.
pub(crate) const fn seq_delta(a: u32, b: u32) -> i32 {
    a.wrapping_sub(b) as i32
}

const fn full(seq: u32, wraps: u32) -> i64 {
    seq as i64 + ((wraps as i64) << 32)
}

impl Endpoint {
    pub(crate) const fn start_seq(&self) -> u32 {
        self.start_seq as u32
    }
    pub(crate) const fn last_seq(&self) -> u32 {
        self.last_seq
    }
    pub(crate) const fn ack_seq(&self) -> u32 {
        self.ack_seq
    }
    pub(crate) fn init(&mut self, start: u32, last: u32) {
        self.start_seq = i64::from(start);
        self.ack_seq = start;
        self.last_seq = last;
    }

    pub(crate) const fn advance_last(&mut self, seq: u32) {
        if seq < self.last_seq {
            self.seq_wraps += 1;
        }
        self.last_seq = seq;
    }

    pub(crate) const fn advance_ack(&mut self, seq: u32) {
        if seq < self.ack_seq {
            self.ack_wraps += 1;
        }
        self.ack_seq = seq;
    }

    /// `seq` counted from this side's SYN; `None` where it lies before it.
    pub(crate) fn relative(&self, seq: u32, of_ack: bool) -> (u64, bool) {
        let (last, mut wraps) = if of_ack { (self.ack_seq, self.ack_wraps) } else { (self.last_seq, self.seq_wraps) };
        let delta = seq_delta(seq, last);
        if delta < 0 {
            if wraps > 0 && seq > last {
                wraps -= 1;
            }
        } else if delta > 0 && seq < last {
            wraps += 1;
        }
        if wraps == 0 {
            let delta = seq_delta(seq, self.start_seq());
            return (i64::from(delta) as u64, delta < 0);
        }
        ((full(seq, wraps) - self.start_seq) as u64, false)
    }

    pub(crate) const fn relative_ack(&self) -> u64 {
        (full(self.ack_seq, self.ack_wraps) - self.start_seq) as u64
    }

    pub(crate) const fn relative_last(&self) -> i64 {
        full(self.last_seq, self.seq_wraps) - self.start_seq
    }

    pub(crate) const fn nothing_acked(&self) -> bool {
        self.ack_seq == self.start_seq() || self.ack_seq == self.start_seq().wrapping_add(1)
    }

    pub(crate) const fn is_active(&self) -> bool {
        !matches!(self.state, State::Inactive) && !self.did_close
    }

    /// Payload bytes that this side sent, by its sequence numbers and the other's acknowledgments.
    pub(crate) fn payload_bytes(&self, peer: State) -> u64 {
        if self.before == State::SynSent && self.state == State::Reset && peer == State::Inactive && !self.nothing_acked() {
            // A half-open connection that was found out: the numbers belong to another connection.
            return 0;
        }
        let (last, ack) = (full(self.last_seq, self.seq_wraps), full(self.ack_seq, self.ack_wraps));
        let mut size = (last.max(ack) - self.start_seq) as u64;
        // Neither the SYN's nor the FIN's place in the sequence is a byte.
        size = size.saturating_sub(1);
        if self.fins > 0 {
            size = size.saturating_sub(1);
        }
        size
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_wrap_around() {
        let mut side = Endpoint::default();
        side.init(u32::MAX - 10, u32::MAX - 9);
        assert_eq!(side.relative(u32::MAX - 9, false), (1, false));
        side.advance_last(90);
        assert_eq!(side.relative(90, false), (101, false));
        assert_eq!(side.relative(u32::MAX - 9, false), (1, false));
        assert_eq!(side.payload_bytes(State::Established), 100);
    }

    #[test]
    fn numbers_before_the_start_are_told() {
        let mut side = Endpoint::default();
        side.init(1000, 1001);
        assert!(side.relative(990, false).1);
    }
}
