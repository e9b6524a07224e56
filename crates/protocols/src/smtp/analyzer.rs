//! The state machine of a session. It guesses, as Zeek's does, from commands and replies alone where mails lie, and
//! bears clients that pipeline without being asked to.

use super::chunks::Chunks;
use super::codec::{self, Command};
use super::session::{Session, Telling};
use crate::mime::{Lines, Mail, Piece};
use contract::{Analyzer, Child, Chunk, Emit, Next, Side, Violation};
use model::Timestamp;
use std::collections::VecDeque;

/// A violation is only told of in a connection's first bytes; Zeek's `DPD::ignore_violations_after`.
const VIOLATION_BYTES_MAX: u64 = 10 * 1024;
/// So many commands may wait for replies; a client that sends more talks to nobody.
const PENDING_MAX: usize = 4096;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Commands,
    InData,
    InBdat,
    InAuth,
    AfterGap,
    Recovering,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Smtp {
    lines: [Lines; 2],
    session: Session,
    state: State,
    /// The oldest command without a reply, and those behind it.
    first: Option<Command>,
    pending: VecDeque<Command>,
    replied: Command,
    /// The code of a reply whose last line is still to come.
    continuing: Option<u16>,
    sender: Side,
    mail: Option<(Mail, Side)>,
    chunks: Option<Chunks>,
    tls: bool,
    bytes: u64,
    over: bool,
}

impl Smtp {
    pub(super) fn new(midstream: bool) -> Self {
        Self {
            lines: [Lines::default(), Lines::default()],
            session: Session::default(),
            state: State::Commands,
            first: Some(Command::Greeting),
            pending: VecDeque::new(),
            replied: Command::Unknown,
            continuing: None,
            sender: Side::Orig,
            mail: None,
            chunks: None,
            tls: false,
            bytes: 0,
            over: midstream,
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
                Piece::Line(line) => self.line(at, side, line, out)?,
                Piece::Held(line) => {
                    let result = self.line(at, side, &line, out);
                    self.lines[side.index()].recycle(line);
                    result?;
                }
                Piece::Plain(bytes) => self.bdat(at, side, bytes, out),
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

    fn line(&mut self, at: Timestamp, side: Side, mut line: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
        while let [head @ .., b'\r'] = line {
            line = head;
        }
        if side == self.sender {
            self.sent(at, side, line, out)
        } else {
            self.answered(at, side, line, out)?
        }
        Ok(())
    }

    fn sent(&mut self, at: Timestamp, side: Side, line: &[u8], out: &mut dyn Emit) {
        match self.state {
            State::AfterGap => {}
            State::InData if line == b"." => {
                self.asked(Command::EndOfData);
                self.end_mail(at, out);
                self.state = State::Commands;
                out.confirm("smtp");
                self.session.command(at, ".", b"", out);
            }
            State::InData => {
                if self.mail.is_none() {
                    self.begin_mail(at, side, State::InData, out);
                }
                let line = line.strip_prefix(b".").unwrap_or(line);
                self.deliver(at, line, true, out);
            }
            State::InAuth => {
                self.asked(Command::AuthAnswer);
                out.confirm("smtp");
                self.session.command(at, "***", line, out);
            }
            State::Commands | State::Recovering | State::InBdat => self.command(at, side, line, out),
        }
    }

    fn command(&mut self, at: Timestamp, side: Side, line: &[u8], out: &mut dyn Emit) {
        let Some((command, arg)) = codec::command(line) else {
            return;
        };
        self.asked(command);
        out.confirm("smtp");
        out.inspect("smtp.command", line);
        self.over |= self.session.command(at, command.name(), arg, out);
        if command == Command::Word("BDAT") {
            return self.chunk(at, side, arg, out);
        }
        if self.chunks.is_some() {
            out.weird("smtp_missing_bdat_last_chunk", "", "SMTP");
            self.end_mail(at, out);
        }
        match command.name() {
            "DATA" => self.begin_mail(at, side, State::InData, out),
            "AUTH" | "TURN" | "STARTTLS" | "X-ANONYMOUSTLS" | "VRFY" | "EXPN" | "HELP" | "NOOP" | "ETRN" | "ERROR" => {}
            _ => self.state = State::Commands,
        }
    }

    fn asked(&mut self, command: Command) {
        if self.first.is_none() {
            self.first = Some(command);
        } else if self.pending.len() < PENDING_MAX {
            self.pending.push_back(command);
        }
    }

    fn answered(&mut self, at: Timestamp, side: Side, line: &[u8], out: &mut dyn Emit) -> Result<(), Violation> {
        let Some(reply) = codec::reply(line) else {
            return if self.bytes > VIOLATION_BYTES_MAX { Ok(()) } else { Err(Violation::new("reply code -1 out of range")) };
        };
        if self.continuing.is_none_or(|code| code != reply.code) {
            self.new_reply(at, reply.code, side, out);
        }
        self.continuing = reply.continued.then_some(reply.code);
        self.session.reply(at, reply.code, self.replied.name(), reply.text, reply.continued, out);
        if self.tls {
            self.session.tls(at, out);
        }
        Ok(())
    }

    fn new_reply(&mut self, at: Timestamp, code: u16, side: Side, out: &mut dyn Emit) {
        if self.state == State::AfterGap {
            self.state = State::Recovering;
            out.confirm("smtp");
            self.session.command(at, "(UNKNOWN)", b"", out);
        }
        let command = self.first.take().unwrap_or(Command::Unknown);
        self.replied = command;
        self.first = self.pending.pop_front();
        match (command, code) {
            (Command::Word("DATA"), 354) => {}
            (Command::Word("DATA"), _) => {
                if self.state == State::InData {
                    self.end_mail(at, out);
                }
                self.state = State::Commands;
            }
            (Command::EndOfData, _) => self.state = State::Commands,
            (Command::Word("AUTH") | Command::AuthAnswer, 334) => self.state = State::InAuth,
            (Command::Word("AUTH") | Command::AuthAnswer, _) => self.state = State::Commands,
            (Command::Word("TURN"), 250) => self.sender = self.sender.other(),
            (Command::Word("STARTTLS" | "X-ANONYMOUSTLS"), 220) => self.tls = true,
            (Command::Unknown, 354) if self.state == State::Recovering => self.begin_mail(at, side.other(), State::InData, out),
            _ => {}
        }
    }

    fn telling<'a>(&'a mut self, at: Timestamp, side: Side, out: &'a mut dyn Emit) -> Telling<'a> {
        Telling { session: &mut self.session, at, side, out }
    }

    fn begin_mail(&mut self, at: Timestamp, side: Side, state: State, out: &mut dyn Emit) {
        self.state = state;
        if self.mail.is_some() {
            out.weird("smtp_nested_mail_transaction", "", "SMTP");
            self.finish_mail(at, out);
        }
        let mail = Mail::new(&mut self.telling(at, side, out));
        self.mail = Some((mail, side));
    }

    fn deliver(&mut self, at: Timestamp, line: &[u8], breaks: bool, out: &mut dyn Emit) {
        if let Some((mut mail, side)) = self.mail.take() {
            mail.deliver(line, breaks, &mut self.telling(at, side, out));
            self.mail = Some((mail, side));
        }
    }

    fn end_mail(&mut self, at: Timestamp, out: &mut dyn Emit) {
        if self.mail.is_none() {
            return out.weird("smtp_unmatched_end_of_data", "", "SMTP");
        }
        self.finish_mail(at, out);
    }

    fn finish_mail(&mut self, at: Timestamp, out: &mut dyn Emit) {
        if let Some(mut chunks) = self.chunks.take() {
            if chunks.expected() > 0 {
                out.weird("smtp_bdat_remaining_at_end_data", "", "SMTP");
            }
            if let Some(rest) = chunks.finish() {
                out.weird("smtp_bdat_undelivered_at_done", "", "SMTP_BDAT");
                self.deliver(at, &rest, false, out);
            }
        }
        if let Some((mut mail, side)) = self.mail.take() {
            mail.done(&mut self.telling(at, side, out));
        }
    }

    fn chunk(&mut self, at: Timestamp, side: Side, arg: &[u8], out: &mut dyn Emit) {
        let (size, last) = match codec::bdat(arg) {
            Ok((size, _)) if i64::try_from(size).is_err() => return out.weird("smtp_huge_bdat_chunk", &size.to_string(), "SMTP"),
            Ok(chunk) => chunk,
            Err(why) => return out.weird("smtp_invalid_bdat_command", why, "SMTP"),
        };
        self.lines[side.index()].set_plain(size);
        if self.chunks.is_none() {
            self.begin_mail(at, side, State::InBdat, out);
        }
        self.chunks.get_or_insert_default().next_chunk(size, last);
        self.state = State::InBdat;
        if size == 0 {
            self.bdat(at, side, b"", out);
        }
    }

    fn bdat(&mut self, at: Timestamp, side: Side, data: &[u8], out: &mut dyn Emit) {
        let Some(mut chunks) = self.chunks.take() else {
            return;
        };
        let over = chunks.feed(data, &mut |line, breaks, weird| {
            if let Some(weird) = weird {
                out.weird(weird, "", "SMTP_BDAT");
            }
            if let Some((mail, _)) = &mut self.mail {
                mail.deliver(line, breaks, &mut Telling { session: &mut self.session, at, side, out });
            }
        });
        self.chunks = Some(chunks);
        if over {
            self.finish_mail(at, out);
            self.state = State::Commands;
        }
    }

    fn gap(&mut self, at: Timestamp, side: Side, bytes: u64, out: &mut dyn Emit) {
        if matches!(self.state, State::InData | State::InBdat) {
            if self.mail.is_some() {
                self.session.gap(at, side, bytes, out);
            }
            self.end_mail(at, out);
        }
        self.lines[side.index()].set_plain(0);
        self.pending.clear();
        self.first = None;
        self.replied = Command::Unknown;
        self.state = State::AfterGap;
    }
}

impl Analyzer for Smtp {
    fn feed(&mut self, at: Timestamp, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        if self.over || out.flow().midstream {
            return Ok(if self.over { Next::Done } else { Next::Continue });
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
                self.gap(at, side, bytes, out);
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
        if self.mail.is_some() {
            self.finish_mail(at, out);
        }
        self.session.finish(at, out);
    }

    fn held_bytes(&self) -> usize {
        let lines: usize = self.lines.iter().map(Lines::held_bytes).sum();
        let mail = self.mail.as_ref().map_or(0, |(mail, _)| mail.held_bytes());
        lines
            + mail
            + self.session.held_bytes()
            + self.pending.capacity() * size_of::<Command>()
            + self.chunks.as_ref().map_or(0, Chunks::held_bytes)
    }
}
