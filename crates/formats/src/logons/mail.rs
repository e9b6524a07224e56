//! Logons to mailboxes: dovecot, Courier, Cyrus, UW-IMAP; and to FTP daemons.

use crate::rows::Logon;
use crate::text::{addr, after, before, between, end, has, number, split, word, word_after};

/// What a mailbox's server says, where it is about a logon.
pub(super) fn said<'a>(program: &'a [u8], text: &'a [u8]) -> Option<Logon<'a>> {
    if program == b"dovecot" || program == b"auth-worker" {
        return dovecot(text);
    }
    courier(program, text).or_else(|| uw(program, text))
}

fn protocol(name: &[u8]) -> &'static str {
    const NAMES: &[&str] = &["imap", "pop3", "submission", "managesieve", "lmtp"];
    NAMES.iter().find(|known| has(name, known.as_bytes())).copied().unwrap_or("mail")
}

/// `imap-login: Login: user=<x>, method=PLAIN, rip=10.0.0.5, lip=…`, `imap-login: Disconnected (auth failed, 3 attempts in 6 secs): …`,
/// `auth: passwd-file(x,10.0.0.5): unknown user`.
fn dovecot(text: &[u8]) -> Option<Logon<'_>> {
    let place = memchr::memmem::find(text, b": ")?;
    let (part, rest) = (&text[..place], text[place + 2..].trim_ascii_start());
    let rest = rest.strip_prefix(b"Info: ").unwrap_or(rest);
    if part.ends_with(b"-login") {
        let field = |name: &[u8]| after(rest, name).map(|rest| before(before(rest, b","), b" "));
        let user = between(rest, b"user=<", b">").unwrap_or_default();
        let source = (field(b"rip=").and_then(addr), 0);
        let method = field(b"method=").unwrap_or_default();
        let success = if rest.starts_with(b"Login") {
            true
        } else if has(rest, b"auth failed") || has(rest, b"Aborted login") || has(rest, b"unknown user") {
            false
        } else {
            return None;
        };
        let reason = if success { &b""[..] } else { between(rest, b"(", b")").unwrap_or(rest) };
        return Some(Logon { service: protocol(part), user, source, action: "logon", success: Some(success), method, reason });
    }
    if part.starts_with(b"auth") {
        let rest = after(rest, b"Error: ").unwrap_or(rest);
        let inside = between(rest, b"(", b")")?;
        let refused = [
            &b"unknown user"[..],
            b"Password mismatch",
            b"assword mismatch",
            b"invalid credentials",
            b"Authentication failure",
            b"login attempt",
        ];
        if !refused.iter().any(|words| has(rest, words)) {
            return None;
        }
        let mut parts = inside.split(|byte| *byte == b',');
        let user = parts.next()?;
        let source = (parts.next().and_then(addr), 0);
        let reason = after(rest, b"): ").unwrap_or_default();
        return Some(Logon { service: "mail", user, source, action: "logon", success: Some(false), method: b"", reason });
    }
    // `imap(x): Disconnected: Logged out`.
    let user = between(part, b"(", b")")?;
    let user = split(user, b',').map_or(user, |(user, _)| user);
    (rest.starts_with(b"Disconnected") || rest.starts_with(b"Logged out") || rest.starts_with(b"Connection closed")).then(|| Logon {
        service: protocol(part),
        user,
        action: "logoff",
        reason: rest,
        ..Logon::default()
    })
}

/// `LOGIN FAILED, user=x, ip=[::ffff:10.0.0.5]`, `LOGIN, user=x, ip=…`, `LOGOUT, user=x, …`.
fn courier<'a>(program: &'a [u8], text: &'a [u8]) -> Option<Logon<'a>> {
    let (said, rest) = split(text, b',')?;
    let (action, success) = match said {
        b"LOGIN" => ("logon", Some(true)),
        b"LOGIN FAILED" => ("logon", Some(false)),
        b"LOGOUT" | b"DISCONNECTED" | b"TIMEOUT" => ("logoff", None),
        _ => return None,
    };
    let field = |name: &[u8]| after(rest, name).map(|rest| before(rest, b","));
    let ip = between(rest, b"ip=[", b"]").and_then(addr);
    let number = between(rest, b"port=[", b"]").and_then(number).and_then(|number| u16::try_from(number).ok());
    let method = field(b"method=").unwrap_or_default();
    let user = field(b"user=").unwrap_or_default();
    Some(Logon { service: protocol(program), user, source: (ip, number.unwrap_or_default()), action, success, method, reason: b"" })
}

/// UW-IMAP and Cyrus: `Login failed user=x auth=x host=name [10.0.0.5]`, `badlogin: name [10.0.0.5] plaintext x SASL(-13)`, `login: …`.
fn uw<'a>(program: &'a [u8], text: &'a [u8]) -> Option<Logon<'a>> {
    let source = (between(text, b"[", b"]").and_then(addr), 0);
    let row = |user, success, reason| Logon {
        service: protocol(program),
        user,
        source,
        action: "logon",
        success: Some(success),
        method: b"",
        reason,
    };
    if let Some(rest) = text.strip_prefix(b"badlogin: ") {
        let mut behind = crate::text::words(after(rest, b"] ")?);
        let method = behind.next()?;
        let user = behind.next().filter(|word| !word.starts_with(b"[") && !word.starts_with(b"SASL")).unwrap_or_default();
        return Some(Logon { method, ..row(user, false, after(rest, b"SASL").unwrap_or_default()) });
    }
    if let Some(rest) = text.strip_prefix(b"login: ") {
        return Some(row(word(after(rest, b"] ")?).0, true, b""));
    }
    let user = || word_after(text, b"user=").or_else(|| word_after(text, b"auth=")).unwrap_or_default();
    match () {
        () if text.starts_with(b"Login failed ") || text.starts_with(b"Login failure ") || text.starts_with(b"Login excessive") => {
            Some(row(user(), false, b"login failed"))
        }
        () if text.starts_with(b"Login user=") || text.starts_with(b"Authenticated user=") => Some(row(user(), true, b"")),
        () if text.starts_with(b"FAILED LOGIN") => {
            let user = word_after(text, b" FOR ").unwrap_or_default();
            Some(row(user.strip_suffix(b",").unwrap_or(user), false, b"login failed"))
        }
        () => None,
    }
}

/// FTP daemons: `FAIL LOGIN: Client "10.0.0.5"`, `[x] OK LOGIN: Client …`, `USER x (Login failed): …`, `(?@10.0.0.5) [WARNING]
/// Authentication failed for user [x]`.
pub(super) fn ftp(text: &[u8]) -> Option<Logon<'_>> {
    let row = |user, source, success| Logon { service: "ftp", user, source, action: "logon", success: Some(success), ..Logon::default() };
    if has(text, b"LOGIN: Client") {
        let user = memchr::memmem::find(text, b"] OK").or_else(|| memchr::memmem::find(text, b"] FAIL"));
        let user = user.and_then(|place| text[..place].rsplit(|byte| *byte == b'[').next()).unwrap_or_default();
        let client = between(text, b"Client \"", b"\"").and_then(addr);
        return Some(row(user, (client, 0), has(text, b"OK LOGIN")));
    }
    if let Some(user) = between(text, b"Authentication failed for user [", b"]") {
        return Some(row(user, (between(text, b"@", b")").and_then(addr), 0), false));
    }
    if let Some(rest) = after(text, b"USER ") {
        let (user, behind) = word(rest);
        // `host (name[10.0.0.5]) - USER x …`.
        let client = between(text, b"[", b"]").map_or((None, 0), |client| end(client, b'#'));
        let refused = behind.contains(&b'(') || behind.starts_with(b"no such user") || has(behind, b"failed") || has(behind, b"Incorrect");
        let user = user.strip_suffix(b":").unwrap_or(user);
        return (refused || has(behind, b"Login successful")).then(|| row(user, client, !refused || has(behind, b"Login successful")));
    }
    None
}
