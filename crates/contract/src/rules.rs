//! Rules that a user brings, Sigma's and alarms of their own: what they must be able to do to be asked about every event.
//!
//! A behaviour is a row of a catalogue; rules of this kind are read when the program starts and may be replaced while it runs.
//! They see events as they are, since they name their columns themselves.

use crate::{Known, Tell};
use model::{Event, Timestamp};
use std::fmt::Debug;

/// A set of rules as read: not changed by what is seen, and so shared.
pub trait UserRules: Debug + Send + Sync {
    /// Begins to watch with them.
    fn open(&self) -> Box<dyn RuleState>;
}

/// What a set of rules keeps while events pass. Bounded: what does not fit is left out and counted.
pub trait RuleState: Send {
    /// Sees an event. Cheap where no rule wants its kind.
    fn on(&mut self, event: &Event, known: &dyn Known, out: &mut dyn Tell);

    /// Everything before `now` has been seen. With `last`, nothing more comes.
    fn tick(&mut self, _now: Timestamp, _last: bool, _known: &dyn Known, _out: &mut dyn Tell) {}

    /// Bytes held on the heap, a close estimate; without the rules themselves.
    fn held_bytes(&self) -> usize;

    /// What was left out at limits, by name; empty where nothing was.
    fn losses(&self) -> Vec<(&'static str, u64)>;
}
