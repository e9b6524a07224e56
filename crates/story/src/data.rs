//! The story as data: what the terminal prints, `story.json` holds, the report draws and the exchange formats carry.
//!
//! Times are UTC in RFC 3339 with microseconds; ids are those of the logs; texts come in both languages. What is missing when a
//! story is read back is empty.

use serde::{Deserialize, Serialize};

/// The version of this shape; raised when a field changes its meaning or goes.
pub const VERSION: u32 = 1;

/// Everything that was understood of what was read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Story {
    /// [`VERSION`].
    pub version: u32,
    /// What was read.
    pub made: Made,
    /// Hosts to look at, the worst first.
    pub incidents: Vec<Incident>,
    /// Every finding, in the order of time; those that make no incident, too.
    pub findings: Vec<FindingRow>,
    /// What to look for elsewhere.
    pub indicators: Vec<Indicator>,
    /// What can't be seen in what was read: encryption, gaps, missing name servers.
    pub blind: Vec<Sentence>,
    /// Which questions a person should answer next.
    pub questions: Vec<Sentence>,
    /// Roles of hosts, given and inferred.
    pub roles: Vec<RoleRow>,
}

/// From what the story was made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Made {
    /// The program and its version.
    pub by: String,
    /// Captures, or logs.
    pub from: Vec<Input>,
    /// The first time in them.
    pub first: Option<String>,
    /// The last.
    pub last: Option<String>,
    /// Packets that were read.
    pub packets: u64,
    /// Rows that were understood.
    pub events: u64,
    /// What was lost or limited: name and number.
    pub losses: Vec<(String, u64)>,
}

/// A file that was read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Input {
    /// Its name, without its folder.
    pub name: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its SHA-256; empty where it was a stream.
    pub sha256: String,
}

/// A host to look at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Incident {
    /// Its id.
    pub id: String,
    /// The host.
    pub host: String,
    /// Names that the host is known by.
    pub names: Vec<String>,
    /// `actor` for a host that is infected or attacks, `target` for one that is attacked.
    pub part: String,
    /// What it is accused of, in a few words.
    pub title: Text,
    /// The sum of its findings, in thousandths; an incident begins at 700.
    pub score: u32,
    /// How sure, in per cent.
    pub confidence: u8,
    /// From when.
    pub first: String,
    /// Until when.
    pub last: String,
    /// Its findings in the order of their stages.
    pub stages: Vec<StageRow>,
    /// What happened, sentence by sentence, in the order of time.
    pub story: Vec<Sentence>,
    /// What it was infected by and from where, as far as that is known.
    pub source: Option<Source>,
}

/// Text in both languages.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Text {
    /// English.
    pub en: String,
    /// Japanese.
    pub ja: String,
}

/// A stage of an incident.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StageRow {
    /// `came_in`, `exploited`, `fetched_more`, `called_home`, `spread`, `acted`, `habit`.
    pub stage: String,
    /// Ids of findings.
    pub findings: Vec<String>,
}

/// Something that happened, and what proves it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sentence {
    /// What kind of statement: `download`, `lookup`, `calls_home` …
    pub what: String,
    /// When, if at one time.
    pub at: Option<String>,
    /// The sentence.
    pub text: Text,
    /// Ids of connections, files and findings.
    pub ids: Vec<String>,
}

/// Where an infection came from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Source {
    /// The name that was looked up or asked for; empty if none was.
    pub name: String,
    /// The address.
    pub address: String,
    /// The URL, where there was one.
    pub url: String,
    /// The page that led to it.
    pub referrer: String,
    /// The protocol.
    pub protocol: String,
    /// The file's id.
    pub fuid: String,
    /// The file's type by content.
    pub mime_type: String,
    /// The file's length in bytes.
    pub bytes: u64,
    /// The file's SHA-256.
    pub sha256: String,
    /// Ids of what proves it.
    pub ids: Vec<String>,
}

/// A finding, as data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FindingRow {
    /// Its id.
    pub id: String,
    /// The detector.
    pub detector: String,
    /// Its kind.
    pub name: String,
    /// What is said.
    pub title: Text,
    /// The host.
    pub host: String,
    /// What it is about.
    pub subject: String,
    /// Whom it concerns: a sample.
    pub peers: Vec<String>,
    /// From when.
    pub first: String,
    /// Until when.
    pub last: String,
    /// How often.
    pub count: u64,
    /// How bad.
    pub severity: String,
    /// How sure, in per cent.
    pub confidence: u8,
    /// The stage.
    pub stage: String,
    /// `actor` or `target`.
    pub part: String,
    /// ATT&CK techniques.
    pub techniques: Vec<String>,
    /// The definition.
    pub rule: Text,
    /// What was measured.
    pub measures: Vec<MeasureRow>,
    /// What the traffic said.
    pub quotes: Vec<String>,
    /// Ids that prove it.
    pub evidence: Vec<String>,
    /// Roles that would excuse the host of it.
    pub excluded: Vec<Exclusion>,
    /// What to do next.
    pub next: Text,
    /// The incident that it is part of; empty if of none.
    pub incident: String,
}

/// A role that was considered as an excuse.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Exclusion {
    /// The role.
    pub role: String,
    /// Whether the host has it, so that it is not accused.
    pub applies: bool,
    /// Why; for an inferred role, what was seen.
    pub because: String,
    /// Whether it was inferred.
    pub inferred: bool,
}

/// A measured value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MeasureRow {
    /// What.
    pub name: String,
    /// The value.
    pub value: f64,
    /// What it had to reach.
    pub limit: Option<f64>,
    /// Its unit.
    pub unit: String,
}

/// Something to look for elsewhere, and to block.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Indicator {
    /// `domain`, `ip`, `url`, `sha256`, `sha1`, `md5`, `ja3`, `ja4`, `user_agent`, `port`.
    pub kind: String,
    /// The value.
    pub value: String,
    /// How sure that it is bad, in per cent.
    pub confidence: u8,
    /// What it was.
    pub because: Text,
    /// Hosts without an incident that blocking it would hit too.
    pub also_hits: u64,
    /// Whether it is fit for blocking.
    pub block: bool,
    /// Ids that prove it.
    pub ids: Vec<String>,
}

/// A role of a host.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RoleRow {
    /// The role.
    pub role: String,
    /// The host or network.
    pub hosts: String,
    /// Why.
    pub because: String,
    /// Who answers for it.
    pub owner: String,
    /// Whether it was inferred.
    pub inferred: bool,
}
