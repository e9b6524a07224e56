//! The link and transport layers of DNP3 (IEEE 1815 clauses 8 and 9), which TCP and UDP carry unchanged from serial lines.
//!
//! ```text
//! | 0x05 0x64 | length (1) | control (1) | destination (2) | source (2) | CRC (2) | then, where the length is more than 5:
//! | transport (1): last, first, sequence | data … |, in blocks of 16 bytes with a CRC (2) behind each
//! ```
//!
//! The length counts control, addresses, transport and data, but no CRC.

/// The first bytes of every frame.
pub const MAGIC: [u8; 2] = [0x05, 0x64];
/// Bytes of the header with its CRC.
pub const HEADER_BYTES: usize = 10;
/// What the length counts beside transport and data.
pub const COUNTED_HEADER_BYTES: usize = 5;
/// Bytes between two CRCs.
const BLOCK_BYTES: usize = 16;
/// Bytes of a CRC.
const CRC_BYTES: usize = 2;
/// The longest frame: a length of 255.
pub const FRAME_BYTES_MAX: usize = 292;

/// What is wrong with a frame, by Zeek's name for the weird.
pub type Fault = &'static str;

/// Why bytes are no header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderFault {
    /// It doesn't begin as it should.
    NoMagic,
    /// Its CRC is wrong.
    Crc,
    /// Its length is impossible.
    Length,
}

/// Checks a header and returns how many bytes the frame has.
///
/// # Errors
/// Where it is none.
pub fn frame_bytes(header: &[u8; HEADER_BYTES]) -> Result<usize, HeaderFault> {
    let (content, crc) = header.split_at(HEADER_BYTES - CRC_BYTES);
    if !content.starts_with(&MAGIC) {
        return Err(HeaderFault::NoMagic);
    }
    if crc != checksum(content) {
        return Err(HeaderFault::Crc);
    }
    let counted = usize::from(header[2]).checked_sub(COUNTED_HEADER_BYTES).ok_or(HeaderFault::Length)?;
    Ok(HEADER_BYTES + counted + counted.div_ceil(BLOCK_BYTES) * CRC_BYTES)
}

/// The transport byte and the data of a whole frame, without CRCs, put into `data`.
///
/// # Errors
/// Where a CRC is wrong.
pub fn content(frame: &[u8], data: &mut Vec<u8>) -> Result<(), Fault> {
    for block in frame.get(HEADER_BYTES..).unwrap_or_default().chunks(BLOCK_BYTES + CRC_BYTES) {
        let (content, crc) = block.split_at(block.len().saturating_sub(CRC_BYTES));
        if crc != checksum(content) {
            return Err("dnp3_corrupt_app_chunk_checksum");
        }
        data.extend_from_slice(content);
    }
    Ok(())
}

/// CRC-16/DNP (reflected polynomial 0xA6BC, complemented), least significant byte first.
pub fn checksum(bytes: &[u8]) -> [u8; 2] {
    let mut crc = 0u16;
    for byte in bytes {
        crc ^= u16::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xa6bc } else { crc >> 1 };
        }
    }
    (!crc).to_le_bytes()
}
