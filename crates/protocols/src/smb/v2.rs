//! SMB 2 and 3 (MS-SMB2 section 2.2).
//!
//! ```text
//!  0        4       6        8       12       14      16     20      24          32       36      40       48       64
//! +--------+-------+--------+-------+--------+-------+------+-------+-----------+--------+-------+--------+--------+----
//! | FE SMB | length| credit | status| command| credit| flags| next  | message id| process| tree  | session| signa- | body
//! |        | 64    | charge |       |        |       |      | offset|           |        |       |        | ture   |
//! +--------+-------+--------+-------+--------+-------+------+-------+-----------+--------+-------+--------+--------+----
//! ```
//! Of messages chained together only the first is read, as in Zeek. Encrypted ones (`FD SMB`) are passed over.

use super::records::{Deed, FileTimes};
use super::session::Session;
use crate::cursor::{Cursor, utf16};
use contract::{Emit, Side};
use model::Timestamp;
use std::collections::HashMap;

const HEADER_BYTES: usize = 64;

/// Requests that wait for an answer (Zeek's `max_pending_messages`).
const WAITING_MAX: usize = 1000;

const STATUS_PENDING: u32 = 0x0000_0103;
const STATUS_NOTIFY_ENUM_DIR: u32 = 0x0000_010c;
const STATUS_BUFFER_OVERFLOW: u32 = 0x8000_0005;
const STATUS_INVALID_PARAMETER: u32 = 0xc000_000d;
const STATUS_MORE_PROCESSING_REQUIRED: u32 = 0xc000_0016;

/// A message to a pipe and its answer in one (MS-FSCC section 2.3.49).
const FSCTL_PIPE_TRANSCEIVE: u32 = 0x0011_c017;

/// A message's header.
#[derive(Clone, Copy, Debug)]
struct Header {
    status: u32,
    command: u16,
    message: u64,
    tree: u32,
    is_pipe: bool,
}

/// What a request said that its answer doesn't repeat.
#[derive(Clone, Copy, Debug, Default)]
struct Asked {
    tree: u32,
    fid: u64,
    offset: u64,
}

/// The state of one connection in SMB 2 or 3.
#[derive(Debug, Default)]
pub(crate) struct V2 {
    waiting: HashMap<u64, Asked>,
}

impl V2 {
    /// Reads a message, from `FE SMB` on. `None` where it is cut off.
    pub(crate) fn message(&mut self, at: Timestamp, side: Side, message: &[u8], session: &mut Session, out: &mut dyn Emit) -> Option<()> {
        let mut cursor = Cursor::new(message);
        cursor.seek(8)?;
        let status = cursor.u32_le()?;
        let command = cursor.u16_le()?;
        cursor.seek(24)?;
        let id = cursor.u64_le()?;
        cursor.seek(36)?;
        let tree = cursor.u32_le()?;
        cursor.seek(HEADER_BYTES)?;
        let asked = self.waiting.get(&id).copied().unwrap_or_default();
        let is_pipe = session.is_pipe(if side.is_orig() { tree } else { asked.tree });
        let header = Header { status, command, message: id, tree, is_pipe };
        let answered = !side.is_orig() && status != STATUS_PENDING;
        if side.is_orig() {
            if self.waiting.len() >= WAITING_MAX {
                self.waiting.clear();
                out.weird("SMB_discarded_messages_state", "tree", "SMB");
            }
            self.waiting.insert(id, Asked { tree, ..Asked::default() });
        } else if answered {
            self.waiting.remove(&id);
        }
        session.records.message2(at, answered, id, tree);
        if side.is_orig() {
            self.request(at, &header, message, session, out)
        } else if is_error(status, command) {
            Some(())
        } else {
            answer(at, &header, asked, message, session, out)
        }
    }

    /// Bytes held.
    pub(crate) fn held_bytes(&self) -> usize {
        self.waiting.capacity() * (size_of::<Asked>() + 8)
    }

    fn asks(&mut self, header: &Header, fid: u64, offset: u64) {
        if let Some(asked) = self.waiting.get_mut(&header.message) {
            (asked.fid, asked.offset) = (fid, offset);
        }
    }

    fn request(&mut self, at: Timestamp, header: &Header, message: &[u8], session: &mut Session, out: &mut dyn Emit) -> Option<()> {
        let mut body = Cursor::new(message);
        body.seek(HEADER_BYTES)?;
        match header.command {
            1 => {
                body.skip(12)?;
                let (offset, length) = (body.u16_le()?, body.u16_le()?);
                session.token(at, slice(message, offset.into(), length.into())?, out);
            }
            3 => {
                body.skip(4)?;
                let (offset, length) = (body.u16_le()?, body.u16_le()?);
                session.records.connect2(utf16(slice(message, offset.into(), length.into())?));
            }
            4 => {
                session.records.disconnect2(header.tree);
                session.unset_pipe(header.tree);
            }
            5 => create(header, &mut body, message, session)?,
            6 => {
                body.skip(8)?;
                let fid = file_id(&mut body)?;
                session.records.close_file(at, fid, true, out);
                let Session { bodies, records, .. } = session;
                bodies.end(at, records, out);
                session.close_pipe(fid);
            }
            8 => {
                body.skip(8)?;
                let offset = body.u64_le()?;
                let fid = file_id(&mut body)?;
                session.records.act(at, fid, Deed::Read, true, out);
                self.asks(header, fid, offset);
            }
            9 => write(at, header, &mut body, message, session, out)?,
            11 => {
                body.skip(4)?;
                let control = body.u32_le()?;
                let fid = file_id(&mut body)?;
                let (offset, length) = (body.u32_le()?, body.u32_le()?);
                self.asks(header, fid, 0);
                if control == FSCTL_PIPE_TRANSCEIVE {
                    session.pipe(at, Side::Orig, fid, slice(message, offset as usize, length as usize)?, out);
                }
            }
            17 => set_info(at, &mut body, message, session, out)?,
            _ => {}
        }
        Some(())
    }
}

fn answer(at: Timestamp, header: &Header, asked: Asked, message: &[u8], session: &mut Session, out: &mut dyn Emit) -> Option<()> {
    let mut body = Cursor::new(message);
    body.seek(HEADER_BYTES)?;
    match header.command {
        0 => {
            body.skip(56)?;
            let (offset, length) = (body.u16_le()?, body.u16_le()?);
            session.token(at, slice(message, offset.into(), length.into())?, out);
        }
        1 => {
            body.skip(4)?;
            let (offset, length) = (body.u16_le()?, body.u16_le()?);
            session.token(at, slice(message, offset.into(), length.into())?, out);
        }
        3 => {
            body.skip(2)?;
            let share_type = body.u8()?;
            if share_type == 2 {
                session.set_pipe(header.tree);
            }
            session.records.connected2(share_type, out);
        }
        5 => {
            body.skip(8)?;
            let (created, accessed, modified, changed) = (body.u64_le()?, body.u64_le()?, body.u64_le()?, body.u64_le()?);
            body.skip(8)?;
            let size = body.u64_le()?;
            body.skip(8)?;
            let fid = file_id(&mut body)?;
            let times = FileTimes { modified, accessed, created, changed };
            if session.records.opened2(at, fid, size, times, out) && header.status == 0 {
                session.records.act(at, fid, Deed::Delete, false, out);
            }
        }
        8 => {
            body.skip(2)?;
            let offset = body.u8()?;
            body.skip(1)?;
            let length = body.u32_le()?;
            let data = slice(message, offset.into(), length as usize)?;
            transfer(at, Side::Resp, header, asked, data, session, out);
        }
        11 => {
            body.skip(4)?;
            let control = body.u32_le()?;
            body.skip(24)?;
            let (offset, length) = (body.u32_le()?, body.u32_le()?);
            if control == FSCTL_PIPE_TRANSCEIVE {
                session.pipe(at, Side::Resp, asked.fid, slice(message, offset as usize, length as usize)?, out);
            }
        }
        _ => {}
    }
    Some(())
}

/// Bytes of a file, or of a pipe.
fn transfer(at: Timestamp, side: Side, header: &Header, asked: Asked, data: &[u8], session: &mut Session, out: &mut dyn Emit) {
    if header.is_pipe {
        session.pipe(at, side, asked.fid, data, out);
    } else if !data.is_empty() {
        let Session { bodies, records, .. } = session;
        bodies.data(at, side, asked.offset, data, records, out);
    }
}

fn create(header: &Header, body: &mut Cursor<'_>, message: &[u8], session: &mut Session) -> Option<()> {
    body.skip(40)?;
    let options = body.u32_le()?;
    let (offset, length) = (body.u16_le()?, body.u16_le()?);
    let name = utf16(slice(message, offset.into(), length.into())?);
    session.guess_pipe(header.tree, &name);
    session.records.open2(name, options);
    Some(())
}

fn write(at: Timestamp, header: &Header, body: &mut Cursor<'_>, message: &[u8], session: &mut Session, out: &mut dyn Emit) -> Option<()> {
    body.skip(2)?;
    let (place, length) = (body.u16_le()?, body.u32_le()?);
    let offset = body.u64_le()?;
    let fid = file_id(body)?;
    let data = slice(message, place.into(), length as usize)?;
    session.records.act(at, fid, Deed::Write, true, out);
    transfer(at, Side::Orig, header, Asked { tree: header.tree, fid, offset }, data, session, out);
    Some(())
}

fn set_info(at: Timestamp, body: &mut Cursor<'_>, message: &[u8], session: &mut Session, out: &mut dyn Emit) -> Option<()> {
    const FILE: u8 = 1;
    const BASIC: u8 = 4;
    const RENAME: u8 = 10;
    const DISPOSITION: u8 = 13;
    body.skip(2)?;
    let (class, level) = (body.u8()?, body.u8()?);
    body.skip(4)?;
    let offset = body.u16_le()?;
    body.skip(6)?;
    let fid = file_id(body)?;
    if class != FILE {
        return Some(());
    }
    let mut data = Cursor::new(message);
    data.seek(offset.into())?;
    match level {
        BASIC => session.records.act(at, fid, Deed::SetAttribute, false, out),
        RENAME => {
            data.skip(16)?;
            let length = data.u32_le()?;
            session.records.rename2(at, fid, utf16(data.take(length as usize)?), out);
        }
        DISPOSITION if data.u8()? > 0 => session.records.act(at, fid, Deed::Delete, false, out),
        _ => {}
    }
    Some(())
}

/// A file id counts as the sum of its halves.
fn file_id(at: &mut Cursor<'_>) -> Option<u64> {
    Some(at.u64_le()?.wrapping_add(at.u64_le()?))
}

fn slice(message: &[u8], offset: usize, length: usize) -> Option<&[u8]> {
    if length == 0 { Some(&[]) } else { message.get(offset..offset.checked_add(length)?) }
}

/// Statuses other than 0 are errors, but for those that carry an answer all the same (MS-SMB2 section 3.3.4.4).
const fn is_error(status: u32, command: u16) -> bool {
    match status {
        0 => false,
        STATUS_BUFFER_OVERFLOW => !matches!(command, 8 | 11 | 16),
        STATUS_INVALID_PARAMETER => command != 11,
        STATUS_MORE_PROCESSING_REQUIRED => command != 1,
        STATUS_NOTIFY_ENUM_DIR => command != 15,
        _ => true,
    }
}
