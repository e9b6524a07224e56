//! What the story is made of besides findings: downloads, requests and look-ups, remembered while events pass.

use contract::Known;
use contract::seen::Seen;

/// Remembered events. Every table in it is bounded.
#[derive(Debug, Default)]
pub struct Evidence {
    events: u64,
}

impl Evidence {
    /// Remembers what an event tells.
    pub fn see(&mut self, _seen: &Seen<'_>, _known: &dyn Known) {
        self.events += 1;
    }

    /// How many events were seen.
    pub const fn events(&self) -> u64 {
        self.events
    }
}
