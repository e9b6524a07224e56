//! The state machine of a session, as Zeek's `POP3.cc` runs it: commands may be pipelined, a server that knows its client
//! already is believed, and a mail is what follows `+OK` to RETR or TOP.

use crate::mime::{Header, Lines, Mail, MailEvents, Piece};
use contract::{Analyzer, Child, Chunk, Emit, FileAbout, FileId, Next, Side, Violation};
use model::Timestamp;
use model::kinds::logon;
use std::collections::VecDeque;

/// A violation is only told of in a connection's first bytes; Zeek's `DPD::ignore_violations_after`.
const VIOLATION_BYTES_MAX: u64 = 10 * 1024;
/// So many commands may wait, and so much is kept of each.
const PENDING_MAX: usize = 1024;
/// The longest command is some dozen bytes.
const COMMAND_BYTES_MAX: usize = 128;
/// So many unknown commands end the analysis; Zeek's `POP3::max_unknown_client_commands`.
const UNKNOWN_MAX: u32 = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Master {
    Start,
    Authorization,
    Transaction,
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Ok,
    Err,
    User,
    Pass,
    Apop,
    Auth,
    Stat,
    List,
    Retr,
    Dele,
    Rset,
    Noop,
    Last,
    Quit,
    Top,
    Capa,
    Uidl,
    Stls,
    Xsender,
}

const WORDS: &[(&[u8], Word)] = &[
    (b"OK", Word::Ok),
    (b"ERR", Word::Err),
    (b"USER", Word::User),
    (b"PASS", Word::Pass),
    (b"APOP", Word::Apop),
    (b"AUTH", Word::Auth),
    (b"STAT", Word::Stat),
    (b"LIST", Word::List),
    (b"RETR", Word::Retr),
    (b"DELE", Word::Dele),
    (b"RSET", Word::Rset),
    (b"NOOP", Word::Noop),
    (b"LAST", Word::Last),
    (b"QUIT", Word::Quit),
    (b"TOP", Word::Top),
    (b"CAPA", Word::Capa),
    (b"UIDL", Word::Uidl),
    (b"STLS", Word::Stls),
    (b"XSENDER", Word::Xsender),
];

/// The first word of a line, and whether anything follows it.
fn split(line: &[u8]) -> (&[u8], bool) {
    let line = line.trim_ascii();
    let end = line.iter().position(|&c| c == b' ').unwrap_or(line.len());
    (&line[..end], end < line.len())
}

fn word(token: &[u8]) -> Option<Word> {
    let token = match token {
        [b'+' | b'-', rest @ ..] => rest,
        token => token,
    };
    WORDS.iter().find(|(name, _)| token.eq_ignore_ascii_case(name)).map(|(_, word)| *word)
}

/// One connection.
#[derive(Debug)]
pub(super) struct Pop3 {
    lines: [Lines; 2],
    master: Master,
    /// The command that the next reply answers.
    state: Option<Word>,
    /// A command that is only allowed after a login that was not seen.
    guess: Option<Word>,
    waits_for_auth: bool,
    wants_lines: bool,
    in_lines: bool,
    pending: VecDeque<Box<[u8]>>,
    mail: Option<Mail>,
    files: Files,
    unknown: u32,
    tls: bool,
    bytes: u64,
    midstream: bool,
    over: bool,
}

/// The file of the entity at hand.
#[derive(Debug, Default)]
struct Files {
    count: u64,
    open: Option<FileId>,
}

struct Telling<'a> {
    files: &'a mut Files,
    at: Timestamp,
    out: &'a mut dyn Emit,
}

impl MailEvents for Telling<'_> {
    fn begin(&mut self) {
        self.files.open = None;
    }
    fn header(&mut self, _header: &Header<'_>) {}
    fn data(&mut self, data: &[u8]) {
        if data.is_empty() {
            return;
        }
        let id = self.files.open.unwrap_or_else(|| {
            self.files.count += 1;
            let id = self.out.file_open(&FileAbout {
                at: self.at,
                source: "POP3",
                side: Side::Resp,
                key: &self.files.count.to_le_bytes(),
                shared: false,
                depth: 0,
                name: None,
                declared_mime: None,
                total_bytes: None,
                parent: None,
            });
            self.files.open = Some(id);
            id
        });
        self.out.file_data(self.at, id, data);
    }
    fn end(&mut self) {
        if let Some(id) = self.files.open.take() {
            self.out.file_end(self.at, id);
        }
    }
    fn too_deep(&mut self, depth: usize) {
        self.out.weird("exceeded_mime_max_depth", &depth.to_string(), "POP3");
    }
}

impl Pop3 {
    pub(super) fn new(midstream: bool) -> Self {
        Self {
            lines: [Lines::default(), Lines::default()],
            master: Master::Start,
            state: None,
            guess: None,
            waits_for_auth: false,
            wants_lines: false,
            in_lines: false,
            pending: VecDeque::new(),
            mail: None,
            files: Files::default(),
            unknown: 0,
            tls: false,
            bytes: 0,
            midstream,
            over: false,
        }
    }

    fn line(&mut self, at: Timestamp, side: Side, line: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
        if side.is_orig() {
            self.request(line, out);
            return Ok(());
        }
        self.reply(at, line, out)
    }

    fn request(&mut self, line: &[u8], out: &mut dyn Emit) {
        if line.is_empty() || self.waits_for_auth {
            return;
        }
        if self.pending.len() < PENDING_MAX {
            self.pending.push_back(line[..line.len().min(COMMAND_BYTES_MAX)].into());
        }
        if self.pending.len() == 1 {
            self.command(out);
        }
    }

    /// Runs the oldest command that waits.
    fn command(&mut self, out: &mut dyn Emit) {
        let Some(line) = self.pending.front().cloned() else {
            return;
        };
        let (token, has_arg) = split(&line);
        let Some(word) = word(token) else {
            out.weird("pop3_client_command_unknown", &String::from_utf8_lossy(token), "POP3");
            self.unknown += 1;
            if self.unknown > UNKNOWN_MAX {
                out.weird("pop3_client_too_many_bad_commands", "", "POP3");
                self.over = true;
            }
            return;
        };
        let authorizing = self.master == Master::Authorization;
        match word {
            Word::Ok | Word::Err => out.weird("pop3_client_sending_server_commands", "", "POP3"),
            Word::User | Word::Apop if authorizing => self.state = Some(word),
            Word::Pass if authorizing && self.state == Some(Word::User) => self.state = Some(word),
            Word::Auth if authorizing => {
                self.state = Some(word);
                self.wants_lines |= !has_arg;
                self.waits_for_auth = has_arg;
            }
            Word::User | Word::Apop | Word::Pass | Word::Auth => {}
            Word::Capa => {
                self.state = Some(word);
                self.wants_lines = true;
            }
            Word::Stls => self.state = Some(word),
            Word::Quit if self.master != Master::Over => self.state = Some(word),
            _ => {
                self.wants_lines |= matches!(word, Word::Retr | Word::Top) || (!has_arg && matches!(word, Word::List | Word::Uidl));
                if self.master == Master::Transaction { self.state = Some(word) } else { self.guess = Some(word) }
            }
        }
    }

    fn next_command(&mut self, out: &mut dyn Emit) {
        if self.pending.pop_front().is_some() {
            self.command(out);
        }
    }

    fn reply(&mut self, at: Timestamp, line: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
        if self.in_lines {
            if line == b"." {
                self.wants_lines = false;
                self.in_lines = false;
                self.end_mail(at, out);
                self.next_command(out);
            } else if matches!(self.state, Some(Word::Retr | Word::Top)) {
                self.deliver(at, line, out);
            }
            return Ok(());
        }
        let (token, _) = split(line);
        match word(token) {
            Some(Word::Ok) => self.ok(at, line, out),
            Some(Word::Err) => self.err(at, out),
            Some(_) => out.weird("pop3_server_sending_client_commands", "", "POP3"),
            None if self.waits_for_auth => {}
            None => {
                let shown = if token.is_empty() { "???".into() } else { String::from_utf8_lossy(token) };
                out.weird("pop3_server_command_unknown", if token.is_empty() { "" } else { &shown }, "POP3");
                if self.bytes <= VIOLATION_BYTES_MAX {
                    return Err(Violation { reason: format!("unknown server command ({shown})").into() });
                }
            }
        }
        Ok(())
    }

    /// What an answer says to somebody who gave a password.
    fn logon(&self, at: Timestamp, success: bool, out: &mut dyn Emit) {
        if matches!(self.state, Some(Word::Pass | Word::Apop)) {
            let row = out.flow().event(&logon::KIND, at).with(logon::SERVICE, "pop3");
            out.event(row.with(logon::SUCCESS, success));
        }
    }

    fn ok(&mut self, at: Timestamp, line: &[u8], out: &mut dyn Emit) {
        self.logon(at, true, out);
        if let Some(word) = self.guess.take() {
            self.master = Master::Transaction;
            self.state = Some(word);
        }
        match self.state {
            None => self.master = Master::Authorization,
            Some(Word::User) => {
                self.master = Master::Authorization;
                out.confirm("pop3");
            }
            Some(Word::Auth) => {
                self.in_lines |= self.wants_lines;
                if std::mem::take(&mut self.waits_for_auth) {
                    self.master = Master::Transaction;
                }
            }
            Some(Word::Retr | Word::Top) => {
                if self.mail.is_none() {
                    self.mail = Some(Mail::new(&mut Telling { files: &mut self.files, at, out }));
                }
                self.deliver(at, line, out);
                self.in_lines |= self.wants_lines;
            }
            Some(Word::Capa) => {
                out.confirm("pop3");
                self.in_lines |= self.wants_lines;
            }
            Some(Word::Uidl | Word::List) => self.in_lines |= self.wants_lines,
            Some(Word::Stls) => {
                out.confirm("pop3");
                self.tls = true;
                return;
            }
            Some(Word::Quit) => self.master = Master::Over,
            Some(_) => self.master = Master::Transaction,
        }
        if !self.in_lines {
            self.next_command(out);
        }
    }

    fn err(&mut self, at: Timestamp, out: &mut dyn Emit) {
        self.logon(at, false, out);
        self.wants_lines = false;
        self.guess = None;
        self.waits_for_auth = false;
        match self.state {
            Some(Word::User | Word::Pass | Word::Apop | Word::Auth) => {
                self.master = Master::Authorization;
                self.state = None;
            }
            Some(Word::Quit) => self.master = Master::Over,
            None | Some(Word::Capa | Word::Stls) => {}
            Some(_) => self.master = Master::Transaction,
        }
        self.next_command(out);
    }

    fn deliver(&mut self, at: Timestamp, line: &[u8], out: &mut dyn Emit) {
        if let Some(mail) = &mut self.mail {
            mail.deliver(line, true, &mut Telling { files: &mut self.files, at, out });
        }
    }

    fn end_mail(&mut self, at: Timestamp, out: &mut dyn Emit) {
        if let Some(mut mail) = self.mail.take() {
            mail.done(&mut Telling { files: &mut self.files, at, out });
        }
    }

    fn data(&mut self, at: Timestamp, side: Side, data: &[u8], out: &mut dyn Emit) -> Result<Next, Violation> {
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
                Piece::Line(line) | Piece::Plain(line) => self.line(at, side, line, out)?,
                Piece::Held(line) => {
                    let result = self.line(at, side, &line, out);
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
        Ok(Next::Continue)
    }
}

impl Analyzer for Pop3 {
    fn feed(&mut self, at: Timestamp, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        if self.over {
            return Ok(Next::Done);
        }
        if self.midstream || out.flow().midstream {
            return Ok(Next::Continue);
        }
        match chunk {
            Chunk::Data(data) => {
                let before = self.bytes;
                let next = self.data(at, side, data, out);
                self.bytes = before + data.len() as u64;
                next
            }
            Chunk::Gap(bytes) => {
                self.bytes += bytes;
                if let Some(id) = self.files.open.filter(|_| side == Side::Resp) {
                    out.file_gap(at, id, bytes);
                }
                Ok(Next::Continue)
            }
            Chunk::End => {
                if let Some(line) = self.lines[side.index()].finish() {
                    self.line(at, side, &line, out)?;
                }
                Ok(Next::Continue)
            }
        }
    }

    fn close(&mut self, at: Timestamp, out: &mut dyn Emit) {
        self.end_mail(at, out);
    }

    fn held_bytes(&self) -> usize {
        let lines: usize = self.lines.iter().map(Lines::held_bytes).sum();
        let pending: usize = self.pending.iter().map(|line| line.len() + 16).sum();
        lines + pending + self.mail.as_ref().map_or(0, Mail::held_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::{FlowInfo, Recorded, Transport};
    use model::{Addr, Uid};

    fn play(talk: &[(Side, Chunk<'_>)], split: usize) -> (Recorded, Result<Next, Violation>) {
        let end = (Addr::v4([203, 0, 114, 1]), 110);
        let mut out = Recorded::new(FlowInfo {
            uid: Uid::connection(&[b"test"]),
            orig: end,
            resp: end,
            transport: Transport::Tcp,
            start: Timestamp::default(),
            midstream: false,
            note: Box::default(),
        });
        let (mut pop3, mut last) = (Pop3::new(false), Ok(Next::Continue));
        'talk: for (side, chunk) in talk {
            let pieces: Vec<Chunk<'_>> = match chunk {
                Chunk::Data(data) => data.chunks(split).map(Chunk::Data).collect(),
                other => vec![*other],
            };
            for piece in pieces {
                last = pop3.feed(Timestamp::default(), *side, piece, &mut out);
                if last != Ok(Next::Continue) {
                    break 'talk;
                }
            }
        }
        pop3.close(Timestamp::default(), &mut out);
        (out, last)
    }

    const HELLO: [(Side, Chunk<'_>); 3] = [
        (Side::Resp, Chunk::Data(b"+OK hi\r\n")),
        (Side::Orig, Chunk::Data(b"USER a\r\nPASS b\r\nRETR 1\r\nQUIT\r\n")),
        (Side::Resp, Chunk::Data(b"+OK\r\n+OK\r\n+OK 9 octets\r\n")),
    ];

    #[test]
    fn a_fetched_mail_is_a_file() {
        let rest = [(Side::Resp, Chunk::Data(b"Subject: a\r\n\r\nbody\r\n.\r\n+OK bye\r\n"))];
        let talk: Vec<_> = HELLO.into_iter().chain(rest).collect();
        for split in [1, 4096] {
            let (out, _) = play(&talk, split);
            assert_eq!((out.services.as_slice(), out.weirds.len()), (&["pop3"][..], 0));
            assert_eq!((out.files[0].data.as_slice(), out.files[0].ended), (&b"body\r\n"[..], true));
        }
    }

    #[test]
    fn what_a_server_cannot_say_ends_the_analysis() {
        let (out, last) = play(&[(Side::Resp, Chunk::Data(b"HTTP/1.1 200 OK\r\n"))], 4096);
        assert_eq!(last.unwrap_err().reason, "unknown server command (HTTP/1.1)");
        assert_eq!(out.weirds, [("pop3_server_command_unknown", "HTTP/1.1".to_owned())]);
    }

    #[test]
    fn a_gap_in_a_mail_is_counted() {
        let rest =
            [(Side::Resp, Chunk::Data(b"\r\n\r\nbody\r\n")), (Side::Resp, Chunk::Gap(7)), (Side::Resp, Chunk::Data(b"end\r\n.\r\n"))];
        let talk: Vec<_> = HELLO.into_iter().chain(rest).collect();
        let (out, _) = play(&talk, 4096);
        assert_eq!((out.files[0].missing, out.files[0].data.ends_with(b"end\r\n")), (7, true));
    }

    #[test]
    fn tls_takes_over() {
        let talk =
            [(Side::Resp, Chunk::Data(b"+OK\r\n")), (Side::Orig, Chunk::Data(b"STLS\r\n")), (Side::Resp, Chunk::Data(b"+OK go\r\n\x16"))];
        assert_eq!(play(&talk, 4096).1, Ok(Next::Become { child: Child::Named("ssl"), consumed: 8 }));
    }
}
