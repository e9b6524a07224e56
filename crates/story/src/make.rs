//! The story put together at the end: which findings count, whom they accuse, what happened in which order.

use crate::text::{lossless, stamp, words};
use crate::{
    Evidence, Exclusion, FindingRow, Findings, Found, Incident, Made, MeasureRow, StageRow, Story, Suspect, Text, VERSION, suspects,
};
use contract::{Finding, Held, Known, Part};
use model::kinds::finding;
use model::{Event, Uid, Value};
use std::collections::HashMap;

/// Makes the story of all that was found.
pub fn make(findings: &Findings, evidence: &Evidence, known: &dyn Known, made: Made) -> Story {
    let all = findings.all();
    let accused = |found: &Found| !exclusions(&found.finding, known).iter().any(|exclusion| exclusion.applies);
    let suspects = suspects(all, accused);
    let mut of: HashMap<usize, String> = HashMap::new();
    let incidents: Vec<Incident> = suspects.iter().map(|suspect| incident(suspect, all, &mut of)).collect();
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by_key(|place| all.get(*place).map(|found| (found.finding.first, found.id)));
    let rows = order
        .into_iter()
        .filter_map(|place| Some(finding_row(all.get(place)?, of.get(&place).cloned().unwrap_or_default(), known)))
        .collect();
    Story { version: VERSION, made: Made { events: evidence.events(), ..made }, incidents, findings: rows, ..Story::default() }
}

fn incident(suspect: &Suspect, all: &[Found], of: &mut HashMap<usize, String>) -> Incident {
    let id = Uid::incident(&[suspect.host.as_slice(), &suspect.first.nanos().to_be_bytes()]).to_string();
    let mut stages: Vec<StageRow> = Vec::new();
    let (mut title, mut worst) = (Text::default(), 0);
    let mut confidence = 0;
    for place in &suspect.findings {
        let Some(found) = all.get(*place) else { continue };
        of.insert(*place, id.clone());
        let stage = found.finding.definition.stage.name();
        match stages.last_mut() {
            Some(last) if last.stage == stage => last.findings.push(found.id.to_string()),
            _ => stages.push(StageRow { stage: stage.to_owned(), findings: vec![found.id.to_string()] }),
        }
        let weight = found.finding.severity.weight() * u32::from(found.finding.confidence);
        if weight > worst && found.finding.definition.part == suspect.part {
            (title, worst) = (words(&found.finding.definition.title), weight);
        }
        confidence = confidence.max(found.finding.confidence);
    }
    Incident {
        id,
        host: suspect.host.to_string(),
        part: part(suspect.part).to_owned(),
        title,
        score: suspect.score,
        confidence,
        first: stamp(suspect.first),
        last: stamp(suspect.last),
        stages,
        ..Incident::default()
    }
}

const fn part(part: Part) -> &'static str {
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
