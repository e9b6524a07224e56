//! Points in time and lengths of time, in nanoseconds, as captures give them.

use std::fmt;
use std::ops::{Add, Sub};

/// A point in time: nanoseconds since 1970-01-01 00:00:00 UTC. Negative values occur in damaged captures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// A length of time in nanoseconds. Negative values occur where a capture's clock stepped back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval(i64);

impl Timestamp {
    /// The earliest representable time, for "nothing seen yet".
    pub const MIN: Self = Self(i64::MIN);

    /// From nanoseconds since the epoch.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// From whole seconds since the epoch; saturates at the ends of the range (years 1677 and 2262).
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1_000_000_000))
    }

    /// Nanoseconds since the epoch.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// The time since `earlier`, saturating.
    pub const fn since(self, earlier: Self) -> Interval {
        Interval(self.0.saturating_sub(earlier.0))
    }
}

impl Interval {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// From nanoseconds.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// From milliseconds, saturating.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// From whole seconds, saturating.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1_000_000_000))
    }

    /// From seconds with a fraction, saturating; NaN becomes zero.
    pub fn from_secs_f64(secs: f64) -> Self {
        Self((secs * 1e9).round() as i64)
    }

    /// In nanoseconds.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// In seconds.
    pub fn secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

impl Add<Interval> for Timestamp {
    type Output = Self;
    fn add(self, by: Interval) -> Self {
        Self(self.0.saturating_add(by.0))
    }
}

impl Sub for Timestamp {
    type Output = Interval;
    fn sub(self, earlier: Self) -> Interval {
        self.since(earlier)
    }
}

/// Seconds with six decimals, rounded to the nearest microsecond, as Zeek prints both.
fn write_micros(nanos: i64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let micros = (nanos.unsigned_abs() + 500) / 1000;
    let sign = if nanos < 0 && micros > 0 { "-" } else { "" };
    write!(f, "{sign}{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_micros(self.0, f)
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_micros(self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_seconds_with_microseconds() {
        let check = |nanos, expected: &str| assert_eq!(Timestamp::from_nanos(nanos).to_string(), expected);
        check(1_602_536_538_381_791_000, "1602536538.381791");
        check(1_499, "0.000001");
        check(1_500, "0.000002");
        check(-1_500_000, "-0.001500");
        check(i64::MIN, "-9223372036.854776");
    }
}
