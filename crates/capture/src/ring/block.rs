//! A ring's block, walked: packets as the kernel laid them down (TPACKET_V3). Safe and total: whatever the bytes are, the walk
//! ends, stays inside and gives only packets that lie inside whole.
//!
//! ```text
//! block:  | version 4 | offset to private 4 | status 4 | packets 4 | offset to first 4 | length 4 | sequence 8 | first ts 8 | last ts 8 |
//! packet: | offset to next 4 | sec 4 | nsec 4 | kept 4 | wire 4 | status 4 | mac 2 | net 2 | hash 4 | tci 4 | tpid 2 | 10 unused |
//!         | family 2 | protocol 2 (big-endian) | interface 4 | hardware 2 | direction 1 | address length 1 | address 8 |  … bytes at "mac"
//! ```
//!
//! Numbers are the machine's own. Source: Linux, `include/uapi/linux/if_packet.h`, Documentation/networking/packet_mmap.

use model::Timestamp;

/// Where a block's status stands.
pub(super) const STATUS_AT: usize = 8;
/// The kernel is done with the block.
pub(super) const STATUS_USER: u32 = 1;

const PACKETS_AT: usize = 12;
const FIRST_AT: usize = 16;
/// A packet's header, and the address behind it.
const HEADER_BYTES: usize = 48;
const ADDRESS_BYTES: usize = 20;

const VLAN_VALID: u32 = 1 << 4;
const VLAN_TPID_VALID: u32 = 1 << 6;
/// 802.1Q, where the kernel names no other.
const TPID_DEFAULT: u16 = 0x8100;
/// The packet leaves this host (`PACKET_OUTGOING`).
pub(super) const OUTGOING: u8 = 4;

/// A packet in a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'a> {
    pub(super) at: Timestamp,
    pub(super) wire_bytes: u32,
    pub(super) data: &'a [u8],
    /// The tag that was taken off: its type and the tag.
    pub(super) vlan: Option<(u16, u16)>,
    pub(super) from: Address,
}

/// What the kernel says of a packet's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) protocol: u16,
    pub(super) interface: u32,
    pub(super) hardware: u16,
    pub(super) direction: u8,
    pub(super) length: u8,
    pub(super) bytes: [u8; 8],
}

/// A block's packets, in the order in which they came.
#[derive(Clone, Debug)]
pub(super) struct Packets<'a> {
    block: &'a [u8],
    next: Option<usize>,
    left: u32,
}

impl<'a> Packets<'a> {
    pub(super) fn of(block: &'a [u8]) -> Self {
        let left = word(block, PACKETS_AT).unwrap_or(0);
        Self { block, next: word(block, FIRST_AT).map(|first| first as usize), left }
    }

    /// Packets that the block says it has and that were not given (yet).
    pub(super) const fn left(&self) -> u32 {
        self.left
    }
}

impl<'a> Iterator for Packets<'a> {
    type Item = Packet<'a>;

    fn next(&mut self) -> Option<Packet<'a>> {
        if self.left == 0 {
            return None;
        }
        let header = self.block.get(self.next?..)?;
        let packet = packet(header);
        // An offset of 0 ends the block; each step leads on, so that the walk ends.
        let step = word(header, 0).filter(|step| *step != 0);
        self.next = step.and_then(|step| self.next?.checked_add(step as usize));
        if packet.is_some() {
            self.left -= 1;
        } else {
            self.next = None;
        }
        packet
    }
}

fn packet(header: &[u8]) -> Option<Packet<'_>> {
    let (secs, nanos) = (word(header, 4)?, word(header, 8)?);
    let (kept, wire_bytes, status) = (word(header, 12)?, word(header, 16)?, word(header, 20)?);
    let mac = usize::from(half(header, 24)?);
    let data = header.get(mac..mac.checked_add(kept as usize)?)?;
    let tpid = Some(half(header, 36)?).filter(|tpid| status & VLAN_TPID_VALID != 0 && *tpid != 0).unwrap_or(TPID_DEFAULT);
    let tag = (status & VLAN_VALID != 0).then_some((tpid, word(header, 32)? as u16));
    let address = header.get(HEADER_BYTES..HEADER_BYTES + ADDRESS_BYTES)?;
    Some(Packet {
        // Whole microseconds, as with files: a recording by any tool, read later, gives the same times, and so the same ids.
        at: Timestamp::from_nanos(i64::from(secs).saturating_mul(1_000_000_000).saturating_add(i64::from(nanos / 1000 * 1000))),
        wire_bytes,
        data,
        vlan: tag,
        from: Address {
            protocol: u16::from_be_bytes([address[2], address[3]]),
            interface: word(address, 4)?,
            hardware: half(address, 8)?,
            direction: address[10],
            length: address[11],
            bytes: *address.get(12..)?.first_chunk()?,
        },
    })
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A block as the kernel lays it down, with packets of these bytes.
    pub(crate) fn block(packets: &[&[u8]]) -> Vec<u8> {
        let mut block = vec![0; 48];
        block[STATUS_AT..12].copy_from_slice(&STATUS_USER.to_ne_bytes());
        block[PACKETS_AT..16].copy_from_slice(&(packets.len() as u32).to_ne_bytes());
        block[FIRST_AT..20].copy_from_slice(&48_u32.to_ne_bytes());
        for (place, data) in packets.iter().enumerate() {
            let mut header = vec![0; 82];
            let whole = (82 + data.len()).next_multiple_of(16);
            let next = if place + 1 == packets.len() { 0 } else { whole as u32 };
            for (at, value) in [(0, next), (4, 100 + place as u32), (8, 3_999), (12, data.len() as u32), (16, data.len() as u32 + 7)] {
                header[at..at + 4].copy_from_slice(&value.to_ne_bytes());
            }
            header[24..26].copy_from_slice(&82_u16.to_ne_bytes());
            header[50..52].copy_from_slice(&0x0800_u16.to_be_bytes());
            if place == 1 {
                header[20..24].copy_from_slice(&(VLAN_VALID | VLAN_TPID_VALID).to_ne_bytes());
                header[32..36].copy_from_slice(&77_u32.to_ne_bytes());
                header[36..38].copy_from_slice(&0x88a8_u16.to_ne_bytes());
            }
            header.extend_from_slice(data);
            header.resize(whole, 0);
            block.extend_from_slice(&header);
        }
        block.resize(block.len() + 100, 0);
        block
    }

    #[test]
    fn a_block_gives_its_packets() {
        let block = block(&[b"one", b"two!", b""]);
        let mut walk = Packets::of(&block);
        let seen: Vec<_> = walk.by_ref().map(|it| (it.at.nanos(), it.data, it.wire_bytes, it.vlan, it.from.protocol)).collect();
        assert_eq!(
            seen,
            [
                (100_000_003_000, &b"one"[..], 10, None, 0x0800),
                (101_000_003_000, b"two!", 11, Some((0x88a8, 77)), 0x0800),
                (102_000_003_000, b"", 7, None, 0x0800),
            ]
        );
        assert_eq!(walk.left(), 0);
    }

    #[test]
    fn packets_that_are_missing_are_counted() {
        let mut block = block(&[b"one", b"two"]);
        block[PACKETS_AT..16].copy_from_slice(&5_u32.to_ne_bytes());
        let mut walk = Packets::of(&block);
        assert_eq!((walk.by_ref().count(), walk.left()), (2, 3));
    }

    proptest! {
        #[test]
        fn any_bytes_end_and_stay_inside(bytes in prop::collection::vec(any::<u8>(), 0..600), first in 0_u32..600) {
            let mut bytes = bytes;
            if bytes.len() > 20 {
                bytes[FIRST_AT..20].copy_from_slice(&first.to_ne_bytes());
            }
            let inside = bytes.as_ptr_range();
            for packet in Packets::of(&bytes) {
                let data = packet.data.as_ptr_range();
                prop_assert!(inside.start <= data.start && data.end <= inside.end);
            }
            prop_assert!(Packets::of(&bytes).count() <= bytes.len());
        }

        #[test]
        fn a_damaged_block_gives_no_more_than_it_holds(at in 0_usize..400, value in any::<u32>()) {
            let mut bytes = block(&[b"some packet", b"another one", b"the last"]);
            let at = at.min(bytes.len() - 4);
            bytes[at..at + 4].copy_from_slice(&value.to_ne_bytes());
            prop_assert!(Packets::of(&bytes).count() <= bytes.len() / 16);
        }
    }
}
