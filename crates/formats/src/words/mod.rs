//! What a text says in words: whether somebody logged on or was refused, who, from where, which request, which flow. For programs
//! without a format of their own, whose messages are sentences.
//!
//! It reads what the words say and guesses nothing more: a phrase of refusal or admission, an address behind a word that announces one,
//! a name behind a word that announces one.

mod phrases;

use crate::rows::End;
use crate::text::{addr, number, port};
use model::Addr;
use phrases::{ENDED, GRANTED, REFUSED};

/// So much of a text is looked at: what a sentence says, it says at its beginning.
const LOOK_BYTES_MAX: usize = 4 << 10;
/// Addresses of a text that are looked at.
const ADDRESSES_MAX: usize = 16;

/// What is said of a logon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// Refused.
    Refused,
    /// Granted.
    Granted,
    /// Ended.
    Ended,
}

/// Whether a text tells of a logon.
pub(crate) fn logon(text: &[u8]) -> Option<Said> {
    let lower = lower(text);
    let has = |phrases: &str| phrases.split('|').any(|phrase| memchr::memmem::find(&lower, phrase.as_bytes()).is_some());
    // A success says so, also where its sentence begins as that of a failure does: "authentication request for x has succeeded".
    if has(ENDED) {
        return Some(Said::Ended);
    }
    let (refused, granted) = (has(REFUSED), has(GRANTED));
    let denies = || {
        [&b"fail"[..], b"denied", b"invalid", b"unsuccess", b"not ", b"wrong", b"reject", b"error"]
            .iter()
            .any(|word| crate::text::has(&lower, word))
    };
    match (refused, granted) {
        (_, true) if !denies() => Some(Said::Granted),
        (true, _) => Some(Said::Refused),
        (false, true) => Some(Said::Granted),
        _ => None,
    }
}

fn lower(text: &[u8]) -> Vec<u8> {
    text[..text.len().min(LOOK_BYTES_MAX)].to_ascii_lowercase()
}

/// The addresses of a text, each with where it begins and ends and the port behind it.
pub(crate) fn addresses(text: &[u8]) -> Vec<(usize, usize, End)> {
    let text = &text[..text.len().min(LOOK_BYTES_MAX)];
    let belongs = |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.' | b'%');
    let (mut found, mut at) = (Vec::new(), 0);
    while at < text.len() && found.len() < ADDRESSES_MAX {
        if !belongs(&text[at])
            || at > 0 && (text[at - 1].is_ascii_alphanumeric() || matches!(text[at - 1], b'_' | b'-')) && !is_scheme(text, at)
        {
            at += 1;
            continue;
        }
        let length = text[at..].iter().take_while(|byte| belongs(byte)).count();
        let word = &text[at..at + length];
        let behind = text.get(at + length);
        let trimmed = word.strip_suffix(b".").or_else(|| word.strip_suffix(b":")).unwrap_or(word);
        if behind.is_none_or(|byte| !byte.is_ascii_alphabetic() && *byte != b'_')
            && let Some(end) = one(trimmed)
        {
            found.push((at, at + trimmed.len(), with_port(end, &text[at + trimmed.len()..])));
        }
        at += length.max(1);
    }
    found
}

/// `IPV4/TCP/10.0.0.5`, `x10.0.0.5` is none, `v4:10.0.0.5` is one: what stands before an address and yet belongs not to it.
fn is_scheme(text: &[u8], at: usize) -> bool {
    text[at - 1] == b'-' && at >= 2 && matches!(text[at - 2], b' ' | b'-')
}

fn one(word: &[u8]) -> Option<End> {
    /// The shortest address that stands in a text: `::1`, `1.1.1.1`.
    const BYTES_MIN: usize = 3;
    if word.len() < BYTES_MIN || !word.iter().any(|byte| matches!(byte, b':' | b'.')) {
        return None;
    }
    if let Some(found) = addr(word) {
        return Some((Some(found), 0));
    }
    let (found, number) = crate::text::end(word, b':');
    if found.is_some() {
        return Some((found, number));
    }
    // `10.0.0.5.1036`: a port behind a point.
    let (found, number) = crate::text::end(word, b'.');
    found.map(|found| (Some(found), number))
}

/// The port behind an address: `]:443`, `:443`, ` port 443`, `(443)`, `/443`.
fn with_port(end: End, behind: &[u8]) -> End {
    if end.1 != 0 {
        return end;
    }
    let digits = |text: &[u8]| {
        let length = text.iter().take(6).take_while(|byte| byte.is_ascii_digit()).count();
        port(&text[..length]).filter(|_| text.get(length).is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'.'))
    };
    let after = behind.strip_prefix(b"]:").or_else(|| behind.strip_prefix(b":")).or_else(|| behind.strip_prefix(b"("));
    let after = after.or_else(|| behind.strip_prefix(b" port ")).or_else(|| behind.strip_prefix(b" source port: "));
    let after = after.or_else(|| behind.strip_prefix(b"/").filter(|_| end.0.is_some()));
    (end.0, after.and_then(digits).unwrap_or_default())
}

/// Words that announce the address from which somebody came.
const FROM: &[&str] = &[
    "from",
    "ip",
    "client",
    "rhost",
    "rip",
    "remote",
    "address",
    "addr",
    "host",
    "peer",
    "src",
    "source",
    "raddr",
    "ipaddr",
    "remoteaddr",
    "remoteaddress",
    "oip",
    "clientip",
    "remote_addr",
    "remote_ip",
    "client_ip",
    "ipaddress",
    "hostname",
    "by",
    "connection",
];
/// Words that announce another address than that.
const NOT_FROM: &[&str] = &[
    "lip",
    "laddr",
    "to",
    "local",
    "localaddress",
    "server",
    "dst",
    "destination",
    "upstream",
    "listening",
    "nas",
    "on",
    "gateway",
    "bind",
];

/// The address from which somebody came.
pub(crate) fn source(text: &[u8]) -> End {
    let all = addresses(text);
    let announced = |from: &[&str], start: usize| {
        let before = &text[..start];
        let letters = before.iter().rposition(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').map_or(0, |last| last + 1);
        let begin =
            before[..letters].iter().rposition(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_')).map_or(0, |place| place + 1);
        // An address may have its name before it: `from host.example (10.0.0.5)`.
        letters + 6 > start && from.iter().any(|word| before[begin..letters].eq_ignore_ascii_case(word.as_bytes()))
    };
    let named = all.iter().find(|(start, ..)| announced(FROM, *start));
    let other = all.iter().find(|(start, ..)| !announced(NOT_FROM, *start));
    named.or(other).or_else(|| all.first()).map_or((None, 0), |(_, _, end)| *end)
}

/// Words that announce who, and those behind which nobody is named.
const WHO: &[&str] = &[
    "username",
    "user",
    "usr",
    "account",
    "accountid",
    "login",
    "acct",
    "uname",
    "userid",
    "email",
    "user_name",
    "user name",
    "identity",
    "for",
    "mailbox",
    "accountname",
    "ruser",
    "uid",
    "login name",
    "admin",
    "by",
];
const NOBODY: &[&str] = &[
    "authenticated",
    "name",
    "not",
    "is",
    "or",
    "does",
    "was",
    "authentication",
    "unknown",
    "from",
    "failed",
    "failure",
    "and",
    "with",
    "has",
    "login",
    "password",
    "to",
    "in",
    "for",
    "attempt",
    "id",
    "the",
    "a",
    "an",
    "agent",
    "user",
    "username",
    "on",
    "of",
    "at",
    "via",
    "failed.",
    "error",
    "session",
    "account",
    "logged",
    "invalid",
    "illegal",
    "null",
    "input",
    "by",
    "username,",
    "credentials",
    "incorrect",
    "denied",
    "unsuccessful",
    "successful",
    "rejected",
    "details",
    "database",
    "access",
    "lookup",
    "registration",
    "ssh2",
    "http",
    "client",
    "connection",
    "getting",
    "group",
    "ip",
    "request",
    "registration,",
    "addresses",
    "tag",
    "policy",
    "rule",
    "this",
    "service",
    "method",
    "domain",
    "host",
    "unauthorized",
    "no",
    "secs",
    "minutes",
];

/// The user whom a text names.
pub(crate) fn user(text: &[u8]) -> Option<&[u8]> {
    let text = &text[..text.len().min(LOOK_BYTES_MAX)];
    WHO.iter().find_map(|word| named(text, word.as_bytes())).or_else(|| not_found(text)).or_else(|| around(text))
}

/// `10.0.0.5 - sakata "POST …"`: the user of a request, as web servers write it.
pub(crate) fn beside<'a>(text: &'a [u8], method: &[u8]) -> Option<&'a [u8]> {
    let place = memchr::memmem::find(text, &[b"\"", method, b" "].concat())?;
    let before = text[..place].strip_suffix(b" ")?;
    let (rest, name) = crate::text::split_last(before, b' ')?;
    (rest.ends_with(b" -") && name != b"-").then_some(name)
}

/// `sakata was not found in …`.
fn not_found(text: &[u8]) -> Option<&[u8]> {
    let before = crate::text::before(text, b" was not found");
    let name = before.rsplit(|byte| *byte == b' ').next()?;
    (before.len() < text.len() && !name.is_empty() && !name.ends_with(b"\"")).then_some(name)
}

/// `sakata 10.0.0.5 failed to login`, `sakata - 10.0.0.5 …`: a name alone before an address.
fn around(text: &[u8]) -> Option<&[u8]> {
    let (start, ..) = *addresses(text).first()?;
    let before = text[..start].trim_ascii_end();
    let before = before.strip_suffix(b" -").unwrap_or(before).trim_ascii_end();
    let name = before.rsplit(|byte| matches!(byte, b' ' | b'\t')).next()?;
    let plain = name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-.@".contains(byte));
    let lower = name.to_ascii_lowercase();
    let other = FROM.iter().chain(NOT_FROM).chain(NOBODY).any(|word| word.as_bytes() == lower);
    let alone = name.len() == before.len()
        || before[..before.len() - name.len()].ends_with(b"] ")
        || before[..before.len() - name.len()].ends_with(b"\t");
    (plain && alone && !other && name.len() > 1 && number(name).is_none()).then_some(name)
}

/// What stands behind a word that announces a name.
fn named<'a>(text: &'a [u8], word: &[u8]) -> Option<&'a [u8]> {
    let mut from = 0;
    while let Some(place) = find_word(&text[from..], word) {
        let behind = from + place + word.len();
        // `for 'user' from`: there, the word is itself the name.
        let before = text[..from + place].last().filter(|byte| matches!(byte, b'\'' | b'"'));
        // `"user":"sakata"` announces all the same.
        let key = matches!(text.get(behind + 1), Some(b':' | b'='));
        let quoted = before.is_some() && text.get(behind) == before && !key;
        if quoted {
            from = behind;
            continue;
        }
        if let Some(name) = name_at(&text[behind..], word) {
            return Some(name);
        }
        from = behind;
    }
    None
}

/// Where a whole word stands, in any case.
fn find_word(text: &[u8], word: &[u8]) -> Option<usize> {
    let letter = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let fits = |(at, window): (usize, &[u8])| {
        let apart = (at == 0 || !letter(&text[at - 1])) && text.get(at + word.len()).is_none_or(|byte| !letter(byte));
        (apart && window.eq_ignore_ascii_case(word)).then_some(at)
    };
    text.windows(word.len()).enumerate().find_map(fits)
}

fn name_at<'a>(behind: &'a [u8], word: &[u8]) -> Option<&'a [u8]> {
    /// What may stand between the word and the name.
    const BETWEEN_MAX: usize = 5;
    /// The longest name that is believed: an address of mail.
    const NAME_BYTES_MAX: usize = 254;
    let skip = behind.iter().take(BETWEEN_MAX).take_while(|byte| b" =:'\"(<[`\\{".contains(byte)).count();
    let between = &behind[..skip];
    let quote = between.iter().rev().find(|byte| b"'\"(<[`".contains(byte)).copied();
    let sure = between.iter().any(|byte| b"=:'\"(<[`".contains(byte));
    if between.is_empty() {
        return None;
    }
    let rest = &behind[skip..];
    let end = match quote {
        Some(b'(') => rest.iter().position(|byte| *byte == b')'),
        Some(b'<') => rest.iter().position(|byte| *byte == b'>'),
        Some(b'[') => rest.iter().position(|byte| *byte == b']'),
        Some(b'"') => rest.iter().position(|byte| matches!(byte, b'"' | b'\\')),
        Some(quote) => rest.iter().position(|byte| *byte == quote),
        None => rest.iter().position(|byte| b" \t,;()'\"<>[]|\\".contains(byte)),
    };
    let mut name = &rest[..end.unwrap_or(rest.len())];
    if quote.is_none() {
        name = name.strip_suffix(b".").or_else(|| name.strip_suffix(b":")).or_else(|| name.strip_suffix(b"!")).unwrap_or(name);
    }
    let lower = name.to_ascii_lowercase();
    // `username input 'sakata'`.
    if quote.is_none() && NOBODY.iter().any(|word| word.as_bytes() == lower) && rest[name.len()..].starts_with(b" '") {
        let inside = &rest[name.len() + 2..];
        return memchr::memchr(b'\'', inside).map(|end| &inside[..end]).filter(|name| !name.is_empty());
    }
    if lower.starts_with(b"agent") {
        return None;
    }
    let nobody = !sure
        && (NOBODY.iter().any(|word| word.as_bytes() == lower) || matches!(word, b"for" | b"by") && behind_is_no_name(&rest[name.len()..]));
    let fits = !name.is_empty() && name.len() <= NAME_BYTES_MAX && !name.contains(&b'\n') && addr(name).is_none();
    if fits && !nobody && (sure || number(name).is_none()) { Some(name) } else { None }
}

/// Behind `for` or `by`, a name is one only where an address or nothing follows.
fn behind_is_no_name(rest: &[u8]) -> bool {
    let rest = rest.trim_ascii_start();
    !(rest.is_empty() || rest.starts_with(b"from") || rest.starts_with(b"(") || rest.starts_with(b"has ") || rest.starts_with(b"["))
}

/// A request in a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a [u8],
    pub(crate) url: &'a [u8],
    pub(crate) version: &'a [u8],
    pub(crate) status: Option<u64>,
    pub(crate) bytes: Option<u64>,
}

/// `"POST /login HTTP/1.1" 401`, `GET /a 404`, `| 401 | … | POST "/client"`.
pub(crate) fn request(text: &[u8]) -> Option<Asked<'_>> {
    const METHODS: &[&[u8]] = &[b"GET", b"POST", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"PATCH", b"CONNECT", b"PROPFIND"];
    let text = &text[..text.len().min(LOOK_BYTES_MAX)];
    let parts = |byte: &u8| matches!(byte, b' ' | b'"' | b'|' | b'\t' | b'(' | b')' | b'[' | b']' | b',' | b'{' | b'}');
    let words: Vec<&[u8]> = text.split(parts).filter(|word| !word.is_empty()).take(200).collect();
    let target = |word: &[u8]| word.starts_with(b"/") || word.starts_with(b"http://") || word.starts_with(b"https://");
    fn verb(word: &[u8]) -> &[u8] {
        word.strip_suffix(b":").unwrap_or(word)
    }
    let place = words.windows(2).position(|pair| METHODS.contains(&verb(pair[0])) && target(pair[1]))?;
    let version = words.get(place + 2).and_then(|word| word.strip_prefix(b"HTTP/")).unwrap_or_default();
    let status = |word: &&&[u8]| word.len() == 3 && number(word).is_some_and(|status| (100..600).contains(&status));
    let code = |word: &[u8]| number(word);
    let behind = words[place + 2..].iter().take(8).position(|word| status(&word)).map(|at| at + place + 2);
    let before = words[..place].iter().rposition(|word| status(&word));
    let at = behind.or(before)?;
    let bytes = if behind.is_some() { words.get(at + 1).and_then(|word| number(word)) } else { None };
    Some(Asked { method: verb(words[place]), url: words[place + 1], version, status: code(words[at]), bytes })
}

/// A method and what it was asked of: `POST http://a.example/login`.
pub(crate) fn target(text: &[u8]) -> Option<(&[u8], &[u8])> {
    const METHODS: &[&[u8]] = &[b"GET", b"POST", b"HEAD", b"PUT", b"DELETE", b"OPTIONS", b"PATCH"];
    let mut words = crate::text::words(&text[..text.len().min(LOOK_BYTES_MAX)]).map(|word| word.trim_ascii());
    let verb = words.find(|word| METHODS.contains(word))?;
    words.next().filter(|url| url.starts_with(b"/") || url.starts_with(b"http")).map(|url| (verb, url))
}

/// A flow in a text: `10.0.0.5:1036->203.0.113.9:80`, `10.0.0.5(1036) -> 203.0.113.9(80)`, `Source 10.0.0.5:1036 - Destination 203.0.113.9:80`.
pub(crate) fn flow(text: &[u8]) -> Option<(End, End)> {
    let all = addresses(text);
    let arrow = |from: usize, to: usize| {
        let between = &text[from..to];
        between.len() <= 60
            && (crate::text::has(between, b"->") || crate::text::has(between, b"=>") || crate::text::has(between, b"Destination "))
    };
    let pair = all.windows(2).find(|pair| arrow(pair[0].1, pair[1].0))?;
    Some((pair[0].2, pair[1].2))
}

/// The first address of a text, as it stands.
pub(crate) fn first_addr(text: &[u8]) -> Option<Addr> {
    addresses(text).first().and_then(|(_, _, end)| end.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_of_logons_are_read() {
        let name = |text: &'static str| user(text.as_bytes()).map(|name| String::from_utf8_lossy(name).into_owned()).unwrap_or_default();
        let from = |text: &str| source(text.as_bytes()).0.map_or_else(String::new, |addr| addr.to_string());
        for (text, said, who, whence) in [
            ("Failed login attempt for username \"test\" from ip 10.0.0.5 (Invalid password)", Some(Said::Refused), "test", "10.0.0.5"),
            ("Access denied for user 'root'@'10.0.0.5' (using password: YES)", Some(Said::Refused), "root", "10.0.0.5"),
            ("Authentication request for sakata has been denied (IP: 10.0.0.5).", Some(Said::Refused), "sakata", "10.0.0.5"),
            ("Authentication request for sakata has succeeded.", Some(Said::Granted), "sakata", ""),
            ("User 'sakata' logged in from 10.0.0.5:1036", Some(Said::Granted), "sakata", "10.0.0.5"),
            (
                "Username or password is incorrect. Try again. IP: 10.0.0.5. Username: sakata@a.example.",
                Some(Said::Refused),
                "sakata@a.example",
                "10.0.0.5",
            ),
            ("type=LOGIN_ERROR, ipAddress=10.0.0.5, error=user_not_found, username=user-a", Some(Said::Refused), "user-a", "10.0.0.5"),
            ("user sakata logged out", Some(Said::Ended), "sakata", ""),
            ("Server is listening on 10.0.0.5:80", None, "", "10.0.0.5"),
        ] {
            assert_eq!((logon(text.as_bytes()), name(text).as_str(), from(text).as_str()), (said, who, whence), "{text}");
        }
    }

    #[test]
    fn requests_and_flows_are_read() {
        let asked = request(b"| 401 | 505us | 10.1.2.3 | POST \"/client\"").expect("a request");
        assert_eq!((asked.method, asked.url, asked.status), (&b"POST"[..], &b"/client"[..], Some(401)));
        let asked = request(b"10.0.0.5:0 - \"POST /a HTTP/1.1\" 401").expect("a request");
        assert_eq!((asked.version, asked.status), (&b"1.1"[..], Some(401)));
        assert!(request(b"GET into the car").is_none());
        let (orig, resp) = flow(b"proto TCP (SYN), 10.0.0.5:1036->203.0.113.9:80, len 64").expect("a flow");
        assert_eq!((orig.1, resp.1), (1036, 80));
        let (orig, resp) = flow(b"denied tcp 10.0.0.5(1036) -> 203.0.113.9(80), 1 packet").expect("a flow");
        assert_eq!((orig.1, resp.1), (1036, 80));
    }

    #[test]
    fn clocks_and_versions_are_no_addresses() {
        assert!(addresses(b"at 10:22:17 of 00:08:a2:0c:1f:12 version 1.2.3").is_empty());
        assert_eq!(addresses(b"[2001:db8::5]:80 and ::1").len(), 2);
    }
}
