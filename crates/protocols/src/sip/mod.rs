//! SIP over UDP (RFC 3261): who called whom, and what was answered.
//!
//! A message may go on in the next datagram, and what a reply is shows in its first bytes and not in who sends it; both
//! are Zeek's reading, and so is the one row in the making that requests without replies share. Leaves out SIP over TCP.

mod codec;
pub mod log;

use crate::mime::{Ends, Lines, Piece};
use contract::{Analyzer, Chunk, Emit, FlowInfo, Heads, Next, Protocol, Side, Transport, Verdict, Violation};
use model::{Event, Kind, Timestamp, Value};

/// The methods that are no weird; Zeek's `SIP::sip_methods`.
const METHODS: &[&[u8]] = &[b"REGISTER", b"INVITE", b"ACK", b"CANCEL", b"BYE", b"OPTIONS", b"NOTIFY", b"SUBSCRIBE"];
/// So many Via headers are kept in a row.
const PATH_MAX: usize = 1000;

/// The protocol.
pub struct Sip;

impl Protocol for Sip {
    fn name(&self) -> &'static str {
        "sip"
    }
    fn transports(&self) -> &'static [Transport] {
        &[Transport::Udp]
    }
    fn ports(&self) -> &'static [(Transport, u16)] {
        &[(Transport::Udp, 5060)]
    }
    fn kinds(&self) -> &'static [&'static Kind] {
        &[&log::KIND]
    }
    fn probe(&self, heads: &Heads<'_>) -> Verdict {
        let (orig, resp) = (heads.orig, heads.resp);
        if is_request(orig) || is_request(resp) || is_reply(orig) || is_reply(resp) {
            return Verdict::Yes;
        }
        if orig.is_empty() || resp.is_empty() { Verdict::Unsure } else { Verdict::No }
    }
    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::<Flow>::default()
    }
}

/// `… SIP/2.0` at the end of the first line.
fn is_request(head: &[u8]) -> bool {
    let line = &head[..memchr::memchr(b'\r', head).unwrap_or(0)];
    matches!(line.last_chunk(), Some([b' ', b'S', b'I', b'P', b'/', major, b'.', minor]) if major.is_ascii_digit() && minor.is_ascii_digit())
        && head.get(line.len() + 1) == Some(&b'\n')
        && !line.contains(&b'\n')
}

/// `SIP/2.0 200 ` at the beginning.
fn is_reply(head: &[u8]) -> bool {
    matches!(head.first_chunk(), Some([b'S', b'I', b'P', b'/', a, b'.', b, b' ', c, d, e, b' ']) if [a, b, c, d, e].iter().all(|c| c.is_ascii_digit()))
}

/// Where a stream of messages is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Start,
    Headers,
    Body,
}

/// The messages of one kind: requests or replies.
#[derive(Debug, Default)]
struct Stream {
    lines: Lines,
    state: State,
    /// The latest declared length; it outlives its message.
    content_bytes: u64,
}

/// A row in the making.
#[derive(Debug)]
struct Pending {
    row: Event,
    paths: [Vec<Value>; 2],
    status: u16,
}

/// A flow.
#[derive(Debug, Default)]
struct Flow {
    streams: [Stream; 2],
    pending: Option<Pending>,
}

impl Flow {
    fn pending(&mut self, at: Timestamp, out: &dyn Emit) -> &mut Pending {
        self.pending.get_or_insert_with(|| Pending {
            row: out.flow().event(&log::KIND, at).with(log::TRANS_DEPTH, 0u64),
            paths: [Vec::new(), Vec::new()],
            status: 0,
        })
    }

    fn read(&mut self, at: Timestamp, reply: bool, mut rest: &[u8], out: &mut dyn Emit) -> Result<(), codec::Mismatch> {
        let kind = usize::from(reply);
        loop {
            let stream = &mut self.streams[kind];
            if stream.state == State::Body && stream.lines.plain() == 0 {
                stream.state = State::Start;
                self.end(reply, out);
                continue;
            }
            let Some(piece) = stream.lines.next(&mut rest, out) else {
                return Ok(());
            };
            match piece {
                Piece::Plain(_) => {}
                Piece::Line(line) => self.line(at, reply, line, out)?,
                Piece::Held(line) => {
                    let result = self.line(at, reply, &line, out);
                    self.streams[kind].lines.recycle(line);
                    result?;
                }
            }
        }
    }

    fn line(&mut self, at: Timestamp, reply: bool, line: &[u8], out: &mut dyn Emit) -> Result<(), codec::Mismatch> {
        let stream = &mut self.streams[usize::from(reply)];
        match stream.state {
            State::Start => {
                stream.state = State::Headers;
                if reply { self.status_line(at, line, out) } else { self.request_line(at, line, out) }
            }
            State::Headers if line.is_empty() => {
                stream.state = State::Body;
                stream.lines.set_plain(stream.content_bytes);
                Ok(())
            }
            State::Headers => self.header(at, reply, line, out),
            State::Body => Ok(()),
        }
    }

    fn request_line(&mut self, at: Timestamp, line: &[u8], out: &mut dyn Emit) -> Result<(), codec::Mismatch> {
        let line = codec::request_line(line)?;
        if !line.junk.is_empty() {
            let junk: String = line
                .junk
                .iter()
                .map(|&c| if c.is_ascii_graphic() || c == b' ' { char::from(c).to_string() } else { format!("\\x{c:02x}") })
                .collect();
            out.weird("sip_junk_before_request", &junk, "SIP");
        }
        out.inspect("sip.method", line.method);
        out.inspect("sip.uri", line.uri);
        let row = &mut self.pending(at, out).row;
        row.set(log::METHOD, line.method);
        row.set(log::URI, line.uri);
        if !METHODS.contains(&line.method) {
            out.weird("unknown_SIP_method", &String::from_utf8_lossy(line.method), "");
        }
        Ok(())
    }

    fn status_line(&mut self, at: Timestamp, line: &[u8], out: &mut dyn Emit) -> Result<(), codec::Mismatch> {
        let (code, words) = codec::status_line(line)?;
        out.confirm("sip");
        let pending = self.pending(at, out);
        pending.status = code;
        pending.row.set(log::STATUS_CODE, code);
        pending.row.set(log::STATUS_MSG, words);
        Ok(())
    }

    fn header(&mut self, at: Timestamp, reply: bool, line: &[u8], out: &mut dyn Emit) -> Result<(), codec::Mismatch> {
        let (name, value) = codec::header(line)?;
        let kind = usize::from(reply);
        if matches!(name, b"Content-Length" | b"L") {
            self.streams[kind].content_bytes = digits(value);
        }
        let pending = self.pending(at, out);
        let row = &mut pending.row;
        match (name.to_ascii_uppercase().as_slice(), reply) {
            (b"CONTENT-LENGTH" | b"L", _) => {
                match str::from_utf8(value.trim_ascii_end())
                    .ok()
                    .filter(|text| !text.starts_with('+'))
                    .and_then(|text| text.parse::<u64>().ok())
                {
                    Some(bytes) => row.set(log::BODY_LEN[kind], bytes),
                    None => {
                        let weird = if reply { "invalid_SIP_response_body_len" } else { "invalid_SIP_request_body_len" };
                        out.weird(weird, &String::from_utf8_lossy(value), "");
                    }
                }
            }
            (b"FROM" | b"F", _) => row.set(log::FROM[kind], codec::before(value, b"tag=")),
            (b"TO" | b"T", _) => row.set(log::TO[kind], value),
            (b"VIA" | b"V", _) if pending.paths[kind].len() < PATH_MAX => pending.paths[kind].push(codec::before(value, b"branch").into()),
            (b"CALL-ID", false) => row.set(log::CALL_ID, value),
            (b"CSEQ", false) => row.set(log::SEQ, value),
            (b"DATE", false) => row.set(log::DATE, value),
            (b"REPLY-TO", false) => row.set(log::REPLY_TO, value),
            (b"SUBJECT" | b"S", false) => row.set(log::SUBJECT, value),
            (b"USER-AGENT", false) => row.set(log::USER_AGENT, value),
            (b"CONTENT-TYPE" | b"C", true) => row.set(log::CONTENT_TYPE, value),
            (b"WARNING", true) => row.set(log::WARNING, value),
            _ => {}
        }
        Ok(())
    }

    /// A message is complete. Each reply is a row; one that is final ends the request.
    fn end(&mut self, reply: bool, out: &mut dyn Emit) {
        if !reply {
            return;
        }
        let Some(pending) = &self.pending else { return };
        out.event(pending.finished());
        let method = pending.row.get(log::METHOD);
        if !matches!(pending.status, 100..=199) || method.is_unset() {
            self.pending = None;
        }
    }
}

impl Pending {
    fn finished(&self) -> Event {
        let mut row = self.row.clone();
        for (column, path) in log::PATH.into_iter().zip(&self.paths) {
            row.set(column, Value::list(path.iter().cloned()));
        }
        row
    }
}

/// The number at the head of a text, as C reads it.
fn digits(text: &[u8]) -> u64 {
    text.iter()
        .take_while(|c| c.is_ascii_digit())
        .fold(0u64, |number, digit| number.saturating_mul(10).saturating_add(u64::from(digit - b'0')))
}

impl Analyzer for Flow {
    fn feed(&mut self, at: Timestamp, _side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        let Chunk::Data(data) = chunk else {
            return Ok(Next::Continue);
        };
        let reply = data.starts_with(b"SIP/");
        // Lone line ends are nothing to tell of here.
        self.streams[usize::from(reply)].lines.set_ends(Ends::CrOrLf, true);
        match self.read(at, reply, data, out) {
            Ok(()) => Ok(Next::Continue),
            Err(mismatch) => {
                self.streams[usize::from(reply)] = Stream::default();
                Err(Violation { reason: mismatch.reason().into() })
            }
        }
    }

    fn close(&mut self, _at: Timestamp, out: &mut dyn Emit) {
        if let Some(pending) = self.pending.take() {
            out.event(pending.finished());
        }
    }

    fn held_bytes(&self) -> usize {
        let lines: usize = self.streams.iter().map(|stream| stream.lines.held_bytes()).sum();
        let row = |pending: &Pending| {
            pending.row.held_bytes() + pending.paths.iter().flatten().map(|path| 24 + path.as_bytes().map_or(0, <[u8]>::len)).sum::<usize>()
        };
        lines + self.pending.as_ref().map_or(0, row)
    }
}
