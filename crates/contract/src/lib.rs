//! Where engines and catalogues meet: the traits that a protocol, a correlator, a detector or a file analyzer implements, and
//! what they may ask of the engine that runs them. Floor 1; nothing else lives here.

mod detector;
mod emit;
mod file;
mod finding;
mod flow;
mod format;
mod problem;
mod protocol;
mod roles;
mod rules;
pub mod seen;

pub use detector::{Behaviour, Chosen, Detector, Setting};
pub use emit::{Emit, Expectation, Inner, InnerLink, Recorded, RecordedFile};
pub use file::{FileAbout, FileId};
pub use finding::{Definition, Finding, Measure, Part, QUOTE_BYTES_MAX, SAMPLE_MAX, Severity, Stage, Tell, Told, Words};
pub use flow::{FlowInfo, Side, Transport};
pub use format::{DecodeError, Decoder, Kinds, LogFormat, Record};
pub use problem::{Problem, nearest};
pub use protocol::{Analyzer, Child, Chunk, Correlator, HELD_BYTES_MAX, Heads, Next, Protocol, Sink, Verdict, Violation};
pub use roles::{Destination, Held, Known, Reach, Role, Spot};
pub use rules::{RuleState, UserRules};
