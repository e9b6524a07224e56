//! What a flow adds to a flood, and to whose.

use contract::seen::{Conn, Proto};
use model::Addr;

/// The kinds of floods that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A connection that stays half open.
    HalfOpen,
    /// An answer to nothing.
    Unasked,
    /// Datagrams without an answer.
    Datagrams,
    /// Pings.
    Pings,
}

/// How many kinds there are.
pub(super) const SHAPES: usize = 4;

/// What a flow adds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drop {
    pub(super) shape: Shape,
    pub(super) target: Addr,
    pub(super) sender: Addr,
    /// The target's port for half-open connections, else the sender's.
    pub(super) port: u16,
    pub(super) packets: u64,
}

/// UDP services that answer much for little: echo, chargen, qotd, TFTP, portmap, NetBIOS, SNMP, LDAP, RIP, IPMI, MS SQL, SSDP,
/// WS-Discovery, mDNS, CoAP, memcached, NTP, DNS (US-CERT TA14-017A).
pub(super) const AMPLIFIERS: &[u16] =
    &[7, 17, 19, 53, 69, 111, 123, 137, 161, 389, 520, 623, 1434, 1900, 3478, 3702, 5353, 5683, 10_001, 11_211, 27_015, 37_810];

/// What the flow adds to a flood; `None` for a conversation.
pub(super) fn of(conn: &Conn<'_>) -> Option<Drop> {
    let ((orig, orig_port), (resp, resp_port)) = (conn.orig()?, conn.resp()?);
    match conn.proto() {
        Proto::Tcp => match (conn.history(), conn.state()) {
            // Roles were swapped: the answerer's packet came first, and nothing but answers came.
            (b"^h" | b"^hR" | b"^r" | b"^hr", _) => {
                Some(Drop { shape: Shape::Unasked, target: orig, sender: resp, port: resp_port, packets: conn.resp_pkts().unwrap_or(1) })
            }
            (b"H" | b"Hr" | b"R", _) => {
                Some(Drop { shape: Shape::Unasked, target: resp, sender: orig, port: orig_port, packets: conn.orig_pkts().unwrap_or(1) })
            }
            (history, b"S0" | b"RSTOS0" | b"S1" | b"RSTO") if is_half_open(history) => {
                Some(Drop { shape: Shape::HalfOpen, target: resp, sender: orig, port: resp_port, packets: conn.orig_pkts().unwrap_or(1) })
            }
            _ => None,
        },
        Proto::Udp if conn.state() == b"SHR" && AMPLIFIERS.contains(&resp_port) => {
            let packets = conn.resp_pkts().unwrap_or(1);
            // Answers of name servers and clocks to somebody whose questions went another way are small.
            let least = if matches!(resp_port, 53 | 123) { 300 } else { 0 };
            (conn.resp_bytes().unwrap_or(0) >= least * packets || conn.resp_ip_bytes().unwrap_or(0) >= (least + 28) * packets)
                .then_some(Drop { shape: Shape::Unasked, target: orig, sender: resp, port: resp_port, packets })
        }
        Proto::Udp if conn.state() == b"S0" => {
            let packets = conn.orig_pkts().unwrap_or(1);
            /// A flood fills its packets; a probe or a beacon hardly does.
            const PAYLOAD_MEAN_MIN: u64 = 100;
            let is_full = conn.orig_ip_bytes().unwrap_or(0) >= (PAYLOAD_MEAN_MIN + 28) * packets;
            is_full.then_some(Drop { shape: Shape::Datagrams, target: resp, sender: orig, port: orig_port, packets })
        }
        Proto::Icmp if matches!(orig_port, 0 | 8 | 128 | 129) => {
            Some(Drop { shape: Shape::Pings, target: resp, sender: orig, port: 0, packets: conn.orig_pkts().unwrap_or(1) })
        }
        _ => None,
    }
}

/// A SYN, perhaps its answer, and nothing of what a client says next but an end.
fn is_half_open(history: &[u8]) -> bool {
    history.first() == Some(&b'S') && history.iter().all(|letter| matches!(letter, b'S' | b'h' | b'R' | b'T' | b't' | b'W' | b'C'))
}
