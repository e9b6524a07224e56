//! What a capture holds, at a glance: watched while the logs are written, told when reading is done.
//!
//! Every table is bounded; a full one keeps what came first and the telling says "at least".

mod labels;
mod table;
mod tell;

use crate::args::Language;
use contract::Sink;
use model::{Addr, Event, Kind, Timestamp, Value};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use story::Rank;
use table::Table;

/// Hosts that are told apart: 50,000 of 80 bytes are 4 MB.
const HOSTS_MAX: usize = 50_000;
/// Names that are told apart, and addresses whose name is kept: 20,000 of some 100 bytes are 2 MB each.
const NAMES_MAX: usize = 20_000;
/// Notable files that are kept, and requests that tell where one came from.
const FILES_MAX: usize = 1_000;
/// Applications, notices, weirds: their names come from the program, so that the limit is never reached in earnest.
const WORDS_MAX: usize = 500;
/// The longest name that is kept, in bytes.
const NAME_BYTES_MAX: usize = 255;

/// What the summary is about.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    /// The captures.
    pub(crate) files: &'a [PathBuf],
    /// Where the logs lie.
    pub(crate) folder: &'a Path,
    /// Where extracted files lie.
    pub(crate) extracted: Option<&'a Path>,
    /// What was read.
    pub(crate) outcome: &'a pipeline::Outcome,
    /// Whether every capture was read to its end.
    pub(crate) whole: bool,
    /// In which language it is told.
    pub(crate) language: Language,
    /// The logs.
    pub(crate) written: &'a [sinks::Written],
}

/// Watches events and remembers what is worth telling.
#[derive(Debug)]
pub(crate) struct Summary {
    views: Vec<(usize, View)>,
    hosts: Table<Addr, Host>,
    applications: Table<String, u64>,
    names: Table<Vec<u8>, u64>,
    addresses: Table<Addr, Vec<u8>>,
    requests: Table<String, Vec<u8>>,
    files: Vec<File>,
    files_more: u64,
    /// Where in `files` a hash stands: the same content is told once.
    contents: HashMap<Vec<u8>, usize>,
    notices: Table<String, u64>,
    weirds: Table<String, u64>,
    connections: u64,
}

/// What a host did.
#[derive(Clone, Copy, Debug, Default)]
struct Host {
    connections: u64,
    sent_bytes: u64,
    received_bytes: u64,
}

/// A file worth a look.
#[derive(Clone, Debug)]
struct File {
    rank: Rank,
    id: String,
    at: Timestamp,
    bytes: u64,
    mime: Vec<u8>,
    name: Vec<u8>,
    from: Option<Addr>,
    to: Option<Addr>,
    source: String,
    sha256: Vec<u8>,
    /// How often the same content was transferred.
    times: u64,
}

impl Default for Summary {
    fn default() -> Self {
        Self {
            views: Vec::new(),
            hosts: Table::new(HOSTS_MAX),
            applications: Table::new(WORDS_MAX),
            names: Table::new(NAMES_MAX),
            addresses: Table::new(NAMES_MAX),
            requests: Table::new(FILES_MAX),
            files: Vec::new(),
            files_more: 0,
            contents: HashMap::new(),
            notices: Table::new(WORDS_MAX),
            weirds: Table::new(WORDS_MAX),
            connections: 0,
        }
    }
}

impl Sink for Summary {
    fn event(&mut self, event: &Event) {
        match self.view(event.kind()) {
            View::Nothing => {}
            View::Connection(columns) => self.connection(event, columns),
            View::Lookup(columns) => self.lookup(event, columns),
            View::Request(columns) => self.request(event, columns),
            View::Handshake(columns) => self.handshake(event, columns),
            View::File(columns) => self.file(event, columns),
            View::Notice([note]) => count(&mut self.notices, cell(event, note)),
            View::Weird([name]) => count(&mut self.weirds, cell(event, name)),
        }
    }
}

/// What of a log is looked at: the places of its columns, found once per log.
#[derive(Clone, Copy, Debug)]
enum View {
    Nothing,
    Connection([usize; 8]),
    Lookup([usize; 2]),
    Request([usize; 5]),
    Handshake([usize; 2]),
    File([usize; 10]),
    Notice([usize; 1]),
    Weird([usize; 1]),
}

impl View {
    fn of(kind: &Kind) -> Self {
        match kind.name {
            "conn" => Self::Connection(places(
                kind,
                ["id.orig_h", "id.resp_h", "service", "orig_ip_bytes", "resp_ip_bytes", "proto", "orig_bytes", "resp_bytes"],
            )),
            "dns" => Self::Lookup(places(kind, ["query", "answers"])),
            "http" => Self::Request(places(kind, ["id.resp_h", "host", "uri", "resp_fuids", "resp_mime_types"])),
            "ssl" => Self::Handshake(places(kind, ["id.resp_h", "server_name"])),
            "files" => Self::File(places(
                kind,
                ["fuid", "source", "mime_type", "filename", "seen_bytes", "sha256", "is_orig", "id.orig_h", "id.resp_h", "md5"],
            )),
            "notice" => Self::Notice(places(kind, ["note"])),
            "weird" => Self::Weird(places(kind, ["name"])),
            _ => Self::Nothing,
        }
    }
}

/// The columns' places; a column that a kind lacks reads as unset.
fn places<const N: usize>(kind: &Kind, names: [&str; N]) -> [usize; N] {
    names.map(|name| kind.columns().position(|field| field.name == name).unwrap_or(usize::MAX))
}

fn cell(event: &Event, place: usize) -> &Value {
    event.cells().get(place).unwrap_or(&Value::Unset)
}

fn text(value: &Value) -> &[u8] {
    let bytes = value.as_bytes().unwrap_or_default();
    &bytes[..bytes.len().min(NAME_BYTES_MAX)]
}

fn count(table: &mut Table<String, u64>, value: &Value) {
    if let Some(number) = std::str::from_utf8(text(value)).ok().and_then(|word| table.entry(word)) {
        *number += 1;
    }
}

impl Summary {
    fn view(&mut self, kind: &'static Kind) -> View {
        let address = std::ptr::from_ref(kind).addr();
        match self.views.iter().find(|(seen, _)| *seen == address) {
            Some((_, view)) => *view,
            None => {
                let view = View::of(kind);
                self.views.push((address, view));
                view
            }
        }
    }

    fn connection(&mut self, event: &Event, [orig, resp, service, sent, received, proto, payload_sent, payload_received]: [usize; 8]) {
        self.connections += 1;
        // Devices that log flows count payload, and often both directions together.
        let bytes = |place, payload| cell(event, place).as_count().or_else(|| cell(event, payload).as_count()).unwrap_or_default();
        let (sent, received) = (bytes(sent, payload_sent), bytes(received, payload_received));
        for (end, out, back) in [(orig, sent, received), (resp, received, sent)] {
            if let Some(host) = cell(event, end).as_addr().and_then(|addr| self.hosts.entry(&addr)) {
                host.connections += 1;
                host.sent_bytes = host.sent_bytes.saturating_add(out);
                host.received_bytes = host.received_bytes.saturating_add(back);
            }
        }
        let service = std::str::from_utf8(text(cell(event, service))).unwrap_or_default();
        let service =
            if service.is_empty() { format!("other {}", String::from_utf8_lossy(text(cell(event, proto)))) } else { service.to_owned() };
        for word in service.split(',') {
            if let Some(number) = self.applications.entry(word) {
                *number += 1;
            }
        }
    }

    fn lookup(&mut self, event: &Event, [query, answers]: [usize; 2]) {
        let name = text(cell(event, query));
        if name.is_empty() {
            return;
        }
        if let Some(number) = self.names.entry(name) {
            *number += 1;
        }
        if let Value::List(items) = cell(event, answers) {
            for item in items {
                let addr =
                    item.as_addr().or_else(|| std::str::from_utf8(text(item)).ok()?.parse::<std::net::IpAddr>().ok().map(Addr::from));
                if let Some(addr) = addr {
                    self.name(addr, name);
                }
            }
        }
    }

    fn request(&mut self, event: &Event, [resp, host, uri, files, types]: [usize; 5]) {
        let host = text(cell(event, host));
        if let Some(addr) = cell(event, resp).as_addr().filter(|addr| !host.is_empty() && host != addr.to_string().as_bytes()) {
            self.name(addr, host);
        }
        let Value::List(files) = cell(event, files) else { return };
        let notable = match cell(event, types) {
            Value::List(types) => types.iter().any(|ty| story::rank(text(ty), b"").is_some()),
            _ => false,
        };
        let path = text(cell(event, uri));
        let path = path.split(|byte| *byte == b'?').next().unwrap_or_default();
        if notable || story::rank(b"", path).is_some() {
            for file in files {
                if let Some(request) = id(file).and_then(|id| self.requests.entry(&id)) {
                    *request = [host, path].concat();
                }
            }
        }
    }

    fn handshake(&mut self, event: &Event, [resp, name]: [usize; 2]) {
        let name = text(cell(event, name));
        if let Some(addr) = cell(event, resp).as_addr().filter(|_| !name.is_empty()) {
            self.name(addr, name);
        }
    }

    fn file(&mut self, event: &Event, [fuid, source, mime, name, bytes, sha256, is_orig, orig, resp, md5]: [usize; 10]) {
        let (mime, id) = (text(cell(event, mime)), id(cell(event, fuid)).unwrap_or_default());
        let requested = self.requests.get(&id).map(Vec::as_slice).unwrap_or_default();
        let name = text(cell(event, name));
        // The request may be told before its file or after it; whichever way, its path names the file.
        let Some(rank) = story::rank(mime, if name.is_empty() { requested } else { name }) else { return };
        let (orig, resp) = (cell(event, orig).as_addr(), cell(event, resp).as_addr());
        let (from, to) = if *cell(event, is_orig) == Value::Bool(true) { (orig, resp) } else { (resp, orig) };
        let hash = match text(cell(event, sha256)) {
            b"" => text(cell(event, md5)),
            hash => hash,
        };
        if let Some(known) = self.contents.get(hash).and_then(|at| self.files.get_mut(*at)) {
            known.times += 1;
            return;
        }
        if self.files.len() >= FILES_MAX {
            self.files_more += 1;
            return;
        }
        if !hash.is_empty() {
            self.contents.insert(hash.to_vec(), self.files.len());
        }
        let file = File {
            rank,
            id,
            at: event.ts(),
            bytes: cell(event, bytes).as_count().unwrap_or_default(),
            mime: mime.to_vec(),
            name: name.to_vec(),
            from,
            to,
            source: String::from_utf8_lossy(text(cell(event, source))).into_owned(),
            sha256: hash.to_vec(),
            times: 1,
        };
        self.files.push(file);
    }

    /// Keeps the first name of an address. Addresses, and what no host is called, are no names.
    fn name(&mut self, addr: Addr, name: &[u8]) {
        let name = name.split(|byte| *byte == b':').next().unwrap_or_default();
        let called = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._".contains(byte) || *byte >= 0x80;
        if !name.iter().all(called) || !name.iter().any(u8::is_ascii_alphabetic) {
            return;
        }
        if let Some(held) = self.addresses.entry(&addr).filter(|held| held.is_empty()) {
            *held = name.to_vec();
        }
    }
}

/// An id as it prints.
fn id(value: &Value) -> Option<String> {
    match value {
        Value::Uid(uid) => Some(uid.to_string()),
        other => other.as_bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned()),
    }
}
