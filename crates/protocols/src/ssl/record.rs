//! TLS over a stream: the record layer, with SSL 2.0's records, up to the end of the handshake.
//!
//! ```text
//! struct { ContentType type; ProtocolVersion version; uint16 length; opaque fragment[length]; }   RFC 5246 section 6.2.1
//! SSL 2.0: 1 bit set, 15 bits of length, then the message's type and body                         SSL 2.0 section 1
//! ```
//!
//! What comes after the handshake is encrypted: once both sides are and data flows, the row is written and reading ends.
//! A gap ends reading too, since records can't be found again.

use super::fingerprint::Carrier;
use super::hello::Cursor;
use super::names::{self, SSL_V2};
use super::session::Session;
use contract::{Analyzer, Chunk, Emit, Next, Side, Violation};
use model::Timestamp;

/// The longest handshake message that is put together; longer ones end the analysis. A chain of certificates has some
/// ten thousand bytes, with post-quantum signatures some fifty thousand.
const MESSAGE_BYTES_MAX: usize = 256 << 10;

/// A record's header: five bytes for TLS; for SSL 2.0 two and three of the message.
const HEADER: usize = 5;

const CHANGE_CIPHER_SPEC: u16 = 20;
const ALERT: u16 = 21;
const HANDSHAKE: u16 = 22;
const APPLICATION_DATA: u16 = 23;
const HEARTBEAT: u16 = 24;
/// SSL 2.0's message types, moved out of the way of TLS's.
const V2: u16 = 300;
const V2_ERROR: u16 = V2;
const V2_CLIENT_HELLO: u16 = V2 + 1;
const V2_CLIENT_MASTER_KEY: u16 = V2 + 2;
const V2_SERVER_HELLO: u16 = V2 + 4;

/// Reads one stream.
#[derive(Debug)]
pub(crate) struct Tls {
    session: Session,
    sides: [Half; 2],
    /// The version of the first TLS record, or SSL 2.0 where the server spoke it.
    record_version: Option<u16>,
    finished: bool,
}

#[derive(Debug, Default)]
struct Half {
    /// The beginning of a record whose rest is to come.
    pending: Vec<u8>,
    /// The beginning of a handshake message whose rest is to come.
    message: Vec<u8>,
    encrypted: bool,
}

/// A record's header, understood.
struct Header {
    version: u16,
    content: u16,
    /// Bytes after the header.
    length: usize,
}

impl Tls {
    pub(crate) fn new() -> Self {
        Self { session: Session::new(Carrier::Tls, "ssl"), sides: <[Half; 2]>::default(), record_version: None, finished: false }
    }

    /// Reads on one side, behind what is held of it; what is not whole yet is held. Nothing is copied twice.
    fn gather(&mut self, at: Timestamp, side: Side, data: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
        let mut held = std::mem::take(&mut self.sides[side.index()].pending);
        if held.is_empty() {
            held.extend_from_slice(self.records(at, side, data, out)?);
        } else {
            held.extend_from_slice(data);
            let rest = self.records(at, side, &held, out)?.len();
            held.drain(..held.len() - rest);
        }
        self.sides[side.index()].pending = held;
        Ok(())
    }

    /// Whole records of `bytes`; gives the rest.
    fn records<'a>(&mut self, at: Timestamp, side: Side, mut bytes: &'a [u8], out: &mut dyn Emit) -> Result<&'a [u8], Violation> {
        while let Some(head) = bytes.first_chunk::<HEADER>() {
            let header = self.header(side, *head)?;
            let Some(body) = bytes.get(HEADER..HEADER + header.length) else { break };
            bytes = &bytes[HEADER + header.length..];
            self.record(at, side, &header, *head, body, out)?;
            if self.finished {
                return Ok(&[]);
            }
        }
        Ok(bytes)
    }

    fn header(&mut self, side: Side, head: [u8; HEADER]) -> Result<Header, Violation> {
        let version = u16::from_be_bytes([head[1], head[2]]);
        match self.record_version {
            Some(SSL_V2) => return v2_header(head),
            Some(_) if !stream_version(version) => {
                return violation(format!("Invalid version late in TLS connection. Packet reported version: {version}"));
            }
            Some(_) => {}
            None if head[0] & 0x80 != 0 => return self.first_v2_header(side, head),
            None if !stream_version(version) => return violation(format!("Invalid version in TLS connection. Version: {version}")),
            None if !(20..=30).contains(&head[0]) => {
                return violation(format!("Invalid type in TLS connection. Version: {version}, Type: {}", head[0]));
            }
            None => self.record_version = Some(version),
        }
        Ok(Header { version, content: head[0].into(), length: u16::from_be_bytes([head[3], head[4]]).into() })
    }

    fn first_v2_header(&mut self, side: Side, head: [u8; HEADER]) -> Result<Header, Violation> {
        if head[2] == 1 && side.is_orig() {
            let version = u16::from_be_bytes([head[3], head[4]]);
            if version != SSL_V2 && !stream_version(version) {
                return violation(format!("Invalid version in SSL client hello. Version: {version}"));
            }
        } else if head[2] == 4 && head[4] < 2 && !side.is_orig() {
            self.record_version = Some(SSL_V2);
        } else {
            return violation(format!("Invalid headers in SSL connection. Head1: {}, head2: {}, head3: {}", head[1], head[2], head[3]));
        }
        v2_header(head)
    }

    fn record(
        &mut self,
        at: Timestamp,
        side: Side,
        header: &Header,
        head: [u8; HEADER],
        body: &[u8],
        out: &mut dyn Emit,
    ) -> Result<(), Violation> {
        let mut rest = Cursor(body);
        while !rest.0.is_empty() && !self.finished {
            if self.is_encrypted(side, header.content) {
                self.ciphertext(at, out);
                return Ok(());
            }
            match header.content {
                CHANGE_CIPHER_SPEC => {
                    rest.u8();
                    // In TLS 1.3 the message is there for old middleboxes only, and a second hello may follow it.
                    self.sides[side.index()].encrypted |= self.session.negotiated() == 0 || stream_version(self.session.negotiated());
                    self.session.change_cipher(at, side, out);
                }
                ALERT => {
                    let Some([_, description]) = rest.take(2) else {
                        return violation("Binpac exception: binpac exception: out_of_bound: Alert".into());
                    };
                    self.session.alert(at, side, u32::from(*description), out);
                }
                HANDSHAKE => self.handshake(at, side, rest.take(rest.0.len()).unwrap_or_default(), out)?,
                HEARTBEAT => {
                    if rest.take(3).is_none() {
                        return violation("Binpac exception: binpac exception: out_of_bound: Heartbeat".into());
                    }
                    rest = Cursor(&[]);
                    self.session.heartbeat(at, side, out);
                }
                APPLICATION_DATA => rest = Cursor(&[]),
                V2_ERROR | V2_CLIENT_HELLO | V2_CLIENT_MASTER_KEY | V2_SERVER_HELLO => {
                    self.v2_message(at, side, header, head, body, out)?;
                    rest = Cursor(&[]);
                }
                other => {
                    self.session.begin(at, out);
                    let who = if side.is_orig() { "originator" } else { "responder" };
                    return violation(format!("unknown SSL record type ({other}) from {who}"));
                }
            }
            self.session.plaintext(at, header.content == APPLICATION_DATA, out);
        }
        Ok(())
    }

    /// TLS up to 1.2 encrypts after ChangeCipherSpec; 1.3 (and whatever has no other known version) where application
    /// data comes.
    fn is_encrypted(&mut self, side: Side, content: u16) -> bool {
        let half = &mut self.sides[side.index()];
        if !half.encrypted && content == APPLICATION_DATA {
            let negotiated = self.session.negotiated();
            half.encrypted = negotiated != SSL_V2 && !stream_version(negotiated);
        }
        half.encrypted
    }

    fn ciphertext(&mut self, at: Timestamp, out: &mut dyn Emit) {
        if self.sides.iter().all(|half| half.encrypted) && !self.session.logged() {
            self.session.establish(at, out);
            self.finished = self.session.confirmed();
        }
    }

    fn handshake(&mut self, at: Timestamp, side: Side, data: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
        let mut held = std::mem::take(&mut self.sides[side.index()].message);
        if held.is_empty() {
            held.extend_from_slice(self.messages(at, side, data, out)?);
        } else {
            held.extend_from_slice(data);
            let rest = self.messages(at, side, &held, out)?.len();
            held.drain(..held.len() - rest);
        }
        if held.len() > MESSAGE_BYTES_MAX {
            return violation("handshake message too long".into());
        }
        self.sides[side.index()].message = held;
        Ok(())
    }

    fn messages<'a>(&mut self, at: Timestamp, side: Side, mut data: &'a [u8], out: &mut dyn Emit) -> Result<&'a [u8], Violation> {
        loop {
            let mut cursor = Cursor(data);
            let (Some(kind), Some(body)) = (cursor.u8(), cursor.string(3)) else { return Ok(data) };
            data = cursor.0;
            self.session.handshake(at, side, kind, body, out)?;
        }
    }

    fn v2_message(
        &mut self,
        at: Timestamp,
        side: Side,
        header: &Header,
        head: [u8; HEADER],
        body: &[u8],
        out: &mut dyn Emit,
    ) -> Result<(), Violation> {
        debug_assert_eq!(header.version, SSL_V2);
        match header.content {
            V2_ERROR => self.session.alert(at, side, u16::from_be_bytes([head[3], head[4]]).into(), out),
            V2_CLIENT_HELLO => {
                let mut cursor = Cursor(body);
                let lengths = (cursor.u16(), cursor.u16(), cursor.u16());
                let (Some(suites), Some(session), Some(_)) = lengths else {
                    return violation("Binpac exception: binpac exception: out_of_bound: V2ClientHello".into());
                };
                let session_id = cursor.take(suites.into()).and_then(|_| cursor.take(session.into()));
                let Some(session_id) = session_id else {
                    return violation("Binpac exception: binpac exception: out_of_bound: V2ClientHello".into());
                };
                self.session.offered(u16::from_be_bytes([head[3], head[4]]), session_id, at, out)?;
                self.session.note(true, 'c', out);
            }
            V2_SERVER_HELLO => self.v2_server_hello(at, body, out)?,
            _ => {
                self.sides.iter_mut().for_each(|half| half.encrypted = true);
                self.session.establish(at, out);
                self.finished = self.session.confirmed();
            }
        }
        Ok(())
    }

    fn v2_server_hello(&mut self, at: Timestamp, body: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
        let mut cursor = Cursor(body);
        let read = (|| {
            let version = cursor.u16()?;
            let (certificate, suites, _) = (cursor.u16()?, cursor.u16()?, cursor.u16()?);
            let certificate = cursor.take(certificate.into())?;
            let cipher = if suites >= 3 { cursor.number(3)? } else { 0 };
            Some((version, certificate, cipher))
        })();
        let Some((version, certificate, cipher)) = read else {
            return violation("Binpac exception: binpac exception: out_of_bound: V2ServerHello".into());
        };
        if version != SSL_V2 {
            return violation(format!("Invalid version in SSL server hello. Version: {version}"));
        }
        self.session.chosen(at, version, cipher, &[], out)?;
        self.session.note(false, 's', out);
        self.session.certificate_list(at, false, &[certificate], out);
        Ok(())
    }
}

/// Versions that a stream's records may say.
const fn stream_version(version: u16) -> bool {
    matches!(version, names::SSL_V3..=names::TLS_V12)
}

fn v2_header(head: [u8; HEADER]) -> Result<Header, Violation> {
    let length = usize::from(u16::from_be_bytes([head[0] & 0x7f, head[1]]));
    let Some(length) = length.checked_sub(3) else {
        return violation("Binpac exception: binpac exception: out_of_bound: SSLRecord".into());
    };
    Ok(Header { version: SSL_V2, content: V2 + u16::from(head[2]), length })
}

fn violation<T>(reason: String) -> Result<T, Violation> {
    Err(Violation { reason: reason.into() })
}

impl Analyzer for Tls {
    fn feed(&mut self, at: Timestamp, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        if self.finished || out.flow().midstream {
            return Ok(Next::Done);
        }
        let data = match chunk {
            Chunk::Data(data) => data,
            Chunk::Gap(_) => {
                self.finished = true;
                return Ok(Next::Done);
            }
            Chunk::End => return Ok(Next::Continue),
        };
        if let Err(violation) = self.gather(at, side, data, out) {
            self.session.finish(at, out);
            self.finished = true;
            return Err(violation);
        }
        Ok(if self.finished { Next::Done } else { Next::Continue })
    }

    fn close(&mut self, at: Timestamp, out: &mut dyn Emit) {
        self.session.finish(at, out);
    }

    fn held_bytes(&self) -> usize {
        self.session.held_bytes() + self.sides.iter().map(|half| half.pending.capacity() + half.message.capacity()).sum::<usize>()
    }
}
