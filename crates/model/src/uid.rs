//! Ids that link the rows of different logs: connections (`C…`) and files (`F…`).

use std::fmt;

/// A 96-bit id with the letter of what it names, printed in base 62 as Zeek prints its own.
///
/// Ids are a seeded hash of what they name, never random: the same capture gives the same ids.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid {
    prefix: u8,
    high: u32,
    low: u64,
}

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

impl Uid {
    /// The id of a connection, named by `parts` in order.
    pub fn connection(parts: &[&[u8]]) -> Self {
        Self::of(b'C', parts)
    }

    /// The id of a file, named by `parts` in order.
    pub fn file(parts: &[&[u8]]) -> Self {
        Self::of(b'F', parts)
    }

    /// A 64-bit number that is the same for the same id: for hash tables and for spreading work.
    pub const fn low_bits(self) -> u64 {
        self.low
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
        Self { prefix, high: (mix(b ^ a, 0x5896_36e0_3f0e_2f3d) >> 16) as u32, low: mix(a ^ b.rotate_left(32), 0x1d8e_4e27_c47d_124f) }
    }
}

/// Folds a 64 x 64 bit product, the step of the wyhash family.
fn mix(a: u64, b: u64) -> u64 {
    let wide = u128::from(a ^ 0x2d35_8dcc_aa6c_78a5) * u128::from(b);
    (wide as u64) ^ ((wide >> 64) as u64)
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0u8; 18];
        let mut at = text.len();
        let mut rest = (u128::from(self.high) << 64) | u128::from(self.low);
        while rest > 0 || at == text.len() {
            at -= 1;
            text[at] = DIGITS[(rest % 62) as usize];
            rest /= 62;
            if at == 1 {
                break;
            }
        }
        at -= 1;
        text[at] = self.prefix;
        f.write_str(std::str::from_utf8(&text[at..]).unwrap_or_default())
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
}
