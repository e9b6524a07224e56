//! Writing captures in the classic format, for the generator and for tests.

use model::Timestamp;
use std::io::{self, Write};

/// How finely times are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// Whole microseconds: what every tool reads.
    Micros,
    /// Nanoseconds.
    Nanos,
}

/// Writes a pcap file, little-endian, frame by frame.
#[derive(Debug)]
pub struct Writer<W: Write> {
    to: W,
    precision: Precision,
}

impl<W: Write> Writer<W> {
    /// Writes the file header. `link` is the link type by its number in the pcap registry.
    ///
    /// # Errors
    /// Where `to` cannot be written.
    pub fn new(mut to: W, link: u32, precision: Precision) -> io::Result<Self> {
        let magic = match precision {
            Precision::Micros => 0xa1b2_c3d4_u32,
            Precision::Nanos => 0xa1b2_3c4d,
        };
        let mut header = [0; crate::pcap::FILE_HEADER_BYTES];
        header[..4].copy_from_slice(&magic.to_le_bytes());
        header[4] = 2;
        header[6] = 4;
        header[16..20].copy_from_slice(&(crate::LARGEST_FRAME_BYTES as u32).to_le_bytes());
        header[20..24].copy_from_slice(&link.to_le_bytes());
        to.write_all(&header)?;
        Ok(Self { to, precision })
    }

    /// Writes a frame of which everything was kept. Times before 1970 and after 2106 do not fit the format and wrap.
    ///
    /// # Errors
    /// Where the output cannot be written, or the frame is larger than the format's readers take.
    pub fn frame(&mut self, at: Timestamp, data: &[u8]) -> io::Result<()> {
        self.cut_frame(at, data, u32::try_from(data.len()).unwrap_or(u32::MAX))
    }

    /// Writes a frame that had `wire_bytes` on the wire.
    ///
    /// # Errors
    /// As [`Writer::frame`].
    pub fn cut_frame(&mut self, at: Timestamp, data: &[u8], wire_bytes: u32) -> io::Result<()> {
        if data.len() > crate::LARGEST_FRAME_BYTES {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a frame is larger than captures can hold"));
        }
        let nanos = at.nanos();
        let unit = match self.precision {
            Precision::Micros => 1000,
            Precision::Nanos => 1,
        };
        let mut header = [0; 16];
        header[..4].copy_from_slice(&(nanos.div_euclid(1_000_000_000) as u32).to_le_bytes());
        header[4..8].copy_from_slice(&((nanos.rem_euclid(1_000_000_000) / unit) as u32).to_le_bytes());
        header[8..12].copy_from_slice(&(data.len() as u32).to_le_bytes());
        header[12..].copy_from_slice(&wire_bytes.to_le_bytes());
        self.to.write_all(&header)?;
        self.to.write_all(data)
    }

    /// Flushes and gives the output back.
    ///
    /// # Errors
    /// Where the output cannot be written.
    pub fn finish(mut self) -> io::Result<W> {
        self.to.flush()?;
        Ok(self.to)
    }
}
