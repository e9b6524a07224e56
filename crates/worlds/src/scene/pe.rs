//! A Windows program that does nothing: well-formed headers, one instruction sequence that returns 0, one import table,
//! and filler. It stands for the malware of the story, so that nobody needs the real one.

use testkit::dice::Dice;

const FILE_ALIGN: usize = 0x200;
const PAGE: u32 = 0x1000;
const IMAGE_BASE: u32 = 0x0040_0000;
/// When it says that it was built: 2021-03-04 05:06:07 UTC.
const BUILT: u32 = 1_614_834_367;
/// Where the PE header stands.
const PE_AT: usize = 0x80;

/// `xor eax, eax; ret`.
const CODE: [u8; 3] = [0x31, 0xc0, 0xc3];

/// What it would be able to call, were it to call anything.
const IMPORTS: [&str; 3] = ["ExitProcess", "GetTickCount", "Sleep"];

struct Section {
    name: &'static [u8; 8],
    data: Vec<u8>,
    /// What it holds and what may be done with it.
    traits: u32,
}

/// The file, with so many bytes of filler in its last section.
pub(crate) fn harmless_program(filler_bytes: usize) -> Vec<u8> {
    let imports_at = 2 * PAGE;
    let mut filler = b"This program is part of a demonstration and does nothing. ".repeat(40);
    filler.extend(Dice::new(8086).bytes(filler_bytes));
    let sections = [
        Section { name: b".text\0\0\0", data: CODE.to_vec(), traits: 0x6000_0020 },
        Section { name: b".rdata\0\0", data: import_table(imports_at), traits: 0x4000_0040 },
        Section { name: b".data\0\0\0", data: filler, traits: 0xc000_0040 },
    ];
    let mut file = headers(&sections, imports_at);
    file.resize(FILE_ALIGN * 2, 0);
    for section in &sections {
        file.extend(&section.data);
        file.resize(file.len().next_multiple_of(FILE_ALIGN), 0);
    }
    file
}

fn headers(sections: &[Section], imports_at: u32) -> Vec<u8> {
    let mut file = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0\xb8\0\0\0\0\0\0\0\x40\0\0\0".to_vec();
    file.resize(0x3c, 0);
    file.extend((PE_AT as u32).to_le_bytes());
    file.extend(b"\x0e\x1f\xba\x0e\0\xb4\x09\xcd\x21\xb8\x01\x4c\xcd\x21This program cannot be run in DOS mode.\r\r\n$");
    file.resize(PE_AT, 0);
    file.extend(b"PE\0\0");
    let raw = |section: &Section| section.data.len().next_multiple_of(FILE_ALIGN) as u32;
    let pages = |section: &Section| (section.data.len() as u32).next_multiple_of(PAGE);
    let image_bytes = PAGE + sections.iter().map(pages).sum::<u32>();
    let data_bytes = sections.iter().skip(1).map(raw).sum::<u32>();
    // The file header: i386, sections, time, no symbols, optional header's size, executable for 32 bits.
    let put16 = |file: &mut Vec<u8>, numbers: &[u16]| file.extend(numbers.iter().flat_map(|n| n.to_le_bytes()));
    let put32 = |file: &mut Vec<u8>, numbers: &[u32]| file.extend(numbers.iter().flat_map(|n| n.to_le_bytes()));
    put16(&mut file, &[0x014c, sections.len() as u16]);
    put32(&mut file, &[BUILT, 0, 0]);
    put16(&mut file, &[224, 0x0102]);
    // The optional header: magic, linker, sizes, entry, bases, alignments, versions, image and header size, GUI.
    put16(&mut file, &[0x010b, 14]);
    put32(&mut file, &[FILE_ALIGN as u32, data_bytes, 0, PAGE, PAGE, 2 * PAGE, IMAGE_BASE, PAGE, FILE_ALIGN as u32]);
    put16(&mut file, &[6, 0, 1, 0, 6, 0]);
    put32(&mut file, &[0, image_bytes, FILE_ALIGN as u32 * 2, 0]);
    put16(&mut file, &[2, 0x8140]);
    put32(&mut file, &[0x10_0000, 0x1000, 0x10_0000, 0x1000, 0, 16]);
    // The directories: none but that of imports.
    for directory in 0..16 {
        put32(&mut file, &if directory == 1 { [imports_at, 40] } else { [0, 0] });
    }
    let (mut at, mut from) = (PAGE, FILE_ALIGN as u32 * 2);
    for section in sections {
        file.extend(section.name);
        put32(&mut file, &[section.data.len() as u32, at, raw(section), from, 0, 0, 0, section.traits]);
        at += pages(section);
        from += raw(section);
    }
    file
}

/// The import directory with its tables and names, for a section that is loaded at `base`.
fn import_table(base: u32) -> Vec<u8> {
    let count = IMPORTS.len() as u32 + 1;
    let (lookup, address) = (base + 40, base + 40 + count * 4);
    let mut name_at = address + count * 4;
    let (mut names, mut table) = (Vec::new(), Vec::new());
    for name in IMPORTS {
        table.extend(name_at.to_le_bytes());
        let mut entry = [&[0, 0], name.as_bytes(), &[0]].concat();
        entry.resize(entry.len().next_multiple_of(2), 0);
        name_at += entry.len() as u32;
        names.extend(entry);
    }
    table.extend([0; 4]);
    let mut bytes: Vec<u8> = [lookup, 0, 0, name_at, address].iter().flat_map(|n| n.to_le_bytes()).collect();
    bytes.extend([0; 20]);
    bytes.extend([&table[..], &table, &names, b"KERNEL32.dll\0"].concat());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headers_agree_with_the_file() {
        let file = harmless_program(50_000);
        let word = |at: usize| u32::from_le_bytes([file[at], file[at + 1], file[at + 2], file[at + 3]]);
        assert_eq!((&file[..2], &file[PE_AT..PE_AT + 4]), (&b"MZ"[..], &b"PE\0\0"[..]));
        let last = PE_AT + 24 + 224 + 2 * 40;
        assert_eq!((word(last + 16) + word(last + 20)) as usize, file.len());
        let code = PE_AT + 24 + 224;
        assert_eq!(&file[word(code + 20) as usize..][..3], CODE);
    }
}
