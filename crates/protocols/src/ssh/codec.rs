//! What SSH says in the clear: identification, algorithm lists, host keys (codec).
//!
//! ```text
//! "SSH-" protoversion "-" softwareversion [SP comments] CR LF                       RFC 4253 section 4.2
//! uint32 packet_length; byte padding_length; byte type; payload; padding            RFC 4253 section 6
//! SSH 1: uint32 length; padding[8 - length % 8]; byte type; data; uint32 crc        SSH 1.5 section 3
//! ```

use super::log;
use crate::x509::der::hex_lower;
use md5::{Digest, Md5};
use model::{Event, Value};
use sha2::Sha256;
use std::collections::HashSet;

/// SSH_MSG_KEXINIT.
pub(super) const KEXINIT: u8 = 20;
/// SSH_MSG_NEWKEYS.
pub(super) const NEWKEYS: u8 = 21;

/// What Zeek writes where client and server have no algorithm in common.
const NOTHING_IN_COMMON: &str = "Algorithm negotiation failed";

/// The ten lists of a KEXINIT, in their order (RFC 4253 section 7.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Offer([Vec<u8>; 10]);

const KEX: usize = 0;
const HOST_KEY: usize = 1;
const ENCRYPTION: usize = 2;
const MAC: usize = 4;
const COMPRESSION: usize = 6;

/// Which messages the chosen key exchange sends; they share their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exchange {
    /// One message each way, the key in message 31: fixed groups, curves, hybrids.
    Direct,
    /// The group is agreed on first, the key is in message 33.
    Group,
    /// By GSS-API; the key, if sent at all, in message 33.
    Gss,
    /// By RSA; the key is in message 30.
    Rsa,
    /// Not known.
    Unknown,
}

struct Strings<'a>(&'a [u8]);

impl<'a> Strings<'a> {
    fn string(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk::<4>()?;
        let (body, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        self.0 = rest;
        Some(body)
    }
}

/// A KEXINIT's payload behind its type.
pub(super) fn offer(payload: &[u8]) -> Option<Offer> {
    let mut strings = Strings(payload.get(16..)?);
    let mut lists: [Vec<u8>; 10] = Default::default();
    for list in &mut lists {
        *list = strings.string()?.to_vec();
    }
    (strings.0.len() >= 5).then_some(Offer(lists))
}

impl Offer {
    /// HASSH (salesforce/hassh): key exchange, encryption, authentication and compression as this side sends them.
    pub(super) fn hassh(&self, server: bool) -> String {
        let away = usize::from(server);
        let text = [KEX, ENCRYPTION + away, MAC + away, COMPRESSION + away].map(|at| self.0[at].as_slice()).join(&b';');
        hex_lower(&Md5::digest(text))
    }

    /// Bytes held.
    pub(super) fn held_bytes(&self) -> usize {
        self.0.iter().map(Vec::capacity).sum()
    }
}

fn names(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.split(|&byte| byte == b',').filter(|name| !name.is_empty())
}

/// The first of the client's algorithms that the server has too.
fn common<'a>(client: &'a [u8], server: &[u8]) -> Option<&'a [u8]> {
    let server: HashSet<&[u8]> = names(server).collect();
    names(client).find(|name| server.contains(name))
}

fn agreed(client: &Offer, server: &Offer, at: usize) -> Vec<u8> {
    common(&client.0[at], &server.0[at]).unwrap_or(NOTHING_IN_COMMON.as_bytes()).to_vec()
}

fn agreed_both_ways(client: &Offer, server: &Offer, at: usize) -> Vec<u8> {
    let (there, back) = (agreed(client, server, at), agreed(client, server, at + 1));
    if there == back {
        return there;
    }
    [&b"To server: "[..], &there, b", to client: ", &back].concat()
}

/// Writes what the two sides agree on into the row.
pub(super) fn negotiate(client: &Offer, server: &Offer, row: &mut Event) {
    row.set(log::CIPHER_ALG, agreed_both_ways(client, server, ENCRYPTION));
    row.set(log::MAC_ALG, agreed_both_ways(client, server, MAC));
    row.set(log::COMPRESSION_ALG, agreed_both_ways(client, server, COMPRESSION));
    row.set(log::KEX_ALG, agreed(client, server, KEX));
    row.set(log::HOST_KEY_ALG, agreed(client, server, HOST_KEY));
}

/// The key exchange that follows, and its name; `None` where there is nothing in common.
pub(super) fn exchange<'a>(client: &'a Offer, server: &Offer) -> Option<(Exchange, &'a [u8])> {
    let name = common(&client.0[KEX], &server.0[KEX])?;
    let starts = |heads: &[&str]| heads.iter().any(|head| name.starts_with(head.as_bytes()));
    let kind = if starts(&["diffie-hellman-group-exchange-"]) {
        Exchange::Group
    } else if starts(&["diffie-hellman-group", "ecdh-sha2-", "ecmqv-sha2", "curve25519-", "curve448-", "sntrup", "mlkem"]) {
        Exchange::Direct
    } else if starts(&["gss-"]) {
        Exchange::Gss
    } else if starts(&["rsa1024-", "rsa2048-"]) {
        Exchange::Rsa
    } else {
        Exchange::Unknown
    };
    Some((kind, name))
}

/// The server's key in a message of a key exchange.
pub(super) fn host_key(exchange: Exchange, kind: u8, payload: &[u8]) -> Option<&[u8]> {
    let carries = match exchange {
        Exchange::Direct => 31,
        Exchange::Group | Exchange::Gss => 33,
        Exchange::Rsa | Exchange::Unknown => return None,
    };
    (kind == carries).then(|| Strings(payload).string())?
}

/// A key's fingerprint as Zeek writes it: the first 24 bytes of its SHA-256, base 64.
pub(super) fn fingerprint(key: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let hash = Sha256::digest(key);
    let mut text = "SHA256:".to_owned();
    for group in hash[..24].chunks_exact(3) {
        let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        text.extend([18, 12, 6, 0].map(|shift| char::from(DIGITS[(bits >> shift) as usize & 63])));
    }
    text
}

/// The version that two identification strings lead to, as Zeek says it: nothing where a string is too short.
pub(super) fn version(client: &[u8], server: &[u8]) -> Value {
    let major = |text: &[u8]| text.get(4).copied();
    let both = |text: &[u8]| text.get(6..8) == Some(b"99");
    match (major(client), major(server)) {
        (Some(b'2'), Some(b'2')) => Value::Count(2),
        (Some(b'1'), Some(b'2')) => Value::Count(if both(client) { 2 } else { 0 }),
        (Some(b'2'), Some(b'1')) => Value::Count(if both(server) { 2 } else { 0 }),
        (Some(b'1'), Some(b'1')) => Value::Count(if both(client) && both(server) { 2 } else { 1 }),
        _ => Value::Unset,
    }
}

/// What an identification says behind the protocol's version: `OpenSSH_9.2p1 Debian-2`.
pub(super) fn software(identification: &[u8]) -> &[u8] {
    let rest = identification.get(3..).unwrap_or_default();
    let version = rest.iter().take_while(|c| c.is_ascii_digit() || matches!(c, b'.' | b'-')).count();
    &rest[version..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kexinit(lists: [&str; 10]) -> Vec<u8> {
        let mut payload = vec![0; 16];
        for list in lists {
            payload.extend((list.len() as u32).to_be_bytes());
            payload.extend(list.as_bytes());
        }
        payload.extend([0; 5]);
        payload
    }

    #[test]
    fn the_clients_first_choice_that_the_server_has() {
        let client = offer(&kexinit(["a,curve25519-sha256", "k1,k2", "e1,e2", "e1", "m", "m", "none", "none", "", ""])).unwrap();
        let server = offer(&kexinit(["curve25519-sha256,a2", "k2", "e2", "e1", "x", "x", "none", "none", "", ""])).unwrap();
        assert_eq!(exchange(&client, &server), Some((Exchange::Direct, &b"curve25519-sha256"[..])));
        assert_eq!(agreed_both_ways(&client, &server, ENCRYPTION), b"To server: e2, to client: e1");
        assert_eq!(agreed(&client, &server, MAC), NOTHING_IN_COMMON.as_bytes());
        assert!(offer(&kexinit([""; 10])[..30]).is_none());
        assert_eq!(client.hassh(false), hex_lower(&Md5::digest("a,curve25519-sha256;e1,e2;m;none")));
    }

    #[test]
    fn versions_that_agree() {
        for (client, server, expected) in [
            ("SSH-2.0-a", "SSH-2.0-b", Value::Count(2)),
            ("SSH-1.99-a", "SSH-2.0-b", Value::Count(2)),
            ("SSH-1.5-a", "SSH-2.0-b", Value::Count(0)),
            ("SSH-1.5-a", "SSH-1.99-b", Value::Count(1)),
            ("SSH-2.0-a", "", Value::Unset),
        ] {
            assert_eq!(version(client.as_bytes(), server.as_bytes()), expected, "{client} {server}");
        }
    }

    #[test]
    fn fingerprints_are_cut_as_zeek_cuts_them() {
        assert_eq!(fingerprint(b""), "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NM");
    }
}
