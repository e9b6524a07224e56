//! Distinguished names as text, the way OpenSSL prints them by RFC 2253: last part first, special characters escaped.
//!
//! Source: RFC 2253 sections 2 and 3, RFC 5280 section 4.1.2.4. Bytes above 127 print as `\XX` of their UTF-8 form.

use super::der::{Reader, hex_upper, tag};
use super::oid;

/// A name longer than this is cut: Zeek reads it into a buffer of this size.
const NAME_TEXT_MAX: usize = 2047;

/// The text of a `Name` (its SEQUENCE's content).
pub(crate) fn text(name: &[u8]) -> String {
    let mut parts = Vec::new();
    let mut sets = Reader(name);
    while let Some(set) = sets.any() {
        let mut inside = Vec::new();
        let mut attributes = set.inner();
        while let Some(attribute) = attributes.any() {
            inside.push(attribute_text(attribute.body));
        }
        inside.reverse();
        parts.push(inside.join("+"));
    }
    parts.reverse();
    let mut text = parts.join(",");
    text.truncate(text.floor_char_boundary(NAME_TEXT_MAX));
    text
}

/// The values of one attribute of a name, as bytes of UTF-8, in order.
pub(crate) fn values(name: &[u8], wanted: &str) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut sets = Reader(name);
    while let Some(set) = sets.any() {
        let mut attributes = set.inner();
        while let Some(attribute) = attributes.any() {
            let mut fields = attribute.inner();
            let (Some(id), Some(value)) = (fields.take(tag::OID), fields.any()) else { continue };
            if super::der::dotted(id.body) == wanted {
                found.extend(utf8(value.tag, value.body));
            }
        }
    }
    found
}

/// The form in which OpenSSL compares names: strings as UTF-8 in lower case, spaces at their ends left out and those
/// within folded into one.
pub(crate) fn canonical(name: &[u8]) -> Vec<u8> {
    let mut form = Vec::with_capacity(name.len());
    let mut sets = Reader(name);
    while let Some(set) = sets.any() {
        form.push(b'/');
        let mut attributes = set.inner();
        while let Some(attribute) = attributes.any() {
            let mut fields = attribute.inner();
            let (Some(id), Some(value)) = (fields.take(tag::OID), fields.any()) else { continue };
            form.push(b'+');
            form.extend_from_slice(id.whole);
            match utf8(value.tag, value.body) {
                Some(text) => {
                    let words = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
                    let folded: Vec<_> = words.map(<[u8]>::to_ascii_lowercase).collect();
                    form.extend(folded.join(&b' '));
                }
                None => form.extend_from_slice(value.whole),
            }
        }
    }
    form
}

fn attribute_text(attribute: &[u8]) -> String {
    let mut fields = Reader(attribute);
    let (Some(id), Some(value)) = (fields.take(tag::OID), fields.any()) else { return String::new() };
    match (oid::attribute(id.body), utf8(value.tag, value.body)) {
        (Ok(name), Some(bytes)) => format!("{name}={}", escaped(&bytes)),
        (Ok(name), None) => format!("{name}=#{}", hex_upper(value.whole)),
        (Err(dotted), _) => format!("{dotted}=#{}", hex_upper(value.whole)),
    }
}

/// A string value as UTF-8 bytes; `None` for types that are not printed as text.
fn utf8(tag: u8, body: &[u8]) -> Option<Vec<u8>> {
    let wide = |unit: usize| -> Vec<u8> {
        let characters = body.chunks_exact(unit).map(|chunk| chunk.iter().fold(0u32, |sum, &byte| sum << 8 | u32::from(byte)));
        characters.map(|number| char::from_u32(number).unwrap_or('?')).collect::<String>().into_bytes()
    };
    Some(match tag {
        0x0c => body.to_vec(),
        0x12..=0x14 | 0x16..=0x18 | 0x1a if body.is_ascii() => body.to_vec(),
        0x12..=0x14 | 0x16..=0x18 | 0x1a => wide(1),
        0x1c => wide(4),
        0x1e => wide(2),
        _ => return None,
    })
}

fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let last = bytes.len().saturating_sub(1);
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'"' | b'+' | b',' | b';' | b'<' | b'>' | b'\\' => text.extend(['\\', char::from(byte)]),
            b' ' if at == 0 || at == last => text.push_str("\\ "),
            b'#' if at == 0 && last > 0 => text.push_str("\\#"),
            0..0x20 | 0x7f.. => text.push_str(&format!("\\{byte:02X}")),
            _ => text.push(char::from(byte)),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(id: &[u8], kind: u8, value: &[u8]) -> Vec<u8> {
        let mut inner = vec![6, id.len() as u8];
        inner.extend_from_slice(id);
        inner.extend([kind, value.len() as u8]);
        inner.extend_from_slice(value);
        let mut set = vec![0x31, inner.len() as u8 + 2, 0x30, inner.len() as u8];
        set.extend(inner);
        set
    }

    #[test]
    fn last_part_first_and_escaped() {
        let mut name = attribute(&[0x55, 4, 6], 0x13, b"US");
        name.extend(attribute(&[0x55, 4, 10], 0x0c, "Twitter, Incé".as_bytes()));
        name.extend(attribute(&[0x55, 4, 3], 0x1e, &[0, b'a', 0, 0xe9]));
        assert_eq!(text(&name), "CN=a\\C3\\A9,O=Twitter\\, Inc\\C3\\A9,C=US");
        assert_eq!(values(&name, oid::known::COMMON_NAME), vec!["aé".as_bytes().to_vec()]);
        assert_eq!(text(&attribute(&[0x2a, 3], 0x13, b"x")), "1.2.3=#130178");
        assert_eq!(text(&[0x31, 5, 1]), "");
    }
}
