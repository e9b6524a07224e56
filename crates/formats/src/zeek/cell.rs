//! One cell: from text to the value that its column holds.

use model::{Addr, Civil, Interval, Scalar, Timestamp, Uid, Value};
use std::net::IpAddr;

/// Columns that hold ids of connections and files, which link rows.
const IDS: [&str; 14] = [
    "uid",
    "fuid",
    "uids",
    "fuids",
    "conn_uids",
    "orig_fuids",
    "resp_fuids",
    "parent_fuid",
    "tunnel_parents",
    "cert_chain_fuids",
    "client_cert_chain_fuids",
    "rcpt_fuids",
    "inner_fuid",
    "id",
];

/// Whether a column holds ids.
pub(super) fn is_id(column: &str) -> bool {
    IDS.contains(&column)
}

/// The value of a text, by what its column holds; `None` where it is something else.
pub(super) fn scalar(text: &[u8], ty: Scalar, is_id: bool) -> Option<Value> {
    let plain = || std::str::from_utf8(text).ok();
    Some(match ty {
        Scalar::Bool => match text {
            b"T" | b"true" => Value::Bool(true),
            b"F" | b"false" => Value::Bool(false),
            _ => return None,
        },
        Scalar::Count => Value::Count(plain()?.parse().ok()?),
        Scalar::Int => Value::Int(plain()?.parse().ok()?),
        Scalar::Double => Value::Double(plain()?.parse().ok()?),
        Scalar::Time => match time(plain()?) {
            Some(at) => Value::Time(at),
            // Beyond the year 2262.
            None => Value::Double(plain()?.parse().ok().filter(|secs: &f64| secs.is_finite())?),
        },
        Scalar::Interval => Value::Interval(Interval::from_nanos(nanos(plain()?)?)),
        Scalar::Addr => Value::Addr(addr(plain()?)?),
        Scalar::Port => Value::Port(plain()?.parse().ok()?),
        Scalar::String if is_id => match plain().and_then(Uid::parse) {
            Some(id) => Value::Uid(id),
            None => Value::from(text),
        },
        Scalar::String | Scalar::Enum => Value::from(text),
    })
}

fn addr(text: &str) -> Option<Addr> {
    text.parse::<IpAddr>().ok().map(Addr::from)
}

/// Seconds since 1970, or a date and time of ISO 8601.
fn time(text: &str) -> Option<Timestamp> {
    if let Some(nanos) = nanos(text) {
        return Some(Timestamp::from_nanos(nanos));
    }
    let (date, clock) = text.strip_suffix('Z')?.split_once('T')?;
    let mut date = date.splitn(3, '-');
    let day = Civil::midnight(date.next()?.parse().ok()?, date.next()?.parse().ok()?, date.next()?.parse().ok()?)?;
    let mut clock = clock.splitn(3, ':');
    let (hour, minute): (i64, i64) = (clock.next()?.parse().ok()?, clock.next()?.parse().ok()?);
    let seconds = nanos(clock.next()?)?;
    if !(0..24).contains(&hour) || !(0..60).contains(&minute) {
        return None;
    }
    Some(day + Interval::from_secs(hour * 3600 + minute * 60) + Interval::from_nanos(seconds))
}

/// Seconds with a fraction, exactly, in nanoseconds.
fn nanos(text: &str) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(fraction) {
        // Numbers such as 1e-05, which some writers make.
        let float: f64 = text.parse().ok().filter(|float: &f64| float.is_finite())?;
        return Some(Interval::from_secs_f64(float).nanos());
    }
    let mut below = 0;
    for at in 0..9 {
        below = below * 10 + i64::from(fraction.as_bytes().get(at).map_or(0, |digit| digit - b'0'));
    }
    let secs: i64 = whole.parse().ok()?;
    secs.checked_mul(1_000_000_000)?.checked_add(below).map(|nanos| sign * nanos)
}

/// Text without its escapes: `\xHH` and `\\`, where `wanted` says so of the byte.
pub(super) fn unescaped(text: &[u8], wanted: impl Fn(u8) -> bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        rest = match rest {
            [b'\\', b'x', high, low, behind @ ..] => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) if wanted(high << 4 | low) => {
                    out.push(high << 4 | low);
                    behind
                }
                _ => {
                    out.push(*first);
                    after
                }
            },
            [b'\\', b'\\', behind @ ..] if wanted(b'\\') => {
                out.push(b'\\');
                behind
            }
            _ => {
                out.push(*first);
                after
            }
        };
    }
    out
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}
