//! The protection of Initial packets, whose keys follow from what everybody sees (RFC 9001 section 5.2, RFC 9369).
//!
//! ```text
//! initial_secret = HKDF-Extract(salt of the version, client's first destination id)
//! key, iv, hp    = HKDF-Expand-Label(HKDF-Expand-Label(initial_secret, "client in" or "server in"), "quic key" ...)
//! ```

use super::codec::Version;
use ring::aead::{self, Aad, LessSafeKey, Nonce, UnboundKey, quic};
use ring::hkdf;

/// Length of the sample that a header's mask is made from, and of AES-GCM's tag.
const SAMPLE: usize = 16;

/// Both directions' keys.
pub(super) struct Keys {
    client: Direction,
    server: Direction,
}

struct Direction {
    key: LessSafeKey,
    iv: [u8; 12],
    mask: quic::HeaderProtectionKey,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

impl Keys {
    /// From the client's first destination id.
    pub(super) fn new(version: Version, id: &[u8]) -> Option<Self> {
        let secret = hkdf::Salt::new(hkdf::HKDF_SHA256, version.salt()?).extract(id);
        Some(Self { client: Direction::new(version, &secret, "client in")?, server: Direction::new(version, &secret, "server in")? })
    }

    /// Opens a packet: its bytes from the first on, and where its packet number begins. Gives the frames.
    pub(super) fn open(&self, from_client: bool, packet: &[u8], number_at: usize) -> Option<Vec<u8>> {
        let keys = if from_client { &self.client } else { &self.server };
        let sample = packet.get(number_at + 4..number_at + 4 + SAMPLE)?;
        let mask = keys.mask.new_mask(sample).ok()?;
        let mut header = packet.get(..number_at + 4)?.to_vec();
        header[0] ^= mask[0] & 0x0f;
        let digits = usize::from(header[0] & 3) + 1;
        header.truncate(number_at + digits);
        let mut nonce = keys.iv;
        for place in 0..digits {
            header[number_at + place] ^= mask[1 + place];
            nonce[12 - digits + place] ^= header[number_at + place];
        }
        let mut body = packet.get(number_at + digits..)?.to_vec();
        let plain = keys.key.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(&header), &mut body).ok()?.len();
        body.truncate(plain);
        Some(body)
    }
}

impl Direction {
    fn new(version: Version, secret: &hkdf::Prk, label: &str) -> Option<Self> {
        let own = hkdf::Prk::new_less_safe(hkdf::HKDF_SHA256, &expand::<32>(secret, label)?);
        let word = if version.is_two() { "quicv2" } else { "quic" };
        let key = UnboundKey::new(&aead::AES_128_GCM, &expand::<16>(&own, &format!("{word} key"))?).ok()?;
        let mask = quic::HeaderProtectionKey::new(&quic::AES_128, &expand::<16>(&own, &format!("{word} hp"))?).ok()?;
        Some(Self { key: LessSafeKey::new(key), iv: expand::<12>(&own, &format!("{word} iv"))?, mask })
    }
}

/// HKDF-Expand-Label with an empty context (RFC 8446 section 7.1).
fn expand<const N: usize>(secret: &hkdf::Prk, label: &str) -> Option<[u8; N]> {
    let mut out = [0; N];
    let label = [b"tls13 ", label.as_bytes()].concat();
    let lengths = [[0, N as u8, label.len() as u8]];
    secret.expand(&[&lengths[0], &label, &[0]], Length(N)).ok()?.fill(&mut out).ok()?;
    Some(out)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::x509::der::hex_lower;

    /// Protects a packet as its sender does: what `open` undoes.
    pub(in crate::quic) fn seal(id: &[u8], from_client: bool, header: &[u8], number: u8, frames: &[u8]) -> Vec<u8> {
        let keys = Keys::new(Version(1), id).unwrap();
        let keys = if from_client { &keys.client } else { &keys.server };
        let mut nonce = keys.iv;
        nonce[11] ^= number;
        let mut body = frames.to_vec();
        let mut packet = [header, &[number]].concat();
        keys.key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(&packet), &mut body).unwrap();
        let number_at = header.len();
        packet.extend(body);
        let mask = keys.mask.new_mask(&packet[number_at + 4..number_at + 4 + SAMPLE]).unwrap();
        packet[0] ^= mask[0] & 0x0f;
        packet[number_at] ^= mask[1];
        packet
    }

    /// RFC 9001, appendix A.1.
    #[test]
    fn keys_of_the_standards_example() {
        let secret =
            hkdf::Salt::new(hkdf::HKDF_SHA256, Version(1).salt().unwrap()).extract(&[0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08]);
        let client = expand::<32>(&secret, "client in").unwrap();
        assert_eq!(hex_lower(&client), "c00cf151ca5be075ed0ebfb5c80323c42d6b7db67881289af4008f1f6c357aea");
        let client = hkdf::Prk::new_less_safe(hkdf::HKDF_SHA256, &client);
        assert_eq!(hex_lower(&expand::<16>(&client, "quic key").unwrap()), "1f369613dd76d5467730efcbe3b1a22d");
        assert_eq!(hex_lower(&expand::<12>(&client, "quic iv").unwrap()), "fa044b2f42a3fd3b46fb255c");
    }
}
