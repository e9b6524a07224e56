//! Conditions: a small language over the columns of logs, and patterns over their lines.
//!
//! ```text
//! condition = [log {"," log} ":"] any
//! any       = all {"or" all}
//! all       = one {"and" one}
//! one       = "not" one | "(" any ")" | /pattern/ | column | column operator value | column "in" "[" value {"," value} "]"
//! operator  = "=" | "!=" | "<" | "<=" | ">" | ">=" | "~" | "!~" | "contains" | "begins" | "ends" | "in"
//! value     = word | "text" | number | address | network | /pattern/
//! ```
//!
//! A column alone asks whether it is set. `logs:` in front says which logs are looked at; without, all that have the columns. Text is
//! compared without regard to case. Names in a pattern (`(?<user>\S+)`) can be used like columns by the rest of the alarm.

use super::words::{line, number, text};
use model::{Addr, Event, Kind, Value};
use regex::{Regex, RegexBuilder};
use std::net::IpAddr;

/// Longest condition, in bytes.
const TEXT_BYTES_MAX: usize = 4_096;
/// Parentheses and "not" within one another.
const DEPTH_MAX: usize = 32;
/// A pattern's compiled size, in bytes: one that grows beyond it is refused, so that no file of alarms takes the memory.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// A condition over rows.
#[derive(Debug)]
pub(crate) struct Condition {
    text: String,
    /// The logs that it looks at; all where none is named.
    logs: Vec<Box<str>>,
    any: Expr,
}

#[derive(Debug)]
enum Expr {
    All(Vec<Expr>),
    Any(Vec<Expr>),
    Not(Box<Expr>),
    Line(Regex),
    Set(Box<str>),
    Is(Box<str>, Op, Vec<Wanted>),
    Matches(Box<str>, Regex),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Op {
    Equal,
    Less,
    LessOrEqual,
    More,
    MoreOrEqual,
    Contains,
    Begins,
    Ends,
}

/// What a column is held against.
#[derive(Debug)]
struct Wanted {
    /// In lower case.
    text: String,
    number: Option<f64>,
    net: Option<(u128, u32)>,
}

/// What is wrong with a condition: at which byte of it, what, and what to write.
pub(super) type Wrong = (usize, String, String);

impl Condition {
    pub(super) fn parse(source: &str) -> Result<Self, Wrong> {
        if source.len() > TEXT_BYTES_MAX {
            return Err((0, format!("longer than {TEXT_BYTES_MAX} bytes"), "write several alarms".to_owned()));
        }
        let (logs, from) = logs(source);
        let mut parser = Parser { source, at: from, depth: 0 };
        let any = parser.any()?;
        parser.space();
        if parser.at < source.len() {
            return Err((parser.at, "the condition should end here".to_owned(), "join tests with and, or".to_owned()));
        }
        Ok(Self { text: source.to_owned(), logs, any })
    }

    /// As it was written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether rows of a kind can fulfil it at all.
    pub(super) fn wants(&self, kind: &Kind) -> bool {
        if kind.name.starts_with('_') {
            return false;
        }
        if self.logs.is_empty() { self.any.fits(kind) } else { self.logs.iter().any(|log| **log == *kind.name) }
    }

    /// Whether a row fulfils it.
    pub(super) fn holds(&self, event: &Event) -> bool {
        self.any.holds(event)
    }

    /// What a pattern of it calls by name in a row.
    pub(super) fn capture(&self, event: &Event, name: &str) -> Option<String> {
        self.any.capture(event, name)
    }
}

/// The logs in front of a condition, and where the rest begins.
fn logs(source: &str) -> (Vec<Box<str>>, usize) {
    let Some(colon) = source.find(':') else { return (Vec::new(), 0) };
    let names: Vec<&str> = source[..colon].split(',').map(str::trim).collect();
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if names.iter().all(|name| is_name(name)) { (names.into_iter().map(Into::into).collect(), colon + 1) } else { (Vec::new(), 0) }
}

impl Expr {
    /// Whether a kind has a column that decides it; what is no column is said by lines, which all kinds have.
    fn fits(&self, kind: &Kind) -> bool {
        match self {
            Self::All(all) => all.iter().all(|one| one.fits(kind)),
            Self::Any(any) => any.iter().any(|one| one.fits(kind)),
            Self::Not(_) | Self::Line(_) => true,
            Self::Set(column) | Self::Is(column, ..) | Self::Matches(column, _) => kind.find(column).is_some(),
        }
    }

    fn holds(&self, event: &Event) -> bool {
        let cell = |column: &str| event.kind().find(column).map(|column| event.get(column)).filter(|cell| !cell.is_unset());
        match self {
            Self::All(all) => all.iter().all(|one| one.holds(event)),
            Self::Any(any) => any.iter().any(|one| one.holds(event)),
            Self::Not(one) => !one.holds(event),
            Self::Line(pattern) => pattern.is_match(&line(event)),
            Self::Set(column) => cell(column).is_some_and(|cell| *cell != Value::Bool(false)),
            Self::Is(column, op, wanted) => {
                cell(column).is_some_and(|cell| each(cell, |one| wanted.iter().any(|wanted| wanted.is(*op, one))))
            }
            Self::Matches(column, pattern) => {
                cell(column).is_some_and(|cell| each(cell, |one| text(one).is_some_and(|text| pattern.is_match(&text))))
            }
        }
    }

    fn capture(&self, event: &Event, name: &str) -> Option<String> {
        let named = |pattern: &Regex, text: &str| pattern.captures(text)?.name(name).map(|found| found.as_str().to_owned());
        match self {
            Self::All(all) | Self::Any(all) => all.iter().find_map(|one| one.capture(event, name)),
            Self::Line(pattern) if pattern.capture_names().flatten().any(|known| known == name) => named(pattern, &line(event)),
            Self::Matches(column, pattern) => named(pattern, &text(event.get(event.kind().find(column)?))?),
            _ => None,
        }
    }
}

/// Whether something holds for a cell, or for one of those that it lists.
fn each(cell: &Value, holds: impl Fn(&Value) -> bool) -> bool {
    match cell {
        Value::List(items) => items.iter().any(holds),
        one => holds(one),
    }
}

impl Wanted {
    fn of(word: &str) -> Self {
        Self { text: word.to_lowercase(), number: word.parse().ok(), net: net(word) }
    }

    fn is(&self, op: Op, cell: &Value) -> bool {
        if let (Op::Equal, Value::Addr(addr), Some((base, bits))) = (op, cell, self.net) {
            return masked(*addr, bits) == base;
        }
        if let (Some(wanted), Some(had)) = (self.number, number(cell)) {
            match op {
                Op::Equal => return had == wanted,
                Op::Less => return had < wanted,
                Op::LessOrEqual => return had <= wanted,
                Op::More => return had > wanted,
                Op::MoreOrEqual => return had >= wanted,
                _ => {}
            }
        }
        let Some(had) = text(cell).map(|text| text.to_lowercase()) else { return false };
        match op {
            Op::Equal => {
                had == self.text || (*cell == Value::Bool(true) && self.text == "t") || (*cell == Value::Bool(false) && self.text == "f")
            }
            Op::Contains => had.contains(&self.text),
            Op::Begins => had.starts_with(&self.text),
            Op::Ends => had.ends_with(&self.text),
            Op::Less | Op::LessOrEqual | Op::More | Op::MoreOrEqual => false,
        }
    }
}

/// An address or network: its bits, and how many of 128 count.
fn net(word: &str) -> Option<(u128, u32)> {
    let (addr, prefix) = word.split_once('/').map_or((word, None), |(addr, prefix)| (addr, Some(prefix)));
    let addr: IpAddr = addr.parse().ok()?;
    let before = if addr.is_ipv4() { 96 } else { 0 };
    let bits = prefix.map_or(Some(128), |prefix| prefix.parse::<u32>().ok().map(|bits| bits + before)).filter(|bits| *bits <= 128)?;
    Some((masked(addr.into(), bits), bits))
}

fn masked(addr: Addr, bits: u32) -> u128 {
    let all = u128::from_be_bytes(*addr.octets());
    if bits == 0 { 0 } else { all & (u128::MAX << (128 - bits)) }
}

struct Parser<'s> {
    source: &'s str,
    at: usize,
    depth: usize,
}

impl<'s> Parser<'s> {
    fn rest(&self) -> &'s str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn wrong<T>(&self, what: &str, fix: &str) -> Result<T, Wrong> {
        Err((self.at, what.to_owned(), fix.to_owned()))
    }

    /// A sign, if it stands here.
    fn sign(&mut self, sign: &str) -> bool {
        self.space();
        let there = self.rest().starts_with(sign);
        self.at += if there { sign.len() } else { 0 };
        there
    }

    /// A word of the language, if it stands here.
    fn keyword(&mut self, word: &str) -> bool {
        self.space();
        let there = self.peek().eq_ignore_ascii_case(word);
        self.at += if there { word.len() } else { 0 };
        there
    }

    /// The bare word that stands here; may be empty.
    fn peek(&self) -> &'s str {
        let rest = self.rest();
        let ends = |symbol: char| symbol.is_whitespace() || "()[],=<>~!\"'".contains(symbol);
        rest.get(..rest.find(ends).unwrap_or(rest.len())).unwrap_or_default()
    }

    fn any(&mut self) -> Result<Expr, Wrong> {
        let mut any = vec![self.all()?];
        while self.keyword("or") {
            any.push(self.all()?);
        }
        Ok(if any.len() == 1 { any.remove(0) } else { Expr::Any(any) })
    }

    fn all(&mut self) -> Result<Expr, Wrong> {
        let mut all = vec![self.one()?];
        while self.keyword("and") {
            all.push(self.one()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Expr::All(all) })
    }

    fn one(&mut self) -> Result<Expr, Wrong> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return self.wrong("too many parentheses within one another", "write it flatter");
        }
        let one = self.unbounded();
        self.depth -= 1;
        one
    }

    fn unbounded(&mut self) -> Result<Expr, Wrong> {
        if self.keyword("not") {
            return Ok(Expr::Not(Box::new(self.one()?)));
        }
        if self.sign("(") {
            let any = self.any()?;
            return if self.sign(")") { Ok(any) } else { self.wrong("a parenthesis is not closed", "write )") };
        }
        if self.rest().starts_with('/') {
            return self.pattern().map(Expr::Line);
        }
        let column: Box<str> = self.peek().into();
        if column.is_empty() {
            return self.wrong("a test is missing", "write a column and what it is held against, or a /pattern/");
        }
        self.at += column.len();
        self.test(column)
    }

    fn test(&mut self, column: Box<str>) -> Result<Expr, Wrong> {
        const SIGNS: &[(&str, Op)] =
            &[("<=", Op::LessOrEqual), (">=", Op::MoreOrEqual), ("==", Op::Equal), ("=", Op::Equal), ("<", Op::Less), (">", Op::More)];
        const WORDS: &[(&str, Op)] = &[("contains", Op::Contains), ("begins", Op::Begins), ("ends", Op::Ends)];
        if self.sign("!~") {
            return Ok(Expr::Not(Box::new(Expr::Matches(column, self.pattern()?))));
        }
        if self.sign("!=") {
            return Ok(Expr::Not(Box::new(Expr::Is(column, Op::Equal, vec![self.value()?]))));
        }
        if self.sign("~") {
            return Ok(Expr::Matches(column, self.pattern()?));
        }
        for (sign, op) in SIGNS {
            if self.sign(sign) {
                return Ok(Expr::Is(column, *op, vec![self.value()?]));
            }
        }
        for (word, op) in WORDS {
            if self.keyword(word) {
                return Ok(Expr::Is(column, *op, vec![self.value()?]));
            }
        }
        if !self.keyword("in") {
            return Ok(Expr::Set(column));
        }
        if !self.sign("[") {
            return Ok(Expr::Is(column, Op::Equal, vec![self.value()?]));
        }
        let mut values = vec![self.value()?];
        while self.sign(",") {
            values.push(self.value()?);
        }
        if self.sign("]") { Ok(Expr::Is(column, Op::Equal, values)) } else { self.wrong("a list is not closed", "write ]") }
    }

    fn value(&mut self) -> Result<Wanted, Wrong> {
        self.space();
        let Some(quote) = self.rest().chars().next().filter(|first| *first == '"' || *first == '\'') else {
            let word = self.peek();
            if word.is_empty() {
                return self.wrong("a value is missing", "write a word, a \"text\", a number or a network");
            }
            self.at += word.len();
            return Ok(Wanted::of(word));
        };
        let inside = &self.rest()[1..];
        let Some(end) = inside.find(quote) else { return self.wrong("a text is not closed", "write its quotation mark") };
        self.at += end + 2;
        Ok(Wanted::of(&inside[..end]))
    }

    /// `/…/`, in which `\/` stands for a slash.
    fn pattern(&mut self) -> Result<Regex, Wrong> {
        self.space();
        if !self.rest().starts_with('/') {
            return self.wrong("a pattern is missing", "write it between slashes: /…/");
        }
        let from = self.at + 1;
        let bytes = self.source.as_bytes();
        let mut end = from;
        while bytes.get(end).is_some_and(|byte| *byte != b'/') {
            end += if bytes.get(end) == Some(&b'\\') { 2 } else { 1 };
        }
        let Some(pattern) = self.source.get(from..end).filter(|_| end < bytes.len()) else {
            return self.wrong("a pattern is not closed", "write / behind it; a slash in it is \\/");
        };
        let built = RegexBuilder::new(&pattern.replace("\\/", "/")).size_limit(PATTERN_BYTES_MAX).dfa_size_limit(PATTERN_BYTES_MAX).build();
        let pattern = match built {
            Ok(pattern) => pattern,
            Err(error) => {
                let what = error.to_string().lines().last().unwrap_or_default().trim().to_owned();
                return Err((from, what, "patterns are those of Rust's regex: no look-around, no back references".to_owned()));
            }
        };
        self.at = end + 1;
        Ok(pattern)
    }
}
