//! The hash of an executable's imports: MD5 over `library.function,…` in the order of the import table, lower case,
//! without the library's ending (Mandiant 2014, "Tracking Malware with Import Hashing"; the details as the `pefile` module
//! has them, because the world's databases hold its hashes).

use super::header::{Headers, u16_at, u32_at};
use md5::Md5;
use md5::digest::Digest;
use std::sync::LazyLock;

/// Libraries looked at: honest programs import from some dozens.
const LIBRARIES_MAX: usize = 1024;

/// Functions looked at over all libraries: honest programs import some thousands.
const FUNCTIONS_MAX: usize = 1 << 14;

/// Bytes of a name that are looked at, as `pefile` does.
const NAME_BYTES_MAX: usize = 512;

const DESCRIPTOR_BYTES: u32 = 20;

type Ordinals = LazyLock<Vec<Option<&'static str>>>;

/// Names behind the numbers of libraries that are mostly imported by number.
static SOCKETS: Ordinals = LazyLock::new(|| ordinals(include_str!("ordinals/ws2_32.txt")));
static OLD_SOCKETS: Ordinals = LazyLock::new(|| ordinals(include_str!("ordinals/wsock32.txt")));
static AUTOMATION: Ordinals = LazyLock::new(|| ordinals(include_str!("ordinals/oleaut32.txt")));

/// Larger numbers have no names in the tables.
const ORDINALS_MAX: usize = 2048;

fn ordinals(lines: &'static str) -> Vec<Option<&'static str>> {
    let mut names = vec![None; ORDINALS_MAX];
    for (number, name) in lines.lines().filter_map(|line| line.split_once(' ')) {
        if let Some(place) = number.parse::<usize>().ok().and_then(|number| names.get_mut(number)) {
            *place = Some(name);
        }
    }
    names
}

/// A part of the file in memory: so many bytes from an offset on, as far as they are held.
pub(super) trait Image {
    /// The bytes held from `offset` on; `None` where that byte isn't held.
    fn from(&self, offset: u64) -> Option<&[u8]>;
}

/// The hash, or `None` where there are no imports or they are not all in `image`.
pub(super) fn hash(headers: &Headers, image: &impl Image) -> Option<[u8; 16]> {
    let (mut descriptor, _) = headers.directory(1)?;
    let is_plus = headers.optional.as_ref()?.is_plus;
    let at = |address: u32| image.from(headers.offset_of(address)?);
    let mut hash = Md5::new();
    let mut functions = 0;
    for _ in 0..LIBRARIES_MAX {
        let fields = at(descriptor)?.get(..DESCRIPTOR_BYTES as usize)?;
        if fields.iter().all(|&byte| byte == 0) {
            break;
        }
        descriptor = descriptor.checked_add(DESCRIPTOR_BYTES)?;
        let (lookup, name, addresses) = (u32_at(fields, 0)?, u32_at(fields, 12)?, u32_at(fields, 16)?);
        let library = library(text(at(name)?));
        let has_lookup = lookup != 0 && at(lookup).is_some_and(|table| u32_at(table, 0).is_some_and(|first| first != 0));
        let mut thunk = if has_lookup { lookup } else { addresses };
        while functions < FUNCTIONS_MAX {
            let table = at(thunk)?;
            let (low, high) = (u32_at(table, 0)?, if is_plus { u32_at(table, 4)? } else { 0 });
            if low == 0 && high == 0 {
                break;
            }
            thunk = thunk.checked_add(if is_plus { 8 } else { 4 })?;
            let by_number = (if is_plus { high } else { low }) >> 31 == 1;
            let function = if by_number {
                by_ordinal(&library, low as u16)
            } else {
                let entry = at(low & 0x7fff_ffff)?;
                u16_at(entry, 0)?;
                text(&entry[2..]).to_ascii_lowercase()
            };
            if function.is_empty() || !function.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._?@$()<>".contains(byte)) {
                continue;
            }
            if functions > 0 {
                hash.update(b",");
            }
            hash.update(stem(&library));
            hash.update(b".");
            hash.update(&function);
            functions += 1;
        }
    }
    (functions > 0).then(|| hash.finalize().into())
}

/// A library's name in lower case.
fn library(name: &[u8]) -> Vec<u8> {
    const ALLOWED: &[u8] = b"!#$%&'()-@^_`{}~+,.;=[]:\\/";
    if name.is_empty() || !name.iter().all(|byte| byte.is_ascii_alphanumeric() || ALLOWED.contains(byte)) {
        return b"*invalid*".to_vec();
    }
    name.to_ascii_lowercase()
}

/// A library's name without the ending of a library.
fn stem(name: &[u8]) -> &[u8] {
    [&b".dll"[..], b".ocx", b".sys"].iter().find_map(|ending| name.strip_suffix(*ending)).unwrap_or(name)
}

fn by_ordinal(library: &[u8], number: u16) -> Vec<u8> {
    let names = match library {
        b"ws2_32.dll" => Some(&SOCKETS),
        b"wsock32.dll" => Some(&OLD_SOCKETS),
        b"oleaut32.dll" => Some(&AUTOMATION),
        _ => None,
    };
    let known = names.and_then(|names| names.get(usize::from(number)).copied().flatten());
    known.map_or_else(|| format!("ord{number}").into_bytes(), |name| name.to_ascii_lowercase().into_bytes())
}

/// The bytes before the first zero.
fn text(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.get(..NAME_BYTES_MAX).unwrap_or(bytes);
    bytes.split(|&byte| byte == 0).next().unwrap_or_default()
}
