//! From a frame to the IP packets in it: link layers, fragments, and tunnels that are IP protocols of their own (IP in IP, 6in4,
//! GRE with its PPTP, ERSPAN and bridged forms). Tunnels over UDP belong to flows; whoever reads those hands the packets inside
//! back through [`Decoder::inner`].

use crate::fragments::{FragmentLimits, Fragments};
use crate::ip::{self, IpPacket, Protocol};
use crate::link::{self, Under};
use model::{Addr, Timestamp, Uid};

/// Who hears what is in a frame.
pub trait Hears {
    /// Something is wrong: name, more, the part that saw it (empty for none), and the hosts where they are known.
    fn weird(&mut self, name: &'static str, addl: &str, source: &'static str, ends: Option<(Addr, Addr)>, tunnels: &Tunnels);
    /// A tunnel between two hosts; the same two always give the same id.
    fn ip_tunnel(&mut self, kind: &'static str, src: Addr, dst: Addr) -> Tunnel;
    /// A whole packet. `decoder` is there for packets inside it.
    fn packet(&mut self, decoder: &mut Decoder, at: Timestamp, packet: &IpPacket<'_>, tunnels: &Tunnels);
}

/// One tunnel that a packet came through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tunnel {
    /// Its id in the logs.
    pub uid: Uid,
    /// Its type, as `tunnel.log` names it.
    pub kind: &'static str,
    /// One end.
    pub orig: (Addr, u16),
    /// The other.
    pub resp: (Addr, u16),
    /// Whether the tunnel is a flow of its own.
    pub is_flow: bool,
}

/// The tunnels that a packet came through, outermost first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tunnels(pub Vec<Tunnel>);

impl Tunnels {
    /// These tunnels and one more inside.
    #[must_use]
    pub fn and(&self, tunnel: Tunnel) -> Self {
        let mut all = self.0.clone();
        all.push(tunnel);
        Self(all)
    }
}

/// Tunnels inside each other: Zeek's limit, and a bound on the work that one frame can cause.
const TUNNEL_DEPTH_MAX: usize = 4;

/// Reads frames.
#[derive(Debug)]
pub struct Decoder {
    verify: bool,
    fragments: Fragments,
}

impl Decoder {
    /// With checksums verified or not.
    pub fn new(verify_checksums: bool, limits: FragmentLimits) -> Self {
        Self { verify: verify_checksums, fragments: Fragments::new(limits) }
    }

    /// Fragments that wait.
    pub const fn fragments(&self) -> &Fragments {
        &self.fragments
    }

    /// Whether checksums are verified.
    pub const fn verifies(&self) -> bool {
        self.verify
    }

    /// Reads a captured frame of a link type (libpcap's registry) that had `wire_bytes` before capturing cut it.
    pub fn frame(&mut self, at: Timestamp, link: u32, data: &[u8], wire_bytes: u32, hears: &mut dyn Hears) {
        self.link(at, link, data, wire_bytes, &Tunnels::default(), hears);
    }

    /// Reads a packet that travels inside another: `link` 1 for Ethernet, 101 for bare IP.
    pub fn inner(&mut self, at: Timestamp, link: u32, data: &[u8], wire_bytes: u32, tunnels: &Tunnels, hears: &mut dyn Hears) {
        if tunnels.0.len() > TUNNEL_DEPTH_MAX {
            hears.weird("exceeded_tunnel_max_depth", "", "IPTUNNEL", None, tunnels);
            return;
        }
        self.link(at, link, data, wire_bytes, tunnels, hears);
    }

    fn link(&mut self, at: Timestamp, link: u32, data: &[u8], wire_bytes: u32, tunnels: &Tunnels, hears: &mut dyn Hears) {
        match link::strip(link, data, &mut |name, addl, source| hears.weird(name, addl, source, None, tunnels)) {
            Under::Ip(ip) => {
                let taken = data.len().saturating_sub(ip.len()) as u32;
                self.ip(at, ip, wire_bytes.saturating_sub(taken).max(ip.len() as u32), tunnels, hears);
            }
            Under::Arp(arp) => {
                if arp_is_short(arp) {
                    hears.weird("truncated_ARP", "", "ARP", None, tunnels);
                }
            }
            Under::Other => {}
            Under::Weird(name, source) => hears.weird(name, "", source, None, tunnels),
        }
    }

    fn ip(&mut self, at: Timestamp, data: &[u8], wire_bytes: u32, tunnels: &Tunnels, hears: &mut dyn Hears) {
        let parsed = ip::parse(data, wire_bytes, self.verify, &mut |name, addl, ends| {
            let source = if ends.is_some() { "" } else { "IP" };
            hears.weird(name, addl, source, ends, tunnels);
        });
        let packet = match parsed {
            Ok(packet) => packet,
            Err(malformed) if malformed.name.is_empty() => return,
            Err(malformed) => return hears.weird(malformed.name, "", "IP", malformed.ends, tunnels),
        };
        let Some(fragment) = packet.fragment else { return self.whole(at, &packet, tunnels, hears) };
        let ends = Some((packet.src, packet.dst));
        if packet.bytes.len() < packet.total_bytes as usize {
            hears.weird("incompletely_captured_fragment", "", "IP", ends, tunnels);
            // The first one still shows the flow.
            if fragment.offset == 0 {
                self.whole(at, &packet, tunnels, hears);
            }
            return;
        }
        let whole = self.fragments.add(at, &packet, fragment, &mut |name| hears.weird(name, "", "", ends, tunnels));
        if let Some(whole) = whole {
            match ip::parse(&whole, whole.len() as u32, false, &mut |_, _, _| ()) {
                Ok(packet) if packet.fragment.is_none() => self.whole(at, &packet, tunnels, hears),
                Ok(_) => {}
                Err(malformed) => hears.weird(malformed.name, "", "IP", ends, tunnels),
            }
        }
    }

    fn whole(&mut self, at: Timestamp, packet: &IpPacket<'_>, tunnels: &Tunnels, hears: &mut dyn Hears) {
        match packet.protocol {
            Protocol::IPV4 | Protocol::IPV6 => self.ip_in_ip(at, packet, packet.protocol, "Tunnel::IP", packet.payload, tunnels, hears),
            Protocol::GRE => self.gre(at, packet, tunnels, hears),
            Protocol::MOBILITY => {}
            // What is encrypted under IPv6 makes no flow for Zeek either; under IPv4 it does.
            Protocol::ESP if !packet.src.is_v4() => {}
            Protocol::NONE => {
                if tunnels.0.last().is_none_or(|tunnel| tunnel.kind != "Tunnel::TEREDO") {
                    hears.weird("ipv6_no_next", "", "IP", Some((packet.src, packet.dst)), tunnels);
                }
            }
            _ => hears.packet(self, at, packet, tunnels),
        }
    }

    #[allow(clippy::too_many_arguments, reason = "one call site more than the limit's worth of context")]
    fn ip_in_ip(
        &mut self,
        at: Timestamp,
        outer: &IpPacket<'_>,
        protocol: u8,
        kind: &'static str,
        data: &[u8],
        tunnels: &Tunnels,
        hears: &mut dyn Hears,
    ) {
        let ends = Some((outer.src, outer.dst));
        if tunnels.0.len() >= TUNNEL_DEPTH_MAX {
            return hears.weird("exceeded_tunnel_max_depth", "", "IPTUNNEL", ends, tunnels);
        }
        if let Err(name) = inner_ip_fits(protocol, data) {
            return hears.weird(name, "", "IPTUNNEL", ends, tunnels);
        }
        let tunnel = hears.ip_tunnel(kind, outer.src, outer.dst);
        self.ip(at, data, data.len() as u32, &tunnels.and(tunnel), hears);
    }

    /// Generic Routing Encapsulation: version 0 (RFC 2784, RFC 2890) and version 1 (PPTP, RFC 2637).
    fn gre(&mut self, at: Timestamp, outer: &IpPacket<'_>, tunnels: &Tunnels, hears: &mut dyn Hears) {
        let ends = Some((outer.src, outer.dst));
        let payload = match read_gre(outer.payload) {
            Ok(payload) => payload,
            Err((name, addl)) => return hears.weird(name, &addl, "GRE", ends, tunnels),
        };
        match payload {
            Gre::Checked { protocol, data } => self.ip_in_ip(at, outer, protocol, "Tunnel::GRE", data, tunnels, hears),
            Gre::Link { link, data } => {
                if tunnels.0.len() >= TUNNEL_DEPTH_MAX {
                    return hears.weird("exceeded_tunnel_max_depth", "", "IPTUNNEL", ends, tunnels);
                }
                let tunnel = hears.ip_tunnel("Tunnel::GRE", outer.src, outer.dst);
                self.link(at, link, data, data.len() as u32, &tunnels.and(tunnel), hears);
            }
        }
    }
}

/// UDP ports of tunnels: Teredo, VXLAN, AYIYA, Geneve, GTP.
const TUNNEL_PORTS: [u16; 6] = [3544, 4789, 5072, 6081, 2123, 2152];

/// Whether an IP packet is a tunnel's, by its protocol or its port.
fn may_be_tunnel(ip: &[u8]) -> bool {
    let (protocol, header) = match ip.first().map(|byte| byte >> 4) {
        Some(4) if ip.len() >= 20 => (ip[9], usize::from(ip[0] & 15) * 4),
        Some(6) if ip.len() >= 40 => (ip[6], 40),
        _ => return false,
    };
    match protocol {
        Protocol::IPV4 | Protocol::IPV6 | Protocol::GRE => true,
        Protocol::UDP => match ip.get(header..header + 4) {
            Some([a, b, c, d]) => {
                TUNNEL_PORTS.contains(&u16::from_be_bytes([*a, *b])) || TUNNEL_PORTS.contains(&u16::from_be_bytes([*c, *d]))
            }
            _ => false,
        },
        _ => false,
    }
}

/// Tells where frames belong, for spreading work: a number for the two hosts of a frame, the same in both directions. Frames
/// without IP and all tunnels have the number 0: what travels in tunnels may come through several, and must meet in one place.
#[derive(Debug, Default)]
pub struct Spreader {
    /// The latest fragmented packets that are tunnels': only their first piece shows it.
    fragmented: [u64; FRAGMENTED_MAX],
    next: usize,
}

/// Fragmented tunnel packets whose pieces may still come.
const FRAGMENTED_MAX: usize = 32;

impl Spreader {
    /// The number of a frame.
    pub fn number(&mut self, link: u32, data: &[u8]) -> u64 {
        let Under::Ip(ip) = link::strip(link, data, &mut |_, _, _| ()) else { return 0 };
        let Some((a, b)) = crate::key::peek_pair(ip) else { return 0 };
        let hash = crate::key::pair_hash(a, b);
        // An IPv4 fragment: the flag "more" or an offset.
        let fragment = ip[0] >> 4 == 4 && ip.len() >= 20 && (ip[6] & 0x3f, ip[7]) != (0, 0);
        if fragment {
            let packet = (hash ^ (u64::from(u16::from_be_bytes([ip[4], ip[5]])) << 16)) | 1;
            let first = ip[6] & 0x1f == 0 && ip[7] == 0;
            if first && may_be_tunnel(ip) {
                self.fragmented[self.next] = packet;
                self.next = (self.next + 1) % FRAGMENTED_MAX;
                return 0;
            }
            return if !first && self.fragmented.contains(&packet) { 0 } else { hash };
        }
        if may_be_tunnel(ip) { 0 } else { hash }
    }
}

/// ```text
/// | hardware 2 | protocol 2 | hardware length 1 | protocol length 1 | operation 2 | sender, target: both lengths twice |   (RFC 826)
/// ```
fn arp_is_short(arp: &[u8]) -> bool {
    match arp {
        [_, _, _, _, hardware, protocol, _, _, rest @ ..] => rest.len() < 2 * (usize::from(*hardware) + usize::from(*protocol)),
        _ => true,
    }
}

/// Whether what is inside has the version that the outer header names and the length that it has.
fn inner_ip_fits(protocol: u8, data: &[u8]) -> Result<(), &'static str> {
    let (version, header, length_at) = if protocol == Protocol::IPV6 { (6, 40, 4) } else { (4, 20, 2) };
    if data.len() < header {
        return Err(if version == 6 { "truncated_inner_IP" } else { "invalid_inner_IP_version" });
    }
    if data[0] >> 4 != version {
        return Err("invalid_inner_IP_version");
    }
    let announced = usize::from(u16::from_be_bytes([data[length_at], data[length_at + 1]])) + if version == 6 { 40 } else { 0 };
    match data.len().cmp(&announced) {
        std::cmp::Ordering::Less => Err("truncated_inner_IP"),
        std::cmp::Ordering::Greater => Err("inner_IP_payload_length_mismatch"),
        std::cmp::Ordering::Equal => Ok(()),
    }
}

enum Gre<'a> {
    /// An IP packet whose version and length must fit.
    Checked { protocol: u8, data: &'a [u8] },
    /// Something with a link layer of its own, or a bare IP packet.
    Link { link: u32, data: &'a [u8] },
}

/// ```text
/// | C R K S s recursion flags version 2 | protocol 2 | checksum, offset 4 | key 4 | sequence 4 | acknowledgment 4 |
/// ```
fn read_gre(data: &[u8]) -> Result<Gre<'_>, (&'static str, String)> {
    const TRUNCATED: (&str, String) = ("truncated_GRE", String::new());
    let [high, low, kind_high, kind_low, ..] = data else { return Err(TRUNCATED) };
    let flags = u16::from_be_bytes([*high, *low]);
    let kind = u16::from_be_bytes([*kind_high, *kind_low]);
    let version = flags & 7;
    if version > 1 {
        return Err(("unknown_gre_version", version.to_string()));
    }
    if flags & 0x4000 != 0 {
        return Err(("gre_routing", String::new()));
    }
    if flags & 0x0078 != 0 {
        return Err(("unknown_gre_flags", String::new()));
    }
    let mut header = 4;
    for bit in [0x8000, 0x2000, 0x1000, 0x0080] {
        header += if flags & bit != 0 { 4 } else { 0 };
    }
    let inner = data.get(header..).ok_or(TRUNCATED)?;
    if version == 1 {
        let (protocol, rest) = match inner {
            [0xff, 0x03, high, low, rest @ ..] | [high, low, rest @ ..] => (u16::from_be_bytes([*high, *low]), rest),
            _ => return Err(TRUNCATED),
        };
        return match protocol {
            0x0021 => Ok(Gre::Checked { protocol: Protocol::IPV4, data: rest }),
            0x0057 => Ok(Gre::Checked { protocol: Protocol::IPV6, data: rest }),
            _ => Err(("non_ip_packet_in_encap", String::new())),
        };
    }
    // ERSPAN type I has no header of its own and no sequence number; II has 8 bytes, III 12 and maybe 8 more.
    let skip = match kind {
        0x88be if flags & 0x1000 != 0 => 8,
        0x22eb => 12 + if inner.get(11).is_some_and(|flags| flags & 1 != 0) { 8 } else { 0 },
        _ => 0,
    };
    let inner = inner.get(skip..).ok_or(TRUNCATED)?;
    match kind {
        0x6558 | 0x88be | 0x22eb if inner.len() <= 14 => Err(TRUNCATED),
        0x6558 | 0x88be | 0x22eb => Ok(Gre::Link { link: 1, data: inner }),
        0x8200..=0x8210 | 0x9000 => Ok(Gre::Link { link: 105, data: inner }),
        // Whatever else it is, it is read as IP, and what is no IP is told.
        _ => Ok(Gre::Link { link: 101, data: inner }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Heard {
        packets: Vec<(u8, Vec<u8>, usize)>,
        weirds: Vec<&'static str>,
    }

    impl Hears for Heard {
        fn weird(&mut self, name: &'static str, _: &str, _: &'static str, _: Option<(Addr, Addr)>, _: &Tunnels) {
            self.weirds.push(name);
        }
        fn ip_tunnel(&mut self, kind: &'static str, src: Addr, dst: Addr) -> Tunnel {
            Tunnel { uid: Uid::connection(&[]), kind, orig: (src, 0), resp: (dst, 0), is_flow: false }
        }
        fn packet(&mut self, _: &mut Decoder, _: Timestamp, packet: &IpPacket<'_>, tunnels: &Tunnels) {
            self.packets.push((packet.protocol, packet.payload.to_vec(), tunnels.0.len()));
        }
    }

    fn v4(protocol: u8, rest: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x45, 0, 0, 0, 0, 1, 0, 0, 64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
        let total = (20 + rest.len()) as u16;
        packet[2..4].copy_from_slice(&total.to_be_bytes());
        packet.extend_from_slice(rest);
        packet
    }

    fn read(data: &[u8]) -> Heard {
        let mut heard = Heard::default();
        Decoder::new(false, FragmentLimits::default()).frame(Timestamp::default(), 101, data, data.len() as u32, &mut heard);
        heard
    }

    #[test]
    fn tunnels_are_opened() {
        let inside = v4(17, &[1, 2, 3, 4]);
        let check = |outer: Vec<u8>| assert_eq!(read(&outer).packets, [(17, vec![1, 2, 3, 4], 1)], "{outer:02x?}");
        check(v4(4, &inside));
        check(v4(47, &[&[0, 0, 8, 0][..], &inside].concat()));
        check(v4(47, &[&[0x20, 0, 8, 0, 0, 0, 0, 9][..], &inside].concat()));
        check(v4(47, &[&[0x30, 0x01, 0x88, 0x0b, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 3, 0, 0x21][..], &inside].concat()));
        check(v4(47, &[&[0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0][..], &[0; 12], &[8, 0], &inside].concat()));
    }

    #[test]
    fn nesting_ends() {
        let mut packet = v4(17, &[1]);
        for _ in 0..7 {
            packet = v4(4, &packet);
        }
        let heard = read(&packet);
        assert!(heard.packets.is_empty());
        assert_eq!(heard.weirds, ["exceeded_tunnel_max_depth"]);
    }

    #[test]
    fn what_is_wrong_inside_is_named() {
        assert_eq!(read(&v4(4, &[0x65; 30])).weirds, ["invalid_inner_IP_version"]);
        assert_eq!(read(&v4(47, &[0x40, 0, 8, 0, 0])).weirds, ["gre_routing"]);
    }
}
