//! Dates as HTTP and mail write them (RFC 9110 section 5.6.7, RFC 5322 section 3.3), and as certificates do.

use model::Timestamp;

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

struct Date {
    weekday: &'static str,
    day: i64,
    month: usize,
    year: i64,
    seconds: i64,
}

/// Howard Hinnant's days-to-civil, years from March on so that leap days come last.
fn date(at: Timestamp) -> Date {
    let secs = at.nanos().div_euclid(1_000_000_000);
    let days = secs.div_euclid(86_400);
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let month = if march_month < 10 { march_month + 2 } else { march_month - 10 };
    Date {
        weekday: DAYS[days.rem_euclid(7) as usize],
        day: of_year - (153 * march_month + 2) / 5 + 1,
        month: month as usize,
        year: year_of_era + era * 400 + i64::from(month <= 1),
        seconds: secs.rem_euclid(86_400),
    }
}

fn clock(seconds: i64) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// As HTTP writes it.
pub(crate) fn http_date(at: Timestamp) -> String {
    let date = date(at);
    format!("{}, {:02} {} {} {} GMT", date.weekday, date.day, MONTHS[date.month], date.year, clock(date.seconds))
}

/// As mail writes it, in UTC.
pub(crate) fn mail_date(at: Timestamp) -> String {
    let date = date(at);
    format!("{}, {} {} {} {} +0000", date.weekday, date.day, MONTHS[date.month], date.year, clock(date.seconds))
}

/// As a certificate's UTCTime writes it.
pub(crate) fn utc_time(at: Timestamp) -> String {
    let date = date(at);
    format!("{:02}{:02}{:02}{}Z", date.year % 100, date.month + 1, date.day, clock(date.seconds).replace(':', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_dates() {
        assert_eq!(http_date(Timestamp::from_secs(784_111_777)), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(http_date(Timestamp::from_secs(951_827_696)), "Tue, 29 Feb 2000 12:34:56 GMT");
        assert_eq!(mail_date(Timestamp::from_secs(0)), "Thu, 1 Jan 1970 00:00:00 +0000");
        assert_eq!(utc_time(Timestamp::from_secs(1_735_689_599)), "241231235959Z");
    }
}
