//! The pcapng format (draft-ietf-opsawg-pcapng): blocks, each with its length before and behind.
//!
//! ```text
//! any:     type 4 | length 4 | body … | length 4              (lengths count everything, multiples of 4)
//! section  0x0a0d0d0a: byte order mark 4 | major 2 | minor 2 | section length 8 | options
//! interface         1: link type 2 | reserved 2 | snap length 4 | options
//! packet (old)      2: interface 2 | drops 2 | time high 4 | time low 4 | captured 4 | on the wire 4 | bytes | options
//! simple packet     3: on the wire 4 | bytes
//! enhanced packet   6: interface 4 | time high 4 | time low 4 | captured 4 | on the wire 4 | bytes | options
//! option             : code 2 | length 2 | value, padded to 4
//! ```
//! Left out: names, statistics, secrets and all other blocks, which are passed over; comments; section lengths (blocks
//! are walked one by one anyway).

use crate::pcap::{Order, Record};
use crate::window::{LARGEST_PIECE_BYTES, Window};
use crate::{Flaw, LARGEST_FRAME_BYTES};
use model::Timestamp;

/// The most interfaces that one section may describe: far more than any machine has, few enough to be remembered.
pub(crate) const INTERFACES_MAX: usize = 65_536;

const SECTION: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const OLD_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;

/// Type and length.
const BLOCK_HEAD_BYTES: usize = 8;
/// Type, and the length twice.
const BLOCK_FRAME_BYTES: usize = 12;
const OPTION_END: u16 = 0;
const OPTION_RESOLUTION: u16 = 9;
const OPTION_FCS: u16 = 13;
const OPTION_OFFSET: u16 = 14;

/// The state of a file between two blocks.
#[derive(Debug)]
pub(crate) struct Sections {
    order: Order,
    interfaces: Vec<Interface>,
    /// The time of the last packet that had one, for those that have none.
    last: Timestamp,
}

#[derive(Clone, Copy, Debug)]
struct Interface {
    link: u32,
    snap_bytes: usize,
    fcs_bytes: u32,
    tick: Tick,
    offset_secs: i64,
}

/// The unit of an interface's times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tick {
    /// 10^-6 s, the default, worth its own arm for speed.
    Micros,
    /// 10^-n s.
    Decimal(u8),
    /// 2^-n s.
    Binary(u8),
}

impl Tick {
    fn from_option(value: u8) -> Self {
        match value {
            6 => Self::Micros,
            0..=0x7f => Self::Decimal(value),
            _ => Self::Binary(value & 0x7f),
        }
    }

    /// A number of ticks in nanoseconds, cut to whole microseconds.
    #[inline]
    fn nanos(self, ticks: u64) -> i64 {
        let micros = match self {
            Self::Micros => u128::from(ticks),
            Self::Decimal(digits @ 0..=6) => u128::from(ticks) * 10u128.pow(u32::from(6 - digits)),
            Self::Decimal(digits) => 10u128.checked_pow(u32::from(digits - 6)).map_or(0, |by| u128::from(ticks) / by),
            Self::Binary(bits) => (u128::from(ticks) * 1_000_000).checked_shr(bits.into()).unwrap_or(0),
        };
        i64::try_from(micros).unwrap_or(i64::MAX).saturating_mul(1000)
    }
}

impl Sections {
    /// Whether a file that begins so is a pcapng file.
    pub(crate) fn recognises(head: &[u8]) -> bool {
        head.starts_with(&SECTION.to_be_bytes()) && head.get(8..12).is_none_or(|mark| order_of(mark).is_some())
    }

    pub(crate) const fn new() -> Self {
        Self { order: Order::Little, interfaces: Vec::new(), last: Timestamp::from_nanos(0) }
    }

    /// The next frame; `None` at the end.
    pub(crate) fn next(&mut self, window: &mut Window) -> Result<Option<Record>, Flaw> {
        loop {
            window.mark();
            let head = match window.peek(BLOCK_HEAD_BYTES) {
                Ok(head) => head,
                Err(Flaw::Truncated { have: 0, .. }) => return Ok(None),
                Err(flaw) => return Err(flaw),
            };
            let kind = self.order.u32(head, 0);
            if kind == SECTION {
                self.begin_section(window)?;
                continue;
            }
            let length = self.order.u32(head, 4);
            if (length as usize) < BLOCK_FRAME_BYTES || !length.is_multiple_of(4) {
                return Err(Flaw::BlockLength(length));
            }
            match kind {
                INTERFACE => {
                    let body = whole_block(self.order, window, length)?;
                    let interface = Interface::parse(self.order, body).ok_or(Flaw::BlockLength(length))?;
                    if self.interfaces.len() >= INTERFACES_MAX {
                        return Err(Flaw::TooManyInterfaces);
                    }
                    self.interfaces.push(interface);
                    window.consume(length as usize);
                }
                ENHANCED_PACKET | OLD_PACKET | SIMPLE_PACKET => {
                    let record = self.packet(kind, length, window)?;
                    window.consume(length as usize);
                    return Ok(Some(record));
                }
                _ => {
                    window.skip(u64::from(length) - 4)?;
                    let last = self.order.u32(window.peek(4)?, 0);
                    if last != length {
                        return Err(Flaw::BlockEnds { first: length, last });
                    }
                    window.consume(4);
                }
            }
        }
    }

    /// A section's head decides the byte order, and the interfaces of the section before are forgotten.
    fn begin_section(&mut self, window: &mut Window) -> Result<(), Flaw> {
        self.order = order_of(window.peek(BLOCK_FRAME_BYTES)?.get(8..12).unwrap_or(&[])).ok_or(Flaw::ByteOrder)?;
        let length = self.order.u32(window.peek(BLOCK_HEAD_BYTES)?, 4);
        if length < 28 || !length.is_multiple_of(4) {
            return Err(Flaw::BlockLength(length));
        }
        whole_block(self.order, window, length)?;
        window.consume(length as usize);
        self.interfaces.clear();
        Ok(())
    }

    #[inline]
    fn packet(&mut self, kind: u32, length: u32, window: &mut Window) -> Result<Record, Flaw> {
        let body = whole_block(self.order, window, length)?;
        let order = self.order;
        let fixed_bytes = if kind == SIMPLE_PACKET { 4 } else { 20 };
        let room = body.len().checked_sub(fixed_bytes).ok_or(Flaw::BlockLength(length))?;
        let number = match kind {
            SIMPLE_PACKET => 0,
            OLD_PACKET => u32::from(order.u16(body, 0)),
            _ => order.u32(body, 0),
        };
        let interface = *self.interfaces.get(number as usize).ok_or(Flaw::NoSuchInterface(number))?;
        let (captured, wire_bytes) = if kind == SIMPLE_PACKET {
            let wire = order.u32(body, 0);
            // Its captured length is not written: the whole packet, or the snap length, or what the block has room for.
            ((wire as usize).min(interface.snap_bytes).min(room), wire)
        } else {
            let ticks = u64::from(order.u32(body, 4)) << 32 | u64::from(order.u32(body, 8));
            self.last =
                Timestamp::from_nanos(interface.tick.nanos(ticks).saturating_add(interface.offset_secs.saturating_mul(1_000_000_000)));
            (order.u32(body, 12) as usize, order.u32(body, 16))
        };
        if captured > LARGEST_FRAME_BYTES {
            return Err(Flaw::FrameTooLarge(captured as u64));
        }
        if captured > room {
            return Err(Flaw::FrameOutsideBlock);
        }
        let from = window.start() + BLOCK_HEAD_BYTES + fixed_bytes;
        Ok(Record { at: self.last, link: interface.link, wire_bytes, from, bytes: captured }.without_fcs(interface.fcs_bytes))
    }
}

impl Interface {
    fn parse(order: Order, body: &[u8]) -> Option<Self> {
        let mut options = body.get(8..)?;
        let snap_bytes = match order.u32(body, 4) as usize {
            0 => LARGEST_FRAME_BYTES,
            snap => snap.min(LARGEST_FRAME_BYTES),
        };
        let mut interface = Self { link: order.u16(body, 0).into(), snap_bytes, fcs_bytes: 0, tick: Tick::Micros, offset_secs: 0 };
        while options.len() >= 4 {
            let (code, bytes) = (order.u16(options, 0), usize::from(order.u16(options, 2)));
            let Some(value) = options.get(4..4 + bytes) else { break };
            match (code, value) {
                (OPTION_END, _) => break,
                (OPTION_RESOLUTION, &[resolution]) => interface.tick = Tick::from_option(resolution),
                (OPTION_FCS, &[fcs]) => interface.fcs_bytes = fcs.into(),
                (OPTION_OFFSET, value) if bytes == 8 => {
                    let (first, second) = (u64::from(order.u32(value, 0)), u64::from(order.u32(value, 4)));
                    let offset = if order == Order::Big { first << 32 | second } else { second << 32 | first };
                    interface.offset_secs = offset as i64;
                }
                _ => {}
            }
            options = options.get(4 + bytes.next_multiple_of(4)..).unwrap_or(&[]);
        }
        Some(interface)
    }
}

/// The body of the block that the window begins with, its length checked at both ends.
#[inline]
fn whole_block(order: Order, window: &mut Window, length: u32) -> Result<&[u8], Flaw> {
    let bytes = length as usize;
    if bytes > LARGEST_PIECE_BYTES {
        return Err(Flaw::BlockLength(length));
    }
    let block = window.peek(bytes)?;
    let last = order.u32(block, bytes - 4);
    if last != length {
        return Err(Flaw::BlockEnds { first: length, last });
    }
    Ok(&block[BLOCK_HEAD_BYTES..bytes - 4])
}

fn order_of(mark: &[u8]) -> Option<Order> {
    match mark {
        [0x4d, 0x3c, 0x2b, 0x1a] => Some(Order::Little),
        [0x1a, 0x2b, 0x3c, 0x4d] => Some(Order::Big),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_of_every_resolution() {
        assert_eq!(Tick::from_option(6).nanos(1_500_000), 1_500_000_000);
        assert_eq!(Tick::from_option(9).nanos(1_500_000_999), 1_500_000_000);
        assert_eq!(Tick::from_option(0).nanos(3), 3_000_000_000);
        assert_eq!(Tick::from_option(3).nanos(1_500), 1_500_000_000);
        assert_eq!(Tick::from_option(0x80 | 10).nanos(1536), 1_500_000_000);
        assert_eq!(Tick::from_option(12).nanos(1_500_000_000_000), 1_500_000_000);
        assert_eq!(Tick::from_option(0x7f).nanos(u64::MAX), 0);
        assert_eq!(Tick::from_option(0xff).nanos(u64::MAX), 0);
        assert_eq!(Tick::from_option(0).nanos(u64::MAX), i64::MAX);
    }
}
