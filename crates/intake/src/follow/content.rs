//! A file's bytes from a given place on, packed or not.

use crate::position::{FileId, HEAD_BYTES, Print, TAIL_BYTES};
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Seek as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

/// The largest window that a zstd stream may ask for, as a power of two: zstd's own limit (128 MiB).
const ZSTD_WINDOW_LOG_MAX: u32 = 27;

/// What is unpacked at a time, in bytes.
const UNPACK_BYTES: usize = 64 << 10;

/// What the system says about a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct About {
    pub(super) id: FileId,
    /// Bytes as stored.
    pub(super) size: u64,
    pub(super) modified_ns: i64,
}

impl About {
    /// Of a path; `None` where it is no file, or is not there.
    pub(super) fn of(path: &Path) -> Option<Self> {
        std::fs::metadata(path).ok().and_then(|about| Self::from(&about))
    }

    fn from(about: &std::fs::Metadata) -> Option<Self> {
        about.is_file().then(|| Self {
            id: FileId { device: about.dev(), inode: about.ino() },
            size: about.size(),
            modified_ns: about.mtime().saturating_mul(1_000_000_000).saturating_add(about.mtime_nsec()),
        })
    }
}

/// An open file.
pub(super) struct Content {
    file: File,
    packed: Option<Packed>,
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Content").field("file", &self.file).field("packed", &self.packed.is_some()).finish()
    }
}

/// A packed file is read from its beginning only: what was unpacked and not yet used stands in `window`.
struct Packed {
    stream: Box<dyn Read + Send>,
    window: Vec<u8>,
    /// Where the window begins, unpacked.
    at: u64,
    ended: bool,
}

impl Content {
    /// Opens a file, which is packed if its first bytes say so.
    ///
    /// # Errors
    /// Where it cannot be opened, or is no ordinary file.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        // A pipe of that name must not make this wait.
        let file = OpenOptions::new().read(true).custom_flags(nix::libc::O_NONBLOCK).open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "no ordinary file"));
        }
        let packed = unpacking(&file)?;
        Ok(Self { file, packed })
    }

    pub(super) fn about(&self) -> Option<About> {
        self.file.metadata().ok().and_then(|about| About::from(&about))
    }

    pub(super) fn is_packed(&self) -> bool {
        self.packed.is_some()
    }

    /// Fills `into` with the bytes from `at` on, unpacked, as many as there are. Of a packed file, `at` never goes back.
    ///
    /// # Errors
    /// Where the file cannot be read, or its packing is broken.
    pub(super) fn read_at(&mut self, at: u64, into: &mut [u8]) -> io::Result<usize> {
        match &mut self.packed {
            None => filled(into, |part, done| self.file.read_at(part, at + done as u64)),
            Some(packed) => packed.read_at(at, into),
        }
    }

    /// The first place from `at` on where bytes are stored: behind the hole that a writer leaves who goes on where he was after
    /// his file was truncated.
    pub(super) fn behind_hole(&self, at: u64) -> u64 {
        let place = i64::try_from(at).ok().filter(|_| self.packed.is_none());
        let found = place.and_then(|place| nix::unistd::lseek(&self.file, place, nix::unistd::Whence::SeekData).ok());
        found.and_then(|found| u64::try_from(found).ok()).map_or(at, |found| found.max(at))
    }

    /// Prints of the beginning and of what stands before `offset`. Reads a packed file up to there; it is then read on from it.
    ///
    /// # Errors
    /// Where it cannot be read so far; of the kind `UnexpectedEof` where it is shorter.
    pub(super) fn prints(&mut self, offset: u64) -> io::Result<(Print, Print)> {
        let mut head = vec![0; HEAD_BYTES.min(usize::try_from(offset).unwrap_or(HEAD_BYTES))];
        whole(self.read_at(0, &mut head)?, &head)?;
        let mut tail = vec![0; TAIL_BYTES.min(usize::try_from(offset).unwrap_or(TAIL_BYTES))];
        let at = offset - tail.len() as u64;
        if let Some(packed) = &mut self.packed {
            packed.skip_to(at)?;
        }
        whole(self.read_at(at, &mut tail)?, &tail)?;
        if let Some(packed) = &mut self.packed {
            packed.skip_to(offset)?;
        }
        Ok((Print::of(&head), Print::of(&tail)))
    }

    /// The length of what is packed, modulo 2^32, as gzip writes it at its end; `None` for others.
    pub(super) fn unpacked_length_mod(&self) -> Option<u32> {
        let (mut magic, mut length) = ([0; 2], [0; 4]);
        self.file.read_exact_at(&mut magic, 0).ok()?;
        let end = self.file.metadata().ok()?.len().checked_sub(4)?;
        self.file.read_exact_at(&mut length, end).ok()?;
        (magic == [0x1f, 0x8b]).then(|| u32::from_le_bytes(length))
    }
}

fn whole(read: usize, wanted: &[u8]) -> io::Result<()> {
    if read == wanted.len() { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// Reads until `into` is full or there is no more.
fn filled(into: &mut [u8], mut read: impl FnMut(&mut [u8], usize) -> io::Result<usize>) -> io::Result<usize> {
    let mut done = 0;
    while done < into.len() {
        match read(&mut into[done..], done) {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

fn unpacking(file: &File) -> io::Result<Option<Packed>> {
    let mut magic = [0; 4];
    let count = filled(&mut magic, |part, done| file.read_at(part, done as u64))?;
    let mut own = file.try_clone()?;
    own.rewind()?;
    let stream: Box<dyn Read + Send> = match magic[..count] {
        [0x1f, 0x8b, ..] => Box::new(flate2::bufread::MultiGzDecoder::new(BufReader::with_capacity(UNPACK_BYTES, own))),
        [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18] => {
            let mut decoder = zstd::stream::read::Decoder::new(own)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
            Box::new(decoder)
        }
        _ => return Ok(None),
    };
    Ok(Some(Packed { stream, window: Vec::new(), at: 0, ended: false }))
}

impl Packed {
    fn read_at(&mut self, at: u64, into: &mut [u8]) -> io::Result<usize> {
        self.skip_to(at)?;
        self.fill(into.len())?;
        let count = into.len().min(self.window.len());
        into[..count].copy_from_slice(&self.window[..count]);
        Ok(count)
    }

    fn skip_to(&mut self, at: u64) -> io::Result<()> {
        while self.at < at {
            if self.window.is_empty() {
                self.fill(UNPACK_BYTES)?;
                if self.window.is_empty() {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
            let count = (at - self.at).min(self.window.len() as u64);
            self.window.drain(..count as usize);
            self.at += count;
        }
        if self.at == at { Ok(()) } else { Err(io::ErrorKind::InvalidInput.into()) }
    }

    fn fill(&mut self, bytes: usize) -> io::Result<()> {
        while self.window.len() < bytes && !self.ended {
            let begin = self.window.len();
            self.window.resize(bytes.max(begin + 1), 0);
            let result = self.stream.read(&mut self.window[begin..]);
            self.window.truncate(begin + result.as_ref().map_or(0, |count| *count));
            match result {
                Ok(0) => self.ended = true,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
