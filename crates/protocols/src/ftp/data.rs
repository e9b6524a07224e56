//! FTP's data connections: each direction's stream is a file.

use contract::{Analyzer, Chunk, Emit, FileAbout, FileId, FlowInfo, Heads, Next, Protocol, Side, Transport, Verdict, Violation};
use model::{Kind, Timestamp};

/// A data connection; opened only where a control connection announced it.
#[derive(Debug)]
pub struct FtpData;

impl Protocol for FtpData {
    fn name(&self) -> &'static str {
        "ftp-data"
    }

    fn transports(&self) -> &'static [Transport] {
        &[Transport::Tcp]
    }

    fn ports(&self) -> &'static [(Transport, u16)] {
        &[]
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }

    fn probe(&self, _heads: &Heads<'_>) -> Verdict {
        Verdict::No
    }

    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::new(StreamAsFile::new("ftp-data", "FTP_DATA", false))
    }
}

/// Hands each direction of a flow over as a file.
#[derive(Debug)]
pub struct StreamAsFile {
    service: &'static str,
    source: &'static str,
    /// Whether the flow's note is the file's name.
    named: bool,
    files: [Option<FileId>; 2],
}

impl StreamAsFile {
    /// For a service that announces its files' names, or does not.
    pub const fn new(service: &'static str, source: &'static str, named: bool) -> Self {
        Self { service, source, named, files: [None; 2] }
    }

    fn file(&mut self, at: Timestamp, side: Side, out: &mut dyn Emit) -> FileId {
        if let Some(file) = self.files[side.index()] {
            return file;
        }
        let note = out.flow().note.clone();
        let name = Some(&*note).filter(|note| self.named && !note.is_empty());
        let key: &[u8] = if side.is_orig() { b"orig" } else { b"resp" };
        let about = FileAbout {
            at,
            source: self.source,
            side,
            key,
            shared: false,
            depth: 0,
            name,
            declared_mime: None,
            total_bytes: None,
            parent: None,
        };
        *self.files[side.index()].insert(out.file_open(&about))
    }

    fn end(&mut self, at: Timestamp, side: Side, out: &mut dyn Emit) {
        if let Some(file) = self.files[side.index()].take() {
            out.file_end(at, file);
        }
    }
}

impl Analyzer for StreamAsFile {
    fn feed(&mut self, at: Timestamp, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        out.confirm(self.service);
        match chunk {
            Chunk::Data([]) => {}
            Chunk::Data(data) => {
                let file = self.file(at, side, out);
                out.file_data(at, file, data);
            }
            Chunk::Gap(bytes) => {
                let file = self.file(at, side, out);
                out.file_gap(at, file, bytes);
            }
            // The file ends with the flow, as in Zeek: the type of a small file shows only then.
            Chunk::End => {}
        }
        Ok(Next::Continue)
    }

    fn close(&mut self, at: Timestamp, out: &mut dyn Emit) {
        out.confirm(self.service);
        for side in Side::BOTH {
            self.end(at, side, out);
        }
    }

    fn held_bytes(&self) -> usize {
        0
    }
}
