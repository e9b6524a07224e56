//! A login, then commands one after the other, each with its answer.
//!
//! Which kind of packet a server's is depends on what was asked and what came before, since packets don't say.

use super::codec::{self, CLIENT_DEPRECATE_EOF, CLIENT_PLUGIN_AUTH, CLIENT_QUERY_ATTRIBUTES, CLIENT_SSL, Fields};
use super::log;
use contract::{Analyzer, Child, Chunk, Emit, Next, Side, Violation};
use model::{Event, Timestamp, Value};

/// How much of a packet is looked at. Statements longer than this are cut, and rows of results aren't needed at all.
const LOOKED_AT_MAX: usize = 64 << 10;

const QUIT: u8 = 1;
const QUERY: u8 = 3;
const CHANGE_USER: u8 = 17;

/// What the server's next packet will be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Expected {
    #[default]
    Status,
    Columns,
    /// So many descriptions of columns.
    Column(u64),
    ColumnOrEnd,
    /// An intermediate EOF, where the client still wants one, before the rows.
    EndOrRow,
    Row,
    Anything,
}

#[derive(Debug, Default)]
struct Half {
    pending: Vec<u8>,
    /// Bytes of the packet at hand that are not looked at.
    skip: usize,
}

/// Reads one connection.
#[derive(Debug, Default)]
pub(super) struct Mysql {
    sides: [Half; 2],
    version: u8,
    commanding: bool,
    more_auth: bool,
    expected: Expected,
    server: u32,
    client: u32,
    tls: bool,
    row: Option<Event>,
    columns: u64,
    finished: bool,
}

const BROKEN: Violation = Violation::new("Binpac exception: binpac exception: out_of_bound: MySQL_PDU");

impl Mysql {
    fn write(&mut self, out: &mut dyn Emit) {
        if let Some(row) = self.row.take() {
            out.event(row);
        }
    }

    fn ok(&mut self, rows: u64, out: &mut dyn Emit) {
        if let Some(row) = &mut self.row {
            row.set(log::SUCCESS, true);
            row.set(log::ROWS, rows);
        }
        self.commanding = true;
        self.more_auth = false;
        self.write(out);
    }

    fn error(&mut self, payload: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
        let mut fields = Fields(payload);
        fields.take(2 + 6).ok_or(BROKEN)?;
        if let Some(row) = &mut self.row {
            row.set(log::SUCCESS, false);
            row.set(log::RESPONSE, fields.0);
        }
        self.commanding = true;
        self.more_auth = false;
        self.write(out);
        Ok(())
    }

    fn client_packet(&mut self, at: Timestamp, payload: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
        if self.commanding {
            return self.command(at, payload, out);
        }
        if self.more_auth {
            return Ok(());
        }
        if !matches!(self.version, 9 | 10) {
            return Err(BROKEN);
        }
        let (capabilities, user) = codec::login(payload, self.version).ok_or(BROKEN)?;
        self.client = capabilities;
        self.more_auth = capabilities & CLIENT_PLUGIN_AUTH != 0;
        out.confirm("mysql");
        self.tls = self.version == 10 && capabilities & CLIENT_SSL != 0;
        if let Some(user) = user.filter(|_| self.row.is_none()) {
            self.row = Some(out.flow().event(&log::KIND, at).with(log::CMD, "login").with(log::ARG, user));
        }
        Ok(())
    }

    fn command(&mut self, at: Timestamp, payload: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
        let (&command, mut argument) = payload.split_first().ok_or(BROKEN)?;
        if command == QUERY && self.client & self.server & CLIENT_QUERY_ATTRIBUTES != 0 {
            argument = codec::statement(argument).ok_or(BROKEN)?;
        }
        self.expected = match command {
            0..=2 | 5..=8 | 11..=16 | 29 | 31 => Expected::Status,
            QUERY | 10 => Expected::Columns,
            4 => Expected::ColumnOrEnd,
            _ => Expected::Anything,
        };
        self.write(out);
        if command == CHANGE_USER {
            (self.commanding, self.more_auth) = (false, true);
            argument = Fields(argument).text().ok_or(BROKEN)?;
        }
        out.inspect("mysql.command", argument);
        let argument = argument.strip_suffix(&[0]).unwrap_or(argument);
        self.row = Some(out.flow().event(&log::KIND, at).with(log::CMD, codec::command(command)).with(log::ARG, argument));
        if command == QUIT {
            self.write(out);
        }
        Ok(())
    }

    fn server_packet(&mut self, sequence: u8, payload: &[u8], whole_bytes: usize, out: &mut dyn Emit) -> Result<(), Violation> {
        if self.version == 0 && sequence == 0 {
            let (version, capabilities) = codec::greeting(payload).ok_or(BROKEN)?;
            (self.version, self.server) = (version, capabilities);
            return if matches!(version, 9 | 10) { Ok(()) } else { self.error(&payload[1..], out) };
        }
        let Some((&mark, rest)) = payload.split_first() else { return Ok(()) };
        let rows = || Fields(rest).packed().ok_or(BROKEN);
        if !self.commanding {
            return match mark {
                0 => {
                    self.ok(rows()?, out);
                    Ok(())
                }
                0xff => self.error(rest, out),
                0xfe => {
                    self.more_auth = true;
                    Ok(())
                }
                1 => Ok(()),
                _ => Err(BROKEN),
            };
        }
        match (self.expected, mark) {
            (Expected::Status | Expected::Columns, 0) => self.ok(rows()?, out),
            (Expected::Status | Expected::Columns, 0xff) => self.error(rest, out)?,
            (Expected::Status, 0xfe) => self.ended(rest, 0, out)?,
            (Expected::Columns, _) => {
                self.columns = Fields(payload).packed().ok_or(BROKEN)?;
                self.expected = Expected::Column(self.columns);
            }
            (Expected::Column(_), _) if !codec::is_column(payload) => return Err(BROKEN),
            (Expected::Column(left), _) => self.expected = if left > 1 { Expected::Column(left - 1) } else { Expected::EndOrRow },
            (Expected::EndOrRow, _) if self.client & CLIENT_DEPRECATE_EOF == 0 => self.expected = Expected::Row,
            (Expected::EndOrRow | Expected::Row, 0xfe) => {
                self.expected = Expected::Anything;
                self.ended(rest, whole_bytes, out)?;
            }
            (Expected::EndOrRow | Expected::Row, _) if payload.len() == whole_bytes && !codec::is_row(payload, self.columns) => {
                return Err(BROKEN);
            }
            (Expected::EndOrRow, _) => self.expected = Expected::Row,
            (Expected::ColumnOrEnd, 0xfe) => self.ended(rest, whole_bytes, out)?,
            (Expected::Status | Expected::Row | Expected::ColumnOrEnd | Expected::Anything, _) => {}
        }
        Ok(())
    }

    /// The end of a result: an EOF, or an OK in its dress.
    fn ended(&mut self, rest: &[u8], whole_bytes: usize, out: &mut dyn Emit) -> Result<(), Violation> {
        // The longest EOF packet there is, as the protocol has it: anything longer is something else.
        const EOF_BYTES_MAX: usize = 9;
        let rows =
            if self.client & CLIENT_DEPRECATE_EOF != 0 || whole_bytes > EOF_BYTES_MAX { Fields(rest).packed().ok_or(BROKEN)? } else { 0 };
        if let Some(row) = &mut self.row {
            if row.get(log::SUCCESS).is_unset() {
                row.set(log::SUCCESS, true);
            }
            if *row.get(log::ROWS) == Value::Unset {
                row.set(log::ROWS, rows);
            }
        }
        self.write(out);
        Ok(())
    }

    /// Reads whole packets; gives how many bytes of `bytes` are done with.
    fn packets(&mut self, at: Timestamp, side: Side, bytes: &[u8], out: &mut dyn Emit) -> Result<usize, Violation> {
        let mut done = 0;
        while !self.tls {
            let rest = &bytes[done..];
            let skipped = self.sides[side.index()].skip.min(rest.len());
            self.sides[side.index()].skip -= skipped;
            done += skipped;
            let rest = &rest[skipped..];
            let Some(&[a, b, c, sequence]) = rest.first_chunk::<4>() else { break };
            let length = usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16;
            let Some(payload) = rest.get(4..4 + length.min(LOOKED_AT_MAX)) else { break };
            self.sides[side.index()].skip = length - payload.len();
            done += 4 + payload.len();
            if side.is_orig() {
                self.client_packet(at, payload, out)?;
            } else {
                self.server_packet(sequence, payload, length, out)?;
            }
        }
        Ok(done)
    }
}

impl Analyzer for Mysql {
    fn feed(&mut self, at: Timestamp, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        if self.finished || out.flow().midstream {
            return Ok(Next::Done);
        }
        let data = match chunk {
            Chunk::Data(data) => data,
            Chunk::Gap(_) => {
                self.finished = true;
                return Ok(Next::Done);
            }
            Chunk::End => return Ok(Next::Continue),
        };
        let mut held = std::mem::take(&mut self.sides[side.index()].pending);
        let before = held.len();
        let consumed = if held.is_empty() {
            let done = self.packets(at, side, data, out)?;
            held.extend_from_slice(&data[done..]);
            done
        } else {
            held.extend_from_slice(data);
            let done = self.packets(at, side, &held, out)?;
            held.drain(..done);
            done.saturating_sub(before)
        };
        if self.tls {
            self.finished = true;
            return Ok(Next::Become { child: Child::Named("ssl"), consumed });
        }
        self.sides[side.index()].pending = held;
        Ok(Next::Continue)
    }

    fn close(&mut self, _at: Timestamp, out: &mut dyn Emit) {
        self.write(out);
    }

    fn held_bytes(&self) -> usize {
        self.sides.iter().map(|half| half.pending.capacity()).sum::<usize>() + self.row.as_ref().map_or(0, Event::held_bytes)
    }
}
