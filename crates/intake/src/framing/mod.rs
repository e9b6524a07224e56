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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Vec<u8>>, Framed) {
        let (mut framing, mut all, mut sum) = (Framing::default(), Vec::new(), Framed::default());
        for piece in pieces {
            let mut at = 0;
            while at < piece.len() {
                let mut records = Records::default();
                let (taken, framed) = framing.take(&piece[at..], &mut records);
                at += taken;
                sum += framed;
                all.extend(records.iter().map(<[u8]>::to_vec));
            }
            assert!(framing.held_bytes() <= 4 * crate::RECORD_BYTES_MAX);
        }
        let mut records = Records::default();
        sum += framing.finish(&mut records);
        all.extend(records.iter().map(<[u8]>::to_vec));
        (all, sum)
    }

    /// Pieces of which streams are made, good and bad.
    fn part() -> impl Strategy<Value = Vec<u8>> {
        let some = |text: &'static [u8]| Just(text.to_vec());
        prop_oneof![
            some(b"<13>a line\n"),
            some(b"9 <13>count"),
            some(b"70000 <13>"),
            some(b"\r\n\0 "),
            some(b"__CURSOR=s=a;i=1\nMESSAGE=m\n\n"),
            some(b"MESSAGE\n\x03\0\0\0\0\0\0\0a\nb\n_HOSTNAME=h\n\n"),
            proptest::collection::vec(any::<u8>(), 0..40),
            (1..3_usize).prop_map(|count| vec![b'x'; count * 40_000]),
        ]
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_records(parts in proptest::collection::vec(part(), 0..12), sizes in proptest::collection::vec(1..5_000_usize, 1..20)) {
            let stream = parts.concat();
            let (mut rest, mut pieces) = (&stream[..], Vec::new());
            for size in sizes.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (piece, others) = rest.split_at((*size).min(rest.len()));
                pieces.push(piece);
                rest = others;
            }
            prop_assert_eq!(all(std::iter::once(&stream[..])), all(pieces.into_iter()));
        }
    }
}
