//! Frames out of capture files and streams, and frames into them.
//!
//! Reads pcap (microseconds, nanoseconds, both byte orders, Kuznetzov's longer records) and pcapng (several sections and
//! interfaces), plain or packed with gzip or zstd, from files and from standard input. Sources: the pcap and pcapng
//! Internet drafts of the IETF's opsawg, and what libpcap does where they leave room, since everyone's other tools read
//! through it. A truncated or corrupt file is read up to its damage, and the damage is told with its place.
//!
//! The block parsing is our own and not `pcap-parser`'s: a frame is a slice of the one read buffer, with neither an
//! allocation nor a list of options per packet, and a record's lengths are checked against named limits before anything waits
//! for its bytes. Link layers are not understood here; that is `flow`'s part.

mod batch;
pub mod bpf;
mod damage;
mod error;
mod pcap;
mod pcapng;
pub mod ring;
mod source;
mod unpack;
mod window;
pub mod write;

pub use batch::FrameBatch;
pub use damage::{Damage, Flaw};
pub use error::{OpenError, Why};
pub use source::{Source, is_capture, plain};
pub use window::Block;

use model::Timestamp;

/// One captured frame.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// When it was captured, cut to whole microseconds as libpcap does unless asked otherwise: the logs of every tool
    /// that reads through it, Zeek included, show those.
    pub at: Timestamp,
    /// The link type, by its number in the pcap registry (1 Ethernet, 113 Linux cooked …).
    pub link: u32,
    /// The bytes that were kept.
    pub data: &'a [u8],
    /// How many bytes it had on the wire.
    pub wire_bytes: u32,
}

/// The largest frame that is taken, in bytes: libpcap's own limit. No network has larger ones, so that a larger length is
/// a sign of corruption, and memory stays bounded.
pub const LARGEST_FRAME_BYTES: usize = 262_144;
