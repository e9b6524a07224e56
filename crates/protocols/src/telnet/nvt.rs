//! The network virtual terminal of RFC 854: lines of text with option negotiation in between.
//!
//! FTP's control connection speaks it as well (RFC 959 section 2.3). Lines end with LF, with or without a CR before it;
//! options and suboptions (RFC 855) are taken out of the text and handed over apart.

/// A line is cut here: the longest carry a TLS record in base 64 (RFC 2228), and a peer that never ends its line must not fill the memory.
const LINE_BYTES_MAX: usize = 64 * 1024;

/// A suboption is cut here; the longest in use (environments, X displays) stay below.
const SUBOPTION_BYTES_MAX: usize = 1024;

/// So many options are kept between two readings of [`Nvt::take_options`]; negotiations have some dozens.
const OPTIONS_MAX: usize = 256;

const SE: u8 = 240;
const SB: u8 = 250;
const WILL: u8 = 251;
const DONT: u8 = 254;
const IAC: u8 = 255;

/// An option that one side named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// `WILL` (251), `WONT`, `DO` or `DONT` (254), and the option's number.
    Negotiation {
        /// 251 to 254.
        verb: u8,
        /// The option.
        option: u8,
    },
    /// `SB … SE`: the option's number and what follows it.
    Sub(Vec<u8>),
}

/// What was odd about the bytes, as Zeek names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Oddities {
    /// `line_terminated_with_single_CR`.
    pub single_cr: bool,
    /// `NUL_in_line`.
    pub nul: bool,
    /// Whether the NUL came before the single CR.
    pub nul_first: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    Command,
    Verb(u8),
    Sub,
    SubCommand,
}

/// One direction of a network virtual terminal.
#[derive(Debug, Default)]
pub struct Nvt {
    /// A CR ends a line too, whatever follows it.
    cr_ends: bool,
    line: Vec<u8>,
    sub: Vec<u8>,
    state: State,
    last: u8,
    options: Vec<Heard>,
    oddities: Oddities,
}

impl Nvt {
    /// A terminal where CR ends a line, with LF, with NUL or alone (RFC 1123 section 3.3.1).
    pub fn with_cr() -> Self {
        Self { cr_ends: true, ..Self::default() }
    }

    /// Reads up to the end of a line; `data` is left behind it. Returns the line without its end, or `None` where the
    /// bytes ran out first.
    pub fn line(&mut self, data: &mut &[u8]) -> Option<Vec<u8>> {
        while let Some((byte, rest)) = data.split_first() {
            *data = rest;
            if self.byte(*byte) {
                return Some(std::mem::take(&mut self.line));
            }
        }
        None
    }

    /// What stands in the line that has not ended yet.
    pub fn pending(&self) -> &[u8] {
        &self.line
    }

    /// Ends the line that has not ended yet, if there is anything in it.
    pub fn finish(&mut self) -> Option<Vec<u8>> {
        self.last = b'\n';
        Some(std::mem::take(&mut self.line)).filter(|line| !line.is_empty())
    }

    /// The options named since the last call.
    pub fn take_options(&mut self) -> Vec<Heard> {
        std::mem::take(&mut self.options)
    }

    /// What was odd so far.
    pub const fn oddities(&self) -> Oddities {
        self.oddities
    }

    /// Bytes held on the heap.
    pub fn held_bytes(&self) -> usize {
        self.line.capacity() + self.sub.capacity() + self.options.capacity() * size_of::<Heard>()
    }

    /// Takes one byte; true where it ended a line.
    fn byte(&mut self, byte: u8) -> bool {
        match self.state {
            State::Text => return self.text(byte),
            State::Command => {
                self.state = match byte {
                    IAC => {
                        self.push(IAC);
                        State::Text
                    }
                    SB => State::Sub,
                    WILL..=DONT => State::Verb(byte),
                    _ => State::Text,
                };
                self.last = if byte == IAC { IAC } else { self.last };
            }
            State::Verb(verb) => {
                self.hear(Heard::Negotiation { verb, option: byte });
                self.state = State::Text;
            }
            State::Sub if byte == IAC => self.state = State::SubCommand,
            State::Sub => self.sub_byte(byte),
            State::SubCommand if byte == IAC => {
                self.sub_byte(IAC);
                self.state = State::Sub;
            }
            State::SubCommand => {
                let sub = std::mem::take(&mut self.sub);
                self.hear(Heard::Sub(sub));
                // Anything else than SE ends the suboption as well, and is a command of its own.
                self.state = State::Text;
                if byte != SE {
                    self.state = State::Command;
                    return self.byte(byte);
                }
            }
        }
        false
    }

    fn text(&mut self, byte: u8) -> bool {
        let after_cr = self.last == b'\r';
        match byte {
            IAC => {
                self.state = State::Command;
                return false;
            }
            b'\r' if self.cr_ends => {
                self.last = byte;
                return true;
            }
            b'\n' if self.cr_ends && after_cr => {
                self.last = byte;
                return false;
            }
            b'\n' => {
                if after_cr {
                    self.line.pop();
                }
                self.last = byte;
                return true;
            }
            0 if after_cr => {}
            0 => {
                self.oddities.nul_first |= !self.oddities.single_cr;
                self.oddities.nul = true;
            }
            _ => self.push(byte),
        }
        self.oddities.single_cr |= after_cr && byte != 0;
        self.last = byte;
        false
    }

    fn push(&mut self, byte: u8) {
        if self.line.len() < LINE_BYTES_MAX {
            self.line.push(byte);
        }
    }

    fn sub_byte(&mut self, byte: u8) {
        if self.sub.len() < SUBOPTION_BYTES_MAX {
            self.sub.push(byte);
        }
    }

    fn hear(&mut self, heard: Heard) {
        if self.options.len() < OPTIONS_MAX {
            self.options.push(heard);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8]) -> (Vec<String>, Vec<Heard>, Oddities) {
        let (mut nvt, mut rest, mut found) = (Nvt::default(), bytes, Vec::new());
        while let Some(line) = nvt.line(&mut rest) {
            found.push(String::from_utf8_lossy(&line).into_owned());
        }
        found.extend(nvt.finish().map(|line| String::from_utf8_lossy(&line).into_owned()));
        (found, nvt.take_options(), nvt.oddities())
    }

    #[test]
    fn lines_end_with_lf_and_a_cr_alone_stays() {
        let (found, _, odd) = lines(b"USER a\r\nPASS b\nA\rB\r\0C\n");
        assert_eq!(found, ["USER a", "PASS b", "A\rB\rC"]);
        assert_eq!(odd, Oddities { single_cr: true, nul: false, nul_first: false });
    }

    #[test]
    fn a_cr_may_end_a_line() {
        let (mut nvt, mut data, mut found) = (Nvt::with_cr(), b"a\r\0b\r\nc\rd\ne".as_slice(), Vec::new());
        while let Some(line) = nvt.line(&mut data) {
            found.push(line);
        }
        assert_eq!(found, [b"a", b"b", b"c", b"d"]);
        assert_eq!(nvt.pending(), b"e");
    }

    #[test]
    fn options_are_taken_out() {
        let (found, heard, _) =
            lines(&[b'a', 255, 251, 1, b'b', 255, 250, 24, 0, b'x', 255, 255, 255, 240, b'c', 255, 255, b'd', 255, 241, b'\n']);
        assert_eq!(found, [String::from_utf8_lossy(b"abc\xffd").into_owned()]);
        assert_eq!(heard, [Heard::Negotiation { verb: 251, option: 1 }, Heard::Sub(vec![24, 0, b'x', 255])]);
    }

    #[test]
    fn memory_is_bounded() {
        let mut nvt = Nvt::default();
        let mut bytes = vec![b'x'; 100_000];
        bytes.extend([255, 250].iter().chain(&[7; 100_000]));
        assert_eq!(nvt.line(&mut &bytes[..]), None);
        assert!(nvt.held_bytes() < 4 * LINE_BYTES_MAX);
    }
}
