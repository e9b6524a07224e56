//! The words of a filter expression, each with its place.

/// A word, a parenthesis or a sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word<'a> {
    pub(super) at: usize,
    pub(super) text: &'a str,
}

/// Cuts an expression into words: parentheses, `!`, `&&` and `||` stand for themselves, everything else is parted by spaces.
pub(super) fn words(expression: &str) -> Vec<Word<'_>> {
    let (mut all, mut rest, mut at) = (Vec::new(), expression, 0);
    while let Some(first) = rest.chars().next() {
        let length = match first {
            ' ' | '\t' | '\n' | '\r' => {
                rest = &rest[1..];
                at += 1;
                continue;
            }
            '(' | ')' | '!' => 1,
            '&' | '|' if rest.len() > 1 && rest.as_bytes()[1] == rest.as_bytes()[0] => 2,
            _ => {
                let end = rest.find(|sign: char| sign.is_whitespace() || "()!&|".contains(sign)).unwrap_or(rest.len());
                end.max(first.len_utf8())
            }
        };
        let (word, more) = rest.split_at(length);
        all.push(Word { at, text: word });
        (rest, at) = (more, at + length);
    }
    all
}
