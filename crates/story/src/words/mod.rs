//! Statements as sentences: one render function for each language, and the numbers that both share.

pub(crate) mod english;
pub(crate) mod japanese;
pub(crate) mod numbers;

use crate::statement::Line;
use crate::text::stamp;
use crate::{Sentence, Text};
use std::borrow::Cow;

/// A line as data.
pub(crate) fn sentence(line: &Line) -> Sentence {
    let mut ids: Vec<String> = Vec::new();
    for id in &line.ids {
        let id = id.to_string();
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Sentence {
        what: line.statement.name().to_owned(),
        at: Some(stamp(line.at)),
        text: Text { en: english::sentence(line), ja: japanese::sentence(line) },
        ids,
    }
}

/// At most so many characters.
fn cut(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
    }
}

/// `a, b and c`.
fn and(items: &[String], word: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} {word} {last}", first.join(", ")),
    }
}
