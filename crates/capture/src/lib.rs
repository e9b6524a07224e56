//! Frames out of capture files and streams: to be written.

use model::Timestamp;

/// Several capture files or a stream, read as one capture.
#[derive(Debug)]
pub struct Source {}

/// One captured frame.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// When it was captured.
    pub at: Timestamp,
    /// The link type, by its number in the pcap registry (1 Ethernet, 113 Linux cooked …).
    pub link: u32,
    /// The bytes that were kept.
    pub data: &'a [u8],
    /// How many bytes it had on the wire.
    pub wire_bytes: u32,
}
