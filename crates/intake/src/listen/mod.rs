//! Connections: syslog over TCP, TLS and Unix sockets, and pipes. One thread reads all of them as the system says they are ready, each a
//! piece at a time, and never waits for any: a sender that is slow or endless holds up nobody.
//!
//! Where the consumer is slower than a sender, the sender is not read until there is room again, so that its own system makes it wait.

mod connection;
mod crowd;
mod paths;
mod stream;
mod tls;

pub(crate) use paths::{make_way, open_to_all};

use crate::counters::{Count, Counting};
use crate::framing::{Cursor, Framed, Framing};
use crate::queue::{LaneKey, Queue};
use crate::settings::{ConnectionLimits, Origin};
use crate::{Delivery, Position, RECORD_BYTES_MAX, Records, SourceId, clock};
use connection::Connection;
use crowd::{Admission, Crowd};
use model::Addr;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::eventfd::EventFd;
use nix::sys::socket::{setsockopt, sockopt};
use std::collections::{BTreeMap, VecDeque};
use std::fs::{File, OpenOptions};
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use stream::{Came, Stream};

/// Connections that are taken of one listener before others have their turn.
const ACCEPTED_IN_TURN: usize = 64;

/// What the system tells at once.
const EVENTS: usize = 256;

/// How often to look for connections that have gone beyond their limits.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// The number under which the wake-up call comes; entrances count from 0, connections behind them.
const WAKE: u64 = u64::MAX;

/// Pieces that are still read of a connection after the order to stop.
const LAST_PIECES: usize = 16;

/// Silence after which the system asks whether a peer is still there, in seconds.
const ALIVE_S: u32 = 120;

/// Where connections come in.
#[derive(Debug)]
enum Entrance {
    Tcp(TcpListener),
    Tls(TcpListener, Arc<rustls::ServerConfig>),
    Unix(UnixListener),
    Pipe,
}

#[derive(Debug)]
struct Gate {
    entrance: Entrance,
    source: SourceId,
    name: String,
    limits: ConnectionLimits,
    counting: Arc<Counting>,
    crowd: Crowd,
    /// Closed for a moment, since the system gives no more descriptors.
    shut: bool,
}

/// All connections, in one thread.
#[derive(Debug)]
pub(crate) struct Server {
    epoll: Epoll,
    gates: Vec<Gate>,
    connections: BTreeMap<u64, Connection>,
    next: u64,
    /// Connections that may have more, of which the system does not tell.
    ready: VecDeque<u64>,
    queue: Queue,
    wake: Arc<EventFd>,
    thread: usize,
    buffer: Vec<u8>,
}

impl Server {
    /// Without any entrance yet.
    ///
    /// # Errors
    /// Where the system refuses it.
    pub(crate) fn new(queue: Queue, wake: Arc<EventFd>, thread: usize) -> io::Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        epoll.add(wake.as_fd(), EpollEvent::new(EpollFlags::EPOLLIN, WAKE))?;
        let buffer = vec![0; RECORD_BYTES_MAX];
        let (gates, connections, ready) = (Vec::new(), BTreeMap::new(), VecDeque::new());
        Ok(Self { epoll, gates, connections, next: 1 << 16, ready, queue, wake, thread, buffer })
    }

    /// Opens a source; returns where it listens, if at an address.
    ///
    /// # Errors
    /// Where the system refuses it, or a certificate cannot be used.
    pub(crate) fn open(
        &mut self,
        origin: &Origin,
        source: SourceId,
        name: &str,
        counting: Arc<Counting>,
        cursor: Option<Cursor>,
    ) -> io::Result<Option<SocketAddr>> {
        let number = self.gates.len();
        let (mut local, mut pipe, mut own_limits) = (None, None, ConnectionLimits::default());
        let entrance = match origin {
            Origin::Tcp { listen, limits } => {
                own_limits = limits.clone();
                Entrance::Tcp(TcpListener::bind(listen)?)
            }
            Origin::Tls { listen, tls, limits } => {
                own_limits = limits.clone();
                let config = tls::config(tls)?;
                Entrance::Tls(TcpListener::bind(listen)?, config)
            }
            Origin::UnixStream { path, limits } => {
                own_limits = limits.clone();
                make_way(path)?;
                let listener = UnixListener::bind(path)?;
                open_to_all(path)?;
                Entrance::Unix(listener)
            }
            Origin::Pipe { path } => {
                pipe = Some(open_pipe(path.as_deref())?);
                Entrance::Pipe
            }
            Origin::Files(_) | Origin::Udp { .. } | Origin::UnixDatagram { .. } => return Err(io::ErrorKind::InvalidInput.into()),
        };
        if let Some(fd) = entrance.fd() {
            match &entrance {
                Entrance::Tcp(listener) | Entrance::Tls(listener, _) => {
                    listener.set_nonblocking(true)?;
                    local = listener.local_addr().ok();
                }
                Entrance::Unix(listener) => listener.set_nonblocking(true)?,
                Entrance::Pipe => {}
            }
            self.epoll.add(fd, EpollEvent::new(EpollFlags::EPOLLIN, number as u64))?;
        }
        let crowd = Crowd::default();
        self.gates.push(Gate { entrance, source, name: name.to_owned(), limits: own_limits, counting, crowd, shut: false });
        if let Some(file) = pipe {
            self.enter(Stream::Pipe(file), number, None, Framing::Unknown(cursor), Instant::now());
        }
        Ok(local)
    }

    /// Serves until told to stop.
    pub(crate) fn run(&mut self, stop: &AtomicBool) {
        let mut events = vec![EpollEvent::empty(); EVENTS];
        let mut swept = Instant::now();
        while !stop.load(Ordering::Relaxed) && !self.queue.abandoned() {
            let wait =
                if self.ready.is_empty() { EpollTimeout::try_from(SWEEP_EVERY).unwrap_or(EpollTimeout::ZERO) } else { EpollTimeout::ZERO };
            let count = self.epoll.wait(&mut events, wait).unwrap_or(0);
            let now = Instant::now();
            for event in &events[..count] {
                match event.data() {
                    WAKE => {
                        let _ = self.wake.read();
                        self.resume();
                    }
                    gate if gate < self.gates.len() as u64 => self.accept(gate as usize, now),
                    id => self.read(id, now),
                }
            }
            for _ in 0..self.ready.len() {
                if let Some(id) = self.ready.pop_front() {
                    self.read(id, now);
                }
            }
            if now.duration_since(swept) >= SWEEP_EVERY {
                swept = now;
                self.sweep(now);
            }
        }
        self.end();
    }

    fn accept(&mut self, number: usize, now: Instant) {
        for _ in 0..ACCEPTED_IN_TURN {
            let gate = &mut self.gates[number];
            let (stream, from) = match gate.entrance.accept() {
                Ok(Some(accepted)) => accepted,
                Ok(None) => return,
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
                Err(_) => {
                    // No descriptors: asked again at the next sweep, so that this does not spin.
                    gate.shut = gate.entrance.fd().is_some_and(|fd| self.epoll.delete(fd).is_ok());
                    gate.counting.add(Count::Refused, 1);
                    return;
                }
            };
            match gate.crowd.ask(from, &gate.limits) {
                Admission::Take => {}
                Admission::InPlaceOf(other) => {
                    let of_other = self.connections.iter().filter(|(_, one)| one.entrance == number && one.from == other);
                    if let Some(idlest) = of_other.min_by_key(|(id, one)| (one.heard, **id)).map(|(id, _)| *id) {
                        self.close(idlest, true);
                    }
                }
                Admission::Refuse => {
                    match from {
                        Some(addr) => gate.counting.add_of(&crate::Sender::Host(addr), &[(Count::Refused, 1)]),
                        None => gate.counting.add(Count::Refused, 1),
                    }
                    continue;
                }
            }
            self.enter(stream, number, from, Framing::default(), now);
        }
    }

    fn enter(&mut self, stream: Stream, entrance: usize, from: Option<Addr>, framing: Framing, now: Instant) {
        let id = self.next;
        self.next += 1;
        let mut connection = Connection::new(stream, entrance, from, framing, now);
        connection.polled = self.epoll.add(connection.stream.fd(), EpollEvent::new(EpollFlags::EPOLLIN, id)).is_ok();
        if !connection.polled {
            self.ready.push_back(id);
        }
        let gate = &mut self.gates[entrance];
        gate.crowd.enter(from);
        gate.counting.add_of(&connection.sender(), &[(Count::Connections, 1)]);
        self.connections.insert(id, connection);
    }

    /// Reads a piece of a connection.
    fn read(&mut self, id: u64, now: Instant) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let gate = &self.gates[connection.entrance];
        let key = LaneKey { source: gate.source, lane: bounded::fingerprint(&connection.sender()) };
        if !self.queue.has_room(key) {
            if !connection.paused {
                connection.paused = true;
                if connection.polled {
                    // Not to be told of it any more; it cannot be gone already.
                    let _ = self.epoll.delete(connection.stream.fd());
                }
            }
            self.queue.wake_when_there_is_room(self.thread, &self.wake);
            return;
        }
        match connection.stream.read(&mut self.buffer) {
            Came::Bytes(count) => {
                let (mut at, mut ended) = (0, 0);
                while at < count {
                    let mut records = Records::default();
                    let (taken, framed) = connection.framing.take(&self.buffer[at..count], &mut records);
                    (at, ended) = (at + taken, ended + records.len());
                    hand_on(&self.queue, gate, key, connection, records, framed);
                }
                connection.note(ended, now);
                if connection.is_endless(&gate.limits) {
                    return self.close(id, true);
                }
                if !connection.polled || matches!(connection.stream, Stream::Tls(..)) {
                    self.ready.push_back(id);
                }
            }
            Came::Nothing => {
                let wanted = if connection.stream.wants_write() { EpollFlags::EPOLLIN | EpollFlags::EPOLLOUT } else { EpollFlags::EPOLLIN };
                if matches!(connection.stream, Stream::Tls(..)) {
                    // The same as before, or what the handshake waits for.
                    let _ = self.epoll.modify(connection.stream.fd(), &mut EpollEvent::new(wanted, id));
                }
            }
            Came::End => self.close(id, false),
            Came::Refused => {
                gate.counting.add_of(&connection.sender(), &[(Count::Malformed, 1)]);
                self.close(id, true);
            }
        }
    }

    /// Ends a connection: `early` where it is not the sender who ends it.
    fn close(&mut self, id: u64, early: bool) {
        let Some(mut connection) = self.connections.remove(&id) else { return };
        let gate = &mut self.gates[connection.entrance];
        let key = LaneKey { source: gate.source, lane: bounded::fingerprint(&connection.sender()) };
        let mut records = Records::default();
        let framed = connection.framing.finish(&mut records);
        hand_on(&self.queue, gate, key, &connection, records, framed);
        gate.crowd.leave(connection.from);
        if early {
            gate.counting.add_of(&connection.sender(), &[(Count::Ended, 1)]);
        }
        if connection.polled && !connection.paused {
            // Closing it would do the same, but for descriptors that somebody else holds too.
            let _ = self.epoll.delete(connection.stream.fd());
        }
    }

    /// There may be room again.
    fn resume(&mut self) {
        for (id, connection) in &mut self.connections {
            if std::mem::take(&mut connection.paused) {
                let event = EpollEvent::new(EpollFlags::EPOLLIN, *id);
                connection.polled = connection.polled && self.epoll.add(connection.stream.fd(), event).is_ok();
                // Reading a pipe that has nothing would wait; what TLS has decrypted already the system does not know of.
                if !connection.polled || matches!(connection.stream, Stream::Tls(..)) {
                    self.ready.push_back(*id);
                }
            }
        }
    }

    fn sweep(&mut self, now: Instant) {
        let over = self.connections.iter().filter(|(_, one)| one.is_over(&self.gates[one.entrance].limits, now));
        let over: Vec<u64> = over.map(|(id, _)| *id).collect();
        for id in over {
            self.close(id, true);
        }
        for (number, gate) in self.gates.iter_mut().enumerate() {
            if gate.shut
                && let Some(fd) = gate.entrance.fd()
            {
                gate.shut = self.epoll.add(fd, EpollEvent::new(EpollFlags::EPOLLIN, number as u64)).is_err();
            }
        }
        self.resume();
    }

    /// Reads what the system still holds, and ends all connections.
    fn end(&mut self) {
        let now = Instant::now();
        let all: Vec<u64> = self.connections.keys().copied().collect();
        for id in all {
            let pollable = self.connections.get(&id).is_some_and(|connection| connection.polled && !is_blocking(&connection.stream));
            for _ in 0..LAST_PIECES {
                if pollable {
                    self.read(id, now);
                }
            }
            self.close(id, false);
        }
    }
}

/// Reading a pipe waits where there is nothing; what its writer has not said by then is not waited for.
const fn is_blocking(stream: &Stream) -> bool {
    matches!(stream, Stream::Pipe(_))
}

fn hand_on(queue: &Queue, gate: &Gate, key: LaneKey, connection: &Connection, records: Records, framed: Framed) {
    let sender = connection.sender();
    let counts = [
        (Count::Records, records.len() as u64),
        (Count::Bytes, records.bytes() as u64),
        (Count::Cut, framed.cut),
        (Count::Malformed, framed.malformed),
    ];
    if counts.iter().any(|&(_, count)| count > 0) {
        gate.counting.add_of(&sender, &counts);
    }
    if records.is_empty() {
        return;
    }
    let cursor = connection.framing.cursor().filter(|_| matches!(connection.stream, Stream::Pipe(_)));
    let position = cursor.map(|cursor| Position::Cursor(gate.name.clone(), cursor.text().to_owned()));
    queue.push_always(key, Delivery { source: gate.source, sender, records, position, arrived: clock::now() });
}

/// The standard input, or a pipe, which stays open though its writers come and go.
fn open_pipe(path: Option<&Path>) -> io::Result<File> {
    match path {
        None => Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?)),
        Some(path) => {
            use std::os::unix::fs::FileTypeExt as _;
            // For writing too, so that it never ends; a file is only read.
            let pipe = std::fs::metadata(path)?.file_type().is_fifo();
            OpenOptions::new().read(true).write(pipe).open(path)
        }
    }
}

impl Entrance {
    fn fd(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::Tcp(listener) | Self::Tls(listener, _) => Some(listener.as_fd()),
            Self::Unix(listener) => Some(listener.as_fd()),
            Self::Pipe => None,
        }
    }

    /// The next connection, if one waits.
    fn accept(&self) -> io::Result<Option<(Stream, Option<Addr>)>> {
        let accepted = match self {
            Self::Tcp(listener) => listener.accept().and_then(|(stream, from)| Ok((Stream::Tcp(ready(stream)?), Some(from)))),
            Self::Tls(listener, config) => listener.accept().and_then(|(stream, from)| {
                let tls = rustls::ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
                Ok((Stream::Tls(ready(stream)?, Box::new(tls)), Some(from)))
            }),
            Self::Unix(listener) => listener.accept().and_then(|(stream, _)| Ok((Stream::Unix(ready_unix(stream)?), None))),
            Self::Pipe => return Ok(None),
        };
        match accepted {
            Ok((stream, from)) => Ok(Some((stream, from.map(|from| address(from.ip()))))),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn ready(stream: TcpStream) -> io::Result<TcpStream> {
    stream.set_nonblocking(true)?;
    // Peers that went without a word are found out; where the system does not do so, the limit on idle ones remains.
    let _ = setsockopt(&stream, sockopt::KeepAlive, &true);
    let _ = setsockopt(&stream, sockopt::TcpKeepIdle, &ALIVE_S);
    Ok(stream)
}

fn ready_unix(stream: UnixStream) -> io::Result<UnixStream> {
    stream.set_nonblocking(true)?;
    Ok(stream)
}

fn address(ip: IpAddr) -> Addr {
    // An IPv4 peer of an IPv6 listener is the same host as one of an IPv4 listener.
    match ip.to_canonical() {
        IpAddr::V4(v4) => Addr::v4(v4.octets()),
        IpAddr::V6(v6) => Addr::v6(v6.octets()),
    }
}
