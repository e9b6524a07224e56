//! Zeek's logs as a source among others: lines that come one by one, from a file whose header or whose rows say which log it is.
//!
//! TSV says it in `#path`; JSON lines in `_path`, where Zeek's streaming writer adds it, and else in the file's name (`conn.log`,
//! `dns.2020-10-12-10-00-00.log.gz`). Logs without a kind here are passed over; those that only our own reader writes
//! of what it concludes (`finding`) are too, since they are concluded again. Left out: a file that is taken up in its middle, whose header is gone.

use super::{Account, json, known_at, tsv};
use contract::Kinds;
use model::{Event, Kind, Timestamp};

/// With what Zeek's TSV begins.
const HEADER: &[u8] = b"#separator ";
/// Logs that are conclusions.
const CONCLUDED: &[&str] = &["finding", "raw"];

/// What a line was.
pub(crate) enum Line {
    /// Not Zeek's.
    Foreign,
    /// Part of a header, or of a log without a kind here.
    Passed,
    /// A row that could not be read, and why.
    Broken(&'static str),
    /// A row, and when it became known.
    Row(Timestamp, Event),
}

/// The rows of one source.
#[derive(Default)]
pub(crate) struct Rows {
    /// The kind that the file's name says.
    named: Option<&'static Kind>,
    /// Whether a header has come, and the kind that it says.
    headed: Option<Option<&'static Kind>>,
    header: tsv::Header,
    account: Account,
}

impl Rows {
    /// For a source of that name.
    pub(crate) fn new(source: &str, kinds: &dyn Kinds) -> Self {
        Self { named: log_of(source).and_then(|name| kind(name.as_bytes(), kinds)), ..Self::default() }
    }

    /// Takes a line.
    pub(crate) fn line(&mut self, line: &[u8], kinds: &dyn Kinds) -> Line {
        if line.starts_with(HEADER) {
            (self.headed, self.header) = (Some(None), tsv::Header::default());
        }
        let Some(headed) = self.headed else { return self.object(line, kinds) };
        if line.first() == Some(&b'#') {
            if let Some(path) = line.strip_prefix(b"#path") {
                self.headed = Some(kind(path.get(1..).unwrap_or_default(), kinds));
            }
            // What stands before the path says nothing of columns, so that any kind will do for it.
            let kind = self.headed.flatten().unwrap_or(&model::kinds::conn::KIND);
            self.header.learn(line, kind, &mut self.account);
            return Line::Passed;
        }
        let Some(kind) = headed else { return Line::Passed };
        told(self.header.row(line, kind, 0, &mut self.account), "a row that its header does not fit")
    }

    fn object(&mut self, line: &[u8], kinds: &dyn Kinds) -> Line {
        if line.first() != Some(&b'{') {
            return Line::Foreign;
        }
        let path = crate::text::between(line.get(..line.len().min(PATH_BYTES)).unwrap_or_default(), b"\"_path\":\"", b"\"")
            .or_else(|| crate::text::between(line, b"\"_path\":\"", b"\""));
        let kind = match path {
            Some(path) => match kind(path, kinds) {
                Some(kind) => kind,
                None => return Line::Passed,
            },
            None => match self.named.filter(|_| line.starts_with(b"{\"ts\":")) {
                Some(kind) => kind,
                None => return Line::Foreign,
            },
        };
        told(json::row(line, kind, 0, &mut self.account), "no JSON object")
    }
}

/// Where Zeek puts `_path`, in bytes from the line's beginning, before all of it is looked through.
const PATH_BYTES: usize = 64;

fn told(row: Option<Event>, why: &'static str) -> Line {
    row.map_or(Line::Broken(why), |event| Line::Row(known_at(&event), event))
}

fn kind(name: &[u8], kinds: &dyn Kinds) -> Option<&'static Kind> {
    let name = std::str::from_utf8(name).ok()?;
    if name.starts_with('_') || CONCLUDED.contains(&name) {
        return None;
    }
    kinds.kind(name).or_else(|| crate::own_kinds().into_iter().find(|kind| kind.name == name))
}

/// The log that a file's name says: what stands before the first point of it, where it is a log's.
fn log_of(source: &str) -> Option<&str> {
    let name = source.rsplit('/').next()?;
    let (stem, rest) = name.split_once('.')?;
    rest.split('.').any(|part| part == "log").then_some(stem)
}

/// Whether a source of that name, beginning so, is one of Zeek's logs.
pub(crate) fn is_zeeks(source: &str, head: &[u8]) -> bool {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    line.starts_with(HEADER)
        || line.starts_with(b"{") && crate::text::has(line, b"\"_path\":\"")
        || line.starts_with(b"{\"ts\":") && log_of(source).is_some()
}
