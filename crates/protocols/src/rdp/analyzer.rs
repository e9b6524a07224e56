//! The set-up of a connection, until it is encrypted.
//!
//! ```text
//! TPKT: version 3, reserved, length (16)        RFC 1006
//! COTP: length, type: E0 request, D0 confirm, F0 data
//! data: 7F 65 (client) or 7F 66 (server), BER; in it GCC's user data: "Duca" or "McDn", length, blocks
//! block: type (16), length (16), body           MS-RDPBCGR section 2.2.1.3, little endian
//! ```

use super::{log, names};
use crate::mysql::Fields;
use contract::{Analyzer, Child, Chunk, Emit, Next, Side, Violation};
use memchr::memmem;
use model::{Event, Timestamp, Value};

/// Channels beyond this many are not listed; the protocol allows 31.
const CHANNELS_MAX: usize = 256;

/// Reads one connection.
#[derive(Debug, Default)]
pub(super) struct Rdp {
    pending: [Vec<u8>; 2],
    row: Option<Event>,
    certificates: u64,
    /// What reads on: nobody behind RDP's own encryption, whatever it is behind TLS's.
    encrypted: Option<Option<Child>>,
    finished: bool,
}

const BROKEN: Violation = Violation::new("Binpac exception: binpac exception: out_of_bound: TPKT");

/// UTF-16, little endian, up to its first NUL.
fn wide(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).take_while(|&unit| unit != 0);
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

impl Rdp {
    fn begin(&mut self, at: Timestamp, out: &dyn Emit) -> &mut Event {
        self.row.get_or_insert_with(|| out.flow().event(&log::KIND, at))
    }

    fn packet(&mut self, at: Timestamp, body: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
        let mut fields = Fields(body);
        let (Some(_), Some(kind)) = (fields.number(1), fields.number(1)) else { return Err(BROKEN) };
        match kind {
            0xe0 => self.request(at, fields, out),
            0xd0 => self.confirm(at, fields, out),
            0xf0 => self.data(at, fields, out),
            _ => Some(()),
        }
        .ok_or(BROKEN)
    }

    fn request(&mut self, at: Timestamp, mut fields: Fields<'_>, out: &mut dyn Emit) -> Option<()> {
        fields.take(5)?;
        let cookie = match fields.0.strip_prefix(b"Cookie: mstshash=") {
            Some(rest) => &rest[..memchr::memchr(b'\r', rest)?],
            None if matches!(fields.0, b"" | b"\r\n") => return Some(()),
            None => b"",
        };
        self.begin(at, out).set(log::COOKIE, cookie);
        Some(())
    }

    fn confirm(&mut self, at: Timestamp, mut fields: Fields<'_>, out: &mut dyn Emit) -> Option<()> {
        fields.take(5)?;
        if fields.0.is_empty() {
            return Some(());
        }
        let kind = fields.number(1)?;
        fields.take(3)?;
        let number = fields.number(4)? as u32;
        match kind {
            2 => {
                self.begin(at, out).set(log::SECURITY_PROTOCOL, names::security_protocol(number));
                if number > 0 {
                    self.encrypt(at, number, Some(Child::Detect), out);
                }
            }
            3 => self.begin(at, out).set(log::RESULT, names::failure(number)),
            _ => return None,
        }
        Some(())
    }

    fn encrypt(&mut self, at: Timestamp, method: u32, child: Option<Child>, out: &mut dyn Emit) {
        let row = self.begin(at, out);
        if row.get(log::RESULT).is_unset() {
            row.set(log::RESULT, "encrypted");
        }
        row.set(log::SECURITY_PROTOCOL, names::security_protocol(method));
        self.encrypted = Some(child);
    }

    fn data(&mut self, at: Timestamp, mut fields: Fields<'_>, out: &mut dyn Emit) -> Option<()> {
        let (Some(_), Some(_), Some(kind)) = (fields.number(1), fields.number(1), fields.number(1)) else { return Some(()) };
        let word: &[u8] = match kind {
            0x65 => b"Duca",
            0x66 => b"McDn",
            _ => return Some(()),
        };
        let place = memmem::find(fields.0, word)?;
        if kind == 0x66 {
            // The result stands four bytes before the word.
            let result = *fields.0.get(place.checked_sub(4)?)?;
            out.confirm("rdp");
            self.begin(at, out).set(log::RESULT, names::result(result.into()));
        }
        fields.take(place + word.len())?;
        let length = fields.number(1)?;
        if length & 0x80 != 0 {
            fields.number(1)?;
        }
        while !fields.0.is_empty() {
            let (kind, length) = (fields.number(2)?, fields.number(2)? as usize);
            let block = Fields(fields.take(length.checked_sub(4)?)?);
            match kind {
                0xc001 => self.client_core(at, block, out)?,
                0xc003 => self.client_network(at, block, out)?,
                0x0c02 => self.server_security(at, block, out)?,
                _ => {}
            }
        }
        Some(())
    }

    fn client_core(&mut self, at: Timestamp, mut block: Fields<'_>, out: &mut dyn Emit) -> Option<()> {
        const WANT_32_BITS: u64 = 2;
        block.take(4)?;
        let (width, height) = (block.number(2)?, block.number(2)?);
        block.take(4)?;
        let (keyboard, build) = (block.number(4)? as u32, block.number(4)? as u32);
        let name = block.take(32)?;
        block.take(12 + 64 + 2 + 2 + 4)?;
        let colors = block.number(2)? as u32;
        block.take(2)?;
        let flags = block.number(2)?;
        let product = block.take(64)?;
        out.confirm("rdp");
        let row = self.begin(at, out);
        row.set(log::KEYBOARD_LAYOUT, names::keyboard(keyboard));
        row.set(log::CLIENT_BUILD, names::build(build));
        row.set(log::CLIENT_NAME, wide(name));
        row.set(log::CLIENT_DIG_PRODUCT_ID, wide(product));
        row.set(log::DESKTOP_WIDTH, width);
        row.set(log::DESKTOP_HEIGHT, height);
        row.set(log::REQUESTED_COLOR_DEPTH, if flags & WANT_32_BITS != 0 { Value::Static("32bit") } else { names::color_depth(colors) });
        Some(())
    }

    fn client_network(&mut self, at: Timestamp, mut block: Fields<'_>, out: &mut dyn Emit) -> Option<()> {
        const ALLOWED: usize = 31;
        let count = block.number(4)? as usize;
        let mut channels: Vec<Vec<u8>> = Vec::new();
        for _ in 0..count.min(CHANNELS_MAX) {
            let name = block.take(8)?;
            block.take(4)?;
            let end = name.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
            channels.push(name[..end].to_vec());
        }
        if count > ALLOWED {
            out.weird("RDP_channels_requested_exceeds_max", &count.to_string(), "");
        }
        self.begin(at, out).set(log::CLIENT_CHANNELS, Value::list(channels));
        Some(())
    }

    fn server_security(&mut self, at: Timestamp, mut block: Fields<'_>, out: &mut dyn Emit) -> Option<()> {
        let (method, level) = (block.number(4)? as u32, block.number(4)? as u32);
        out.confirm("rdp");
        let row = self.begin(at, out);
        row.set(log::ENCRYPTION_METHOD, names::encryption_method(method));
        row.set(log::ENCRYPTION_LEVEL, names::encryption_level(level));
        if method == 0 || level == 0 {
            return Some(());
        }
        let (random, _) = (block.number(4)? as usize, block.number(4)?);
        block.take(random)?;
        let version = block.number(4)? as u32;
        let kind = version & 0x7fff_ffff;
        self.certificates = match kind {
            1 => 1,
            2 => block.number(4)?,
            _ => 0,
        };
        let row = self.begin(at, out);
        row.set(log::CERT_TYPE, names::certificate(kind));
        row.set(log::CERT_PERMANENT, version & 0x8000_0000 == 0);
        self.encrypt(at, 0, None, out);
        Some(())
    }

    /// Reads whole packets; gives how many bytes of `bytes` are done with.
    fn packets(&mut self, at: Timestamp, bytes: &[u8], out: &mut dyn Emit) -> Result<usize, Violation> {
        let mut done = 0;
        while self.encrypted.is_none() {
            let Some(&[_, _, high, low]) = bytes[done..].first_chunk::<4>() else { break };
            let length = usize::from(u16::from_be_bytes([high, low]));
            if length < 6 {
                return Err(BROKEN);
            }
            let Some(packet) = bytes[done..].get(4..length) else { break };
            done += length;
            self.packet(at, packet, out)?;
        }
        Ok(done)
    }

    fn write(&mut self, out: &mut dyn Emit) {
        let Some(row) = self.row.take() else { return };
        if [log::COOKIE, log::KEYBOARD_LAYOUT, log::RESULT].iter().any(|&column| !row.get(column).is_unset()) {
            out.event(row.with(log::CERT_COUNT, self.certificates));
        }
    }
}

impl Analyzer for Rdp {
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
        let mut held = std::mem::take(&mut self.pending[side.index()]);
        let before = held.len();
        held.extend_from_slice(data);
        let done = self.packets(at, &held, out).inspect_err(|_| self.finished = true);
        let done = match done {
            Ok(done) => done,
            Err(violation) => {
                self.write(out);
                return Err(violation);
            }
        };
        if let Some(child) = self.encrypted {
            self.finished = true;
            return Ok(child.map_or(Next::Done, |child| Next::Become { child, consumed: done.saturating_sub(before) }));
        }
        held.drain(..done);
        self.pending[side.index()] = held;
        Ok(Next::Continue)
    }

    fn close(&mut self, _at: Timestamp, out: &mut dyn Emit) {
        self.write(out);
    }

    fn held_bytes(&self) -> usize {
        self.pending.iter().map(Vec::capacity).sum::<usize>() + self.row.as_ref().map_or(0, Event::held_bytes)
    }
}
