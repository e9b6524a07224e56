//! `hyakuyo profile`: what is used by whom and how much, the rare first if wanted, and what is new.

use crate::args::{Profile, ProfileBy};
use crate::logs::{Row, each_row, logs_named};
use crate::terminal::{self, Style, bytes, cut, grouped, pad, safe, width};
use anyhow::{Context as _, Result, bail};
use detectors::profile::{By, Compared, Ledger, Line, Session};
use model::{Addr, Civil, Timestamp};
use serde_json::{Value, json};
use std::net::IpAddr;
use std::path::Path;

/// Rows that are shown where nothing else is asked for: a screen.
const ROWS_SHOWN: usize = 30;

/// Runs the command. Returns whether there was anything.
pub(crate) fn run(args: &Profile) -> Result<bool> {
    let by = match args.by {
        ProfileBy::Application => By::Application,
        ProfileBy::Host => By::Host,
        ProfileBy::Destination => By::Destination,
        ProfileBy::Port => By::Port,
        ProfileBy::Network => By::Network,
        ProfileBy::Hour => By::Hour,
    };
    let ledger = read(&args.folder, by)?;
    let others = args.against.iter().map(|folder| read(folder, by)).collect::<Result<Vec<_>>>()?;
    let mut rows: Vec<(&str, &Line, Compared)> =
        ledger.lines().into_iter().map(|(name, line)| (name, line, ledger.compared(name, line, &others))).collect();
    if args.new {
        rows.retain(|(_, _, compared)| compared.is_new);
    }
    match (args.rare, args.by) {
        (true, _) => rows.sort_by_key(|(name, line, _)| (line.hosts(), line.sessions, *name)),
        (false, ProfileBy::Hour) => {}
        (false, _) => rows.sort_by_key(|(name, line, _)| (std::cmp::Reverse(line.sessions), *name)),
    }
    let shown = if args.all || args.json { rows.len() } else { rows.len().min(ROWS_SHOWN) };
    let text = if args.json { rows.iter().map(json_row).collect() } else { table(args, &rows, shown) };
    terminal::print(&text).context("standard output")?;
    if !args.json && rows.len() > shown {
        eprintln!("{} more rows; --all shows them", grouped((rows.len() - shown) as u64));
    }
    if ledger.dropped() > 0 {
        eprintln!("hyakuyo: {} of {} sessions found no row, since there are too many of them", ledger.dropped(), ledger.sessions());
    }
    Ok(!rows.is_empty())
}

/// The connections of a folder, entered into a ledger.
fn read(folder: &Path, by: By) -> Result<Ledger> {
    let logs = logs_named(folder, "conn")?;
    if logs.is_empty() {
        bail!("{}: no conn.log in this folder (`hyakuyo read` writes it, and Zeek does)", folder.display());
    }
    let mut ledger = Ledger::new(by);
    for log in logs {
        each_row(&log, &mut |row| {
            if let Some(session) = session(row) {
                ledger.add(&session);
            }
        })?;
    }
    Ok(ledger)
}

fn session<'r>(row: &'r Row<'_>) -> Option<Session<'r>> {
    let address = |column| row.get(column)?.parse::<IpAddr>().ok().map(Addr::from);
    let count = |column| row.get(column).and_then(|text| text.parse::<u64>().ok());
    let secs = |column: &str| row.get(column).and_then(|text| text.parse::<f64>().ok());
    let sum = |a: Option<u64>, b: Option<u64>| a.or(b).map(|_| a.unwrap_or(0).saturating_add(b.unwrap_or(0)));
    Some(Session {
        at: (secs("ts")? * 1e6) as i64,
        orig: address("id.orig_h")?,
        resp: address("id.resp_h")?,
        port: row.get("id.resp_p")?.parse().ok()?,
        proto: row.get("proto").unwrap_or("-"),
        service: row.get("service").unwrap_or(""),
        bytes: sum(count("orig_ip_bytes"), count("resp_ip_bytes")).or_else(|| sum(count("orig_bytes"), count("resp_bytes"))).unwrap_or(0),
        secs: secs("duration").unwrap_or(0.0),
    })
}

fn table(args: &Profile, rows: &[(&str, &Line, Compared)], shown: usize) -> String {
    let style = Style::stdout();
    let head = match args.by {
        ProfileBy::Application => "application",
        ProfileBy::Host => "host",
        ProfileBy::Destination => "destination",
        ProfileBy::Port => "port",
        ProfileBy::Network => "network",
        ProfileBy::Hour => "hour (UTC)",
    };
    let with_usual = rows.iter().any(|(_, _, compared)| compared.usual.is_some());
    let mut heads = vec![head, "sessions", "interval", "bytes each", "bytes", "lasts", "hosts", "peers", "ports"];
    if with_usual {
        heads.extend(["today", "usual", ""]);
    }
    let mut lines: Vec<Vec<String>> = vec![heads.into_iter().map(str::to_owned).collect()];
    lines.extend(rows.iter().take(shown).map(|row| cells(row, with_usual)));
    let columns = lines.first().map_or(0, Vec::len);
    let widths: Vec<usize> =
        (0..columns).map(|at| lines.iter().filter_map(|line| line.get(at)).map(|cell| width(cell)).max().unwrap_or(0)).collect();
    let mut out = String::new();
    for (number, line) in lines.iter().enumerate() {
        let mut text = String::new();
        for (at, (cell, wide)) in line.iter().zip(&widths).enumerate() {
            // Names to the left, numbers to the right, ports and marks to the left again.
            let left = at == 0 || at == 8 || at == 11;
            let cell = if left { pad(cell, *wide) } else { format!("{}{cell}", " ".repeat(wide.saturating_sub(width(cell)))) };
            text.push_str(&cell);
            text.push_str("  ");
        }
        let text = text.trim_end();
        let marked = if number == 0 { style.dim(text) } else { text.to_owned() };
        out.push_str(&marked);
        out.push('\n');
    }
    out
}

fn cells((name, line, compared): &(&str, &Line, Compared), with_usual: bool) -> Vec<String> {
    let more = line.port_count().saturating_sub(line.ports.len() as u64);
    let ports = line.ports.join(" ") + &if more > 0 { format!(" +{}", grouped(more)) } else { String::new() };
    let mut cells = vec![
        cut(&safe(name), 40).into_owned(),
        grouped(line.sessions),
        line.intervals.median().map_or_else(|| "-".to_owned(), length),
        line.sizes.median().map_or_else(|| "-".to_owned(), |size| bytes(size as u64)),
        bytes(line.bytes),
        line.durations.median().map_or_else(|| "-".to_owned(), length),
        grouped(line.hosts()),
        grouped(line.peers()),
        safe(&ports).into_owned(),
    ];
    if with_usual {
        cells.push(grouped(compared.today));
        cells.push(compared.usual.map_or_else(|| "-".to_owned(), |usual| grouped(usual.round() as u64)));
        cells.push(if compared.is_new { "new".to_owned() } else { String::new() });
    }
    cells
}

/// A length of time in the unit that leaves it short.
fn length(secs: f64) -> String {
    match secs {
        _ if secs < 0.000_5 => "0".to_owned(),
        _ if secs < 1.0 => format!("{:.0} ms", secs * 1e3),
        _ if secs < 120.0 => format!("{secs:.1} s"),
        _ if secs < 7_200.0 => format!("{:.0} min", secs / 60.0),
        _ if secs < 172_800.0 => format!("{:.0} h", secs / 3_600.0),
        _ => format!("{:.0} d", secs / 86_400.0),
    }
}

fn json_row((name, line, compared): &(&str, &Line, Compared)) -> String {
    let stamp = |micros: i64| {
        let text = Civil::of(Timestamp::from_nanos(micros.saturating_mul(1000))).to_string().replace(' ', "T");
        format!("{text}.{:06}Z", micros.rem_euclid(1_000_000))
    };
    let number = |value: Option<f64>| value.map_or(Value::Null, |value| json!((value * 1e6).round() / 1e6));
    let row = json!({
        "name": name,
        "sessions": line.sessions,
        "interval_secs": number(line.intervals.median()),
        "session_bytes": number(line.sizes.median()),
        "bytes": line.bytes,
        "duration_secs": number(line.durations.median()),
        "hosts": line.hosts(),
        "peers": line.peers(),
        "ports": line.ports,
        "port_count": line.port_count(),
        "first": stamp(line.first),
        "last": stamp(line.last),
        "today": compared.today,
        "usual": number(compared.usual),
        "new": compared.is_new,
    });
    format!("{row}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_short() {
        let said: Vec<_> = [0.0, 0.25, 60.04, 900.0, 30_000.0, 1e6].into_iter().map(length).collect();
        assert_eq!(said, ["0", "250 ms", "60.0 s", "15 min", "8 h", "12 d"]);
    }
}
