//! The envelope of a record: what syslog puts before what a program says.
//!
//! RFC 3164 (`<189>Oct 26 09:42:48 host prog[7]: text`, with or without the priority), RFC 5424 (`<165>1 2026-… host app pid id
//! [data] text`), and what relays make of both: a second time or a host's address before the text. A record without any of
//! it is all text.

use crate::clocks::Clocks;
use crate::{Skew, Stamps};
use contract::Record;

/// Opens the envelopes of one source.
#[derive(Debug, Default)]
pub struct Envelope {
    stamps: Stamps,
    clocks: Clocks,
}

impl Envelope {
    /// For a source whose times are read so.
    pub fn new(stamps: Stamps) -> Self {
        Self { stamps, clocks: Clocks::default() }
    }

    /// The devices whose clocks are far from their relay's.
    pub fn skewed(&self) -> Vec<(Box<[u8]>, Skew)> {
        self.clocks.wrong()
    }

    /// How times are read, for formats whose records say their time themselves.
    pub const fn stamps(&self) -> &Stamps {
        &self.stamps
    }

    /// The same, where time passes.
    pub(crate) const fn stamps_mut(&mut self) -> &mut Stamps {
        &mut self.stamps
    }

    /// The record without its envelope.
    pub fn open<'a>(&mut self, line: &'a [u8]) -> Record<'a> {
        let mut record = Record { line, text: line, own: line, latest: self.stamps.latest(), ..Record::default() };
        let text = priority(line).map_or(line, <[u8]>::trim_ascii_start);
        record.own = text;
        if let Some((at, inner)) = self.contained(text) {
            let mut record = self.open(inner);
            record.at = record.at.or(Some(at));
            return record;
        }
        if let Some(rest) = text.strip_prefix(b"1 ")
            && text.len() < line.len()
            && self.structured(rest, &mut record)
        {
            return record;
        }
        if let Some((at, rest)) = self.stamps.bsd(text).or_else(|| self.stamps.iso(text))
            && let Some(rest) = rest.strip_prefix(b": ").or_else(|| rest.strip_prefix(b" "))
        {
            record.at = Some(at);
            record.own = rest;
            // `2006/10/26`: nginx's own file, which names no host; `2006-10-26 09:42:48` is a program's own file too, but where a host
            // and a program with its number follow.
            let spaced = text.first().is_some_and(u8::is_ascii_digit) && text.get(10) == Some(&b' ') && !names_program(rest);
            if spaced || text.get(4) == Some(&b'/') { record.text = rest } else { self.behind_time(rest, &mut record) }
        } else if let Some((at, rest)) = self.epoch(text, line) {
            (record.at, record.own) = (Some(at), rest);
            self.behind_time(rest, &mut record);
        } else if let Some((at, rest)) = self.own_time(text) {
            (record.at, record.own, record.text) = (Some(at), rest, rest);
        } else if let Some((host, program, text)) = undated(text) {
            record.at = Some(self.stamps.undated());
            (record.host, record.program, record.text) = (host, program, text);
        } else {
            record.text = text;
        }
        record
    }

    /// The time of a record that says none, counted as assumed.
    pub(crate) const fn undated(&mut self, latest: model::Timestamp) -> model::Timestamp {
        self.stamps.undated();
        latest
    }

    /// Gives a record that no envelope dated the time that it says near its beginning, however its program writes it.
    pub(crate) fn date(&mut self, record: &mut Record<'_>) {
        if record.at.is_none()
            && let Some((at, rest)) = crate::plain::time::find(record.own, &mut self.stamps)
        {
            /// What stands before a time so late is part of what is said.
            const BEFORE_MAX: usize = 48;
            let late = record.own.len() - rest.len() > BEFORE_MAX;
            record.at = Some(at);
            if !late {
                (record.own, record.text) = (rest, rest);
            }
        }
    }

    /// `2022-01-28T16:04:05.413656027Z stdout F text`: what a container printed, as container runtimes keep it.
    fn contained<'a>(&mut self, text: &'a [u8]) -> Option<(model::Timestamp, &'a [u8])> {
        if text.get(10) != Some(&b'T') {
            return None;
        }
        let (stamp, rest) = word(text);
        let rest = rest.strip_prefix(b" stdout ").or_else(|| rest.strip_prefix(b" stderr "))?;
        let rest = rest.strip_prefix(b"F ").or_else(|| rest.strip_prefix(b"P "))?;
        // What is inside may be such a line only by malice: it is not opened again.
        if rest.get(10) == Some(&b'T') && (word(rest).1.starts_with(b" std")) {
            return None;
        }
        self.stamps.iso(stamp).map(|(at, _)| (at, rest))
    }

    /// Times of programs that write their own files, where no host follows: `26-Aug-2005 21:23:21.201 ` (BIND),
    /// `Wed Oct 11 14:32:52 2000 ` (OpenVPN), and such in brackets (Apache).
    fn own_time<'a>(&mut self, text: &'a [u8]) -> Option<(model::Timestamp, &'a [u8])> {
        let (inside, bracketed) = text.strip_prefix(b"[").map_or((text, false), |inside| (inside, true));
        let stamps = &mut self.stamps;
        let (at, rest) =
            stamps.web(inside).or_else(|| stamps.ctime(inside)).or_else(|| if bracketed { stamps.iso(inside) } else { None })?;
        let rest = if bracketed { rest.strip_prefix(b"]")? } else { rest };
        Some((at, rest.strip_prefix(b":").unwrap_or(rest).strip_prefix(b" ")?.trim_ascii_start()))
    }

    /// `<134>1 1379967288.409 host …`, `<134> 1379967288000 host …`: devices that count seconds instead of writing days. Only behind a
    /// priority: elsewhere, the seconds are a format's own.
    fn epoch<'a>(&mut self, text: &'a [u8], line: &[u8]) -> Option<(model::Timestamp, &'a [u8])> {
        if text.len() == line.len() {
            return None;
        }
        let text = text.strip_prefix(b"1 ").unwrap_or(text);
        let digits = text.iter().take(14).take_while(|byte| byte.is_ascii_digit()).count();
        let (at, rest) = match digits {
            10 => self.stamps.epoch(text)?,
            13 => {
                let millis = text[..13].iter().fold(0_i64, |sum, byte| sum * 10 + i64::from(byte - b'0'));
                (model::Timestamp::from_nanos(millis.checked_mul(1_000_000)?), &text[13..])
            }
            _ => return None,
        };
        Some((at, rest.strip_prefix(b" ")?))
    }

    /// `host program[pid]: text`, or a host and a second time.
    fn behind_time<'a>(&mut self, rest: &'a [u8], record: &mut Record<'a>) {
        let rest = rest.trim_ascii_start();
        // A device that writes its own time needs no host before it.
        if rest.starts_with(b"%") || rest.starts_with(b": %") {
            record.text = rest;
            return;
        }
        // Some write facility and severity behind the time: `<mail.notice> host …`.
        let rest = match rest.strip_prefix(b"<").map(word) {
            Some((class, behind)) if class.ends_with(b">") => behind.trim_ascii_start(),
            _ => rest,
        };
        let (host, behind) = word(rest);
        // `[sshd]: text`: a program without its host.
        if let Some(name) = host.strip_prefix(b"[").and_then(|host| host.strip_suffix(b"]:")) {
            (record.program, record.text) = (name, behind.trim_ascii_start());
            return;
        }
        // `dnsmasq[7]: text`: a program's own file names no host.
        if host.ends_with(b"]:")
            && let Some((program, text)) = program(rest)
        {
            (record.program, record.text) = (program, text);
            return;
        }
        let rest = behind;
        record.host = host.strip_suffix(b":").unwrap_or(host);
        let mut rest = rest.trim_ascii_start();
        if let Some((at, after)) = self.stamps.bsd(rest).or_else(|| self.stamps.iso(rest)) {
            record.at = Some(record.at.map_or(at, |relay| self.clocks.of(record.host, relay, at)));
            rest = after.strip_prefix(b":").unwrap_or(after).trim_ascii_start();
            if !rest.starts_with(b"%") && self.names_a_host(rest, record.host) {
                rest = word(rest).1.trim_ascii_start();
            }
        }
        let rest = rest.strip_prefix(b": ").unwrap_or(rest);
        match program(rest) {
            Some((program, text)) => (record.program, record.text) = (program, text),
            None => record.text = rest,
        }
    }

    fn names_a_host(&self, rest: &[u8], host: &[u8]) -> bool {
        !host.is_empty() && word(rest).0 == host
    }

    /// RFC 5424 behind its version. False where it is not.
    fn structured<'a>(&mut self, rest: &'a [u8], record: &mut Record<'a>) -> bool {
        let (stamp, rest) = word(rest);
        let Some((at, _)) = self.stamps.iso(stamp).or_else(|| (stamp == b"-").then_some((model::Timestamp::default(), stamp))) else {
            return false;
        };
        record.at = (stamp != b"-").then_some(at);
        let (host, rest) = word(rest.trim_ascii_start());
        let (program, rest) = word(rest.trim_ascii_start());
        let (_pid, rest) = word(rest.trim_ascii_start());
        let (_id, rest) = word(rest.trim_ascii_start());
        let nil = |text: &'a [u8]| if text == b"-" { &[][..] } else { text };
        (record.host, record.program) = (nil(host), nil(program));
        let rest = rest.trim_ascii_start();
        let text = rest.strip_prefix(b"-").unwrap_or_else(|| behind_data(rest)).trim_ascii_start();
        record.text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        true
    }
}

/// `host program[7]: text`, as a journal prints it where it is told to leave the time out.
fn undated(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (host, behind) = word(text);
    let behind = behind.trim_ascii_start();
    let named = !host.is_empty() && host.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte));
    // Without the process's number, any two words would do.
    let (name, said) = if named && names_program(text) { program(behind)? } else { return None };
    Some((host, name, said))
}

/// Whether a host and `program[7]` follow, or a host and a device's message.
fn names_program(rest: &[u8]) -> bool {
    let behind = word(rest.trim_ascii_start()).1.trim_ascii_start();
    let name = behind.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"-_./@()".contains(byte)).count();
    rest.starts_with(b"%") || behind.starts_with(b"%") || name > 0 && behind.get(name) == Some(&b'[')
}

/// What follows `<189>`.
fn priority(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(b"<")?;
    let digits = rest.iter().take(3).take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 { None } else { rest.get(digits..)?.strip_prefix(b">") }
}

fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| *byte == b' ').unwrap_or(text.len());
    text.split_at(end)
}

/// `sshd[123]: text`, `postfix/smtpd: text`.
fn program(text: &[u8]) -> Option<(&[u8], &[u8])> {
    /// RFC 3164 allows 32 letters; today's units have longer names.
    const NAME_BYTES_MAX: usize = 64;
    let name = text.iter().take(NAME_BYTES_MAX).take_while(|byte| byte.is_ascii_alphanumeric() || b"-_./@()".contains(byte)).count();
    if name == 0 || !text[0].is_ascii_alphabetic() {
        return None;
    }
    let mut rest = &text[name..];
    if let Some(inside) = rest.strip_prefix(b"[") {
        let end = inside.iter().take(NAME_BYTES_MAX).position(|byte| *byte == b']')?;
        rest = &inside[end + 1..];
        // `proftpd[7] host …`: a number of a process needs no colon.
        if let Some(said) = rest.strip_prefix(b" ")
            && end > 0
            && inside[..end].iter().all(u8::is_ascii_digit)
        {
            return Some((&text[..name], said));
        }
    }
    let rest = rest.strip_prefix(b":")?;
    // `http://` is no program.
    if rest.starts_with(b"//") { None } else { Some((&text[..name], rest.strip_prefix(b" ").unwrap_or(rest))) }
}

/// What follows structured data, `[id name="value"][…]`.
fn behind_data(text: &[u8]) -> &[u8] {
    let (mut quoted, mut escaped, mut open) = (false, false, false);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' if open => quoted = !quoted,
            b'[' if !quoted => open = true,
            b']' if !quoted => open = false,
            _ if !open => return &text[at..],
            _ => {}
        }
    }
    &[]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Calendar;
    use model::Timestamp;

    fn check(line: &str, host: &str, program: &str, text: &str, secs: Option<i64>) {
        let calendar = Calendar { latest: Timestamp::from_secs(1_161_900_000), ..Calendar::default() };
        let mut envelope = Envelope::new(Stamps::new(calendar));
        let record = envelope.open(line.as_bytes());
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert_eq!((shown(record.host), shown(record.program), shown(record.text)), (host.into(), program.into(), text.into()), "{line}");
        assert_eq!(record.at, secs.map(Timestamp::from_secs), "{line}");
    }

    #[test]
    fn envelopes_of_every_make_are_opened() {
        let at = Some(1_161_855_768);
        check("Oct 26 09:42:48 gate sshd[71]: Failed password", "gate", "sshd", "Failed password", at);
        check("<189>Oct 26 09:42:48 gate kernel: x=1", "gate", "kernel", "x=1", at);
        check("<13>1 2006-10-26T09:42:48Z gate app 7 ID1 [a b=\"c]\\\"\"] said", "gate", "app", "said", at);
        check("<13>1 2006-10-26T09:42:48Z gate app - - - said", "gate", "app", "said", at);
        check("Oct 26 09:42:50 192.168.1.252 Oct 26 2006 09:42:48: %FWSM-614: T", "192.168.1.252", "", "%FWSM-614: T", at);
        check("2006-10-26T09:42:48+00:00 gate postfix/smtpd[9]: connect", "gate", "postfix/smtpd", "connect", at);
        check("Oct 26 2006 09:42:48: %ASA-6-302013: Built", "", "", "%ASA-6-302013: Built", at);
        check("%ASA-6-302013: Built", "", "", "%ASA-6-302013: Built", None);
        check("Oct 26 09:42:48 dnsmasq[7]: query[A] a.example from 10.0.0.5", "", "dnsmasq", "query[A] a.example from 10.0.0.5", at);
        check("26-Oct-2006 09:42:48 queries: XX+/10.0.0.5/a.example/A/IN", "", "", "queries: XX+/10.0.0.5/a.example/A/IN", at);
        check("[Thu Oct 26 09:42:48 2006] [error] said", "", "", "[error] said", at);
        check("Thu Oct 26 09:42:48 2006 10.0.0.5:1194 said", "", "", "10.0.0.5:1194 said", at);
        check("Oct 26 09:42:48 <mail.notice> gate sm-mta[7]: said", "gate", "sm-mta", "said", at);
        check("Oct 26 09:42:48 gate proftpd[7] gate (x[10.0.0.5]): said", "gate", "proftpd", "gate (x[10.0.0.5]): said", at);
        check("2006-10-26 09:42:48 SMTP call from [10.0.0.5]", "", "", "SMTP call from [10.0.0.5]", at);
        check("2006-10-26 09:42:48 gate sshd[7]: said", "gate", "sshd", "said", at);
        check("Oct 26 09:42:48 [sshd]: said", "", "sshd", "said", at);
        check("gate sshd[7]: said", "gate", "sshd", "said", Some(1_161_900_000));
        check("2006/10/26 09:42:48 [error] 7#0: said", "", "", "[error] 7#0: said", at);
        check("GET http://a.example/ b", "", "", "GET http://a.example/ b", None);
    }
}
