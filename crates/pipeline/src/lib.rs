//! Sources to flows to events to sinks: the engine's wiring, with workers and bounded queues.

use capture::Source;
use contract::Sink;
use model::Timestamp;

/// How to read.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether packets with wrong checksums are left out of analysis.
    pub verify_checksums: bool,
    /// How many threads analyze; the output does not depend on it.
    pub workers: usize,
    /// Where file bodies are written, if anywhere.
    pub extract_to: Option<std::path::PathBuf>,
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
}

/// Reads a capture to its end and hands every event to `sink`, in the order of time. `progress` is told the bytes read so far.
pub fn read(_source: &mut Source, _options: &Options, _sink: &mut dyn Sink, _progress: &mut dyn FnMut(u64)) -> Outcome {
    Outcome::default()
}
