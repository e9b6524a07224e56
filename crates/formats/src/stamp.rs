//! Times as logs write them. Old syslog says neither year nor zone, so both are settled here once, and said.
//!
//! Parsing is `jiff`'s; a log's lines mostly repeat the second of the line before, so that the last text of each place is
//! remembered with what it meant.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use model::{Interval, Timestamp};

/// What is assumed of times that do not say everything.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// The zone of times without one.
    pub zone: TimeZone,
    /// The latest that a record can be: the time at which its file was last written, or now. Years are counted back from it.
    pub latest: Timestamp,
}

impl Default for Calendar {
    fn default() -> Self {
        Self { zone: TimeZone::UTC, latest: Timestamp::from_secs(i64::from(i32::MAX)) }
    }
}

/// What was assumed, to be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Assumed {
    /// Times that did not say their year.
    pub years: u64,
    /// Times that did not say their zone.
    pub zones: u64,
}

/// Reads times of one source.
#[derive(Debug, Default)]
pub struct Stamps {
    calendar: Calendar,
    last: Vec<u8>,
    form: Form,
    meant: Option<Timestamp>,
    /// The year and month of the last record without a year.
    year: Option<(i16, i8)>,
    assumed: Assumed,
}

/// How a time is written: what follows it differs with that, so that one form must not take the other's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Form {
    #[default]
    Bsd,
    Iso,
    Web,
    Ctime,
}

/// The months' names, as logs write them.
pub(crate) const MONTHS: &[&[u8]] = &[b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

impl Stamps {
    /// For a source of this calendar.
    pub fn new(calendar: Calendar) -> Self {
        Self { calendar, ..Self::default() }
    }

    /// What had to be assumed so far.
    pub const fn assumed(&self) -> Assumed {
        self.assumed
    }

    /// `Oct 26 09:42:48` (RFC 3164), or with a year behind the day: `Oct 26 2006 09:42:47`. Returns the time and what follows.
    pub fn bsd<'a>(&mut self, text: &'a [u8]) -> Option<(Timestamp, &'a [u8])> {
        if let Some(rest) = self.repeated(text, Form::Bsd) {
            return Some((self.meant?, rest));
        }
        let month = MONTHS.iter().position(|name| text.starts_with(name))? as i8 + 1;
        let after = text.get(3..)?.strip_prefix(b" ")?;
        let after = after.strip_prefix(b" ").unwrap_or(after);
        let (day, after) = number(after, 1, 2)?;
        let after = after.strip_prefix(b" ")?;
        let with_year = number(after, 4, 4).and_then(|(year, rest)| Some((year as i16, rest.strip_prefix(b" ")?)));
        let (year, after) = match with_year {
            Some((year, after)) => (Some(year), after),
            None => (None, after),
        };
        let (clock, rest) = clock(after)?;
        // Aruba and others write the year behind the clock.
        let behind = || {
            rest.strip_prefix(b" ")
                .and_then(|rest| number(rest, 4, 4))
                .filter(|(year, rest)| (1990..2100).contains(year) && rest.starts_with(b" "))
        };
        let (year, rest) = match (year, behind()) {
            (None, Some((year, rest))) => (Some(year as i16), rest),
            _ => (year, rest),
        };
        let year = year.unwrap_or_else(|| self.guess_year(month, day as i8));
        let at = self.zoned(DateTime::new(year, month, day as i8, clock.0, clock.1, clock.2, clock.3).ok()?)?;
        self.remember(text, rest, at, Form::Bsd);
        Some((at, rest))
    }

    /// `2026-11-20T09:42:48.123+09:00`, also with a space, a comma before the fraction, and without a zone (RFC 3339, ISO 8601).
    pub fn iso<'a>(&mut self, text: &'a [u8]) -> Option<(Timestamp, &'a [u8])> {
        if let Some(rest) = self.repeated(text, Form::Iso) {
            return Some((self.meant?, rest));
        }
        let (year, rest) = number(text, 4, 4)?;
        let separator = rest.first().copied().filter(|byte| matches!(byte, b'-' | b'/'))?;
        let (month, rest) = number(&rest[1..], 2, 2)?;
        let (day, rest) = number(rest.strip_prefix(&[separator])?, 2, 2)?;
        let rest = rest.strip_prefix(b"T").or_else(|| rest.strip_prefix(b" "))?;
        let (clock, rest) = clock(rest)?;
        let civil = DateTime::new(year as i16, month as i8, day as i8, clock.0, clock.1, clock.2, clock.3).ok()?;
        let (at, rest) = self.with_zone(civil, rest)?;
        self.remember(text, rest, at, Form::Iso);
        Some((at, rest))
    }

    /// `26/Oct/2006:09:42:48 +0900`, as web servers write it, without its brackets.
    pub fn web<'a>(&mut self, text: &'a [u8]) -> Option<(Timestamp, &'a [u8])> {
        if let Some(rest) = self.repeated(text, Form::Web) {
            return Some((self.meant?, rest));
        }
        let (day, rest) = number(text, 1, 2)?;
        let rest = rest.strip_prefix(b"/").or_else(|| rest.strip_prefix(b"-"))?;
        let (month, rest) = match number(rest, 2, 2) {
            // `26/08/2005`, as ipmon writes it.
            Some((month, rest)) => (month as i8, rest),
            None => {
                let named = |name: &&[u8]| rest.get(..3).is_some_and(|it| it.eq_ignore_ascii_case(name));
                (MONTHS.iter().position(named)? as i8 + 1, rest.get(3..)?)
            }
        };
        let rest = rest.get(1..)?;
        let (year, rest) = number(rest, 4, 4)?;
        let (clock, rest) = clock(rest.get(1..)?)?;
        let civil = DateTime::new(year as i16, month, day as i8, clock.0, clock.1, clock.2, clock.3).ok()?;
        let (at, rest) = self.with_zone(civil, rest)?;
        self.remember(text, rest, at, Form::Web);
        Some((at, rest))
    }

    /// `Wed Oct 11 14:32:52.123456 2000`, C's `ctime`, with a fraction or without.
    pub fn ctime<'a>(&mut self, text: &'a [u8]) -> Option<(Timestamp, &'a [u8])> {
        const DAYS: &[&[u8]] = &[b"Mon ", b"Tue ", b"Wed ", b"Thu ", b"Fri ", b"Sat ", b"Sun "];
        if let Some(rest) = self.repeated(text, Form::Ctime) {
            return Some((self.meant?, rest));
        }
        let behind = DAYS.iter().find_map(|day| text.strip_prefix(*day))?;
        let month = MONTHS.iter().position(|name| behind.starts_with(name))? as i8 + 1;
        let behind = behind.get(3..)?.trim_ascii_start();
        let (day, behind) = number(behind, 1, 2)?;
        let (clock, behind) = clock(behind.strip_prefix(b" ")?)?;
        let (year, rest) = number(behind.strip_prefix(b" ")?, 4, 4)?;
        let at = self.zoned(DateTime::new(year as i16, month, day as i8, clock.0, clock.1, clock.2, clock.3).ok()?)?;
        self.remember(text, rest, at, Form::Ctime);
        Some((at, rest))
    }

    /// A day and a clock that a format has read itself; without a year, it is guessed as that of old syslog.
    pub(crate) fn civil(&mut self, year: Option<i16>, month: i8, day: i8, clock: Clock) -> Option<Timestamp> {
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        let year = year.unwrap_or_else(|| self.guess_year(month, day));
        self.zoned(DateTime::new(year, month, day, clock.0, clock.1, clock.2, clock.3).ok()?)
    }

    /// The time of a record that says none: the latest that it can be, counted as assumed altogether.
    pub const fn undated(&mut self) -> Timestamp {
        self.assumed.years += 1;
        self.assumed.zones += 1;
        self.calendar.latest
    }

    /// Time has passed: records can be later now.
    pub(crate) fn pass(&mut self, now: Timestamp) {
        self.calendar.latest = self.calendar.latest.max(now);
    }

    /// The latest that a record of the source can be.
    pub const fn latest(&self) -> Timestamp {
        self.calendar.latest
    }

    /// Seconds since 1970, with a fraction or without.
    pub fn epoch<'a>(&mut self, text: &'a [u8]) -> Option<(Timestamp, &'a [u8])> {
        let (secs, rest) = number(text, 9, 11)?;
        let (nanos, rest) = fraction(rest);
        Some((Timestamp::from_secs(secs) + Interval::from_nanos(nanos.into()), rest))
    }

    fn with_zone<'a>(&mut self, civil: DateTime, rest: &'a [u8]) -> Option<(Timestamp, &'a [u8])> {
        let tight = rest.strip_prefix(b" ").unwrap_or(rest);
        if let Some(rest) = tight.strip_prefix(b"Z") {
            return Some((instant(civil, &TimeZone::UTC)?, rest));
        }
        let sign = match tight.first() {
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return Some((self.zoned(civil)?, rest)),
        };
        // `2006-10-26 09:42:48 - said`: a dash that begins no zone.
        let Some((hours, after)) = number(&tight[1..], 2, 2) else { return Some((self.zoned(civil)?, rest)) };
        let (minutes, after) = number(after.strip_prefix(b":").unwrap_or(after), 2, 2).unwrap_or((0, after));
        let offset = Offset::from_seconds(sign * (hours * 3600 + minutes * 60) as i32).ok()?;
        Some((instant(civil, &TimeZone::fixed(offset))?, after))
    }

    fn zoned(&mut self, civil: DateTime) -> Option<Timestamp> {
        self.assumed.zones += 1;
        instant(civil, &self.calendar.zone)
    }

    /// The year of a record that does not say it: that of the record before, unless the year has turned since; for the first, the
    /// latest that it can be.
    fn guess_year(&mut self, month: i8, day: i8) -> i16 {
        self.assumed.years += 1;
        let year = match self.year {
            // December, then January: a new year. January, then December: a record that comes late.
            Some((year, 11..=12)) if month <= 2 => year + 1,
            Some((year, 1..=2)) if month >= 11 => year - 1,
            Some((year, _)) => year,
            None => {
                let latest = jiff::Timestamp::from_second(self.calendar.latest.nanos() / 1_000_000_000).unwrap_or(jiff::Timestamp::MAX);
                let latest = latest.to_zoned(self.calendar.zone.clone()).datetime();
                // A day of grace: clocks and zones differ.
                if (month, day) > (latest.month(), latest.day().saturating_add(1)) { latest.year() - 1 } else { latest.year() }
            }
        };
        self.year = Some((year, month));
        year
    }

    fn repeated<'a>(&self, text: &'a [u8], form: Form) -> Option<&'a [u8]> {
        if self.last.is_empty() || self.form != form {
            return None;
        }
        // The same second with a fraction behind it is another time.
        let longer = |rest: &&[u8]| rest.first().is_some_and(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','));
        text.strip_prefix(&self.last[..]).filter(|rest| !longer(rest))
    }

    fn remember(&mut self, text: &[u8], rest: &[u8], at: Timestamp, form: Form) {
        self.form = form;
        self.last.clear();
        self.last.extend_from_slice(&text[..text.len() - rest.len()]);
        // A time that ends in digits may be the beginning of a longer one.
        if rest.first().is_some_and(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b',')) {
            self.last.clear();
        }
        self.meant = Some(at);
    }
}

fn instant(civil: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    let nanos = zone.to_timestamp(civil).ok()?.as_nanosecond();
    Some(Timestamp::from_nanos(i64::try_from(nanos).ok()?))
}

/// Hour, minute, second, nanosecond.
pub(crate) type Clock = (i8, i8, i8, i32);

/// `09:42:48.123`, also with one digit of the hour behind a space.
pub(crate) fn clock(text: &[u8]) -> Option<(Clock, &[u8])> {
    let (hour, rest) = number(text.strip_prefix(b" ").unwrap_or(text), 1, 2)?;
    let (minute, rest) = number(rest.strip_prefix(b":")?, 2, 2)?;
    let (second, rest) = number(rest.strip_prefix(b":")?, 2, 2)?;
    let (nanos, rest) = fraction(rest);
    // A leap second is the last second twice.
    Some(((hour as i8, minute as i8, (second as i8).min(59), nanos), rest))
}

fn fraction(text: &[u8]) -> (i32, &[u8]) {
    let Some(digits) = text.strip_prefix(b".").or_else(|| text.strip_prefix(b",")) else { return (0, text) };
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 {
        return (0, text);
    }
    let nanos =
        (0..9).fold(0, |sum, place| sum * 10 + digits.get(place).filter(|_| place < length).map_or(0, |byte| i32::from(byte - b'0')));
    (nanos, &digits[length..])
}

/// A number of so many digits, and what follows.
pub(crate) fn number(text: &[u8], digits_min: usize, digits_max: usize) -> Option<(i64, &[u8])> {
    let length = text.iter().take(digits_max).take_while(|byte| byte.is_ascii_digit()).count();
    if length < digits_min {
        return None;
    }
    let value = text[..length].iter().fold(0, |sum, byte| sum * 10 + i64::from(byte - b'0'));
    Some((value, &text[length..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Calendar {
        Calendar { zone: TimeZone::UTC, latest: Timestamp::from_secs(secs) }
    }

    #[test]
    fn every_form_means_the_same_second() {
        // 2006-10-26 09:42:48 UTC.
        let expected = Timestamp::from_secs(1_161_855_768);
        let mut stamps = Stamps::new(at(1_161_900_000));
        for (text, rest) in [("Oct 26 09:42:48 host", " host"), ("Oct 26 2006 09:42:48: %", ": %"), ("Oct 26 09:42:48 again", " again")] {
            assert_eq!(stamps.bsd(text.as_bytes()), Some((expected, rest.as_bytes())), "{text}");
        }
        for text in ["2006-10-26T09:42:48Z x", "2006-10-26 18:42:48+09:00 x", "2006-10-26T09:42:48 x", "2006/10/26 09:42:48 x"] {
            assert_eq!(stamps.iso(text.as_bytes()), Some((expected, &b" x"[..])), "{text}");
        }
        assert_eq!(stamps.web(b"26/Oct/2006:18:42:48 +0900]"), Some((expected, &b"]"[..])));
        assert_eq!(stamps.epoch(b"1161855768.000 5"), Some((expected, &b" 5"[..])));
        let half = expected + Interval::from_millis(500);
        assert_eq!(stamps.iso(b"2006-10-26 09:42:48,500 x"), Some((half, &b" x"[..])));
        assert_eq!(stamps.iso(b"2006-10-26 09:42:48 x"), Some((expected, &b" x"[..])));
    }

    #[test]
    fn years_are_counted_from_the_files_own_time() {
        let year = |stamps: &mut Stamps, text: &str| {
            let (at, _) = stamps.bsd(text.as_bytes()).expect("a time");
            model::Civil::of(at).year
        };
        // The file was last written on 2026-02-03.
        let mut stamps = Stamps::new(at(1_770_100_000));
        assert_eq!(year(&mut stamps, "Nov 30 00:00:01 a"), 2025);
        assert_eq!(year(&mut stamps, "Dec 31 23:59:59 a"), 2025);
        assert_eq!(year(&mut stamps, "Jan  1 00:00:00 a"), 2026);
        assert_eq!(year(&mut stamps, "Dec 31 23:59:58 a"), 2025);
        assert_eq!(year(&mut stamps, "Jan  1 00:00:01 a"), 2026);
        assert_eq!(stamps.assumed().years, 5);
    }

    #[test]
    fn what_is_no_time_is_none() {
        let mut stamps = Stamps::default();
        for text in ["", "Oct", "Oct 32 09:42:48", "Oct 26 25:00:00", "Foo 26 09:42:48", "2006-13-01T00:00:00Z", "2006-10-26"] {
            assert_eq!(stamps.bsd(text.as_bytes()).or_else(|| stamps.iso(text.as_bytes())), None, "{text}");
        }
    }
}
