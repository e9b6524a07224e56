//! Names of the NetBIOS name service (RFC 1001 section 14.1): sixteen bytes, each written as two letters from `A` to `P`.

/// Letters of an encoded name.
const ENCODED_BYTES: usize = 32;

/// Decodes a name without its sixteenth byte (which says what kind of name it is) and without the blanks at its end.
/// `None` where it is no such name, or an empty one.
pub fn decode(encoded: &[u8]) -> Option<Vec<u8>> {
    if encoded.len() != ENCODED_BYTES {
        return None;
    }
    let mut name = Vec::with_capacity(ENCODED_BYTES / 2);
    for pair in encoded.chunks_exact(2) {
        let byte = (nibble(pair[0])? << 4) | nibble(pair[1])?;
        // 0, 1 and 2 occur in names that browsers of the network neighbourhood announce.
        if !(byte.is_ascii_graphic() || byte == b' ' || byte < 3) {
            break;
        }
        name.push(byte);
    }
    name.truncate(ENCODED_BYTES / 2 - 1);
    while matches!(name.last(), Some(b' ' | 0)) {
        name.pop();
    }
    (!name.is_empty()).then_some(name)
}

fn nibble(letter: u8) -> Option<u8> {
    let letter = letter.to_ascii_uppercase();
    matches!(letter, b'A'..=b'P').then(|| letter - b'A')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_decoded_without_type_and_blanks() {
        let check = |encoded: &str, name: Option<&[u8]>| assert_eq!(decode(encoded.as_bytes()).as_deref(), name, "{encoded}");
        check("fhepfcelehfcepfffacacacacacacabl", Some(b"WORKGROUP"));
        check("abacfpfpenfdecfcepfhfdeffpfpacab", Some(b"\x01\x02__MSBROWSE__\x02"));
        check("CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", Some(b"*"));
        check("cacacacacacacacacacacacacacacaca", None);
        check("fhepfcelehfcepfffacacacacacacab", None);
        check("zzepfcelehfcepfffacacacacacacabl", None);
    }
}
