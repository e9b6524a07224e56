//! `hyakuyo find`: everything in a folder of logs that shares an id, an address, a name or a hash, in the order of time.
//!
//! The logs are read a few times over: first for the rows that name the thing itself, then for what those rows lead to
//! (a file's connection, the look-up before that connection, a certificate of its handshake), until nothing new is found.
//! Nothing of the logs is held but the answer, which is bounded by [`ROWS_MAX`].

mod links;
mod show;
mod term;

use crate::read::at;
use crate::rows::{self, Field};
use crate::terminal::{self, Style};
use anyhow::{Result, bail};
use links::{Row, Want, Wanted};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use term::Term;

/// How many rows an answer has at most: beyond that nobody reads on, and memory stays bounded.
const ROWS_MAX: usize = 100_000;
/// How often the logs are read at most. A file leads to its connection, that to its look-up: three; one to see that it ends.
const ROUNDS_MAX: usize = 5;

/// How the answer is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The telling columns of each row.
    Brief,
    /// Every column that is set.
    Full,
    /// JSON lines.
    Json,
}

/// Runs the command. Returns whether anything was found.
pub(crate) fn run(word: &str, folder: &Path, form: Form) -> Result<bool> {
    let logs = logs_in(folder)?;
    let term = Term::new(word);
    if term.text().is_empty() {
        bail!("nothing to find was given");
    }
    let found = search(&term, &logs)?;
    let text = match form {
        Form::Json => show::json(&found.rows),
        _ if found.rows.is_empty() => String::new(),
        _ => show::text(&term, &found, form == Form::Full, Style::stdout()),
    };
    terminal::print(&text)?;
    if found.rows.is_empty() {
        eprintln!("hyakuyo: nothing in {} mentions {}", folder.display(), terminal::safe(word));
    }
    Ok(!found.rows.is_empty())
}

/// The answer.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// In the order of time.
    pub(crate) rows: Vec<FoundRow>,
    /// Whether there would be more than [`ROWS_MAX`].
    pub(crate) more: bool,
}

/// One row of the answer.
#[derive(Debug)]
pub(crate) struct FoundRow {
    /// The log that it stands in.
    pub(crate) log: String,
    /// Its cells.
    pub(crate) fields: Vec<Field<'static>>,
    /// Microseconds since the epoch.
    pub(crate) micros: i64,
    /// Whether it names the term itself, rather than being led to.
    pub(crate) direct: bool,
    place: (usize, u64),
}

/// The logs of a folder, or one log, by name.
fn logs_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let shown = folder.display();
    if folder.is_file() {
        return Ok(vec![folder.to_owned()]);
    }
    let entries = std::fs::read_dir(folder).map_err(|error| at(folder, &error))?;
    let mut logs = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| at(folder, &error))?.path();
        if rows::log_name(&path).is_some() && path.is_file() {
            logs.push(path);
        }
    }
    if logs.is_empty() {
        bail!("{shown}: no logs in this folder (they are called conn.log, dns.log …; `hyakuyo read` writes them)");
    }
    logs.sort_unstable();
    Ok(logs)
}

/// One line for each row that names a thing itself, as `find` shows them, but for what was made of it (findings) and how hosts
/// sent it (stacks); at most `most`, and whether there are more.
pub(crate) fn lines(word: &str, folder: &Path, most: usize) -> Result<(Vec<String>, bool)> {
    let logs = logs_in(folder)?;
    let mut found = search(&Term::new(word), &logs)?;
    found.rows.retain(|row| row.direct && !matches!(row.log.as_str(), "finding" | "stack"));
    let more = found.more || found.rows.len() > most;
    Ok((found.rows.iter().take(most).map(show::line).collect(), more))
}

fn search(term: &Term, logs: &[PathBuf]) -> Result<Found> {
    let mut search = Search { term, wanted: Wanted::default(), kept: HashSet::new(), last: HashMap::new(), found: Found::default() };
    for round in 0..ROUNDS_MAX {
        let before = search.wanted.len();
        for (file, path) in logs.iter().enumerate() {
            search.read(round == 0, file, path).map_err(|error| at(path, &error))?;
        }
        if search.wanted.len() == before || search.found.more {
            break;
        }
    }
    let mut lookups: Vec<_> = std::mem::take(&mut search.last).into_values().collect();
    lookups.sort_unstable_by_key(|row| row.place);
    lookups.dedup_by_key(|row| row.place);
    lookups.retain(|row| !search.kept.contains(&row.place));
    let mut found = search.found;
    found.rows.extend(lookups);
    found.rows.sort_by_key(|row| (row.micros, rank(&row.log), row.place));
    Ok(found)
}

struct Search<'t> {
    term: &'t Term,
    wanted: Wanted,
    kept: HashSet<(usize, u64)>,
    /// The latest look-up before a connection between client and server.
    last: HashMap<(String, String), FoundRow>,
    found: Found,
}

impl Search<'_> {
    fn read(&mut self, first: bool, file: usize, path: &Path) -> std::io::Result<()> {
        let log = rows::log_name(path).unwrap_or("log");
        let term = self.term;
        rows::scan(path, &mut |line| !first || term.is_in(line), &mut |number, fields| self.look(first, log, (file, number), fields))
    }

    fn look(&mut self, first: bool, log: &str, place: (usize, u64), fields: Vec<Field<'_>>) {
        let row = Row { log, fields: &fields };
        let want = if self.kept.contains(&place) {
            // A look-up that is part of the answer already still stands before an older one.
            self.wanted.last_before(&row)
        } else if first {
            // The line was looked at as a whole: now by cell, since a term doesn't reach over two.
            fields.iter().any(|field| self.term.is_in(&field.text)).then_some(Want::Keep)
        } else {
            self.wanted.of(&row)
        };
        let micros = row.micros();
        match want {
            None => {}
            Some(Want::Keep) if self.found.rows.len() >= ROWS_MAX => self.found.more = true,
            Some(Want::Keep) => {
                self.wanted.follow(&row, self.term.kind(), first);
                self.kept.insert(place);
                self.found.rows.push(FoundRow { log: log.to_owned(), fields: owned(fields), micros, direct: first, place });
            }
            Some(Want::LastBefore(ends)) => {
                for ends in ends {
                    if self.last.get(&ends).is_none_or(|held| (held.micros, held.place) < (micros, place)) {
                        let row = FoundRow { log: log.to_owned(), fields: owned(fields.clone()), micros, direct: false, place };
                        self.last.insert(ends, row);
                    }
                }
            }
        }
    }
}

fn owned(fields: Vec<Field<'_>>) -> Vec<Field<'static>> {
    fields.into_iter().filter(|field| field.text != "-").map(Field::into_owned).collect()
}

/// The order of rows of the same time: cause before effect.
fn rank(log: &str) -> usize {
    const ORDER: &[&str] = &["dhcp", "dns", "conn", "tunnel", "ssl", "x509", "ssh", "http", "smtp", "ftp"];
    const LATE: &[&str] = &["files", "pe", "ocsp", "software", "known_hosts", "known_services", "known_certs", "weird", "notice"];
    let late = || LATE.iter().position(|name| *name == log).map(|at| ORDER.len() + 1 + at);
    ORDER.iter().position(|name| *name == log).or_else(late).unwrap_or(ORDER.len())
}
