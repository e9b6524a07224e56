//! The one file that says what is watched and whom to tell: read, checked, and every error told with its line.
//!
//! The sections are read in [`sections`] and [`telling`]; what they may say is documented in `docs/watch.md` and in the example
//! that `hyakuyo check-config --example` prints, which is tested to pass this check.

mod code;
mod reader;
mod sections;
mod telling;
mod values;

pub(crate) use values::{Listen, SyslogTo};

use code::Code;
use contract::{Problem, Severity};
use enrich::Given;
use jiff::tz::TimeZone;
use reader::{Reader, Section};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::de::DeTable;

/// The commented example.
pub(crate) const EXAMPLE: &str = include_str!("example.toml");

/// The longest file of settings: a thousand sources have some hundred kB.
pub(crate) const CONFIG_BYTES_MAX: u64 = 4 << 20;

/// Everything that the file says.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) output: Output,
    pub(crate) interfaces: Vec<Interface>,
    pub(crate) files: Vec<Follow>,
    pub(crate) syslog: Vec<Syslog>,
    /// Roles, fingerprints and countries.
    pub(crate) given: Given,
    /// The text of the roles' file, kept beside the logs for `replay`.
    pub(crate) roles: Option<String>,
    pub(crate) settings: pipeline::Settings,
    pub(crate) notify: Notify,
    pub(crate) metrics: Option<SocketAddr>,
    pub(crate) sandbox: Sandbox,
    pub(crate) limits: Limits,
    pub(crate) memory: Memory,
}

/// Where logs go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) folder: PathBuf,
    pub(crate) format: sinks::Format,
    pub(crate) rotate: Rotate,
    /// The oldest folders are removed while all together are larger.
    pub(crate) keep_bytes: Option<u64>,
    /// How often the logs are made safe against a sudden end.
    pub(crate) checkpoint: Duration,
    /// How often the story is written.
    pub(crate) story: Duration,
    /// Threads that analyze packets.
    pub(crate) workers: Option<usize>,
}

/// When a new folder is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rotate {
    /// At each full hour, UTC.
    Hour,
    /// At midnight, UTC.
    Day,
}

/// A network interface to listen on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Interface {
    pub(crate) name: String,
    pub(crate) filter: Option<String>,
    pub(crate) ring_bytes: u64,
    pub(crate) promiscuous: bool,
    pub(crate) ignore_checksums: bool,
}

/// A file to follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Follow {
    /// Its path; `*`, `?`, `[a-z]` may stand in its parts, and `**` for any number of folders.
    pub(crate) path: PathBuf,
    pub(crate) zone: TimeZone,
    /// Whether a file that is there at the very first start is read from its beginning.
    pub(crate) from_start: bool,
    /// Where rotated files are put, if not beside it.
    pub(crate) rotated: Option<PathBuf>,
    /// Whether to look every second, for file systems that do not tell of changes.
    pub(crate) poll: bool,
}

/// A place where syslog comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Syslog {
    pub(crate) listen: Listen,
    pub(crate) zone: TimeZone,
    /// The server's certificates and key, both PEM.
    pub(crate) tls: Option<(PathBuf, PathBuf)>,
    /// Roots of senders' certificates, PEM: who shows none of theirs is refused.
    pub(crate) clients: Option<PathBuf>,
    /// Who may send; everybody where it is empty.
    pub(crate) from: Vec<enrich::roles::Net>,
}

/// Who is told of findings, and how often.
#[derive(Clone, Debug)]
pub(crate) struct Notify {
    /// What this sensor is called.
    pub(crate) sensor: String,
    pub(crate) language: crate::args::Language,
    /// Findings below are told only where they are part of an incident.
    pub(crate) severity: Severity,
    /// When a finding that goes on is told again: after the first length, then the second, then each time the last.
    pub(crate) repeat: Vec<Duration>,
    pub(crate) sinks: Vec<Sink>,
}

/// One place where findings are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sink {
    /// How many single messages a minute; the rest is told as one digest.
    pub(crate) per_minute: u32,
    pub(crate) to: To,
}

/// Where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum To {
    /// Standard output.
    Terminal,
    /// A file, a line each.
    Json(PathBuf),
    /// RFC 5424.
    Syslog { to: SyslogTo, facility: u8 },
    /// HTTP POST of JSON.
    Webhook { url: String, headers: Vec<(String, String)> },
    /// A command that takes a message.
    Mail { command: Vec<String>, from: String, to: Vec<String> },
}

/// What the program gives up once everything is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sandbox {
    pub(crate) enabled: bool,
    pub(crate) user: Option<String>,
}

/// Limits that a large or a small machine may want to set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Senders and files whose state is kept.
    pub(crate) sources: usize,
    /// How far back a source is read again for what was begun and had not ended.
    pub(crate) resume_bytes: u64,
}

/// What is remembered over a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Memory {
    /// How much of our own logs is read back.
    pub(crate) span: Duration,
}

/// Reads a file's text. Paths in it begin at `base`.
///
/// # Errors
/// Everything that is wrong with it, in the order of the file.
pub(crate) fn parse(name: &str, text: &str, base: &Path) -> Result<Config, Vec<Problem>> {
    check(name, text, base).map_err(|problems| problems.into_iter().map(|(problem, _)| problem).collect())
}

fn check(name: &str, text: &str, base: &Path) -> Result<Config, Vec<(Problem, Code)>> {
    let mut reader = Reader::new(name, text);
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => {
            let what = format!("this is no TOML: {}", error.message().replace('\n', ", "));
            reader.wrong(Code::NotToml, error.span().unwrap_or_default(), what, "mend the line; texts stand in quotation marks");
            return Err(reader.problems());
        }
    };
    let config = sections::all(&mut reader, Section::root(table.get_ref()), base);
    match config {
        Some(config) if reader.is_clean() => Ok(config),
        _ => Err(reader.problems()),
    }
}

#[cfg(test)]
mod tests;
