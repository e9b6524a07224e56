//! Findings: what a detector says of a host, and by which definition.

use crate::Role;
use model::{Addr, Timestamp, Uid};

/// Text in the languages that the program speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// English.
    pub en: &'static str,
    /// Japanese.
    pub ja: &'static str,
}

/// How bad it is, if it is so (after Slips: info 0, low 0.2, medium 0.5, high 0.8, critical 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; accuses nobody.
    Info,
    /// Odd.
    Low,
    /// Someone should look.
    Medium,
    /// Someone should look now.
    High,
    /// The host is lost unless this is wrong.
    Critical,
}

impl Severity {
    /// Its weight in the sum for a host, in thousandths.
    pub const fn weight(self) -> u32 {
        match self {
            Self::Info => 0,
            Self::Low => 200,
            Self::Medium => 500,
            Self::High => 800,
            Self::Critical => 1000,
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// Where in the course of an incident a finding belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// How it came in: a download, a mail, a guessed password.
    CameIn,
    /// A weakness was used.
    Exploited,
    /// More was fetched.
    FetchedMore,
    /// It calls home and takes orders.
    CalledHome,
    /// It looks around and spreads.
    Spread,
    /// It does what it was made for: spam, floods, theft.
    Acted,
    /// Not part of an intrusion: a rule that is bent, a habit.
    Habit,
}

impl Stage {
    /// Its name in data.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CameIn => "came_in",
            Self::Exploited => "exploited",
            Self::FetchedMore => "fetched_more",
            Self::CalledHome => "called_home",
            Self::Spread => "spread",
            Self::Acted => "acted",
            Self::Habit => "habit",
        }
    }
}

/// What the finding makes of its host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The host acts by itself as nobody's machine should: infected, or an attacker's.
    Actor,
    /// The host was attacked, with success or not.
    Target,
}

/// What a detector may find: the static half of a finding. One table per detector.
#[derive(Debug, PartialEq)]
pub struct Definition {
    /// The detector's name: the id in DETECTIONS.md.
    pub detector: &'static str,
    /// The finding's own name, unique among all: `volume_scan`. Counted as one kind when findings add up.
    pub name: &'static str,
    /// What is said of the host, in a few words ("scans for open ports").
    pub title: Words,
    /// The rule, with its default numbers, in a sentence.
    pub rule: Words,
    /// What a person should do or ask next.
    pub next: Words,
    /// Where the rule comes from.
    pub source: &'static str,
    /// How bad.
    pub severity: Severity,
    /// Where in an incident.
    pub stage: Stage,
    /// What it makes of its host.
    pub part: Part,
    /// ATT&CK techniques.
    pub techniques: &'static [&'static str],
    /// Roles whose holders are not accused of this.
    pub excluded: &'static [Role],
}

/// A measured value beside the number that it was held against.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// What was measured.
    pub name: &'static str,
    /// The value.
    pub value: f64,
    /// What it had to reach; `None` for what only explains.
    pub limit: Option<f64>,
    /// Its unit; empty for plain numbers.
    pub unit: &'static str,
}

/// Addresses, ids and quotes that one finding keeps: a sample that a person can look through.
pub const SAMPLE_MAX: usize = 8;
/// The longest quote, in bytes: a line of a session.
pub const QUOTE_BYTES_MAX: usize = 256;

/// What a detector says of a host. Built in one expression and handed to [`Tell::finding`]; saying the same again (same
/// definition, host and subject) updates what stands there.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What.
    pub definition: &'static Definition,
    /// Who.
    pub host: Addr,
    /// What distinguishes it from others of its kind on the same host: a port, a name, a pair. May be empty.
    pub subject: Box<[u8]>,
    /// Whom: a sample.
    pub peers: Vec<Addr>,
    /// From when.
    pub first: Timestamp,
    /// Until when.
    pub last: Timestamp,
    /// How often, so far.
    pub count: u64,
    /// How sure the detector is, in per cent.
    pub confidence: u8,
    /// How bad, where it differs from the definition's.
    pub severity: Severity,
    /// What was measured.
    pub measures: Vec<Measure>,
    /// What the traffic said, in its own words: a sample.
    pub quotes: Vec<Box<[u8]>>,
    /// Connections and files that prove it: a sample.
    pub evidence: Vec<Uid>,
}

impl Finding {
    /// A finding of `definition` on `host`, seen at `at`, with a confidence in per cent.
    pub fn new(definition: &'static Definition, host: Addr, at: Timestamp, confidence: u8) -> Self {
        Self {
            definition,
            host,
            subject: Box::default(),
            peers: Vec::new(),
            first: at,
            last: at,
            count: 1,
            confidence: confidence.min(100),
            severity: definition.severity,
            measures: Vec::new(),
            quotes: Vec::new(),
            evidence: Vec::new(),
        }
    }

    /// What it is about.
    #[must_use]
    pub fn about(mut self, subject: &[u8]) -> Self {
        self.subject = subject.get(..QUOTE_BYTES_MAX).unwrap_or(subject).into();
        self
    }

    /// When it began.
    #[must_use]
    pub fn since(mut self, first: Timestamp) -> Self {
        self.first = self.first.min(first);
        self
    }

    /// How often it was seen so far.
    #[must_use]
    pub const fn times(mut self, count: u64) -> Self {
        self.count = count;
        self
    }

    /// How bad it is this time.
    #[must_use]
    pub const fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// One more whom it concerns.
    #[must_use]
    pub fn peer(self, peer: Addr) -> Self {
        self.peers([peer])
    }

    /// Several of them.
    #[must_use]
    pub fn peers(mut self, peers: impl IntoIterator<Item = Addr>) -> Self {
        self.add_peers(peers);
        self
    }

    /// Adds whom it concerns, as far as the sample has room.
    pub fn add_peers(&mut self, peers: impl IntoIterator<Item = Addr>) {
        for peer in peers {
            if self.peers.len() >= SAMPLE_MAX {
                return;
            }
            if !self.peers.contains(&peer) {
                self.peers.push(peer);
            }
        }
    }

    /// One more connection or file that proves it.
    #[must_use]
    pub fn proof(self, uid: Option<Uid>) -> Self {
        self.proofs(uid)
    }

    /// Several of them.
    #[must_use]
    pub fn proofs(mut self, uids: impl IntoIterator<Item = Uid>) -> Self {
        self.add_proofs(uids);
        self
    }

    /// Adds what proves it, as far as the sample has room.
    pub fn add_proofs(&mut self, uids: impl IntoIterator<Item = Uid>) {
        for uid in uids {
            if self.evidence.len() >= SAMPLE_MAX {
                return;
            }
            if !self.evidence.contains(&uid) {
                self.evidence.push(uid);
            }
        }
    }

    /// What the traffic said.
    #[must_use]
    pub fn quote(mut self, text: &[u8]) -> Self {
        self.add_quote(text);
        self
    }

    /// Adds what the traffic said, as far as the sample has room.
    pub fn add_quote(&mut self, text: &[u8]) {
        let text = text.get(..QUOTE_BYTES_MAX).unwrap_or(text);
        if self.quotes.len() < SAMPLE_MAX && !text.is_empty() && !self.quotes.iter().any(|known| **known == *text) {
            self.quotes.push(text.into());
        }
    }

    /// A value that was held against a limit.
    #[must_use]
    pub fn measure(mut self, name: &'static str, value: f64, limit: f64, unit: &'static str) -> Self {
        self.measures.push(Measure { name, value, limit: Some(limit), unit });
        self
    }

    /// A value that explains.
    #[must_use]
    pub fn note(mut self, name: &'static str, value: f64, unit: &'static str) -> Self {
        self.measures.push(Measure { name, value, limit: None, unit });
        self
    }
}

/// Where detectors put what they find.
pub trait Tell {
    /// A finding, or a newer state of one: its measures, count, severity and confidence take the place of the older ones (the
    /// worst severity and highest confidence stay), its samples are added to them.
    fn finding(&mut self, finding: Finding);

    /// The same was seen once more: cheap. Does nothing where there is no such finding yet.
    fn again(&mut self, definition: &'static Definition, host: Addr, subject: &[u8], at: Timestamp, proof: Option<Uid>);
}

/// Findings as they came, for tests.
#[derive(Debug, Default)]
pub struct Told {
    /// All of them, in order.
    pub findings: Vec<Finding>,
}

impl Tell for Told {
    fn finding(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    fn again(&mut self, definition: &'static Definition, host: Addr, subject: &[u8], at: Timestamp, _proof: Option<Uid>) {
        let same = |one: &&mut Finding| one.definition.name == definition.name && one.host == host && *one.subject == *subject;
        if let Some(one) = self.findings.iter_mut().find(same) {
            one.count += 1;
            one.last = one.last.max(at);
        }
    }
}
