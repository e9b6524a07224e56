//! Bytes of a source cut into records: by lines. A record that never ends is cut at the limit, and the rest of its line is
//! skipped and counted. A source that begins as Windows' own event files do is cut by their chunks ([`crate::evtx`]).

use crate::evtx::{Chunks, MAGIC};

/// The longest record, in bytes: syslog over TCP carries up to 64 kB, proxies log long URLs.
const RECORD_BYTES_MAX: usize = 64 << 10;

/// Cuts bytes into lines, or into what their file's own form says.
#[derive(Debug, Default)]
pub struct Framing {
    form: Form,
    held: Vec<u8>,
    skipping: bool,
    cut: u64,
}

/// What the first bytes of a source say.
#[derive(Debug, Default)]
enum Form {
    /// Too few of them have come; they are held.
    #[default]
    Unknown,
    Lines,
    Evtx(Box<Chunks>),
}

impl Framing {
    /// Takes bytes, hands on every record that ends in them.
    pub fn feed(&mut self, bytes: &[u8], record: &mut dyn FnMut(&[u8])) {
        match &mut self.form {
            Form::Lines => self.lines(bytes, record),
            Form::Evtx(chunks) => chunks.feed(bytes, record),
            Form::Unknown => self.begin(bytes, record),
        }
    }

    fn begin(&mut self, bytes: &[u8], record: &mut dyn FnMut(&[u8])) {
        let held = std::mem::take(&mut self.held);
        let joined = if held.is_empty() { bytes.to_vec() } else { [&held, bytes].concat() };
        let seen = joined.len().min(MAGIC.len());
        if joined[..seen] != MAGIC[..seen] {
            self.form = Form::Lines;
            self.lines(&joined, record);
        } else if seen < MAGIC.len() {
            self.held = joined;
        } else {
            let mut chunks = Box::new(Chunks::new());
            chunks.feed(&joined, record);
            self.form = Form::Evtx(chunks);
        }
    }

    fn lines(&mut self, mut bytes: &[u8], record: &mut dyn FnMut(&[u8])) {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
            bytes = rest;
            if std::mem::take(&mut self.skipping) {
                continue;
            }
            if self.held.is_empty() && line.len() <= RECORD_BYTES_MAX {
                hand_on(line, record);
            } else {
                self.hold(line, record);
                self.skipping = false;
                self.flush(record);
            }
        }
        if !self.skipping {
            self.hold(bytes, record);
        }
    }

    /// The source has ended: what is left is a record too.
    pub fn finish(&mut self, record: &mut dyn FnMut(&[u8])) {
        match &mut self.form {
            Form::Evtx(chunks) => chunks.finish(record),
            _ => self.flush(record),
        }
    }

    /// Whether nothing of a record is held whose end has not come.
    pub const fn is_between(&self) -> bool {
        match &self.form {
            Form::Evtx(chunks) => chunks.is_between(),
            _ => self.held.is_empty() && !self.skipping,
        }
    }

    /// How many records were longer than the limit, or could not be cut out of their file.
    pub fn cut(&self) -> u64 {
        self.cut + if let Form::Evtx(chunks) = &self.form { chunks.broken() } else { 0 }
    }

    fn hold(&mut self, bytes: &[u8], record: &mut dyn FnMut(&[u8])) {
        let room = RECORD_BYTES_MAX - self.held.len();
        self.held.extend_from_slice(&bytes[..bytes.len().min(room)]);
        if bytes.len() > room {
            self.cut += 1;
            self.skipping = true;
            self.flush(record);
        }
    }

    fn flush(&mut self, record: &mut dyn FnMut(&[u8])) {
        if !self.held.is_empty() {
            hand_on(&self.held, record);
            self.held.clear();
        }
    }
}

fn hand_on(line: &[u8], record: &mut dyn FnMut(&[u8])) {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if !line.is_empty() {
        record(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(pieces: &[&[u8]]) -> (Vec<Vec<u8>>, u64) {
        let (mut framing, mut all) = (Framing::default(), Vec::new());
        for piece in pieces {
            framing.feed(piece, &mut |record| all.push(record.to_vec()));
        }
        framing.finish(&mut |record| all.push(record.to_vec()));
        (all, framing.cut())
    }

    #[test]
    fn any_split_gives_the_same_records() {
        let text = b"one\r\ntwo\n\nthree three\nfour";
        let whole = records(&[text]);
        assert_eq!(whole.0, [&b"one"[..], b"two", b"three three", b"four"]);
        for at in 0..text.len() {
            assert_eq!(records(&[&text[..at], &text[at..]]), whole, "cut at {at}");
        }
        assert_eq!(records(&text.chunks(1).collect::<Vec<_>>()), whole);
    }

    #[test]
    fn a_line_without_end_is_cut_and_counted_once() {
        let long = vec![b'x'; RECORD_BYTES_MAX + 10];
        let text = [&long[..], b"\nnext\n"].concat();
        for size in [1000, text.len()] {
            let (all, cut) = records(&text.chunks(size).collect::<Vec<_>>());
            assert_eq!((all.len(), all[0].len(), &all[1][..], cut), (2, RECORD_BYTES_MAX, &b"next"[..], 1));
        }
    }
}
