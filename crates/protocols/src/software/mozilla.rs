//! Browsers, which all call themselves Mozilla, and put their own name somewhere behind.

use super::version::{Program, Version, parse as parse_plain};
use memchr::memmem::find;

/// Whether this is a browser's banner: `Mozilla/` or `Opera/`, digits and a dot.
pub(super) fn looks_like(banner: &[u8]) -> bool {
    [&b"Mozilla/"[..], b"Opera/"].iter().any(|word| {
        banner.strip_prefix(*word).is_some_and(|rest| {
            let digits = rest.iter().take_while(|c| c.is_ascii_digit()).count();
            digits > 0 && rest.get(digits) == Some(&b'.')
        })
    })
}

/// `word` and the characters of a version behind it, wherever they stand.
fn versioned<'a>(banner: &'a [u8], word: &str, extra: &[u8]) -> Option<&'a [u8]> {
    let start = find(banner, word.as_bytes())?;
    let from = start + word.len();
    let length = banner[from..].iter().take_while(|c| c.is_ascii_digit() || **c == b'.' || extra.contains(c)).count();
    Some(&banner[start..from + length])
}

/// Whether `first` stands somewhere before `second`.
fn in_order(banner: &[u8], first: &str, second: &str) -> bool {
    find(banner, first.as_bytes()).is_some_and(|at| find(&banner[at + first.len()..], second.as_bytes()).is_some())
}

fn version_of(found: Option<&[u8]>) -> Version {
    found.map(|found| parse_plain(found).version).unwrap_or_default()
}

fn named(name: &str, version: Version) -> Program {
    Program { name: name.as_bytes().to_vec(), version }
}

/// Reads a browser's banner.
pub(super) fn parse(banner: &[u8]) -> Program {
    let has = |word: &str| find(banner, word.as_bytes()).is_some();
    if let Some(opera) = trailing_opera(banner) {
        return named("Opera", version_of(Some(opera)));
    }
    if has(" MSIE ") || has("Trident/") {
        return named("MSIE", explorer(banner));
    }
    if has("Edge/") {
        return named("Edge", version_of(versioned(banner, "Edge/", b"")));
    }
    if in_order(banner, "Version/", "Safari/") {
        let mut version = version_of(versioned(banner, "Version/", b""));
        if in_order(banner, " Mobile", " Safari") {
            version.addl = Some(b"Mobile".to_vec());
        }
        return named("Safari", version);
    }
    let families = ["Firefox/", "Netscape/", "Thunderbird/"];
    if let Some(family) = families.iter().filter_map(|word| Some((find(banner, word.as_bytes())?, *word))).min() {
        return versioned(banner, family.1, b"").map(parse_plain).unwrap_or_default();
    }
    if in_order(banner, "Chrome/", "Safari/") {
        return named("Chrome", version_of(versioned(banner, "Chrome/", b"")));
    }
    if banner.starts_with(b"Opera/") {
        return opera(banner);
    }
    if has("Flash%20Player") {
        return named("Flash", version_of(banner.split(|c| matches!(c, b'/' | b' ')).nth(1)));
    }
    for (word, name) in [("AdobeAIR/", "AdobeAIR"), ("AppleWebKit/", "Unspecified WebKit")] {
        if has(word) {
            return named(name, version_of(versioned(banner, word, b"")));
        }
    }
    match find(banner, b" Java/").and_then(|at| banner.get(at + 6..at + 8)) {
        Some([digit, b'.']) if digit.is_ascii_digit() => named("Java", version_of(versioned(banner, "Java/", b"_"))),
        _ => named("<unknown browser>", Version::default()),
    }
}

/// `Opera 9.80` at the very end.
fn trailing_opera(banner: &[u8]) -> Option<&[u8]> {
    let digits = banner.iter().rev().take_while(|c| c.is_ascii_digit() || **c == b'.').count();
    let start = (banner.len() - digits).checked_sub(6)?;
    banner[start..].starts_with(b"Opera ").then(|| &banner[start..])
}

/// Internet Explorer tells the truth in its engine's version.
fn explorer(banner: &[u8]) -> Version {
    for (engine, major) in [("Trident/4.0", 8), ("Trident/5.0", 9), ("Trident/6.0", 10), ("Trident/7.0", 11)] {
        if find(banner, engine.as_bytes()).is_some() {
            return Version::of(major, 0);
        }
    }
    let found = memchr::memmem::find_iter(banner, b"MSIE ").find(|at| banner.get(at + 5).is_some_and(u8::is_ascii_digit));
    version_of(found.map(|at| {
        let text = &banner[at..];
        let digits = |from: usize| text[from..].iter().take_while(|c| c.is_ascii_digit()).count();
        let mut end = 5 + digits(5).min(2);
        end += text[end..].iter().take_while(|c| **c == b'.').count();
        end += digits(end);
        if text.get(end) == Some(&b'b') {
            end += 1;
            end += digits(end);
        }
        &text[..end]
    }))
}

fn opera(banner: &[u8]) -> Program {
    let version = versioned(banner, "Version/", b"");
    for small in ["Opera Mini", "Opera Mobi"] {
        if find(banner, small.as_bytes()).is_some_and(|at| banner.get(at + small.len()) == Some(&b'/')) {
            return named(small, version_of(version.or_else(|| versioned(banner, "Opera Mini/", b""))));
        }
    }
    named("Opera", version_of(version))
}
