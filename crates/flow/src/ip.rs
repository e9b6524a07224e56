//! IPv4 (RFC 791) and IPv6 with its extension headers (RFC 8200): from bytes to a checked packet.

use crate::checksum;
use model::Addr;

/// An IP packet whose header has been checked, with the bytes of its payload that were captured.
#[derive(Clone, Copy, Debug)]
pub struct IpPacket<'a> {
    /// The sender.
    pub src: Addr,
    /// The receiver.
    pub dst: Addr,
    /// What the payload is: the last header's number.
    pub protocol: u8,
    /// The payload, as far as it was captured.
    pub payload: &'a [u8],
    /// How many bytes the payload has by the header.
    pub payload_bytes: u32,
    /// How many bytes the whole packet has by the header.
    pub total_bytes: u32,
    /// What the header itself says of that: 0 where segmentation is left to the network card.
    pub stated_bytes: u32,
    /// Time to live or hop limit.
    pub ttl: u8,
    /// Where in a larger packet this one lies; `None` for a whole packet.
    pub fragment: Option<Fragment>,
    /// The bytes of the whole packet, header first.
    pub bytes: &'a [u8],
    /// Length of the header in bytes, extension headers included.
    pub header_bytes: usize,
}

/// A fragment's place (RFC 791 section 3.1, RFC 8200 section 4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// The number that all fragments of one packet share.
    pub id: u32,
    /// Offset in bytes.
    pub offset: u32,
    /// Whether more follow.
    pub more: bool,
    /// Whether "don't fragment" was set all the same.
    pub dont: bool,
}

/// IP protocol numbers with a meaning here (IANA).
#[derive(Debug)]
pub struct Protocol;

impl Protocol {
    /// ICMP.
    pub const ICMP: u8 = 1;
    /// IPv4 in IP.
    pub const IPV4: u8 = 4;
    /// TCP.
    pub const TCP: u8 = 6;
    /// UDP.
    pub const UDP: u8 = 17;
    /// IPv6 in IP.
    pub const IPV6: u8 = 41;
    /// GRE.
    pub const GRE: u8 = 47;
    /// Encrypted payload.
    pub const ESP: u8 = 50;
    /// Authentication header.
    pub const AH: u8 = 51;
    /// ICMPv6.
    pub const ICMPV6: u8 = 58;
    /// Nothing follows.
    pub const NONE: u8 = 59;
    /// Mobility header.
    pub const MOBILITY: u8 = 135;
}

/// Who hears of what is odd without being the end: name, more, the hosts where they are known.
pub(crate) type Odd<'o> = &'o mut dyn FnMut(&'static str, &str, Option<(Addr, Addr)>);

/// What is wrong with a header, by Zeek's name; `known` says whether the addresses had been read by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) name: &'static str,
    pub(crate) ends: Option<(Addr, Addr)>,
}

const fn malformed(name: &'static str) -> Malformed {
    Malformed { name, ends: None }
}

/// Extension headers in one packet: more than any real sender uses, so that a chain can't cost unbounded work.
const EXTENSIONS_MAX: usize = 16;

/// Reads an IP packet. `wire_bytes` is how long `data` was before capturing cut it; `trust_zero_length` lets a total length
/// of zero stand for "as long as captured" (segmentation offload).
pub(crate) fn parse<'a>(data: &'a [u8], wire_bytes: u32, verify: bool, odd: Odd<'_>) -> Result<IpPacket<'a>, Malformed> {
    match data.first().map(|byte| byte >> 4) {
        _ if data.len() < 20 => Err(malformed("truncated_IP")),
        Some(4) => parse_v4(data, wire_bytes, verify, odd),
        Some(6) => parse_v6(data, wire_bytes, odd),
        _ => Err(malformed("unknown_ip_version")),
    }
}

/// ```text
/// | version, header length 1 | service 1 | total length 2 | id 2 | flags, offset 2 | ttl 1 | protocol 1 | checksum 2 | source 4 | destination 4 |
/// ```
fn parse_v4<'a>(data: &'a [u8], wire_bytes: u32, verify: bool, odd: Odd<'_>) -> Result<IpPacket<'a>, Malformed> {
    let header_bytes = usize::from(data[0] & 15) * 4;
    let stated_bytes = u32::from(u16::from_be_bytes([data[2], data[3]]));
    let mut total_bytes = stated_bytes;
    if total_bytes == 0 {
        odd("ip_hdr_len_zero", "", None);
        if verify {
            return Err(malformed(""));
        }
        total_bytes = data.len() as u32;
    }
    if wire_bytes < total_bytes {
        return Err(malformed("truncated_IP_len"));
    }
    if header_bytes as u32 > total_bytes {
        return Err(malformed("invalid_IP_header_size"));
    }
    if header_bytes > data.len() {
        return Err(malformed("internally_truncated_header"));
    }
    if header_bytes < 20 {
        return Err(malformed("IPv4_min_header_size"));
    }
    let src = Addr::v4([data[12], data[13], data[14], data[15]]);
    let dst = Addr::v4([data[16], data[17], data[18], data[19]]);
    if verify && !checksum::valid(&data[..header_bytes]) {
        return Err(Malformed { name: "bad_IP_checksum", ends: Some((src, dst)) });
    }
    let place = u16::from_be_bytes([data[6], data[7]]);
    let fragment = (place & 0x3fff != 0).then(|| Fragment {
        id: u32::from(u16::from_be_bytes([data[4], data[5]])),
        offset: u32::from(place & 0x1fff) * 8,
        more: place & 0x2000 != 0,
        dont: place & 0x4000 != 0,
    });
    let captured = data.len().min(total_bytes as usize);
    Ok(IpPacket {
        src,
        dst,
        protocol: data[9],
        payload: &data[header_bytes..captured.max(header_bytes)],
        payload_bytes: total_bytes - header_bytes as u32,
        total_bytes,
        stated_bytes,
        ttl: data[8],
        fragment,
        bytes: &data[..captured],
        header_bytes,
    })
}

/// ```text
/// | version, class, label 4 | payload length 2 | next header 1 | hop limit 1 | source 16 | destination 16 |
/// ```
fn parse_v6<'a>(data: &'a [u8], wire_bytes: u32, odd: Odd<'_>) -> Result<IpPacket<'a>, Malformed> {
    let Some(header) = data.first_chunk::<40>() else { return Err(malformed("truncated_IP")) };
    let mut total_bytes = u32::from(u16::from_be_bytes([header[4], header[5]])) + 40;
    if total_bytes == 40 && header[6] != Protocol::NONE && data.len() > 40 {
        total_bytes = (data.len() as u32).min(wire_bytes);
    }
    if wire_bytes < total_bytes {
        return Err(malformed("truncated_IP_len"));
    }
    let src = Addr::from_slice(&header[8..24]).unwrap_or(Addr::UNSPECIFIED_V6);
    let dst = Addr::from_slice(&header[24..40]).unwrap_or(Addr::UNSPECIFIED_V6);
    let captured = data.len().min(total_bytes as usize);
    let bytes = &data[..captured];
    let chain = extensions(bytes, header[6], dst, (src, dst), odd);
    if chain.header_bytes as u32 > total_bytes {
        return Err(malformed("invalid_IP_header_size"));
    }
    if chain.header_bytes > data.len() {
        return Err(malformed("internally_truncated_header"));
    }
    Ok(IpPacket {
        src: chain.src.unwrap_or(src),
        dst: chain.dst,
        protocol: chain.protocol,
        payload: bytes.get(chain.header_bytes..).unwrap_or_default(),
        payload_bytes: total_bytes - chain.header_bytes as u32,
        total_bytes,
        stated_bytes: total_bytes,
        ttl: header[7],
        fragment: chain.fragment,
        bytes,
        header_bytes: chain.header_bytes,
    })
}

struct Chain {
    protocol: u8,
    header_bytes: usize,
    fragment: Option<Fragment>,
    /// The home address option (RFC 6275 section 6.3) puts the real source here.
    src: Option<Addr>,
    /// A routing header puts the real destination here.
    dst: Addr,
}

fn extensions(bytes: &[u8], first: u8, dst: Addr, ends: (Addr, Addr), odd: Odd<'_>) -> Chain {
    let mut chain = Chain { protocol: first, header_bytes: 40, fragment: None, src: None, dst };
    for _ in 0..EXTENSIONS_MAX {
        let rest = bytes.get(chain.header_bytes..).unwrap_or_default();
        let (Some(&next), Some(&length)) = (rest.first(), rest.get(1)) else { break };
        let size = match chain.protocol {
            0 | 43 | 60 | Protocol::MOBILITY => (usize::from(length) + 1) * 8,
            Protocol::AH => (usize::from(length) + 2) * 4,
            44 => 8,
            _ => break,
        };
        match chain.protocol {
            43 => routing(rest, &mut chain, ends, odd),
            44 if rest.len() >= 8 => {
                let place = u16::from_be_bytes([rest[2], rest[3]]);
                chain.fragment = Some(Fragment {
                    id: u32::from_be_bytes([rest[4], rest[5], rest[6], rest[7]]),
                    offset: u32::from(place & 0xfff8),
                    more: place & 1 != 0,
                    dont: false,
                });
            }
            60 => destination_options(&rest[..size.min(rest.len())], &mut chain, ends, odd),
            _ => {}
        }
        if chain.protocol == Protocol::MOBILITY {
            break;
        }
        chain.header_bytes += size;
        chain.protocol = next;
        if chain.fragment.is_some_and(|fragment| fragment.offset != 0) {
            break;
        }
    }
    // A fragment of the whole packet with offset 0 and none to follow is whole.
    if chain.fragment.is_some_and(|fragment| fragment.offset == 0 && !fragment.more) {
        chain.fragment = None;
    }
    chain
}

fn routing(rest: &[u8], chain: &mut Chain, ends: (Addr, Addr), odd: Odd<'_>) {
    let [_, length, kind, left, ..] = rest else { return };
    let addresses = rest.get(8..8 + usize::from(*length) * 8).unwrap_or_default();
    match kind {
        0 => {
            // Deprecated by RFC 5095; the last address is where the packet ends up.
            if *left > 0
                && addresses.len() >= 16
                && let Some(last) = Addr::from_slice(&addresses[addresses.len() - 16..])
            {
                chain.dst = last;
            }
            odd("routing0_hdr", "", Some((chain.src.unwrap_or(ends.0), chain.dst)));
        }
        2 => {
            if *left == 1 && addresses.len() == 16 {
                chain.dst = Addr::from_slice(addresses).unwrap_or(chain.dst);
            }
        }
        other => odd("unknown_routing_type", &other.to_string(), Some((chain.src.unwrap_or(ends.0), chain.dst))),
    }
}

fn destination_options(header: &[u8], chain: &mut Chain, ends: (Addr, Addr), odd: Odd<'_>) {
    let mut rest = header.get(2..).unwrap_or_default();
    let mut homes = 0;
    while let [kind, after @ ..] = rest {
        if *kind == 0 {
            rest = after;
            continue;
        }
        let Some(&length) = after.first() else { break };
        let length = usize::from(length);
        let Some(value) = after.get(1..1 + length) else {
            odd("bad_ipv6_dest_opt_len", "", Some(ends));
            break;
        };
        if *kind == 201 {
            homes += 1;
            if length != 16 {
                odd("bad_home_addr_len", "", Some(ends));
            } else if homes == 2 {
                odd("multiple_home_addr_opts", "", Some((chain.src.unwrap_or(ends.0), ends.1)));
            } else {
                chain.src = Addr::from_slice(value);
            }
        }
        rest = &after[1 + length..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v4(total: u16, rest: &[u8]) -> Vec<u8> {
        let mut header = vec![0x45, 0, 0, 0, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
        header[2..4].copy_from_slice(&total.to_be_bytes());
        header.extend_from_slice(rest);
        header
    }

    #[test]
    fn padding_behind_the_packet_is_cut() {
        let data = v4(22, &[1, 2, 0, 0, 0, 0]);
        let packet = parse(&data, data.len() as u32, false, &mut |_, _, _| ()).expect("a whole packet");
        assert_eq!(packet.payload, [1, 2]);
        assert_eq!(packet.src.to_string(), "10.0.0.1");
    }

    #[test]
    fn malformed_headers_are_named() {
        let check = |data: &[u8], name| {
            assert_eq!(parse(data, data.len() as u32, false, &mut |_, _, _| ()).map(|_| ()).map_err(|m| m.name), Err(name), "{data:02x?}");
        };
        check(&[0x45], "truncated_IP");
        check(&v4(60, &[]), "truncated_IP_len");
        check(&[0x55; 20], "unknown_ip_version");
        let mut long = v4(20, &[]);
        long[0] = 0x4f;
        check(&long, "invalid_IP_header_size");
    }

    #[test]
    fn extension_headers_are_walked() {
        let mut data = vec![0x60, 0, 0, 0, 0, 20, 0, 64];
        data.extend_from_slice(&[0; 15]);
        data.push(1);
        data.extend_from_slice(&[0; 15]);
        data.push(2);
        data.extend_from_slice(&[44, 0, 1, 4, 0, 0, 0, 0]);
        data.extend_from_slice(&[17, 0, 0, 1, 0, 0, 0, 9]);
        data.extend_from_slice(&[1, 2, 3, 4]);
        let packet = parse(&data, data.len() as u32, false, &mut |_, _, _| ()).expect("a whole packet");
        assert_eq!((packet.protocol, packet.payload, packet.header_bytes), (17, &[1, 2, 3, 4][..], 56));
        assert_eq!(packet.fragment, Some(Fragment { id: 9, offset: 0, more: true, dont: false }));
    }
}
