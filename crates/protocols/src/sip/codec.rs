//! Request and status lines and headers (RFC 3261 section 7), with Zeek's words for what is wrong with them.

/// A request line: what stands before it, its method and its URI.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RequestLine<'a> {
    pub(super) junk: &'a [u8],
    pub(super) method: &'a [u8],
    pub(super) uri: &'a [u8],
}

/// Why a line cannot be read: what was expected, and what stood there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mismatch {
    line: u16,
    pattern: &'static str,
    actual: Vec<u8>,
}

impl Mismatch {
    fn new(line: u16, pattern: &'static str, actual: &[u8]) -> Self {
        Self { line, pattern, actual: actual.to_vec() }
    }

    /// As Zeek's parser says it.
    pub(super) fn reason(&self) -> String {
        // The log's writer escapes what is no text; only bytes that no text can hold are escaped here.
        let actual: String =
            self.actual.iter().map(|&byte| if byte.is_ascii() { char::from(byte).to_string() } else { format!("\\x{byte:02x}") }).collect();
        format!(
            "Binpac exception: binpac exception: string mismatch at src/analyzer/protocol/sip/sip-protocol.pac:{}: \nexpected pattern: \"{}\"\nactual data: \"{actual}\"",
            self.line, self.pattern
        )
    }
}

const fn is_token(c: u8) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, b'_' | b'.' | b'!' | b'%' | b'*' | b'+' | b'`' | b'\'' | b'~' | b'-')
}

fn run(text: &[u8], is: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    text.split_at(text.iter().position(|&c| !is(c)).unwrap_or(text.len()))
}

fn blanks(text: &[u8]) -> &[u8] {
    run(text, |c| matches!(c, b' ' | b'\t')).1
}

/// Reads `SIP/2.0`; gives what follows.
fn version(text: &[u8]) -> Result<&[u8], Mismatch> {
    let rest = text.strip_prefix(b"SIP/").ok_or_else(|| Mismatch::new(45, "SIP/", text))?;
    let bad = || Mismatch::new(46, "[0-9]+\\.[0-9]+", rest);
    let (major, dot) = run(rest, |c| c.is_ascii_digit());
    let (minor, after) = run(dot.strip_prefix(b".").ok_or_else(bad)?, |c| c.is_ascii_digit());
    if major.is_empty() || minor.is_empty() { Err(bad()) } else { Ok(after) }
}

/// Reads a request line.
///
/// # Errors
/// Where it is none.
pub(super) fn request_line(line: &[u8]) -> Result<RequestLine<'_>, Mismatch> {
    let (junk, rest) = run(line, |c| !is_token(c));
    let (method, rest) = run(rest, is_token);
    if method.is_empty() {
        return Err(Mismatch::new(22, "[a-zA-Z0-9_.!%*+`'~-]+", rest));
    }
    let (uri, after) = run(blanks(rest), |c| c.is_ascii_graphic());
    if uri.is_empty() {
        return Err(Mismatch::new(25, "[[:alnum:]@[:punct:]]+", blanks(rest)));
    }
    version(blanks(after))?;
    Ok(RequestLine { junk, method, uri })
}

/// Reads a status line: the status and its words.
///
/// # Errors
/// Where it is none.
pub(super) fn status_line(line: &[u8]) -> Result<(u16, &[u8]), Mismatch> {
    let rest = blanks(version(line)?);
    let digits = rest.get(..3).filter(|digits| digits.iter().all(u8::is_ascii_digit));
    let digits = digits.ok_or_else(|| Mismatch::new(39, "[0-9]{3}", rest))?;
    Ok((digits.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0')), blanks(&rest[3..])))
}

/// Reads a header: name and value.
///
/// # Errors
/// Where there is no colon behind the name.
pub(super) fn header(line: &[u8]) -> Result<(&[u8], &[u8]), Mismatch> {
    let (name, rest) = run(line, |c| !matches!(c, b':' | b' ' | b'\t'));
    if name.is_empty() {
        return Err(Mismatch::new(60, "[^: \\t]+", line));
    }
    let value = blanks(rest).strip_prefix(b":").ok_or_else(|| Mismatch::new(62, ":", blanks(rest)))?;
    Ok((name, blanks(value)))
}

/// What stands before `;` and `word`, with a blank between them or not.
pub(super) fn before<'a>(value: &'a [u8], word: &[u8]) -> &'a [u8] {
    let end = memchr::memchr_iter(b';', value).find(|&at| {
        let rest = &value[at + 1..];
        rest.starts_with(word) || rest.strip_prefix(b" ").is_some_and(|rest| rest.starts_with(word))
    });
    &value[..end.unwrap_or(value.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_or_refused() {
        let line = request_line(b"\0\0INVITE sip:bob@x SIP/2.0").unwrap();
        assert_eq!((line.junk, line.method, line.uri), (&b"\0\0"[..], &b"INVITE"[..], &b"sip:bob@x"[..]));
        assert_eq!(status_line(b"SIP/2.0 200 OK then"), Ok((200, &b"OK then"[..])));
        assert_eq!(header(b"To : <sip:a>"), Ok((&b"To"[..], &b"<sip:a>"[..])));
        assert!(request_line(b"INVITE sip:bob").unwrap_err().reason().contains("\"SIP/\""));
        assert!(header(b"no colon").is_err() && header(b"").is_err() && status_line(b"SIP/2.0 x").is_err());
    }

    #[test]
    fn tags_and_branches_come_off() {
        assert_eq!(before(b"<sip:a>;tag=1", b"tag="), b"<sip:a>");
        assert_eq!(before(b"SIP/2.0/UDP h;rport; branch=z", b"branch"), b"SIP/2.0/UDP h;rport");
        assert_eq!(before(b"plain", b"tag="), b"plain");
    }
}
