//! Positions: which document of a file a rule is, and at which place of it an error lies.
//!
//! The parser of rules tells what is wrong, but seldom where. Documents are therefore parsed one by one, and what an error names is
//! looked for in its document.

use crate::load::RuleText;
use contract::Problem;

/// A document of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Document {
    /// The file's number.
    pub(crate) file: usize,
    /// Where it begins, in bytes.
    pub(crate) from: usize,
    /// The line at which its rule begins, from 1 on.
    pub(crate) line: usize,
}

/// The documents of a file, in order, without those that hold nothing.
pub(crate) struct Documents<'t> {
    file: usize,
    text: &'t str,
    at: usize,
    /// Documents that build on one another are parsed together.
    together: bool,
}

impl<'t> Documents<'t> {
    pub(crate) fn new(file: usize, text: &'t str) -> Self {
        Self { file, text, at: 0, together: text.lines().any(|line| line.starts_with("action:")) }
    }
}

impl Iterator for Documents<'_> {
    type Item = Document;

    fn next(&mut self) -> Option<Document> {
        while self.at < self.text.len() {
            let from = self.at;
            let rest = &self.text[from..];
            let length = if self.together { rest.len() } else { document_length(rest) };
            self.at = from + length;
            let document = &rest[..length];
            if let Some(first) = document.lines().position(|line| !is_empty(line)) {
                return Some(Document { file: self.file, from, line: self.text[..from].matches('\n').count() + first + 1 });
            }
        }
        None
    }
}

/// Whether a line holds no part of a rule: the line between documents counts to the one that follows.
fn is_empty(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#') || line == "---" || line == "..."
}

/// Until the line that begins the next document.
fn document_length(text: &str) -> usize {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if at > 0 && (line.trim_end() == "---" || line.starts_with("--- ")) {
            return at;
        }
        at += line.len();
    }
    at
}

impl Document {
    /// Its text.
    pub(crate) fn text<'t>(&self, file: &'t str) -> &'t str {
        let rest = file.get(self.from..).unwrap_or_default();
        if Documents::new(0, file).together { rest } else { rest.get(..document_length(rest)).unwrap_or(rest) }
    }

    /// The same with the line of the rule of that title, where several rules were parsed together.
    pub(crate) fn holding(&self, text: &str, title: &str) -> Self {
        if !text.lines().any(|line| line.starts_with("action:")) {
            return *self;
        }
        let line =
            text.lines().position(|line| line.strip_prefix("title:").is_some_and(|rest| rest.trim().trim_matches(['"', '\'']) == title));
        Self { line: line.map_or(self.line, |line| line + 1), ..*self }
    }

    /// An error of it, at the place that the error's words point to.
    pub(crate) fn problem(&self, text: &RuleText, words: &str) -> Problem {
        let document = self.text(&text.text);
        let span = place(document, words).unwrap_or_else(|| first_line(document));
        let span = span.start + self.from..span.end + self.from;
        Problem::new(&text.name, &text.text, span, one_line(words), fix(words).to_owned())
    }
}

/// The value of a key at the left margin.
pub(crate) fn scalar<'t>(document: &'t str, key: &str) -> Option<&'t str> {
    let line = document.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
    Some(line.trim().trim_matches(['"', '\''])).filter(|value| !value.is_empty())
}

type Span = std::ops::Range<usize>;

/// Where an error lies: at the line and column that it tells, else at the first thing that it quotes, else at the condition if
/// it speaks of that.
fn place(document: &str, words: &str) -> Option<Span> {
    if words.contains("Condition") {
        return condition(document, words);
    }
    if let Some((line, column)) = told_place(words) {
        let start = line_start(document, line)?;
        let at = start + column.saturating_sub(1);
        return document.is_char_boundary(at).then_some(at..at + 1);
    }
    let quoted = words.split(['\'', '"', '`']).skip(1).step_by(2).chain(words.rsplit_once(": ").map(|(_, last)| last.trim()));
    quoted.filter(|word| word.len() > 1).find_map(|word| document.find(word).map(|at| at..at + word.len()))
}

/// `at line 3 column 7`, as the parser of YAML says it.
fn told_place(words: &str) -> Option<(usize, usize)> {
    let number = |text: &str| text.trim_start().chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok();
    let behind = words.split("line ").nth(1)?;
    Some((number(behind)?, behind.split("column ").nth(1).and_then(number).unwrap_or(1)))
}

/// The place within the condition, where the error tells a column of it.
fn condition(document: &str, words: &str) -> Option<Span> {
    let key = document.find("condition:")?;
    let behind = key + "condition:".len();
    let line = document[behind..].lines().next().unwrap_or_default();
    let value = behind + (line.len() - line.trim_start().len());
    let length = line.trim().len().max(1);
    let column = words.split("error at 1:").nth(1).and_then(|rest| rest.split(':').next()?.trim().parse::<usize>().ok());
    let quote = usize::from(line.trim_start().starts_with(['"', '\'']));
    match column.map(|column| value + quote + column.saturating_sub(1)) {
        Some(at) if at < value + length && document.is_char_boundary(at) => Some(at..at + 1),
        _ => Some(value..value + length),
    }
}

fn line_start(text: &str, line: usize) -> Option<usize> {
    if line <= 1 {
        return Some(0);
    }
    text.match_indices('\n').nth(line - 2).map(|(at, _)| at + 1)
}

fn first_line(document: &str) -> Span {
    let mut at = 0;
    for line in document.split_inclusive('\n') {
        if !is_empty(line) {
            return at..at + line.trim_end().len();
        }
        at += line.len();
    }
    0..0
}

/// The first line of an error that would go on with a drawing of its own, without what it repeats.
fn one_line(words: &str) -> String {
    /// Some lines of a terminal.
    const BYTES_MAX: usize = 300;
    let mut line = words.lines().next().unwrap_or_default().trim().to_owned();
    // A parser's drawing says at its end what it wanted.
    if let Some(wanted) = words.lines().rev().find_map(|line| line.trim().strip_prefix("= ")) {
        line = format!(
            "{} {wanted}",
            line.trim_end_matches("-->").trim_end_matches(|one: char| one.is_ascii_digit() || one == ':' || one == ' ')
        );
    }
    let mut end = line.len().min(BYTES_MAX);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    line.truncate(end);
    line
}

/// What to do about the commonest errors.
fn fix(words: &str) -> &'static str {
    for (told, fix) in [
        ("YAML", "mend the YAML: indentation, quotes, a missing colon"),
        ("Condition", "write it of the names above it with and, or, not, 1 of, all of; counting is done by a correlation rule"),
        ("nknown detection", "name it under detection, or mend its name here"),
        ("odifier", "the specification's appendix lists the modifiers"),
        ("regex", "write a pattern without look-around and back references"),
        ("CIDR", "write a network such as 10.0.0.0/8"),
        ("no rule is called", "load that rule too, or mend its name or id"),
        ("imespan", "write a number and s, m, h, d, w, M or y"),
        ("issing required field", "add it"),
    ] {
        if words.contains(told) {
            return fix;
        }
    }
    "mend the rule"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_told_apart_and_know_their_lines() {
        let text = "# about\n---\ntitle: a\n---\n\n# more\ntitle: b\n---\n";
        let found: Vec<_> = Documents::new(0, text).map(|one| (one.line, one.text(text).trim().to_owned())).collect();
        assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 7]);
        assert!(found[1].1.ends_with("title: b"), "{found:?}");
    }

    #[test]
    fn an_error_is_drawn_where_its_words_point() {
        let text = RuleText { name: "r.yml".to_owned(), text: "title: t\ndetection:\n  a:\n    x|containz: 1\n".to_owned() };
        let document = Documents::new(0, &text.text).next().expect("a document");
        let drawn = document.problem(&text, "Unknown modifier 'containz'").to_string();
        assert!(drawn.starts_with("r.yml:4:7: Unknown modifier 'containz'"), "{drawn}");
        assert!(drawn.contains("|       ^^^^^^^^ the specification's appendix"), "{drawn}");
    }
}
