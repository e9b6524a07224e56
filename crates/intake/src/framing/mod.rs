//! How records travel in a stream: by lines, counted (RFC 6587), or as the journal exports them. Which it is shows in a stream's first
//! bytes.

mod counted;
mod journal;

pub use counted::SyslogFraming;
pub use journal::{Cursor, JournalFraming};

use crate::Records;

/// What came of some bytes beside records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Framed {
    /// Records that were cut at the limit.
    pub cut: u64,
    /// Frames that were broken and skipped.
    pub malformed: u64,
}

impl std::ops::AddAssign for Framed {
    fn add_assign(&mut self, other: Self) {
        self.cut += other.cut;
        self.malformed += other.malformed;
    }
}

/// A record without what ends it: a line end, or the zero that some programs send.
pub(crate) fn trimmed(record: &[u8]) -> &[u8] {
    let end = record.iter().rposition(|byte| !b"\n\r\0".contains(byte)).map_or(0, |last| last + 1);
    &record[..end]
}

/// A stream's framing, as soon as its first bytes show it.
#[derive(Debug)]
pub enum Framing {
    /// Nothing has come yet. If it is the journal, it was read up to there.
    Unknown(Option<Cursor>),
    /// Syslog.
    Syslog(SyslogFraming),
    /// The journal's export format.
    Journal(Box<JournalFraming>),
}

impl Default for Framing {
    fn default() -> Self {
        Self::Unknown(None)
    }
}

/// What every entry of the journal begins with (`__CURSOR=`), and no record of syslog.
const JOURNAL: u8 = b'_';

impl Framing {
    /// Takes bytes, puts every record that ends in them to the others. Stops at a full delivery; returns how many bytes it took, and
    /// what came of them.
    pub fn take(&mut self, bytes: &[u8], into: &mut Records) -> (usize, Framed) {
        if let Self::Unknown(cursor) = self {
            let Some(first) = bytes.first() else { return (0, Framed::default()) };
            *self = if *first == JOURNAL {
                Self::Journal(Box::new(JournalFraming::after(cursor.take())))
            } else {
                Self::Syslog(SyslogFraming::default())
            };
        }
        match self {
            Self::Journal(journal) => journal.take(bytes, into),
            Self::Syslog(syslog) => syslog.take(bytes, into),
            Self::Unknown(_) => (0, Framed::default()),
        }
    }

    /// The stream has ended: what is left is a record too, if it can be one.
    pub fn finish(&mut self, into: &mut Records) -> Framed {
        match self {
            Self::Journal(journal) => journal.finish(into),
            Self::Syslog(syslog) => syslog.finish(into),
            Self::Unknown(_) => Framed::default(),
        }
    }

    /// Bytes that are held of an unfinished record.
    pub fn held_bytes(&self) -> usize {
        match self {
            Self::Journal(journal) => journal.held_bytes(),
            Self::Syslog(syslog) => syslog.held_bytes(),
            Self::Unknown(_) => 0,
        }
    }

    /// Bytes since the last record ended: of a sender that never ends one they grow without limit, though they are not held.
    pub fn unended_bytes(&self) -> u64 {
        match self {
            Self::Journal(journal) => journal.unended_bytes(),
            Self::Syslog(syslog) => syslog.unended_bytes(),
            Self::Unknown(_) => 0,
        }
    }

    /// The place in the journal behind the last entry.
    pub fn cursor(&self) -> Option<&Cursor> {
        if let Self::Journal(journal) = self { journal.cursor() } else { None }
    }
}
