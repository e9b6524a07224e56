//! One flow of Modbus: each message is a row.

use super::codec::{self, EXCEPTION_BIT, Header};
use super::log;
use contract::{Analyzer, Chunk, Emit, Next, Side, Violation};
use model::Timestamp;

/// The state of one flow.
#[derive(Debug, Default)]
pub(super) struct Modbus {
    sides: [Stream; 2],
    had_gap: bool,
}

/// One side's bytes, cut into messages.
#[derive(Debug, Default)]
struct Stream {
    /// The message under way: at most 64 KiB, for that is what a length can say.
    buffer: Vec<u8>,
    /// Whether that message's row is written already.
    told: bool,
    /// So many bytes still belong to a message of which a part is missing.
    skip: usize,
}

impl Analyzer for Modbus {
    fn feed(&mut self, at: Timestamp, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        match chunk {
            Chunk::Data(bytes) => self.data(at, side, bytes, out)?,
            Chunk::Gap(bytes) => {
                self.had_gap = true;
                self.sides[side.index()].gap(bytes);
            }
            Chunk::End => {}
        }
        Ok(Next::Continue)
    }

    fn close(&mut self, _at: Timestamp, _out: &mut dyn Emit) {}

    fn held_bytes(&self) -> usize {
        self.sides.iter().map(|stream| stream.buffer.capacity()).sum()
    }
}

impl Modbus {
    fn data(&mut self, at: Timestamp, side: Side, mut bytes: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
        // Where parts of a connection are missing, broken messages prove nothing.
        let lenient = self.had_gap || out.flow().midstream;
        let judge = |result: Result<(), Violation>| if lenient { Ok(()) } else { result };
        let stream = &mut self.sides[side.index()];
        let skipped = stream.skip.min(bytes.len());
        stream.skip -= skipped;
        bytes = &bytes[skipped..];
        while !bytes.is_empty() {
            let size = if stream.buffer.is_empty() { codec::message_bytes(bytes) } else { codec::message_bytes(&stream.buffer) };
            if stream.buffer.is_empty()
                && let Some((whole, rest)) = size.and_then(|size| bytes.split_at_checked(size))
            {
                bytes = rest;
                judge(tell(at, side, whole, out))?;
                judge(finish(at, side, whole, out))?;
                continue;
            }
            let wanted = if stream.buffer.len() < codec::PREFIX_BYTES { codec::PREFIX_BYTES } else { size.unwrap_or(codec::PREFIX_BYTES) };
            let (part, rest) = bytes.split_at((wanted - stream.buffer.len()).min(bytes.len()));
            stream.buffer.extend_from_slice(part);
            bytes = rest;
            judge(stream.look(at, side, out))?;
        }
        Ok(())
    }
}

impl Stream {
    /// Looks at what is there of the message under way.
    fn look(&mut self, at: Timestamp, side: Side, out: &mut dyn Emit) -> Result<(), Violation> {
        let complete = codec::message_bytes(&self.buffer).is_some_and(|size| size == self.buffer.len());
        let mut result = Ok(());
        if !self.told && (complete || self.buffer.len() >= codec::HEADER_BYTES) {
            self.told = true;
            result = tell(at, side, &self.buffer, out);
        }
        if complete {
            self.told = false;
            let whole = std::mem::take(&mut self.buffer);
            result = result.and_then(|()| finish(at, side, &whole, out));
        }
        result
    }

    /// A gap costs the message that it tears. Behind a longer one a message begins, as a rule: whole segments get lost, and
    /// they hold whole messages.
    fn gap(&mut self, bytes: u64) {
        let wanted = codec::message_bytes(&self.buffer).map_or(self.skip, |size| size - self.buffer.len()) as u64;
        self.buffer.clear();
        self.told = false;
        self.skip = wanted.saturating_sub(bytes) as usize;
    }
}

/// A message is told when its header is read, whatever becomes of the rest.
fn tell(at: Timestamp, side: Side, message: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
    let header = codec::header(message)?;
    if header.function < EXCEPTION_BIT {
        row(at, side, header, None, out);
    }
    Ok(())
}

/// An exception is told with its code, and a whole message proves the protocol.
fn finish(at: Timestamp, side: Side, message: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
    let header = codec::header(message)?;
    let data = message.get(codec::HEADER_BYTES..).unwrap_or_default();
    if header.function >= EXCEPTION_BIT
        && side == Side::Resp
        && let Some(code) = data.first()
    {
        row(at, side, header, Some(*code), out);
    }
    codec::check(side, header.function, data)?;
    out.confirm("modbus");
    Ok(())
}

fn row(at: Timestamp, side: Side, header: Header, exception: Option<u8>, out: &mut dyn Emit) {
    let row = out
        .flow()
        .event(&log::KIND, at)
        .with(log::TID, header.transaction)
        .with(log::UNIT, header.unit)
        .with(log::FUNC, codec::function_name(header.function))
        .with(log::PDU_TYPE, if side.is_orig() { "REQ" } else { "RESP" })
        .with(log::EXCEPTION, exception.map(codec::exception_name));
    out.event(row);
}
