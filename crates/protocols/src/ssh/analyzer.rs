//! From identification to key exchange to guessing at authentication.
//!
//! Once encrypted, SSH shows only the sizes of what it sends. Zeek's guess, followed here: the server's first answer to
//! encrypted data is SERVICE_ACCEPT; a USERAUTH_SUCCESS is 16 bytes shorter than it; the size of the first refusal tells
//! later refusals. The sizes are those of TCP segments, so what one packet carried must be known: chunks of one side with
//! one time are taken for one segment.

use super::codec::{self, Exchange, KEXINIT, NEWKEYS, Offer};
use super::guessing::FAILED;
use super::log;
use crate::software;
use contract::{Analyzer, Chunk, Emit, Next, Side, Violation};
use model::{Event, Timestamp, Value};

/// The longest line of identification; RFC 4253 allows 255 bytes.
const LINE_BYTES_MAX: usize = 4096;

/// Lines that a server may say before its identification (RFC 4253 section 4.2 sets no limit).
const LINES_MAX: usize = 100;

/// The longest packet in the clear; RFC 4253 section 6.1 asks for 35,000 bytes, post-quantum keys and long lists of
/// algorithms for more.
const PACKET_BYTES_MAX: usize = 256 << 10;

/// What is held of a client that speaks before the server did.
const EARLY_BYTES_MAX: usize = PACKET_BYTES_MAX;

/// How much longer than a SERVICE_ACCEPT a banner is than a refusal may be.
const BANNER_MORE_BYTES: usize = 256;

/// A USERAUTH_SUCCESS is so much shorter than a SERVICE_ACCEPT.
const SUCCESS_LESS_BYTES: usize = 16;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Identification,
    Plain,
    Encrypted,
}

#[derive(Debug, Default)]
struct Half {
    state: State,
    pending: Vec<u8>,
    lines: usize,
    identification: Option<Vec<u8>>,
    offer: Option<Offer>,
}

/// The segment of encrypted bytes that is being gathered.
#[derive(Debug)]
struct Segment {
    at: Timestamp,
    side: Side,
    bytes: usize,
}

/// What the sizes have told so far.
#[derive(Debug, Default)]
struct Guess {
    client_spoke: bool,
    accept: usize,
    refusal: usize,
    banner_skipped: bool,
}

/// Reads one connection.
#[derive(Debug, Default)]
pub(super) struct Ssh {
    sides: [Half; 2],
    version: Option<u64>,
    exchange: Option<Exchange>,
    row: Option<Event>,
    segment: Option<Segment>,
    guess: Guess,
    attempts: u64,
    success: Option<bool>,
    compressed: bool,
    finished: bool,
}

impl Ssh {
    fn begin(&mut self, at: Timestamp, out: &dyn Emit) -> &mut Event {
        self.row.get_or_insert_with(|| {
            let flow = out.flow();
            let (from_inside, to_inside) = (flow.orig.0.is_private(), flow.resp.0.is_private());
            let direction = match (from_inside, to_inside) {
                (true, false) => Value::Static("OUTBOUND"),
                (false, true) => Value::Static("INBOUND"),
                _ => Value::Unset,
            };
            flow.event(&log::KIND, at).with(log::DIRECTION, direction)
        })
    }

    fn finish(&mut self, out: &mut dyn Emit) {
        self.finished = true;
        if let Some(row) = self.row.take() {
            out.event(row.with(log::AUTH_SUCCESS, self.success).with(log::AUTH_ATTEMPTS, self.attempts));
        }
    }

    /// Reads on one side, behind what is held of it; what is not whole yet is held. Nothing is copied twice.
    fn gather(&mut self, at: Timestamp, side: Side, data: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
        let mut held = std::mem::take(&mut self.sides[side.index()].pending);
        if held.is_empty() {
            held.extend_from_slice(self.read(at, side, data, out)?);
        } else {
            held.extend_from_slice(data);
            let rest = self.read(at, side, &held, out)?.len();
            held.drain(..held.len() - rest);
        }
        self.sides[side.index()].pending = held;
        Ok(())
    }

    /// Whatever `bytes` holds whole; gives the rest.
    fn read<'a>(&mut self, at: Timestamp, side: Side, mut bytes: &'a [u8], out: &mut dyn Emit) -> Result<&'a [u8], Violation> {
        loop {
            let taken = match self.sides[side.index()].state {
                State::Identification => self.line(at, side, bytes, out)?,
                State::Plain => self.packet(at, side, bytes, out)?,
                State::Encrypted => {
                    self.encrypted(at, side, bytes.len(), out);
                    return Ok(&[]);
                }
            };
            match taken {
                0 => return Ok(bytes),
                count => bytes = &bytes[count..],
            }
        }
    }

    fn line(&mut self, at: Timestamp, side: Side, bytes: &[u8], out: &mut dyn Emit) -> Result<usize, Violation> {
        // Looked for within the limit alone, so that a chunk that brings more decides nothing.
        let Some(end) = memchr::memchr(b'\n', &bytes[..bytes.len().min(LINE_BYTES_MAX + 1)]) else {
            let too_long = bytes.len() > LINE_BYTES_MAX;
            return if too_long { Err(Violation::new("identification line too long")) } else { Ok(0) };
        };
        let line = bytes[..end].strip_suffix(b"\r").unwrap_or(&bytes[..end]);
        let half = &mut self.sides[side.index()];
        if !line.get(..4).is_some_and(|head| head.eq_ignore_ascii_case(b"SSH-")) {
            half.lines += 1;
            if side.is_orig() || half.lines > LINES_MAX {
                return Err(Violation::new("malformed ssh identification"));
            }
            return Ok(end + 1);
        }
        half.identification = Some(line.to_vec());
        half.state = State::Plain;
        let column = if side.is_orig() { log::CLIENT } else { log::SERVER };
        self.begin(at, out).set(column, line);
        let kind = if side.is_orig() { "SSH::CLIENT" } else { "SSH::SERVER" };
        software::emit(at, side, &software::Seen { kind, banner: codec::software(line) }, out);
        if let [Half { identification: Some(client), .. }, Half { identification: Some(server), .. }] = &self.sides {
            let version = codec::version(client, server);
            self.version = version.as_count();
            self.begin(at, out).set(log::VERSION, version);
            // What the other side said before is older than what follows this line, in whatever chunk that comes.
            self.gather(at, side.other(), &[], out)?;
        }
        Ok(end + 1)
    }

    fn packet(&mut self, at: Timestamp, side: Side, bytes: &[u8], out: &mut dyn Emit) -> Result<usize, Violation> {
        if self.version.is_some_and(|version| !matches!(version, 1 | 2)) {
            return Ok(bytes.len());
        }
        let Some(length) = bytes.first_chunk::<4>().map(|length| u32::from_be_bytes(*length) as usize) else { return Ok(0) };
        if length > PACKET_BYTES_MAX {
            return Err(Violation::new("packet too long"));
        }
        match self.version {
            Some(2) => self.packet2(at, side, bytes, length, out),
            Some(_) => self.packet1(side, bytes, length, out),
            None if bytes.len() > EARLY_BYTES_MAX => Err(Violation::new("keys exchanged before identification")),
            None => Ok(0),
        }
    }

    fn packet1(&mut self, side: Side, bytes: &[u8], length: usize, out: &mut dyn Emit) -> Result<usize, Violation> {
        const SESSION_KEY: u8 = 3;
        let padding = 8 - length % 8;
        let total = 4 + padding + length;
        if bytes.len() < total {
            return Ok(0);
        }
        self.sides[side.index()].state = State::Encrypted;
        if bytes.get(4 + padding) == Some(&SESSION_KEY) {
            out.confirm("ssh");
        }
        Ok(total)
    }

    fn packet2(&mut self, at: Timestamp, side: Side, bytes: &[u8], length: usize, out: &mut dyn Emit) -> Result<usize, Violation> {
        let Some(body) = bytes.get(4..4 + length) else { return Ok(0) };
        let [padding, kind, rest @ ..] = body else { return Err(Violation::new("packet too short")) };
        let Some(payload) = rest.len().checked_sub(usize::from(*padding)).map(|end| &rest[..end]) else {
            return Err(Violation::new("padding longer than its packet"));
        };
        match *kind {
            NEWKEYS => {
                self.sides[side.index()].state = State::Encrypted;
                out.confirm("ssh");
            }
            KEXINIT => self.offered(at, side, payload, out)?,
            kind => {
                if let Some(key) = self.exchange.and_then(|exchange| codec::host_key(exchange, kind, payload)) {
                    let fingerprint = codec::fingerprint(key);
                    self.begin(at, out).set(log::HOST_KEY_FINGERPRINT, fingerprint);
                }
            }
        }
        Ok(4 + length)
    }

    fn offered(&mut self, at: Timestamp, side: Side, payload: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
        let Some(offer) = codec::offer(payload) else { return Err(Violation::new("malformed KEXINIT")) };
        if self.sides[side.index()].offer.is_some() {
            return Ok(());
        }
        let server = !side.is_orig();
        self.begin(at, out).set(if server { log::HASSH_SERVER } else { log::HASSH }, offer.hassh(server));
        self.sides[side.index()].offer = Some(offer);
        let [Half { offer: Some(client), .. }, Half { offer: Some(server), .. }] = &self.sides else { return Ok(()) };
        if let Some(row) = &mut self.row {
            codec::negotiate(client, server, row);
            self.compressed = matches!(row.get(log::COMPRESSION_ALG).as_bytes(), Some(b"zlib" | b"zlib@openssh.com"));
        }
        let chosen = codec::exchange(client, server);
        if let Some((Exchange::Unknown, name)) = chosen {
            out.weird("ssh_unknown_kex_algorithm", &String::from_utf8_lossy(name), "SSH");
        }
        self.exchange = chosen.map(|(exchange, _)| exchange);
        self.sides.iter_mut().for_each(|half| {
            if let Some(offer) = &mut half.offer {
                // From here on only that there was an offer matters.
                *offer = Offer::default();
            }
        });
        Ok(())
    }

    fn encrypted(&mut self, at: Timestamp, side: Side, bytes: usize, out: &mut dyn Emit) {
        match &mut self.segment {
            Some(segment) if segment.at == at && segment.side == side => segment.bytes += bytes,
            _ => {
                self.judge(out);
                self.segment = (bytes > 0).then_some(Segment { at, side, bytes });
            }
        }
    }

    /// Looks at the segment that was gathered.
    fn judge(&mut self, out: &mut dyn Emit) {
        let Some(Segment { side, bytes, .. }) = self.segment.take() else { return };
        if self.version != Some(2) || self.finished {
            return;
        }
        let guess = &mut self.guess;
        if side.is_orig() {
            guess.client_spoke = true;
        } else if !guess.client_spoke {
            // What a server sends first is about the protocol, not about the user.
        } else if guess.accept == 0 {
            guess.accept = bytes;
        } else if bytes + SUCCESS_LESS_BYTES == guess.accept {
            self.attempted(true, out);
        } else if guess.refusal == 0 {
            if !guess.banner_skipped && bytes > guess.accept + BANNER_MORE_BYTES {
                guess.banner_skipped = true;
            } else {
                guess.refusal = bytes;
            }
        } else if bytes == guess.refusal {
            self.attempted(false, out);
        }
    }

    fn attempted(&mut self, success: bool, out: &mut dyn Emit) {
        // Compression hides the sizes; a success still ends the guessing.
        if !self.compressed {
            self.success = Some(success);
            self.attempts += 1;
            if success {
                self.finish(out);
            }
        } else if success {
            self.finished = true;
        }
    }
}

impl Analyzer for Ssh {
    fn feed(&mut self, at: Timestamp, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        if self.finished || out.flow().midstream {
            return Ok(Next::Done);
        }
        let data = match chunk {
            Chunk::Data(data) => data,
            Chunk::Gap(_) => {
                self.judge(out);
                self.finished = true;
                return Ok(Next::Done);
            }
            Chunk::End => return Ok(Next::Continue),
        };
        self.gather(at, side, data, out)?;
        Ok(if self.finished { Next::Done } else { Next::Continue })
    }

    fn close(&mut self, at: Timestamp, out: &mut dyn Emit) {
        self.judge(out);
        if self.success == Some(false) && self.sides.iter().all(|half| half.identification.is_some()) {
            out.event(out.flow().event(&FAILED, at));
        }
        self.finish(out);
    }

    fn held_bytes(&self) -> usize {
        let halves = self.sides.iter().map(|half| {
            half.pending.capacity()
                + half.offer.as_ref().map_or(0, Offer::held_bytes)
                + half.identification.as_ref().map_or(0, Vec::capacity)
        });
        halves.sum::<usize>() + self.row.as_ref().map_or(0, Event::held_bytes)
    }
}
