//! The capture's own time: when each packet of a batch came, and so when a timer would have been noticed.

use model::Timestamp;

/// A batch's account of time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock {
    /// The time after each packet: never falling.
    pub(crate) times: Vec<Timestamp>,
    /// When loss is to be measured, after the batch.
    pub(crate) measure: Option<Timestamp>,
    /// When tables are to be looked through (see [`model::kinds::sweep`]).
    pub(crate) sweeps: Vec<Timestamp>,
}

impl Clock {
    /// The time of the first packet at or after `deadline`: when that was noticed.
    pub(crate) fn noticed(&self, deadline: Timestamp) -> Timestamp {
        let place = self.times.partition_point(|time| *time < deadline);
        self.times.get(place).or(self.times.last()).copied().unwrap_or(deadline)
    }

    pub(crate) fn end(&self) -> Timestamp {
        self.times.last().copied().unwrap_or(Timestamp::MIN)
    }
}
