//! Link layers: from a frame to the first IP header. Sources: IEEE 802.3, 802.1Q/ad, RFC 3032 (MPLS), RFC 2516 (PPPoE),
//! the libpcap link-type registry (cooked captures, BSD loopback, radiotap), IEEE 802.11, RFC 1662 (PPP in HDLC framing).
//! Leaves out: ARP's content (only its length is checked), spanning tree, LLDP and everything else that carries no IP.

/// What lies behind a link layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Under<'a> {
    /// Starts with an IP header (or what claims to be one).
    Ip(&'a [u8]),
    /// An ARP message.
    Arp(&'a [u8]),
    /// Nothing that is analyzed further.
    Other,
    /// Broken: the weird's name and its source.
    Weird(&'static str, &'static str),
}

/// Layers that can follow each other before IP: bounded, since a frame may pile up VLAN tags and labels at will.
const LAYERS_MAX: usize = 16;

/// Takes the layers off a frame of the given link type (libpcap's registry). `odd` hears of things that are wrong
/// without being the end: name, addl, source.
pub(crate) fn strip<'a>(link: u32, data: &'a [u8], odd: &mut dyn FnMut(&'static str, &'static str, &'static str)) -> Under<'a> {
    let mut layer = match link {
        0 | 108 => Layer::Loopback,
        1 => Layer::Ethernet,
        6 => Layer::TokenRing,
        9 => Layer::Ppp,
        10 => Layer::Fddi,
        50 | 104 => Layer::PppSerial,
        105 => Layer::Wifi,
        113 => Layer::Cooked1,
        127 => Layer::Radiotap,
        163 => Layer::Avs,
        239 => Layer::Nflog,
        276 => Layer::Cooked2,
        // Bare IP, and whatever is not known: it may be IP, and if not, that is told.
        _ => Layer::Ip,
    };
    let mut rest = data;
    for _ in 0..LAYERS_MAX {
        match peel(layer, rest, odd) {
            Peeled::Next(next, inner) => (layer, rest) = (next, inner),
            Peeled::Done(under) => return under,
        }
    }
    Under::Other
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layer {
    Ethernet,
    Vlan { tags: u8 },
    Mpls,
    Pppoe,
    Ppp,
    PppSerial,
    Loopback,
    Cooked1,
    Cooked2,
    Wifi,
    Radiotap,
    Avs,
    Llc,
    Snap,
    Nflog,
    Fddi,
    TokenRing,
    Ip,
}

enum Peeled<'a> {
    Next(Layer, &'a [u8]),
    Done(Under<'a>),
}

use Peeled::{Done, Next};

fn peel<'a>(layer: Layer, data: &'a [u8], odd: &mut dyn FnMut(&'static str, &'static str, &'static str)) -> Peeled<'a> {
    match layer {
        Layer::Ip => Done(Under::Ip(data)),
        Layer::Ethernet => ethernet(data),
        Layer::Vlan { tags } => match data {
            [_, _, high, low, inner @ ..] => {
                if tags == 3 {
                    odd("triple_tagged_vlan_unsupported", "inner VLAN tag overwritten", "VLAN");
                }
                let kind = u16::from_be_bytes([*high, *low]);
                if kind < 0x600 { llc_or_raw(kind, inner) } else { ethertype(kind, inner, tags) }
            }
            _ => Done(Under::Weird("truncated_VLAN_frame", "VLAN")),
        },
        Layer::Mpls => mpls(data),
        Layer::Pppoe => pppoe(data, odd),
        Layer::Ppp => match data {
            [0xff, 0x03, high, low, inner @ ..] | [high, low, inner @ ..] => ppp(u16::from_be_bytes([*high, *low]), inner),
            _ => Done(Under::Weird("truncated_ppp_header", "PPP")),
        },
        Layer::PppSerial => match data {
            // Cisco HDLC puts an EtherType where PPP has its protocol number.
            [0x0f | 0x8f, _, high, low, inner @ ..] => ethertype(u16::from_be_bytes([*high, *low]), inner, 0),
            [0xff, 0x03, high, low, inner @ ..] => ppp(u16::from_be_bytes([*high, *low]), inner),
            [_, _, high, low, inner @ ..] => ppp(u16::from_be_bytes([*high, *low]), inner),
            _ => Done(Under::Weird("truncated_ppp_serial_header", "PPPSERIAL")),
        },
        Layer::Loopback => match data {
            // The address family in the byte order of the capturing host: 2 for IPv4, 10, 24, 28 or 30 for IPv6.
            [a, b, c, d, inner @ ..] if matches!(a | d, 2 | 10 | 24 | 28 | 30) && (b | c) == 0 => Next(Layer::Ip, inner),
            [_, _, _, _, ..] => Done(Under::Other),
            _ => Done(Under::Weird("null_analyzer_failed", "NULL")),
        },
        Layer::Cooked1 => match data {
            [_, _, high, low, ..] if data.len() >= 16 => {
                // Netlink and frame-relay ARP hardware types carry no EtherType.
                match u16::from_be_bytes([*high, *low]) {
                    778 | 824 => Done(Under::Other),
                    803 => Next(Layer::Radiotap, &data[16..]),
                    _ => ethertype(u16::from_be_bytes([data[14], data[15]]), &data[16..], 0),
                }
            }
            _ => Done(Under::Weird("truncated_Linux_SLL_header", "LINUXSLL")),
        },
        Layer::Cooked2 => match data {
            [high, low, ..] if data.len() >= 20 => ethertype(u16::from_be_bytes([*high, *low]), &data[20..], 0),
            _ => Done(Under::Weird("truncated_Linux_SLL2_header", "LINUXSLL2")),
        },
        Layer::Radiotap => radiotap(data),
        Layer::Avs => avs(data),
        Layer::Wifi => wifi(data),
        Layer::Llc => match data {
            [0xaa, 0xaa, 0x03, inner @ ..] => Next(Layer::Snap, inner),
            [_, _, _, ..] => Done(Under::Other),
            _ => Done(Under::Weird("truncated_llc_header", "LLC")),
        },
        Layer::Snap => match data {
            [0, 0, 0 | 0xf8, high, low, inner @ ..] => ethertype(u16::from_be_bytes([*high, *low]), inner, 0),
            [_, _, _, _, _, ..] => Done(Under::Other),
            _ => Done(Under::Weird("truncated_snap_header", "SNAP")),
        },
        Layer::Nflog => nflog(data),
        Layer::Fddi => data.get(13..).map_or(Done(Under::Weird("FDDI_analyzer_failed", "FDDI")), |inner| Next(Layer::Llc, inner)),
        Layer::TokenRing => token_ring(data),
    }
}

/// ```text
/// | destination 6 | source 6 | type or length 2 | …          (IEEE 802.3 section 3.1.1)
/// ```
fn ethernet(data: &[u8]) -> Peeled<'_> {
    let Some(header) = data.get(..14) else { return Done(Under::Weird("truncated_ethernet_frame", "ETHERNET")) };
    // Cisco FabricPath puts 16 bytes in front of the real frame.
    if header[12..14] == [0x89, 0x03] {
        return match data.get(16..) {
            Some(inner) if inner.len() >= 14 => Next(Layer::Ethernet, inner),
            _ => Done(Under::Weird("truncated_link_header_cfp", "ETHERNET")),
        };
    }
    let kind = u16::from_be_bytes([header[12], header[13]]);
    if kind < 0x600 { llc_or_raw(kind, &data[14..]) } else { ethertype(kind, &data[14..], 0) }
}

fn llc_or_raw(_length: u16, inner: &[u8]) -> Peeled<'_> {
    match inner {
        [0xaa, 0xaa, ..] => Next(Layer::Llc, inner),
        [_, _, _, ..] => Done(Under::Other),
        _ => Done(Under::Weird("truncated_ethernet_frame", "ETHERNET")),
    }
}

fn ethertype(kind: u16, inner: &[u8], tags: u8) -> Peeled<'_> {
    match kind {
        0x0800 | 0x86dd => Next(Layer::Ip, inner),
        0x0806 | 0x8035 => Done(Under::Arp(inner)),
        0x8100 | 0x88a8 | 0x9100 => Next(Layer::Vlan { tags: tags.saturating_add(1) }, inner),
        0x8847 | 0x8848 => Next(Layer::Mpls, inner),
        0x8864 => Next(Layer::Pppoe, inner),
        // A provider's backbone bridge: a service tag of four bytes, then a whole frame (IEEE 802.1ah).
        0x88e7 => inner.get(4..).map_or(Done(Under::Weird("pbb_truncated_payload", "PBB")), |frame| Next(Layer::Ethernet, frame)),
        0x880b => Next(Layer::Ppp, inner),
        _ => Done(Under::Other),
    }
}

/// Labels of four bytes until the one whose "bottom of stack" bit is set (RFC 3032 section 2.1).
fn mpls(mut data: &[u8]) -> Peeled<'_> {
    loop {
        let [_, _, label, _, inner @ ..] = data else { return Done(Under::Weird("truncated_MPLS_header", "MPLS")) };
        data = inner;
        if label & 1 != 0 {
            break;
        }
    }
    match data.first().map(|byte| byte >> 4) {
        Some(4 | 6) => Next(Layer::Ip, data),
        // A pseudo-wire control word starts with a zero nibble and an Ethernet frame follows (RFC 4385).
        Some(0) if data.len() > 18 => Next(Layer::Ethernet, &data[4..]),
        Some(_) => Next(Layer::Ip, data),
        None => Done(Under::Weird("no_mpls_payload", "MPLS")),
    }
}

/// ```text
/// | version, type 1 | code 1 | session 2 | length 2 | PPP protocol 2 | …      (RFC 2516 section 4)
/// ```
fn pppoe<'a>(data: &'a [u8], odd: &mut dyn FnMut(&'static str, &'static str, &'static str)) -> Peeled<'a> {
    let [_, _, _, _, length_high, length_low, high, low, inner @ ..] = data else {
        return Done(Under::Weird("truncated_pppoe_header", "PPPOE"));
    };
    let announced = usize::from(u16::from_be_bytes([*length_high, *length_low]));
    let inner = match announced.checked_sub(2) {
        Some(length) if length < inner.len() => {
            odd("pppoe_extra_data_after_payload", "", "PPPOE");
            &inner[..length]
        }
        Some(length) if length > inner.len() => return Done(Under::Weird("pppoe_truncated_payload", "PPPOE")),
        _ => inner,
    };
    ppp(u16::from_be_bytes([*high, *low]), inner)
}

fn ppp(protocol: u16, inner: &[u8]) -> Peeled<'_> {
    match protocol {
        0x0021 | 0x0057 => Next(Layer::Ip, inner),
        0x0281 | 0x0283 => Next(Layer::Mpls, inner),
        _ => Done(Under::Other),
    }
}

/// ```text
/// | version 1 | pad 1 | length 2, little-endian | fields | 802.11 frame |      (radiotap.org)
/// ```
fn radiotap(data: &[u8]) -> Peeled<'_> {
    let inner = match data {
        [_, _, low, high, ..] => data.get(usize::from(u16::from_le_bytes([*low, *high]))..),
        _ => None,
    };
    inner.map_or(Done(Under::Weird("truncated_radiotap_header", "IEEE802_11_RADIO")), |inner| Next(Layer::Wifi, inner))
}

/// ```text
/// | magic 4 | length 4 | fields | 802.11 frame |      (AVS capture header)
/// ```
fn avs(data: &[u8]) -> Peeled<'_> {
    let inner = match data {
        [_, _, _, _, a, b, c, d, ..] => data.get(u32::from_be_bytes([*a, *b, *c, *d]) as usize..),
        _ => None,
    };
    inner.map_or(Done(Under::Other), |inner| Next(Layer::Wifi, inner))
}

/// Two control bytes, two addresses, and routing of the length that its first byte says where the source's top bit is set
/// (IEEE 802.5). FDDI has one control byte and no routing.
fn token_ring(data: &[u8]) -> Peeled<'_> {
    match data.get(14..) {
        Some(inner) if data[8] & 0x80 != 0 => {
            let routing = usize::from(inner.first().copied().unwrap_or(0) & 0x1f);
            Next(Layer::Llc, inner.get(routing..).unwrap_or_default())
        }
        Some(inner) => Next(Layer::Llc, inner),
        None => Done(Under::Other),
    }
}

/// An 802.11 data frame: a header of 24 bytes, 6 more with four addresses, 2 more with quality of service
/// (IEEE 802.11 section 9.3.2), then LLC and SNAP. Encrypted frames end here.
fn wifi(data: &[u8]) -> Peeled<'_> {
    const TRUNCATED: Peeled<'static> = Done(Under::Weird("truncated_802_11_header", "IEEE802_11"));
    let (Some(&control), Some(&flags)) = (data.first(), data.get(1)) else { return TRUNCATED };
    let (kind, subtype) = ((control >> 2) & 3, control >> 4);
    if kind != 2 {
        return Done(Under::Other);
    }
    let mut header = 24;
    if flags & 3 == 3 {
        header += 6;
    }
    if subtype & 8 != 0 {
        header += 2;
    }
    let Some(inner) = data.get(header..) else { return TRUNCATED };
    // Null functions carry nothing, protected frames nothing readable, aggregates several frames.
    let aggregate = subtype & 8 != 0 && data[header - 2] & 0x80 != 0;
    if subtype & 4 != 0 || flags & 0x40 != 0 || inner.is_empty() || aggregate {
        return Done(Under::Other);
    }
    Next(Layer::Llc, inner)
}

/// Type-length-value records of the Linux firewall's log; record 9 is the packet.
fn nflog(data: &[u8]) -> Peeled<'_> {
    let Some(mut rest) = data.get(4..) else { return Done(Under::Weird("truncated_nflog_header", "NFLOG")) };
    while let [a, b, c, d, ..] = rest {
        let length = usize::from(u16::from_le_bytes([*a, *b]));
        let kind = u16::from_le_bytes([*c, *d]) & 0x7fff;
        let Some(value) = rest.get(4..length.max(4)) else { return Done(Under::Weird("nflog_bad_tlv_len", "NFLOG")) };
        if kind == 9 {
            return Next(Layer::Ip, value);
        }
        let padded = length.max(4).next_multiple_of(4);
        rest = rest.get(padded..).unwrap_or_default();
    }
    Done(Under::Weird("nflog_no_pcap_payload", "NFLOG"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(link: u32, data: &[u8], expected: Under<'_>) {
        assert_eq!(strip(link, data, &mut |_, _, _| ()), expected, "{data:02x?}");
    }

    fn ethernet_with(kind: [u8; 2], rest: &[u8]) -> Vec<u8> {
        [&[0; 12][..], &kind, rest].concat()
    }

    #[test]
    fn layers_come_off_in_any_order() {
        let ip = [0x45, 1, 2, 3];
        check(1, &ethernet_with([8, 0], &ip), Under::Ip(&ip));
        let tagged = ethernet_with([0x81, 0], &[&[0, 5, 0x88, 0x47, 0, 0, 0x00, 64, 0, 0, 0x01, 64][..], &ip].concat());
        check(1, &tagged, Under::Ip(&ip));
        let pppoe = ethernet_with([0x88, 0x64], &[&[0x11, 0, 0, 1, 0, 6, 0, 0x21][..], &ip].concat());
        check(1, &pppoe, Under::Ip(&ip));
        check(113, &[&[0; 14][..], &[8, 0], &ip].concat(), Under::Ip(&ip));
        check(0, &[&[2, 0, 0, 0][..], &ip].concat(), Under::Ip(&ip));
        check(0, &[&[0, 0, 0, 30][..], &ip].concat(), Under::Ip(&ip));
        check(104, &[&[0x0f, 0, 8, 0][..], &ip].concat(), Under::Ip(&ip));
        let wifi = [&[0x88, 0x01][..], &[0; 24], &[0xaa, 0xaa, 3, 0, 0, 0, 8, 0], &ip].concat();
        check(105, &wifi, Under::Ip(&ip));
        check(127, &[&[0, 0, 8, 0, 0, 0, 0, 0][..], &wifi].concat(), Under::Ip(&ip));
    }

    #[test]
    fn short_frames_are_named() {
        check(1, &[1, 2, 3], Under::Weird("truncated_ethernet_frame", "ETHERNET"));
        check(105, &[0x08, 0], Under::Weird("truncated_802_11_header", "IEEE802_11"));
        check(1, &ethernet_with([0x81, 0], &[0]), Under::Weird("truncated_VLAN_frame", "VLAN"));
    }

    #[test]
    fn endless_tags_end() {
        let tags: Vec<u8> = [0, 1, 0x81, 0].repeat(1000);
        check(1, &ethernet_with([0x81, 0], &tags), Under::Other);
    }
}
