//! From the source to the sink: packets in batches to shards, rows in order to correlators and on.
//!
//! With one worker every frame is read where it lies. With more, a reader finds where frames begin and whose they are; the blocks in
//! which they lie go to all workers, and each takes its shards' packets. The rows of a batch are put in order when all workers are
//! done with it, and then go back to the worker that allocated them, which frees them without asking another thread's leave.

use crate::clock::Clock;
use crate::records::{LogInput, Records};
use crate::senders::Senders;
use crate::shard::{Raw, SHARDS, Shard};
use crate::shared::Order;
use crate::{Options, Outcome, correlate::Correlators};
use capture::{Block, Frame, Source};
use contract::Sink;
use files::Files;
use flow::Spreader;
use model::kinds::{gap_stats, packet_filter, stats, sweep};
use model::{Event, Interval, Timestamp};
use protocols::capture_loss::Schedule;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use story::Made;

/// Packets after which timers run and rows are put in order: a compromise between the cost of that and the rows held.
const BATCH_PACKETS: usize = 2048;
/// Bytes of packets in one batch, for captures of large frames.
const BATCH_BYTES: usize = 2 << 20;
/// Batches on their way to each worker.
const QUEUE_BATCHES: usize = 8;

/// How often tables are looked through for old entries (Zeek's `table_expire_interval`).
const SWEEP: Interval = Interval::from_secs(10);

pub(crate) type Rows = Vec<(Order, Event)>;

/// Network time before the first packet: Zeek's clock starts here, so that captures without times happen at second 1.
const CLOCK_START: Timestamp = Timestamp::from_secs(1);

/// Counts what is read, and says when a batch is full.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    pub(crate) outcome: Outcome,
    pub(crate) clock: Clock,
    pub(crate) now: Option<Timestamp>,
    schedule: Schedule,
    sweep_due: Option<Timestamp>,
    batch_bytes: usize,
}

impl Meter {
    pub(crate) fn take(&mut self, frame: &Frame<'_>) -> (u64, Timestamp) {
        let index = self.outcome.packets;
        let now = self.now.unwrap_or(CLOCK_START).max(frame.at);
        self.now = Some(now);
        self.outcome.packets += 1;
        self.outcome.bytes += frame.data.len() as u64;
        self.outcome.span = Some(self.outcome.span.map_or((frame.at, now), |(first, _)| (first.min(frame.at), now)));
        self.clock.times.push(now);
        if self.sweep_due.is_none_or(|due| now >= due) {
            self.sweep_due = Some(now + SWEEP);
            self.clock.sweeps.push(now);
        }
        self.clock.measure = self.schedule.on_packet(frame.at);
        self.batch_bytes += frame.data.len();
        (index, now)
    }

    /// Time passes without packets (live): timers that are due by `now` run, when the batch is settled. Returns whether it did
    /// pass.
    pub(crate) fn pass_time(&mut self, now: Timestamp) -> bool {
        if self.now.is_some_and(|known| known >= now) {
            return false;
        }
        self.now = Some(now);
        self.clock.times.push(now);
        if self.sweep_due.is_none_or(|due| now >= due) {
            self.sweep_due = Some(now + SWEEP);
            self.clock.sweeps.push(now);
        }
        true
    }

    pub(crate) fn full(&self) -> bool {
        self.clock.measure.is_some() || self.clock.times.len() >= BATCH_PACKETS || self.batch_bytes >= BATCH_BYTES
    }

    pub(crate) fn next_batch(&mut self) -> Clock {
        self.batch_bytes = 0;
        std::mem::take(&mut self.clock)
    }
}

pub(crate) fn shards(options: &Options, which: impl Fn(usize) -> bool) -> Vec<(usize, Shard)> {
    let limits = files::Limits::default();
    let limits =
        files::Limits { files_max: limits.files_max / SHARDS, waiting_bytes_total_max: limits.waiting_bytes_total_max / SHARDS, ..limits };
    // Each shard has its share of what may be kept, so that the number of workers decides nothing.
    let keep = files::KeepLimits::default();
    let keep = files::KeepLimits { bytes_max: keep.bytes_max / SHARDS as u64, files_max: keep.files_max / SHARDS as u64, ..keep };
    let files = || {
        let mut files = Files::new(limits);
        if let Some(folder) = &options.extract_to {
            files.keep(Arc::new(files::Folder::new(folder, keep)));
        }
        files
    };
    (0..SHARDS)
        .filter(|place| which(*place))
        .map(|place| (place, Shard::new(options.verify_checksums, options.understand, files())))
        .collect()
}

pub(crate) fn shard_of(spreader: &mut Spreader, link: u32, data: &[u8]) -> usize {
    (spreader.number(link, data) >> 32) as usize % SHARDS
}

/// After a batch: timers, the measurement of loss, and the rows, which are put into `rows` in their order: sorted by the thread whose
/// rows they are, so that only sorted runs are left to be merged.
pub(crate) fn settle(shards: &mut [(usize, Shard)], clock: &Clock, rows: &mut Rows) {
    for (_, shard) in &mut *shards {
        shard.advance(clock);
    }
    take_rows(shards, clock.measure, false, rows);
    if shards.first().is_some_and(|(place, _)| *place == 0) {
        rows.extend(clock.sweeps.iter().map(|at| (Order::new(*at, 0, 0), Event::new(&sweep::KIND, *at))));
    }
    rows.sort_by_key(|(order, _)| *order);
}

fn measurement(shard: &mut Shard, at: Timestamp, at_end: bool) -> (Order, Event) {
    let (acks, gaps) = shard.take_gap_stats();
    let event = Event::new(&gap_stats::KIND, at).with(gap_stats::ACKS, acks).with(gap_stats::GAPS, gaps).with(gap_stats::AT_END, at_end);
    (Order::new(at, 3, 0), event)
}

/// The rows of some shards, with their measurement of loss where one is due.
fn take_rows(shards: &mut [(usize, Shard)], measured: Option<Timestamp>, at_end: bool, rows: &mut Rows) {
    for (place, shard) in shards {
        let measured = measured.map(|at| measurement(shard, at, at_end));
        let number = *place as u8;
        rows.extend(shard.rows().drain(..).chain(measured).map(|(order, event)| (Order { shard: number, ..order }, event)));
    }
}

/// The end of everything: all flows are over.
pub(crate) fn conclude(shards: &mut [(usize, Shard)], now: Timestamp, any: bool, rows: &mut Rows) {
    for (_, shard) in &mut *shards {
        shard.finish(now);
    }
    take_rows(shards, any.then_some(now), true, rows);
    rows.sort_by_key(|(order, _)| *order);
}

/// Brings the sorted rows of all workers into one order and passes them on. The rows stay where they are: whoever allocated
/// them is to free them.
fn pass_on(runs: &mut [Rows], correlators: &mut Correlators, sink: &mut dyn Sink) {
    let mut rest: Vec<&mut [(Order, Event)]> = runs.iter_mut().map(Vec::as_mut_slice).collect();
    while let Some(first) = rest.iter_mut().filter(|run| !run.is_empty()).min_by_key(|run| run.first().map(|(order, _)| *order)) {
        let Some((order, event)) = first.split_off_first_mut() else { return };
        correlators.pass_at(order.time, event, sink);
    }
}

/// Reads a capture, if there is one, and logs to their ends.
pub(crate) fn read(
    source: Option<&mut Source>,
    logs: Vec<LogInput>,
    options: &Options,
    sink: &mut dyn Sink,
    progress: &mut dyn FnMut(u64),
) -> Outcome {
    let mut correlators = Correlators::new(options, Records::new(logs));
    let workers = options.workers.clamp(1, SHARDS);
    let (mut outcome, finals) = match source {
        Some(source) if workers == 1 => alone(source, options, &mut correlators, sink, progress),
        Some(source) => together(source, options, workers, &mut correlators, sink, progress),
        None => Done::default(),
    };
    if let Some((first, last)) = correlators.pass_records(sink, progress) {
        outcome.span = Some(outcome.span.map_or((first, last), |(from, to)| (from.min(first), to.max(last))));
    }
    outcome.logs = correlators.records().counts();
    conclude_outcome(outcome, finals, &mut correlators, sink)
}

pub(crate) fn conclude_outcome(mut outcome: Outcome, finals: Finals, correlators: &mut Correlators, sink: &mut dyn Sink) -> Outcome {
    let end = outcome.span.map_or(Timestamp::default(), |(_, last)| last);
    correlators.tick(end, true, sink);
    let mut sums: Vec<(&'static str, u64)> = Vec::new();
    outcome.offloading = finals.senders.suspects();
    for (name, count) in finals.losses {
        match sums.iter_mut().find(|(known, _)| *known == name) {
            Some((_, sum)) => *sum += count,
            None => sums.push((name, count)),
        }
    }
    if let Some(understanding) = correlators.understanding() {
        sums.extend(understanding.losses());
        let lost = sums.iter().filter(|(_, count)| *count > 0).map(|(name, count)| ((*name).to_owned(), *count));
        let made = Made {
            first: outcome.span.map(|(first, _)| story::stamp(first)),
            last: outcome.span.map(|(_, last)| story::stamp(last)),
            packets: outcome.packets,
            losses: lost.collect(),
            ..Made::default()
        };
        outcome.story = Some(understanding.conclude(made, sink));
    }
    if outcome.span.is_some() {
        let always = [("packets", outcome.packets), ("bytes", outcome.bytes)];
        for (name, count) in always.into_iter().chain(sums.iter().copied().filter(|(_, count)| *count > 0)) {
            sink.event(&Event::new(&stats::KIND, end).with(stats::NAME, name).with(stats::COUNT, count));
        }
    }
    outcome.losses = sums.into_iter().filter(|(_, count)| *count > 0).collect();
    outcome
}

/// Says which packets are taken, once the first has come.
pub(crate) fn announce(outcome: &Outcome, correlators: &mut Correlators, sink: &mut dyn Sink) {
    let at = outcome.span.map_or(Timestamp::default(), |(first, _)| first);
    let event = Event::new(&packet_filter::KIND, at)
        .with(packet_filter::NODE, "zeek")
        .with(packet_filter::FILTER, "ip or not ip")
        .with(packet_filter::INIT, true)
        .with(packet_filter::SUCCESS, true);
    correlators.pass(event, sink);
}

type Done = (Outcome, Finals);

/// What shards have counted by the end.
#[derive(Default)]
pub(crate) struct Finals {
    pub(crate) losses: Vec<(&'static str, u64)>,
    pub(crate) senders: Senders,
}

impl Finals {
    pub(crate) fn of(shards: &[(usize, Shard)]) -> Self {
        let mut all = Self::default();
        for (_, shard) in shards {
            all.losses.extend(shard.losses());
            all.senders.add(shard.senders());
        }
        all
    }
}

fn alone(
    source: &mut Source,
    options: &Options,
    correlators: &mut Correlators,
    sink: &mut dyn Sink,
    progress: &mut dyn FnMut(u64),
) -> Done {
    let mut shards = shards(options, |_| true);
    let (mut meter, mut spreader) = (Meter::default(), Spreader::default());
    let mut runs = [Rows::new()];
    while let Some(frame) = source.next() {
        let (index, now) = meter.take(&frame);
        if index == 0 {
            announce(&meter.outcome, correlators, sink);
        }
        let raw = Raw { at: frame.at, now, index, link: frame.link, data: frame.data, wire_bytes: frame.wire_bytes, clock: &meter.clock };
        shards[shard_of(&mut spreader, frame.link, frame.data)].1.packet(&raw);
        if meter.full() {
            let clock = meter.next_batch();
            runs[0].clear();
            settle(&mut shards, &clock, &mut runs[0]);
            pass_on(&mut runs, correlators, sink);
            correlators.tick(clock.end(), false, sink);
            progress(source.position());
        }
    }
    runs[0].clear();
    let clock = meter.next_batch();
    if !clock.times.is_empty() {
        settle(&mut shards, &clock, &mut runs[0]);
        pass_on(&mut runs, correlators, sink);
        runs[0].clear();
    }
    conclude(&mut shards, meter.now.unwrap_or_default(), meter.now.is_some(), &mut runs[0]);
    pass_on(&mut runs, correlators, sink);
    (meter.outcome, Finals::of(&shards))
}

/// Packets on their way to the workers.
struct Batch {
    load: Load,
    clock: Clock,
    position: u64,
}

/// A batch's packets, and the blocks of the source in which their bytes lie.
#[derive(Default)]
struct Load {
    blocks: Vec<Block>,
    packets: Vec<Packed>,
}

impl Load {
    fn with_room() -> Self {
        Self { blocks: Vec::new(), packets: Vec::with_capacity(BATCH_PACKETS) }
    }

    fn clear(&mut self) {
        self.blocks.clear();
        self.packets.clear();
    }

    /// Where a packet's bytes lie.
    fn hold(&mut self, (block, from): (&Block, usize)) -> (usize, usize) {
        if !self.blocks.last().is_some_and(|last| Arc::ptr_eq(last, block)) {
            self.blocks.push(Arc::clone(block));
        }
        (self.blocks.len() - 1, from)
    }

    fn bytes(&self, packet: &Packed) -> &[u8] {
        let (block, from) = packet.place;
        self.blocks.get(block).and_then(|block| block.get(from..from + packet.length)).unwrap_or_default()
    }
}

struct Packed {
    at: Timestamp,
    now: Timestamp,
    index: u64,
    link: u32,
    /// Which of the load's blocks, and where in it.
    place: (usize, usize),
    length: usize,
    wire_bytes: u32,
    shard: u8,
}

/// What a worker gives back for each batch, and at its end.
enum Answer {
    Rows(Rows),
    Finals(Finals),
}

fn together(
    source: &mut Source,
    options: &Options,
    workers: usize,
    correlators: &mut Correlators,
    sink: &mut dyn Sink,
    progress: &mut dyn FnMut(u64),
) -> Done {
    std::thread::scope(|scope| {
        let mut to_workers = Vec::new();
        let mut from_workers = Vec::new();
        for number in 0..workers {
            let (send_batch, batches) = sync_channel::<Arc<Batch>>(QUEUE_BATCHES);
            let (answer, answers) = sync_channel::<Answer>(QUEUE_BATCHES);
            let (give_back, spent) = sync_channel::<Rows>(QUEUE_BATCHES);
            to_workers.push(send_batch);
            from_workers.push((answers, give_back));
            scope.spawn(move || work(options, (number, workers), &batches, &answer, &spent));
        }
        let (send_seen, seen) = sync_channel::<Arc<Batch>>(QUEUE_BATCHES);
        let (give_back, spares) = sync_channel::<Load>(QUEUE_BATCHES);
        let reader = scope.spawn(move || distribute(source, &to_workers, &send_seen, &spares));
        let mut first = true;
        while let Ok(batch) = seen.recv() {
            if std::mem::take(&mut first) {
                let span = batch.load.packets.first().map(|packet| (packet.at, packet.at));
                announce(&Outcome { span, ..Outcome::default() }, correlators, sink);
            }
            pass_round(&from_workers, correlators, sink);
            correlators.tick(batch.clock.end(), false, sink);
            progress(batch.position);
            // All workers are done with it: its buffers serve the reader again.
            if let Ok(mut batch) = Arc::try_unwrap(batch) {
                batch.load.clear();
                let _ = give_back.try_send(batch.load);
            }
        }
        let outcome = reader.join().unwrap_or_default();
        pass_round(&from_workers, correlators, sink);
        let mut finals = Finals::default();
        for (answers, _) in &from_workers {
            if let Ok(Answer::Finals(more)) = answers.recv() {
                finals.losses.extend(more.losses);
                finals.senders.add(&more.senders);
            }
        }
        (outcome, finals)
    })
}

/// The rows of one batch of all workers, which get them back.
fn pass_round(from_workers: &[(Receiver<Answer>, SyncSender<Rows>)], correlators: &mut Correlators, sink: &mut dyn Sink) {
    let rows_of = |(answers, _): &(Receiver<Answer>, _)| if let Ok(Answer::Rows(rows)) = answers.recv() { rows } else { Rows::new() };
    let mut runs: Vec<Rows> = from_workers.iter().map(rows_of).collect();
    pass_on(&mut runs, correlators, sink);
    for ((_, give_back), rows) in from_workers.iter().zip(runs) {
        let _ = give_back.try_send(rows);
    }
}

/// The reader's part: batches to all workers.
fn distribute(
    source: &mut Source,
    to_workers: &[SyncSender<Arc<Batch>>],
    seen: &SyncSender<Arc<Batch>>,
    spares: &Receiver<Load>,
) -> Outcome {
    let (mut meter, mut spreader) = (Meter::default(), Spreader::default());
    let mut load = Load::default();
    let send = |meter: &mut Meter, load: &mut Load, position: u64| {
        let mut next = spares.try_recv().unwrap_or_else(|_| Load::with_room());
        next.clear();
        let batch = Arc::new(Batch { load: std::mem::replace(load, next), clock: meter.next_batch(), position });
        for worker in to_workers {
            let _ = worker.send(Arc::clone(&batch));
        }
        let _ = seen.send(batch);
    };
    while let Some(frame) = source.next() {
        let (index, now) = meter.take(&frame);
        let shard = shard_of(&mut spreader, frame.link, frame.data) as u8;
        let Frame { at, link, wire_bytes, data } = frame;
        let length = data.len();
        let Some(place) = source.place().map(|place| load.hold(place)) else { continue };
        load.packets.push(Packed { at, now, index, link, place, length, wire_bytes, shard });
        if meter.full() {
            send(&mut meter, &mut load, source.position());
        }
    }
    if !load.packets.is_empty() {
        send(&mut meter, &mut load, source.position());
    }
    meter.outcome
}

/// A worker's part: its shards' packets of every batch.
fn work(
    options: &Options,
    (number, workers): (usize, usize),
    batches: &Receiver<Arc<Batch>>,
    answer: &SyncSender<Answer>,
    spent: &Receiver<Rows>,
) {
    let mut shards = shards(options, |place| place % workers == number);
    let mut end = None;
    // Rows that have been passed on are freed here, where they were allocated, and their list serves again.
    let room = || {
        let mut rows = spent.try_recv().unwrap_or_default();
        rows.clear();
        rows
    };
    while let Ok(batch) = batches.recv() {
        for packet in batch.load.packets.iter().filter(|packet| usize::from(packet.shard) % workers == number) {
            let raw = Raw {
                at: packet.at,
                now: packet.now,
                index: packet.index,
                link: packet.link,
                data: batch.load.bytes(packet),
                wire_bytes: packet.wire_bytes,
                clock: &batch.clock,
            };
            shards[usize::from(packet.shard) / workers].1.packet(&raw);
        }
        end = Some(batch.clock.end());
        let mut rows = room();
        settle(&mut shards, &batch.clock, &mut rows);
        drop(batch);
        let _ = answer.send(Answer::Rows(rows));
    }
    let mut rows = room();
    conclude(&mut shards, end.unwrap_or_default(), end.is_some(), &mut rows);
    let _ = answer.send(Answer::Rows(rows));
    let _ = answer.send(Answer::Finals(Finals::of(&shards)));
}
