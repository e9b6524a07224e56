//! Several files, or a stream, as one capture.

use crate::error::not_a_capture;
use crate::pcap::{self, Layout, Record};
use crate::pcapng::Sections;
use crate::unpack::unpacked;
use crate::window::{Block, Window};
use crate::{Damage, Flaw, Frame, OpenError, Why};
use std::collections::VecDeque;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many first bytes tell whether a file is a capture; not more, since a slow pipe would be waited for.
const HEAD_BYTES: usize = 28;

/// How many first bytes tell what a file is that is no capture: enough to see a tar archive's mark.
const FOREIGN_HEAD_BYTES: usize = 512;

/// Whether a file that begins so, once unpacked, is a capture.
pub fn is_capture(head: &[u8]) -> bool {
    Layout::recognises(head) || Sections::recognises(head)
}

/// The bytes of a file, unpacked where it is packed: for files that are no captures.
///
/// # Errors
/// Where it cannot be opened or its first bytes cannot be read.
pub fn plain(path: &Path) -> std::io::Result<Box<dyn Read + Send>> {
    let (bytes, _) = unpacked(Box::new(File::open(path)?), &Arc::new(AtomicU64::new(0)))?;
    Ok(bytes)
}

/// Several capture files or a stream, read as one capture.
///
/// The files are read one after the other, in the order in which they are named. A damaged file is read up to its damage,
/// then the next one follows.
pub struct Source {
    reading: Option<Stream>,
    waiting: VecDeque<Waiting>,
    damage: Vec<Damage>,
    position: Arc<AtomicU64>,
    total: Option<u64>,
    frames: u64,
    /// Where in its block the last frame lies.
    from: usize,
}

/// A file whose turn has not come.
enum Waiting {
    /// To be opened when its turn comes, so that thousands of files need not be open at once.
    File(PathBuf),
    /// A pipe or standard input, which can be opened only once.
    Open(Box<Stream>),
}

/// One file being read.
struct Stream {
    name: String,
    packed: bool,
    window: Window,
    format: Format,
    frames: u64,
}

enum Format {
    Pcap(Layout),
    Pcapng(Sections),
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("waiting", &self.waiting.len())
            .field("damage", &self.damage)
            .field("frames", &self.frames)
            .finish_non_exhaustive()
    }
}

impl Source {
    /// Opens files; `-` is standard input. Every file's head is looked at, so that a wrong one is told before hours of
    /// reading.
    ///
    /// # Errors
    /// For the first file that is missing, unreadable, a folder, empty, or not a capture.
    pub fn open(paths: &[PathBuf]) -> Result<Self, OpenError> {
        let position = Arc::new(AtomicU64::new(0));
        let (mut total, mut waiting) = (Some(0), VecDeque::new());
        for path in paths {
            let (next, bytes) = examine(path, &position)?;
            total = total.zip(bytes).map(|(sum, bytes)| sum + bytes);
            waiting.push_back(next);
        }
        if waiting.is_empty() {
            return Err(OpenError { file: String::new(), why: Why::NoFiles });
        }
        Ok(Self { reading: None, waiting, damage: Vec::new(), position, total, frames: 0, from: 0 })
    }

    /// Reads a capture from anything that gives bytes; `name` stands in messages.
    ///
    /// # Errors
    /// Where it is not a capture.
    pub fn from_reader(reader: Box<dyn Read + Send>, name: impl Into<String>) -> Result<Self, OpenError> {
        let position = Arc::new(AtomicU64::new(0));
        let stream = Stream::begin(reader, name.into(), &position)?;
        Ok(Self { reading: Some(stream), waiting: VecDeque::new(), damage: Vec::new(), position, total: None, frames: 0, from: 0 })
    }

    /// The next frame, or `None` at the end of the last file (or where its damage begins, see [`Source::damage`]).
    #[allow(clippy::should_implement_trait, reason = "an iterator cannot lend slices of its own buffer")]
    #[inline]
    pub fn next(&mut self) -> Option<Frame<'_>> {
        let record = loop {
            if let Some(stream) = &mut self.reading {
                match stream.next() {
                    Ok(Some(record)) => break record,
                    Ok(None) => {}
                    Err((offset, flaw)) => {
                        let (file, packed, frames) = (stream.name.clone(), stream.packed, stream.frames);
                        self.damage.push(Damage { file, offset, packed, frames, flaw });
                    }
                }
                self.reading = None;
            }
            let next = self.waiting.pop_front()?;
            self.begin(next);
        };
        self.frames += 1;
        self.from = record.from;
        let stream = self.reading.as_ref()?;
        Some(Frame {
            at: record.at,
            link: record.link,
            data: stream.window.slice(record.from, record.bytes),
            wire_bytes: record.wire_bytes,
        })
    }

    /// Where the frame that [`Source::next`] gave last lies: a block, and the place in it. Whoever clones the block keeps the frame.
    #[inline]
    pub fn place(&self) -> Option<(&Block, usize)> {
        self.reading.as_ref().map(|stream| (stream.window.block(), self.from))
    }

    /// What was damaged, so far.
    pub fn damage(&self) -> &[Damage] {
        &self.damage
    }

    /// Bytes read so far of the files as they are stored (packed where they are packed).
    pub fn position(&self) -> u64 {
        self.position.load(Ordering::Relaxed)
    }

    /// Bytes of all files as they are stored; `None` where a pipe is among them.
    pub const fn total(&self) -> Option<u64> {
        self.total
    }

    /// Frames given so far.
    pub const fn frames(&self) -> u64 {
        self.frames
    }

    /// A file's turn has come. It was whole when the capture was opened; what happened to it since is damage.
    fn begin(&mut self, next: Waiting) {
        self.reading = match next {
            Waiting::Open(stream) => Some(*stream),
            Waiting::File(path) => {
                let name = path.display().to_string();
                let opened = File::open(&path).map_err(|error| Why::Unreadable(error.to_string()));
                match opened.and_then(|file| Stream::begin(Box::new(file), name.clone(), &self.position).map_err(|error| error.why)) {
                    Ok(stream) => Some(stream),
                    Err(why) => {
                        let flaw = Flaw::Unreadable(OpenError { file: name.clone(), why }.to_string());
                        self.damage.push(Damage { file: name, offset: 0, packed: false, frames: 0, flaw });
                        None
                    }
                }
            }
        };
    }
}

/// Looks at a file before its turn; its length where it has one.
fn examine(path: &Path, position: &Arc<AtomicU64>) -> Result<(Waiting, Option<u64>), OpenError> {
    let name = path.display().to_string();
    if name == "-" {
        let stream = Stream::begin(Box::new(io::stdin()), name, position)?;
        return Ok((Waiting::Open(Box::new(stream)), None));
    }
    let failed = |error: &io::Error| OpenError {
        file: name.clone(),
        why: if error.kind() == io::ErrorKind::NotFound { Why::Missing } else { Why::Unreadable(error.to_string()) },
    };
    let about = fs::metadata(path).map_err(|error| failed(&error))?;
    if about.is_dir() {
        return Err(OpenError { file: name, why: Why::Directory });
    }
    let file = File::open(path).map_err(|error| failed(&error))?;
    if about.is_file() {
        // The look must not count as progress.
        Stream::begin(Box::new(file), name, &Arc::default())?;
        return Ok((Waiting::File(path.to_owned()), Some(about.len())));
    }
    Ok((Waiting::Open(Box::new(Stream::begin(Box::new(file), name, position)?)), None))
}

impl Stream {
    fn begin(input: Box<dyn Read + Send>, name: String, position: &Arc<AtomicU64>) -> Result<Self, OpenError> {
        let fail = |why| OpenError { file: name.clone(), why };
        let (input, packed) = unpacked(input, position).map_err(|error| fail(Why::Unreadable(error.to_string())))?;
        let mut window = Window::new(input);
        let (head, _) = window.peek_some(HEAD_BYTES);
        let format = if Layout::recognises(head) {
            let header = head.first_chunk::<{ pcap::FILE_HEADER_BYTES }>();
            let layout = header.and_then(Layout::parse).ok_or_else(|| fail(Why::HeaderTruncated))?;
            window.consume(pcap::FILE_HEADER_BYTES);
            Format::Pcap(layout)
        } else if Sections::recognises(head) {
            if head.len() < HEAD_BYTES {
                return Err(fail(Why::HeaderTruncated));
            }
            Format::Pcapng(Sections::new())
        } else {
            let (head, flaw) = window.peek_some(FOREIGN_HEAD_BYTES);
            return Err(fail(match (flaw, packed) {
                (Some(Flaw::Unreadable(words)), true) => Why::Packing(words),
                (Some(Flaw::Unreadable(words)), false) => Why::Unreadable(words),
                _ => not_a_capture(head),
            }));
        };
        Ok(Self { name, packed, window, format, frames: 0 })
    }

    /// The next frame, or where the damage begins and what it is.
    #[inline]
    fn next(&mut self) -> Result<Option<Record>, (u64, Flaw)> {
        let record = match &mut self.format {
            Format::Pcap(layout) => layout.next(&mut self.window),
            Format::Pcapng(sections) => sections.next(&mut self.window),
        };
        match record {
            Ok(record) => {
                self.frames += u64::from(record.is_some());
                Ok(record)
            }
            Err(flaw) => Err((self.window.marked(), flaw)),
        }
    }
}
