//! One flow of Modbus: each message is a row.

use super::codec::{self, EXCEPTION_BIT, Header};
use super::log;
use contract::{Analyzer, Chunk, Emit, Next, Side, Violation};
use model::Timestamp;

/// The state of one flow.
#[derive(Debug, Default)]
pub(super) struct Modbus {
    sides: [Stream; 2],
}

/// One side's bytes, cut into messages.
#[derive(Debug, Default)]
struct Stream {
    /// The message under way: at most 64 KiB, for that is what a length can say.
    buffer: Vec<u8>,
    /// Where messages begin isn't known any more.
    lost: bool,
}

impl Analyzer for Modbus {
    fn feed(&mut self, at: Timestamp, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        match chunk {
            Chunk::Data(bytes) => self.data(at, side, bytes, out)?,
            Chunk::Gap(bytes) => self.sides[side.index()].gap(bytes),
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
        while !bytes.is_empty() && !self.sides[side.index()].lost {
            let buffer = &mut self.sides[side.index()].buffer;
            if buffer.is_empty()
                && let Some(size) = codec::message_bytes(bytes)
                && let Some((whole, rest)) = bytes.split_at_checked(size)
            {
                bytes = rest;
                message(at, side, whole, out)?;
                continue;
            }
            let wanted = codec::message_bytes(buffer).unwrap_or(codec::PREFIX_BYTES);
            let (part, rest) = bytes.split_at(wanted.saturating_sub(buffer.len()).min(bytes.len()));
            buffer.extend_from_slice(part);
            bytes = rest;
            if codec::message_bytes(buffer).is_some_and(|size| size == buffer.len()) {
                let whole = std::mem::take(buffer);
                message(at, side, &whole, out)?;
            }
        }
        Ok(())
    }
}

impl Stream {
    /// A gap within one message costs that message; a longer one hides where messages begin.
    fn gap(&mut self, bytes: u64) {
        let wanted = codec::message_bytes(&self.buffer).map(|size| size - self.buffer.len());
        self.buffer.clear();
        self.lost |= wanted.is_none_or(|wanted| wanted as u64 != bytes);
    }
}

fn message(at: Timestamp, side: Side, message: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
    let header = codec::header(message)?;
    let data = message.get(codec::HEADER_BYTES..).unwrap_or_default();
    let checked = codec::check(side, header.function, data);
    // A message is told when its header is read, whatever becomes of the rest; an exception only with its code.
    if header.function < EXCEPTION_BIT {
        row(at, side, header, None, out);
    } else if side == Side::Resp
        && let Some(code) = data.first()
    {
        row(at, side, header, Some(*code), out);
    }
    checked?;
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
