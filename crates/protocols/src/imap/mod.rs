//! IMAP (RFC 3501), as far as Zeek reads it: who speaks it, and where TLS begins. What follows the login is left unread.

use crate::mime::{Lines, Piece};
use contract::{Analyzer, Child, Chunk, Emit, FlowInfo, Heads, Next, Protocol, Side, Transport, Verdict, Violation};
use model::{Kind, Timestamp};

/// A violation is only told of in a connection's first bytes; Zeek's `DPD::ignore_violations_after`.
const VIOLATION_BYTES_MAX: u64 = 10 * 1024;
/// The longest tag that is remembered.
const TAG_BYTES_MAX: usize = 64;

/// The protocol.
pub struct Imap;

impl Protocol for Imap {
    fn name(&self) -> &'static str {
        "imap"
    }
    fn transports(&self) -> &'static [Transport] {
        &[Transport::Tcp]
    }
    fn ports(&self) -> &'static [(Transport, u16)] {
        &[(Transport::Tcp, 143)]
    }
    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }
    fn probe(&self, _heads: &Heads<'_>) -> Verdict {
        Verdict::No
    }
    fn open(&self, flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::new(Session { midstream: flow.midstream, ..Session::default() })
    }
}

#[derive(Debug, Default)]
struct Session {
    lines: [Lines; 2],
    /// The tag under which the client asked for TLS.
    starttls: Option<Vec<u8>>,
    tls: bool,
    /// The login is over: nothing more is read.
    over: bool,
    lost: [bool; 2],
    bytes: u64,
    midstream: bool,
}

/// Tag and command of a line.
fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let graphic = |text: &[u8]| text.iter().position(|c| !c.is_ascii_graphic()).unwrap_or(text.len());
    let (tag, rest) = line.split_at(graphic(line));
    let blanks = rest.iter().position(|&c| c != b' ').unwrap_or(rest.len());
    let command = &rest[blanks..];
    let command = &command[..graphic(command)];
    (!tag.is_empty() && blanks > 0 && !command.is_empty()).then_some((tag, command))
}

impl Session {
    fn line(&mut self, side: Side, line: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
        if line.is_empty() {
            return Ok(());
        }
        let Some((tag, command)) = split(line) else {
            return if self.bytes > VIOLATION_BYTES_MAX {
                Ok(())
            } else {
                Err(Violation::new("Binpac exception: binpac exception: string mismatch"))
            };
        };
        let is = |word: &[u8]| command.eq_ignore_ascii_case(word);
        let client = side.is_orig();
        if (!client && tag == b"*" && is(b"ok")) || (client && (command == b"capability" || is(b"starttls"))) {
            out.confirm("imap");
        }
        if [&b"authenticate"[..], b"login", b"examine", b"create", b"list", b"fetch"].contains(&command) {
            out.confirm("imap");
            self.over = true;
        } else if client && is(b"starttls") {
            if self.starttls.is_some() {
                out.weird("IMAP: client sent duplicate StartTLS", "", "");
            }
            self.starttls = Some(tag[..tag.len().min(TAG_BYTES_MAX)].to_vec());
        } else if !client && self.starttls.as_deref() == Some(tag) {
            if is(b"ok") {
                self.tls = true;
            } else {
                out.weird("IMAP: server refused StartTLS", "", "");
            }
        }
        Ok(())
    }
}

impl Analyzer for Session {
    fn feed(&mut self, _at: Timestamp, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        if self.over || self.midstream || self.lost[side.index()] {
            return Ok(if self.over { Next::Done } else { Next::Continue });
        }
        let data = match chunk {
            Chunk::Data(data) => data,
            Chunk::Gap(_) => {
                self.lost[side.index()] = true;
                return Ok(Next::Continue);
            }
            Chunk::End => return Ok(Next::Continue),
        };
        let mut rest = data;
        if self.tls {
            self.lines[side.index()].pass_lf(&mut rest);
            return Ok(Next::Become { child: Child::Named("ssl"), consumed: data.len() - rest.len() });
        }
        // Counted line by line and not by the chunk, so that the way a stream is cut decides nothing.
        let before = self.bytes;
        while let Some(piece) = self.lines[side.index()].next(&mut rest, out) {
            self.bytes = before + (data.len() - rest.len()) as u64;
            match piece {
                Piece::Line(line) | Piece::Plain(line) => self.line(side, line, out)?,
                Piece::Held(line) => {
                    let result = self.line(side, &line, out);
                    self.lines[side.index()].recycle(line);
                    result?;
                }
            }
            if self.tls && self.lines[side.index()].waits_for_lf(rest) {
                return Ok(Next::Continue);
            }
            if self.tls {
                return Ok(Next::Become { child: Child::Named("ssl"), consumed: data.len() - rest.len() });
            }
            if self.over {
                return Ok(Next::Done);
            }
        }
        self.bytes = before + data.len() as u64;
        Ok(Next::Continue)
    }

    fn close(&mut self, _at: Timestamp, _out: &mut dyn Emit) {}

    fn held_bytes(&self) -> usize {
        self.lines.iter().map(Lines::held_bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_a_tag_and_a_command() {
        assert_eq!(split(b"a1 LOGIN x y"), Some((&b"a1"[..], &b"LOGIN"[..])));
        assert_eq!(split(b"* OK ready"), Some((&b"*"[..], &b"OK"[..])));
        assert_eq!(split(b"lonely"), None);
        assert_eq!(split(b" x"), None);
    }
}
