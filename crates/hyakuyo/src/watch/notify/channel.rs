//! How a message gets to a place.

use super::mail::{Helper, Mail};
use super::notice::{Digest, Notice, Voice};
use super::syslog::Syslog;
use super::webhook::Webhook;
use crate::terminal::{self, Style};
use crate::watch::config::To;
use model::Timestamp;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// What is told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Message<'m> {
    /// Of one finding.
    Finding(&'m Notice),
    /// Of several that were held back.
    Digest(&'m Digest),
}

impl Message<'_> {
    pub(super) fn line(&self, voice: &Voice) -> String {
        match self {
            Self::Finding(notice) => notice.line(voice),
            Self::Digest(digest) => digest.line(voice),
        }
    }

    pub(super) fn body(&self, voice: &Voice) -> String {
        match self {
            Self::Finding(notice) => notice.body(voice),
            Self::Digest(digest) => digest.body(voice),
        }
    }

    /// One line of JSON, all of whose controls are escaped.
    pub(super) fn json(&self, voice: &Voice) -> String {
        match self {
            Self::Finding(notice) => notice.json(voice),
            Self::Digest(digest) => digest.json(voice, now()),
        }
        .to_string()
    }
}

/// The time, for what is told.
pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

/// A way to a place.
pub(crate) trait Channel: Send {
    /// Delivers a message; may take some seconds, not more.
    ///
    /// # Errors
    /// Where it was not taken: it is then tried again.
    fn deliver(&mut self, message: &Message<'_>) -> io::Result<()>;
}

/// The way to a place.
pub(super) fn open(to: &To, voice: &Voice, helper: Option<Helper>) -> Box<dyn Channel> {
    let voice = voice.clone();
    match to {
        To::Terminal => Box::new(Terminal { voice, style: Style::stdout() }),
        To::Json(path) => Box::new(Json { voice, path: path.clone() }),
        To::Syslog { to, facility } => Box::new(Syslog::new(voice, to.clone(), *facility)),
        To::Webhook { url, headers } => Box::new(Webhook::new(voice, url, headers)),
        To::Mail { from, to, .. } => Box::new(Mail::new(voice, from, to, helper)),
    }
}

struct Terminal {
    voice: Voice,
    style: Style,
}

impl Channel for Terminal {
    fn deliver(&mut self, message: &Message<'_>) -> io::Result<()> {
        let line = message.line(&self.voice);
        let text = match message {
            Message::Finding(notice) => {
                let line = if notice.score.is_some() { self.style.alarm(&line) } else { self.style.bold(&line) };
                format!("{} {line}  {}\n", self.style.dim(&story::stamp(notice.at)), self.style.dim(&notice.row.id))
            }
            Message::Digest(_) => format!("{} {line}\n", self.style.dim(&story::stamp(now()))),
        };
        terminal::print(&text)
    }
}

/// A file, opened for every line, so that rotating it needs no word to us.
struct Json {
    voice: Voice,
    path: PathBuf,
}

impl Channel for Json {
    fn deliver(&mut self, message: &Message<'_>) -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).open(&self.path)?;
        file.write_all((message.json(&self.voice) + "\n").as_bytes())
    }
}
