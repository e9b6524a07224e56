//! One host's incident: its chain, its calls, its findings, in the order of time.

use crate::chain::{self, Chain};
use crate::contacts::{self, Contact};
use crate::scene::Scene;
use crate::statement::{Line, Statement};
use crate::text::{lossless, stamp, words};
use crate::words::{english, japanese, numbers, sentence};
use crate::{Found, Incident, StageRow, Suspect, Text};
use bounded::Map;
use contract::{Part, Stage};
use model::{Addr, Uid};

/// Sentences of one incident: what is longer nobody reads.
const LINES_MAX: usize = 60;
/// What was given away that is told one by one.
const GIFTS_MAX: usize = 6;
/// Measured values that are told of a finding.
const MEASURES_MAX: usize = 3;
/// Hosts to which it was passed on that are named.
const ONWARD_MAX: usize = 16;
/// Peers that are gathered from findings of one kind: sentences show some and count the rest.
const PEERS_MAX: usize = 16;
/// Quotes that are told of a finding.
const QUOTES_MAX: usize = 3;

/// An incident in the making, with what indicators are taken from.
pub(crate) struct Case<'a> {
    pub(crate) suspect: &'a Suspect,
    pub(crate) chain: Chain<'a>,
    pub(crate) contacts: Vec<Contact<'a>>,
    pub(crate) incident: Incident,
}

/// Tells a suspect's story.
pub(crate) fn case<'a>(scene: &Scene<'a>, suspect: &'a Suspect) -> Case<'a> {
    let nothing = Chain { entry: None, led: Vec::new(), more: Vec::new() };
    let is_actor = suspect.part == Part::Actor;
    let chain = if is_actor { chain::find(scene, suspect) } else { nothing };
    let entry = chain.entry.as_ref().map(|entry| entry.transfer);
    let contacts =
        if is_actor { contacts::find(scene, suspect, entry.map(|entry| entry.at), entry.map(|entry| entry.server)) } else { Vec::new() };
    let mut lines = Vec::new();
    if let Some(entry) = &chain.entry {
        for one in &chain.led {
            chain::tell(scene, suspect.host, one, false, 1, &mut lines);
        }
        chain::tell(scene, suspect.host, entry, false, 1, &mut lines);
        for (one, times) in &chain.more {
            chain::tell(scene, suspect.host, one, true, *times, &mut lines);
        }
    }
    lines.extend(contacts.iter().map(|contact| contacts::tell(scene, suspect.host, contact)));
    if is_actor {
        gifts(scene, suspect, &mut lines);
        lines.extend(chain::struck(scene, suspect, entry.map(|entry| entry.at)).into_iter().map(chain::tell_struck));
        neighbours(scene, suspect, &mut lines);
    }
    findings(scene, suspect, &mut lines);
    if !is_actor {
        outcome(scene, suspect, &mut lines);
    }
    lines.sort_by_key(|line| (line.at, line.statement.order()));
    lines.truncate(LINES_MAX);
    let incident = incident(scene, suspect, &chain, &contacts, &lines);
    Case { suspect, chain, contacts, incident }
}

/// Findings: those that another sentence tells already lend it their id; the others speak for themselves.
fn findings(scene: &Scene<'_>, suspect: &Suspect, lines: &mut Vec<Line>) {
    let told = lines.len();
    // Of one kind, several subjects are one sentence with the first of them.
    let mut of_kind: Map<&str, usize> = Map::default();
    // Habits are no part of what happened; they stand among the findings.
    for found in scene.findings(suspect).filter(|found| found.finding.definition.stage != Stage::Habit) {
        let it = &found.finding;
        let explains = |line: &&mut Line| match &line.statement {
            Statement::Fetched { .. } => {
                matches!(it.definition.stage, Stage::CameIn | Stage::FetchedMore) && it.evidence.iter().any(|id| line.ids.contains(id))
            }
            // A rhythm is told with the calls; orders and what else was said are not.
            Statement::Called { to, .. } => it.definition.detector == "beacon" && it.peers.contains(&to.addr),
            _ => false,
        };
        if let Some(line) = lines.iter_mut().take(told).find(explains) {
            line.ids.push(found.id);
            continue;
        }
        match of_kind.get(it.definition.name) {
            Some(place) => also(&mut lines[*place], found),
            None => {
                of_kind.insert(it.definition.name, lines.len());
                lines.push(line(found));
            }
        }
    }
}

fn line(found: &Found) -> Line {
    let it = &found.finding;
    let (title, subject, count, last) = (it.definition.title, lossless(&it.subject), it.count, it.last);
    let measures: Vec<(String, String)> = it
        .measures
        .iter()
        .filter(|measure| measure.value != 0.0)
        .take(MEASURES_MAX)
        .map(|measure| {
            let name = measure.name.replace('_', " ");
            // A port is a name made of digits, and a unit that the name says already is not said again.
            let value =
                if name.contains("port") && measure.value < 65_536.0 { format!("{:.0}", measure.value) } else { number(measure.value) };
            let unit = if measure.unit.is_empty() || name.contains(measure.unit) { String::new() } else { format!(" {}", measure.unit) };
            (name, format!("{value}{unit}"))
        })
        .collect();
    let quotes: Vec<String> = it.quotes.iter().take(QUOTES_MAX).map(|quote| lossless(quote)).filter(|quote| *quote != subject).collect();
    let statement = match it.definition.part {
        Part::Actor => {
            // Whom it is about is not named twice.
            let peers = it.peers.iter().copied().filter(|peer| !subject.starts_with(&peer.to_string())).collect();
            Statement::Found { title, subject, peers, count, last, measures, quotes }
        }
        Part::Target => Statement::WasAttacked { title, by: it.peers.clone(), more: 0, subject, count, last, measures, quotes },
    };
    Line { at: it.first, statement, ids: std::iter::once(found.id).chain(it.evidence.iter().copied()).collect() }
}

/// A value without a tail of digits.
fn number(value: f64) -> String {
    if value.fract() == 0.0 && (0.0..1e15).contains(&value) { numbers::grouped(value as u64) } else { format!("{value:.2}") }
}

/// The same was found about another subject.
fn also(line: &mut Line, found: &Found) {
    let it = &found.finding;
    line.ids.push(found.id);
    line.at = line.at.min(it.first);
    let (subject, peers, count, last) = match &mut line.statement {
        Statement::Found { subject, peers, count, last, .. } => (subject, peers, count, last),
        Statement::WasAttacked { subject, by, count, last, .. } => (subject, by, count, last),
        _ => return,
    };
    let more = lossless(&it.subject);
    if !more.is_empty() && !subject.split(", ").any(|one| one == more) {
        if !subject.is_empty() {
            subject.push_str(", ");
        }
        subject.push_str(&more);
    }
    for peer in &it.peers {
        if !peers.contains(peer) && peers.len() < PEERS_MAX {
            peers.push(*peer);
        }
    }
    *count += it.count;
    *last = (*last).max(it.last);
}

/// What the host gave away: mail, uploads, files that it wrote to shares.
fn gifts(scene: &Scene<'_>, suspect: &Suspect, lines: &mut Vec<Line>) {
    let proofs = scene.proofs(suspect);
    let mut kinds: Vec<(Line, Addr, &'static str)> = Vec::new();
    let gifts = scene.evidence.sent.of(suspect.host).into_iter().filter(|sent| sent.client == suspect.host);
    for sent in gifts {
        let proven = sent.uid.is_some_and(|uid| proofs.contains(&uid)) || sent.fuid.is_some_and(|fuid| proofs.contains(&fuid));
        // Reading a share is everybody's day; mail and uploads to outside and programs written into shares are told.
        if !proven && sent.by == "SMB" {
            continue;
        }
        if let Some((line, ..)) = kinds.iter_mut().find(|(_, to, by)| *to == sent.server && *by == sent.by) {
            if let Statement::Gave { times, .. } = &mut line.statement {
                *times += 1;
            }
            continue;
        }
        if kinds.len() >= GIFTS_MAX {
            continue;
        }
        let statement = Statement::Gave {
            by: sent.by,
            account: lossless(&sent.account),
            what: lossless(&sent.what),
            subject: lossless(&sent.subject),
            to: scene.place(suspect.host, sent.server, b""),
            times: 1,
        };
        kinds.push((Line { at: sent.at, statement, ids: sent.uid.into_iter().chain(sent.fuid).collect() }, sent.server, sent.by));
    }
    lines.extend(kinds.into_iter().map(|(line, ..)| line));
}

/// From which accused host it came, and to which it went on: the same kind of finding, after a connection.
fn neighbours(scene: &Scene<'_>, suspect: &Suspect, lines: &mut Vec<Line>) {
    let Some((kind, began, own)) = scene.spread(suspect.host) else { return };
    let (mut onward, mut ids): (Vec<Addr>, Vec<Uid>) = (Vec::new(), vec![own]);
    let mut from: Option<(Addr, model::Timestamp, Uid)> = None;
    for calls in scene.callers(suspect.host).iter().filter(|calls| calls.answered > 0 && calls.first <= began) {
        if let Some((same, since, id)) = scene.spread(calls.client)
            && calls.client != suspect.host
            && same == kind
            && since < began
            && from.is_none_or(|(_, earliest, _)| since < earliest)
        {
            from = Some((calls.client, since, id));
        }
    }
    for calls in scene.destinations(suspect.host).iter().filter(|calls| calls.answered > 0) {
        if let Some((same, since, id)) = scene.spread(calls.server)
            && same == kind
            && since > began
            && calls.first <= since
            && !onward.contains(&calls.server)
            && onward.len() < ONWARD_MAX
        {
            onward.push(calls.server);
            ids.push(id);
        }
    }
    if let Some((host, since, id)) = from {
        lines.push(Line { at: began, statement: Statement::CameFrom { host, since }, ids: vec![own, id] });
    }
    if !onward.is_empty() {
        onward.sort();
        lines.push(Line { at: suspect.last, statement: Statement::PassedOn { hosts: onward }, ids });
    }
}

/// Whether an attack succeeded, as far as it shows. Floods need no success.
fn outcome(scene: &Scene<'_>, suspect: &Suspect, lines: &mut Vec<Line>) {
    if scene.is_flooded(suspect) {
        return;
    }
    let attacked = scene.findings(suspect).map(|found| found.finding.first).min();
    let after = scene
        .all
        .iter()
        .filter(|found| found.finding.host == suspect.host && found.finding.definition.part == Part::Actor)
        .filter(|found| found.finding.severity > contract::Severity::Info && attacked.is_some_and(|at| found.finding.last >= at))
        .min_by_key(|found| (found.finding.first, found.id));
    lines.push(match after {
        Some(found) => Line {
            at: found.finding.first.max(attacked.unwrap_or_default()),
            statement: Statement::ActedAfter { title: found.finding.definition.title },
            ids: vec![found.id],
        },
        None => Line { at: suspect.last, statement: Statement::NothingAfter, ids: Vec::new() },
    });
}

fn incident(scene: &Scene<'_>, suspect: &Suspect, chain: &Chain<'_>, contacts: &[Contact<'_>], lines: &[Line]) -> Incident {
    let mut stages: Vec<StageRow> = Vec::new();
    let (mut worst, mut most, mut confidence) = (Text::default(), 0, 0);
    for found in scene.findings(suspect) {
        let stage = found.finding.definition.stage.name();
        match stages.last_mut() {
            Some(last) if last.stage == stage => last.findings.push(found.id.to_string()),
            _ => stages.push(StageRow { stage: stage.to_owned(), findings: vec![found.id.to_string()] }),
        }
        let weight = found.finding.severity.weight() * u32::from(found.finding.confidence);
        // What the source and the calls home say already is not said again.
        let said = match found.finding.definition.stage {
            Stage::CameIn | Stage::FetchedMore => chain.entry.is_some(),
            Stage::CalledHome => !contacts.is_empty() && found.finding.definition.detector == "beacon",
            _ => false,
        };
        if weight > most && found.finding.definition.part == suspect.part && !said {
            (worst, most) = (words(&found.finding.definition.title), weight);
        }
        confidence = confidence.max(found.finding.confidence);
    }
    let first = lines.iter().map(|line| line.at).min().unwrap_or(suspect.first).min(suspect.first);
    Incident {
        id: crate::make::incident_id(suspect),
        host: suspect.host.to_string(),
        names: names(scene, suspect.host),
        part: crate::make::part(suspect.part).to_owned(),
        title: title(chain, home(scene, suspect.host, contacts), worst),
        score: suspect.score,
        confidence,
        first: stamp(first),
        last: stamp(suspect.last),
        stages,
        story: lines.iter().map(sentence).collect(),
        source: if suspect.part == Part::Actor { chain::source(scene, suspect, chain) } else { None },
    }
}

/// Whom it calls home, if anybody, and whether it does so again and again.
fn home(scene: &Scene<'_>, host: Addr, contacts: &[Contact<'_>]) -> Option<(String, bool)> {
    let home = contacts.iter().find(|contact| contact.found || contact.again())?;
    Some((home.known_as(scene, host), home.again()))
}

/// A few words: what came in, whom it calls, and the worst of what else was found.
fn title(chain: &Chain<'_>, home: Option<(String, bool)>, worst: Text) -> Text {
    let from = |name: &[u8], addr: Addr| if name.is_empty() { addr.to_string() } else { lossless(name) };
    let entry = chain.entry.as_ref().map(|entry| (entry.content, from(entry.name(), entry.transfer.sender())));
    let behind = |text: &str, mark: &str| if text.is_empty() { String::new() } else { format!("{mark}{text}") };
    let called = home.map(|(home, again)| Text {
        en: format!("{} {home}", if again { "keeps calling" } else { "called" }),
        ja: format!("{home} に{}", if again { "繰り返し連絡している" } else { "連絡した" }),
    });
    match (entry, called) {
        (Some((content, source)), Some(called)) => Text {
            en: format!("infected: fetched {} from {source} and {}", english::noun(content), called.en),
            ja: format!("感染: {source} から{}を取得し、{}", japanese::noun(content), called.ja),
        },
        (Some((content, source)), None) => Text {
            en: format!("probably infected: fetched {} from {source}{}", english::noun(content), behind(&worst.en, "; ")),
            ja: format!("感染の疑い: {source} から{}を取得した{}", japanese::noun(content), behind(&worst.ja, "。")),
        },
        (None, Some(called)) => Text {
            en: format!("probably infected: {}{}", called.en, behind(&worst.en, "; ")),
            ja: format!("感染の疑い: {}{}", called.ja, behind(&worst.ja, "。")),
        },
        (None, None) => worst,
    }
}

fn names(scene: &Scene<'_>, host: Addr) -> Vec<String> {
    let Some(names) = scene.evidence.names.get(host) else { return Vec::new() };
    names.machine.iter().chain(&names.users).map(|name| lossless(name)).collect()
}
