//! Keeping bodies: what is asked of whoever keeps them.

use contract::FileId;
use model::Timestamp;
use std::fmt::Debug;

/// A place for bodies: a folder, or a test's memory.
pub trait Store: Debug + Send + Sync {
    /// Begins to keep a body; `None` where a limit or an error forbids it (the store counts those).
    fn begin(&self, body: &Label) -> Option<Box<dyn Keeper>>;

    /// What was not kept, by name.
    fn losses(&self) -> Vec<(&'static str, u64)>;
}

/// What is known of a body when its keeping begins.
#[derive(Clone, Copy, Debug)]
pub struct Label {
    /// When it began.
    pub at: Timestamp,
    /// The protocol that carried it.
    pub source: &'static str,
    /// Its id.
    pub id: FileId,
    /// Its type, from our own table and never from the traffic.
    pub mime: Option<&'static str>,
}

/// One body being kept.
pub trait Keeper: Debug + Send {
    /// The next bytes.
    fn write(&mut self, data: &[u8]);

    /// So many bytes are missing here.
    fn hole(&mut self, bytes: u64);

    /// There is no more.
    fn finish(self: Box<Self>) -> Kept;
}

/// What was kept of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Where, below the store's own place.
    pub name: String,
    /// How much.
    pub bytes: u64,
    /// Whether a limit or an error cut it.
    pub is_cut: bool,
}
