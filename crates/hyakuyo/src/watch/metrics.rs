//! Counters for Prometheus, and whether it lives, on loopback: `GET /metrics`, `GET /healthz`.
//!
//! An HTTP server would bring an engine of tasks and sixty crates for two pages of text. This answers one short request a connection and
//! closes it: the request's first line decides, the rest up to the blank line is read and left. It listens on loopback only,
//! one connection at a time, each bounded in bytes and time.

use anyhow::{Context as _, Result};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long a whole request may take.
const REQUEST_MAX: Duration = Duration::from_secs(2);
/// The longest request.
const REQUEST_BYTES_MAX: usize = 8 << 10;
/// After so long without a sign of life the engine counts as stuck.
const STUCK: Duration = Duration::from_secs(15);

/// What is shown, and when it was last brought up to date.
#[derive(Debug)]
pub(super) struct Board {
    text: String,
    at: Instant,
}

/// The board, shared with who serves it.
pub(super) type Shared = Arc<Mutex<Board>>;

/// A board with nothing on it.
pub(super) fn board() -> Shared {
    Arc::new(Mutex::new(Board { text: String::new(), at: Instant::now() }))
}

/// Puts a text on the board.
pub(super) fn show(board: &Shared, text: String) {
    if let Ok(mut board) = board.lock() {
        *board = Board { text, at: Instant::now() };
    }
}

/// Says that the engine lives, though nothing is new.
pub(super) fn alive(board: &Shared) {
    if let Ok(mut board) = board.lock() {
        board.at = Instant::now();
    }
}

/// Binds the socket, and serves in a thread of its own. Returns where.
pub(super) fn serve(at: SocketAddr, board: &Shared) -> Result<SocketAddr> {
    let listener = TcpListener::bind(at).with_context(|| format!("metrics cannot be served at {at}"))?;
    let at = listener.local_addr()?;
    let board = Arc::clone(board);
    std::thread::Builder::new().name("metrics".to_owned()).spawn(move || {
        for stream in listener.incoming().flatten() {
            // What a client does wrong is its own loss.
            let _ = answer(stream, &board);
        }
    })?;
    Ok(at)
}

fn answer(mut stream: TcpStream, board: &Shared) -> io::Result<()> {
    stream.set_write_timeout(Some(REQUEST_MAX))?;
    let (status, text) = match path(&mut stream)?.as_deref() {
        Some("/metrics") => ("200 OK", board.lock().map(|board| board.text.clone()).unwrap_or_default()),
        Some("/healthz") if board.lock().is_ok_and(|board| board.at.elapsed() < STUCK) => ("200 OK", "alive\n".to_owned()),
        Some("/healthz") => ("503 Service Unavailable", "stuck\n".to_owned()),
        Some(_) => ("404 Not Found", "there are /metrics and /healthz\n".to_owned()),
        None => ("400 Bad Request", "only GET\n".to_owned()),
    };
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {}\r\n", text.len());
    stream.write_all(format!("{head}Connection: close\r\n\r\n{text}").as_bytes())
}

/// The path of a GET request.
fn path(stream: &mut TcpStream) -> io::Result<Option<String>> {
    let (until, mut request, mut piece) = (Instant::now() + REQUEST_MAX, Vec::new(), [0; 1_024]);
    while !request.windows(4).any(|end| end == b"\r\n\r\n") && !request.windows(2).any(|end| end == b"\n\n") {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || request.len() >= REQUEST_BYTES_MAX {
            return Ok(None);
        }
        stream.set_read_timeout(Some(left))?;
        let count = stream.read(&mut piece)?;
        if count == 0 {
            return Ok(None);
        }
        request.extend_from_slice(&piece[..count]);
    }
    let line = String::from_utf8_lossy(request.split(|byte| *byte == b'\n').next().unwrap_or_default()).into_owned();
    let mut words = line.split_whitespace();
    let path = if words.next() == Some("GET") { words.next() } else { None };
    Ok(path.map(|path| path.split('?').next().unwrap_or_default().to_owned()))
}

/// Numbers of one name, each with its labels.
#[derive(Debug)]
struct Family {
    doc: &'static str,
    counter: bool,
    samples: Vec<(String, u64)>,
}

/// Collects numbers and writes them in Prometheus' text format 0.0.4.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    families: BTreeMap<&'static str, Family>,
}

impl Numbers {
    /// A number that only grows.
    pub(super) fn counter(&mut self, name: &'static str, doc: &'static str, labels: &[(&str, &str)], value: u64) {
        self.add(name, doc, true, labels, value);
    }

    /// A number as it is now.
    pub(super) fn gauge(&mut self, name: &'static str, doc: &'static str, labels: &[(&str, &str)], value: u64) {
        self.add(name, doc, false, labels, value);
    }

    fn add(&mut self, name: &'static str, doc: &'static str, counter: bool, labels: &[(&str, &str)], value: u64) {
        let family = self.families.entry(name).or_insert(Family { doc, counter, samples: Vec::new() });
        let labels: Vec<_> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        family.samples.push((labels.join(","), value));
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for (name, family) in &self.families {
            let kind = if family.counter { "counter" } else { "gauge" };
            // Writing to a String cannot fail.
            let _ = writeln!(text, "# HELP hyakuyo_{name} {}\n# TYPE hyakuyo_{name} {kind}", family.doc);
            for (labels, value) in &family.samples {
                let labels = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
                let _ = writeln!(text, "hyakuyo_{name}{labels} {value}");
            }
        }
        text
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(at: SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(at).expect("a connection");
        stream.write_all(request.as_bytes()).expect("asked");
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer
    }

    #[test]
    fn two_pages_are_served_and_nothing_else() {
        let board = board();
        let mut numbers = Numbers::default();
        numbers.counter("records_total", "Records.", &[("source", "a\"b\n")], 7);
        numbers.gauge("senders", "Senders.", &[], 2);
        show(&board, numbers.text());
        let at = serve("127.0.0.1:0".parse().expect("an address"), &board).expect("served");
        let metrics = ask(at, "GET /metrics?x HTTP/1.1\r\nHost: a\r\n\r\n");
        assert!(metrics.starts_with("HTTP/1.1 200 OK\r\n"), "{metrics}");
        assert!(metrics.ends_with(
            "# HELP hyakuyo_records_total Records.\n# TYPE hyakuyo_records_total counter\nhyakuyo_records_total{source=\"a\\\"b\\n\"} 7\n\
             # HELP hyakuyo_senders Senders.\n# TYPE hyakuyo_senders gauge\nhyakuyo_senders 2\n"
        ), "{metrics}");
        assert!(ask(at, "GET /healthz HTTP/1.0\r\n\r\n").ends_with("alive\n"));
        assert!(ask(at, "GET / HTTP/1.0\r\n\r\n").starts_with("HTTP/1.1 404"));
        assert!(ask(at, "POST /metrics HTTP/1.0\r\n\r\n").starts_with("HTTP/1.1 400"));
        // One that says nothing holds up the next for a moment only.
        let silent = TcpStream::connect(at).expect("a connection");
        assert!(ask(at, "GET /healthz HTTP/1.0\r\n\r\n").ends_with("alive\n"));
        drop(silent);
    }
}
