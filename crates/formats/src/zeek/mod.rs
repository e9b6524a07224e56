//! Zeek's logs and ours: TSV with its header, or JSON lines, read into events of our own kinds.
//!
//! Columns are found by name; those that the kind does not have are dropped and counted. A line that can't be read is counted
//! and a few are kept to be shown; a cell that can't be read leaves its row without that cell. Rows of a folder's logs come in
//! the order in which they became known: a flow when it had ended, everything else at its time.
//!
//! Source: Zeek's `base/frameworks/logging/writers/ascii`, and its documentation of the log format.

mod cell;
mod json;
mod merge;
mod rows;
mod tsv;

pub use merge::Merge;
pub(crate) use rows::{Line, Rows, is_zeeks};

use model::{Event, Interval, Kind, Timestamp, kinds::conn};
use std::collections::BTreeSet;
use std::io::{self, BufRead, Read as _};

/// The longest line: a row of many answers or recipients has some thousand bytes; longer ones are damage.
const LINE_BYTES_MAX: usize = 1 << 20;
/// Malformed lines that are kept to be shown.
const SHOWN_MAX: usize = 5;
/// Columns without a place in the kind whose names are kept.
const UNKNOWN_MAX: usize = 256;

/// What a log had that could not be taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Rows that were read.
    pub rows: u64,
    /// Lines that could not be read.
    pub malformed: u64,
    /// Cells that could not be read, in rows that were.
    pub bad_cells: u64,
    /// The first malformed lines and cells: line number and what is wrong.
    pub shown: Vec<(u64, String)>,
    /// Columns that our kind does not have.
    pub unknown_columns: BTreeSet<String>,
}

impl Account {
    fn show(&mut self, line: u64, what: impl FnOnce() -> String) {
        if self.shown.len() < SHOWN_MAX {
            self.shown.push((line, what()));
        }
    }

    fn malformed(&mut self, line: u64, what: &str) {
        self.malformed += 1;
        self.show(line, || what.to_owned());
    }

    fn bad_cell(&mut self, line: u64, column: &str) {
        self.bad_cells += 1;
        self.show(line, || format!("the column {column} holds something else than it should"));
    }

    fn unknown(&mut self, column: &str) {
        if self.unknown_columns.len() < UNKNOWN_MAX && !self.unknown_columns.contains(column) {
            self.unknown_columns.insert(column.to_owned());
        }
    }
}

/// One log.
pub struct Log {
    name: String,
    kind: &'static Kind,
    from: Box<dyn BufRead>,
    line: Vec<u8>,
    number: u64,
    header: tsv::Header,
    account: Account,
}

impl Log {
    /// A log by its name (for errors), its kind, and its bytes.
    pub fn new(name: &str, kind: &'static Kind, from: Box<dyn BufRead>) -> Self {
        Self { name: name.to_owned(), kind, from, line: Vec::new(), number: 0, header: tsv::Header::default(), account: Account::default() }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What could not be taken so far.
    pub const fn account(&self) -> &Account {
        &self.account
    }

    /// The next row.
    ///
    /// # Errors
    /// Where the bytes can't be read.
    pub fn next_event(&mut self) -> io::Result<Option<Event>> {
        while self.read_line()? {
            let Self { kind, line, number, header, account, .. } = self;
            let event = match line.first() {
                None => continue,
                Some(b'#') => {
                    header.learn(line, kind, account);
                    continue;
                }
                Some(b'{') => json::row(line, kind, *number, account),
                Some(_) => header.row(line, kind, *number, account),
            };
            if let Some(event) = event {
                account.rows += 1;
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    /// Reads the next line, without its end; a line that is too long is passed over and counted.
    fn read_line(&mut self) -> io::Result<bool> {
        self.line.clear();
        self.number += 1;
        let read = (&mut self.from).take(LINE_BYTES_MAX as u64).read_until(b'\n', &mut self.line)?;
        if read == LINE_BYTES_MAX && self.line.last() != Some(&b'\n') {
            self.account.malformed(self.number, "the line is too long");
            self.line.clear();
            self.pass_over()?;
        }
        while let Some(b'\n' | b'\r') = self.line.last() {
            self.line.pop();
        }
        Ok(read > 0)
    }

    fn pass_over(&mut self) -> io::Result<()> {
        loop {
            let held = self.from.fill_buf()?;
            if held.is_empty() {
                return Ok(());
            }
            let end = held.iter().position(|byte| *byte == b'\n');
            let used = end.map_or(held.len(), |at| at + 1);
            self.from.consume(used);
            if end.is_some() {
                return Ok(());
            }
        }
    }
}

/// When a row became known: a flow's when it had ended.
fn known_at(event: &Event) -> Timestamp {
    if event.kind().name != conn::KIND.name {
        return event.ts();
    }
    match event.get(conn::DURATION) {
        model::Value::Interval(length) => event.ts() + (*length).max(Interval::ZERO),
        _ => event.ts(),
    }
}

#[cfg(test)]
mod tests;
