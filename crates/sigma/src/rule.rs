//! A rule, as far as people want to know it: its name, how grave it is, where it stands, and what a finding by it says.

use crate::source::Source;
use contract::{Definition, Part, Role, Severity, Stage, Words};
use rsigma_parser::{CorrelationRule, Level, SigmaRule, Status};
use std::collections::HashMap;
use std::sync::{Mutex, OnceLock};

/// What is kept of a rule beside its conditions.
#[derive(Debug)]
pub(crate) struct About {
    /// Its id; its name or its title where it has none.
    pub(crate) id: Box<str>,
    /// The name by which correlations may refer to it.
    pub(crate) name: Option<Box<str>>,
    pub(crate) title: Box<str>,
    description: Box<str>,
    false_positives: Box<str>,
    tags: Vec<Box<str>>,
    pub(crate) severity: Severity,
    /// In per cent.
    pub(crate) confidence: u8,
    /// File and line.
    pub(crate) place: Box<str>,
    /// Roles that excuse from it.
    excluded: &'static [Role],
    definitions: [OnceLock<&'static Definition>; 2],
}

/// Longest text that a definition takes over of a rule, in bytes: some sentences.
const TEXT_BYTES_MAX: usize = 2_048;
/// Tags of a rule that are looked at: the longest lists of SigmaHQ have a score.
const TAGS_MAX: usize = 64;
/// Techniques that a definition names.
const TECHNIQUES_MAX: usize = 8;

impl About {
    pub(crate) fn of(rule: &SigmaRule, source: &Source, place: String) -> Self {
        Self {
            id: rule.id.as_deref().or(rule.name.as_deref()).unwrap_or(&rule.title).into(),
            name: rule.name.as_deref().map(Into::into),
            title: short(&rule.title).into(),
            description: short(rule.description.as_deref().unwrap_or_default()).into(),
            false_positives: short(&rule.falsepositives.join("; ")).into(),
            tags: rule.tags.iter().take(TAGS_MAX).map(|tag| tag.to_ascii_lowercase().replace('_', "-").into()).collect(),
            severity: severity(rule.level),
            confidence: confidence(rule.status),
            place: place.into(),
            excluded: excluded(source),
            definitions: Default::default(),
        }
    }

    pub(crate) fn of_correlation(rule: &CorrelationRule, place: String, excluded: &'static [Role]) -> Self {
        Self {
            id: rule.id.as_deref().or(rule.name.as_deref()).unwrap_or(&rule.title).into(),
            name: rule.name.as_deref().map(Into::into),
            title: short(&rule.title).into(),
            description: short(rule.description.as_deref().unwrap_or_default()).into(),
            false_positives: short(&rule.falsepositives.join("; ")).into(),
            tags: rule.tags.iter().take(TAGS_MAX).map(|tag| tag.to_ascii_lowercase().replace('_', "-").into()).collect(),
            severity: severity(rule.level),
            confidence: confidence(rule.status),
            place: place.into(),
            excluded,
            definitions: Default::default(),
        }
    }

    pub(crate) const fn excluded(&self) -> &'static [Role] {
        self.excluded
    }

    /// What a finding by it says, made when it is first wanted: of thousands of rules few ever match.
    pub(crate) fn definition(&self, part: Part) -> &'static Definition {
        self.definitions[usize::from(part == Part::Target)].get_or_init(|| {
            let stage = self.stage();
            kept(Definition {
                detector: "sigma",
                name: name(stage, part),
                title: Words {
                    en: leak(format!("matches the Sigma rule \"{}\"", self.title)),
                    ja: leak(format!("Sigma のルール「{}」に当てはまる", self.title)),
                },
                rule: Words { en: leak(self.described()), ja: leak(self.described()) },
                next: Words {
                    en: leak(format!(
                        "Read the rule in {} and the rows that prove it.{}",
                        self.place,
                        self.harmless("Known harmless causes:")
                    )),
                    ja: leak(format!("{} のルールと、証拠となる行を読む。{}", self.place, self.harmless("無害な場合:"))),
                },
                source: leak(format!("Sigma rule {}, {}", self.id, self.place)),
                severity: self.severity,
                stage,
                part,
                techniques: Box::leak(self.techniques().into_boxed_slice()),
                excluded: self.excluded,
            })
        })
    }

    fn described(&self) -> String {
        if self.description.is_empty() { self.title.to_string() } else { self.description.split_whitespace().collect::<Vec<_>>().join(" ") }
    }

    fn harmless(&self, words: &str) -> String {
        if self.false_positives.is_empty() { String::new() } else { format!(" {words} {}", self.false_positives) }
    }

    /// Where in an incident, by the first tactic that the rule names.
    fn stage(&self) -> Stage {
        let tactic = |tag: &str| {
            Some(match tag.strip_prefix("attack.")? {
                "initial-access" => Stage::CameIn,
                "execution" | "privilege-escalation" => Stage::Exploited,
                "command-and-control" => Stage::CalledHome,
                "reconnaissance" | "discovery" | "lateral-movement" | "credential-access" => Stage::Spread,
                "persistence" | "defense-evasion" | "collection" | "exfiltration" | "impact" | "stealth" => Stage::Acted,
                _ => return None,
            })
        };
        self.tags.iter().find_map(|tag| tactic(tag)).unwrap_or(Stage::Acted)
    }

    fn techniques(&self) -> Vec<&'static str> {
        let technique = |tag: &str| {
            let number = tag.strip_prefix("attack.t")?;
            number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.').then(|| leak(format!("T{number}")))
        };
        self.tags.iter().filter_map(|tag| technique(tag)).take(TECHNIQUES_MAX).collect()
    }
}

/// Rules of one stage are one kind of finding: several that say the same of a host count less than several that say different things.
const fn name(stage: Stage, part: Part) -> &'static str {
    match (part, stage) {
        (Part::Target, _) => "sigma_attacked",
        (_, Stage::CameIn) => "sigma_came_in",
        (_, Stage::Exploited) => "sigma_exploited",
        (_, Stage::FetchedMore) => "sigma_fetched_more",
        (_, Stage::CalledHome) => "sigma_called_home",
        (_, Stage::Spread) => "sigma_spread",
        (_, Stage::Acted) => "sigma_acted",
        (_, Stage::Habit) => "sigma_habit",
    }
}

/// Definitions live as long as the program. The same rule read again takes the one that is there, so that reloading costs nothing.
/// Returns the one that is kept.
pub(crate) fn kept(definition: Definition) -> &'static Definition {
    static ALL: Mutex<Option<HashMap<u64, &'static Definition>>> = Mutex::new(None);
    let key = bounded::fingerprint(&(
        (definition.name, definition.title.en, definition.rule.en, definition.next.en),
        (definition.source, definition.severity, definition.techniques),
    ));
    let mut all = ALL.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    all.get_or_insert_default().entry(key).or_insert_with(|| Box::leak(Box::new(definition)))
}

/// Text that lives as long as the program, each once.
pub(crate) fn leak(text: String) -> &'static str {
    static ALL: Mutex<Option<HashMap<Box<str>, &'static str>>> = Mutex::new(None);
    let mut all = ALL.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let all = all.get_or_insert_default();
    if let Some(known) = all.get(text.as_str()) {
        return known;
    }
    let kept: &'static str = Box::leak(text.clone().into_boxed_str());
    all.insert(text.into(), kept);
    kept
}

/// A text's beginning, as much as is kept.
pub(crate) fn short(text: &str) -> &str {
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].trim()
}

const fn severity(level: Option<Level>) -> Severity {
    match level {
        Some(Level::Informational) => Severity::Info,
        Some(Level::Low) => Severity::Low,
        Some(Level::High) => Severity::High,
        Some(Level::Critical) => Severity::Critical,
        Some(Level::Medium) | None => Severity::Medium,
    }
}

/// How much a rule is trusted: what its authors say of how well it was tried. No high rule alone makes an incident; a critical one
/// that was tried does.
const fn confidence(status: Option<Status>) -> u8 {
    match status {
        Some(Status::Stable) => 80,
        Some(Status::Test) | None => 75,
        Some(Status::Experimental) => 60,
        Some(Status::Deprecated | Status::Unsupported) => 40,
    }
}

/// Roles whose holders do on behalf of others, or with permission, what the rules of a source accuse of.
const fn excluded(source: &Source) -> &'static [Role] {
    match source {
        Source::Proxy => &[Role::Proxies, Role::Crawlers, Role::ScannersAuthorised],
        Source::Dns | Source::Lookups => &[Role::Resolvers, Role::MailServers, Role::ScannersAuthorised],
        Source::Firewall | Source::Connections => &[Role::ScannersAuthorised, Role::Monitors],
        Source::Webserver | Source::Zeek(_) => &[Role::ScannersAuthorised],
        Source::WindowsCategory(_) | Source::WindowsService(_) | Source::Windows | Source::Linux(_) | Source::Said(_) => &[],
    }
}
