//! Programs that share files, by the first bytes that they send: for the detector `p2p`, and for no log, since Zeek has no
//! word for them.
//!
//! Sources: BEP 3, 5, 14 and 15 (BitTorrent), the Gnutella 0.6 handshake, eMule's protocol as its source shows it, NMDC
//! (Direct Connect). Left out: obfuscated ones, which only their shape betrays.

/// What a flow's first bytes on one side show, if they are such a program's.
pub(crate) fn first(window: &[u8], tcp: bool) -> Option<(&'static str, &'static [u8])> {
    if tcp { stream(window) } else { datagram(window) }
}

fn stream(window: &[u8]) -> Option<(&'static str, &'static [u8])> {
    match window.first()? {
        0x13 => window.starts_with(b"\x13BitTorrent protocol").then_some(("bittorrent", b"a handshake")),
        b'G' => (window.starts_with(b"GNUTELLA CONNECT/") || window.starts_with(b"GNUTELLA/0.")).then_some(("gnutella", b"a handshake")),
        0xe3 | 0xc5 => edonkey(window),
        b'$' => (window.starts_with(b"$Lock ") || window.starts_with(b"$MyNick ")).then_some(("direct_connect", b"a handshake")),
        _ => None,
    }
}

/// The length in little-endian order, the kind of message, and in a greeting between clients the length of the hash.
fn edonkey(window: &[u8]) -> Option<(&'static str, &'static [u8])> {
    /// What a greeting needs: a hash, an address, a port and a few tags.
    const HELLO_BYTES: std::ops::RangeInclusive<u32> = 23..=1024;
    let length = u32::from_le_bytes(window.get(1..5)?.try_into().ok()?);
    let (kind, next) = (*window.get(5)?, *window.get(6)?);
    let greeting = (kind == 0x01 && (next == 0x10 || window.len() == length as usize + 5)) || kind == 0x4c;
    (greeting && HELLO_BYTES.contains(&length)).then_some(("edonkey", b"a greeting"))
}

fn datagram(window: &[u8]) -> Option<(&'static str, &'static [u8])> {
    /// What opens a session with a tracker (BEP 15).
    const TRACKER: [u8; 8] = [0, 0, 4, 0x17, 0x27, 0x10, 0x19, 0x80];
    const NODES: [&[u8]; 4] = [b"d1:ad2:id20:", b"d1:rd2:id20:", b"d2:ip6:", b"d1:eli20"];
    if NODES.iter().any(|begin| window.starts_with(begin)) {
        return Some(("bittorrent", b"its table of nodes"));
    }
    if window.len() >= 16 && window.starts_with(&TRACKER) && window.get(8..12) == Some(&[0; 4]) {
        return Some(("bittorrent", b"a tracker"));
    }
    window.starts_with(b"BT-SEARCH * HTTP/1.").then_some(("bittorrent", b"a search in the neighbourhood"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_known_by_its_first_bytes_and_others_are_left_alone() {
        let name = |window: &[u8], tcp| first(window, tcp).map(|(name, _)| name);
        assert_eq!(name(b"\x13BitTorrent protocol\0\0\0\0", true), Some("bittorrent"));
        assert_eq!(name(b"GNUTELLA CONNECT/0.6\r\n", true), Some("gnutella"));
        assert_eq!(name(&[&[0xe3, 0x50, 0, 0, 0, 0x01, 0x10][..], &[7; 80]].concat(), true), Some("edonkey"));
        assert_eq!(name(&[&[0xe3, 0x50, 0, 0, 9, 0x01, 0x10][..], &[7; 80]].concat(), true), None);
        assert_eq!(name(b"d1:ad2:id20:aaaaaaaaaaaaaaaaaaaae1:q4:ping1:t2:aa1:y1:qe", false), Some("bittorrent"));
        assert_eq!(name(b"\x13BitTorrent protocol", false), None);
        assert_eq!(name(b"GET / HTTP/1.1\r\n", true), None);
        assert_eq!(name(b"", true), None);
    }
}
