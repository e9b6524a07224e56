//! The stage behind all workers: what understands events of several flows together sees every event in order.

use crate::weird;
use contract::{Correlator, Sink};
use model::{Event, Timestamp};

/// All correlators, in the order in which they see events.
pub(crate) struct Correlators {
    all: Vec<Box<dyn Correlator>>,
    more: Vec<Event>,
}

impl Correlators {
    pub(crate) fn new() -> Self {
        let mut all: Vec<Box<dyn Correlator>> = vec![Box::<weird::Policy>::default()];
        all.extend(protocols::correlators());
        Self { all, more: Vec::new() }
    }

    /// Shows an event to all, and passes on what is left of it and what it brought about.
    pub(crate) fn pass(&mut self, mut event: Event, sink: &mut dyn Sink) {
        let mut wanted = true;
        for one in &mut self.all {
            if !one.on_event(&mut event, &mut self.more) {
                wanted = false;
                break;
            }
        }
        // Kinds with an underscore are facts between parts of the program, not logs.
        if wanted && !event.kind().name.starts_with('_') {
            sink.event(&event);
        }
        for event in self.more.drain(..) {
            sink.event(&event);
        }
    }

    /// Everything before `now` has been seen.
    pub(crate) fn tick(&mut self, now: Timestamp, last: bool, sink: &mut dyn Sink) {
        for one in &mut self.all {
            one.on_tick(now, last, &mut self.more);
        }
        for event in self.more.drain(..) {
            sink.event(&event);
        }
    }
}
