//! What is handed on: some records of one sender, and where its source stands behind them.

use crate::Position;
use model::{Addr, Timestamp};
use std::path::Path;
use std::sync::Arc;

/// Bytes of records after which a delivery is handed on, and no more are put into it: large enough that handing on costs nothing beside
/// reading, small enough that thirty waiting ones are a few megabytes.
pub(crate) const DELIVERY_BYTES: usize = 128 << 10;

/// Records of a delivery at most, so that very short ones do not make it costlier than its bytes say.
pub(crate) const DELIVERY_RECORDS: usize = 4_096;

/// Which of the settings' sources: its place there, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u16);

/// Who wrote the records: each wants a reader of its own, since formats and times are its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sender {
    /// A log, by its path without what rotation puts behind its name: the rest of `syslog.1.gz` belongs to `syslog`.
    File(Arc<Path>),
    /// A host of the network, whatever its ports and connections.
    Host(Addr),
    /// Programs of this machine, by a Unix socket or a pipe.
    Local,
}

/// Some records of one sender, in its order.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Of which source.
    pub source: SourceId,
    /// Who wrote them.
    pub sender: Sender,
    /// The records; none where only a position is told.
    pub records: Records,
    /// Where the source stands behind these records. To be stored together with what was made of them, by
    /// [`Positions::apply`](crate::Positions::apply).
    pub position: Option<Position>,
    /// When the last of them was read.
    pub arrived: Timestamp,
}

/// Whole records, without the framing in which they travelled. Bytes of any kind may stand in them, line ends too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Records {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl Records {
    /// Each record, in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        begins.zip(&self.ends).map(|(begin, end)| &self.bytes[begin as usize..*end as usize])
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes of all records.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Whether it is time to hand these on.
    pub(crate) fn full(&self) -> bool {
        self.bytes.len() >= DELIVERY_BYTES || self.ends.len() >= DELIVERY_RECORDS
    }

    pub(crate) fn push(&mut self, record: &[u8]) {
        self.push_pieces(record, &[]);
    }

    /// One record of two pieces.
    pub(crate) fn push_pieces(&mut self, begin: &[u8], rest: &[u8]) {
        self.bytes.extend_from_slice(begin);
        self.bytes.extend_from_slice(rest);
        self.ends.push(self.bytes.len() as u32);
    }
}

impl<'a> FromIterator<&'a [u8]> for Records {
    fn from_iter<I: IntoIterator<Item = &'a [u8]>>(all: I) -> Self {
        let mut records = Self::default();
        all.into_iter().for_each(|record| records.push(record));
        records
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_told_apart_whatever_is_in_them() {
        let all: Records = [&b"one"[..], b"", b"two\nlines", b"\0"].into_iter().collect();
        assert_eq!(all.iter().collect::<Vec<_>>(), [&b"one"[..], b"", b"two\nlines", b"\0"]);
        assert_eq!((all.len(), all.bytes()), (4, 13));
        assert!(Records::default().iter().next().is_none());
    }
}
