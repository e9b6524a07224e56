//! Sharing what was found with others (B12): STIX 2.1, MISP and CSV.
//!
//! Floor 4. Only what helps others leaves the house: indicators, techniques, the course of the intrusion. Addresses and names of
//! the own side go through [`Veil`] first, and what the traffic quoted stays at home. Ids are UUIDs of version 5 over
//! what they name, so that sharing the same story twice gives the same bytes, and receivers see one thing once.

mod attack;
mod csv;
mod misp;
mod stix;
mod tlp;
mod uuid;
mod veil;

pub use tlp::Tlp;
pub use veil::{KEY_BYTES_MIN, Veil};

use story::{Indicator, Story};

/// What is shared, and how.
#[derive(Debug)]
pub struct Sharing<'a> {
    story: &'a Story,
    veil: &'a Veil,
    tlp: Tlp,
    by: String,
}

impl<'a> Sharing<'a> {
    /// Shares a story under a mark. `by` names who says it; empty for the program itself.
    pub fn new(story: &'a Story, veil: &'a Veil, tlp: Tlp, by: &str) -> Self {
        let by = if by.is_empty() { "Hyakuyo".to_owned() } else { by.to_owned() };
        Self { story, veil, tlp, by }
    }

    /// A STIX 2.1 bundle, as JSON.
    pub fn stix(&self) -> String {
        pretty(&stix::bundle(self))
    }

    /// A MISP event, as JSON.
    pub fn misp(&self) -> String {
        pretty(&misp::event(self))
    }

    /// The indicators as a table.
    pub fn csv(&self) -> String {
        csv::table(self)
    }

    /// How many indicators stay at home, since they name hosts of the own side.
    pub fn withheld(&self) -> usize {
        self.story.indicators.len() - self.indicators().count()
    }

    /// The indicators that leave the house.
    fn indicators(&self) -> impl Iterator<Item = &'a Indicator> {
        let veil = self.veil;
        self.story.indicators.iter().filter(move |one| !one.value.is_empty() && veil.text(&one.value) == one.value)
    }

    /// What is said in a line, English, as these formats are.
    fn headline(&self) -> String {
        let Some(worst) = self.story.incidents.first() else { return "Indicators without an incident".to_owned() };
        let host = self.veil.host(&worst.host);
        let source = worst.source.as_ref().map(|source| if source.name.is_empty() { &source.address } else { &source.name });
        let from = source
            .filter(|from| !from.is_empty() && !worst.title.en.contains(from.as_str()))
            .map_or_else(String::new, |from| format!(" (from {})", self.veil.text(from)));
        self.veil.sentence(&format!("{host}: {}{from}", worst.title.en))
    }

    /// The time of the newest thing that is told: these formats want one, and the clock would make every export another.
    fn newest(&self) -> String {
        let of_findings = self.story.findings.iter().map(|finding| finding.last.as_str());
        let last = self.story.made.last.as_deref().into_iter().chain(of_findings).max().unwrap_or("");
        millis(last).unwrap_or_else(|| "1970-01-01T00:00:00.000Z".to_owned())
    }

    /// When it began.
    fn oldest(&self) -> String {
        let of_findings = self.story.findings.iter().map(|finding| finding.first.as_str());
        let first = self.story.made.first.as_deref().into_iter().chain(of_findings).min().unwrap_or("");
        millis(first).unwrap_or_else(|| self.newest())
    }

    /// When the host of an incident first did something of it, for an indicator of which nothing better is known.
    fn begun(&self) -> String {
        let first = self.story.incidents.iter().map(|incident| incident.first.as_str()).min().unwrap_or("");
        millis(first).unwrap_or_else(|| self.oldest())
    }
}

/// The story's `…18.123456Z` with the three digits that STIX writes.
fn millis(stamp: &str) -> Option<String> {
    let plain = stamp.strip_suffix('Z')?;
    let (secs, fraction) = plain.split_once('.').unwrap_or((plain, ""));
    let right = secs.len() == 19 && secs.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b':' | b'T'));
    let fraction: String = fraction.chars().filter(char::is_ascii_digit).chain("000".chars()).take(3).collect();
    right.then(|| format!("{secs}.{fraction}Z"))
}

fn pretty(value: &serde_json::Value) -> String {
    // A value made of maps with text as keys always has a form as text.
    serde_json::to_string_pretty(value).map_or_else(|_| String::new(), |text| text + "\n")
}
