//! The journal: deliveries of records, written down before they are understood.
//!
//! Segments of some megabytes, named after the number of their first entry. An entry is its length, a checksum, and what it says. A sudden
//! end leaves at most one torn entry, at which its segment ends; the next start goes on in a new segment. Entries are in the
//! system's hands at once (a killed process loses none) and on the disk at each checkpoint.

use model::Timestamp;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// Bytes of a segment, after which another is begun: what is no longer needed goes in such pieces.
const SEGMENT_BYTES: u64 = 8 << 20;
/// The longest entry that is believed when reading: a delivery has 128 kB and one record of 64 kB more.
const ENTRY_BYTES_MAX: usize = 4 << 20;
/// Length and checksum before each entry.
const FRAME_BYTES: usize = 8;
const PREFIX: &str = "journal-";

/// A delivery.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its number, one more than that before.
    pub(crate) number: u64,
    /// When it came.
    pub(crate) arrived: Timestamp,
    /// From which of the settings' sources.
    pub(crate) source: String,
    /// Who sent it.
    pub(crate) sender: String,
    /// Where the source stands behind it.
    pub(crate) position: String,
    /// No records came for so many seconds.
    pub(crate) quiet_secs: u32,
    /// The records.
    pub(crate) records: Vec<Vec<u8>>,
}

impl Entry {
    /// As bytes, framed.
    fn write(&self, out: &mut Vec<u8>) {
        out.clear();
        out.resize(FRAME_BYTES, 0);
        out.extend_from_slice(&self.number.to_le_bytes());
        out.extend_from_slice(&self.arrived.nanos().to_le_bytes());
        out.extend_from_slice(&self.quiet_secs.to_le_bytes());
        let texts = [&self.source, &self.sender, &self.position].map(|text| text.as_bytes());
        for bytes in texts.into_iter().chain(self.records.iter().map(Vec::as_slice)) {
            out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
            out.extend_from_slice(bytes);
        }
        let body = out.get(FRAME_BYTES..).unwrap_or_default();
        let (length, sum) = (body.len() as u32, crc32fast::hash(body));
        for (place, byte) in length.to_le_bytes().into_iter().chain(sum.to_le_bytes()).enumerate() {
            if let Some(cell) = out.get_mut(place) {
                *cell = byte;
            }
        }
    }

    fn read(mut body: &[u8]) -> Option<Self> {
        let mut entry = Self {
            number: u64::from_le_bytes(*body.split_first_chunk().map(|(head, rest)| (body = rest, head).1)?),
            arrived: Timestamp::from_nanos(i64::from_le_bytes(*body.split_first_chunk().map(|(head, rest)| (body = rest, head).1)?)),
            quiet_secs: u32::from_le_bytes(*body.split_first_chunk().map(|(head, rest)| (body = rest, head).1)?),
            ..Self::default()
        };
        let mut next = || -> Option<Vec<u8>> {
            let (length, rest) = body.split_first_chunk::<4>()?;
            let (bytes, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            body = rest;
            Some(bytes.to_vec())
        };
        let mut text = || next().and_then(|bytes| String::from_utf8(bytes).ok());
        (entry.source, entry.sender, entry.position) = (text()?, text()?, text()?);
        while let Some(record) = next() {
            entry.records.push(record);
        }
        Some(entry)
    }
}

/// The journal of a folder.
#[derive(Debug)]
pub(crate) struct Journal {
    folder: PathBuf,
    /// Segments by the number of their first entry, with their lengths; the last is written to.
    segments: Vec<(u64, u64)>,
    file: Option<File>,
    next: u64,
    buffer: Vec<u8>,
    bytes_max: u64,
    dropped: u64,
}

impl Journal {
    /// Opens what there is, and reads it: every entry is handed to `visit`, in order, up to the first that is torn or missing.
    pub(crate) fn open(folder: &Path, bytes_max: u64, visit: &mut dyn FnMut(Entry)) -> io::Result<Self> {
        let mut journal =
            Self { folder: folder.to_owned(), segments: Vec::new(), file: None, next: 1, buffer: Vec::new(), bytes_max, dropped: 0 };
        let mut found = Vec::new();
        for entry in fs::read_dir(folder)? {
            let name = entry?.file_name();
            found.extend(name.to_str().and_then(|name| name.strip_prefix(PREFIX)).and_then(|number| number.parse::<u64>().ok()));
        }
        found.sort_unstable();
        let mut broken = false;
        for first in found {
            // Behind a gap everything is of another story: the sources are read again from the last place before it.
            if broken || !journal.segments.is_empty() && first != journal.next {
                broken = true;
                fs::remove_file(journal.path(first))?;
                continue;
            }
            journal.next = first;
            let length = journal.read_segment(first, visit)?;
            journal.segments.push((first, length));
        }
        // A torn segment is not written on, and one without entries would have the next one's name.
        while let Some((first, _)) = journal.segments.last().copied().filter(|(first, _)| *first == journal.next) {
            fs::remove_file(journal.path(first))?;
            journal.segments.pop();
        }
        Ok(journal)
    }

    fn path(&self, first: u64) -> PathBuf {
        self.folder.join(format!("{PREFIX}{first:020}"))
    }

    fn read_segment(&mut self, first: u64, visit: &mut dyn FnMut(Entry)) -> io::Result<u64> {
        let mut file = io::BufReader::new(File::open(self.path(first))?);
        let (mut frame, mut body, mut length) = ([0; FRAME_BYTES], Vec::new(), 0);
        while file.read_exact(&mut frame).is_ok() {
            let [a, b, c, d, e, f, g, h] = frame;
            let (size, sum) = (u32::from_le_bytes([a, b, c, d]) as usize, u32::from_le_bytes([e, f, g, h]));
            if size > ENTRY_BYTES_MAX {
                break;
            }
            body.resize(size, 0);
            if file.read_exact(&mut body).is_err() || crc32fast::hash(&body) != sum {
                break;
            }
            let Some(entry) = Entry::read(&body).filter(|entry| entry.number == self.next) else { break };
            self.next += 1;
            length += (FRAME_BYTES + size) as u64;
            visit(entry);
        }
        Ok(length)
    }

    /// The number of the next entry.
    pub(crate) const fn next(&self) -> u64 {
        self.next
    }

    /// Numbers go on behind this one, where the checkpoint knows of more than the journal has.
    pub(crate) fn go_on_behind(&mut self, last: u64) {
        self.next = self.next.max(last + 1);
    }

    /// Writes an entry down, under the next number. A process that is killed behind this has not lost it.
    pub(crate) fn append(&mut self, entry: &mut Entry) -> io::Result<()> {
        entry.number = self.next;
        let mut buffer = std::mem::take(&mut self.buffer);
        entry.write(&mut buffer);
        let full = self.segments.last().is_none_or(|(_, bytes)| *bytes >= SEGMENT_BYTES);
        if self.file.is_none() || full {
            if let Some(file) = self.file.take() {
                file.sync_data()?;
            }
            self.file = Some(OpenOptions::new().create(true).append(true).open(self.path(self.next))?);
            self.segments.push((self.next, 0));
        }
        if let Some(file) = &mut self.file {
            file.write_all(&buffer)?;
        }
        if let Some((_, bytes)) = self.segments.last_mut() {
            *bytes += buffer.len() as u64;
        }
        self.next += 1;
        self.buffer = buffer;
        Ok(())
    }

    /// Brings everything to the disk.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        self.file.as_ref().map_or(Ok(()), File::sync_data)
    }

    /// Entries before `number` are no longer needed. Those beyond the limit go too, and are counted.
    pub(crate) fn forget_before(&mut self, number: u64) -> io::Result<()> {
        loop {
            let [(first, bytes), (second, _), ..] = self.segments.as_slice() else { return Ok(()) };
            let (first, bytes, unneeded) = (*first, *bytes, *second <= number);
            if !unneeded && self.bytes() <= self.bytes_max {
                return Ok(());
            }
            if !unneeded {
                self.dropped += bytes;
            }
            fs::remove_file(self.path(first))?;
            self.segments.remove(0);
        }
    }

    /// Bytes that it holds.
    pub(crate) fn bytes(&self) -> u64 {
        self.segments.iter().map(|(_, bytes)| bytes).sum()
    }

    /// Bytes that were needed and had no room.
    pub(crate) const fn dropped(&self) -> u64 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(test: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("hyakuyo-journal-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a folder");
        path
    }

    fn entry(text: &str) -> Entry {
        Entry {
            source: "files".into(),
            sender: "file:/a".into(),
            position: "p".into(),
            arrived: Timestamp::from_secs(7),
            records: vec![text.as_bytes().to_vec(), b"\n\0".to_vec()],
            ..Entry::default()
        }
    }

    fn all(folder: &Path, bytes_max: u64) -> (Journal, Vec<Entry>) {
        let mut entries = Vec::new();
        let journal = Journal::open(folder, bytes_max, &mut |entry| entries.push(entry)).expect("a journal");
        (journal, entries)
    }

    #[test]
    fn what_was_written_is_read_back_up_to_where_it_was_torn() {
        let folder = folder("torn");
        let (mut journal, nothing) = all(&folder, u64::MAX);
        assert!(nothing.is_empty());
        let mut written: Vec<_> = ["one", "two", "three"].map(entry).into();
        written.iter_mut().for_each(|entry| journal.append(entry).expect("written"));
        let file = folder.join("journal-00000000000000000001");
        let whole = fs::read(&file).expect("a segment");
        let size = whole.len() / 3;
        for cut in 0..=whole.len() {
            fs::write(&file, &whole[..cut]).expect("cut");
            let (mut journal, entries) = all(&folder, u64::MAX);
            assert!(entries == written[..entries.len()] && entries.len() >= cut / (size + 4), "cut at {cut}");
            // It goes on in a segment of its own, and all is read again.
            journal.append(&mut entry("more")).expect("written");
            let (journal, more) = all(&folder, u64::MAX);
            assert_eq!((more.len(), journal.next()), (entries.len() + 1, entries.len() as u64 + 2), "cut at {cut}");
            for (first, _) in journal.segments.iter().filter(|(first, _)| *first > 1) {
                fs::remove_file(journal.path(*first)).expect("removed");
            }
        }
        fs::remove_dir_all(folder).expect("removed");
    }

    #[test]
    fn what_is_not_needed_goes_and_what_has_no_room_is_counted() {
        let folder = folder("room");
        let (mut journal, _) = all(&folder, 4 * SEGMENT_BYTES);
        let big = "x".repeat(1 << 20);
        for _ in 0..40 {
            journal.append(&mut entry(&big)).expect("written");
        }
        let before = journal.segments.len();
        journal.forget_before(20).expect("forgotten");
        assert!(before == 5 && journal.segments.len() == 3 && journal.dropped() == 0, "{:?}", journal.segments);
        for _ in 0..16 {
            journal.append(&mut entry(&big)).expect("written");
        }
        journal.forget_before(20).expect("forgotten");
        assert!(journal.dropped() > SEGMENT_BYTES && journal.bytes() <= 4 * SEGMENT_BYTES);
        let (_, entries) = all(&folder, u64::MAX);
        assert!(entries[0].number > 20 && entries.last().is_some_and(|last| last.number == 56));
        fs::remove_dir_all(folder).expect("removed");
    }

    #[test]
    fn behind_a_gap_nothing_is_believed() {
        let folder = folder("gap");
        let (mut journal, _) = all(&folder, u64::MAX);
        let big = "x".repeat(3 << 20);
        for _ in 0..9 {
            journal.append(&mut entry(&big)).expect("written");
        }
        fs::remove_file(journal.path(4)).expect("a segment");
        let (journal, entries) = all(&folder, u64::MAX);
        assert_eq!((entries.len(), journal.next()), (3, 4));
        assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 1);
        fs::remove_dir_all(folder).expect("removed");
    }
}
