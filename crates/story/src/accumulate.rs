//! Findings added up per host, and the hosts that go past the threshold.
//!
//! After Slips (DETECTIONS.md, "Accumulation"): severity times confidence, decaying with a half-life of six hours; each kind
//! counts at most three times, the second half and the third a quarter, so that distinct kinds weigh more.

use crate::Found;
use bounded::Map;
use contract::{Finding, Part, Stage};
use model::{Addr, Interval, Timestamp};
use std::collections::BTreeMap;

/// Past this a host is an incident: one high finding of which its detector is sure, or two medium ones.
pub const THRESHOLD: u32 = 700;
const HALF_LIFE: Interval = Interval::from_secs(6 * 3600);

/// A host past the threshold.
#[derive(Clone, Debug)]
pub struct Suspect {
    /// The host.
    pub host: Addr,
    /// The highest sum that it reached, in thousandths.
    pub score: u32,
    /// Whether it acts or is acted upon.
    pub part: Part,
    /// Its findings, as places in the list, in the order of stages and then of time.
    pub findings: Vec<usize>,
    /// From when.
    pub first: Timestamp,
    /// Until when.
    pub last: Timestamp,
}

/// The hosts past the threshold, the worst first. `counts` says of each finding whether it accuses.
pub fn suspects(all: &[Found], counts: impl Fn(&Found) -> bool) -> Vec<Suspect> {
    let mut hosts: BTreeMap<Addr, Vec<usize>> = BTreeMap::new();
    for (place, found) in all.iter().enumerate().filter(|(_, found)| counts(found)) {
        hosts.entry(found.finding.host).or_default().push(place);
    }
    let mut suspects: Vec<Suspect> = hosts.into_iter().filter_map(|(host, places)| suspect(all, host, places)).collect();
    suspects.sort_by(|a, b| b.score.cmp(&a.score).then(a.first.cmp(&b.first)).then(a.host.cmp(&b.host)));
    suspects
}

fn suspect(all: &[Found], host: Addr, mut places: Vec<usize>) -> Option<Suspect> {
    let sum = |part| score(all, &places, part);
    let (actor, target) = (sum(Part::Actor), sum(Part::Target));
    let score = actor.max(target);
    if score < THRESHOLD {
        return None;
    }
    places.sort_by_key(|place| all.get(*place).map(|found| (found.finding.definition.stage, found.finding.first)));
    let of = |place: &usize| all.get(*place).map(|found| &found.finding);
    Some(Suspect {
        host,
        score,
        part: if actor >= THRESHOLD || actor >= target { Part::Actor } else { Part::Target },
        first: places.iter().filter_map(of).map(|finding| finding.first).min()?,
        last: places.iter().filter_map(of).map(|finding| finding.last).max()?,
        findings: places,
    })
}

/// The highest sum that the findings of one part reach at any time.
fn score(all: &[Found], places: &[usize], part: Part) -> u32 {
    let mut findings: Vec<_> = places
        .iter()
        .filter_map(|place| all.get(*place))
        .map(|found| &found.finding)
        // A habit is no part of an intrusion, however many a host has.
        .filter(|finding| finding.definition.part == part && finding.definition.stage != Stage::Habit)
        .collect();
    findings.sort_by_key(|finding| (finding.last, std::cmp::Reverse(finding.severity)));
    let weight = |finding: &Finding| u32::from(finding.confidence) * finding.severity.weight();
    // The worst of a kind counts whole, whenever it came: what is said of the same before may be no more than its beginning.
    let mut ranks: Map<&str, Vec<(u32, usize)>> = Map::default();
    for (place, finding) in findings.iter().enumerate() {
        ranks.entry(finding.definition.name).or_default().push((weight(finding), place));
    }
    let mut shares = vec![0.0_f64; findings.len()];
    for kind in ranks.values_mut() {
        kind.sort_by_key(|(weight, place)| (std::cmp::Reverse(*weight), *place));
        for ((_, place), share) in kind.iter().zip([1.0, 0.5, 0.25]) {
            shares[*place] = share;
        }
    }
    let (mut sum, mut highest, mut before) = (0.0_f64, 0.0_f64, None);
    for (finding, share) in findings.iter().zip(&shares) {
        if let Some(before) = before {
            sum *= 0.5_f64.powf((finding.last - before).secs_f64() / HALF_LIFE.secs_f64());
        }
        before = Some(finding.last);
        sum += share * f64::from(weight(finding)) / 100.0;
        highest = highest.max(sum);
    }
    highest as u32
}
