//! su, sudo, PAM, and changes of accounts.

use crate::rows::Logon;
use crate::text::{addr, after, before, between, has, pairs, split, word};

/// Whether PAM says it: `pam_unix(sshd:auth): …`, `(pam_unix) …`, or the same without its module.
pub(super) fn is_pam(text: &[u8]) -> bool {
    text.starts_with(b"pam_")
        || text.starts_with(b"(pam_")
        || text.starts_with(b"PAM ")
        || text.starts_with(b"authentication failure; logname=")
}

/// What PAM says, where it is about a logon: refusals, and sessions that begin and end.
pub(super) fn pam<'a>(program: &'a [u8], text: &'a [u8]) -> Option<Logon<'a>> {
    let inside = between(text, b"(", b")").unwrap_or_default();
    let asked = if inside.contains(&b':') { before(inside, b":") } else { program };
    let service = service(asked);
    if let Some(rest) = after(text, b"authentication failure;") {
        let (mut user, mut asking, mut host) = (&b""[..], &b""[..], &b""[..]);
        for (name, value) in pairs(rest) {
            match name {
                b"user" if user.is_empty() => user = value,
                b"ruser" => asking = value,
                // A name may hold ` rhost=` itself: the first is PAM's own.
                b"rhost" if host.is_empty() => host = value,
                _ => {}
            }
        }
        let user = if user.is_empty() { asking } else { user };
        let source = (addr(host), 0);
        let reason = b"authentication failure";
        return Some(Logon { service, user, source, action: "logon", success: Some(false), method: b"pam", reason });
    }
    for (part, action) in [(&b"session opened for user "[..], "logon"), (b"session closed for user ", "logoff")] {
        if let Some(rest) = after(text, part) {
            let user = word(rest).0;
            let user = split(user, b'(').map_or(user, |(user, _)| user);
            let success = if action == "logon" { Some(true) } else { None };
            return Some(Logon { service, user, action, success, method: b"pam", ..Logon::default() });
        }
    }
    None
}

/// A service by the program that asks PAM.
fn service(program: &[u8]) -> &'static str {
    const NAMES: &[(&[u8], &str)] = &[
        (b"sshd", "ssh"),
        (b"sudo", "sudo"),
        (b"su", "su"),
        (b"login", "console"),
        (b"dovecot", "mail"),
        (b"vsftpd", "ftp"),
        (b"proftpd", "ftp"),
        (b"pure-ftpd", "ftp"),
        (b"cron", "cron"),
        (b"crond", "cron"),
        (b"CRON", "cron"),
        (b"smtp", "smtp"),
        (b"imap", "imap"),
        (b"pop3", "pop3"),
        (b"pop", "pop3"),
        (b"gdm-password", "console"),
        (b"lightdm", "console"),
        (b"systemd-user", "console"),
    ];
    NAMES.iter().find(|(known, _)| *known == program || (known.len() > 3 && program.starts_with(known))).map_or("unix", |(_, name)| name)
}

/// `su`: `(to root) dcid on pts/1`, `Successful su for root by dcid`, `FAILED su for …`, `BAD SU ger to root on …`, `+ pts/1 dcid:root`.
pub(super) fn su(text: &[u8]) -> Option<Logon<'_>> {
    let to = |user, success, reason| Logon {
        service: "su",
        user,
        action: "logon",
        success: Some(success),
        method: b"",
        reason,
        ..Logon::default()
    };
    if let Some(rest) = text.strip_prefix(b"Successful su for ") {
        return Some(to(word(rest).0, true, after(rest, b" by ").unwrap_or_default()));
    }
    if let Some(rest) = text.strip_prefix(b"FAILED su for ").or_else(|| text.strip_prefix(b"FAILED SU (to ")) {
        let user = word(rest).0;
        return Some(to(user.strip_suffix(b")").unwrap_or(user), false, text));
    }
    if let Some(rest) = text.strip_prefix(b"BAD SU ") {
        return Some(to(word(after(rest, b" to ")?).0, false, word(rest).0));
    }
    if let Some(rest) = text.strip_prefix(b"(to ") {
        let (user, by) = split(rest, b')')?;
        return Some(to(user, true, word(by.trim_ascii_start()).0));
    }
    if text.starts_with(b"+ ") || text.starts_with(b"- ") {
        let pair = text.rsplit(|byte| *byte == b' ').next()?;
        let (by, user) = split(pair, b':').or_else(|| split(pair, b'-'))?;
        return Some(to(user, text.starts_with(b"+"), by));
    }
    // `dcid to root on /dev/ttyp1`.
    let (by, rest) = word(text);
    let user = word(rest.strip_prefix(b"to ")?).0;
    has(rest, b" on ").then(|| to(user, true, by))
}

/// `sudo`: `dcid : [why not ;] TTY=… ; PWD=… ; USER=root ; COMMAND=…`.
pub(super) fn sudo(text: &[u8]) -> Option<Logon<'_>> {
    let (by, rest) = (before(text, b" : "), after(text, b" : ")?);
    let refused = !(rest.starts_with(b"TTY=") || rest.starts_with(b"HOST=") || rest.starts_with(b"PWD=") || rest.starts_with(b"CHROOT="));
    let reason = if refused { before(rest, b" ;") } else { after(rest, b"COMMAND=").unwrap_or_default() };
    let method = between(rest, b"USER=", b" ;").unwrap_or_default();
    Some(Logon { service: "sudo", user: by.trim_ascii(), action: "logon", success: Some(!refused), method, reason, ..Logon::default() })
}

/// Accounts that come, go and change: `new user: name=x, UID=…`, `delete user 'x'`, `password changed for x`.
pub(super) fn changed(text: &[u8]) -> Option<Logon<'_>> {
    let user = between(text, b"name=", b",")
        .or_else(|| between(text, b"'", b"'"))
        .or_else(|| after(text, b"password changed for ").map(|rest| word(rest).0))?;
    Some(Logon { service: "account", user, action: "change", success: Some(!has(text, b"failed")), reason: text, ..Logon::default() })
}
