//! WebSocket (RFC 6455): what an HTTP connection becomes after an upgrade. The handshake belongs to HTTP, which writes the
//! row; here the frames are followed. Leaves out what travels inside the frames.

mod frames;
pub mod log;

use contract::{Analyzer, Chunk, Emit, FlowInfo, Heads, Next, Protocol, Side, Transport, Verdict, Violation};
use frames::Frames;
use model::{Kind, Timestamp};

/// The protocol.
pub struct WebSocket;

impl Protocol for WebSocket {
    fn name(&self) -> &'static str {
        "websocket"
    }
    fn transports(&self) -> &'static [Transport] {
        &[Transport::Tcp]
    }
    fn ports(&self) -> &'static [(Transport, u16)] {
        &[]
    }
    fn kinds(&self) -> &'static [&'static Kind] {
        &[&log::KIND]
    }
    fn probe(&self, _heads: &Heads<'_>) -> Verdict {
        Verdict::No
    }
    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::<Socket>::default()
    }
}

#[derive(Debug, Default)]
struct Socket {
    sides: [Frames; 2],
    lost: [bool; 2],
}

impl Analyzer for Socket {
    fn feed(&mut self, _at: Timestamp, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        let place = side.index();
        match chunk {
            Chunk::Data(data) if !self.lost[place] => self.sides[place].feed(data, &mut |head| {
                out.confirm("websocket");
                if head.is_oversized() {
                    out.weird(
                        "websocket_control_frame_size_exceeded",
                        &format!("{} > {}", head.payload, frames::CONTROL_BYTES_MAX),
                        "WEBSOCKET",
                    );
                }
            }),
            Chunk::Gap(bytes) => self.lost[place] |= !self.sides[place].gap(bytes),
            _ => {}
        }
        Ok(Next::Continue)
    }

    fn close(&mut self, _at: Timestamp, _out: &mut dyn Emit) {}

    fn held_bytes(&self) -> usize {
        0
    }
}
