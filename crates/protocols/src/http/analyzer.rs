//! The state machine of a connection: lines and bodies of both sides, in step.

use super::codec::{self, Status, Version};
use super::connection::{Connection, Expect};
use super::entity::Body;
use super::message::{Around, Message};
use crate::mime::{Lines, Piece};
use contract::{Analyzer, Child, Chunk, Emit, Next, Side, Violation};
use model::Timestamp;

/// A violation is only told of in a connection's first bytes; Zeek's `DPD::ignore_violations_after`.
const VIOLATION_BYTES_MAX: u64 = 10 * 1024;

/// One connection.
#[derive(Debug)]
pub(super) struct Http {
    lines: [Lines; 2],
    messages: [Option<Message>; 2],
    connection: Connection,
    /// Sides of which nothing more can be read, because bytes are missing.
    lost: [bool; 2],
    requests: u64,
    bytes: u64,
    midstream: bool,
}

impl Http {
    /// For a new connection; `midstream` where its beginning was not seen, so that nothing can be read.
    pub(super) fn new(midstream: bool) -> Self {
        Self {
            lines: [Lines::default(), Lines::default()],
            messages: [None, None],
            connection: Connection::default(),
            lost: [false; 2],
            requests: 0,
            bytes: 0,
            midstream,
        }
    }

    fn data(&mut self, at: Timestamp, side: Side, data: &[u8], out: &mut dyn Emit) -> Result<Next, Violation> {
        let mut rest = data;
        if let Some(child) = self.connection.child {
            self.lines[side.index()].pass_lf(&mut rest);
            return Ok(self.hand_on(child, rest.len(), data.len(), out));
        }
        if self.connection.expect[side.index()] == Expect::Bare {
            self.bare(at, side, rest, out);
            return Ok(Next::Continue);
        }
        // What a chunk's first byte tells of the line before is told at once, as if both had come together.
        if let Some(next) = self.lines[side.index()].begun_by(rest)
            && let (Some(message), mut around) = self.around(at, side, out)
        {
            message.line_begins(next, &mut around);
        }
        loop {
            // The rest of a body in the usual case: no line to look for.
            let lines = &mut self.lines[side.index()];
            let before = rest.len();
            let Some(piece) = lines.next(&mut rest, out) else {
                self.bytes += before as u64;
                break;
            };
            let next = if lines.ended_by_lf() { rest.first().copied() } else { None };
            // Counted with the line that is judged now, whether it came in one packet or in several.
            self.bytes += (before - rest.len()) as u64;
            match piece {
                Piece::Plain(bytes) => self.plain(at, side, bytes, out),
                Piece::Line(line) => self.line(at, side, line, next, out)?,
                Piece::Held(line) => {
                    let result = self.line(at, side, &line, next, out);
                    self.lines[side.index()].recycle(line);
                    result?;
                }
            }
            if let Some(child) = self.connection.child {
                if self.lines[side.index()].waits_for_lf(rest) {
                    return Ok(Next::Continue);
                }
                return Ok(self.hand_on(child, rest.len(), data.len(), out));
            }
            if self.connection.expect[side.index()] == Expect::Bare {
                self.bare(at, side, rest, out);
                break;
            }
        }
        let told = self.lines[0].told_cr || self.lines[1].told_cr;
        self.lines.iter_mut().for_each(|lines| lines.told_cr = told);
        Ok(Next::Continue)
    }

    /// What cannot be read may still be weird: Zeek cuts the client's lines all the same.
    fn pass_over(&mut self, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) {
        if let (Side::Orig, Chunk::Data(mut rest)) = (side, chunk) {
            while let Some(piece) = self.lines[0].next(&mut rest, out) {
                if let Piece::Held(line) = piece {
                    self.lines[0].recycle(line);
                }
            }
        }
    }

    fn hand_on(&mut self, child: Child, rest: usize, whole: usize, out: &mut dyn Emit) -> Next {
        if rest > 0 {
            let weird =
                if self.connection.upgraded { "protocol_data_with_HTTP_upgrade_reply" } else { "protocol_data_with_HTTP_CONNECT_reply" };
            out.weird(weird, &rest.to_string(), "HTTP");
        }
        Next::Become { child, consumed: whole - rest }
    }

    fn around<'a>(&'a mut self, at: Timestamp, side: Side, out: &'a mut dyn Emit) -> (&'a mut Option<Message>, Around<'a>) {
        let index = side.index();
        (&mut self.messages[index], Around { at, side, lines: &mut self.lines[index], connection: &mut self.connection, out })
    }

    fn deliver(&mut self, at: Timestamp, side: Side, data: &[u8], line: bool, next: Option<u8>, out: &mut dyn Emit) {
        let (message, mut around) = self.around(at, side, out);
        if let Some(message) = message {
            message.deliver(data, line, next, &mut around);
        }
    }

    fn plain(&mut self, at: Timestamp, side: Side, data: &[u8], out: &mut dyn Emit) {
        if self.messages[side.index()].is_some() {
            self.deliver(at, side, data, false, None, out);
        } else {
            out.weird(if side.is_orig() { "unexpected_client_HTTP_data" } else { "unexpected_server_HTTP_data" }, "", "HTTP");
        }
    }

    fn line(&mut self, at: Timestamp, side: Side, line: &[u8], next: Option<u8>, out: &mut dyn Emit) -> Result<(), Violation> {
        match (self.connection.expect[side.index()], side) {
            (Expect::Start, Side::Orig) => self.request_line(at, line, out),
            (Expect::Start, Side::Resp) => self.status_line(at, line, out),
            (Expect::Message, _) => {
                self.deliver(at, side, line, true, next, out);
                if side == Side::Resp && self.connection.connect && line.is_empty() {
                    self.connection.child = Some(Child::Detect);
                }
                Ok(())
            }
            (Expect::Nothing | Expect::Bare, _) => Ok(()),
        }
    }

    fn begin(&mut self, at: Timestamp, side: Side, body: Body, out: &mut dyn Emit) {
        self.connection.expect[side.index()] = Expect::Message;
        let (message, mut around) = self.around(at, side, out);
        match message {
            Some(message) => message.renew(body, &mut around),
            None => *message = Some(Message::new(body, &mut around)),
        }
    }

    fn request_line(&mut self, at: Timestamp, line: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
        let known = self.connection.versions[0];
        let read = codec::request_line(line, known, &mut |weird| out.weird(weird, "", "HTTP"));
        let request = match read {
            Ok(request) => request,
            Err(weird) => {
                out.weird(weird, "", "HTTP");
                if line.is_empty() {
                    out.weird("empty_http_request", "", "HTTP");
                    return Ok(());
                }
                if self.requests > 0 && !self.connection.keep_alive {
                    return Ok(());
                }
                return self.broken(Side::Orig, "not a http request line");
            }
        };
        if let Some(version) = request.version {
            self.connection.set_version(Side::Orig, version, out);
        }
        self.requests += 1;
        if !self.connection.keep_alive && self.requests > 1 {
            out.weird("unexpected_multiple_HTTP_requests", "", "HTTP");
        }
        self.connection.ongoing[0] = true;
        self.connection.asked(request.method);
        out.confirm("http");
        out.inspect("http.method", request.method);
        out.inspect("http.uri.raw", request.uri);
        out.inspect("http.uri", &request.unescaped);
        let old = self.connection.versions[0] == Version::V0_9;
        self.connection.rows.request(at, request.method, request.unescaped, out);
        self.begin(at, Side::Orig, Body::IfDeclared, out);
        if old {
            self.old_request(at, request.method, out);
        }
        Ok(())
    }

    /// HTTP/0.9: what the server sends is the body, and nothing else.
    fn old_request(&mut self, at: Timestamp, method: &[u8], out: &mut dyn Emit) {
        if method != b"GET" {
            out.weird("invalid_http_09_request_method", &String::from_utf8_lossy(method), "HTTP");
        }
        let (message, mut around) = self.around(at, Side::Resp, out);
        if let Some(mut message) = message.take() {
            around.out.weird("http_09_reply_before_request", "", "HTTP");
            message.done(&mut around);
        }
        self.connection.expect[1] = Expect::Bare;
    }

    fn bare(&mut self, at: Timestamp, side: Side, data: &[u8], out: &mut dyn Emit) {
        if data.is_empty() {
            return;
        }
        if self.messages[side.index()].is_none() {
            self.connection.set_version(side, Version::V0_9, out);
            if self.connection.waits() {
                out.confirm("http");
                self.connection.answered();
            }
            self.connection.closes = true;
            self.connection.ongoing[1] = true;
            let status = self.connection.status;
            self.connection.rows.reply(at, Version::V0_9, status, None, out);
            let body = self.connection.reply_body();
            self.begin(at, side, body, out);
            self.deliver(at, side, b"", true, None, out);
        }
        self.deliver(at, side, data, false, None, out);
        // Also where the reply is over already (to a HEAD that follows): what comes after it in the same packet is as bare.
        self.connection.expect[1] = Expect::Bare;
    }

    fn status_line(&mut self, at: Timestamp, line: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
        let (version, proper) = match codec::status_line(line) {
            Status::Line(ref status) => (status.version, status.proper),
            Status::Incomplete(version, proper) => (version, proper),
            Status::No if line.is_empty() => return Ok(()),
            Status::No => return self.broken(Side::Resp, "not a http reply line"),
        };
        if !proper {
            out.weird("lowercase_HTTP_keyword", "", "HTTP");
        }
        self.connection.set_version(Side::Resp, version, out);
        let Status::Line(status) = codec::status_line(line) else {
            return self.broken(Side::Resp, "not a http reply line");
        };
        if self.connection.waits() {
            out.confirm("http");
        }
        self.connection.status = status.code;
        self.connection.ongoing[1] = true;
        out.inspect("http.stat_msg", status.reason.unwrap_or_default());
        let tunnel = self.connection.rows.reply(at, version, status.code, status.reason, out);
        if tunnel {
            super::tunnel(at, out);
        }
        self.connection.connect &= status.code == 200;
        let body = self.connection.reply_body();
        self.begin(at, Side::Resp, body, out);
        Ok(())
    }

    /// Nothing more can be read of a side; the whole analysis ends where that shows early.
    fn broken(&mut self, side: Side, reason: &'static str) -> Result<(), Violation> {
        self.connection.expect[side.index()] = Expect::Nothing;
        if self.bytes > VIOLATION_BYTES_MAX { Ok(()) } else { Err(Violation::new(reason)) }
    }

    /// A side's message is over, because of something outside of it.
    fn made(&mut self, at: Timestamp, side: Side, interrupted: bool, out: &mut dyn Emit) {
        if !std::mem::take(&mut self.connection.ongoing[side.index()]) {
            return;
        }
        let (message, mut around) = self.around(at, side, out);
        if let Some(message) = message {
            message.done(&mut around);
        }
        self.connection.after(at, side, interrupted, out);
    }

    fn gap(&mut self, at: Timestamp, side: Side, bytes: u64, out: &mut dyn Emit) {
        let (message, mut around) = self.around(at, side, out);
        if message.as_mut().is_some_and(|message| message.gap(bytes, &mut around)) {
            return;
        }
        if side.is_orig() {
            // Whether a reply has a body may depend on the request that is lost.
            self.made(at, Side::Orig, true, out);
        }
        self.made(at, Side::Resp, true, out);
        self.lost[side.index()] = true;
    }

    fn end(&mut self, at: Timestamp, side: Side, out: &mut dyn Emit) -> Result<(), Violation> {
        let mut result = Ok(());
        if !self.lost[side.index()]
            && let Some(line) = self.lines[side.index()].finish()
        {
            result = self.line(at, side, &line, None, out);
        }
        self.made(at, side, false, out);
        result
    }
}

impl Analyzer for Http {
    fn feed(&mut self, at: Timestamp, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        // The beginning of a side may turn out to be missing only later; nothing can be read from then on.
        if self.midstream || out.flow().midstream {
            self.pass_over(side, chunk, out);
            return Ok(Next::Continue);
        }
        match chunk {
            Chunk::Data(data) => {
                if !self.lost[side.index()] {
                    return self.data(at, side, data, out);
                }
            }
            Chunk::Gap(bytes) => {
                self.bytes += bytes;
                if !self.lost[side.index()] {
                    self.gap(at, side, bytes, out);
                }
            }
            Chunk::End => self.end(at, side, out)?,
        }
        Ok(Next::Continue)
    }

    fn reset(&mut self, at: Timestamp, out: &mut dyn Emit) {
        self.made(at, Side::Orig, true, out);
        self.made(at, Side::Resp, true, out);
    }

    fn close(&mut self, at: Timestamp, out: &mut dyn Emit) {
        self.made(at, Side::Orig, true, out);
        self.made(at, Side::Resp, true, out);
        self.connection.rows.finish(out);
    }

    fn held_bytes(&self) -> usize {
        let lines: usize = self.lines.iter().map(Lines::held_bytes).sum();
        lines + self.messages.iter().flatten().map(Message::held_bytes).sum::<usize>() + self.connection.held_bytes()
    }
}
