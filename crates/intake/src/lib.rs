//! Records while they are written: followed files, and (as they are added to [`Origin`]) syslog senders and the journal. Each source
//! is bounded and cannot disturb another; nothing is understood here, that is `formats`' work.
//!
//! ```text
//! files ──one thread──> lanes by log ──┐
//! datagrams, streams ─> lanes by host ─┴─taken in turns─> Receiver ─> the consumer
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
mod delivery;
mod follow;
mod position;
mod queue;
mod settings;

pub use counters::{COUNTS, Count, SourceCounts, Tally};
pub use delivery::{Delivery, Records, Sender, SourceId};
pub use position::{FileId, FileMark, FileState, Position, Positions, PositionsError, Print};
pub use queue::{ReceiveError, Receiver};
pub use settings::{Begin, Files, OpenError, Origin, SOURCES_MAX, Settings, Source};

use counters::Counting;
use follow::{Followed, Follower, Pattern};
use nix::sys::eventfd::{EfdFlags, EventFd};
use queue::Queue;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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
}

impl Intake {
    /// Opens all sources and sets them to work, from the positions on that an earlier run has stored.
    ///
    /// # Errors
    /// Where the settings cannot be, or the system refuses something that a source needs.
    pub fn open(settings: &Settings, positions: &Positions) -> Result<(Self, Receiver), OpenError> {
        check(settings)?;
        let (queue, receiver) = queue::queue(settings.sources.len());
        let counting = settings.sources.iter().map(|source| Arc::new(Counting::new(&source.name))).collect();
        let mut intake = Self { queue, stop: Arc::new(AtomicBool::new(false)), wakes: Vec::new(), threads: Vec::new(), counting };
        intake.follow(settings, positions)?;
        Ok((intake, receiver))
    }

    /// What came so far, by source, in the settings' order.
    pub fn counters(&self) -> Vec<SourceCounts> {
        self.counting.iter().map(|counting| counting.counts()).collect()
    }

    /// Ends all sources. What was handed on can still be received; then the receiver says that it is closed.
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
        self.queue.close();
    }

    fn follow(&mut self, settings: &Settings, positions: &Positions) -> Result<(), OpenError> {
        let mut followed = Vec::new();
        for (number, source) in settings.sources.iter().enumerate() {
            let Origin::Files(files) = &source.origin;
            let (id, counting) = (SourceId(number as u16), Arc::clone(&self.counting[number]));
            followed.push(Followed { id, name: &source.name, files, counting });
        }
        let Some(first) = followed.first() else { return Ok(()) };
        let name = first.name.to_owned();
        let names: Vec<String> = followed.iter().map(|source| source.name.to_owned()).collect();
        let wake = Arc::new(wake().map_err(|error| system(&name, "an event descriptor", error))?);
        self.wakes.push(Arc::clone(&wake));
        let mut follower = Follower::new(&followed, positions, self.queue.clone(), wake, self.threads.len());
        let stop = Arc::clone(&self.stop);
        let thread = std::thread::Builder::new().name("files".into()).spawn(move || follower.run(&names, &stop));
        self.threads.push(thread.map_err(|error| system(&name, "a thread", error))?);
        Ok(())
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        self.halt();
    }
}

fn wake() -> std::io::Result<EventFd> {
    Ok(EventFd::from_flags(EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC)?)
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
        let Origin::Files(files) = &source.origin;
        for pattern in files.patterns.iter().chain(&files.rotated) {
            if Pattern::parse(pattern).is_none() {
                return Err(OpenError::Pattern { source: source.name.clone(), pattern: pattern.clone() });
            }
        }
    }
    Ok(())
}
