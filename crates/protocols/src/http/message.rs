//! A message: its entities, each within the one before, fed with lines and plain bytes.
//!
//! The flow of control is that of Zeek's `HTTP_Entity`, `HTTP_Message` and `MIME_Entity`, so that broken messages break
//! in the same places. The innermost entity is the last of the stack; the first is the message itself and stays until the
//! next message begins, since a gap behind its end still belongs to it.

use super::codec;
use super::connection::Connection;
use super::declared::learn;
use super::entity::{Body, Chunked, Entity};
use super::inflate::{Inflate, Packing};
use super::token;
use super::transaction::{Attaching, Handle};
use crate::mime::part::{Boundary, DEPTH_MAX};
use crate::mime::{Content, Ends, Header, Lines};
use contract::{Emit, FileAbout, FileId, Side};
use model::Timestamp;

/// What a message needs of its surroundings.
pub(super) struct Around<'a> {
    /// When.
    pub at: Timestamp,
    /// Who sends it.
    pub side: Side,
    /// The cutter of its side.
    pub lines: &'a mut Lines,
    /// The connection's state.
    pub connection: &'a mut Connection,
    /// The engine.
    pub out: &'a mut dyn Emit,
}

impl Around<'_> {
    /// Something odd about what is read.
    pub(super) fn weird(&mut self, name: &'static str, addl: &[u8]) {
        self.out.weird(name, &String::from_utf8_lossy(addl), "HTTP");
    }
}

/// A message of one side.
#[derive(Debug)]
pub(super) struct Message {
    entities: Vec<Entity>,
    finished: bool,
}

/// So many bytes are plain where the body ends with the connection.
const UNTIL_CLOSE_BYTES: u64 = i32::MAX as u64;

impl Message {
    /// A message begins.
    pub(super) fn new(body: Body, around: &mut Around<'_>) -> Self {
        let message = Self { entities: vec![Entity::new(None, body)], finished: false };
        around.connection.rows.begin_entity(around.at, around.side, around.out);
        message
    }

    /// The next message of the same side begins.
    pub(super) fn renew(&mut self, body: Body, around: &mut Around<'_>) {
        if !self.finished {
            around.weird("HTTP_overlapping_messages", b"");
        }
        self.entities.truncate(1);
        self.entities[0].reset(body);
        self.finished = false;
        around.connection.rows.begin_entity(around.at, around.side, around.out);
    }

    /// Takes a line (`line` set) or plain bytes. `next` is the first byte of the following line, where it is known.
    pub(super) fn deliver(&mut self, data: &[u8], line: bool, next: Option<u8>, around: &mut Around<'_>) {
        self.deliver_to(0, data, line, next, around);
    }

    /// The next line begins so, in a later chunk than the last one ended in: whether a header that may be folded is over.
    pub(super) fn line_begins(&mut self, next: u8, around: &mut Around<'_>) {
        let Some(level) = self.entities.len().checked_sub(1) else { return };
        let part = &self.entities[level].part;
        if !part.ended && part.in_header && part.header_waits() && !matches!(next, b' ' | b'\t') {
            self.finish_header(level, around);
        }
    }

    fn deliver_to(&mut self, level: usize, data: &[u8], line: bool, next: Option<u8>, around: &mut Around<'_>) {
        let Some(entity) = self.entities.get(level).filter(|entity| !entity.part.ended) else {
            return;
        };
        if entity.part.in_header {
            if !line {
                around.weird("http_no_crlf_in_header_list", b"");
            }
            self.header_line(level, data, next, around);
        } else if entity.part.holds_parts() {
            if let Some(packing) = entity.packed {
                self.unpack(level, packing, data, around);
            } else {
                self.parts(level, data, line, next, around);
            }
            self.count_parts(level, data, line, around);
        } else {
            self.leaf(level, data, line, around);
        }
    }

    /// Clear data of an entity that holds others: looks for its boundaries, and hands the rest to the innermost.
    fn parts(&mut self, level: usize, data: &[u8], line: bool, next: Option<u8>, around: &mut Around<'_>) {
        let entity = &mut self.entities[level];
        entity.body_bytes += data.len() as u64 + if line { 2 } else { 0 };
        // Plain bytes were asked for by their number, or unpacked: where a piece of them begins says nothing.
        let boundary = if line { entity.part.boundary(data) } else { Boundary::None };
        match boundary {
            Boundary::None => {
                if self.entities.len() > level + 1 {
                    self.deliver_to(level + 1, data, line, next, around);
                }
            }
            Boundary::Next => {
                self.end_children(level, around);
                if !self.entities[level].part.ended {
                    self.begin_child(level, around);
                }
            }
            Boundary::Last => {
                self.end_children(level, around);
                self.end(level, around);
            }
        }
    }

    /// A message of parts ends where its declared length ends, whatever the boundaries say.
    fn count_parts(&mut self, level: usize, data: &[u8], line: bool, around: &mut Around<'_>) {
        let Some(entity) = self.entities.get_mut(level) else { return };
        if level == 0 && entity.content_length.is_some_and(|length| length > 0) {
            entity.expected -= data.len() as i64 + if line { 2 } else { 0 };
            if entity.expected <= 0 {
                around.lines.set_plain(0);
                self.end(level, around);
            }
        }
    }

    fn leaf(&mut self, level: usize, data: &[u8], line: bool, around: &mut Around<'_>) {
        let entity = &mut self.entities[level];
        match entity.chunked {
            Chunked::No if entity.content_length.is_some() => {
                self.body(level, data, false, around);
                let entity = &mut self.entities[level];
                entity.expected -= data.len() as i64;
                if entity.expected <= 0 {
                    around.lines.set_plain(0);
                    self.end(level, around);
                }
            }
            Chunked::No => self.body(level, data, line, around),
            Chunked::Size => {
                let size = codec::number(data, 16).unwrap_or_else(|| {
                    around.weird("HTTP_bad_chunk_size", data);
                    0
                });
                entity.expected = size.max(0);
                if size > 0 {
                    entity.chunked = Chunked::Data;
                    around.lines.set_plain(size.unsigned_abs());
                } else {
                    entity.part.in_header = true;
                    entity.chunked = Chunked::Trailer;
                }
            }
            Chunked::Data => {
                entity.expected -= data.len() as i64;
                if entity.expected <= 0 {
                    around.lines.set_plain(0);
                    entity.chunked = Chunked::DataEnd;
                }
                self.body(level, data, false, around);
            }
            Chunked::DataEnd => entity.chunked = Chunked::Size,
            Chunked::Declared | Chunked::Trailer | Chunked::Over => {}
        }
    }

    /// Data of a leaf's body, packed or not.
    fn body(&mut self, level: usize, data: &[u8], line: bool, around: &mut Around<'_>) {
        if let Some(packing) = self.entities[level].packed {
            self.unpack(level, packing, data, around);
        } else {
            self.clear_body(level, data, line, around);
        }
    }

    fn unpack(&mut self, level: usize, packing: Packing, data: &[u8], around: &mut Around<'_>) {
        let mut inflate = self.entities[level].inflate.take().unwrap_or_else(|| Inflate::new(packing));
        let result = inflate.feed(data, &mut |clear| self.unpacked(level, clear, around));
        if let Err(weird) = result {
            around.out.weird(weird, "", "ZIP");
        }
        if let Some(entity) = self.entities.get_mut(level).filter(|entity| !entity.part.ended) {
            entity.inflate = Some(inflate);
        }
    }

    /// The packed body is over: what waited of it is unpacked.
    fn unpack_rest(&mut self, level: usize, around: &mut Around<'_>) {
        let Some(mut inflate) = self.entities.get_mut(level).and_then(|entity| entity.inflate.take()) else { return };
        if let Err(weird) = inflate.finish(&mut |clear| self.unpacked(level, clear, around)) {
            around.out.weird(weird, "", "ZIP");
        }
    }

    fn unpacked(&mut self, level: usize, clear: &[u8], around: &mut Around<'_>) {
        if self.entities.get(level).is_none_or(|entity| entity.part.ended) {
            return;
        }
        if self.entities[level].part.holds_parts() {
            self.parts(level, clear, false, None, around);
        } else {
            self.clear_body(level, clear, false, around);
        }
    }

    fn clear_body(&mut self, level: usize, data: &[u8], line: bool, around: &mut Around<'_>) {
        let entity = &mut self.entities[level];
        entity.body_bytes += data.len() as u64 + if line { 2 } else { 0 };
        if entity.part.is_plain() && !line && !entity.part.in_multipart() {
            return submit(entity, data, around);
        }
        let mut part = std::mem::replace(&mut entity.part, crate::mime::Part::new(None));
        let sink = &mut |decoded: &[u8]| submit(entity, decoded, around);
        if line {
            part.decode(data, true, sink)
        } else {
            part.decode_stream(data, sink)
        }
        entity.part = part;
    }

    fn header_line(&mut self, level: usize, line: &[u8], next: Option<u8>, around: &mut Around<'_>) {
        let part = &mut self.entities[level].part;
        match line.first() {
            None | Some(0) => {
                self.finish_header(level, around);
                self.entities[level].part.in_header = false;
                self.all_headers(level, around);
                self.begin_body(level, around);
            }
            Some(b' ' | b'\t') => {
                if part.header_waits() {
                    if !part.fold_header(line) {
                        around.weird("exceeded_mime_max_header_bytes", b"");
                    }
                } else {
                    let blanks = line.iter().position(|c| !matches!(c, b' ' | b'\t')).unwrap_or(line.len());
                    if blanks < line.len() {
                        part.hold_header(&line[blanks..]);
                    }
                }
                if let Some(next) = next {
                    self.line_begins(next, around);
                }
            }
            Some(_) => {
                self.finish_header(level, around);
                if next.is_some_and(|next| !matches!(next, b' ' | b'\t')) {
                    self.header(level, line, 1, around);
                } else {
                    self.entities[level].part.hold_header(line);
                }
            }
        }
    }

    fn finish_header(&mut self, level: usize, around: &mut Around<'_>) {
        if let Some((line, lines)) = self.entities[level].part.take_header() {
            self.header(level, &line, lines, around);
            self.entities[level].part.recycle_header(line);
        }
    }

    fn header(&mut self, level: usize, line: &[u8], lines: u32, around: &mut Around<'_>) {
        let Some((name, value)) = token::header(line) else {
            return;
        };
        let header = Header { name, value, lines };
        let entity = &mut self.entities[level];
        entity.part.learn(&header);
        learn(entity, &header, around);
        around.connection.header(around.at, around.side, &header, around.out);
    }

    /// The header block is complete: decides how the body comes.
    fn all_headers(&mut self, level: usize, around: &mut Around<'_>) {
        let entity = &mut self.entities[level];
        if entity.part.in_multipart() {
            around.lines.set_ends(Ends::CrLf, true);
        }
        if entity.chunked == Chunked::Trailer {
            entity.chunked = Chunked::Over;
            return self.end(level, around);
        }
        if entity.body == Body::Never {
            return self.end(level, around);
        }
        let length = entity.content_length;
        if entity.part.holds_parts() {
            if entity.chunked != Chunked::No {
                around.weird("HTTP_chunked_transfer_for_multipart_message", b"");
            }
            match length.filter(|_| level == 0) {
                Some(0) => self.end(level, around),
                Some(length) => {
                    entity.expected = i64::try_from(length).unwrap_or(i64::MAX);
                    around.lines.set_limit(Some(length));
                }
                None => {}
            }
        } else if entity.chunked != Chunked::No {
            entity.chunked = Chunked::Size;
        } else if length == Some(0) {
            self.end(level, around);
        } else if let Some(length) = length {
            entity.expected = i64::try_from(length).unwrap_or(i64::MAX);
            around.lines.set_plain(length);
        } else if (around.connection.closes || entity.packed.is_some()) && !entity.part.in_multipart() {
            entity.expected = UNTIL_CLOSE_BYTES as i64;
            around.lines.set_plain(UNTIL_CLOSE_BYTES);
        } else if entity.body != Body::Always {
            self.end(level, around);
        }
    }

    fn begin_body(&mut self, level: usize, around: &mut Around<'_>) {
        let begins = self.entities.get(level).is_some_and(|entity| !entity.part.ended && entity.part.content == Content::Message);
        if begins {
            self.begin_child(level, around);
        }
    }

    fn begin_child(&mut self, level: usize, around: &mut Around<'_>) {
        if level >= DEPTH_MAX {
            return around.weird("exceeded_mime_max_depth", level.to_string().as_bytes());
        }
        let child = Entity::new(self.entities.get(level).map(|entity| &entity.part), Body::Always);
        self.entities.push(child);
        around.connection.rows.begin_entity(around.at, around.side, around.out);
    }

    fn end_children(&mut self, level: usize, around: &mut Around<'_>) {
        if self.entities.len() > level + 1 {
            self.end(level + 1, around);
            self.entities.truncate(level + 1);
        }
    }

    /// An entity is over, and all within it.
    fn end(&mut self, level: usize, around: &mut Around<'_>) {
        if self.entities.get(level).is_none_or(|entity| entity.part.ended) {
            return;
        }
        self.unpack_rest(level, around);
        let entity = &mut self.entities[level];
        entity.part.ended = true;
        if entity.part.in_header {
            self.finish_header(level, around);
            self.entities[level].part.in_header = false;
            self.all_headers(level, around);
        } else {
            self.end_children(level, around);
            let entity = &mut self.entities[level];
            let mut part = std::mem::replace(&mut entity.part, crate::mime::Part::new(None));
            part.finish(&mut |decoded| submit(entity, decoded, around));
            entity.part = part;
        }
        self.entity_ended(level, around);
    }

    fn entity_ended(&mut self, level: usize, around: &mut Around<'_>) {
        around.connection.rows.end_entity();
        if self.entities[level].part.in_multipart() {
            around.lines.set_ends(Ends::CrOrLf, false);
        }
        if level == 0 {
            self.done(around);
        } else {
            self.end_file(level, around);
        }
    }

    /// The message is over, because its end came or because nothing more can come.
    pub(super) fn done(&mut self, around: &mut Around<'_>) {
        if self.finished {
            return;
        }
        self.finished = true;
        around.lines.set_limit(None);
        self.end(0, around);
        self.end_file(0, around);
        let bytes = self.entities[0].body_bytes;
        around.connection.rows.message_done(around.at, around.side, bytes, around.out);
        around.connection.message_over(around.at, around.side, around.out);
    }

    /// The parts of a whole come over several messages: such a file ends by its length or by rest.
    fn end_file(&mut self, level: usize, around: &mut Around<'_>) {
        if let Some(id) = self.entities[level].file.filter(|_| around.side.is_orig() || around.connection.status != 206) {
            let mime = around.out.file_end(around.at, id);
            around.connection.rows.typed(around.side, id, mime);
            std::mem::take(&mut self.entities[level].ocsp).finish(id, around.out);
        }
    }

    /// Bytes are missing. Returns whether they all lie within a body, so that reading can go on behind them.
    pub(super) fn gap(&mut self, bytes: u64, around: &mut Around<'_>) -> bool {
        let Some(entity) = self.entities.last_mut() else {
            return false;
        };
        if (entity.part.ended && entity.part.in_header) || entity.body_bytes == 0 {
            return false;
        }
        let id = reopen(entity, around);
        around.out.file_gap(around.at, id, bytes);
        entity.ocsp.give_up();
        if entity.range.is_some() {
            entity.offset += bytes;
        }
        let signed = i64::try_from(bytes).unwrap_or(i64::MAX);
        let within = match entity.chunked {
            Chunked::No => entity.content_length.is_some(),
            state => state == Chunked::Data,
        };
        if !within || entity.expected < signed {
            return false;
        }
        entity.body_bytes += bytes;
        entity.expected -= signed;
        around.lines.set_plain(entity.expected.unsigned_abs());
        if entity.expected == 0 && entity.chunked == Chunked::Data {
            entity.chunked = Chunked::DataEnd;
        } else if entity.expected == 0 {
            let level = self.entities.len() - 1;
            self.end(level, around);
        }
        true
    }

    /// Bytes held on the heap, a close estimate.
    pub(super) fn held_bytes(&self) -> usize {
        self.entities.iter().map(|entity| size_of::<Entity>() + entity.held_bytes()).sum()
    }
}

/// Hands decoded bytes of a body over.
fn submit(entity: &mut Entity, data: &[u8], around: &mut Around<'_>) {
    if data.is_empty() {
        return;
    }
    around.out.inspect(if around.side.is_orig() { "http.request_body" } else { "http.response_body" }, data);
    let id = match entity.file {
        Some(id) => id,
        None => open(entity, around),
    };
    if entity.range.is_some() {
        around.out.file_data_at(around.at, id, entity.offset, data);
        entity.offset += data.len() as u64;
        // Such a file may be given up before its row is written: its type is asked for as soon as it shows.
        if !entity.typed
            && let Some(mime) = around.out.file_mime(id)
        {
            entity.typed = true;
            around.connection.rows.typed(around.side, id, Some(mime));
        }
    } else {
        around.out.file_data(around.at, id, data);
        entity.ocsp.add(around.at, data);
    }
}

fn open(entity: &mut Entity, around: &mut Around<'_>) -> FileId {
    let total = match entity.range {
        Some(range) => range.whole,
        None => entity.content_length,
    };
    let total = total.filter(|&bytes| bytes > 0 && entity.packed.is_none());
    let handle = around.connection.rows.handle(around.side, around.out);
    open_as(entity, handle, total, around)
}

fn open_as(entity: &mut Entity, handle: Handle, total_bytes: Option<u64>, around: &mut Around<'_>) -> FileId {
    let id = around.out.file_open(&FileAbout {
        at: around.at,
        source: "HTTP",
        side: around.side,
        key: &handle.key,
        shared: handle.shared,
        depth: 0,
        name: handle.name.as_deref(),
        declared_mime: None,
        total_bytes,
        parent: None,
    });
    entity.file = Some(id);
    // The type of a file goes to the row that had it when its type was found; parts that come later tell of none.
    let typed = handle.shared && around.out.file_mime(id).is_some();
    around.connection.attach(around.side, id, Attaching { shared: handle.shared, typed, name: handle.name });
    entity.key = Some((handle.key, handle.shared));
    id
}

/// The file of a body that a gap touches. Where the body has ended already, the file begins anew under the same id, as
/// Zeek has it.
fn reopen(entity: &mut Entity, around: &mut Around<'_>) -> FileId {
    match (entity.file.filter(|_| !entity.part.ended), entity.key.take()) {
        (Some(id), key) => {
            entity.key = key;
            id
        }
        (None, Some((key, shared))) => {
            let name = around.connection.rows.handle(around.side, around.out).name;
            open_as(entity, Handle { key, shared, name }, None, around)
        }
        (None, None) => open(entity, around),
    }
}
