//! Attempts to log on, whatever the protocol and whichever log tells of them.

use crate::contact::number;
use crate::ends_with;
use contract::seen::{Http, Kerberos, Ntlm, Row, Seen, Smtp, Ssh};
use model::{Addr, Timestamp, Uid, Value};
use std::fmt;

/// Where somebody tries to log on: packets show an address, a host's own log its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Server<'a> {
    /// By address.
    Addr(Addr),
    /// By name, as the log has it.
    Name(&'a [u8]),
}

impl Server<'_> {
    /// A number for it: what is only counted and compared need not be kept.
    pub(super) fn number(self) -> u64 {
        match self {
            Self::Addr(addr) => number(addr),
            Self::Name(name) => crate::hash(&name.to_ascii_lowercase()),
        }
    }

    /// Its address, where it is known.
    pub(super) const fn addr(self) -> Option<Addr> {
        match self {
            Self::Addr(addr) => Some(addr),
            Self::Name(_) => None,
        }
    }
}

impl fmt::Display for Server<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Addr(addr) => addr.fmt(f),
            Self::Name(name) => f.write_str(&String::from_utf8_lossy(name)),
        }
    }
}

impl From<Addr> for Server<'_> {
    fn from(addr: Addr) -> Self {
        Self::Addr(addr)
    }
}

/// An attempt, or several of one connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Logon<'a> {
    pub(super) source: Addr,
    pub(super) server: Server<'a>,
    /// The service's name, as the finding quotes it.
    pub(super) service: &'static str,
    /// The user, by hash; 0 where it is not known.
    pub(super) user: u64,
    pub(super) failures: u32,
    pub(super) success: bool,
    pub(super) at: Timestamp,
    pub(super) uid: Option<Uid>,
}

impl<'a> Logon<'a> {
    /// What an event tells of a logon.
    pub(super) fn of(seen: &Seen<'a>) -> Option<Self> {
        match seen {
            Seen::Ssh(ssh) => of_ssh(ssh),
            Seen::Http(http) => of_http(http),
            Seen::Smtp(smtp) => of_smtp(smtp),
            Seen::Ntlm(ntlm) => of_ntlm(ntlm),
            Seen::Kerberos(kerberos) => of_kerberos(kerberos),
            Seen::Logon(logon) => of_log(logon),
            Seen::Other(_) => of_other(seen.row()),
            _ => None,
        }
    }
}

fn user(name: &[u8]) -> u64 {
    if name.is_empty() { 0 } else { crate::hash(&name.to_ascii_lowercase()) }
}

/// What a host's or a device's own log says. Names that nobody has are guesses like wrong passwords.
fn of_log<'a>(logon: &contract::seen::Logon<'a>) -> Option<Logon<'a>> {
    const SERVICES: &[&str] = &["ssh", "vpn", "smtp", "imap", "pop3", "ftp", "windows", "console", "sudo", "su", "web", "rdp"];
    let success = logon.success()?;
    if logon.action() != b"logon" {
        return None;
    }
    let service = SERVICES.iter().find(|name| name.as_bytes() == logon.service()).copied().unwrap_or("log");
    let named = if logon.host().is_empty() { logon.told_by() } else { logon.host() };
    Some(Logon {
        source: logon.source()?,
        server: Server::Name(named),
        service,
        user: user(logon.user()),
        failures: u32::from(!success),
        success,
        at: logon.ts(),
        uid: None,
    })
}

fn of_ssh(ssh: &Ssh<'_>) -> Option<Logon<'static>> {
    /// What one connection may count for: servers hang up after six.
    const EACH_MAX: u64 = 6;
    let tried = ssh.auth_attempts().unwrap_or(0);
    let success = ssh.auth_success() == Some(true);
    let failed = match ssh.auth_success() {
        Some(true) => 0,
        Some(false) => tried.max(1),
        None if tried > 1 => tried,
        None => return None,
    };
    Some(Logon {
        source: ssh.orig()?.0,
        server: ssh.resp()?.0.into(),
        service: "ssh",
        user: 0,
        failures: failed.min(EACH_MAX) as u32,
        success,
        at: ssh.ts(),
        uid: ssh.uid(),
    })
}

/// Passwords in the request's header, and forms that look like a logon. NTLM and Digest begin with a 401 that is no failure.
fn of_http(http: &Http<'_>) -> Option<Logon<'static>> {
    let status = http.status_code()?;
    let basic = !http.username().is_empty();
    let form = http.method() == b"POST" && is_logon_form(http.uri());
    if !basic && !form {
        return None;
    }
    // A form that worked leads on to another page; one that did not is shown again.
    let (failed, success) = match (status, basic) {
        (401 | 403, _) => (1, false),
        (200, false) => (1, false),
        (200..=399, true) => (0, true),
        _ => return None,
    };
    Some(Logon {
        source: http.orig()?.0,
        server: http.resp()?.0.into(),
        service: if basic { "http" } else { "http form" },
        user: user(http.username()),
        failures: failed,
        success,
        at: http.ts(),
        uid: http.uid(),
    })
}

fn is_logon_form(uri: &[u8]) -> bool {
    const FORMS: &[&[u8]] =
        &[b"/login", b"/signin", b"/wp-login.php", b"/administrator/index.php", b"/login.php", b"/user/login", b"/logon"];
    let path = uri.split(|byte| *byte == b'?').next().unwrap_or_default();
    FORMS.iter().any(|form| ends_with(path, form))
}

fn of_smtp(smtp: &Smtp<'_>) -> Option<Logon<'static>> {
    // 535: authentication credentials invalid (RFC 4954 section 6).
    let refused = smtp.last_reply().starts_with(b"535");
    refused.then_some(Logon {
        source: smtp.orig()?.0,
        server: smtp.resp()?.0.into(),
        service: "smtp",
        user: 0,
        failures: 1,
        success: false,
        at: smtp.ts(),
        uid: smtp.uid(),
    })
}

fn of_ntlm(ntlm: &Ntlm<'_>) -> Option<Logon<'static>> {
    let success = ntlm.success()?;
    let named = !ntlm.username().is_empty();
    named.then_some(Logon {
        source: ntlm.orig()?.0,
        server: ntlm.resp()?.0.into(),
        service: "ntlm",
        user: user(ntlm.username()),
        failures: u32::from(!success),
        success,
        at: ntlm.ts(),
        uid: ntlm.uid(),
    })
}

/// A wrong password, or a name that nobody has. That the password must be sent first is asked of everybody.
fn of_kerberos(kerberos: &Kerberos<'_>) -> Option<Logon<'static>> {
    let wrong = matches!(kerberos.error_msg(), b"KDC_ERR_PREAUTH_FAILED" | b"KDC_ERR_C_PRINCIPAL_UNKNOWN" | b"KDC_ERR_CLIENT_REVOKED");
    let success = kerberos.request_type() == b"AS" && kerberos.success() == Some(true);
    (wrong || success).then_some(Logon {
        source: kerberos.orig()?.0,
        server: kerberos.resp()?.0.into(),
        service: "kerberos",
        user: user(kerberos.client()),
        failures: u32::from(wrong),
        success,
        at: kerberos.ts(),
        uid: kerberos.uid(),
    })
}

/// A log that has no view: where its outcome and its user stand.
struct Log {
    name: &'static str,
    service: &'static str,
    outcome: &'static str,
    user: &'static str,
    /// A column and the beginning of its text without which a row is no logon.
    only: Option<(&'static str, &'static [u8])>,
}

const LOGS: &[Log] = &[
    Log { name: "_logon", service: "ftp", outcome: "success", user: "user", only: Some(("service", b"ftp")) },
    Log { name: "_logon", service: "pop3", outcome: "success", user: "user", only: Some(("service", b"pop3")) },
    Log { name: "rfb", service: "vnc", outcome: "auth", user: "", only: None },
    Log { name: "telnet", service: "telnet", outcome: "success", user: "user", only: None },
    Log { name: "mysql", service: "mysql", outcome: "success", user: "arg", only: Some(("cmd", b"login")) },
    Log { name: "postgresql", service: "postgresql", outcome: "success", user: "user", only: Some(("frontend", b"startup")) },
    Log { name: "radius", service: "radius", outcome: "result", user: "username", only: None },
    Log { name: "ldap", service: "ldap", outcome: "result", user: "object", only: Some(("opcode", b"bind")) },
];

fn of_other(row: &Row<'_>) -> Option<Logon<'static>> {
    let event = row.event();
    let kind = event.kind();
    if !LOGS.iter().any(|log| log.name == kind.name) {
        return None;
    }
    let get = |name: &str| kind.find(name).map_or(&Value::Unset, |column| event.get(column));
    let log = LOGS.iter().find(|log| {
        log.name == kind.name && log.only.is_none_or(|(column, begin)| get(column).as_bytes().is_some_and(|text| text.starts_with(begin)))
    })?;
    let success = match get(log.outcome) {
        Value::Bool(success) => *success,
        text => match text.as_bytes()? {
            b"success" => true,
            b"failed" | b"invalid credentials" => false,
            _ => return None,
        },
    };
    let uid = match get("uid") {
        Value::Uid(uid) => Some(*uid),
        _ => None,
    };
    let source = get("id.orig_h").as_addr()?;
    Some(Logon {
        source,
        server: get("id.resp_h").as_addr()?.into(),
        service: log.service,
        user: user(get(log.user).as_bytes().unwrap_or_default()),
        failures: u32::from(!success),
        success,
        at: event.ts(),
        uid,
    })
}
