//! FTP's commands and replies (RFC 959 sections 4 and 5.3), and the addresses that they carry (RFC 959, RFC 2428).

use model::Addr;
use std::net::IpAddr;

/// A command longer than this is none (Zeek's `FTP::max_command_length`).
pub const COMMAND_BYTES_MAX: usize = 100;

/// A client's line.
#[derive(Debug, PartialEq, Eq)]
pub enum Request<'a> {
    /// A command in capital letters, and what follows it.
    Command(Vec<u8>, &'a [u8]),
    /// Not a command.
    Invalid,
    /// A word that is too long for a command, with its length.
    TooLong(usize),
}

/// Reads a client's line.
pub fn request(line: &[u8]) -> Request<'_> {
    let line = skip_blank(line);
    let end = line.iter().position(|byte| *byte == 0 || is_space(*byte)).unwrap_or(line.len());
    let (word, rest) = line.split_at(end);
    if word.len() < 3 || !word.iter().all(u8::is_ascii_graphic) {
        return Request::Invalid;
    }
    if word.len() > COMMAND_BYTES_MAX {
        return Request::TooLong(word.len());
    }
    Request::Command(word.to_ascii_uppercase(), skip_blank(rest))
}

/// A server's line.
#[derive(Debug, PartialEq, Eq)]
pub struct Reply<'a> {
    /// The code; 0 for the lines inside a reply of several.
    pub code: u16,
    /// The text behind the code; inside a reply of several lines the whole line.
    pub text: &'a [u8],
    /// Whether more lines belong to this reply.
    pub more: bool,
}

/// Reads a server's line. `pending` is the code of the reply of several lines that is being read, or 0.
///
/// # Errors
/// What is wrong, in Zeek's words.
pub fn reply<'a>(line: &'a [u8], pending: &mut u16) -> Result<Reply<'a>, &'static str> {
    let code = match line {
        [a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', ..] => {
            u16::from(a - b'0') * 100 + u16::from(b - b'0') * 10 + u16::from(c - b'0')
        }
        _ => 0,
    };
    if *pending != 0 {
        if code == *pending && line.get(3) == Some(&b' ') {
            *pending = 0;
            return Ok(Reply { code, text: skip_blank(&line[3..]), more: false });
        }
        return Ok(Reply { code: 0, text: line, more: true });
    }
    match (code, line.get(3)) {
        (0, _) => Err("non-numeric reply code"),
        (..100, _) => Err("invalid reply code"),
        (_, Some(b'-')) => {
            *pending = code;
            Ok(Reply { code, text: skip_blank(&line[4..]), more: true })
        }
        (_, Some(b' ') | None) => Ok(Reply { code, text: skip_blank(&line[3..]), more: false }),
        (_, Some(_)) => Err("invalid reply line"),
    }
}

/// The address of `PORT`: `h1,h2,h3,h4,p1,p2`.
pub fn port(arg: &[u8]) -> Option<(Addr, u16)> {
    let mut numbers = [0u8; 6];
    let mut rest = arg;
    for (at, number) in numbers.iter_mut().enumerate() {
        if at > 0 {
            rest = rest.strip_prefix(b",")?;
        }
        let (value, behind) = signed(rest)?;
        *number = u8::try_from(value).ok()?;
        rest = behind;
    }
    let [a, b, c, d, high, low] = numbers;
    Some((Addr::v4([a, b, c, d]), u16::from_be_bytes([high, low])))
}

/// The address in the reply to `PASV`. Servers differ in what stands around the numbers (RFC 1123 section 4.1.2.6).
pub fn pasv(text: &[u8]) -> Option<(Addr, u16)> {
    if let Some(at) = text.iter().position(|byte| *byte == b'(') {
        return port(&text[at + 1..]);
    }
    if let Some(at) = text.windows(4).position(|word| word == b"PORT") {
        return port(text.get(at + 5..)?);
    }
    match text.iter().position(|byte| *byte == b',') {
        Some(comma) => {
            let digits = text[..comma].iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
            port(&text[comma - digits..])
        }
        None => port(text),
    }
}

/// The address of `EPRT` (RFC 2428 section 2): `|2|1080::8|5282|`, any character standing for the bar. Where the address
/// is left out, as in the reply to `EPSV`, it is `None`.
pub fn eprt(arg: &[u8]) -> Option<(Option<Addr>, u16)> {
    let arg = arg.trim_ascii_start();
    let (bar, rest) = arg.split_first()?;
    let mut parts = rest.splitn(4, |byte| byte == bar);
    let (family, host, port, _) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if !family.is_empty() && signed(family).is_none_or(|(_, behind)| !behind.is_empty()) {
        return None;
    }
    let host = match host {
        [] => None,
        text => Some(std::str::from_utf8(text).ok()?.parse::<IpAddr>().ok()?.into()),
    };
    let port = match port {
        [] => 0,
        text => signed(text).filter(|(_, behind)| behind.is_empty())?.0,
    };
    Some((host, u16::try_from(port).ok()?))
}

/// The address in the reply to `EPSV`: `… (|||6446|)`.
pub fn epsv(text: &[u8]) -> Option<(Option<Addr>, u16)> {
    let at = text.iter().position(|byte| *byte == b'(').map_or(0, |at| at + 1);
    eprt(&text[at..])
}

/// The last number in a text; 0 where there is none or it is too large.
pub fn last_count(text: &[u8]) -> u64 {
    let Some(end) = text.iter().rposition(u8::is_ascii_digit) else { return 0 };
    let digits = text[..=end].iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(&text[end + 1 - digits..=end]).ok().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// A decimal number as C's `strtol` reads it: white space before, an optional sign. Returns what follows it, too.
fn signed(text: &[u8]) -> Option<(i64, &[u8])> {
    let text = text.trim_ascii_start();
    let (sign, text) = match text {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] => (1, rest),
        _ => (1, text),
    };
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let value = text[..digits].iter().fold(0i64, |value, digit| value.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
    (digits > 0).then(|| (value.saturating_mul(sign), &text[digits..]))
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

fn skip_blank(text: &[u8]) -> &[u8] {
    let blank = text.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    &text[blank..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests() {
        assert_eq!(request(b" retr  a file"), Request::Command(b"RETR".to_vec(), b"a file"));
        assert_eq!(request(b"PWD"), Request::Command(b"PWD".to_vec(), b""));
        assert_eq!(request(b"ab c"), Request::Invalid);
        assert_eq!(request(b"\x16\x03\x01"), Request::Invalid);
        assert_eq!(request(&[b'x'; 101]), Request::TooLong(101));
    }

    #[test]
    fn replies_of_one_and_of_several_lines() {
        let mut pending = 0;
        assert_eq!(reply(b"220 hi", &mut pending), Ok(Reply { code: 220, text: b"hi", more: false }));
        assert_eq!(reply(b"230-hi", &mut pending), Ok(Reply { code: 230, text: b"hi", more: true }));
        assert_eq!(reply(b"226 not yet", &mut pending), Ok(Reply { code: 0, text: b"226 not yet", more: true }));
        assert_eq!(reply(b"230 there", &mut pending), Ok(Reply { code: 230, text: b"there", more: false }));
        assert_eq!(reply(b"200", &mut pending), Ok(Reply { code: 200, text: b"", more: false }));
        assert_eq!(reply(b"hello", &mut pending), Err("non-numeric reply code"));
        assert_eq!(reply(b"099 x", &mut pending), Err("invalid reply code"));
        assert_eq!(reply(b"230_x", &mut pending), Err("invalid reply line"));
    }

    #[test]
    fn addresses() {
        let host = Addr::v4([192, 168, 21, 9]);
        assert_eq!(port(b"192,168,21,9,4,1"), Some((host, 1025)));
        assert_eq!(port(b"114,115"), None);
        assert_eq!(port(b"1,2,3,4,5,256"), None);
        assert_eq!(pasv(b"Entering Passive Mode (192,168,21,9,4,1)."), Some((host, 1025)));
        assert_eq!(pasv(b"Passive mode =192,168,21,9,4,1"), Some((host, 1025)));
        assert_eq!(pasv(b"nothing"), None);
        assert_eq!(epsv(b"Extended (|||63988|)"), Some((None, 63988)));
        let six: IpAddr = "2001:db8::1".parse().expect("an address");
        assert_eq!(eprt(b"|2|2001:db8::1|49189|"), Some((Some(six.into()), 49189)));
        assert_eq!(eprt(b"|2|2001:db8::1|49189"), None);
        assert_eq!(eprt(b"|2|x|1|"), None);
    }

    #[test]
    fn the_last_number_is_the_size() {
        assert_eq!(last_count(b"Opening BINARY mode data connection for 'a1.txt' (77 bytes)."), 77);
        assert_eq!(last_count(b"no size"), 0);
        assert_eq!(last_count(b"99999999999999999999999"), 0);
    }
}
