//! Base64 (RFC 4648) and quoted-printable (RFC 2045 section 6.7), streaming and lenient as Zeek's decoders are.

/// A streaming base64 decoder: other characters are passed over, decoding stops at the padding.
#[derive(Clone, Debug, Default)]
pub struct Base64 {
    bits: u32,
    digits: u8,
    padded: bool,
    /// Whether a character that is no base64 was seen.
    pub dirty: bool,
}

const fn table() -> [u8; 256] {
    let mut table = [0xff; 256];
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut at = 0;
    while at < alphabet.len() {
        table[alphabet[at] as usize] = at as u8;
        at += 1;
    }
    table
}

static DIGITS: [u8; 256] = table();

impl Base64 {
    /// Decodes more text, appending to `out`.
    pub fn feed(&mut self, text: &[u8], out: &mut Vec<u8>) {
        out.reserve(text.len() / 4 * 3 + 3);
        for &c in text {
            let digit = DIGITS[usize::from(c)];
            if digit == 0xff {
                self.other(c, out);
                continue;
            }
            if self.padded {
                self.dirty = true;
                continue;
            }
            self.bits = self.bits << 6 | u32::from(digit);
            self.digits += 1;
            if self.digits == 4 {
                out.extend_from_slice(&self.bits.to_be_bytes()[1..]);
                self.bits = 0;
                self.digits = 0;
            }
        }
    }

    fn other(&mut self, c: u8, out: &mut Vec<u8>) {
        if c == b'=' {
            if !self.padded {
                self.finish(out);
            }
            self.padded = true;
        } else if !matches!(c, b'\r' | b'\n' | b' ' | b'\t') {
            self.dirty = true;
        }
    }

    /// Gives out what an unpadded end left over.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        match self.digits {
            2 => out.push((self.bits >> 4) as u8),
            3 => out.extend_from_slice(&((self.bits >> 2) as u16).to_be_bytes()),
            _ => {}
        }
        self.digits = 0;
        self.bits = 0;
    }
}

/// Decodes a whole text; `None` where it holds something that is no base64.
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut decoder = Base64::default();
    let mut out = Vec::new();
    decoder.feed(text, &mut out);
    decoder.finish(&mut out);
    (!decoder.dirty).then_some(out)
}

/// Decodes one line of quoted-printable, its line break included unless it is a soft one.
pub fn quoted_printable(line: &[u8], out: &mut Vec<u8>) {
    let end = line.iter().rposition(|c| !matches!(c, b' ' | b'\t')).map_or(0, |at| at + 1);
    let mut at = 0;
    let mut soft = false;
    while at < end {
        let c = line[at];
        at += 1;
        if c != b'=' {
            out.push(c);
        } else if at == end {
            soft = true;
        } else if let Some([high, low]) = line.get(at..at + 2).map(|pair| [hex(pair[0]), hex(pair[1])])
            && let (Some(high), Some(low)) = (high, low)
        {
            out.push(high << 4 | low);
            at += 2;
        } else {
            out.push(c);
        }
    }
    if !soft {
        out.extend_from_slice(b"\r\n");
    }
}

/// How many bytes wait at most for what follows them: blanks, whose meaning shows at the next line break. RFC 2045 ends a line
/// after 76 characters; what waits longer than many such lines is text.
const WAITING_BYTES_MAX: usize = 1024;

/// A streaming decoder of quoted-printable, for a body that comes as bytes and not as lines: line breaks stay as they are, and
/// where the stream is cut decides nothing.
#[derive(Clone, Debug, Default)]
pub struct QuotedPrintable {
    /// Blanks; or `=` and a digit or blanks; either with a CR behind.
    waiting: Vec<u8>,
}

impl QuotedPrintable {
    /// Decodes more text, appending to `out`.
    pub fn feed(&mut self, text: &[u8], out: &mut Vec<u8>) {
        for &c in text {
            self.byte(c, out);
        }
    }

    fn byte(&mut self, c: u8, out: &mut Vec<u8>) {
        let (cr, before) = match self.waiting.split_last() {
            Some((b'\r', before)) => (true, before),
            _ => (false, &self.waiting[..]),
        };
        let escape = before.first() == Some(&b'=');
        match (c, before) {
            (b'\n', _) => {
                if !escape {
                    out.extend_from_slice(if cr { b"\r\n" } else { b"\n" });
                }
                return self.waiting.clear();
            }
            (b'\r', [] | [.., b' ' | b'\t' | b'=']) if !cr => return self.waiting.push(c),
            (b' ' | b'\t', [] | [.., b' ' | b'\t' | b'=']) if !cr && before.len() < WAITING_BYTES_MAX => return self.waiting.push(c),
            (_, [b'=']) if !cr && hex(c).is_some() => return self.waiting.push(c),
            (_, [b'=', high]) if !cr => {
                if let (Some(high), Some(low)) = (hex(*high), hex(c)) {
                    out.push(high << 4 | low);
                    return self.waiting.clear();
                }
            }
            _ => {}
        }
        self.finish(out);
        if matches!(c, b'=' | b' ' | b'\t' | b'\r') { self.waiting.push(c) } else { out.push(c) }
    }

    /// Gives out what waits, as it stands.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.waiting);
    }

    /// Bytes held on the heap.
    pub const fn held_bytes(&self) -> usize {
        self.waiting.capacity()
    }
}

/// The value of a hexadecimal digit.
pub const fn hex(c: u8) -> Option<u8> {
    match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        b'A'..=b'F' => Some(c - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_comes_out_whatever_the_split() {
        for (text, expected) in [("dXNlcjpwYXNz", "user:pass"), ("YQ==", "a"), ("YWI=", "ab"), ("YWI", "ab"), ("", "")] {
            assert_eq!(decode(text.as_bytes()).as_deref(), Some(expected.as_bytes()), "{text}");
            let mut decoder = Base64::default();
            let mut out = Vec::new();
            text.bytes().for_each(|c| decoder.feed(&[c], &mut out));
            decoder.finish(&mut out);
            assert_eq!(out, expected.as_bytes(), "{text} byte by byte");
        }
        assert_eq!(decode(b"a!b"), None);
    }

    #[test]
    fn quoted_printable_keeps_what_it_cannot_read() {
        let check = |line: &str, expected: &str| {
            let mut out = Vec::new();
            quoted_printable(line.as_bytes(), &mut out);
            assert_eq!(String::from_utf8_lossy(&out), expected, "{line}");
        };
        check("a=3Db  ", "a=b\r\n");
        check("soft=", "soft");
        check("bad=zz", "bad=zz\r\n");
        check("", "\r\n");
        check("end=4", "end=4\r\n");
    }

    #[test]
    fn quoted_printable_comes_out_whatever_the_split() {
        let check = |text: &str, expected: &str| {
            for length in [1, 2, 3, 7, text.len().max(1)] {
                let (mut decoder, mut out) = (QuotedPrintable::default(), Vec::new());
                text.as_bytes().chunks(length).for_each(|chunk| decoder.feed(chunk, &mut out));
                decoder.finish(&mut out);
                assert_eq!(String::from_utf8_lossy(&out), expected, "{text:?} in chunks of {length}");
            }
        };
        check("a=3Db  \r\nc\t\nd", "a=b\r\nc\nd");
        check("soft=\r\n and= \t\r\n more=\nend", "soft and moreend");
        check("bad=zz=4z==41=", "bad=zz=4z=A=");
        check("=\r=\r\r\n \rx =41 ", "=\r=\r\r\n \rx A ");
        check(&" ".repeat(3000), &" ".repeat(3000));
        check(&format!("{}\r\n", "=41".repeat(100)), &format!("{}\r\n", "A".repeat(100)));
    }
}
