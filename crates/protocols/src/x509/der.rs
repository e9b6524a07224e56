//! Reading DER (ITU-T X.690): tag, length, content.
//!
//! ```text
//! +-----+--------+---------+
//! | tag | length | content |   length: 0..127, or 0x80|n and n bytes
//! +-----+--------+---------+
//! ```
//!
//! Why not a library: OpenSSL, whose verdict Zeek logs, accepts a good deal that strict parsers refuse (impossible dates,
//! odd strings, trailing bytes), and certificates of malware are full of it. Nothing here copies or allocates.
//! Left out: indefinite lengths and tags above 30, which no certificate uses.

/// Universal tags and the context tags that certificates use.
pub(crate) mod tag {
    pub(crate) const BOOLEAN: u8 = 0x01;
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const BIT_STRING: u8 = 0x03;
    pub(crate) const OCTET_STRING: u8 = 0x04;
    pub(crate) const OID: u8 = 0x06;
    pub(crate) const ENUMERATED: u8 = 0x0a;
    pub(crate) const UTC_TIME: u8 = 0x17;
    pub(crate) const GENERALIZED_TIME: u8 = 0x18;
    pub(crate) const SEQUENCE: u8 = 0x30;
    /// `[n]`, primitive.
    pub(crate) const fn context(n: u8) -> u8 {
        0x80 | n
    }
    /// `[n]`, constructed.
    pub(crate) const fn constructed(n: u8) -> u8 {
        0xa0 | n
    }
}

/// One element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    /// The tag byte.
    pub(crate) tag: u8,
    /// The content.
    pub(crate) body: &'a [u8],
    /// Tag, length and content.
    pub(crate) whole: &'a [u8],
}

impl<'a> Element<'a> {
    /// The elements inside.
    pub(crate) const fn inner(self) -> Reader<'a> {
        Reader(self.body)
    }

    /// The bits of a BIT STRING, of which only whole bytes occur in certificates.
    pub(crate) fn bits(self) -> Option<&'a [u8]> {
        (self.tag == tag::BIT_STRING).then_some(self.body)?.get(1..)
    }
}

/// Reads elements one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    /// The next element whatever it is; `None` at the end and where the bytes are not DER.
    pub(crate) fn any(&mut self) -> Option<Element<'a>> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (length, rest) = if first < 0x80 {
            (usize::from(first), rest)
        } else {
            let count = usize::from(first & 0x7f);
            let digits = rest.get(..count).filter(|_| (1..=4).contains(&count))?;
            (digits.iter().fold(0usize, |sum, &digit| sum << 8 | usize::from(digit)), &rest[count..])
        };
        let body = rest.get(..length)?;
        let header = self.0.len() - rest.len();
        let whole = &self.0[..header + length];
        self.0 = &self.0[header + length..];
        Some(Element { tag, body, whole })
    }

    /// The next element, which must have this tag.
    pub(crate) fn take(&mut self, tag: u8) -> Option<Element<'a>> {
        self.optional(tag)
    }

    /// The next element if it has this tag; otherwise it stays.
    pub(crate) fn optional(&mut self, tag: u8) -> Option<Element<'a>> {
        if self.0.first() != Some(&tag) {
            return None;
        }
        self.any()
    }
}

/// The dotted form of an object identifier (X.690 section 8.19).
pub(crate) fn dotted(oid: &[u8]) -> String {
    let mut text = String::new();
    let mut number = 0u128;
    for &byte in oid {
        number = number << 7 | u128::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            if text.is_empty() {
                let first = (number / 40).min(2);
                text = format!("{first}.{}", number - first * 40);
            } else {
                text.push_str(&format!(".{number}"));
            }
            number = 0;
        }
    }
    text
}

/// A number as OpenSSL prints it: upper-case hexadecimal, two digits a byte, a minus for a negative one.
pub(crate) fn integer_hex(body: &[u8]) -> String {
    let negative = body.first().is_some_and(|first| first & 0x80 != 0);
    let mut magnitude = body.to_vec();
    if negative {
        let mut carry = true;
        for byte in magnitude.iter_mut().rev() {
            let (value, overflow) = (!*byte).overflowing_add(u8::from(carry));
            (*byte, carry) = (value, overflow);
        }
    }
    let digits = magnitude.iter().position(|&byte| byte != 0).map_or(&[0u8][..], |at| &magnitude[at..]);
    let mut text = if negative { "-".to_owned() } else { String::new() };
    text.push_str(&hex(digits, b"0123456789ABCDEF"));
    text
}

/// Bytes as lower-case hexadecimal.
pub(crate) fn hex_lower(bytes: &[u8]) -> String {
    hex(bytes, b"0123456789abcdef")
}

/// Bytes as upper-case hexadecimal.
pub(crate) fn hex_upper(bytes: &[u8]) -> String {
    hex(bytes, b"0123456789ABCDEF")
}

fn hex(bytes: &[u8], digits: &[u8; 16]) -> String {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|nibble| char::from(digits[usize::from(nibble)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_both_forms_and_none_that_overrun() {
        assert_eq!(Reader(&[4, 2, 7, 8, 9]).any().map(|e| e.body), Some(&[7u8, 8][..]));
        assert_eq!(Reader(&[4, 0x81, 1, 7]).any().map(|e| (e.body, e.whole.len())), Some((&[7u8][..], 4)));
        assert_eq!(Reader(&[4, 3, 7]).any(), None);
        assert_eq!(Reader(&[4, 0x84, 0xff, 0xff, 0xff, 0xff]).any(), None);
        assert_eq!(Reader(&[4, 0x80, 0, 0]).any(), None);
    }

    #[test]
    fn numbers_and_names_print_as_openssl_prints_them() {
        assert_eq!(dotted(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11]), "1.2.840.113549.1.1.11");
        assert_eq!(dotted(&[0x55, 4, 3]), "2.5.4.3");
        assert_eq!(integer_hex(&[0, 0xd2, 1]), "D201");
        assert_eq!(integer_hex(&[0]), "00");
        assert_eq!(integer_hex(&[0xff]), "-01");
        assert_eq!(integer_hex(&[0x80, 0]), "-8000");
    }
}
