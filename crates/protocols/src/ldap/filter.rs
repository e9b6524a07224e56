//! A search's filter as text (RFC 4515), nested by twos as Zeek and Wireshark show it.

use crate::kerberos::ber::Element;

/// Filters nested deeper are not read.
const DEPTH_MAX: usize = 64;
/// The text ends here, in bytes: it stands in a row.
const TEXT_BYTES_MAX: usize = 16 * 1024;
/// What stands for a filter that cannot be read.
const BROKEN: &str = "FILTER_PARSING_ERROR";

/// The text of a filter.
pub(super) fn text(filter: &Element<'_>) -> String {
    read(filter, 0).unwrap_or_else(|| BROKEN.to_owned())
}

fn read(filter: &Element<'_>, depth: usize) -> Option<String> {
    if depth > DEPTH_MAX || filter.tag & 0xc0 != 0x80 {
        return None;
    }
    let text = match filter.tag & 0x1f {
        0 => all(filter, '&', depth)?,
        1 => all(filter, '|', depth)?,
        2 => format!("(!{})", read(&filter.children().next()?, depth + 1)?),
        3 => assertion(filter, "=")?,
        4 => substrings(filter)?,
        5 => assertion(filter, ">=")?,
        6 => assertion(filter, "<=")?,
        7 => format!("({}=*)", String::from_utf8_lossy(filter.content)),
        8 => assertion(filter, "~=")?,
        9 => {
            let mut parts = filter.children();
            let (rule, kind, value) = (parts.next()?, parts.next()?, parts.next()?);
            format!("({}:{}:={})", String::from_utf8_lossy(kind.content), String::from_utf8_lossy(rule.content), escaped(value.content))
        }
        _ => return None,
    };
    (text.len() <= TEXT_BYTES_MAX).then_some(text)
}

/// The filters inside one, two by two.
fn all(filter: &Element<'_>, sign: char, depth: usize) -> Option<String> {
    let mut text = String::new();
    let mut count = 0;
    for inside in filter.children() {
        let inside = read(&inside, depth + 1)?;
        text = match count {
            0 => format!("({sign}{inside}"),
            1 => format!("{text}{inside})"),
            _ => format!("({sign}{text}{inside})"),
        };
        count += 1;
        if text.len() > TEXT_BYTES_MAX {
            return None;
        }
    }
    if count == 1 {
        text.push(')');
    }
    Some(text)
}

fn assertion(filter: &Element<'_>, sign: &str) -> Option<String> {
    let mut parts = filter.children();
    let (name, value) = (parts.next()?, parts.next()?);
    Some(format!("({}{sign}{})", String::from_utf8_lossy(name.content), value_text(name.content, value.content)))
}

fn substrings(filter: &Element<'_>) -> Option<String> {
    let mut parts = filter.children();
    let (name, pieces) = (parts.next()?, parts.next()?);
    let (mut first, mut between, mut last) = (String::new(), String::new(), String::new());
    for piece in pieces.children() {
        let text = escaped(piece.content);
        match piece.tag & 0x1f {
            0 => first = text,
            1 => between = format!("{between}{text}*"),
            2 => last = text,
            _ => return None,
        }
    }
    Some(format!("({}={first}*{between}{last})", String::from_utf8_lossy(name.content)))
}

/// A value; some that Windows asks its domain controllers for are numbers and ids in binary (MS-ADTS section 6.3.3.2).
fn value_text(name: &[u8], value: &[u8]) -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    match name {
        b"DomainGuid" => match value {
            [a, b, c, d, e, f, g, h, rest @ ..] if rest.len() == 8 => {
                format!("{}-{}-{}-{}-{}", hex(&[*d, *c, *b, *a]), hex(&[*f, *e]), hex(&[*h, *g]), hex(&rest[..2]), hex(&rest[2..]))
            }
            _ => "GUID_FORMAT_FAILED".to_owned(),
        },
        b"objectSid" | b"AAC" => value.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":"),
        b"DomainSid" => match value {
            [revision, _, authority @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] if authority.len() == 6 => {
                let authority = authority.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
                let parts = value[8..].chunks_exact(4).map(|part| u32::from_le_bytes([part[0], part[1], part[2], part[3]]).to_string());
                format!("S-{revision}-{authority}-{}", parts.collect::<Vec<_>>().join("-"))
            }
            _ => "SID_FORMAT_FAILED".to_owned(),
        },
        b"NtVer" => match value {
            [a, b, c, d] => format!("0x{}", hex(&[*d, *c, *b, *a])),
            _ => "HEX_FORMAT_FAILED".to_owned(),
        },
        _ => escaped(value),
    }
}

/// A value with RFC 4515's escapes.
fn escaped(value: &[u8]) -> String {
    let mut text = String::with_capacity(value.len());
    for char in String::from_utf8_lossy(value).chars() {
        match char {
            '(' => text.push_str("\\28"),
            ')' => text.push_str("\\29"),
            '*' => text.push_str("\\2a"),
            '\\' => text.push_str("\\5c"),
            '\0' => text.push_str("\\00"),
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        [&[tag, content.len() as u8], content].concat()
    }

    fn equal(name: &str, value: &[u8]) -> Vec<u8> {
        element(0xa3, &[element(4, name.as_bytes()), element(4, value)].concat())
    }

    fn shown(bytes: &[u8]) -> String {
        text(&Element::read(bytes).expect("an element"))
    }

    #[test]
    fn filters_as_text() {
        assert_eq!(shown(&element(0x87, b"objectClass")), "(objectClass=*)");
        let three = [equal("a", b"1"), equal("b", b"2"), equal("c", b"(*)")].concat();
        assert_eq!(shown(&element(0xa0, &three)), "(&(&(a=1)(b=2))(c=\\28\\2a\\29))");
        assert_eq!(shown(&element(0xa1, &equal("a", b"1"))), "(|(a=1))");
        assert_eq!(shown(&element(0xa2, &equal("a", b"1"))), "(!(a=1))");
        let pieces = element(0x30, &[element(0x80, b"x"), element(0x81, b"y"), element(0x82, b"z")].concat());
        assert_eq!(shown(&element(0xa4, &[element(4, b"n"), pieces].concat())), "(n=x*y*z)");
        assert_eq!(shown(&equal("NtVer", &[6, 0, 0, 0])), "(NtVer=0x00000006)");
        let sid = [1, 4, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0];
        assert_eq!(shown(&equal("DomainSid", &sid)), "(DomainSid=S-1-5-21-1-2-3)");
        assert_eq!(shown(&element(0xa3, b"")), BROKEN);
    }

    #[test]
    fn depth_is_bounded() {
        let mut nested = element(0x87, b"a");
        for _ in 0..30 {
            nested = element(0xa2, &nested);
        }
        assert!(shown(&nested).starts_with("(!(!"));
        let mut deep = Element::read(&nested).expect("an element").content.to_vec();
        for _ in 0..100 {
            let length = (deep.len() as u16).to_be_bytes();
            deep = [&[0xa2, 0x82, length[0], length[1]], &deep[..]].concat();
        }
        assert_eq!(shown(&deep), BROKEN);
    }
}
