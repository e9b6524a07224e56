//! All indicators as a table (RFC 4180).

use crate::Indicator;

pub(super) fn render(all: &[Indicator]) -> String {
    let mut text = String::from("kind,value,confidence,block,also_hits,because_en,because_ja,ids\r\n");
    for one in all {
        let (confidence, hits) = (one.confidence.to_string(), one.also_hits.to_string());
        let block = if one.block { "yes" } else { "no" };
        let cells = [&one.kind, &one.value, &confidence, block, &hits, &one.because.en, &one.because.ja, &one.ids.join(" ")];
        let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text
}

/// A cell in quotes where it needs them. What a spreadsheet would take for a formula is made text by an apostrophe.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t']);
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\r', '\n']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}
