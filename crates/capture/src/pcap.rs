//! The classic pcap format (draft-ietf-opsawg-pcap): a file header of 24 bytes, then records.
//!
//! ```text
//! file:   magic 4 | major 2 | minor 2 | zone 4 | figures 4 | snap length 4 | FCS bits 4, reserved 2, link type 26 bits
//! record: seconds 4 | micro- or nanoseconds 4 | captured length 4 | length on the wire 4 | bytes
//! Kuznetzov's record has behind the lengths: interface 4 | protocol 2 | packet type 1 | padding 1
//! ```
//! Left out: the time zone and figures (never anything but 0), Navtel's and other makers' magics.

use crate::window::Window;
use crate::{Flaw, LARGEST_FRAME_BYTES};
use model::Timestamp;

/// Length of the file header, in bytes.
pub(crate) const FILE_HEADER_BYTES: usize = 24;

/// How the records of one file are to be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    order: Order,
    nanos: bool,
    record_bytes: usize,
    lengths: Lengths,
    snap_bytes: usize,
    link: u32,
    fcs_bytes: u32,
}

/// In what order the bytes of numbers stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Little,
    Big,
}

impl Order {
    /// The 32-bit number at a place; 0 beyond the end, which no caller reaches.
    #[inline]
    pub(crate) fn u32(self, bytes: &[u8], at: usize) -> u32 {
        let word = bytes.get(at..at + 4).and_then(|word| word.try_into().ok()).unwrap_or([0; 4]);
        match self {
            Self::Little => u32::from_le_bytes(word),
            Self::Big => u32::from_be_bytes(word),
        }
    }

    /// A part of a time, as libpcap gives it to everyone (on the usual little-endian machine): signed in files of that order,
    /// where damaged captures show times before 1970 and fractions that count back; unsigned in the others, whose bytes it
    /// swaps as unsigned numbers, so that those reach until 2106.
    #[inline]
    pub(crate) fn time(self, bytes: &[u8], at: usize) -> i64 {
        let word = self.u32(bytes, at);
        match self {
            Self::Little => word.cast_signed().into(),
            Self::Big => word.into(),
        }
    }

    /// The 16-bit number at a place; 0 beyond the end, which no caller reaches.
    #[inline]
    pub(crate) fn u16(self, bytes: &[u8], at: usize) -> u16 {
        let word = bytes.get(at..at + 2).and_then(|word| word.try_into().ok()).unwrap_or([0; 2]);
        match self {
            Self::Little => u16::from_le_bytes(word),
            Self::Big => u16::from_be_bytes(word),
        }
    }
}

/// The two lengths of a record changed places with version 2.3; some writers of that version had not heard of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lengths {
    CapturedFirst,
    WireFirst,
    Guess,
}

/// A frame's description, its bytes being in the window's buffer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record {
    pub(crate) at: Timestamp,
    pub(crate) link: u32,
    pub(crate) wire_bytes: u32,
    /// Place in the buffer.
    pub(crate) from: usize,
    pub(crate) bytes: usize,
}

impl Record {
    /// Takes away the checksum of `fcs` bytes behind the frame, as far as it was captured.
    #[inline]
    pub(crate) fn without_fcs(mut self, fcs: u32) -> Self {
        if fcs > 0 && self.wire_bytes > fcs {
            self.wire_bytes -= fcs;
            self.bytes = self.bytes.min(self.wire_bytes as usize);
        }
        self
    }
}

impl Layout {
    /// Whether a file that begins so is a pcap file.
    pub(crate) fn recognises(head: &[u8]) -> bool {
        head.first_chunk::<4>().is_some_and(|magic| magic_of(*magic).is_some())
    }

    /// From the file header.
    pub(crate) fn parse(header: &[u8; FILE_HEADER_BYTES]) -> Option<Self> {
        let (order, magic) = magic_of([header[0], header[1], header[2], header[3]])?;
        let lengths = match (order.u16(header, 4), order.u16(header, 6)) {
            (2, 0..=2) | (543, _) => Lengths::WireFirst,
            (2, 3) => Lengths::Guess,
            _ => Lengths::CapturedFirst,
        };
        let link_word = order.u32(header, 20);
        let snap = match order.u32(header, 16) as usize {
            // A writer that did not know; and Kuznetzov's cooked frames carry a made-up Ethernet header more.
            0 => LARGEST_FRAME_BYTES,
            snap if magic == Magic::Kuznetzov => snap.saturating_add(14),
            snap => snap,
        };
        let fcs_known = link_word & 0x0400_0000 != 0;
        Some(Self {
            order,
            nanos: magic == Magic::Nanos,
            record_bytes: if magic == Magic::Kuznetzov { 24 } else { 16 },
            lengths,
            snap_bytes: snap.min(LARGEST_FRAME_BYTES),
            link: link_word & 0x03ff_ffff,
            fcs_bytes: if fcs_known { (link_word >> 28) * 2 } else { 0 },
        })
    }

    /// The next record; `None` at the end.
    #[inline]
    pub(crate) fn next(&self, window: &mut Window) -> Result<Option<Record>, Flaw> {
        window.mark();
        let header = match window.peek(self.record_bytes) {
            Ok(header) => header,
            Err(Flaw::Truncated { have: 0, .. }) => return Ok(None),
            Err(flaw) => return Err(flaw),
        };
        let secs = self.order.time(header, 0);
        let fraction = self.order.time(header, 4);
        let (first, second) = (self.order.u32(header, 8), self.order.u32(header, 12));
        let swapped = match self.lengths {
            Lengths::CapturedFirst => false,
            Lengths::WireFirst => true,
            Lengths::Guess => first > second,
        };
        let (captured, wire_bytes) = if swapped { (second, first) } else { (first, second) };
        if captured as usize > LARGEST_FRAME_BYTES {
            return Err(Flaw::FrameTooLarge(captured.into()));
        }
        let whole = self.record_bytes + captured as usize;
        window.peek(whole)?;
        let nanos = if self.nanos { fraction / 1000 * 1000 } else { fraction * 1000 };
        let record = Record {
            at: Timestamp::from_nanos(secs * 1_000_000_000 + nanos),
            link: self.link,
            wire_bytes,
            from: window.start() + self.record_bytes,
            // Solaris wrote whole packets under a smaller snap length; libpcap, and so everyone, cuts them.
            bytes: (captured as usize).min(self.snap_bytes),
        };
        window.consume(whole);
        Ok(Some(record.without_fcs(self.fcs_bytes)))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Magic {
    Micros,
    Nanos,
    Kuznetzov,
}

fn magic_of(bytes: [u8; 4]) -> Option<(Order, Magic)> {
    let of = |number| match number {
        0xa1b2_c3d4_u32 => Some(Magic::Micros),
        0xa1b2_3c4d => Some(Magic::Nanos),
        0xa1b2_cd34 => Some(Magic::Kuznetzov),
        _ => None,
    };
    let little = of(u32::from_le_bytes(bytes)).map(|magic| (Order::Little, magic));
    little.or_else(|| of(u32::from_be_bytes(bytes)).map(|magic| (Order::Big, magic)))
}
