//! Reads a SOCKS handshake message by message.

use super::codec::{self, MESSAGE_BYTES_MAX, Parsed, Place};
use super::log;
use contract::{Analyzer, Child, Chunk, Emit, Next, Side, Violation};
use model::{Timestamp, Value, kinds::tunnel};

/// The method "user name and password" (RFC 1929).
const USERPASS: u8 = 2;
/// The method "none" and the answer "none of yours".
const NO_LOGIN: [u8; 2] = [0, 255];

/// The state of one handshake.
#[derive(Debug)]
pub(super) struct SocksAnalyzer {
    /// Nothing can be told: the connection is seen from its middle, or the login is not understood.
    deaf: bool,
    waiting: [Vec<u8>; 2],
    login: Login,
    done: [bool; 2],
    confirmed: bool,
    session: Option<Session>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Login {
    /// No method has been chosen.
    Open,
    /// This method's messages are exchanged.
    Running(u8),
    /// Requests may come.
    Over,
}

#[derive(Debug)]
struct Session {
    at: Timestamp,
    version: u8,
    user: Option<Box<[u8]>>,
    status: Option<String>,
    request: Option<Place>,
    bound: Option<Place>,
}

impl SocksAnalyzer {
    pub(super) const fn new(deaf: bool) -> Self {
        Self { deaf, waiting: [const { Vec::new() }; 2], login: Login::Open, done: [false; 2], confirmed: false, session: None }
    }

    /// Reads one message. Returns its length, or 0 where more is needed.
    fn message(&mut self, at: Timestamp, side: Side, data: &[u8], out: &mut dyn Emit) -> Result<usize, Violation> {
        if let Login::Running(method) = self.login {
            return Ok(self.login_message(at, side, method, data, out));
        }
        match (data[0], side) {
            (4, Side::Orig) => {
                let place = whole(codec::request4(data))?;
                Ok(self.requested(at, 4, place, out))
            }
            (4, Side::Resp) => {
                let reply = whole(codec::reply4(data))?;
                Ok(self.replied(at, 4, reply, out))
            }
            (5, Side::Orig) if self.login == Login::Open => Ok(whole(codec::offer(data))?.map_or(0, |(_, bytes)| bytes)),
            (5, Side::Resp) if self.login == Login::Open => {
                let [_, method, ..] = data else { return Ok(0) };
                self.login = if NO_LOGIN.contains(method) { Login::Over } else { Login::Running(*method) };
                Ok(2)
            }
            (5, Side::Orig) => {
                let place = whole(codec::request5(data))?;
                Ok(self.requested(at, 5, place, out))
            }
            (5, Side::Resp) => {
                let reply = whole(codec::reply5(data))?;
                Ok(self.replied(at, 5, reply, out))
            }
            (version, _) => Err(Violation { reason: format!("unsupported/unknown SOCKS version {version}").into() }),
        }
    }

    fn login_message(&mut self, at: Timestamp, side: Side, method: u8, data: &[u8], out: &mut dyn Emit) -> usize {
        if method != USERPASS {
            out.weird("socks5_unsupported_authentication_method", &method.to_string(), "SOCKS");
            self.deaf = true;
            return data.len();
        }
        if data[0] != 1 {
            out.weird("socks5_unsupported_authentication", &format!("method {method}, version {}", data[0]), "SOCKS");
            self.deaf = true;
            return data.len();
        }
        match side {
            Side::Orig => {
                let Parsed::Whole(user, bytes) = codec::login(data) else { return 0 };
                self.session(at, 5).user = Some(user);
                bytes
            }
            Side::Resp => {
                let [_, code, ..] = data else { return 0 };
                self.session(at, 5).status = Some(codec::status5(*code));
                self.login = Login::Over;
                2
            }
        }
    }

    fn requested(&mut self, at: Timestamp, version: u8, request: Option<(Place, usize)>, out: &mut dyn Emit) -> usize {
        let Some((place, bytes)) = request else { return 0 };
        self.session(at, version).request = Some(place);
        self.done[0] = true;
        // One tunnel for all connections of this client to this proxy: so without the client's port and without an id.
        let mut row =
            out.flow().event(&tunnel::KIND, at).with(tunnel::TUNNEL_TYPE, "Tunnel::SOCKS").with(tunnel::ACTION, "Tunnel::DISCOVER");
        row.set(tunnel::UID, Value::Unset);
        row.set(tunnel::ORIG_P, Value::Port(0));
        out.event(row);
        bytes
    }

    fn replied(&mut self, at: Timestamp, version: u8, reply: Option<((u8, Place), usize)>, out: &mut dyn Emit) -> usize {
        let Some(((code, place), bytes)) = reply else { return 0 };
        let session = self.session(at, version);
        session.status = Some(if version == 5 { codec::status5(code) } else { codec::status4(code) });
        session.bound = Some(place);
        self.done[1] = true;
        self.confirmed = true;
        out.confirm("socks");
        bytes
    }

    fn session(&mut self, at: Timestamp, version: u8) -> &mut Session {
        self.session.get_or_insert(Session { at, version, user: None, status: None, request: None, bound: None })
    }
}

/// The message, `None` where it is not complete.
fn whole<T>(parsed: Parsed<T>) -> Result<Option<(T, usize)>, Violation> {
    match parsed {
        Parsed::Whole(message, bytes) => Ok(Some((message, bytes))),
        Parsed::Short => Ok(None),
        Parsed::Wrong(reason) => Err(Violation { reason: reason.into() }),
    }
}

impl Analyzer for SocksAnalyzer {
    fn feed(&mut self, at: Timestamp, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        let data = match chunk {
            _ if self.deaf => return Ok(Next::Done),
            Chunk::Data(data) => data,
            Chunk::Gap(_) => return Ok(Next::Done),
            Chunk::End => return Ok(Next::Continue),
        };
        let mut waiting = std::mem::take(&mut self.waiting[side.index()]);
        let before = waiting.len();
        waiting.extend_from_slice(data);
        let mut read = 0;
        while read < waiting.len() {
            match self.message(at, side, &waiting[read..], out) {
                Ok(0) => break,
                Ok(bytes) => read += bytes,
                Err(violation) => {
                    self.confirmed = false;
                    return Err(violation);
                }
            }
            if self.deaf {
                return Ok(Next::Done);
            }
            if self.done == [true; 2] {
                return Ok(Next::Become { child: Child::Detect, consumed: read.saturating_sub(before) });
            }
        }
        waiting.drain(..read);
        if waiting.len() > MESSAGE_BYTES_MAX {
            return Err(Violation::new("message too long"));
        }
        self.waiting[side.index()] = waiting;
        Ok(Next::Continue)
    }

    fn close(&mut self, _at: Timestamp, out: &mut dyn Emit) {
        let Some(session) = self.session.take().filter(|_| self.confirmed) else { return };
        let mut row = out.flow().event(&log::KIND, session.at).with(log::VERSION, session.version).with(log::USER, session.user);
        row.set(log::STATUS, session.status);
        if let Some(place) = session.request {
            row.set(log::REQUEST_HOST, place.host);
            row.set(log::REQUEST_NAME, place.name);
            row.set(log::REQUEST_P, Value::Port(place.port));
        }
        if let Some(place) = session.bound {
            row.set(log::BOUND_HOST, place.host);
            row.set(log::BOUND_NAME, place.name);
            row.set(log::BOUND_P, Value::Port(place.port));
        }
        out.event(row);
    }

    fn held_bytes(&self) -> usize {
        self.waiting.iter().map(Vec::capacity).sum::<usize>() + if self.session.is_some() { 1024 } else { 0 }
    }
}
