//! `hyakuyo detectors`: the reference manual of behaviours, printed from the same tables by which they are judged.

use crate::terminal::{self, Style, pad};
use anyhow::{Result, bail};
use contract::{Behaviour, Definition};
use serde_json::json;
use std::fmt::Write as _;

/// Runs the command: all behaviours, or the definitions and settings of one.
pub(crate) fn run(name: Option<&str>, json: bool) -> Result<()> {
    let all = pipeline::behaviours();
    let chosen: Vec<_> = match name {
        None => all.to_vec(),
        Some(name) => {
            let found: Vec<_> = all.iter().copied().filter(|row| row.name() == name || defines(*row, name)).collect();
            if found.is_empty() {
                bail!("no detector is called {name}; `hyakuyo detectors` lists them all");
            }
            found
        }
    };
    let style = Style::stdout();
    let text = match (json, name) {
        (true, _) => chosen.iter().map(|row| as_json(*row)).collect(),
        (false, None) => overview(&chosen, style),
        (false, Some(_)) => chosen.iter().map(|row| manual(*row, style)).collect(),
    };
    Ok(terminal::print(&text)?)
}

fn defines(row: &dyn Behaviour, name: &str) -> bool {
    row.definitions().iter().any(|definition| definition.name == name)
}

fn overview(rows: &[&dyn Behaviour], style: Style) -> String {
    let widest = rows.iter().map(|row| row.name().len()).max().unwrap_or(0);
    let mut out = String::new();
    for row in rows {
        for (at, definition) in row.definitions().iter().enumerate() {
            let name = if at == 0 { row.name() } else { "" };
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{}  {}  {}", style.name(&pad(name, widest)), pad(definition.severity.name(), 8), definition.title.en);
        }
    }
    let _ = writeln!(out, "\n{} explains one: its rules, where they come from, and its settings.", style.command("hyakuyo detectors NAME"));
    out
}

fn manual(row: &dyn Behaviour, style: Style) -> String {
    let mut out = format!("{}\n", style.bold(row.name()));
    for definition in row.definitions() {
        let _ = writeln!(out, "\n{}  the host {}", style.name(definition.name), definition.title.en);
        for (label, text) in about(definition) {
            let _ = writeln!(out, "  {}{text}", style.dim(&pad(label, 12)));
        }
    }
    if !row.settings().is_empty() {
        let _ = writeln!(out, "\n{}", style.bold("Settings"));
    }
    let widest = row.settings().iter().map(|setting| setting.name.len()).max().unwrap_or(0);
    for setting in row.settings() {
        let _ = writeln!(out, "  {}  {:>8}  {}", style.name(&pad(setting.name, widest)), setting.default, setting.doc);
    }
    if let Some(setting) = row.settings().first() {
        let example = format!("hyakuyo read --set {}.{}={} …", row.name(), setting.name, setting.default);
        let _ = writeln!(out, "\n{} sets one.", style.command(&example));
    }
    out
}

fn about(definition: &Definition) -> Vec<(&'static str, String)> {
    let roles: Vec<_> = definition.excluded.iter().map(|role| role.name()).collect();
    let mut rows = vec![
        ("rule", definition.rule.en.to_owned()),
        ("source", definition.source.to_owned()),
        ("severity", definition.severity.name().to_owned()),
        ("stage", definition.stage.name().to_owned()),
        ("ATT&CK", definition.techniques.join(" ")),
        ("not for", roles.join(", ")),
        ("next", definition.next.en.to_owned()),
    ];
    rows.retain(|(_, text)| !text.is_empty());
    rows
}

fn as_json(row: &dyn Behaviour) -> String {
    let words = |words: &contract::Words| json!({ "en": words.en, "ja": words.ja });
    let definitions: Vec<_> = row
        .definitions()
        .iter()
        .map(|it| {
            json!({
                "name": it.name, "title": words(&it.title), "rule": words(&it.rule), "next": words(&it.next), "source": it.source,
                "severity": it.severity.name(), "stage": it.stage.name(), "techniques": it.techniques,
                "excluded": it.excluded.iter().map(|role| role.name()).collect::<Vec<_>>(),
            })
        })
        .collect();
    let settings: Vec<_> = row.settings().iter().map(|it| json!({ "name": it.name, "default": it.default, "doc": it.doc })).collect();
    format!("{}\n", json!({ "detector": row.name(), "definitions": definitions, "settings": settings }))
}
