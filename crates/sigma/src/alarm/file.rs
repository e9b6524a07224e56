//! The file of alarms: from text to alarms, with everything that is wrong told at once.

use super::condition::Condition;
use super::{Alarm, Names, Next, Piece};
use crate::window::GROUP_ENTRIES_MAX;
use contract::{Problem, Role, Severity, nearest};
use model::Interval;
use std::ops::Range;
use std::sync::OnceLock;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Alarms of a file: each is asked about every row of its logs.
const ALARMS_MAX: usize = 512;
/// The longest file, in bytes.
const FILE_BYTES_MAX: usize = 1 << 20;
/// Problems that are told at once.
const PROBLEMS_MAX: usize = 20;
/// Columns that tell groups apart.
const BY_MAX: usize = 8;
/// The longest time that is remembered: a month.
const SPAN_SECS_MAX: i64 = 31 * 86_400;
/// Without another word, an alarm's time is a minute, and it keeps quiet for an hour.
const WINDOW: Interval = Interval::from_secs(60);
const QUIET: Interval = Interval::from_secs(3_600);

const KEYS: [&str; 14] =
    ["name", "when", "count", "distinct", "window", "by", "then", "unless", "within", "quiet", "severity", "message", "host", "except"];

/// The alarms of a file.
pub(super) fn alarms(name: &str, text: &str) -> Result<Vec<Alarm>, Vec<Problem>> {
    let mut reader = Reader { name, text, problems: Vec::new() };
    let alarms = reader.file();
    if reader.problems.is_empty() { Ok(alarms) } else { Err(reader.problems) }
}

struct Reader<'a> {
    name: &'a str,
    text: &'a str,
    problems: Vec<Problem>,
}

type Table<'a> = DeTable<'a>;

impl<'a> Reader<'a> {
    fn problem(&mut self, span: Range<usize>, what: impl Into<String>, fix: impl Into<String>) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(Problem::new(self.name, self.text, span, what.into(), fix.into()));
        }
    }

    fn file(&mut self) -> Vec<Alarm> {
        if self.text.len() > FILE_BYTES_MAX {
            self.problem(0..0, format!("longer than {FILE_BYTES_MAX} bytes"), "write several files");
            return Vec::new();
        }
        let table = match DeTable::parse(self.text) {
            Ok(table) => table.into_inner(),
            Err(error) => {
                let what = format!("this is no TOML: {}", error.message().replace('\n', ", "));
                self.problem(error.span().unwrap_or_default(), what, "mend the line; strings stand in quotation marks");
                return Vec::new();
            }
        };
        let mut alarms = Vec::new();
        for (key, value) in &table {
            match (&**key.get_ref(), value.get_ref()) {
                ("alarm", DeValue::Array(items)) => {
                    for item in items.iter() {
                        match item.get_ref() {
                            DeValue::Table(table) => alarms.extend(self.alarm(item.span(), table)),
                            _ => self.problem(item.span(), "an alarm is a table", "write it under a line [[alarm]]"),
                        }
                    }
                }
                ("alarm", _) => {
                    self.problem(key.span(), "one table for all alarms", "begin each with a line [[alarm]], in double brackets")
                }
                (other, _) => self.problem(key.span(), format!("nothing is called \"{other}\" here"), "each alarm begins with [[alarm]]"),
            }
        }
        if alarms.len() > ALARMS_MAX {
            self.problem(0..0, format!("more than {ALARMS_MAX} alarms"), "every row is held against all of them: join some");
        }
        alarms
    }

    fn alarm(&mut self, span: Range<usize>, table: &Table<'a>) -> Option<Alarm> {
        let span = self.heading(span);
        let before = self.problems.len();
        for key in table.keys().filter(|key| !KEYS.contains(&&**key.get_ref())) {
            let fix = match nearest(key.get_ref(), KEYS) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("an alarm has {}", KEYS.join(", ")),
            };
            self.problem(key.span(), format!("an alarm has no \"{}\"", key.get_ref()), fix);
        }
        let name = self.needed(&span, table, "name", "add name = \"…\": findings are called by it");
        let when = self.needed(&span, table, "when", "add when = '…': the condition").and_then(|_| self.condition(table, "when"));
        let next = match (table.get("then"), table.get("unless")) {
            (Some(_), Some(both)) => {
                self.problem(both.span(), "then and unless together", "write two alarms");
                Next::Nothing
            }
            (Some(_), None) => self.condition(table, "then").map_or(Next::Nothing, Next::Then),
            (None, Some(_)) => self.condition(table, "unless").map_or(Next::Nothing, Next::Unless),
            (None, None) => Next::Nothing,
        };
        let window = self.length(table, "window").unwrap_or(WINDOW);
        let within = self.length(table, "within").unwrap_or(window);
        if let (Next::Nothing, Some(within)) = (&next, table.get("within")) {
            self.problem(within.span(), "within is how long then or unless has time", "add one of them, or write window");
        }
        let alarm = Alarm {
            count: self.count(table),
            distinct: self.text(table, "distinct").map(|text| names(&text)),
            window,
            by: self.list(table, "by", BY_MAX).iter().map(|text| names(text)).collect(),
            next,
            within,
            quiet: self.length(table, "quiet").unwrap_or(QUIET),
            severity: self.severity(table),
            message: self.text(table, "message").map(|text| pieces(&text)).unwrap_or_default(),
            host: self.text(table, "host").map(|text| names(&text)),
            except: self.roles(table),
            definition: OnceLock::new(),
            name: name.unwrap_or_default(),
            when: when?,
        };
        (self.problems.len() == before).then_some(alarm)
    }

    /// The line `[[alarm]]` of a table whose span may be more than that, or less.
    fn heading(&self, span: Range<usize>) -> Range<usize> {
        let before = self.text.get(..span.start.saturating_add(1)).unwrap_or(self.text);
        match before.rfind("[[") {
            Some(from) if self.text.get(from..).is_some_and(|rest| rest.starts_with("[[alarm]]")) => from..from + "[[alarm]]".len(),
            _ => span,
        }
    }

    fn needed(&mut self, span: &Range<usize>, table: &Table<'a>, key: &str, fix: &str) -> Option<String> {
        if table.get(key).is_none() {
            self.problem(span.clone(), format!("an alarm without \"{key}\""), fix);
        }
        let text = self.text(table, key)?;
        if text.trim().is_empty() {
            let at = table.get(key).map(Spanned::span).unwrap_or_default();
            self.problem(at, format!("{key} is empty"), fix);
            return None;
        }
        Some(text)
    }

    fn text(&mut self, table: &Table<'a>, key: &str) -> Option<String> {
        let value = table.get(key)?;
        match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            other => {
                self.problem(value.span(), format!("{key} is {}, not text", other.type_str()), format!("write {key} = \"…\""));
                None
            }
        }
    }

    fn condition(&mut self, table: &Table<'a>, key: &str) -> Option<Condition> {
        let value = table.get(key)?;
        let text = self.text(table, key)?;
        match Condition::parse(&text) {
            Ok(condition) => Some(condition),
            Err((at, what, fix)) => {
                // Behind the quotation marks, of which there may be three; escapes before the place would shift it.
                let span = value.span();
                let quoted = self.text.get(span.clone()).unwrap_or_default();
                let from = span.start + quoted.find(text.get(..text.len().min(4)).unwrap_or_default()).unwrap_or(1) + at;
                self.problem(from..(from + 1).min(span.end.max(from)), what, fix);
                None
            }
        }
    }

    fn count(&mut self, table: &Table<'a>) -> u64 {
        let Some(value) = table.get("count") else { return 1 };
        let count = match value.get_ref() {
            DeValue::Integer(number) => number.as_str().parse::<u64>().ok(),
            _ => None,
        };
        match count.filter(|count| (1..GROUP_ENTRIES_MAX as u64).contains(count)) {
            Some(count) => count,
            None => {
                self.problem(value.span(), "this is no count", format!("write a number from 1 to {}", GROUP_ENTRIES_MAX - 1));
                1
            }
        }
    }

    fn length(&mut self, table: &Table<'a>, key: &str) -> Option<Interval> {
        let value = table.get(key)?;
        let text = self.text(table, key)?;
        let length = seconds(text.trim()).filter(|secs| (1..=SPAN_SECS_MAX).contains(secs)).map(Interval::from_secs);
        if length.is_none() {
            self.problem(value.span(), "this is no length of time", "write \"30s\", \"10m\", \"2h\" or \"7d\"; at most 31 days");
        }
        length
    }

    fn list(&mut self, table: &Table<'a>, key: &str, most: usize) -> Vec<String> {
        let Some(value) = table.get(key) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            self.problem(value.span(), format!("{key} is a list"), format!("write {key} = [\"…\"]"));
            return Vec::new();
        };
        if items.len() > most {
            self.problem(value.span(), format!("more than {most}"), "leave some out");
        }
        let mut all = Vec::new();
        for item in items.iter() {
            match item.get_ref() {
                DeValue::String(text) => all.push(text.to_string()),
                _ => self.problem(item.span(), "this is no text", "write it in quotation marks"),
            }
        }
        all
    }

    fn severity(&mut self, table: &Table<'a>) -> Severity {
        const ALL: [Severity; 5] = [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
        let Some(text) = self.text(table, "severity") else { return Severity::Medium };
        if let Some(known) = ALL.into_iter().find(|one| one.name() == text) {
            return known;
        }
        let at = table.get("severity").map(Spanned::span).unwrap_or_default();
        self.problem(at, format!("no severity is called \"{text}\""), format!("there are {}", ALL.map(Severity::name).join(", ")));
        Severity::Medium
    }

    fn roles(&mut self, table: &Table<'a>) -> Vec<Role> {
        let mut roles = Vec::new();
        for name in self.list(table, "except", Role::ALL.len()) {
            match Role::named(&name) {
                Some(role) => roles.push(role),
                None => {
                    let at = table.get("except").map(Spanned::span).unwrap_or_default();
                    let fix = match nearest(&name, Role::ALL.into_iter().map(Role::name)) {
                        Some(near) => format!("did you mean \"{near}\"?"),
                        None => format!("there are {}", Role::ALL.map(Role::name).join(", ")),
                    };
                    self.problem(at, format!("no role is called \"{name}\""), fix);
                }
            }
        }
        roles
    }
}

/// `id.orig_h|source`: the names of a column, one for each of the logs that call it differently.
fn names(text: &str) -> Names {
    text.split('|').map(str::trim).filter(|name| !name.is_empty()).map(Into::into).collect()
}

/// `10m` in seconds.
fn seconds(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at(text.find(|symbol: char| !symbol.is_ascii_digit())?);
    let unit = match unit.trim() {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    number.parse::<i64>().ok()?.checked_mul(unit)
}

/// A message's parts: `{column}` stands for its value.
fn pieces(text: &str) -> Vec<Piece> {
    let mut all = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('{') {
        let Some((name, after)) = behind.split_once('}') else { break };
        all.push(Piece::Text(before.into()));
        all.push(Piece::Value(names(name)));
        rest = after;
    }
    all.push(Piece::Text(rest.into()));
    all
}
