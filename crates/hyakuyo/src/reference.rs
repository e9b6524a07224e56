//! `hyakuyo logs`: the reference manual of logs and fields, printed from the same table that writes them.

use crate::terminal::{self, Style, pad};
use anyhow::{Result, bail};
use model::Kind;
use std::fmt::Write as _;

/// Runs the command: all logs, or the fields of one.
pub(crate) fn run(name: Option<&str>, json: bool) -> Result<()> {
    let kinds = pipeline::kinds();
    let chosen: Vec<_> = match name {
        None => kinds,
        Some(name) => {
            let name = name.trim_end_matches(".log");
            let found: Vec<_> = kinds.iter().copied().filter(|kind| kind.name == name).collect();
            if found.is_empty() {
                bail!("no log is called {name}; `hyakuyo logs` lists them all");
            }
            found
        }
    };
    let style = Style::stdout();
    let text = match (json, name) {
        (true, _) => chosen.iter().map(|kind| json_fields(kind)).collect(),
        (false, None) => overview(&chosen, style),
        (false, Some(_)) => chosen.iter().map(|kind| fields(kind, style)).collect(),
    };
    Ok(terminal::print(&text)?)
}

fn overview(kinds: &[&Kind], style: Style) -> String {
    let widest = kinds.iter().map(|kind| kind.name.len()).max().unwrap_or(0);
    let mut out = String::new();
    for kind in kinds {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{}  {:>3} fields  {}", style.name(&pad(kind.name, widest)), kind.width(), kind.doc);
    }
    let _ = writeln!(out, "\n{} explains the fields of one.", style.command("hyakuyo logs NAME"));
    out
}

fn fields(kind: &Kind, style: Style) -> String {
    let widest = |of: fn(&model::Field) -> usize| kind.columns().map(of).max().unwrap_or(0);
    let (names, types, units) = (widest(|f| f.name.len()), widest(|f| f.ty.to_string().len()), widest(|f| f.unit.len()));
    let mut out = format!("{}  {}\n\n", style.bold(&format!("{}.log", kind.name)), kind.doc);
    for field in kind.columns() {
        let ty = style.dim(&pad(&field.ty.to_string(), types));
        let _ = write!(out, "{}  {ty}", style.name(&pad(field.name, names)));
        if units > 0 {
            let _ = write!(out, "  {}", pad(field.unit, units));
        }
        let _ = writeln!(out, "  {}", field.doc);
    }
    out
}

fn json_fields(kind: &Kind) -> String {
    let mut out = Vec::new();
    for field in kind.columns() {
        for (at, (key, value)) in
            [("log", kind.name), ("field", field.name), ("type", &field.ty.to_string()), ("unit", field.unit), ("doc", field.doc)]
                .iter()
                .enumerate()
        {
            out.push(if at == 0 { b'{' } else { b',' });
            sinks::write_json_text(&mut out, key.as_bytes());
            out.push(b':');
            sinks::write_json_text(&mut out, value.as_bytes());
        }
        out.extend_from_slice(b"}\n");
    }
    String::from_utf8_lossy(&out).into_owned()
}
