//! One flow of TFTP: that of the request, or that of the transfer which it announced.

use super::codec::{self, BLOCK_BYTES, Packet, Request};
use super::log;
use contract::{Analyzer, Chunk, Emit, Expectation, FileAbout, FileId, Next, Side, Transport, Violation};
use model::{Interval, Timestamp, Value};

/// How long a server's answer is waited for.
const ANSWER_WAIT: Interval = Interval::from_secs(60);

/// The state of one flow.
#[derive(Debug, Default)]
pub(super) struct Tftp {
    /// Who asked for what; without it there is nothing to transfer.
    asked: Option<Asked>,
    /// How many requests came in this flow.
    requests: u64,
    transfer: Transfer,
}

/// A request, as it is kept and as it is told to the flow that it announces.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Asked {
    uid: Box<[u8]>,
    write: bool,
    name: Box<[u8]>,
    mode: Box<[u8]>,
}

/// The transfer of one file, as far as it has come.
#[derive(Debug, Default)]
struct Transfer {
    file: Option<FileId>,
    block_bytes: Option<u64>,
    total_bytes: Option<u64>,
    /// The last block that came, counted without wrapping.
    block: u64,
    bytes: u64,
    complete: bool,
    error: Option<(u16, Box<[u8]>)>,
}

impl Tftp {
    /// For a flow that was announced with a note, or for one without.
    pub(super) fn new(note: &[u8]) -> Self {
        Self { asked: Asked::from_note(note), ..Self::default() }
    }

    fn request(&mut self, at: Timestamp, request: Request<'_>, out: &mut dyn Emit) {
        let uid = out.flow().uid.to_string().into_bytes().into();
        let asked = Asked { uid, write: request.write, name: request.name.into(), mode: request.mode.into() };
        let again = self.asked.as_ref() == Some(&asked);
        if again && self.transfer.is_new() {
            return;
        }
        self.finish(at, out);
        self.requests += 1;
        out.inspect("tftp.filename", request.name);
        let action = if request.write { "WRITE_REQUEST" } else { "READ_REQUEST" };
        let row = out.flow().event(&log::KIND, at).with(log::ACTION, action);
        out.event(row.with(log::FILENAME, request.name).with(log::MODE, request.mode));
        let (client, server) = (out.flow().orig, out.flow().resp.0);
        out.expect(Expectation {
            orig: Some(server),
            resp: client,
            transport: Transport::Udp,
            protocol: "tftp",
            until: at + ANSWER_WAIT,
            note: asked.note(),
        });
        self.asked = Some(asked);
    }

    fn data(&mut self, at: Timestamp, side: Side, block: u16, data: &[u8], out: &mut dyn Emit) {
        let Some(asked) = self.asked.as_ref().filter(|_| !self.transfer.complete) else { return };
        let transfer = &mut self.transfer;
        // Block numbers wrap: the nearest one is meant.
        let ahead = i64::from(block.wrapping_sub(transfer.block as u16).cast_signed());
        if ahead <= 0 {
            return;
        }
        let size = *transfer.block_bytes.get_or_insert((data.len() as u64).max(BLOCK_BYTES));
        let file = *transfer.file.get_or_insert_with(|| {
            let key = [b"tftp".as_slice(), &self.requests.to_be_bytes()].concat();
            out.file_open(&FileAbout {
                at,
                source: "TFTP",
                side,
                key: &key,
                shared: false,
                depth: 0,
                name: Some(&asked.name),
                declared_mime: None,
                total_bytes: transfer.total_bytes,
                parent: None,
            })
        });
        if ahead > 1 {
            out.file_gap(at, file, (ahead.unsigned_abs() - 1) * size);
        }
        if !data.is_empty() {
            out.file_data(at, file, data);
        }
        transfer.block += ahead.unsigned_abs();
        transfer.bytes += data.len() as u64;
        if (data.len() as u64) < size {
            transfer.complete = true;
            self.finish(at, out);
        }
    }

    /// Tells what became of a request, if anything did.
    fn finish(&mut self, at: Timestamp, out: &mut dyn Emit) {
        let transfer = std::mem::take(&mut self.transfer);
        let Some(asked) = self.asked.as_ref().filter(|_| !transfer.is_new()) else { return };
        if let Some(file) = transfer.file {
            out.file_end(at, file);
        }
        let row = out.flow().event(&log::KIND, at).with(log::ACTION, "TRANSFER").with(log::FILENAME, &*asked.name);
        let row = row.with(log::MODE, &*asked.mode).with(log::REQUEST_UID, &*asked.uid).with(log::BYTES, transfer.bytes);
        let row = row.with(log::COMPLETE, transfer.complete);
        let row = match transfer.file {
            Some(file) => row.with(log::FUID, file.to_string()),
            None => row,
        };
        out.event(match &transfer.error {
            Some((code, message)) => row.with(log::ERROR_CODE, u64::from(*code)).with(log::ERROR_MESSAGE, Value::from(&**message)),
            None => row,
        });
        // What comes now repeats what was told.
        self.asked = None;
    }
}

impl Analyzer for Tftp {
    fn feed(&mut self, at: Timestamp, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        let Chunk::Data(datagram) = chunk else { return Ok(Next::Continue) };
        match codec::packet(datagram) {
            Some(Packet::Request(request)) if side.is_orig() => self.request(at, request, out),
            Some(Packet::Data { block, data }) => self.data(at, side, block, data, out),
            Some(Packet::Options(options)) if self.transfer.block == 0 => {
                self.transfer.block_bytes = Some(options.block_bytes.unwrap_or(BLOCK_BYTES));
                self.transfer.total_bytes = options.total_bytes.filter(|bytes| *bytes > 0);
            }
            Some(Packet::Error { code, message }) => {
                self.transfer.error = Some((code, message.into()));
                self.finish(at, out);
            }
            _ => {}
        }
        Ok(Next::Continue)
    }

    fn close(&mut self, at: Timestamp, out: &mut dyn Emit) {
        self.finish(at, out);
    }

    fn held_bytes(&self) -> usize {
        let asked = self.asked.as_ref().map_or(0, |asked| asked.uid.len() + asked.name.len() + asked.mode.len());
        asked + self.transfer.error.as_ref().map_or(0, |(_, message)| message.len())
    }
}

impl Transfer {
    const fn is_new(&self) -> bool {
        self.file.is_none() && self.error.is_none()
    }
}

impl Asked {
    /// None of its texts holds a zero.
    fn note(&self) -> Box<[u8]> {
        [&*self.uid, &*self.name, &*self.mode, if self.write { b"w" } else { b"r" }].join(&0).into()
    }

    fn from_note(note: &[u8]) -> Option<Self> {
        let mut words = note.split(|byte| *byte == 0);
        let (uid, name, mode) = (words.next()?.into(), words.next()?.into(), words.next()?.into());
        Some(Self { uid, name, mode, write: words.next()? == b"w" })
    }
}
