//! The story put together at the end: which findings count, whom they accuse, what happened in which order.

use crate::incident::{self, Case};
use crate::scene::Scene;
use crate::text::{lossless, stamp, words};
use crate::{Evidence, Exclusion, FindingRow, Findings, Found, Made, MeasureRow, Story, Suspect, VERSION, suspects};
use crate::{blind, indicators, questions};
use bounded::{Map, Set};
use contract::{Finding, Held, Known, Part};
use model::kinds::finding;
use model::{Event, Uid, Value};

/// Makes the story of all that was found.
pub fn make(findings: &Findings, evidence: &Evidence, known: &dyn Known, made: Made) -> Story {
    let all = findings.all();
    let accused = |found: &Found| !exclusions(&found.finding, known).iter().any(|exclusion| exclusion.applies);
    let suspects = suspects(all, accused);
    let scene = Scene::new(evidence, known, all, &suspects);
    let cases: Vec<Case<'_>> = suspects.iter().map(|suspect| incident::case(&scene, suspect)).collect();
    let mut of: Map<usize, String> = Map::default();
    for suspect in &suspects {
        of.extend(suspect.findings.iter().map(|place| (*place, incident_id(suspect))));
    }
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by_key(|place| all.get(*place).map(|found| (found.finding.first, found.id)));
    let findings = order
        .into_iter()
        .filter_map(|place| Some(finding_row(all.get(place)?, of.get(&place).cloned().unwrap_or_default(), known)))
        .collect();
    let (indicators, questions) = (indicators::find(&scene, &cases), questions::find(&scene, &cases));
    let made = Made { events: evidence.events(), ..made };
    let blind = blind::find(evidence, &made, !cases.is_empty());
    let incidents = cases.into_iter().map(|case| case.incident).collect();
    Story { version: VERSION, made, incidents, findings, indicators, blind, questions, roles: Vec::new() }
}

/// A finding as it stands when it is told.
#[derive(Clone, Debug)]
pub struct Told {
    /// Whether for the first time.
    pub is_new: bool,
    /// In words and data; `incident` is set where its host has become one by now.
    pub row: FindingRow,
    /// As a row of `finding.log`.
    pub event: Event,
    /// The sum of its host's findings, where that makes an incident.
    pub score: Option<u32>,
}

impl Told {
    /// Whether a role of its host excuses it.
    pub fn is_excused(&self) -> bool {
        self.row.excluded.iter().any(|exclusion| exclusion.applies)
    }
}

/// The findings that are new or have grown since the last call, each with what it makes of its host.
pub fn news(findings: &mut Findings, known: &dyn Known) -> Vec<Told> {
    let news: Vec<(bool, Found)> = findings.news().into_iter().map(|(is_new, found)| (is_new, found.clone())).collect();
    if news.is_empty() {
        return Vec::new();
    }
    let hosts: Set<_> = news.iter().map(|(_, found)| found.finding.host).collect();
    let accused =
        |found: &Found| hosts.contains(&found.finding.host) && !exclusions(&found.finding, known).iter().any(|exclusion| exclusion.applies);
    let suspects = suspects(findings.all(), accused);
    let told = |(is_new, found): (bool, Found)| {
        let suspect = suspects.iter().find(|suspect| suspect.host == found.finding.host);
        let row = finding_row(&found, suspect.map(incident_id).unwrap_or_default(), known);
        Told { is_new, event: self::row(&found, &row), row, score: suspect.map(|suspect| suspect.score) }
    };
    news.into_iter().map(told).collect()
}

/// The id of a suspect's incident.
pub(crate) fn incident_id(suspect: &Suspect) -> String {
    Uid::incident(&[suspect.host.as_slice(), &suspect.first.nanos().to_be_bytes()]).to_string()
}

/// The name of a part, in data.
pub(crate) const fn part(part: Part) -> &'static str {
    match part {
        Part::Actor => "actor",
        Part::Target => "target",
    }
}

/// The roles that would excuse a finding's host, and whether it has them.
fn exclusions(finding: &Finding, known: &dyn Known) -> Vec<Exclusion> {
    let excluded = finding.definition.excluded.iter();
    excluded
        .map(|role| {
            let held = known.role(finding.host, *role);
            let (because, inferred) = match held {
                Some(Held::Given { reason, .. }) => (reason.to_owned(), false),
                Some(Held::Inferred { because }) => (because.to_owned(), true),
                None => (String::new(), false),
            };
            Exclusion { role: role.name().to_owned(), applies: held.is_some(), because, inferred }
        })
        .collect()
}

fn finding_row(found: &Found, incident: String, known: &dyn Known) -> FindingRow {
    let finding = &found.finding;
    let definition = finding.definition;
    FindingRow {
        id: found.id.to_string(),
        detector: definition.detector.to_owned(),
        name: definition.name.to_owned(),
        title: words(&definition.title),
        host: finding.host.to_string(),
        subject: lossless(&finding.subject),
        peers: finding.peers.iter().map(ToString::to_string).collect(),
        first: stamp(finding.first),
        last: stamp(finding.last),
        count: finding.count,
        severity: finding.severity.name().to_owned(),
        confidence: finding.confidence,
        stage: definition.stage.name().to_owned(),
        part: part(definition.part).to_owned(),
        techniques: definition.techniques.iter().map(|technique| (*technique).to_owned()).collect(),
        rule: words(&definition.rule),
        measures: finding
            .measures
            .iter()
            .map(|measure| MeasureRow {
                name: measure.name.to_owned(),
                value: measure.value,
                limit: measure.limit,
                unit: measure.unit.to_owned(),
            })
            .collect(),
        quotes: finding.quotes.iter().map(|quote| lossless(quote)).collect(),
        evidence: finding.evidence.iter().map(ToString::to_string).collect(),
        excluded: exclusions(finding, known),
        next: words(&definition.next),
        incident,
    }
}

/// The row of `finding.log` for a finding of the story.
pub fn row(found: &Found, story: &FindingRow) -> Event {
    let it = &found.finding;
    let text = |text: &str| Value::Bytes(text.as_bytes().into());
    let measures = story.measures.iter().map(|measure| match measure.limit {
        Some(limit) => format!("{}={}{} (from {limit})", measure.name, measure.value, measure.unit),
        None => format!("{}={}{}", measure.name, measure.value, measure.unit),
    });
    let excuse =
        story.excluded.iter().find(|exclusion| exclusion.applies).map(|exclusion| format!("{}: {}", exclusion.role, exclusion.because));
    Event::new(&finding::KIND, it.first)
        .with(finding::ID, found.id)
        .with(finding::DETECTOR, it.definition.detector)
        .with(finding::NAME, it.definition.name)
        .with(finding::HOST, it.host)
        .with(finding::SUBJECT, if it.subject.is_empty() { Value::Unset } else { Value::Bytes(it.subject.clone()) })
        .with(finding::TITLE, it.definition.title.en)
        .with(finding::PEERS, Value::list_or_unset(it.peers.iter().copied()))
        .with(finding::LAST, it.last)
        .with(finding::COUNT, it.count)
        .with(finding::SEVERITY, it.severity.name())
        .with(finding::CONFIDENCE, it.confidence)
        .with(finding::STAGE, it.definition.stage.name())
        .with(finding::PART, part(it.definition.part))
        .with(finding::TECHNIQUES, Value::list_or_unset(it.definition.techniques.iter().copied()))
        .with(finding::MEASURES, Value::list_or_unset(measures))
        .with(finding::QUOTES, Value::list_or_unset(it.quotes.iter().cloned()))
        .with(finding::EVIDENCE, Value::list_or_unset(it.evidence.iter().copied()))
        .with(finding::EXCLUDED_BY, excuse)
        .with(finding::INCIDENT, if story.incident.is_empty() { Value::Unset } else { text(&story.incident) })
}
