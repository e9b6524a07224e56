//! SMB 1, also called CIFS (MS-CIFS section 2.2, MS-SMB).
//!
//! ```text
//!  0        4        5       9      10      12       14         22        24    26    28    30    32
//! +--------+--------+-------+------+-------+--------+----------+---------+-----+-----+-----+-----+------------------
//! | FF SMB | command| status| flags| flags2| process| signature| reserved| tree| pro-| user| mes-| words, then bytes
//! |        |        |       |      |       | (high) |          |         |     | cess|     | sage|
//! +--------+--------+-------+------+-------+--------+----------+---------+-----+-----+-----+-----+------------------
//! ```
//! Words are a count and as many 16-bit parameters; bytes are a 16-bit length and the data. Some commands begin with an
//! "AndX": the next command of the same message, and where it begins.

use super::records::{Deed, FileTimes};
use super::session::Session;
use crate::cursor::{Cursor, utf16};
use contract::{Emit, Side};
use model::Timestamp;
use model::kinds::mark;
use std::collections::HashMap;

const HEADER_BYTES: usize = 32;

/// How many commands one message may carry (Zeek's `max_andx_depth`).
const CHAIN_MAX: usize = 32;

/// Requests that wait for an answer.
const WAITING_MAX: usize = 1000;

const NO_MORE: u8 = 0xff;

mod command {
    pub(super) const CLOSE: u8 = 0x04;
    pub(super) const TRANSACTION: u8 = 0x25;
    pub(super) const READ_ANDX: u8 = 0x2e;
    pub(super) const WRITE_ANDX: u8 = 0x2f;
    pub(super) const LOGOFF_ANDX: u8 = 0x74;
    pub(super) const TRANSACTION2: u8 = 0x32;
    pub(super) const NT_TRANSACT: u8 = 0xa0;
    pub(super) const NEGOTIATE: u8 = 0x72;
    pub(super) const SESSION_SETUP_ANDX: u8 = 0x73;
    pub(super) const TREE_CONNECT_ANDX: u8 = 0x75;
    pub(super) const NT_CREATE_ANDX: u8 = 0xa2;
}

/// A message's header.
#[derive(Clone, Copy, Debug)]
struct Header {
    unicode: bool,
    tree: u16,
    message: u16,
    is_pipe: bool,
}

/// Where a chain goes on: the next command and its offset.
type Chain = Option<(u8, u16)>;

/// The state of one connection in SMB 1.
#[derive(Debug, Default)]
pub(crate) struct V1 {
    /// Offsets of reads under way, by message id.
    reads: HashMap<u16, u64>,
    /// Whether a transaction under way is one with a pipe, by message id.
    transactions: HashMap<u16, bool>,
}

/// A message that breaks off, in Zeek's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broken(pub(crate) String);

struct At<'a, 'b> {
    at: Timestamp,
    side: Side,
    message: &'a [u8],
    session: &'b mut Session,
    out: &'b mut dyn Emit,
}

impl V1 {
    /// Reads a message, from `FF SMB` on.
    ///
    /// # Errors
    /// Where it breaks off, or its parts contradict each other.
    pub(crate) fn message(
        &mut self,
        at: Timestamp,
        side: Side,
        message: &[u8],
        session: &mut Session,
        out: &mut dyn Emit,
    ) -> Result<(), Broken> {
        let (command, header) =
            header(message, session).ok_or_else(|| beyond("SMB_Header", HEADER_BYTES - 4, message.len().saturating_sub(4)))?;
        session.records.message1(at, side.is_orig(), header.message, header.tree);
        // Three bytes: an empty answer, or an error.
        if message.len() == HEADER_BYTES + 3 {
            return Ok(());
        }
        let mut place = At { at, side, message, session, out };
        let (mut command, mut start) = (command, HEADER_BYTES);
        for _ in 0..CHAIN_MAX {
            let (chain, end) = self.command(command, &header, start, &mut place)?;
            let Some((next, offset)) = chain else { return Ok(()) };
            let offset = usize::from(offset);
            if offset != 0 && offset < end {
                let reason = format!("{}:extra_byte_parameters", record(command, side));
                return Err(beyond(&reason, offset.saturating_sub(start), message.len() - start.min(message.len())));
            }
            if next == NO_MORE || offset <= start {
                return Ok(());
            }
            (command, start) = (next, offset);
        }
        place.out.weird("smb_andx_depth_exceeded", "", "SMB");
        Ok(())
    }

    /// Bytes held.
    pub(crate) fn held_bytes(&self) -> usize {
        self.reads.capacity() * 12 + self.transactions.capacity() * 4
    }

    /// Reads one command. Returns where the chain goes on, and where this command ends.
    fn command(&mut self, command: u8, header: &Header, start: usize, place: &mut At<'_, '_>) -> Result<(Chain, usize), Broken> {
        let short = || beyond(&record(command, place.side), 3, place.message.len().saturating_sub(start));
        let block = Block::read(place.message, start).ok_or_else(short)?;
        let is_request = place.side.is_orig();
        if is_request && let Some(what) = oddity(command, &block) {
            let row = place.out.flow().event(&mark::KIND, place.at).with(mark::WHAT, what).with(mark::IS_ORIG, true);
            place.out.event(row);
        }
        let cut =
            || beyond(&record(command, if is_request { Side::Orig } else { Side::Resp }), block.end - start, block.message.len() - start);
        let read = match (command, is_request) {
            (command::NEGOTIATE, false) => negotiated(&block, place),
            (command::SESSION_SETUP_ANDX, true) => session_setup(&block, header, place),
            (command::SESSION_SETUP_ANDX, false) => session_set_up(&block, header, place),
            (command::TREE_CONNECT_ANDX, true) => tree_connect(&block, header, place),
            (command::TREE_CONNECT_ANDX, false) => tree_connected(&block, header, place),
            (command::NT_CREATE_ANDX, true) => create(&block, header, place),
            (command::NT_CREATE_ANDX, false) => created(&block, place),
            (command::READ_ANDX, true) => self.read(&block, header, place),
            (command::READ_ANDX, false) => return self.have_read(&block, header, start, place),
            (command::WRITE_ANDX, true) => return write(&block, header, start, place),
            (command::WRITE_ANDX, false) | (command::LOGOFF_ANDX, _) => Some(()),
            (command::CLOSE, true) => close(&block, place),
            (command::TRANSACTION, true) => self.transaction(&block, header, place),
            (command::TRANSACTION, false) => self.transacted(&block, header, place),
            _ => return Ok((None, block.end)),
        };
        read.ok_or_else(cut)?;
        Ok((block.chain(command), block.end))
    }

    fn read(&mut self, block: &Block<'_>, header: &Header, place: &mut At<'_, '_>) -> Option<()> {
        let fid = block.word(2)?;
        let low = u64::from(block.word(3)?) | u64::from(block.word(4)?) << 16;
        let high = if block.words.len() == 24 { u64::from(block.word(10)?) | u64::from(block.word(11)?) << 16 } else { 0 };
        let high = if high == 0xffff_ffff { 0 } else { high };
        if self.reads.len() >= WAITING_MAX {
            self.reads.clear();
        }
        self.reads.insert(header.message, (high << 16) + low);
        place.session.records.act(place.at, fid.into(), Deed::Read, false, place.out);
        place.session.records.place1();
        Some(())
    }

    fn have_read(&mut self, block: &Block<'_>, header: &Header, start: usize, place: &mut At<'_, '_>) -> Result<(Chain, usize), Broken> {
        let offset = self.reads.remove(&header.message).unwrap_or(0);
        let words = (|| Some((block.word(5)?, block.word(6)?, block.word(7)?)))();
        // An answer without words is an error's.
        let Some((low, from, high)) = words else { return Ok((None, block.end)) };
        let length = usize::from(high) << 16 | usize::from(low);
        let data = data_at(block, start, usize::from(from), length, "SMB1_read_andx_response")?;
        transfer(header, offset, data, place);
        Ok((block.chain(command::READ_ANDX), block.end.max(usize::from(from) + length)))
    }

    fn transaction(&mut self, block: &Block<'_>, header: &Header, place: &mut At<'_, '_>) -> Option<()> {
        let (data_bytes, from) = (block.word(11)?, block.word(12)?);
        let mut at = Cursor::new(block.bytes);
        let name = text(&mut at, header.unicode, block.bytes_at - block.start);
        let name = name.to_ascii_uppercase();
        let is_pipe = name.starts_with("\\PIPE\\") && !name.starts_with("\\PIPE\\LANMAN");
        let on_pipe_share = !name.starts_with('\\') && place.session.is_pipe(header.tree.into());
        if self.transactions.len() >= WAITING_MAX {
            self.transactions.clear();
        }
        self.transactions.insert(header.message, is_pipe || on_pipe_share);
        if is_pipe && data_bytes > 0 {
            let data = block.message.get(usize::from(from)..)?;
            place.session.pipe(place.at, Side::Orig, 0, data, place.out);
        }
        Some(())
    }

    fn transacted(&mut self, block: &Block<'_>, header: &Header, place: &mut At<'_, '_>) -> Option<()> {
        let is_pipe = self.transactions.remove(&header.message).unwrap_or(false);
        let (Some(data_bytes), Some(from)) = (block.word(6), block.word(7)) else { return Some(()) };
        if is_pipe && data_bytes > 0 {
            let data = block.message.get(usize::from(from)..)?;
            place.session.pipe(place.at, Side::Resp, 0, data, place.out);
        }
        Some(())
    }
}

/// Requests that attacks on MS17-010 are made of and clients hardly ever send: a logon inside a transaction, which is reserved
/// (DoublePulsar talks by it), and transactions that have no function or the reserved one of renaming.
fn oddity(command: u8, block: &Block<'_>) -> Option<&'static str> {
    match command {
        command::TRANSACTION2 if block.word(14) == Some(0x000e) => Some("smb_trans2_logon"),
        command::NT_TRANSACT if matches!(block.words.get(36..38), Some([0 | 5, 0])) => Some("smb_nt_transact"),
        _ => None,
    }
}

fn header(message: &[u8], session: &Session) -> Option<(u8, Header)> {
    let head: &[u8; HEADER_BYTES] = message.first_chunk()?;
    let u16_at = |at: usize| u16::from_le_bytes([head[at], head[at + 1]]);
    let tree = u16_at(24);
    let header = Header { unicode: u16_at(10) & 0x8000 != 0, tree, message: u16_at(30), is_pipe: session.is_pipe(tree.into()) };
    Some((head[4], header))
}

/// One command's words and bytes.
struct Block<'a> {
    message: &'a [u8],
    start: usize,
    words: &'a [u8],
    bytes: &'a [u8],
    bytes_at: usize,
    end: usize,
}

impl<'a> Block<'a> {
    fn read(message: &'a [u8], start: usize) -> Option<Self> {
        let mut at = Cursor::new(message);
        at.seek(start)?;
        let count = at.u8()?;
        let words = at.take(2 * usize::from(count))?;
        let announced = at.u16_le()?;
        let bytes_at = at.at();
        // The length is often wrong; what is there counts.
        let bytes = &message[bytes_at..];
        Some(Self { message, start, words, bytes, bytes_at, end: (bytes_at + usize::from(announced)).min(message.len()) })
    }

    fn word(&self, number: usize) -> Option<u16> {
        let pair = self.words.get(2 * number..2 * number + 2)?;
        Some(u16::from_le_bytes([pair[0], pair[1]]))
    }

    fn chain(&self, command: u8) -> Chain {
        let has_one = !matches!(command, command::NEGOTIATE | command::CLOSE | command::TRANSACTION);
        let next = self.words.first().filter(|_| has_one)?;
        Some((*next, self.word(1)?))
    }
}

fn negotiated(block: &Block<'_>, place: &mut At<'_, '_>) -> Option<()> {
    const EXTENDED_SECURITY: u32 = 0x8000_0000;
    if block.words.len() == 34 {
        let capabilities = u32::from_le_bytes(block.words.get(19..23)?.try_into().ok()?);
        if capabilities & EXTENDED_SECURITY != 0 {
            place.session.token(place.at, block.bytes.get(16..)?, place.out);
        }
    }
    Some(())
}

fn session_setup(block: &Block<'_>, header: &Header, place: &mut At<'_, '_>) -> Option<()> {
    match block.words.len() / 2 {
        12 => {
            let blob = block.bytes.get(..block.word(7)?.into())?;
            systems(block, header, blob.len())?;
            place.session.token(place.at, blob, place.out);
            Some(())
        }
        10 | 13 => Some(()),
        _ => None,
    }
}

/// After the token stand two names, of the operating system and of the software; the first must have begun.
fn systems(block: &Block<'_>, header: &Header, token_bytes: usize) -> Option<()> {
    let odd = header.unicode && (block.bytes_at - block.start + token_bytes) % 2 == 1;
    block.bytes.get(token_bytes + usize::from(odd)..).map(drop)
}

fn session_set_up(block: &Block<'_>, header: &Header, place: &mut At<'_, '_>) -> Option<()> {
    if block.words.len() == 8 {
        let blob = block.bytes.get(..block.word(3)?.into())?;
        systems(block, header, blob.len())?;
        place.session.token(place.at, blob, place.out);
    }
    Some(())
}

fn tree_connect(block: &Block<'_>, header: &Header, place: &mut At<'_, '_>) -> Option<()> {
    let mut at = Cursor::new(block.bytes);
    at.skip(block.word(3)?.into())?;
    let path = text(&mut at, header.unicode, block.bytes_at - block.start);
    let service = text(&mut at, false, 0);
    place.session.records.connect1(place.at, path, service);
    Some(())
}

fn tree_connected(block: &Block<'_>, header: &Header, place: &mut At<'_, '_>) -> Option<()> {
    let mut at = Cursor::new(block.bytes);
    let service = text(&mut at, false, 0);
    let announced = block.end - block.bytes_at;
    let file_system = if announced > at.at() { text(&mut at, header.unicode, block.bytes_at - block.start) } else { String::new() };
    if service.starts_with("IPC") {
        place.session.set_pipe(header.tree.into());
    }
    place.session.records.connected1(place.at, header.tree, service, file_system, place.out);
    Some(())
}

fn create(block: &Block<'_>, header: &Header, place: &mut At<'_, '_>) -> Option<()> {
    let name = text(&mut Cursor::new(block.bytes), header.unicode, block.bytes_at - block.start);
    place.session.guess_pipe(header.tree.into(), &name);
    place.session.records.open1(place.at, name);
    Some(())
}

/// AndX, oplock (1), file id, action (4), four times (8 each), attributes (4), allocated (8), size (8) …
fn created(block: &Block<'_>, place: &mut At<'_, '_>) -> Option<()> {
    if block.words.is_empty() {
        return Some(());
    }
    let mut at = Cursor::new(block.words);
    at.skip(5)?;
    let fid = at.u16_le()?;
    at.skip(4)?;
    let (created, accessed, modified, changed) = (at.u64_le()?, at.u64_le()?, at.u64_le()?, at.u64_le()?);
    at.skip(12)?;
    let size = at.u64_le()?;
    place.session.records.opened1(place.at, fid, size, FileTimes { modified, accessed, created, changed }, place.out);
    Some(())
}

fn write(block: &Block<'_>, header: &Header, start: usize, place: &mut At<'_, '_>) -> Result<(Chain, usize), Broken> {
    let words = (|| {
        let offset = u64::from(block.word(3)?) | u64::from(block.word(4)?) << 16;
        let high = if block.words.len() == 28 { u64::from(block.word(12)?) | u64::from(block.word(13)?) << 16 } else { 0 };
        let length = usize::from(block.word(9)?) << 16 | usize::from(block.word(10)?);
        Some((block.word(2)?, (high << 16) + offset, length, usize::from(block.word(11)?)))
    })();
    let short = || beyond("SMB1_write_andx_request", 27, block.message.len() - start);
    let (fid, offset, length, from) = words.ok_or_else(short)?;
    let data = data_at(block, start, from, length, "SMB1_write_andx_request")?;
    place.session.records.act(place.at, fid.into(), Deed::Write, false, place.out);
    place.session.records.place1();
    transfer(header, offset, data, place);
    Ok((block.chain(command::WRITE_ANDX), from.max(block.bytes_at) + length))
}

fn close(block: &Block<'_>, place: &mut At<'_, '_>) -> Option<()> {
    place.session.records.close_file(place.at, block.word(0)?.into(), false, place.out);
    let Session { bodies, records, .. } = &mut *place.session;
    bodies.end(place.at, records, place.out);
    Some(())
}

fn transfer(header: &Header, offset: u64, data: &[u8], place: &mut At<'_, '_>) {
    if header.is_pipe {
        place.session.pipe(place.at, place.side, 0, data, place.out);
    } else if !data.is_empty() {
        let Session { bodies, records, .. } = &mut *place.session;
        bodies.data(place.at, place.side, offset, data, records, place.out);
    }
}

fn data_at<'a>(block: &Block<'a>, start: usize, from: usize, length: usize, record: &str) -> Result<&'a [u8], Broken> {
    let from = from.max(block.bytes_at);
    let there = block.message.get(from..).unwrap_or_default();
    there.get(..length).ok_or_else(|| beyond(&format!("{record}:data"), from + length - start, block.message.len() - start))
}

/// A string up to its NUL: UTF-16, aligned to two bytes as counted from the command's start, or single bytes.
fn text(at: &mut Cursor<'_>, unicode: bool, before: usize) -> String {
    if !unicode {
        let rest = at.rest_of();
        let length = rest.iter().position(|byte| *byte == 0);
        let text = String::from_utf8_lossy(&rest[..length.unwrap_or(rest.len())]).into_owned();
        let _ = at.skip(length.map_or(rest.len(), |length| length + 1));
        return text;
    }
    if (before + at.at()) % 2 == 1 {
        let _ = at.skip(1);
    }
    let rest = at.rest_of();
    let units = rest.chunks_exact(2).position(|unit| unit == [0, 0]);
    let length = units.map_or(rest.len(), |units| 2 * units);
    let _ = at.skip((length + 2).min(rest.len()));
    utf16(&rest[..length])
}

fn record(command: u8, side: Side) -> String {
    let name = match command {
        command::CLOSE => "close",
        command::TRANSACTION => "transaction",
        command::READ_ANDX => "read_andx",
        command::WRITE_ANDX => "write_andx",
        command::LOGOFF_ANDX => return "SMB1_logoff_andx".to_owned(),
        command::NEGOTIATE => "negotiate",
        command::SESSION_SETUP_ANDX => "session_setup_andx",
        command::TREE_CONNECT_ANDX => "tree_connect_andx",
        command::NT_CREATE_ANDX => "nt_create_andx",
        _ => "message",
    };
    format!("SMB1_{name}_{}", if side.is_orig() { "request" } else { "response" })
}

fn beyond(place: &str, wanted: usize, there: usize) -> Broken {
    Broken(format!("Binpac exception: binpac exception: out_of_bound: {place}: {wanted} > {there}"))
}
