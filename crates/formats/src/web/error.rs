//! Error logs. nginx: `[error] 7#7: *1 what, client: …, server: …, request: "…"`; Apache 2.2: `[error] [client …] what`; Apache 2.4:
//! `[module:level] [pid 7:tid 8] [client …:port] AH01234: what`. The time before it is the envelope's.

use crate::kinds::device;
use crate::rows::{self, Http, Logon};
use crate::text::{before, between, end, leading, split, word};
use crate::words;
use contract::Record;
use model::Event;

const LEVELS: &[&[u8]] =
    &[b"emerg", b"alert", b"crit", b"error", b"warn", b"notice", b"info", b"debug", b"trace1", b"trace2", b"trace3", b"trace4"];

/// The level, and what follows its bracket.
fn level(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (inside, rest) = split(text.strip_prefix(b"[")?, b']')?;
    let named = split(inside, b':').map_or(inside, |(_, level)| level);
    if LEVELS.contains(&named) || named.starts_with(b"trace") { Some((inside, rest.trim_ascii_start())) } else { None }
}

/// The text to look at: what stands behind the program's own time.
fn text<'a>(record: &Record<'a>) -> &'a [u8] {
    let text = if record.own.starts_with(b"[") { record.own } else { record.text };
    // Behind syslog, nginx writes its own time too: `2006/10/26 09:42:48 [error] …`.
    if text.get(4) == Some(&b'/') && text[0].is_ascii_digit() { word(word(text).1).1 } else { text }
}

/// Whether it is such a line.
pub(super) fn is(record: &Record<'_>) -> bool {
    let said = text(record);
    let Some((inside, rest)) = level(said) else { return false };
    // nginx numbers its processes, Apache names module and process or the client; others that begin with a level are other programs.
    let numbered = leading(rest).is_some_and(|(_, rest)| rest.starts_with(b"#"));
    numbered
        || inside.contains(&b':')
        || rest.starts_with(b"[client ")
        || rest.starts_with(b"[pid ")
        || record.own.len() < record.line.len() && record.line.starts_with(b"[")
}

/// Tells its row.
pub(super) fn tell(record: &Record<'_>, http: Option<&Http>, out: &mut dyn FnMut(Event)) {
    let Some((level, mut said)) = level(text(record)) else { return };
    let at = record.at.unwrap_or(record.latest);
    let (module, level) = split(level, b':').unwrap_or((b"", level));
    let mut source = (None, 0);
    while let Some((inside, rest)) = said.strip_prefix(b"[").and_then(|said| split(said, b']')) {
        if let Some(client) = inside.strip_prefix(b"client ") {
            source = end(client, b':');
        }
        if !inside.starts_with(b"client ") && !inside.starts_with(b"pid ") && !inside.starts_with(b"remote ") {
            break;
        }
        said = rest.trim_ascii_start();
    }
    // Apache may tell an error of the system before the client.
    if source.0.is_none() {
        source = between(said, b"[client ", b"]").map_or((None, 0), |client| end(client, b':'));
    }
    // nginx: `7#7: ` and the connection's number.
    if let Some((_, rest)) = leading(said)
        && let Some(rest) = rest.strip_prefix(b"#").and_then(leading).and_then(|(_, rest)| rest.strip_prefix(b": "))
    {
        said = if rest.starts_with(b"*") { word(rest).1 } else { rest };
        // The last one is nginx's own: what stands before it may quote what a client sent.
        let place = memchr::memmem::rfind(said, b"client: ");
        source = place.map_or((None, 0), |place| end(before(&said[place + 8..], b",").trim_ascii(), b':'));
    }
    let numbered = word(said).0.strip_suffix(b":").filter(|word| word.starts_with(b"AH"));
    let (code, said) = numbered.map_or((module, said), |code| (code, word(said).1));
    if let Some(row) = http.and_then(|http| super::access::told_by_error(http, at, source, said)) {
        out(row);
    }
    // What a page's program says of logons.
    let page =
        || words::logon(said).filter(|_| source.0.is_some() && crate::text::has(said, b"PHP message: ")).and_then(|_| words::user(said));
    if let Some(user) = refused(said).or_else(page) {
        let reason = before(said, b", client: ");
        let logon = Logon { service: "http", user, source, action: "logon", success: Some(false), method: b"", reason };
        out(logon.row(at, record.host));
        return;
    }
    out(rows::told(at, record, "web server", code, source.0, said).with(device::SEVERITY, level));
}

/// The user whom a server refused: nginx's `user "x": password mismatch`, `user "x" was not found in …`; Apache's `user x: authentication
/// failure for …`, `user x not found: …`.
fn refused(said: &[u8]) -> Option<&[u8]> {
    let rest = said.strip_prefix(b"user ")?;
    let end = [&b"\": password mismatch"[..], b"\" was not found in", b": authentication failure for", b" not found: ", b" in realm "]
        .iter()
        .filter_map(|part| memchr::memmem::find(rest, part))
        .min()?;
    let user = &rest[..end];
    Some(user.strip_prefix(b"\"").unwrap_or(user))
}
