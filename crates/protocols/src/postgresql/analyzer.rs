//! Reads a PostgreSQL connection message by message.

use super::codec::{self, u32_at};
use super::log;
use contract::{Analyzer, Child, Chunk, Emit, Next, Side, Violation};
use model::Timestamp;

/// So much of a message is read, in bytes; the rest of a row or a long query is passed over.
const READ_BYTES_MAX: usize = 16 * 1024;
/// Texts are cut at this length, in bytes.
const TEXT_BYTES_MAX: usize = 8 * 1024;

/// What the next bytes of the client are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// Its first message.
    #[default]
    Opening,
    /// It asked for TLS, the server has not answered.
    TlsAsked,
    /// Messages.
    Open,
}

/// The state of one connection.
#[derive(Debug, Default)]
pub(super) struct PostgresqlAnalyzer {
    stage: Stage,
    waiting: [Vec<u8>; 2],
    /// Bytes to pass over.
    skip: [u64; 2],
    user: Option<Box<[u8]>>,
    database: Option<Box<[u8]>>,
    application: Option<Box<[u8]>>,
    rows: Option<u64>,
    row: Option<Row>,
}

/// A row that is being put together.
#[derive(Debug)]
struct Row {
    at: Timestamp,
    frontend: Option<&'static str>,
    frontend_arg: Option<Box<[u8]>>,
    backend: String,
    backend_arg: Vec<u8>,
    success: Option<bool>,
}

impl PostgresqlAnalyzer {
    fn row(&mut self, at: Timestamp) -> &mut Row {
        self.row.get_or_insert(Row {
            at,
            frontend: None,
            frontend_arg: None,
            backend: String::new(),
            backend_arg: Vec::new(),
            success: None,
        })
    }

    fn write(&mut self, rows: Option<u64>, out: &mut dyn Emit) {
        let Some(row) = self.row.take() else { return };
        let event = out.flow().event(&log::KIND, row.at).with(log::USER, self.user.clone()).with(log::DATABASE, self.database.clone());
        let event = event
            .with(log::APPLICATION_NAME, self.application.clone())
            .with(log::FRONTEND, row.frontend)
            .with(log::FRONTEND_ARG, row.frontend_arg);
        let event = event.with(log::BACKEND, Some(row.backend).filter(|text| !text.is_empty()));
        let event = event.with(log::BACKEND_ARG, Some(row.backend_arg).filter(|text| !text.is_empty()));
        out.event(event.with(log::SUCCESS, row.success).with(log::ROWS, rows));
    }

    /// The client's first message. Returns its length, or 0 where more is needed.
    fn opening(&mut self, at: Timestamp, data: &[u8]) -> Result<usize, Violation> {
        let (Some(length), Some(code)) = (u32_at(data, 0), u32_at(data, 4)) else { return Ok(0) };
        if length == 8 && code == codec::SSL_REQUEST {
            self.stage = Stage::TlsAsked;
            self.row(at).frontend = Some("ssl_request");
            return Ok(8);
        }
        if code >> 16 != 3 || !(9..=codec::STARTUP_BYTES_MAX).contains(&length) {
            return Err(Violation::new("unsupported PostgreSQL startup message"));
        }
        let Some(body) = data.get(8..length as usize) else { return Ok(0) };
        for (name, value) in codec::parameters(body) {
            match name {
                b"user" => self.user = Some(cut(value)),
                b"database" => self.database = Some(cut(value)),
                b"application_name" => self.application = Some(cut(value)),
                _ => {}
            }
        }
        self.row(at).frontend = Some("startup");
        self.stage = Stage::Open;
        Ok(length as usize)
    }

    fn frontend(&mut self, at: Timestamp, kind: u8, body: &[u8], out: &mut dyn Emit) {
        match kind {
            b'Q' => {
                self.write(None, out);
                let query = codec::texts(body).next().unwrap_or_default();
                out.inspect("postgresql.query", query);
                let row = self.row(at);
                row.frontend = Some("simple_query");
                row.frontend_arg = Some(cut(query));
                self.rows = Some(0);
            }
            b'X' => {
                self.write(None, out);
                self.row(at).frontend = Some("terminate");
                self.write(None, out);
            }
            _ => {}
        }
    }

    fn backend(&mut self, at: Timestamp, kind: u8, body: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
        match kind {
            b'R' => {
                let number = u32_at(body, 0).filter(|number| *number <= 12).ok_or(Violation::new("unknown PostgreSQL authentication"))?;
                let row = self.row(at);
                if number == 0 {
                    row.backend = "auth_ok".to_owned();
                    row.success = Some(true);
                    return Ok(());
                }
                if row.backend.is_empty() || row.backend.ends_with("auth") {
                    row.backend = "auth_request".to_owned();
                } else {
                    push(&mut row.backend, "auth_request");
                }
                append(&mut row.backend_arg, codec::method(number).as_bytes());
            }
            b'E' => {
                let row = self.row(at);
                push(&mut row.backend, "error");
                append(&mut row.backend_arg, &codec::fields(body));
                row.success = Some(false);
                self.write(None, out);
            }
            b'N' => append(&mut self.row(at).backend_arg, &codec::fields(body)),
            b'D' => self.rows = Some(self.rows.unwrap_or(0) + 1),
            b'Z' if self.row.is_some() => {
                let works = matches!(body.first(), Some(b'I' | b'T'));
                self.row(at).success.get_or_insert(works);
                let rows = self.rows.take();
                self.write(rows, out);
            }
            _ => {}
        }
        Ok(())
    }

    /// Reads what a buffer begins with. Returns how many bytes are done with, 0 where more are needed, and whether TLS
    /// follows.
    fn read(&mut self, at: Timestamp, side: Side, data: &[u8], out: &mut dyn Emit) -> Result<(usize, bool), Violation> {
        match (self.stage, side) {
            (Stage::Opening, Side::Orig) => return Ok((self.opening(at, data)?, false)),
            (Stage::TlsAsked, Side::Resp) => {
                let answer = data[0];
                if !matches!(answer, b'S' | b'N') {
                    return Err(Violation::new("unknown answer to PostgreSQL's request for TLS"));
                }
                let row = self.row(at);
                row.backend = "ssl_reply".to_owned();
                row.backend_arg = vec![answer];
                row.success = Some(answer == b'S');
                self.write(None, out);
                out.confirm("postgresql");
                self.stage = Stage::Opening;
                return Ok((1, answer == b'S'));
            }
            // Who speaks out of turn waits.
            (Stage::TlsAsked, Side::Orig) | (Stage::Opening, Side::Resp) => return Ok((0, false)),
            (Stage::Open, _) => {}
        }
        let Some(length) = u32_at(data, 1) else { return Ok((0, false)) };
        if length < 4 {
            return Err(Violation::new("PostgreSQL message is too short"));
        }
        let bytes = 1 + length as usize;
        let shown = bytes.min(READ_BYTES_MAX);
        let Some(message) = data.get(..shown) else { return Ok((0, false)) };
        self.skip[side.index()] = (bytes - shown) as u64;
        match side {
            Side::Orig => self.frontend(at, message[0], &message[5..], out),
            Side::Resp => {
                self.backend(at, message[0], &message[5..], out)?;
                out.confirm("postgresql");
            }
        }
        Ok((shown, false))
    }
}

impl Analyzer for PostgresqlAnalyzer {
    fn feed(&mut self, at: Timestamp, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        let own = side.index();
        let data = match chunk {
            Chunk::Data(data) => data,
            Chunk::Gap(bytes) => {
                let passed = self.skip[own].min(bytes);
                self.skip[own] -= passed;
                // Behind a hole nothing says where the next message begins.
                return Ok(if passed == bytes { Next::Continue } else { Next::Done });
            }
            Chunk::End => return Ok(Next::Continue),
        };
        let passed = usize::try_from(self.skip[own]).unwrap_or(usize::MAX).min(data.len());
        self.skip[own] -= passed as u64;
        let before = self.waiting[own].len();
        self.waiting[own].extend_from_slice(&data[passed..]);
        // What one side says may let the other's waiting bytes be read.
        for side in [side, side.other(), side] {
            let own_now = side.index();
            let mut buffer = std::mem::take(&mut self.waiting[own_now]);
            let mut done = 0;
            while done < buffer.len() {
                let (bytes, tls) = self.read(at, side, &buffer[done..], out)?;
                if tls {
                    return Ok(Next::Become { child: Child::Named("ssl"), consumed: passed + (done + bytes).saturating_sub(before) });
                }
                if bytes == 0 {
                    break;
                }
                done += bytes;
                let over = usize::try_from(self.skip[own_now]).unwrap_or(usize::MAX).min(buffer.len() - done);
                self.skip[own_now] -= over as u64;
                done += over;
            }
            buffer.drain(..done);
            if buffer.len() > 2 * READ_BYTES_MAX {
                return Err(Violation::new("PostgreSQL sides speak out of turn"));
            }
            self.waiting[own_now] = buffer;
        }
        Ok(Next::Continue)
    }

    fn close(&mut self, _at: Timestamp, out: &mut dyn Emit) {
        self.write(None, out);
    }

    fn held_bytes(&self) -> usize {
        let text = |text: &Option<Box<[u8]>>| text.as_ref().map_or(0, |text| text.len());
        let row = self.row.as_ref().map_or(0, |row| text(&row.frontend_arg) + row.backend.capacity() + row.backend_arg.capacity());
        self.waiting.iter().map(Vec::capacity).sum::<usize>() + text(&self.user) + text(&self.database) + text(&self.application) + row
    }
}

fn cut(text: &[u8]) -> Box<[u8]> {
    text[..text.len().min(TEXT_BYTES_MAX)].into()
}

/// Appends a word behind a comma.
fn push(text: &mut String, word: &str) {
    if text.len() < TEXT_BYTES_MAX {
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(word);
    }
}

/// The same for bytes.
fn append(text: &mut Vec<u8>, word: &[u8]) {
    if text.len() < TEXT_BYTES_MAX {
        if !text.is_empty() {
            text.push(b',');
        }
        text.extend_from_slice(&word[..word.len().min(TEXT_BYTES_MAX)]);
    }
}
