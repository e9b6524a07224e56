//! The file of roles: from text to statements, with everything that is wrong told at once.

use super::net::{Net, NotANet};
use super::{HOSTS_MAX, STATEMENTS_MAX, Statement};
use super::{Problem, nearest};
use contract::Role;
use model::{Civil, Timestamp};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What a statement may say.
const KEYS: [&str; 5] = ["role", "hosts", "reason", "owner", "expires"];
/// Problems that are told at once; mending those mends the rest, as a rule.
const PROBLEMS_MAX: usize = 20;

/// The statements of a file.
pub(super) fn statements(name: &str, text: &str) -> Result<Vec<Statement>, Vec<Problem>> {
    let mut reader = Reader { name, text, problems: Vec::new(), hosts: 0 };
    let statements = reader.file();
    if reader.problems.is_empty() { Ok(statements) } else { Err(reader.problems) }
}

struct Reader<'a> {
    name: &'a str,
    text: &'a str,
    problems: Vec<Problem>,
    hosts: usize,
}

impl<'a> Reader<'a> {
    fn problem(&mut self, span: Range<usize>, what: impl Into<String>, fix: impl Into<String>) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(Problem::new(self.name, self.text, span, what.into(), fix.into()));
        }
    }

    fn file(&mut self) -> Vec<Statement> {
        let table = match DeTable::parse(self.text) {
            Ok(table) => table.into_inner(),
            Err(error) => {
                let what = format!("this is no TOML: {}", error.message().replace('\n', ", "));
                self.problem(error.span().unwrap_or_default(), what, "mend the line; strings stand in quotation marks");
                return Vec::new();
            }
        };
        let mut statements = Vec::new();
        for (key, value) in &table {
            match (&**key.get_ref(), value.get_ref()) {
                ("role", DeValue::Array(items)) => {
                    for item in items.iter() {
                        match item.get_ref() {
                            DeValue::Table(table) => statements.extend(self.statement(item.span(), table)),
                            _ => self.problem(item.span(), "a role is a table", "write it under a line [[role]]"),
                        }
                        if statements.len() > STATEMENTS_MAX {
                            self.problem(item.span(), format!("more than {STATEMENTS_MAX} statements"), "name networks instead of hosts");
                            return Vec::new();
                        }
                    }
                }
                ("role", _) => self.problem(key.span(), "one table for all roles", "begin each with a line [[role]], in double brackets"),
                (other, _) => {
                    self.problem(key.span(), format!("nothing is called \"{other}\" here"), "each statement begins with [[role]]")
                }
            }
        }
        statements
    }

    fn statement(&mut self, span: Range<usize>, table: &DeTable<'a>) -> Option<Statement> {
        let span = self.heading(span);
        let before = self.problems.len();
        for key in table.keys() {
            if !KEYS.contains(&&**key.get_ref()) {
                let fix = match nearest(key.get_ref(), KEYS) {
                    Some(near) => format!("did you mean {near}?"),
                    None => format!("a role has {}", KEYS.join(", ")),
                };
                self.problem(key.span(), format!("a role has no \"{}\"", key.get_ref()), fix);
            }
        }
        let role = self.role(&span, table);
        let nets = self.nets(&span, table);
        let reason = self.text(table, "reason");
        if table.get("reason").is_none() || reason.as_ref().is_some_and(|reason| reason.trim().is_empty()) {
            let at = table.get("reason").map_or(span, Spanned::span);
            self.problem(at, "a role without a reason", "add reason = \"…\": whoever reads it later wants to know why");
        }
        let owner = self.text(table, "owner").unwrap_or_default();
        let until = table.get("expires").and_then(|value| self.expiry(value));
        if self.problems.len() > before {
            return None;
        }
        Some(Statement { role: role?, nets: nets?, reason: reason?, owner, until })
    }

    /// The line `[[role]]` of a table whose span may be more than that, or less.
    fn heading(&self, span: Range<usize>) -> Range<usize> {
        let before = self.text.get(..span.start.saturating_add(1)).unwrap_or(self.text);
        match before.rfind("[[") {
            Some(from) if self.text.get(from..).is_some_and(|rest| rest.starts_with("[[role]]")) => from..from + "[[role]]".len(),
            _ => span,
        }
    }

    fn text(&mut self, table: &DeTable<'a>, key: &str) -> Option<String> {
        let value = table.get(key)?;
        match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            other => {
                self.problem(value.span(), format!("{key} is {}, not text", other.type_str()), format!("write {key} = \"…\""));
                None
            }
        }
    }

    fn role(&mut self, span: &Range<usize>, table: &DeTable<'a>) -> Option<Role> {
        let names = || Role::ALL.into_iter().map(Role::name);
        if table.get("role").is_none() {
            let all: Vec<_> = names().collect();
            self.problem(span.clone(), "which role?", format!("add role = \"…\": one of {}", all.join(", ")));
            return None;
        }
        let name = self.text(table, "role")?;
        let role = Role::named(&name);
        if role.is_none() {
            let fix = match nearest(&name, names()) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("there are {}", names().collect::<Vec<_>>().join(", ")),
            };
            let at = table.get("role").map(Spanned::span).unwrap_or_default();
            self.problem(at, format!("no role is called \"{name}\""), fix);
        }
        role
    }

    fn nets(&mut self, span: &Range<usize>, table: &DeTable<'a>) -> Option<Vec<Net>> {
        let Some(hosts) = table.get("hosts") else {
            self.problem(span.clone(), "a role of nobody", "add hosts = [\"10.0.0.25\", \"10.0.3.0/24\"], or hosts = [] if nobody has it");
            return None;
        };
        let DeValue::Array(items) = hosts.get_ref() else {
            self.problem(hosts.span(), "hosts is a list", "write hosts = [\"10.0.0.25\", \"10.0.3.0/24\"]");
            return None;
        };
        let mut nets = Vec::new();
        for item in items.iter() {
            self.hosts += 1;
            if self.hosts > HOSTS_MAX {
                self.problem(item.span(), format!("more than {HOSTS_MAX} hosts"), "name networks instead of hosts");
                return None;
            }
            nets.extend(self.net(item));
        }
        Some(nets)
    }

    fn net(&mut self, item: &Spanned<DeValue<'a>>) -> Option<Net> {
        let DeValue::String(text) = item.get_ref() else {
            self.problem(item.span(), "a host is text", "write it in quotation marks");
            return None;
        };
        match Net::parse(text) {
            Ok(net) => return Some(net),
            Err(NotANet::Malformed) => {
                self.problem(item.span(), "this is neither an address nor a network", "write 10.0.0.25, 10.0.3.0/24 or 2001:db8::/32");
            }
            Err(NotANet::TooLong(most)) => {
                self.problem(item.span(), "a longer prefix than the address", format!("it has {most} bits"));
            }
            Err(NotANet::HostBits(meant)) => {
                self.problem(item.span(), "bits behind the prefix are set", format!("did you mean \"{meant}\"?"));
            }
        }
        None
    }

    /// The first moment behind the day that a statement names as its last.
    fn expiry(&mut self, value: &Spanned<DeValue<'a>>) -> Option<Timestamp> {
        let day = match value.get_ref() {
            DeValue::String(text) => date(text),
            DeValue::Datetime(at) => at.date.map(|date| (i64::from(date.year), date.month, date.day)),
            _ => None,
        };
        let until = day.and_then(|(year, month, day)| Civil::midnight_after(year, month, day));
        if until.is_none() {
            self.problem(value.span(), "this is no day", "write its last day as \"2030-12-31\"");
        }
        until
    }
}

fn date(text: &str) -> Option<(i64, u8, u8)> {
    let mut parts = text.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    (year.len() == 4).then_some((year.parse().ok()?, month.parse().ok()?, day.parse().ok()?))
}
