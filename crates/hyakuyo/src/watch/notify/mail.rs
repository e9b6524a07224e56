//! Findings by mail: a command such as `/usr/sbin/sendmail -t` takes a message on its standard input.
//!
//! Once the program has given up its rights it can run nothing. So a small process is begun before: this program again, which reads
//! messages from a pipe and runs the one command that it was begun with, whatever the messages say. It ends with the pipe. SMTP
//! to a relay would need no process, but TLS, logins and queues are what mail systems do better.

use super::channel::{Channel, Message};
use super::notice::Voice;
use anyhow::{Context as _, Result, bail};
use std::io::{self, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a command may take.
const COMMAND_MAX: Duration = Duration::from_secs(30);
/// The longest message.
const MESSAGE_BYTES_MAX: usize = 256 << 10;
/// The hidden word under which the program serves as the helper.
pub(crate) const SERVE: &str = "mail-helper";

/// The process that runs the command.
pub(crate) struct Helper {
    child: Child,
    messages: ChildStdin,
    answers: ChildStdout,
}

impl Helper {
    /// Begins it, as another user where one is given.
    pub(crate) fn begin(command: &[String], user: Option<(u32, u32)>) -> Result<Self> {
        let program = std::env::current_exe().context("this program's own path")?;
        let mut start = Command::new(program);
        start.arg(SERVE).arg("--").args(command).stdin(Stdio::piped()).stdout(Stdio::piped()).env_clear();
        // It is no part of what the terminal's interrupt ends: it ends with the pipe, behind the last message.
        start.process_group(0);
        if let Some((user, group)) = user {
            start.uid(user).gid(group);
        }
        let mut child = start.spawn().context("the process for mails cannot be begun")?;
        let (Some(messages), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            bail!("the process for mails has no pipes")
        };
        Ok(Self { child, messages, answers })
    }

    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        self.messages.write_all(&(message.len() as u32).to_le_bytes())?;
        self.messages.write_all(message)?;
        self.messages.flush()?;
        let mut answer = [0];
        self.answers.read_exact(&mut answer)?;
        if answer == [0] { Ok(()) } else { Err(io::Error::other("the mail command failed")) }
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        // Nobody waits for it: it ends when it sees the pipe closed.
        let _ = self.child.try_wait();
    }
}

/// Serves as the helper: reads messages, runs the command for each, answers whether it worked.
pub(crate) fn serve(command: &[String]) -> Result<()> {
    let (mut messages, mut answers) = (io::stdin().lock(), io::stdout().lock());
    loop {
        let mut length = [0; 4];
        if messages.read_exact(&mut length).is_err() {
            return Ok(());
        }
        let length = u32::from_le_bytes(length) as usize;
        if length > MESSAGE_BYTES_MAX {
            bail!("a message of {length} bytes");
        }
        let mut message = vec![0; length];
        messages.read_exact(&mut message)?;
        let worked = run(command, &message).unwrap_or(false);
        answers.write_all(&[u8::from(!worked)])?;
        answers.flush()?;
    }
}

fn run(command: &[String], message: &[u8]) -> io::Result<bool> {
    let Some((program, words)) = command.split_first() else { return Ok(false) };
    let mut child = Command::new(program).args(words).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let written = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(message));
    let until = Instant::now() + COMMAND_MAX;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.success() && written.is_ok());
        }
        if Instant::now() >= until {
            child.kill()?;
            child.wait()?;
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The way by mail.
pub(super) struct Mail {
    voice: Voice,
    from: String,
    to: Vec<String>,
    helper: Option<Helper>,
}

impl Mail {
    pub(super) fn new(voice: Voice, from: &str, to: &[String], helper: Option<Helper>) -> Self {
        Self { voice, from: from.to_owned(), to: to.to_owned(), helper }
    }
}

impl Channel for Mail {
    fn deliver(&mut self, message: &Message<'_>) -> io::Result<()> {
        let text = text(message, &self.voice, &self.from, &self.to);
        self.helper.as_mut().ok_or_else(|| io::Error::other("the process for mails is gone"))?.send(text.as_bytes())
    }
}

/// The message. Subject and sensor are one encoded word each (RFC 2047), so that nothing in them is another header; the body is base64 (RFC
/// 2045), so that nothing in it is a dot alone or a line too long.
fn text(message: &Message<'_>, voice: &Voice, from: &str, to: &[String]) -> String {
    let subject = format!("[{}] {}", voice.sensor, message.line(voice));
    let body = base64(message.body(voice).as_bytes());
    let lines: Vec<&str> = body.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap_or_default()).collect();
    format!(
        "From: {from}\nTo: {}\nSubject: {}\nAuto-Submitted: auto-generated\nMIME-Version: 1.0\n\
         Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n{}\n",
        to.join(", "),
        encoded_words(&subject),
        lines.join("\n")
    )
}

/// A header's text in words of at most 75 characters, each whole in itself.
fn encoded_words(text: &str) -> String {
    /// In base64 and with its frame that is 68 characters; a line may have 76 (RFC 2047, section 2).
    const WORD_BYTES_MAX: usize = 42;
    let (mut words, mut word) = (Vec::new(), String::new());
    for c in text.chars() {
        if word.len() + c.len_utf8() > WORD_BYTES_MAX {
            words.push(std::mem::take(&mut word));
        }
        word.push(c);
    }
    words.push(word);
    words.iter().map(|word| format!("=?utf-8?B?{}?=", base64(word.as_bytes()))).collect::<Vec<_>>().join("\n ")
}

fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let sign = SIGNS[(bits >> (18 - 6 * place) & 63) as usize];
            out.push(if place <= group.len() { char::from(sign) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::notify::notice::{Notice, Why};
    use crate::watch::notify::tests::{news, voice};
    use model::Timestamp;

    #[test]
    fn base64_is_as_in_the_rfc() {
        for (text, expected) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(text.as_bytes()), expected);
        }
    }

    #[test]
    fn nothing_of_the_traffic_is_a_header_or_ends_the_message() {
        let mut news = news("D1", "high", None);
        news.row.subject = "x\r\nBcc: evil@example.org\r\n\r\n.\r\n".to_owned();
        news.row.quotes = vec!["\n.\nMAIL FROM".to_owned()];
        let notice = Notice::new(1, Why::New, Timestamp::from_secs(7), &news, "logs");
        let text = text(&Message::Finding(&notice), &voice(), "hyakuyo", &["root".to_owned()]);
        let (head, body) = text.split_once("\n\n").expect("head and body");
        let names: Vec<_> =
            head.lines().filter(|line| !line.starts_with(' ')).filter_map(|line| line.split_once(':')).map(|(name, _)| name).collect();
        assert_eq!(names, ["From", "To", "Subject", "Auto-Submitted", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"]);
        assert!(head.is_ascii() && body.lines().all(|line| line.len() <= 76 && line != "."), "{text}");
        assert!(head.lines().all(|line| line.len() <= 90), "{head}");
    }

    #[test]
    fn a_command_that_fails_or_is_not_there_is_told() {
        assert!(run(&["/bin/cat".to_owned()], b"a message").expect("it runs"));
        assert!(!run(&["/bin/false".to_owned()], b"").expect("it runs"));
        assert!(run(&["/no/such".to_owned()], b"").is_err());
    }
}
