//! `hyakuyo replay`: a folder's logs judged again with other roles, and what that changes.
//!
//! Both judgements are made from the logs, with the roles that are kept in the folder and with those that are tried, so that
//! nothing but the roles differs between them.

use crate::args::Replay;
use crate::logs::evidence_in;
use crate::settings;
use crate::terminal::{self, Style, count, safe};
use anyhow::{Result, anyhow};
use contract::{Held, Role};
use enrich::{Given, Roles};
use model::{Addr, Timestamp};
use pipeline::Settings;
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use story::{FindingRow, Incident, Made, Story};

/// Runs the command. Returns whether anything changes.
pub(crate) fn run(args: &Replay) -> Result<bool> {
    let (tried, _) = settings::parse_roles(&args.roles)?;
    let chosen = Settings::parse(&args.settings).map_err(|error| anyhow!("--set {error}"))?;
    let (stacks, geo) = (settings::stacks(args.p0f.as_deref())?, settings::geo(&args.geo)?);
    let kept = settings::kept_roles(&args.folder)?;
    let judge = |roles: &Arc<Roles>, tell: bool| {
        let given = Given { roles: Arc::clone(roles), stacks: Arc::clone(&stacks), geo: Arc::clone(&geo) };
        judge(&args.folder, &chosen, given, tell)
    };
    let tried = Arc::new(tried);
    let (before, last) = judge(&kept, true)?;
    let (after, _) = judge(&tried, false)?;
    let changes = changes(&Judged { story: &before, roles: &kept }, &Judged { story: &after, roles: &tried }, last);
    let text = if args.json { as_json(&before, &after, &changes)? } else { as_text(&before, &after, &changes, Style::stdout()) };
    terminal::print(&text)?;
    for statement in tried.statements().iter().filter(|statement| statement.until.is_some_and(|until| until <= last)) {
        let (role, reason) = (statement.role.name(), safe(&statement.reason));
        eprintln!("hyakuyo: {}: the statement on {role} ({reason}) had expired by the time of these logs", args.roles.display());
    }
    Ok(!changes.is_empty())
}

/// The story of the folder's logs, and the time of their last row.
fn judge(folder: &Path, chosen: &Settings, given: Given, tell: bool) -> Result<(Story, Timestamp)> {
    let mut merge = evidence_in(folder)?;
    let mut last = Timestamp::MIN;
    let story = {
        let mut events = std::iter::from_fn(|| merge.next().inspect(|(at, _)| last = last.max(*at)));
        pipeline::understand(&mut events, chosen, given, Made::default())
    };
    if tell {
        tell_losses(&merge);
    }
    Ok((story, last))
}

/// What could not be read of the logs, a line each.
fn tell_losses(merge: &formats::zeek::Merge) {
    for log in merge.logs() {
        let account = log.account();
        let bad = account.malformed + account.bad_cells;
        if bad > 0 {
            let shown: Vec<String> = account.shown.iter().map(|(line, what)| format!("line {line}: {what}")).collect();
            let what = if bad == 1 { "one line or cell".to_owned() } else { format!("{bad} lines or cells") };
            eprintln!("hyakuyo: {}: {what} could not be read ({})", safe(log.name()), safe(&shown.join("; ")));
        }
    }
    for (name, error) in merge.failed() {
        eprintln!("hyakuyo: {}: {}", safe(name), safe(&error.to_string()));
    }
}

/// A judgement and the roles by which it was made.
struct Judged<'a> {
    story: &'a Story,
    roles: &'a Roles,
}

/// What becomes of a finding or an incident.
#[derive(Debug, PartialEq, Eq)]
struct Change {
    what: &'static str,
    change: &'static str,
    id: String,
    host: String,
    title: String,
    reason: String,
}

fn changes(before: &Judged<'_>, after: &Judged<'_>, last: Timestamp) -> Vec<Change> {
    let mut all = finding_changes(before, after, last);
    let reasons: BTreeMap<String, Vec<String>> = all.iter().fold(BTreeMap::new(), |mut of, change| {
        of.entry(change.host.clone()).or_default().push(format!("{} {}", change.id, change.change));
        of
    });
    let because = |host: &str| reasons.get(host).map_or_else(|| "the sum of its findings changed".to_owned(), |all| all.join(", "));
    let key = |incident: &Incident| (incident.host.clone(), incident.part.clone());
    let old: BTreeMap<_, &Incident> = before.story.incidents.iter().map(|incident| (key(incident), incident)).collect();
    let new: BTreeMap<_, &Incident> = after.story.incidents.iter().map(|incident| (key(incident), incident)).collect();
    let mut incidents = Vec::new();
    for (key, incident) in old.iter().chain(new.iter().filter(|(key, _)| !old.contains_key(*key))) {
        let (change, score) = match (old.get(key), new.get(key)) {
            (Some(old), None) => ("removed", format!("its score falls from {} below {}", old.score, story::THRESHOLD)),
            (None, Some(new)) => ("added", format!("its score rises to {}", new.score)),
            (Some(old), Some(new)) if old.score != new.score => ("changed", format!("its score goes from {} to {}", old.score, new.score)),
            _ => continue,
        };
        incidents.push(Change {
            what: "incident",
            change,
            id: incident.id.clone(),
            host: incident.host.clone(),
            title: incident.title.en.clone(),
            reason: format!("{score}: {}", because(&incident.host)),
        });
    }
    incidents.append(&mut all);
    incidents
}

fn finding_changes(before: &Judged<'_>, after: &Judged<'_>, last: Timestamp) -> Vec<Change> {
    let index = |story: &'_ Story| -> BTreeMap<String, FindingRow> {
        story.findings.iter().map(|finding| (finding.id.clone(), finding.clone())).collect()
    };
    let (old, new) = (index(before.story), index(after.story));
    let of = |finding: &FindingRow, change: &'static str, reason: String| Change {
        what: "finding",
        change,
        id: finding.id.clone(),
        host: finding.host.clone(),
        title: finding.title.en.clone(),
        reason,
    };
    let mut all = Vec::new();
    for finding in &before.story.findings {
        let Some(now) = new.get(&finding.id) else {
            all.push(of(finding, "removed", role_reason(finding, before.roles, after.roles, last)));
            continue;
        };
        match (excuse(finding), excuse(now)) {
            (None, Some(excuse)) => all.push(of(now, "excused", excuse)),
            (Some(excuse), None) => all.push(of(now, "accuses", format!("no longer {excuse}"))),
            (was, is) if was != is => {
                all.push(of(now, "changed", format!("{} instead of {}", is.unwrap_or_default(), was.unwrap_or_default())))
            }
            _ if finding.confidence != now.confidence || finding.severity != now.severity || finding.measures != now.measures => {
                let weight = |row: &FindingRow| format!("{} at {} %", row.severity, row.confidence);
                let reason = role_reason(finding, before.roles, after.roles, last);
                all.push(of(now, "changed", format!("{} instead of {}: {reason}", weight(now), weight(finding))));
            }
            _ => {}
        }
    }
    for finding in after.story.findings.iter().filter(|finding| !old.contains_key(&finding.id)) {
        all.push(of(finding, "added", role_reason(finding, before.roles, after.roles, last)));
    }
    all
}

/// The role by which a finding's host is not accused of it.
fn excuse(finding: &FindingRow) -> Option<String> {
    let by = finding.excluded.iter().find(|exclusion| exclusion.applies)?;
    let how = if by.inferred { "inferred" } else { "stated" };
    Some(format!("excused as {} ({how}: {})", by.role, by.because))
}

/// Which roles differ of a finding's host and of those whom it concerns; else which roles differ at all.
fn role_reason(finding: &FindingRow, before: &Roles, after: &Roles, last: Timestamp) -> String {
    let mut differing = Vec::new();
    for host in std::iter::once(&finding.host).chain(&finding.peers) {
        let Ok(addr) = host.parse::<IpAddr>().map(Addr::from) else { continue };
        match (inside(before, addr, last), inside(after, addr, last)) {
            (true, false) => differing.push(format!("{host} counts as outside now")),
            (false, true) => differing.push(format!("{host} counts as inside now")),
            _ => {}
        }
        for role in Role::ALL.into_iter().filter(|role| *role != Role::LocalNets) {
            let say = |held: Option<Held<'_>>| match held {
                Some(Held::Given { reason, .. }) => Some(reason.to_owned()),
                _ => None,
            };
            match (say(before.held(addr, role, last)), say(after.held(addr, role, last))) {
                (Some(_), None) => differing.push(format!("{host} is no longer among {}", role.name())),
                (None, Some(reason)) => differing.push(format!("{host} is now among {} ({reason})", role.name())),
                _ => {}
            }
        }
    }
    if differing.is_empty() {
        let stated = |roles: &Roles, role| roles.statements().iter().filter(|one| one.role == role).cloned().collect::<Vec<_>>();
        let others = Role::ALL.into_iter().filter(|role| stated(before, *role) != stated(after, *role)).map(Role::name);
        let others: Vec<_> = others.collect();
        return format!("other statements on {}", others.join(", "));
    }
    differing.dedup();
    differing.join("; ")
}

/// Whether roles make an address inside, as those who understand see it.
fn inside(roles: &Roles, addr: Addr, at: Timestamp) -> bool {
    if roles.is_given(Role::LocalNets, at) { roles.held(addr, Role::LocalNets, at).is_some() } else { addr.is_private() }
}

fn as_json(before: &Story, after: &Story, changes: &[Change]) -> Result<String> {
    let count = |story: &Story| json!({ "findings": story.findings.len(), "incidents": story.incidents.len() });
    let rows: Vec<_> = changes
        .iter()
        .map(|change| {
            json!({
                "what": change.what, "change": change.change, "id": change.id, "host": change.host,
                "title": change.title, "reason": change.reason,
            })
        })
        .collect();
    let all = json!({ "before": count(before), "after": count(after), "changes": rows });
    Ok(crate::terminal::safe_json(&serde_json::to_string_pretty(&all)?).into_owned() + "\n")
}

fn as_text(before: &Story, after: &Story, changes: &[Change], style: Style) -> String {
    let mut out = String::new();
    for change in changes {
        let what = match change.what {
            "incident" => style.alarm(&format!("incident {}", change.change)),
            _ => style.bold(&format!("finding {}", change.change)),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{what}  {}  {}", style.name(&safe(&change.host)), safe(&change.title));
        let _ = writeln!(out, "    {}  {}", style.dim(&change.id), safe(&change.reason));
    }
    if changes.is_empty() {
        out.push_str("These roles change nothing.\n");
    }
    let line =
        |story: &Story| format!("{}, {}", count(story.findings.len() as u64, "finding"), count(story.incidents.len() as u64, "incident"));
    let _ = writeln!(out, "{}", style.dim(&format!("before: {}; after: {}", line(before), line(after))));
    out
}
