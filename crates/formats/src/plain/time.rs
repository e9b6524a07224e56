//! Times at the beginning of a program's lines, however it writes them.

use crate::Stamps;
use crate::stamp::{MONTHS, clock, number};
use model::Timestamp;

/// A time stands within so many bytes of a line's beginning.
const BEFORE_MAX: usize = 64;

/// The first time near the beginning, and what follows it.
pub(crate) fn find<'a>(text: &'a [u8], stamps: &mut Stamps) -> Option<(Timestamp, &'a [u8])> {
    let mut before = b' ';
    for at in 0..text.len().min(BEFORE_MAX) {
        let here = std::mem::replace(&mut before, text[at]);
        // A time begins where a word does.
        if at > 0 && (here.is_ascii_alphanumeric() || matches!(here, b'.' | b':' | b'-' | b'/')) {
            continue;
        }
        if !(text[at].is_ascii_digit() || text[at].is_ascii_uppercase()) {
            continue;
        }
        if let Some((found, rest)) = one(&text[at..], stamps) {
            let rest = rest.iter().position(|byte| !b"]\")|: -,".contains(byte)).map_or(&[][..], |place| &rest[place..]);
            return Some((found, rest));
        }
    }
    None
}

/// The time that a text is, from its beginning.
pub(crate) fn at(text: &[u8], stamps: &mut Stamps) -> Option<Timestamp> {
    one(text, stamps).map(|(at, _)| at)
}

fn one<'a>(text: &'a [u8], stamps: &mut Stamps) -> Option<(Timestamp, &'a [u8])> {
    let long = |text: &[u8]| text.get(8).is_some();
    if !long(text) {
        return None;
    }
    stamps
        .iso(text)
        .or_else(|| stamps.bsd(text))
        .or_else(|| stamps.ctime(text))
        .or_else(|| stamps.web(text))
        .or_else(|| civil(text, stamps))
        .or_else(|| epoch(text, stamps))
}

/// Seconds since 1970 at a line's beginning, or milliseconds.
fn epoch<'a>(text: &'a [u8], stamps: &mut Stamps) -> Option<(Timestamp, &'a [u8])> {
    let whole = text.iter().take(20).take_while(|byte| byte.is_ascii_digit()).count();
    let ends = text.get(whole).is_none_or(|byte| b" ].,:|\t".contains(byte));
    match whole {
        10 if ends => stamps.epoch(text),
        13 if ends => {
            let millis = std::str::from_utf8(&text[..whole]).ok()?.parse::<i64>().ok()?;
            Some((Timestamp::from_nanos(millis.checked_mul(1_000_000)?), &text[whole..]))
        }
        _ => None,
    }
}

/// The other ways in which programs write days: `30 May 10:03:19`, `Apr-07-12 03:02:01`, `191015  9:46:45`, `01/31/2006 3:04:05 PM`,
/// `Jan 2, 2006 3:04:05 PM`, `2022/02/07 - 10:49:33`, `2013.12.03 10:11:12`.
fn civil<'a>(text: &'a [u8], stamps: &mut Stamps) -> Option<(Timestamp, &'a [u8])> {
    let (year, month, day, rest) = glog(text)
        .or_else(|| spaced(text))
        .or_else(|| day_month(text))
        .or_else(|| month_day(text))
        .or_else(|| dotted(text))
        .or_else(|| slashed(text))
        .or_else(|| tight(text))?;
    let begin = rest.iter().take(4).position(u8::is_ascii_digit)?;
    if !rest[..begin].iter().all(|byte| b" ,-:T".contains(byte)) {
        return None;
    }
    let (mut clock, mut rest) = clock(&rest[begin..])?;
    let half = rest.strip_prefix(b" ").unwrap_or(rest);
    for (mark, hours) in [(&b"AM"[..], 0), (b"PM", 12)] {
        if half.get(..2).is_some_and(|word| word.eq_ignore_ascii_case(mark)) {
            clock.0 = clock.0 % 12 + hours;
            rest = &half[2..];
            break;
        }
    }
    Some((stamps.civil(year, month, day, clock)?, rest))
}

type Day<'a> = (Option<i16>, i8, i8, &'a [u8]);

fn month_of(text: &[u8]) -> Option<i8> {
    let name = text.get(..3)?;
    Some(MONTHS.iter().position(|month| month.eq_ignore_ascii_case(name))? as i8 + 1)
}

/// `I0613 10:22:21.684962`: the level, the month and the day, as Google's libraries write them.
fn glog(text: &[u8]) -> Option<Day<'_>> {
    let rest = text
        .strip_prefix(b"I")
        .or_else(|| text.strip_prefix(b"W"))
        .or_else(|| text.strip_prefix(b"E"))
        .or_else(|| text.strip_prefix(b"F"))?;
    let (month, rest) = number(rest, 2, 2)?;
    let (day, rest) = number(rest, 2, 2)?;
    Some((None, month as i8, day as i8, rest.strip_prefix(b" ")?))
}

/// `27 10 2005`, as the panels of S2's SIM write days.
fn spaced(text: &[u8]) -> Option<Day<'_>> {
    let (day, rest) = number(text, 1, 2)?;
    let (month, rest) = number(rest.strip_prefix(b" ")?, 1, 2)?;
    let (year, rest) = number(rest.strip_prefix(b" ")?, 4, 4)?;
    Some((Some(year as i16), month as i8, day as i8, rest))
}

/// `30 May`, `30 May 2012`, `30-May-2012`.
fn day_month(text: &[u8]) -> Option<Day<'_>> {
    let (day, rest) = number(text, 1, 2)?;
    let rest = rest.strip_prefix(b" ").or_else(|| rest.strip_prefix(b"-"))?;
    let month = month_of(rest)?;
    let rest = rest.get(4..)?;
    match number(rest, 4, 4) {
        Some((year, behind)) => Some((Some(year as i16), month, day as i8, behind)),
        None => Some((None, month, day as i8, rest)),
    }
}

/// `Jan 2, 2006`, `Apr-07-12`, `Jan 2 2006`.
fn month_day(text: &[u8]) -> Option<Day<'_>> {
    let month = month_of(text)?;
    let (day, rest) = number(text.get(4..)?, 1, 2)?;
    let rest = rest.strip_prefix(b", ").or_else(|| rest.strip_prefix(b"-")).or_else(|| rest.strip_prefix(b" "))?;
    match (number(rest, 4, 4), number(rest, 2, 2)) {
        (Some((year, rest)), _) => Some((Some(year as i16), month, day as i8, rest)),
        (None, Some((year, rest))) if !rest.starts_with(b":") => Some((Some(2000 + year as i16), month, day as i8, rest)),
        _ => None,
    }
}

/// `2013.12.03`, `2022/02/07`, `2022-02-07`, behind which no usual clock stands.
fn dotted(text: &[u8]) -> Option<Day<'_>> {
    let (year, rest) = number(text, 4, 4)?;
    let mark = rest.first().copied().filter(|byte| b"./-".contains(byte))?;
    let (month, rest) = number(&rest[1..], 1, 2)?;
    let (day, rest) = number(rest.strip_prefix(&[mark])?, 1, 2)?;
    Some((Some(year as i16), month as i8, day as i8, rest))
}

/// `01/31/2006`, as in the United States; where the first cannot be a month, the second is.
fn slashed(text: &[u8]) -> Option<Day<'_>> {
    let (first, rest) = number(text, 1, 2)?;
    let (second, rest) = number(rest.strip_prefix(b"/")?, 1, 2)?;
    let rest = rest.strip_prefix(b"/")?;
    let (year, rest) = match number(rest, 4, 4) {
        Some(found) => found,
        None => number(rest, 2, 2).map(|(year, rest)| (2000 + year, rest))?,
    };
    let (month, day) = if first > 12 { (second, first) } else { (first, second) };
    Some((Some(year as i16), month as i8, day as i8, rest))
}

/// `191015  9:46:45`, `20191015 09:46:45`.
fn tight(text: &[u8]) -> Option<Day<'_>> {
    let length = text.iter().take(9).take_while(|byte| byte.is_ascii_digit()).count();
    let (year, rest) = match length {
        6 => number(text, 2, 2).map(|(year, rest)| (2000 + year, rest))?,
        8 => number(text, 4, 4)?,
        _ => return None,
    };
    let (month, rest) = number(rest, 2, 2)?;
    let (day, rest) = number(rest, 2, 2)?;
    Some((Some(year as i16), month as i8, day as i8, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Calendar;

    #[test]
    fn times_of_programs_are_found() {
        let calendar = Calendar { latest: Timestamp::from_secs(1_161_900_000), ..Calendar::default() };
        let mut stamps = Stamps::new(calendar);
        for text in [
            "[2006-10-26 09:42:48] said",
            "[1] 2006/10/26 09:42:48 said",
            "26 Oct 09:42:48 * said",
            "98738:M 26 Oct 09:42:48 said",
            "Oct-26-06 09:42:48 said",
            "061026  9:42:48 said",
            "10/26/2006 9:42:48 AM said",
            "Oct 26, 2006 9:42:48 AM said",
            "[GIN] 2006/10/26 - 09:42:48 said",
            "2006.10.26 09:42:48 said",
            "1161855768 said",
            "[Thu Oct 26 09:42:48 2006] said",
            "level=info time=\"2006-10-26T09:42:48Z\" said",
        ] {
            let (at, rest) = find(text.as_bytes(), &mut stamps).expect(text);
            assert_eq!(at, Timestamp::from_secs(1_161_855_768), "{text}");
            assert!(rest.ends_with(b"said"), "{text}: {}", String::from_utf8_lossy(rest));
        }
        for text in ["", "no time at all", "version 1.2.3 of 2006", "10.0.0.5 said"] {
            assert!(find(text.as_bytes(), &mut stamps).is_none(), "{text}");
        }
    }
}
