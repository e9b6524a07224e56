//! The journal's export format (systemd, "Journal Export Formats"), as `journalctl -o export` prints it.
//!
//! ```text
//! entry:  field… LF
//! field:  NAME "=" text LF            or, where the value is not plain text:
//!         NAME LF length(8, little endian) value LF
//! ```
//!
//! An entry becomes one record in the form of RFC 5424, so that formats know it as they know syslog. Only the fields that go into it are
//! kept while an entry is read. Entries up to a cursor that is known are passed over.

use super::Framed;
use crate::{RECORD_BYTES_MAX, Records};
use model::{Civil, Timestamp};
use std::io::Write as _;

/// A field's name at most (the journal's own limit).
const NAME_BYTES_MAX: usize = 64;

/// A message at most: with what stands before it, no longer than a record.
const MESSAGE_BYTES_MAX: usize = RECORD_BYTES_MAX - (1 << 10);

/// A value at most, but the message's: names of hosts and programs.
const VALUE_BYTES_MAX: usize = 256;

/// The fields that go into a record.
const FIELDS: [&[u8]; 11] = [
    b"MESSAGE",
    b"PRIORITY",
    b"SYSLOG_FACILITY",
    b"SYSLOG_IDENTIFIER",
    b"_COMM",
    b"SYSLOG_PID",
    b"_PID",
    b"_HOSTNAME",
    b"_SOURCE_REALTIME_TIMESTAMP",
    b"__REALTIME_TIMESTAMP",
    b"__CURSOR",
];

/// A place in a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    text: String,
    journal: String,
    number: u64,
}

impl Cursor {
    /// Reads a cursor, `s=…;i=…;…`: which journal, and the entry's number in it.
    pub fn parse(text: &str) -> Option<Self> {
        let part = |name: &str| text.split(';').find_map(|part| part.strip_prefix(name));
        Some(Self { text: text.to_owned(), journal: part("s=")?.to_owned(), number: u64::from_str_radix(part("i=")?, 16).ok()? })
    }

    /// As the journal wrote it.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Entries of one stream.
#[derive(Debug, Default)]
pub struct JournalFraming {
    state: State,
    /// The beginning of the line that is read: a name, or a name and its value.
    line: Vec<u8>,
    values: [Vec<u8>; FIELDS.len()],
    cut: bool,
    bad: bool,
    begun: bool,
    unended: u64,
    cursor: Option<Cursor>,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    #[default]
    Line,
    /// Within a value's length: so many of its bytes came, and what they say.
    Length(u8, u64),
    /// Within a value of so many more bytes; of which field, if it is kept.
    Value(u64, Option<usize>),
    /// Before the line end behind a value.
    End,
}

impl JournalFraming {
    /// Passes over what comes up to there.
    pub fn after(cursor: Option<Cursor>) -> Self {
        Self { cursor, ..Self::default() }
    }

    pub(super) fn take(&mut self, bytes: &[u8], into: &mut Records) -> (usize, Framed) {
        let (mut at, mut framed) = (0, Framed::default());
        while at < bytes.len() && !into.full() {
            let taken = self.step(&bytes[at..], into, &mut framed);
            at += taken;
            self.unended = if self.begun { self.unended + taken as u64 } else { 0 };
        }
        (at, framed)
    }

    pub(super) fn finish(&mut self, into: &mut Records) -> Framed {
        let mut framed = Framed::default();
        if self.begun {
            // Broken off: whatever field came last may be half.
            let whole = matches!(self.state, State::Line) && self.line.is_empty();
            self.bad |= !whole;
            self.end_entry(into, &mut framed);
        }
        *self = Self::after(self.cursor.take());
        framed
    }

    pub(super) fn held_bytes(&self) -> usize {
        self.line.capacity() + self.values.iter().map(Vec::capacity).sum::<usize>()
    }

    pub(super) const fn unended_bytes(&self) -> u64 {
        self.unended
    }

    pub(super) const fn cursor(&self) -> Option<&Cursor> {
        self.cursor.as_ref()
    }

    fn step(&mut self, bytes: &[u8], into: &mut Records, framed: &mut Framed) -> usize {
        match self.state {
            State::Line => self.line(bytes, into, framed),
            State::Length(count, length) => {
                let length = length | u64::from(bytes[0]) << (8 * count);
                let kept = FIELDS.iter().position(|field| *field == self.line);
                self.state = if count < 7 { State::Length(count + 1, length) } else { State::Value(length, kept) };
                if count == 7 {
                    self.line.clear();
                }
                1
            }
            State::Value(0, _) => {
                self.state = State::End;
                0
            }
            State::Value(left, kept) => {
                let taken = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                if let Some(field) = kept {
                    self.keep(field, &bytes[..taken]);
                }
                self.state = State::Value(left - taken as u64, kept);
                taken
            }
            State::End => {
                self.state = State::Line;
                self.bad |= bytes[0] != b'\n';
                usize::from(bytes[0] == b'\n')
            }
        }
    }

    /// Reads on in a line; what is longer than a message can be is skipped.
    fn line(&mut self, bytes: &[u8], into: &mut Records, framed: &mut Framed) -> usize {
        let end = memchr::memchr(b'\n', bytes);
        let part = &bytes[..end.unwrap_or(bytes.len())];
        let room = (RECORD_BYTES_MAX + NAME_BYTES_MAX + 2).saturating_sub(self.line.len());
        self.line.extend_from_slice(&part[..part.len().min(room)]);
        self.begun |= !part.is_empty();
        let Some(end) = end else { return bytes.len() };
        if self.line.is_empty() {
            self.end_entry(into, framed);
        } else if let Some(equals) = memchr::memchr(b'=', &self.line[..self.line.len().min(NAME_BYTES_MAX + 1)]) {
            let line = std::mem::take(&mut self.line);
            match FIELDS.iter().position(|field| **field == line[..equals]) {
                Some(field) => self.keep(field, &line[equals + 1..]),
                None => self.bad |= !is_name(&line[..equals]),
            }
            self.line = line;
            self.line.clear();
            self.line.shrink_to(4 << 10);
        } else if is_name(&self.line) && !self.bad {
            self.state = State::Length(0, 0);
        } else {
            self.bad = true;
            self.line.clear();
        }
        end + 1
    }

    fn keep(&mut self, field: usize, value: &[u8]) {
        let limit = if field == 0 { MESSAGE_BYTES_MAX } else { VALUE_BYTES_MAX };
        let held = &mut self.values[field];
        let room = limit - held.len().min(limit);
        self.cut |= value.len() > room && field == 0;
        held.extend_from_slice(&value[..value.len().min(room)]);
    }

    fn end_entry(&mut self, into: &mut Records, framed: &mut Framed) {
        let begun = std::mem::take(&mut self.begun);
        if std::mem::take(&mut self.bad) {
            framed.malformed += 1;
        } else if begun && self.is_new() {
            framed.cut += u64::from(self.cut);
            if !self.values[0].is_empty() {
                let header = self.header();
                into.push_pieces(&header, super::trimmed(&self.values[0]));
            }
        }
        self.cut = false;
        for value in &mut self.values {
            value.clear();
            value.shrink_to(VALUE_BYTES_MAX);
        }
    }

    /// Whether an entry comes after the cursor; moves the cursor to it.
    fn is_new(&mut self) -> bool {
        let Some(cursor) = std::str::from_utf8(&self.values[10]).ok().and_then(Cursor::parse) else { return true };
        let known = self.cursor.as_ref().is_some_and(|known| known.journal == cursor.journal && known.number >= cursor.number);
        if !known {
            self.cursor = Some(cursor);
        }
        !known
    }

    /// The record's beginning by RFC 5424: priority, time, host, program and its number.
    fn header(&self) -> Vec<u8> {
        let [_, priority, facility, identifier, command, syslog_pid, pid, host, source_time, time, _] = &self.values;
        let number = |text: &[u8]| std::str::from_utf8(text).ok().and_then(|text| text.parse::<u64>().ok());
        let priority = number(facility).unwrap_or(1).min(23) * 8 + number(priority).unwrap_or(5).min(7);
        let mut header = format!("<{priority}>1 ").into_bytes();
        // When it was said, if the sender told; when it was written otherwise.
        match number(source_time).or_else(|| number(time)).and_then(|micros| i64::try_from(micros).ok()?.checked_mul(1_000)) {
            Some(nanos) => {
                let Civil { year, month, day, hour, minute, second } = Civil::of(Timestamp::from_nanos(nanos));
                let micros = nanos / 1_000 % 1_000_000;
                // Writing into memory does not fail.
                let _ = write!(header, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z");
            }
            None => header.push(b'-'),
        }
        for words in [[&host[..], b""], [&identifier[..], &command[..]], [&syslog_pid[..], &pid[..]]] {
            let word = words.into_iter().find(|word| !word.is_empty()).unwrap_or(b"-");
            header.push(b' ');
            header.extend(word.iter().map(|byte| if byte.is_ascii_graphic() { *byte } else { b'_' }));
        }
        header.extend_from_slice(b" - - ");
        header
    }
}

fn is_name(name: &[u8]) -> bool {
    let fits = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_';
    name.len() <= NAME_BYTES_MAX && name.iter().all(fits) && name.first().is_some_and(|first| !first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(mut framing: JournalFraming, pieces: &[&[u8]]) -> (Vec<String>, Framed, Option<String>) {
        let (mut records, mut framed) = (Records::default(), Framed::default());
        for piece in pieces {
            let (taken, more) = framing.take(piece, &mut records);
            assert_eq!(taken, piece.len());
            framed += more;
        }
        framed += framing.finish(&mut records);
        let cursor = framing.cursor().map(|cursor| cursor.text().to_owned());
        (records.iter().map(|record| String::from_utf8_lossy(record).into_owned()).collect(), framed, cursor)
    }

    fn entry(number: u32, message: &[u8]) -> Vec<u8> {
        let mut text =
            format!("__CURSOR=s=ab;i={number:x};b=1\n__REALTIME_TIMESTAMP=1795202714123456\n_HOSTNAME=the host\nPRIORITY=6\n").into_bytes();
        text.extend_from_slice(b"SYSLOG_FACILITY=4\nSYSLOG_IDENTIFIER=sshd\n_PID=77\nCODE_FILE=a=b\n");
        if message.contains(&b'\n') {
            text.extend_from_slice(b"MESSAGE\n");
            text.extend_from_slice(&(message.len() as u64).to_le_bytes());
        } else {
            text.extend_from_slice(b"MESSAGE=");
        }
        [&text[..], message, b"\n\n"].concat()
    }

    const HEADER: &str = "<38>1 2026-11-20T19:25:14.123456Z the_host sshd 77 - - ";

    #[test]
    fn any_split_gives_the_same_records() {
        let stream = [entry(9, b"plain"), entry(10, b"two\nlines\n"), entry(11, b"a=b")].concat();
        let expected = vec![format!("{HEADER}plain"), format!("{HEADER}two\nlines"), format!("{HEADER}a=b")];
        for size in 1..=stream.len() {
            let (records, framed, cursor) = all(JournalFraming::default(), &stream.chunks(size).collect::<Vec<_>>());
            assert_eq!((records, framed, cursor.as_deref()), (expected.clone(), Framed::default(), Some("s=ab;i=b;b=1")), "{size}");
        }
    }

    #[test]
    fn what_was_read_before_is_passed_over() {
        let stream = [entry(9, b"old"), entry(10, b"old too"), entry(11, b"new")].concat();
        let known = Cursor::parse("s=ab;i=a;b=0");
        assert_eq!(all(JournalFraming::after(known), &[&stream]).0, [format!("{HEADER}new")]);
        let other = Cursor::parse("s=other;i=ff");
        assert_eq!(all(JournalFraming::after(other), &[&stream]).0.len(), 3);
        assert_eq!(Cursor::parse("i=ff"), None);
    }

    #[test]
    fn broken_entries_are_counted_and_the_next_is_read() {
        let good = entry(12, b"good");
        for bad in [&b"lower=case\n\n"[..], b"not a field\nMESSAGE=x\n\n", b"MESSAGE\n\x01\0\0\0\0\0\0\0xy\n\n"] {
            let (records, framed, _) = all(JournalFraming::default(), &[bad, &good]);
            assert_eq!((records.len(), framed.malformed), (1, 1), "{bad:?}");
        }
        let (records, framed, _) = all(JournalFraming::default(), &[&good[..good.len() - 4]]);
        assert_eq!((records.len(), framed.malformed), (0, 1));
        // A length beyond all bounds is waited for, and nothing of it held.
        let mut framing = JournalFraming::default();
        let endless = [&b"MESSAGE\n"[..], &[0xff; 8], &vec![b'x'; 1 << 20]].concat();
        framing.take(&endless, &mut Records::default());
        assert!(framing.held_bytes() <= 4 * RECORD_BYTES_MAX && framing.unended_bytes() > 1 << 20);
    }

    #[test]
    fn long_messages_are_cut() {
        let (records, framed, _) =
            all(JournalFraming::default(), &[&entry(1, &vec![b'x'; 200_000]), &entry(2, &[&[b'\n'; 1][..], &[b'y'; 90_000]].concat())]);
        assert_eq!((records.len(), framed.cut), (2, 2));
        assert!(records.iter().all(|record| record.len() == HEADER.len() + MESSAGE_BYTES_MAX));
    }
}
