//! JA3, JA3S and JA4: what a client offers, or a server chooses, as one short word.
//!
//! Source: salesforce/ja3 and FoxIO's JA4 (the client's part, which is under the BSD licence; its server part is not free
//! and so left out).

use super::hello::{ClientHello, Extension, ServerHello, numbers, protocols};
use super::names::{self, is_grease};
use crate::x509::der::hex_lower;
use md5::{Digest, Md5};
use sha2::Sha256;
use std::fmt::Write;

/// What carries the hello, JA4's first letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    /// TCP.
    Tls,
    /// Datagrams.
    Dtls,
    /// QUIC.
    Quic,
}

const SERVER_NAME: u16 = 0;
const GROUPS: u16 = 10;
const POINT_FORMATS: u16 = 11;
const SIGNATURES: u16 = 13;
const ALPN: u16 = 16;
const VERSIONS: u16 = 43;

fn suites(hello: &ClientHello<'_>) -> Vec<u16> {
    hello.suites.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).filter(|&suite| !is_grease(suite)).collect()
}

fn content<'a>(extensions: &[Extension<'a>], wanted: u16) -> Option<&'a [u8]> {
    extensions.iter().find(|(number, _)| *number == wanted).map(|&(_, content)| content)
}

fn joined(items: impl IntoIterator<Item = u16>) -> String {
    let mut text = String::new();
    for item in items {
        let _ = write!(text, "{}{item}", if text.is_empty() { "" } else { "-" });
    }
    text
}

fn extension_numbers(extensions: &[Extension<'_>]) -> impl Iterator<Item = u16> {
    extensions.iter().map(|&(number, _)| number).filter(|&number| !is_grease(number))
}

/// JA3 of a client.
pub(crate) fn ja3(hello: &ClientHello<'_>) -> String {
    let groups = content(&hello.extensions, GROUPS).and_then(|list| numbers(list, 2)).unwrap_or_default();
    let formats = content(&hello.extensions, POINT_FORMATS).and_then(|list| list.get(1..)).unwrap_or_default();
    let text = format!(
        "{},{},{},{},{}",
        hello.version,
        joined(suites(hello)),
        joined(extension_numbers(&hello.extensions)),
        joined(groups.into_iter().filter(|&group| !is_grease(group))),
        joined(formats.iter().map(|&format| u16::from(format))),
    );
    hex_lower(&Md5::digest(text))
}

/// JA3S of a server.
pub(crate) fn ja3s(hello: &ServerHello<'_>) -> String {
    let text = format!("{},{},{}", hello.version, hello.cipher, joined(hello.extensions.iter().map(|&(number, _)| number)));
    hex_lower(&Md5::digest(text))
}

/// JA4 of a client.
pub(crate) fn ja4(hello: &ClientHello<'_>, carrier: Carrier) -> String {
    let mut suites = suites(hello);
    let mut extensions: Vec<u16> = extension_numbers(&hello.extensions).collect();
    let mut text = String::with_capacity(36);
    text.push(match carrier {
        Carrier::Tls => 't',
        Carrier::Dtls => 'd',
        Carrier::Quic => 'q',
    });
    text.push_str(version(hello));
    text.push(if content(&hello.extensions, SERVER_NAME).is_some() { 'd' } else { 'i' });
    let _ = write!(text, "{:02}{:02}", suites.len().min(99), extensions.len().min(99));
    text.extend(first_protocol(hello));
    suites.sort_unstable();
    extensions.retain(|&number| number != SERVER_NAME && number != ALPN);
    extensions.sort_unstable();
    let mut described = hexes(&extensions);
    let signatures = content(&hello.extensions, SIGNATURES).and_then(|list| numbers(list, 2)).unwrap_or_default();
    let signatures: Vec<u16> = signatures.into_iter().filter(|&number| !is_grease(number)).collect();
    if !signatures.is_empty() {
        described.push('_');
        described.push_str(&hexes(&signatures));
    }
    let _ = write!(text, "_{}_{}", short_hash(&hexes(&suites)), short_hash(if extensions.is_empty() { "" } else { &described }));
    text
}

fn version(hello: &ClientHello<'_>) -> &'static str {
    let offered = content(&hello.extensions, VERSIONS).and_then(|list| numbers(list, 1)).unwrap_or_default();
    let offered = offered.into_iter().filter(|&number| !is_grease(number));
    // DTLS counts its versions downwards.
    let best = if hello.version >> 8 == 0xfe { offered.min() } else { offered.max() };
    match best.unwrap_or(hello.version) {
        names::SSL_V2 => "s2",
        names::SSL_V3 => "s3",
        names::TLS_V10 => "10",
        names::TLS_V11 => "11",
        names::TLS_V12 => "12",
        names::TLS_V13 => "13",
        names::DTLS_V10 => "d1",
        names::DTLS_V12 => "d2",
        names::DTLS_V13 => "d3",
        _ => "00",
    }
}

fn first_protocol(hello: &ClientHello<'_>) -> [char; 2] {
    let list = content(&hello.extensions, ALPN).and_then(protocols).unwrap_or_default();
    let Some((&first, &last)) = list.first().and_then(|name| Some((name.first()?, name.last()?))) else { return ['0', '0'] };
    if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() {
        return [char::from(first), char::from(last)];
    }
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or('0');
    [digit(first >> 4), digit(last & 15)]
}

fn hexes(items: &[u16]) -> String {
    let mut text = String::with_capacity(items.len() * 5);
    for item in items {
        let _ = write!(text, "{}{item:04x}", if text.is_empty() { "" } else { "," });
    }
    text
}

fn short_hash(text: &str) -> String {
    if text.is_empty() {
        return "000000000000".to_owned();
    }
    hex_lower(&Sha256::digest(text)[..6])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of JA4's own documentation: Chrome with its sixteen suites, GREASE among them.
    #[test]
    fn the_documented_example() {
        let suites: Vec<u8> = [
            0x1a1au16, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f,
            0x0035,
        ]
        .iter()
        .flat_map(|suite| suite.to_be_bytes())
        .collect();
        let signatures = [0, 16, 4, 3, 8, 4, 4, 1, 5, 3, 8, 5, 5, 1, 8, 6, 6, 1];
        let numbers: [u16; 16] = [0x1b, 0, 0x33, 0x10, 0x4469, 0x17, 0x2d, 0x0d, 5, 0x23, 0x12, 0x2b, 0xff01, 0x0b, 0x0a, 0x15];
        let extensions = numbers
            .into_iter()
            .map(|number| {
                let content: &[u8] = match number {
                    ALPN => &[0, 3, 2, b'h', b'2'],
                    SIGNATURES => &signatures,
                    VERSIONS => &[4, 3, 4, 3, 3],
                    _ => &[],
                };
                (number, content)
            })
            .collect();
        let hello = ClientHello { version: 0x0303, session_id: &[], suites: &suites, extensions, complete: true };
        assert_eq!(ja4(&hello, Carrier::Tls), "t13d1516h2_8daaf6152771_e5627efa2ab1");
    }

    #[test]
    fn ja3_of_a_plain_client() {
        let hello = ClientHello { version: 769, session_id: &[], suites: &[0, 4, 0, 5, 0, 10], extensions: vec![], complete: true };
        // MD5 of "769,4-5-10,,,".
        assert_eq!(ja3(&hello), hex_lower(&Md5::digest("769,4-5-10,,,")));
    }
}
