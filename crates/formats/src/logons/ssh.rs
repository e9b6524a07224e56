//! OpenSSH's and dropbear's messages.

use crate::rows::Logon;
use crate::text::{addr, after, before, between, end, has, port, split, word, word_after, words};
use model::Addr;

/// `… from 10.0.0.5 port 1036`: the last `from`, since a user may call himself anything.
fn source(text: &[u8]) -> (Option<Addr>, u16) {
    let Some(place) = memchr::memmem::rfind(text, b" from ").or_else(|| memchr::memmem::rfind(text, b" FROM ")) else { return (None, 0) };
    let (host, rest) = word(&text[place + 6..]);
    let host = host.strip_suffix(b":").or_else(|| host.strip_suffix(b",")).unwrap_or(host);
    let number = rest.strip_prefix(b"port ").and_then(|rest| port(trimmed(word(rest).0)));
    (addr(host), number.unwrap_or_default())
}

fn trimmed(word: &[u8]) -> &[u8] {
    word.strip_suffix(b":").or_else(|| word.strip_suffix(b",")).unwrap_or(word)
}

/// An address that a message names anywhere.
pub(super) fn address(text: &[u8]) -> Option<Addr> {
    words(text).find_map(|word| {
        let word = trimmed(word.strip_prefix(b"(").and_then(|word| word.strip_suffix(b")")).unwrap_or(word));
        if word.contains(&b'.') || word.contains(&b':') { addr(word) } else { None }
    })
}

/// The user before the last ` from `.
fn user_before_source(text: &[u8]) -> &[u8] {
    let place = memchr::memmem::rfind(text, b" from ").unwrap_or(text.len());
    text[..place].trim_ascii()
}

fn logon<'a>(user: &'a [u8], source: (Option<Addr>, u16), success: bool, method: &'a [u8], reason: &'a [u8]) -> Logon<'a> {
    Logon { service: "ssh", user, source, action: "logon", success: Some(success), method, reason }
}

/// What sshd says, where it is about a logon.
pub(super) fn said(text: &[u8]) -> Option<Logon<'_>> {
    let text = text.strip_prefix(b"error: ").or_else(|| text.strip_prefix(b"fatal: ")).unwrap_or(text);
    let text = text.strip_suffix(b" [preauth]").unwrap_or(text);
    if let Some(rest) = text.strip_prefix(b"Accepted ") {
        let (method, rest) = word(rest);
        return Some(logon(user_before_source(rest.strip_prefix(b"for ")?), source(text), true, method, b""));
    }
    if let Some(rest) = text.strip_prefix(b"Failed ") {
        let (method, rest) = word(rest);
        let who = rest.strip_prefix(b"for ")?;
        let (who, reason) = match who.strip_prefix(b"invalid user ").or_else(|| who.strip_prefix(b"illegal user ")) {
            Some(who) => (who, &b"invalid user"[..]),
            None => (who, &b""[..]),
        };
        return Some(logon(user_before_source(who), source(text), false, method, reason));
    }
    refused(text).or_else(|| ended(text))
}

fn refused(text: &[u8]) -> Option<Logon<'_>> {
    for prefix in [&b"Invalid user "[..], b"Illegal user "] {
        // The user's name may be empty, or hold spaces.
        if let Some(rest) = text.strip_prefix(prefix) {
            let user = if has(rest, b" from ") || !rest.starts_with(b"from ") { user_before_source(rest) } else { b"" };
            return Some(logon(user, source(text), false, b"", b"invalid user"));
        }
    }
    if let Some(rest) = text.strip_prefix(b"PAM: ") {
        let (reason, who) = (before(rest, b" for "), after(rest, b" for ")?);
        let who = who.strip_prefix(b"illegal user ").unwrap_or(who);
        let from = before(text, b" via ");
        return Some(logon(user_before_source(before(who, b" via ")), source(from), false, b"pam", reason));
    }
    if let Some(rest) = text.strip_prefix(b"User ")
        && let Some((who, reason)) = rest_split(rest, b" not allowed because ")
    {
        return Some(logon(user_before_source(who), source(before(text, b" not allowed")), false, b"", reason));
    }
    if let Some(rest) = text.strip_prefix(b"maximum authentication attempts exceeded for ") {
        let who = rest.strip_prefix(b"invalid user ").unwrap_or(rest);
        return Some(logon(user_before_source(who), source(text), false, b"", b"too many attempts"));
    }
    if text.starts_with(b"ROOT LOGIN REFUSED") {
        return Some(logon(b"root", source(text), false, b"", b"root is refused"));
    }
    if let Some(rest) = text.strip_prefix(b"refused connect from ") {
        let inside = between(rest, b"(", b")").unwrap_or(rest);
        return Some(logon(b"", (addr(inside), 0), false, b"", b"refused by the wrapper"));
    }
    None
}

fn rest_split<'a>(text: &'a [u8], part: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let place = memchr::memmem::find(text, part)?;
    Some((&text[..place], &text[place + part.len()..]))
}

/// Disconnects and closed connections; those that name their user end a logon, or an attempt.
fn ended(text: &[u8]) -> Option<Logon<'_>> {
    const BEGINNINGS: &[&[u8]] = &[
        b"Disconnected from ",
        b"Connection closed by ",
        b"Connection reset by ",
        b"Received disconnect from ",
        b"Disconnecting ",
        b"Connection from ",
        b"Did not receive identification string from ",
        b"Bad protocol version identification ",
    ];
    let rest = BEGINNINGS.iter().find_map(|beginning| text.strip_prefix(*beginning))?;
    if text.starts_with(b"Connection from ") || text.starts_with(b"Bad") || text.starts_with(b"Did") {
        return None;
    }
    let (attempt, rest) = match rest.strip_prefix(b"authenticating user ") {
        Some(rest) => (Some("while authenticating"), rest),
        None => match rest.strip_prefix(b"invalid user ") {
            Some(rest) => (Some("invalid user"), rest),
            None => (None, rest),
        },
    };
    let user = match (attempt, rest.strip_prefix(b"user ")) {
        (Some(_), _) => rest,
        (None, Some(rest)) => rest,
        (None, None) => {
            return Some(Logon { service: "ssh", source: at_beginning(rest), action: "logoff", reason: reason(text), ..Logon::default() });
        }
    };
    let (name, behind) = word(user);
    let source = at_beginning(behind);
    let reason = attempt.map_or_else(|| reason(text), str::as_bytes);
    Some(Logon { service: "ssh", user: name, source, action: "logoff", success: None, method: b"", reason })
}

fn reason(text: &[u8]) -> &[u8] {
    text.split(|byte| *byte == b':')
        .next_back()
        .filter(|part| part.len() < text.len() && part.starts_with(b" "))
        .map_or(b"", <[u8]>::trim_ascii)
}

/// `10.0.0.5 port 1036: …`.
fn at_beginning(rest: &[u8]) -> (Option<Addr>, u16) {
    let (host, behind) = word(rest);
    let number = behind.strip_prefix(b"port ").map(|rest| word(rest).0);
    let number = number.map(|number| split(number, b':').map_or(number, |(number, _)| number)).and_then(|number| port(trimmed(number)));
    (addr(trimmed(host)), number.unwrap_or_default())
}

/// What dropbear says, where it is about a logon.
pub(super) fn dropbear(text: &[u8]) -> Option<Logon<'_>> {
    let text = text.strip_prefix(b"[").and_then(|text| split(text, b']')).map_or(text, |(_, rest)| rest.trim_ascii_start());
    let lower = text.to_ascii_lowercase();
    let source = end(word_after(text, b" from ").map(trimmed)?, b':');
    let user = between(text, b"'", b"'").unwrap_or_default();
    match () {
        () if lower.starts_with(b"bad password attempt") || lower.starts_with(b"login attempt for nonexistent user") => {
            Some(logon(user, source, false, b"password", b""))
        }
        () if lower.starts_with(b"exit before auth") || lower.starts_with(b"max auth tries") => {
            Some(logon(user, source, false, b"", b"left before it succeeded"))
        }
        () if has(&lower, b"auth succeeded") => Some(logon(user, source, true, word(text).0, b"")),
        () => None,
    }
}
