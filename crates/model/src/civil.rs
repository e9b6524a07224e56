//! A point in time as a date, for people and for the lines of logs that name one. UTC always, so that output is the same
//! everywhere. Source: the proleptic Gregorian calendar, by the days-from-civil method.

use crate::{Interval, Timestamp};
use std::fmt;

/// A date and time of day, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    /// Year; captures damaged enough reach 1677 and 2262.
    pub year: i64,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
}

impl Civil {
    /// The date at `at`, its fraction of a second cut off.
    pub const fn of(at: Timestamp) -> Self {
        let secs = at.nanos().div_euclid(1_000_000_000);
        let (days, of_day) = (secs.div_euclid(86_400), secs.rem_euclid(86_400));
        // Days are counted from 0000-03-01, so that the leap day is a year's last.
        let from_march = days + 719_468;
        let (era, of_era) = (from_march.div_euclid(146_097), from_march.rem_euclid(146_097));
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * of_year + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        Self {
            year: year_of_era + era * 400 + (month <= 2) as i64,
            month: month as u8,
            day: (of_year - (153 * shifted + 2) / 5 + 1) as u8,
            hour: (of_day / 3_600) as u8,
            minute: (of_day / 60 % 60) as u8,
            second: (of_day % 60) as u8,
        }
    }

    /// The midnight at which a day begins; `None` where the calendar has no such day.
    pub fn midnight(year: i64, month: u8, day: u8) -> Option<Timestamp> {
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) || !(1678..=2261).contains(&year) {
            return None;
        }
        let shifted = (i64::from(month) + 9) % 12;
        let year_from_march = year - i64::from(month <= 2);
        let (era, of_era) = (year_from_march.div_euclid(400), year_from_march.rem_euclid(400));
        let of_year = (153 * shifted + 2) / 5 + i64::from(day) - 1;
        let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
        let at = Timestamp::from_secs(days * 86_400);
        // The 31st of a month of thirty days is the first of the next.
        let back = Self::of(at);
        ((back.year, back.month, back.day) == (year, month, day)).then_some(at)
    }

    /// The midnight at which a day ends; `None` where the calendar has no such day.
    pub fn midnight_after(year: i64, month: u8, day: u8) -> Option<Timestamp> {
        Self::midnight(year, month, day).map(|at| at + Interval::from_secs(86_400))
    }
}

/// `2020-10-12 21:02:18`.
impl fmt::Display for Civil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day, hour, minute, second } = self;
        write!(f, "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_begin_at_midnight_and_wrong_ones_are_none() {
        for (date, expected) in [
            ((1970, 1, 1), Some(0)),
            ((2000, 2, 29), Some(951_782_400)),
            ((2030, 12, 31), Some(1_924_905_600)),
            ((1969, 12, 31), Some(-86_400)),
            ((2023, 2, 29), None),
            ((2024, 4, 31), None),
            ((2024, 13, 1), None),
            ((9999, 1, 1), None),
        ] {
            assert_eq!(Civil::midnight(date.0, date.1, date.2), expected.map(Timestamp::from_secs), "{date:?}");
        }
    }
}
