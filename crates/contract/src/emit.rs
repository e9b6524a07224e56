//! What an analyzer may ask of the engine that runs it.

use crate::{FileAbout, FileId, FlowInfo, Side, Transport};
use model::{Addr, Event, Timestamp};

/// The engine, as an analyzer sees it.
pub trait Emit {
    /// The flow that is being read, roles as they stand now.
    fn flow(&self) -> &FlowInfo;

    /// Writes a row.
    fn event(&mut self, event: Event);

    /// The content proved to be `service` (a name as in the `service` column of `conn.log`). Saying it again is free.
    fn confirm(&mut self, service: &'static str);

    /// Something breaks the protocol's rules. `name` is Zeek's where Zeek has one, `source` the analyzer's (`DNS`, `HTTP` …)
    /// or empty.
    fn weird(&mut self, name: &'static str, addl: &str, source: &'static str);

    /// A weird that says that a limit was reached and analysis of the rest stops there; the flow's history tells of it too.
    fn limit_reached(&mut self, name: &'static str, addl: &str, source: &'static str) {
        self.weird(name, addl, source);
    }

    /// A named inspection buffer (`http.uri`, `dns.query`, `tls.sni` …) for whoever matches signatures.
    fn inspect(&mut self, _buffer: &'static str, _bytes: &[u8]) {}

    /// A file begins (or goes on, where the same key was opened before). Its events follow by themselves.
    fn file_open(&mut self, about: &FileAbout<'_>) -> FileId;

    /// The next bytes of a file.
    fn file_data(&mut self, at: Timestamp, file: FileId, data: &[u8]);

    /// Bytes of a file from a known offset on, for bodies that come in pieces of any order.
    fn file_data_at(&mut self, at: Timestamp, file: FileId, offset: u64, data: &[u8]);

    /// So many bytes of a file are missing here for good.
    fn file_gap(&mut self, at: Timestamp, file: FileId, bytes: u64);

    /// The file's length became known.
    fn file_total(&mut self, file: FileId, bytes: u64);

    /// The file ended. Returns the type that its content showed, if any.
    fn file_end(&mut self, at: Timestamp, file: FileId) -> Option<&'static str>;

    /// The type that a file's content has shown so far: known after its first kilobytes, or at its end.
    fn file_mime(&self, file: FileId) -> Option<&'static str>;

    /// Another flow is announced by this one (an FTP data connection, a DCC chat).
    fn expect(&mut self, expectation: Expectation);

    /// The file that an announced flow to `resp` carried, and the type of its content, once it has begun.
    fn fetched(&self, _resp: (Addr, u16)) -> Option<(FileId, Option<&'static str>)> {
        None
    }

    /// A packet travels inside this flow (VXLAN, Teredo, GTP …); it is analyzed in its own right.
    fn packet(&mut self, at: Timestamp, inner: Inner<'_>);

    /// The roles of the two sides were mistaken: from now on the responder is the originator. The engine tells nobody
    /// else; analyzers see `Side` by the new roles.
    fn flip(&mut self) {}
}

/// A flow that will come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// Who opens it; `None` for anyone.
    pub orig: Option<Addr>,
    /// Where to.
    pub resp: (Addr, u16),
    /// Over what.
    pub transport: Transport,
    /// The protocol that will read it.
    pub protocol: &'static str,
    /// For how long it is waited for.
    pub until: Timestamp,
    /// A word for the expected flow's analyzer (the file's name, say): it finds this in [`FlowInfo::note`].
    pub note: Box<[u8]>,
}

/// A packet inside a flow.
#[derive(Clone, Copy, Debug)]
pub struct Inner<'a> {
    /// The tunnel's type as `tunnel.log` names it: `Tunnel::VXLAN` …
    pub tunnel: &'static str,
    /// What the bytes are.
    pub link: InnerLink,
    /// The packet.
    pub bytes: &'a [u8],
}

/// How the bytes of a packet inside a flow begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InnerLink {
    /// With an Ethernet header.
    Ethernet,
    /// With an IP header.
    Ip,
}

/// An engine that only writes down what it is told: for tests, fuzzing and the laws.
#[derive(Debug)]
pub struct Recorded {
    /// The flow it pretends to run.
    pub flow: FlowInfo,
    /// Rows, in order.
    pub events: Vec<Event>,
    /// Services, each once.
    pub services: Vec<&'static str>,
    /// Weirds: name and addl.
    pub weirds: Vec<(&'static str, String)>,
    /// Files: id, source, name, bytes, missing bytes, whether ended.
    pub files: Vec<RecordedFile>,
    /// Expected flows.
    pub expected: Vec<Expectation>,
    /// Packets in tunnels: type and length in bytes.
    pub packets: Vec<(&'static str, usize)>,
}

/// A file as [`Recorded`] keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedFile {
    /// The id.
    pub id: FileId,
    /// The protocol.
    pub source: &'static str,
    /// The side that sent it.
    pub side: Side,
    /// The name.
    pub name: Option<Vec<u8>>,
    /// The bytes that came.
    pub data: Vec<u8>,
    /// How many bytes were missing.
    pub missing: u64,
    /// Whether its end was announced.
    pub ended: bool,
}

impl Recorded {
    /// For a flow.
    pub const fn new(flow: FlowInfo) -> Self {
        Self {
            flow,
            events: Vec::new(),
            services: Vec::new(),
            weirds: Vec::new(),
            files: Vec::new(),
            expected: Vec::new(),
            packets: Vec::new(),
        }
    }

    fn file(&mut self, id: FileId) -> Option<&mut RecordedFile> {
        self.files.iter_mut().find(|file| file.id == id)
    }
}

impl Emit for Recorded {
    fn flow(&self) -> &FlowInfo {
        &self.flow
    }
    fn event(&mut self, event: Event) {
        self.events.push(event);
    }
    fn confirm(&mut self, service: &'static str) {
        if !self.services.contains(&service) {
            self.services.push(service);
        }
    }
    fn weird(&mut self, name: &'static str, addl: &str, _source: &'static str) {
        self.weirds.push((name, addl.to_owned()));
    }
    fn file_open(&mut self, about: &FileAbout<'_>) -> FileId {
        let uid = self.flow.uid.to_string();
        let id = FileId::file(&[uid.as_bytes(), about.source.as_bytes(), about.key]);
        if self.file(id).is_none() {
            let name = about.name.map(<[u8]>::to_vec);
            self.files.push(RecordedFile { id, source: about.source, side: about.side, name, data: Vec::new(), missing: 0, ended: false });
        }
        id
    }
    fn file_data(&mut self, _at: Timestamp, file: FileId, data: &[u8]) {
        if let Some(file) = self.file(file) {
            file.data.extend_from_slice(data);
        }
    }
    fn file_data_at(&mut self, _at: Timestamp, file: FileId, offset: u64, data: &[u8]) {
        // Offsets come from the wire: a test must not be made to hold gigabytes.
        const LARGEST: usize = 1 << 24;
        if let Some(file) = self.file(file) {
            let start = usize::try_from(offset).unwrap_or(LARGEST).min(LARGEST);
            let end = (start + data.len()).min(LARGEST);
            if file.data.len() < end {
                file.data.resize(end, 0);
            }
            file.data[start..end].copy_from_slice(&data[..end - start]);
        }
    }
    fn file_gap(&mut self, _at: Timestamp, file: FileId, bytes: u64) {
        if let Some(file) = self.file(file) {
            file.missing += bytes;
        }
    }
    fn file_total(&mut self, _file: FileId, _bytes: u64) {}
    fn file_end(&mut self, _at: Timestamp, file: FileId) -> Option<&'static str> {
        self.file(file)?.ended = true;
        None
    }
    fn file_mime(&self, _file: FileId) -> Option<&'static str> {
        None
    }
    fn expect(&mut self, expectation: Expectation) {
        self.expected.push(expectation);
    }
    fn packet(&mut self, _at: Timestamp, inner: Inner<'_>) {
        self.packets.push((inner.tunnel, inner.bytes.len()));
    }
}
