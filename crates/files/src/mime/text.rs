//! The signs of text that no sequence of fixed parts can express.

use super::pattern::has_word;

/// Whether a byte is a space or a tab.
pub(super) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Whether a byte is a space, a tab or ends a line.
pub(super) const fn is_white(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Whether a byte is a decimal digit.
pub(super) const fn is_digit(byte: u8) -> bool {
    byte.is_ascii_digit()
}

/// Whether a byte is a decimal digit or a space, as in the numbers of a tar header.
pub(super) const fn is_digit_or_space(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b' ')
}

/// Whether a byte may stand in the name field of a tar header.
pub(super) const fn is_printable_or_nul(byte: u8) -> bool {
    matches!(byte, 0x20..=0x7e | 0)
}

/// What is behind a byte-order mark of UTF-8 or UTF-16, if there is one.
pub(super) fn after_mark(data: &[u8]) -> &[u8] {
    [&b"\xef\xbb\xbf"[..], b"\xff\xfe", b"\xfe\xff"].iter().find_map(|mark| data.strip_prefix(*mark)).unwrap_or(data)
}

/// What is behind spaces, tabs and line ends.
pub(super) fn after_white(data: &[u8]) -> &[u8] {
    let count = data.iter().take_while(|&&byte| is_white(byte)).count();
    data.get(count..).unwrap_or_default()
}

/// Text: ten characters of ASCII in a row, behind any byte-order mark.
pub(super) fn plain(data: &[u8]) -> bool {
    const MARKS: [&[u8]; 6] = [b"", b"\xef\xbb\xbf", b"\0\0\xfe\xff", b"\xfe\xff", b"\xff\xfe\0\0", b"\xff\xfe"];
    MARKS
        .iter()
        .filter_map(|mark| data.strip_prefix(*mark)?.get(..10))
        .any(|start| start.iter().all(|&byte| matches!(byte, 9..=13 | 0x20..=0x7e)))
}

/// JSON (RFC 8259): an object with a first member, or an array with a first element and its comma.
pub(super) fn json(data: &[u8]) -> bool {
    let data = after_white(after_mark(data));
    match data.split_first() {
        Some((b'{', rest)) => json_member(after_white(rest)).unwrap_or(false),
        Some((b'[', rest)) => json_element(after_white(rest)).unwrap_or(false),
        _ => false,
    }
}

fn json_member(data: &[u8]) -> Option<bool> {
    let rest = match data.first()? {
        b'"' => quoted(data)?,
        byte if byte.is_ascii_alphabetic() => {
            let len = data.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'\\' | b'_')).count();
            data.get(len..)?
        }
        _ => return Some(false),
    };
    let value = after_white(after_white(rest).strip_prefix(b":")?);
    Some(matches!(value.first()?, b'"' | b'[' | b'{' | b'0'..=b'9') || value.starts_with(b"true") || value.starts_with(b"false"))
}

fn json_element(data: &[u8]) -> Option<bool> {
    let rest = match data.first()? {
        b'{' | b'[' => return Some(true),
        b'"' => quoted(data)?,
        b'0'..=b'9' => {
            let whole = data.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let rest = data.get(whole..)?;
            let fraction = rest.strip_prefix(b".").map_or(0, |rest| rest.iter().take_while(|byte| byte.is_ascii_digit()).count());
            if fraction > 0 { rest.get(1 + fraction..)? } else { rest }
        }
        _ => data.strip_prefix(b"true").or_else(|| data.strip_prefix(b"false"))?,
    };
    Some(after_white(rest).first()? == &b',')
}

/// What is behind a quoted text that is not empty.
fn quoted(data: &[u8]) -> Option<&[u8]> {
    let inside = data.strip_prefix(b"\"")?;
    let len = memchr::memchr(b'"', inside)?;
    if len == 0 { None } else { inside.get(len + 1..) }
}

/// A settings file: a first line that is a name in brackets.
pub(super) fn ini(data: &[u8]) -> bool {
    let data = after_mark(data);
    let lead = data.iter().take_while(|&&byte| is_white(byte) || byte == 0).count();
    let Some(inside) = data.get(lead..).and_then(|data| data.strip_prefix(b"[")) else { return false };
    let Some(end) = memchr::memchr2(b'\r', b'\n', inside) else { return false };
    let line = &inside[..end];
    let tail = line.iter().rev().take_while(|&&byte| is_blank(byte) || byte == 0).count();
    line[..end - tail].strip_suffix(b"]").is_some_and(|name| !name.is_empty())
}

/// The first line of a script, behind `#!`: a folder that ends in `bin/`, perhaps `env`, then one of `names`.
pub(super) fn interpreter(data: &[u8], names: &[&[u8]]) -> bool {
    const FOLDER_BYTES: std::ops::RangeInclusive<usize> = 1..=15;
    FOLDER_BYTES
        .take_while(|&len| data.get(len - 1).is_some_and(|&byte| byte != b'\n'))
        .filter_map(|len| data.get(len..)?.strip_prefix(b"bin/"))
        .any(|program| {
            is_named(program, names)
                || program.strip_prefix(b"env").is_some_and(|rest| {
                    let space = rest.iter().take_while(|&&byte| matches!(byte, 9..=13 | b' ')).count();
                    space > 0 && rest.get(space..).is_some_and(|program| is_named(program, names))
                })
        })
}

fn is_named(program: &[u8], names: &[&[u8]]) -> bool {
    names.iter().any(|name| program.starts_with(name))
}

/// The attribute of a script element that says that it is JavaScript.
pub(super) fn script_type(data: &[u8]) -> bool {
    let Some(length) = [&b"type"[..], b"language"].iter().find(|name| has_word(data, name)).map(|name| name.len()) else { return false };
    let Some(value) = data.get(length..).and_then(|rest| rest.strip_prefix(b"=")) else { return false };
    let value = value.strip_prefix(b"'").or_else(|| value.strip_prefix(b"\"")).unwrap_or(value);
    let value = if has_word(value, b"text/") { &value[5..] } else { value };
    has_word(value, b"javascript")
}

/// The method in the header of an LZH archive, and the dash behind it.
pub(super) fn lzh_method(data: &[u8]) -> bool {
    let Some(&[a, b, c, b'-']) = data.first_chunk::<4>() else { return false };
    match [a, b] {
        [b'l', b'h'] => matches!(c, b' ' | b'a'..=b'e' | b'x' | b'0'..=b'9'),
        [b'l', b'z'] => matches!(c, b's' | b'2'..=b'8'),
        [b'p', b'm'] => matches!(c, b's' | b'0'..=b'2'),
        [b'p', b'c'] => c == b'1',
        _ => false,
    }
}
