//! Unpacking as the bytes come, and counting the stored ones for progress.

use std::io::{self, BufReader, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The largest window that a zstd stream may ask for, as a power of two: zstd's own limit (128 MiB), past which its command
/// asks the user, too.
const ZSTD_WINDOW_LOG_MAX: u32 = 27;

/// How much of a packed file is read at once, in bytes.
const PACKED_READ_BYTES: usize = 64 * 1024;

/// How many bytes decide what a file is.
const MAGIC_BYTES: usize = 4;

/// Counts the bytes that go through it.
struct Counting {
    inner: Box<dyn Read + Send>,
    count: Arc<AtomicU64>,
}

impl Read for Counting {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let bytes = self.inner.read(into)?;
        self.count.fetch_add(bytes as u64, Ordering::Relaxed);
        Ok(bytes)
    }
}

/// The unpacked stream of a file, and whether it was packed. Stored bytes are added to `count` as they are read.
///
/// # Errors
/// Where the first bytes cannot be read.
pub(crate) fn unpacked(input: Box<dyn Read + Send>, count: &Arc<AtomicU64>) -> io::Result<(Box<dyn Read + Send>, bool)> {
    let mut input = Counting { inner: input, count: Arc::clone(count) };
    let mut head = Vec::with_capacity(MAGIC_BYTES);
    (&mut input).take(MAGIC_BYTES as u64).read_to_end(&mut head)?;
    let packing = match head[..] {
        [0x1f, 0x8b, ..] => Some(true),
        [0x28, 0xb5, 0x2f, 0xfd] => Some(false),
        // A skippable frame, with which some packers begin.
        [0x50..=0x5f, 0x2a, 0x4d, 0x18] => Some(false),
        _ => None,
    };
    let whole = Cursor::new(head).chain(input);
    Ok(match packing {
        None => (Box::new(whole), false),
        Some(true) => (Box::new(flate2::bufread::MultiGzDecoder::new(BufReader::with_capacity(PACKED_READ_BYTES, whole))), true),
        Some(false) => {
            let mut decoder = zstd::stream::read::Decoder::new(whole)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
            (Box::new(decoder), true)
        }
    })
}
