//! UUIDs of version 5 (RFC 9562, section 5.5): an id that is the hash of what it names.

use sha1::{Digest as _, Sha1};

/// The namespace that STIX 2.1 (section 2.9) gives for observables.
pub(crate) const OBSERVABLES: [u8; 16] = [0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c, 0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7];
/// Our own namespace, for everything else: drawn once, and for ever the same.
pub(crate) const OWN: [u8; 16] = [0x5d, 0x1c, 0x0e, 0x7a, 0x93, 0x44, 0x4f, 0x0b, 0xa6, 0x2e, 0x81, 0x3f, 0x6b, 0xc2, 0x58, 0x19];

/// The id of a name in a namespace.
pub(crate) fn of(namespace: [u8; 16], name: &str) -> String {
    let mut hasher = Sha1::new();
    hasher.update(namespace);
    hasher.update(name.as_bytes());
    let digest = hasher.finalize();
    let mut bytes: Vec<u8> = digest.iter().copied().take(16).collect();
    if let Some(byte) = bytes.get_mut(6) {
        *byte = (*byte & 0x0f) | 0x50;
    }
    if let Some(byte) = bytes.get_mut(8) {
        *byte = (*byte & 0x3f) | 0x80;
    }
    let mut text = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc_comes_out() {
        let dns = [0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8];
        assert_eq!(of(dns, "www.example.com"), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
    }
}
