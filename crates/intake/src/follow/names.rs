//! How rotation names files: `syslog.1`, `syslog.2.gz`, `syslog-20261120`, `app-2026-11-20.log`, `access.log.2026-11-20-07`.

/// Endings of packed files.
const PACKED: [&[u8]; 2] = [b".gz", b".zst"];

/// Digits of a generation's number at most; more are a date.
const NUMBER_DIGITS_MAX: usize = 4;

/// The name of the log that a file belongs to: its own without what rotation adds. A name that rotation never gives is its own.
pub(super) fn base(name: &[u8]) -> Vec<u8> {
    let plain = PACKED.iter().find_map(|ending| name.strip_suffix(*ending)).filter(|rest| !rest.is_empty()).unwrap_or(name);
    if let Some(log) = without_generation(plain) {
        return log.to_vec();
    }
    // The generation before the extension: `app-20261120.log`.
    if let Some(dot) = plain.iter().rposition(|byte| *byte == b'.')
        && let (stem, extension) = plain.split_at(dot)
        && !extension[1..].is_empty()
        && extension[1..].iter().all(u8::is_ascii_alphabetic)
        && let Some(log) = without_generation(stem)
    {
        return [log, extension].concat();
    }
    plain.to_vec()
}

/// Whether rotation made a name of another.
pub(super) fn is_rotated(name: &[u8]) -> bool {
    base(name) != name
}

/// The number of a generation, for the order of files with the same time: higher is older.
pub(super) fn generation(name: &[u8]) -> u32 {
    let plain = PACKED.iter().find_map(|ending| name.strip_suffix(*ending)).unwrap_or(name);
    let digits = plain.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let number = &plain[plain.len() - digits..];
    if (1..=NUMBER_DIGITS_MAX).contains(&digits) { number.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0')) } else { 0 }
}

/// A name without `.1` or a date behind it, if there is one.
fn without_generation(name: &[u8]) -> Option<&[u8]> {
    let digits = name.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (log, _) = name.split_at(name.len() - digits);
    if (1..=NUMBER_DIGITS_MAX).contains(&digits)
        && let Some(log) = log.strip_suffix(b".")
        && !log.is_empty()
        && !ends_in_number(log)
    {
        return Some(log);
    }
    // A date, perhaps with a time: from the last separator behind which only digits and their separators stand.
    let dated = name.iter().rev().take_while(|byte| byte.is_ascii_digit() || b"-_.:T".contains(byte)).count();
    let at = name.len() - dated;
    let (log, date) = name.split_at(at);
    let is_date = date.first().is_some_and(|byte| b"-_.".contains(byte))
        && (date[1..].starts_with(b"19") || date[1..].starts_with(b"20"))
        && date.len() > 4
        && date[1..5].iter().all(u8::is_ascii_digit)
        && date.iter().filter(|byte| byte.is_ascii_digit()).count() >= 8;
    (is_date && !log.is_empty()).then_some(log)
}

/// Whether a name ends in a number behind a dot: `10.0.0.1` is a host, and no generation of `10.0.0`.
fn ends_in_number(name: &[u8]) -> bool {
    let digits = name.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && (digits == name.len() || name[name.len() - digits - 1] == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotated_names_lead_to_their_log() {
        let names = [
            ("syslog", "syslog"),
            ("syslog.1", "syslog"),
            ("syslog.12.gz", "syslog"),
            ("syslog.1.zst", "syslog"),
            ("syslog-20261120", "syslog"),
            ("syslog-20261120.gz", "syslog"),
            ("syslog-20261120-1795200000.gz", "syslog"),
            ("access.log.2026-11-20-07", "access.log"),
            ("access.log.1", "access.log"),
            ("app-20261120.log", "app.log"),
            ("app-2026-11-20.log.gz", "app.log"),
            ("app_2026-11-20T10:11:12.log", "app.log"),
            ("conn.log", "conn.log"),
            ("host10", "host10"),
            ("host-10", "host-10"),
            ("192.168.1.10", "192.168.1.10"),
            ("fw-10.200.30.40.log", "fw-10.200.30.40.log"),
            ("fw1.log", "fw1.log"),
            ("packed.log.gz", "packed.log"),
            (".gz", ".gz"),
            ("1", "1"),
            ("20261120", "20261120"),
            ("", ""),
        ];
        for (name, log) in names {
            assert_eq!(String::from_utf8(base(name.as_bytes())).unwrap(), log, "{name}");
        }
        assert!(is_rotated(b"syslog.1") && !is_rotated(b"syslog"));
        assert_eq!([generation(b"a.1"), generation(b"a.12.gz"), generation(b"a"), generation(b"a-20261120")], [1, 12, 0, 0]);
    }
}
