//! Threads that empty rings into batches, over a bounded queue to the one who reads.
//!
//! A thread whose batch finds the queue full waits; meanwhile its ring fills, and then the kernel drops and counts. So the ring is the
//! one place of loss, and its counters are the whole truth.

use super::Ring;
use crate::FrameBatch;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Batches that wait for each thread: 16 MB at most.
const WAITING_MAX: usize = 8;
/// How long a thread waits for packets before it looks whether it should end.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What was counted, where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Packets that passed the filter, by the kernel's count: taken, skipped, damaged, dropped or still in the ring.
    pub passed: u64,
    /// Frames that were copied out of the ring.
    pub taken: u64,
    /// Frames that left through the loopback where all interfaces are heard: they are taken as they come in.
    pub skipped: u64,
    /// Packets that a block announced and did not have: never, but for a kernel's mistake.
    pub damaged: u64,
    /// Packets that the kernel dropped since the ring was full.
    pub dropped: u64,
    /// How often it was full.
    pub frozen: u64,
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.taken += other.taken;
        self.skipped += other.skipped;
        self.damaged += other.damaged;
        self.dropped += other.dropped;
        self.frozen += other.frozen;
    }

    /// Packets that are still in the ring.
    pub const fn left(&self) -> u64 {
        self.passed.saturating_sub(self.taken + self.skipped + self.damaged + self.dropped)
    }
}

/// Rings and the threads that empty them.
#[derive(Debug)]
pub struct Live {
    batches: Receiver<FrameBatch>,
    spares: SyncSender<FrameBatch>,
    common: Arc<Common>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
struct Common {
    stop: AtomicBool,
    /// How often a batch found the queue full.
    waits: AtomicU64,
    /// Of each ring, as of its thread's last look.
    counts: Vec<Mutex<Counts>>,
    spares: Mutex<Receiver<FrameBatch>>,
    error: Mutex<Option<io::Error>>,
}

/// What came of waiting.
#[derive(Debug)]
pub enum Next {
    /// Frames, in order of one ring.
    Frames(FrameBatch),
    /// Nothing in that time.
    Nothing,
    /// All threads have ended: after [`Live::stop`], everything that was in the rings has been given.
    End,
}

impl Live {
    /// Starts a thread for each ring.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn start(rings: Vec<Ring>) -> io::Result<Self> {
        let (give, batches) = sync_channel(WAITING_MAX * rings.len().max(1));
        let (spares, spare) = sync_channel(WAITING_MAX * rings.len().max(1));
        let common = Arc::new(Common {
            stop: AtomicBool::new(false),
            waits: AtomicU64::new(0),
            counts: rings.iter().map(|_| Mutex::default()).collect(),
            spares: Mutex::new(spare),
            error: Mutex::new(None),
        });
        let mut threads = Vec::new();
        for (number, ring) in rings.into_iter().enumerate() {
            let (common, give) = (Arc::clone(&common), give.clone());
            let thread = std::thread::Builder::new().name(format!("ring-{number}"));
            threads.push(thread.spawn(move || common.empty(number, ring, &give))?);
        }
        Ok(Self { batches, spares, common, threads })
    }

    /// The next batch of frames, if one comes in that time.
    pub fn next(&self, wait: Duration) -> Next {
        match self.batches.recv_timeout(wait) {
            Ok(batch) => Next::Frames(batch),
            Err(RecvTimeoutError::Timeout) => Next::Nothing,
            Err(RecvTimeoutError::Disconnected) => Next::End,
        }
    }

    /// Gives a batch's buffers back for other frames.
    pub fn give_back(&self, mut batch: FrameBatch) {
        batch.clear();
        let _ = self.spares.try_send(batch);
    }

    /// The counters of all rings, as of a tenth of a second ago at most.
    pub fn counts(&self) -> Counts {
        let mut all = Counts::default();
        for counts in &self.common.counts {
            all.add(&counts.lock().unwrap_or_else(PoisonError::into_inner));
        }
        all
    }

    /// How often a batch found the queue full, and its ring had to hold what came.
    pub fn waits(&self) -> u64 {
        self.common.waits.load(Ordering::Relaxed)
    }

    /// Takes no more packets. What is in the rings still comes; then [`Next::End`].
    pub fn stop(&self) {
        self.common.stop.store(true, Ordering::Release);
    }

    /// Why a thread ended before it was told to, if one did.
    pub fn error(&self) -> Option<String> {
        self.common.error.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(ToString::to_string)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.stop();
        // Threads that wait for room must find that nobody reads.
        self.batches = sync_channel(1).1;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl Common {
    /// A thread's whole life.
    fn empty(&self, number: usize, mut ring: Ring, give: &SyncSender<FrameBatch>) {
        let mut deliver = |batch: FrameBatch| {
            self.deliver(batch, give);
            let spares = self.spares.lock().unwrap_or_else(PoisonError::into_inner);
            spares.try_recv().unwrap_or_else(|_| FrameBatch::with_room())
        };
        let mut result = Ok(true);
        while !self.stop.load(Ordering::Acquire) && result.is_ok() {
            result = ring.read(LOOK_EVERY, &mut deliver);
            self.note(number, &mut ring);
        }
        if result.is_ok() {
            // The filter takes nothing more; a block that is being filled comes when its time is over.
            result = ring.close().map(|()| true);
            while let Ok(true) = result {
                result = ring.read(LOOK_EVERY, &mut deliver);
            }
        }
        self.note(number, &mut ring);
        if let Err(error) = result {
            *self.error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        }
    }

    fn deliver(&self, batch: FrameBatch, give: &SyncSender<FrameBatch>) {
        if let Err(TrySendError::Full(batch)) = give.try_send(batch) {
            self.waits.fetch_add(1, Ordering::Relaxed);
            // Where nobody reads any more, the thread is about to be stopped.
            let _ = give.send(batch);
        }
    }

    fn note(&self, number: usize, ring: &mut Ring) {
        if let Some(counts) = self.counts.get(number) {
            *counts.lock().unwrap_or_else(PoisonError::into_inner) = ring.counts();
        }
    }
}
