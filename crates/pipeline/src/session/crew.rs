//! Those who do the work of a session: the shards themselves, or threads that each own some of them.
//!
//! As in `reader`, how many there are decides nothing but the time that it takes. Batches wait in bounded queues; who hands one
//! over waits where a queue is full, so that memory stays bounded and the loss shows where it is counted: at the capture.

use crate::Options;
use crate::clock::Clock;
use crate::reader::{Finals, Rows, conclude, settle, shards};
use crate::shard::{Raw, SHARDS, Shard};
use capture::FrameBatch;
use model::Timestamp;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::JoinHandle;

/// Batches on their way through the threads: enough to ride out a slow one, 16 MB of frames at most.
const UNDERWAY_MAX: usize = 8;
/// What may stand in a queue: all batches, and a question about counters.
const QUEUE_MAX: usize = UNDERWAY_MAX + 1;

/// A piece of work: packets of one batch of frames, and the account of time that goes with them.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) frames: Arc<FrameBatch>,
    pub(super) packets: Vec<Packet>,
    pub(super) clock: Clock,
    /// Whether it was ended for being full, after which everything is looked at.
    pub(super) full: bool,
}

/// A packet of a batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet {
    pub(super) place: usize,
    pub(super) now: Timestamp,
    pub(super) index: u64,
    pub(super) shard: usize,
}

/// A batch that all have done.
pub(super) struct Done {
    pub(super) parts: Vec<(usize, Rows)>,
    pub(super) batch: Arc<Batch>,
}

/// Who works.
pub(super) struct Crew {
    who: Who,
    underway: VecDeque<Arc<Batch>>,
}

enum Who {
    Alone { shards: Vec<(usize, Shard)>, done: VecDeque<Vec<(usize, Rows)>> },
    Threads(Vec<Worker>),
}

/// A thread with some of the shards.
struct Worker {
    tasks: Option<SyncSender<Task>>,
    answers: Receiver<Answer>,
    /// Rows that came while something else was waited for, a batch each.
    rows: VecDeque<Vec<(usize, Rows)>>,
    thread: Option<JoinHandle<()>>,
}

enum Task {
    Batch(Arc<Batch>),
    Count,
    End { now: Timestamp, any: bool },
}

enum Answer {
    Rows(Vec<(usize, Rows)>),
    Counts(Finals),
}

impl Crew {
    pub(super) fn new(options: &Options) -> Self {
        let workers = options.workers.clamp(1, SHARDS);
        let who = if workers == 1 {
            Who::Alone { shards: shards(options, |_| true), done: VecDeque::new() }
        } else {
            Who::Threads((0..workers).map(|number| Worker::new(options, number, workers)).collect())
        };
        Self { who, underway: VecDeque::new() }
    }

    /// Whether a batch can be handed over at once.
    pub(super) fn has_room(&self) -> bool {
        self.underway.len() < UNDERWAY_MAX
    }

    /// Whether any batch is not done yet.
    pub(super) fn is_busy(&self) -> bool {
        !self.underway.is_empty()
    }

    /// Hands a batch over.
    pub(super) fn take(&mut self, batch: Batch) {
        let batch = Arc::new(batch);
        match &mut self.who {
            Who::Alone { shards, done } => done.push_back(work(shards, &batch, 1)),
            Who::Threads(workers) => workers.iter().for_each(|worker| worker.tell(Task::Batch(Arc::clone(&batch)))),
        }
        self.underway.push_back(batch);
    }

    /// The next batch that all have done; with `wait`, the next that is underway.
    pub(super) fn done(&mut self, wait: bool) -> Option<Done> {
        self.underway.front()?;
        let parts = match &mut self.who {
            Who::Alone { done, .. } => done.pop_front()?,
            Who::Threads(workers) => {
                workers.iter_mut().for_each(|worker| worker.listen(wait));
                if !wait && workers.iter().any(|worker| worker.rows.is_empty() && !worker.is_gone()) {
                    return None;
                }
                workers.iter_mut().filter_map(|worker| worker.rows.pop_front()).flatten().collect()
            }
        };
        let batch = self.underway.pop_front()?;
        Some(Done { parts, batch })
    }

    /// What the shards have counted so far.
    pub(super) fn counts(&mut self) -> Finals {
        match &mut self.who {
            Who::Alone { shards, .. } => Finals::of(shards),
            Who::Threads(workers) => {
                workers.iter().for_each(|worker| worker.tell(Task::Count));
                gather(workers)
            }
        }
    }

    /// The end of everything, when nothing is underway.
    pub(super) fn end(&mut self, now: Timestamp, any: bool) -> (Vec<(usize, Rows)>, Finals) {
        match &mut self.who {
            Who::Alone { shards, .. } => {
                let mut rows = Rows::new();
                conclude(shards, now, any, &mut rows);
                (vec![(0, rows)], Finals::of(shards))
            }
            Who::Threads(workers) => {
                workers.iter().for_each(|worker| worker.tell(Task::End { now, any }));
                let counts = gather(workers);
                (workers.iter_mut().filter_map(|worker| worker.rows.pop_front()).flatten().collect(), counts)
            }
        }
    }
}

fn gather(workers: &mut [Worker]) -> Finals {
    let mut all = Finals::default();
    for worker in workers {
        match worker.counts() {
            Some(counts) => {
                all.losses.extend(counts.losses);
                all.senders.add(&counts.senders);
            }
            None => all.losses.push(("workers_lost", 1)),
        }
    }
    all
}

impl Worker {
    fn new(options: &Options, number: usize, workers: usize) -> Self {
        let (tell, tasks) = sync_channel(QUEUE_MAX);
        let (answer, answers) = sync_channel(QUEUE_MAX);
        let options = options.clone();
        let thread = std::thread::Builder::new()
            .name(format!("shards-{number}"))
            .spawn(move || serve(&options, number, workers, &tasks, &answer))
            .ok();
        Self { tasks: Some(tell), answers, rows: VecDeque::new(), thread }
    }

    /// A thread that is gone takes nothing; it shows when its answers are waited for.
    fn tell(&self, task: Task) {
        if let Some(tasks) = &self.tasks {
            let _ = tasks.send(task);
        }
    }

    fn is_gone(&self) -> bool {
        self.tasks.is_none()
    }

    /// Takes in answers that are there; with `wait`, at least one batch's rows.
    fn listen(&mut self, wait: bool) {
        while !(self.is_gone() || wait && !self.rows.is_empty()) {
            let answer = if wait { self.answers.recv().map_err(|_| TryRecvError::Disconnected) } else { self.answers.try_recv() };
            match answer {
                Ok(Answer::Rows(rows)) => self.rows.push_back(rows),
                Ok(Answer::Counts(_)) => {}
                Err(TryRecvError::Empty) => return,
                Err(TryRecvError::Disconnected) => self.tasks = None,
            }
        }
    }

    /// The counters that were asked for; rows that come before them are kept.
    fn counts(&mut self) -> Option<Finals> {
        loop {
            match self.answers.recv() {
                Ok(Answer::Rows(rows)) => self.rows.push_back(rows),
                Ok(Answer::Counts(counts)) => return Some(counts),
                Err(_) => {
                    self.tasks = None;
                    return None;
                }
            }
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.tasks = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so.
            let _ = thread.join();
        }
    }
}

/// A thread's whole life.
fn serve(options: &Options, number: usize, workers: usize, tasks: &Receiver<Task>, answer: &SyncSender<Answer>) {
    let mut shards = shards(options, |place| place % workers == number);
    while let Ok(task) = tasks.recv() {
        let answered = match task {
            Task::Batch(batch) => {
                let rows = work(&mut shards, &batch, workers);
                drop(batch);
                answer.send(Answer::Rows(rows))
            }
            Task::Count => answer.send(Answer::Counts(Finals::of(&shards))),
            Task::End { now, any } => {
                let mut rows = Rows::new();
                conclude(&mut shards, now, any, &mut rows);
                answer.send(Answer::Rows(vec![(number, rows)])).and_then(|()| answer.send(Answer::Counts(Finals::of(&shards))))
            }
        };
        if answered.is_err() {
            return;
        }
    }
}

/// A batch's packets to those of `shards` that they belong to; the shards are every `workers`th of all.
fn work(shards: &mut [(usize, Shard)], batch: &Batch, workers: usize) -> Vec<(usize, Rows)> {
    let number = shards.first().map_or(0, |(place, _)| *place);
    for packet in batch.packets.iter().filter(|packet| packet.shard % workers == number) {
        let (Some(frame), Some((_, shard))) = (batch.frames.get(packet.place), shards.get_mut(packet.shard / workers)) else { continue };
        shard.packet(&Raw {
            at: frame.at,
            now: packet.now,
            index: packet.index,
            link: frame.link,
            data: frame.data,
            wire_bytes: frame.wire_bytes,
            clock: &batch.clock,
        });
    }
    let mut rows = Rows::new();
    settle(shards, &batch.clock, &mut rows);
    vec![(number, rows)]
}
