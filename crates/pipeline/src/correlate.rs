//! The stage behind all workers: what understands events of several flows together sees every event in order.

use crate::Options;
use crate::understanding::Understanding;
use crate::weird;
use contract::{Correlator, Sink};
use model::{Event, Timestamp};

/// All correlators, in the order in which they see events.
pub(crate) struct Correlators {
    all: Vec<Box<dyn Correlator>>,
    more: Vec<Event>,
    understanding: Option<Understanding>,
}

impl Correlators {
    pub(crate) fn new(options: &Options) -> Self {
        let mut all: Vec<Box<dyn Correlator>> = vec![Box::<weird::Policy>::default()];
        all.extend(protocols::correlators());
        Self {
            all,
            more: Vec::new(),
            understanding: options.understand.then(|| Understanding::new(&options.settings, options.given.clone())),
        }
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
        if let (true, Some(understanding)) = (wanted, &mut self.understanding) {
            self.more.extend(understanding.see(&mut event));
        }
        // Kinds with an underscore are facts between parts of the program, not logs.
        if wanted && !event.kind().name.starts_with('_') {
            sink.event(&event);
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
