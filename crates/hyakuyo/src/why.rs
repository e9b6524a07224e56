//! `hyakuyo why`: a finding or an incident explained, from the story of a folder and from the rows that prove it.

use crate::find;
use crate::logs::story_in;
use crate::terminal::{self, Style, safe};
use anyhow::Result;
use serde_json::json;
use std::fmt::Write as _;
use std::path::Path;
use story::{FindingRow, Incident, MeasureRow, Story};

/// Rows that are shown of each connection or file that proves a finding.
const ROWS_EACH_MAX: usize = 4;

/// Runs the command. Returns whether there is such a thing.
pub(crate) fn run(what: &str, folder: &Path, as_json: bool) -> Result<bool> {
    let story = story_in(folder)?;
    let what = what.trim();
    let incidents: Vec<&Incident> = story.incidents.iter().filter(|incident| incident.id == what || incident.host == what).collect();
    let mut findings: Vec<&FindingRow> = story.findings.iter().filter(|finding| finding.id == what).collect();
    if findings.is_empty() && incidents.is_empty() {
        findings = story.findings.iter().filter(|finding| finding.host == what).collect();
    }
    if incidents.is_empty() && findings.is_empty() {
        eprintln!("hyakuyo: {}: no finding, incident or host of this story", safe(what));
        return Ok(false);
    }
    let mut text = String::new();
    if as_json {
        let evidence = |finding: &FindingRow| -> Result<serde_json::Value> {
            let rows = finding
                .evidence
                .iter()
                .map(|id| find::lines(id, folder, ROWS_EACH_MAX).map(|(lines, _)| json!({ "id": id, "rows": lines })));
            Ok(json!({ "finding": finding, "source": source(finding), "evidence": rows.collect::<Result<Vec<_>>>()? }))
        };
        let explained: Vec<_> = findings.iter().map(|finding| evidence(finding)).collect::<Result<_>>()?;
        let sums: Vec<_> = incidents
            .iter()
            .map(|incident| json!({ "incident": incident, "threshold": story::THRESHOLD, "parts": parts(&story, incident) }))
            .collect();
        text =
            terminal::safe_json(&serde_json::to_string_pretty(&json!({ "incidents": sums, "findings": explained }))?).into_owned() + "\n";
    } else {
        let style = Style::stdout();
        incidents.iter().for_each(|one| incident(&mut text, &story, one, style));
        for one in &findings {
            finding(&mut text, one, folder, style)?;
        }
    }
    terminal::print(&text)?;
    Ok(true)
}

/// Where a finding's rule comes from.
fn source(finding: &FindingRow) -> &'static str {
    let definitions = pipeline::behaviours().iter().flat_map(|row| row.definitions());
    definitions.into_iter().find(|definition| definition.name == finding.name).map_or("", |definition| definition.source)
}

fn label(style: Style, name: &str) -> String {
    style.bold(&terminal::pad(name, 9))
}

fn finding(out: &mut String, it: &FindingRow, folder: &Path, style: Style) -> Result<()> {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}  {}  {}", style.dim(&it.id), style.name(&it.host), style.bold(&safe(&it.title.en)));
    let _ = writeln!(out, "  {} {}", label(style, "rule"), safe(&it.rule.en));
    let _ = writeln!(out, "  {} {}", label(style, "by"), [it.detector.as_str(), source(it)].join("; "));
    if !it.subject.is_empty() {
        let _ = writeln!(out, "  {} {}", label(style, "about"), safe(&it.subject));
    }
    let times = if it.count == 1 { "once".to_owned() } else { format!("{} times", terminal::grouped(it.count)) };
    let _ = writeln!(out, "  {} {times}, {} to {}", label(style, "seen"), it.first, it.last);
    let techniques = if it.techniques.is_empty() { String::new() } else { format!("; ATT&CK {}", it.techniques.join(", ")) };
    let _ = writeln!(
        out,
        "  {} {} severity, {} % sure: {} of the {} that make an incident{techniques}",
        label(style, "weighs"),
        it.severity,
        it.confidence,
        weight(it),
        story::THRESHOLD
    );
    for measure in &it.measures {
        let _ = writeln!(out, "  {} {}", label(style, "measured"), measured(measure));
    }
    if !it.peers.is_empty() {
        let _ = writeln!(out, "  {} {}", label(style, "concerns"), it.peers.join(", "));
    }
    for quote in &it.quotes {
        let _ = writeln!(out, "  {} {}", label(style, "quote"), safe(quote));
    }
    for id in &it.evidence {
        let (lines, more) = find::lines(id, folder, ROWS_EACH_MAX)?;
        let _ = writeln!(out, "  {} {}", label(style, "proof"), style.dim(id));
        for line in &lines {
            let _ = writeln!(out, "            {line}");
        }
        if more {
            let _ = writeln!(
                out,
                "            … {}",
                style.command(&format!("hyakuyo find {id} {}", terminal::shell_word(&folder.to_string_lossy())))
            );
        }
        if lines.is_empty() {
            let _ = writeln!(out, "            (no row of the logs names it)");
        }
    }
    excuses(out, it, style);
    let incident = if it.incident.is_empty() { "none: it accuses nobody by itself".to_owned() } else { it.incident.clone() };
    let _ = writeln!(out, "  {} {incident}", label(style, "incident"));
    let _ = writeln!(out, "  {} {}\n", label(style, "next"), safe(&it.next.en));
    Ok(())
}

fn excuses(out: &mut String, it: &FindingRow, style: Style) {
    for exclusion in &it.excluded {
        let result = match (exclusion.applies, exclusion.inferred) {
            (false, _) => "the host is not among them".to_owned(),
            (true, false) => format!("the host is one, so it is not accused: {}", safe(&exclusion.because)),
            (true, true) => format!("the host seems to be one, so it is not accused: {}", safe(&exclusion.because)),
        };
        let _ = writeln!(out, "  {} {}: {result}", label(style, "excused"), exclusion.role);
    }
    if it.excluded.is_empty() {
        let _ = writeln!(out, "  {} no role excuses this", label(style, "excused"));
    }
}

fn measured(measure: &MeasureRow) -> String {
    let unit = if measure.unit.is_empty() { String::new() } else { format!(" {}", measure.unit) };
    let value = short(measure.value);
    match measure.limit {
        Some(limit) => format!("{} {value}{unit}, from {}{unit} on", safe(&measure.name), short(limit)),
        None => format!("{} {value}{unit}", safe(&measure.name)),
    }
}

/// A number with at most three decimals.
fn short(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// What a finding adds to its host's sum, in thousandths.
fn weight(finding: &FindingRow) -> u32 {
    let severity = match finding.severity.as_str() {
        "low" => contract::Severity::Low,
        "medium" => contract::Severity::Medium,
        "high" => contract::Severity::High,
        "critical" => contract::Severity::Critical,
        _ => contract::Severity::Info,
    };
    severity.weight() * u32::from(finding.confidence) / 100
}

/// An incident's findings with their weights.
fn parts(story: &Story, incident: &Incident) -> Vec<serde_json::Value> {
    let of = story.findings.iter().filter(|finding| finding.incident == incident.id);
    of.map(|finding| json!({ "id": finding.id, "name": finding.name, "stage": finding.stage, "weight": weight(finding) })).collect()
}

fn incident(out: &mut String, story: &Story, it: &Incident, style: Style) {
    let _ = writeln!(out, "{}  {}  {}", style.dim(&it.id), style.name(&it.host), style.alarm(&safe(&it.title.en)));
    let _ = writeln!(out, "  {} {} to {}", label(style, "seen"), it.first, it.last);
    let _ = writeln!(out, "  {} {}; an incident begins at {}", label(style, "sum"), it.score, story::THRESHOLD);
    let mut kinds: Vec<&str> = Vec::new();
    for finding in story.findings.iter().filter(|finding| finding.incident == it.id) {
        let times = kinds.iter().filter(|name| **name == finding.name).count();
        kinds.push(&finding.name);
        let share = match times {
            0 => "whole",
            1 => "half, as the second of its kind",
            2 => "a quarter, as the third of its kind",
            _ => "not at all: three of its kind count already",
        };
        let part = if finding.part == it.part { share } else { "apart, since it says that the host was attacked" };
        let _ = writeln!(
            out,
            "  {} {:>4}  {}  {} ({}), counts {part}",
            label(style, "part"),
            weight(finding),
            style.dim(&finding.id),
            safe(&finding.title.en),
            finding.stage
        );
    }
    let _ = writeln!(out, "  {} what is older than another finding counts less: half after six hours", label(style, "decay"));
    let hint =
        format!("hyakuyo why {}", story.findings.iter().find(|finding| finding.incident == it.id).map_or("ID", |finding| &finding.id));
    let _ = writeln!(out, "  {} {} explains each part\n", label(style, "next"), style.command(&hint));
}
