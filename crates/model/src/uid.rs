//! Ids that link the rows of different logs: connections (`C…`), files (`F…`), findings (`D…`, for a detection) and incidents (`I…`).

use std::fmt;

/// A 96-bit id with the letter of what it names, printed in base 62 as Zeek prints its own.
///
/// Ids are a seeded hash of what they name, never random: the same capture gives the same ids.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid {
    prefix: u8,
    /// Zero in our own ids; Zeek's are two words of digits each and may need a little more than 96 bits.
    top: u8,
    high: u32,
    low: u64,
}

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Digits of an id that are read: so many are less than 2^104.
const PARSED_DIGITS_MAX: usize = 17;

impl Uid {
    /// The id of a connection, named by `parts` in order.
    pub fn connection(parts: &[&[u8]]) -> Self {
        Self::of(b'C', parts)
    }

    /// The id of a file, named by `parts` in order.
    pub fn file(parts: &[&[u8]]) -> Self {
        Self::of(b'F', parts)
    }

    /// The id of a finding, named by `parts` in order.
    pub fn finding(parts: &[&[u8]]) -> Self {
        Self::of(b'D', parts)
    }

    /// The id of an incident, named by `parts` in order.
    pub fn incident(parts: &[&[u8]]) -> Self {
        Self::of(b'I', parts)
    }

    /// A 64-bit number that is the same for the same id: for hash tables and for spreading work.
    pub const fn low_bits(self) -> u64 {
        self.low
    }

    /// An id as it prints, ours or Zeek's; `None` for what is none, or would not print the same again.
    pub fn parse(text: &str) -> Option<Self> {
        let (prefix, digits) = text.as_bytes().split_first()?;
        let is_plain = prefix.is_ascii_alphabetic() && (1..=PARSED_DIGITS_MAX).contains(&digits.len());
        if !is_plain || (digits.len() > 1 && digits.first() == Some(&DIGITS[0])) {
            return None;
        }
        let mut all = 0_u128;
        for digit in digits {
            all = all * 62 + DIGITS.iter().position(|known| known == digit)? as u128;
        }
        Some(Self { prefix: *prefix, top: (all >> 96) as u8, high: (all >> 64) as u32, low: all as u64 })
    }

    fn of(prefix: u8, parts: &[&[u8]]) -> Self {
        let (mut a, mut b) = (0x6879_616b_7579_6f21_u64 ^ u64::from(prefix), 0x9e37_79b9_7f4a_7c15_u64);
        for part in parts {
            for word in part.chunks(8) {
                let mut bytes = [0; 8];
                bytes[..word.len()].copy_from_slice(word);
                a = mix(a ^ u64::from_le_bytes(bytes), 0xa076_1d64_78bd_642f);
                b = mix(b ^ a, 0xe703_7ed1_a0b4_28db);
            }
            a = mix(a ^ part.len() as u64, 0x8ebc_6af0_9c88_c6e3);
        }
        Self {
            prefix,
            top: 0,
            high: (mix(b ^ a, 0x5896_36e0_3f0e_2f3d) >> 16) as u32,
            low: mix(a ^ b.rotate_left(32), 0x1d8e_4e27_c47d_124f),
        }
    }
}

/// Folds a 64 x 64 bit product, the step of the wyhash family.
fn mix(a: u64, b: u64) -> u64 {
    let wide = u128::from(a ^ 0x2d35_8dcc_aa6c_78a5) * u128::from(b);
    (wide as u64) ^ ((wide >> 64) as u64)
}

impl Uid {
    /// The id as it prints, written to the end of `room`. Nothing is allocated: every row of a log has an id or two.
    pub fn text(self, room: &mut [u8; 18]) -> &[u8] {
        /// 62^10, the largest power that splits 96 bits into two numbers of 64.
        const TEN_DIGITS: u128 = 839_299_365_868_340_224;
        let all = (u128::from(self.top) << 96) | (u128::from(self.high) << 64) | u128::from(self.low);
        let mut at = room.len();
        let mut put = |rest: &mut u64| {
            at -= 1;
            room[at] = DIGITS[(*rest % 62) as usize];
            *rest /= 62;
        };
        let (mut high, mut low) = ((all / TEN_DIGITS) as u64, (all % TEN_DIGITS) as u64);
        if high > 0 {
            (0..10).for_each(|_| put(&mut low));
            // What has at most seventeen digits, divided by 62^10, has at most seven.
            while high > 0 {
                put(&mut high);
            }
        } else {
            put(&mut low);
            while low > 0 {
                put(&mut low);
            }
        }
        at -= 1;
        room[at] = self.prefix;
        &room[at..]
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(self.text(&mut [0; 18])).unwrap_or_default())
    }
}

impl fmt::Debug for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_differ_by_content_and_by_boundaries() {
        let a = Uid::connection(&[b"ab", b"c"]);
        assert_eq!(a, Uid::connection(&[b"ab", b"c"]));
        assert_ne!(a, Uid::connection(&[b"a", b"bc"]));
        assert_ne!(a.to_string()[1..], Uid::file(&[b"ab", b"c"]).to_string()[1..]);
        assert!(a.to_string().starts_with('C') && (12..=18).contains(&a.to_string().len()), "{a}");
    }

    #[test]
    fn ids_are_read_as_they_print() {
        let own = Uid::file(&[b"x"]);
        assert_eq!(Uid::parse(&own.to_string()), Some(own));
        for text in ["CHhAvVGS1DHFjwGM9", "C0", "Czzzzzzzzzzzzzzzzz", "FmmxOr1xEQtkEAfBJe"] {
            assert_eq!(Uid::parse(text).map(|id| id.to_string()).as_deref(), Some(text));
        }
        for text in ["", "C", "C01", "Czzzzzzzzzzzzzzzzzz", "C-1", "-", "é1"] {
            assert_eq!(Uid::parse(text), None, "{text}");
        }
    }

    #[test]
    fn all_96_bits_print() {
        let print = |high, low| Uid { prefix: b'C', top: 0, high, low }.to_string();
        assert_eq!(print(0, 0), "C0");
        assert_eq!(print(0, 61), "Cz");
        assert_eq!(print(0, 839_299_365_868_340_223), "Czzzzzzzzzz");
        assert_eq!(print(0, 839_299_365_868_340_224), "C10000000000");
        assert_eq!(print(u32::MAX, u64::MAX), "C1f2SI9UJPXvb7vdJ1");
    }
}
