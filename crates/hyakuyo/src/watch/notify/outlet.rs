//! One place that is told: a thread, a bounded queue, a rate, retries, and counters.

use super::channel::{Channel, Message};
use super::notice::{Digest, Notice};
use crate::terminal::safe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Notices that wait for one place: an hour of what a person is told; more are dropped and counted.
const QUEUE: usize = 1_000;
/// How often the same is tried: with the pauses between, some four minutes.
const TRIES: u32 = 8;
/// The first pause between tries; each is twice as long as that before.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest of them.
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// The window in which messages are counted.
const MINUTE: Duration = Duration::from_secs(60);

/// What became of notices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Taken by the place, alone or in a digest.
    pub(crate) sent: u64,
    /// Held back and told as part of a digest.
    pub(crate) held: u64,
    /// Given up after all tries.
    pub(crate) failed: u64,
    /// Without room in the queue.
    pub(crate) dropped: u64,
    /// In the queue now.
    pub(crate) waiting: u64,
}

#[derive(Debug, Default)]
struct Shared {
    sent: AtomicU64,
    held: AtomicU64,
    failed: AtomicU64,
    waiting: AtomicU64,
    /// Everything up to this number was sent or given up.
    handled: AtomicU64,
    stopping: AtomicBool,
}

/// One place.
pub(crate) struct Outlet {
    name: String,
    queue: Option<SyncSender<Arc<Notice>>>,
    shared: Arc<Shared>,
    dropped: u64,
    last: u64,
    thread: Option<JoinHandle<()>>,
}

impl Outlet {
    pub(crate) fn open(name: String, per_minute: u32, channel: Box<dyn Channel>) -> Self {
        let (queue, notices) = sync_channel(QUEUE);
        let shared = Arc::new(Shared::default());
        let worker = Worker {
            name: name.clone(),
            channel,
            shared: Arc::clone(&shared),
            per_minute,
            sent_now: 0,
            minute: Instant::now(),
            digest: Digest::default(),
        };
        let thread = std::thread::Builder::new().name("notify".to_owned()).spawn(move || worker.run(&notices)).ok();
        Self { name, queue: Some(queue), shared, dropped: 0, last: 0, thread }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Takes a notice, or drops it where there is no room. Never waits.
    pub(crate) fn take(&mut self, notice: &Arc<Notice>) {
        self.last = notice.number;
        self.shared.waiting.fetch_add(1, Ordering::Relaxed);
        if self.queue.as_ref().is_none_or(|queue| queue.try_send(Arc::clone(notice)).is_err()) {
            self.shared.waiting.fetch_sub(1, Ordering::Relaxed);
            self.dropped += 1;
        }
    }

    /// Up to which notice everything was sent or given up.
    pub(crate) fn handled(&self) -> u64 {
        if self.shared.waiting.load(Ordering::Acquire) == 0 { self.last } else { self.shared.handled.load(Ordering::Acquire) }
    }

    pub(crate) fn counts(&self) -> Counts {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let shared = &self.shared;
        Counts {
            sent: of(&shared.sent),
            held: of(&shared.held),
            failed: of(&shared.failed),
            dropped: self.dropped,
            waiting: of(&shared.waiting),
        }
    }

    /// Lets it send what waits, until a moment.
    pub(crate) fn close(&mut self, until: Instant) {
        self.shared.stopping.store(true, Ordering::Release);
        self.queue = None;
        if let Some(thread) = &self.thread {
            while !thread.is_finished() && Instant::now() < until {
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }
}

struct Worker {
    name: String,
    channel: Box<dyn Channel>,
    shared: Arc<Shared>,
    per_minute: u32,
    sent_now: u32,
    minute: Instant,
    digest: Digest,
}

impl Worker {
    fn run(mut self, notices: &Receiver<Arc<Notice>>) {
        loop {
            let left = MINUTE.saturating_sub(self.minute.elapsed());
            match notices.recv_timeout(if self.digest.is_empty() { MINUTE } else { left.max(Duration::from_millis(1)) }) {
                Ok(notice) => self.notice(&notice),
                Err(RecvTimeoutError::Timeout) => self.turn_minute(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.send_digest();
    }

    fn notice(&mut self, notice: &Arc<Notice>) {
        self.turn_minute();
        if self.sent_now < self.per_minute {
            self.sent_now += 1;
            let sent = self.deliver(&Message::Finding(notice));
            self.settle(1, sent, notice.number);
        } else {
            self.shared.held.fetch_add(1, Ordering::Relaxed);
            self.digest.add(notice);
        }
    }

    /// A new minute: what was held back in the last is told as one.
    fn turn_minute(&mut self) {
        if self.minute.elapsed() >= MINUTE {
            (self.minute, self.sent_now) = (Instant::now(), 0);
            self.send_digest();
        }
    }

    fn send_digest(&mut self) {
        if !self.digest.is_empty() {
            let digest = std::mem::take(&mut self.digest);
            let sent = self.deliver(&Message::Digest(&digest));
            self.settle(digest.count(), sent, digest.number);
        }
    }

    fn settle(&self, count: u64, sent: bool, number: u64) {
        let counter = if sent { &self.shared.sent } else { &self.shared.failed };
        counter.fetch_add(count, Ordering::Relaxed);
        if self.digest.is_empty() {
            self.shared.handled.fetch_max(number, Ordering::AcqRel);
        }
        self.shared.waiting.fetch_sub(count, Ordering::AcqRel);
    }

    /// Tries until it is taken, for some minutes; at the end of the program once.
    fn deliver(&mut self, message: &Message<'_>) -> bool {
        let mut pause = PAUSE;
        for attempt in 1..=TRIES {
            let Err(error) = self.channel.deliver(message) else { return true };
            let stopping = self.shared.stopping.load(Ordering::Acquire);
            if attempt == 1 || attempt == TRIES || stopping {
                let rest = if attempt == TRIES || stopping { "given up" } else { "it is tried again" };
                eprintln!("hyakuyo: {}: {}; {rest}", safe(&self.name), safe(&crate::read::words(&error)));
            }
            if attempt == TRIES || !self.pause(pause) {
                return false;
            }
            pause = (pause * 2).min(PAUSE_MAX);
        }
        false
    }

    /// Waits; false where the program ends.
    fn pause(&self, length: Duration) -> bool {
        let until = Instant::now() + length;
        while Instant::now() < until {
            if self.shared.stopping.load(Ordering::Acquire) {
                return false;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        true
    }
}
