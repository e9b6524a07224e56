//! Text that is no text: programs that travel as hexadecimal digits or base64, forwards or backwards, to pass those who look
//! at types. Found by the alphabet of the first 4 KiB and by what the beginning or the end decodes to.
//!
//! After what loaders do (ATT&CK T1027.010, T1132.001). Left out: compression and encryption inside, of which nothing shows but
//! that digits are all there is.

/// Fewer bytes than this are a token or a hash and no wrapped file.
const BYTES_MIN: u64 = 2_048;
/// As many bytes at the end are remembered: those that begin a program when the text is read backwards.
pub(crate) const TAIL_BYTES: usize = 4;

/// What the first bytes of a text consist of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alphabet {
    /// Hexadecimal digits.
    Hex,
    /// Those of base64 (RFC 4648 section 4).
    Base64,
}

impl Alphabet {
    /// The alphabet of a head, if it is nothing but that. Lines may be broken.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        if head.len() < BYTES_MIN as usize {
            return None;
        }
        let mut hex = true;
        let mut kinds = [false; 3];
        for byte in head {
            match byte {
                b'0'..=b'9' => kinds[0] = true,
                b'a'..=b'f' | b'A'..=b'F' => kinds[1] = true,
                b'g'..=b'z' | b'G'..=b'Z' | b'+' | b'/' | b'=' => {
                    kinds[2] = true;
                    hex = false;
                }
                b'\r' | b'\n' => {}
                _ => return None,
            }
        }
        // A long number is no digest of anything, and a word without digits no base64 of a program.
        match (hex, kinds) {
            (true, [true, true, _]) => Some(Self::Hex),
            (false, [true, _, true]) => Some(Self::Base64),
            _ => None,
        }
    }
}

/// What a text of `bytes` bytes can be turned into: `hex`, `base64`, and behind it, where it shows, `reversed` and the type.
pub(crate) fn judge(alphabet: Alphabet, head: [u8; TAIL_BYTES], tail: [u8; TAIL_BYTES], bytes: u64) -> Option<&'static str> {
    let mut back = tail;
    back.reverse();
    // `MZ`, the beginning of a program, as base64 shows it: the third letter depends on the byte behind it.
    let base64 = |text: &[u8; TAIL_BYTES]| text.starts_with(b"TV") && matches!(text[2], b'o'..=b'r');
    let hex = |text: &[u8; TAIL_BYTES]| text.eq_ignore_ascii_case(b"4d5a");
    match alphabet {
        _ if bytes < BYTES_MIN => None,
        Alphabet::Hex if hex(&head) => Some("hex application/x-dosexec"),
        Alphabet::Hex if hex(&back) => Some("hex reversed application/x-dosexec"),
        Alphabet::Hex => Some("hex"),
        Alphabet::Base64 if base64(&head) => Some("base64 application/x-dosexec"),
        Alphabet::Base64 if base64(&back) => Some("base64 reversed application/x-dosexec"),
        Alphabet::Base64 => Some("base64"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_all_the_way_are_a_wrapped_file_and_prose_is_not() {
        let wrapped = |text: &[u8]| {
            let tail = text[text.len() - TAIL_BYTES..].try_into().expect("four bytes");
            let head = text[..TAIL_BYTES].try_into().expect("four bytes");
            Alphabet::of(&text[..text.len().min(4096)]).and_then(|alphabet| judge(alphabet, head, tail, text.len() as u64))
        };
        let hex = b"4D5A9000".iter().chain(b"0123456789abcdef".iter().cycle()).copied().take(5_000).collect::<Vec<u8>>();
        assert_eq!(wrapped(&hex), Some("hex application/x-dosexec"));
        assert_eq!(wrapped(&hex.iter().rev().copied().collect::<Vec<u8>>()), Some("hex reversed application/x-dosexec"));
        assert_eq!(wrapped(&hex[8..]), Some("hex"));
        let base64 = b"TVqQ".iter().chain(b"AAMAbc9/x+\r\n".iter().cycle()).copied().take(5_000).collect::<Vec<u8>>();
        assert_eq!(wrapped(&base64), Some("base64 application/x-dosexec"));
        assert_eq!(wrapped(&[b'7'; 5_000]), None);
        assert_eq!(wrapped(&b"It was a dark and stormy night. ".repeat(200)), None);
        assert_eq!(wrapped(&hex[..1_000]), None);
    }
}
