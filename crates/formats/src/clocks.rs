//! Clocks that differ. Behind a relay a record has two times, the relay's and its device's; the device's is nearer to what happened,
//! unless its clock is wrong or shows another zone: then records of several devices would not fit into one course of events.
//! Past a limit the relay's time is taken, and that is counted and said, device by device. Where the two differ by whole years, it
//! is the relay's year that was guessed (RFC 3164 has none), and the device's year is taken for both.

use model::{Civil, Interval, Timestamp};
use std::collections::BTreeMap;

/// How far a device's time may be from its relay's: longer than a message is on its way, shorter than any zone.
const APART_MAX: Interval = Interval::from_secs(120);
/// Devices whose clocks are told of, per source.
const DEVICES_MAX: usize = 100;

/// How far a device's clock is from its relay's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skew {
    /// Records with two times that did not fit.
    pub records: u64,
    /// By how much the device's was ahead, at the last of them.
    pub ahead: Interval,
}

/// The clocks of one source's devices.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clocks {
    wrong: BTreeMap<Box<[u8]>, Skew>,
}

impl Clocks {
    /// The time to take of a record that has two.
    pub(crate) fn of(&mut self, host: &[u8], relay: Timestamp, device: Timestamp) -> Timestamp {
        let relay = in_year_of(device, relay);
        let ahead = device - relay;
        if ahead.nanos().abs() <= APART_MAX.nanos() {
            return device;
        }
        if let Some(skew) = self.wrong.get_mut(host) {
            (skew.records, skew.ahead) = (skew.records + 1, ahead);
        } else if self.wrong.len() < DEVICES_MAX {
            self.wrong.insert(host.into(), Skew { records: 1, ahead });
        }
        relay
    }

    /// The devices whose clocks do not fit, by name or address.
    pub(crate) fn wrong(&self) -> Vec<(Box<[u8]>, Skew)> {
        self.wrong.iter().map(|(host, skew)| (host.clone(), *skew)).collect()
    }
}

/// The relay's date and time in the device's year, where that brings them near each other.
fn in_year_of(device: Timestamp, relay: Timestamp) -> Timestamp {
    const NEAR: Interval = Interval::from_secs(2 * 86_400);
    let (date, year) = (Civil::of(relay), Civil::of(device).year);
    let of_day = relay - Civil::midnight(date.year, date.month, date.day).unwrap_or(relay);
    let moved = Civil::midnight(year, date.month, date.day).map(|midnight| midnight + of_day);
    moved.filter(|moved| date.year != year && (device - *moved).nanos().abs() <= NEAR.nanos()).unwrap_or(relay)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_relay_is_believed_where_a_clock_is_wrong() {
        let at = |secs: i64| Timestamp::from_secs(1_700_000_000 + secs);
        let mut clocks = Clocks::default();
        assert_eq!(clocks.of(b"fw", at(1), at(0)), at(0));
        assert_eq!(clocks.of(b"fw", at(0), at(9 * 3600)), at(0));
        assert_eq!(clocks.of(b"fw", at(10), at(9 * 3600)), at(10));
        // 2023 was guessed for a record of 2006; the second's device is nine hours ahead, too.
        let midnight = |year| Civil::midnight(year, 10, 26).expect("a day");
        let secs = |count| Interval::from_secs(count);
        assert_eq!(clocks.of(b"old", midnight(2023) + secs(7), midnight(2006) + secs(6)), midnight(2006) + secs(6));
        assert_eq!(clocks.of(b"fw", midnight(2023) + secs(7), midnight(2006) + secs(9 * 3600)), midnight(2006) + secs(7));
        let wrong = clocks.wrong();
        assert_eq!(wrong, [(Box::from(&b"fw"[..]), Skew { records: 3, ahead: secs(9 * 3600 - 7) })]);
    }
}
