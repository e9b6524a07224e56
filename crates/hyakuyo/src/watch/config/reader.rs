//! Reading a file of settings: tables and keys by name, everything that is wrong told at once, each with its place and what to write
//! instead.

use super::code::Code;
use contract::{Problem, nearest};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Problems that are told at once; mending those mends the rest, as a rule.
const PROBLEMS_MAX: usize = 50;
/// Names that are listed where none is near: what fits a line.
const NAMES_MAX: usize = 24;

/// The file, and what is wrong with it.
pub(super) struct Reader<'t> {
    name: &'t str,
    text: &'t str,
    problems: Vec<(usize, Problem, Code)>,
}

impl<'t> Reader<'t> {
    pub(super) const fn new(name: &'t str, text: &'t str) -> Self {
        Self { name, text, problems: Vec::new() }
    }

    /// Something is wrong with what stands in `span`.
    pub(super) fn wrong(&mut self, code: Code, span: Range<usize>, what: impl Into<String>, fix: impl Into<String>) {
        if self.problems.len() < PROBLEMS_MAX {
            let what = format!("{} ({})", what.into(), code.name());
            let problem = Problem::new(self.name, self.text, span.clone(), what, fix.into());
            self.problems.push((span.start, problem, code));
        }
    }

    pub(super) const fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }

    /// All that is wrong, in the order of the file.
    pub(super) fn problems(mut self) -> Vec<(Problem, Code)> {
        self.problems.sort_by_key(|(at, ..)| *at);
        self.problems.into_iter().map(|(_, problem, code)| (problem, code)).collect()
    }

    /// The line that begins a table, whose span may be more than that, or less.
    fn heading(&self, span: &Range<usize>) -> Range<usize> {
        let from = span.start.min(self.text.len());
        let line = self.text.get(..from).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        let text = self.text.get(line..).unwrap_or_default().lines().next().unwrap_or_default();
        match text.rfind(']') {
            Some(end) if text.trim_start().starts_with('[') => line..line + end + 1,
            _ => span.clone(),
        }
    }
}

/// One table of the file, of which keys are taken one by one; what is left at the end is not known.
pub(super) struct Section<'s, 't> {
    /// What its messages call it: `[output]`.
    pub(super) title: String,
    /// Its heading.
    pub(super) span: Range<usize>,
    table: &'s DeTable<'t>,
    asked: Vec<&'static str>,
}

/// A value with its place.
#[derive(Clone, Debug)]
pub(super) struct Placed<T> {
    pub(super) value: T,
    pub(super) span: Range<usize>,
}

impl<'s, 't> Section<'s, 't> {
    pub(super) fn new(reader: &Reader<'_>, title: impl Into<String>, span: &Range<usize>, table: &'s DeTable<'t>) -> Self {
        Self { title: title.into(), span: reader.heading(span), table, asked: Vec::new() }
    }

    /// The whole file.
    pub(super) const fn root(table: &'s DeTable<'t>) -> Self {
        Self { title: String::new(), span: 0..0, table, asked: Vec::new() }
    }

    pub(super) fn get(&mut self, key: &'static str) -> Option<&'s Spanned<DeValue<'t>>> {
        self.asked.push(key);
        self.table.get(key)
    }

    /// All keys with their values, where names are not fixed.
    pub(super) fn each(&self) -> impl Iterator<Item = (&'s Spanned<std::borrow::Cow<'t, str>>, &'s Spanned<DeValue<'t>>)> + use<'s, 't> {
        self.table.iter()
    }

    /// Something that must be there is not.
    pub(super) fn missing(&self, reader: &mut Reader<'_>, key: &str, fix: impl Into<String>) {
        reader.wrong(Code::Missing, self.span.clone(), format!("{} has no {key}", self.title), fix);
    }

    /// A section that must be there is not.
    pub(super) fn missing_section(&self, reader: &mut Reader<'_>, key: &str, fix: impl Into<String>) {
        reader.wrong(Code::Missing, 0..0, format!("there is no [{key}]"), fix);
    }

    fn mistyped(reader: &mut Reader<'_>, key: &str, value: &Spanned<DeValue<'t>>, wanted: &str, example: &str) {
        let what = format!("{key} is {}, not {wanted}", article(value.get_ref().type_str()));
        reader.wrong(Code::WrongType, value.span(), what, format!("write {key} = {example}"));
    }

    pub(super) fn text(&mut self, reader: &mut Reader<'_>, key: &'static str) -> Option<Placed<String>> {
        let value = self.get(key)?;
        match value.get_ref() {
            DeValue::String(text) if text.trim().is_empty() => {
                reader.wrong(
                    Code::Empty,
                    value.span(),
                    format!("{key} is empty"),
                    "write something between the marks, or leave the line out",
                );
                None
            }
            DeValue::String(text) => Some(Placed { value: text.to_string(), span: value.span() }),
            _ => {
                Self::mistyped(reader, key, value, "text", "\"…\"");
                None
            }
        }
    }

    pub(super) fn flag(&mut self, reader: &mut Reader<'_>, key: &'static str) -> Option<bool> {
        let value = self.get(key)?;
        if let DeValue::Boolean(flag) = value.get_ref() {
            return Some(*flag);
        }
        Self::mistyped(reader, key, value, "true or false", "true");
        None
    }

    pub(super) fn count(&mut self, reader: &mut Reader<'_>, key: &'static str, allowed: std::ops::RangeInclusive<u64>) -> Option<u64> {
        let value = self.get(key)?;
        let DeValue::Integer(number) = value.get_ref() else {
            Self::mistyped(reader, key, value, "a whole number", &allowed.start().to_string());
            return None;
        };
        let number = u64::from_str_radix(number.as_str(), number.radix()).ok().filter(|number| allowed.contains(number));
        if number.is_none() {
            let fix = format!("write a number from {} to {}", allowed.start(), allowed.end());
            reader.wrong(Code::OutOfRange, value.span(), format!("{key} can't be that"), fix);
        }
        number
    }

    /// Texts, each with its place.
    pub(super) fn texts(&mut self, reader: &mut Reader<'_>, key: &'static str) -> Option<Vec<Placed<String>>> {
        let value = self.get(key)?;
        let DeValue::Array(items) = value.get_ref() else {
            Self::mistyped(reader, key, value, "a list", "[\"…\"]");
            return None;
        };
        let mut texts = Vec::new();
        for item in items.iter() {
            match item.get_ref() {
                DeValue::String(text) if !text.trim().is_empty() => texts.push(Placed { value: text.to_string(), span: item.span() }),
                DeValue::String(_) => reader.wrong(Code::Empty, item.span(), format!("{key} names nothing here"), "take it out"),
                _ => reader.wrong(Code::WrongType, item.span(), format!("{key} is a list of texts"), "write it in quotation marks"),
            }
        }
        Some(texts)
    }

    /// One of several words.
    pub(super) fn choice<T: Copy>(&mut self, reader: &mut Reader<'_>, key: &'static str, all: &[(&'static str, T)]) -> Option<T> {
        let text = self.text(reader, key)?;
        let found = all.iter().find(|(name, _)| *name == text.value).map(|(_, value)| *value);
        if found.is_none() {
            let fix = suggestion(&text.value, all.iter().map(|(name, _)| *name), true);
            reader.wrong(Code::NotOneOf, text.span, format!("{key} is none of its words"), fix);
        }
        found
    }

    /// A value that is written as text and read by `read`, which says what would be right.
    pub(super) fn read<T>(
        &mut self,
        reader: &mut Reader<'_>,
        key: &'static str,
        code: Code,
        read: impl FnOnce(&str) -> Result<T, (String, String)>,
    ) -> Option<Placed<T>> {
        let text = self.text(reader, key)?;
        match read(&text.value) {
            Ok(value) => Some(Placed { value, span: text.span }),
            Err((what, fix)) => {
                reader.wrong(code, text.span, what, fix);
                None
            }
        }
    }

    /// A table in this one.
    pub(super) fn table(&mut self, reader: &mut Reader<'_>, key: &'static str) -> Option<Section<'s, 't>> {
        let value = self.get(key)?;
        let title = self.inner(key);
        match value.get_ref() {
            DeValue::Table(table) => Some(Section::new(reader, format!("[{title}]"), &value.span(), table)),
            DeValue::Array(_) => {
                let span = reader.heading(&value.span());
                reader.wrong(Code::NotATable, span, format!("there is one {title}"), format!("write it under one line [{title}]"));
                None
            }
            _ => {
                reader.wrong(Code::NotATable, value.span(), format!("{title} is a table"), format!("write it under a line [{title}]"));
                None
            }
        }
    }

    /// Tables of one name, each begun by its name in double brackets; one in single brackets is taken too where `single`.
    pub(super) fn tables(&mut self, reader: &mut Reader<'_>, key: &'static str, single: bool) -> Vec<Section<'s, 't>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let title = self.inner(key);
        let mut all = Vec::new();
        match value.get_ref() {
            DeValue::Array(items) if items.iter().all(|item| matches!(item.get_ref(), DeValue::Table(_))) => {
                for item in items.iter() {
                    if let DeValue::Table(table) = item.get_ref() {
                        all.push(Section::new(reader, format!("[[{title}]]"), &item.span(), table));
                    }
                }
            }
            DeValue::Table(table) if single => all.push(Section::new(reader, format!("[{title}]"), &value.span(), table)),
            _ => {
                let span = reader.heading(&value.span());
                let fix = format!("begin each with a line [[{title}]], in double brackets");
                reader.wrong(Code::NotATable, span, format!("there may be several {title}"), fix);
            }
        }
        all
    }

    fn inner(&self, key: &str) -> String {
        match self.title.trim_matches(['[', ']']) {
            "" => key.to_owned(),
            outer => format!("{outer}.{key}"),
        }
    }

    /// Whatever else stands in the table is not known.
    pub(super) fn done(self, reader: &mut Reader<'_>) {
        for (key, _) in self.table {
            if self.asked.contains(&&**key.get_ref()) {
                continue;
            }
            let fix = suggestion(key.get_ref(), self.asked.iter().copied(), false);
            if self.title.is_empty() {
                reader.wrong(Code::UnknownSection, key.span(), format!("nothing is called \"{}\" here", key.get_ref()), fix);
            } else {
                reader.wrong(Code::UnknownKey, key.span(), format!("{} has no \"{}\"", self.title, key.get_ref()), fix);
            }
        }
    }
}

/// The nearest known word, or all of them.
pub(super) fn suggestion<'a>(word: &str, known: impl Iterator<Item = &'a str> + Clone, quoted: bool) -> String {
    let mark = if quoted { "\"" } else { "" };
    if let Some(near) = nearest(word, known.clone()) {
        return format!("did you mean {mark}{near}{mark}?");
    }
    let names: Vec<_> = known.clone().take(NAMES_MAX).map(|name| format!("{mark}{name}{mark}")).collect();
    let more = if known.count() > NAMES_MAX { ", …" } else { "" };
    format!("there are {}{more}", names.join(", "))
}

fn article(kind: &str) -> String {
    let vowel = kind.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {kind}", if vowel { "an" } else { "a" })
}
