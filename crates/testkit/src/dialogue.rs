//! Conversations written as text, so that a test of a protocol is a file and not code.
//!
//! ```text
//! # Comments begin with a hash.
//! tcp 49152 80
//! > GET / HTTP/1.1\r\nHost: example.com\r\n\r\n
//! < HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n
//! < abc
//! <gap 100
//! >end
//! ```
//! `>` is the originator and `<` the responder; each line is one piece of the stream, or one datagram. In the text, `\r`,
//! `\n`, `\t`, `\0`, `\\` and `\x41` are bytes; `>hex 0a 0b 0c` writes them in hexadecimal, spaces as you like. A line that
//! begins with `+` goes on with the piece before it (`+hex …` in hexadecimal).

use contract::{Chunk, FlowInfo, Next, Protocol, Recorded, Side, Transport, Violation};
use model::{Addr, Timestamp, Uid};
use std::fmt;
use std::path::Path;

/// A conversation of two sides over one flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialogue {
    /// What it is called in messages.
    pub name: String,
    /// What carries it.
    pub transport: Transport,
    /// The originator's port.
    pub orig_port: u16,
    /// The responder's port.
    pub resp_port: u16,
    /// What is said, in order.
    pub pieces: Vec<(Side, Piece)>,
}

/// One thing that a side does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// It says something.
    Data(Vec<u8>),
    /// It said so many bytes that were not heard.
    Gap(u64),
    /// It has finished.
    End,
}

impl Piece {
    /// As an analyzer gets it.
    pub fn chunk(&self) -> Chunk<'_> {
        match self {
            Self::Data(bytes) => Chunk::Data(bytes),
            Self::Gap(bytes) => Chunk::Gap(*bytes),
            Self::End => Chunk::End,
        }
    }
}

/// A line of a dialogue that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misunderstood {
    /// The dialogue's name.
    pub name: String,
    /// The line's number, from 1 on.
    pub line: usize,
    /// What is wrong with it.
    pub why: &'static str,
}

impl std::error::Error for Misunderstood {}

impl fmt::Display for Misunderstood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.name, self.line, self.why)
    }
}

impl Dialogue {
    /// A dialogue with nothing said yet.
    pub fn new(name: impl Into<String>, transport: Transport, orig_port: u16, resp_port: u16) -> Self {
        Self { name: name.into(), transport, orig_port, resp_port, pieces: Vec::new() }
    }

    /// Adds something said.
    #[must_use]
    pub fn say(mut self, side: Side, data: impl Into<Vec<u8>>) -> Self {
        self.pieces.push((side, Piece::Data(data.into())));
        self
    }

    /// From text.
    ///
    /// # Errors
    /// For the first line that is not as described above.
    pub fn parse(name: &str, text: &str) -> Result<Self, Misunderstood> {
        let mut dialogue: Option<Self> = None;
        for (number, line) in text.lines().enumerate() {
            let fail = |why| Misunderstood { name: name.to_owned(), line: number + 1, why };
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let Some(dialogue) = &mut dialogue else {
                dialogue = Some(header(name, line).ok_or_else(|| fail("should say `tcp`, `udp` or `icmp`, and two ports"))?);
                continue;
            };
            let (first, rest) = line.split_at_checked(1).ok_or_else(|| fail("should begin with > or < or +"))?;
            if first == "+" {
                let more = piece(rest).ok_or_else(|| fail("is no piece"))?;
                match (dialogue.pieces.last_mut(), more) {
                    (Some((_, Piece::Data(data))), Piece::Data(more)) => data.extend(more),
                    _ => return Err(fail("has no bytes to go on with")),
                }
                continue;
            }
            let side = match first {
                ">" => Side::Orig,
                "<" => Side::Resp,
                _ => return Err(fail("should begin with > or < or +")),
            };
            dialogue.pieces.push((side, piece(rest).ok_or_else(|| fail("is no piece"))?));
        }
        dialogue.ok_or_else(|| Misunderstood { name: name.to_owned(), line: 1, why: "says nothing" })
    }

    /// Every `*.txt` of a folder, in the order of their names; none where the folder is missing.
    ///
    /// # Errors
    /// For the first file that cannot be read or understood.
    pub fn load_folder(folder: &Path) -> Result<Vec<Self>, Box<dyn std::error::Error>> {
        let Ok(entries) = std::fs::read_dir(folder) else { return Ok(Vec::new()) };
        let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
        paths.sort();
        paths.iter().map(|path| Ok(Self::parse(&path.display().to_string(), &std::fs::read_to_string(path)?)?)).collect()
    }

    /// The flow that it runs over, from 10.0.0.1 to 192.0.2.1.
    pub fn flow(&self) -> FlowInfo {
        FlowInfo {
            uid: Uid::connection(&[self.name.as_bytes()]),
            orig: (Addr::v4([10, 0, 0, 1]), self.orig_port),
            resp: (Addr::v4([192, 0, 2, 1]), self.resp_port),
            transport: self.transport,
            start: Timestamp::from_secs(1_600_000_000),
            midstream: false,
            note: Box::default(),
        }
    }

    /// All that a side says, in one piece, as far as it was heard.
    pub fn said(&self, side: Side) -> Vec<u8> {
        let said = self.pieces.iter().filter(|(by, _)| *by == side);
        said.flat_map(|(_, piece)| if let Piece::Data(data) = piece { data.as_slice() } else { &[] }).copied().collect()
    }
}

/// A TCP connection from 10.0.0.1 to 10.0.0.2.
pub fn connection(resp_port: u16) -> FlowInfo {
    FlowInfo {
        uid: Uid::connection(&[b"test"]),
        orig: (Addr::v4([10, 0, 0, 1]), 40_000),
        resp: (Addr::v4([10, 0, 0, 2]), resp_port),
        transport: Transport::Tcp,
        start: Timestamp::from_secs(1),
        midstream: false,
        note: Box::default(),
    }
}

/// Plays turns over such a connection, a second apart and cut into pieces of `piece` bytes, until the analyzer wants no more; then
/// closes it. Returns what it said, and how it ended.
pub fn converse(protocol: &dyn Protocol, resp_port: u16, turns: &[(Side, Vec<u8>)], piece: usize) -> (Recorded, Result<Next, Violation>) {
    let mut out = Recorded::new(connection(resp_port));
    let mut analyzer = protocol.open(&out.flow);
    let mut end = Ok(Next::Continue);
    for (second, (side, bytes)) in (0..).zip(turns) {
        for part in bytes.chunks(piece) {
            if end == Ok(Next::Continue) {
                end = analyzer.feed(Timestamp::from_secs(second), *side, Chunk::Data(part), &mut out);
            }
        }
    }
    analyzer.close(Timestamp::from_secs(turns.len() as i64), &mut out);
    (out, end)
}

/// Lines as turns, with their ends; those that begin with `<` come from the responder.
pub fn lines(lines: &[&str]) -> Vec<(Side, Vec<u8>)> {
    let turn = |line: &&str| {
        let (side, text) = line.strip_prefix('<').map_or((Side::Orig, *line), |text| (Side::Resp, text));
        (side, format!("{text}\r\n").into_bytes())
    };
    lines.iter().map(turn).collect()
}

fn header(name: &str, line: &str) -> Option<Dialogue> {
    let mut words = line.split_whitespace();
    let transport = match words.next()? {
        "tcp" => Transport::Tcp,
        "udp" => Transport::Udp,
        "icmp" => Transport::Icmp,
        _ => return None,
    };
    let (orig, resp) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    words.next().is_none().then(|| Dialogue::new(name, transport, orig, resp))
}

fn piece(text: &str) -> Option<Piece> {
    if let Some(text) = text.strip_prefix(' ') {
        return unescape(text).map(Piece::Data);
    }
    if text.is_empty() {
        return Some(Piece::Data(Vec::new()));
    }
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    match word {
        "end" => Some(Piece::End),
        "gap" => rest.trim().parse().ok().map(Piece::Gap),
        "hex" => {
            let digits: Vec<u8> = rest.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
            if !digits.len().is_multiple_of(2) {
                return None;
            }
            digits.chunks(2).map(hex).collect::<Option<_>>().map(Piece::Data)
        }
        _ => None,
    }
}

fn hex(digits: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

fn unescape(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        let (escape, tail) = rest.split_first()?;
        rest = tail;
        bytes.push(match escape {
            b'r' => b'\r',
            b'n' => b'\n',
            b't' => b'\t',
            b'0' => 0,
            b'\\' => b'\\',
            b'x' => {
                let digits = rest.get(..2)?;
                rest = &rest[2..];
                hex(digits)?
            }
            _ => return None,
        });
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_pieces() {
        let text = "# a comment\ntcp 1024 25\n< 220 hi\\r\\n\n>hex 00 0A ff\n+ b\\x41\n>gap 7\n<end\n";
        let expected = Dialogue {
            name: "t".into(),
            transport: Transport::Tcp,
            orig_port: 1024,
            resp_port: 25,
            pieces: vec![
                (Side::Resp, Piece::Data(b"220 hi\r\n".to_vec())),
                (Side::Orig, Piece::Data(b"\0\n\xffbA".to_vec())),
                (Side::Orig, Piece::Gap(7)),
                (Side::Resp, Piece::End),
            ],
        };
        assert_eq!(Dialogue::parse("t", text), Ok(expected));
    }

    #[test]
    fn mistakes_are_told_by_line() {
        let line = |text| Dialogue::parse("t", text).expect_err("a mistake").line;
        assert_eq!(line("tcp 1\n"), 1);
        assert_eq!(line("tcp 1 2\n> ok\n? no\n"), 3);
        assert_eq!(line("tcp 1 2\n>hex 0\n"), 2);
        assert_eq!(line("tcp 1 2\n> \\q\n"), 2);
        assert_eq!(line("tcp 1 2\n+ more\n"), 2);
        assert_eq!(line("\n"), 1);
    }
}
