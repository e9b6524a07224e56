//! Reads an LDAP connection message by message, through what a logon wraps around them.

use super::codec::{self, Message};
use super::names;
use super::session::{Bind, Session};
use crate::gssapi::Security;
use crate::kerberos::ber::Element;
use contract::{Analyzer, Child, Chunk, Emit, Next, Side, Transport, Violation};
use model::Timestamp;

/// So much of a message is read, in bytes; the rest (pictures in entries, lists of group members) is passed over.
const READ_BYTES_MAX: usize = 64 * 1024;
/// A longer wrapped message is passed over whole, in bytes: a directory sends its schema as one of half a megabyte.
const WRAPPED_BYTES_MAX: usize = 1024 * 1024;
/// So many bytes tell how a message that may be wrapped is wrapped.
const PEEK_BYTES: usize = 6;
/// The header of a Kerberos wrap token (RFC 4121 section 4.2.6.2), behind the length before it.
const WRAP_HEADER_BYTES: usize = 16;

/// How messages come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrapping {
    /// Plainly.
    Plain,
    /// A logon succeeded: the next message shows it.
    Unknown,
    /// Behind a length and a Kerberos wrap token, perhaps sealed.
    Kerberos,
    /// Behind a length, sealed.
    Sealed,
}

/// The state of one connection.
pub(super) struct LdapAnalyzer {
    service: &'static str,
    waiting: [Vec<u8>; 2],
    /// Bytes to pass over.
    skip: [u64; 2],
    wrapping: Wrapping,
    mechanism: Box<[u8]>,
    tls_asked: bool,
    session: Session,
    security: Security,
}

/// What became of the bytes at hand.
enum Read {
    /// So many are done with; more may follow.
    Bytes(usize),
    /// More are needed.
    More,
    /// So many are done with, and TLS follows.
    Tls(usize),
}

impl LdapAnalyzer {
    pub(super) fn new(service: &'static str) -> Self {
        Self {
            service,
            waiting: [const { Vec::new() }; 2],
            skip: [0; 2],
            wrapping: Wrapping::Plain,
            mechanism: Box::default(),
            tls_asked: false,
            session: Session::default(),
            security: Security::default(),
        }
    }

    /// Reads what a buffer begins with.
    fn read(&mut self, at: Timestamp, side: Side, data: &[u8], out: &mut dyn Emit) -> Result<Read, Violation> {
        match self.wrapping {
            Wrapping::Plain => self.plain(at, side, data, out),
            Wrapping::Unknown => Ok(self.unwrap(data)),
            Wrapping::Sealed => Ok(self.sealed(side, data)),
            Wrapping::Kerberos => self.kerberos(at, side, data, out),
        }
    }

    fn plain(&mut self, at: Timestamp, side: Side, data: &[u8], out: &mut dyn Emit) -> Result<Read, Violation> {
        let Some(bytes) = codec::length(data).map_err(Violation::new)? else { return Ok(Read::More) };
        let shown = bytes.min(READ_BYTES_MAX);
        let Some(whole) = data.get(..shown) else { return Ok(Read::More) };
        let message = codec::message(whole).ok_or(Violation::new("LDAP message is malformed"))?;
        self.skip[side.index()] = (bytes - shown) as u64;
        let tls = self.message(at, &message, out)?;
        out.confirm(self.service);
        Ok(if tls { Read::Tls(shown) } else { Read::Bytes(shown) })
    }

    /// Tells from the first bytes behind a logon whether and how messages are wrapped.
    fn unwrap(&mut self, data: &[u8]) -> Read {
        if data[0] == 0x30 {
            self.wrapping = Wrapping::Plain;
        } else if !self.mechanism.is_empty() && !self.mechanism.starts_with(b"GSS") {
            self.wrapping = Wrapping::Sealed;
        } else {
            let [a, b, c, d, token @ ..] = data else { return Read::More };
            let long = u32::from_be_bytes([*a, *b, *c, *d]) >= 2;
            if long && data.len() < PEEK_BYTES {
                return Read::More;
            }
            self.wrapping = if long && token.starts_with(&[5, 4]) { Wrapping::Kerberos } else { Wrapping::Sealed };
        }
        Read::Bytes(0)
    }

    fn sealed(&mut self, side: Side, data: &[u8]) -> Read {
        let [a, b, c, d, ..] = data else { return Read::More };
        self.skip[side.index()] = u64::from(u32::from_be_bytes([*a, *b, *c, *d]));
        Read::Bytes(4)
    }

    fn kerberos(&mut self, at: Timestamp, side: Side, data: &[u8], out: &mut dyn Emit) -> Result<Read, Violation> {
        let Some((length, token)) = data.split_first_chunk::<4>() else { return Ok(Read::More) };
        let bytes = u32::from_be_bytes(*length) as usize;
        if token.len() < bytes.min(WRAP_HEADER_BYTES) {
            return Ok(Read::More);
        }
        let [5, 4, flags, _, ec_high, ec_low, rrc_high, rrc_low, ..] = token else { return Ok(self.sealed(side, data)) };
        let extra = usize::from(u16::from_be_bytes([*ec_high, *ec_low]));
        let rotated = usize::from(u16::from_be_bytes([*rrc_high, *rrc_low]));
        let before = WRAP_HEADER_BYTES + if rotated == extra { extra } else { 0 };
        let is_sealed = flags & 2 != 0 || (rotated != extra && rotated != 0) || bytes < before || bytes > WRAPPED_BYTES_MAX;
        if is_sealed {
            return Ok(self.sealed(side, data));
        }
        let Some(whole) = token.get(..bytes) else { return Ok(Read::More) };
        let mut inside = &whole[before..bytes - if rotated == 0 { extra.min(bytes - before) } else { 0 }];
        while let Ok(Some(length)) = codec::length(inside) {
            let (Some(one), Some(message)) = (inside.get(..length), codec::message(inside)) else { break };
            self.message(at, &message, out)?;
            out.confirm(self.service);
            inside = &inside[one.len()..];
        }
        Ok(Read::Bytes(4 + bytes))
    }

    /// Takes in a message; true where TLS follows.
    fn message(&mut self, at: Timestamp, message: &Message<'_>, out: &mut dyn Emit) -> Result<bool, Violation> {
        let id = message.id;
        let first = || Element::read(message.content);
        match message.tag & 0x1f {
            0 => self.bind(at, message, out)?,
            1 => self.bound(at, message, out),
            3 => self.session.search(at, message, out),
            4 => self.session.entry(at, id, out),
            5 => self.session.searched(at, id, codec::outcome(message.content).as_ref(), out),
            19 => {}
            2 => {
                self.session.request(at, message, b"", out);
                self.session.finish(id, out);
            }
            // A delete request's content is the name itself, an abandon request's the number.
            10 => self.session.request(at, message, message.content, out),
            16 => {
                let other = message.content.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
                self.session.request(at, message, other.to_string().as_bytes(), out);
                self.session.finish(id, out);
            }
            6 => self.session.request(at, message, first().map_or(b"", |name| name.content), out),
            23 => {
                let oid = first().map_or(b"".as_slice(), |name| name.content);
                self.tls_asked |= names::extended(oid) == "StartTLS";
                let object = [oid, b" (", names::extended(oid).as_bytes(), b")"].concat();
                self.session.request(at, message, &object, out);
            }
            7 | 9 | 11 | 13 | 15 | 24 => {
                let outcome = codec::outcome(message.content);
                self.session.response(at, message, outcome.as_ref(), out);
                self.session.finish(id, out);
                return Ok(message.tag & 0x1f == 24 && self.tls_asked && outcome.is_some_and(|outcome| outcome.code == 0));
            }
            8 | 12 | 14 | 25 => self.session.request(at, message, b"", out),
            _ => return Err(Violation::new("LDAP operation is unknown")),
        }
        Ok(false)
    }

    fn bind(&mut self, at: Timestamp, message: &Message<'_>, out: &mut dyn Emit) -> Result<(), Violation> {
        let malformed = || Violation::new("LDAP bind request is malformed");
        let version = Element::read(message.content).ok_or_else(malformed)?;
        let name = Element::read(version.rest).ok_or_else(malformed)?;
        let choice = Element::read_lax(name.rest).filter(|choice| choice.tag & 0xc0 == 0x80).ok_or_else(malformed)?;
        let kind = choice.tag & 0x1f;
        let mut bind = Bind { version: version.number() as i64, name: name.content, kind, mechanism: b"", credentials: choice.content };
        if kind == 3 {
            let mechanism = Element::read(choice.content);
            bind.mechanism = mechanism.map_or(b"", |mechanism| mechanism.content);
            bind.credentials = mechanism.and_then(|mechanism| Element::read(mechanism.rest)).map_or(b"", |credentials| credentials.content);
            self.mechanism = bind.mechanism.into();
        }
        self.session.bind(at, message.id, &bind, out);
        self.token(at, kind, bind.credentials, out);
        Ok(())
    }

    fn bound(&mut self, at: Timestamp, message: &Message<'_>, out: &mut dyn Emit) {
        let outcome = codec::outcome(message.content);
        if let Some(outcome) = &outcome {
            if outcome.code == 0 && !self.mechanism.is_empty() {
                self.wrapping = Wrapping::Unknown;
            }
            if let Some(credentials) = Element::read(outcome.rest).filter(|credentials| credentials.tag == 0x87) {
                self.token(at, 3, credentials.content, out);
            }
        }
        self.session.response(at, message, outcome.as_ref(), out);
        self.session.finish(message.id, out);
    }

    /// Hands the credentials of a logon on.
    fn token(&mut self, at: Timestamp, kind: u8, token: &[u8], out: &mut dyn Emit) {
        if token.starts_with(b"NTLMSSP") {
            self.security.ntlm(at, token, out);
        } else if kind == 3 && self.mechanism.starts_with(b"GSS") && !token.is_empty() {
            self.security.gssapi(at, token, out);
        }
    }
}

impl Analyzer for LdapAnalyzer {
    fn feed(&mut self, at: Timestamp, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        let own = side.index();
        let mut data = match chunk {
            Chunk::Data(data) => data,
            Chunk::Gap(bytes) => {
                let passed = self.skip[own].min(bytes);
                self.skip[own] -= passed;
                // Behind a hole nothing says where the next message begins.
                return Ok(if passed == bytes { Next::Continue } else { Next::Done });
            }
            Chunk::End => return Ok(Next::Continue),
        };
        let datagram = out.flow().transport == Transport::Udp;
        if datagram {
            self.waiting[own].clear();
            self.skip[own] = 0;
        }
        let passed = usize::try_from(self.skip[own]).unwrap_or(usize::MAX).min(data.len());
        self.skip[own] -= passed as u64;
        data = &data[passed..];
        let before = self.waiting[own].len();
        let mut buffer = std::mem::take(&mut self.waiting[own]);
        buffer.extend_from_slice(data);
        let mut done = 0;
        while done < buffer.len() {
            match self.read(at, side, &buffer[done..], out)? {
                Read::More => break,
                Read::Tls(bytes) => {
                    return Ok(Next::Become { child: Child::Named("ssl"), consumed: passed + (done + bytes).saturating_sub(before) });
                }
                Read::Bytes(bytes) => {
                    done += bytes;
                    let over = usize::try_from(self.skip[own]).unwrap_or(usize::MAX).min(buffer.len() - done);
                    self.skip[own] -= over as u64;
                    done += over;
                }
            }
        }
        buffer.drain(..done);
        if !datagram {
            self.waiting[own] = buffer;
        }
        Ok(Next::Continue)
    }

    fn close(&mut self, at: Timestamp, out: &mut dyn Emit) {
        self.session.close(out);
        self.security.close(at, out);
    }

    fn held_bytes(&self) -> usize {
        self.waiting.iter().map(Vec::capacity).sum::<usize>() + self.session.held_bytes() + self.security.held_bytes()
    }
}
