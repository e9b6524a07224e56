//! Alarms at work: what each has counted, what it waits for, and until when it is quiet.

use super::words::text;
use super::{Alarm, CONFIDENCE, Names, Next, Piece};
use crate::who::{proof, who};
use crate::window::{Entry, Laid, Shape, Windows};
use contract::{Finding, Known, RuleState, Tell};
use model::{Addr, Event, Kind, Timestamp, Uid};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What has been counted and waits for what must follow, or must not: some 10 MB.
const WAITING_MAX: usize = 16_384;
/// Proofs of a thing that waits.
const PROOFS_MAX: usize = 4;
/// A value by which groups are told apart, in bytes.
const VALUE_BYTES_MAX: usize = 200;

/// Which alarms look at a kind of row.
#[derive(Debug, Default)]
struct Wanted {
    when: Vec<u16>,
    next: Vec<u16>,
}

/// Something that was counted and waits for what comes next.
#[derive(Debug)]
struct Waiting {
    said: Said,
    first: Timestamp,
    count: u64,
    proofs: Vec<Uid>,
}

/// What a finding says, fixed at the row that brought it about.
#[derive(Debug)]
struct Said {
    host: Option<Addr>,
    peer: Option<Addr>,
    at: Timestamp,
    subject: String,
    message: String,
}

pub(super) struct State {
    all: Arc<[Alarm]>,
    /// By the address of the kind.
    wanted: HashMap<usize, Wanted, bounded::Hasher>,
    windows: Windows,
    /// By alarm and group, until when.
    waiting: HashMap<(u16, u64), (Timestamp, Waiting), bounded::Hasher>,
    /// The same by time, so that what is over is found.
    until: BTreeMap<(Timestamp, u16, u64), ()>,
    /// Until when each alarm is quiet about a group.
    quiet: bounded::Table<(u16, u64), Timestamp>,
    dropped: u64,
    nobody: u64,
}

impl State {
    pub(super) fn new(all: Arc<[Alarm]>) -> Self {
        Self {
            all,
            wanted: HashMap::default(),
            windows: Windows::default(),
            waiting: HashMap::default(),
            until: BTreeMap::new(),
            quiet: bounded::Table::new(WAITING_MAX),
            dropped: 0,
            nobody: 0,
        }
    }

    fn wanted(&mut self, kind: &'static Kind) -> (Vec<u16>, Vec<u16>) {
        let all = &self.all;
        let wanted = self.wanted.entry(std::ptr::from_ref(kind).addr()).or_insert_with(|| {
            let of = |wants: &dyn Fn(&Alarm) -> bool| {
                all.iter().enumerate().filter(|(_, alarm)| wants(alarm)).map(|(number, _)| number as u16).collect()
            };
            Wanted {
                when: of(&|alarm| alarm.when.wants(kind)),
                next: of(&|alarm| matches!(&alarm.next, Next::Then(next) | Next::Unless(next) if next.wants(kind))),
            }
        });
        if wanted.when.is_empty() && wanted.next.is_empty() { (Vec::new(), Vec::new()) } else { (wanted.when.clone(), wanted.next.clone()) }
    }
}

impl RuleState for State {
    fn on(&mut self, event: &Event, known: &dyn Known, out: &mut dyn Tell) {
        let (when, next) = self.wanted(event.kind());
        let all = self.all.clone();
        // What follows is looked at first: the row that completes the count does not also follow it.
        for number in next {
            if let Some(alarm) = all.get(usize::from(number)) {
                self.follows(alarm, number, event, known, out);
            }
        }
        for number in when {
            if let Some(alarm) = all.get(usize::from(number))
                && alarm.when.holds(event)
            {
                self.counts(alarm, number, event, known, out);
            }
        }
    }

    fn tick(&mut self, now: Timestamp, _last: bool, _known: &dyn Known, out: &mut dyn Tell) {
        let all = self.all.clone();
        while let Some((&(until, number, group), ())) = self.until.first_key_value() {
            if until >= now {
                return;
            }
            self.until.remove(&(until, number, group));
            let Some((_, waiting)) = self.waiting.remove(&(number, group)) else { continue };
            let Some(alarm) = all.get(usize::from(number)) else { continue };
            if matches!(alarm.next, Next::Unless(_)) {
                self.tell(alarm, number, group, waiting, out);
            }
        }
    }

    fn held_bytes(&self) -> usize {
        const TEXTS_BYTES: usize = 256;
        self.windows.held_bytes() + self.quiet.held_bytes() + self.waiting.len() * (size_of::<Waiting>() + TEXTS_BYTES)
    }

    fn losses(&self) -> Vec<(&'static str, u64)> {
        let mut all = vec![
            ("alarm windows", self.windows.forgotten()),
            ("alarms waiting", self.dropped),
            ("alarms quiet", self.quiet.dropped()),
            ("alarms without a host", self.nobody),
        ];
        all.retain(|(_, count)| *count > 0);
        all
    }
}

impl State {
    /// One more row that an alarm counts.
    fn counts(&mut self, alarm: &Alarm, number: u16, event: &Event, known: &dyn Known, out: &mut dyn Tell) {
        let values: Vec<String> = alarm.by.iter().map(|names| value(alarm, event, names)).collect();
        let group = bounded::fingerprint(&values);
        let distinct = alarm.distinct.as_ref().map(|names| value(alarm, event, names));
        if distinct.as_ref().is_some_and(String::is_empty) {
            return;
        }
        let now = known.now();
        let shape = Shape {
            span: alarm.window,
            laid: Laid::Sliding,
            entries_max: alarm.count.max(1) as usize * if distinct.is_some() { 4 } else { 1 },
        };
        let shape = Shape { entries_max: shape.entries_max.min(crate::window::GROUP_ENTRIES_MAX), ..shape };
        let entry = Entry { at: now, which: 0, value: bounded::fingerprint(&distinct), number: 0.0, uid: proof(event) };
        let window = self.windows.push(u32::from(number), group, &shape, entry);
        let count = if distinct.is_some() { window.distinct() } else { window.len() } as u64;
        if count < alarm.count {
            return;
        }
        let first = window.entries().next().map_or(now, |first| first.at);
        let proofs = window.entries().rev().filter_map(|entry| entry.uid).take(PROOFS_MAX).collect();
        self.windows.clear(u32::from(number), group);
        let waiting = Waiting { said: said(alarm, event, known, &values), first, count, proofs };
        if matches!(alarm.next, Next::Nothing) {
            return self.tell(alarm, number, group, waiting, out);
        }
        if self.waiting.len() >= WAITING_MAX && !self.waiting.contains_key(&(number, group)) {
            self.dropped += 1;
            return;
        }
        let until = now + alarm.within;
        // What has waited for the absence of something waits on from its first time; for its presence, from the latest.
        if matches!(alarm.next, Next::Unless(_)) && self.waiting.contains_key(&(number, group)) {
            return;
        }
        if let Some((before, _)) = self.waiting.insert((number, group), (until, waiting)) {
            self.until.remove(&(before, number, group));
        }
        self.until.insert((until, number, group), ());
    }

    /// A row that may be what an alarm waits for.
    fn follows(&mut self, alarm: &Alarm, number: u16, event: &Event, known: &dyn Known, out: &mut dyn Tell) {
        let (Next::Then(next) | Next::Unless(next)) = &alarm.next else { return };
        if self.waiting.is_empty() || !next.holds(event) {
            return;
        }
        let values: Vec<String> = alarm.by.iter().map(|names| value(alarm, event, names)).collect();
        let group = bounded::fingerprint(&values);
        if self.waiting.get(&(number, group)).is_none_or(|(until, _)| *until < known.now()) {
            return;
        }
        let Some((until, mut waiting)) = self.waiting.remove(&(number, group)) else { return };
        self.until.remove(&(until, number, group));
        if matches!(alarm.next, Next::Then(_)) {
            waiting.said = said(alarm, event, known, &values);
            waiting
                .proofs
                .insert(0, proof(event).unwrap_or_else(|| waiting.proofs.first().copied().unwrap_or_else(|| Uid::connection(&[]))));
            waiting.proofs.dedup();
            self.tell(alarm, number, group, waiting, out);
        }
    }

    fn tell(&mut self, alarm: &Alarm, number: u16, group: u64, waiting: Waiting, out: &mut dyn Tell) {
        let Waiting { said, first, count, proofs } = waiting;
        let Some(host) = said.host else {
            self.nobody += 1;
            return;
        };
        let definition = alarm.definition();
        let until = self.quiet.entry((number, group), || Timestamp::MIN);
        if *until > said.at {
            return out.again(definition, host, said.subject.as_bytes(), said.at, proofs.first().copied());
        }
        *until = said.at + alarm.quiet;
        let mut finding = Finding::new(definition, host, said.at, CONFIDENCE)
            .since(first)
            .about(said.subject.as_bytes())
            .severity(alarm.severity)
            .peers(said.peer)
            .proofs(proofs)
            .measure(if alarm.distinct.is_some() { "values" } else { "times" }, count as f64, alarm.count as f64, "")
            .note("within", alarm.window.nanos() as f64 / 1e9, "s");
        finding.add_quote(said.message.as_bytes());
        out.finding(finding);
    }
}

/// What a finding by an alarm says of the row at hand.
fn said(alarm: &Alarm, event: &Event, known: &dyn Known, values: &[String]) -> Said {
    let named = alarm.host.as_ref().and_then(|names| value(alarm, event, names).parse::<std::net::IpAddr>().ok()).map(Addr::from);
    // A value by which rows are grouped may be the address that a line of text tells.
    let grouped = || values.iter().find_map(|value| value.parse::<std::net::IpAddr>().ok()).map(Addr::from);
    let who = who(None, event, known);
    let shown: Vec<&str> = values.iter().filter(|value| !value.is_empty()).map(String::as_str).collect();
    Said {
        host: named.or_else(|| who.map(|who| who.host)).or_else(grouped),
        peer: who.and_then(|who| who.peer).filter(|_| named.is_none()),
        at: event.ts(),
        subject: [&[alarm.name.as_str()], &shown[..]].concat().join(" "),
        message: alarm
            .message
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.to_string(),
                Piece::Value(names) => value(alarm, event, names),
            })
            .collect(),
    }
}

/// The value of a column of a row, or of what a pattern of the alarm calls so; empty where there is none.
fn value(alarm: &Alarm, event: &Event, names: &Names) -> String {
    let column = |name: &str| event.kind().find(name).and_then(|column| text(event.get(column))).map(|text| text.into_owned());
    let next = match &alarm.next {
        Next::Then(next) | Next::Unless(next) => Some(next),
        Next::Nothing => None,
    };
    let pattern = |name: &str| alarm.when.capture(event, name).or_else(|| next?.capture(event, name));
    let mut value = names.iter().find_map(|name| column(name).or_else(|| pattern(name))).unwrap_or_default();
    let mut end = value.len().min(VALUE_BYTES_MAX);
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    value.truncate(end);
    value
}
