//! Request and status lines (RFC 9112 sections 3 and 4), numbers and ranges of header fields. As lenient as Zeek.

use super::token::unescape_telling;

/// A protocol version, `0.0` where none was read yet or it could not be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Version {
    /// Before the dot.
    pub major: u8,
    /// Behind the dot.
    pub minor: u8,
}

impl Version {
    /// HTTP/0.9: a request of one line, a reply without any header.
    pub(super) const V0_9: Self = Self { major: 0, minor: 9 };
    /// HTTP/1.1.
    pub(super) const V1_1: Self = Self { major: 1, minor: 1 };

    /// The version as logs print it.
    pub(super) fn name(self) -> model::Value {
        match (self.major, self.minor) {
            (1, 1) => "1.1".into(),
            (1, 0) => "1.0".into(),
            (major, minor) => format!("{major}.{minor}").into(),
        }
    }

    fn read(text: &[u8]) -> Self {
        match text {
            [major @ b'0'..=b'9', b'.', minor @ b'0'..=b'9', ..] => Self { major: major - b'0', minor: minor - b'0' },
            _ => Self::default(),
        }
    }
}

/// A request line.
#[derive(Debug)]
pub(super) struct RequestLine<'a> {
    /// The method.
    pub method: &'a [u8],
    /// The URI as it stands.
    pub uri: &'a [u8],
    /// The URI without escapes.
    pub unescaped: Vec<u8>,
    /// The version; `None` where a version stands there that is cut off.
    pub version: Option<Version>,
}

/// Why a line is no request line: the weird to tell of.
pub(super) type NoRequest = &'static str;

const fn is_token(c: u8) -> bool {
    matches!(c, 33..=126)
        && !matches!(
            c,
            b'(' | b')' | b'<' | b'>' | b'@' | b',' | b';' | b':' | b'\\' | b'"' | b'/' | b'[' | b']' | b'?' | b'=' | b'{' | b'}'
        )
}

const fn is_uri(c: u8) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(
            c,
            b':' | b'/'
                | b'?'
                | b'#'
                | b'['
                | b']'
                | b'@'
                | b'!'
                | b'$'
                | b'&'
                | b'\''
                | b'('
                | b')'
                | b'*'
                | b'+'
                | b','
                | b';'
                | b'='
                | b'-'
                | b'_'
                | b'.'
                | b'~'
                | b'%'
                | 0
        )
}

fn blanks(text: &[u8]) -> usize {
    text.iter().position(|c| !matches!(c, b' ' | b'\t')).unwrap_or(text.len())
}

/// Reads a request line. `odd` is told of what is strange but bearable.
///
/// # Errors
/// Where the line is no request line at all.
pub(super) fn request_line<'a>(line: &'a [u8], known: Version, odd: &mut dyn FnMut(&'static str)) -> Result<RequestLine<'a>, NoRequest> {
    let end = line.iter().position(|&c| !is_token(c)).unwrap_or(line.len());
    if end == 0 {
        let tail = line.len().checked_sub(9).map_or(&b""[..], |from| &line[from..]);
        let versioned = tail.get(..6).is_some_and(|tail| tail.eq_ignore_ascii_case(b" HTTP/"));
        return Err(if versioned { "bad_HTTP_request_with_version" } else { "bad_HTTP_request" });
    }
    let (method, rest) = line.split_at(end);
    let skip = blanks(rest);
    if skip == 0 {
        return Err("bad_HTTP_request");
    }
    let request = target(method, &rest[skip..], odd);
    if request.version.unwrap_or(known) == Version::V0_9 && (method.len() < 3 || request.uri.is_empty()) {
        return Err("bad_HTTP_request");
    }
    Ok(request)
}

fn target<'a>(method: &'a [u8], rest: &'a [u8], odd: &mut dyn FnMut(&'static str)) -> RequestLine<'a> {
    let mut end = rest.iter().position(|&c| !is_uri(c)).unwrap_or(rest.len());
    let leading = version_prefix(rest);
    if leading == Some(false) {
        odd("lowercase_HTTP_keyword");
    }
    if end >= rest.len() && leading.is_some() {
        odd("missing_HTTP_uri");
        end = 0;
    }
    let mut at = end;
    let mut version = Some(Version::V0_9);
    while at < rest.len() {
        end = at;
        at += blanks(&rest[at..]);
        match version_prefix(&rest[at..]) {
            Some(proper) => {
                if !proper {
                    odd("lowercase_HTTP_keyword");
                }
                version = (at + 8 <= rest.len()).then(|| Version::read(&rest[at + 5..]));
                break;
            }
            None => at += 1,
        }
    }
    let uri = &rest[..end];
    RequestLine { method, uri, unescaped: unescape_telling(uri, odd), version }
}

/// Whether `HTTP/` stands here, and whether in capital letters.
fn version_prefix(text: &[u8]) -> Option<bool> {
    let head = text.get(..5)?;
    head.eq_ignore_ascii_case(b"HTTP/").then(|| head == b"HTTP/")
}

/// A status line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct StatusLine<'a> {
    /// The version.
    pub version: Version,
    /// The status, 0 where it is no number.
    pub code: u16,
    /// The words; `None` where there is nothing behind the status.
    pub reason: Option<&'a [u8]>,
    /// Whether `HTTP` stands in capital letters.
    pub proper: bool,
}

/// What a line at the place of a status line is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Status<'a> {
    /// A status line.
    Line(StatusLine<'a>),
    /// No status, only a version.
    Incomplete(Version, bool),
    /// Something else.
    No,
}

/// Reads a status line.
pub(super) fn status_line(line: &[u8]) -> Status<'_> {
    let Some(proper) = version_prefix(line) else {
        return Status::No;
    };
    let rest = &line[5..];
    let version = Version::read(rest);
    let Some(gap) = rest.iter().position(|c| matches!(c, b' ' | b'\t')) else {
        return Status::Incomplete(version, proper);
    };
    let rest = &rest[gap + blanks(&rest[gap..])..];
    let Some(digits) = rest.get(..3) else {
        return Status::Incomplete(version, proper);
    };
    let code =
        if digits.iter().all(u8::is_ascii_digit) { digits.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0')) } else { 0 };
    let behind = &rest[3..];
    let reason = behind.iter().position(|c| matches!(c, b' ' | b'\t')).map(|gap| &behind[gap + blanks(&behind[gap..])..]);
    Status::Line(StatusLine { version, code, reason, proper })
}

/// A number at the head of `text`, of base 10 or 16; what follows its digits is passed over. An empty text is zero.
pub(super) fn number(text: &[u8], base: u32) -> Option<i64> {
    let (negative, digits) = text.strip_prefix(b"-").map_or((false, text), |rest| (true, rest));
    let mut number = 0i64;
    for (at, &c) in digits.iter().enumerate() {
        match char::from(c).to_digit(base) {
            Some(digit) => number = number.checked_mul(i64::from(base))?.checked_add(i64::from(digit))?,
            None if at > 0 => break,
            None => return None,
        }
    }
    Some(if negative { -number } else { number })
}

/// A `Content-Range` (RFC 9110 section 14.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    /// Offset of the first byte.
    pub first: u64,
    /// How many bytes.
    pub bytes: u64,
    /// The length of the whole; `None` where it is unknown, 0 where it cannot be read.
    pub whole: Option<u64>,
}

/// Why a range is not followed: the weird and its detail.
pub(super) type NoRange = (&'static str, Vec<u8>);

/// Reads a range: its unit and what follows it.
///
/// # Errors
/// Where it is no range of bytes.
pub(super) fn content_range(unit: &[u8], rest: &[u8]) -> Result<(Range, bool), NoRange> {
    if unit != b"bytes" {
        return Err(("HTTP_content_range_unknown_byte_unit", Vec::new()));
    }
    let text: Vec<u8> = rest.iter().copied().filter(|&c| c != b' ').collect();
    let bare = || ("HTTP_content_range_cannot_parse", Vec::new());
    let slash = memchr::memchr(b'/', &text).ok_or_else(bare)?;
    let (span, whole) = (&text[..slash], &text[slash + 1..]);
    let dash = memchr::memchr(b'-', span).ok_or_else(bare)?;
    let (Some(first), Some(last)) = (number(&span[..dash], 10), number(&span[dash + 1..], 10)) else {
        return Err(("HTTP_content_range_cannot_parse", text));
    };
    let (Ok(first), Ok(last)) = (u64::try_from(first), u64::try_from(last)) else {
        return Err(("HTTP_content_range_invalid", text));
    };
    if last < first {
        return Err(("HTTP_non_positive_content_range", text));
    }
    let Some(bytes) = (last - first).checked_add(1) else {
        return Err(("HTTP_content_range_overflow", text));
    };
    let (whole, readable) = match whole {
        b"*" => (None, true),
        digits => number(digits, 10).and_then(|n| u64::try_from(n).ok()).map_or((Some(0), false), |n| (Some(n), true)),
    };
    Ok((Range { first, bytes, whole }, readable))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_lines_are_read_as_zeek_reads_them() {
        let check = |line: &str, expected: Result<(&str, &str, Option<Version>), &str>, weirds: &[&str]| {
            let mut odd = Vec::new();
            let read = request_line(line.as_bytes(), Version::default(), &mut |name| odd.push(name));
            let read = read.map(|r| (String::from_utf8_lossy(r.method).into_owned(), String::from_utf8(r.unescaped).unwrap(), r.version));
            assert_eq!(read, expected.map(|(m, u, v)| (m.to_owned(), u.to_owned(), v)), "{line}");
            assert_eq!(odd, weirds, "{line}");
        };
        check("GET /a%20b HTTP/1.1", Ok(("GET", "/a b", Some(Version::V1_1))), &[]);
        check("GET /a b c HTTP/1.0", Ok(("GET", "/a b c", Some(Version { major: 1, minor: 0 }))), &[]);
        check("GET /old", Ok(("GET", "/old", Some(Version::V0_9))), &[]);
        check("GET HTTP/1.1", Ok(("GET", "", Some(Version::V1_1))), &["missing_HTTP_uri"]);
        check("GET / http/1.1", Ok(("GET", "/", Some(Version::V1_1))), &["lowercase_HTTP_keyword"]);
        check("GE /", Err("bad_HTTP_request"), &[]);
        check("", Err("bad_HTTP_request"), &[]);
        check("{} / HTTP/1.1", Err("bad_HTTP_request_with_version"), &[]);
        check("GET / HTTP/1", Ok(("GET", "/", None)), &[]);
    }

    #[test]
    fn status_lines_may_lack_words() {
        let line = |version, code, reason| Status::Line(StatusLine { version, code, reason, proper: true });
        assert_eq!(status_line(b"HTTP/1.1 200 OK then"), line(Version::V1_1, 200, Some(&b"OK then"[..])));
        assert_eq!(status_line(b"HTTP/1.1 200"), line(Version::V1_1, 200, None));
        assert_eq!(status_line(b"HTTP/1.1 200 "), line(Version::V1_1, 200, Some(&b""[..])));
        assert_eq!(status_line(b"HTTP/1.1 2"), Status::Incomplete(Version::V1_1, true));
        assert_eq!(status_line(b"ICY 200 OK"), Status::No);
    }

    #[test]
    fn ranges_and_numbers_keep_to_their_bounds() {
        let range = |text: &str| {
            content_range(b"bytes", text.as_bytes()).map(|(range, _)| (range.first, range.bytes, range.whole)).map_err(|e| e.0)
        };
        assert_eq!(range(" 0-499/1234"), Ok((0, 500, Some(1234))));
        assert_eq!(range(" 5-5/*"), Ok((5, 1, None)));
        assert_eq!(range(" 9-5/10"), Err("HTTP_non_positive_content_range"));
        assert_eq!(range(" 5/10"), Err("HTTP_content_range_cannot_parse"));
        assert_eq!(number(b"1f;ext", 16), Some(31));
        assert_eq!(number(b"", 10), Some(0));
        assert_eq!(number(b" 1", 10), None);
        assert_eq!(number(b"99999999999999999999", 10), None);
    }
}
