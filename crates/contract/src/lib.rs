//! Where engines and catalogues meet: the traits that a protocol, a correlator or a file analyzer implements, and what
//! they may ask of the engine that runs them. Floor 1; nothing else lives here.

mod emit;
mod file;
mod flow;
mod protocol;

pub use emit::{Emit, Expectation, Inner, InnerLink, Recorded, RecordedFile};
pub use file::{FileAbout, FileId};
pub use flow::{FlowInfo, Side, Transport};
pub use protocol::{Analyzer, Child, Chunk, Correlator, HELD_BYTES_MAX, Heads, Next, Protocol, Sink, Verdict, Violation};
