//! Packets and frames of QUIC, as far as they are not encrypted with secrets (codec).
//!
//! ```text
//! Long header: 1 | 1 | type (2) | specific (4), version (32), destination id <0..255>, source id <0..255>, ...
//! Initial:  token length (i), token, length (i), packet number and payload       RFC 9000 section 17.2.2
//! 0-RTT and Handshake: length (i), ...                                            sections 17.2.3, 17.2.4
//! Retry: the rest of the datagram                                                 section 17.2.5
//! CRYPTO frame: 0x06, offset (i), length (i), data                                section 19.6
//! ```

use crate::ssl::Cursor;
use model::Value;

/// A version of QUIC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Version(pub(super) u32);

const V2: u32 = 0x6b33_43cf;

impl Version {
    /// Whether packets of this version can be read.
    pub(super) const fn is_known(self) -> bool {
        matches!(self.0, 1 | V2 | 0xff00_0016..=0xff00_0022 | 0xface_b001 | 0xface_b002 | 0xface_b00e | 0xface_b011..=0xface_b013)
    }

    /// Whether this is version 2, which has other numbers for everything.
    pub(super) const fn is_two(self) -> bool {
        self.0 == V2
    }

    /// As Zeek writes it.
    pub(super) fn name(self) -> Value {
        match self.0 {
            1 => Value::Static("1"),
            V2 => Value::Static("quicv2"),
            draft @ 0xff00_0016..=0xff00_0022 => Value::from(format!("draft-{}", draft & 0xff)),
            face if self.is_known() => Value::from(format!("mvfst (faceb{:03x})", face & 0xfff)),
            other => Value::from(format!("unknown-{other:x}")),
        }
    }

    /// What the keys of Initial packets are salted with.
    pub(super) const fn salt(self) -> Option<&'static [u8; 20]> {
        match self.0 {
            1 | 0xff00_0021 | 0xff00_0022 => Some(b"\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a"),
            V2 => Some(b"\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9"),
            0xff00_001d..=0xff00_0020 | 0xface_b00e | 0xface_b011..=0xface_b013 => {
                Some(b"\xaf\xbf\xec\x28\x99\x93\xd2\x4c\x9e\x97\x86\xf1\x9c\x61\x11\xe0\x43\x90\xa8\x99")
            }
            0xff00_0017..=0xff00_001c | 0xface_b002 => {
                Some(b"\xc3\xee\xf7\x12\xc7\x2e\xbb\x5a\x11\xa7\xd2\x43\x2b\xb4\x63\x65\xbe\xf9\xf5\x02")
            }
            _ => None,
        }
    }
}

/// What a packet with a long header is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Long {
    /// Readable: the first ones. The packet number begins so many bytes into the packet.
    Initial { number_at: usize },
    /// Data before the handshake is done.
    ZeroRtt,
    /// The rest of the handshake.
    Handshake,
    /// The server wants the client to begin anew.
    Retry,
    /// Of a version that can't be read.
    Unknown,
}

/// A packet with a long header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packet<'a> {
    pub(super) version: Version,
    pub(super) to: &'a [u8],
    pub(super) from: &'a [u8],
    pub(super) kind: Long,
    /// All of it.
    pub(super) bytes: &'a [u8],
}

fn varint(cursor: &mut Cursor<'_>) -> Option<usize> {
    let first = cursor.u8()?;
    let more = (1usize << (first >> 6)) - 1;
    let rest = cursor.take(more)?;
    let value = rest.iter().fold(u64::from(first & 0x3f), |sum, &byte| sum << 8 | u64::from(byte));
    usize::try_from(value).ok()
}

/// Reads a packet with a long header from the front of a datagram.
pub(super) fn long_packet(datagram: &[u8]) -> Option<Packet<'_>> {
    let mut cursor = Cursor(datagram);
    let first = cursor.u8()?;
    let version = Version(cursor.number(4)?);
    let (to, from) = (cursor.string(1)?, cursor.string(1)?);
    let whole = Packet { version, to, from, kind: Long::Unknown, bytes: datagram };
    if !version.is_known() {
        return Some(whole);
    }
    // Version 2 counts the types from Retry on.
    let kind = if version.is_two() { (first >> 4).wrapping_sub(1) & 3 } else { first >> 4 & 3 };
    let kind = match kind {
        0 => {
            let token = varint(&mut cursor)?;
            cursor.take(token)?;
            let length = varint(&mut cursor)?;
            if length < 20 {
                return None;
            }
            let number_at = datagram.len() - cursor.0.len();
            cursor.take(length)?;
            Long::Initial { number_at }
        }
        kind @ (1 | 2) => {
            let length = varint(&mut cursor)?;
            cursor.take(length)?;
            if kind == 1 { Long::ZeroRtt } else { Long::Handshake }
        }
        _ => {
            cursor.take(cursor.0.len()).filter(|rest| rest.len() >= 16)?;
            Long::Retry
        }
    };
    Some(Packet { kind, bytes: &datagram[..datagram.len() - cursor.0.len()], ..whole })
}

/// A frame that matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame<'a> {
    /// A piece of the TLS handshake.
    Crypto { offset: usize, data: &'a [u8] },
    /// The end.
    Close,
    /// Nothing of interest.
    Other,
}

/// Reads the next frame; `None` where there can't be such a one in an Initial packet.
pub(super) fn frame<'a>(cursor: &mut Cursor<'a>) -> Option<Frame<'a>> {
    match cursor.u8()? {
        0 | 1 => Some(Frame::Other),
        kind @ (2 | 3) => {
            let (_, _, ranges) = (varint(cursor)?, varint(cursor)?, varint(cursor)?);
            varint(cursor)?;
            for _ in 0..ranges.min(cursor.0.len()) {
                varint(cursor)?;
                varint(cursor)?;
            }
            if kind == 3 {
                let _counts = (varint(cursor)?, varint(cursor)?, varint(cursor)?);
            }
            Some(Frame::Other)
        }
        6 => {
            let (offset, length) = (varint(cursor)?, varint(cursor)?);
            Some(Frame::Crypto { offset, data: cursor.take(length)? })
        }
        0x1c => {
            let _error = (varint(cursor)?, varint(cursor)?);
            let reason = varint(cursor)?;
            cursor.take(reason)?;
            Some(Frame::Close)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_length() {
        assert_eq!(varint(&mut Cursor(&[0x25])), Some(37));
        assert_eq!(varint(&mut Cursor(&[0x7b, 0xbd])), Some(15_293));
        assert_eq!(varint(&mut Cursor(&[0x9d, 0x7f, 0x3e, 0x7d])), Some(494_878_333));
        assert_eq!(varint(&mut Cursor(&[0x7b])), None);
    }

    #[test]
    fn packets_that_break_off_are_none() {
        let mut packet = vec![0xc0, 0, 0, 0, 1, 2, 7, 8, 0, 0, 20];
        packet.extend([0; 20]);
        let read = long_packet(&packet).unwrap();
        assert_eq!((read.kind, read.to, read.bytes.len()), (Long::Initial { number_at: 11 }, &[7u8, 8][..], 31));
        for length in 0..packet.len() {
            assert!(long_packet(&packet[..length]).is_none());
        }
        assert_eq!(long_packet(&[0xc0, b'Q', b'0', b'4', b'6', 0, 0]).unwrap().version.name(), Value::from("unknown-51303436".to_owned()));
    }

    #[test]
    fn frames() {
        let mut cursor = Cursor(&[0, 1, 2, 0, 0, 1, 0, 0, 0, 6, 0, 2, 8, 9, 0x1c, 1, 6, 1, b'x', 8]);
        let mut found = Vec::new();
        while let Some(frame) = frame(&mut cursor) {
            found.push(frame);
        }
        assert_eq!(found, [Frame::Other, Frame::Other, Frame::Other, Frame::Crypto { offset: 0, data: &[8, 9] }, Frame::Close]);
    }
}
