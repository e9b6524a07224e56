//! NTP messages (RFC 5905 section 7.3; control messages RFC 1119; private ones as ntpd's `ntp_request.h` describes them).
//!
//! ```text
//!  0 1 2 3 4 5 6 7
//! |LI |  VN | Mode| stratum (1) | poll (1) | precision (1) | root delay (4) | root dispersion (4) | reference id (4) |
//! | reference time (8) | origin time (8) | receive time (8) | transmit time (8) | extensions … | key id (4) | digest |
//! ```

use crate::bounds::Reader;
use contract::Violation;
use model::{Interval, Timestamp};

/// A message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// The version, three bits.
    pub version: u8,
    /// The mode, three bits.
    pub mode: u8,
    /// The rest, by mode.
    pub body: Body<'a>,
}

/// What follows the first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// Modes 1 to 5.
    Standard(Standard),
    /// Mode 6.
    Control(Control<'a>),
    /// Mode 7.
    Private(Private<'a>),
    /// Mode 0, which means nothing.
    Unknown,
}

/// A message that sets clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standard {
    /// The distance from a reference clock.
    pub stratum: u8,
    /// The binary logarithm of seconds between messages.
    pub poll: i8,
    /// The binary logarithm of the precision in seconds.
    pub precision: i8,
    /// To the reference and back.
    pub root_delay: Interval,
    /// Dispersion.
    pub root_dispersion: Interval,
    /// The reference.
    pub reference_id: [u8; 4],
    /// Reference, origin, receive and transmit time.
    pub times: [Timestamp; 4],
    /// How many extension fields there are.
    pub extensions: u64,
}

/// A question about the server, or its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Control<'a> {
    /// Answer, error and more bits, and the operation.
    pub second_byte: u8,
    /// Shared by question and answer.
    pub sequence: u16,
    /// The server's status.
    pub status: u16,
    /// What it is about.
    pub association_id: u16,
    /// What is said.
    pub data: &'a [u8],
    /// Key and checksum.
    pub mac: Option<(u32, &'a [u8])>,
}

/// A message private to an implementation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Private<'a> {
    /// Authentication bit and sequence number.
    pub second_byte: u8,
    /// Whose codes these are.
    pub implementation: u8,
    /// What is asked for.
    pub request_code: u8,
    /// The error.
    pub error_code: u8,
    /// What is said.
    pub data: &'a [u8],
}

/// Key and longest digest: whatever is longer contains extensions.
const MAC_BYTES_MAX: usize = 24;

/// Bytes of the key and the checksum behind a control message.
const CONTROL_MAC_BYTES: usize = 12;

/// An extension field is not shorter (RFC 5905 section 7.5).
const EXTENSION_BYTES_MIN: usize = 16;

impl<'a> Message<'a> {
    /// Reads a datagram.
    ///
    /// # Errors
    /// Where it ends too early.
    pub fn parse(datagram: &'a [u8]) -> Result<Self, Violation> {
        let mut reader = Reader::new(datagram);
        let first = reader.u8("NTP_PDU:first_byte")?;
        let (version, mode) = (first >> 3 & 7, first & 7);
        let body = match mode {
            1..=5 => Body::Standard(standard(&mut reader)?),
            6 => Body::Control(control(&mut reader)?),
            7 => Body::Private(private(&mut reader)?),
            _ => Body::Unknown,
        };
        Ok(Self { version, mode, body })
    }
}

fn standard(reader: &mut Reader<'_>) -> Result<Standard, Violation> {
    const WHAT: &str = "NTP_std_msg";
    /// Everything before extensions.
    const BYTES: usize = 47;
    reader.need(BYTES, WHAT)?;
    let stratum = reader.u8(WHAT)?;
    let (poll, precision) = (reader.u8(WHAT)?.cast_signed(), reader.u8(WHAT)?.cast_signed());
    let (root_delay, root_dispersion) = (short_time(reader.u32(WHAT)?), short_time(reader.u32(WHAT)?));
    let reference_id = reader.u32(WHAT)?.to_be_bytes();
    let mut times = [Timestamp::default(); 4];
    for time in &mut times {
        *time = timestamp(reader.u64(WHAT)?);
    }
    Ok(Standard { stratum, poll, precision, root_delay, root_dispersion, reference_id, times, extensions: extensions(reader)? })
}

fn extensions(reader: &mut Reader<'_>) -> Result<u64, Violation> {
    let mut count = 0;
    while reader.left() > MAC_BYTES_MAX {
        reader.u16("Extension_Field:first_byte_ext")?;
        let bytes = usize::from(reader.u16("Extension_Field:len")?);
        if bytes < EXTENSION_BYTES_MIN {
            return Err(Violation::new("Binpac exception: binpac exception: &enforce violation : Extension_Field:len"));
        }
        reader.take(bytes - 4, "Extension_Field:value")?;
        count += 1;
    }
    Ok(count)
}

/// Seconds and their 65,536th parts, both with a sign, as Zeek reads them.
fn short_time(bits: u32) -> Interval {
    let seconds = i64::from((bits >> 16) as u16 as i16);
    let parts = i64::from(bits as u16 as i16);
    Interval::from_nanos(seconds * 1_000_000_000 + parts * 1_000_000_000 / 65_536)
}

/// Seconds since 1900 and their 2^32th parts; zero stands for no time.
fn timestamp(bits: u64) -> Timestamp {
    /// From 1900 to 1970.
    const EPOCH_SECS: i64 = 2_208_988_800;
    if bits == 0 {
        return Timestamp::default();
    }
    let (seconds, parts) = ((bits >> 32) as i64, bits & 0xffff_ffff);
    Timestamp::from_nanos((seconds - EPOCH_SECS) * 1_000_000_000 + ((parts * 1_000_000_000) >> 32) as i64)
}

fn control<'a>(reader: &mut Reader<'a>) -> Result<Control<'a>, Violation> {
    const WHAT: &str = "NTP_control_msg";
    reader.need(11, WHAT)?;
    let second_byte = reader.u8(WHAT)?;
    let (sequence, status, association_id) = (reader.u16(WHAT)?, reader.u16(WHAT)?, reader.u16(WHAT)?);
    reader.u16(WHAT)?;
    let bytes = reader.u16(WHAT)?;
    let data = reader.take(usize::from(bytes), "NTP_control_msg:data")?;
    let mac = if reader.left() == CONTROL_MAC_BYTES { Some((reader.u32("NTP_CONTROL_MAC:key_id")?, reader.rest())) } else { None };
    Ok(Control { second_byte, sequence, status, association_id, data, mac })
}

fn private<'a>(reader: &mut Reader<'a>) -> Result<Private<'a>, Violation> {
    const WHAT: &str = "NTP_mode7_msg";
    reader.need(5, WHAT)?;
    let (second_byte, implementation, request_code) = (reader.u8(WHAT)?, reader.u8(WHAT)?, reader.u8(WHAT)?);
    let error_and_length = reader.u16(WHAT)?;
    let data = reader.take(usize::from(error_and_length & 0xfff), "NTP_mode7_msg:data")?;
    if second_byte & 0x80 != 0 {
        reader.take(20, "NTP_MAC")?;
    }
    Ok(Private { second_byte, implementation, request_code, error_code: (error_and_length >> 12) as u8, data })
}
