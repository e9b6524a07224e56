//! The messages of SOCKS, each from the beginning of a buffer.
//!
//! ```text
//! RFC 1928 section 4   +----+-----+-------+------+----------+----------+
//!                      |VER | CMD |  RSV  | ATYP | DST.ADDR | DST.PORT |
//!                      +----+-----+-------+------+----------+----------+
//!                      | 1  |  1  | X'00' |  1   | Variable |    2     |
//!                      +----+-----+-------+------+----------+----------+
//! ```

use model::Addr;

/// The longest message: version 4a with a user name and a host name that no server would take whole.
pub const MESSAGE_BYTES_MAX: usize = 4096;

/// What a buffer begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parsed<T> {
    /// A message, and how many bytes it is long.
    Whole(T, usize),
    /// The beginning of one.
    Short,
    /// None, for this reason.
    Wrong(String),
}

/// An address or a name, and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The address.
    pub host: Option<Addr>,
    /// The name.
    pub name: Option<Box<[u8]>>,
    /// The port.
    pub port: u16,
}

/// The methods that a version 5 client offers; their number is all that matters here.
pub fn offer(data: &[u8]) -> Parsed<()> {
    match data {
        [_, count, methods @ ..] if methods.len() >= usize::from(*count) => Parsed::Whole((), 2 + usize::from(*count)),
        _ => Parsed::Short,
    }
}

/// A version 5 request: what is asked for.
pub fn request5(data: &[u8]) -> Parsed<Place> {
    let [_, command, reserved, rest @ ..] = data else { return Parsed::Short };
    if *reserved != 0 {
        return Parsed::Wrong(format!("invalid value in reserved field: {reserved}"));
    }
    if !(1..=3).contains(command) {
        return Parsed::Wrong(format!("undefined value in command field: {command}"));
    }
    place5(rest, 3)
}

/// A version 5 reply: its code, and what the proxy uses.
pub fn reply5(data: &[u8]) -> Parsed<(u8, Place)> {
    let [_, code, _, rest @ ..] = data else { return Parsed::Short };
    match place5(rest, 3) {
        Parsed::Whole(place, bytes) => Parsed::Whole((*code, place), bytes),
        Parsed::Short => Parsed::Short,
        Parsed::Wrong(reason) => Parsed::Wrong(reason),
    }
}

/// The address part of version 5, `before` bytes into its message.
fn place5(data: &[u8], before: usize) -> Parsed<Place> {
    let Some((kind, rest)) = data.split_first() else { return Parsed::Short };
    let bytes = match (kind, rest.first()) {
        (1, _) => 4,
        (3, Some(length)) => 1 + usize::from(*length),
        (3, None) => return Parsed::Short,
        (4, _) => 16,
        _ => return Parsed::Wrong(format!("invalid SOCKSv5 addr type: {kind}")),
    };
    let (Some(address), Some([high, low])) = (rest.get(..bytes), rest.get(bytes..bytes + 2)) else { return Parsed::Short };
    let name = (*kind == 3).then(|| address[1..].into());
    let place = Place { host: if *kind == 3 { None } else { Addr::from_slice(address) }, name, port: u16::from_be_bytes([*high, *low]) };
    Parsed::Whole(place, before + 1 + bytes + 2)
}

/// A version 4 request: what is asked for; a name where the address is `0.0.0.x` (4a).
pub fn request4(data: &[u8]) -> Parsed<Place> {
    let [_, _, high, low, a, b, c, d, rest @ ..] = data else { return Parsed::Short };
    let Some(user) = rest.iter().position(|byte| *byte == 0) else { return Parsed::Short };
    let mut place = Place { host: Some(Addr::v4([*a, *b, *c, *d])), name: None, port: u16::from_be_bytes([*high, *low]) };
    let mut bytes = 8 + user + 1;
    if (*a, *b, *c) == (0, 0, 0) {
        let name = &rest[user + 1..];
        let Some(end) = name.iter().position(|byte| *byte == 0) else { return Parsed::Short };
        place.name = Some(name[..end].into());
        bytes += end + 1;
    }
    Parsed::Whole(place, bytes)
}

/// A version 4 reply that begins with its version, as no server sends it but Zeek reads it.
pub fn reply4(data: &[u8]) -> Parsed<(u8, Place)> {
    let [_, _, status, high, low, a, b, c, d, ..] = data else { return Parsed::Short };
    Parsed::Whole((*status, Place { host: Some(Addr::v4([*a, *b, *c, *d])), name: None, port: u16::from_be_bytes([*high, *low]) }), 9)
}

/// A login with name and password (RFC 1929): the name.
pub fn login(data: &[u8]) -> Parsed<Box<[u8]>> {
    let Some((&length, rest)) = data.get(1..).and_then(<[u8]>::split_first) else { return Parsed::Short };
    let (Some(user), Some(&secret)) = (rest.get(..usize::from(length)), rest.get(usize::from(length))) else { return Parsed::Short };
    let bytes = 3 + usize::from(length) + usize::from(secret);
    if data.len() < bytes { Parsed::Short } else { Parsed::Whole(user.into(), bytes) }
}

/// A version 5 reply's code in words (RFC 1928 section 6).
pub fn status5(code: u8) -> String {
    const WORDS: &[&str] = &[
        "succeeded",
        "general SOCKS server failure",
        "connection not allowed by ruleset",
        "Network unreachable",
        "Host unreachable",
        "Connection refused",
        "TTL expired",
        "Command not supported",
        "Address type not supported",
    ];
    WORDS.get(usize::from(code)).map_or_else(|| format!("unknown-{code}"), |word| (*word).to_owned())
}

/// A version 4 reply's code in words.
pub fn status4(code: u8) -> String {
    match code {
        0x5a => "succeeded".to_owned(),
        0x5b => "general SOCKS server failure".to_owned(),
        0x5c => "request failed because client is not running identd".to_owned(),
        0x5d => "request failed because client's identd could not confirm the user ID string in the request".to_owned(),
        _ => format!("unknown-{code}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_5() {
        let place = Place { host: Some(Addr::v4([10, 0, 0, 1])), name: None, port: 80 };
        assert_eq!(request5(&[5, 1, 0, 1, 10, 0, 0, 1, 0, 80, 9]), Parsed::Whole(place.clone(), 10));
        assert_eq!(reply5(&[5, 0, 0, 1, 10, 0, 0, 1, 0, 80]), Parsed::Whole((0, place), 10));
        let named = Place { host: None, name: Some(b"a.b".as_slice().into()), port: 443 };
        assert_eq!(request5(b"\x05\x01\x00\x03\x03a.b\x01\xbb"), Parsed::Whole(named, 10));
        assert_eq!(request5(b"\x05\x01\x00\x03\x03a."), Parsed::Short);
        assert_eq!(request5(&[5, 9, 0]), Parsed::Wrong("undefined value in command field: 9".to_owned()));
        assert_eq!(request5(&[5, 1, 7]), Parsed::Wrong("invalid value in reserved field: 7".to_owned()));
        assert_eq!(request5(&[5, 1, 0, 2]), Parsed::Wrong("invalid SOCKSv5 addr type: 2".to_owned()));
        assert_eq!(login(b"\x01\x03bob\x01x"), Parsed::Whole(b"bob".as_slice().into(), 7));
        assert_eq!(login(b"\x01\x03bob\x01"), Parsed::Short);
    }

    #[test]
    fn version_4_and_4a() {
        let place = Place { host: Some(Addr::v4([93, 184, 216, 119])), name: None, port: 80 };
        assert_eq!(request4(&[4, 1, 0, 80, 93, 184, 216, 119, b'u', 0]), Parsed::Whole(place, 10));
        let named = Place { host: Some(Addr::v4([0, 0, 0, 1])), name: Some(b"a.b".as_slice().into()), port: 80 };
        assert_eq!(request4(b"\x04\x01\x00\x50\x00\x00\x00\x01\x00a.b\x00"), Parsed::Whole(named, 13));
        assert_eq!(request4(b"\x04\x01\x00\x50\x00\x00\x00\x01\x00a.b"), Parsed::Short);
    }
}
