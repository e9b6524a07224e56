//! Sources to flows to events to sinks: the engine's wiring, with workers and bounded queues.
//!
//! ```text
//! source -> batch -> shard (decode, flow table, TCP, analyzers, files) -> rows in order -> correlators -> sink
//!                                                                                                └──> detectors, story
//! ```

mod app;
mod catalogue;
mod clock;
mod community;
mod conn;
mod correlate;
mod detection;
mod ends;
mod marks;
mod out;
mod peers;
mod reader;
mod records;
mod senders;
mod session;
mod settings;
mod shard;
mod shared;
mod stacks;
mod tunnels;
mod understanding;
mod weird;
mod wire;

use capture::Source;
use contract::Sink;
use model::{Addr, Event, Kind, Timestamp, kinds};

pub use records::{LogInput, LogRead};
pub use session::Session;
pub use settings::Settings;
pub use story::Told as News;

/// Every behaviour that is looked for.
pub fn behaviours() -> &'static [&'static dyn contract::Behaviour] {
    detectors::CATALOGUE
}

/// How to read.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether packets with wrong checksums are left out of analysis.
    pub verify_checksums: bool,
    /// How many threads analyze; the output does not depend on it.
    pub workers: usize,
    /// Where file bodies are written, if anywhere.
    pub extract_to: Option<std::path::PathBuf>,
    /// Whether behaviour is looked at and the story told.
    pub understand: bool,
    /// By which numbers behaviour is judged.
    pub settings: Settings,
    /// What is known beforehand: roles of hosts and the like.
    pub given: enrich::Given,
}

/// What was read.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Frames.
    pub packets: u64,
    /// Captured bytes.
    pub bytes: u64,
    /// The first and the last time in the capture.
    pub span: Option<(Timestamp, Timestamp)>,
    /// Everything that was lost or limited, by name; empty where nothing was.
    pub losses: Vec<(&'static str, u64)>,
    /// Hosts on which the capture was probably taken: nearly all their packets have wrong checksums (their number), since
    /// their network cards fill those in later. Empty where checksums are not verified.
    pub offloading: Vec<(Addr, u64)>,
    /// What was read of each log beside the capture.
    pub logs: Vec<LogRead>,
    /// What happened, where that was asked for.
    pub story: Option<story::Story>,
}

/// Reads a capture to its end and hands every event to `sink`, in the order of time. `progress` is told the bytes read so far.
pub fn read(source: &mut Source, options: &Options, sink: &mut dyn Sink, progress: &mut dyn FnMut(u64)) -> Outcome {
    reader::read(Some(source), Vec::new(), options, sink, progress)
}

/// Reads a capture, if there is one, and logs beside it, in one order of time.
pub fn read_all(
    source: Option<&mut Source>,
    logs: Vec<LogInput>,
    options: &Options,
    sink: &mut dyn Sink,
    progress: &mut dyn FnMut(u64),
) -> Outcome {
    reader::read(source, logs, options, sink, progress)
}

/// Understands events that were read back from logs, in the order in which they became known, and tells what happened.
pub fn understand(
    events: &mut dyn Iterator<Item = (Timestamp, Event)>,
    settings: &Settings,
    given: enrich::Given,
    made: story::Made,
) -> story::Story {
    understanding::understand(events, settings, given, made)
}

/// The kinds of all logs, by name: for those who read logs of others into them.
#[derive(Clone, Copy, Debug)]
pub struct AllKinds;

impl contract::Kinds for AllKinds {
    fn kind(&self, name: &str) -> Option<&'static Kind> {
        static KINDS: std::sync::OnceLock<Vec<&'static Kind>> = std::sync::OnceLock::new();
        KINDS.get_or_init(kinds).iter().copied().find(|kind| kind.name == name)
    }
}

/// Every log that can come out, each once, in the order of the alphabet.
pub fn kinds() -> Vec<&'static Kind> {
    let own: [&'static Kind; 9] = [
        &kinds::analyzer::KIND,
        &kinds::conn::KIND,
        &kinds::finding::KIND,
        &kinds::notice::KIND,
        &kinds::packet_filter::KIND,
        &kinds::stack_log::KIND,
        &kinds::stats::KIND,
        &kinds::tunnel::KIND,
        &kinds::weird::KIND,
    ];
    let mut all: Vec<&'static Kind> = own.to_vec();
    all.extend(files::kinds());
    all.extend(formats::own_kinds());
    all.extend(protocols::CATALOGUE.iter().flat_map(|protocol| protocol.kinds()));
    all.extend(protocols::correlators().iter().flat_map(|correlator| correlator.kinds()));
    all.retain(|kind| !kind.name.starts_with('_'));
    all.sort_by_key(|kind| kind.name);
    all.dedup_by_key(|kind| kind.name);
    all
}
