//! What a segment's flags do to the states of both sides (RFC 9293 section 3.3.2, as seen from outside).

use super::endpoint::{State, seq_delta};
use super::machine::{Connection, Stream, weird};
use crate::record::Facts;
use crate::transport::{Tcp, TcpFlags};
use contract::Side;
use model::Timestamp;

/// What came of a segment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moved {
    /// The side closed, by FIN or RST.
    pub(crate) close: bool,
}

impl Connection {
    /// Moves the states. `side` changes where the roles turn out to be swapped.
    pub(crate) fn step(
        &mut self,
        at: Timestamp,
        side: &mut Side,
        tcp: &Tcp<'_>,
        advance: i32,
        facts: &mut Facts,
        out: &mut dyn Stream,
    ) -> Moved {
        match self.state(*side) {
            State::Inactive => self.out_of_inactive(at, side, tcp, facts, out),
            State::SynSent | State::SynAckSent => self.out_of_syn_sent(*side, tcp, facts, out),
            State::Established | State::Partial => self.out_of_established(*side, tcp.flags, facts, out),
            State::Closed => self.out_of_closed(at, *side, tcp.flags, advance, facts, out),
            State::Reset => self.out_of_reset(tcp, facts, out),
        }
    }

    fn out_of_inactive(&mut self, at: Timestamp, side: &mut Side, tcp: &Tcp<'_>, facts: &mut Facts, out: &mut dyn Stream) -> Moved {
        let flags = tcp.flags;
        let mut moved = Moved::default();
        if flags.syn() {
            if side.is_orig() {
                if flags.ack() {
                    weird(facts, out, "connection_originator_SYN_ack", "", "TCP");
                }
                self.set_state(*side, if flags.ack() { State::SynAckSent } else { State::SynSent });
                self.start_attempt(at);
            } else {
                self.syn_of_responder(side, tcp, facts, out);
            }
        }
        if flags.fin() {
            if self.state(side.other()) != State::Partial && !flags.syn() {
                weird(facts, out, "spontaneous_FIN", "", "TCP");
            }
            self.set_state(*side, State::Closed);
            moved.close = true;
            self.finished(*side);
        }
        if flags.rst() {
            self.set_state(*side, State::Reset);
            let peer = self.state(side.other());
            let reject = if side.is_orig() { peer == State::Established } else { matches!(peer, State::SynSent | State::SynAckSent) };
            if !reject && peer == State::Inactive {
                weird(facts, out, "spontaneous_RST", "", "TCP");
            }
            moved.close = true;
        }
        if self.state(*side) == State::Inactive {
            self.data_without_handshake(*side, tcp);
        }
        moved
    }

    fn syn_of_responder(&mut self, side: &mut Side, tcp: &Tcp<'_>, facts: &mut Facts, out: &mut dyn Stream) {
        let peer = side.other();
        let [first, last] = [self.ends[peer.index()].start_seq(), self.ends[peer.index()].last_seq()];
        if tcp.flags.ack() {
            let fits = seq_delta(tcp.ack, first) >= 0 && seq_delta(tcp.ack, last) <= 0;
            if !matches!(self.state(peer), State::Inactive | State::Partial) && !fits {
                weird(facts, out, "bad_SYN_ack", "", "TCP");
            }
        } else if self.state(peer) == State::SynAckSent && tcp.seq == self.ends[side.index()].start_seq() {
            // The SYN and its answer came in the wrong order.
            self.flip();
            facts.flip();
            out.flipped();
            *side = side.other();
            self.set_state(side.other(), State::Established);
            self.first_seen[0] = true;
        } else {
            weird(facts, out, "simultaneous_open", "", "TCP");
        }
        let peer = side.other();
        match self.state(peer) {
            State::SynSent => self.set_state(peer, State::Established),
            State::Inactive => weird(facts, out, "unsolicited_SYN_response", "", "TCP"),
            _ => {}
        }
        self.set_state(*side, State::Established);
        // Zeek's event also comes without a SYN before, but whoever hears it looks whether both ends are established.
        if self.state(peer) == State::Established {
            self.announce(out);
        }
    }

    fn data_without_handshake(&mut self, side: Side, tcp: &Tcp<'_>) {
        let peer = self.state(side.other());
        if !side.is_orig() && tcp.payload_bytes == 0 && self.state(Side::Orig) == State::SynSent {
            // Some acknowledge a SYN before they answer it.
            return;
        }
        if tcp.flags.ack() && peer == State::Established {
            self.set_state(side, State::Established);
            self.midstream = false;
            self.first_seen[side.index()] = true;
        } else {
            self.set_state(side, State::Partial);
        }
    }

    fn out_of_syn_sent(&mut self, side: Side, tcp: &Tcp<'_>, facts: &mut Facts, out: &mut dyn Stream) -> Moved {
        let flags = tcp.flags;
        let mut moved = Moved::default();
        if flags.syn() {
            let own = self.state(side);
            if side.is_orig() {
                if flags.ack() && !flags.fin() && !flags.rst() && own != State::SynAckSent {
                    weird(facts, out, "repeated_SYN_with_ack", "", "TCP");
                }
            } else if !flags.ack() && own != State::SynSent {
                weird(facts, out, "repeated_SYN_reply_wo_ack", "", "TCP");
            }
        }
        if flags.fin() {
            if matches!(self.state(side.other()), State::Inactive | State::SynSent) {
                weird(facts, out, "inappropriate_FIN", "", "TCP");
            }
            self.set_state(side, State::Closed);
            moved.close = true;
        }
        if flags.rst() {
            self.set_state(side, State::Reset);
            self.active = false;
            moved.close = true;
        } else if tcp.payload_bytes > 0 {
            weird(facts, out, "data_before_established", "", "TCP");
        }
        moved
    }

    fn out_of_established(&mut self, side: Side, flags: TcpFlags, facts: &mut Facts, out: &mut dyn Stream) -> Moved {
        let peer = side.other();
        let mut moved = Moved::default();
        if flags.syn() && self.state(side) == State::Partial && self.state(peer) == State::Inactive && !flags.ack() {
            weird(facts, out, "SYN_after_partial", "", "TCP");
            self.set_state(side, State::SynSent);
        }
        if flags.fin() && !flags.rst() {
            self.set_state(side, State::Closed);
            let before = self.ends[peer.index()].before;
            if self.state(peer) == State::Reset && before == State::Closed {
                // The peer's RST after its FIN was an ordinary end after all.
                self.set_state(peer, State::Closed);
            }
            moved.close = true;
        }
        if flags.rst() {
            self.set_state(side, State::Reset);
            moved.close = true;
            let before = self.ends[peer.index()].before;
            if self.state(peer) != State::Reset || before != State::Established {
                self.active = false;
            }
        }
        moved
    }

    fn out_of_closed(
        &mut self,
        at: Timestamp,
        side: Side,
        flags: TcpFlags,
        advance: i32,
        facts: &mut Facts,
        out: &mut dyn Stream,
    ) -> Moved {
        let mut moved = Moved::default();
        if flags.syn() {
            weird(facts, out, "SYN_after_close", "", "TCP");
        }
        if flags.fin() && advance > 0 {
            weird(facts, out, "FIN_advanced_last_seq", "", "TCP");
        }
        if flags.rst() && self.state(side.other()) != State::Closed {
            self.set_state(side, State::Reset);
            moved.close = !self.ends[side.index()].did_close;
            self.start_reset(at);
        }
        moved
    }

    fn out_of_reset(&mut self, tcp: &Tcp<'_>, facts: &mut Facts, out: &mut dyn Stream) -> Moved {
        if tcp.flags.syn() {
            weird(facts, out, "SYN_after_reset", "", "TCP");
        }
        if tcp.flags.fin() {
            weird(facts, out, "FIN_after_reset", "", "TCP");
        }
        if tcp.payload_bytes > 0 && !tcp.flags.rst() {
            weird(facts, out, "data_after_reset", "", "TCP");
        }
        Moved::default()
    }

    fn finished(&mut self, side: Side) {
        if self.state(side.other()) == State::Inactive {
            self.attempt_until = None;
        }
    }

    fn announce(&mut self, out: &mut dyn Stream) {
        if !std::mem::replace(&mut self.established, true) {
            out.established();
        }
    }
}
