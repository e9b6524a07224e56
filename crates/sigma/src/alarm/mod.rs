//! Alarms with a memory: what swatch could not do.
//!
//! Swatch looked at one line at a time (S2). An alarm here is a pattern or a condition over any log, how often it must hold, within which
//! time, apart for which columns' values, and what must follow or must not; how long it then keeps quiet, and what it says:
//!
//! ```toml
//! [[alarm]]
//! name = "guessed, and got in"
//! when = 'logon: success = false'
//! count = 5
//! window = "10m"
//! by = ["source"]
//! then = 'logon: success = true'
//! severity = "high"
//! message = "{source} got in as {user}"
//! ```
//!
//! Source: S2 and P11. Left out: running programs; what is found goes the way of all findings, and `watch` tells it on.

mod condition;
mod file;
mod state;
mod words;

use condition::Condition;
use contract::{Definition, Part, Problem, Role, RuleState, Severity, Stage, UserRules, Words};
use model::Interval;
use std::sync::{Arc, OnceLock};

/// Alarms, as a file says them.
#[derive(Clone, Debug)]
pub struct Alarms {
    all: Arc<[Alarm]>,
}

impl Alarms {
    /// Reads a file's text; `name` is what its errors call it.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(name: &str, text: &str) -> Result<Self, Vec<Problem>> {
        Ok(Self { all: file::alarms(name, text)?.into() })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

impl UserRules for Alarms {
    fn open(&self) -> Box<dyn RuleState> {
        Box::new(state::State::new(self.all.clone()))
    }
}

/// What comes after what was counted.
#[derive(Debug)]
pub(crate) enum Next {
    /// Nothing: that is all.
    Nothing,
    /// This must follow.
    Then(Condition),
    /// This must not.
    Unless(Condition),
}

/// One alarm.
#[derive(Debug)]
pub(crate) struct Alarm {
    pub(crate) name: String,
    pub(crate) when: Condition,
    /// How often, or how many distinct values.
    pub(crate) count: u64,
    /// Of which column values are counted, each once.
    pub(crate) distinct: Option<Names>,
    pub(crate) window: Interval,
    /// The columns whose values tell groups apart; of each, several names by which logs call it.
    pub(crate) by: Vec<Names>,
    pub(crate) next: Next,
    pub(crate) within: Interval,
    pub(crate) quiet: Interval,
    pub(crate) severity: Severity,
    pub(crate) message: Vec<Piece>,
    /// The column that names the host which the finding is about.
    pub(crate) host: Option<Names>,
    pub(crate) except: Vec<Role>,
    definition: OnceLock<&'static Definition>,
}

/// The names of a column, in the order in which they are tried.
pub(crate) type Names = Vec<Box<str>>;

/// A part of a message.
#[derive(Debug)]
pub(crate) enum Piece {
    /// As it stands.
    Text(Box<str>),
    /// A column's value.
    Value(Names),
}

/// How sure a finding by an alarm is, in per cent: its owner wrote it for this network, and a high one is to be an incident.
const CONFIDENCE: u8 = 90;

impl Alarm {
    /// What a finding by it says.
    pub(crate) fn definition(&self) -> &'static Definition {
        self.definition.get_or_init(|| {
            let leak = crate::rule::leak;
            let said = format!("{} time(s) within {} s: {}", self.count, self.window.nanos() / 1_000_000_000, self.when.text());
            crate::rule::kept(Definition {
                detector: "alarm",
                name: "alarm",
                title: Words {
                    en: leak(format!("sets off the alarm \"{}\"", self.name)),
                    ja: leak(format!("警報「{}」に当てはまる", self.name)),
                },
                rule: Words { en: leak(said.clone()), ja: leak(said) },
                next: Words { en: "Do what its owner wrote it for.", ja: "この警報を書いた人の指示に従う。" },
                source: "the user's own alarms",
                severity: self.severity,
                stage: Stage::Acted,
                part: Part::Actor,
                techniques: &[],
                excluded: Box::leak(self.except.clone().into_boxed_slice()),
            })
        })
    }
}
