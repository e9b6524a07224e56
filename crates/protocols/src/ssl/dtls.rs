//! DTLS over datagrams: its record layer, and handshake messages put together from fragments.
//!
//! ```text
//! struct { ContentType type; ProtocolVersion version; uint16 epoch; uint48 sequence_number; uint16 length;
//!          opaque fragment[length]; } DTLSPlaintext;                                    RFC 6347 section 4.3.1
//! struct { HandshakeType msg_type; uint24 length; uint16 message_seq; uint24 fragment_offset;
//!          uint24 fragment_length; body } Handshake;                                    RFC 6347 section 4.3.2
//! ```

use super::fingerprint::Carrier;
use super::hello::Cursor;
use super::names::{DTLS_V10, DTLS_V12, DTLS_V13};
use super::session::Session;
use contract::{Analyzer, Chunk, Emit, Next, Side, Violation};
use model::Timestamp;

/// The longest handshake message that is put together from fragments (Zeek's own limit).
const MESSAGE_BYTES_MAX: usize = 100_000;

/// After so many records of unknown versions the flow is not read on (Zeek's `SSL::dtls_max_version_errors`).
const VERSION_ERRORS_MAX: u32 = 10;

/// The most pieces that one message may come in (Zeek's own limit).
const PIECES_MAX: u64 = 30;

/// Reads the datagrams of one flow.
#[derive(Debug)]
pub(crate) struct Dtls {
    session: Session,
    encrypted: [bool; 2],
    partial: [Partial; 2],
    version_errors: u32,
    finished: bool,
}

/// A handshake message in pieces.
#[derive(Debug, Default)]
struct Partial {
    number: u16,
    first: u64,
    first_seen: bool,
    last: u64,
    seen: u32,
    buffer: Vec<u8>,
}

struct Fragment<'a> {
    kind: u8,
    length: usize,
    number: u16,
    offset: usize,
    stated: usize,
    data: &'a [u8],
}

impl Dtls {
    pub(crate) fn new() -> Self {
        Self {
            session: Session::new(Carrier::Dtls, "dtls"),
            encrypted: [false; 2],
            partial: <[Partial; 2]>::default(),
            version_errors: 0,
            finished: false,
        }
    }

    fn datagram(&mut self, at: Timestamp, side: Side, data: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
        let mut cursor = Cursor(data);
        while !cursor.0.is_empty() && !self.finished {
            // DTLS 1.3's encrypted records have a short header that begins with 001 (RFC 9147 section 4).
            if cursor.0[0] & 0xe0 == 0x20 && self.session.negotiated() == DTLS_V13 {
                self.encrypted[side.index()] = true;
                self.ciphertext(at, out);
                return Ok(());
            }
            let Some((content, version)) = cursor.u8().zip(cursor.u16()) else { return broken("SSLRecord") };
            let header = cursor.u16().zip(cursor.take(6)).zip(cursor.u16());
            let Some(((epoch, sequence), length)) = header else { return broken("SSLRecord") };
            if !self.version_is_good(version)? {
                return Ok(());
            }
            let Some(body) = cursor.take(length.into()) else { return broken("SSLRecord") };
            let sequence = sequence.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte));
            self.record(at, side, content, epoch, sequence, body, out)?;
        }
        Ok(())
    }

    fn version_is_good(&mut self, version: u16) -> Result<bool, Violation> {
        if matches!(version, DTLS_V10 | DTLS_V12) {
            if self.session.confirmed() {
                self.version_errors = 0;
            }
            return Ok(true);
        }
        if self.session.confirmed() {
            return violation(format!("Invalid version late in DTLS connection. Packet reported version: {version}"));
        }
        self.version_errors += 1;
        self.finished = self.version_errors > VERSION_ERRORS_MAX;
        Ok(false)
    }

    #[allow(clippy::too_many_arguments, reason = "a record's fields, once")]
    fn record(
        &mut self,
        at: Timestamp,
        side: Side,
        content: u8,
        epoch: u16,
        sequence: u64,
        body: &[u8],
        out: &mut dyn Emit,
    ) -> Result<(), Violation> {
        let mut rest = Cursor(body);
        while !rest.0.is_empty() && !self.finished {
            if epoch != 0 {
                self.ciphertext(at, out);
                return Ok(());
            }
            match content {
                20 => {
                    rest.u8();
                    self.encrypted[side.index()] = true;
                    self.session.change_cipher(at, side, out);
                }
                21 => {
                    let Some([_, description]) = rest.take(2) else { return broken("Alert") };
                    self.session.alert(at, side, u32::from(*description), out);
                }
                22 => {
                    let Some(fragment) = fragment(rest.0) else { return broken("Handshake") };
                    rest = Cursor(&[]);
                    self.fragment(at, side, sequence, &fragment, out)?;
                }
                23 => rest = Cursor(&[]),
                24 => {
                    if rest.take(3).is_none() {
                        return broken("Heartbeat");
                    }
                    rest = Cursor(&[]);
                    self.session.heartbeat(at, side, out);
                }
                other => {
                    self.session.begin(at, out);
                    let who = if side.is_orig() { "originator" } else { "responder" };
                    return violation(format!("unknown SSL record type ({other}) from {who}"));
                }
            }
            self.session.plaintext(at, content == 23, out);
        }
        Ok(())
    }

    fn ciphertext(&mut self, at: Timestamp, out: &mut dyn Emit) {
        if self.encrypted == [true; 2] && !self.session.logged() {
            self.session.establish(at, out);
            self.finished = self.session.confirmed();
        }
    }

    fn fragment(&mut self, at: Timestamp, side: Side, sequence: u64, piece: &Fragment<'_>, out: &mut dyn Emit) -> Result<(), Violation> {
        if piece.offset == 0 && piece.length == piece.stated {
            let Some(body) = piece.data.get(..piece.length) else { return Ok(()) };
            return self.session.handshake(at, side, piece.kind, body, out);
        }
        if let Some(body) = self.partial[side.index()].add(sequence, piece)? {
            self.session.handshake(at, side, piece.kind, &body, out)?;
        }
        Ok(())
    }
}

fn fragment(body: &[u8]) -> Option<Fragment<'_>> {
    let mut cursor = Cursor(body);
    let (kind, length, number) = (cursor.u8()?, cursor.number(3)? as usize, cursor.u16()?);
    let (offset, stated) = (cursor.number(3)? as usize, cursor.number(3)? as usize);
    Some(Fragment { kind, length, number, offset, stated, data: cursor.0 })
}

impl Partial {
    /// Puts a piece in its place; gives the message once it is whole. As in Zeek, pieces are told apart by the
    /// sequence numbers of their records, which must follow each other.
    fn add(&mut self, sequence: u64, piece: &Fragment<'_>) -> Result<Option<Vec<u8>>, Violation> {
        if piece.length > MESSAGE_BYTES_MAX {
            return violation(format!("DTLS record length {} larger than allowed maximum.", piece.length));
        }
        if self.buffer.is_empty() || self.number != piece.number || self.buffer.len() != piece.length {
            *self = Self { number: piece.number, first: sequence, buffer: vec![0; piece.length], ..Self::default() };
        }
        if self.first > sequence {
            if self.first_seen {
                return violation("Saw second and different first message fragment for handshake.".into());
            }
            self.seen = u32::try_from(self.first - sequence).ok().and_then(|by| self.seen.checked_shl(by)).unwrap_or(0);
            self.first = sequence;
        }
        self.first_seen |= piece.offset == 0;
        let bit = u32::try_from(sequence - self.first).ok().and_then(|by| 1u32.checked_shl(by)).unwrap_or(0);
        if self.seen & bit != 0 {
            return Ok(None);
        }
        if piece.data.len() != piece.stated {
            return violation("DTLS handshake record length does not match packet length".into());
        }
        let end = piece.offset + piece.stated;
        let Some(place) = self.buffer.get_mut(piece.offset..end) else {
            return violation("DTLS handshake fragment trying to write past end of buffer".into());
        };
        place.copy_from_slice(piece.data);
        self.seen |= bit;
        if end == piece.length {
            self.last = sequence;
        }
        self.whole()
    }

    fn whole(&self) -> Result<Option<Vec<u8>>, Violation> {
        if self.last == 0 || !self.first_seen {
            return Ok(None);
        }
        let pieces = self.last.saturating_sub(self.first);
        if pieces > PIECES_MAX {
            return violation("DTLS Message fragmented over more than 30 pieces. Cannot reassemble.".into());
        }
        let all = u32::try_from((1u64 << (pieces + 1)) - 1).unwrap_or(u32::MAX);
        Ok((!self.seen & all == 0).then(|| self.buffer.clone()))
    }
}

fn broken<T>(what: &str) -> Result<T, Violation> {
    violation(format!("Binpac exception: binpac exception: out_of_bound: {what}"))
}

fn violation<T>(reason: String) -> Result<T, Violation> {
    Err(Violation { reason: reason.into() })
}

/// Whether a datagram is STUN's, which shares ports with DTLS (RFC 8489 section 5: the magic cookie).
pub(super) fn is_stun(data: &[u8]) -> bool {
    data.len() >= 20 && data[4..8] == [0x21, 0x12, 0xa4, 0x42]
}

impl Analyzer for Dtls {
    fn feed(&mut self, at: Timestamp, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        if self.finished {
            return Ok(Next::Done);
        }
        let Chunk::Data(data) = chunk else { return Ok(Next::Continue) };
        if is_stun(data) {
            return Ok(Next::Continue);
        }
        if let Err(violation) = self.datagram(at, side, data, out) {
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
        self.session.held_bytes() + self.partial.iter().map(|partial| partial.buffer.capacity()).sum::<usize>()
    }
}
