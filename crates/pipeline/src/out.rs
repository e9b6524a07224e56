//! The engine as an analyzer sees it.

use crate::shared::{InnerPacket, Shared};
use contract::{Emit, Expectation, FileAbout, FileId, FlowInfo, Inner};
use model::{Addr, Event, Timestamp};

/// Protocols named in one flow's `service`.
const SERVICES_MAX: usize = 16;

/// What the analyzers of a flow have told of it.
#[derive(Default)]
pub(crate) struct Told {
    /// Services that content has proved.
    pub(crate) services: Vec<&'static str>,
    /// One of them is new since the last look.
    pub(crate) news: bool,
    /// Something weird was seen since the last look.
    pub(crate) weird: bool,
    /// A limit was reached since the last look.
    pub(crate) limited: bool,
    /// The roles of the sides were found to be mistaken, and the flow's facts don't know it yet.
    pub(crate) flipped: bool,
    /// A flow that announced this one is to be told of its file.
    pub(crate) announced: bool,
}

/// What an analyzer sees of the engine.
pub(crate) struct Out<'a> {
    pub(crate) info: &'a mut FlowInfo,
    pub(crate) shared: &'a mut Shared,
    pub(crate) told: &'a mut Told,
    /// Whether the analyzer at hand has confirmed a service.
    pub(crate) confirmed: &'a mut bool,
}

impl Emit for Out<'_> {
    fn flow(&self) -> &FlowInfo {
        self.info
    }

    fn event(&mut self, event: Event) {
        // A file's row comes before the row that tells of it.
        self.shared.flush_file_rows();
        self.shared.row(event);
    }

    fn confirm(&mut self, service: &'static str) {
        *self.confirmed = true;
        if self.told.services.len() < SERVICES_MAX && !self.told.services.contains(&service) {
            self.told.services.push(service);
            self.told.news = true;
        }
    }

    fn weird(&mut self, name: &'static str, addl: &str, source: &'static str) {
        self.told.weird = true;
        let at = self.shared.at;
        self.shared.row(crate::weird::of_flow(at, self.info, name, addl, source));
    }

    fn limit_reached(&mut self, name: &'static str, addl: &str, source: &'static str) {
        self.told.limited = true;
        self.weird(name, addl, source);
    }

    fn file_open(&mut self, about: &FileAbout<'_>) -> FileId {
        let file = self.shared.files.open(self.info, about);
        if self.told.announced {
            self.shared.note_fetched(self.info.resp, file, None);
        }
        file
    }

    fn file_data(&mut self, at: Timestamp, file: FileId, data: &[u8]) {
        self.shared.files.data(at, file, data, &mut self.shared.file_rows);
    }

    fn file_data_at(&mut self, at: Timestamp, file: FileId, offset: u64, data: &[u8]) {
        self.shared.files.data_at(at, file, offset, data, &mut self.shared.file_rows);
    }

    fn file_gap(&mut self, at: Timestamp, file: FileId, bytes: u64) {
        self.shared.files.gap(at, file, bytes, &mut self.shared.file_rows);
    }

    fn file_total(&mut self, file: FileId, bytes: u64) {
        self.shared.files.total(file, bytes);
    }

    fn file_end(&mut self, at: Timestamp, file: FileId) -> Option<&'static str> {
        let mime = self.shared.files.end(at, file, &mut self.shared.file_rows);
        if self.told.announced {
            self.shared.note_fetched(self.info.resp, file, mime);
        }
        mime
    }

    fn file_mime(&self, file: FileId) -> Option<&'static str> {
        self.shared.files.mime(file)
    }

    fn expect(&mut self, expectation: Expectation) {
        self.shared.expect(self.shared.order.time, expectation);
    }

    fn fetched(&self, resp: (Addr, u16)) -> Option<(FileId, Option<&'static str>)> {
        let (file, ended_as) = self.shared.fetched(resp)?;
        Some((file, ended_as.or_else(|| self.shared.files.mime(file))))
    }

    fn packet(&mut self, _at: Timestamp, inner: Inner<'_>) {
        self.shared.push_inner(InnerPacket { kind: inner.tunnel, link: inner.link, bytes: inner.bytes.into() });
    }

    fn flip(&mut self) {
        std::mem::swap(&mut self.info.orig, &mut self.info.resp);
        self.told.flipped = !self.told.flipped;
    }
}
