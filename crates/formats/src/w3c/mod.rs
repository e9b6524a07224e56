//! W3C's extended log format, whose lines name their columns in a `#Fields:` line: IIS, CloudFront, Blue Coat, Forefront, and http.sys'
//! own errors.
//!
//! Each line is a row of `http`. Files cut in the middle have lost their `#Fields:`; the columns that IIS, http.sys and CloudFront write
//! unless told otherwise are recognised by their shape. Source: W3C's working draft WD-logfile-960323, Microsoft's and Amazon's
//! documents. Left out: columns that no log of ours has.

use crate::Stamps;
use crate::rows::{End, Http, method};
use crate::text::{addr, number, port};
use contract::{DecodeError, Decoder, Kinds, LogFormat, Record, Verdict};
use model::{Event, Kind};

/// The row of the catalogue.
#[derive(Debug)]
pub struct W3c;

/// Columns of one line: Blue Coat offers some two hundred, a log has thirty.
const COLUMNS_MAX: usize = 256;
const IIS: &str = "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status sc-substatus sc-win32-status time-taken";
const IIS_REFERER: &str = "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken";
const HTTP_SYS: &str = "date time c-ip c-port s-ip s-port cs-version cs-method cs-uri sc-status s-siteid s-reason s-queuename";
const CLOUDFRONT: &str =
    "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie)";

impl LogFormat for W3c {
    fn name(&self) -> &'static str {
        "w3c"
    }

    fn about(&self) -> &'static str {
        "W3C's extended format: IIS, http.sys, CloudFront, Blue Coat"
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }

    fn sniff(&self, record: &Record<'_>) -> Verdict {
        if directive(record.line).is_some() || shape(record.line).is_some() { Verdict::Yes } else { Verdict::No }
    }

    fn open(&self, kinds: &dyn Kinds) -> Box<dyn Decoder> {
        Box::new(Lines { http: Http::of(kinds), stamps: Stamps::default(), columns: Vec::new(), date: Vec::new() })
    }
}

/// `#Fields: date time …`: its name and what it says.
fn directive(line: &[u8]) -> Option<(&[u8], &[u8])> {
    const NAMES: &[&[u8]] = &[b"Fields", b"Version", b"Software", b"Date", b"Start-Date", b"End-Date", b"Remark"];
    let (name, said) = crate::text::split(line.strip_prefix(b"#")?, b':')?;
    NAMES.contains(&name).then(|| (name, said.trim_ascii()))
}

/// The columns that a line without its directives has, by its shape.
fn shape(line: &[u8]) -> Option<&'static str> {
    if line.get(4) != Some(&b'-') || line.get(13) != Some(&b':') {
        return None;
    }
    let words: Vec<&[u8]> = cells(line).take(16).collect();
    let verb = |place: usize| words.get(place).is_some_and(|word| word.len() > 2 && word.iter().all(u8::is_ascii_uppercase));
    let address = |place: usize| words.get(place).is_some_and(|word| addr(word).is_some());
    let is_port = |place: usize| words.get(place).is_some_and(|word| port(word).is_some());
    if address(2) && verb(3) && is_port(6) && address(8) {
        return Some(if words.len() >= 15 { IIS_REFERER } else { IIS });
    }
    if address(2) && is_port(3) && address(4) && is_port(5) && words.len() >= 12 {
        return Some(HTTP_SYS);
    }
    (line.contains(&b'\t') && address(4) && verb(5)).then_some(CLOUDFRONT)
}

/// The cells of a line: between tabs where there are any, else between spaces; those in quotes without them.
fn cells(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mark = if line.contains(&b'\t') { b'\t' } else { b' ' };
    let mut rest = Some(line);
    std::iter::from_fn(move || {
        let text = rest?;
        if let Some(inside) = text.strip_prefix(b"\"") {
            let (cell, behind) = crate::text::quoted(inside);
            rest = memchr::memchr(mark, behind).map(|place| &behind[place + 1..]);
            return Some(cell);
        }
        let end = memchr::memchr(mark, text);
        rest = end.map(|place| &text[place + 1..]);
        Some(&text[..end.unwrap_or(text.len())])
    })
}

/// What a column says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Date,
    Time,
    Client,
    ClientPort,
    Server,
    ServerPort,
    Method,
    Stem,
    Query,
    User,
    Agent,
    Referrer,
    Status,
    Bytes,
    Host,
    Version,
    Other,
}

fn column(name: &[u8]) -> Column {
    match name.to_ascii_lowercase().as_slice() {
        b"date" => Column::Date,
        b"time" => Column::Time,
        b"c-ip" => Column::Client,
        b"c-port" => Column::ClientPort,
        b"s-ip" | b"r-ip" => Column::Server,
        b"s-port" | b"cs-uri-port" | b"r-port" => Column::ServerPort,
        b"cs-method" => Column::Method,
        b"cs-uri-stem" | b"cs-uri-path" | b"cs-uri" | b"c-uri" => Column::Stem,
        b"cs-uri-query" => Column::Query,
        b"cs-username" => Column::User,
        b"cs(user-agent)" | b"c-agent" => Column::Agent,
        b"cs(referer)" => Column::Referrer,
        b"sc-status" => Column::Status,
        b"sc-bytes" => Column::Bytes,
        b"cs-host" | b"cs(host)" | b"r-host" => Column::Host,
        b"cs-version" => Column::Version,
        _ => Column::Other,
    }
}

struct Lines {
    http: Option<Http>,
    stamps: Stamps,
    columns: Vec<Column>,
    /// The day that the file says once, for lines that say the time alone.
    date: Vec<u8>,
}

impl Decoder for Lines {
    fn decode(&mut self, record: &Record<'_>, out: &mut dyn FnMut(Event)) -> Result<(), DecodeError> {
        if let Some((name, said)) = directive(record.line) {
            match name {
                b"Fields" => {
                    let tabs = said.split(|byte| byte.is_ascii_whitespace()).filter(|name| !name.is_empty());
                    self.columns = tabs.take(COLUMNS_MAX).map(column).collect();
                }
                b"Date" => self.date = said[..said.len().min(10)].to_vec(),
                _ => {}
            }
            return Ok(());
        }
        if self.columns.is_empty() {
            let shape = shape(record.line).ok_or(DecodeError::new("a line before its #Fields", 0))?;
            self.columns = shape.split(' ').map(|name| column(name.as_bytes())).collect();
        }
        if !record.line.first().is_some_and(u8::is_ascii_digit) {
            return Err(DecodeError::new("no line of columns", 0));
        }
        let Some(http) = &self.http else { return Err(DecodeError::new("there is no log of requests", 0)) };
        let row = Cells::of(record.line, &self.columns);
        let date = if row.get(Column::Date).is_empty() { &self.date } else { row.get(Column::Date) };
        let stamp = [date, b" ", row.get(Column::Time), b"Z"].concat();
        let at = self
            .stamps
            .iso(&stamp)
            .filter(|(_, rest)| rest.is_empty())
            .map(|(at, _)| at)
            .ok_or(DecodeError::new("a line without a time", 0))?;
        out(row.event(http, at));
        Ok(())
    }
}

/// The cells of one line by their meaning.
struct Cells<'a> {
    all: [&'a [u8]; Column::Other as usize + 1],
}

impl<'a> Cells<'a> {
    fn of(line: &'a [u8], columns: &[Column]) -> Self {
        let mut all = [&b""[..]; Column::Other as usize + 1];
        for (column, cell) in columns.iter().zip(cells(line)) {
            if cell != b"-" && all[*column as usize].is_empty() {
                all[*column as usize] = cell;
            }
        }
        Self { all }
    }

    const fn get(&self, column: Column) -> &'a [u8] {
        self.all[column as usize]
    }

    fn event(&self, http: &Http, at: model::Timestamp) -> Event {
        let end = |host, number| -> End { (addr(self.get(host)), port(self.get(number)).unwrap_or_default()) };
        let (orig, resp) = (end(Column::Client, Column::ClientPort), end(Column::Server, Column::ServerPort));
        let (stem, query) = (self.get(Column::Stem), self.get(Column::Query));
        let uri = if query.is_empty() || stem.contains(&b'?') { stem.to_vec() } else { [stem, b"?", query].concat() };
        let mut row = http.row(at, orig, resp, &uri);
        let mut set = |column, text: &[u8]| {
            if !text.is_empty() {
                row.set(column, text);
            }
        };
        set(http.uri, &uri);
        set(http.host, self.get(Column::Host));
        set(http.username, self.get(Column::User));
        set(http.referrer, self.get(Column::Referrer));
        // A space within a cell is written as a plus.
        let agent: Vec<u8> = self.get(Column::Agent).iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
        set(http.user_agent, &agent);
        set(http.version, self.get(Column::Version).strip_prefix(b"HTTP/").unwrap_or_default());
        if !self.get(Column::Method).is_empty() {
            row.set(http.method, method(self.get(Column::Method)));
        }
        row.set(http.status, number(self.get(Column::Status)));
        row.set(http.response_bytes, number(self.get(Column::Bytes)));
        row
    }
}
