//! The rows of `http.log` in the making: requests wait here for their replies, in order, as pipelining demands.
//!
//! The bookkeeping is that of Zeek's `base/protocols/http/main.zeek` and `entities.zeek`, odd corners included: both sides
//! count their messages, and a message that finds no row under its count begins one.

use super::codec::Version;
use super::log;
use super::{sqli, token};
use contract::{Emit, FileId, Side};
use model::{Event, Timestamp, Value};
use std::collections::VecDeque;

/// So many requests may wait for replies; Zeek's `HTTP::max_pending_requests`.
const PENDING_MAX: usize = 100;
/// So many files of each side are named in a row; Zeek's `HTTP::max_files_orig`.
const FILES_MAX: usize = 15;
/// So many proxy headers are kept of one request.
const PROXIED_MAX: usize = 32;

/// The methods that are no weird; Zeek's `HTTP::http_methods`.
const METHODS: &[&[u8]] = &[
    b"GET",
    b"POST",
    b"HEAD",
    b"OPTIONS",
    b"PUT",
    b"DELETE",
    b"TRACE",
    b"CONNECT",
    b"PROPFIND",
    b"PROPPATCH",
    b"MKCOL",
    b"COPY",
    b"MOVE",
    b"LOCK",
    b"UNLOCK",
    b"POLL",
    b"REPORT",
    b"SUBSCRIBE",
    b"BMOVE",
    b"SEARCH",
    b"QUERY",
];

/// A row in the making.
#[derive(Debug)]
struct Pending {
    number: u64,
    row: Event,
    depth: u64,
    status: Option<u16>,
    connect: bool,
    ranged: bool,
    /// How many entities each side's message has had.
    entities: [u64; 2],
    /// Whether an entity is open.
    entity: bool,
    entity_name: Option<Vec<u8>>,
    proxied: Vec<Value>,
    files: [Vec<Attached>; 2],
}

#[derive(Debug)]
struct Attached {
    id: FileId,
    name: Option<Box<[u8]>>,
    /// Its type belongs to another row.
    typed: bool,
    mime: Option<&'static str>,
}

/// What names a body, and what is known of it.
#[derive(Debug)]
pub(super) struct Handle {
    /// The key of the file.
    pub key: Vec<u8>,
    /// Whether other connections may carry parts of it.
    pub shared: bool,
    /// The name that a header gave.
    pub name: Option<Vec<u8>>,
}

/// How a file is attached to a row.
#[derive(Debug)]
pub(super) struct Attaching {
    /// Whether other connections may carry parts of it.
    pub(super) shared: bool,
    /// Whether its type was known before.
    pub(super) typed: bool,
    /// The name that a header gave.
    pub(super) name: Option<Vec<u8>>,
}

/// All rows of a connection.
#[derive(Debug, Default)]
pub(super) struct Transactions {
    pending: VecDeque<Pending>,
    request: u64,
    response: u64,
    depth: u64,
    /// The row that the latest message of either side touched: bodies belong to it.
    current: u64,
    /// What [`Transactions::handle`] needs of the current row once it is written.
    spent: (u64, [u64; 2]),
}

impl Transactions {
    fn find(&mut self, number: u64) -> Option<&mut Pending> {
        self.pending.iter_mut().rev().find(|pending| pending.number == number)
    }

    /// The row that a side's message belongs to; begun where there is none.
    fn touch(&mut self, at: Timestamp, side: Side, out: &mut dyn Emit) -> &mut Pending {
        let number = if side.is_orig() { self.request } else { self.response };
        self.current = number;
        let place = self.pending.iter().rposition(|pending| pending.number == number).unwrap_or_else(|| {
            self.depth += 1;
            let row = out.flow().event(&log::KIND, at).with(log::TRANS_DEPTH, self.depth);
            self.pending.push_back(Pending {
                number,
                row,
                depth: self.depth,
                status: None,
                connect: false,
                ranged: false,
                entities: [0; 2],
                entity: false,
                entity_name: None,
                proxied: Vec::new(),
                files: [Vec::new(), Vec::new()],
            });
            self.pending.len() - 1
        });
        &mut self.pending[place]
    }

    /// A request line was read.
    pub(super) fn request(&mut self, at: Timestamp, method: &[u8], uri: Vec<u8>, out: &mut dyn Emit) {
        if self.request < self.response {
            out.weird("HTTP_response_before_request", "", "");
            self.request = self.response;
        }
        if self.pending.len() > PENDING_MAX {
            out.weird("HTTP_excessive_pipelining", "", "");
            self.response = self.response.max(1);
            while self.response < self.request {
                self.write(self.response, out);
                self.response += 1;
            }
        }
        self.request += 1;
        let pending = self.touch(at, Side::Orig, out);
        pending.connect = method == b"CONNECT";
        if sqli::is_injection(&uri) {
            pending.row.set(log::TAGS, Value::list(["HTTP::URI_SQLI"]));
        }
        match METHODS.iter().find(|known| **known == method).and_then(|known| str::from_utf8(known).ok()) {
            Some(known) => pending.row.set(log::METHOD, known),
            None => {
                pending.row.set(log::METHOD, method);
                out.weird("unknown_HTTP_method", &String::from_utf8_lossy(method), "");
            }
        }
        pending.row.set(log::URI, uri);
    }

    /// A status line was read. Returns whether it grants a tunnel.
    pub(super) fn reply(&mut self, at: Timestamp, version: Version, code: u16, reason: Option<&[u8]>, out: &mut dyn Emit) -> bool {
        let response = self.response;
        if self.find(response).is_none_or(|pending| pending.status.is_some_and(|status| !is_informational(status))) {
            self.response += 1;
        }
        let pending = self.touch(at, Side::Resp, out);
        pending.status = Some(code);
        let reason = reason.map_or_else(|| Value::Static("<empty>"), words);
        pending.row.set(log::STATUS_CODE, code);
        pending.row.set(log::VERSION, version.name());
        if is_informational(code) {
            pending.row.set(log::INFO_CODE, code);
            pending.row.set(log::INFO_MSG, reason.clone());
        }
        pending.row.set(log::STATUS_MSG, reason);
        pending.connect && code == 200
    }

    /// An entity began.
    pub(super) fn begin_entity(&mut self, at: Timestamp, side: Side, out: &mut dyn Emit) {
        let pending = self.touch(at, side, out);
        pending.entities[side.index()] += 1;
        pending.entity = true;
        pending.entity_name = None;
    }

    /// An entity ended.
    pub(super) fn end_entity(&mut self) {
        let current = self.current;
        if let Some(pending) = self.find(current) {
            pending.entity = false;
            pending.entity_name = None;
        }
    }

    /// A header was read.
    pub(super) fn header(&mut self, at: Timestamp, side: Side, name: &[u8], value: &[u8], out: &mut dyn Emit) {
        let pending = self.touch(at, side, out);
        if side.is_orig() {
            client_header(pending, name, value);
        }
        let named = match name.len() {
            19 if name.eq_ignore_ascii_case(b"content-disposition") => token::file_name(value, b"filename", true),
            12 if name.eq_ignore_ascii_case(b"content-type") => token::file_name(value, b"name", false),
            _ => None,
        };
        if !pending.entity {
            out.weird("missing_HTTP_entity", "", "HTTP");
        } else if named.is_some() {
            pending.entity_name = named;
        }
    }

    /// A message is complete, its body so long. A reply's end writes the row.
    pub(super) fn message_done(&mut self, at: Timestamp, side: Side, body_bytes: u64, out: &mut dyn Emit) {
        let pending = self.touch(at, side, out);
        match side {
            Side::Orig => pending.row.set(log::REQUEST_BODY_LEN, body_bytes),
            Side::Resp => {
                pending.row.set(log::RESPONSE_BODY_LEN, body_bytes);
                if !pending.status.is_some_and(is_informational) {
                    let number = self.response;
                    self.write(number, out);
                }
            }
        }
    }

    /// The connection is over: writes what waits.
    pub(super) fn finish(&mut self, out: &mut dyn Emit) {
        while let Some(number) = self.pending.front().map(|pending| pending.number) {
            self.write(number, out);
        }
    }

    /// The row of the request that is being answered.
    pub(super) fn answered(&self) -> Option<&Event> {
        self.pending.iter().rev().find(|pending| pending.number == self.response).map(|pending| &pending.row)
    }

    /// What names a body that begins now.
    pub(super) fn handle(&mut self, side: Side, out: &dyn Emit) -> Handle {
        let (current, spent) = (self.current, self.spent);
        let Some(pending) = self.find(current) else {
            return Handle { key: key(side, spent.0, spent.1[side.index()]), shared: false, name: None };
        };
        let name = pending.entity_name.clone();
        if pending.ranged && !side.is_orig() {
            return Handle { key: url(pending, out), shared: true, name };
        }
        Handle { key: key(side, pending.depth, pending.entities[side.index()]), shared: false, name }
    }

    /// A body began that the current row names.
    pub(super) fn attach(&mut self, side: Side, id: FileId, attaching: Attaching) {
        let current = self.current;
        if let Some(pending) = self.find(current) {
            let files = &mut pending.files[side.index()];
            if files.len() < FILES_MAX {
                files.push(Attached { id, name: attaching.name.map(Into::into), typed: attaching.typed, mime: None });
            }
        }
    }

    /// A body ended, and this is its type.
    pub(super) fn typed(&mut self, side: Side, id: FileId, mime: Option<&'static str>) {
        for pending in &mut self.pending {
            if let Some(file) = pending.files[side.index()].iter_mut().rev().find(|file| file.id == id) {
                file.mime = mime;
                return;
            }
        }
    }

    fn write(&mut self, number: u64, out: &mut dyn Emit) {
        let Some(place) = self.pending.iter().position(|pending| pending.number == number) else {
            return;
        };
        let Some(mut pending) = self.pending.remove(place) else {
            return;
        };
        if number == self.current {
            self.spent = (pending.depth, pending.entities);
        }
        // A message without any request or status line before it leaves an entry that is never written.
        if number == 0 {
            return;
        }
        let row = &mut pending.row;
        for column in [log::REQUEST_BODY_LEN, log::RESPONSE_BODY_LEN] {
            if row.get(column).is_unset() {
                row.set(column, 0u64);
            }
        }
        if row.get(log::TAGS).is_unset() {
            row.set(log::TAGS, Value::list::<Value>([]));
        }
        row.set(log::PROXIED, Value::list_or_unset(pending.proxied));
        for (files, columns) in pending.files.into_iter().zip(log::FILES) {
            if files.is_empty() {
                continue;
            }
            row.set(columns[0], Value::list(files.iter().map(|file| file.id)));
            let mimes: Vec<_> =
                files.iter().filter(|file| !file.typed).filter_map(|file| file.mime.or_else(|| out.file_mime(file.id))).collect();
            row.set(columns[2], Value::list_or_unset(mimes));
            row.set(columns[1], Value::list_or_unset(files.into_iter().filter_map(|file| file.name)));
        }
        out.event(pending.row);
    }

    /// Bytes held on the heap, a close estimate.
    pub(super) fn held_bytes(&self) -> usize {
        self.pending.iter().map(|pending| size_of::<Pending>() + pending.row.held_bytes()).sum()
    }
}

const fn is_informational(status: u16) -> bool {
    matches!(status, 100..=199)
}

/// The words of the usual statuses need no allocation.
fn words(reason: &[u8]) -> Value {
    match reason {
        b"OK" => Value::Static("OK"),
        b"Not Found" => Value::Static("Not Found"),
        b"Not Modified" => Value::Static("Not Modified"),
        b"Found" => Value::Static("Found"),
        b"No Content" => Value::Static("No Content"),
        b"Moved Permanently" => Value::Static("Moved Permanently"),
        other => Value::from(other),
    }
}

fn client_header(pending: &mut Pending, name: &[u8], value: &[u8]) {
    let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
    let row = &mut pending.row;
    match name.len() {
        4 if is(b"host") => row.set(log::HOST, value),
        5 if is(b"range") => pending.ranged = true,
        6 if is(b"origin") => row.set(log::ORIGIN, value),
        7 if is(b"referer") => row.set(log::REFERRER, value),
        10 if is(b"user-agent") => row.set(log::USER_AGENT, value),
        13 if is(b"authorization") => credentials(row, value),
        19 if is(b"proxy-authorization") => credentials(row, value),
        3 | 9 | 15 | 16
            if [
                &b"forwarded"[..],
                b"x-forwarded-for",
                b"x-forwarded-from",
                b"client-ip",
                b"via",
                b"xroxy-connection",
                b"proxy-connection",
            ]
            .iter()
            .any(|known| is(known)) =>
        {
            let mut text = name.to_ascii_uppercase();
            text.extend_from_slice(b" -> ");
            text.extend_from_slice(value);
            let text = Value::from(text);
            if pending.proxied.len() < PROXIED_MAX && !pending.proxied.contains(&text) {
                pending.proxied.push(text);
            }
        }
        _ => {}
    }
}

/// The user of basic authentication (RFC 7617). The password is not kept.
fn credentials(row: &mut Event, value: &[u8]) {
    let Some(rest) = value.get(..6).filter(|head| head.eq_ignore_ascii_case(b"basic ")).map(|_| &value[5..]) else {
        return;
    };
    let start = rest.iter().position(|c| !matches!(c, b' ' | b'\t')).unwrap_or(rest.len());
    let decoded = super::base64::decode(&rest[start..]).unwrap_or_default();
    match memchr::memchr(b':', &decoded) {
        Some(colon) => row.set(log::USERNAME, &decoded[..colon]),
        None => row.set(log::USERNAME, [b"<problem-decoding> (", value, b")"].concat()),
    }
}

fn key(side: Side, depth: u64, entity: u64) -> Vec<u8> {
    let mut key = Vec::with_capacity(17);
    key.push(side as u8);
    key.extend_from_slice(&depth.to_le_bytes());
    key.extend_from_slice(&entity.to_le_bytes());
    key
}

/// Host and path, which name a file whose parts several connections fetch.
fn url(pending: &Pending, out: &dyn Emit) -> Vec<u8> {
    let resp = out.flow().resp;
    let mut url = pending.row.get(log::HOST).as_bytes().map_or_else(|| resp.0.to_string().into_bytes(), <[u8]>::to_vec);
    if resp.1 != 80 {
        url.extend_from_slice(format!(":{}", resp.1).as_bytes());
    }
    url.extend_from_slice(pending.row.get(log::URI).as_bytes().unwrap_or(b"/<missed_request>"));
    url
}
