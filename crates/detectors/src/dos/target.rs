//! What one host gets, by minute and by kind of flood, and whether that is a flood.

use super::definitions::{PACKET_FLOOD, REFLECTION, SENDS_FLOOD, SYN_FLOOD};
use super::flow::{Drop, SHAPES, Shape};
use super::minute;
use crate::contact::number;
use crate::distinct::Distinct;
use contract::seen::Conn;
use contract::{Chosen, Definition, Finding, Known, SAMPLE_MAX, Setting, Severity, Tell};
use model::{Addr, Timestamp, Uid};

/// The settings, as chosen.
#[derive(Debug)]
pub(super) struct Limits {
    half_open: u64,
    unasked: u64,
    unasked_senders: u32,
    flows: u64,
    per_sec: f64,
    pings: u64,
    usual_times: f64,
}

impl Limits {
    pub(super) fn new(chosen: &Chosen, all: &'static [Setting]) -> Self {
        Self {
            half_open: chosen.count(all, "half_open_min").max(1),
            unasked: chosen.count(all, "unasked_min").max(1),
            unasked_senders: u32::try_from(chosen.count(all, "unasked_senders_min")).unwrap_or(u32::MAX),
            flows: chosen.count(all, "datagram_flows_min").max(1),
            per_sec: chosen.get(all, "datagrams_per_sec_min"),
            pings: chosen.count(all, "pings_min").max(1),
            usual_times: chosen.get(all, "usual_times"),
        }
    }
}

/// A host and what it gets.
#[derive(Debug, Default)]
pub(super) struct Target {
    /// Since when it is known.
    first_minute: Option<i64>,
    minute: i64,
    /// Conversations of this minute.
    talked: u64,
    streams: [Option<Box<Stream>>; SHAPES],
}

/// One kind of packets to it.
#[derive(Debug, Default)]
struct Stream {
    /// This minute's flows and packets.
    flows: u64,
    packets: u64,
    /// Flows of a usual minute.
    usual: f64,
    senders: Distinct,
    ports: Distinct,
    /// The sender that may have the majority (Boyer and Moore), with its votes.
    leader: Option<Addr>,
    votes: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    all_packets: u64,
    peers: Vec<Addr>,
    proofs: Vec<Uid>,
    /// Flows of the minute that was told last.
    told: u64,
}

impl Target {
    /// The most bytes that one can hold on the heap: what its parts can.
    pub(super) const HEAP_BYTES_MAX: usize =
        SHAPES * (size_of::<Stream>() + 2 * Distinct::HEAP_BYTES_MAX + SAMPLE_MAX * (size_of::<Addr>() + size_of::<Uid>()));

    /// A conversation with it.
    pub(super) fn talked(&mut self, at: Timestamp) {
        self.turn(at);
        self.talked += 1;
    }

    fn turn(&mut self, at: Timestamp) {
        /// How much of the usual a new minute is.
        const SHARE: f64 = 0.1;
        let now = minute(at);
        if self.first_minute.is_none() {
            self.first_minute = Some(now);
            self.minute = now;
        }
        if now <= self.minute {
            return;
        }
        self.minute = now;
        self.talked = 0;
        for stream in self.streams.iter_mut().flatten() {
            // A minute that was told is not usual.
            if stream.flows < stream.told.max(1) {
                stream.usual = stream.usual.mul_add(1.0 - SHARE, stream.flows as f64 * SHARE);
            }
            stream.flows = 0;
            stream.packets = 0;
            stream.votes = 0;
            stream.leader = None;
            stream.senders = Distinct::default();
            stream.ports = Distinct::default();
        }
    }

    /// One more flow of a flood, or of none.
    pub(super) fn see(&mut self, conn: &Conn<'_>, drop: &Drop, limits: &Limits, known: &dyn Known, out: &mut dyn Tell) {
        let at = conn.ts();
        self.turn(at);
        let talked = self.talked;
        let Some(slot) = self.streams.get_mut(drop.shape as usize) else { return };
        let stream = slot.get_or_insert_default();
        stream.add(conn, drop);
        let Some((value, limit)) = stream.is_flood(conn, drop, limits, talked) else { return };
        if stream.told > 0 && stream.flows < stream.told.saturating_mul(2) {
            return;
        }
        // A slow one may be a stream that was asked for by other means.
        let slow = limit == STEADY_PER_SEC_MIN && value < limits.per_sec;
        if slow && (known.name(drop.sender, drop.target).is_some() || !known.is_inside(drop.sender) || known.is_inside(drop.target)) {
            return;
        }
        stream.told = stream.flows;
        stream.tell(at, drop, (value, limit), slow, known, out);
    }
}

/// Datagrams in a second that are a slow flood if they are large, unanswered, and go to a host that nobody named.
const STEADY_PER_SEC_MIN: f64 = 100.0;

/// Large datagrams to outside that nobody answers, in one flow, for some seconds: less than a line can carry, more than
/// anything but a stream of pictures is, and that is asked for.
fn is_steady(conn: &Conn<'_>, packets: u64, rate: f64) -> bool {
    /// So many packets at least.
    const PACKETS_MIN: u64 = 2000;
    /// Headers and half a packet of the usual size.
    const BYTES_MEAN_MIN: u64 = 700;
    packets >= PACKETS_MIN
        && rate >= STEADY_PER_SEC_MIN
        && conn.service().is_empty()
        && conn.orig_ip_bytes().unwrap_or(0) >= packets * BYTES_MEAN_MIN
}

impl Stream {
    fn add(&mut self, conn: &Conn<'_>, drop: &Drop) {
        let at = conn.ts();
        self.flows += 1;
        self.packets += drop.packets;
        self.all_packets += drop.packets;
        self.senders.add(number(drop.sender));
        self.ports.add(u64::from(drop.port));
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        self.last = Some(self.last.map_or(at, |last| last.max(at)));
        match self.leader {
            Some(leader) if leader == drop.sender => self.votes += 1,
            Some(_) if self.votes > 0 => self.votes -= 1,
            _ => (self.leader, self.votes) = (Some(drop.sender), 1),
        }
        if self.proofs.len() < SAMPLE_MAX {
            self.proofs.extend(conn.uid());
            if !self.peers.contains(&drop.sender) {
                self.peers.push(drop.sender);
            }
        }
    }

    /// The number that is beyond its limit, and the limit.
    fn is_flood(&self, conn: &Conn<'_>, drop: &Drop, limits: &Limits, talked: u64) -> Option<(f64, f64)> {
        /// So many packets at least make a flood out of one fast flow.
        const FAST_PACKETS_MIN: u64 = 50_000;
        let beyond = |value: u64, limit: u64| {
            let limit = (limit as f64).max(self.usual * limits.usual_times);
            (value as f64 >= limit).then_some((value as f64, limit))
        };
        // Where a hundred hosts do the same within a minute, a third of the number says as much.
        let spread = if self.senders.count() >= 100 { 3 } else { 1 };
        match drop.shape {
            Shape::HalfOpen => {
                // As many ports as connections, from few: that is a scan.
                let is_scan = u64::from(self.ports.count()) * 4 > self.flows && self.senders.count() < 100;
                beyond(self.flows, limits.half_open / spread).filter(|_| !is_scan && talked * 9 <= self.flows)
            }
            Shape::Unasked => beyond(self.packets, limits.unasked / spread).filter(|_| self.senders.count() >= limits.unasked_senders),
            Shape::Datagrams => {
                let secs = conn.duration().map_or(0.0, model::Interval::secs_f64);
                let rate = drop.packets as f64 / secs.max(1.0);
                if drop.packets >= FAST_PACKETS_MIN && rate >= limits.per_sec {
                    return Some((rate, limits.per_sec));
                }
                if is_steady(conn, drop.packets, rate) {
                    return Some((rate, STEADY_PER_SEC_MIN));
                }
                beyond(self.flows, limits.flows)
            }
            Shape::Pings => {
                let secs = conn.duration().map_or(0.0, model::Interval::secs_f64).max(1.0);
                // Pings once a second for days come in one flow: it is the rate that counts.
                let fast = drop.packets as f64 / secs >= 100.0 || self.senders.count() >= limits.unasked_senders;
                beyond(self.packets, limits.pings).filter(|_| fast)
            }
        }
    }

    fn tell(&self, at: Timestamp, drop: &Drop, (value, limit): (f64, f64), slow: bool, known: &dyn Known, out: &mut dyn Tell) {
        let (definition, unit): (&'static Definition, _) = match drop.shape {
            Shape::HalfOpen => (&SYN_FLOOD, "half-open connections a minute"),
            Shape::Unasked => (&REFLECTION, "unasked packets a minute"),
            Shape::Datagrams => (&PACKET_FLOOD, "datagrams"),
            Shape::Pings => (&PACKET_FLOOD, "pings a minute"),
        };
        let finding = |definition, host, confidence| {
            Finding::new(definition, host, self.last.unwrap_or(at), confidence)
                .since(self.first.unwrap_or(at))
                .times(self.all_packets)
                .proofs(self.proofs.iter().copied())
                .measure(unit, value, limit, "")
                .note("usual in a minute", self.usual, "")
                .note("senders", f64::from(self.senders.count()), "")
        };
        let (sure, severity) = if slow { (60, Severity::Medium) } else { (90, Severity::High) };
        out.finding(finding(definition, drop.target, sure).severity(severity).peers(self.peers.iter().copied()));
        let majority = self.votes.saturating_mul(2) > self.flows;
        if let Some(leader) = self.leader.filter(|_| majority && drop.shape != Shape::Unasked) {
            let inside = known.is_inside(leader) && !slow;
            let told = finding(&SENDS_FLOOD, leader, if inside { 88 } else { 60 }).peer(drop.target);
            out.finding(told.severity(if inside { Severity::High } else { Severity::Medium }).about(drop.target.to_string().as_bytes()));
        }
    }
}
