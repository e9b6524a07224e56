//! Reading bytes of text: the few cuts that every format makes. All of them are total, and none of them allocates.

use model::Addr;
use std::net::IpAddr;

/// The first word, and what stands behind the spaces that end it.
pub(crate) fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let end = memchr::memchr(b' ', text).unwrap_or(text.len());
    (&text[..end], text[end..].trim_ascii_start())
}

/// All words.
pub(crate) fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b' ').filter(|word| !word.is_empty())
}

/// What stands before the first `at` and behind it.
pub(crate) fn split(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let place = memchr::memchr(at, text)?;
    Some((&text[..place], &text[place + 1..]))
}

/// What stands before the last `at` and behind it.
pub(crate) fn split_last(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let place = memchr::memrchr(at, text)?;
    Some((&text[..place], &text[place + 1..]))
}

/// Whether `part` stands in it.
pub(crate) fn has(text: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(text, part).is_some()
}

/// What stands behind the first `part`.
pub(crate) fn after<'a>(text: &'a [u8], part: &[u8]) -> Option<&'a [u8]> {
    let place = memchr::memmem::find(text, part)?;
    Some(&text[place + part.len()..])
}

/// What stands before the first `part`; everything where it does not stand in it.
pub(crate) fn before<'a>(text: &'a [u8], part: &[u8]) -> &'a [u8] {
    memchr::memmem::find(text, part).map_or(text, |place| &text[..place])
}

/// What stands behind the first `from` and before the next `until`.
pub(crate) fn between<'a>(text: &'a [u8], from: &[u8], until: &[u8]) -> Option<&'a [u8]> {
    let rest = after(text, from)?;
    let end = memchr::memmem::find(rest, until)?;
    Some(&rest[..end])
}

/// The first word behind the first `part`.
pub(crate) fn word_after<'a>(text: &'a [u8], part: &[u8]) -> Option<&'a [u8]> {
    let found = word(after(text, part)?.trim_ascii_start()).0;
    if found.is_empty() { None } else { Some(found) }
}

/// A number with which the text begins, and what follows it.
pub(crate) fn leading(text: &[u8]) -> Option<(u64, &[u8])> {
    let length = text.iter().take(18).take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 {
        return None;
    }
    Some((text[..length].iter().fold(0, |sum, byte| sum * 10 + u64::from(byte - b'0')), &text[length..]))
}

/// A text that is a number and nothing else.
pub(crate) fn number(text: &[u8]) -> Option<u64> {
    leading(text).filter(|(_, rest)| rest.is_empty()).map(|(number, _)| number)
}

/// A text that is a port's number.
pub(crate) fn port(text: &[u8]) -> Option<u16> {
    number(text).and_then(|number| u16::try_from(number).ok())
}

/// A text that is an address, in brackets or not, with an IPv6 zone or without.
pub(crate) fn addr(text: &[u8]) -> Option<Addr> {
    /// The longest IPv6 address in words, with an IPv4 address in it.
    const BYTES_MAX: usize = 45;
    let text = text.strip_prefix(b"[").and_then(|text| text.strip_suffix(b"]")).unwrap_or(text);
    if text.len() < 2 || text.len() > BYTES_MAX * 2 || !(text[0].is_ascii_hexdigit() || text[0] == b':') {
        return None;
    }
    let text = split(text, b'%').map_or(text, |(addr, _)| addr);
    let text = text.strip_prefix(b"::ffff:").filter(|rest| rest.contains(&b'.')).unwrap_or(text);
    std::str::from_utf8(text).ok()?.parse::<IpAddr>().ok().map(Addr::from)
}

/// An address with a port behind it: `10.0.0.5:80`, `[2001:db8::5]:80`, `10.0.0.5#80`, `10.0.0.5,80`, `10.0.0.5.80` (where `mark` is
/// what stands between). Without the mark, all of it is the address.
pub(crate) fn end(text: &[u8], mark: u8) -> (Option<Addr>, u16) {
    if let Some((host, behind)) = split_last(text, mark)
        && let Some(port) = port(behind)
        && let Some(addr) = addr(host)
    {
        return (Some(addr), port);
    }
    (addr(text), 0)
}

/// `name=value` pairs: values in quotes (with `\"` inside), or up to the next space.
pub(crate) struct Pairs<'a> {
    rest: &'a [u8],
}

/// The pairs of a text; words without `=` are passed over.
pub(crate) const fn pairs(text: &[u8]) -> Pairs<'_> {
    Pairs { rest: text }
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            self.rest = self.rest.trim_ascii_start();
            if self.rest.is_empty() {
                return None;
            }
            let stop = self.rest.iter().position(|byte| matches!(byte, b'=' | b' ')).unwrap_or(self.rest.len());
            let (name, behind) = self.rest.split_at(stop);
            let Some(behind) = behind.strip_prefix(b"=") else {
                self.rest = behind;
                continue;
            };
            let (value, rest) = match behind.strip_prefix(b"\"") {
                Some(inside) => quoted(inside),
                None => behind.split_at(memchr::memchr(b' ', behind).unwrap_or(behind.len())),
            };
            self.rest = rest;
            return Some((name, value));
        }
    }
}

/// What stands before the closing quote, and what follows it; `\"` closes nothing.
pub(crate) fn quoted(inside: &[u8]) -> (&[u8], &[u8]) {
    let mut from = 0;
    while let Some(place) = memchr::memchr2(b'"', b'\\', &inside[from..]) {
        let at = from + place;
        if inside[at] == b'"' {
            return (&inside[..at], &inside[at + 1..]);
        }
        from = (at + 2).min(inside.len());
    }
    (inside, &[])
}

/// The fields of a line of CSV; those in quotes without them.
pub(crate) fn fields(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let text = rest?;
        let (field, behind) = match text.strip_prefix(b"\"") {
            Some(inside) => quoted(inside),
            None => text.split_at(memchr::memchr(b',', text).unwrap_or(text.len())),
        };
        rest = memchr::memchr(b',', behind).map(|place| &behind[place + 1..]);
        Some(field)
    })
}

/// A text that is not the sign for nothing.
pub(crate) fn told(text: &[u8]) -> Option<&[u8]> {
    if text.is_empty() || text == b"-" { None } else { Some(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_ports_of_every_spelling() {
        let v4 = Some(Addr::v4([10, 0, 0, 5]));
        let v6 = "2001:db8::5".parse::<IpAddr>().ok().map(Addr::from);
        for (text, mark, expected) in [
            (&b"10.0.0.5:80"[..], b':', (v4, 80)),
            (b"10.0.0.5.80", b'.', (v4, 80)),
            (b"10.0.0.5", b'.', (v4, 0)),
            (b"10.0.0.5#80", b'#', (v4, 80)),
            (b"[2001:db8::5]:80", b':', (v6, 80)),
            (b"2001:db8::5", b':', (v6, 0)),
            (b"2001:db8::5.80", b'.', (v6, 80)),
            (b"::ffff:10.0.0.5", b'#', (v4, 0)),
            (b"xxx.0.0.5:80", b':', (None, 0)),
        ] {
            assert_eq!(end(text, mark), expected, "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn pairs_and_fields_are_cut_where_they_end() {
        let all: Vec<_> = pairs(b"word a=1 b=\"two \\\" three\" c= d=4").collect();
        assert_eq!(all, [(&b"a"[..], &b"1"[..]), (b"b", b"two \\\" three"), (b"c", b""), (b"d", b"4")]);
        let all: Vec<_> = fields(b"1,,\"a, b\",end").collect();
        assert_eq!(all, [&b"1"[..], b"", b"a, b", b"end"]);
    }
}
