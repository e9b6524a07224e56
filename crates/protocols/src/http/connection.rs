//! What both sides of a connection must know of each other: versions, the requests that wait for an answer, tunnels.

use super::codec::Version;
use super::entity::Body;
use super::handshake::Handshake;
use super::software::Banners;
use super::token;
use super::transaction::{Attaching, Transactions};
use crate::mime::Header;
use contract::{Child, Emit, FileId, Side};
use model::Timestamp;
use std::collections::VecDeque;

/// So many unanswered requests are remembered: what is asked decides whether the answer has a body. One-sided traffic
/// would grow this for ever.
const UNANSWERED_MAX: usize = 4096;
/// So many shared files are remembered as named already.
const SHARED_MAX: usize = 64;

/// What a side's next line is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Expect {
    /// A request or status line.
    #[default]
    Start,
    /// Part of a message.
    Message,
    /// Nothing that could be read.
    Nothing,
    /// The reply of HTTP/0.9: only a body.
    Bare,
}

/// The state of a connection.
#[derive(Debug, Default)]
pub(super) struct Connection {
    /// The rows in the making.
    pub rows: Transactions,
    /// What each side's next line is.
    pub expect: [Expect; 2],
    /// Whether each side's message goes on.
    pub ongoing: [bool; 2],
    /// The latest version of each side.
    pub versions: [Version; 2],
    /// Whether further requests are no surprise.
    pub keep_alive: bool,
    /// Whether the server said that it will close.
    pub closes: bool,
    /// The status of the reply that goes on, else 0.
    pub status: u16,
    /// Whether a CONNECT was asked for.
    pub connect: bool,
    /// Who reads on, once the stream carries something else.
    pub child: Option<Child>,
    /// Whether that is because of an upgrade.
    pub upgraded: bool,
    /// Whether each waiting request is a HEAD.
    unanswered: VecDeque<bool>,
    upgrade: bool,
    upgrade_to: Vec<u8>,
    shared: Vec<FileId>,
    banners: Banners,
    handshake: Option<Box<Handshake>>,
}

impl Connection {
    /// Takes a side's version.
    pub(super) fn set_version(&mut self, side: Side, version: Version, out: &mut dyn Emit) {
        let known = &mut self.versions[side.index()];
        if *known != Version::default() && *known != version {
            out.weird("HTTP_version_mismatch", "", "HTTP");
        }
        *known = version;
        if version.major > 1 || (version.major == 1 && version.minor > 0) {
            self.keep_alive = true;
        }
    }

    /// The version that decides on transfer codings: the request's while one goes on.
    pub(super) const fn ongoing_version(&self) -> Version {
        if self.ongoing[0] { self.versions[0] } else { self.versions[1] }
    }

    /// A request waits for its answer.
    pub(super) fn asked(&mut self, method: &[u8]) {
        if self.unanswered.len() < UNANSWERED_MAX {
            self.unanswered.push_back(is_prefix_of(method, b"HEAD"));
        }
        if is_prefix_of(method, b"CONNECT") {
            self.connect = true;
        }
    }

    /// Whether a request waits.
    pub(super) fn waits(&self) -> bool {
        !self.unanswered.is_empty()
    }

    /// The oldest request is answered.
    pub(super) fn answered(&mut self) {
        self.unanswered.pop_front();
    }

    /// Whether the reply to the oldest request has a body.
    pub(super) fn reply_body(&self) -> Body {
        let head = self.unanswered.front() == Some(&true);
        if head || matches!(self.status, 100..=199 | 204 | 304) { Body::Never } else { Body::Always }
    }

    /// A header of either side was read.
    pub(super) fn header(&mut self, at: Timestamp, side: Side, header: &Header<'_>, out: &mut dyn Emit) {
        let first = || token::token(header.value).map_or(&b""[..], |(word, _)| word);
        match (side, header.name.len()) {
            (Side::Orig, 10) if header.is(b"connection") => self.keep_alive |= first().eq_ignore_ascii_case(b"keep-alive"),
            (Side::Resp, 10) if header.is(b"connection") => {
                self.closes |= first().eq_ignore_ascii_case(b"close");
                self.upgrade |= first().eq_ignore_ascii_case(b"upgrade");
            }
            (Side::Resp, 7) if header.is(b"upgrade") => self.upgrade_to = first().to_vec(),
            (_, 22 | 24) if header.name.get(..14).is_some_and(|head| head.eq_ignore_ascii_case(b"sec-websocket-")) => {
                self.handshake.get_or_insert_default().header(side, header);
            }
            _ => {}
        }
        inspect(side, header, out);
        self.rows.header(at, side, header.name, header.value, out);
        self.banners.header(at, side, header, out);
    }

    /// A side's message came to its own end.
    pub(super) fn message_over(&mut self, at: Timestamp, side: Side, out: &mut dyn Emit) {
        if std::mem::take(&mut self.ongoing[side.index()]) {
            self.after(at, side, false, out);
        }
    }

    /// What follows a message.
    pub(super) fn after(&mut self, at: Timestamp, side: Side, interrupted: bool, out: &mut dyn Emit) {
        if side == Side::Resp {
            if !matches!(self.status, 100..=199) {
                self.answered();
            }
            if self.status == 101 && self.unanswered.len() == 1 && self.upgrade && !self.upgrade_to.is_empty() {
                self.upgraded = true;
                let websocket = self.upgrade_to.eq_ignore_ascii_case(b"websocket");
                if websocket {
                    self.handshake.take().unwrap_or_default().write(at, self.rows.answered(), out);
                }
                self.child = Some(if websocket { Child::Named("websocket") } else { Child::Detect });
            }
            self.status = 0;
            self.upgrade = false;
            self.upgrade_to.clear();
        }
        let over = interrupted || (side == Side::Resp && self.upgraded);
        self.expect[side.index()] = if over { Expect::Nothing } else { Expect::Start };
    }

    /// A body began: the row that it belongs to names it, a shared one only once per connection.
    pub(super) fn attach(&mut self, side: Side, id: FileId, attaching: Attaching) {
        if attaching.shared {
            if self.shared.contains(&id) {
                return;
            }
            if self.shared.len() < SHARED_MAX {
                self.shared.push(id);
            }
        }
        self.rows.attach(side, id, attaching);
    }

    /// Bytes held on the heap, a close estimate.
    pub(super) fn held_bytes(&self) -> usize {
        self.rows.held_bytes() + self.unanswered.capacity() + self.upgrade_to.capacity()
    }
}

/// Whether `method` is `known` or its beginning, as Zeek compares them.
fn is_prefix_of(method: &[u8], known: &[u8]) -> bool {
    known.get(..method.len()).is_some_and(|head| head.eq_ignore_ascii_case(method))
}

fn inspect(side: Side, header: &Header<'_>, out: &mut dyn Emit) {
    let buffer = match (side, header.name.len()) {
        (Side::Orig, 4) if header.is(b"host") => "http.host",
        (Side::Orig, 10) if header.is(b"user-agent") => "http.user_agent",
        (Side::Orig, 6) if header.is(b"cookie") => "http.cookie",
        (Side::Orig, 7) if header.is(b"referer") => "http.referer",
        (_, 12) if header.is(b"content-type") => "http.content_type",
        (Side::Resp, 8) if header.is(b"location") => "http.location",
        (Side::Resp, 6) if header.is(b"server") => "http.server",
        _ => return,
    };
    out.inspect(buffer, header.value);
}
