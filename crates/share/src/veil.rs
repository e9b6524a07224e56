//! The veil over the own side: inside addresses and names of hosts become pseudonyms by a keyed hash (HMAC-SHA-256).
//!
//! The same host has the same pseudonym in everything that is shared with the same key, so that receivers can tell two of our
//! hosts apart, and we can find ours again; without the key nobody can try all addresses.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::net::IpAddr;
use story::Story;

/// The shortest key, in bytes: as strong as the shortest hash that is trusted.
pub const KEY_BYTES_MIN: usize = 16;
/// Hexadecimal digits of a pseudonym: 48 bits tell the hosts of any organisation apart.
const DIGITS: usize = 12;
/// Names shorter than this are words of the language too often to be replaced.
const NAME_BYTES_MIN: usize = 4;

/// How the own side is shown.
#[derive(Debug)]
pub struct Veil {
    key: Option<Vec<u8>>,
    networks: Vec<(IpAddr, u8)>,
    names: Vec<String>,
}

impl Veil {
    /// Shows everything as it is.
    pub fn open() -> Self {
        Self { key: None, networks: Vec::new(), names: Vec::new() }
    }

    /// Replaces what is inside, by this key; `None` for a key that is too short.
    pub fn keyed(key: &[u8], story: &Story) -> Option<Self> {
        if key.len() < KEY_BYTES_MIN {
            return None;
        }
        let local = story.roles.iter().filter(|role| role.role == "local_nets");
        let networks = local.flat_map(|role| role.hosts.split([',', ' '])).filter_map(network).collect();
        let mut veil = Self { key: Some(key.to_vec()), networks, names: Vec::new() };
        let hosts = story.incidents.iter().filter(|incident| veil.is_inside(&incident.host));
        let mut names: Vec<String> = hosts.flat_map(|incident| incident.names.iter().cloned()).collect();
        names.retain(|name| name.len() >= NAME_BYTES_MIN);
        // The longest first: `desk7.corp` before `desk7`.
        names.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
        names.dedup();
        veil.names = names;
        Some(veil)
    }

    /// Whether anything is replaced.
    pub fn is_closed(&self) -> bool {
        self.key.is_some()
    }

    /// A host, as it is shown.
    pub(crate) fn host(&self, address: &str) -> String {
        match &self.key {
            Some(key) if self.is_inside(address) => pseudonym(key, "host", address),
            _ => address.to_owned(),
        }
    }

    /// A text, with every inside address and every known name of a host replaced.
    pub(crate) fn text(&self, text: &str) -> String {
        let Some(key) = &self.key else { return text.to_owned() };
        let mut out = String::with_capacity(text.len());
        for piece in pieces(text) {
            let bare = piece.trim_end_matches(['.', ':']);
            if self.is_inside(bare) {
                out.push_str(&pseudonym(key, "host", bare));
                out.push_str(piece.get(bare.len()..).unwrap_or(""));
            } else if let Some((host, port)) = piece.rsplit_once(':').filter(|(host, _)| self.is_inside(host)) {
                out.push_str(&format!("{}:{port}", pseudonym(key, "host", host)));
            } else {
                out.push_str(piece);
            }
        }
        for name in &self.names {
            out = replaced(&out, name, &pseudonym(key, "name", &name.to_lowercase()));
        }
        out
    }

    /// A sentence: like a text, and what it quotes from the traffic is left out, since users' names and passwords stand there.
    pub(crate) fn sentence(&self, text: &str) -> String {
        if !self.is_closed() {
            return text.to_owned();
        }
        let mut kept = String::with_capacity(text.len());
        let mut quoted = false;
        for symbol in text.chars() {
            match symbol {
                '“' if !quoted => {
                    quoted = true;
                    kept.push_str("“…");
                }
                '”' => {
                    quoted = false;
                    kept.push('”');
                }
                _ if quoted => {}
                _ => kept.push(symbol),
            }
        }
        self.text(&kept)
    }

    /// Whether an address is of the own side: private, link-local or shared space, or of the networks that roles name.
    fn is_inside(&self, address: &str) -> bool {
        let Ok(address) = address.parse::<IpAddr>() else { return false };
        let by_kind = match address {
            IpAddr::V4(v4) => {
                let [a, b, ..] = v4.octets();
                v4.is_private() || v4.is_link_local() || v4.is_loopback() || (a == 100 && (64..128).contains(&b))
            }
            IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
        };
        by_kind || self.networks.iter().any(|(network, length)| contains(*network, *length, address))
    }
}

fn pseudonym(key: &[u8], kind: &str, what: &str) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return format!("{kind}-unknown") };
    mac.update(kind.as_bytes());
    mac.update(&[0]);
    mac.update(what.as_bytes());
    let digest = mac.finalize().into_bytes();
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{kind}-{}", digits.get(..DIGITS).unwrap_or(&digits))
}

/// The text cut where an address can begin or end.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let of_address = |symbol: char| symbol.is_ascii_hexdigit() || matches!(symbol, '.' | ':');
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let inside = of_address(first);
        let end = rest.char_indices().find(|(_, symbol)| of_address(*symbol) != inside).map_or(rest.len(), |(at, _)| at);
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(piece)
    })
}

/// The text with a name replaced, in whatever letters, where it stands as a word.
fn replaced(text: &str, name: &str, by: &str) -> String {
    let (low, name) = (text.to_ascii_lowercase(), name.to_ascii_lowercase());
    let of_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let (mut out, mut from) = (String::with_capacity(text.len()), 0);
    while let Some(at) = low.get(from..).and_then(|rest| rest.find(&name)).map(|at| from + at) {
        let end = at + name.len();
        let before = at.checked_sub(1).and_then(|at| low.as_bytes().get(at)).is_some_and(|byte| of_word(*byte));
        let after = low.as_bytes().get(end).is_some_and(|byte| of_word(*byte));
        out.push_str(text.get(from..at).unwrap_or(""));
        out.push_str(if before || after { text.get(at..end).unwrap_or("") } else { by });
        from = end;
    }
    out.push_str(text.get(from..).unwrap_or(""));
    out
}

fn network(text: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = text.split_once('/').unwrap_or((text, ""));
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let length = if length.is_empty() { most } else { length.parse().ok()? };
    (length <= most).then_some((address, length))
}

fn contains(network: IpAddr, length: u8, address: IpAddr) -> bool {
    let same = |a: &[u8], b: &[u8]| {
        a.iter().zip(b).enumerate().all(|(at, (a, b))| {
            let bits = usize::from(length).saturating_sub(at * 8).min(8);
            let mask = if bits == 0 { 0 } else { 0xff_u8 << (8 - bits) };
            a & mask == b & mask
        })
    };
    match (network, address) {
        (IpAddr::V4(a), IpAddr::V4(b)) => same(&a.octets(), &b.octets()),
        (IpAddr::V6(a), IpAddr::V6(b)) => same(&a.octets(), &b.octets()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use story::{Incident, RoleRow};

    fn veil() -> Veil {
        let story = Story {
            incidents: vec![Incident {
                host: "10.0.0.5".to_owned(),
                names: vec!["DESK-7".to_owned(), "desk-7.corp.example".to_owned()],
                ..Incident::default()
            }],
            roles: vec![RoleRow { role: "local_nets".to_owned(), hosts: "192.0.2.0/25, 2001:db8::/32".to_owned(), ..RoleRow::default() }],
            ..Story::default()
        };
        Veil::keyed(b"sixteen bytes or more", &story).expect("a key")
    }

    #[test]
    fn inside_addresses_and_names_go_and_nothing_else() {
        let veil = veil();
        let said = veil
            .text("10.0.0.5:443 (desk-7, DESK-7.corp.example) asked 45.14.112.133 for http://192.0.2.9/a, 192.0.2.200 and 2001:db8::5.");
        for gone in ["10.0.0.5", "192.0.2.9/", "2001:db8", "desk-7", "DESK"] {
            assert!(!said.contains(gone), "{gone} in {said}");
        }
        assert!(said.contains("45.14.112.133") && said.contains("192.0.2.200") && said.contains(":443"), "{said}");
        assert_eq!(veil.text("version 1.2.3, sub-desk-75 at 12:30:00"), "version 1.2.3, sub-desk-75 at 12:30:00");
    }

    #[test]
    fn a_pseudonym_hangs_on_the_key_and_the_host_alone() {
        let story = Story::default();
        let host = |key: &[u8], address: &str| Veil::keyed(key, &story).expect("a key").host(address);
        assert_eq!(host(b"0123456789abcdef", "10.0.0.5"), host(b"0123456789abcdef", "10.0.0.5"));
        assert_ne!(host(b"0123456789abcdef", "10.0.0.5"), host(b"0123456789abcdeg", "10.0.0.5"));
        assert_ne!(host(b"0123456789abcdef", "10.0.0.5"), host(b"0123456789abcdef", "10.0.0.6"));
        assert_eq!(host(b"0123456789abcdef", "8.8.8.8"), "8.8.8.8");
        assert!(Veil::keyed(b"short", &story).is_none());
    }

    #[test]
    fn what_is_quoted_stays_at_home() {
        let said = "It logged in as “alice” (“pa”ss”) at 8.8.8.8.";
        assert_eq!(veil().sentence(said), "It logged in as “…” (“…”ss”) at 8.8.8.8.");
        assert_eq!(veil().sentence("an open “quote is"), "an open “…");
        assert_eq!(Veil::open().sentence(said), said);
    }

    #[test]
    fn an_open_veil_hides_nothing() {
        assert_eq!(Veil::open().text("10.0.0.5"), "10.0.0.5");
    }
}
