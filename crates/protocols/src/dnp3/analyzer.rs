//! One flow of DNP3, over TCP or UDP: a request waits for its reply.

use super::link::{self, FRAME_BYTES_MAX, HEADER_BYTES, HeaderFault};
use super::{codec, log};
use contract::{Analyzer, Chunk, Emit, Next, Side, Violation};
use model::{Event, Timestamp};

/// The state of one flow.
#[derive(Debug)]
pub(super) struct Dnp3 {
    service: &'static str,
    sides: [Station; 2],
    /// A request that waits for its reply.
    pending: Option<Event>,
}

/// One side's bytes.
#[derive(Debug, Default)]
struct Station {
    /// The frame under way: at most [`FRAME_BYTES_MAX`].
    frame: Vec<u8>,
    /// How long it will be; 0 where its header isn't judged yet.
    frame_bytes: usize,
    /// The fragment under way: at most [`FRAGMENT_BYTES_MAX`].
    fragment: Vec<u8>,
    /// Whether its first part has come.
    begun: bool,
}

/// The longest fragment whose objects are looked at. Stations take 2 KiB by default, and seldom more than some.
const FRAGMENT_BYTES_MAX: usize = 64 << 10;

/// A header is judged when the byte behind it has come, as in Zeek, which reads the transport layer's byte with it: a header
/// alone, however wrong, means nothing.
const JUDGED_BYTES: usize = HEADER_BYTES + 1;

/// Whether to go on.
enum Go {
    On,
    Stop,
}

impl Analyzer for Dnp3 {
    fn feed(&mut self, at: Timestamp, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        // As in Zeek, nothing is done about gaps: checksums tell soon enough.
        let Chunk::Data(mut bytes) = chunk else { return Ok(Next::Continue) };
        while !bytes.is_empty() {
            let station = &mut self.sides[side.index()];
            let wanted = if station.frame_bytes == 0 { JUDGED_BYTES } else { station.frame_bytes };
            let (part, rest) = bytes.split_at(wanted.saturating_sub(station.frame.len()).min(bytes.len()));
            station.frame.extend_from_slice(part);
            bytes = rest;
            if station.frame_bytes == 0 && station.frame.len() == JUDGED_BYTES && !self.begin_frame(side, out)? {
                return Ok(Next::Done);
            }
            let station = &mut self.sides[side.index()];
            if station.frame.len() == station.frame_bytes
                && let Go::Stop = self.frame(at, side, out)?
            {
                return Ok(Next::Done);
            }
        }
        Ok(Next::Continue)
    }

    fn close(&mut self, _at: Timestamp, out: &mut dyn Emit) {
        if let Some(row) = self.pending.take() {
            out.event(row);
        }
    }

    fn held_bytes(&self) -> usize {
        let stations: usize = self.sides.iter().map(|station| station.frame.capacity() + station.fragment.capacity()).sum();
        stations + self.pending.as_ref().map_or(0, Event::held_bytes)
    }
}

impl Dnp3 {
    pub(super) fn new(service: &'static str) -> Self {
        Self { service, sides: Default::default(), pending: None }
    }

    /// A header is complete. Returns whether it is one.
    fn begin_frame(&mut self, side: Side, out: &mut dyn Emit) -> Result<bool, Violation> {
        let Some(header) = self.sides[side.index()].frame.first_chunk() else { return Ok(false) };
        let source = if self.service == "dnp3_udp" { "DNP3_UDP" } else { "DNP3_TCP" };
        match link::frame_bytes(header) {
            Ok(bytes) => {
                debug_assert!(bytes <= FRAME_BYTES_MAX);
                out.confirm(self.service);
                let station = &mut self.sides[side.index()];
                station.frame_bytes = bytes;
                if bytes == HEADER_BYTES {
                    // A link without data: the byte behind it belongs to the next frame.
                    let next = station.frame.pop();
                    *station = Station { frame: next.into_iter().collect(), ..Station::default() };
                }
                Ok(true)
            }
            Err(HeaderFault::NoMagic) => {
                out.weird("dnp3_header_lacks_magic", "", source);
                Ok(false)
            }
            Err(HeaderFault::Crc) => {
                out.weird("dnp3_corrupt_header_checksum", "", source);
                Err(Violation::new("broken_checksum"))
            }
            Err(HeaderFault::Length) => {
                out.confirm(self.service);
                Ok(false)
            }
        }
    }

    /// A frame is complete.
    fn frame(&mut self, at: Timestamp, side: Side, out: &mut dyn Emit) -> Result<Go, Violation> {
        const FIRST: u8 = 0x40;
        const LAST: u8 = 0x80;
        let source = if self.service == "dnp3_udp" { "DNP3_UDP" } else { "DNP3_TCP" };
        let station = &mut self.sides[side.index()];
        let frame = std::mem::take(&mut station.frame);
        station.frame_bytes = 0;
        let mut content = Vec::with_capacity(FRAME_BYTES_MAX);
        if let Err(fault) = link::content(&frame, &mut content) {
            out.weird(fault, "", source);
            return Ok(Go::Stop);
        }
        let Some((transport, data)) = content.split_first() else {
            *station = Station::default();
            return Ok(Go::On);
        };
        let room = FRAGMENT_BYTES_MAX.saturating_sub(station.fragment.len());
        station.fragment.extend_from_slice(&data[..data.len().min(room)]);
        station.begun |= transport & FIRST != 0;
        if !station.begun {
            out.weird("dnp3_first_application_layer_chunk_missing", "", source);
            return Ok(Go::Stop);
        }
        if transport & LAST != 0 {
            let fragment = std::mem::take(station).fragment;
            self.fragment(at, side, &fragment, out)?;
        }
        Ok(Go::On)
    }

    fn fragment(&mut self, at: Timestamp, side: Side, fragment: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
        let (header, objects) = codec::header(side, fragment)?;
        let mut row = self.pending.take().unwrap_or_else(|| out.flow().event(&log::KIND, at));
        row.set(log::TS, at);
        match header.indications {
            None => {
                row.set(log::FC_REQUEST, codec::function_name(header.function));
                self.pending = Some(row);
            }
            Some(indications) => {
                row.set(log::FC_REPLY, codec::function_name(header.function));
                row.set(log::IIN, indications);
                out.event(row);
            }
        }
        if fragment.len() < FRAGMENT_BYTES_MAX { codec::objects(side, header.function, objects) } else { Ok(()) }
    }
}
