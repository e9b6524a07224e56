//! The sink that writes logs: one per kind, created when its first row comes.

use crate::{json, tsv};
use contract::Sink;
use model::{Event, Kind, Timestamp};
use std::io::{self, Write};

/// How much of a log is kept before it is written out: large enough that system calls cost nothing, small enough that
/// fifty logs stay within a few megabytes.
const BUFFER_BYTES: usize = 64 * 1024;

/// How rows are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Zeek's tab-separated form.
    #[default]
    Zeek,
    /// JSON lines.
    Json,
}

/// Opens the file of a log by its name (`conn.log`).
pub type Create = Box<dyn FnMut(&str) -> io::Result<Box<dyn Write + Send>> + Send>;

/// How many rows a log got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// The log's name, without `.log`.
    pub log: &'static str,
    /// Its rows.
    pub rows: u64,
}

/// Writes every event into its log.
///
/// The first failure is kept and stops all writing; [`Logs::finish`] returns it.
pub struct Logs {
    format: Format,
    create: Create,
    open: Vec<Log>,
    /// Where a kind was seen in memory, and its log: constants may have several addresses, names are compared once for each.
    seen: Vec<(usize, usize)>,
    /// Names of logs that have their header already.
    begun: Vec<String>,
    failure: Option<(String, io::Error)>,
}

struct Log {
    kind: &'static Kind,
    file: Box<dyn Write + Send>,
    buffer: Vec<u8>,
    rows: u64,
}

impl Logs {
    /// Logs of one format, opened through `create`.
    pub const fn new(format: Format, create: Create) -> Self {
        Self::continuing(format, create, Vec::new())
    }

    /// The same, where some logs (`conn.log`) were begun before: they go on without another header.
    pub const fn continuing(format: Format, create: Create, begun: Vec<String>) -> Self {
        Self { format, create, open: Vec::new(), seen: Vec::new(), begun, failure: None }
    }

    /// Writes out what is buffered; the logs go on.
    ///
    /// # Errors
    /// The first failure of all so far, with the log's name; it is told once, and nothing is written after it.
    pub fn flush(&mut self) -> Result<(), (String, io::Error)> {
        for log in &mut self.open {
            if self.failure.is_some() {
                break;
            }
            let written = log.drain().and_then(|()| log.file.flush());
            self.failure = written.err().map(|error| (file_name(log.kind), error));
        }
        match &mut self.failure {
            None => Ok(()),
            Some((name, error)) => {
                let told = std::mem::replace(error, io::Error::other("it failed before"));
                Err((name.clone(), told))
            }
        }
    }

    /// Writes out what is buffered and closes the logs; `close` is the time of the capture's last packet.
    ///
    /// # Errors
    /// The first failure of all, with the log's name.
    pub fn finish(mut self, close: Timestamp) -> Result<Vec<Written>, (String, io::Error)> {
        for log in &mut self.open {
            if self.failure.is_some() {
                break;
            }
            if self.format == Format::Zeek {
                tsv::write_footer(&mut log.buffer, close);
            }
            let written = log.drain().and_then(|()| log.file.flush());
            self.failure = written.err().map(|error| (file_name(log.kind), error));
        }
        match self.failure {
            Some(failure) => Err(failure),
            None => {
                let mut written: Vec<_> = self.open.iter().map(|log| Written { log: log.kind.name, rows: log.rows }).collect();
                written.sort_unstable_by_key(|log| log.log);
                Ok(written)
            }
        }
    }

    /// Whether writing failed already; reading on is of no use then.
    pub const fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    fn write(&mut self, event: &Event) -> Result<(), (String, io::Error)> {
        let kind = event.kind();
        let at = self.place(kind, event.ts()).map_err(|error| (file_name(kind), error))?;
        let Some(log) = self.open.get_mut(at) else { return Ok(()) };
        match self.format {
            Format::Zeek => tsv::write_tsv_row(&mut log.buffer, event),
            Format::Json => json::write_json_row(&mut log.buffer, event),
        }
        log.rows += 1;
        if log.buffer.len() >= BUFFER_BYTES {
            log.drain().map_err(|error| (file_name(kind), error))?;
        }
        Ok(())
    }

    fn place(&mut self, kind: &'static Kind, ts: Timestamp) -> io::Result<usize> {
        let address = std::ptr::from_ref(kind).addr();
        if let Some((_, at)) = self.seen.iter().find(|(seen, _)| *seen == address) {
            return Ok(*at);
        }
        let at = match self.open.iter().position(|log| log.kind.name == kind.name) {
            Some(at) => at,
            None => {
                let file = (self.create)(&file_name(kind))?;
                let mut buffer = Vec::with_capacity(BUFFER_BYTES + BUFFER_BYTES / 8);
                if self.format == Format::Zeek && !self.begun.contains(&file_name(kind)) {
                    tsv::write_header(&mut buffer, kind, ts);
                }
                self.open.push(Log { kind, file, buffer, rows: 0 });
                self.open.len() - 1
            }
        };
        self.seen.push((address, at));
        Ok(at)
    }
}

impl Sink for Logs {
    fn event(&mut self, event: &Event) {
        if self.failure.is_none() {
            self.failure = self.write(event).err();
        }
    }
}

impl Log {
    fn drain(&mut self) -> io::Result<()> {
        self.file.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }
}

fn file_name(kind: &Kind) -> String {
    format!("{}.log", kind.name)
}
