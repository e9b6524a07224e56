//! Detectors: behaviour over time, read from events.

use crate::seen::{Seen, What};
use crate::{Definition, Known, Tell};
use model::{Interval, Timestamp};

/// A behaviour that is looked for: one row of the catalogue.
pub trait Behaviour: Sync {
    /// Its id in DETECTIONS.md, in lower case.
    fn name(&self) -> &'static str;

    /// All that it may find.
    fn definitions(&self) -> &'static [Definition];

    /// Its settings, with their defaults.
    fn settings(&self) -> &'static [Setting];

    /// Which events it wants to see; no others are shown to it.
    fn wants(&self) -> &'static [What];

    /// The most that its detector may ever hold on the heap, in bytes.
    fn held_bytes_max(&self) -> usize;

    /// A new detector.
    fn open(&self, settings: &Chosen) -> Box<dyn Detector>;
}

/// A number that can be set.
#[derive(Debug)]
pub struct Setting {
    /// Its name, unit last.
    pub name: &'static str,
    /// What it is unless it is set.
    pub default: f64,
    /// What it means.
    pub doc: &'static str,
}

/// The settings of one detector, as chosen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chosen {
    given: Vec<(&'static str, f64)>,
}

impl Chosen {
    /// Sets one of a detector's settings; `Err` with the known names where there is none of that name.
    ///
    /// # Errors
    /// Where the detector has no such setting.
    pub fn set(&mut self, all: &'static [Setting], name: &str, value: f64) -> Result<(), Vec<&'static str>> {
        match all.iter().find(|setting| setting.name == name) {
            Some(setting) => {
                self.given.push((setting.name, value));
                Ok(())
            }
            None => Err(all.iter().map(|setting| setting.name).collect()),
        }
    }

    /// What a setting is. A name that the detector does not list is an error of its author's, and 0.
    pub fn get(&self, all: &'static [Setting], name: &str) -> f64 {
        let given = self.given.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let default = all.iter().find(|setting| setting.name == name).map(|setting| setting.default);
        debug_assert!(default.is_some(), "no setting {name}");
        given.or(default).unwrap_or_default()
    }

    /// A setting as a count.
    pub fn count(&self, all: &'static [Setting], name: &str) -> u64 {
        self.get(all, name).max(0.0) as u64
    }

    /// A setting in seconds as a length of time.
    pub fn secs(&self, all: &'static [Setting], name: &str) -> Interval {
        Interval::from_secs_f64(self.get(all, name))
    }
}

/// The state of a behaviour over all hosts. Bounded: what does not fit is left out and counted.
///
/// Laws, tested for every row: the same events give the same findings; `held_bytes` stays under the stated limit; every
/// finding is one of the definitions.
pub trait Detector: Send {
    /// Sees an event. Events come in the order in which they were understood: a flow's row when the flow has ended.
    fn on(&mut self, seen: &Seen<'_>, known: &dyn Known, out: &mut dyn Tell);

    /// Everything before `now` has been seen; called about every 2,048 packets. With `last`, nothing more comes.
    fn tick(&mut self, _now: Timestamp, _last: bool, _known: &dyn Known, _out: &mut dyn Tell) {}

    /// Bytes held on the heap, a close estimate.
    fn held_bytes(&self) -> usize;

    /// How many entries were left out at a limit.
    fn dropped(&self) -> u64 {
        0
    }
}
