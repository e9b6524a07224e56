//! The headers of a Windows executable (Microsoft, "PE Format").
//!
//! ```text
//! 0    DOS header, 64 bytes; at 60 the offset of the next one
//! nt   "PE\0\0"  machine:2  sections:2  time:4  symbols:4  symbol count:4  size of optional header:2  characteristics:2
//! +24  optional header: magic:2 … directories of 8 bytes each
//!      section headers of 40 bytes each
//! ```
//!
//! As Zeek, this asks neither for the signature nor for a known machine: what begins with `MZ` is read on trust. An
//! optional header that ends before its fields do ends the reading.

/// How far into a file headers are looked for. Linkers place them within the first 4 KiB; a stub before them may be some
/// ten KiB long.
pub(super) const HEADERS_BYTES_MAX: usize = 64 << 10;

/// What the headers say.
#[derive(Debug)]
pub(super) struct Headers {
    /// The processor.
    pub(super) machine: u16,
    /// Seconds since 1970.
    pub(super) compiled: u32,
    /// Whether there is an optional header, that is: whether this is an image and not an object.
    pub(super) is_image: bool,
    /// Flags.
    pub(super) characteristics: u16,
    /// The optional header, where it is whole and its magic is known.
    pub(super) optional: Option<Optional>,
    /// The section headers; none unless all are there.
    pub(super) sections: Vec<Section>,
}

/// What the optional header says.
#[derive(Debug)]
pub(super) struct Optional {
    /// Whether it is of the 64-bit form (PE32+).
    pub(super) is_plus: bool,
    /// The Windows version that is required.
    pub(super) os: (u16, u16),
    /// The subsystem that is required.
    pub(super) subsystem: u16,
    /// More flags.
    pub(super) dll_characteristics: u16,
    /// Address in memory and size of each directory.
    pub(super) directories: Vec<(u32, u32)>,
}

/// What a section header says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Section {
    name: [u8; 8],
    virtual_bytes: u32,
    virtual_address: u32,
    /// Bytes in the file.
    pub(super) raw_bytes: u32,
    /// Where in the file.
    pub(super) raw_offset: u32,
}

/// How far the reading came.
#[derive(Debug)]
pub(super) enum Reading {
    /// So many of the file's first bytes are needed.
    Need(usize),
    /// Everything is read.
    Done(Headers),
    /// There are no headers within reach.
    Nothing,
}

/// Reads the headers at the beginning of a file. With `is_all` no more will come: what is there is used.
pub(super) fn read(head: &[u8], is_all: bool) -> Reading {
    let Some(nt) = u32_at(head, 60).map(|offset| (offset as usize).max(64)) else { return Reading::Need(64) };
    let optional_at = nt.saturating_add(24);
    if optional_at > HEADERS_BYTES_MAX {
        return Reading::Nothing;
    }
    let (Some(machine), Some(count), Some(compiled), Some(optional_bytes), Some(characteristics)) =
        (u16_at(head, nt + 4), u16_at(head, nt + 6), u32_at(head, nt + 8), u16_at(head, nt + 20), u16_at(head, nt + 22))
    else {
        return Reading::Need(optional_at);
    };
    let sections_at = optional_at + usize::from(optional_bytes);
    let end = sections_at + usize::from(count) * Section::BYTES;
    let wanted = end.min(HEADERS_BYTES_MAX);
    if head.len() < wanted && !is_all {
        return Reading::Need(wanted);
    }
    let mut headers = Headers { machine, compiled, is_image: optional_bytes > 0, characteristics, optional: None, sections: Vec::new() };
    if headers.is_image {
        match head.get(optional_at..sections_at).and_then(Optional::read) {
            None => return Reading::Done(headers),
            Some(optional) => headers.optional = optional,
        }
    }
    if let Some(bytes) = head.get(sections_at..end.min(head.len())).filter(|bytes| bytes.len() >= wanted.saturating_sub(sections_at)) {
        headers.sections = bytes.as_chunks().0.iter().map(Section::read).collect();
    }
    Reading::Done(headers)
}

impl Headers {
    /// Where in the file the byte lies that is at this address in memory.
    pub(super) fn offset_of(&self, address: u32) -> Option<u64> {
        for section in &self.sections {
            let bytes = section.virtual_bytes.max(section.raw_bytes);
            if let Some(inside) = address.checked_sub(section.virtual_address).filter(|&inside| inside < bytes) {
                // The loader rounds a section's place down to a disk sector.
                return Some(u64::from(section.raw_offset & !0x1ff) + u64::from(inside));
            }
        }
        let first = self.sections.iter().map(|section| section.virtual_address).min().unwrap_or(u32::MAX);
        (address < first).then_some(u64::from(address))
    }

    /// Where the last section ends in the file.
    pub(super) fn sections_end(&self) -> u64 {
        self.sections.iter().map(|section| section.raw().end).max().unwrap_or(0)
    }

    /// The directory of this number: its address and size; `None` where it is absent or empty.
    pub(super) fn directory(&self, number: usize) -> Option<(u32, u32)> {
        self.optional.as_ref()?.directories.get(number).copied().filter(|&(_, bytes)| bytes > 0)
    }
}

impl Optional {
    /// The outer `None` says that the header ends before its fields do, the inner that it is of no known form.
    fn read(bytes: &[u8]) -> Option<Option<Self>> {
        let magic = u16_at(bytes, 0)?;
        let (fields_at, memory_bytes) = match magic {
            0x10b => (32, 16),
            0x20b => (32, 32),
            _ => (28, 0),
        };
        let os = (u16_at(bytes, fields_at + 8)?, u16_at(bytes, fields_at + 10)?);
        let subsystem = u16_at(bytes, fields_at + 36)?;
        let dll_characteristics = u16_at(bytes, fields_at + 38)?;
        let directories_at = fields_at + 40 + memory_bytes + 8;
        let count = u32_at(bytes, directories_at - 4)? as usize;
        let directories = bytes.get(directories_at..directories_at.checked_add(count.checked_mul(8)?)?)?;
        let directories = directories
            .as_chunks::<8>()
            .0
            .iter()
            .map(|&[a, b, c, d, e, f, g, h]| (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h])));
        let optional = Self { is_plus: magic == 0x20b, os, subsystem, dll_characteristics, directories: directories.collect() };
        Some(matches!(magic, 0x10b | 0x107 | 0x20b).then_some(optional))
    }
}

impl Section {
    const BYTES: usize = 40;

    fn read(bytes: &[u8; Self::BYTES]) -> Self {
        let field = |at: usize| u32_at(bytes, at).unwrap_or_default();
        let mut name = [0; 8];
        name.copy_from_slice(&bytes[..8]);
        Self { name, virtual_bytes: field(8), virtual_address: field(12), raw_bytes: field(16), raw_offset: field(20) }
    }

    /// Its name, without the padding.
    pub(super) fn name(&self) -> &[u8] {
        self.name.split(|&byte| byte == 0).next().unwrap_or_default()
    }

    /// Where it lies in the file.
    pub(super) fn raw(&self) -> std::ops::Range<u64> {
        let start = u64::from(self.raw_offset);
        start..start + u64::from(self.raw_bytes)
    }
}

/// Two bytes, little-endian.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_le_bytes)
}

/// Four bytes, little-endian.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_le_bytes)
}
