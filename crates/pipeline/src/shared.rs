//! What the flows of one shard share: where rows go, files, announced flows, packets inside flows, tunnels.

use crate::weird;
use contract::{Expectation, FlowInfo, InnerLink, Transport};
use files::Files;
use model::{Addr, Event, Interval, Timestamp, Uid};
use sinks::limits;
use std::collections::HashMap;

/// When a row was written, for one order over all shards: network time, timers (0) before packets (1), which packet or flow, which
/// of its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Order {
    pub(crate) time: Timestamp,
    pub(crate) class: u8,
    pub(crate) index: u64,
    pub(crate) row: u32,
}

/// Announced flows that are waited for at once, in one shard: more than a busy FTP proxy announces in a minute.
const EXPECTED_MAX: usize = 1024;
/// Announced flows whose file is remembered, in one shard.
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
    ip_tunnels: HashMap<(Addr, Addr), IpTunnel>,
    pub(crate) losses: Losses,
}

/// What was lost or limited in one shard.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Losses {
    pub(crate) flows_evicted: u64,
    pub(crate) waiting_bytes_dropped: u64,
    pub(crate) expectations_dropped: u64,
    pub(crate) inner_packets_dropped: u64,
    pub(crate) tunnels_forgotten: u64,
}

impl Shared {
    pub(crate) fn new(files: Files) -> Self {
        let order = Order { time: Timestamp::MIN, class: 0, index: 0, row: 0 };
        Self {
            at: Timestamp::default(),
            order,
            rows: Vec::new(),
            files,
            file_rows: Vec::new(),
            inner: Vec::new(),
            expected: Vec::new(),
            fetched: HashMap::new(),
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
        for event in std::mem::take(&mut self.file_rows) {
            self.row(event);
        }
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
        if self.fetched.len() < FETCHED_MAX || self.fetched.contains_key(&resp) {
            self.fetched.insert(resp, (file, mime));
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
            self.ip_tunnels.clear();
            self.losses.tunnels_forgotten += 1;
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
