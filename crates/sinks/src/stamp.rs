//! A point in time as a date, for the `#open` and `#close` lines and for people. UTC always, so that output is the same
//! everywhere. Source: the proleptic Gregorian calendar, by the days-from-civil method.

use model::{Civil, Timestamp};

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
