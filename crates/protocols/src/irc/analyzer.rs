//! Reads an IRC session line by line.

use super::codec::{self, Malformed, Message, What};
use super::lines::{Line, Lines};
use super::log;
use contract::{Analyzer, Child, Chunk, Emit, Expectation, FileId, Next, Side, Transport, Violation};
use model::{Addr, Interval, Timestamp};

/// Longer lines are not read, in bytes (RFC 1459 section 2.3).
const MESSAGE_BYTES_MAX: usize = 512;
/// A longer word is no command, in bytes.
const COMMAND_BYTES_MAX: usize = 20;
/// With more words that are no commands, this is not IRC.
const INVALID_MAX: u32 = 20;
/// A file that was offered is waited for this long.
const DCC_WAIT: Interval = Interval::from_secs(5 * 60);
/// So many rows of `irc_session` a flow writes at most: years of a person's talk, hours of a flood.
const SESSION_ROWS_MAX: u32 = 1_000_000;

/// Replies that tell of the session: welcome, statistics, topics, and refusals of names and channels.
const TELLING: &[u16] =
    &[1, 2, 3, 4, 251, 252, 253, 254, 255, 265, 266, 332, 333, 353, 381, 432, 433, 436, 464, 465, 471, 473, 474, 475, 491];

/// The state of one session.
#[derive(Debug, Default)]
pub(super) struct IrcAnalyzer {
    lines: [Lines; 2],
    told_cr: bool,
    confirmed: bool,
    invalid: u32,
    rows: u32,
    session: Option<Session>,
}

/// What `irc.log` says of the session; a row shows all of it as it stands.
#[derive(Debug, Default)]
struct Session {
    at: Timestamp,
    nick: Option<Box<[u8]>>,
    user: Option<Box<[u8]>>,
    value: Option<Box<[u8]>>,
    addl: Option<Box<[u8]>>,
    file_name: Option<Box<[u8]>>,
    file_size: Option<u64>,
    file: Option<FileId>,
    /// Where the offered file is to be fetched, until that is written down.
    offered: Option<(Addr, u16)>,
}

impl Analyzer for IrcAnalyzer {
    fn feed(&mut self, at: Timestamp, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        self.follow_file(false, out);
        match chunk {
            Chunk::Data(data) => {
                let mut rest = data;
                loop {
                    let line = self.lines[side.index()].line(&mut rest);
                    if self.lines[side.index()].single_cr && !std::mem::replace(&mut self.told_cr, true) {
                        out.weird("line_terminated_with_single_CR", "", "CONTENTLINE");
                    }
                    let Some(line) = line else { break };
                    let line = match line {
                        Line::Whole(line) => line,
                        Line::TooLong(line) => {
                            out.weird("contentline_size_exceeded", "", "CONTENTLINE");
                            line
                        }
                    };
                    if self.line(at, side, &line, out)? {
                        return Ok(Next::Become { child: Child::Named("ssl"), consumed: data.len() - rest.len() });
                    }
                }
            }
            Chunk::End => {
                if let Some(line) = self.lines[side.index()].finish() {
                    self.line(at, side, &line, out)?;
                }
            }
            Chunk::Gap(_) => {}
        }
        Ok(Next::Continue)
    }

    fn close(&mut self, _at: Timestamp, out: &mut dyn Emit) {
        self.follow_file(true, out);
    }

    fn held_bytes(&self) -> usize {
        // Every text comes from one line.
        self.lines.iter().map(Lines::held_bytes).sum::<usize>() + if self.session.is_some() { 6 * MESSAGE_BYTES_MAX } else { 0 }
    }
}

impl IrcAnalyzer {
    /// Reads a line; true where TLS begins behind it.
    fn line(&mut self, at: Timestamp, side: Side, line: &[u8], out: &mut dyn Emit) -> Result<bool, Violation> {
        if line.len() > MESSAGE_BYTES_MAX {
            out.weird("irc_line_size_exceeded", "", "IRC");
            return Ok(false);
        }
        let message = codec::message(line);
        if side.is_orig() && !matches!(message, Err(Malformed::TooShort | Malformed::OnlyPrefix)) {
            out.confirm("irc");
            self.confirmed = true;
        }
        let message = match message {
            Ok(message) => message,
            Err(Malformed::TooShort) => {
                out.weird("irc_line_too_short", "", "IRC");
                return Ok(false);
            }
            Err(Malformed::OnlyPrefix) => {
                out.weird("irc_invalid_line", "", "IRC");
                return Ok(false);
            }
            Err(Malformed::NothingAfterPrefix) => {
                out.weird("irc_invalid_line", "", "IRC");
                return Err(Violation::new("line too short"));
            }
            Err(Malformed::ReplyNumber) => {
                out.weird("irc_invalid_reply_number", "", "IRC");
                return Err(Violation::new("invalid reply number"));
            }
        };
        match &message.what {
            What::Reply(670) => return Ok(true),
            What::Reply(number) => self.reply(at, side, *number, &message, out),
            What::Command(name) if name.len() > COMMAND_BYTES_MAX => return self.invalid_command(out),
            What::Command(name) => self.command(at, side, name, &message, out),
        }
        Ok(false)
    }

    fn invalid_command(&mut self, out: &mut dyn Emit) -> Result<bool, Violation> {
        out.weird("irc_invalid_command", "", "IRC");
        self.invalid += 1;
        if !self.confirmed {
            return Err(Violation::new("invalid command"));
        }
        if self.invalid > INVALID_MAX {
            out.weird("irc_too_many_invalid", "", "IRC");
            return Err(Violation::new("too many long lines"));
        }
        Ok(false)
    }

    fn reply(&mut self, at: Timestamp, side: Side, number: u16, message: &Message<'_>, out: &mut dyn Emit) {
        let words = codec::words(message.params);
        let wrong = match number {
            353 if words.len() < 3 => Some("irc_invalid_names_line"),
            311 if words.len() - usize::from(words.len() > 1) < 5 => Some("irc_invalid_whois_user_line"),
            313 if words.len() - usize::from(words.len() > 1) < 2 => Some("irc_invalid_whois_operator_line"),
            319 if words.len() < 3 => Some("irc_invalid_whois_channel_line"),
            332 if words.len() < 4 || !message.params.contains(&b':') => Some("irc_invalid_topic_reply"),
            352 if words.len() < 9 => Some("irc_invalid_who_line"),
            _ => None,
        };
        if let Some(wrong) = wrong {
            out.weird(wrong, "", "IRC");
        }
        if TELLING.contains(&number) {
            // The first word is the client's own name; where a channel is told of, it comes next.
            let channel = words.iter().find(|word| matches!(word.first(), Some(b'#' | b'&' | b'+' | b'!'))).copied();
            let text = message.params.windows(2).position(|pair| pair == b" :").map_or(message.params, |at| &message.params[at + 2..]);
            self.say(at, side, message, format!("{number:03}").as_bytes(), channel, None, text, out);
        }
    }

    fn command(&mut self, at: Timestamp, side: Side, name: &[u8], message: &Message<'_>, out: &mut dyn Emit) {
        let (params, words) = (message.params, codec::words(message.params));
        let wrong = match name {
            b"PRIVMSG" if codec::to_someone(params).is_none() => Some("irc_invalid_privmsg_message_format"),
            b"NOTICE" if codec::to_someone(params).is_none() => Some("irc_invalid_notice_message_format"),
            b"SQUERY" if codec::to_someone(params).is_none() => Some("irc_invalid_squery_message_format"),
            b"OPER" if words.len() != 2 => Some("irc_invalid_oper_message_format"),
            b"KICK" if words.len() <= 1 => Some("irc_invalid_kick_message_format"),
            b"JOIN" if codec::words(codec::last(params)).is_empty() => Some("irc_invalid_join_line"),
            b"NJOIN" if words.len() != 2 => Some("irc_invalid_njoin_line"),
            b"WHO" if words.len() > 2 => Some("irc_invalid_who_message_format"),
            b"WHOIS" if words.is_empty() || words.len() > 2 => Some("irc_invalid_whois_message_format"),
            b"INVITE" if words.len() != 2 => Some("irc_invalid_invite_message_format"),
            b"MODE" if params.is_empty() => Some("irc_invalid_mode_message_format"),
            _ => None,
        };
        if let Some(wrong) = wrong {
            out.weird(wrong, "", "IRC");
            return;
        }
        match name {
            b"NICK" => self.nick(at, side, codec::last(params), out),
            b"USER" => self.user(at, side, &words, out),
            b"JOIN" => return self.join(at, side, message, out),
            b"NJOIN" => self.touch(at),
            b"PRIVMSG" => self.offer(at, params, out),
            b"PING" | b"PONG" => return,
            _ => {}
        }
        let (target, key, text) = match name {
            b"PASS" => (None, Some(codec::last(params)), b"".as_slice()),
            b"OPER" => (words.first().copied(), words.get(1).copied(), b"".as_slice()),
            b"NICK" | b"QUIT" | b"ERROR" | b"USER" => (None, None, codec::last(params)),
            _ => codec::to_someone(params).map_or((None, None, codec::last(params)), |(target, text)| (Some(target), None, text)),
        };
        self.say(at, side, message, name, target, key, text, out);
    }

    fn nick(&mut self, at: Timestamp, side: Side, nick: &[u8], out: &mut dyn Emit) {
        let session = self.session(at);
        if side.is_orig() {
            session.value = Some(nick.into());
            session.write("NICK", None, out);
            session.nick = Some(nick.into());
        }
    }

    fn user(&mut self, at: Timestamp, side: Side, words: &[&[u8]], out: &mut dyn Emit) {
        let session = self.session(at);
        if !side.is_orig() {
            return;
        }
        let word = |at: usize| words.get(at).copied().unwrap_or_default();
        // Zeek joins the words of the real name so that the first two run into each other and a blank ends it.
        let mut name = word(3).to_vec();
        for word in words.iter().skip(4) {
            name.extend_from_slice(word);
            name.push(b' ');
        }
        session.value = Some(word(0).into());
        session.addl = Some([word(1), word(2), codec::last(&name)].join(&b' ').into());
        session.write("USER", None, out);
        session.user = Some(word(0).into());
    }

    fn join(&mut self, at: Timestamp, side: Side, message: &Message<'_>, out: &mut dyn Emit) {
        let words = codec::words(codec::last(message.params));
        let keys = words.get(1).map(|keys| codec::items(keys)).unwrap_or_default();
        self.session(at);
        for (place, channel) in words.first().map(|channels| codec::items(channels)).unwrap_or_default().into_iter().enumerate() {
            let key = keys.get(place).copied();
            if side.is_orig()
                && let Some(session) = &mut self.session
            {
                session.value = Some(channel.into());
                let with_key = |key: &[u8]| [b" with channel key: '", key, b"'"].concat();
                session.addl = Some(key.map(with_key).unwrap_or_default().into());
                session.write("JOIN", None, out);
            }
            self.say(at, side, message, b"JOIN", Some(channel), key, b"", out);
        }
    }

    /// Looks for the offer of a file in a message.
    fn offer(&mut self, at: Timestamp, params: &[u8], out: &mut dyn Emit) {
        let Some(offer) = codec::to_someone(params).and_then(|(_, text)| codec::dcc(text)) else { return };
        let Ok(offer) = offer else { return out.weird("irc_invalid_dcc_message_format", "", "IRC") };
        let port = match offer.port {
            Ok(port) => port,
            Err(number) => return out.weird("irc_invalid_dcc_port", &number.to_string(), "IRC"),
        };
        let session = self.session(at);
        if offer.what != b"SEND" {
            return;
        }
        session.file_name = Some(offer.argument.into());
        session.file_size = Some(offer.size);
        session.offered = Some((offer.host, port));
        out.expect(Expectation {
            orig: None,
            resp: (offer.host, port),
            transport: Transport::Tcp,
            protocol: "irc-dcc-data",
            until: at + DCC_WAIT,
            note: offer.argument.into(),
        });
    }

    /// Writes down that the offered file was fetched, once its type is known, or at the end.
    fn follow_file(&mut self, last: bool, out: &mut dyn Emit) {
        let Some(session) = &mut self.session else { return };
        let Some((file, mime)) = session.offered.and_then(|resp| out.fetched(resp)) else { return };
        session.file = Some(file);
        if mime.is_none() && !last {
            return;
        }
        session.write("DCC", mime, out);
        session.offered = None;
        session.file_name = None;
        session.file_size = None;
    }

    fn touch(&mut self, at: Timestamp) {
        self.session(at);
    }

    fn session(&mut self, at: Timestamp) -> &mut Session {
        let session = self.session.get_or_insert_default();
        session.at = at;
        session
    }

    #[expect(clippy::too_many_arguments, reason = "they are the row's columns")]
    fn say(
        &mut self,
        at: Timestamp,
        side: Side,
        message: &Message<'_>,
        command: &[u8],
        target: Option<&[u8]>,
        key: Option<&[u8]>,
        text: &[u8],
        out: &mut dyn Emit,
    ) {
        if self.rows >= SESSION_ROWS_MAX {
            return;
        }
        self.rows += 1;
        let some = |text: Option<&[u8]>| text.filter(|text| !text.is_empty()).map(Box::<[u8]>::from);
        let row = out.flow().event(&log::SESSION, at).with(log::IS_ORIG, side.is_orig()).with(log::SOURCE, some(Some(message.prefix)));
        let row = row.with(log::SESSION_COMMAND, command).with(log::TARGET, some(target));
        out.event(row.with(log::KEY, some(key)).with(log::TEXT, some(Some(text))));
    }
}

impl Session {
    fn write(&self, command: &'static str, mime: Option<&'static str>, out: &mut dyn Emit) {
        let row = out.flow().event(&log::KIND, self.at).with(log::NICK, self.nick.clone()).with(log::USER, self.user.clone());
        let row = row.with(log::COMMAND, command).with(log::VALUE, self.value.clone()).with(log::ADDL, self.addl.clone());
        let row = row.with(log::DCC_FILE_NAME, self.file_name.clone()).with(log::DCC_FILE_SIZE, self.file_size);
        out.event(row.with(log::DCC_MIME_TYPE, mime).with(log::FUID, self.file));
    }
}
