//! The engine that live things push into: frames and records as they come, time as it passes; rows, findings and counters out.
//!
//! It is the same engine as `reader`'s (shards, the account of time, correlators, the stage that understands), turned round: who
//! owns it says what has come. Frames that are pushed in the batches in which `reader` would cut them, with no time passing
//! between, give the same rows.
//!
//! ```text
//! ring ── FrameBatch ──> frames ──┐
//! logs ── events ──────> record ──┼─> shards ─> rows wait (held) ─> correlators ─> detectors ─> findings
//! clock ───────────────> advance ─┘                                      └─> sink
//! ```
//!
//! Network time is the latest packet's; where none comes it follows the clock at a distance ([`LAG`]), so that flows time out
//! and their rows come out on a silent network, as Zeek's timers do. As long as no record has come from a log, rows of packets
//! do not wait; afterwards they wait as [`held`] says.

mod crew;
mod held;

use crate::reader::{Meter, announce, conclude_outcome, shard_of};
use crate::records::Records;
use crate::shared::Order;
use crate::{News, Options, Outcome, Settings, correlate::Correlators};
use capture::FrameBatch;
use contract::Sink;
use crew::{Batch, Crew, Done, Packet};
use enrich::Given;
use flow::Spreader;
use held::{HOLD, Held, Released};
use model::{Event, Interval, Timestamp};
use std::sync::Arc;
use story::{Made, Story};

/// How far network time stays behind the clock while no packets come: what a packet may take from the wire to here.
const LAG: Interval = Interval::from_secs(1);
/// Timers run at most so often while time passes without packets.
const SETTLE_EVERY: Interval = Interval::from_millis(500);
/// All that understands looks at the time at least so often while anything comes.
const TICK_EVERY: Interval = Interval::from_secs(1);
/// Records after which it looks at the time, as after a full batch of packets.
const TICK_RECORDS: u64 = 2_048;
/// With nothing seen for so long, what is past is past: time is the clock's. Until then it is that of what comes, so that a file of
/// yesterday that is caught up with is judged by its own time.
const QUIET: Interval = Interval::from_secs(10);
/// Buffers kept for the next frames: as many as can be underway.
const SPARES_MAX: usize = 8;

/// A source of records that is followed by its number.
#[derive(Debug)]
struct Followed {
    /// The latest time of its events: they keep their order, whatever times they say.
    latest: Timestamp,
    /// Events that have gone out.
    released: u64,
}

/// What was passed on since everything was last looked at.
#[derive(Debug, Default)]
struct Passed {
    rows: u64,
    latest: Option<Timestamp>,
}

/// The engine, owned by one thread; with more than one worker, its shards live in threads of their own.
pub struct Session {
    meter: Meter,
    spreader: Spreader,
    crew: Crew,
    correlators: Correlators,
    held: Held,
    /// The latest time that was told: the clock's, else the packets', else the records'.
    clock: Option<Timestamp>,
    /// Whether the clock was ever told.
    has_clock: bool,
    settled: Option<Timestamp>,
    ticked: Option<Timestamp>,
    passed: Passed,
    /// When something last came.
    busy: Option<Timestamp>,
    records: u64,
    followed: Vec<Followed>,
    span: Option<(Timestamp, Timestamp)>,
    spares: Vec<FrameBatch>,
    lost: Vec<(&'static str, u64)>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("clock", &self.clock).field("records", &self.records).finish_non_exhaustive()
    }
}

impl Session {
    /// An engine to which nothing has come.
    pub fn new(options: &Options) -> Self {
        Self {
            meter: Meter::default(),
            spreader: Spreader::default(),
            crew: Crew::new(options),
            correlators: Correlators::new(options, Records::new(Vec::new())),
            held: Held::default(),
            clock: None,
            has_clock: false,
            settled: None,
            ticked: None,
            passed: Passed::default(),
            busy: None,
            records: 0,
            followed: Vec::new(),
            span: None,
            spares: Vec::new(),
            lost: Vec::new(),
        }
    }

    /// Frames were captured, in the order of time. A frame that is older than one before counts as of now, as in Zeek.
    pub fn frames(&mut self, frames: FrameBatch, sink: &mut dyn Sink) {
        let frames = Arc::new(frames);
        let mut packets = Vec::with_capacity(frames.len());
        for (place, frame) in frames.frames().enumerate() {
            let (index, now) = self.meter.take(&frame);
            if index == 0 {
                announce(&self.meter.outcome, &mut self.correlators, sink);
            }
            packets.push(Packet { place, now, index, shard: shard_of(&mut self.spreader, frame.link, frame.data) });
            if self.meter.full() {
                self.hand_over(&frames, std::mem::take(&mut packets), true, sink);
            }
        }
        if !packets.is_empty() {
            self.hand_over(&frames, packets, false, sink);
        }
        drop(frames);
        self.collect(false, sink);
    }

    /// An event was read from a log; `at` is the time of the record that told it.
    pub fn record(&mut self, at: Timestamp, event: Event, sink: &mut dyn Sink) {
        self.take_record(at, None, event, sink);
    }

    /// The same of a source by its number (from 0, and few): its events go out in the order in which they come, and are counted, so
    /// that whoever is interrupted knows which of them had gone out.
    pub fn record_of(&mut self, source: usize, at: Timestamp, event: Event, sink: &mut dyn Sink) {
        while self.followed.len() <= source {
            self.followed.push(Followed { latest: Timestamp::MIN, released: 0 });
        }
        self.take_record(at, Some(source), event, sink);
    }

    /// How many events of a source have gone out.
    pub fn released(&self, source: usize) -> u64 {
        self.followed.get(source).map_or(0, |followed| followed.released)
    }

    fn take_record(&mut self, at: Timestamp, source: Option<usize>, event: Event, sink: &mut dyn Sink) {
        self.records += 1;
        self.span = Some(self.span.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
        if !self.has_clock && self.meter.now.is_none() {
            self.clock = self.clock.max(Some(at));
        }
        self.busy = self.clock;
        let time = self.clock.map_or(at, |clock| clock.min(at));
        let before = source.and_then(|source| self.followed.get(source)).map_or(Timestamp::MIN, |followed| followed.latest);
        let time = time.max(before);
        if let Some(followed) = source.and_then(|source| self.followed.get_mut(source)) {
            followed.latest = time.max(followed.latest);
        }
        self.held.push(Order::new(time, 0, 0), source, event);
        self.release(sink);
    }

    /// An event that went out in an earlier run: it is remembered, and nothing is told of it. To be called before anything comes.
    pub fn remember(&mut self, at: Timestamp, event: Event) {
        if let Some(understanding) = self.correlators.understanding() {
            understanding.remember(at, event);
        }
    }

    /// The story so far. Rows of findings are left to [`Session::findings`].
    pub fn story(&mut self, made: Made) -> Option<Story> {
        self.correlators.understanding().map(|understanding| understanding.story(made))
    }

    /// Time has passed. To be called a few times a second, when no frames wait: timers run up to a second before `now`.
    pub fn advance(&mut self, now: Timestamp, sink: &mut dyn Sink) {
        self.has_clock = true;
        self.clock = self.clock.max(Some(now));
        self.busy = self.busy.or(Some(now));
        let network = now + Interval::from_nanos(-LAG.nanos());
        let due = self.settled.is_none_or(|settled| network.since(settled) >= SETTLE_EVERY);
        if due && self.crew.has_room() && self.meter.pass_time(network) {
            self.hand_over(&Arc::default(), Vec::new(), false, sink);
        }
        self.collect(false, sink);
        self.release(sink);
    }

    /// Findings that are new or have grown (how bad, how sure, ten times as often) since the last call, as they stand now.
    pub fn findings(&mut self) -> Vec<News> {
        self.correlators.understanding().map(|understanding| understanding.news()).unwrap_or_default()
    }

    /// What was lost or limited so far, by name, each name once.
    pub fn losses(&mut self) -> Vec<(&'static str, u64)> {
        let mut all = self.crew.counts().losses;
        all.extend(self.own_losses());
        if let Some(understanding) = self.correlators.understanding() {
            all.extend(understanding.losses());
        }
        let mut sums: Vec<(&'static str, u64)> = Vec::new();
        for (name, count) in all.into_iter().filter(|(_, count)| *count > 0) {
            match sums.iter_mut().find(|(known, _)| *known == name) {
                Some((_, sum)) => *sum += count,
                None => sums.push((name, count)),
            }
        }
        sums
    }

    /// Frames and their bytes so far, and records.
    pub const fn taken(&self) -> (u64, u64, u64) {
        (self.meter.outcome.packets, self.meter.outcome.bytes, self.records)
    }

    /// Something was lost before it came here (by the kernel, in a queue): `total` so far.
    pub fn lost(&mut self, name: &'static str, total: u64) {
        match self.lost.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = total,
            None => self.lost.push((name, total)),
        }
    }

    /// Other settings, and other things that are known beforehand. Detectors whose numbers changed begin anew.
    pub fn replace(&mut self, settings: &Settings, given: Given) {
        if let Some(understanding) = self.correlators.understanding() {
            understanding.replace(settings, given);
        }
    }

    /// A buffer for the next frames, if one has come back.
    pub fn spare(&mut self) -> FrameBatch {
        self.spares.pop().unwrap_or_default()
    }

    /// The end of everything: all flows are over, all rows come out, the story is told. Rows of findings are written for those
    /// that [`Session::findings`] has not told as they stand.
    pub fn finish(mut self, sink: &mut dyn Sink) -> Outcome {
        while self.crew.is_busy() {
            self.collect(true, sink);
        }
        let (now, any) = (self.meter.now.unwrap_or_default(), self.meter.outcome.packets > 0);
        let (parts, mut finals) = self.crew.end(now, any);
        self.rows(parts, sink);
        while let Some(row) = self.held.next(None) {
            self.let_out(row, sink);
        }
        finals.losses.extend(self.own_losses());
        let mut outcome = std::mem::take(&mut self.meter.outcome);
        outcome.span = match (outcome.span, self.span) {
            (Some((first, last)), Some((from, to))) => Some((first.min(from), last.max(to))),
            (one, other) => one.or(other),
        };
        conclude_outcome(outcome, finals, &mut self.correlators, sink)
    }

    fn own_losses(&self) -> Vec<(&'static str, u64)> {
        let mut all = self.lost.clone();
        all.push(("rows_not_held", self.held.hurried()));
        all
    }

    fn hand_over(&mut self, frames: &Arc<FrameBatch>, packets: Vec<Packet>, full: bool, sink: &mut dyn Sink) {
        while !self.crew.has_room() {
            self.collect(true, sink);
        }
        let clock = self.meter.next_batch();
        self.settled = Some(clock.end());
        self.crew.take(Batch { frames: Arc::clone(frames), packets, clock, full });
    }

    /// Takes in what is done; with `wait`, one batch at least.
    fn collect(&mut self, mut wait: bool, sink: &mut dyn Sink) {
        while let Some(Done { parts, batch }) = self.crew.done(wait) {
            wait = false;
            let (end, full, any) = (batch.clock.end(), batch.full, !batch.packets.is_empty());
            self.recycle(batch);
            if any {
                self.clock = self.clock.max(Some(end));
                self.busy = self.busy.max(Some(end));
            }
            self.rows(parts, sink);
            if any {
                let seen = if self.records > 0 { end + Interval::from_nanos(-HOLD.nanos()) } else { end };
                self.tick(seen, full, sink);
            }
        }
    }

    fn recycle(&mut self, batch: Arc<Batch>) {
        if self.spares.len() < SPARES_MAX
            && let Ok(batch) = Arc::try_unwrap(batch)
            && let Ok(mut frames) = Arc::try_unwrap(batch.frames)
        {
            frames.clear();
            self.spares.push(frames);
        }
    }

    /// The rows of a batch, of all shards.
    fn rows(&mut self, mut parts: Vec<(usize, crate::reader::Rows)>, sink: &mut dyn Sink) {
        parts.sort_by_key(|(place, _)| *place);
        let mut rows: crate::reader::Rows = parts.into_iter().flat_map(|(_, rows)| rows).collect();
        if self.records > 0 {
            rows.into_iter().for_each(|(order, event)| self.held.push(order, None, event));
            return self.release(sink);
        }
        rows.sort_by_key(|(order, _)| *order);
        for (order, event) in rows {
            self.pass(order.time, event, sink);
        }
    }

    /// Passes on what has waited long enough, and looks at the time where that is due.
    fn release(&mut self, sink: &mut dyn Sink) {
        let Some(clock) = self.clock else { return };
        let until = clock + Interval::from_nanos(-HOLD.nanos());
        while let Some(row) = self.held.next(Some(until)) {
            let at = row.at;
            self.let_out(row, sink);
            if self.passed.rows >= TICK_RECORDS {
                self.tick(at, true, sink);
            }
        }
        let quiet = self.busy.is_none_or(|busy| clock.since(busy) >= QUIET);
        match self.passed.latest {
            _ if quiet => self.tick(until, false, sink),
            Some(latest) => self.tick(latest.min(until), false, sink),
            None => {}
        }
    }

    fn let_out(&mut self, row: Released, sink: &mut dyn Sink) {
        if let Some(followed) = row.source.and_then(|source| self.followed.get_mut(source)) {
            followed.released += 1;
        }
        self.pass(row.at, row.event, sink);
    }

    fn pass(&mut self, at: Timestamp, event: Event, sink: &mut dyn Sink) {
        self.passed.rows += 1;
        self.passed.latest = self.passed.latest.max(Some(at));
        self.correlators.pass(event, sink);
    }

    /// Everything before `seen` has been seen. Time never goes back for those who look at it.
    fn tick(&mut self, seen: Timestamp, now: bool, sink: &mut dyn Sink) {
        let due = self.ticked.is_none_or(|ticked| seen.since(ticked) >= TICK_EVERY || now && seen >= ticked);
        if due {
            self.correlators.tick(seen, false, sink);
            self.ticked = Some(seen);
        }
        if due || now {
            self.passed = Passed::default();
        }
    }
}
