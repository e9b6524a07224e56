//! The packets of TFTP.

/// A packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packet<'a> {
    Request(Request<'a>),
    Data { block: u16, data: &'a [u8] },
    Ack,
    Error { code: u16, message: &'a [u8] },
    Options(Options),
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Request<'a> {
    pub(super) write: bool,
    pub(super) name: &'a [u8],
    pub(super) mode: &'a [u8],
}

/// What client and server agreed upon, as far as it matters here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) block_bytes: Option<u64>,
    pub(super) total_bytes: Option<u64>,
}

/// What a block holds unless agreed otherwise (RFC 1350).
pub(super) const BLOCK_BYTES: u64 = 512;

/// RFC 2348.
const BLOCK_BYTES_RANGE: std::ops::RangeInclusive<u64> = 8..=65_464;

const MODES: [&[u8]; 3] = [b"netascii", b"octet", b"mail"];

/// A datagram; `None` where it is no TFTP.
pub(super) fn packet(datagram: &[u8]) -> Option<Packet<'_>> {
    let (&[high, low], rest) = datagram.split_first_chunk()?;
    Some(match u16::from_be_bytes([high, low]) {
        1 => Packet::Request(request(false, rest)?),
        2 => Packet::Request(request(true, rest)?),
        3 => {
            let (block, data) = rest.split_first_chunk()?;
            Packet::Data { block: u16::from_be_bytes(*block), data }
        }
        4 if rest.len() >= 2 => Packet::Ack,
        5 => {
            let (code, text) = rest.split_first_chunk()?;
            Packet::Error { code: u16::from_be_bytes(*code), message: text.split(|byte| *byte == 0).next().unwrap_or_default() }
        }
        6 => Packet::Options(options(rest)),
        _ => return None,
    })
}

fn request(write: bool, rest: &[u8]) -> Option<Request<'_>> {
    let (name, rest) = word(rest)?;
    let (mode, _) = word(rest)?;
    let known = MODES.iter().any(|known| mode.eq_ignore_ascii_case(known));
    (known && !name.is_empty()).then_some(Request { write, name, mode })
}

fn options(mut rest: &[u8]) -> Options {
    let mut options = Options::default();
    while let Some((name, (value, behind))) = word(rest).and_then(|(name, rest)| Some((name, word(rest)?))) {
        rest = behind;
        let number = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
        if name.eq_ignore_ascii_case(b"blksize") {
            options.block_bytes = number.filter(|bytes| BLOCK_BYTES_RANGE.contains(bytes));
        } else if name.eq_ignore_ascii_case(b"tsize") {
            options.total_bytes = number;
        }
    }
    options
}

/// A text that ends with a zero, and what follows it.
fn word(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    Some((&bytes[..end], &bytes[end + 1..]))
}
