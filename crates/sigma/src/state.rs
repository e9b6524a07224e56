//! Rules at work: events in, matches counted by correlations, findings out.

use crate::correlation::Correlation;
use crate::fields::{Fields, View};
use crate::route::{Route, Ways};
use crate::rule::About;
use crate::who::{Who, proof, who};
use crate::window::{Entry, Windows};
use bounded::Table;
use contract::{Finding, Known, RuleState, Tell, UserRules};
use model::{Addr, Event, Timestamp};
use rsigma_eval::{EvaluationResult, EventValue};
use std::sync::Arc;

/// Sigma rules, loaded.
#[derive(Clone, Debug)]
pub struct Rules {
    all: Arc<All>,
}

#[derive(Debug)]
struct All {
    routes: Vec<Route>,
    abouts: Vec<About>,
    correlations: Vec<Correlation>,
    /// For each rule, the correlations over it, and as which of their rules.
    over: Vec<Vec<(u32, u16)>>,
    /// Which rules tell of each match: those that no correlation is over, or one that wants it so.
    told: Vec<bool>,
}

impl Rules {
    pub(crate) fn new(routes: Vec<Route>, abouts: Vec<About>, correlations: Vec<Correlation>) -> Self {
        let mut over: Vec<Vec<(u32, u16)>> = vec![Vec::new(); abouts.len()];
        for (number, correlation) in correlations.iter().enumerate() {
            for (which, place) in correlation.refs.iter().enumerate() {
                if let Some(over) = over.get_mut(*place) {
                    over.push((number as u32, which as u16));
                }
            }
        }
        let generates = |(number, _): &(u32, u16)| correlations.get(*number as usize).is_some_and(|one| one.generate);
        let told = over.iter().map(|over| over.is_empty() || over.iter().any(generates)).collect();
        Self { all: Arc::new(All { routes, abouts, correlations, over, told }) }
    }

    /// How many rules there are, correlations among them.
    pub fn len(&self) -> usize {
        self.all.abouts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl UserRules for Rules {
    fn open(&self) -> Box<dyn RuleState> {
        Box::new(State {
            all: self.all.clone(),
            ways: Ways::default(),
            windows: Windows::default(),
            counts: Table::new(COUNTS_MAX),
            chosen: Vec::new(),
            nobody: 0,
        })
    }
}

/// Rules and hosts whose matches are counted: as many as there are findings in a story.
const COUNTS_MAX: usize = 20_000;
/// Matches of a rule on a host whose fields are told; of those that follow only the number.
const TOLD_MAX: u64 = 8;
/// Correlations over correlations are followed so deep.
const DEPTH_MAX: usize = 8;
/// A match's own values that become quotes, in bytes each: the name and enough of the value to know it again.
const VALUE_BYTES_MAX: usize = 200;

struct State {
    all: Arc<All>,
    ways: Ways,
    windows: Windows,
    /// How often a rule matched on a host.
    counts: Table<(u32, Addr), u64>,
    /// The ways of the event at hand; kept for its room.
    chosen: Vec<u16>,
    /// Matches on rows that are about no host.
    nobody: u64,
}

/// A match at hand.
struct Match<'m> {
    event: &'m Event,
    fields: &'m Fields,
    now: Timestamp,
    who: Who,
}

impl RuleState for State {
    fn on(&mut self, event: &Event, known: &dyn Known, out: &mut dyn Tell) {
        let all = self.all.clone();
        let Some(plan) = self.ways.plan(&all.routes, event.kind()) else { return };
        let mut chosen = std::mem::take(&mut self.chosen);
        self.ways.of(&all.routes, plan, event, known, &mut chosen);
        for number in &chosen {
            // Findings are told through `self`, so the way is looked up anew after each match; matches are rare.
            let Some(way) = self.ways.way(plan, *number) else { continue };
            let Some(route) = all.routes.get(way.route) else { continue };
            let results = route.engine.evaluate(&View { event, fields: &way.fields });
            if results.is_empty() {
                continue;
            }
            let Some(who) = who(Some(&route.source), event, known) else {
                self.nobody += results.len() as u64;
                continue;
            };
            let ways = std::mem::take(&mut self.ways);
            if let Some(way) = ways.way(plan, *number) {
                let it = Match { event, fields: &way.fields, now: known.now(), who };
                for result in &results {
                    self.matched(&all, &it, result, out);
                }
            }
            self.ways = ways;
        }
        self.chosen = chosen;
    }

    fn held_bytes(&self) -> usize {
        self.windows.held_bytes() + self.counts.held_bytes()
    }

    fn losses(&self) -> Vec<(&'static str, u64)> {
        let mut all = vec![
            ("sigma windows", self.windows.forgotten()),
            ("sigma counts", self.counts.dropped()),
            ("sigma matches without a host", self.nobody),
        ];
        all.retain(|(_, count)| *count > 0);
        all
    }
}

impl State {
    fn matched(&mut self, all: &All, it: &Match<'_>, result: &EvaluationResult, out: &mut dyn Tell) {
        let Some(number) = result.header.rule_id.as_deref().and_then(|id| id.parse::<usize>().ok()) else { return };
        let Some(about) = all.abouts.get(number) else { return };
        if all.told.get(number).copied().unwrap_or(true) {
            self.tell(about, number, it, result, out);
        }
        for (correlation, which) in all.over.get(number).into_iter().flatten() {
            let Some(over) = all.correlations.get(*correlation as usize) else { continue };
            let value = |name: &str| it.fields.get(it.event, name).map(|value| text(&value)).unwrap_or_default();
            let group: Vec<String> = over.group(*which).iter().map(|name| value(name)).collect();
            let measured = over.measured();
            let distinct: Vec<String> = measured.iter().map(|name| value(name)).collect();
            let number = measured
                .first()
                .filter(|_| over.is_of_numbers())
                .map(|name| it.fields.get(it.event, name).and_then(|value| value.as_f64()));
            // What has no value to count, or none that is a number, says nothing to a correlation of values.
            if number == Some(None) || (!measured.is_empty() && distinct.iter().all(String::is_empty)) {
                continue;
            }
            let entry = Entry {
                at: it.now,
                which: *which,
                value: bounded::fingerprint(&distinct),
                number: number.flatten().unwrap_or_default(),
                uid: proof(it.event),
            };
            self.correlate(all, *correlation, &group, entry, it, out, 0);
        }
    }

    /// Tells of a rule's match.
    fn tell(&mut self, about: &About, number: usize, it: &Match<'_>, result: &EvaluationResult, out: &mut dyn Tell) {
        let definition = about.definition(it.who.part);
        let count = self.counts.entry((number as u32, it.who.host), || 0);
        *count += 1;
        if *count > TOLD_MAX {
            return out.again(definition, it.who.host, about.id.as_bytes(), it.event.ts(), proof(it.event));
        }
        let mut finding = Finding::new(definition, it.who.host, it.event.ts(), about.confidence)
            .about(about.id.as_bytes())
            .severity(about.severity)
            .times(*count)
            .peers(it.who.peer)
            .proof(proof(it.event));
        for field in result.as_detection().map(|body| body.matched_fields.as_slice()).unwrap_or_default() {
            let value = match &field.value {
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            finding.add_quote(format!("{}: {}", field.field, cut(&value)).as_bytes());
        }
        out.finding(finding);
    }

    /// Counts a match for a correlation, and tells where that fulfils it.
    #[expect(clippy::too_many_arguments, reason = "it calls itself for correlations over correlations, with all of it")]
    fn correlate(&mut self, all: &All, number: u32, group: &[String], entry: Entry, it: &Match<'_>, out: &mut dyn Tell, depth: usize) {
        let Some(correlation) = all.correlations.get(number as usize) else { return };
        let Some(about) = all.abouts.get(correlation.about) else { return };
        let window = self.windows.push(number, bounded::fingerprint(group), &correlation.shape, entry);
        let Some(value) = correlation.fulfilled(window) else { return };
        let named: Vec<String> = correlation
            .group_names()
            .zip(group)
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={}", cut(value)))
            .collect();
        let subject = if named.is_empty() { about.id.to_string() } else { format!("{} {}", about.id, named.join(" ")) };
        let definition = about.definition(it.who.part);
        window.told += 1;
        if all.told.get(correlation.about).copied().unwrap_or(true) {
            if window.told > TOLD_MAX && !window.told.is_power_of_two() {
                out.again(definition, it.who.host, subject.as_bytes(), entry.at, entry.uid);
            } else {
                let first = window.entries().next().map_or(entry.at, |first| first.at);
                let mut finding = Finding::new(definition, it.who.host, entry.at, about.confidence)
                    .since(first)
                    .about(subject.as_bytes())
                    .severity(about.severity)
                    .times(window.told)
                    .peers(it.who.peer)
                    .proofs(window.entries().rev().filter_map(|entry| entry.uid))
                    .measure(correlation.measure(), value, correlation.limit(), "")
                    .note("within", correlation.shape.span.nanos() as f64 / 1e9, "s");
                named.iter().for_each(|one| finding.add_quote(one.as_bytes()));
                out.finding(finding);
            }
        }
        if depth < DEPTH_MAX {
            let over = all.over.get(correlation.about).cloned().unwrap_or_default();
            for (parent, which) in over {
                let Some(next) = all.correlations.get(parent as usize) else { continue };
                let value = |name: &str| {
                    correlation
                        .group_names()
                        .zip(group)
                        .find(|(known, _)| *known == name)
                        .map(|(_, value)| value.clone())
                        .unwrap_or_default()
                };
                let group: Vec<String> = next.group(which).iter().map(|name| value(name)).collect();
                self.correlate(all, parent, &group, Entry { which, ..entry }, it, out, depth + 1);
            }
        }
    }
}

/// A value as text, by which groups are told apart.
fn text(value: &EventValue<'_>) -> String {
    match value {
        EventValue::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(","),
        other => other.as_str().map(|text| cut(&text).to_owned()).unwrap_or_default(),
    }
}

/// A text's beginning, as much as is told.
fn cut(text: &str) -> &str {
    let mut end = text.len().min(VALUE_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
