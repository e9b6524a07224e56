//! `mod_log_forensic`: `+id|GET /path HTTP/1.1|Header:value|…` before a request is served, `-id` behind it. S0 keeps it of its
//! virtual internet.

use crate::rows::{Http, method};
use crate::text::{addr, port, split, split_last, word};
use crate::web::access::Target;
use contract::Record;
use model::Event;

/// The shortest and longest id that `mod_unique_id` and `mod_log_forensic` make.
const ID_BYTES: std::ops::RangeInclusive<usize> = 10..=40;

fn id(text: &[u8]) -> Option<&[u8]> {
    let id = split(text, b'|').map_or(text, |(id, _)| id);
    let fits = ID_BYTES.contains(&id.len()) && id.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_@:.".contains(byte));
    if fits { Some(id) } else { None }
}

/// Whether it is such a line.
pub(super) fn is(text: &[u8]) -> bool {
    match text.first() {
        Some(b'+') => text.contains(&b'|') && id(&text[1..]).is_some(),
        Some(b'-') => id(&text[1..]).is_some_and(|id| id.len() == text.len() - 1),
        _ => false,
    }
}

/// Tells the row of a request; its end says nothing more.
pub(super) fn tell(http: &Http, record: &Record<'_>, out: &mut dyn FnMut(Event)) {
    let Some(begun) = record.text.strip_prefix(b"+") else { return };
    let mut parts = begun.split(|byte| *byte == b'|');
    let (Some(id), Some(request)) = (parts.next(), parts.next()) else { return };
    let (mut host, mut agent, mut referrer) = (&b""[..], &b""[..], &b""[..]);
    for header in parts {
        let Some((name, value)) = split(header, b':') else { continue };
        let value = value.trim_ascii();
        match () {
            () if name.eq_ignore_ascii_case(b"host") => host = value,
            () if name.eq_ignore_ascii_case(b"user-agent") => agent = value,
            () if name.eq_ignore_ascii_case(b"referer") => referrer = value,
            () => {}
        }
    }
    let (verb, rest) = word(request);
    let (url, version) = split_last(rest, b' ').map_or((rest, &b""[..]), |(url, version)| (url, version));
    let target = Target::of(url, verb == b"CONNECT");
    let (named, number) = match split_last(host, b':').map(|(name, number)| (name, port(number))) {
        Some((name, Some(number))) => (name, number),
        _ => (host, target.port),
    };
    let mut row = http.row(record.at.unwrap_or(record.latest), (None, 0), (addr(named), number), id);
    row.set(http.method, method(verb));
    row.set(http.uri, target.path);
    let host = if named.is_empty() { target.host } else { named };
    for (column, text) in [(http.host, host), (http.user_agent, agent), (http.referrer, referrer)] {
        if !text.is_empty() {
            row.set(column, text);
        }
    }
    if let Some(version) = version.strip_prefix(b"HTTP/") {
        row.set(http.version, version);
    }
    out(row);
}
