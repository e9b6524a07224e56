//! Records while they are written: followed files, syslog senders, the journal. Each source is bounded and cannot disturb another;
//! nothing is understood here, that is `formats`' work.
//!
//! ```text
//! files ─────── one thread ────────> lanes by log ──┐
//! datagrams ─── one per socket ────> lanes by host ─┼─taken in turns─> Receiver ─> the consumer
//! connections ─ one for all ───────> lanes by host ─┘
//! ```
//!
//! The consumer takes [`Delivery`]s, gives each sender's records to a reader of its own (`formats::Reader::record`, since a line end
//! may stand in a record), and calls [`Positions::apply`] with each position. When it stores its output, it stores
//! `Positions::to_string()` with it, in one step. A start with those positions (`text.parse()`) goes on exactly there, through whatever
//! rotation happened meanwhile: what was handed on and not stored is handed on again, what was stored is not.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use intake::{Files, Intake, Origin, Positions, Settings, Source};
//! let files = Files { patterns: vec!["/var/log/squid/access.log".into()], ..Files::default() };
//! let settings = Settings { sources: vec![Source { name: "proxy".into(), origin: Origin::Files(files) }] };
//! let mut positions: Positions = "".parse()?;
//! let (intake, receiver) = Intake::open(&settings, &positions)?;
//! while let Ok(delivery) = receiver.recv(std::time::Duration::from_secs(1)) {
//!     for record in delivery.records.iter() {
//!         println!("{}", String::from_utf8_lossy(record).escape_debug());
//!     }
//!     delivery.position.iter().for_each(|position| positions.apply(position));
//! }
//! println!("{:?}", intake.counters());
//! intake.stop();
//! # Ok(())
//! # }
//! ```
//!
//! Leaves out: formats, times, envelopes (all of `formats`); storing positions; privileges (open first, drop them then).

mod clock;
mod counters;
mod datagrams;
mod delivery;
mod follow;
pub mod framing;
mod listen;
mod position;
mod queue;
mod settings;

pub use counters::{COUNTS, Count, SourceCounts, Tally};
pub use delivery::{Delivery, Records, Sender, SourceId};
pub use position::{FileId, FileMark, FileState, Position, Positions, PositionsError, Print};
pub use queue::{ReceiveError, Receiver};
pub use settings::{Begin, ConnectionLimits, Files, OpenError, Origin, SOURCES_MAX, Settings, Source, Tls, listen_address};

use counters::Counting;
use datagrams::{Datagrams, KernelDrops};
use follow::{Followed, Follower, Pattern};
use listen::Server;
use nix::sys::eventfd::{EfdFlags, EventFd};
use queue::Queue;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// The longest record, in bytes: what `formats` takes, and no datagram is longer.
pub const RECORD_BYTES_MAX: usize = 64 << 10;

/// All sources, at work.
#[derive(Debug)]
pub struct Intake {
    queue: Queue,
    stop: Arc<AtomicBool>,
    wakes: Vec<Arc<EventFd>>,
    threads: Vec<JoinHandle<()>>,
    counting: Vec<Arc<Counting>>,
    drops: Mutex<Vec<(usize, KernelDrops)>>,
    addresses: Vec<Option<SocketAddr>>,
    sockets: Vec<PathBuf>,
}

impl Intake {
    /// Opens all sources and sets them to work, from the positions on that an earlier run has stored.
    ///
    /// # Errors
    /// Where the settings cannot be, or the system refuses something that a source needs.
    pub fn open(settings: &Settings, positions: &Positions) -> Result<(Self, Receiver), OpenError> {
        check(settings)?;
        let (queue, receiver) = queue::queue(settings.sources.len());
        let mut intake = Self {
            queue,
            stop: Arc::new(AtomicBool::new(false)),
            wakes: Vec::new(),
            threads: Vec::new(),
            counting: settings.sources.iter().map(|source| Arc::new(Counting::new(&source.name))).collect(),
            drops: Mutex::new(Vec::new()),
            addresses: vec![None; settings.sources.len()],
            sockets: Vec::new(),
        };
        intake.receive_datagrams(settings)?;
        intake.listen(settings, positions)?;
        intake.follow(settings, positions)?;
        Ok((intake, receiver))
    }

    /// What came so far, by source, in the settings' order.
    pub fn counters(&self) -> Vec<SourceCounts> {
        for (source, drops) in self.drops.lock().unwrap_or_else(PoisonError::into_inner).iter_mut() {
            drops.count(&self.counting[*source]);
        }
        self.counting.iter().map(|counting| counting.counts()).collect()
    }

    /// Where a source listens, if at an address: where the settings named port 0, the system has chosen one.
    pub fn address(&self, source: SourceId) -> Option<SocketAddr> {
        *self.addresses.get(usize::from(source.0))?
    }

    /// Ends all sources, and says what came of each. What was handed on can still be received; then the receiver says that it is closed.
    pub fn stop(mut self) -> Vec<SourceCounts> {
        self.halt();
        self.counters()
    }

    fn halt(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for wake in &self.wakes {
            // A full counter is awake already.
            let _ = wake.write(1);
        }
        for thread in self.threads.drain(..) {
            // One that panicked has ended, too.
            let _ = thread.join();
        }
        // The sockets are closed; nobody shall think that somebody listens.
        for path in self.sockets.drain(..) {
            let _ = std::fs::remove_file(path);
        }
        self.queue.close();
    }

    fn receive_datagrams(&mut self, settings: &Settings) -> Result<(), OpenError> {
        for (number, source) in settings.sources.iter().enumerate() {
            let opened = match &source.origin {
                Origin::Udp { listen } => (format!("listening at {listen}/udp"), datagrams::udp(*listen)),
                Origin::UnixDatagram { path } => (format!("listening at {}", path.display()), datagrams::unix(path)),
                _ => continue,
            };
            let socket = opened.1.map_err(|error| system(&source.name, &opened.0, error))?;
            if let Origin::UnixDatagram { path } = &source.origin {
                self.sockets.push(path.clone());
            }
            if let datagrams::Socket::Udp(socket) = &socket {
                self.addresses[number] = socket.local_addr().ok();
            }
            if let Some(drops) = KernelDrops::of(&socket) {
                self.drops.lock().unwrap_or_else(PoisonError::into_inner).push((number, drops));
            }
            let wake = self.new_wake(&source.name)?;
            let (counting, queue) = (Arc::clone(&self.counting[number]), self.queue.clone());
            let datagrams = Datagrams { socket, source: SourceId(number as u16), counting, queue, wake };
            let stop = Arc::clone(&self.stop);
            self.spawn(&source.name, "datagrams", move || datagrams.run(&stop))?;
        }
        Ok(())
    }

    fn listen(&mut self, settings: &Settings, positions: &Positions) -> Result<(), OpenError> {
        let connected =
            |origin: &Origin| matches!(origin, Origin::Tcp { .. } | Origin::Tls { .. } | Origin::UnixStream { .. } | Origin::Pipe { .. });
        let mut sources = settings.sources.iter().enumerate().filter(|(_, source)| connected(&source.origin)).peekable();
        let Some((_, first)) = sources.peek() else { return Ok(()) };
        let name = first.name.clone();
        let wake = self.new_wake(&name)?;
        let server = Server::new(self.queue.clone(), wake, self.threads.len());
        let mut server = server.map_err(|error| system(&name, "waiting for connections", error))?;
        for (number, source) in sources {
            let (id, counting) = (SourceId(number as u16), Arc::clone(&self.counting[number]));
            let cursor = positions.cursor(&source.name).and_then(framing::Cursor::parse);
            let opened = server.open(&source.origin, id, &source.name, counting, cursor);
            self.addresses[number] = opened.map_err(|error| system(&source.name, "opening it", error))?;
            if let Origin::UnixStream { path, .. } = &source.origin {
                self.sockets.push(path.clone());
            }
        }
        let stop = Arc::clone(&self.stop);
        self.spawn(&name, "connections", move || server.run(&stop))
    }

    fn follow(&mut self, settings: &Settings, positions: &Positions) -> Result<(), OpenError> {
        let mut followed = Vec::new();
        for (number, source) in settings.sources.iter().enumerate() {
            let Origin::Files(files) = &source.origin else { continue };
            let (id, counting) = (SourceId(number as u16), Arc::clone(&self.counting[number]));
            followed.push(Followed { id, name: &source.name, files, counting });
        }
        let Some(first) = followed.first() else { return Ok(()) };
        let name = first.name.to_owned();
        let names: Vec<String> = followed.iter().map(|source| source.name.to_owned()).collect();
        let wake = self.new_wake(&name)?;
        let mut follower = Follower::new(&followed, positions, self.queue.clone(), wake, self.threads.len());
        let stop = Arc::clone(&self.stop);
        self.spawn(&name, "files", move || follower.run(&names, &stop))
    }

    fn new_wake(&mut self, source: &str) -> Result<Arc<EventFd>, OpenError> {
        let wake = EventFd::from_flags(EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC);
        let wake = Arc::new(wake.map_err(|error| system(source, "an event descriptor", error.into()))?);
        self.wakes.push(Arc::clone(&wake));
        Ok(wake)
    }

    fn spawn(&mut self, source: &str, name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), OpenError> {
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work);
        self.threads.push(thread.map_err(|error| system(source, "a thread", error))?);
        Ok(())
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        self.halt();
    }
}

fn system(source: &str, what: &str, error: std::io::Error) -> OpenError {
    OpenError::System { source: source.to_owned(), what: what.to_owned(), error }
}

fn check(settings: &Settings) -> Result<(), OpenError> {
    if settings.sources.len() > SOURCES_MAX {
        return Err(OpenError::TooManySources(settings.sources.len()));
    }
    let mut names = BTreeSet::new();
    for source in &settings.sources {
        if !names.insert(&source.name) {
            return Err(OpenError::SameName(source.name.clone()));
        }
        let Origin::Files(files) = &source.origin else { continue };
        for pattern in files.patterns.iter().chain(&files.rotated) {
            if Pattern::parse(pattern).is_none() {
                return Err(OpenError::Pattern { source: source.name.clone(), pattern: pattern.clone() });
            }
        }
    }
    Ok(())
}
