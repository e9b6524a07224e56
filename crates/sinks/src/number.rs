//! Numbers, times and addresses as Zeek prints them, appended to a buffer.
//!
//! Source: the shapes in real Zeek's logs. Times and intervals carry six decimals; doubles at most six, without trailing
//! zeros, but always a point.

use model::Addr;
use std::io::Write as _;

/// Appends a whole number.
pub(crate) fn write_int(out: &mut Vec<u8>, value: impl itoa::Integer) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Appends nanoseconds as seconds with exactly six decimals, rounded to the nearest microsecond.
pub(crate) fn write_seconds(out: &mut Vec<u8>, nanos: i64) {
    let micros = (nanos.unsigned_abs() + 500) / 1000;
    if nanos < 0 && micros > 0 {
        out.push(b'-');
    }
    write_int(out, micros / 1_000_000);
    write_micros(out, (micros % 1_000_000) as u32);
}

/// Appends nanoseconds as seconds with one to six decimals, as a JSON number.
pub(crate) fn write_seconds_short(out: &mut Vec<u8>, nanos: i64) {
    write_seconds(out, nanos);
    trim_zeros(out);
}

/// Appends a double: at most six decimals, no trailing zeros but at least one decimal.
pub(crate) fn write_double(out: &mut Vec<u8>, value: f64) {
    let start = out.len();
    // Writing to a Vec cannot fail.
    let _ = write!(out, "{value:.6}");
    if value.is_finite() {
        trim_zeros(out);
    }
    if out[start..] == *b"-0.0" {
        out.remove(start);
    }
}

/// Appends a double as JSON: the shortest form that reads back as the same number, `null` where there is none.
pub(crate) fn write_double_json(out: &mut Vec<u8>, value: f64) {
    const POINT_SHIFTS: f64 = 1e21;
    const SMALLEST_PLAIN: f64 = 1e-6;
    if !value.is_finite() {
        out.extend_from_slice(b"null");
    } else if value != 0.0 && (value.abs() >= POINT_SHIFTS || value.abs() < SMALLEST_PLAIN) {
        let _ = write!(out, "{value:e}");
    } else {
        let _ = write!(out, "{value:?}");
    }
}

/// Appends an address as `inet_ntop` writes it: like the standard library, but `::1.2.3.4` for the old form of an IPv4
/// address in IPv6 (RFC 4291 section 2.5.5.1).
pub(crate) fn write_addr(out: &mut Vec<u8>, addr: Addr) {
    let octets = addr.octets();
    let dotted = |out: &mut Vec<u8>| {
        for (at, octet) in octets[12..].iter().enumerate() {
            if at > 0 {
                out.push(b'.');
            }
            write_int(out, *octet);
        }
    };
    if addr.is_v4() {
        dotted(out);
    } else if octets[..12] == [0; 12] && octets[12..14] != [0, 0] {
        out.extend_from_slice(b"::");
        dotted(out);
    } else {
        let _ = write!(out, "{addr}");
    }
}

fn write_micros(out: &mut Vec<u8>, micros: u32) {
    let mut text = *b".000000";
    let mut rest = micros;
    for digit in text[1..].iter_mut().rev() {
        *digit += (rest % 10) as u8;
        rest /= 10;
    }
    out.extend_from_slice(&text);
}

/// Takes zeros off the end of a number with decimals, but leaves one decimal.
fn trim_zeros(out: &mut Vec<u8>) {
    while out.ends_with(b"0") && !out.ends_with(b".0") {
        out.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("numbers are ASCII")
    }

    #[test]
    fn times_have_six_decimals() {
        for (nanos, long, short) in [
            (0, "0.000000", "0.0"),
            (1_602_536_538_381_791_000, "1602536538.381791", "1602536538.381791"),
            (-352_463_000, "-0.352463", "-0.352463"),
            (-400, "0.000000", "0.0"),
            (1_500_000_000, "1.500000", "1.5"),
            (i64::MIN, "-9223372036.854776", "-9223372036.854776"),
        ] {
            assert_eq!(text(|out| write_seconds(out, nanos)), long);
            assert_eq!(text(|out| write_seconds_short(out, nanos)), short);
        }
    }

    #[test]
    fn doubles_are_short_but_have_a_point() {
        for (value, tsv, json) in [
            (0.0, "0.0", "0.0"),
            (-0.000_000_01, "0.0", "-1e-8"),
            (100.0 / 3.0, "33.333333", "33.333333333333336"),
            (2.5, "2.5", "2.5"),
            (1e30, "1000000000000000019884624838656.0", "1e30"),
            (f64::NAN, "NaN", "null"),
        ] {
            assert_eq!(text(|out| write_double(out, value)), tsv);
            assert_eq!(text(|out| write_double_json(out, value)), json);
        }
    }

    #[test]
    fn addresses_print_as_zeek_prints_them() {
        for shown in ["1.2.3.4", "255.255.255.255", "0.0.0.0", "::", "::1", "fe80::1", "2001:db8:0:1:1:1:1:1", "::1.2.3.4", "2001:db8::1"] {
            let ip: std::net::IpAddr = shown.parse().expect("a test address");
            assert_eq!(text(|out| write_addr(out, ip.into())), shown);
        }
    }
}
