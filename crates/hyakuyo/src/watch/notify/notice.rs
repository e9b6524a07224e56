//! What is told of a finding, and how it is written for each kind of reader: a line for people, JSON for programs. What came from the
//! traffic is escaped here, for whatever it is put into.

use crate::args::Language;
use crate::terminal::{cut, safe};
use model::Timestamp;
use pipeline::News;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use story::{FindingRow, Text, stamp};

/// Why it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// For the first time.
    New,
    /// It has become worse, or its host an incident.
    Worse,
    /// It goes on.
    Again,
}

impl Why {
    const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Worse => "worse",
            Self::Again => "again",
        }
    }
}

/// A finding that is told.
#[derive(Clone, Debug)]
pub(crate) struct Notice {
    pub(crate) number: u64,
    pub(crate) why: Why,
    pub(crate) at: Timestamp,
    pub(crate) row: FindingRow,
    /// The sum of its host's findings, where that makes an incident.
    pub(crate) score: Option<u32>,
    /// The folder in which `hyakuyo why` explains it.
    pub(crate) folder: String,
}

/// Who tells, and in which language.
#[derive(Clone, Debug)]
pub(crate) struct Voice {
    pub(crate) sensor: String,
    pub(crate) language: Language,
}

impl Voice {
    fn of<'t>(&self, text: &'t Text) -> &'t str {
        match self.language {
            Language::En => &text.en,
            Language::Ja => &text.ja,
        }
    }
}

/// The longest subject of a mail and title of a line, in characters.
const LINE_CHARS_MAX: usize = 160;
/// The longest that one line of a message's body may be (RFC 5322 allows 998 bytes).
const BODY_CHARS_MAX: usize = 240;

impl Notice {
    pub(crate) fn new(number: u64, why: Why, at: Timestamp, news: &News, folder: &str) -> Self {
        Self { number, why, at, row: news.row.clone(), score: news.score, folder: folder.to_owned() }
    }

    /// One line for people, with nothing in it that a terminal obeys.
    pub(crate) fn line(&self, voice: &Voice) -> String {
        let row = &self.row;
        let about = if row.subject.is_empty() { String::new() } else { format!(" ({})", safe(&row.subject)) };
        let why = match (voice.language, self.why) {
            (Language::En, Why::New) => "",
            (Language::En, Why::Worse) => "worse: ",
            (Language::En, Why::Again) => "still: ",
            (Language::Ja, Why::New) => "",
            (Language::Ja, Why::Worse) => "悪化: ",
            (Language::Ja, Why::Again) => "継続: ",
        };
        let line = format!("{why}{} {}: {}{about}", row.severity, safe(&row.host), safe(voice.of(&row.title)));
        cut(&line, LINE_CHARS_MAX).into_owned()
    }

    /// The whole for people, line by line.
    pub(crate) fn body(&self, voice: &Voice) -> String {
        let row = &self.row;
        let mut lines = vec![self.line(voice), String::new()];
        lines.push(format!("{} … {}, {}x, {} %", row.first, row.last, row.count, row.confidence));
        if let Some(score) = self.score {
            lines.push(match voice.language {
                Language::En => format!(
                    "Part of incident {}: the host's findings sum up to {score} (an incident from {})",
                    row.incident,
                    story::THRESHOLD
                ),
                Language::Ja => format!("事案 {} の一部: このホストの検出の合計は {score} ({} から事案)", row.incident, story::THRESHOLD),
            });
        }
        let peers: Vec<_> = row.peers.iter().map(|peer| safe(peer)).collect();
        if !peers.is_empty() {
            lines.push(format!("-> {}", peers.join(", ")));
        }
        for measure in &row.measures {
            let limit = measure.limit.map(|limit| format!(" (>= {limit})")).unwrap_or_default();
            lines.push(format!("{} = {}{}{limit}", measure.name, measure.value, measure.unit));
        }
        lines.extend(row.quotes.iter().map(|quote| format!("> {}", safe(quote))));
        lines.push(safe(voice.of(&row.rule)).into_owned());
        lines.push(safe(voice.of(&row.next)).into_owned());
        lines.push(String::new());
        lines.push(format!("{}: hyakuyo why {} {}", safe(&voice.sensor), row.id, crate::terminal::shell_word(&self.folder)));
        lines.iter().map(|line| format!("{}\n", cut(line, BODY_CHARS_MAX))).collect()
    }

    /// For programs: the finding as it stands in `story.json`, and why it is told.
    pub(crate) fn json(&self, voice: &Voice) -> Value {
        json!({
            "type": "finding", "why": self.why.name(), "at": stamp(self.at), "sensor": voice.sensor, "score": self.score,
            "folder": self.folder, "finding": serde_json::to_value(&self.row).unwrap_or_default(),
        })
    }
}

/// Kinds of findings that a digest names; the rest is summed up.
const KINDS_MAX: usize = 20;

/// What was held back for a while.
#[derive(Clone, Debug, Default)]
pub(crate) struct Digest {
    /// How often each kind of finding, by its severity, name and title.
    kinds: BTreeMap<(String, String, Text2), u64>,
    others: u64,
    /// The last one's number.
    pub(crate) number: u64,
}

/// A title in both languages, in an order.
type Text2 = (String, String);

impl Digest {
    pub(crate) fn is_empty(&self) -> bool {
        self.count() == 0
    }

    /// Takes one in.
    pub(crate) fn add(&mut self, notice: &Notice) {
        self.number = self.number.max(notice.number);
        let row = &notice.row;
        let kind = (row.severity.clone(), row.name.clone(), (row.title.en.clone(), row.title.ja.clone()));
        if self.kinds.len() < KINDS_MAX || self.kinds.contains_key(&kind) {
            *self.kinds.entry(kind).or_default() += 1;
        } else {
            self.others += 1;
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.kinds.values().sum::<u64>() + self.others
    }

    pub(crate) fn line(&self, voice: &Voice) -> String {
        match voice.language {
            Language::En => format!("{} more findings were held back to keep to the rate", self.count()),
            Language::Ja => format!("頻度の上限により他に{}件の検出をまとめました", self.count()),
        }
    }

    pub(crate) fn body(&self, voice: &Voice) -> String {
        let mut text = format!("{}\n\n", self.line(voice));
        for ((severity, _, (en, ja)), count) in &self.kinds {
            let title = if voice.language == Language::En { en } else { ja };
            text.push_str(&format!("{count}x {severity} {}\n", safe(title)));
        }
        if self.others > 0 {
            text.push_str(&format!("{}x …\n", self.others));
        }
        text
    }

    pub(crate) fn json(&self, voice: &Voice, at: Timestamp) -> Value {
        let kinds: Vec<Value> = self
            .kinds
            .iter()
            .map(|((severity, name, (en, ja)), count)| json!({ "severity": severity, "name": name, "title": { "en": en, "ja": ja }, "count": count }))
            .collect();
        json!({ "type": "digest", "at": stamp(at), "sensor": voice.sensor, "count": self.count(), "kinds": kinds, "others": self.others })
    }
}
