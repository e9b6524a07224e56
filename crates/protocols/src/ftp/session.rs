//! What is known of an FTP session, and the rows that it writes.
//!
//! A command is written down when the next one comes, when its reply comes while others wait, or when the session ends.
//! Only commands about files and data connections are; a session with none of them still gets one row, its last command.

use super::pending::{Command, Pending};
use super::{codec, log, path};
use crate::software;
use contract::{Emit, Expectation, FileId, Transport};
use model::kinds::logon;
use model::{Addr, Interval, Timestamp, Value};
use std::collections::VecDeque;

/// The commands that are written down.
const LOGGED: &[&[u8]] = &[b"APPE", b"DELE", b"RETR", b"STOR", b"STOU", b"ACCT", b"PORT", b"PASV", b"EPRT", b"EPSV"];
/// The commands whose argument is a file or a directory.
const ABOUT_FILES: &[&[u8]] =
    &[b"APPE", b"CWD", b"DELE", b"MKD", b"RETR", b"RMD", b"RNFR", b"RNTO", b"STOR", b"STOU", b"REST", b"SIZE", b"MDTM"];
/// The users whose password is no secret.
const GUESTS: &[&[u8]] = &[b"anonymous", b"ftp", b"ftpuser", b"guest"];
/// What stands for a secret password.
const HIDDEN: &[u8] = b"<hidden>";

/// Longer names and passwords are cut, in bytes: they stand in every row of their session.
const NAME_BYTES_MAX: usize = 128;
/// Longer arguments and replies are cut, in bytes.
const TEXT_BYTES_MAX: usize = 4096;
/// A data connection is waited for this long.
const DATA_WAIT: Interval = Interval::from_secs(5 * 60);
/// So many data connections are watched for their file; clients open them one after the other.
const CHANNELS_MAX: usize = 16;

/// A data connection that was announced.
#[derive(Clone, Copy, Debug)]
struct Channel {
    passive: bool,
    orig: Addr,
    resp: (Addr, u16),
}

/// A data connection whose file has not been told completely.
#[derive(Debug)]
struct Watched {
    resp: (Addr, u16),
    told_id: bool,
}

/// A session.
#[derive(Debug)]
pub struct Session {
    user: Option<Vec<u8>>,
    password: Option<Vec<u8>>,
    dir: Vec<u8>,
    pending: Pending,
    /// The command that the last reply answered.
    answered: Option<u64>,
    reply: Option<(u16, Vec<u8>)>,
    file_size: Option<u64>,
    channel: Option<Channel>,
    watched: VecDeque<Watched>,
    written: bool,
}

impl Session {
    /// A session that begins now, waiting for the server's greeting.
    pub fn new(at: Timestamp) -> Self {
        let mut pending = Pending::default();
        pending.push(at, b"<init>", b"");
        Self {
            user: None,
            password: None,
            dir: b".".to_vec(),
            pending,
            answered: None,
            reply: None,
            file_size: None,
            channel: None,
            watched: VecDeque::new(),
            written: false,
        }
    }

    /// The client sent a command.
    pub fn request(&mut self, at: Timestamp, name: &[u8], arg: &[u8], out: &mut dyn Emit) {
        if let Some(done) = self.answered.filter(|_| self.reply.is_some()).and_then(|seq| self.pending.remove(seq)) {
            self.write(&done, out);
        }
        if !self.pending.push(at, name, arg) {
            out.weird("FTP_too_many_pending_commands", &self.pending.count().to_string(), "FTP");
        }
        match name {
            b"USER" => self.user = Some(cut(arg, NAME_BYTES_MAX, "FTP_user_too_long", out)),
            b"PASS" => self.password = Some(cut(arg, NAME_BYTES_MAX, "FTP_password_too_long", out)),
            b"CLNT" => software::emit(at, contract::Side::Orig, &software::Seen { kind: "FTP::CLIENT", banner: arg }, out),
            b"PORT" => {
                if let Some(resp) = codec::port(arg) {
                    self.expect(at, false, resp, out);
                }
            }
            b"EPRT" => {
                if let Some((host, port)) = codec::eprt(arg) {
                    self.expect(at, false, (host.unwrap_or(Addr::UNSPECIFIED_V6), port), out);
                }
            }
            _ => {}
        }
    }

    /// The server sent a line.
    pub fn reply(&mut self, at: Timestamp, reply: &codec::Reply<'_>, out: &mut dyn Emit) {
        if reply.more && reply.code == 0 && self.reply.is_some() && !looks_like_reply(reply.text) {
            return;
        }
        self.answered = self.pending.answered_by(reply.code, reply.text);
        self.reply = Some((reply.code, reply.text.to_vec()));
        if reply.more {
            return;
        }
        let name: Box<[u8]> =
            self.answered.and_then(|seq| self.pending.get_mut(seq)).map_or_else(Box::default, |command| command.name.clone());
        match (reply.code, &*name) {
            (230 | 530, b"PASS") => {
                let row = out.flow().event(&logon::KIND, at).with(logon::SERVICE, "ftp").with(logon::USER, self.user.as_deref());
                out.event(row.with(logon::SUCCESS, reply.code == 230));
            }
            (150, b"RETR") | (213, b"SIZE") => self.file_size = Some(codec::last_count(reply.text)),
            (227, b"PASV" | b"EPSV") => {
                if let Some(resp) = codec::pasv(reply.text) {
                    self.expect(at, true, resp, out);
                }
            }
            (229, b"PASV" | b"EPSV") => {
                if let Some((host, port)) = codec::epsv(reply.text) {
                    let host = host.unwrap_or(out.flow().resp.0);
                    self.expect(at, true, (host, port), out);
                }
            }
            _ => {}
        }
        self.walk(reply, &name);
        if self.pending.count() > 1
            && let Some(done) = self.answered.and_then(|seq| self.pending.remove(seq))
        {
            self.write(&done, out);
        }
    }

    /// The session is over.
    pub fn close(&mut self, out: &mut dyn Emit) {
        let mut last = None;
        while let Some(command) = self.pending.remove_oldest() {
            self.write(&command, out);
            last = Some(command);
        }
        if let Some(command) = last.filter(|_| !self.written) {
            self.row(&command, out);
        }
    }

    /// Bytes held on the heap.
    pub fn held_bytes(&self) -> usize {
        let texts = self.user.as_ref().map_or(0, Vec::capacity) + self.password.as_ref().map_or(0, Vec::capacity);
        let reply = self.reply.as_ref().map_or(0, |(_, text)| text.capacity());
        texts + reply + self.dir.capacity() + self.pending.held_bytes() + self.watched.capacity() * size_of::<Watched>()
    }

    /// Follows the client to another directory.
    fn walk(&mut self, reply: &codec::Reply<'_>, name: &[u8]) {
        let moves = matches!((name, reply.code), (b"CWD", 250) | (b"CDUP", 200 | 250) | (b"PWD" | b"XPWD", 257));
        let Some(command) = self.answered.filter(|_| moves).and_then(|seq| self.pending.get_mut(seq)).filter(|command| !command.moved)
        else {
            return;
        };
        command.moved = true;
        self.dir = match name {
            b"CWD" => path::join(&self.dir, &command.arg),
            // An absolute path, so that the session is at the root from here on, as Zeek has it.
            b"CDUP" => path::join(&self.dir, b"/.."),
            _ => path::named_in(reply.text).to_vec(),
        };
        self.dir.truncate(TEXT_BYTES_MAX);
    }

    /// Announces a data connection.
    fn expect(&mut self, at: Timestamp, passive: bool, resp: (Addr, u16), out: &mut dyn Emit) {
        let flow = out.flow();
        let orig = if passive { flow.orig.0 } else { flow.resp.0 };
        self.channel = Some(Channel { passive, orig, resp });
        self.watched.retain(|watched| watched.resp != resp);
        if self.watched.len() >= CHANNELS_MAX {
            self.watched.pop_front();
        }
        self.watched.push_back(Watched { resp, told_id: false });
        out.expect(Expectation {
            orig: Some(orig),
            resp,
            transport: Transport::Tcp,
            protocol: "ftp-data",
            until: at + DATA_WAIT,
            note: Box::default(),
        });
    }

    /// The file that began on a data connection since the last row, and its type.
    fn fetched(&mut self, out: &dyn Emit) -> (Option<FileId>, Option<&'static str>) {
        let (mut file, mut mime) = (None, None);
        self.watched.retain_mut(|watched| {
            let Some((id, content)) = out.fetched(watched.resp) else { return true };
            if !std::mem::replace(&mut watched.told_id, true) {
                file = Some(id);
            }
            mime = content.or(mime);
            content.is_none()
        });
        (file, mime)
    }

    /// Writes a command down, if it is one of those.
    fn write(&mut self, command: &Command, out: &mut dyn Emit) {
        if self.secret()
            && let Some(password) = &mut self.password
        {
            *password = HIDDEN.to_vec();
        }
        if LOGGED.contains(&&*command.name) {
            self.row(command, out);
            self.written = true;
        } else {
            self.fetched(out);
        }
        self.channel = None;
        self.file_size = None;
    }

    fn row(&mut self, command: &Command, out: &mut dyn Emit) {
        let mut arg = if ABOUT_FILES.contains(&&*command.name) {
            path::url(out.flow().resp.0, &self.dir, &command.arg)
        } else {
            command.arg.to_vec()
        };
        arg = cut(&arg, TEXT_BYTES_MAX, "FTP_arg_too_long", out);
        if *command.name == *b"PASS" && self.secret() {
            arg = HIDDEN.to_vec();
        }
        let (file, mime) = self.fetched(out);
        let mut row = out.flow().event(&log::KIND, command.at);
        row.set(log::USER, self.user.as_deref().unwrap_or(b"<unknown>"));
        row.set(log::PASSWORD, self.password.as_deref());
        row.set(log::COMMAND, &*command.name);
        row.set(log::ARG, Some(arg).filter(|arg| !arg.is_empty()));
        row.set(log::MIME_TYPE, mime);
        row.set(log::FILE_SIZE, self.file_size);
        if let Some((code, text)) = &mut self.reply {
            if text.len() > TEXT_BYTES_MAX {
                *text = cut(text, TEXT_BYTES_MAX, "FTP_reply_msg_too_long", out);
            }
            row.set(log::REPLY_CODE, *code);
            row.set(log::REPLY_MSG, text.as_slice());
        }
        if let Some(channel) = self.channel {
            row.set(log::PASSIVE, channel.passive);
            row.set(log::DATA_ORIG_H, channel.orig);
            row.set(log::DATA_RESP_H, channel.resp.0);
            row.set(log::DATA_RESP_P, Value::Port(channel.resp.1));
        }
        row.set(log::FUID, file);
        out.event(row);
    }

    /// Whether the password is not to be shown.
    fn secret(&self) -> bool {
        let user = self.user.as_deref().unwrap_or_default();
        !GUESTS.iter().any(|guest| guest.eq_ignore_ascii_case(user))
    }
}

/// Some servers never end a reply of several lines; a line inside it that looks like a reply of its own is taken as one.
fn looks_like_reply(text: &[u8]) -> bool {
    matches!(text, [b'1'..=b'9', b'0'..=b'9', b'0'..=b'9', b' ', rest @ ..] if rest.len() >= 10 && rest[..10].iter().all(|byte| (b' '..=b'~').contains(byte)))
}

fn cut(text: &[u8], most: usize, weird: &'static str, out: &mut dyn Emit) -> Vec<u8> {
    if text.len() > most {
        out.weird(weird, &text.len().to_string(), "FTP");
    }
    text[..text.len().min(most)].to_vec()
}
