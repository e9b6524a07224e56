//! Windows executables, looked at while they stream by: the headers, how random each section is, and what is imported.
//!
//! Only the headers and the neighbourhood of the import table are held; everything else is counted and let go.

mod header;
mod imports;
pub mod log;
mod names;

use crate::entropy::Histogram;
use crate::hashes::hex;
use contract::FileId;
use header::{HEADERS_BYTES_MAX, Headers, Reading};
use model::{Event, Timestamp, Value};

/// Bytes held around the import table. Linkers put names and tables into one section (`.rdata`, `.idata`), whose part
/// with the imports is mostly far smaller.
const IMPORTS_BYTES_MAX: u64 = 256 << 10;

/// Sections whose bytes are counted: programs have ten, packers' games some more.
const COUNTED_SECTIONS_MAX: usize = 32;

/// An executable on its way.
#[derive(Debug)]
pub(crate) struct Executable {
    stage: Stage,
    /// The file's beginning, until the headers are read and for those who point into it.
    head: Vec<u8>,
    /// How many bytes came.
    offset: u64,
    is_cut: bool,
}

#[derive(Debug)]
enum Stage {
    /// The headers are not complete: so many of the first bytes are needed.
    Heading(usize),
    /// The headers are read, the rest is counted.
    Counting(Box<Look>),
    /// There is nothing to read.
    Nothing,
}

#[derive(Debug)]
struct Look {
    headers: Headers,
    sections: Vec<(std::ops::Range<u64>, Histogram)>,
    imports: std::ops::Range<u64>,
    held: Vec<u8>,
}

impl Executable {
    /// One whose first byte is still to come.
    pub(crate) const fn new() -> Self {
        Self { stage: Stage::Heading(64), head: Vec::new(), offset: 0, is_cut: false }
    }

    /// Takes the next bytes.
    pub(crate) fn feed(&mut self, mut data: &[u8]) {
        if self.is_cut {
            return;
        }
        while let Stage::Heading(needed) = self.stage {
            let (part, rest) = data.split_at(data.len().min(needed.saturating_sub(self.head.len())));
            self.head.extend_from_slice(part);
            data = rest;
            if self.head.len() < needed {
                return;
            }
            self.read(false);
        }
        if let Stage::Counting(look) = &mut self.stage {
            look.count(self.offset, data);
        }
        self.offset += data.len() as u64;
    }

    /// Bytes are missing: what comes now can no longer be understood. Sections that are not complete stay so.
    pub(crate) fn cut(&mut self) {
        self.read(true);
        self.is_cut = true;
    }

    /// Lets go of what is held for the imports.
    pub(crate) fn forget_imports(&mut self) {
        if let Stage::Counting(look) = &mut self.stage {
            look.imports = 0..0;
            look.held = Vec::new();
        }
    }

    /// Bytes held, a close estimate.
    pub(crate) fn held_bytes(&self) -> usize {
        let look = match &self.stage {
            Stage::Counting(look) => look.held.capacity() + look.sections.len() * size_of::<Histogram>(),
            _ => 0,
        };
        self.head.capacity() + look
    }

    /// The row, where there were headers. `whole` says how many bytes the file has, if all of them came.
    pub(crate) fn finish(mut self, at: Timestamp, id: FileId, whole: Option<u64>) -> Option<Event> {
        self.read(true);
        let Stage::Counting(look) = &self.stage else { return None };
        let mut row = Event::new(&log::KIND, at).with(log::ID, id);
        look.headers.describe(&mut row);
        if look.headers.is_image {
            look.measure(&mut row, &self.head, whole);
        }
        Some(row)
    }

    fn read(&mut self, is_all: bool) {
        let Stage::Heading(needed) = self.stage else { return };
        self.stage = match header::read(&self.head, is_all) {
            Reading::Need(more) if more > needed && more <= HEADERS_BYTES_MAX && !is_all => Stage::Heading(more),
            Reading::Done(headers) => {
                let mut look = Look::new(headers);
                look.count(0, &self.head);
                self.offset = self.head.len() as u64;
                Stage::Counting(Box::new(look))
            }
            _ => {
                self.head = Vec::new();
                Stage::Nothing
            }
        };
    }
}

impl Look {
    fn new(headers: Headers) -> Self {
        let sections = headers.sections.iter().take(COUNTED_SECTIONS_MAX).map(|section| (section.raw(), Histogram::default())).collect();
        let imports = headers.directory(1).and_then(|(address, _)| headers.offset_of(address)).map_or(0..0, |offset| {
            let section = headers.sections.iter().map(header::Section::raw).find(|raw| raw.contains(&offset)).unwrap_or(0..u64::MAX);
            if section.end - section.start <= IMPORTS_BYTES_MAX {
                section
            } else {
                let start = offset.saturating_sub(IMPORTS_BYTES_MAX / 2).max(section.start);
                start..start.saturating_add(IMPORTS_BYTES_MAX).min(section.end)
            }
        });
        Self { headers, sections, imports, held: Vec::new() }
    }

    fn count(&mut self, offset: u64, data: &[u8]) {
        let part = |range: &std::ops::Range<u64>| {
            let start = range.start.saturating_sub(offset).min(data.len() as u64) as usize;
            let end = range.end.saturating_sub(offset).min(data.len() as u64) as usize;
            data.get(start..end).unwrap_or_default()
        };
        for (range, histogram) in &mut self.sections {
            histogram.count(part(range));
        }
        self.held.extend_from_slice(part(&self.imports));
    }

    fn measure(&self, row: &mut Event, head: &[u8], whole: Option<u64>) {
        let held = Held { head, start: self.imports.start, imports: &self.held };
        row.set(log::IMPHASH, imports::hash(&self.headers, &held).map(|hash| hex(&hash)));
        let entropy = |(range, histogram): &(std::ops::Range<u64>, Histogram)| {
            (histogram.bytes() == range.end - range.start).then(|| histogram.bits())
        };
        row.set(log::SECTION_ENTROPIES, Value::list_or_unset(self.sections.iter().map(entropy)));
        row.set(log::OVERLAY_BYTES, whole.map(|bytes| bytes.saturating_sub(self.headers.sections_end())));
    }
}

/// What is held of a file.
struct Held<'a> {
    head: &'a [u8],
    start: u64,
    imports: &'a [u8],
}

impl imports::Image for Held<'_> {
    fn from(&self, offset: u64) -> Option<&[u8]> {
        let of = |bytes: &'_ [u8], start: u64| usize::try_from(offset.checked_sub(start)?).ok().filter(|&at| at < bytes.len());
        if let Some(at) = of(self.imports, self.start) { self.imports.get(at..) } else { self.head.get(of(self.head, 0)?..) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hashes::Hashes;
    use model::Uid;
    use proptest::prelude::*;

    /// A program of one section at 0x200 that imports a function by name and one by number, with four bytes behind it.
    fn program() -> Vec<u8> {
        let mut file = vec![0u8; 0x400];
        let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, b"MZ");
        put(60, &0x80u32.to_le_bytes());
        put(0x80, b"PE\0\0\x4c\x01\x01\0");
        put(0x88, &1_000_000_000u32.to_le_bytes());
        put(0x94, &[0xe0, 0, 0x02, 0x01]);
        put(0x98, &[0x0b, 1]);
        put(0x98 + 40, &[6, 0, 1, 0]);
        put(0x98 + 68, &[3, 0, 0x40, 0x01]);
        put(0x98 + 92, &16u32.to_le_bytes());
        put(0x98 + 104, &[0, 0x10, 0, 0, 60, 0, 0, 0]);
        put(0x178, b".idata\0\0");
        put(0x178 + 8, &[0, 2, 0, 0, 0, 0x10, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0]);
        let descriptor = |lookup: u32, name: u32| [lookup.to_le_bytes(), [0; 4], [0; 4], name.to_le_bytes(), lookup.to_le_bytes()].concat();
        put(0x200, &descriptor(0x1060, 0x1080));
        put(0x214, &descriptor(0x1070, 0x1090));
        put(0x260, &0x10a0u32.to_le_bytes());
        put(0x270, &0x8000_0001u32.to_le_bytes());
        put(0x280, b"KERNEL32.dll\0");
        put(0x290, b"WS2_32.dll\0");
        put(0x2a2, b"ExitProcess\0");
        file.extend_from_slice(b"tail");
        file
    }

    fn look(file: &[u8], chunk: usize) -> Option<Event> {
        let mut executable = Executable::new();
        file.chunks(chunk.max(1)).for_each(|part| executable.feed(part));
        executable.finish(Timestamp::from_secs(1), Uid::file(&[b"x"]), Some(file.len() as u64))
    }

    #[test]
    fn an_ordinary_program_is_understood() {
        let row = look(&program(), 100).expect("it has headers");
        assert_eq!(row.get(log::MACHINE), &Value::Static("I386"));
        assert_eq!(row.get(log::OS), &Value::Static("Windows 7 or Server 2008 R2"));
        assert_eq!(row.get(log::SUBSYSTEM), &Value::Static("WINDOWS_CUI"));
        assert_eq!(row.get(log::IS_64BIT), &Value::Bool(false));
        assert_eq!(row.get(log::USES_ASLR), &Value::Bool(true));
        assert_eq!(row.get(log::HAS_IMPORT_TABLE), &Value::Bool(true));
        assert_eq!(row.get(log::HAS_EXPORT_TABLE), &Value::Bool(false));
        assert_eq!(row.get(log::SECTION_NAMES), &Value::list([&b".idata"[..]]));
        assert_eq!(row.get(log::OVERLAY_BYTES), &Value::Count(4));
        let mut expected = Hashes::default();
        expected.update(b"kernel32.exitprocess,ws2_32.accept");
        assert_eq!(row.get(log::IMPHASH), &Value::from(hex(&expected.finish().md5)));
    }

    #[test]
    fn a_truncated_program_says_what_it_can() {
        let file = program();
        assert_eq!(look(&file[..0x80], 64), None);
        let row = look(&file[..0x98], 64).expect("the machine is known");
        assert_eq!((row.get(log::MACHINE), row.get(log::OS)), (&Value::Static("I386"), &Value::Unset));
    }

    #[test]
    fn behind_a_hole_nothing_is_believed() {
        let file = program();
        let mut executable = Executable::new();
        executable.feed(&file[..0x220]);
        executable.cut();
        executable.feed(&file[0x220..]);
        let row = executable.finish(Timestamp::default(), Uid::file(&[b"x"]), None).expect("the headers came");
        assert_eq!(row.get(log::IMPHASH), &Value::Unset);
        assert_eq!(row.get(log::SECTION_ENTROPIES), &Value::list([Value::Unset]));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_split_gives_the_same_row(chunk in 1usize..700) {
            prop_assert_eq!(look(&program(), chunk), look(&program(), 1 << 20));
        }

        #[test]
        fn no_bytes_do_harm(changes in proptest::collection::vec((0usize..0x404, any::<u8>()), 0..40), cut in 0usize..0x404) {
            let mut file = program();
            changes.iter().for_each(|&(at, byte)| file[at] = byte);
            let mut executable = Executable::new();
            executable.feed(&file[..cut]);
            prop_assert!(executable.held_bytes() <= 2 * (HEADERS_BYTES_MAX + IMPORTS_BYTES_MAX as usize));
            look(&file[..cut], 77);
        }
    }
}
