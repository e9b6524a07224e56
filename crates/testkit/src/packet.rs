//! Packets built field by field, with right lengths and checksums: Ethernet (IEEE 802.3), IPv4 (RFC 791), IPv6 (RFC 8200),
//! TCP (RFC 9293), UDP (RFC 768), ICMP (RFC 792, 4443). What tests want wrong they make wrong themselves.

use model::Addr;

/// The address of a network card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// Everybody.
    pub const BROADCAST: Self = Self([0xff; 6]);
}

/// IP's number for ICMP.
pub const ICMP: u8 = 1;
/// IP's number for TCP.
pub const TCP: u8 = 6;
/// IP's number for UDP.
pub const UDP: u8 = 17;
/// IP's number for ICMP of version 6.
pub const ICMPV6: u8 = 58;

/// Bytes that an Ethernet frame has at least, without its checksum.
const SMALLEST_FRAME_BYTES: usize = 60;

/// The flags of a TCP segment.
pub mod flag {
    /// No more data.
    pub const FIN: u8 = 1;
    /// The first segment.
    pub const SYN: u8 = 2;
    /// The connection is broken off.
    pub const RST: u8 = 4;
    /// The data should be handed over now.
    pub const PSH: u8 = 8;
    /// The acknowledgement counts.
    pub const ACK: u8 = 16;
}

/// The parts of an IP header that vary.
#[derive(Clone, Copy, Debug)]
pub struct Ip {
    /// Source.
    pub src: Addr,
    /// Destination, of the same family.
    pub dst: Addr,
    /// How many hops are left.
    pub ttl: u8,
    /// The identification of IPv4.
    pub id: u16,
}

/// The parts of a TCP header that vary, besides the ports.
#[derive(Clone, Copy, Debug, Default)]
pub struct Segment<'a> {
    /// Sequence number.
    pub seq: u32,
    /// Acknowledgement number.
    pub ack: u32,
    /// See [`flag`].
    pub flags: u8,
    /// The window, unscaled.
    pub window: u16,
    /// Options, a multiple of four bytes, at most 40.
    pub options: &'a [u8],
}

/// An Ethernet frame, padded to the smallest length that there is.
pub fn ethernet(src: Mac, dst: Mac, ether_type: u16, payload: &[u8]) -> Vec<u8> {
    let mut frame = [&dst.0[..], &src.0, &ether_type.to_be_bytes(), payload].concat();
    frame.resize(frame.len().max(SMALLEST_FRAME_BYTES), 0);
    frame
}

/// An Ethernet frame with an IP packet in it, of whichever version the packet says.
pub fn ethernet_ip(src: Mac, dst: Mac, packet: &[u8]) -> Vec<u8> {
    let version = packet.first().map_or(4, |byte| byte >> 4);
    ethernet(src, dst, if version == 6 { 0x86dd } else { 0x0800 }, packet)
}

/// An ARP message for IPv4 over Ethernet (RFC 826): 1 asks, 2 answers.
pub fn arp(operation: u16, sender: (Mac, Addr), target: (Mac, Addr)) -> Vec<u8> {
    let fixed = [0, 1, 8, 0, 6, 4];
    [&fixed[..], &operation.to_be_bytes(), &sender.0.0, sender.1.as_slice(), &target.0.0, target.1.as_slice()].concat()
}

/// An IP packet of the addresses' version.
pub fn ip(header: Ip, protocol: u8, payload: &[u8]) -> Vec<u8> {
    if header.src.is_v4() {
        let total = (payload.len() + 20) as u16;
        let mut packet = vec![0x45, 0];
        packet.extend(total.to_be_bytes());
        packet.extend(header.id.to_be_bytes());
        packet.extend([0x40, 0, header.ttl, protocol, 0, 0]);
        packet.extend(header.src.as_slice());
        packet.extend(header.dst.as_slice());
        let sum = checksum(&[&packet]).to_be_bytes();
        packet[10..12].copy_from_slice(&sum);
        packet.extend(payload);
        packet
    } else {
        let mut packet = vec![0x60, 0, 0, 0];
        packet.extend((payload.len() as u16).to_be_bytes());
        packet.extend([protocol, header.ttl]);
        packet.extend(header.src.octets());
        packet.extend(header.dst.octets());
        packet.extend(payload);
        packet
    }
}

/// A TCP segment with its checksum, for the addresses that it will travel between.
pub fn tcp(header: Ip, ports: (u16, u16), segment: Segment<'_>, payload: &[u8]) -> Vec<u8> {
    let offset = ((20 + segment.options.len()) / 4) as u8;
    let mut bytes = Vec::with_capacity(20 + segment.options.len() + payload.len());
    bytes.extend(ports.0.to_be_bytes());
    bytes.extend(ports.1.to_be_bytes());
    bytes.extend(segment.seq.to_be_bytes());
    bytes.extend(segment.ack.to_be_bytes());
    bytes.extend([offset << 4, segment.flags]);
    bytes.extend(segment.window.to_be_bytes());
    bytes.extend([0; 4]);
    bytes.extend(segment.options);
    bytes.extend(payload);
    let sum = transport_checksum(header, TCP, &bytes).to_be_bytes();
    bytes[16..18].copy_from_slice(&sum);
    bytes
}

/// A UDP datagram with its checksum.
pub fn udp(header: Ip, ports: (u16, u16), payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() + 8) as u16;
    let mut bytes = [&ports.0.to_be_bytes()[..], &ports.1.to_be_bytes(), &length.to_be_bytes(), &[0; 2], payload].concat();
    let sum = match transport_checksum(header, UDP, &bytes) {
        0 => 0xffff,
        sum => sum,
    };
    bytes[6..8].copy_from_slice(&sum.to_be_bytes());
    bytes
}

/// An ICMP message of either version with its checksum: type, code, the four bytes behind the checksum, and the rest.
pub fn icmp(header: Ip, kind: u8, code: u8, rest: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let mut bytes = [&[kind, code, 0, 0][..], &rest, payload].concat();
    let sum = if header.src.is_v4() { checksum(&[&bytes]) } else { transport_checksum(header, ICMPV6, &bytes) };
    bytes[2..4].copy_from_slice(&sum.to_be_bytes());
    bytes
}

/// The Internet checksum (RFC 1071) of several pieces; all but the last of even length.
pub fn checksum(pieces: &[&[u8]]) -> u16 {
    let mut sum = 0u64;
    for piece in pieces {
        for word in piece.chunks(2) {
            sum += u64::from(u16::from_be_bytes([word[0], word.get(1).copied().unwrap_or(0)]));
        }
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// The checksum over the pseudo header and the bytes.
fn transport_checksum(header: Ip, protocol: u8, bytes: &[u8]) -> u16 {
    let length = (bytes.len() as u32).to_be_bytes();
    checksum(&[header.src.as_slice(), header.dst.as_slice(), &length, &[0, 0, 0, protocol], bytes])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_of_a_known_header() {
        // The example of RFC 1071, section 3.
        assert_eq!(checksum(&[&[0, 1, 0xf2, 3, 0xf4, 0xf5, 0xf6, 0xf7]]), !0xddf2);
        assert_eq!(checksum(&[&[0, 1], &[0xf2, 3, 0xf4, 0xf5, 0xf6, 0xf7]]), !0xddf2);
    }

    #[test]
    fn a_packet_sums_up_to_nothing() {
        let header = Ip { src: Addr::v4([10, 0, 0, 1]), dst: Addr::v4([10, 0, 0, 2]), ttl: 64, id: 1 };
        let datagram = udp(header, (53, 1024), b"abc");
        assert_eq!(transport_checksum(header, UDP, &datagram), 0);
        let segment = tcp(header, (1, 2), Segment { seq: 1, flags: flag::SYN, ..Segment::default() }, b"");
        assert_eq!(transport_checksum(header, TCP, &segment), 0);
        let packet = ip(header, UDP, &datagram);
        assert_eq!((checksum(&[&packet[..20]]), packet.len()), (0, 31));
        assert_eq!(ethernet_ip(Mac::BROADCAST, Mac::BROADCAST, &packet).len(), 60);
    }
}
