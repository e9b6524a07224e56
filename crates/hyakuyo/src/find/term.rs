//! What is searched for: an id, a hash, an address or a name, and where it stands in a text.

use std::net::IpAddr;

/// The thing that the user named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Term {
    /// As it is searched: lower case, except for ids.
    text: String,
    kind: TermKind,
}

/// What kind of thing it is, which decides where it ends in a text and which links are followed from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TermKind {
    /// A connection's id.
    Connection,
    /// A file's id.
    File,
    /// A hash in hexadecimal.
    Hash,
    /// An IP address.
    Address,
    /// A host's name, or any other word.
    Name,
}

impl Term {
    /// From what the user typed.
    pub(crate) fn new(word: &str) -> Self {
        let word = word.trim();
        if is_id(word) {
            let kind = if word.starts_with('C') { TermKind::Connection } else { TermKind::File };
            return Self { text: word.to_owned(), kind };
        }
        if let Ok(ip) = word.trim_matches(['[', ']']).parse::<IpAddr>() {
            return Self { text: ip.to_string(), kind: TermKind::Address };
        }
        let text = word.trim_end_matches('.').to_ascii_lowercase();
        let hash = matches!(text.len(), 32 | 40 | 64 | 96 | 128) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        Self { text, kind: if hash { TermKind::Hash } else { TermKind::Name } }
    }

    /// What kind of thing it is.
    pub(crate) const fn kind(&self) -> TermKind {
        self.kind
    }

    /// As it is searched.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether it stands in `text` as a whole: `example.com` in `www.example.com` and `http://example.com/`, but not in
    /// `example.com.au`; `10.0.0.1` not in `10.0.0.10`.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        if self.text.is_empty() || text.len() < self.text.len() {
            return false;
        }
        let (hay, needle) = (text.as_bytes(), self.text.as_bytes());
        let exact = matches!(self.kind, TermKind::Connection | TermKind::File);
        let first = [needle[0], if exact { needle[0] } else { needle[0].to_ascii_uppercase() }];
        (0..=hay.len() - needle.len()).any(|at| {
            first.contains(&hay[at])
                && (if exact { hay[at..].starts_with(needle) } else { hay[at..at + needle.len()].eq_ignore_ascii_case(needle) })
                && self.stands_alone(&hay[..at], &hay[at + needle.len()..])
        })
    }

    fn stands_alone(&self, before: &[u8], after: &[u8]) -> bool {
        let word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let inside = match self.kind {
            TermKind::Address => |byte: u8| byte == b'.' || byte == b':',
            TermKind::Name => |byte: u8| byte == b'-',
            _ => |_: u8| false,
        };
        let open = !before.last().is_some_and(|byte| word(byte) || inside(*byte)) || ends_in_escape(before);
        let closed = match after {
            [] => true,
            [b'.', next, ..] if self.kind == TermKind::Name && self.text.contains('.') => !word(next),
            // An address may end a sentence, and a port may follow it.
            [b'.', rest @ ..] if self.kind == TermKind::Address => !rest.first().is_some_and(word),
            [b':', ..] if self.kind == TermKind::Address => !self.text.contains(':'),
            [next, ..] => !word(next) && !inside(*next),
        };
        open && closed
    }
}

/// Whether the text ends with `\xHH`, whose digits are no part of a word.
fn ends_in_escape(before: &[u8]) -> bool {
    matches!(before, [.., b'\\', b'x', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
}

/// Zeek's ids: `C` or `F` and a number of up to 128 bits in base 62. Hosts and words of that shape have no digit as a rule.
fn is_id(word: &str) -> bool {
    (10..=23).contains(&word.len())
        && word.starts_with(['C', 'F'])
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && word.bytes().any(|byte| byte.is_ascii_digit())
        && word[1..].bytes().any(|byte| byte.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_their_shape() {
        for (word, kind) in [
            ("ClEkJM2Vm5giqnMf4h", TermKind::Connection),
            ("FkmfCx13mub2PIRUO7", TermKind::File),
            ("45.14.112.133", TermKind::Address),
            ("[2001:DB8::1]", TermKind::Address),
            ("9F1F5ECB148E6E648A6A2466B29F7F2D", TermKind::Hash),
            ("millsmiltinon.com.", TermKind::Name),
            ("Facebook", TermKind::Name),
            ("Xehmigm.exe", TermKind::Name),
        ] {
            assert_eq!(Term::new(word).kind(), kind, "{word}");
        }
    }

    #[test]
    fn a_term_is_found_as_a_whole_only() {
        for (word, text, found) in [
            ("example.com", "www.Example.com", true),
            ("example.com", "http://example.com/a", true),
            ("example.com", "<a@example.com>.", true),
            ("example.com", "example.com.au", false),
            ("example.com", "my-example.com", false),
            ("10.0.0.1", "10.0.0.10", false),
            ("10.0.0.1", "110.0.0.1", false),
            ("10.0.0.1", "1.10.0.0.1", false),
            ("10.0.0.1", "seen at 10.0.0.1:80.", true),
            ("2001:DB8::1", "2001:db8::1", true),
            ("2001:db8::1", "2001:db8::1:2", false),
            ("FkmfCx13mub2PIRUO7", "FA1,FkmfCx13mub2PIRUO7", true),
            ("FkmfCx13mub2PIRUO7", "fkmfcx13mub2piruo7", false),
            ("evil", "a\\x2cevil", true),
            ("evil", "/evil.exe", true),
            ("evil", "devil.exe", false),
            ("", "anything", false),
        ] {
            assert_eq!(Term::new(word).is_in(text), found, "{word} in {text}");
        }
    }
}
