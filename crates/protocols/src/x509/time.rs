//! The two ways in which ASN.1 writes a time (X.680 sections 46 and 47), read with Zeek's tolerance and its complaints.

use super::der::{Element, tag};
use model::Timestamp;

/// A time, or the name of the weird that Zeek raises for it (and logs the epoch itself). Times that are too far away end
/// at the last one that there is.
pub(crate) fn read(time: Element<'_>) -> Result<Timestamp, &'static str> {
    since_epoch(time).map(Timestamp::from_secs)
}

/// The same in seconds since the epoch, however far away.
pub(crate) fn since_epoch(time: Element<'_>) -> Result<i64, &'static str> {
    let (year, rest) = match time.tag {
        tag::UTC_TIME => utc_year(time.body)?,
        tag::GENERALIZED_TIME => {
            if !(12..=23).contains(&time.body.len()) {
                return Err("x509_gen_time_length");
            }
            (number(&time.body[..4]), &time.body[4..])
        }
        _ => return Err("x509_invalid_time_type"),
    };
    let at = |start: usize| rest.get(start..start + 2).map_or(0, number);
    let (seconds, zone) = seconds(rest.get(8..).unwrap_or_default())?;
    let days = days_from_civil(year, at(0), at(2));
    Ok(days * 86_400 + at(4) * 3_600 + at(6) * 60 + seconds + offset(zone)?)
}

fn utc_year(body: &[u8]) -> Result<(i64, &[u8]), &'static str> {
    if !(11..=17).contains(&body.len()) {
        return Err("x509_utc_length");
    }
    if body.last() != Some(&b'Z') {
        return Err("x509_utc_format");
    }
    // Two digits mean 1950 to 2049 (RFC 5280 section 4.1.2.5.1).
    let century = if body[0] < b'5' { 2000 } else { 1900 };
    Ok((century + number(&body[..2]), &body[2..]))
}

/// Seconds, which may be left out, and what follows them and their fraction.
fn seconds(rest: &[u8]) -> Result<(i64, &[u8]), &'static str> {
    match rest {
        [] | [b'Z' | b'-' | b'+', ..] => Ok((0, rest)),
        [tens, ones, rest @ ..] => {
            let fraction = match rest {
                [b'.', digits @ ..] => 1 + digits.iter().take_while(|byte| byte.is_ascii_digit()).count(),
                _ => 0,
            };
            Ok((number(&[*tens, *ones]), &rest[fraction..]))
        }
        _ => Err("x509_time_add_char"),
    }
}

/// The zone's distance in what Zeek takes for seconds: it adds hours times sixty and minutes.
fn offset(zone: &[u8]) -> Result<i64, &'static str> {
    match zone {
        [] | [b'Z', ..] => Ok(0),
        [sign @ (b'+' | b'-'), digits @ ..] if digits.len() >= 4 => {
            let distance = number(&digits[..2]) * 60 + number(&digits[2..4]);
            Ok(if *sign == b'-' { -distance } else { distance })
        }
        _ if zone.len() < 5 => Err("x509_time_offset_underflow"),
        _ => Err("x509_time_offset_type"),
    }
}

fn number(digits: &[u8]) -> i64 {
    digits.iter().fold(0, |sum, &digit| sum * 10 + i64::from(digit) - i64::from(b'0'))
}

/// Days since 1970-01-01 of a date of the Gregorian calendar; months outside 1..=12 run over into other years.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let months = year * 12 + month - 1;
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(tag: u8, text: &str, expected: Result<i64, &'static str>) {
        let time = Element { tag, body: text.as_bytes(), whole: text.as_bytes() };
        assert_eq!(read(time), expected.map(Timestamp::from_secs), "{text}");
    }

    #[test]
    fn both_forms() {
        check(tag::UTC_TIME, "150723151822Z", Ok(1_437_664_702));
        check(tag::UTC_TIME, "4912312359Z", Ok(2_524_607_940));
        check(tag::UTC_TIME, "500101000000Z", Ok(-631_152_000));
        check(tag::GENERALIZED_TIME, "20150723151822Z", Ok(1_437_664_702));
        check(tag::GENERALIZED_TIME, "20150723151822.123Z", Ok(1_437_664_702));
        check(tag::UTC_TIME, "1507231518", Err("x509_utc_length"));
        check(tag::UTC_TIME, "150723151822+0100", Err("x509_utc_format"));
        check(0x0c, "150723151822Z", Err("x509_invalid_time_type"));
    }
}
