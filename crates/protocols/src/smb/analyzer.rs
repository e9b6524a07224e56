//! SMB over TCP: messages in the frames of NetBIOS sessions (RFC 1002 section 4.3.1), on port 139 with a session set up
//! around them and on 445 without.

use super::session::Session;
use super::v1::V1;
use super::v2::V2;
use contract::{Analyzer, Chunk, Emit, Next, Side, Violation};
use model::Timestamp;

/// The type and length before each message.
const FRAME_BYTES: usize = 4;

/// Messages longer than this are passed over: the largest read or write that servers grant is 8 MiB.
const MESSAGE_BYTES_MAX: usize = (8 << 20) + (64 << 10);

/// How many messages have to begin until it is certain that this is SMB. Zeek is sure after three chunks, which depends on
/// how the stream was cut; exploits that never finish a message make the beginnings count.
const MESSAGES_TO_BE_SURE: u32 = 3;
/// With so many bytes of messages it is certain as well. Exploits that fill a server's memory open connections with little
/// more than 4 KiB; Zeek is sure of some and not of others, by their chunks, and this length parts them alike.
const BYTES_TO_BE_SURE: usize = 4205;

/// One TCP connection in SMB.
#[derive(Debug, Default)]
pub(crate) struct Smb {
    waiting: [Vec<u8>; 2],
    /// Bytes of a message to pass over, per side.
    passing: [usize; 2],
    /// Whether a message of SMB was found, so that frames are known to follow each other.
    in_step: bool,
    /// Messages that have begun.
    messages: u32,
    /// Whether the message that waits is one of them, per side.
    counted: [bool; 2],
    /// Bytes of messages that are whole.
    bytes: usize,
    sure: bool,
    v1: V1,
    v2: V2,
    session: Session,
}

impl Analyzer for Smb {
    fn feed(&mut self, at: Timestamp, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        match chunk {
            Chunk::Data(mut data) => {
                while !data.is_empty() {
                    data = self.read(at, side, data, out)?;
                }
                let begun = Side::BOTH.into_iter().filter(|side| self.counted[side.index()]);
                let begun: usize = begun.map(|side| self.waiting[side.index()].len()).sum();
                self.consider(begun, out);
            }
            Chunk::Gap(_) => self.lose_step(),
            Chunk::End => {}
        }
        Ok(Next::Continue)
    }

    fn close(&mut self, at: Timestamp, out: &mut dyn Emit) {
        self.session.close(at, out);
    }

    fn held_bytes(&self) -> usize {
        self.waiting.iter().map(Vec::capacity).sum::<usize>() + self.v1.held_bytes() + self.v2.held_bytes() + self.session.held_bytes()
    }
}

/// What a frame holds.
enum Frame {
    /// More bytes are needed to see.
    Unclear,
    /// Something of this length, frame included, that is none of SMB's messages.
    Foreign(usize),
    /// A message of this length, frame included.
    Message(usize),
    /// Not a frame.
    None,
}

impl Smb {
    fn lose_step(&mut self) {
        self.in_step = false;
        self.passing = [0; 2];
        self.counted = [false; 2];
        self.waiting = [Vec::new(), Vec::new()];
    }

    /// Counts a message of which the head is there.
    fn begin(&mut self, side: Side) {
        if !std::mem::replace(&mut self.counted[side.index()], true) {
            self.messages = self.messages.saturating_add(1);
        }
    }

    /// Is this certain by now, with some bytes of messages that are not whole yet?
    fn consider(&mut self, begun: usize, out: &mut dyn Emit) {
        let sure = self.messages >= MESSAGES_TO_BE_SURE || self.bytes.saturating_add(begun) >= BYTES_TO_BE_SURE;
        if sure && !std::mem::replace(&mut self.sure, true) {
            out.confirm("smb");
        }
    }

    /// Reads the frame at the front, or keeps its beginning. Returns what follows.
    fn read<'a>(&mut self, at: Timestamp, side: Side, data: &'a [u8], out: &mut dyn Emit) -> Result<&'a [u8], Violation> {
        let passing = &mut self.passing[side.index()];
        if *passing > 0 {
            let passed = data.len().min(*passing);
            *passing -= passed;
            return Ok(&data[passed..]);
        }
        let mut waiting = std::mem::take(&mut self.waiting[side.index()]);
        if waiting.is_empty()
            && let Frame::Message(length) = frame(data, self.in_step)
            && let Some((message, rest)) = data.split_at_checked(length)
        {
            self.message(at, side, &message[FRAME_BYTES..], out)?;
            return Ok(rest);
        }
        let wanted = match frame(&waiting, self.in_step) {
            Frame::Message(length) => length,
            _ => FRAME_BYTES + 4,
        };
        let (more, rest) = data.split_at(wanted.saturating_sub(waiting.len()).min(data.len()));
        waiting.extend_from_slice(more);
        match frame(&waiting, self.in_step) {
            Frame::Message(length) if waiting.len() == length => {
                self.message(at, side, &waiting[FRAME_BYTES..], out)?;
                Ok(rest)
            }
            Frame::Message(length) if length > MESSAGE_BYTES_MAX => {
                self.passing[side.index()] = length - waiting.len();
                Ok(rest)
            }
            Frame::Message(_) => {
                self.in_step = true;
                self.begin(side);
                self.waiting[side.index()] = waiting;
                Ok(rest)
            }
            Frame::Unclear => {
                self.waiting[side.index()] = waiting;
                Ok(rest)
            }
            Frame::Foreign(length) if length <= waiting.len() => {
                // The beginning of the next frame was taken along.
                self.waiting[side.index()] = waiting.split_off(length);
                Ok(rest)
            }
            Frame::Foreign(length) => {
                self.passing[side.index()] = length - waiting.len();
                Ok(rest)
            }
            // Until a message begins at the front of a chunk, chunks are dropped.
            Frame::None => Ok(&[]),
        }
    }

    fn message(&mut self, at: Timestamp, side: Side, message: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
        self.in_step = true;
        self.begin(side);
        self.counted[side.index()] = false;
        self.bytes = self.bytes.saturating_add(message.len());
        self.consider(0, out);
        match message.first() {
            Some(0xff) => {
                let read = self.v1.message(at, side, message, &mut self.session, out);
                read.map_err(|broken| Violation { reason: broken.0.into() })?;
            }
            Some(0xfe) => {
                let read = self.v2.message(at, side, message, &mut self.session, out);
                read.ok_or(Violation::new("Binpac exception: binpac exception: out_of_bound: SMB2_PDU:message"))?;
            }
            _ => {}
        }
        Ok(())
    }
}

fn frame(bytes: &[u8], in_step: bool) -> Frame {
    let Some(head) = bytes.first_chunk::<FRAME_BYTES>() else { return Frame::Unclear };
    let length = FRAME_BYTES + (usize::from(head[1]) << 16 | usize::from(head[2]) << 8 | usize::from(head[3]));
    match (head[0], bytes.get(FRAME_BYTES..FRAME_BYTES + 4)) {
        (0, _) if length == FRAME_BYTES => Frame::Foreign(length),
        (0, None) if length < FRAME_BYTES + 4 => Frame::Foreign(length),
        (0, None) => Frame::Unclear,
        (0, Some([0xfd..=0xff, b'S', b'M', b'B'])) => Frame::Message(length),
        (0, Some(_)) if in_step => Frame::Foreign(length),
        // Session request, answers to it, keep-alive.
        (0x81..=0x85, _) if length <= FRAME_BYTES + 0xffff => Frame::Foreign(length),
        (_, _) if in_step => Frame::Foreign(length),
        _ => Frame::None,
    }
}
