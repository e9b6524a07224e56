//! What is wrong with a file of settings: where, what, and what to write instead.

use std::fmt;
use std::ops::Range;

/// An error in a file of settings, shown with its line, a caret and a fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    file: String,
    line: usize,
    column: usize,
    width: usize,
    text: String,
    what: String,
    fix: String,
}

/// The widest line that is shown, in characters: what a person sees at once.
const LINE_CHARS_MAX: usize = 160;

impl Problem {
    /// What is wrong with the bytes of `source` in `span`.
    pub fn new(file: &str, source: &str, span: Range<usize>, what: String, fix: String) -> Self {
        let from = span.start.min(source.len());
        let before = source.get(..from).unwrap_or(source);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = source.get(line_start..).unwrap_or_default().lines().next().unwrap_or_default();
        let column = source.get(line_start..from).unwrap_or_default().chars().count();
        let marked = source.get(from..span.end.min(line_start + line.len())).unwrap_or_default().chars().count();
        Self {
            file: file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: column + 1,
            width: marked.max(1),
            text: line.chars().take(LINE_CHARS_MAX).collect(),
            what,
            fix,
        }
    }

    /// What is wrong, without its place.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// The line, from 1 on.
    pub const fn line(&self) -> usize {
        self.line
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.line.to_string();
        let room = " ".repeat(number.len());
        writeln!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.what)?;
        writeln!(f, "{room} |")?;
        writeln!(f, "{number} | {}", self.text)?;
        write!(f, "{room} | {}{} {}", " ".repeat(self.column - 1), "^".repeat(self.width), self.fix)
    }
}

/// The known word that is nearest to one that is not known, if any is near enough to be meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_ascii_lowercase().replace('-', "_");
    let near = known.into_iter().map(|one| (distance(&word, one), one)).min()?;
    (near.0 <= near.1.len().div_ceil(3)).then_some(near.1)
}

/// How many letters have to be changed, added or taken away (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (line, from) in a.chars().enumerate().take(LINE_CHARS_MAX) {
        let mut corner = line;
        row[0] = line + 1;
        for (at, to) in b.iter().enumerate() {
            let best = (corner + usize::from(from != *to)).min(row[at] + 1).min(row[at + 1] + 1);
            corner = row[at + 1];
            row[at + 1] = best;
        }
    }
    row[b.len()]
}
