//! The contents of files that are read and written over SMB.

use super::records::{File, Records};
use contract::{Emit, FileAbout, FileId, Side};
use model::Timestamp;

/// Files whose content is under way at a time in one connection.
const OPEN_MAX: usize = 1000;

/// The files of one connection that have begun.
#[derive(Debug, Default)]
pub(crate) struct Bodies {
    open: Vec<(Box<[u8]>, FileId)>,
}

impl Bodies {
    /// Bytes of the file at hand.
    pub(crate) fn data(&mut self, at: Timestamp, side: Side, offset: u64, data: &[u8], records: &mut Records, out: &mut dyn Emit) {
        let Some(key) = records.file().and_then(|file| identity(file, out)) else { return };
        let known = self.open.iter().find(|(open, _)| *open == key).map(|(_, id)| *id);
        let id = known.unwrap_or_else(|| self.begin(at, side, key, records, out));
        out.file_data_at(at, id, offset, data);
    }

    /// The file at hand was closed.
    pub(crate) fn end(&mut self, at: Timestamp, records: &mut Records, out: &mut dyn Emit) {
        let Some(key) = records.file().and_then(|file| identity(file, out)) else { return };
        if let Some(place) = self.open.iter().position(|(open, _)| *open == key) {
            let (_, id) = self.open.remove(place);
            out.file_end(at, id);
            records.write_file(at, out);
        }
    }

    /// The connection is over; its files may go on in another one.
    pub(crate) fn close(&mut self, at: Timestamp, records: &mut Records, out: &mut dyn Emit) {
        for _ in self.open.drain(..) {
            records.write_file(at, out);
        }
    }

    /// Bytes held.
    pub(crate) fn held_bytes(&self) -> usize {
        self.open.iter().map(|(key, _)| key.len() + 48).sum()
    }

    fn begin(&mut self, at: Timestamp, side: Side, key: Box<[u8]>, records: &mut Records, out: &mut dyn Emit) -> FileId {
        let (name, size) = records.file().map_or((None, 0), |file| (file.name.clone(), file.size));
        let about = FileAbout {
            at,
            source: "SMB",
            side,
            key: &key,
            shared: true,
            depth: 0,
            name: name.as_deref().map(str::as_bytes),
            declared_mime: None,
            total_bytes: (size > 0).then_some(size),
            parent: None,
        };
        let id = out.file_open(&about);
        if self.open.len() >= OPEN_MAX {
            self.open.remove(0);
        }
        self.open.push((key, id));
        if let Some(file) = records.file_mut() {
            file.fuid = Some(id);
        }
        records.write_file(at, out);
        id
    }
}

/// What tells a file from others between the same two hosts: share, name, and when it was last changed.
fn identity(file: &File, out: &dyn Emit) -> Option<Box<[u8]>> {
    if file.name.is_none() && file.path.is_none() {
        return None;
    }
    let flow = out.flow();
    let modified = file.times.map_or(0, |times| times.modified).to_be_bytes();
    let texts = [file.path.as_deref().unwrap_or_default(), file.name.as_deref().unwrap_or_default()].join("\u{0}");
    Some([flow.orig.0.as_slice(), flow.resp.0.as_slice(), texts.as_bytes(), &modified].concat().into())
}
