//! The little language in which signatures are written: parts that follow each other from a file's first byte on.

use memchr::memmem;

/// One part of a signature.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    /// Exactly these bytes.
    Is(&'static [u8]),
    /// These letters in upper or lower case; written in lower case.
    Word(&'static [u8]),
    /// So many bytes of any kind.
    Skip(usize),
    /// Any bytes, then these.
    Find(&'static [u8]),
    /// One byte of this class.
    Of(fn(u8) -> bool),
    /// One of these; an empty one last makes it optional.
    Either(&'static [&'static [u8]]),
    /// At least and at most so many bytes of any kind.
    Within(usize, usize),
    /// As many bytes of this class as there are, at least and at most so many. What follows must not begin with a byte of
    /// the class, since nothing is given back.
    Run(fn(u8) -> bool, usize, usize),
    /// The rest begins as this says; nothing follows.
    Like(fn(&[u8]) -> bool),
}

/// Whether `data` begins as `parts` say.
pub(super) fn begins(data: &[u8], parts: &[Part]) -> bool {
    let Some((first, rest)) = parts.split_first() else { return true };
    let after = |used: usize| data.get(used..).is_some_and(|data| begins(data, rest));
    match *first {
        Part::Is(bytes) => data.starts_with(bytes) && after(bytes.len()),
        Part::Word(word) => has_word(data, word) && after(word.len()),
        Part::Skip(count) => after(count),
        Part::Of(class) => data.first().is_some_and(|&byte| class(byte)) && after(1),
        Part::Either(choices) => choices.iter().any(|choice| data.starts_with(choice) && after(choice.len())),
        Part::Within(min, max) => (min..=max.min(data.len())).any(after),
        Part::Run(class, min, max) => {
            let len = data.iter().take(max).take_while(|&&byte| class(byte)).count();
            len >= min && after(len)
        }
        Part::Like(rule) => rule(data),
        // Another search may begin anywhere behind this one, so that the first place is as good as any; a fixed part must be
        // tried behind each.
        Part::Find(bytes) if matches!(rest.first(), None | Some(Part::Find(_))) => {
            memmem::find(data, bytes).is_some_and(|at| after(at + bytes.len()))
        }
        Part::Find(bytes) => memmem::find_iter(data, bytes).any(|at| after(at + bytes.len())),
    }
}

/// Whether `data` begins with `word`, upper or lower case.
pub(super) fn has_word(data: &[u8], word: &[u8]) -> bool {
    data.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::Part::{Either, Find, Is, Of, Run, Skip, Within, Word};
    use super::*;

    #[test]
    fn parts_follow_each_other() {
        let check = |data: &[u8], parts: &[Part], expected| assert_eq!(begins(data, parts), expected, "{data:?}");
        check(b"RIFF1234WAVE", &[Is(b"RIFF"), Skip(4), Is(b"WAVE")], true);
        check(b"RIFF123", &[Is(b"RIFF"), Skip(4), Is(b"WAVE")], false);
        check(b"xxABxABC", &[Find(b"AB"), Is(b"C")], true);
        check(b"a..b..c", &[Find(b"a"), Find(b"b"), Find(b"c")], true);
        check(b"c..b..a", &[Find(b"a"), Find(b"b"), Find(b"c")], false);
        check(b"<ScRiPt", &[Word(b"<script")], true);
        check(b"123x", &[Run(|b| b.is_ascii_digit(), 1, 50), Is(b"x")], true);
        check(b"x", &[Run(|b| b.is_ascii_digit(), 1, 50), Is(b"x")], false);
        check(b"abcdX", &[Within(2, 6), Is(b"X")], true);
        check(b"aX", &[Within(2, 6), Is(b"X")], false);
        check(b"arch>", &[Is(b"ar"), Either(&[b"ch", b""]), Is(b">")], true);
        check(b"ar>", &[Is(b"ar"), Either(&[b"ch", b""]), Is(b">")], true);
        check(b"\x05", &[Of(|b| b < 4)], false);
    }
}
