//! All findings, each once: where detectors put them.

use bounded::Map;
use contract::{Definition, Finding, SAMPLE_MAX, Severity, Tell};
use model::{Addr, Timestamp, Uid};

/// Findings that are kept: 20,000 of about a kilobyte are 20 MB, and more than anybody reads.
const FINDINGS_MAX: usize = 20_000;
/// A finding is news again when it was seen so many times as often as when it was told: 1, 10, 100 …
const COUNT_STEP: u64 = 10;
/// … or when its detector is surer by so many hundredths.
const CONFIDENCE_STEP: u8 = 10;

/// A finding with its id.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its id: a hash of what was found, on which host, about what.
    pub id: Uid,
    /// What.
    pub finding: Finding,
}

/// All findings.
#[derive(Debug, Default)]
pub struct Findings {
    all: Vec<Found>,
    /// Where a finding stands, by the fingerprint of what makes it the same; another with the same fingerprint takes the next.
    places: Map<u64, usize>,
    /// What was told of each, in the order of `all`.
    told: Vec<Told>,
    /// What is to be told, each once.
    news: Vec<usize>,
    dropped: u64,
}

/// What was told of a finding.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    /// How bad and how sure it was; `None` before it was told.
    as_bad: Option<(Severity, u8)>,
    /// At which count it is news again.
    next_count: u64,
    /// Whether it waits to be told.
    waits: bool,
}

impl Told {
    /// Whether a finding has grown enough since.
    fn is_outgrown(&self, by: &Finding) -> bool {
        let surer =
            |(severity, confidence): (Severity, u8)| by.severity > severity || by.confidence >= confidence.saturating_add(CONFIDENCE_STEP);
        by.count >= self.next_count || self.as_bad.is_none_or(surer)
    }
}

impl Findings {
    /// All of them, in the order in which they were found.
    pub fn all(&self) -> &[Found] {
        &self.all
    }

    /// How many did not fit.
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Those that are new, or have grown, since the last call, in the order in which that happened: how bad, how sure or ten
    /// times as often. With each goes whether it is new. What nobody asks for costs one number per finding.
    pub fn news(&mut self) -> Vec<(bool, &Found)> {
        let mut places = std::mem::take(&mut self.news);
        places.retain(|place| *place < self.all.len());
        let mut told = Vec::with_capacity(places.len());
        for place in places {
            let (Some(found), Some(state)) = (self.all.get(place), self.told.get_mut(place)) else { continue };
            told.push((state.as_bad.is_none(), found));
            *state = Told {
                as_bad: Some((found.finding.severity, found.finding.confidence)),
                next_count: found.finding.count.saturating_mul(COUNT_STEP),
                waits: false,
            };
        }
        told
    }

    /// Puts a finding among the news if it has grown.
    fn note(&mut self, place: usize) {
        if let (Some(found), Some(told)) = (self.all.get(place), self.told.get_mut(place))
            && !told.waits
            && told.is_outgrown(&found.finding)
        {
            told.waits = true;
            self.news.push(place);
        }
    }

    /// Where a finding stands, or else under which number it would.
    fn place(&self, definition: &'static Definition, host: Addr, subject: &[u8]) -> Result<usize, u64> {
        let mut number = bounded::fingerprint(&(definition.name, host, subject));
        while let Some(place) = self.places.get(&number) {
            let same = |it: &Finding| it.definition.name == definition.name && it.host == host && *it.subject == *subject;
            if self.all.get(*place).is_some_and(|found| same(&found.finding)) {
                return Ok(*place);
            }
            number = number.wrapping_add(1);
        }
        Err(number)
    }
}

impl Tell for Findings {
    fn finding(&mut self, finding: Finding) {
        let number = match self.place(finding.definition, finding.host, &finding.subject) {
            Ok(place) => {
                if let Some(known) = self.all.get_mut(place) {
                    update(&mut known.finding, finding);
                }
                self.note(place);
                return;
            }
            Err(number) => number,
        };
        if self.all.len() >= FINDINGS_MAX {
            self.dropped += 1;
            return;
        }
        let id = Uid::finding(&[finding.definition.name.as_bytes(), finding.host.as_slice(), &finding.subject]);
        self.places.insert(number, self.all.len());
        self.all.push(Found { id, finding });
        self.told.push(Told::default());
        self.note(self.all.len() - 1);
    }

    fn again(&mut self, definition: &'static Definition, host: Addr, subject: &[u8], at: Timestamp, proof: Option<Uid>) {
        let Ok(place) = self.place(definition, host, subject) else { return };
        if let Some(known) = self.all.get_mut(place) {
            let known = &mut known.finding;
            known.count += 1;
            known.last = known.last.max(at);
            if let Some(uid) = proof
                && known.evidence.len() < SAMPLE_MAX
                && !known.evidence.contains(&uid)
            {
                known.evidence.push(uid);
            }
            self.note(place);
        }
    }
}

fn update(known: &mut Finding, newer: Finding) {
    known.first = known.first.min(newer.first);
    known.last = known.last.max(newer.last);
    known.count = known.count.max(newer.count);
    known.confidence = known.confidence.max(newer.confidence);
    known.severity = known.severity.max(newer.severity);
    known.measures = newer.measures;
    known.add_peers(newer.peers);
    known.add_proofs(newer.evidence);
    newer.quotes.iter().for_each(|quote| known.add_quote(quote));
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::{Part, Stage, Words};

    const NONE: Words = Words { en: "", ja: "" };
    static SCAN: Definition = Definition {
        detector: "scan",
        name: "scan",
        title: NONE,
        rule: NONE,
        next: NONE,
        source: "",
        severity: Severity::Low,
        stage: Stage::Spread,
        part: Part::Actor,
        techniques: &[],
        excluded: &[],
    };

    #[test]
    fn the_same_finding_is_updated_and_another_subject_is_another_finding() {
        let (host, at) = (Addr::v4([10, 0, 0, 1]), Timestamp::from_secs);
        let mut all = Findings::default();
        all.again(&SCAN, host, b"445", at(1), None);
        all.finding(Finding::new(&SCAN, host, at(2), 50).about(b"445").measure("targets", 10.0, 10.0, ""));
        all.finding(
            Finding::new(&SCAN, host, at(9), 40).about(b"445").times(100).severity(Severity::High).measure("targets", 100.0, 10.0, ""),
        );
        all.again(&SCAN, host, b"445", at(12), Some(Uid::connection(&[b"c"])));
        all.finding(Finding::new(&SCAN, host, at(5), 50).about(b"22"));
        let [first, second] = all.all() else { panic!("two findings: {all:?}") };
        assert_ne!(first.id, second.id);
        let it = &first.finding;
        assert_eq!((it.first, it.last, it.count, it.confidence, it.severity), (at(2), at(12), 101, 50, Severity::High));
        assert_eq!((it.measures[0].value, it.evidence.len()), (100.0, 1));
    }

    #[test]
    fn a_flood_of_findings_is_counted() {
        let mut all = Findings::default();
        for number in 0..FINDINGS_MAX as u32 + 7 {
            all.finding(Finding::new(&SCAN, Addr::v4(number.to_be_bytes()), Timestamp::from_secs(1), 50));
        }
        assert_eq!((all.all().len(), all.dropped()), (FINDINGS_MAX, 7));
    }

    #[test]
    fn news_are_what_is_new_or_has_grown() {
        let (host, at) = (Addr::v4([10, 0, 0, 1]), Timestamp::from_secs(1));
        let find = |confidence| Finding::new(&SCAN, host, at, confidence);
        let mut all = Findings::default();
        let news = |all: &mut Findings| all.news().iter().map(|(new, found)| (*new, found.finding.count)).collect::<Vec<_>>();
        assert_eq!(news(&mut all), []);
        all.finding(find(50));
        all.finding(find(50).about(b"22"));
        all.again(&SCAN, host, b"", at, None);
        assert_eq!(news(&mut all), [(true, 2), (true, 1)]);
        all.finding(find(55));
        assert_eq!(news(&mut all), []);
        all.finding(find(60));
        assert_eq!(news(&mut all), [(false, 2)]);
        all.finding(find(60).severity(Severity::High));
        assert_eq!(news(&mut all), [(false, 2)]);
        for _ in 0..17 {
            all.again(&SCAN, host, b"", at, None);
        }
        assert_eq!(news(&mut all), []);
        all.again(&SCAN, host, b"", at, None);
        assert_eq!(news(&mut all), [(false, 20)]);
    }
}
