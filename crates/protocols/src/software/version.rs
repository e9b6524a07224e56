//! Names and versions out of banners: `Apache/2.4.41 (Ubuntu)` is Apache 2.4.41, Ubuntu. The rules are Zeek's, which were
//! found by trying; they are followed to the letter, since logs of both are compared.

use super::mozilla;
use crate::mime::token::unescape;

/// A program and its version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Program {
    pub(super) name: Vec<u8>,
    pub(super) version: Version,
}

/// A version: up to four numbers and a word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) numbers: [Option<u64>; 4],
    pub(super) addl: Option<Vec<u8>>,
}

impl Version {
    pub(super) const fn of(major: u64, minor: u64) -> Self {
        Self { numbers: [Some(major), Some(minor), None, None], addl: None }
    }
}

/// Reads a banner.
pub(super) fn parse(banner: &[u8]) -> Program {
    if mozilla::looks_like(banner) {
        return mozilla::parse(banner);
    }
    if let Some(pixel) = pixel(banner) {
        return pixel;
    }
    let clean = unescape(&escapes_as_percent(banner));
    let Some((start, end)) = (0..clean.len()).find_map(|start| Some((start, version_end(&clean, start)?))) else {
        return Program { name: program_name(&clean), version: Version::default() };
    };
    let version = version(&clean[start..end], &clean[end..]);
    Program { name: alternate(program_name(&clean[..start])), version }
}

/// `\x41` becomes `%41`.
fn escapes_as_percent(banner: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(banner.len());
    let mut rest = banner;
    while let Some(at) = memchr::memmem::find(rest, b"\\x") {
        out.extend_from_slice(&rest[..at]);
        out.push(b'%');
        rest = &rest[at + 2..];
    }
    out.extend_from_slice(rest);
    out
}

/// Where the version that begins at `start` ends: at least two digits or separators, behind `/`, `-`, `_`, ` (` or ` v`.
fn version_end(text: &[u8], start: usize) -> Option<usize> {
    let run = |from: usize| {
        let length = text[from..].iter().take_while(|c| matches!(c, b'0'..=b'9' | b'-' | b'.' | b'_' | b',' | b' ')).count();
        (length >= 2).then_some(from + length)
    };
    let led = match text[start] {
        b'/' | b'-' | b'_' => run(start + 1),
        b' ' => {
            let marks = text[start + 1..].iter().take_while(|c| matches!(c, b'(' | b'v')).count();
            if marks > 0 { run(start + 1 + marks) } else { None }
        }
        _ => None,
    };
    led.max(run(start))
}

/// The length of the separator at the head of `text`.
fn separator(text: &[u8]) -> usize {
    match text {
        [b'/' | b'-' | b'_', ..] => 1,
        [b' ', rest @ ..] => match rest.iter().take_while(|c| matches!(c, b'(' | b'v')).count() {
            0 => 0,
            marks => 1 + marks,
        },
        _ => 0,
    }
}

fn program_name(before: &[u8]) -> Vec<u8> {
    let ends_so = (0..before.len()).any(|at| separator(&before[at..]) == before.len() - at);
    let mut name = before.to_vec();
    if ends_so && let Some(at) = (0..name.len()).find(|&at| separator(&name[at..]) > 0) {
        let length = separator(&name[at..]);
        name.drain(at..at + length);
        name = name.trim_ascii().to_vec();
    }
    if name.first() == Some(&b'(') {
        name.remove(0);
    }
    name.trim_ascii().to_vec()
}

fn alternate(name: Vec<u8>) -> Vec<u8> {
    if name == b"Flash Player" { b"Flash".to_vec() } else { name }
}

fn version(found: &[u8], after: &[u8]) -> Version {
    let leads = |c: &u8| matches!(c, b'/' | b'-' | b'.' | b'_' | b'v' | b'(');
    let mut text = found.trim_ascii().to_vec();
    if text.first().is_some_and(leads) {
        text = found.to_vec();
        let at = (0..text.len()).find(|&at| leads(&text[at])).unwrap_or(0);
        let two = text[at] == b'(' && text.get(at + 1).is_some_and(leads);
        text.drain(at..at + 1 + usize::from(two));
        text = text.trim_ascii().to_vec();
    }
    let mut version = Version::default();
    let pieces = text.splitn(4, |c| matches!(c, b'-' | b'.' | b'_' | b',' | b'[' | b'(' | b'{' | b' '));
    for (number, piece) in version.numbers.iter_mut().zip(pieces) {
        if !piece.is_empty() {
            *number = Some(count(piece));
        }
    }
    if !after.is_empty() && after != b")" {
        version.addl = Some(addition(after));
    }
    version
}

/// The first number in a text, or zero.
pub(super) fn count(text: &[u8]) -> u64 {
    let digits = text.iter().skip_while(|c| !c.is_ascii_digit()).take_while(|c| c.is_ascii_digit());
    digits.fold(0u64, |number, digit| number.saturating_mul(10).saturating_add(u64::from(digit - b'0')))
}

/// What a version says beyond its numbers: what stands in parentheses, or the first word.
fn addition(after: &[u8]) -> Vec<u8> {
    let inner = after.trim_ascii_start().strip_prefix(b"(");
    let blank_led =
        after.iter().take_while(|c| matches!(c, b' ' | b'\t')).count() + 1 == after.len() - inner.map_or(after.len(), <[u8]>::len);
    if let Some(inner) = inner.filter(|_| blank_led) {
        let length = inner.iter().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.' | b'_' | b' ' | b'\t')).count();
        if inner.get(length) == Some(&b')') {
            return inner[..length].to_vec();
        }
    }
    let ends = |c: &u8| matches!(c, b'-' | b'.' | b'_' | b',' | b';' | b'[' | b']' | b'(' | b')' | b'{' | b'}' | b' ');
    let word = after.splitn(4, ends).take(3).find(|piece| !piece.is_empty());
    word.unwrap_or(after).trim_ascii().to_vec()
}

/// Google's phones call themselves `A/12/Google/Pixel…`.
fn pixel(banner: &[u8]) -> Option<Program> {
    let at = memchr::memmem::find(banner, b"/Google/Pixel")?;
    let digits = banner[..at].iter().rev().take_while(|c| c.is_ascii_digit() || **c == b'.').count();
    banner[..at - digits].ends_with(b"A/").then(|| {
        let found = banner.splitn(3, |c| *c == b'/').nth(1).unwrap_or_default();
        let version = if found.contains(&b'.') {
            parse(found).version
        } else {
            Version { numbers: [Some(count(found)), None, None, None], addl: None }
        };
        Program { name: b"Android (Google Pixel)".to_vec(), version }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn banners_are_read_as_zeek_reads_them() {
        let check = |banner: &str, name: &str, numbers: &[u64], addl: Option<&str>| {
            let program = parse(banner.as_bytes());
            let found: Vec<u64> = program.version.numbers.iter().flatten().copied().collect();
            let found_addl = program.version.addl.as_deref().map(String::from_utf8_lossy);
            assert_eq!(
                (String::from_utf8_lossy(&program.name).as_ref(), found.as_slice(), found_addl.as_deref()),
                (name, numbers, addl),
                "{banner}"
            );
        };
        check("Apache/2.4.41 (Ubuntu)", "Apache", &[2, 4, 41], Some("Ubuntu"));
        check("SimpleHTTP/0.6 Python/3.12.3", "SimpleHTTP", &[0, 6], Some("Python/3"));
        check("Apple Mail (2.2102)", "Apple Mail", &[2, 2102], None);
        check("Mutt/1.5.20 (2009-12-10)", "Mutt", &[1, 5, 20], Some("2009-12-10"));
        check("gtk-gnutella/1.2.2 (2022-02-25; GTK2; Windows x64)", "gtk-gnutella", &[1, 2, 2], Some("2022"));
        check("jndi:ldap://172.16.238.11:1389/a", "jndi:ldap:", &[172, 16, 238, 11], Some(":1389/a"));
        check("OpenSSH_6.7p1 Debian-5", "OpenSSH", &[6, 7], Some("p1"));
        check("libssh2_1.10.0", "libssh", &[2, 1, 10, 0], None);
        check("ECS (iad/1984)", "ECS (iad", &[1984], None);
        check("DESKTOP:MAC:10.10.5-YOSEMITE(4.7.2)", "DESKTOP:MAC:", &[10, 10, 5], Some("YOSEMITE"));
        check("/3.9.4.0", "", &[3, 9, 4, 0], None);
        check("nginx", "nginx", &[], None);
        check("Nokia-eheprb/1", "Nokia-eheprb/1", &[], None);
        check("curl/8.0", "curl", &[8, 0], None);
        check("SonyEricssonT68/R201A", "SonyEricssonT", &[68], Some("/R201A"));
        check("AVGINET9-WVSXX86 90 AVI", "AVGINET", &[9], Some("WVSXX86"));
        check("", "", &[], None);
    }

    #[test]
    fn browsers_hide_behind_mozilla() {
        let check = |banner: &str, name: &str, numbers: &[u64], addl: Option<&str>| {
            let program = parse(banner.as_bytes());
            let found: Vec<u64> = program.version.numbers.iter().flatten().copied().collect();
            let found_addl = program.version.addl.as_deref().map(String::from_utf8_lossy);
            assert_eq!(
                (String::from_utf8_lossy(&program.name).as_ref(), found.as_slice(), found_addl.as_deref()),
                (name, numbers, addl),
                "{banner}"
            );
        };
        check("Mozilla/5.0", "<unknown browser>", &[], None);
        check("Mozilla/5.0 (X11) Gecko/20100101 Firefox/91.0", "Firefox", &[91, 0], None);
        check("Mozilla/5.0 (Windows) Firefox/3.0b5", "Firefox", &[3, 0], None);
        check("Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.1; Trident/4.0)", "MSIE", &[8, 0], None);
        check("Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2)", "MSIE", &[10, 0], None);
        check(
            "Mozilla/5.0 (X) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.90 Safari/537.36",
            "Chrome",
            &[42, 0, 2311, 90],
            None,
        );
        check("Mozilla/5.0 (L) Version/4.0 Chrome/106.0 Mobile Safari/537.36", "Safari", &[4, 0], Some("Mobile"));
        check("Mozilla/5.0 (M) AppleWebKit/531.9 (KHTML) AdobeAIR/2.6", "AdobeAIR", &[2, 6], None);
        check("Opera/9.80 (X11) Presto/2.2 Version/10.00", "Opera", &[10, 0], None);
    }
}
