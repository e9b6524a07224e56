//! Ends as Cisco's messages write them: `outside:203.0.113.9/443`, `10.0.0.5/1025`, `inside/10.0.0.5(1025)`, `outside:203.0.113.9`.

use model::Addr;
use std::net::IpAddr;

/// One end of a flow: an address, where it is one that can be read (published logs mask theirs, and names stand for
/// addresses where the device was told some), and a port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct End<'a> {
    pub(super) text: &'a [u8],
    pub(super) addr: Option<Addr>,
    pub(super) port: u16,
}

impl<'a> End<'a> {
    /// Reads a word as an end. `None` where it can be none.
    pub(super) fn of(word: &'a [u8]) -> Option<Self> {
        // `fw:10.0.0.9(type 8, code 0)`: what follows is no port.
        let word = crate::text::before(word.trim_ascii_end(), b"(type");
        let word = word.strip_suffix(b":").unwrap_or(word);
        let word = word.strip_suffix(b",").or_else(|| word.strip_suffix(b";")).or_else(|| word.strip_suffix(b".")).unwrap_or(word);
        let (place, port) = match word.strip_suffix(b")").and_then(|word| split_last(word, b'(')) {
            // `inside/10.0.0.5(1025)`: the port may have a user behind it.
            Some((place, port)) => (split_first(place, b'/').map_or(place, |(_, host)| host), port),
            None => split_last(word, b'/').unwrap_or((word, b"0")),
        };
        let host = match place.iter().filter(|byte| **byte == b':').count() {
            1 => split_first(place, b':').map_or(place, |(_, host)| host),
            0 => place,
            // IPv6, behind an interface's name or not: an address is what can be read as one.
            _ if read(place).is_some() => place,
            _ => split_first(place, b':').map_or(place, |(_, host)| host),
        };
        if host.is_empty() {
            return None;
        }
        let port = std::str::from_utf8(port).ok().and_then(|port| port.parse().ok().or_else(|| service(port)))?;
        Some(Self { text: host, addr: read(host), port })
    }
}

fn read(host: &[u8]) -> Option<Addr> {
    std::str::from_utf8(host).ok()?.parse::<IpAddr>().ok().map(Addr::from)
}

/// The names that Cisco prints for the ports of its own services.
fn service(name: &str) -> Option<u16> {
    const NAMES: &[(&str, u16)] = &[
        ("ftp", 21),
        ("ssh", 22),
        ("telnet", 23),
        ("smtp", 25),
        ("domain", 53),
        ("tftp", 69),
        ("http", 80),
        ("www", 80),
        ("ntp", 123),
        ("snmp", 161),
        ("snmptrap", 162),
        ("https", 443),
        ("isakmp", 500),
        ("syslog", 514),
        ("netbios-ns", 137),
        ("netbios-dgm", 138),
        ("bootps", 67),
        ("bootpc", 68),
        ("rip", 520),
    ];
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, port)| *port)
}

fn split_first(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let place = text.iter().position(|byte| *byte == at)?;
    Some((&text[..place], &text[place + 1..]))
}

fn split_last(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let place = text.iter().rposition(|byte| *byte == at)?;
    Some((&text[..place], &text[place + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_of_every_spelling() {
        let v4 = Some(Addr::v4([203, 0, 113, 9]));
        let v6 = "2001:db8::9".parse::<IpAddr>().ok().map(Addr::from);
        for (text, addr, port) in [
            ("outside:203.0.113.9/443", v4, 443),
            ("203.0.113.9/443", v4, 443),
            ("outside/203.0.113.9(443)", v4, 443),
            ("outside:203.0.113.9", v4, 0),
            ("203.0.113.9", v4, 0),
            ("outside:203.0.113.9/ssh", v4, 22),
            ("2001:db8::9/443", v6, 443),
            ("outside:2001:db8::9/443", v6, 443),
            ("xxx.0.113.9/443", None, 443),
        ] {
            let end = End::of(text.as_bytes()).expect(text);
            assert_eq!((end.addr, end.port), (addr, port), "{text}");
        }
        assert_eq!(End::of(b"outside:/80"), None);
        assert_eq!(End::of(b"203.0.113.9/none"), None);
    }
}
