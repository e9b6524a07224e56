//! Everybody who sends records: each with a reader of its own, and an account of what of it has gone out.
//!
//! A delivery's events wait in the engine for a moment. The account keeps, for each delivery, how many events had come of the sender by
//! its end; held against what the engine says has gone out, that is which delivery was the last to go out whole, and how many
//! events of the next had gone.

use super::Entry;
use contract::Sink;
use formats::{Calendar, Counts, Reader, SourceAbout};
use jiff::tz::TimeZone;
use model::{Event, Interval, Timestamp};
use pipeline::Session;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, VecDeque};

/// Places of a sender to which reading can go back; past that every second is left out, so that it goes back a little further.
const PLACES_MAX: usize = 4_096;

/// How far a sender has gone out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SenderMark {
    source: String,
    sender: String,
    /// The delivery from which its decoders need to be fed again.
    from: u64,
    /// The last delivery of which everything had gone out.
    done: u64,
    /// Events behind it that had gone out.
    skip: u64,
}

/// What the engine is to do with events: a session and where its rows go.
pub(crate) struct Out<'a> {
    pub(crate) session: &'a mut Session,
    pub(crate) sink: &'a mut dyn Sink,
}

/// A delivery's part in the account.
#[derive(Clone, Copy, Debug)]
struct Delivered {
    number: u64,
    /// Events of the sender that were passed on by its end.
    events: u64,
    /// Events of it that had gone out before the start.
    skipped: u64,
}

struct One {
    reader: Reader<'static>,
    /// Its number in the engine, and what the engine counted for that number before.
    number: usize,
    base: u64,
    events: u64,
    /// Deliveries of which not everything has gone out.
    open: VecDeque<Delivered>,
    done: Delivered,
    /// Deliveries, and the time of the sender before each.
    places: VecDeque<(u64, Timestamp)>,
    /// The last delivery at some moments, and the time of the oldest record that decoders needed then.
    needs: VecDeque<(u64, Option<Timestamp>)>,
    from: u64,
    last: u64,
    /// After a start: events of deliveries up to `muted` are not told, nor so many behind it.
    muted: u64,
    skip: u64,
    arrived: Timestamp,
    ticked: Timestamp,
    /// Whether everything has gone out and the engine is asked no more.
    concluded: bool,
}

/// All senders.
pub(crate) struct Senders {
    all: HashMap<(String, String), One>,
    /// Numbers that nobody has.
    free: Vec<usize>,
    used: usize,
    limit: usize,
    /// Time zones of sources.
    zones: HashMap<String, TimeZone>,
    /// What the checkpoint said of those that have not come yet.
    before: HashMap<(String, String), SenderMark>,
    /// Deliveries up to this one are known to the checkpoint.
    checkpoint: u64,
    refused: u64,
    /// Records of each source.
    records: HashMap<String, u64>,
}

impl Senders {
    /// Nobody yet. `marks` and `checkpoint` are what the checkpoint said.
    pub(crate) fn new(limit: usize, marks: Vec<SenderMark>, checkpoint: u64) -> Self {
        let before = marks.into_iter().map(|mark| ((mark.source.clone(), mark.sender.clone()), mark)).collect();
        Self {
            all: HashMap::new(),
            free: Vec::new(),
            used: 0,
            limit,
            zones: HashMap::new(),
            before,
            checkpoint,
            refused: 0,
            records: HashMap::new(),
        }
    }

    /// The zones of sources' times that do not say theirs.
    pub(crate) fn set_zones(&mut self, zones: HashMap<String, TimeZone>) {
        self.zones = zones;
    }

    /// The journal was read: what the checkpoint said of others is of no more use.
    pub(crate) fn caught_up(&mut self) {
        self.before = HashMap::new();
    }

    /// Understands a delivery, be it new or out of the journal.
    pub(crate) fn take(&mut self, entry: &Entry, out: &mut Out<'_>) {
        let key = (entry.source.clone(), entry.sender.clone());
        if !self.all.contains_key(&key) {
            // What the checkpoint had forgotten had gone out; what a sender needs begins where its mark says.
            let mark = self.before.get(&key);
            let unneeded = mark.map_or(entry.number <= self.checkpoint, |mark| entry.number < mark.from);
            if unneeded || !self.admit(key.clone(), entry, out) {
                return;
            }
        }
        let Some(one) = self.all.get_mut(&key) else { return };
        *self.records.entry(key.0).or_default() += entry.records.len() as u64;
        one.take(entry, out);
    }

    /// Makes room for a new sender, and begins it.
    fn admit(&mut self, key: (String, String), entry: &Entry, out: &mut Out<'_>) -> bool {
        if self.all.len() >= self.limit {
            let settled = self.all.iter_mut().filter_map(|(key, one)| one.is_settled(out.session).then(|| (one.arrived, key.clone())));
            let Some((_, oldest)) = settled.min() else {
                self.refused += 1;
                return false;
            };
            if let Some(gone) = self.all.remove(&oldest) {
                self.free.push(gone.number);
            }
        }
        let number = self.free.pop().unwrap_or_else(|| {
            self.used += 1;
            self.used - 1
        });
        let mark = self.before.remove(&key).unwrap_or_default();
        let zone = self.zones.get(&key.0).cloned().unwrap_or(TimeZone::UTC);
        let name = if key.1.is_empty() { key.0.clone() } else { key.1.clone() };
        let about = SourceAbout { name, calendar: Calendar { zone, latest: entry.arrived } };
        let one = One {
            reader: Reader::new(&about, &pipeline::AllKinds),
            number,
            base: out.session.released(number),
            events: 0,
            open: VecDeque::new(),
            done: Delivered { number: mark.done, events: 0, skipped: 0 },
            places: VecDeque::new(),
            needs: VecDeque::new(),
            from: entry.number,
            last: 0,
            muted: mark.done,
            skip: mark.skip,
            arrived: entry.arrived,
            ticked: entry.arrived,
            concluded: false,
        };
        self.all.insert(key, one);
        true
    }

    /// Senders of which something is held and nothing has come for `quiet`: each is to be told of that by an entry, which goes through the
    /// journal as all that a decoder sees.
    pub(crate) fn quiet(&mut self, now: Timestamp, quiet: Interval) -> Vec<Entry> {
        let mut entries = Vec::new();
        for ((source, sender), one) in &mut self.all {
            if now.since(one.arrived.max(one.ticked)) >= quiet && one.reader.since().is_some() {
                one.ticked = now;
                let quiet_secs = u32::try_from(now.since(one.arrived).nanos() / 1_000_000_000).unwrap_or(u32::MAX);
                entries.push(Entry { arrived: now, source: source.clone(), sender: sender.clone(), quiet_secs, ..Entry::default() });
            }
        }
        entries.sort_by(|a, b| (&a.source, &a.sender).cmp(&(&b.source, &b.sender)));
        entries
    }

    /// How far everybody has gone out, and the first delivery that is needed to go on from there; `next` is the number of the next.
    pub(crate) fn marks(&mut self, session: &Session, next: u64) -> (Vec<SenderMark>, u64) {
        let mut needed = next;
        let mut marks: Vec<SenderMark> = Vec::with_capacity(self.all.len());
        for ((source, sender), one) in &mut self.all {
            let skip = one.settle(session);
            one.forget();
            let from = if one.is_at_rest() { one.last + 1 } else { one.from };
            needed = if one.is_at_rest() { needed } else { needed.min(from) };
            marks.push(SenderMark { source: source.clone(), sender: sender.clone(), from, done: one.done.number, skip });
        }
        marks.sort_by(|a, b| (&a.source, &a.sender).cmp(&(&b.source, &b.sender)));
        (marks, needed)
    }

    /// Everything has gone out.
    pub(crate) fn conclude(&mut self) {
        for one in self.all.values_mut() {
            if let Some(last) = one.open.pop_back() {
                one.done = last;
                one.open.clear();
            }
            one.needs = VecDeque::from([(one.last, one.reader.since())]);
            one.concluded = true;
        }
    }

    /// How many senders there are, how many were refused for want of room, and the records of each source.
    pub(crate) fn counts(&self) -> (usize, u64, Vec<(String, u64)>) {
        let mut records: Vec<_> = self.records.iter().map(|(source, count)| (source.clone(), *count)).collect();
        records.sort_unstable();
        (self.all.len(), self.refused, records)
    }

    /// What was read of all of them together.
    pub(crate) fn read(&self) -> Counts {
        let mut sum = Counts::default();
        for counts in self.all.values().map(|one| one.reader.counts()) {
            sum.records += counts.records;
            sum.events += counts.events;
            sum.cut += counts.cut;
            sum.raw_dropped += counts.raw_dropped;
            sum.assumed = (sum.assumed.0 + counts.assumed.0, sum.assumed.1 + counts.assumed.1);
            for (format, count) in counts.formats {
                *sum.formats.entry(format).or_default() += count;
            }
        }
        sum
    }
}

impl One {
    fn take(&mut self, entry: &Entry, out: &mut Out<'_>) {
        self.places.push_back((entry.number, self.reader.now()));
        if self.places.len() > PLACES_MAX {
            let mut place = 0;
            self.places.retain(|_| {
                place += 1;
                place % 2 == 1
            });
        }
        (self.last, self.arrived) = (entry.number, self.arrived.max(entry.arrived));
        let muted = entry.number <= self.muted;
        let (mut skipped, mut passed) = (0, 0);
        let (skip, number) = (&mut self.skip, self.number);
        let mut tell = |at: Timestamp, event: Event| {
            if muted {
                return;
            }
            if *skip > 0 {
                *skip -= 1;
                skipped += 1;
                return;
            }
            passed += 1;
            out.session.record_of(number, at, event, out.sink);
        };
        self.reader.tick(entry.arrived, Interval::from_secs(i64::from(entry.quiet_secs)), &mut tell);
        for record in &entry.records {
            self.reader.record(record, &mut tell);
        }
        self.events += passed;
        if !muted {
            self.open.push_back(Delivered { number: entry.number, events: self.events, skipped });
        }
    }

    /// Takes in what has gone out; returns how many events behind the last whole delivery.
    fn settle(&mut self, session: &Session) -> u64 {
        if self.concluded {
            return 0;
        }
        let released = session.released(self.number).saturating_sub(self.base);
        while let Some(first) = self.open.front().copied().filter(|first| first.events <= released) {
            self.done = first;
            self.open.pop_front();
        }
        let next = self.open.front().map_or(0, |next| next.skipped);
        released.saturating_sub(self.done.events) + next
    }

    /// Whether nothing of the past is needed to go on: all has gone out, and nothing that was begun is held.
    fn is_at_rest(&self) -> bool {
        let holds_nothing = self.needs.front().is_some_and(|(number, since)| *number == self.last && since.is_none());
        self.done.number == self.last && holds_nothing
    }

    fn is_settled(&mut self, session: &Session) -> bool {
        self.settle(session);
        self.open.is_empty()
    }

    /// Forgets places to which nobody needs to go back. What decoders knew when the last whole delivery had gone out is what they knew
    /// at the last look before, and what came since; asking them at every delivery would cost more than decoding.
    fn forget(&mut self) {
        while self.needs.get(1).is_some_and(|(number, _)| *number <= self.done.number) {
            self.needs.pop_front();
        }
        if let Some((number, since)) = self.needs.front().copied().filter(|(number, _)| *number <= self.done.number) {
            while let Some((second, before)) = self.places.get(1).copied() {
                if second > number + 1 || since.is_some_and(|since| before >= since) {
                    break;
                }
                self.places.pop_front();
            }
        }
        if let Some((first, _)) = self.places.front() {
            self.from = *first;
        }
        if self.needs.back().is_none_or(|(number, _)| *number < self.last) {
            self.needs.push_back((self.last, self.reader.since()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Count(u64);

    impl Sink for Count {
        fn event(&mut self, event: &Event) {
            self.0 += u64::from(event.kind().name == "http" || event.kind().name == "conn");
        }
    }

    fn entry(number: u64, sender: &str, line: &str) -> Entry {
        let arrived = Timestamp::from_secs(1_795_167_837);
        let records = if line.is_empty() { Vec::new() } else { vec![line.as_bytes().to_vec()] };
        Entry { number, arrived, source: "s".to_owned(), sender: sender.to_owned(), records, ..Entry::default() }
    }

    const REQUEST: &str = "1161855768.123 250 10.0.0.5 TCP_MISS/200 1500 GET http://a.example/ - DIRECT/203.0.113.9 text/html";
    const BUILT: &str = "Oct 26 2006 09:42:48 fw : %ASA-6-302013: Built outbound TCP connection 11 for outside:203.0.113.9/443 (203.0.113.9/443) to inside:10.0.0.5/1025 (10.0.0.5/1025)";
    const TORN: &str = "Oct 26 2006 09:43:48 fw : %ASA-6-302014: Teardown TCP connection 11 for outside:203.0.113.9/443 to inside:10.0.0.5/1025 duration 0:01:00 bytes 70 TCP FINs";

    #[test]
    fn only_what_is_begun_and_what_has_not_gone_out_is_needed() {
        let options = crate::watch::restore::nothing;
        let (mut session, mut sink, mut senders) = (options(), Count(0), Senders::new(10, Vec::new(), 0));
        let feed = |senders: &mut Senders, session: &mut Session, sink: &mut Count, entry: Entry| {
            senders.take(&entry, &mut Out { session, sink });
            session.advance(Timestamp::from_secs(1_795_167_900), sink);
        };
        // Deliveries without records come too, and hold nothing.
        for (number, sender, line) in [(1, "none", ""), (2, "proxy", REQUEST), (3, "fw", BUILT), (4, "proxy", REQUEST)] {
            feed(&mut senders, &mut session, &mut sink, entry(number, sender, line));
        }
        senders.marks(&session, 5);
        let (marks, needed) = senders.marks(&session, 5);
        assert_eq!((needed, sink.0), (3, 2), "{marks:?}");
        // Another run goes on from there: the built session is known, nothing is told again.
        let (mut session, mut sink) = (options(), Count(0));
        let mut senders = Senders::new(10, marks, 4);
        for (number, sender, line) in [(2, "proxy", REQUEST), (3, "fw", BUILT), (4, "proxy", REQUEST), (5, "fw", TORN)] {
            feed(&mut senders, &mut session, &mut sink, entry(number, sender, line));
        }
        senders.caught_up();
        assert_eq!(sink.0, 1);
        senders.marks(&session, 6);
        let (marks, needed) = senders.marks(&session, 6);
        assert_eq!(needed, 6, "{marks:?}");
    }
}
