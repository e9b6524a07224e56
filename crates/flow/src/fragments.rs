//! Puts fragmented IP packets together (RFC 791 section 3.2, RFC 8200 section 4.5). The first copy of a byte is kept;
//! differing copies, overlaps and impossible sizes are reported under Zeek's names.

use crate::ip::{Fragment, IpPacket};
use model::{Addr, Timestamp};
use std::collections::{BTreeMap, HashMap, VecDeque};

/// How much may wait for its missing pieces.
#[derive(Clone, Copy, Debug)]
pub struct FragmentLimits {
    /// Packets being put together at once; the oldest is dropped for a new one.
    pub packets_max: usize,
    /// Bytes in pieces of all packets; the oldest packets are dropped beyond it.
    pub bytes_max: usize,
}

impl Default for FragmentLimits {
    /// 1,024 packets and 4 MiB: a fragment flood then costs no more than a few busy connections.
    fn default() -> Self {
        Self { packets_max: 1024, bytes_max: 4 << 20 }
    }
}

/// An IPv4 packet can't be longer than this (its total length has 16 bits).
const PACKET_BYTES_MAX: u32 = 65_535;
/// Pieces smaller than this hide headers from filters; no sender makes them for other reasons.
const PIECE_BYTES_MIN: u32 = 64;
/// Pieces of one packet: more than the largest packet has at the smallest real link MTU.
const PIECES_MAX: usize = 1024;

type Key = (Addr, Addr, u32);

/// Packets waiting for their pieces.
#[derive(Debug, Default)]
pub struct Fragments {
    limits: FragmentLimits,
    waiting: HashMap<Key, Waiting>,
    order: VecDeque<(Key, u64)>,
    bytes: usize,
    next_number: u64,
    /// Packets dropped before they were whole, for want of room.
    pub dropped: u64,
}

#[derive(Debug)]
struct Waiting {
    number: u64,
    header: Vec<u8>,
    protocol: u8,
    pieces: BTreeMap<u32, Vec<u8>>,
    have_first: bool,
    total: Option<u32>,
    bytes: usize,
}

impl Fragments {
    /// With limits.
    pub fn new(limits: FragmentLimits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Bytes held.
    pub const fn held_bytes(&self) -> usize {
        self.bytes
    }

    /// Takes a piece, and gives the whole packet (header and payload as they would have been sent) when nothing is missing.
    pub(crate) fn add(
        &mut self,
        _at: Timestamp,
        packet: &IpPacket<'_>,
        fragment: Fragment,
        odd: &mut dyn FnMut(&'static str),
    ) -> Option<Vec<u8>> {
        let key = (packet.src, packet.dst, fragment.id);
        let size = packet.payload_bytes;
        if fragment.dont {
            odd("fragment_with_DF");
        }
        if fragment.more && size < PIECE_BYTES_MIN {
            odd("excessively_small_fragment");
        }
        let end = fragment.offset.saturating_add(size);
        if end > PACKET_BYTES_MAX {
            odd("excessively_large_fragment");
            return None;
        }
        self.make_room(size as usize);
        let number = self.next_number;
        let waiting = self.waiting.entry(key).or_insert_with(|| {
            self.next_number += 1;
            self.order.push_back((key, number));
            Waiting {
                number,
                header: Vec::new(),
                protocol: packet.protocol,
                pieces: BTreeMap::new(),
                have_first: false,
                total: None,
                bytes: 0,
            }
        });
        let payload = packet.payload.get(..size as usize).unwrap_or(packet.payload);
        let before = waiting.bytes;
        waiting.take(packet, fragment, payload, end, odd);
        self.bytes += waiting.bytes - before;
        if !waiting.complete() {
            return None;
        }
        let whole = self.waiting.remove(&key)?;
        self.bytes -= whole.bytes;
        self.order.retain(|entry| entry.1 != whole.number);
        Some(whole.assemble(packet.src.is_v4()))
    }

    fn make_room(&mut self, bytes: usize) {
        while self.waiting.len() >= self.limits.packets_max || self.bytes + bytes > self.limits.bytes_max {
            let Some((key, number)) = self.order.pop_front() else { return };
            if self.waiting.get(&key).is_some_and(|waiting| waiting.number == number)
                && let Some(old) = self.waiting.remove(&key)
            {
                self.bytes -= old.bytes;
                self.dropped += 1;
            }
        }
    }
}

impl Waiting {
    fn take(&mut self, packet: &IpPacket<'_>, fragment: Fragment, payload: &[u8], end: u32, odd: &mut dyn FnMut(&'static str)) {
        if fragment.offset == 0 && !self.have_first {
            self.have_first = true;
            self.header = packet.bytes.get(..packet.header_bytes).unwrap_or_default().to_vec();
            self.bytes += self.header.len();
            if self.protocol != packet.protocol && !self.pieces.is_empty() {
                odd("fragment_protocol_inconsistency");
            }
            self.protocol = packet.protocol;
        } else if packet.src.is_v4() && packet.protocol != self.protocol {
            odd("fragment_protocol_inconsistency");
        }
        if !fragment.more {
            if self.total.is_some_and(|total| total != end) {
                odd("fragment_inconsistency");
            }
            if self.total.is_none() {
                self.total = Some(end);
            }
        } else if self.total.is_some_and(|total| end > total) {
            odd("fragment_size_inconsistency");
        }
        if self.pieces.len() < PIECES_MAX {
            self.insert(fragment.offset, payload, odd);
        }
    }

    /// Keeps the bytes that are not there yet, in the gaps between older pieces.
    fn insert(&mut self, offset: u32, payload: &[u8], odd: &mut dyn FnMut(&'static str)) {
        let end = offset + payload.len() as u32;
        let mut missing = Vec::new();
        let mut at = offset;
        let mut differs = false;
        let mut overlaps = false;
        let start = self.pieces.range(..=offset).next_back().map_or(offset, |(start, _)| *start);
        for (&start, piece) in self.pieces.range(start..end) {
            let stop = start + piece.len() as u32;
            if stop <= offset {
                continue;
            }
            if start > at {
                missing.push((at, start));
            }
            let (from, to) = (start.max(offset), stop.min(end));
            if from < to {
                overlaps = true;
                let old = &piece[(from - start) as usize..(to - start) as usize];
                differs |= old != &payload[(from - offset) as usize..(to - offset) as usize];
            }
            at = at.max(stop);
        }
        if at < end {
            missing.push((at, end));
        }
        if overlaps {
            odd(if differs { "fragment_inconsistency" } else { "fragment_overlap" });
        }
        for (from, to) in missing {
            let bytes = payload[(from - offset) as usize..(to - offset) as usize].to_vec();
            self.bytes += bytes.len();
            self.pieces.insert(from, bytes);
        }
    }

    fn complete(&self) -> bool {
        let Some(total) = self.total else { return false };
        let mut at = 0;
        for (&start, piece) in &self.pieces {
            if start > at {
                return false;
            }
            at = at.max(start + piece.len() as u32);
        }
        self.have_first && at >= total
    }

    fn assemble(self, v4: bool) -> Vec<u8> {
        let mut packet = self.header;
        let header = packet.len();
        for piece in self.pieces.values() {
            packet.extend_from_slice(piece);
        }
        if v4 && header >= 20 {
            let total = (packet.len().min(PACKET_BYTES_MAX as usize) as u16).to_be_bytes();
            packet[2..4].copy_from_slice(&total);
            packet[6..8].copy_from_slice(&[0, 0]);
        } else if header >= 48 {
            close_v6(&mut packet, header);
        }
        packet
    }
}

/// Takes the fragment header out of an IPv6 packet: it is the last one before the payload in what was kept.
fn close_v6(packet: &mut Vec<u8>, header: usize) {
    let fragment_at = header - 8;
    let next = packet[fragment_at];
    // The header before it names the fragment header in its first byte, or the fixed header does in byte 6.
    let mut at = 40;
    let mut link = 6;
    while at < fragment_at {
        link = at;
        at += match packet.get(at + 1) {
            Some(length) => (usize::from(*length) + 1) * 8,
            None => return,
        };
    }
    packet[link] = next;
    packet.drain(fragment_at..header);
    let payload = (packet.len().saturating_sub(40)).min(PACKET_BYTES_MAX as usize) as u16;
    packet[4..6].copy_from_slice(&payload.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(offset: u32, more: bool, payload: &[u8]) -> (Vec<u8>, Fragment) {
        let mut bytes = vec![0x45, 0, 0, 0, 0, 7, 0x20, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
        bytes.extend_from_slice(payload);
        (bytes, Fragment { id: 7, offset, more, dont: false })
    }

    fn run(pieces: &[(u32, bool, Vec<u8>)], limits: FragmentLimits) -> (Option<Vec<u8>>, Vec<&'static str>, Fragments) {
        let mut fragments = Fragments::new(limits);
        let (mut odd, mut whole) = (Vec::new(), None);
        for (offset, more, payload) in pieces {
            let (bytes, fragment) = piece(*offset, *more, payload);
            let packet = IpPacket {
                src: Addr::v4([10, 0, 0, 1]),
                dst: Addr::v4([10, 0, 0, 2]),
                protocol: 17,
                payload: &bytes[20..],
                payload_bytes: payload.len() as u32,
                total_bytes: bytes.len() as u32,
                stated_bytes: 0,
                ttl: 64,
                fragment: Some(fragment),
                bytes: &bytes,
                header_bytes: 20,
            };
            whole = whole.or(fragments.add(Timestamp::default(), &packet, fragment, &mut |name| odd.push(name)));
        }
        (whole, odd, fragments)
    }

    #[test]
    fn pieces_in_any_order_make_the_packet() {
        let all = [(0, true, vec![1; 64]), (64, true, vec![2; 64]), (128, false, vec![3; 10])];
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            let (whole, odd, left) = run(&order.map(|i| all[i].clone()), FragmentLimits::default());
            let whole = whole.expect("a whole packet");
            assert_eq!((whole.len(), &whole[2..4], whole[20 + 128]), (20 + 138, &[0, 158][..], 3));
            assert!(odd.is_empty() && left.held_bytes() == 0);
        }
    }

    #[test]
    fn differing_copies_are_reported_and_the_first_is_kept() {
        let (whole, odd, _) = run(&[(0, true, vec![1; 64]), (0, true, vec![9; 64]), (64, false, vec![2; 4])], FragmentLimits::default());
        assert_eq!(whole.expect("a whole packet")[20], 1);
        assert_eq!(odd, ["fragment_inconsistency"]);
    }

    #[test]
    fn a_flood_stays_within_its_limits() {
        let limits = FragmentLimits { packets_max: 1, bytes_max: 200 };
        let (whole, _, left) = run(&[(0, true, vec![1; 128]), (128, true, vec![1; 128])], limits);
        assert!(whole.is_none() && left.held_bytes() <= 200 && left.dropped == 1, "{left:?}");
    }
}
