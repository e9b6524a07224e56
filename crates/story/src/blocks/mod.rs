//! Indicators as lists that others enforce: Suricata rules, an nftables table, a BIND response policy zone, Squid's access lists,
//! and CSV for everything else.
//!
//! Only what is fit for blocking ([`Indicator::block`]) is enforced; CSV holds all of it and says so. Every value comes from the
//! traffic and is escaped by the rules of the language that it is written in; what can't be written in one is left out with a
//! remark. The same story gives the same bytes.

mod csv;
mod nftables;
mod rpz;
mod squid;
mod suricata;

use crate::{Indicator, Story};

/// A language for block lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Rules for Suricata 6 and later.
    Suricata,
    /// A table for `nft -f`.
    Nftables,
    /// A response policy zone for BIND.
    Rpz,
    /// Access lists for `squid.conf`.
    Squid,
    /// A table of all indicators.
    Csv,
}

/// The block list of a story.
pub fn render(story: &Story, form: Form) -> String {
    let chosen: Vec<&Indicator> = story.indicators.iter().filter(|indicator| indicator.block).collect();
    match form {
        Form::Suricata => head(story, '#') + &suricata::render(&chosen),
        Form::Nftables => head(story, '#') + &nftables::render(&chosen),
        Form::Rpz => head(story, ';') + &rpz::render(&chosen, serial(story)),
        Form::Squid => head(story, '#') + &squid::render(&chosen),
        Form::Csv => csv::render(&story.indicators),
    }
}

/// Whose list it is, as comments.
fn head(story: &Story, mark: char) -> String {
    let names: Vec<String> = story.made.from.iter().map(|input| plain(&input.name)).collect();
    let by = if story.made.by.is_empty() { "hyakuyo" } else { &story.made.by };
    let mut text = format!("{mark} Made by {by} from {}\n", if names.is_empty() { "events".to_owned() } else { names.join(", ") });
    for incident in &story.incidents {
        text.push_str(&format!("{mark} {}: {}\n", plain(&incident.host), plain(&incident.title.en)));
    }
    text
}

/// A serial number that grows with the story's time: `YYYYMMDDHH`, as zones are numbered.
fn serial(story: &Story) -> u32 {
    let digits: String = story.made.last.iter().flat_map(|last| last.chars()).filter(char::is_ascii_digit).take(10).collect();
    digits.parse().unwrap_or(1)
}

/// Text for a comment: printable ASCII on one line.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).collect()
}

/// Whether a name can stand in a zone and in lists of names: letters, digits, hyphens, underscores and dots, with the lengths of
/// RFC 1035 section 2.3.4.
fn is_name(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    name.len() <= 253 && name.split('.').all(|label| (1..=63).contains(&label.len()) && label.bytes().all(letter))
}

/// The host and the path of a URL; the host without its port.
fn split_url(url: &str) -> Option<(&str, &str)> {
    let rest = url.split_once("://")?.1;
    let (authority, path) = rest.split_once('/').map_or((rest, "/"), |(authority, _)| (authority, &rest[authority.len()..]));
    let host = match authority.strip_prefix('[') {
        Some(six) => six.split_once(']')?.0,
        None => authority.split(':').next()?,
    };
    Some((host, path))
}

#[cfg(test)]
mod tests;
