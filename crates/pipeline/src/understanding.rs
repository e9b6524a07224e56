//! The stage that understands: behind the correlators, every event in the order of time passes what is known of hosts, the
//! detectors, and the memory from which the story is told.
//!
//! It runs in one place, behind the merge of all workers: detectors keep state per host over all its flows, and so give
//! the same findings for any number of workers.

use crate::Settings;
use contract::seen::{Eyes, WHATS};
use contract::{Detector, RuleState, Sink};
use detectors::CATALOGUE;
use enrich::{Given, Knowledge};
use model::{Event, Timestamp};
use std::collections::{HashMap, HashSet};
use story::{Evidence, Findings, Made, RoleRow, Story, Told};

/// All that understands.
pub(crate) struct Understanding {
    eyes: Eyes,
    knowledge: Knowledge,
    detectors: Vec<Box<dyn Detector>>,
    /// For each kind of view, the detectors that want to see it.
    wanted: [Vec<usize>; WHATS],
    /// The rules that the user brought, in the order of the settings.
    rules: Vec<Box<dyn RuleState>>,
    findings: Findings,
    evidence: Evidence,
    /// How detectors were told to judge.
    settings: Settings,
    /// Whether findings are told as they are found.
    tells: bool,
    /// Events that were read back, and the latest time of them.
    remembered: (u64, Timestamp),
}

impl Understanding {
    pub(crate) fn new(settings: &Settings, given: Given) -> Self {
        let mut wanted: [Vec<usize>; WHATS] = std::array::from_fn(|_| Vec::new());
        for (place, row) in CATALOGUE.iter().enumerate() {
            for what in row.wants() {
                wanted[*what as usize].push(place);
            }
        }
        Self {
            eyes: Eyes::default(),
            knowledge: Knowledge::new(given),
            detectors: CATALOGUE.iter().map(|row| row.open(&settings.of(row.name()))).collect(),
            wanted,
            rules: settings.rules.iter().map(|rules| rules.open()).collect(),
            findings: Findings::default(),
            evidence: Evidence::default(),
            settings: settings.clone(),
            tells: false,
            remembered: (0, Timestamp::MIN),
        }
    }

    /// Other settings and other knowledge. What was learned stays; detectors whose numbers changed begin anew.
    pub(crate) fn replace(&mut self, settings: &Settings, given: Given) {
        self.knowledge.replace(given);
        for (row, detector) in CATALOGUE.iter().zip(&mut self.detectors) {
            let chosen = settings.of(row.name());
            if chosen != self.settings.of(row.name()) {
                *detector = row.open(&chosen);
            }
        }
        self.settings = settings.clone();
    }

    /// Findings that are new or have grown since the last call.
    pub(crate) fn news(&mut self) -> Vec<Told> {
        self.tells = true;
        story::news(&mut self.findings, &self.knowledge)
    }

    /// Sees an event, and completes it. Gives the row that it brings about, if any.
    pub(crate) fn see(&mut self, event: &mut Event) -> Option<Event> {
        self.knowledge.learn(&self.eyes.see(event));
        self.knowledge.complete(event);
        let seen = self.eyes.see(event);
        let row = self.knowledge.stack_row(&seen);
        for place in &self.wanted[seen.what() as usize] {
            self.detectors[*place].on(&seen, &self.knowledge, &mut self.findings);
        }
        for rules in &mut self.rules {
            rules.on(event, &self.knowledge, &mut self.findings);
        }
        self.evidence.see(&seen, &self.findings);
        row
    }

    /// Everything before `now` has been seen.
    pub(crate) fn tick(&mut self, now: Timestamp, last: bool) {
        for detector in &mut self.detectors {
            detector.tick(now, last, &self.knowledge, &mut self.findings);
        }
        for rules in &mut self.rules {
            rules.tick(now, last, &self.knowledge, &mut self.findings);
        }
    }

    /// What did not fit into tables, by name.
    pub(crate) fn losses(&self) -> Vec<(&'static str, u64)> {
        let mut all = self.knowledge.dropped();
        all.extend(self.evidence.dropped());
        all.push(("findings", self.findings.dropped()));
        all.extend(CATALOGUE.iter().zip(&self.detectors).map(|(row, detector)| (row.name(), detector.dropped())));
        all.extend(self.rules.iter().flat_map(|rules| rules.losses()));
        all.retain(|(_, count)| *count > 0);
        all
    }

    /// Takes in an event that was read back.
    pub(crate) fn remember(&mut self, at: Timestamp, mut event: Event) {
        self.remembered.1 = self.remembered.1.max(at);
        self.see(&mut event);
        self.remembered.0 += 1;
        if self.remembered.0.is_multiple_of(TICK_EVENTS) {
            self.tick(self.remembered.1, false);
        }
    }

    /// The story of everything so far.
    pub(crate) fn story(&self, made: Made) -> Story {
        let mut story = story::make(&self.findings, &self.evidence, &self.knowledge, made);
        story.roles = self.knowledge.roles().into_iter().map(role_row).collect();
        story
    }

    /// The story of everything, and its findings' rows.
    pub(crate) fn conclude(&mut self, made: Made, sink: &mut dyn Sink) -> Story {
        let story = self.story(made);
        // What was told as it was found has its row.
        let rest: Option<HashSet<_>> = self.tells.then(|| self.findings.news().iter().map(|(_, found)| found.id).collect());
        let untold = self.findings.all().iter().filter(|found| rest.as_ref().is_none_or(|rest| rest.contains(&found.id)));
        let by_id: HashMap<String, &story::Found> = untold.map(|found| (found.id.to_string(), found)).collect();
        for row in &story.findings {
            if let Some(found) = by_id.get(&row.id) {
                sink.event(&story::row(found, row));
            }
        }
        story
    }
}

/// Events in one understanding: a look at the time after so many of them.
const TICK_EVENTS: u64 = 2_048;

/// Understands events that were read back, in the order in which they became known.
pub(crate) fn understand(events: &mut dyn Iterator<Item = (Timestamp, Event)>, settings: &Settings, given: Given, made: Made) -> Story {
    let mut all = Understanding::new(settings, given);
    for (at, event) in events {
        all.remember(at, event);
    }
    all.tick(all.remembered.1, true);
    all.conclude(made, &mut Nowhere)
}

/// Where rows go that nobody wants.
struct Nowhere;

impl Sink for Nowhere {
    fn event(&mut self, _event: &Event) {}
}

fn role_row(of: enrich::RoleOf) -> RoleRow {
    RoleRow { role: of.role.name().to_owned(), hosts: of.hosts, because: of.because, owner: of.owner, inferred: of.inferred }
}
