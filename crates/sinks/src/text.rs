//! Text from the wire, made safe for a log: what stays, what becomes `\xHH`.
//!
//! Zeek's rule (`Log::enable_utf_8`, on by default): printable ASCII stays; the separator, control characters and bytes
//! that are no UTF-8 become `\xHH`; a backslash is doubled; inside a set the comma is escaped too. UTF-8 stays where the
//! whole stretch between two of the escaped ASCII characters is sound: one bad byte turns all of that stretch's high bytes
//! into `\xHH`. Code points that no reader should meet (C1 controls, private use, specials) count as bad.

/// Which bytes need no thought: printable ASCII without the backslash.
const PLAIN: [bool; 256] = plain();

const fn plain() -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0x20;
    while byte < 0x7f {
        table[byte] = byte != b'\\' as usize;
        byte += 1;
    }
    table
}

/// Appends `\xHH`.
pub(crate) fn write_hex(out: &mut Vec<u8>, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.extend_from_slice(&[b'\\', b'x', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
}

/// Appends `bytes` for a TSV cell; `in_set` also escapes the comma that separates the elements.
pub(crate) fn write_escaped(out: &mut Vec<u8>, bytes: &[u8], in_set: bool) {
    if bytes.iter().all(|&byte| PLAIN[usize::from(byte)] && !(in_set && byte == b',')) {
        out.extend_from_slice(bytes);
        return;
    }
    let cuts = |byte: &u8| matches!(byte, b'\\' | b'\t') || (in_set && *byte == b',');
    let mut rest = bytes;
    loop {
        let end = rest.iter().position(cuts).unwrap_or(rest.len());
        write_stretch(out, &rest[..end], true);
        match rest.get(end) {
            None => return,
            Some(b'\\') => out.extend_from_slice(b"\\\\"),
            Some(&byte) => write_hex(out, byte),
        }
        rest = &rest[end + 1..];
    }
}

/// Appends `bytes` with bad UTF-8 as `\xHH`, and with `controls` the ASCII control characters too.
pub(crate) fn write_stretch(out: &mut Vec<u8>, bytes: &[u8], controls: bool) {
    let sound = std::str::from_utf8(bytes).is_ok_and(|text| text.chars().all(is_shown));
    for &byte in bytes {
        let kept = match byte {
            0x20..0x7f => true,
            0..0x20 | 0x7f => !controls,
            0x80.. => sound,
        };
        if kept {
            out.push(byte);
        } else {
            write_hex(out, byte);
        }
    }
}

/// Whether a code point may stand in a log as it is; ASCII is judged elsewhere.
const fn is_shown(c: char) -> bool {
    !matches!(c, '\u{80}'..='\u{9f}' | '\u{e000}'..='\u{f8ff}' | '\u{fff0}'..='\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], in_set: bool, expected: &str) {
        let mut out = Vec::new();
        write_escaped(&mut out, bytes, in_set);
        assert_eq!(String::from_utf8_lossy(&out), expected);
    }

    #[test]
    fn plain_text_stays() {
        check(b"GET /a?b=c HTTP/1.1", false, "GET /a?b=c HTTP/1.1");
        check(b"a,b", false, "a,b");
        check(b"a,b", true, "a\\x2cb");
        check("luca\u{2019}s".as_bytes(), false, "luca\u{2019}s");
    }

    #[test]
    fn controls_separators_and_backslashes_are_escaped() {
        check(b"a\tb\nc\x7f\0", false, "a\\x09b\\x0ac\\x7f\\x00");
        check(b"\\x41\\\\", false, "\\\\x41\\\\\\\\");
    }

    #[test]
    fn bad_utf8_spoils_its_stretch_only() {
        check(b"\xc3\xb1\xc0\x81", false, "\\xc3\\xb1\\xc0\\x81");
        check(b"\xf2\x28\x8c\xbc", false, "\\xf2(\\x8c\\xbc");
        check(b"\xc3\xb1\\\xff", false, "\u{f1}\\\\\\xff");
        check("\u{85}\u{e000}\u{fffd}".as_bytes(), false, "\\xc2\\x85\\xee\\x80\\x80\\xef\\xbf\\xbd");
    }
}
