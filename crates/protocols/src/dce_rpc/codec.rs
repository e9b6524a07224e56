//! Connection-oriented PDUs of DCE/RPC (DCE 1.1: RPC, chapter 12; MS-RPCE section 2.2.2).
//!
//! ```text
//!  0         1         2         3         4               8          10         12          16
//! +---------+---------+---------+---------+---------------+----------+----------+-----------+------
//! | version | minor   | type    | flags   | data          | fragment | auth     | call id   | body,
//! | 5       |         |         |         | representation| length   | length   |           | verifier
//! +---------+---------+---------+---------+---------------+----------+----------+-----------+------
//! ```
//! Both lengths and what follows have the byte order that the data representation names.

use super::interfaces::InterfaceId;
use crate::cursor::Cursor;

/// Bytes of the common header.
pub(crate) const HEADER_BYTES: usize = 16;

/// Bytes before the blob in a security verifier: type, level, padding, reserved, context.
const VERIFIER_BYTES: usize = 8;

/// A PDU's common header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// The type: 0 request, 2 response, 11 bind …
    pub(crate) ptype: u8,
    /// Fragment and other flags.
    pub(crate) flags: u8,
    /// Whether numbers are little-endian.
    pub(crate) little: bool,
    /// Length of the whole PDU in bytes.
    pub(crate) fragment_bytes: u16,
    /// Length of the security blob in bytes.
    pub(crate) auth_bytes: u16,
    /// What ties fragments, requests and responses together.
    pub(crate) call_id: u32,
}

impl Header {
    /// Reads a header; `None` where there are too few bytes or the version is another.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let head: &[u8; HEADER_BYTES] = bytes.first_chunk()?;
        if head[0] != 5 {
            return None;
        }
        let little = head[4] >> 4 != 0;
        let u16_at =
            |at: usize| if little { u16::from_le_bytes([head[at], head[at + 1]]) } else { u16::from_be_bytes([head[at], head[at + 1]]) };
        let call = [head[12], head[13], head[14], head[15]];
        let call_id = if little { u32::from_le_bytes(call) } else { u32::from_be_bytes(call) };
        Some(Self { ptype: head[2], flags: head[3], little, fragment_bytes: u16_at(8), auth_bytes: u16_at(10), call_id })
    }

    /// The first fragment of its call.
    pub(crate) const fn is_first(&self) -> bool {
        self.flags & 1 != 0
    }

    /// The last fragment of its call.
    pub(crate) const fn is_last(&self) -> bool {
        self.flags & 2 != 0
    }

    /// Whether a request names an object.
    const fn has_object(&self) -> bool {
        self.flags & 0x80 != 0
    }
}

/// The security verifier at the end of a PDU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verifier<'a> {
    /// The security provider: 9 SPNEGO, 10 NTLM, 16 Kerberos, 68 Netlogon …
    pub(crate) provider: u8,
    /// Its token.
    pub(crate) blob: &'a [u8],
}

/// Divides a whole PDU into body and verifier; `None` where the lengths contradict each other.
pub(crate) fn split<'a>(header: &Header, pdu: &'a [u8]) -> Option<(&'a [u8], Option<Verifier<'a>>)> {
    let rest = pdu.get(HEADER_BYTES..)?;
    if header.auth_bytes == 0 {
        return Some((rest, None));
    }
    let body = rest.len().checked_sub(usize::from(header.auth_bytes) + VERIFIER_BYTES)?;
    let (body, verifier) = rest.split_at_checked(body)?;
    Some((body, Some(Verifier { provider: verifier[0], blob: &verifier[VERIFIER_BYTES..] })))
}

/// A body, as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body<'a> {
    /// A binding or a change of one: context ids with their interfaces.
    Bind(Vec<(u16, InterfaceId)>),
    /// The server's answer to a binding: where it listens (a pipe's name or a port).
    BindAck(&'a [u8]),
    /// The server's answer to a changed binding.
    AlterAck,
    /// A call.
    Request {
        /// The context.
        context: u16,
        /// The operation.
        opnum: u16,
    },
    /// Its answer.
    Response {
        /// The context.
        context: u16,
    },
    /// Its refusal.
    Fault {
        /// The context.
        context: u16,
    },
    /// Anything else.
    Other,
}

/// Reads the body of a call, all fragments put together. The flag says whether it was whole.
pub(crate) fn body<'a>(header: &Header, bytes: &'a [u8]) -> (Body<'a>, bool) {
    let mut at = Cursor::new(bytes);
    let little = header.little;
    let read = match header.ptype {
        0 => request(&mut at, header),
        2 => response(&mut at, little),
        // A fault that breaks off is none.
        3 => return (fault(&mut at, little).unwrap_or(Body::Other), true),
        11 | 14 => return contexts(&mut at, little),
        12 => acknowledgement(&mut at, little).map(Body::BindAck),
        15 => acknowledgement(&mut at, little).map(|_| Body::AlterAck),
        _ => Some(Body::Other),
    };
    read.map_or((Body::Other, false), |body| (body, true))
}

fn request<'a>(at: &mut Cursor<'a>, header: &Header) -> Option<Body<'a>> {
    at.skip(4)?;
    let (context, opnum) = (at.u16(header.little)?, at.u16(header.little)?);
    if header.has_object() {
        at.skip(16)?;
    }
    Some(Body::Request { context, opnum })
}

fn response<'a>(at: &mut Cursor<'a>, little: bool) -> Option<Body<'a>> {
    at.skip(4)?;
    let context = at.u16(little)?;
    at.skip(2)?;
    Some(Body::Response { context })
}

fn fault<'a>(at: &mut Cursor<'a>, little: bool) -> Option<Body<'a>> {
    at.skip(4)?;
    Some(Body::Fault { context: at.u16(little)? })
}

fn contexts<'a>(at: &mut Cursor<'a>, little: bool) -> (Body<'a>, bool) {
    let mut found = Vec::new();
    let whole = (|| {
        at.skip(8)?;
        let count = at.u8()?;
        at.skip(3)?;
        for _ in 0..count {
            let id = at.u16(little)?;
            let syntaxes = at.u8()?;
            at.skip(1)?;
            let interface = InterfaceId(at.array()?);
            at.skip(4 + 20 * usize::from(syntaxes))?;
            found.push((id, interface));
        }
        Some(())
    })();
    (Body::Bind(found), whole.is_some())
}

/// The secondary address, without its closing NUL; the results that follow must be there too.
fn acknowledgement<'a>(at: &mut Cursor<'a>, little: bool) -> Option<&'a [u8]> {
    at.skip(8)?;
    let length = at.u16(little)?;
    let address = at.take(length.into())?;
    at.align(4)?;
    let results = at.u8()?;
    at.skip(3 + 24 * usize::from(results))?;
    Some(address.strip_suffix(&[0]).unwrap_or(address))
}
