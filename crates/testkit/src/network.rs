//! A simulated network, as a sensor beside the inside hosts sees it: UDP, ICMP, and TCP connections that behave as real ones
//! do (handshake, segments of the path's size, a growing window, acknowledgements, loss with repetition, wrong order, FIN
//! and RST), with times that follow from the path's round trip. The same seed gives the same frames.
//!
//! Left out: both sides of a connection speaking at once, SACK blocks, path changes.

use crate::dice::Dice;
use crate::packet::{self, Ip, Mac, Segment, flag};
pub use crate::system::System;
use contract::Side;
use model::{Addr, Interval, Timestamp};
use std::collections::BTreeMap;

/// A host as the sensor sees it.
#[derive(Clone, Copy, Debug)]
pub struct Host {
    /// Its address.
    pub addr: Addr,
    /// Its card, or that of the router before it.
    pub mac: Mac,
    /// Its operating system, which shows in its packets.
    pub system: System,
    /// How many routers are between it and the sensor.
    pub hops: u8,
}

/// The way between two hosts.
#[derive(Clone, Copy, Debug)]
pub struct Path {
    /// From the sensor to the far host and back.
    pub round_trip: Interval,
    /// The largest segment, in bytes.
    pub segment_bytes: usize,
    /// How long the far side takes to send one segment.
    pub segment_time: Interval,
    /// How many of a thousand segments are lost.
    pub loss_per_mille: u32,
    /// How many of a thousand segments are overtaken by the next one.
    pub reorder_per_mille: u32,
}

impl Path {
    /// Within the building.
    pub const LOCAL: Self = Self {
        round_trip: Interval::from_nanos(350_000),
        segment_bytes: 1460,
        segment_time: Interval::from_nanos(12_000),
        loss_per_mille: 0,
        reorder_per_mille: 0,
    };

    /// To a server on the Internet, so many milliseconds away.
    pub const fn internet(round_trip_ms: i64) -> Self {
        Self {
            round_trip: Interval::from_millis(round_trip_ms),
            segment_bytes: 1460,
            segment_time: Interval::from_nanos(120_000),
            loss_per_mille: 2,
            reorder_per_mille: 2,
        }
    }
}

/// All that the sensor has seen.
#[derive(Debug)]
pub struct Network {
    frames: Vec<(Timestamp, Vec<u8>)>,
    dice: Dice,
    ids: BTreeMap<Addr, u16>,
}

impl Network {
    /// A network without traffic.
    pub const fn new(seed: u64) -> Self {
        Self { frames: Vec::new(), dice: Dice::new(seed), ids: BTreeMap::new() }
    }

    /// The network's own dice.
    pub const fn dice(&mut self) -> &mut Dice {
        &mut self.dice
    }

    /// All frames in the order of time.
    pub fn into_frames(mut self) -> Vec<(Timestamp, Vec<u8>)> {
        self.frames.sort_by_key(|(at, _)| *at);
        self.frames
    }

    /// The frames since the last time, not in order: for who makes more of them than memory holds.
    pub fn take_frames(&mut self) -> Vec<(Timestamp, Vec<u8>)> {
        std::mem::take(&mut self.frames)
    }

    /// Any Ethernet frame.
    pub fn frame(&mut self, at: Timestamp, frame: Vec<u8>) {
        self.frames.push((at, frame));
    }

    /// The question who has an address, and the answer.
    pub fn arp(&mut self, at: Timestamp, asker: Host, owner: Host) {
        let question = packet::arp(1, (asker.mac, asker.addr), (Mac([0; 6]), owner.addr));
        self.frame(at, packet::ethernet(asker.mac, Mac::BROADCAST, 0x0806, &question));
        let answer = packet::arp(2, (owner.mac, owner.addr), (asker.mac, asker.addr));
        self.frame(at + Interval::from_nanos(180_000), packet::ethernet(owner.mac, asker.mac, 0x0806, &answer));
    }

    /// A UDP datagram.
    pub fn udp(&mut self, at: Timestamp, from: (Host, u16), to: (Host, u16), payload: &[u8]) {
        let header = self.header(from.0, to.0);
        let datagram = packet::udp(header, (from.1, to.1), payload);
        self.ip(at, from.0, to.0, header, packet::UDP, &datagram);
    }

    /// An echo request and its reply.
    pub fn ping(&mut self, at: Timestamp, from: Host, to: Host, path: Path, sequence: u16, payload: &[u8]) {
        let kinds = if from.addr.is_v4() { (packet::ICMP, 8, 0) } else { (packet::ICMPV6, 128, 129) };
        let [high, low] = sequence.to_be_bytes();
        for (at, src, dst, kind) in [(at, from, to, kinds.1), (at + path.round_trip, to, from, kinds.2)] {
            let header = self.header(src, dst);
            let message = packet::icmp(header, kind, 0, [0, 1, high, low], payload);
            self.ip(at, src, dst, header, kinds.0, &message);
        }
    }

    /// Opens a TCP connection with its handshake.
    pub fn connect(&mut self, at: Timestamp, client: (Host, u16), server: (Host, u16), path: Path) -> Connection<'_> {
        let seqs = [self.dice.roll() as u32, self.dice.roll() as u32];
        let mut connection = Connection { network: self, ends: [client, server], path, now: at, seqs, cwnd: [10, 10], closed: false };
        connection.segment(at, Side::Orig, flag::SYN, seqs[0], 0, b"");
        connection.seqs[0] = seqs[0].wrapping_add(1);
        connection.now = at + path.round_trip;
        connection.segment(connection.now, Side::Resp, flag::SYN | flag::ACK, seqs[1], connection.seqs[0], b"");
        connection.seqs[1] = seqs[1].wrapping_add(1);
        connection.wait(Interval::from_nanos(60_000));
        connection.acknowledge(connection.now, Side::Orig);
        connection
    }

    /// A connection attempt that is refused, or, without an answer, repeated twice.
    pub fn attempt(&mut self, at: Timestamp, client: (Host, u16), server: (Host, u16), path: Path, refused: bool) {
        let seq = self.dice.roll() as u32;
        let mut connection =
            Connection { network: self, ends: [client, server], path, now: at, seqs: [seq, 0], cwnd: [10, 10], closed: true };
        connection.segment(at, Side::Orig, flag::SYN, seq, 0, b"");
        if refused {
            connection.segment(at + path.round_trip, Side::Resp, flag::RST | flag::ACK, 0, seq.wrapping_add(1), b"");
        } else {
            for seconds in [1, 3] {
                connection.segment(at + Interval::from_secs(seconds), Side::Orig, flag::SYN, seq, 0, b"");
            }
        }
    }

    /// A lone SYN, and what comes back: nothing, SYN and ACK (which the prober resets), or RST.
    pub fn knock(&mut self, at: Timestamp, client: (Host, u16), server: (Host, u16), path: Path, answer: Knock) {
        let seq = self.dice.roll() as u32;
        let mut connection =
            Connection { network: self, ends: [client, server], path, now: at, seqs: [seq, 0], cwnd: [10, 10], closed: true };
        connection.segment(at, Side::Orig, flag::SYN, seq, 0, b"");
        let answered = at + path.round_trip;
        match answer {
            Knock::Silence => {}
            Knock::Refused => connection.segment(answered, Side::Resp, flag::RST | flag::ACK, 0, seq.wrapping_add(1), b""),
            Knock::Open => {
                let own = connection.network.dice.roll() as u32;
                connection.segment(answered, Side::Resp, flag::SYN | flag::ACK, own, seq.wrapping_add(1), b"");
                connection.segment(answered + Interval::from_nanos(70_000), Side::Orig, flag::RST, seq.wrapping_add(1), 0, b"");
            }
        }
    }

    /// A UDP datagram to a port where nobody listens: the far host says so (RFC 792).
    pub fn udp_unreachable(&mut self, at: Timestamp, from: (Host, u16), to: (Host, u16), path: Path, payload: &[u8]) {
        let header = self.header(from.0, to.0);
        let datagram = packet::udp(header, (from.1, to.1), payload);
        self.ip(at, from.0, to.0, header, packet::UDP, &datagram);
        let quoted = packet::ip(header, packet::UDP, &datagram);
        let back = self.header(to.0, from.0);
        let message = packet::icmp(back, 3, 3, [0; 4], &quoted[..quoted.len().min(28)]);
        self.ip(at + path.round_trip, to.0, from.0, back, packet::ICMP, &message);
    }

    fn header(&mut self, from: Host, to: Host) -> Ip {
        let start = u32::from_be_bytes([from.addr.octets()[12], from.addr.octets()[13], from.addr.octets()[14], from.addr.octets()[15]]);
        let id = self.ids.entry(from.addr).or_insert((start.wrapping_mul(2_654_435_761) >> 16) as u16);
        *id = id.wrapping_add(1);
        Ip { src: from.addr, dst: to.addr, ttl: from.system.ttl().saturating_sub(from.hops), id: *id }
    }

    fn ip(&mut self, at: Timestamp, from: Host, to: Host, header: Ip, protocol: u8, payload: &[u8]) {
        let packet = packet::ip(header, protocol, payload);
        self.frames.push((at, packet::ethernet_ip(from.mac, to.mac, &packet)));
    }
}

/// An open TCP connection, with a clock of its own: what is said moves it on.
#[derive(Debug)]
pub struct Connection<'a> {
    network: &'a mut Network,
    ends: [(Host, u16); 2],
    path: Path,
    now: Timestamp,
    /// The next sequence number of each side.
    seqs: [u32; 2],
    /// How many segments each side may send without an answer.
    cwnd: [usize; 2],
    closed: bool,
}

/// What became of a segment on its way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Arrives,
    /// Lost before the sensor: only its repetition is seen.
    LostUnseen,
    /// Lost behind the sensor: it is seen twice.
    LostSeen,
}

impl Connection<'_> {
    /// The connection's time.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Lets time pass.
    pub fn wait(&mut self, time: Interval) {
        self.now = self.now + time;
    }

    /// A side says something, and the other side acknowledges it.
    pub fn say(&mut self, side: Side, data: &[u8]) {
        let mut rest = data;
        while !rest.is_empty() && !self.closed {
            let window = self.cwnd[side.index()];
            let burst_bytes = rest.len().min(window * self.segment_bytes());
            let (burst, tail) = rest.split_at(burst_bytes);
            rest = tail;
            self.burst(side, burst, rest.is_empty());
            self.cwnd[side.index()] = (window * 2).min(44);
        }
    }

    /// A question and, after the other side has thought for a while, its answer.
    pub fn ask(&mut self, question: &[u8], thinking: Interval, answer: &[u8]) {
        self.say(Side::Orig, question);
        self.wait(thinking);
        self.say(Side::Resp, answer);
    }

    /// A side has finished; the other side finishes too.
    pub fn close(&mut self, first: Side) {
        if self.closed {
            return;
        }
        for side in [first, first.other()] {
            let (seq, ack) = (self.seqs[side.index()], self.seqs[side.other().index()]);
            self.segment(self.now, side, flag::FIN | flag::ACK, seq, ack, b"");
            self.seqs[side.index()] = seq.wrapping_add(1);
            self.now = self.now + self.answer_time(side);
        }
        self.acknowledge(self.now, first);
        self.closed = true;
    }

    /// A side breaks off.
    pub fn reset(&mut self, side: Side) {
        if !self.closed {
            let (seq, ack) = (self.seqs[side.index()], self.seqs[side.other().index()]);
            self.segment(self.now, side, flag::RST | flag::ACK, seq, ack, b"");
            self.closed = true;
        }
    }

    /// From the sight of one side's packet to that of the other side's answer.
    const fn answer_time(&self, side: Side) -> Interval {
        match side {
            // The sensor is beside the client: the packet travels to the server, the answer back.
            Side::Orig => self.path.round_trip,
            Side::Resp => Interval::from_nanos(90_000),
        }
    }

    fn burst(&mut self, side: Side, data: &[u8], last: bool) {
        let start = self.seqs[side.index()];
        let segments: Vec<(u32, &[u8])> = data
            .chunks(self.segment_bytes())
            .scan(start, |seq, bytes| {
                let own = *seq;
                *seq = seq.wrapping_add(bytes.len() as u32);
                Some((own, bytes))
            })
            .collect();
        let ack = self.seqs[side.other().index()];
        let (mut lost, mut unacknowledged, mut overtaken) = (Vec::new(), 0, false);
        for (number, &(seq, bytes)) in segments.iter().enumerate() {
            let ends = number + 1 == segments.len();
            let flags = flag::ACK | if ends && last { flag::PSH } else { 0 };
            let fate = self.fate();
            let early = std::mem::take(&mut overtaken);
            if fate != Fate::LostUnseen {
                // A segment that is overtaken is seen just after the next one.
                overtaken = !ends && self.network.dice.chance(self.path.reorder_per_mille);
                let delay = if overtaken { self.path.segment_time.nanos() * 3 / 2 } else { 0 };
                self.segment(self.now + Interval::from_nanos(delay), side, flags, seq, ack, bytes);
            }
            if fate == Fate::Arrives {
                unacknowledged += 1;
            } else {
                lost.push((seq, bytes, flags));
            }
            // Every second segment is acknowledged, and at once whatever comes behind a hole. That which is overtaken is not there
            // yet: the next one's acknowledgement is for both.
            if fate == Fate::Arrives && !overtaken && (unacknowledged >= 2 || ends || !lost.is_empty() || early) {
                let upto = lost.first().map_or(seq.wrapping_add(bytes.len() as u32), |&(seq, ..)| seq);
                let at = self.now + self.answer_time(side);
                self.segment(at, side.other(), flag::ACK, ack, upto, b"");
                unacknowledged = 0;
            }
            self.now = self.now + self.path.segment_time;
        }
        self.seqs[side.index()] = start.wrapping_add(data.len() as u32);
        self.now = self.now + self.answer_time(side);
        if !lost.is_empty() {
            // Three acknowledgements of the same bring the repetition after a round trip; otherwise a timer does.
            self.wait(if lost.len() * 4 > segments.len() { Interval::from_millis(300) } else { self.path.round_trip });
            for (seq, bytes, flags) in lost {
                self.segment(self.now, side, flags, seq, ack, bytes);
                self.wait(self.path.segment_time);
            }
            self.now = self.now + self.answer_time(side);
            self.acknowledge(self.now, side.other());
        } else if !last {
            self.wait(self.path.round_trip);
        }
    }

    fn fate(&mut self) -> Fate {
        if !self.network.dice.chance(self.path.loss_per_mille) {
            Fate::Arrives
        } else if self.network.dice.chance(500) {
            Fate::LostSeen
        } else {
            Fate::LostUnseen
        }
    }

    /// A side says that it has got everything.
    fn acknowledge(&mut self, at: Timestamp, side: Side) {
        let (seq, ack) = (self.seqs[side.index()], self.seqs[side.other().index()]);
        self.segment(at, side, flag::ACK, seq, ack, b"");
    }

    fn segment(&mut self, at: Timestamp, side: Side, flags: u8, seq: u32, ack: u32, payload: &[u8]) {
        let (from, to) = (self.ends[side.index()], self.ends[side.other().index()]);
        let syn = flags & flag::SYN != 0;
        let stamps = self.stamps(side, at, syn && ack == 0);
        let options = match stamps {
            _ if flags & flag::RST != 0 => Vec::new(),
            _ if syn => from.0.system.syn_options(self.path.segment_bytes, stamps),
            Some((own, echoed)) => [&[1, 1, 8, 10][..], &own.to_be_bytes(), &echoed.to_be_bytes()].concat(),
            None => Vec::new(),
        };
        let window = match (flags & flag::RST != 0, syn) {
            (true, _) => 0,
            (_, true) => from.0.system.syn_window(),
            _ => from.0.system.window(),
        };
        let header = self.network.header(from.0, to.0);
        let bytes = packet::tcp(header, (from.1, to.1), Segment { seq, ack, flags, window, options: &options }, payload);
        self.network.ip(at, from.0, to.0, header, packet::TCP, &bytes);
    }
}

/// How many bytes time stamps take of each segment.
const STAMP_BYTES: usize = 12;

impl Connection<'_> {
    fn stamped(&self) -> bool {
        self.ends.iter().all(|(host, _)| host.system.stamps())
    }

    /// How much a segment carries.
    fn segment_bytes(&self) -> usize {
        self.path.segment_bytes - if self.stamped() { STAMP_BYTES } else { 0 }
    }

    /// A segment's time stamp and that which it echoes, where both sides use them. The very first asks whether the other does.
    fn stamps(&self, side: Side, at: Timestamp, first: bool) -> Option<(u32, u32)> {
        let [own, other] = [self.ends[side.index()].0, self.ends[side.other().index()].0];
        let value = || own.system.stamp(own.addr, other.addr, at);
        if first {
            own.system.stamps().then(|| (value(), 0))
        } else {
            self.stamped()
                .then(|| (value(), other.system.stamp(other.addr, own.addr, at + Interval::from_nanos(-self.path.round_trip.nanos()))))
        }
    }
}

/// What a lone SYN meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knock {
    /// Nobody there, or a filter.
    Silence,
    /// Nobody listens.
    Refused,
    /// Somebody listens.
    Open,
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: Host = Host { addr: Addr::v4([10, 0, 0, 5]), mac: Mac([2, 0, 0, 0, 0, 5]), system: System::Windows, hops: 0 };
    const SERVER: Host = Host { addr: Addr::v4([192, 0, 2, 9]), mac: Mac([2, 0, 0, 0, 0, 1]), system: System::Linux, hops: 12 };

    /// Puts a side's stream together, first copy kept, as an engine would.
    fn stream(frames: &[(Timestamp, Vec<u8>)], from: Addr) -> Vec<u8> {
        let mut pieces = BTreeMap::new();
        let mut first = None;
        for (_, frame) in frames {
            let packet = &frame[14..];
            if packet[12..16] != *from.as_slice() {
                continue;
            }
            let length = usize::from(u16::from_be_bytes([packet[2], packet[3]]));
            let segment = &packet[20..length];
            let seq = u32::from_be_bytes([segment[4], segment[5], segment[6], segment[7]]);
            let base = *first.get_or_insert(seq);
            let data = &segment[usize::from(segment[12] >> 4) * 4..];
            if !data.is_empty() {
                pieces.entry(seq.wrapping_sub(base)).or_insert_with(|| data.to_vec());
            }
        }
        pieces.into_values().flatten().collect()
    }

    #[test]
    fn what_is_said_arrives_whatever_is_lost() {
        for (loss, reorder) in [(0, 0), (30, 0), (0, 100), (100, 100)] {
            let mut network = Network::new(11);
            let path = Path { loss_per_mille: loss, reorder_per_mille: reorder, ..Path::internet(30) };
            let answer = Dice::new(5).bytes(200_000);
            let mut connection = network.connect(Timestamp::from_secs(1_000), (CLIENT, 50_000), (SERVER, 80), path);
            connection.ask(b"question", Interval::from_millis(20), &answer);
            connection.close(Side::Resp);
            let frames = network.into_frames();
            assert_eq!(stream(&frames, CLIENT.addr), b"question");
            assert!(stream(&frames, SERVER.addr) == answer, "loss {loss}, reorder {reorder}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_frames() {
        let make = || {
            let mut network = Network::new(3);
            let mut connection = network.connect(Timestamp::from_secs(1), (CLIENT, 1024), (SERVER, 25), Path::internet(80));
            connection.say(Side::Resp, &[7; 50_000]);
            connection.reset(Side::Orig);
            network.into_frames()
        };
        assert_eq!(make(), make());
    }
}
