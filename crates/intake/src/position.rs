//! How far each source was read, so that a new start goes on where the last one's output ended.
//!
//! A file is known by its device and inode while it keeps them, and by its bytes (a print of its beginning and one of what stands before
//! the offset) when it does not: compressed, copied, or its inode given to another, which file systems do at once. So each followed file
//! has a number of our own, under which it is remembered wherever it goes. The consumer stores positions
//! together with its own output, as text that a person can read; nothing is written here.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::{self, Write as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Bytes of a file's beginning that its print is made of: past the headers that some programs write into each file.
pub(crate) const HEAD_BYTES: usize = 1_024;

/// Bytes before the offset that the second print is made of: a line or two.
pub(crate) const TAIL_BYTES: usize = 256;

/// Files that are remembered; more are read, but from their beginning again after a start. A thousand logs with ten rotated ones each.
const FILES_MAX: usize = 10_000;

/// Streams whose cursors are remembered: one for each source that has one.
const CURSORS_MAX: usize = 1_000;

/// The first word of the text, so that another version's is refused and not misread.
const VERSION: &str = "hyakuyo-positions-2";

/// What the system calls a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId {
    /// The device's number.
    pub device: u64,
    /// The file's number there.
    pub inode: u64,
}

/// A print of some bytes, by which they are known again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Print {
    /// Of how many bytes.
    pub bytes: u32,
    /// FNV-1a over them: the same in every version of the program.
    pub hash: u64,
}

impl Print {
    /// Of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
        Self { bytes: bytes.len() as u32, hash }
    }
}

/// What is left to do with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    /// It is read on.
    Reading,
    /// It is read on, and stands within a line that was cut: what comes until the next line end is skipped.
    Skipping,
    /// A packed file that was read to its end.
    Done,
}

/// How far a file was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileMark {
    /// Its number among all that are followed; it keeps it when it is read on in another file.
    pub number: u64,
    /// Which file.
    pub file: FileId,
    /// Where it was last seen.
    pub path: PathBuf,
    /// Bytes read, unpacked: behind the last record handed on.
    pub offset: u64,
    /// Of its first bytes, unpacked, up to the offset.
    pub head: Print,
    /// Of the bytes before the offset, unpacked.
    pub tail: Print,
    /// When it was last written to, in nanoseconds since 1970.
    pub modified_ns: i64,
    /// What is left to do.
    pub state: FileState,
}

/// What a delivery tells about how far its source was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Position {
    /// A file was read so far.
    File(FileMark),
    /// The file of this number is gone and need not be remembered.
    Gone(u64),
    /// A stream that names its own places (the journal) was read so far: the source's name, and the place.
    Cursor(String, String),
    /// A source of files was looked at for the first time; what appears from now on is new. By its name.
    Begun(String),
}

/// All positions: what the consumer stores and gives back at the next start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Positions {
    files: BTreeMap<u64, FileMark>,
    cursors: BTreeMap<String, Option<String>>,
}

impl Positions {
    /// Takes a delivery's position over.
    pub fn apply(&mut self, position: &Position) {
        match position {
            Position::File(mark) => {
                if self.files.len() < FILES_MAX || self.files.contains_key(&mark.number) {
                    self.files.insert(mark.number, mark.clone());
                }
            }
            Position::Gone(number) => {
                self.files.remove(number);
            }
            Position::Cursor(source, cursor) => self.set_cursor(source, Some(cursor.clone())),
            Position::Begun(source) => self.set_cursor(source, None),
        }
    }

    /// All files.
    pub fn files(&self) -> impl Iterator<Item = &FileMark> {
        self.files.values()
    }

    /// The cursor of a stream.
    pub fn cursor(&self, source: &str) -> Option<&str> {
        self.cursors.get(source)?.as_deref()
    }

    /// Whether a source was looked at before.
    pub fn begun(&self, source: &str) -> bool {
        self.cursors.contains_key(source)
    }

    fn set_cursor(&mut self, source: &str, cursor: Option<String>) {
        if self.cursors.len() < CURSORS_MAX || self.cursors.contains_key(source) {
            self.cursors.insert(source.to_owned(), cursor);
        }
    }
}

/// As text: a line for each, to be read back by [`Positions::from_str`].
impl fmt::Display for Positions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{VERSION}")?;
        for (source, cursor) in &self.cursors {
            match cursor {
                Some(cursor) => writeln!(f, "cursor {} {}", Escaped(source.as_bytes()), Escaped(cursor.as_bytes()))?,
                None => writeln!(f, "begun {}", Escaped(source.as_bytes()))?,
            }
        }
        for mark in self.files.values() {
            let state = match mark.state {
                FileState::Reading => "reading",
                FileState::Skipping => "skipping",
                FileState::Done => "done",
            };
            let FileMark { number, file, offset, head, tail, modified_ns, .. } = mark;
            write!(f, "file {number} {} {} {offset} {} {:x} ", file.device, file.inode, head.bytes, head.hash)?;
            writeln!(f, "{} {:x} {modified_ns} {state} {}", tail.bytes, tail.hash, Escaped(mark.path.as_os_str().as_bytes()))?;
        }
        Ok(())
    }
}

/// A text of positions that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PositionsError {
    /// The line, from 1.
    pub line: usize,
}

impl fmt::Display for PositionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} of the positions cannot be read", self.line)
    }
}

impl std::error::Error for PositionsError {}

impl FromStr for Positions {
    type Err = PositionsError;

    fn from_str(text: &str) -> Result<Self, PositionsError> {
        let mut positions = Self::default();
        for (number, line) in text.lines().enumerate() {
            let known = if number == 0 { (line == VERSION).then_some(()) } else { positions.read_line(line) };
            known.ok_or(PositionsError { line: number + 1 })?;
        }
        Ok(positions)
    }
}

impl Positions {
    fn read_line(&mut self, line: &str) -> Option<()> {
        let mut words = line.split(' ');
        match words.next()? {
            "cursor" => {
                let source = String::from_utf8(unescaped(words.next()?)?).ok()?;
                self.set_cursor(&source, Some(String::from_utf8(unescaped(words.next()?)?).ok()?));
            }
            "begun" => self.set_cursor(&String::from_utf8(unescaped(words.next()?)?).ok()?, None),
            "file" => {
                let number = words.next()?.parse().ok()?;
                let file = FileId { device: words.next()?.parse().ok()?, inode: words.next()?.parse().ok()? };
                let offset = words.next()?.parse().ok()?;
                let mut print = || Some(Print { bytes: words.next()?.parse().ok()?, hash: u64::from_str_radix(words.next()?, 16).ok()? });
                let (head, tail) = (print()?, print()?);
                let modified_ns = words.next()?.parse().ok()?;
                let state = match words.next()? {
                    "reading" => FileState::Reading,
                    "skipping" => FileState::Skipping,
                    "done" => FileState::Done,
                    _ => return None,
                };
                let path = Path::new(&OsString::from_vec(unescaped(words.next()?)?)).to_owned();
                self.apply(&Position::File(FileMark { number, file, path, offset, head, tail, modified_ns, state }));
            }
            _ => return None,
        }
        words.next().is_none().then_some(())
    }
}

/// Bytes as one word of printable ASCII: anything else as `%` and two digits.
struct Escaped<'a>(&'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0 {
            if byte.is_ascii_graphic() && *byte != b'%' { f.write_char(char::from(*byte))? } else { write!(f, "%{byte:02x}")? }
        }
        Ok(())
    }
}

fn unescaped(word: &str) -> Option<Vec<u8>> {
    let mut bytes = word.bytes();
    let mut all = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            all.push(byte);
            continue;
        }
        let digit = |byte: u8| char::from(byte).to_digit(16);
        all.push((digit(bytes.next()?)? * 16 + digit(bytes.next()?)?) as u8);
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(inode: u64, offset: u64) -> FileMark {
        FileMark {
            number: inode,
            file: FileId { device: 7, inode },
            path: PathBuf::from(OsString::from_vec(b"/var/log/a b\n%\xff".to_vec())),
            offset,
            head: Print::of(b"head"),
            tail: Print::of(b""),
            modified_ns: -1,
            state: FileState::Skipping,
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut all = Positions::default();
        all.apply(&Position::File(mark(1, 10)));
        all.apply(&Position::File(mark(2, 20)));
        all.apply(&Position::Cursor("the journal".into(), "s=1;i=2".into()));
        all.apply(&Position::Begun("files".into()));
        let text = all.to_string();
        assert_eq!(text.parse(), Ok(all.clone()));
        assert_eq!(all.cursor("the journal"), Some("s=1;i=2"));
        assert!(all.begun("files") && !all.begun("others"));
        for cut in 1..text.len() {
            let _ = text[..cut].parse::<Positions>();
        }
        assert_eq!("hyakuyo-positions-1".parse::<Positions>(), Err(PositionsError { line: 1 }));
        assert_eq!((text + "file 1 2\n").parse::<Positions>(), Err(PositionsError { line: 6 }));
        assert_eq!("".parse(), Ok(Positions::default()));
    }

    #[test]
    fn a_file_goes_on_in_another_and_its_inode_is_given_away() {
        let mut all = Positions::default();
        all.apply(&Position::File(mark(1, 10)));
        // The system gives its inode to the next file before it is known where the first one went on.
        all.apply(&Position::File(FileMark { number: 2, ..mark(1, 5) }));
        assert_eq!(all.files().map(|mark| mark.offset).collect::<Vec<_>>(), [10, 5]);
        all.apply(&Position::File(FileMark { number: 1, ..mark(3, 10) }));
        assert_eq!(all.files().map(|mark| mark.file.inode).collect::<Vec<_>>(), [3, 1]);
        all.apply(&Position::Gone(1));
        all.apply(&Position::Gone(2));
        assert_eq!(all, Positions::default());
    }
}
