//! HTML and XML: what kind of document the first element tells of.
//!
//! Before it may stand a byte-order mark, white space, comments and an XML declaration. A comment ends at any `-->` and a
//! declaration at any `?>`, not only at the first: so several places may be where the document begins, and the
//! strongest sign at any of them counts.

use super::pattern::has_word;
use super::text::{after_mark, after_white, is_white};
use memchr::memmem;

/// A type and how strong a sign of it was found.
pub(super) type Judgement = (i16, &'static str);

/// The strongest sign of a kind of markup at the beginning of `head`.
pub(super) fn judge(head: &[u8]) -> Option<Judgement> {
    let marked = after_mark(head);
    let body = after_white(marked);
    if !matches!(body.first()?, b'<' | 0) {
        return None;
    }
    let plain = marked.len() == head.len();
    let mut best = None;
    let mut declaration = None;
    each_place(marked, |place| {
        better(&mut best, xml(place));
        better(&mut best, element(place, plain));
        if plain {
            better(&mut best, cold_fusion(place));
        }
        if declaration.is_none() && place.starts_with(b"<?xml ") {
            declaration = Some(place);
        }
    });
    if let Some(declaration) = declaration {
        // The ends of the declaration are places of their own; comments behind any of them lead to more.
        let mut comment = None;
        for end in memmem::find_iter(&declaration[6..], b"?>") {
            let place = after_white(&declaration[6 + end + 2..]);
            better(&mut best, element(place, plain));
            if comment.is_none() && place.starts_with(b"<!--") {
                comment = Some(place);
            }
        }
        if let Some(comment) = comment {
            each_place(comment, |place| better(&mut best, element(place, plain)));
        }
    }
    best
}

/// Calls `visit` for every place to which white space and comments lead from `start`.
fn each_place<'a>(start: &'a [u8], mut visit: impl FnMut(&'a [u8])) {
    let first = after_white(start);
    visit(first);
    if let Some(comment) = first.strip_prefix(b"<!--") {
        for end in memmem::find_iter(comment, b"-->") {
            visit(after_white(&comment[end + 3..]));
        }
    }
}

/// Of two equally strong signs the first of the alphabet counts.
fn better(best: &mut Option<Judgement>, sign: Option<Judgement>) {
    if let Some((strength, mime)) = sign
        && best.is_none_or(|(known, type_known)| strength > known || (strength == known && mime < type_known))
    {
        *best = sign;
    }
}

/// An XML declaration, in bytes or in UTF-16.
fn xml(place: &[u8]) -> Option<Judgement> {
    let mut rest = place;
    for letter in b"<?xml " {
        rest = rest.strip_prefix(b"\0").unwrap_or(rest);
        rest = rest.strip_prefix(&[*letter])?;
    }
    Some((10, "application/xml"))
}

fn cold_fusion(place: &[u8]) -> Option<Judgement> {
    [&b"<CFPARAM"[..], b"<CFSET", b"<CFIF"].iter().any(|tag| place.starts_with(tag)).then_some((20, "magnus-internal/cold-fusion"))
}

/// What the first element says. `plain` when no byte-order mark stood before it.
fn element(place: &[u8], plain: bool) -> Option<Judgement> {
    let tag = place.strip_prefix(b"<")?;
    match tag.first()?.to_ascii_lowercase() {
        b'!' => {
            let name = behind_blanks(after_word(tag, b"!doctype")?, |byte| byte == b' ')?;
            if has_word(name, b"html") {
                return Some((100, "text/html"));
            }
            (plain && has_word(name, b"cross-domain-policy")).then_some((49, "text/x-cross-domain-policy"))
        }
        b'h' if has_word(tag, b"html") => Some((100, "text/html")),
        b'h' | b't' | b'b' => [&b"head"[..], b"title", b"body"].iter().any(|name| has_word(tag, name)).then_some((20, "text/html")),
        b'm' => meta(tag),
        b'r' => {
            let rest = after_word(tag, b"rss")?;
            let atom = memmem::find(until_end(rest), b"xmlns:atom").is_some();
            Some(if atom { (100, "text/atom") } else { (90, "text/rss") })
        }
        b'f' => is_atom_feed(after_word(tag, b"feed")?).then_some((100, "text/atom")),
        b's' => {
            let rest = after_word(tag, b"soap")?;
            let rest = after_word(rest, b"-env").unwrap_or(rest);
            has_word(rest, b":envelope").then_some((49, "application/soap+xml"))
        }
        b'c' => (plain && has_word(tag, b"cross-domain-policy")).then_some((49, "text/x-cross-domain-policy")),
        _ => None,
    }
}

fn meta(tag: &[u8]) -> Option<Judgement> {
    if has_word(tag, b"methodresponse>") {
        return Some((49, "application/xml-rpc"));
    }
    if let Some(rest) = after_word(tag, b"manifest") {
        return behind_blanks(rest, is_white)?.starts_with(b"xmlns=\"http://ns.adobe.com/f4m/").then_some((49, "application/f4m"));
    }
    has_word(behind_blanks(after_word(tag, b"meta")?, |byte| byte == b' ')?, b"http-equiv").then_some((100, "text/html"))
}

fn is_atom_feed(attributes: &[u8]) -> bool {
    let attributes = until_end(attributes);
    memmem::find_iter(attributes, b"xmlns=").any(|at| {
        let value = &attributes[at + 6..];
        let value = value.strip_prefix(b"\"").or_else(|| value.strip_prefix(b"'")).unwrap_or(value);
        value.starts_with(b"http://www.w3.org/2005/Atom")
    })
}

fn after_word<'a>(data: &'a [u8], word: &[u8]) -> Option<&'a [u8]> {
    has_word(data, word).then(|| &data[word.len()..])
}

/// What is behind at least one byte of a class.
fn behind_blanks(data: &[u8], class: impl Fn(u8) -> bool) -> Option<&[u8]> {
    let count = data.iter().take_while(|&&byte| class(byte)).count();
    if count == 0 { None } else { data.get(count..) }
}

/// The attributes of a tag: everything before its end.
fn until_end(tag: &[u8]) -> &[u8] {
    memchr::memchr(b'>', tag).map_or(tag, |end| &tag[..end])
}
