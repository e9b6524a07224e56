//! Mail and internet addresses in free text, found as Zeek's `base/utils/{email,addrs}.zeek` finds them.

use model::Addr;
use std::net::{IpAddr, Ipv6Addr};

/// So many addresses are taken from one line.
const ADDRESSES_MAX: usize = 1000;

const fn is_blank(c: u8) -> bool {
    matches!(c, b' ' | b'\t')
}

/// The bare mail addresses in an envelope command.
pub(super) fn envelope(text: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() && found.len() < ADDRESSES_MAX {
        let start = at + usize::from(matches!(text[at], b'<' | b',' | b':') || is_blank(text[at]));
        let local = text[start..].iter().position(|&c| matches!(c, b'<' | b',' | b':' | b'@') || is_blank(c));
        let Some(sign) = local.map(|length| start + length).filter(|&end| end > start && text[end] == b'@') else {
            // No address begins before the character that ended this try.
            at = local.map_or(text.len(), |length| start + length).max(at + 1);
            continue;
        };
        let domain = text[sign + 1..].iter().position(|&c| matches!(c, b'>' | b',' | b';') || is_blank(c));
        let end = domain.map_or(text.len(), |length| sign + 1 + length);
        at = sign + 1;
        if end > sign + 1 {
            found.push(text[start..end].iter().copied().filter(|c| !matches!(c, b'<' | b'>' | b',' | b':' | b';')).collect());
            at = (end + 1).min(text.len());
        }
    }
    found
}

/// The addresses of a header, with their display names.
pub(super) fn header(text: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() && found.len() < ADDRESSES_MAX {
        let rest = &text[at..];
        let until_comma = |from: usize| rest[from..].iter().position(|&c| c == b',').map_or(rest.len(), |length| from + length);
        let quoted = rest.strip_prefix(b"\"").and_then(|inner| memchr::memchr(b'"', inner)).map(|quote| quote + 2);
        let end =
            quoted.map(|from| (from, until_comma(from))).filter(|(from, end)| end > from).map_or(0, |(_, end)| end).max(until_comma(0));
        if end == 0 {
            at += 1;
            continue;
        }
        found.push(rest[..end].trim_ascii());
        at += end;
    }
    found
}

/// An internet address in a text, with the characters beside it.
struct Found {
    addr: Option<Addr>,
    start: usize,
    end: usize,
}

fn next(text: &[u8], from: usize) -> Option<Found> {
    (from..text.len()).find_map(|start| {
        let end = v4_end(&text[start..]).into_iter().chain(v6_end(&text[start..])).max()?;
        let addr = parse(&text[start..start + end]);
        Some(Found { addr, start, end: start + end })
    })
}

/// Leading zeros are borne, and mean nothing.
fn parse(text: &[u8]) -> Option<Addr> {
    let text = str::from_utf8(text).ok()?;
    if text.contains(':') {
        return text.parse::<IpAddr>().ok().map(Addr::from);
    }
    let mut octets = [0; 4];
    for (octet, digits) in octets.iter_mut().zip(text.split('.')) {
        *octet = digits.parse().ok()?;
    }
    Some(Addr::v4(octets))
}

/// The longest dotted quad that `text` begins with.
fn v4_end(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    for place in 0..4 {
        let digits = text[at..].iter().take_while(|c| c.is_ascii_digit()).take(4).count();
        let fits = |length: usize| {
            length < 3 || matches!(text[at..at + 3], [b'0' | b'1', ..] | [b'2', b'0'..=b'4', _] | [b'2', b'5', b'0'..=b'5'])
        };
        if place < 3 {
            if !(1..=3).contains(&digits) || !fits(digits) || text.get(at + digits) != Some(&b'.') {
                return None;
            }
            at += digits + 1;
        } else {
            let length = (1..=digits.min(3)).rev().find(|&length| fits(length))?;
            at += length;
        }
    }
    Some(at)
}

/// The longest IPv6 address that `text` begins with.
fn v6_end(text: &[u8]) -> Option<usize> {
    const LONGEST: usize = 45;
    const SHORTEST: usize = 2;
    let length = text.iter().take(LONGEST).take_while(|c| c.is_ascii_hexdigit() || matches!(c, b':' | b'.')).count();
    if length < SHORTEST || memchr::memchr(b':', &text[..length.min(5)]).is_none() {
        return None;
    }
    (SHORTEST..=length).rev().find(|&end| str::from_utf8(&text[..end]).is_ok_and(|text| text.parse::<Ipv6Addr>().is_ok()))
}

/// All internet addresses in a text; with `wrapped`, only those between brackets of a kind or blanks.
pub(super) fn internet(text: &[u8], wrapped: bool) -> Vec<Addr> {
    let mut found = Vec::new();
    let mut before = 0;
    let mut this = next(text, 0);
    while let Some(Found { addr, start, end }) = this {
        this = next(text, end);
        let after = this.as_ref().map_or(text.len(), |next| next.start);
        let (left, right) = (&text[before..start], &text[end..after]);
        let pair = (left.last().copied(), right.first().copied());
        let wraps = matches!(
            pair,
            (None, None) | (Some(b'['), Some(b']')) | (Some(b'('), Some(b')')) | (Some(b'{'), Some(b'}')) | (Some(b' '), Some(b' '))
        );
        if (wraps || !wrapped) && found.len() < ADDRESSES_MAX {
            found.extend(addr);
        }
        before = end;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn envelopes_give_bare_addresses() {
        let check = |text: &str, expected: &[&str]| {
            let found: Vec<_> = envelope(text.as_bytes()).into_iter().map(|a| String::from_utf8(a).unwrap()).collect();
            assert_eq!(found, expected, "{text}");
        };
        check("FROM:<a@b.com> SIZE=100", &["a@b.com"]);
        check("TO: x@y.org", &["x@y.org"]);
        check("TO:<>", &[]);
        check("TO:<a@b>, <c@d>", &["a@b", "c@d"]);
        check("@@@", &[]);
    }

    #[test]
    fn headers_give_addresses_with_names() {
        let check = |text: &str, expected: &[&str]| {
            let found: Vec<_> = header(text.as_bytes()).into_iter().map(String::from_utf8_lossy).collect();
            assert_eq!(found, expected, "{text}");
        };
        check("\"Doe, J\" <j@x>, b@y", &["\"Doe, J\" <j@x>", "b@y"]);
        check("a@b", &["a@b"]);
        check(",,", &[]);
    }

    #[test]
    fn internet_addresses_are_found_between_brackets() {
        let check = |text: &str, wrapped, expected: &[&str]| {
            let found: Vec<_> = internet(text.as_bytes(), wrapped).iter().map(ToString::to_string).collect();
            assert_eq!(found, expected, "{text}");
        };
        check("from a ([169.254.4.195]) by b ([10.180.121.108]) with id 14.03.0123.003", true, &["169.254.4.195", "10.180.121.108"]);
        check("from x (1.2.3.4:55)", true, &[]);
        check("[10.0.0.4]", false, &["10.0.0.4"]);
        check("[10.000.000.003]", true, &["10.0.0.3"]);
        check("[2001:db8::1]", true, &["2001:db8::1"]);
        check("1.2.3.999", false, &["1.2.3.99"]);
    }
}
