//! Follows a Telnet session: prompts and answers.

use super::log;
use super::nvt::{Heard, Nvt};
use contract::{Analyzer, Chunk, Emit, Next, Side, Violation};
use model::{Timestamp, Value};

/// So many typed lines are kept: what a bot does first is what tells.
const TYPED_LINES_MAX: usize = 64;
/// A line is cut at this length, in bytes: droppers come as long shell commands.
const LINE_BYTES_MAX: usize = 512;
/// So many options of a side are kept; negotiations have some dozens.
const OPTIONS_MAX: usize = 64;

/// Words in a server's line that ask for a name.
const NAME_PROMPTS: &[&[u8]] = &[b"login:", b"username:", b"user name:", b"user:", b"login as:"];
/// Words that ask for a password.
const SECRET_PROMPTS: &[&[u8]] = &[b"password", b"passwd", b"passcode"];
/// Words that refuse a login.
const REFUSALS: &[&[u8]] = &[b"incorrect", b"invalid", b"failed", b"denied", b"bad password", b"failure"];

/// The state of one session.
#[derive(Debug)]
pub(super) struct TelnetAnalyzer {
    start: Option<Timestamp>,
    lines: [Nvt; 2],
    options: [Vec<String>; 2],
    terminal: Option<Box<[u8]>>,
    banner: Option<Box<[u8]>>,
    user: Option<Box<[u8]>>,
    logins: u64,
    login: Login,
    typed: Vec<Box<[u8]>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Login {
    /// None yet, or its result is not known.
    Open,
    /// A password was given; the server's answer tells.
    Answering,
    /// The server refused.
    Refused,
    /// The server let the client in.
    In,
}

impl Default for TelnetAnalyzer {
    fn default() -> Self {
        let lines = [Nvt::with_cr(), Nvt::with_cr()];
        Self {
            start: None,
            lines,
            options: [const { Vec::new() }; 2],
            terminal: None,
            banner: None,
            user: None,
            logins: 0,
            login: Login::Open,
            typed: Vec::new(),
        }
    }
}

impl TelnetAnalyzer {
    fn server_line(&mut self, line: &[u8]) {
        if line.trim_ascii().is_empty() {
            return;
        }
        if self.banner.is_none() {
            self.banner = Some(cut(line));
        }
        if self.login == Login::Answering {
            self.login = if has(line, REFUSALS) {
                Login::Refused
            } else if has(line, SECRET_PROMPTS) {
                // The prompt's own line has ended, no more.
                Login::Answering
            } else {
                Login::In
            };
        }
    }

    fn client_line(&mut self, line: &[u8], out: &mut dyn Emit) {
        let prompt = self.lines[Side::Resp.index()].pending();
        if has(prompt, SECRET_PROMPTS) {
            self.login = Login::Answering;
        } else if has(prompt, NAME_PROMPTS) {
            if self.login == Login::Answering {
                self.login = Login::Refused;
            }
            self.user = Some(cut(line)).filter(|user| !user.is_empty());
            self.logins += 1;
        } else {
            if self.login == Login::Answering && !prompt.is_empty() {
                // What the server shows now is a shell's prompt.
                self.login = Login::In;
            }
            out.inspect("telnet.line", line);
            if !line.is_empty() && self.typed.len() < TYPED_LINES_MAX {
                self.typed.push(cut(line));
            }
        }
    }

    fn negotiated(&mut self, side: Side, heard: Heard) {
        match heard {
            Heard::Negotiation { verb, option } => {
                let options = &mut self.options[side.index()];
                if options.len() < OPTIONS_MAX {
                    let verb = ["WILL", "WONT", "DO", "DONT"][usize::from(verb.saturating_sub(251)).min(3)];
                    options.push(option_name(option).map_or_else(|| format!("{verb} {option}"), |name| format!("{verb} {name}")));
                }
            }
            // RFC 1091: TERMINAL-TYPE IS name.
            Heard::Sub(bytes) => {
                if let [24, 0, name @ ..] = &bytes[..] {
                    self.terminal = Some(cut(name));
                }
            }
        }
    }
}

impl Analyzer for TelnetAnalyzer {
    fn feed(&mut self, at: Timestamp, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        self.start.get_or_insert(at);
        match chunk {
            Chunk::Data(data) => {
                let mut rest = data;
                while let Some(line) = self.lines[side.index()].line(&mut rest) {
                    match side {
                        Side::Orig => self.client_line(&line, out),
                        Side::Resp => self.server_line(&line),
                    }
                }
                for heard in self.lines[side.index()].take_options() {
                    self.negotiated(side, heard);
                }
            }
            Chunk::Gap(_) | Chunk::End => {}
        }
        Ok(Next::Continue)
    }

    fn close(&mut self, _at: Timestamp, out: &mut dyn Emit) {
        let Some(start) = self.start else { return };
        let success = match self.login {
            Login::In => Some(true),
            Login::Refused => Some(false),
            Login::Open | Login::Answering => None,
        };
        let row = out
            .flow()
            .event(&log::KIND, start)
            .with(log::USER, self.user.take())
            .with(log::LOGINS, self.logins)
            .with(log::SUCCESS, success);
        let row = row.with(log::TERMINAL, self.terminal.take()).with(log::BANNER, self.banner.take());
        let [orig, resp] = std::mem::take(&mut self.options);
        let row = row.with(log::ORIG_OPTIONS, Value::list_or_unset(orig)).with(log::RESP_OPTIONS, Value::list_or_unset(resp));
        out.event(row.with(log::TYPED, Value::list_or_unset(std::mem::take(&mut self.typed))));
    }

    fn held_bytes(&self) -> usize {
        let options = self.options.iter().flatten().map(|option| option.capacity() + size_of::<String>()).sum::<usize>();
        let typed = self.typed.iter().map(|line| line.len() + size_of::<Box<[u8]>>()).sum::<usize>();
        self.lines.iter().map(Nvt::held_bytes).sum::<usize>() + options + typed + 3 * LINE_BYTES_MAX
    }
}

fn cut(line: &[u8]) -> Box<[u8]> {
    let line = line.trim_ascii();
    line[..line.len().min(LINE_BYTES_MAX)].into()
}

/// Whether a line holds one of some words, in letters of any case.
fn has(line: &[u8], words: &[&[u8]]) -> bool {
    let line = &line[line.len().saturating_sub(LINE_BYTES_MAX)..];
    words.iter().any(|word| line.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word)))
}

/// The options in use (IANA's registry "Telnet Options").
fn option_name(option: u8) -> Option<&'static str> {
    Some(match option {
        0 => "BINARY",
        1 => "ECHO",
        3 => "SGA",
        5 => "STATUS",
        6 => "TIMING-MARK",
        23 => "SEND-LOCATION",
        24 => "TTYPE",
        25 => "EOR",
        31 => "NAWS",
        32 => "TSPEED",
        33 => "LFLOW",
        34 => "LINEMODE",
        35 => "XDISPLOC",
        36 => "OLD-ENVIRON",
        37 => "AUTHENTICATION",
        38 => "ENCRYPT",
        39 => "NEW-ENVIRON",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::{FlowInfo, Recorded, Transport};
    use model::{Addr, Uid};

    fn play(pieces: &[(Side, &[u8])]) -> model::Event {
        let ends = ((Addr::v4([10, 0, 0, 1]), 1025), (Addr::v4([10, 0, 0, 2]), 23));
        let flow = FlowInfo {
            uid: Uid::connection(&[b"t"]),
            orig: ends.0,
            resp: ends.1,
            transport: Transport::Tcp,
            start: Timestamp::default(),
            midstream: false,
            note: Box::default(),
        };
        let mut out = Recorded::new(flow);
        let mut analyzer = TelnetAnalyzer::default();
        for (side, bytes) in pieces {
            assert_eq!(analyzer.feed(Timestamp::default(), *side, Chunk::Data(bytes), &mut out), Ok(Next::Continue));
        }
        analyzer.close(Timestamp::default(), &mut out);
        out.events.remove(0)
    }

    #[test]
    fn a_bot_logs_in_and_its_password_is_not_kept() {
        let row = play(&[
            (Side::Resp, b"\xff\xfd\x18\xff\xfb\x01Welcome to router\r\n\r\nlogin: "),
            (Side::Orig, b"\xff\xfb\x18\xff\xfa\x18\x00xterm\xff\xf0root\r\n"),
            (Side::Resp, b"root\r\nPassword: "),
            (Side::Orig, b"xc3511\r\0"),
            (Side::Resp, b"\r\nBusyBox v1\r\n# "),
            (Side::Orig, b"/bin/busybox MIRAI\r\n"),
        ]);
        assert_eq!(row.get(log::USER).as_bytes(), Some(b"root".as_slice()));
        assert_eq!(row.get(log::SUCCESS), &Value::Bool(true));
        assert_eq!(row.get(log::TERMINAL).as_bytes(), Some(b"xterm".as_slice()));
        assert_eq!(row.get(log::BANNER).as_bytes(), Some(b"Welcome to router".as_slice()));
        assert_eq!(row.get(log::TYPED), &Value::list([b"/bin/busybox MIRAI".as_slice()]));
        assert_eq!(row.get(log::RESP_OPTIONS), &Value::list(["DO TTYPE".to_owned(), "WILL ECHO".to_owned()]));
    }

    #[test]
    fn a_refused_login() {
        let row = play(&[
            (Side::Resp, b"\xff\xfd\x18user: "),
            (Side::Orig, b"admin\r\n"),
            (Side::Resp, b"password: "),
            (Side::Orig, b"admin\r\n"),
            (Side::Resp, b"\r\nLogin incorrect\r\nuser: "),
            (Side::Orig, b"x\r\n"),
        ]);
        assert_eq!((row.get(log::SUCCESS), row.get(log::LOGINS).as_count()), (&Value::Bool(false), Some(2)));
        assert_eq!(row.get(log::TYPED), &Value::Unset);
    }
}
