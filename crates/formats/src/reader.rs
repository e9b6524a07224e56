//! One source of records: cuts its bytes, opens envelopes, finds the format of each record, and counts what was not understood.

use crate::kinds::raw;
use crate::zeek;
use crate::{CATALOGUE, Calendar, Envelope, Framing, Stamps};
use contract::{Decoder, Kinds, Record, Verdict};
use model::{Event, Interval, Timestamp, Value};
use std::collections::{BTreeMap, HashMap};

/// Programs whose format is remembered, per source: a syslog server sees some dozens.
const PROGRAMS_MAX: usize = 1_000;
/// Patterns of records that could not be read, per source: what a person looks through.
const PATTERNS_MAX: usize = 200;
/// Raw records that are kept as rows, per source; the rest is only counted.
const RAW_MAX: u64 = 10_000;
/// The beginning of a record by which its pattern is made, in bytes.
const PATTERN_BYTES_MAX: usize = 120;

/// What a source is.
#[derive(Clone, Debug, Default)]
pub struct SourceAbout {
    /// Its name, for people: a file's, or a sender's address.
    pub name: String,
    /// How its times are to be read.
    pub calendar: Calendar,
}

/// What was read of a source.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Records.
    pub records: u64,
    /// Records by format; those that none could read under an empty name.
    pub formats: BTreeMap<&'static str, u64>,
    /// Events that came of them.
    pub events: u64,
    /// Records longer than the limit.
    pub cut: u64,
    /// Times without a year, and without a zone.
    pub assumed: (u64, u64),
    /// Devices whose clocks are far from their relay's: their relay's time was taken.
    pub skewed: Vec<(Box<[u8]>, crate::Skew)>,
    /// What could not be read: pattern, nearest format, why, an example, how often.
    pub unread: Vec<Unread>,
    /// Records of further patterns than those.
    pub unread_more: u64,
    /// Records that were neither read nor kept.
    pub raw_dropped: u64,
}

/// Records of one shape that could not be read.
#[derive(Clone, Debug)]
pub struct Unread {
    /// Their shape: numbers as `#`.
    pub pattern: String,
    /// The format that they came nearest to.
    pub format: &'static str,
    /// Why they could not be read.
    pub reason: String,
    /// One of them.
    pub example: Vec<u8>,
    /// How many.
    pub count: u64,
}

struct Open {
    format: usize,
    decoder: Box<dyn Decoder>,
}

/// Reads one source.
pub struct Reader<'k> {
    kinds: &'k dyn Kinds,
    framing: Framing,
    envelope: Envelope,
    opened: Vec<Open>,
    by_program: HashMap<Box<[u8]>, usize>,
    counts: Counts,
    now: Timestamp,
    /// The format of the last record of any program: what follows it without a time may go on with it.
    told: &'static str,
    zeek: zeek::Rows,
}

impl<'k> Reader<'k> {
    /// For a source.
    pub fn new(about: &SourceAbout, kinds: &'k dyn Kinds) -> Self {
        Self {
            kinds,
            framing: Framing::default(),
            envelope: Envelope::new(Stamps::new(about.calendar.clone())),
            opened: Vec::new(),
            by_program: HashMap::new(),
            counts: Counts::default(),
            now: Timestamp::MIN,
            told: "",
            zeek: zeek::Rows::new(&about.name, kinds),
        }
    }

    /// Reads the next bytes; what they tell goes to `out`, with the time of the record that told it.
    pub fn feed(&mut self, bytes: &[u8], out: &mut dyn FnMut(Timestamp, Event)) {
        let mut framing = std::mem::take(&mut self.framing);
        framing.feed(bytes, &mut |line| self.record(line, out));
        self.framing = framing;
    }

    /// The source has ended.
    pub fn finish(&mut self, out: &mut dyn FnMut(Timestamp, Event)) {
        let mut framing = std::mem::take(&mut self.framing);
        framing.finish(&mut |line| self.record(line, out));
        self.framing = framing;
        for open in &mut self.opened {
            let name = CATALOGUE[open.format].name();
            open.decoder.tick(self.now, true, &mut |mut event| {
                name_teller(&mut event, name, b"");
                out(self.now, event);
            });
        }
    }

    /// Time passes at a source that lives on: `now` is the latest that its next record can be. Where nothing has come for `quiet`,
    /// decoders are told that so much time has passed since the last record.
    pub fn tick(&mut self, now: Timestamp, quiet: Interval, out: &mut dyn FnMut(Timestamp, Event)) {
        self.envelope.stamps_mut().pass(now);
        if self.now > Timestamp::MIN && quiet > Interval::ZERO {
            let until = self.now + quiet;
            for open in &mut self.opened {
                open.decoder.tick(until, false, &mut |event| {
                    self.counts.events += 1;
                    out(self.now, event);
                });
            }
        }
    }

    /// The time of its latest record.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// The time of the oldest record that later ones still need (see [`contract::Decoder::since`]).
    pub fn since(&self) -> Option<Timestamp> {
        self.opened.iter().filter_map(|open| open.decoder.since()).min()
    }

    /// Whether all bytes so far were whole records.
    pub const fn is_between(&self) -> bool {
        self.framing.is_between()
    }

    /// What was read so far.
    pub fn counts(&self) -> Counts {
        let assumed = self.envelope.stamps().assumed();
        Counts { cut: self.framing.cut(), assumed: (assumed.years, assumed.zones), skewed: self.envelope.skewed(), ..self.counts.clone() }
    }

    /// Reads one whole record, without its line end: for sources that know where their records end (a datagram, a counted frame),
    /// in which a line end may stand. Not to be mixed with [`Reader::feed`], whose last line may be unfinished.
    pub fn record(&mut self, line: &[u8], out: &mut dyn FnMut(Timestamp, Event)) {
        if self.zeeks(line, out) {
            return;
        }
        self.counts.records += 1;
        match wrapped(line) {
            Some(inner) => self.unwrapped(inner.as_bytes().trim_ascii_end(), out),
            None => self.unwrapped(line, out),
        }
    }

    /// Reads a line of one of Zeek's logs, which are events already. False where it is none.
    fn zeeks(&mut self, line: &[u8], out: &mut dyn FnMut(Timestamp, Event)) -> bool {
        /// The name under which they are counted.
        const NAME: &str = "zeek";
        match self.zeek.line(line, self.kinds) {
            zeek::Line::Foreign => return false,
            zeek::Line::Passed if line.starts_with(b"#") => return true,
            zeek::Line::Passed => {}
            zeek::Line::Broken(why) => {
                self.counts.records += 1;
                let record = Record { line, text: line, own: line, ..Record::default() };
                self.keep_raw(&record, None, Some(why), out);
                return true;
            }
            zeek::Line::Row(at, mut event) => {
                self.now = self.now.max(at);
                self.counts.events += 1;
                name_teller(&mut event, NAME, b"");
                out(self.now, event);
            }
        }
        self.counts.records += 1;
        *self.counts.formats.entry(NAME).or_default() += 1;
        true
    }

    fn unwrapped(&mut self, line: &[u8], out: &mut dyn FnMut(Timestamp, Event)) {
        let mut record = self.envelope.open(line);
        match record.at {
            Some(at) => self.now = self.now.max(at),
            // A record without a time is as old as the one before it, rather than as its file.
            None if self.now > Timestamp::default() => record.latest = self.now,
            None => {}
        }
        let known = self.by_program.get(record.program).copied();
        let (mut failed, mut claimed) = (None, false);
        if let Some(place) = known {
            match self.try_with(place, &record, out) {
                Ok(()) => return,
                Err(reason) => failed = Some((place, reason)),
            }
            // Others may write under the same name.
            claimed = CATALOGUE[self.opened[place].format].sniff(&record) == Verdict::Yes;
        }
        for (format, row) in CATALOGUE.iter().enumerate() {
            if known.is_some_and(|place| self.opened[place].format == format) || row.sniff(&record) != Verdict::Yes {
                continue;
            }
            let place = self.open(format);
            match self.try_with(place, &record, out) {
                Ok(()) => {
                    if self.by_program.len() < PROGRAMS_MAX {
                        self.by_program.insert(record.program.into(), place);
                    }
                    return;
                }
                Err(reason) => {
                    failed = if claimed { failed } else { Some((place, reason)) };
                    claimed = true;
                }
            }
        }
        // A record that says no time is as old as the one before it, or as its source.
        if claimed && record.at.is_none() {
            record.at = Some(self.envelope.undated(record.latest));
            if let Some((place, _)) = &failed
                && self.try_with(*place, &record, out).is_ok()
            {
                return;
            }
        }
        // Those that could read a record without knowing it come after all that know it, and not where one that knows it failed: then
        // its grammar is at fault, and to be shown.
        if !claimed {
            self.envelope.date(&mut record);
            for (format, row) in CATALOGUE.iter().enumerate() {
                if row.sniff(&record) != Verdict::Unsure {
                    continue;
                }
                let place = self.open(format);
                match self.try_with(place, &record, out) {
                    Ok(()) => {
                        self.told = CATALOGUE[format].name();
                        return;
                    }
                    Err(reason) => failed = failed.or(Some((place, reason))),
                }
            }
            if !self.told.is_empty() && record.at.is_none() && continues(line) {
                *self.counts.formats.entry(self.told).or_default() += 1;
                return;
            }
        }
        self.keep_raw(&record, failed, None, out);
    }

    fn open(&mut self, format: usize) -> usize {
        if let Some(place) = self.opened.iter().position(|open| open.format == format) {
            return place;
        }
        self.opened.push(Open { format, decoder: CATALOGUE[format].open(self.kinds) });
        self.opened.len() - 1
    }

    fn try_with(&mut self, place: usize, record: &Record<'_>, out: &mut dyn FnMut(Timestamp, Event)) -> Result<(), String> {
        let open = &mut self.opened[place];
        let name = CATALOGUE[open.format].name();
        let (mut events, now) = (0, self.now);
        let (mut latest, undated) = (now, record.at.is_none());
        let result = open.decoder.decode(record, &mut |mut event| {
            events += 1;
            name_teller(&mut event, name, record.host);
            if undated {
                // The format says its time itself.
                latest = latest.max(event.ts());
            }
            out(latest, event);
        });
        self.now = latest;
        self.counts.events += events;
        match result {
            Ok(()) => {
                *self.counts.formats.entry(name).or_default() += 1;
                Ok(())
            }
            Err(error) => Err(error.to_string()),
        }
    }

    fn keep_raw(
        &mut self,
        record: &Record<'_>,
        failed: Option<(usize, String)>,
        zeeks: Option<&'static str>,
        out: &mut dyn FnMut(Timestamp, Event),
    ) {
        let (format, reason) = match failed {
            Some((place, reason)) => (CATALOGUE[self.opened[place].format].name(), reason),
            None => match zeeks {
                Some(why) => ("zeek", why.to_owned()),
                None => ("", "no format recognises it".to_owned()),
            },
        };
        *self.counts.formats.entry("").or_default() += 1;
        let pattern = pattern(record.text);
        let known = self.counts.unread.iter().position(|unread| unread.pattern == pattern);
        match known {
            Some(place) => self.counts.unread[place].count += 1,
            None if self.counts.unread.len() < PATTERNS_MAX => {
                let example = record.line.to_vec();
                self.counts.unread.push(Unread { pattern, format, reason: reason.clone(), example, count: 1 });
            }
            None => self.counts.unread_more += 1,
        }
        if self.counts.formats.get("").is_some_and(|count| *count > RAW_MAX) {
            self.counts.raw_dropped += 1;
            return;
        }
        let at = record.at.unwrap_or(self.now).max(Timestamp::default());
        let mut event = Event::new(&raw::KIND, at).with(raw::REASON, reason).with(raw::LINE, record.line);
        if !format.is_empty() {
            event.set(raw::FORMAT, format);
        }
        name_teller(&mut event, if format.is_empty() { "unknown" } else { format }, record.host);
        out(at, event);
    }
}

/// Says which log told an event, where its kind has room for it.
fn name_teller(event: &mut Event, format: &str, host: &[u8]) {
    let last = event.kind().columns().last().map(|field| field.name);
    if last == Some(model::kinds::TOLD_BY.name)
        && let Some(cell) = event.cells_mut().last_mut()
        && cell.is_unset()
    {
        let text = if host.is_empty() { format.as_bytes().to_vec() } else { [format.as_bytes(), b" ", host].concat() };
        *cell = Value::Bytes(text.into());
    }
}

/// Whether a line goes on with what the one before it said: indented, or as a stack's trace and the end of a list do.
fn continues(line: &[u8]) -> bool {
    const MARKS: &[&[u8]] = &[b"Caused by", b"at ", b"\"at ", b"Traceback", b"...", b"\"...", b"\"stacktrace\"", b"#"];
    line.first().is_some_and(|byte| byte.is_ascii_whitespace() || b"}])".contains(byte)) || MARKS.iter().any(|mark| line.starts_with(mark))
}

/// What a container printed, as Docker keeps it: `{"log":"text\n","stream":"stdout","time":"…"}`.
fn wrapped(line: &[u8]) -> Option<String> {
    if !line.starts_with(b"{\"log\":\"") {
        return None;
    }
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(line).ok()?;
    match (object.get("log"), object.contains_key("stream")) {
        (Some(serde_json::Value::String(log)), true) => Some(log.clone()),
        _ => None,
    }
}

/// The shape of a record: numbers and long hexadecimal words as `#`.
fn pattern(text: &[u8]) -> String {
    let text = &text[..text.len().min(PATTERN_BYTES_MAX)];
    let mut shape = String::new();
    for symbol in String::from_utf8_lossy(text).chars() {
        let symbol = if symbol.is_ascii_digit() { '#' } else { symbol };
        if symbol != '#' || !shape.ends_with('#') {
            shape.push(symbol);
        }
    }
    shape
}

/// How many of the first records of a source formats recognise, of how many.
pub fn recognised(source: &str, head: &[u8]) -> (usize, usize) {
    /// Enough to see what a file is, also behind a few lines of its own.
    const RECORDS_MAX: usize = 50;
    let mut envelope = Envelope::default();
    if head.starts_with(crate::evtx::MAGIC) || zeek::is_zeeks(source, head) {
        return (1, 1);
    }
    let lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line)).filter(|line| !line.is_empty());
    let mut counts = (0, 0);
    for line in lines.take(RECORDS_MAX) {
        let mut record = envelope.open(line);
        envelope.date(&mut record);
        // What any program's line could be counts, too, where it says its time.
        counts.0 += usize::from(CATALOGUE.iter().any(|row| row.sniff(&record) != Verdict::No));
        counts.1 += 1;
    }
    counts
}
