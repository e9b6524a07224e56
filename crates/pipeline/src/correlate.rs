//! The stage behind all workers: what understands events of several flows together sees every event in order.

use crate::Options;
use crate::records::Records;
use crate::understanding::Understanding;
use crate::weird;
use contract::{Correlator, Sink};
use model::{Event, Timestamp};

/// All correlators, in the order in which they see events.
pub(crate) struct Correlators {
    all: Vec<Box<dyn Correlator>>,
    more: Vec<Event>,
    understanding: Option<Understanding>,
    records: Records,
}

impl Correlators {
    pub(crate) fn new(options: &Options, records: Records) -> Self {
        let mut all: Vec<Box<dyn Correlator>> = vec![Box::<weird::Policy>::default()];
        all.extend(protocols::correlators());
        Self {
            all,
            more: Vec::new(),
            records,
            understanding: options.understand.then(|| Understanding::new(&options.settings, options.given.clone())),
        }
    }

    /// Passes on an event of this time, and before it what logs tell of the time before.
    pub(crate) fn pass_at(&mut self, at: Timestamp, event: &mut Event, sink: &mut dyn Sink) {
        if !self.records.is_empty() {
            while let Some((_, record)) = self.records.next(Some(at)) {
                self.pass(record, sink);
            }
        }
        self.pass_lent(event, sink);
    }

    /// Passes on what logs tell, to their ends. Returns the first and the last time.
    pub(crate) fn pass_records(&mut self, sink: &mut dyn Sink, progress: &mut dyn FnMut(u64)) -> Option<(Timestamp, Timestamp)> {
        const TICK_EVENTS: u64 = 2048;
        let (mut span, mut count): (Option<(Timestamp, Timestamp)>, u64) = (None, 0);
        while let Some((at, event)) = self.records.next(None) {
            span = Some(span.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
            self.pass(event, sink);
            count += 1;
            if count.is_multiple_of(TICK_EVENTS) {
                self.tick(at, false, sink);
                progress(self.records.position());
            }
        }
        span
    }

    /// The logs that were read.
    pub(crate) const fn records(&self) -> &Records {
        &self.records
    }

    /// Shows an event to all, and passes on what is left of it and what it brought about.
    pub(crate) fn pass(&mut self, mut event: Event, sink: &mut dyn Sink) {
        self.pass_lent(&mut event, sink);
    }

    /// The same for an event that somebody else keeps: whoever allocated it frees it, without asking another thread's leave.
    fn pass_lent(&mut self, event: &mut Event, sink: &mut dyn Sink) {
        let mut wanted = true;
        for one in &mut self.all {
            if !one.on_event(event, &mut self.more) {
                wanted = false;
                break;
            }
        }
        if let (true, Some(understanding)) = (wanted, &mut self.understanding) {
            self.more.extend(understanding.see(event));
        }
        // Kinds with an underscore are facts between parts of the program, not logs.
        if wanted && !event.kind().name.starts_with('_') {
            sink.event(event);
        }
        self.pass_more(sink);
    }

    fn pass_more(&mut self, sink: &mut dyn Sink) {
        for mut event in self.more.drain(..) {
            if let Some(understanding) = &mut self.understanding {
                // What these bring about is no row of its own.
                understanding.see(&mut event);
            }
            sink.event(&event);
        }
    }

    /// Everything before `now` has been seen.
    pub(crate) fn tick(&mut self, now: Timestamp, last: bool, sink: &mut dyn Sink) {
        for one in &mut self.all {
            one.on_tick(now, last, &mut self.more);
        }
        self.pass_more(sink);
        if let Some(understanding) = &mut self.understanding {
            understanding.tick(now, last);
        }
    }

    /// The stage that understands, if there is one.
    pub(crate) const fn understanding(&mut self) -> Option<&mut Understanding> {
        self.understanding.as_mut()
    }
}
