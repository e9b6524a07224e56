//! The sections that say who is told, and what others may ask.

use super::code::Code;
use super::reader::{Reader, Section};
use super::{Notify, Sink, To, sections, values};
use crate::args::Language;
use crate::language;
use contract::Severity;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use toml::de::DeValue;

/// When a finding that goes on is told again.
const REPEAT: [Duration; 3] = [Duration::from_secs(3_600), Duration::from_secs(4 * 3_600), Duration::from_secs(86_400)];
/// Steps of that.
const REPEAT_MAX: usize = 10;
/// Single messages a minute: what a person takes in.
const PER_MINUTE: u64 = 20;
/// Mails a minute.
const MAILS_PER_MINUTE: u64 = 5;
/// Lines of a file cost nobody anything.
const LINES_PER_MINUTE: u64 = 6_000;
/// Syslog's facilities, by their numbers (RFC 5424, table 1).
const FACILITIES: [(&str, u8); 20] = [
    ("kern", 0),
    ("user", 1),
    ("mail", 2),
    ("daemon", 3),
    ("auth", 4),
    ("syslog", 5),
    ("lpr", 6),
    ("news", 7),
    ("uucp", 8),
    ("cron", 9),
    ("authpriv", 10),
    ("ftp", 11),
    ("local0", 16),
    ("local1", 17),
    ("local2", 18),
    ("local3", 19),
    ("local4", 20),
    ("local5", 21),
    ("local6", 22),
    ("local7", 23),
];

pub(super) fn notify(reader: &mut Reader<'_>, section: Option<Section<'_, '_>>, base: &Path) -> Notify {
    let Some(mut section) = section else { return silent() };
    let sensor = section.text(reader, "sensor").map_or_else(host_name, |name| name.value);
    let language = section.choice(reader, "language", &[("en", Language::En), ("ja", Language::Ja)]);
    let words = [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical].map(|one| (one.name(), one));
    let severity = section.choice(reader, "severity", &words).unwrap_or(Severity::Medium);
    let repeat = repeat(reader, &mut section);
    let mut sinks = Vec::new();
    if let Some(mut one) = section.table(reader, "terminal") {
        let per_minute = rate(reader, &mut one, PER_MINUTE);
        sinks.push(Sink { per_minute, to: To::Terminal });
        one.done(reader);
    }
    for mut one in section.tables(reader, "json", true) {
        let file = one.text(reader, "file");
        if file.is_none() {
            one.missing(reader, "file", "add file = \"/var/lib/hyakuyo/findings.json\"");
        }
        let per_minute = rate(reader, &mut one, LINES_PER_MINUTE);
        one.done(reader);
        sinks.extend(file.map(|file| Sink { per_minute, to: To::Json(sections::path(&file.value, base)) }));
    }
    for one in section.tables(reader, "syslog", true) {
        sinks.extend(syslog(reader, one));
    }
    for one in section.tables(reader, "webhook", true) {
        sinks.extend(webhook(reader, one));
    }
    for one in section.tables(reader, "mail", true) {
        sinks.extend(mail(reader, one));
    }
    section.done(reader);
    let language = language::chosen(language);
    Notify { sensor, language, severity, repeat, sinks }
}

/// Nobody is told: the folders alone.
fn silent() -> Notify {
    Notify { sensor: host_name(), language: language::chosen(None), severity: Severity::Medium, repeat: REPEAT.to_vec(), sinks: Vec::new() }
}

/// This machine's name.
fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "hyakuyo".to_owned() } else { name.to_owned() }
}

fn rate(reader: &mut Reader<'_>, section: &mut Section<'_, '_>, default: u64) -> u32 {
    section.count(reader, "per_minute", 1..=1_000_000).unwrap_or(default) as u32
}

fn repeat(reader: &mut Reader<'_>, section: &mut Section<'_, '_>) -> Vec<Duration> {
    let Some(texts) = section.texts(reader, "repeat") else { return REPEAT.to_vec() };
    let mut steps = Vec::new();
    for text in texts {
        if steps.len() >= REPEAT_MAX {
            let fix = format!("{REPEAT_MAX} are enough: the last holds for all that follow");
            reader.wrong(Code::OutOfRange, text.span, "too many steps", fix);
            break;
        }
        match values::duration(&text.value) {
            Ok(step) => steps.push(step),
            Err((what, fix)) => reader.wrong(Code::BadDuration, text.span, what, fix),
        }
    }
    steps
}

fn syslog(reader: &mut Reader<'_>, mut section: Section<'_, '_>) -> Option<Sink> {
    let to = section.read(reader, "to", Code::BadAddress, values::syslog_to);
    if to.is_none() && section.get("to").is_none() {
        section.missing(reader, "to", "add to = \"unix:///dev/log\"");
    }
    /// What is meant for those who watch security, and not for everybody's eyes.
    const AUTHPRIV: u8 = 10;
    let facility = section.choice(reader, "facility", &FACILITIES).unwrap_or(AUTHPRIV);
    let per_minute = rate(reader, &mut section, PER_MINUTE);
    section.done(reader);
    Some(Sink { per_minute, to: To::Syslog { to: to?.value, facility } })
}

fn webhook(reader: &mut Reader<'_>, mut section: Section<'_, '_>) -> Option<Sink> {
    let url = section.read(reader, "url", Code::BadUrl, values::url);
    if url.is_none() && section.get("url").is_none() {
        section.missing(reader, "url", "add url = \"https://alerts.example/hook\"");
    }
    let mut headers = Vec::new();
    if let Some(table) = section.table(reader, "headers") {
        for (name, value) in table.each() {
            let DeValue::String(text) = value.get_ref() else {
                reader.wrong(Code::WrongType, value.span(), "a header is text", "write it in quotation marks");
                continue;
            };
            let token = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
            if name.get_ref().chars().all(token) && text.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
                headers.push((name.get_ref().to_string(), text.to_string()));
            } else {
                reader.wrong(Code::NotOneOf, name.span(), "this can't be a header", "write Authorization = \"Bearer …\", in ASCII");
            }
        }
    }
    let per_minute = rate(reader, &mut section, PER_MINUTE);
    section.done(reader);
    Some(Sink { per_minute, to: To::Webhook { url: url?.value, headers } })
}

fn mail(reader: &mut Reader<'_>, mut section: Section<'_, '_>) -> Option<Sink> {
    let command = section.texts(reader, "command");
    let default = || ["/usr/sbin/sendmail", "-t", "-i"].map(str::to_owned).to_vec();
    let command = match command {
        None => default(),
        Some(words) => {
            match words.first() {
                Some(first) if !first.value.starts_with('/') => {
                    let fix = format!("write it as \"/usr/sbin/{}\", or where it is", first.value);
                    reader.wrong(Code::NotAbsolute, first.span.clone(), "a command is named by its path from the root", fix);
                }
                None if section
                    .get("command")
                    .is_some_and(|value| matches!(value.get_ref(), DeValue::Array(items) if items.is_empty())) =>
                {
                    section.missing(reader, "command", "write command = [\"/usr/sbin/sendmail\", \"-t\", \"-i\"]");
                }
                _ => {}
            }
            words.into_iter().map(|word| word.value).collect()
        }
    };
    let from = section.read(reader, "from", Code::BadMailbox, values::mailbox).map_or_else(|| "hyakuyo".to_owned(), |from| from.value);
    let mut to = Vec::new();
    match section.texts(reader, "to") {
        Some(texts) if !texts.is_empty() => {
            for text in texts {
                match values::mailbox(&text.value) {
                    Ok(mailbox) => to.push(mailbox),
                    Err((what, fix)) => reader.wrong(Code::BadMailbox, text.span, what, fix),
                }
            }
        }
        _ => section.missing(reader, "to", "add to = [\"security@example.org\"]"),
    }
    let per_minute = rate(reader, &mut section, MAILS_PER_MINUTE);
    section.done(reader);
    Some(Sink { per_minute, to: To::Mail { command, from, to } })
}

/// Where metrics may be asked for: on this machine alone, since they say what is watched and what is lost.
pub(super) fn metrics(reader: &mut Reader<'_>, mut section: Section<'_, '_>) -> Option<SocketAddr> {
    let listen = section.read(reader, "listen", Code::BadAddress, values::socket_address);
    if listen.is_none() && section.get("listen").is_none() {
        section.missing(reader, "listen", "add listen = \"127.0.0.1:9470\"");
    }
    section.done(reader);
    let listen = listen?;
    if !listen.value.ip().is_loopback() {
        let fix = format!("write \"127.0.0.1:{}\"; let a proxy with logins serve others", listen.value.port());
        reader.wrong(Code::NotLoopback, listen.span, "metrics are for this machine alone", fix);
        return None;
    }
    Some(listen.value)
}
