//! What to look for elsewhere, and what to block: names, addresses, URLs, hashes and fingerprints out of the incidents, each with
//! what blocking it would hit besides.
//!
//! Nothing is offered for blocking that ordinary work uses: a name that everybody uses, an address behind which other names
//! stand, a fingerprint that other hosts have, anything inside. Confidence comes from the incident and from how directly the
//! evidence points at the thing.

use crate::evidence::hex;
use crate::incident::Case;
use crate::ordinary::{is_ordinary, is_shared_system};
use crate::scene::{Scene, host_name, url};
use crate::statement::Content;
use crate::text::lossless;
use crate::{Indicator, Text};
use bounded::{Map, Set};
use contract::{Destination, Part, Stage};
use model::{Addr, Uid};
use std::collections::BTreeMap;

/// Indicators in all: longer lists are for feeds.
const INDICATORS_MAX: usize = 500;
/// Below this confidence an indicator is for looking, not for blocking.
const BLOCK_CONFIDENCE_MIN: u8 = 60;

struct Reason {
    en: &'static str,
    ja: &'static str,
}

const SOURCE: Reason = Reason { en: "the first program came from here", ja: "最初の実行ファイルの取得元" };
const LED: Reason = Reason {
    en: "a file that came before the first program came from here",
    ja: "最初の実行ファイルの前に受け取ったファイルの取得元",
};
const PROGRAM: Reason = Reason { en: "the first program", ja: "最初の実行ファイル" };
const MORE: Reason = Reason { en: "more was fetched from here", ja: "追加のファイルの取得元" };
const MORE_FILE: Reason =
    Reason { en: "fetched after the first program", ja: "最初の実行ファイルの後に取得されたファイル" };
const HOME: Reason =
    Reason { en: "an infected host calls home there", ja: "感染したホストが指令や報告のために連絡している先" };
const CALLED: Reason =
    Reason { en: "an infected host called it after the infection", ja: "感染したホストが感染後に連絡した先" };
const AGENT: Reason = Reason { en: "what the malware calls itself", ja: "マルウェアが名乗った User-Agent" };
const FINGERPRINT: Reason = Reason { en: "the TLS fingerprint of the malware", ja: "マルウェアの TLS フィンガープリント" };
const ATTACKER: Reason = Reason { en: "it attacked hosts in this network", ja: "このネットワークのホストを攻撃した" };

/// Indicators in the making: by kind and value.
#[derive(Default)]
struct Board {
    all: BTreeMap<(&'static str, String), Entry>,
}

struct Entry {
    confidence: u8,
    why: &'static Reason,
    ids: Vec<Uid>,
    /// Whether nothing but its use by others speaks against blocking it.
    fit: bool,
    also_hits: u64,
}

impl Board {
    fn add(&mut self, kind: &'static str, value: String, confidence: u8, why: &'static Reason, ids: &[Uid], (fit, hits): (bool, u64)) {
        if value.is_empty() || self.all.len() >= INDICATORS_MAX {
            return;
        }
        let new = Entry { confidence: 0, why, ids: Vec::new(), fit: true, also_hits: 0 };
        let entry = self.all.entry((kind, value)).or_insert(new);
        if confidence > entry.confidence {
            (entry.confidence, entry.why) = (confidence, why);
        }
        for id in ids {
            if !entry.ids.contains(id) && entry.ids.len() < contract::SAMPLE_MAX {
                entry.ids.push(*id);
            }
        }
        entry.fit &= fit;
        entry.also_hits = entry.also_hits.max(hits);
    }
}

/// Who uses what, over all that is remembered: made once, asked for every indicator.
#[derive(Default)]
struct Users<'a> {
    agents: Map<&'a [u8], Set<Addr>>,
    /// Agents that also speak to destinations that everybody uses.
    systems: Set<&'a [u8]>,
    urls: Map<(&'a [u8], &'a [u8]), Set<Addr>>,
    fingerprints: Map<&'a [u8], Set<Addr>>,
    files: Map<[u8; 32], Set<Addr>>,
    /// Registered names by the address that they lead to.
    names: Map<Addr, Set<&'a [u8]>>,
    accused: Set<Addr>,
}

impl<'a> Users<'a> {
    fn new(scene: &Scene<'a>, accused: Set<Addr>) -> Self {
        let mut users = Self { accused, ..Self::default() };
        for request in scene.evidence.requests.all() {
            users.agents.entry(&request.agent).or_default().insert(request.client);
            users.urls.entry((&request.host, &request.uri)).or_default().insert(request.client);
            if is_ordinary(host_name(&request.host)) {
                users.systems.insert(&request.agent);
            }
        }
        for one in scene.evidence.handshakes.all() {
            users.fingerprints.entry(&one.ja3).or_default().insert(one.client);
        }
        for transfer in scene.evidence.transfers.all() {
            if let Some(digest) = transfer.sha256 {
                users.files.entry(digest).or_default().insert(transfer.receiver());
            }
        }
        for lookup in scene.evidence.lookups.all() {
            for addr in &lookup.answers {
                users.names.entry(*addr).or_default().insert(registered(&lookup.name));
            }
        }
        users
    }

    /// Hosts without an incident among some.
    fn others(&self, hosts: Option<&Set<Addr>>) -> u64 {
        hosts.map_or(0, |hosts| hosts.iter().filter(|host| !self.accused.contains(host)).count() as u64)
    }
}

/// Takes the indicators out of all incidents, the surest first.
pub(crate) fn find(scene: &Scene<'_>, cases: &[Case<'_>]) -> Vec<Indicator> {
    let accused: Set<Addr> = cases.iter().filter(|case| case.suspect.part == Part::Actor).map(|case| case.suspect.host).collect();
    if cases.is_empty() {
        return Vec::new();
    }
    let (mut board, users) = (Board::default(), Users::new(scene, accused));
    for case in cases {
        collect(scene, case, &users, &mut board);
    }
    let mut all: Vec<Indicator> = board
        .all
        .into_iter()
        .map(|((kind, value), Entry { confidence, why, ids, fit, also_hits })| Indicator {
            kind: kind.to_owned(),
            value,
            confidence,
            because: Text { en: why.en.to_owned(), ja: why.ja.to_owned() },
            also_hits,
            block: fit && also_hits == 0 && confidence >= BLOCK_CONFIDENCE_MIN,
            ids: ids.iter().map(ToString::to_string).collect(),
        })
        .collect();
    all.sort_by(|a, b| (b.block, b.confidence).cmp(&(a.block, a.confidence)).then_with(|| (&a.kind, &a.value).cmp(&(&b.kind, &b.value))));
    all
}

fn collect(scene: &Scene<'_>, case: &Case<'_>, users: &Users<'_>, board: &mut Board) {
    let host = case.suspect.host;
    let sure = |least: u8| least.max(case.incident.confidence.min(95));
    if case.suspect.part == Part::Target {
        for found in scene.findings(case.suspect) {
            for peer in &found.finding.peers {
                // Which addresses a flood names is the flooder's choice.
                let fit = is_fit_addr(scene, host, *peer, b"", users) && found.finding.definition.stage != Stage::Acted;
                board.add(
                    "ip",
                    outside(scene, *peer),
                    found.finding.confidence,
                    &ATTACKER,
                    &[found.id],
                    (fit, hits_addr(scene, *peer, users)),
                );
            }
        }
        return;
    }
    if !scene.known.is_inside(host) {
        let ids: Vec<Uid> = scene.findings(case.suspect).map(|found| found.id).collect();
        let attacks = scene
            .findings(case.suspect)
            .any(|found| matches!(found.finding.definition.stage, Stage::Spread | Stage::Exploited | Stage::Acted));
        if attacks {
            board.add("ip", host.to_string(), case.incident.confidence, &ATTACKER, &ids, (true, hits_addr(scene, host, users)));
        }
        return;
    }
    if let Some(entry) = &case.chain.entry {
        arrival(scene, host, entry, sure(85), [&SOURCE, &PROGRAM], users, board);
        for one in &case.chain.led {
            arrival(scene, host, one, 50, [&LED, &LED], users, board);
        }
        for (one, _) in &case.chain.more {
            arrival(scene, host, one, sure(75), [&MORE, &MORE_FILE], users, board);
        }
    }
    for contact in &case.contacts {
        let (confidence, why) = if contact.found || contact.again() { (sure(80), &HOME) } else { (55, &CALLED) };
        self::contact(scene, host, contact, confidence, why, users, board);
    }
}

fn arrival(
    scene: &Scene<'_>,
    host: Addr,
    one: &crate::chain::Arrival<'_>,
    confidence: u8,
    [from, what]: [&'static Reason; 2],
    users: &Users<'_>,
    board: &mut Board,
) {
    let ids: Vec<Uid> = one.transfer.uid.into_iter().chain(one.transfer.fuid).collect();
    let sender = one.transfer.sender();
    let name = if one.name().is_empty() && one.request.is_none() { scene.name(host, sender) } else { one.name() };
    server(scene, host, sender, name, confidence, from, &ids, users, board);
    if let Some(request) = one.request {
        let hits = users.others(users.urls.get(&(&*request.host, &*request.uri)));
        board.add("url", url(request), confidence, from, &ids, (true, hits));
        agent(&request.agent, confidence.min(70), &ids, users, board);
    }
    if one.content == Content::Other || one.transfer.missing > 0 {
        return;
    }
    let hits = users.others(one.transfer.sha256.and_then(|digest| users.files.get(&digest)));
    let confidence = if one.content == Content::Text && one.pretence.is_none() { 40 } else { confidence };
    for (kind, digest) in [
        ("sha256", one.transfer.sha256.map(|digest| hex(&digest))),
        ("sha1", one.transfer.sha1.map(|digest| hex(&digest))),
        ("md5", one.transfer.md5.map(|digest| hex(&digest))),
    ] {
        board.add(kind, digest.unwrap_or_default(), confidence, what, &ids, (true, hits));
    }
}

fn contact(
    scene: &Scene<'_>,
    host: Addr,
    one: &crate::contacts::Contact<'_>,
    confidence: u8,
    why: &'static Reason,
    users: &Users<'_>,
    board: &mut Board,
) {
    let calls = one.calls;
    let ids: Vec<Uid> = calls.uids.iter().flatten().copied().collect();
    let handshake = scene.handshake_of(host, calls.server, calls.port);
    let name = match (one.url().is_some(), handshake) {
        (true, _) => one.name(),
        (false, Some(handshake)) if !handshake.name.is_empty() => &handshake.name,
        _ => scene.name(host, calls.server),
    };
    server(scene, host, calls.server, name, confidence, why, &ids, users, board);
    if let Some(url) = one.url() {
        board.add("url", url, confidence, why, &ids, (!scene.known.is_inside(calls.server), 0));
        if let Some(request) = ids.iter().find_map(|uid| scene.request_on(*uid)) {
            agent(&request.agent, confidence.min(75), &ids, users, board);
        }
    }
    if let Some(handshake) = handshake {
        let same = users.others(users.fingerprints.get(&*handshake.ja3));
        // The same library serves many programs: a fingerprint alone blocks nothing.
        board.add("ja3", lossless(&handshake.ja3), confidence.min(50), &FINGERPRINT, &ids, (false, same));
        board.add("ja4", lossless(&handshake.ja4), confidence.min(50), &FINGERPRINT, &ids, (false, same));
    }
}

#[expect(clippy::too_many_arguments, reason = "a server is named by its address, its name, and why it is bad; each is one value")]
fn server(
    scene: &Scene<'_>,
    host: Addr,
    addr: Addr,
    name: &[u8],
    confidence: u8,
    why: &'static Reason,
    ids: &[Uid],
    users: &Users<'_>,
    board: &mut Board,
) {
    let ordinary = is_ordinary(name);
    // What everybody uses is not even suspected: the URL says which part of it is meant.
    if !name.is_empty() && !ordinary && name.contains(&b'.') && !is_local_name(name) {
        board.add("domain", lossless(&name.to_ascii_lowercase()), confidence, why, ids, (true, hits_name(scene, name, users)));
    }
    if !ordinary {
        board.add(
            "ip",
            outside(scene, addr),
            confidence,
            why,
            ids,
            (is_fit_addr(scene, host, addr, name, users), hits_addr(scene, addr, users)),
        );
    }
}

/// A program's own name for itself, where it is no browser's that others have, too.
fn agent(agent: &[u8], confidence: u8, ids: &[Uid], users: &Users<'_>, board: &mut Board) {
    if agent.is_empty() {
        return;
    }
    let hits = users.others(users.agents.get(agent));
    // The same words to a destination that everybody uses: the system's own library.
    let shared = users.systems.contains(agent);
    let usual = agent.starts_with(b"Mozilla/5.0") || agent.starts_with(b"Microsoft") || shared;
    // Names that any script or old browser has accuse nobody by themselves.
    let library =
        [&b"curl/"[..], b"Wget/", b"python", b"Python", b"Go-http", b"Java/", b"WinHTTP", b"WinInet", b"Mozilla/4.0 (compatible; MSIE"];
    let usual = usual || library.iter().any(|begin| agent.starts_with(begin));
    if !usual {
        board.add("user_agent", lossless(agent), confidence, &AGENT, ids, (agent.len() >= 4, hits));
    }
}

fn is_local_name(name: &[u8]) -> bool {
    [&b".local"[..], b".lan", b".localdomain", b".home", b".internal", b".arpa", b".corp"]
        .iter()
        .any(|end| name.to_ascii_lowercase().ends_with(end))
}

/// The address as text where it is outside: those inside are cleaned, not blocked.
fn outside(scene: &Scene<'_>, addr: Addr) -> String {
    if scene.known.is_inside(addr) || addr.is_private() { String::new() } else { addr.to_string() }
}

/// Whether an address serves nobody else, as far as was seen.
fn is_fit_addr(scene: &Scene<'_>, host: Addr, addr: Addr, name: &[u8], users: &Users<'_>) -> bool {
    if scene.known.system(addr).is_some_and(|(number, _)| is_shared_system(number)) {
        return false;
    }
    let own = name.to_ascii_lowercase();
    let alone = users.names.get(&addr).is_none_or(|names| names.iter().all(|other| *other == registered(&own)));
    alone && (name.is_empty() || !is_ordinary(scene.name(host, addr)))
}

/// The last two labels of a name, near enough to tell owners apart.
fn registered(name: &[u8]) -> &[u8] {
    let mut dots = name.iter().enumerate().rev().filter(|(_, byte)| **byte == b'.').map(|(at, _)| at + 1);
    dots.nth(1).and_then(|from| name.get(from..)).unwrap_or(name)
}

fn hits_addr(scene: &Scene<'_>, addr: Addr, users: &Users<'_>) -> u64 {
    let reach = u64::from(scene.known.reach(Destination::Addr(addr)).hosts);
    let callers = scene.callers(addr);
    let guilty: Set<Addr> =
        callers.iter().map(|calls| calls.client).filter(|client| users.accused.contains(client) && client.is_private()).collect();
    reach.saturating_sub(guilty.len() as u64)
}

fn hits_name(scene: &Scene<'_>, name: &[u8], users: &Users<'_>) -> u64 {
    let reach = u64::from(scene.known.reach(Destination::Name(name)).hosts);
    let guilty = users.accused.iter().filter(|host| {
        scene.lookups_of(**host).iter().any(|lookup| lookup.name.eq_ignore_ascii_case(name))
            || scene.pages(**host).iter().any(|calls| host_name(&calls.page.0).eq_ignore_ascii_case(name))
    });
    reach.saturating_sub(guilty.count() as u64)
}
