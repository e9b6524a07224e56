//! Handshake messages of TLS and DTLS: the two hellos, certificate lists, key exchange (codec).
//!
//! ```text
//! struct { uint16 version; opaque random[32]; opaque session_id<0..32>;            RFC 5246 section 7.4.1.2
//!          [DTLS: opaque cookie<0..255>;] uint16 cipher_suites<2..2^16-2>;
//!          uint8 compression_methods<1..2^8-1>; [Extension extensions<0..2^16-1>;] } ClientHello;
//! struct { uint16 version; opaque random[32]; opaque session_id<0..32>;            RFC 5246 section 7.4.1.3
//!          uint16 cipher_suite; uint8 compression_method; [extensions] } ServerHello;
//! ```
//!
//! Why not `tls-parser`: a hello that breaks off in the middle of its extensions has still told Zeek, and us, the
//! extensions before; a parser that takes a message whole or not at all can't say them.

use super::names;

/// Reads big-endian numbers and counted strings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a>(pub(crate) &'a [u8]);

impl<'a> Cursor<'a> {
    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    pub(crate) fn number(&mut self, bytes: usize) -> Option<u32> {
        Some(self.take(bytes)?.iter().fold(0, |sum, &byte| sum << 8 | u32::from(byte)))
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        Some(self.take(1)?[0])
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    /// A string behind its length in `bytes` bytes.
    pub(crate) fn string(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let length = self.number(bytes)?;
        self.take(length as usize)
    }
}

/// An extension: number and content.
pub(crate) type Extension<'a> = (u16, &'a [u8]);

/// What a client says first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ClientHello<'a> {
    pub(crate) version: u16,
    pub(crate) session_id: &'a [u8],
    pub(crate) suites: &'a [u8],
    pub(crate) extensions: Vec<Extension<'a>>,
    /// Whether the message is whole; where not, only what stands before is filled in.
    pub(crate) complete: bool,
}

/// What a server answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ServerHello<'a> {
    pub(crate) version: u16,
    pub(crate) random: &'a [u8],
    pub(crate) session_id: &'a [u8],
    pub(crate) cipher: u16,
    pub(crate) extensions: Vec<Extension<'a>>,
    pub(crate) complete: bool,
}

/// Extensions beyond this many make a hello incomplete: none is known with more than some thirty.
const EXTENSIONS_MAX: usize = 256;

/// Reads a client's hello as far as it goes.
pub(crate) fn client_hello(body: &[u8]) -> ClientHello<'_> {
    let mut hello = ClientHello::default();
    hello.complete = fill_client(&mut hello, Cursor(body)).is_some();
    hello
}

fn fill_client<'a>(hello: &mut ClientHello<'a>, mut cursor: Cursor<'a>) -> Option<()> {
    hello.version = cursor.u16()?;
    cursor.take(32)?;
    hello.session_id = cursor.string(1)?;
    if matches!(hello.version, names::DTLS_V10 | names::DTLS_V12) {
        cursor.string(1)?;
    }
    let suites = cursor.u16()? & !1;
    hello.suites = cursor.take(suites.into())?;
    cursor.string(1)?;
    fill_extensions(&mut hello.extensions, cursor)
}

/// Reads a server's hello as far as it goes.
pub(crate) fn server_hello(body: &[u8]) -> ServerHello<'_> {
    let mut hello = ServerHello::default();
    hello.complete = fill_server(&mut hello, Cursor(body)).is_some();
    hello
}

fn fill_server<'a>(hello: &mut ServerHello<'a>, mut cursor: Cursor<'a>) -> Option<()> {
    hello.version = cursor.u16()?;
    hello.random = cursor.take(32)?;
    // Drafts of TLS 1.3 before the 22nd said their version here, and had neither session nor compression.
    if hello.version == names::TLS_V13 || hello.version >> 8 == 0x7f {
        hello.cipher = cursor.u16()?;
    } else {
        hello.session_id = cursor.string(1)?;
        hello.cipher = cursor.u16()?;
        cursor.u8()?;
    }
    fill_extensions(&mut hello.extensions, cursor)
}

fn fill_extensions<'a>(found: &mut Vec<Extension<'a>>, mut cursor: Cursor<'a>) -> Option<()> {
    if cursor.0.is_empty() {
        return Some(());
    }
    cursor.u16()?;
    while !cursor.0.is_empty() {
        let extension = (cursor.u16()?, cursor.string(2)?);
        if found.len() == EXTENSIONS_MAX {
            return None;
        }
        found.push(extension);
    }
    Some(())
}

/// The host names of a `server_name` extension (RFC 6066 section 3) and the types of names that are no host names.
pub(crate) fn server_names(content: &[u8]) -> Option<(Vec<&[u8]>, Vec<u8>)> {
    let (mut names, mut others) = (Vec::new(), Vec::new());
    let mut list = Cursor(Cursor(content).string(2)?);
    while let Some(kind) = list.u8() {
        if kind == 0 {
            names.push(list.string(2)?);
        } else {
            others.push(kind);
            break;
        }
    }
    Some((names, others))
}

/// The protocols of an ALPN extension (RFC 7301 section 3.1).
pub(crate) fn protocols(content: &[u8]) -> Option<Vec<&[u8]>> {
    let mut names = Vec::new();
    let mut list = Cursor(Cursor(content).string(2)?);
    while !list.0.is_empty() {
        names.push(list.string(1)?);
    }
    Some(names)
}

/// The 16-bit numbers in a list behind its length, which has `bytes` bytes.
pub(crate) fn numbers(content: &[u8], bytes: usize) -> Option<Vec<u16>> {
    Some(Cursor(content).string(bytes)?.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect())
}

/// The certificates of a Certificate message (RFC 5246 section 7.4.2); `None` where it breaks off.
pub(crate) fn certificates(body: &[u8]) -> Option<Vec<&[u8]>> {
    let mut found = Vec::new();
    let mut list = Cursor(Cursor(body).string(3)?);
    while !list.0.is_empty() {
        found.push(list.string(3)?);
    }
    Some(found)
}

/// The named curve of a ServerKeyExchange whose suite exchanges keys over one (RFC 8422 section 5.4).
pub(crate) fn exchanged_curve(body: &[u8], cipher: u16) -> Option<u16> {
    const NAMED_CURVE: u8 = 3;
    let name = names::cipher_name(cipher.into())?;
    if !(name.starts_with("TLS_ECDHE_") || name.starts_with("TLS_ECDH_ANON_")) {
        return None;
    }
    let mut cursor = Cursor(body);
    (cursor.u8()? == NAMED_CURVE).then_some(())?;
    let curve = cursor.u16()?;
    cursor.string(1)?;
    Some(curve)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hello_that_breaks_off_keeps_what_it_said() {
        let mut body = vec![3, 3];
        body.extend([7; 32]);
        body.extend([0, 0, 2, 0xc0, 0x2f, 1, 0, 0, 9, 0, 5, 0, 1, 9, 0, 0, 0, 4, 1]);
        let hello = client_hello(&body);
        assert!(!hello.complete);
        assert_eq!((hello.suites, hello.extensions.as_slice()), (&[0xc0, 0x2f][..], &[(5u16, &[9u8][..])][..]));
        assert!(client_hello(&body[..41]).complete, "no extensions at all are fine");
        assert!(!client_hello(&body[..40]).complete);
    }

    #[test]
    fn lists() {
        assert_eq!(server_names(&[0, 4, 0, 0, 1, b'a']), Some((vec![&b"a"[..]], vec![])));
        assert_eq!(server_names(&[0, 4, 0, 0, 9, b'a']), None);
        assert_eq!(protocols(&[0, 3, 2, b'h', b'2']), Some(vec![&b"h2"[..]]));
        assert_eq!(certificates(&[0, 0, 4, 0, 0, 1, 9]), Some(vec![&[9u8][..]]));
        assert_eq!(exchanged_curve(&[3, 0, 23, 1, 4], 0xc02f), Some(23));
        assert_eq!(exchanged_curve(&[3, 0, 23, 1, 4], 0x0035), None);
    }
}
