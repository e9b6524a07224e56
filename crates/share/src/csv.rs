//! Indicators as a table (RFC 4180), for spreadsheets and for tools that read nothing else.

use crate::Sharing;

/// The table with its heads.
pub(crate) fn table(sharing: &Sharing<'_>) -> String {
    let mut out = String::from("kind,value,confidence,block,also_hits,first_seen,last_seen,why,tlp\r\n");
    let (first, last) = (sharing.begun(), sharing.newest());
    for one in sharing.indicators() {
        let why = sharing.veil.sentence(&one.because.en);
        let (confidence, also) = (one.confidence.to_string(), one.also_hits.to_string());
        let tlp = format!("TLP:{}", sharing.tlp.name().to_ascii_uppercase());
        let row: [&str; 9] = [&one.kind, &one.value, &confidence, if one.block { "yes" } else { "no" }, &also, &first, &last, &why, &tlp];
        out.push_str(&row.map(cell).join(","));
        out.push_str("\r\n");
    }
    out
}

/// A cell: quoted where it must be, and never one that a spreadsheet would run as a formula.
fn cell(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_safe() {
        assert_eq!(cell("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(cell("=cmd|' /c calc'!A0"), "'=cmd|' /c calc'!A0");
        assert_eq!(cell("plain.example"), "plain.example");
    }
}
