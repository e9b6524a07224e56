//! Numbers with their units, as both languages write them.

use model::{Civil, Interval, Timestamp};

/// A number with its thousands apart.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3 + 1);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number of bytes, exact while it is short.
pub(crate) fn size(number: u64, word: &str) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if number < 1_000_000 {
        return format!("{} {word}", grouped(number));
    }
    let (mut value, mut unit) = (number as f64 / 1_000_000.0, 1);
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let decimals = if value < 10.0 { 1 } else { 0 };
    format!("{value:.decimals$} {}", UNITS[unit])
}

/// The words of a language for lengths of time.
pub(crate) struct Units {
    pub(crate) millis: &'static str,
    pub(crate) secs: &'static str,
    pub(crate) mins: &'static str,
    pub(crate) hours: &'static str,
    pub(crate) days: &'static str,
}

/// English, with the space before the unit.
pub(crate) const EN: Units = Units { millis: " ms", secs: " s", mins: " min", hours: " h", days: " d" };
/// Japanese.
pub(crate) const JA: Units = Units { millis: " ミリ秒", secs: " 秒", mins: " 分", hours: " 時間", days: " 日" };

/// A length of time in its two largest units.
pub(crate) fn length(time: Interval, units: &Units) -> String {
    let millis = time.nanos().max(0) / 1_000_000;
    let Units { secs, mins, hours, days, .. } = units;
    let whole = (millis + 500) / 1_000;
    match whole {
        0 if (1..100).contains(&millis) => format!("{millis}{}", units.millis),
        0..120 if millis % 1_000 != 0 || millis == 0 => format!("{:.1}{secs}", millis as f64 / 1000.0),
        0..120 => format!("{whole}{secs}"),
        120..3_600 if whole % 60 == 0 => format!("{}{mins}", whole / 60),
        120..3_600 => format!("{}{mins} {}{secs}", whole / 60, whole % 60),
        3_600..86_400 => format!("{}{hours} {}{mins}", whole / 3_600, whole / 60 % 60),
        _ => format!("{}{days} {}{hours}", whole / 86_400, whole / 3_600 % 24),
    }
}

/// A time of day, with the date where it is another day than `beside`.
pub(crate) fn clock(at: Timestamp, beside: Timestamp) -> String {
    let Civil { year, month, day, hour, minute, second } = Civil::of(at);
    let other = Civil::of(beside);
    let time = format!("{hour:02}:{minute:02}:{second:02}");
    if (year, month, day) == (other.year, other.month, other.day) { time } else { format!("{year:04}-{month:02}-{day:02} {time}") }
}

/// A date.
pub(crate) fn date(at: Timestamp) -> String {
    let Civil { year, month, day, .. } = Civil::of(at);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_carry_their_units() {
        assert_eq!(size(629_760, "bytes"), "629,760 bytes");
        assert_eq!(size(1_250_000, "bytes"), "1.2 MB");
        for (millis, expected) in [(60_233, "60.2 s"), (300_000, "5 min"), (3_661_000, "1 h 1 min"), (250, "0.2 s"), (60_000, "60 s")] {
            assert_eq!(length(Interval::from_millis(millis), &EN), expected);
        }
        assert_eq!(length(Interval::from_secs(90_000), &JA), "1 日 1 時間");
        let at = Timestamp::from_secs(1_602_536_538);
        assert_eq!((clock(at, at).as_str(), date(at).as_str()), ("21:02:18", "2020-10-12"));
        assert_eq!(clock(at, at + Interval::from_secs(86_400)), "2020-10-12 21:02:18");
    }
}
