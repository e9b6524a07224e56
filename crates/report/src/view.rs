//! The story as the page shows it: who is who around the accused hosts.

use crate::gather::Gathered;
use crate::when::micros_of;
use std::collections::BTreeMap;
use story::{FindingRow, Incident, Story};

/// Incidents that are told in full; more are named in a table.
pub(crate) const TOLD_MAX: usize = 3;

/// What a host is to the accused ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// Accused of acting.
    Accused,
    /// Attacked with success enough to be an incident.
    Hit,
    /// Where it came from.
    Source,
    /// Where more came from.
    Supplier,
    /// Who attacked.
    Attacker,
    /// Whom it calls.
    Home,
    /// Whom it attacks.
    Victim,
    /// Anyone else.
    Other,
}

/// The story with what is asked of it more than once.
pub(crate) struct View<'a> {
    pub(crate) story: &'a Story,
    pub(crate) gathered: &'a Gathered,
    parts: BTreeMap<String, Part>,
}

impl<'a> View<'a> {
    /// Looks at a story.
    pub(crate) fn new(story: &'a Story, gathered: &'a Gathered) -> Self {
        let mut parts = BTreeMap::new();
        let mut set = |address: &str, part: Part| {
            if !address.is_empty() {
                let held = parts.entry(address.to_owned()).or_insert(part);
                *held = (*held).min(part);
            }
        };
        for incident in &story.incidents {
            set(&incident.host, if incident.part == "target" { Part::Hit } else { Part::Accused });
            if let Some(source) = &incident.source {
                set(&source.address, Part::Source);
            }
        }
        for finding in story.findings.iter().filter(|finding| !finding.incident.is_empty()) {
            let part = match (finding.stage.as_str(), finding.part.as_str()) {
                (_, "target") => Part::Attacker,
                ("came_in", _) => Part::Supplier,
                ("fetched_more", _) => Part::Supplier,
                ("called_home", _) => Part::Home,
                ("exploited" | "spread" | "acted", _) => Part::Victim,
                _ => Part::Other,
            };
            finding.peers.iter().for_each(|peer| set(peer, part));
        }
        Self { story, gathered, parts }
    }

    /// What a host is.
    pub(crate) fn part(&self, address: &str) -> Part {
        self.parts.get(address).copied().unwrap_or(Part::Other)
    }

    /// All hosts with a part, in the order of parts and addresses.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (&str, Part)> {
        self.parts.iter().map(|(address, part)| (address.as_str(), *part))
    }

    /// The incidents that are told in full.
    pub(crate) fn told(&self) -> impl Iterator<Item = &'a Incident> {
        self.story.incidents.iter().take(TOLD_MAX)
    }

    /// The findings of an incident, in the order of time.
    pub(crate) fn findings_of(&self, incident: &Incident) -> impl Iterator<Item = &'a FindingRow> {
        let id = incident.id.clone();
        self.story.findings.iter().filter(move |finding| finding.incident == id)
    }

    /// The findings of all incidents.
    pub(crate) fn accusing(&self) -> impl Iterator<Item = &'a FindingRow> {
        self.story.findings.iter().filter(|finding| !finding.incident.is_empty())
    }

    /// Names of an address: the story's, then the logs'.
    pub(crate) fn name(&self, address: &str) -> &str {
        let of_incident = self.story.incidents.iter().find(|incident| incident.host == address).and_then(|incident| incident.names.first());
        let sources = self.story.incidents.iter().filter_map(|incident| incident.source.as_ref());
        let of_source = sources.filter(|source| source.address == address && !source.name.is_empty()).map(|source| &source.name).next();
        of_incident.or(of_source).map_or_else(|| self.gathered.name(address), String::as_str)
    }

    /// From when to when the story reaches, in microseconds.
    pub(crate) fn span(&self) -> Option<(i64, i64)> {
        let read = |stamp: &Option<String>| stamp.as_deref().and_then(micros_of);
        let findings = || self.story.findings.iter();
        let first = read(&self.story.made.first).or_else(|| findings().filter_map(|one| micros_of(&one.first)).min())?;
        let last = read(&self.story.made.last).or_else(|| findings().filter_map(|one| micros_of(&one.last)).max())?;
        Some((first, last.max(first)))
    }
}

/// Where a severity stands among them: 0 for the worst.
pub(crate) fn rank(severity: &str) -> usize {
    const ORDER: &[&str] = &["critical", "high", "medium", "low", "info"];
    ORDER.iter().position(|name| *name == severity).unwrap_or(ORDER.len())
}

/// Stages in the order of an intrusion.
pub(crate) const STAGES: &[&str] = &["came_in", "exploited", "fetched_more", "called_home", "spread", "acted", "habit"];
