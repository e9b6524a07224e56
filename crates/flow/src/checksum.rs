//! The Internet checksum (RFC 1071): the ones' complement sum of 16-bit words.

/// The sum of `bytes` on top of `sum`, not folded. An odd last byte is padded with zero (RFC 1071 section 4.1).
pub(crate) fn add(mut sum: u64, bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<4>();
    for word in words {
        sum += u64::from(u32::from_be_bytes(*word));
    }
    let mut tail = [0u8; 4];
    tail[..rest.len()].copy_from_slice(rest);
    sum + u64::from(u32::from_be_bytes(tail))
}

/// Folds the carries into 16 bits.
pub(crate) const fn fold(mut sum: u64) -> u16 {
    while sum >> 16 != 0 {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

/// Whether a header or message that contains its own checksum adds up.
pub(crate) fn valid(bytes: &[u8]) -> bool {
    fold(add(0, bytes)) == 0xffff
}

/// Whether a transport segment adds up together with its pseudo header (RFC 9293 section 3.1, RFC 8200 section 8.1).
pub(crate) fn valid_with_pseudo_header(src: &[u8], dst: &[u8], protocol: u8, segment: &[u8]) -> bool {
    let pseudo = u64::from(protocol) + segment.len() as u64;
    fold(add(add(add(pseudo, src), dst), segment)) == 0xffff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_1071_adds_up() {
        assert_eq!(fold(add(0, &[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7])), 0xddf2);
        assert_eq!(fold(add(0, &[0x12, 0x34, 0x56])), 0x6834);
    }

    #[test]
    fn a_header_with_one_flipped_bit_does_not() {
        let mut header = [0x45, 0, 0, 0x73, 0, 0, 0x40, 0, 0x40, 0x11, 0xb8, 0x61, 0xc0, 0xa8, 0, 1, 0xc0, 0xa8, 0, 0xc7];
        assert!(valid(&header));
        header[9] ^= 1;
        assert!(!valid(&header));
    }
}
