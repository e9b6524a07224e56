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

/// After how many messages, or chunks, it is certain that this is SMB.
const MESSAGES_TO_BE_SURE: u32 = 3;

/// One TCP connection in SMB.
#[derive(Debug, Default)]
pub(crate) struct Smb {
    waiting: [Vec<u8>; 2],
    /// Bytes of a message to pass over, per side.
    passing: [usize; 2],
    /// Whether a message of SMB was found, so that frames are known to follow each other.
    in_step: bool,
    messages: u32,
    /// Chunks that were read in step. Zeek is sure of SMB after three of them, which shows in exploits that never finish a
    /// message; the number of messages counts as well, so that splits make no difference to whole conversations.
    chunks: u32,
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
                if self.in_step {
                    self.chunks = self.chunks.saturating_add(1);
                    if self.chunks == MESSAGES_TO_BE_SURE {
                        out.confirm("smb");
                    }
                }
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
        self.waiting = [Vec::new(), Vec::new()];
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
        self.messages = self.messages.saturating_add(1);
        if self.messages == MESSAGES_TO_BE_SURE {
            out.confirm("smb");
        }
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
