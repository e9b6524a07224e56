//! Tokens, comments and quoted strings of header fields (RFC 2045 section 5.1, RFC 5322 section 3.2), and the file name
//! that a field may give.

use super::base64::hex;

const fn is_lws(c: u8) -> bool {
    matches!(c, b' ' | b'\t')
}

const fn is_field_name(c: u8) -> bool {
    matches!(c, 33..=126) && c != b':'
}

const fn is_token(c: u8) -> bool {
    matches!(c, 33..=126)
        && !matches!(c, b'(' | b')' | b'<' | b'>' | b'@' | b',' | b';' | b':' | b'\\' | b'"' | b'/' | b'[' | b']' | b'?' | b'=')
}

/// How many bytes of blanks and comments lead `text`.
pub fn blanks_and_comments(text: &[u8]) -> usize {
    let mut at = 0;
    while at < text.len() {
        if is_lws(text[at]) {
            at += 1;
        } else if text[at] == b'(' {
            at += comment(&text[at..]);
        } else {
            return at;
        }
    }
    text.len()
}

/// The length of the comment that `text` begins with; all of it where the comment doesn't end.
fn comment(text: &[u8]) -> usize {
    let mut depth = 0usize;
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            b'(' => depth += 1,
            b')' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            b'\\' => at += 1,
            _ => {}
        }
        at += 1;
    }
    text.len()
}

/// The first run of characters that `is` accepts, past blanks, comments and whatever else; and what follows it.
fn run(text: &[u8], is: fn(u8) -> bool) -> Option<(&[u8], &[u8])> {
    let mut at = blanks_and_comments(text);
    while at < text.len() {
        if is(text[at]) {
            let end = text[at..].iter().position(|&c| !is(c)).map_or(text.len(), |length| at + length);
            return Some((&text[at..end], &text[end..]));
        }
        at += blanks_and_comments(&text[at..]).max(1);
    }
    None
}

/// The first token and what follows it.
pub fn token(text: &[u8]) -> Option<(&[u8], &[u8])> {
    run(text, is_token)
}

/// Name and value of a header line; `None` where there is no colon behind the name.
pub fn header(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let (name, rest) = run(line, is_field_name)?;
    let rest = &rest[blanks_and_comments(rest)..];
    let value = rest.strip_prefix(b":")?;
    let start = value.iter().position(|c| !matches!(c, b' ' | b'\t' | b'\r' | b'\n' | 0x0b | 0x0c)).unwrap_or(value.len());
    Some((name, &value[start..]))
}

/// `type/subtype` and what follows.
pub fn media_type(value: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (kind, rest) = token(value)?;
    let rest = rest[blanks_and_comments(rest)..].strip_prefix(b"/")?;
    let (subtype, rest) = token(rest)?;
    Some((kind, subtype, rest))
}

/// The `boundary` parameter among `; name=value` parameters.
pub fn boundary(mut text: &[u8]) -> Option<Box<[u8]>> {
    let mut found = None;
    loop {
        let Some(rest) = text[blanks_and_comments(text)..].strip_prefix(b";") else {
            return found;
        };
        let Some((name, rest)) = token(rest) else {
            return found;
        };
        text = rest;
        let Some(rest) = rest[blanks_and_comments(rest)..].strip_prefix(b"=") else {
            continue;
        };
        text = rest;
        let any = name.eq_ignore_ascii_case(b"boundary");
        let Some((value, rest)) = parameter(rest, any) else {
            continue;
        };
        text = rest;
        if any {
            found = Some(value);
        }
    }
}

/// A parameter's value: quoted, or a token; with `any`, whatever characters but quotes.
fn parameter(text: &[u8], any: bool) -> Option<(Box<[u8]>, &[u8])> {
    let text = if any { text } else { &text[blanks_and_comments(text)..] };
    if text.first() != Some(&b'"') {
        let (value, rest) = if any { run_of_any(text)? } else { token(text)? };
        return Some((value.into(), rest));
    }
    let mut value = Vec::new();
    let mut at = 1;
    while at < text.len() {
        match text[at] {
            b'"' => return Some((value.into(), &text[at + 1..])),
            b'\\' => {
                at += 1;
                value.extend(text.get(at));
            }
            c => value.push(c),
        }
        at += 1;
    }
    None
}

fn run_of_any(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let is = |c: &u8| matches!(c, 33..=126) && *c != b'"';
    let start = text.iter().position(is)?;
    let end = text[start..].iter().position(|c| !is(c)).map_or(text.len(), |length| start + length);
    Some((&text[start..end], &text[end..]))
}

/// The file name in a `Content-Disposition` or `Content-Type` value: what stands behind the last `name=`, unquoted,
/// without the charset and language of RFC 5987, unescaped. `None` where there is no `word=`, `word` being `filename`
/// (which may carry a `*`) or `name`.
pub fn file_name(value: &[u8], word: &[u8], starred: bool) -> Option<Vec<u8>> {
    assignments(value, word, starred).next()?;
    let start = assignments(value, b"name", true).last()?;
    let mut name = &value[start..];
    name = &name[name.iter().position(|&c| !is_lws(c)).unwrap_or(name.len())..];
    if let Some(quoted) = name.strip_prefix(b"\"") {
        name = &quoted[..memchr::memchr(b'"', quoted).unwrap_or(quoted.len())];
    }
    Some(unescape(without_charset(name)))
}

/// Where the values of `word =` (or `word* =`) begin.
fn assignments<'a>(value: &'a [u8], word: &'a [u8], starred: bool) -> impl Iterator<Item = usize> + 'a {
    memchr::memchr_iter(b'=', value).filter_map(move |at| {
        let mut before = &value[..at];
        if starred {
            before = before.strip_suffix(b"*").unwrap_or(before);
        }
        while let [head @ .., b' ' | b'\t'] = before {
            before = head;
        }
        let start = before.len().checked_sub(word.len())?;
        before[start..].eq_ignore_ascii_case(word).then_some(at + 1)
    })
}

/// Takes `charset'language'` from the front.
fn without_charset(name: &[u8]) -> &[u8] {
    let is = |c: &u8| {
        c.is_ascii_alphanumeric() || matches!(c, b'!' | b'#' | b'$' | b'%' | b'&' | b'+'..=b'^' | b'_' | b'`' | b'{' | b'}' | b'~')
    };
    let Some(first) = name.iter().position(|c| !is(c)).filter(|&at| at > 0 && name[at] == b'\'') else {
        return name;
    };
    let rest = &name[first + 1..];
    match rest.iter().position(|c| !is(c)) {
        Some(second) if rest[second] == b'\'' => name.iter().rposition(|&c| c == b'\'').map_or(name, |last| &name[last + 1..]),
        _ => name,
    }
}

/// What is odd about a URI's escapes, by Zeek's names.
pub type UriWeird = &'static str;

/// Replaces `%xx` and `%uxxxx`.
pub fn unescape(text: &[u8]) -> Vec<u8> {
    unescape_telling(text, &mut |_| {})
}

/// The same, telling of what is odd.
pub fn unescape_telling(text: &[u8], odd: &mut dyn FnMut(UriWeird)) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(skip) = memchr::memchr(b'%', &text[at..]) {
        out.extend_from_slice(&text[at..at + skip]);
        at += skip + 1;
        match text[at..] {
            [] => {
                odd("illegal_%_at_end_of_URI");
                out.push(b'%');
                return out;
            }
            [c] => {
                odd("partial_escape_at_end_of_URI");
                out.extend_from_slice(&[b'%', c]);
                return out;
            }
            [b'%', ..] => odd("double_%_in_URI"),
            [a, b, ..] if hex(a).is_some() && hex(b).is_some() => {
                out.push(byte(a, b));
                at += 2;
            }
            [b'u', a, b, c, d, ..] if [a, b, c, d].iter().all(|&digit| hex(digit).is_some()) => {
                if [a, b] != *b"00" {
                    out.push(byte(a, b));
                }
                out.push(byte(c, d));
                at += 5;
            }
            [c, ..] => {
                odd("unescaped_%_in_URI");
                out.extend_from_slice(&[b'%', c]);
                at += 1;
            }
        }
    }
    out.extend_from_slice(&text[at..]);
    out
}

fn byte(high: u8, low: u8) -> u8 {
    hex(high).unwrap_or(0) << 4 | hex(low).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_need_a_colon_and_lose_leading_blanks() {
        assert_eq!(header(b"Host:  a.b "), Some((&b"Host"[..], &b"a.b "[..])));
        assert_eq!(header(b"Host (c) : x"), Some((&b"Host"[..], &b"x"[..])));
        assert_eq!(header(b"no colon"), None);
        assert_eq!(header(b""), None);
        assert_eq!(header(b"X:"), Some((&b"X"[..], &b""[..])));
    }

    #[test]
    fn boundaries_are_found_quoted_and_bare() {
        let check = |value: &str, expected: Option<&str>| {
            let (_, _, rest) = media_type(value.as_bytes()).expect("a media type");
            assert_eq!(boundary(rest).as_deref(), expected.map(str::as_bytes), "{value}");
        };
        check("multipart/mixed; boundary=\"a b\"", Some("a b"));
        check("multipart/form-data; charset=x; boundary=----Web=Kit", Some("----Web=Kit"));
        check("multipart/mixed", None);
        check("multipart/mixed; x", None);
        check("text/plain; boundary=", None);
    }

    #[test]
    fn file_names_are_unquoted_and_unescaped() {
        let check = |value: &str, expected: Option<&str>| {
            assert_eq!(file_name(value.as_bytes(), b"filename", true).as_deref(), expected.map(str::as_bytes), "{value}");
        };
        check("attachment; filename=\"a%20b.exe\"; size=3", Some("a b.exe"));
        check("attachment; FileName = x.exe", Some("x.exe"));
        check("attachment; filename*=UTF-8''n%61me.txt", Some("name.txt"));
        check("inline", None);
        check("form-data; name=\"f\"; filename=\"up.zip\"", Some("up.zip"));
        assert_eq!(file_name(b"text/plain; name=x.txt", b"name", false).as_deref(), Some(&b"x.txt"[..]));
    }

    #[test]
    fn escapes_come_off_as_zeek_takes_them() {
        let check = |text: &str, expected: &str, odd: &[&str]| {
            let mut seen = Vec::new();
            let out = unescape_telling(text.as_bytes(), &mut |name| seen.push(name));
            assert_eq!((String::from_utf8_lossy(&out).as_ref(), seen.as_slice()), (expected, odd), "{text}");
        };
        check("/a%20b", "/a b", &[]);
        check("/%", "/%", &["illegal_%_at_end_of_URI"]);
        check("/%4", "/%4", &["partial_escape_at_end_of_URI"]);
        check("/%%41x", "/Ax", &["double_%_in_URI"]);
        check("/%u0041b", "/Ab", &[]);
        check("/%zz", "/%zz", &["unescaped_%_in_URI"]);
    }
}
