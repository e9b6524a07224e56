//! A point in time as a date, for the `#open` and `#close` lines and for people. UTC always, so that output is the same
//! everywhere. Source: the proleptic Gregorian calendar, by the days-from-civil method.

use model::Timestamp;

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
}

/// Appends `YYYY-MM-DD-HH-MM-SS`.
pub fn write_stamp(out: &mut Vec<u8>, at: Timestamp) {
    let Civil { year, month, day, hour, minute, second } = Civil::of(at);
    let text = format!("{year:04}-{month:02}-{day:02}-{hour:02}-{minute:02}-{second:02}");
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (secs, expected) in [
            (0, "1970-01-01-00-00-00"),
            (951_782_400, "2000-02-29-00-00-00"),
            (1_602_536_538, "2020-10-12-21-02-18"),
            (-1, "1969-12-31-23-59-59"),
            (4_107_542_399, "2100-02-28-23-59-59"),
            (4_107_542_400, "2100-03-01-00-00-00"),
        ] {
            let mut out = Vec::new();
            write_stamp(&mut out, Timestamp::from_secs(secs));
            assert_eq!(String::from_utf8_lossy(&out), expected);
        }
    }
}
