//! One shard: the flows of the host pairs that fall to it. Shards share nothing, and there are always as many, so that the
//! number of workers changes nothing in what comes out.

use crate::app::App;
use crate::clock::Clock;
use crate::conn::{Carrier, Flow};
use crate::ends::{Ends, is_broadcast, looks_reversed, side_of};
use crate::senders::Senders;
use crate::shared::{Losses, Order, Shared, transport_of};
use crate::stacks::Stacks;
use crate::wire::Wire;
use crate::{tunnels, weird};
use contract::{Chunk, FlowInfo, InnerLink, Side, Transport};
use files::Files;
use flow::{
    Decoder, Facts, FlowKey, FragmentLimits, Hears, Icmp, IpPacket, Protocol, Slot, Table, Tcp, TcpFlags, TransportError, Tunnel, Tunnels,
    Udp, icmp_counterpart,
};
use model::kinds::{confirmed, removed};
use model::{Addr, Event, Timestamp, Uid, Value};

/// How many shards there are: enough for more workers than a machine of today has use for, few enough to cost nothing.
pub(crate) const SHARDS: usize = 8;
/// Flows of one shard: together 256 Ki flows of about 1.6 KB, some 420 MB if all are taken, as `tests/bounded/run` measures.
const FLOWS_MAX: usize = (256 << 10) / SHARDS;
/// Bytes that wait in reassembly, in one shard: together 64 MiB.
const WAITING_BYTES_MAX: usize = (64 << 20) / SHARDS;
/// Ports on which sessions rest for long without being over (Zeek's `Conn::port_inactivity_timeouts`).
const SESSION_PORTS: [u16; 4] = [21, 22, 23, 513];
/// A flow may change its tunnels so often before that is weird (Zeek's `Tunnel::max_changes_per_connection`).
const TUNNEL_CHANGES_MAX: u8 = 5;

/// A packet as the reader hands it over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raw<'a> {
    pub(crate) at: Timestamp,
    /// The latest time of any packet so far.
    pub(crate) now: Timestamp,
    pub(crate) index: u64,
    pub(crate) link: u32,
    pub(crate) data: &'a [u8],
    pub(crate) wire_bytes: u32,
    /// The times of the batch's packets.
    pub(crate) clock: &'a Clock,
}

/// A shard.
pub(crate) struct Shard {
    decoder: Decoder,
    state: State,
}

struct State {
    table: Table<Flow>,
    shared: Shared,
    open_tunnels: tunnels::Open,
    tunnel_rows: Vec<Event>,
    waiting_bytes: usize,
    acks: u64,
    gaps: u64,
    bad_checksums: u64,
    senders: Senders,
    stacks: Stacks,
    /// Whether everything ends.
    finishing: bool,
}

impl Shard {
    pub(crate) fn new(verify_checksums: bool, understand: bool, files: Files) -> Self {
        let fragments = FragmentLimits { packets_max: 256, bytes_max: 1 << 20 };
        let state = State {
            table: Table::default(),
            shared: Shared::new(files),
            open_tunnels: tunnels::Open::default(),
            tunnel_rows: Vec::new(),
            waiting_bytes: 0,
            acks: 0,
            gaps: 0,
            bad_checksums: 0,
            senders: Senders::default(),
            stacks: Stacks::new(understand),
            finishing: false,
        };
        Self { decoder: Decoder::new(verify_checksums, fragments), state }
    }

    /// Reads a packet.
    pub(crate) fn packet(&mut self, raw: &Raw<'_>) {
        let state = &mut self.state;
        state.expire(raw.now, raw.clock);
        // As in Zeek, time never goes back for those who read: a packet that comes late counts as of now.
        state.shared.at = raw.now;
        state.shared.order = Order::new(raw.now, 1, raw.index);
        if raw.at.nanos() < 0 {
            return Hears::weird(state, "negative_packet_timestamp", "", "", None, &Tunnels::default());
        }
        if raw.data.is_empty() || raw.wire_bytes == 0 {
            return Hears::weird(state, "empty_pcap_header", "", "", None, &Tunnels::default());
        }
        self.decoder.frame(raw.at, raw.link, raw.data, raw.wire_bytes, state);
    }

    /// Ends what is over by the end of a batch.
    pub(crate) fn advance(&mut self, clock: &Clock) {
        let now = clock.end();
        self.state.expire(now, clock);
        let shared = &mut self.state.shared;
        (shared.at, shared.order) = (now, Order::new(now, 2, 0));
        shared.flush_file_rows();
    }

    /// Ends everything.
    pub(crate) fn finish(&mut self, now: Timestamp) {
        self.state.finishing = true;
        let flows = self.state.table.drain();
        for flow in flows {
            let index = flow.birth;
            self.state.at_timer(now, index);
            self.state.end(flow, now);
        }
        self.state.at_timer(now, u64::MAX);
        let shared = &mut self.state.shared;
        shared.files.finish(now, &mut shared.file_rows);
        shared.flush_file_rows();
    }

    /// The rows since the last call.
    pub(crate) fn rows(&mut self) -> &mut Vec<(Order, Event)> {
        &mut self.state.shared.rows
    }

    /// Acknowledgments, and those of bytes never seen, since the last call.
    pub(crate) fn take_gap_stats(&mut self) -> (u64, u64) {
        (std::mem::take(&mut self.state.acks), std::mem::take(&mut self.state.gaps))
    }

    /// Hosts whose packets had wrong checksums.
    pub(crate) const fn senders(&self) -> &Senders {
        &self.state.senders
    }

    /// What was lost or limited.
    pub(crate) fn losses(&self) -> Vec<(&'static str, u64)> {
        let Losses {
            flows_evicted,
            waiting_bytes_dropped,
            expectations_dropped,
            fetched_files_forgotten,
            inner_packets_dropped,
            tunnels_forgotten,
        } = self.state.shared.losses;
        let mut all = vec![
            ("flows_evicted", flows_evicted),
            ("waiting_bytes_dropped", waiting_bytes_dropped),
            ("expectations_dropped", expectations_dropped),
            ("fetched_files_forgotten", fetched_files_forgotten),
            ("inner_packets_dropped", inner_packets_dropped),
            ("tunnels_forgotten", tunnels_forgotten),
            ("tunnels_not_logged", self.state.open_tunnels.not_logged()),
            ("fragmented_packets_dropped", self.decoder.fragments().dropped),
            ("packets_with_bad_checksum", self.state.bad_checksums),
            ("stack_facts_left_out", self.state.stacks.untold()),
        ];
        all.extend(self.state.shared.files.losses());
        all
    }
}

impl State {
    fn at_timer(&mut self, time: Timestamp, index: u64) {
        self.shared.at = time;
        self.shared.order = Order::new(time, 0, index);
    }

    fn expire(&mut self, now: Timestamp, clock: &Clock) {
        while let Some(expiry) = self.table.expire(now, &mut |deadline| clock.noticed(deadline), Flow::look) {
            self.at_timer(expiry.at, expiry.flow.birth);
            self.end(expiry.flow, expiry.at);
        }
        let mut over = Vec::new();
        self.open_tunnels.expire(now, |deadline| clock.noticed(deadline), &mut over);
        for (noticed, event) in over {
            self.at_timer(noticed, u64::MAX);
            self.shared.row(event);
        }
        let mut rows = Vec::new();
        while let Some(noticed) = self.shared.files.expire(now, &mut |deadline| clock.noticed(deadline), &mut rows) {
            self.at_timer(noticed, u64::MAX);
            rows.drain(..).for_each(|event| self.shared.row(event));
        }
    }

    /// A flow is over: what is pending is written, then its own row.
    fn end(&mut self, mut flow: Flow, now: Timestamp) {
        if let Carrier::Tcp(tcp) = &flow.state {
            self.waiting_bytes -= tcp.held_bytes();
        }
        let Flow { app, info, .. } = &mut flow;
        app.close(now, info, &mut self.shared);
        self.shared.row(flow.row());
        if let Some(event) = flow.services_event(&removed::KIND, now) {
            self.shared.row(event.with(removed::AT_END, self.finishing));
        }
        self.open_tunnels.closed(now, (flow.info.orig, flow.info.resp), &mut self.tunnel_rows);
        self.flush_tunnel_rows();
    }

    fn flush_tunnel_rows(&mut self) {
        for event in self.tunnel_rows.drain(..) {
            self.shared.row(event);
        }
    }

    /// The flow of a packet, new if need be.
    fn flow_of(&mut self, at: Timestamp, packet: &IpPacket<'_>, ends: Ends, tunnels: &Tunnels, tcp: Option<&Tcp<'_>>) -> Slot {
        if let Some(slot) = self.table.find(&ends.key) {
            let (reuse, name) = self.reuse(slot, at, tcp);
            if !reuse {
                self.note_tunnels(slot, tunnels);
                return slot;
            }
            if let Some(old) = self.table.remove(slot) {
                if let Some(name) = name {
                    self.shared.row(weird::of_flow(at, &old.info, name, "", "TCP"));
                }
                self.end(old, at);
            }
        }
        while self.table.len() >= FLOWS_MAX {
            self.shared.losses.flows_evicted += 1;
            match self.table.evict() {
                Some(old) => self.end(old, at),
                None => break,
            }
        }
        let flow = self.new_flow(at, packet, ends, tunnels, tcp);
        let deadline = flow.deadline();
        self.table.insert(ends.key, flow, deadline)
    }

    fn reuse(&mut self, slot: Slot, at: Timestamp, tcp: Option<&Tcp<'_>>) -> (bool, Option<&'static str>) {
        match (self.table.get_mut(slot), tcp) {
            (Some(Flow { state: Carrier::Tcp(connection), facts, .. }), Some(tcp)) => connection.is_reuse(at, facts.last, tcp),
            _ => (false, None),
        }
    }

    fn new_flow(&mut self, at: Timestamp, packet: &IpPacket<'_>, ends: Ends, tunnels: &Tunnels, tcp: Option<&Tcp<'_>>) -> Flow {
        let index = self.shared.order.index;
        let (mut orig, mut resp) = (ends.src, ends.dst);
        let mut facts = Facts::new(at);
        let transport = transport_of(packet.protocol);
        if looks_reversed(transport, orig.1, resp.1, tcp) && !is_broadcast(resp.0) {
            std::mem::swap(&mut orig, &mut resp);
            facts.history.flip();
        }
        let uid = Uid::connection(&[
            &at.nanos().to_le_bytes(),
            orig.0.octets(),
            resp.0.octets(),
            &orig.1.to_le_bytes(),
            &resp.1.to_le_bytes(),
            &[packet.protocol],
            &index.to_le_bytes(),
        ]);
        let state = match transport {
            Some(Transport::Tcp) => Carrier::Tcp(Box::default()),
            Some(Transport::Udp) => Carrier::Udp,
            Some(Transport::Icmp) => Carrier::Icmp,
            None => Carrier::Other,
        };
        if !tunnels.0.is_empty() {
            self.open_tunnels.used(self.shared.order.time, tunnels, &mut self.tunnel_rows);
            self.flush_tunnel_rows();
        }
        let midstream = tcp.is_some_and(|tcp| !tcp.flags.syn() || tcp.flags.ack());
        let info =
            FlowInfo { uid, orig, resp, transport: transport.unwrap_or(Transport::Icmp), start: at, midstream, note: Box::default() };
        let last_tunnel = tunnels.0.last().map(|tunnel| Box::new(Tunnels(vec![tunnel.clone()])));
        Flow {
            info,
            protocol: packet.protocol,
            facts,
            state,
            app: App::default(),
            tunnel_now: tunnels.0.last().map(|tunnel| tunnel.uid),
            tunnels: last_tunnel,
            tunnel_changes: 0,
            check_at: None,
            birth: index,
        }
    }

    /// The flow's packets may come through other tunnels than before.
    fn note_tunnels(&mut self, slot: Slot, tunnels: &Tunnels) {
        let Some(flow) = self.table.get_mut(slot) else { return };
        let Some(last) = tunnels.0.last() else { return };
        if flow.tunnel_now == Some(last.uid) || flow.tunnel_changes > TUNNEL_CHANGES_MAX {
            return;
        }
        flow.tunnel_now = Some(last.uid);
        flow.tunnel_changes += 1;
        if flow.tunnel_changes > TUNNEL_CHANGES_MAX {
            let event = weird::of_flow(
                self.shared.at,
                &flow.info,
                "tunnel_max_changes_per_connection_exceeded",
                &TUNNEL_CHANGES_MAX.to_string(),
                "",
            );
            flow.facts.history.once(Side::Orig, b'X');
            self.shared.row(event);
            return;
        }
        let known = flow.tunnels.get_or_insert_with(Box::default);
        if !known.0.iter().any(|tunnel| tunnel.uid == last.uid) {
            known.0.push(last.clone());
        }
        self.open_tunnels.used(self.shared.order.time, tunnels, &mut self.tunnel_rows);
        self.flush_tunnel_rows();
    }

    /// A weird about the flow in a slot.
    fn flow_weird(&mut self, slot: Slot, name: &'static str, addl: &str, source: &'static str) {
        if let Some(flow) = self.table.get_mut(slot) {
            flow.facts.weird = true;
            self.shared.row(weird::of_flow(self.shared.at, &flow.info, name, addl, source));
        }
    }

    /// A packet whose checksum is wrong: it is told, and not analyzed.
    fn refuse(&mut self, slot: Slot, src: (Addr, u16), name: &'static str, source: &'static str) {
        self.bad_checksums += 1;
        self.senders.note(src.0, false);
        self.flow_weird(slot, name, "", source);
        if let Some(flow) = self.table.get_mut(slot) {
            let side = side_of(&flow.info, src);
            flow.facts.history.counted(side, b'C');
        }
    }

    fn tcp(&mut self, at: Timestamp, packet: &IpPacket<'_>, tunnels: &Tunnels, verify: bool) -> Option<Slot> {
        let ports = match flow::ports(packet) {
            Ok(ports) => ports,
            Err(error) => return self.no_flow(error, "TCP", packet, tunnels),
        };
        let ends = Ends::of(packet, ports);
        let parsed = Tcp::parse(packet);
        let slot = self.flow_of(at, packet, ends, tunnels, parsed.as_ref().ok());
        let tcp = match parsed {
            Ok(tcp) => tcp,
            Err(TransportError::Broken(name) | TransportError::NoHeader(name)) => {
                self.flow_weird(slot, name, "", "TCP");
                return None;
            }
        };
        if verify && !flow::checksum_ok(packet) {
            self.refuse(slot, ends.src, "bad_TCP_checksum", "TCP");
            return None;
        }
        if verify {
            self.senders.note(packet.src, true);
        }
        let Self { table, shared, stacks, waiting_bytes, acks, gaps, .. } = self;
        let Flow { info, facts, state, app, .. } = table.get_mut(slot)?;
        let Carrier::Tcp(connection) = state else { return None };
        let held = connection.held_bytes();
        let side = side_of(info, ends.src);
        if tcp.flags.syn()
            && stacks.wanted()
            && shows_stack(tcp.flags, side, facts)
            && let Some(event) = stacks.row(shared.at, side, packet, info)
        {
            shared.row(event);
        }
        let mut wire = Wire { at: shared.at, app, info, shared, established: false };
        let before = (facts.acks, facts.gaps);
        let heard = connection.segment(at, side, &tcp, facts, &mut wire);
        *acks += facts.acks - before.0;
        *gaps += facts.gaps - before.1;
        let is_session = wire.established && SESSION_PORTS.contains(&wire.info.resp.1);
        if tcp.flags.rst() {
            app.reset(shared.at, info, shared);
        }
        facts.weird |= app.take_weird();
        if app.take_flipped() {
            connection.flip();
            facts.flip();
        }
        if app.take_limited() {
            facts.history.once(Side::Orig, b'X');
        }
        facts.count(side_of(info, ends.src), packet.stated_bytes);
        let mut now_held = connection.held_bytes();
        if *waiting_bytes + now_held > WAITING_BYTES_MAX + held {
            shared.losses.waiting_bytes_dropped += connection.give_up() as u64;
            now_held = 0;
        }
        *waiting_bytes = *waiting_bytes + now_held - held;
        if is_session {
            connection.set_idle(model::Interval::from_secs(3600));
        }
        if heard.sooner {
            let deadline = connection.deadline(facts.last);
            table.sooner(slot, deadline);
        }
        Some(slot)
    }

    fn udp(&mut self, at: Timestamp, packet: &IpPacket<'_>, tunnels: &Tunnels, verify: bool) -> Option<Slot> {
        let udp = match Udp::parse(packet) {
            Ok(udp) => udp,
            Err(error) => return self.no_flow(error, "UDP", packet, tunnels),
        };
        let ends = Ends::of(packet, (udp.src_port, udp.dst_port));
        let slot = self.flow_of(at, packet, ends, tunnels, None);
        if verify && !flow::checksum_ok(packet) {
            self.refuse(slot, ends.src, "bad_UDP_checksum", "UDP");
            return None;
        }
        if verify {
            self.senders.note(packet.src, true);
        }
        if u32::from(udp.claimed_bytes) != packet.payload_bytes {
            self.flow_weird(slot, "UDP_datagram_length_mismatch", &format!("{} != {}", udp.claimed_bytes, packet.payload_bytes), "UDP");
        }
        let whole = packet.payload_bytes as usize - 8;
        let flow = self.table.get_mut(slot)?;
        let side = flow.datagram(at, ends.src, u64::from(udp.claimed_bytes).saturating_sub(8), packet.stated_bytes);
        flow.facts.history.once(side, b'D');
        let payload = &udp.payload[..whole.min(udp.payload.len())];
        flow.app.feed(self.shared.at, side, Chunk::Data(payload), &mut flow.info, &mut self.shared);
        flow.facts.weird |= flow.app.take_weird();
        if flow.app.take_flipped() {
            // The packet that showed it has been counted, and stays where it was counted.
            flow.facts.history.flip();
        }
        if flow.app.take_limited() {
            flow.facts.history.once(Side::Orig, b'X');
        }
        if flow.start_check(at) {
            let deadline = flow.deadline();
            self.table.sooner(slot, deadline);
        }
        Some(slot)
    }

    fn icmp(&mut self, at: Timestamp, packet: &IpPacket<'_>, tunnels: &Tunnels, verify: bool) -> Option<Slot> {
        let icmp = match Icmp::parse(packet) {
            Ok(icmp) => icmp,
            Err(error) => return self.no_flow(error, "ICMP", packet, tunnels),
        };
        let kind = u16::from(icmp.kind);
        let answer = icmp_counterpart(packet.protocol, icmp.kind);
        let (src, dst) = ((packet.src, kind), (packet.dst, answer.map_or(u16::from(icmp.code), u16::from)));
        let key = if answer.is_some() { FlowKey::new(src, dst, packet.protocol) } else { FlowKey::one_way(src, dst, packet.protocol) };
        let slot = self.flow_of(at, packet, Ends { src, dst, key }, tunnels, None);
        if verify && !flow::checksum_ok(packet) {
            self.refuse(slot, src, "bad_ICMP_checksum", "ICMP");
            return None;
        }
        if verify {
            self.senders.note(packet.src, true);
        }
        let flow = self.table.get_mut(slot)?;
        let side = flow.datagram(at, src, u64::from(packet.payload_bytes.saturating_sub(8)), packet.stated_bytes);
        flow.app.feed(self.shared.at, side, Chunk::Data(icmp.message), &mut flow.info, &mut self.shared);
        Some(slot)
    }

    fn other(&mut self, at: Timestamp, packet: &IpPacket<'_>, tunnels: &Tunnels) -> Option<Slot> {
        let ends = Ends::of(packet, (0, 0));
        let slot = self.flow_of(at, packet, ends, tunnels, None);
        let flow = self.table.get_mut(slot)?;
        flow.datagram(at, ends.src, 0, packet.stated_bytes);
        Some(slot)
    }

    fn no_flow(&mut self, error: TransportError, source: &'static str, packet: &IpPacket<'_>, tunnels: &Tunnels) -> Option<Slot> {
        let (TransportError::NoHeader(name) | TransportError::Broken(name)) = error;
        Hears::weird(self, name, "", source, Some((packet.src, packet.dst)), tunnels);
        None
    }

    /// Tells the correlators of services that the packet at hand proved.
    fn tell_services(&mut self, slot: Slot) {
        let Some(flow) = self.table.get_mut(slot) else { return };
        if !flow.app.take_news() {
            return;
        }
        if flow.app.services().iter().any(|service| matches!(*service, "ssh" | "ftp")) {
            flow.keep_longer();
        }
        if let Some(event) = flow.services_event(&confirmed::KIND, self.shared.at) {
            self.shared.row(event);
        }
    }

    /// Reads the packets that the flow's packet carried.
    fn read_inner(&mut self, decoder: &mut Decoder, at: Timestamp, slot: Slot, tunnels: &Tunnels) {
        let packets = std::mem::take(&mut self.shared.inner);
        let Some(flow) = self.table.get_mut(slot) else { return };
        let (uid, orig, resp) = (flow.info.uid, flow.info.orig, flow.info.resp);
        for packet in packets {
            let through = tunnels.and(Tunnel { uid, kind: packet.kind, orig, resp, is_flow: true });
            let link = if packet.link == InnerLink::Ethernet { 1 } else { 101 };
            decoder.inner(at, link, &packet.bytes, packet.bytes.len() as u32, &through, self);
        }
    }
}

/// Whether a packet's SYN is the first that its side shows: the SYN that opens the flow, or the first answer to it.
fn shows_stack(flags: TcpFlags, side: Side, facts: &Facts) -> bool {
    if flags.fin() || flags.rst() {
        return false;
    }
    match side {
        Side::Orig => !flags.ack() && facts.counters.iter().all(|counters| counters.packets == 0),
        Side::Resp => flags.ack() && !facts.history.letters().contains(&b'h'),
    }
}

impl Flow {
    /// Counts a datagram and tells whose it was.
    fn datagram(&mut self, at: Timestamp, src: (Addr, u16), payload_bytes: u64, ip_bytes: u32) -> Side {
        let side = side_of(&self.info, src);
        self.facts.last = at;
        self.facts.count(side, ip_bytes);
        let counted = &mut self.facts.counters[side.index()].payload_bytes;
        *counted = Some(counted.unwrap_or(0) + payload_bytes);
        side
    }
}

impl Hears for State {
    fn weird(&mut self, name: &'static str, addl: &str, source: &'static str, ends: Option<(Addr, Addr)>, tunnels: &Tunnels) {
        let name = if tunnels.0.is_empty() || source.is_empty() { Value::Static(name) } else { Value::from(format!("{name}_in_tunnel")) };
        self.shared.row(weird::of_packet(self.shared.at, ends, name, addl, source));
    }

    fn ip_tunnel(&mut self, kind: &'static str, src: Addr, dst: Addr) -> Tunnel {
        let (uid, (orig, resp)) = self.shared.ip_tunnel(self.shared.order.time, kind, src, dst);
        Tunnel { uid, kind, orig: (orig, 0), resp: (resp, 0), is_flow: false }
    }

    fn packet(&mut self, decoder: &mut Decoder, at: Timestamp, packet: &IpPacket<'_>, tunnels: &Tunnels) {
        let verify = decoder.verifies();
        let slot = match packet.protocol {
            Protocol::TCP => self.tcp(at, packet, tunnels, verify),
            Protocol::UDP => self.udp(at, packet, tunnels, verify),
            Protocol::ICMP | Protocol::ICMPV6 => self.icmp(at, packet, tunnels, verify),
            _ => self.other(at, packet, tunnels),
        };
        let Some(slot) = slot else { return };
        self.tell_services(slot);
        if !self.shared.inner.is_empty() {
            self.read_inner(decoder, at, slot, tunnels);
        }
    }
}
