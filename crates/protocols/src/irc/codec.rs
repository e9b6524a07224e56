//! An IRC message (RFC 1459 section 2.3.1) and the offer of a file in one (DCC).

use model::Addr;

/// A message.
#[derive(Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Who sent it, where the line says so.
    pub prefix: &'a [u8],
    /// What it is.
    pub what: What,
    /// What follows, without blanks before it.
    pub params: &'a [u8],
}

/// What a message is.
#[derive(Debug, PartialEq, Eq)]
pub enum What {
    /// A command in capital letters.
    Command(Vec<u8>),
    /// A reply by its number.
    Reply(u16),
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// It is shorter than the shortest command.
    TooShort,
    /// There is nothing behind the prefix.
    OnlyPrefix,
    /// Too little follows the prefix.
    NothingAfterPrefix,
    /// It begins with a digit, but not with a reply's number.
    ReplyNumber,
}

/// Reads a line without its end.
///
/// # Errors
/// Where it is not a message.
pub fn message(line: &[u8]) -> Result<Message<'_>, Malformed> {
    let mut rest = skip_blank(line);
    if rest.len() < 3 {
        return Err(Malformed::TooShort);
    }
    let mut prefix: &[u8] = b"";
    if rest[0] == b':' {
        let blank = rest.iter().position(|byte| *byte == b' ').ok_or(Malformed::OnlyPrefix)?;
        prefix = &rest[1..blank];
        rest = skip_blank(&rest[blank..]);
    }
    if rest.len() < 3 {
        return Err(Malformed::NothingAfterPrefix);
    }
    if rest[0].is_ascii_digit() {
        let [a, b @ b'0'..=b'9', c @ b'0'..=b'9', b' ', params @ ..] = rest else { return Err(Malformed::ReplyNumber) };
        let number = u16::from(a - b'0') * 100 + u16::from(b - b'0') * 10 + u16::from(c - b'0');
        return Ok(Message { prefix, what: What::Reply(number), params });
    }
    let end = rest.iter().position(|byte| *byte == b' ').unwrap_or(rest.len());
    Ok(Message { prefix, what: What::Command(rest[..end].to_ascii_uppercase()), params: skip_blank(&rest[end..]) })
}

/// The words of a text.
pub fn words(text: &[u8]) -> Vec<&[u8]> {
    text.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).collect()
}

/// The items of a list with commas.
pub fn items(text: &[u8]) -> Vec<&[u8]> {
    text.split(|byte| *byte == b',').filter(|item| !item.is_empty()).collect()
}

/// A text without the colon that marks it as the last parameter.
pub fn last(text: &[u8]) -> &[u8] {
    text.strip_prefix(b":").unwrap_or(text)
}

/// The target of a message to someone, and its text.
pub fn to_someone(params: &[u8]) -> Option<(&[u8], &[u8])> {
    let blank = params.iter().position(|byte| *byte == b' ')?;
    Some((&params[..blank], last(skip_blank(&params[blank..]))))
}

/// What one client offers another: `DCC SEND name address port size`, the address as a number.
#[derive(Debug, PartialEq, Eq)]
pub struct Dcc<'a> {
    /// `SEND`, `CHAT` …
    pub what: &'a [u8],
    /// The file's name.
    pub argument: &'a [u8],
    /// Where it is to be fetched.
    pub host: Addr,
    /// The port, if it is one.
    pub port: Result<u16, i64>,
    /// The size in bytes.
    pub size: u64,
}

/// Reads the text of a message as an offer; `None` where it is none, an error where it is a broken one.
///
/// # Errors
/// Where it has too few or too many words.
pub fn dcc(text: &[u8]) -> Option<Result<Dcc<'_>, ()>> {
    let text = text.strip_prefix(&[1]).unwrap_or(text);
    if text.len() <= 3 || !text.starts_with(b"DCC") {
        return None;
    }
    let parts = words(text.strip_suffix(&[1]).unwrap_or(text));
    let turbo = parts.len() == 7 && parts[6] == b"T";
    if !((5..=6).contains(&parts.len()) || turbo) {
        return Some(Err(()));
    }
    let digit = |byte: u8| if byte.is_ascii_digit() { u32::from(byte - b'0') } else { 0 };
    let host = parts[3].iter().fold(0u32, |host, byte| host.wrapping_mul(10).wrapping_add(digit(*byte)));
    let port = number(parts[4]);
    Some(Ok(Dcc {
        what: parts[1],
        argument: parts[2],
        host: Addr::v4(host.to_be_bytes()),
        port: u16::try_from(port).ok().filter(|port| *port > 0).ok_or(port),
        size: parts.get(5).map_or(0, |size| u64::try_from(number(size)).unwrap_or(0)),
    }))
}

/// The number at the beginning of a text, as C's `atoi` reads it; saturating.
fn number(text: &[u8]) -> i64 {
    let text = text.trim_ascii_start();
    let (sign, text) = text.strip_prefix(b"-").map_or((1, text), |rest| (-1, rest));
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit());
    sign * digits.fold(0i64, |value, byte| value.saturating_mul(10).saturating_add(i64::from(byte - b'0')))
}

fn skip_blank(text: &[u8]) -> &[u8] {
    &text[text.iter().take_while(|byte| **byte == b' ').count()..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages() {
        let command = |name: &str| What::Command(name.as_bytes().to_vec());
        assert_eq!(message(b"nick bob"), Ok(Message { prefix: b"", what: command("NICK"), params: b"bob" }));
        assert_eq!(message(b":a!b@c  JOIN  :#x"), Ok(Message { prefix: b"a!b@c", what: command("JOIN"), params: b":#x" }));
        assert_eq!(message(b":srv 332 bob #x :go"), Ok(Message { prefix: b"srv", what: What::Reply(332), params: b"bob #x :go" }));
        assert_eq!(message(b"WHO"), Ok(Message { prefix: b"", what: command("WHO"), params: b"" }));
        assert_eq!(message(b"  a"), Err(Malformed::TooShort));
        assert_eq!(message(b":abc"), Err(Malformed::OnlyPrefix));
        assert_eq!(message(b":abc d"), Err(Malformed::NothingAfterPrefix));
        assert_eq!(message(b"12 x"), Err(Malformed::ReplyNumber));
    }

    #[test]
    fn offers() {
        let offer = dcc(b"\x01DCC SEND a.exe 167772161 5555 12\x01");
        let expected = Dcc { what: b"SEND", argument: b"a.exe", host: Addr::v4([10, 0, 0, 1]), port: Ok(5555), size: 12 };
        assert_eq!(offer, Some(Ok(expected)));
        assert_eq!(dcc(b"hello"), None);
        assert_eq!(dcc(b"DCC SEND x"), Some(Err(())));
        assert_eq!(dcc(b"DCC SEND a 1 abc 1").and_then(Result::ok).map(|offer| offer.port), Some(Err(0)));
    }
}
