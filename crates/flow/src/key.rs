//! What makes packets one flow, and how flows are spread.

use crate::ip::Protocol;
use model::Addr;
use std::hash::{Hash, Hasher};

/// The two ends of a flow without direction, and what carries it. Both directions give the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowKey {
    low: (Addr, u16),
    high: (Addr, u16),
    protocol: u8,
}

impl FlowKey {
    /// The key of packets from `src` to `dst`, and back.
    pub fn new(src: (Addr, u16), dst: (Addr, u16), protocol: u8) -> Self {
        let (low, high) = if src <= dst { (src, dst) } else { (dst, src) };
        Self { low, high, protocol }
    }

    /// The key of messages that have no answer: direction counts.
    pub const fn one_way(src: (Addr, u16), dst: (Addr, u16), protocol: u8) -> Self {
        Self { low: src, high: dst, protocol }
    }
}

impl Hash for FlowKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let ports = (u32::from(self.low.1) << 16) | u32::from(self.high.1);
        state.write_u64(pair_hash(self.low.0, self.high.0) ^ (u64::from(ports) << 8) ^ u64::from(self.protocol));
    }
}

/// A number for two hosts, the same in both directions: packets of one pair go to one worker, so that a flow meets the
/// flows that it announces.
pub fn pair_hash(a: Addr, b: Addr) -> u64 {
    host_hash(a).wrapping_add(host_hash(b)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn host_hash(addr: Addr) -> u64 {
    let bits = u128::from_be_bytes(*addr.octets());
    let folded = (bits as u64) ^ ((bits >> 64) as u64).rotate_left(29);
    let wide = u128::from(folded ^ 0x243f_6a88_85a3_08d3) * 0xa076_1d64_78bd_642f;
    (wide as u64) ^ ((wide >> 64) as u64)
}

/// The hosts of an IP packet, without any check: for spreading work only.
pub fn peek_pair(ip: &[u8]) -> Option<(Addr, Addr)> {
    match ip.first()? >> 4 {
        4 => Some((Addr::from_slice(ip.get(12..16)?)?, Addr::from_slice(ip.get(16..20)?)?)),
        6 => Some((Addr::from_slice(ip.get(8..24)?)?, Addr::from_slice(ip.get(24..40)?)?)),
        _ => None,
    }
}

/// For each ICMP type that asks, the type that answers (RFC 792, RFC 4443, RFC 4861); `None` for messages without answer.
pub const fn icmp_counterpart(protocol: u8, kind: u8) -> Option<u8> {
    if protocol == Protocol::ICMP {
        match kind {
            8 => Some(0),
            0 => Some(8),
            13 => Some(14),
            14 => Some(13),
            15 => Some(16),
            16 => Some(15),
            17 => Some(18),
            18 => Some(17),
            10 => Some(9),
            9 => Some(10),
            _ => None,
        }
    } else {
        match kind {
            128 => Some(129),
            129 => Some(128),
            130 => Some(131),
            131 => Some(130),
            133 => Some(134),
            134 => Some(133),
            135 => Some(136),
            136 => Some(135),
            139 => Some(140),
            140 => Some(139),
            144 => Some(145),
            145 => Some(144),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_directions_are_one_flow() {
        let (a, b) = ((Addr::v4([10, 0, 0, 1]), 1000), (Addr::v4([10, 0, 0, 2]), 80));
        assert_eq!(FlowKey::new(a, b, 6), FlowKey::new(b, a, 6));
        assert_ne!(FlowKey::new(a, b, 6), FlowKey::new(a, b, 17));
        assert_ne!(FlowKey::one_way(a, b, 1), FlowKey::one_way(b, a, 1));
        assert_eq!(pair_hash(a.0, b.0), pair_hash(b.0, a.0));
    }
}
