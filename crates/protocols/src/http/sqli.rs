//! SQL injection in URIs, as Zeek's `policy/protocols/http/detect-sql-injection.zeek` tells it: six shapes of a query
//! that a database would run. A look at the bytes first keeps ordinary requests away from the patterns.

use regex::bytes::{Regex, RegexBuilder};
use std::sync::LazyLock;

/// A blank as SQL sees it: white space, `+`, or a comment.
const GAP: &str = r"(?:[ \t\x00-\x1f+]|/\*.*?\*/)";
/// The largest compiled size in bytes; these patterns need a small part of it.
const SIZE_BYTES_MAX: usize = 8 << 20;

static INJECTION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let pattern = [
        format!(r#"[?&][^ \t\x00-\x1f|+]*=[-0-9a-zA-Z%]+{GAP}*['"]?(?:{GAP}|\)?;)+.*?(?i:having|union|exec|select|delete|drop|declare|create|insert){GAP}+"#),
        format!(r#"[?&][^ \t\x00-\x1f|+]*=[-0-9%]+{GAP}*['"]?(?:{GAP}|\)?;)+(?i:x?or|n?and){GAP}+['"]?(?:(?:[^a-zA-Z&]+)?=|(?i:exists))"#),
        format!(r#"[?&][^ \t\x00-\x1f+]*=[-0-9%]*{GAP}*['"](?:[ \t\x00-\x1f]|/\*.*?\*/)*(?:-|=|\+|\|\|){GAP}*(?:[0-9]|\(?(?i:convert|cast))"#),
        format!(
            r#"[?&][^ \t\x00-\x1f|+]*={GAP}*['"](?:{GAP}|;)*(?i:x?or|n?and|having|union|exec|select|delete|drop|declare|create|regexp|insert)(?:{GAP}|[\[(])+[a-zA-Z&]{{2,}}"#
        ),
        r"[?&][^ \t\x00-\x1f+]*=[^.]*?(?i:char|ascii|substring|truncate|version|length)\(".to_owned(),
        r"/\*![0-9]{5}.*?\*/".to_owned(),
    ]
    .join("|");
    RegexBuilder::new(&pattern).unicode(false).size_limit(SIZE_BYTES_MAX).build().ok()
});

/// Whether the URI, its escapes taken off, carries SQL.
pub(super) fn is_injection(uri: &[u8]) -> bool {
    let Some(query) = memchr::memchr3(b'?', b'&', b'*', uri) else {
        return false;
    };
    let tell = |c: &u8| matches!(c, 0..=b' ' | b'+' | b'*' | b'\'' | b'"' | b';' | b'(');
    uri[query..].iter().any(tell) && INJECTION.as_ref().is_some_and(|pattern| pattern.is_match(uri))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn injections_are_told_from_queries() {
        for (uri, expected) in [
            ("/index.php?id=1 union select 1,2 from users", true),
            ("/p.asp?x=1' or 1=1--", true),
            ("/p.asp?x=1+and+1=1", true),
            ("/p.php?x=version()", true),
            ("/a/*!50000select*/b", true),
            ("/search?q=rust+language&page=2", false),
            ("/index.html", false),
            ("/p?x=(a)", false),
        ] {
            assert_eq!(is_injection(uri.as_bytes()), expected, "{uri}");
        }
    }
}
