//! The handshake, step by step.
//!
//! ```text
//! both: "RFB xxx.yyy\n"                                                             RFC 6143 section 7.1.1
//! server: 3.3: security type (32); later: count (8), types; client: the type (8)    section 7.1.2
//! server: challenge (16 bytes); client: response (16 bytes); server: result (32)    sections 7.2.2, 7.1.3
//! client: shared (8); server: width, height (16), format (16 bytes), name           section 7.3
//! ```

use super::log;
use crate::ssl::Cursor;
use contract::{Analyzer, Chunk, Emit, Next, Side, Violation};
use model::{Event, Timestamp, Value};

/// The longest name or reason that is taken (Zeek's own limit).
const TEXT_BYTES_MAX: u32 = 65_536;

const NONE: u32 = 1;
const VNC: u32 = 2;
const ARD: u32 = 30;

/// What a side says next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Step {
    #[default]
    Version,
    /// Nothing, before the other side has said something.
    Wait,
    /// The server's one type of security (3.3).
    Type,
    /// The server's types of security.
    Types,
    /// The client's choice.
    Choice,
    Challenge,
    Response,
    /// Apple's: the challenge, whose length tells the response's.
    AppleChallenge,
    AppleResponse(usize),
    Result,
    Init,
}

/// Reads one connection.
#[derive(Debug, Default)]
pub(super) struct Rfb {
    steps: [Step; 2],
    pending: [Vec<u8>; 2],
    /// The client's version, behind the dot, and the server's.
    minor: [Option<u32>; 2],
    method: u32,
    row: Option<Event>,
    finished: bool,
}

const BROKEN: Violation = Violation::new("invalid data from RFB server");

fn method(number: u32) -> &'static str {
    match number {
        0 => "Invalid",
        1 => "None",
        2 => "VNC",
        16 => "Tight",
        17 => "Ultra",
        18 => "TLS",
        19 => "VeNCrypt",
        20 => "GTK-VNC SASL",
        21 => "MD5 hash authentication",
        22 => "Colin Dean xvp",
        30 => "Apple Remote Desktop",
        _ => "RealVNC",
    }
}

impl Rfb {
    fn begin(&mut self, at: Timestamp, out: &dyn Emit) -> &mut Event {
        self.row.get_or_insert_with(|| out.flow().event(&log::KIND, at))
    }

    fn write(&mut self, out: &mut dyn Emit) {
        if let Some(row) = self.row.take() {
            out.event(row);
        }
    }

    /// Both versions as one: the lower minor one of version 3.
    fn version(&self) -> Option<u32> {
        let [client, server] = self.minor;
        Some(client?.min(server?))
    }

    /// Reads what `side` says now; gives how many bytes that was, `None` where more are needed.
    fn step(&mut self, at: Timestamp, side: Side, bytes: &[u8], out: &mut dyn Emit) -> Result<Option<usize>, Violation> {
        let mut cursor = Cursor(bytes);
        let read = match self.steps[side.index()] {
            Step::Wait => None,
            Step::Version => match cursor.take(12) {
                Some(banner) => Some(self.banner(at, side, banner, out)?),
                None => None,
            },
            Step::Type => cursor.number(4).map(|number| self.chosen(at, number, out)),
            Step::Types => self.types(&mut cursor),
            Step::Choice => cursor.u8().map(|number| self.chosen(at, number.into(), out)),
            // The server's result is read behind the client's response, whichever was heard first.
            Step::Challenge => cursor.take(16).map(|_| self.steps = [Step::Response, Step::Wait]),
            Step::Response => cursor.take(16).map(|_| self.steps = [Step::Wait, Step::Result]),
            Step::AppleChallenge => self.apple_challenge(&mut cursor),
            Step::AppleResponse(length) => cursor.take(length).map(|_| self.steps = [Step::Wait, Step::Result]),
            Step::Result => cursor.number(4).map(|number| self.result(at, number, out)),
            Step::Init if side.is_orig() => cursor.u8().map(|shared| {
                self.begin(at, out).set(log::SHARE_FLAG, shared != 0);
                self.steps = [Step::Wait, Step::Init];
            }),
            Step::Init => self.screen(at, &mut cursor, out)?,
        };
        Ok(read.map(|()| bytes.len() - cursor.0.len()))
    }

    fn banner(&mut self, at: Timestamp, side: Side, banner: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
        let (Some((b"RFB ", version)), Some(b'.')) = (banner.split_at_checked(4), banner.get(7)) else { return Err(BROKEN) };
        let row = self.begin(at, out);
        let [major, minor] = log::VERSIONS[side.index()];
        row.set(major, &version[..3]);
        row.set(minor, &version[4..7]);
        let number = |digits: &[u8]| std::str::from_utf8(digits).ok().and_then(|text| text.parse::<u32>().ok()).unwrap_or(0);
        // Versions beyond 3 go on as the last of 3 did.
        self.minor[side.index()] = Some(if number(&version[..3]) > 3 { 8 } else { number(&version[4..7]) });
        self.steps[side.index()] = Step::Wait;
        if let Some(version) = self.version() {
            self.steps[Side::Resp.index()] = if version < 7 { Step::Type } else { Step::Types };
        }
        Ok(())
    }

    fn types(&mut self, cursor: &mut Cursor<'_>) -> Option<()> {
        cursor.string(1)?;
        self.steps = [Step::Choice, Step::Wait];
        Some(())
    }

    fn chosen(&mut self, at: Timestamp, number: u32, out: &mut dyn Emit) {
        self.method = number;
        self.begin(at, out).set(log::AUTHENTICATION_METHOD, method(number));
        let version = self.version().unwrap_or(0);
        self.steps = match number {
            NONE if version > 7 => [Step::Wait, Step::Result],
            NONE => [Step::Init, Step::Wait],
            VNC => [Step::Wait, Step::Challenge],
            ARD => [Step::Wait, Step::AppleChallenge],
            _ => {
                self.finished = true;
                return;
            }
        };
        out.confirm("rfb");
    }

    fn apple_challenge(&mut self, cursor: &mut Cursor<'_>) -> Option<()> {
        cursor.u16()?;
        let length = usize::from(cursor.u16()?);
        cursor.take(2 * length)?;
        self.steps = [Step::AppleResponse(2 * length), Step::Wait];
        Some(())
    }

    fn result(&mut self, at: Timestamp, number: u32, out: &mut dyn Emit) {
        self.begin(at, out).set(log::AUTH, number == 0);
        self.steps = [Step::Init, Step::Wait];
        self.finished = number != 0;
    }

    fn screen(&mut self, at: Timestamp, cursor: &mut Cursor<'_>, out: &mut dyn Emit) -> Result<Option<()>, Violation> {
        let (Some(width), Some(height), Some(_), Some(length)) = (cursor.u16(), cursor.u16(), cursor.take(16), cursor.number(4)) else {
            return Ok(None);
        };
        if length >= TEXT_BYTES_MAX {
            return Err(BROKEN);
        }
        let Some(name) = cursor.take(length as usize) else { return Ok(None) };
        let row = self.begin(at, out);
        row.set(log::DESKTOP_NAME, name);
        row.set(log::WIDTH, Value::from(width));
        row.set(log::HEIGHT, Value::from(height));
        self.finished = true;
        self.write(out);
        Ok(Some(()))
    }

    fn steps(&mut self, at: Timestamp, side: Side, bytes: &[u8], out: &mut dyn Emit) -> Result<usize, Violation> {
        let mut done = 0;
        while !self.finished && done < bytes.len() {
            match self.step(at, side, &bytes[done..], out)? {
                Some(count) => done += count,
                None => break,
            }
        }
        Ok(done)
    }

    fn gather(&mut self, at: Timestamp, side: Side, data: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
        let mut held = std::mem::take(&mut self.pending[side.index()]);
        if held.len() + data.len() > 2 * TEXT_BYTES_MAX as usize + 64 {
            return Err(BROKEN);
        }
        held.extend_from_slice(data);
        let done = self.steps(at, side, &held, out)?;
        held.drain(..done);
        self.pending[side.index()] = held;
        Ok(())
    }
}

impl Analyzer for Rfb {
    fn feed(&mut self, at: Timestamp, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        if self.finished || out.flow().midstream {
            return Ok(Next::Done);
        }
        let data = match chunk {
            Chunk::Data(data) => data,
            Chunk::Gap(_) => {
                self.finished = true;
                return Ok(Next::Done);
            }
            Chunk::End => return Ok(Next::Continue),
        };
        let before = self.steps;
        self.gather(at, side, data, out)?;
        // What one side said may be what the other waited for, and that again what this one did.
        let mut turn = side.other();
        let mut last = before;
        while self.steps != last && !self.finished {
            last = self.steps;
            self.gather(at, turn, &[], out)?;
            turn = turn.other();
        }
        Ok(if self.finished { Next::Done } else { Next::Continue })
    }

    fn close(&mut self, _at: Timestamp, out: &mut dyn Emit) {
        self.write(out);
    }

    fn held_bytes(&self) -> usize {
        self.pending.iter().map(Vec::capacity).sum::<usize>() + self.row.as_ref().map_or(0, Event::held_bytes)
    }
}
