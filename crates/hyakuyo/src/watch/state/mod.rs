//! What survives a sudden end, so that nothing is lost and nothing is told twice.
//!
//! Two things are kept in the folder `state` beside the logs:
//!
//! * the **journal**: every delivery of records, written down before it is understood, with the place of its source behind it;
//! * the **checkpoint**, each second or as it is set: how long each log is, and of every sender which delivery had gone out whole and how
//!   many events of the next.
//!
//! At a start the logs are cut to the checkpoint's lengths; what happened before is remembered from them; and the journal is read from
//! where it is needed: deliveries that had gone out are decoded unheard, so that sessions that were begun in them are known; the rest is
//! told, but for the events that had gone out. Sources are then read on from behind the last delivery of the journal.
//!
//! Why this and not a snapshot: decoders, detectors and knowledge are forty kinds of state by as many hands, and each of them
//! would need a form on disk and a test that it is whole. All of them are functions of what was fed to them, which is on disk
//! anyway: the records since the oldest that a decoder still needs (`contract::Decoder::since`), and the logs.
//!
//! What it leaves out: packets (nobody can ask for them again), and what the kernel held of UDP and unread sockets.

mod journal;
mod senders;

pub(super) use journal::{Entry, Journal};
pub(super) use senders::{Out, SenderMark, Senders};

use super::folders::{Lengths, replace};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// The version of the checkpoint; another's is not understood.
const VERSION: u32 = 1;
const CHECKPOINT: &str = "checkpoint.json";

/// Where everything stood at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Checkpoint {
    pub(super) version: u32,
    /// The dated folder that was written to.
    pub(super) folder: String,
    /// How long its logs were.
    pub(super) logs: Lengths,
    /// The last delivery that was taken.
    pub(super) last: u64,
    /// How far each sender had gone out.
    pub(super) senders: Vec<SenderMark>,
    /// Where each source stood, as `intake` writes it.
    pub(super) positions: String,
    /// What was told of findings, by their ids.
    pub(super) told: BTreeMap<String, super::notify::ToldBefore>,
}

impl Checkpoint {
    /// Writes it, whole or not at all.
    pub(super) fn save(&mut self, folder: &Path) -> io::Result<()> {
        self.version = VERSION;
        let text = serde_json::to_vec(self).map_err(io::Error::other)?;
        replace(&folder.join(CHECKPOINT), &text)
    }

    /// The last one; `None` where there was none.
    ///
    /// # Errors
    /// Where it cannot be read or is another version's: then nobody should write over what it is about.
    pub(super) fn load(folder: &Path) -> io::Result<Option<Self>> {
        let path = folder.join(CHECKPOINT);
        let text = match std::fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read?,
        };
        let checkpoint: Self = serde_json::from_slice(&text).map_err(io::Error::other)?;
        if checkpoint.version != VERSION {
            return Err(io::Error::other(format!("it is of version {}, not {VERSION}", checkpoint.version)));
        }
        Ok(Some(checkpoint))
    }
}
