//! From datagrams to packets to frames to the TLS hellos in them.

use super::codec::{self, Frame, Long, Packet, Version};
use super::crypto::Keys;
use super::log;
use crate::ssl::{Carrier, Cursor, Session};
use crate::x509::der::hex_lower;
use contract::{Analyzer, Chunk, Emit, Next, Side, Violation};
use model::{Event, Timestamp};

/// The longest history that is kept (Zeek's `QUIC::max_history_length`).
const HISTORY_MAX: usize = 100;

/// The longest TLS message that is put together: RFC 8446 allows a record no more.
const MESSAGE_BYTES_MAX: usize = (1 << 14) + 256;

/// Holes in a TLS message beyond this many are not kept track of; honest senders leave none or one.
const PIECES_MAX: usize = 64;

/// Discarded packets that are put into the history (Zeek's `QUIC::max_discarded_packet_events`).
const DISCARDED_MAX: u32 = 100;

/// One side's TLS messages, put in order.
#[derive(Debug, Default)]
struct Stream {
    bytes: Vec<u8>,
    /// What has come: starts and ends, in order, apart from each other.
    pieces: Vec<(usize, usize)>,
    finished: bool,
}

#[derive(Debug)]
struct Half {
    stream: Stream,
    short_packets: u64,
    next_told: u64,
}

impl Default for Half {
    fn default() -> Self {
        Self { stream: Stream::default(), short_packets: 0, next_told: 1 }
    }
}

/// Reads the datagrams of one flow.
#[derive(Debug)]
pub(super) struct Quic {
    session: Session,
    row: Option<Event>,
    history: String,
    sides: [Half; 2],
    keys: Option<Keys>,
    client_id_bytes: usize,
    decrypted: u32,
    discarded: u32,
    finished: bool,
}

impl Quic {
    pub(super) fn new() -> Self {
        Self {
            session: Session::new(Carrier::Quic, "ssl"),
            row: None,
            history: String::new(),
            sides: <[Half; 2]>::default(),
            keys: None,
            client_id_bytes: 0,
            decrypted: 0,
            discarded: 0,
            finished: false,
        }
    }

    fn datagram(&mut self, at: Timestamp, side: Side, datagram: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
        let mut rest = datagram;
        while let Some(&first) = rest.first() {
            if first & 0x40 == 0 {
                self.discarded += 1;
                if self.decrypted > 0 && self.discarded <= DISCARDED_MAX && self.row.is_some() {
                    self.letter(side, 'x', out);
                }
                return Ok(());
            }
            if first & 0x80 == 0 {
                return self.short_packet(side, rest, out);
            }
            let Some(packet) = codec::long_packet(rest) else { return Err(Violation::new("malformed QUIC packet")) };
            rest = &rest[packet.bytes.len()..];
            self.long_packet(at, side, &packet, out)?;
        }
        Ok(())
    }

    /// Packets with short headers are told at their first, second, fourth … of each side.
    fn short_packet(&mut self, side: Side, rest: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
        if rest.len() < 1 + self.client_id_bytes {
            return Err(Violation::new("malformed QUIC packet"));
        }
        let own = &mut self.sides[side.index()];
        own.short_packets += 1;
        if own.short_packets == own.next_told {
            own.next_told *= 2;
            if self.row.is_some() {
                self.letter(side, 'o', out);
            }
        }
        Ok(())
    }

    fn long_packet(&mut self, at: Timestamp, side: Side, packet: &Packet<'_>, out: &mut dyn Emit) -> Result<(), Violation> {
        match packet.kind {
            Long::Initial { number_at } => {
                self.begin(at, side, packet, out);
                self.letter(side, 'i', out);
                self.initial(at, side, packet, number_at, out)
            }
            Long::ZeroRtt => {
                self.begin(at, side, packet, out);
                self.letter(side, 'z', out);
                Ok(())
            }
            Long::Handshake => {
                self.begin(at, side, packet, out);
                self.letter(side, 'h', out);
                Ok(())
            }
            Long::Retry => {
                self.begin(at, side, packet, out);
                self.letter(side, 'r', out);
                self.write(out);
                self.keys = None;
                self.sides.iter_mut().for_each(|side| side.stream = Stream::default());
                Ok(())
            }
            Long::Unknown => {
                self.begin(at, side, packet, out);
                self.letter(side, 'u', out);
                self.write(out);
                Err(Violation { reason: format!("unhandled QUIC version {:#x}", packet.version.0).into() })
            }
        }
    }

    fn initial(&mut self, at: Timestamp, side: Side, packet: &Packet<'_>, number_at: usize, out: &mut dyn Emit) -> Result<(), Violation> {
        let client = side.is_orig();
        if self.sides[side.index()].stream.finished || (!client && self.keys.is_none()) {
            return Ok(());
        }
        self.client_id_bytes = if client { packet.from.len() } else { packet.to.len() };
        if self.keys.is_none() {
            self.keys = Keys::new(packet.version, packet.to);
        }
        let frames = self.keys.as_ref().and_then(|keys| keys.open(client, packet.bytes, number_at));
        let Some(frames) = frames.filter(|frames| !frames.is_empty()) else { return Err(Violation::new("decryption failed")) };
        out.confirm("quic");
        self.decrypted += 1;
        let mut cursor = Cursor(&frames);
        while !cursor.0.is_empty() {
            match codec::frame(&mut cursor) {
                Some(Frame::Crypto { offset, data }) => self.crypto(at, side, offset, data, out)?,
                Some(Frame::Close) if self.row.is_some() => {
                    self.letter(side, 'c', out);
                    self.write(out);
                }
                Some(_) => {}
                None => return Err(Violation::new("unhandled frame type")),
            }
        }
        Ok(())
    }

    fn crypto(&mut self, at: Timestamp, side: Side, offset: usize, data: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
        let Some((kind, body)) = self.sides[side.index()].stream.add(offset, data)? else { return Ok(()) };
        let outcome = self.session.handshake(at, side, kind, &body, out);
        let heard = self.session.take_heard();
        let Some(row) = &mut self.row else { return outcome };
        if let Some(name) = heard.server_name {
            row.set(log::SERVER_NAME, name);
        }
        if let Some(first) = heard.protocols.first() {
            row.set(log::CLIENT_PROTOCOL, first.clone());
            if heard.protocols.len() > 1 {
                let all: Vec<_> = heard.protocols.iter().map(|name| String::from_utf8_lossy(name)).collect();
                out.weird("QUIC_many_protocols", &format!("[{}]", all.join(", ")), "");
            }
        }
        if heard.client {
            self.letter(Side::Orig, 's', out);
        }
        if heard.server {
            self.letter(Side::Resp, 's', out);
        }
        outcome
    }

    fn begin(&mut self, at: Timestamp, side: Side, packet: &Packet<'_>, out: &mut dyn Emit) {
        let row = self.row.get_or_insert_with(|| out.flow().event(&log::KIND, at).with(log::VERSION, Version::name(packet.version)));
        if matches!(packet.kind, Long::Retry | Long::Unknown) && !row.get(log::CLIENT_SCID).is_unset() {
            return;
        }
        if side.is_orig() {
            if !packet.to.is_empty() && row.get(log::CLIENT_INITIAL_DCID).is_unset() {
                row.set(log::CLIENT_INITIAL_DCID, hex_lower(packet.to));
            }
            row.set(log::CLIENT_SCID, hex_lower(packet.from));
        } else {
            row.set(log::SERVER_SCID, hex_lower(packet.from));
        }
    }

    fn letter(&mut self, side: Side, letter: char, out: &mut dyn Emit) {
        if self.history.len() == HISTORY_MAX {
            return;
        }
        self.history.push(if side.is_orig() { letter.to_ascii_uppercase() } else { letter });
        if self.history.len() == HISTORY_MAX {
            out.weird("QUIC_max_history_length_reached", "", "");
        }
    }

    fn write(&mut self, out: &mut dyn Emit) {
        if let Some(row) = self.row.take() {
            out.event(row.with(log::HISTORY, std::mem::take(&mut self.history)));
        }
    }
}

impl Stream {
    /// Puts a piece in its place; gives the first message (type and body) once it is whole.
    fn add(&mut self, offset: usize, data: &[u8]) -> Result<Option<(u8, Vec<u8>)>, Violation> {
        let end = offset.saturating_add(data.len());
        if self.finished {
            return Ok(None);
        }
        if end > MESSAGE_BYTES_MAX || self.pieces.len() == PIECES_MAX {
            return Err(Violation::new("too much crypto data"));
        }
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        self.bytes[offset..end].copy_from_slice(data);
        self.pieces.push((offset, end));
        self.pieces.sort_unstable();
        self.pieces.dedup_by(|next, held| {
            let joined = next.0 <= held.1;
            if joined {
                held.1 = held.1.max(next.1);
            }
            joined
        });
        let whole = match self.pieces.first() {
            Some(&(0, end)) => &self.bytes[..end],
            _ => return Ok(None),
        };
        let mut cursor = Cursor(whole);
        let (Some(kind), Some(body)) = (cursor.u8(), cursor.string(3)) else { return Ok(None) };
        let message = (kind, body.to_vec());
        *self = Self { finished: true, ..Self::default() };
        Ok(Some(message))
    }
}

impl Analyzer for Quic {
    fn feed(&mut self, at: Timestamp, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        if self.finished {
            return Ok(Next::Done);
        }
        let Chunk::Data(data) = chunk else { return Ok(Next::Continue) };
        let outcome = self.datagram(at, side, data, out);
        if let Err(violation) = outcome {
            self.finished = true;
            return Err(violation);
        }
        Ok(Next::Continue)
    }

    fn close(&mut self, at: Timestamp, out: &mut dyn Emit) {
        self.write(out);
        self.session.finish(at, out);
    }

    fn held_bytes(&self) -> usize {
        self.session.held_bytes()
            + self.sides.iter().map(|side| side.stream.bytes.capacity()).sum::<usize>()
            + self.row.as_ref().map_or(0, Event::held_bytes)
    }
}
