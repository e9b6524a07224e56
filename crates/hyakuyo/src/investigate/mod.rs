//! `hyakuyo investigate`: what the evidence says of a destination, and, only when told to, what the outside says of it.
//!
//! Source: S2 (P9): who went there, reverse look-up, whois, country, and a look at the site that never renders it.

mod evidence;
mod online;
mod reply;

use crate::args::Investigate;
use crate::settings;
use crate::terminal::{self, Style, safe};
use anyhow::{Result, bail};
use evidence::{Dossier, Wanted};
use model::Addr;
use online::{Online, Plan};
use serde_json::json;
use std::fmt::Write as _;
use std::net::IpAddr;

/// Lines of one list that are shown: the rest is counted, and `find` shows it.
const LISTED_MAX: usize = 12;

/// Runs the command. Returns whether anything is known of it.
pub(crate) fn run(args: &Investigate) -> Result<bool> {
    let Some(wanted) = Wanted::new(&args.what) else { bail!("{}: is neither an address nor a name", safe(&args.what)) };
    let geo = settings::geo(&args.geo)?;
    let mut dossier = evidence::gather(&wanted, &args.folder)?;
    for address in dossier.addresses.clone() {
        if let Ok(ip) = address.parse::<IpAddr>() {
            dossier.places.extend(place(&geo, &address, ip));
        }
    }
    let known = dossier.is_known();
    if args.json {
        let mut all = json!({ "what": args.what, "evidence": dossier.json() });
        if args.online {
            let (plan, answers) = ask(&wanted, &dossier);
            all["asked"] = json!(plan.lines());
            all["online"] = answers.json();
        }
        terminal::print(&(terminal::safe_json(&serde_json::to_string_pretty(&all)?).into_owned() + "\n"))?;
        return Ok(known || args.online);
    }
    terminal::print(&show(&args.what, &dossier, Style::stdout()))?;
    if args.online {
        let (_, answers) = ask(&wanted, &dossier);
        terminal::print(&answers.text(Style::stdout()))?;
    }
    Ok(known || args.online)
}

/// Says what will be asked of whom, and asks.
fn ask(wanted: &Wanted, dossier: &Dossier) -> (Plan, online::Answers) {
    let plan = Plan::new(wanted, dossier, &Online::of_this_machine());
    eprintln!("hyakuyo: this machine now asks, and so shows its interest to:");
    for line in plan.lines() {
        eprintln!("  {}", safe(&line));
    }
    let answers = plan.ask();
    (plan, answers)
}

fn place(geo: &enrich::Geo, address: &str, ip: IpAddr) -> Option<String> {
    let addr = Addr::from(ip);
    let country = geo.country(addr).map(|letters| String::from_utf8_lossy(&letters).into_owned());
    let system = geo.system(addr).map(|(number, name)| format!("AS{number} {name}").trim_end().to_owned());
    let words: Vec<String> = country.into_iter().chain(system).collect();
    (!words.is_empty()).then(|| format!("{address}: {}", words.join(", ")))
}

fn list(out: &mut String, style: Style, name: &str, lines: impl ExactSizeIterator<Item = String>) {
    let count = lines.len();
    if count == 0 {
        return;
    }
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}", style.bold(name));
    for line in lines.take(LISTED_MAX) {
        let _ = writeln!(out, "  {}", safe(&line));
    }
    if count > LISTED_MAX {
        let _ = writeln!(out, "  … and {} more", terminal::grouped((count - LISTED_MAX) as u64));
    }
}

fn show(what: &str, dossier: &Dossier, style: Style) -> String {
    let mut out = String::new();
    if !dossier.is_known() {
        let _ = writeln!(out, "The logs do not mention {}.", safe(what));
        return out;
    }
    let _ = writeln!(out, "{}  {}", style.name(&safe(what)), dossier.in_short());
    list(&mut out, style, "names", dossier.names.iter().cloned());
    list(&mut out, style, "addresses", dossier.addresses.iter().cloned());
    list(&mut out, style, "where", dossier.places.iter().cloned());
    list(&mut out, style, "contacted by", dossier.contacts().into_iter());
    list(&mut out, style, "requests", dossier.requests.iter().cloned());
    list(&mut out, style, "user agents", dossier.agents.iter().cloned());
    list(&mut out, style, "certificates", dossier.certificates.iter().cloned());
    list(&mut out, style, "files", dossier.files.iter().cloned());
    list(&mut out, style, "findings", dossier.findings.iter().cloned());
    list(&mut out, style, "indicators", dossier.indicators.iter().cloned());
    out
}
