//! Values that are written as text: amounts of bytes, lengths of time, places to listen at and to send to.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// What is wrong, and what would be right.
pub(super) type Wrong = (String, String);

/// A port of syslog where none is said (RFC 5426, RFC 6587; RFC 5425 for TLS).
const SYSLOG_PORT: u16 = 514;
const SYSLOG_TLS_PORT: u16 = 6514;

/// `64 MB`: decimal units; `KiB` and the like are binary.
pub(super) fn size(text: &str) -> Result<u64, Wrong> {
    let wrong = || (format!("\"{text}\" is no amount of bytes"), "write \"64 MB\", \"10 GB\" or \"1 TB\"".to_owned());
    let (number, unit) = split_unit(text).ok_or_else(wrong)?;
    let factor: u64 = match unit.to_ascii_lowercase().as_str() {
        "b" | "bytes" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        _ => return Err(wrong()),
    };
    number.checked_mul(factor).filter(|bytes| *bytes > 0).ok_or_else(wrong)
}

/// `30s`, `5m`, `12h`, `7d`.
pub(super) fn duration(text: &str) -> Result<Duration, Wrong> {
    let wrong = || (format!("\"{text}\" is no length of time"), "write \"30s\", \"5m\", \"12h\" or \"7d\"".to_owned());
    let (number, unit) = split_unit(text).ok_or_else(wrong)?;
    let secs = match unit {
        "s" | "sec" | "seconds" => 1,
        "m" | "min" | "minutes" => 60,
        "h" | "hour" | "hours" => 3_600,
        "d" | "day" | "days" => 86_400,
        _ => return Err(wrong()),
    };
    /// Ten years: longer ones are a slip, and would overflow somewhere.
    const SECS_MAX: u64 = 10 * 366 * 86_400;
    number.checked_mul(secs).filter(|secs| (1..=SECS_MAX).contains(secs)).map(Duration::from_secs).ok_or_else(wrong)
}

fn split_unit(text: &str) -> Option<(u64, &str)> {
    let text = text.trim();
    let at = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(at)?;
    Some((number.parse().ok()?, unit.trim()))
}

/// Where syslog comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Listen {
    /// Datagrams.
    Udp(SocketAddr),
    /// Streams.
    Tcp(SocketAddr),
    /// Streams under TLS.
    Tls(SocketAddr),
    /// A socket in the file system.
    Unix(PathBuf),
}

impl std::fmt::Display for Listen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Udp(at) => write!(f, "udp://{at}"),
            Self::Tcp(at) => write!(f, "tcp://{at}"),
            Self::Tls(at) => write!(f, "tls://{at}"),
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
        }
    }
}

/// `udp://0.0.0.0:514`, `tls://[::]:6514`, `unix:///dev/log`.
pub(super) fn listen(text: &str) -> Result<Listen, Wrong> {
    let fix = "write \"udp://0.0.0.0:514\", \"tcp://[::]:514\", \"tls://0.0.0.0:6514\" or \"unix:///run/hyakuyo/log\"";
    let wrong = || (format!("\"{text}\" is no place to listen at"), fix.to_owned());
    let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
    let at = |port: u16| socket(rest, port).ok_or_else(wrong);
    match scheme {
        "udp" => at(SYSLOG_PORT).map(Listen::Udp),
        "tcp" => at(SYSLOG_PORT).map(Listen::Tcp),
        "tls" => at(SYSLOG_TLS_PORT).map(Listen::Tls),
        "unix" if rest.starts_with('/') => Ok(Listen::Unix(PathBuf::from(rest))),
        _ => Err(wrong()),
    }
}

/// An address with its port, or with the usual one.
fn socket(text: &str, port: u16) -> Option<SocketAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    text.parse().ok().or_else(|| bare.parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, port)))
}

/// Where syslog goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SyslogTo {
    /// Datagrams to a host and port.
    Udp(String),
    /// A stream to a host and port, octet-counted.
    Tcp(String),
    /// This machine's own.
    Unix(PathBuf),
}

impl std::fmt::Display for SyslogTo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Udp(at) => write!(f, "udp://{at}"),
            Self::Tcp(at) => write!(f, "tcp://{at}"),
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
        }
    }
}

/// `udp://loghost.example:514`, `tcp://10.0.0.7`, `unix:///dev/log`.
pub(super) fn syslog_to(text: &str) -> Result<SyslogTo, Wrong> {
    let fix = "write \"udp://loghost.example:514\", \"tcp://10.0.0.7:601\" or \"unix:///dev/log\"";
    let wrong = || (format!("\"{text}\" is no place to send syslog to"), fix.to_owned());
    let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
    match scheme {
        "udp" => host_and_port(rest, SYSLOG_PORT).map(SyslogTo::Udp).ok_or_else(wrong),
        "tcp" => host_and_port(rest, SYSLOG_PORT).map(SyslogTo::Tcp).ok_or_else(wrong),
        "unix" if rest.starts_with('/') => Ok(SyslogTo::Unix(PathBuf::from(rest))),
        _ => Err(wrong()),
    }
}

/// A name or an address, with its port or the usual one.
fn host_and_port(text: &str, port: u16) -> Option<String> {
    if let Some(at) = socket(text, port) {
        return Some(at.to_string());
    }
    let (host, given) = text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)));
    let port = given.map_or(Some(port), |given| given.parse().ok().filter(|port: &u16| *port > 0))?;
    let fits = !host.is_empty() && host.len() <= 253 && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'));
    fits.then(|| format!("{host}:{port}"))
}

/// A web address.
pub(super) fn url(text: &str) -> Result<String, Wrong> {
    let wrong = || (format!("\"{text}\" is no web address"), "write \"https://alerts.example/hook\"".to_owned());
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).ok_or_else(wrong)?;
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    let authority = host.rsplit('@').next().unwrap_or_default();
    let fits = host_and_port(authority, 80).is_some() && text.chars().all(|c| c.is_ascii_graphic());
    if fits { Ok(text.to_owned()) } else { Err(wrong()) }
}

/// A mail address, with nothing in it that would begin another header or be an option of a command.
pub(super) fn mailbox(text: &str) -> Result<String, Wrong> {
    let good = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "-._+=/".contains(c));
    match text.rsplit_once('@') {
        Some((user, host)) if good(user) && good(host) && !user.starts_with('-') => Ok(text.to_owned()),
        None if good(text) && !text.starts_with('-') => Ok(text.to_owned()),
        _ => Err((format!("\"{text}\" is no mail address"), "write \"security@example.org\"".to_owned())),
    }
}

/// `127.0.0.1:9470`: a socket on this machine alone.
pub(super) fn socket_address(text: &str) -> Result<SocketAddr, Wrong> {
    text.parse().map_err(|_| (format!("\"{text}\" is no address with a port"), "write \"127.0.0.1:9470\" or \"[::1]:9470\"".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_times_are_read_with_their_units() {
        for (text, expected) in
            [("64 MB", Some(64_000_000)), ("1GiB", Some(1 << 30)), ("7 b", Some(7)), ("7", None), ("0 MB", None), ("1.5 GB", None)]
        {
            assert_eq!(size(text).ok(), expected, "{text}");
        }
        for (text, expected) in
            [("30s", Some(30)), ("5 m", Some(300)), ("7d", Some(604_800)), ("0s", None), ("99999999d", None), ("h", None)]
        {
            assert_eq!(duration(text).ok().map(|length| length.as_secs()), expected, "{text}");
        }
    }

    #[test]
    fn places_have_their_usual_ports() {
        let shown = |text: &str| listen(text).map(|at| at.to_string()).unwrap_or_else(|(what, _)| what);
        assert_eq!(shown("udp://0.0.0.0"), "udp://0.0.0.0:514");
        assert_eq!(shown("tls://[::]"), "tls://[::]:6514");
        assert_eq!(shown("unix:///dev/log"), "unix:///dev/log");
        assert!(listen("unix://dev/log").is_err() && listen("0.0.0.0:514").is_err() && listen("udp://host:1").is_err());
        let to = |text: &str| syslog_to(text).map(|at| at.to_string()).unwrap_or_else(|(what, _)| what);
        assert_eq!(to("tcp://loghost.example:601"), "tcp://loghost.example:601");
        assert_eq!(to("udp://2001:db8::7"), "udp://[2001:db8::7]:514");
        assert!(syslog_to("udp://a b").is_err() && syslog_to("udp://a:0").is_err());
    }

    #[test]
    fn addresses_that_could_carry_more_are_refused() {
        for bad in ["a@b\r\nBcc: c", "-oQ/tmp", "a b@c", "", "a@", "<a@b>"] {
            assert!(mailbox(bad).is_err(), "{bad:?}");
        }
        assert!(mailbox("root").is_ok() && mailbox("first.last+x@example.org").is_ok());
        assert!(url("https://a.example/x?y=z").is_ok() && url("http://127.0.0.1:8080/").is_ok());
        assert!(url("ftp://a").is_err() && url("https://a b/").is_err() && url("https:///x").is_err());
    }
}
