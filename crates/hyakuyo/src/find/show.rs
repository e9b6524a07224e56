//! The answer on paper: one line per row, or every column, or JSON.

use super::term::Term;
use super::{Found, FoundRow};
use crate::rows::{Field, Scalar};
use crate::terminal::{Style, count, cut, grouped, pad, safe};
use model::{Civil, Timestamp};
use std::fmt::Write as _;

/// The longest value in a brief line, in characters; `--full` shows the rest.
const VALUE_CHARS: usize = 100;
/// The widest that the column of the two ends gets, in characters: two IPv4 addresses with ports.
const ENDS_CHARS: usize = 45;

/// The columns that tell what a row says, for the logs that people read most. Other logs show all that is set.
const TELLING: &[(&str, &[&str])] = &[
    ("conn", &["proto", "service", "duration", "orig_bytes", "resp_bytes", "conn_state"]),
    ("dns", &["query", "qtype_name", "rcode_name", "answers"]),
    ("http", &["method", "host", "uri", "status_code", "resp_mime_types", "user_agent"]),
    ("files", &["source", "mime_type", "filename", "seen_bytes", "sha256", "md5"]),
    ("pe", &["machine", "compile_ts", "os", "subsystem", "section_names"]),
    ("ssl", &["version", "server_name", "next_protocol", "validation_status", "ja3", "ja4"]),
    ("x509", &["certificate.subject", "certificate.issuer", "san.dns"]),
    ("smtp", &["mailfrom", "rcptto", "from", "to", "subject", "last_reply"]),
    ("notice", &["note", "msg", "sub"]),
    ("weird", &["name", "addl", "source"]),
    ("ftp", &["user", "command", "arg", "reply_code", "reply_msg"]),
    ("ssh", &["auth_success", "client", "server"]),
];

/// Columns that are shown elsewhere in the line.
const PLACED: &[&str] = &["ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "fuid", "uids", "conn_uids"];

/// For people: brief, or `full` with every column that is set.
pub(super) fn text(term: &Term, found: &Found, full: bool, style: Style) -> String {
    let mut out = String::new();
    let logs_width = found.rows.iter().map(|row| row.log.len()).max().unwrap_or(0);
    let ends_width = found.rows.iter().map(|row| ends(row).chars().count()).max().unwrap_or(0).min(ENDS_CHARS);
    let mut day = String::new();
    for row in &found.rows {
        let (date, time) = date_and_time(row.micros);
        if date != day {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{}", style.bold(&format!("{date} UTC")));
            day = date;
        }
        let log = pad(&row.log, logs_width);
        let log = if row.direct { style.name(&log) } else { log };
        let mark = if row.direct { "●" } else { "·" };
        let _ = write!(out, "{time} {mark} {log}  {}", pad(&safe(&ends(row)), ends_width));
        if full {
            let _ = writeln!(out, "  {}", style.dim(&ids(row)));
            for field in row.fields.iter().filter(|field| !PLACED.contains(&&*field.name)) {
                let _ = writeln!(out, "    {} {}", style.dim(&pad(&field.name, 22)), safe(&field.text));
            }
        } else {
            let line = format!("  {}  {}", brief(row), style.dim(&ids(row)));
            let _ = writeln!(out, "{}", line.trim_end());
        }
    }
    let _ = writeln!(out, "{}", style.dim(&closing(term, found)));
    out
}

/// One row in one line, without its ids.
pub(super) fn line(row: &FoundRow) -> String {
    let (date, time) = date_and_time(row.micros);
    format!("{date} {time}  {}  {}  {}", row.log, safe(&ends(row)), brief(row)).trim_end().to_owned()
}

/// As JSON lines: the log's name first, then its columns.
pub(super) fn json(rows: &[FoundRow]) -> String {
    let mut out = Vec::new();
    for row in rows {
        out.extend_from_slice(b"{\"log\":");
        sinks::write_json_text(&mut out, row.log.as_bytes());
        for field in &row.fields {
            out.push(b',');
            sinks::write_json_text(&mut out, field.name.as_bytes());
            out.push(b':');
            json_cell(&mut out, field);
        }
        out.extend_from_slice(b"}\n");
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn json_cell(out: &mut Vec<u8>, field: &Field<'_>) {
    let scalar = |out: &mut Vec<u8>, text: &str| match field.shape.scalar {
        Scalar::Number if text.parse::<f64>().is_ok_and(f64::is_finite) => out.extend_from_slice(text.as_bytes()),
        Scalar::Bool => out.extend_from_slice(if text == "T" { b"true" } else { b"false" }),
        _ => sinks::write_json_text(out, text.as_bytes()),
    };
    if field.shape.list {
        out.push(b'[');
        for (at, value) in field.values().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            scalar(out, value);
        }
        out.push(b']');
    } else {
        scalar(out, if field.is_set() { &field.text } else { "" });
    }
}

fn get<'r>(row: &'r FoundRow, name: &str) -> Option<&'r str> {
    row.fields.iter().find(|field| field.name == name).filter(|field| field.is_set()).map(|field| &*field.text)
}

/// `client:port → server:port`, as far as the row has them.
fn ends(row: &FoundRow) -> String {
    let end = |host: &str, port: &str| {
        let host = get(row, host)?;
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        Some(get(row, port).map_or(host.clone(), |port| format!("{host}:{port}")))
    };
    match (end("id.orig_h", "id.orig_p"), end("id.resp_h", "id.resp_p")) {
        (Some(orig), Some(resp)) => format!("{orig} → {resp}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => get(row, "host").filter(|_| row.log.starts_with("known")).unwrap_or_default().to_owned(),
    }
}

fn ids(row: &FoundRow) -> String {
    let names: &[&str] = if matches!(row.log.as_str(), "pe" | "ocsp" | "x509") {
        &["id", "fuid"]
    } else {
        &["uid", "fuid", "conn_uids", "resp_fuids", "orig_fuids"]
    };
    let ids: Vec<_> = names.iter().filter_map(|name| get(row, name)).map(safe).collect();
    ids.join(" ")
}

fn brief(row: &FoundRow) -> String {
    let telling = TELLING.iter().find(|(log, _)| *log == row.log).map(|(_, names)| *names);
    let mut words = Vec::new();
    match telling {
        Some(names) => words.extend(names.iter().filter_map(|name| get(row, name).map(|value| said(&row.log, name, value)))),
        None => {
            let rest = row.fields.iter().filter(|field| field.is_set() && !PLACED.contains(&&*field.name));
            words.extend(rest.map(|field| format!("{}={}", safe(&field.name), value(&field.text))));
        }
    }
    words.join("  ")
}

/// One value of a brief line, in the words in which it is read aloud.
fn said(log: &str, name: &str, text: &str) -> String {
    match (log, name) {
        ("conn", "duration") => text.parse().map_or_else(|_| value(text), |secs: f64| format!("{secs:.2} s")),
        ("conn", "orig_bytes") => format!("↑{} B", text.parse().map_or_else(|_| value(text), grouped)),
        ("conn", "resp_bytes") => format!("↓{} B", text.parse().map_or_else(|_| value(text), grouped)),
        ("files", "seen_bytes") => format!("{} B", text.parse().map_or_else(|_| value(text), grouped)),
        ("pe", "compile_ts") => {
            super::links::micros(text).map_or_else(|| value(text), |micros| format!("compiled {}", date_and_time(micros).0))
        }
        ("dns", "answers") => format!("→ {}", value(text)),
        ("files", "sha256") => format!("sha256 {}", safe(text)),
        ("files", "md5") => format!("md5 {}", safe(text)),
        ("http", "user_agent") => format!("\"{}\"", value(text)),
        ("http" | "files", "resp_mime_types" | "mime_type") => format!("[{}]", value(text)),
        _ => value(text),
    }
}

fn value(text: &str) -> String {
    cut(&safe(text), VALUE_CHARS).into_owned()
}

fn date_and_time(micros: i64) -> (String, String) {
    let Civil { year, month, day, hour, minute, second } = Civil::of(Timestamp::from_nanos(micros.saturating_mul(1000)));
    (format!("{year:04}-{month:02}-{day:02}"), format!("{hour:02}:{minute:02}:{second:02}.{:06}", micros.rem_euclid(1_000_000)))
}

fn closing(term: &Term, found: &Found) -> String {
    let direct = found.rows.iter().filter(|row| row.direct).count();
    let mut logs: Vec<_> = found.rows.iter().map(|row| row.log.as_str()).collect();
    logs.sort_unstable();
    logs.dedup();
    let led = found.rows.len() - direct;
    let mut line = format!(
        "{} in {}: {} (●) with {}",
        count(found.rows.len() as u64, "row"),
        count(logs.len() as u64, "log"),
        grouped(direct as u64),
        safe(term.text())
    );
    if led > 0 {
        let _ = write!(line, ", {} (·) that they lead to", grouped(led as u64));
    }
    if found.more {
        line.push_str("; there are more: name something rarer");
    }
    line
}
