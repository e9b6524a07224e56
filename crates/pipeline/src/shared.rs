//! What the flows of one shard share: where rows go, files, announced flows, packets inside flows, tunnels.

use crate::weird;
use contract::{Expectation, FlowInfo, InnerLink, Transport};
use files::Files;
use model::{Addr, Event, Interval, Timestamp, Uid};
use sinks::limits;
use std::collections::{HashMap, VecDeque};

/// When a row was written, for one order over all shards: network time, timers (0) before packets (1), which packet or flow, which
/// of its rows; and where all that is the same, which shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Order {
    pub(crate) time: Timestamp,
    pub(crate) class: u8,
    pub(crate) index: u64,
    pub(crate) row: u32,
    /// Known once the rows of several shards come together, else 0.
    pub(crate) shard: u8,
}

impl Order {
    /// The first row of a place in the order.
    pub(crate) const fn new(time: Timestamp, class: u8, index: u64) -> Self {
        Self { time, class, index, row: 0, shard: 0 }
    }
}

/// Announced flows that are waited for at once, in one shard: more than a busy FTP proxy announces in a minute.
const EXPECTED_MAX: usize = 1024;
/// Announced flows whose file is remembered, in one shard: asked for when the command that fetched it is answered, soon after.
const FETCHED_MAX: usize = 1024;
/// IP tunnels known at once, in one shard.
const IP_TUNNELS_MAX: usize = 4096;
/// Packets inside one packet's flow that are read: a datagram carries one, a stream a few.
const INNER_MAX: usize = 16;
/// An IP tunnel without packets is forgotten after this (Zeek's `Tunnel::ip_tunnel_timeout`).
const IP_TUNNEL_IDLE: Interval = Interval::from_secs(24 * 3600);

/// A packet that travels inside a flow, waiting to be read.
pub(crate) struct InnerPacket {
    pub(crate) kind: &'static str,
    pub(crate) link: InnerLink,
    pub(crate) bytes: Box<[u8]>,
}

/// An IP tunnel: its id, its ends as first seen, and its last packet's time.
type IpTunnel = (Uid, (Addr, Addr), Timestamp);

/// A shard's common things.
pub(crate) struct Shared {
    /// The time of the packet at hand, or of the timer.
    pub(crate) at: Timestamp,
    pub(crate) order: Order,
    pub(crate) rows: Vec<(Order, Event)>,
    pub(crate) files: Files,
    pub(crate) file_rows: Vec<Event>,
    pub(crate) inner: Vec<InnerPacket>,
    expected: Vec<Expectation>,
    fetched: HashMap<(Addr, u16), (Uid, Option<&'static str>)>,
    /// Which of them came first.
    fetched_order: VecDeque<(Addr, u16)>,
    ip_tunnels: HashMap<(Addr, Addr), IpTunnel>,
    pub(crate) losses: Losses,
}

/// What was lost or limited in one shard.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Losses {
    pub(crate) flows_evicted: u64,
    pub(crate) waiting_bytes_dropped: u64,
    pub(crate) expectations_dropped: u64,
    pub(crate) fetched_files_forgotten: u64,
    pub(crate) inner_packets_dropped: u64,
    pub(crate) tunnels_forgotten: u64,
}

impl Shared {
    pub(crate) fn new(files: Files) -> Self {
        let order = Order::new(Timestamp::MIN, 0, 0);
        Self {
            at: Timestamp::default(),
            order,
            rows: Vec::new(),
            files,
            file_rows: Vec::new(),
            inner: Vec::new(),
            expected: Vec::new(),
            fetched: HashMap::new(),
            fetched_order: VecDeque::new(),
            ip_tunnels: HashMap::new(),
            losses: Losses::default(),
        }
    }

    /// Writes a row, cut down to the limits of its log; what is cut is told. Facts between parts of the program (an underscore)
    /// are not logs.
    pub(crate) fn row(&mut self, mut event: Event) {
        let log = event.kind().name;
        let cut = if log.starts_with('_') { limits::Cut::default() } else { limits::apply(&mut event) };
        self.push(event);
        for name in cut.weirds() {
            self.push(weird::of_packet(self.at, None, name.into(), &limits::stream(log), ""));
        }
    }

    fn push(&mut self, event: Event) {
        self.rows.push((self.order, event));
        self.order.row += 1;
    }

    /// Writes the rows that files left.
    pub(crate) fn flush_file_rows(&mut self) {
        if self.file_rows.is_empty() {
            return;
        }
        let mut rows = std::mem::take(&mut self.file_rows);
        rows.drain(..).for_each(|event| self.row(event));
        self.file_rows = rows;
    }

    /// A flow is announced.
    pub(crate) fn expect(&mut self, now: Timestamp, expectation: Expectation) {
        self.expected.retain(|known| known.until > now);
        if self.expected.len() >= EXPECTED_MAX {
            self.losses.expectations_dropped += 1;
            self.expected.remove(0);
        }
        self.expected.push(expectation);
    }

    /// Whether a new flow was announced; it is so only once.
    pub(crate) fn expected(&mut self, now: Timestamp, info: &FlowInfo) -> Option<Expectation> {
        if self.expected.is_empty() {
            return None;
        }
        let fits = |known: &Expectation| {
            known.resp == info.resp
                && known.transport == info.transport
                && known.until > now
                && known.orig.is_none_or(|orig| orig == info.orig.0)
        };
        let place = self.expected.iter().position(fits)?;
        Some(self.expected.remove(place))
    }

    /// Whether any flow was announced and has not come.
    pub(crate) const fn waits_for_flows(&self) -> bool {
        !self.expected.is_empty()
    }

    /// An announced flow carries a file; where that has ended, its type is given.
    pub(crate) fn note_fetched(&mut self, resp: (Addr, u16), file: Uid, mime: Option<&'static str>) {
        if self.fetched.insert(resp, (file, mime)).is_some() {
            return;
        }
        self.fetched_order.push_back(resp);
        if self.fetched_order.len() > FETCHED_MAX
            && let Some(oldest) = self.fetched_order.pop_front()
        {
            self.fetched.remove(&oldest);
            self.losses.fetched_files_forgotten += 1;
        }
    }

    /// The file that an announced flow carried, and its type if it has ended.
    pub(crate) fn fetched(&self, resp: (Addr, u16)) -> Option<(Uid, Option<&'static str>)> {
        self.fetched.get(&resp).copied()
    }

    /// The tunnel between two hosts, in the direction in which it was first seen.
    pub(crate) fn ip_tunnel(&mut self, now: Timestamp, kind: &'static str, src: Addr, dst: Addr) -> (Uid, (Addr, Addr)) {
        let key = if src < dst { (src, dst) } else { (dst, src) };
        if let Some((uid, ends, last)) = self.ip_tunnels.get_mut(&key)
            && now.since(*last) < IP_TUNNEL_IDLE
        {
            *last = now;
            return (*uid, *ends);
        }
        if self.ip_tunnels.len() >= IP_TUNNELS_MAX {
            self.losses.tunnels_forgotten += self.ip_tunnels.len() as u64;
            self.ip_tunnels.clear();
        }
        let uid = Uid::connection(&[kind.as_bytes(), src.octets(), dst.octets(), &self.order.index.to_le_bytes()]);
        self.ip_tunnels.insert(key, (uid, (src, dst), now));
        (uid, (src, dst))
    }

    /// A packet was found inside a flow.
    pub(crate) fn push_inner(&mut self, packet: InnerPacket) {
        if self.inner.len() < INNER_MAX {
            self.inner.push(packet);
        } else {
            self.losses.inner_packets_dropped += 1;
        }
    }
}

/// The engine's word for a transport protocol.
pub(crate) const fn transport_of(protocol: u8) -> Option<Transport> {
    match protocol {
        flow::Protocol::TCP => Some(Transport::Tcp),
        flow::Protocol::UDP => Some(Transport::Udp),
        flow::Protocol::ICMP | flow::Protocol::ICMPV6 => Some(Transport::Icmp),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1);

    fn shared() -> Shared {
        Shared::new(Files::new(files::Limits::default()))
    }

    fn host(number: u32) -> Addr {
        Addr::v4((0x0a00_0000 + number).to_be_bytes())
    }

    fn announced(port: u16) -> Expectation {
        Expectation {
            orig: None,
            resp: (host(1), port),
            transport: Transport::Tcp,
            protocol: "ftp-data",
            until: NOW + Interval::from_secs(60),
            note: Box::default(),
        }
    }

    fn info(port: u16) -> FlowInfo {
        FlowInfo {
            uid: Uid::connection(&[]),
            orig: (host(2), 1),
            resp: (host(1), port),
            transport: Transport::Tcp,
            start: NOW,
            midstream: false,
            note: Box::default(),
        }
    }

    #[test]
    fn the_oldest_announced_flow_makes_room() {
        let mut shared = shared();
        let most = EXPECTED_MAX as u16;
        (0..most).for_each(|port| shared.expect(NOW, announced(port)));
        assert_eq!(shared.losses.expectations_dropped, 0);
        shared.expect(NOW, announced(most));
        assert_eq!((shared.losses.expectations_dropped, shared.expected.len()), (1, EXPECTED_MAX));
        assert!(shared.expected(NOW, &info(0)).is_none());
        assert!(shared.expected(NOW, &info(1)).is_some() && shared.expected(NOW, &info(most)).is_some());
    }

    #[test]
    fn the_file_that_was_fetched_first_is_forgotten_first() {
        let mut shared = shared();
        let note = |shared: &mut Shared, port, mime| shared.note_fetched((host(1), port), Uid::file(&[]), mime);
        let most = FETCHED_MAX as u16;
        (0..most).for_each(|port| note(&mut shared, port, None));
        note(&mut shared, 1, Some("text/plain"));
        assert_eq!(shared.losses.fetched_files_forgotten, 0);
        note(&mut shared, most, None);
        assert_eq!((shared.losses.fetched_files_forgotten, shared.fetched.len()), (1, FETCHED_MAX));
        assert_eq!(shared.fetched((host(1), 0)), None);
        assert_eq!(shared.fetched((host(1), 1)).map(|(_, mime)| mime), Some(Some("text/plain")));
        assert!(shared.fetched((host(1), most)).is_some());
    }

    #[test]
    fn too_many_packets_inside_a_packet_are_counted() {
        let mut shared = shared();
        for _ in 0..INNER_MAX + 3 {
            shared.push_inner(InnerPacket { kind: "vxlan", link: InnerLink::Ethernet, bytes: Box::default() });
        }
        assert_eq!((shared.inner.len(), shared.losses.inner_packets_dropped), (INNER_MAX, 3));
    }

    #[test]
    fn ip_tunnels_begin_anew_when_there_are_too_many() {
        let mut shared = shared();
        let tunnel = |shared: &mut Shared, number: u32| {
            shared.order.index += 1;
            shared.ip_tunnel(NOW, "Tunnel::GRE", host(number), host(0xff_ffff)).0
        };
        let first = tunnel(&mut shared, 0);
        for number in 1..IP_TUNNELS_MAX as u32 {
            tunnel(&mut shared, number);
        }
        assert_eq!((tunnel(&mut shared, 0), shared.losses.tunnels_forgotten), (first, 0));
        tunnel(&mut shared, IP_TUNNELS_MAX as u32);
        assert_eq!((shared.ip_tunnels.len(), shared.losses.tunnels_forgotten), (1, IP_TUNNELS_MAX as u64));
        assert_ne!(tunnel(&mut shared, 0), first);
    }
}
