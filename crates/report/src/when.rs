//! Times of the story on the page: in one zone, which is named.

use model::{Civil, Timestamp};

/// Distance from UTC in minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Zone(i16);

/// The farthest that any place's clock is from UTC, in minutes: 14 hours in Kiribati.
const ZONE_MINUTES_MAX: i16 = 14 * 60;

impl Zone {
    /// From `UTC`, `Z`, `+09:00`, `-0530` or `JST`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "UTC" | "utc" | "Z" => return Some(Self(0)),
            "JST" | "jst" => return Some(Self(540)),
            _ => {}
        }
        let (sign, rest) = if let Some(rest) = text.strip_prefix('+') { (1, rest) } else { (-1, text.strip_prefix('-')?) };
        let digits: String = rest.chars().filter(|symbol| *symbol != ':').collect();
        if digits.len() != 4 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let (hours, minutes): (i16, i16) = (digits.get(..2)?.parse().ok()?, digits.get(2..)?.parse().ok()?);
        let all = sign * (hours * 60 + minutes);
        (minutes < 60 && all.abs() <= ZONE_MINUTES_MAX).then_some(Self(all))
    }

    /// Its name: `UTC`, `UTC+09:00`.
    pub(crate) fn name(self) -> String {
        match self.0 {
            0 => "UTC".to_owned(),
            540 => "JST (UTC+09:00)".to_owned(),
            minutes => format!("UTC{}{:02}:{:02}", if minutes < 0 { '-' } else { '+' }, minutes.abs() / 60, minutes.abs() % 60),
        }
    }

    /// The date, `2020-10-12`.
    pub(crate) fn date(self, micros: i64) -> String {
        let Civil { year, month, day, .. } = self.civil(micros);
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// The time of day, `21:02:18`.
    pub(crate) fn clock(self, micros: i64) -> String {
        let Civil { hour, minute, second, .. } = self.civil(micros);
        format!("{hour:02}:{minute:02}:{second:02}")
    }

    /// Both.
    pub(crate) fn both(self, micros: i64) -> String {
        format!("{} {}", self.date(micros), self.clock(micros))
    }

    fn civil(self, micros: i64) -> Civil {
        let local = micros.saturating_add(i64::from(self.0) * 60_000_000);
        Civil::of(Timestamp::from_nanos(local.saturating_mul(1000)))
    }
}

/// Microseconds since the epoch of the story's `2020-10-12T21:02:18.123456Z`.
pub(crate) fn micros_of(stamp: &str) -> Option<i64> {
    let (date, rest) = stamp.split_once('T')?;
    let (clock, fraction) = rest.strip_suffix('Z')?.split_once('.').unwrap_or((rest.strip_suffix('Z')?, "0"));
    let mut date = date.rsplitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (day, month, year) = (date.next()??, date.next()??, date.next()??);
    let mut clock = clock.splitn(3, ':').map(|part| part.parse::<i64>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || !(0..=400_000).contains(&year) {
        return None;
    }
    // Days from the civil date, with the year beginning in March.
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
    let fraction: String = fraction.chars().chain("000000".chars()).take(6).collect();
    let secs = days.checked_mul(86_400)?.checked_add(hour * 3600 + minute * 60 + second)?;
    secs.checked_mul(1_000_000)?.checked_add(fraction.parse().ok()?)
}

/// How long, in two units at most: `3 min 20 s`.
pub(crate) fn length(micros: i64, lang: crate::Lang) -> String {
    let secs = micros.max(0) / 1_000_000;
    let (d, h, m, s) = (secs / 86_400, secs / 3600 % 24, secs / 60 % 60, secs % 60);
    let units = [(d, "d", "日"), (h, "h", "時間"), (m, "min", "分"), (s, "s", "秒")];
    let first = units.iter().position(|(count, ..)| *count > 0).unwrap_or(3);
    let words: Vec<String> = units
        .iter()
        .skip(first)
        .take(2)
        .enumerate()
        .filter(|(at, (count, ..))| *at == 0 || *count > 0)
        .map(|(_, (count, en, ja))| match lang {
            crate::Lang::En => format!("{count} {en}"),
            crate::Lang::Ja => format!("{count} {ja}"),
        })
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_read_back_in_any_zone() {
        let micros = micros_of("2020-10-12T21:02:18.123456Z").expect("a time");
        assert_eq!(micros, 1_602_536_538_123_456);
        assert_eq!(Zone::default().both(micros), "2020-10-12 21:02:18");
        assert_eq!(Zone::parse("+09:00").expect("a zone").both(micros), "2020-10-13 06:02:18");
        assert_eq!(micros_of("1969-12-31T23:59:59.000000Z"), Some(-1_000_000));
        assert_eq!(micros_of("2024-02-29T00:00:00Z").map(|at| Zone::default().date(at)).as_deref(), Some("2024-02-29"));
        for bad in ["", "x", "2020-13-01T00:00:00Z", "2020-10-12", "2020-10-12T21:02Z"] {
            assert_eq!(micros_of(bad), None, "{bad}");
        }
    }

    #[test]
    fn zones_are_named() {
        for (text, name) in [("Z", "UTC"), ("+0900", "JST (UTC+09:00)"), ("-05:30", "UTC-05:30")] {
            assert_eq!(Zone::parse(text).expect("a zone").name(), name);
        }
        for bad in ["", "9", "+99:00", "+09:99", "Tokyo"] {
            assert_eq!(Zone::parse(bad), None);
        }
    }

    #[test]
    fn lengths_have_two_units() {
        let said = |secs: i64| (length(secs * 1_000_000, crate::Lang::En), length(secs * 1_000_000, crate::Lang::Ja));
        assert_eq!(said(200), ("3 min 20 s".to_owned(), "3 分 20 秒".to_owned()));
        assert_eq!(said(0).0, "0 s");
        assert_eq!(said(86_400).0, "1 d");
    }
}
