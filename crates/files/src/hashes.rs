//! The three digests of every file, computed as its bytes stream by.

use md5::Md5;
use md5::digest::{Digest, Output};
use sha1::Sha1;
use sha2::Sha256;

/// Bytes given to one digest before the next gets them. MD5 is a chain in which each step waits for the last, so that the
/// processor has room to begin the next digest beside it: short turns measured 7 % faster than turns of 8 KiB.
const TURN_BYTES: usize = 128;

/// Digests under way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hashes {
    md5: Md5,
    sha1: Sha1,
    sha256: Sha256,
}

/// Digests done.
#[derive(Clone, Debug)]
pub(crate) struct Digests {
    /// MD5 (RFC 1321).
    pub(crate) md5: Output<Md5>,
    /// SHA-1 (FIPS 180-4).
    pub(crate) sha1: Output<Sha1>,
    /// SHA-256 (FIPS 180-4).
    pub(crate) sha256: Output<Sha256>,
}

impl Hashes {
    /// Takes the next bytes.
    pub(crate) fn update(&mut self, data: &[u8]) {
        for part in data.chunks(TURN_BYTES) {
            self.md5.update(part);
            self.sha1.update(part);
            self.sha256.update(part);
        }
    }

    /// The digests of everything so far.
    pub(crate) fn finish(self) -> Digests {
        Digests { md5: self.md5.finalize(), sha1: self.sha1.finalize(), sha256: self.sha256.finalize() }
    }
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|&byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_standards() {
        let mut hashes = Hashes::default();
        hashes.update(b"a");
        hashes.update(b"bc");
        let digests = hashes.finish();
        assert_eq!(hex(&digests.md5), b"900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(hex(&digests.sha1), b"a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(hex(&digests.sha256), b"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
