//! One TCP connection: what each segment does to it.

use super::endpoint::{Endpoint, State, seq_delta};
use super::reassembly::{Piece, Sender};
use crate::record::Facts;
use crate::transport::{Tcp, TcpFlags};
use contract::Side;
use model::{Interval, Timestamp};

/// A jump of the sequence numbers that no real window explains: numbers of SYN and RST segments are then not believed.
const JUMP_MAX: i32 = 1 << 20;
/// A connection whose SYN stays without answer is forgotten after this (Zeek's `tcp_attempt_delay`).
const ATTEMPT_DELAY: Interval = Interval::from_secs(5);
/// A closed connection is kept so long for what may still come (`tcp_close_delay`).
const CLOSE_DELAY: Interval = Interval::from_secs(5);
/// A connection that sent a RST after its FIN is kept so long (`tcp_reset_delay`).
const RESET_DELAY: Interval = Interval::from_millis(100);
/// A connection of nothing but broken packets is forgotten after this (`tcp_connection_linger`).
const LINGER: Interval = Interval::from_secs(5);
/// Without traffic an unfinished handshake is forgotten after this (`udp_inactivity_timeout`, which Zeek uses here).
const HANDSHAKE_IDLE: Interval = Interval::from_secs(60);
/// Without traffic an established connection is forgotten after this (`tcp_inactivity_timeout`).
const ESTABLISHED_IDLE: Interval = Interval::from_secs(300);

/// Who hears what a connection carries.
pub trait Stream {
    /// Bytes of one side, in order.
    fn data(&mut self, side: Side, bytes: &[u8]);
    /// So many bytes of one side are missing for good.
    fn gap(&mut self, side: Side, bytes: u64);
    /// One side has ended.
    fn end(&mut self, side: Side);
    /// Something is wrong; `source` is `TCP` or empty, as Zeek has it.
    fn weird(&mut self, name: &'static str, addl: &str, source: &'static str);
    /// The handshake is complete.
    fn established(&mut self);
    /// The roles of both sides were swapped.
    fn flipped(&mut self);

    /// A side says something else at a place of its stream where it has spoken before: what was handed on, and what comes now.
    fn differing(&mut self, _side: Side, _first: &[u8], _second: &[u8]) {}

    /// Whether the connection's beginning was missed, as far as is known: told before what a segment carries is handed on.
    fn midstream(&mut self, _is_missed: bool) {}
}

/// What a segment did, for whoever keeps the flow table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// The deadline of the flow may have come nearer.
    pub sooner: bool,
}

/// A connection.
#[derive(Clone, Debug)]
pub struct Connection {
    pub(crate) ends: [Endpoint; 2],
    pub(crate) midstream: bool,
    pub(crate) first_seen: [bool; 2],
    pub(crate) active: bool,
    close_deferred: bool,
    pub(crate) established: bool,
    pub(crate) attempt_until: Option<Timestamp>,
    delete_at: Option<Timestamp>,
    pub(crate) reset_at: Option<Timestamp>,
    pub(crate) idle: Interval,
}

impl Default for Connection {
    fn default() -> Self {
        Self {
            ends: Default::default(),
            midstream: false,
            first_seen: [false; 2],
            active: true,
            close_deferred: false,
            established: false,
            attempt_until: None,
            delete_at: None,
            reset_at: None,
            idle: HANDSHAKE_IDLE,
        }
    }
}

impl Connection {
    /// The state of one side.
    pub const fn state(&self, side: Side) -> State {
        self.ends[side.index()].state
    }

    /// Payload bytes of one side, by sequence numbers.
    pub fn payload_bytes(&self, side: Side) -> u64 {
        self.ends[side.index()].payload_bytes(self.state(side.other()))
    }

    /// Heap bytes held.
    pub fn held_bytes(&self) -> usize {
        self.ends[0].stream.held_bytes() + self.ends[1].stream.held_bytes()
    }

    /// Lets go of what waits for holes to fill; returns how many bytes that were.
    pub fn give_up(&mut self) -> usize {
        self.ends[0].stream.give_up() + self.ends[1].stream.give_up()
    }

    /// When the connection is over if nothing more comes; `last` is its last packet's time.
    pub fn deadline(&self, last: Timestamp) -> Timestamp {
        if let Some(at) = self.delete_at {
            return at;
        }
        let mut deadline = last + self.idle;
        if let Some(at) = self.reset_at.filter(|_| self.active) {
            deadline = deadline.min(at);
        }
        let nothing_from = |side: Side| self.state(side) == State::Inactive;
        if nothing_from(Side::Resp) {
            match self.state(Side::Orig) {
                State::Inactive => deadline = deadline.min(last + LINGER),
                State::SynSent | State::SynAckSent if self.active => deadline = self.attempt_until.map_or(deadline, |at| deadline.min(at)),
                _ => {}
            }
        }
        deadline
    }

    /// Keeps the connection at least this long without traffic.
    pub fn set_idle(&mut self, idle: Interval) {
        self.idle = idle;
    }

    /// Whether a segment begins a new connection between the same ends. Names the weird that goes with it.
    pub fn is_reuse(&self, at: Timestamp, last: Timestamp, tcp: &Tcp<'_>) -> (bool, Option<&'static str>) {
        if !tcp.flags.syn() {
            return (false, None);
        }
        let [orig, resp] = &self.ends;
        let starter = if tcp.flags.ack() {
            if orig.state != State::Inactive {
                return (false, None);
            }
            resp
        } else {
            orig
        };
        let reset = orig.state == State::Reset || resp.state == State::Reset;
        if !orig.did_close && !resp.did_close {
            if tcp.seq == starter.start_seq() {
                return (false, None);
            }
            let crossed =
                !tcp.flags.ack() && starter.state == State::SynAckSent && resp.state == State::Inactive && tcp.seq == resp.start_seq();
            if crossed {
                return (false, None);
            }
            let jumped = starter.state == State::SynSent;
            return (true, Some(if jumped { "SYN_seq_jump" } else { "active_connection_reuse" }));
        }
        if (orig.is_active() || resp.is_active()) && !reset {
            return (true, Some("active_connection_reuse"));
        }
        let premature = at.since(last) < LINGER && !reset;
        (true, premature.then_some("premature_connection_reuse"))
    }

    /// Takes in a segment from `side`.
    pub fn segment(&mut self, at: Timestamp, mut side: Side, tcp: &Tcp<'_>, facts: &mut Facts, out: &mut dyn Stream) -> Heard {
        let deadline_before = self.deadline(facts.last);
        let flags = tcp.flags;
        let length = tcp.payload_bytes;
        if facts.history.letters() == b"H" && self.began_with_answer() && !flags.syn() && !flags.rst() {
            // It goes on after a SYN+ACK whose SYN was not seen: that was the responder's, not a stealth scan.
            self.flip();
            facts.flip_from_start();
            out.flipped();
            side = side.other();
        }
        self.note_midstream(flags, side);
        let space = u32::from(flags.syn()) + u32::from(flags.fin()) + if flags.rst() { 0 } else { length };
        let after = tcp.seq.wrapping_add(space);
        self.begin(side, tcp, after, out, facts);
        let (relative, underflow) = self.ends[side.index()].relative(tcp.seq, false);
        if underflow && !flags.rst() {
            weird(facts, out, "TCP_seq_underflow_or_misorder", "", "TCP");
        }
        self.note_history(side, flags, relative, length, facts);
        self.note_window(side, tcp, facts, out);
        if !(self.ends[0].did_close && self.ends[1].did_close) {
            facts.last = at;
        }
        if flags.syn() {
            self.note_syn(side, tcp, facts, out);
        }
        if flags.fin() {
            let end = &mut self.ends[side.index()];
            end.fins += 1;
            end.fin_seq = relative.wrapping_add(u64::from(space));
        }
        if flags.rst() {
            self.ends[side.index()].resets += 1;
        }
        let acked = if flags.ack() { self.take_ack(side, tcp, facts, out) } else { 0 };
        let advance = self.take_last(side, after, flags, length, facts);
        let moved = self.step(at, &mut side, tcp, advance, facts, out);
        out.midstream(self.midstream);
        if flags.ack() {
            self.acknowledge(side.other(), acked, facts, out);
        }
        self.first_seen[side.index()] = true;
        if length > 0 && !flags.rst() && !underflow {
            let seq = if flags.syn() { relative.wrapping_add(1) } else { relative };
            self.deliver(side, seq, tcp, facts, out);
        }
        self.check_end(side, facts, out);
        if moved.close {
            self.close(side, facts, out);
        }
        Heard { sooner: self.deadline(facts.last) < deadline_before }
    }

    fn began_with_answer(&self) -> bool {
        self.ends[0].state == State::SynAckSent && self.ends[1].state == State::Inactive
    }

    const fn note_midstream(&mut self, flags: TcpFlags, side: Side) {
        match side {
            Side::Orig if !self.first_seen[0] => self.midstream = !flags.syn() || flags.ack(),
            Side::Resp if !self.first_seen[1] && !self.midstream => self.midstream = !flags.syn(),
            _ => {}
        }
    }

    /// Takes a side's first numbers, or new ones where a SYN brings them.
    fn begin(&mut self, side: Side, tcp: &Tcp<'_>, after: u32, out: &mut dyn Stream, facts: &mut Facts) {
        let peer = self.state(side.other());
        let end = &mut self.ends[side.index()];
        let syn = tcp.flags.syn();
        match end.state {
            State::Inactive if syn => end.init(tcp.seq, after),
            State::Inactive => end.init(tcp.seq.wrapping_sub(1), tcp.seq),
            State::SynSent | State::SynAckSent if syn && tcp.seq != end.start_seq() => {
                weird(facts, out, "SYN_seq_jump", "", "");
                end.init(tcp.seq, after);
            }
            State::Established | State::Partial if syn => {
                if end.payload_bytes(peer) > 0 {
                    weird(facts, out, "SYN_inside_connection", "", "");
                }
                if tcp.seq != end.start_seq() {
                    weird(facts, out, "SYN_seq_jump", "", "");
                }
                end.init(tcp.seq, after);
            }
            State::Reset if syn && end.before == State::Inactive => end.init(tcp.seq, after),
            _ => {}
        }
    }

    fn note_history(&mut self, side: Side, flags: TcpFlags, relative: u64, length: u32, facts: &mut Facts) {
        let end = &mut self.ends[side.index()];
        let history = &mut facts.history;
        match u8::from(flags.syn()) + u8::from(flags.fin()) + u8::from(flags.rst()) {
            0 if length > 0 => _ = history.once(side, b'D'),
            0 if flags.ack() => _ = history.once(side, b'A'),
            0 => {}
            1 => {
                let (letter, place, known) = if flags.syn() {
                    (if flags.ack() { b'H' } else { b'S' }, relative, &mut end.history_syn)
                } else if flags.fin() {
                    (b'F', relative.wrapping_add(u64::from(length)), &mut end.history_fin)
                } else {
                    (b'R', relative, &mut end.history_rst)
                };
                // The same again at another place in the stream is noted again.
                if history.once(side, letter) && place != *known {
                    history.again(side, letter);
                }
                *known = place;
            }
            _ => _ = history.once(side, if flags.fin() && flags.rst() { b'I' } else { b'Q' }),
        }
    }

    fn note_window(&mut self, side: Side, tcp: &Tcp<'_>, facts: &mut Facts, out: &mut dyn Stream) {
        let peer = self.state(side.other());
        let end = &mut self.ends[side.index()];
        let flags = tcp.flags;
        let window = u32::from(tcp.window) << end.window_scale;
        if window == 0 && !flags.rst() && peer != State::Closed && end.state != State::Reset {
            facts.history.counted(side, b'W');
        }
        if flags.syn() || flags.fin() || flags.rst() || matches!(end.state, State::Closed | State::Reset) {
            return;
        }
        if seq_delta(tcp.seq, end.window_seq) >= 0 && seq_delta(tcp.ack, end.window_ack_seq) >= 0 {
            let edge = tcp.ack.wrapping_add(window);
            let advance = seq_delta(edge, end.window_ack_seq.wrapping_add(end.window));
            if advance < 0 && advance.unsigned_abs() >= 1 << end.window_scale {
                weird(facts, out, "window_recision", "", "");
            }
            end.window = window;
            end.window_ack_seq = tcp.ack;
            end.window_seq = tcp.seq;
        }
    }

    fn note_syn(&mut self, side: Side, tcp: &Tcp<'_>, facts: &mut Facts, out: &mut dyn Stream) {
        if tcp.flags.rst() {
            weird(facts, out, "TCP_christmas", "", "TCP");
        }
        if tcp.flags.urg() {
            weird(facts, out, "baroque_SYN", "", "TCP");
        }
        if tcp.payload_bytes > 0 {
            weird(facts, out, "SYN_with_data", "", "TCP");
        }
        let (own, other) = (side.index(), side.other().index());
        match tcp.window_scale {
            None => {
                self.ends[own].window_scale = 0;
                if tcp.flags.ack() {
                    self.ends[other].window_scale = 0;
                }
            }
            Some(scale) => {
                // RFC 7323 section 2.3 caps the shift at 14.
                if scale > 14 && !facts.weird {
                    weird(facts, out, "TCP_scale_range", &scale.to_string(), "TCP");
                }
                let end = &mut self.ends[own];
                (end.window_scale, end.window_seq, end.window_ack_seq) = (scale.min(14), tcp.seq, tcp.ack);
                let peer = &mut self.ends[other];
                (peer.window_seq, peer.window_ack_seq) = (tcp.ack, tcp.seq);
            }
        }
    }

    /// Takes in an acknowledgment; returns it counted from the peer's SYN.
    fn take_ack(&mut self, side: Side, tcp: &Tcp<'_>, facts: &mut Facts, out: &mut dyn Stream) -> u64 {
        let own = self.state(side);
        let flags = tcp.flags;
        let peer = &mut self.ends[side.other().index()];
        if peer.state == State::Inactive {
            let plain = !flags.syn() && !flags.fin() && !flags.rst();
            if plain && matches!(own, State::SynSent | State::SynAckSent | State::Established) && !facts.weird {
                weird(facts, out, "possible_split_routing", "", "");
            }
            let start = tcp.ack.wrapping_sub(1);
            peer.init(start, start);
            return 1;
        }
        let (relative, underflow) = peer.relative(tcp.ack, true);
        if underflow {
            weird(facts, out, "TCP_ack_underflow_or_misorder", "", "TCP");
            return 0;
        }
        if !flags.rst() {
            let delta = seq_delta(tcp.ack, peer.ack_seq());
            // An acknowledgment of 0 from far away is more likely broken than right.
            if delta > 0 && !(tcp.ack == 0 && delta > JUMP_MAX) {
                peer.advance_ack(tcp.ack);
            }
        }
        relative
    }

    /// Takes in how far the side has sent; returns by how much that went on.
    fn take_last(&mut self, side: Side, after: u32, flags: TcpFlags, length: u32, facts: &mut Facts) -> i32 {
        let end = &mut self.ends[side.index()];
        let delta = seq_delta(after, end.last_seq());
        if (flags.syn() || flags.rst()) && !(-JUMP_MAX..=JUMP_MAX).contains(&delta) {
            return delta;
        }
        if flags.fin() && end.last_seq() == end.start_seq().wrapping_add(1) {
            end.advance_last(after);
        } else if end.state == State::Reset {
            return delta;
        } else if delta > 0 {
            end.advance_last(after);
        } else if length > 0 {
            facts.history.counted(side, b'T');
        }
        delta
    }

    fn deliver(&mut self, side: Side, seq: u64, tcp: &Tcp<'_>, facts: &mut Facts, out: &mut dyn Stream) {
        let Some(payload) = tcp.payload.get(..tcp.payload_bytes as usize) else {
            weird(facts, out, "truncated_tcp_payload", "", "TCP");
            return;
        };
        let peer = self.state(side.other());
        let clean = self.is_clean();
        let end = &mut self.ends[side.index()];
        if let Some((first, second)) = end.stream.differing(seq, payload) {
            out.differing(side, first, second);
        }
        let sender = Sender { acked: end.relative_ack(), nothing_acked: end.nothing_acked(), payload_bytes: end.payload_bytes(peer) };
        let noted = end.stream.data(seq, payload, sender, &mut |piece| hand_on(side, piece, clean, facts, out));
        if let Some(name) = noted.weird {
            weird(facts, out, name, "", "TCP");
        }
        if noted.inconsistent {
            weird(facts, out, "retransmission_inconsistency", "", "TCP");
        }
    }

    /// The data of `side` has been acknowledged up to `seq`.
    fn acknowledge(&mut self, side: Side, seq: u64, facts: &mut Facts, out: &mut dyn Stream) {
        let clean = self.is_clean();
        let both = self.ends.iter().all(|end| end.state == State::Established);
        let midstream = self.midstream;
        let end = &mut self.ends[side.index()];
        let seq = if end.fins > 0 && seq >= end.fin_seq { end.fin_seq.saturating_sub(1) } else { seq };
        // A relative number before the SYN is no acknowledgment of anything.
        if seq > i64::MAX as u64 || seq <= end.stream.trimmed() {
            return;
        }
        let measured = both && !end.stream.is_skipping();
        let missing = end.stream.acknowledged(seq, midstream, &mut |piece| hand_on(side, piece, clean, facts, out));
        if measured {
            facts.acks += 1;
            facts.gaps += u64::from(missing > 0);
        }
        self.check_end(side, facts, out);
    }

    /// Gaps count only in connections whose both sides were seen to begin, and end in order if they ended.
    fn is_clean(&self) -> bool {
        self.ends.iter().all(|end| end.state == State::Established || (end.state == State::Closed && end.before == State::Established))
    }

    fn check_end(&mut self, side: Side, facts: &mut Facts, out: &mut dyn Stream) {
        let end = &self.ends[side.index()];
        let over = end.fins > 0 || matches!(end.state, State::Closed | State::Reset);
        if end.stream.has_ended() || !over || self.data_pending(side) {
            return;
        }
        self.ends[side.index()].stream.end();
        out.end(side);
        if self.close_deferred {
            self.close(side, facts, out);
            self.close_deferred = false;
        }
    }

    fn data_pending(&self, side: Side) -> bool {
        let (end, peer) = (&self.ends[side.index()], &self.ends[side.other().index()]);
        if end.stream.is_skipping() {
            return false;
        }
        let last = end.relative_last();
        if end.stream.pending(last) {
            return true;
        }
        last >= 1 && end.state != State::Reset && peer.stream.has_unacknowledged()
    }

    fn close(&mut self, side: Side, facts: &mut Facts, _out: &mut dyn Stream) {
        if self.data_pending(side) {
            self.close_deferred = true;
            return;
        }
        self.close_deferred = false;
        let peer = &self.ends[side.other().index()];
        let (peer_closed, peer_silent) = (peer.did_close, peer.state == State::Inactive);
        let end = &mut self.ends[side.index()];
        if std::mem::replace(&mut end.did_close, true) {
            return;
        }
        if end.state == State::Reset || peer_closed || peer_silent {
            self.delete_at = Some(facts.last + CLOSE_DELAY);
        }
    }

    /// Moves a side to a state; leaving the handshake gives the connection its long timeout.
    pub(crate) fn set_state(&mut self, side: Side, state: State) {
        let peer = self.state(side.other());
        let end = &mut self.ends[side.index()];
        if end.state == state {
            return;
        }
        if !state.in_handshake() && end.state.in_handshake() && peer.in_handshake() {
            self.idle = self.idle.max(ESTABLISHED_IDLE);
        }
        end.before = end.state;
        end.state = state;
    }

    pub(crate) fn start_attempt(&mut self, at: Timestamp) {
        self.attempt_until = Some(at + ATTEMPT_DELAY);
    }

    pub(crate) fn start_reset(&mut self, at: Timestamp) {
        self.reset_at = Some(at + RESET_DELAY);
    }

    /// Swaps the roles of both sides.
    pub fn flip(&mut self) {
        self.ends.swap(0, 1);
        self.first_seen.swap(0, 1);
        self.midstream = false;
    }
}

fn hand_on(side: Side, piece: Piece<'_>, clean: bool, facts: &mut Facts, out: &mut dyn Stream) {
    match piece {
        Piece::Data(bytes) => out.data(side, bytes),
        Piece::Gap(bytes) => {
            if clean {
                facts.history.counted(side, b'G');
                facts.missed_bytes = facts.missed_bytes.saturating_add(bytes);
            }
            out.gap(side, bytes);
        }
    }
}

pub(crate) fn weird(facts: &mut Facts, out: &mut dyn Stream, name: &'static str, addl: &str, source: &'static str) {
    facts.weird = true;
    out.weird(name, addl, source);
}
