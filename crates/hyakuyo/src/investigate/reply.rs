//! What the outside answers, taken apart: name servers (RFC 1035), whois (RFC 3912), web servers (RFC 9112). Nothing of it is
//! trusted, nothing is rendered.

/// Pointers followed in one name of a name server's reply, so that none goes in circles.
const POINTERS_MAX: usize = 16;
/// Names taken from one reply.
const NAMES_MAX: usize = 16;
/// Lines taken from a whois answer, and headers from a web server's.
const LINES_MAX: usize = 24;
/// The type of a record that names a host by its address.
const PTR: u16 = 12;

/// The question for a host's name by its address.
pub(super) fn ptr_question(id: u16, name: &str) -> Vec<u8> {
    let [high, low] = id.to_be_bytes();
    let mut out = vec![high, low, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.').filter(|label| !label.is_empty() && label.len() < 64) {
        out.push(label.len() as u8);
        out.extend_from_slice(label.as_bytes());
    }
    out.extend_from_slice(&[0, 0, PTR as u8, 0, 1]);
    out
}

/// The names in the answer to such a question; `None` where it is no answer to it.
pub(super) fn ptr_names(id: u16, reply: &[u8]) -> Option<Vec<String>> {
    let number = |at: usize| Some(u16::from_be_bytes([*reply.get(at)?, *reply.get(at + 1)?]));
    if number(0)? != id || reply.get(2)? & 0x80 == 0 {
        return None;
    }
    let (questions, answers) = (number(4)?, number(6)?);
    let mut at = 12;
    for _ in 0..questions.min(4) {
        at = name_at(reply, at)?.1 + 4;
    }
    let mut names = Vec::new();
    for _ in 0..usize::from(answers).min(NAMES_MAX) {
        at = name_at(reply, at)?.1;
        let (kind, length) = (number(at)?, usize::from(number(at + 8)?));
        if kind == PTR {
            names.push(name_at(reply, at + 10)?.0);
        }
        at += 10 + length;
    }
    Some(names)
}

/// The name at a place, and where it ends there.
fn name_at(reply: &[u8], from: usize) -> Option<(String, usize)> {
    let (mut name, mut at, mut end) = (String::new(), from, None);
    for _ in 0..POINTERS_MAX * 8 {
        let length = usize::from(*reply.get(at)?);
        match length {
            0 => return Some((name, end.unwrap_or(at + 1))),
            1..64 => {
                if !name.is_empty() {
                    name.push('.');
                }
                name.push_str(&String::from_utf8_lossy(reply.get(at + 1..at + 1 + length)?));
                at += 1 + length;
            }
            192.. => {
                end.get_or_insert(at + 2);
                at = (length & 63) << 8 | usize::from(*reply.get(at + 1)?);
            }
            _ => return None,
        }
    }
    None
}

/// The name under which an address is looked up (RFC 1035 section 3.5, RFC 3596 section 2.5).
pub(super) fn reverse_name(ip: std::net::IpAddr) -> String {
    match ip {
        std::net::IpAddr::V4(ip) => {
            let [a, b, c, d] = ip.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        std::net::IpAddr::V6(ip) => {
            let digits = ip.octets().into_iter().rev().flat_map(|byte| [byte & 15, byte >> 4]);
            let digits: Vec<String> = digits.map(|digit| format!("{digit:x}")).collect();
            format!("{}.ip6.arpa", digits.join("."))
        }
    }
}

/// The server to which a whois answer refers, if it names one as a host alone.
pub(super) fn whois_referral(answer: &str) -> Option<String> {
    let value = answer.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        match key.trim().to_ascii_lowercase().as_str() {
            "refer" | "whois" => Some(value.trim()),
            "referralserver" => Some(value.trim().trim_start_matches("whois://")),
            "registrar whois server" => Some(value.trim()),
            _ => None,
        }
    })?;
    let host = value.trim_end_matches('/');
    let is_host = host.contains('.') && host.len() <= 253 && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    is_host.then(|| host.to_ascii_lowercase())
}

/// The lines of a whois answer that say whose it is and whom to write to.
pub(super) fn whois_lines(answer: &str) -> Vec<String> {
    const TELLING: [&str; 22] = [
        "inetnum",
        "inet6num",
        "netrange",
        "cidr",
        "netname",
        "descr",
        "country",
        "org-name",
        "orgname",
        "organization",
        "organisation",
        "origin",
        "originas",
        "route",
        "abuse-mailbox",
        "orgabuseemail",
        "domain name",
        "registrar",
        "creation date",
        "created",
        "registry expiry date",
        "status",
    ];
    let telling = answer.lines().filter(|line| {
        let key = line.split(':').next().unwrap_or_default().trim().to_ascii_lowercase();
        line.contains(':') && TELLING.contains(&key.as_str())
    });
    let words = telling.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let mut lines: Vec<String> = Vec::new();
    for line in words {
        if lines.len() < LINES_MAX && !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

/// What a web server said of a page: its status, its headers, and how much followed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) status: String,
    pub(super) headers: Vec<String>,
    /// The body, as far as it was read.
    pub(super) body: Vec<u8>,
}

/// Takes a web server's reply apart; `None` where it is none.
pub(super) fn page(reply: &[u8]) -> Option<Page> {
    let end = reply.windows(4).position(|four| four == b"\r\n\r\n").map_or((reply.len(), reply.len()), |at| (at, at + 4));
    let head = String::from_utf8_lossy(reply.get(..end.0)?).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next().filter(|line| line.starts_with("HTTP/"))?.to_owned();
    Some(Page { status, headers: lines.take(LINES_MAX).map(str::to_owned).collect(), body: reply.get(end.1..)?.to_vec() })
}

impl Page {
    /// The status's number.
    pub(super) fn code(&self) -> u16 {
        self.status.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
    }

    /// What the page calls itself, as text.
    pub(super) fn title(&self) -> Option<String> {
        let text = String::from_utf8_lossy(&self.body);
        let lower = text.to_ascii_lowercase();
        let from = lower.find("<title")?;
        let from = from + lower.get(from..)?.find('>')? + 1;
        let to = from + lower.get(from..)?.find("</title")?;
        Some(text.get(from..to)?.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_asked_for_backwards() {
        assert_eq!(reverse_name("45.14.112.133".parse().expect("an address")), "133.112.14.45.in-addr.arpa");
        let v6 = reverse_name("2001:db8::1".parse().expect("an address"));
        assert!(v6.starts_with("1.0.0.0.") && v6.ends_with(".8.b.d.0.1.0.0.2.ip6.arpa"), "{v6}");
    }

    #[test]
    fn names_are_read_with_their_pointers_and_circles_end() {
        let mut reply = ptr_question(7, "1.0.0.10.in-addr.arpa");
        reply[2] = 0x81;
        reply[7] = 1;
        reply.extend_from_slice(&[0xc0, 12, 0, 12, 0, 1, 0, 0, 0, 60, 0, 7, 4, b'h', b'o', b's', b't', 0xc0, 21]);
        assert_eq!(ptr_names(7, &reply), Some(vec!["host.in-addr.arpa".to_owned()]));
        assert_eq!(ptr_names(8, &reply), None);
        let end = reply.len();
        reply[end - 1] = (end - 2) as u8;
        assert_eq!(ptr_names(7, &reply), None);
        for cut in 0..reply.len() {
            let _ = ptr_names(7, &reply[..cut]);
        }
    }

    #[test]
    fn referrals_are_hosts_and_nothing_else() {
        let answer =
            "% IANA\nrefer:        whois.ripe.net\n\ninetnum:  45.0.0.0 - 45.255.255.255\ncountry:   NL\ncountry:  NL\nremarks: x\n";
        assert_eq!(whois_referral(answer).as_deref(), Some("whois.ripe.net"));
        assert_eq!(whois_lines(answer), ["inetnum: 45.0.0.0 - 45.255.255.255", "country: NL"]);
        assert_eq!(whois_referral("ReferralServer:  whois://whois.apnic.net\n").as_deref(), Some("whois.apnic.net"));
        for bad in ["refer: localhost", "refer: a.b:25", "refer: a.b/../c", "refer: $(x).y", "nothing"] {
            assert_eq!(whois_referral(bad), None, "{bad}");
        }
    }

    #[test]
    fn pages_are_taken_apart_and_never_rendered() {
        let reply = b"HTTP/1.1 200 OK\r\nServer: x\r\nA: b\r\n\r\n<html><TITLE lang=en>  So\n it is </title><script>";
        let page = page(reply).expect("a reply");
        assert_eq!((page.code(), page.headers.len(), page.title().as_deref()), (200, 2, Some("So it is")));
        assert_eq!(super::page(b"SSH-2.0-x\r\n"), None);
        assert_eq!(super::page(b"HTTP/1.0 404").map(|page| page.code()), Some(404));
    }
}
