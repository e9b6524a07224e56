//! How it came in, as far as files tell: the first program that a host fetched, what led to it, and what was fetched next.

use crate::evidence::{Program, Request, Transfer, hex};
use crate::notable::{Rank, rank};
use crate::scene::{Scene, host_name, url};
use crate::statement::{Content, Line, Oddity, Pretence, Statement};
use crate::text::lossless;
use crate::{Found, Source, Suspect};
use bounded::Set;
use contract::{Severity, Stage};
use model::{Addr, Interval, Timestamp, Uid};

/// Files that are told of after the first: what is fetched more often is told by its number.
const MORE_MAX: usize = 6;
/// A document or a script that came so long before a program may have fetched it.
const LED_WITHIN: Interval = Interval::from_secs(600);
/// Pages that lead to pages: more steps than this nobody follows.
const REFERRERS_MAX: usize = 3;
/// Attacks before that are told: the earliest.
const STRUCK_MAX: usize = 3;
/// From so many bits per byte on, bytes show no order (text is near 5, programs near 6.5).
const NOISE_BITS: f64 = 7.9;
/// The time that Borland's and Embarcadero's linkers wrote into every program: 1992-06-19 22:22:17.
const DELPHI: Timestamp = Timestamp::from_secs(708_992_537);
/// Before 1992 there was no such format (PE came with Windows NT 3.1's betas).
const FORMAT_BEGAN: Timestamp = Timestamp::from_secs(694_224_000);

/// A file with all that is known of how it came.
pub(crate) struct Arrival<'a> {
    pub(crate) transfer: &'a Transfer,
    pub(crate) request: Option<&'a Request>,
    pub(crate) content: Content,
    pub(crate) pretence: Option<Pretence>,
    /// How much speaks against it.
    weight: i32,
}

impl Arrival<'_> {
    /// The name that the server was asked by.
    pub(crate) fn name(&self) -> &[u8] {
        self.request.map(|request| host_name(&request.host)).unwrap_or_default()
    }

    /// The ids of its connection and of itself.
    fn ids(&self) -> Vec<Uid> {
        self.transfer.uid.into_iter().chain(self.transfer.fuid).collect()
    }
}

/// What came to a host.
pub(crate) struct Chain<'a> {
    /// The file with which it began.
    pub(crate) entry: Option<Arrival<'a>>,
    /// What came just before it and may have brought it.
    pub(crate) led: Vec<Arrival<'a>>,
    /// What was fetched next, the same content once.
    pub(crate) more: Vec<(Arrival<'a>, u64)>,
}

/// Looks for how it came in.
pub(crate) fn find<'a>(scene: &Scene<'a>, suspect: &'a Suspect) -> Chain<'a> {
    let host = suspect.host;
    let proofs = scene.proofs(suspect);
    let mut arrivals: Vec<Arrival<'a>> = scene
        .evidence
        .transfers
        .of(host)
        .into_iter()
        .filter(|transfer| transfer.receiver() == host && is_carried(&transfer.source))
        .map(|transfer| arrival(scene, host, transfer, &proofs))
        .collect();
    let Some(first) = arrivals.iter().position(|one| one.weight >= 2 && is_entry(one, &proofs)) else {
        return Chain { entry: None, led: Vec::new(), more: Vec::new() };
    };
    let after: Vec<Arrival<'a>> = arrivals.drain(first + 1..).collect();
    let entry = arrivals.pop();
    let Some(it) = &entry else { return Chain { entry, led: Vec::new(), more: Vec::new() } };
    let led = arrivals.into_iter().filter(|one| {
        one.weight > -2
            && matches!(one.content, Content::Document | Content::Archive | Content::Script)
            && it.transfer.at - one.transfer.at <= LED_WITHIN
    });
    let led: Vec<Arrival<'a>> = led.collect();
    let same_source = |one: &Arrival<'a>| {
        one.transfer.server == it.transfer.server || (!it.name().is_empty() && one.name().eq_ignore_ascii_case(it.name()))
    };
    let mut more: Vec<(Arrival<'a>, u64)> = Vec::new();
    for one in after {
        if one.transfer.sha256.is_some() && one.transfer.sha256 == it.transfer.sha256 {
            continue;
        }
        let room = more.len() < MORE_MAX;
        match more.iter_mut().find(|(known, _)| known.transfer.sha256.is_some() && known.transfer.sha256 == one.transfer.sha256) {
            Some((_, times)) => *times += 1,
            None if (same_source(&one) || one.weight >= 2) && !matches!(one.content, Content::Other) && room => {
                more.push((one, 1));
            }
            None => {}
        }
    }
    Chain { entry, led, more }
}

/// Whether a file came by itself: what mail readers and printers are given is told elsewhere.
fn is_carried(source: &[u8]) -> bool {
    !matches!(source, b"KRB_TCP" | b"KRB" | b"OCSP" | b"RDP")
}

/// What may begin an infection: a program, or a script; a document or an archive only where a finding rests on it.
fn is_entry(one: &Arrival<'_>, proofs: &Set<Uid>) -> bool {
    match one.content {
        Content::WindowsProgram | Content::Program | Content::Script => true,
        Content::Document | Content::Archive | Content::Text => one.ids().iter().any(|id| proofs.contains(id)),
        Content::Noise | Content::Other => false,
    }
}

fn arrival<'a>(scene: &Scene<'a>, host: Addr, transfer: &'a Transfer, proofs: &Set<Uid>) -> Arrival<'a> {
    let request = scene.request_of(transfer);
    let content = content(transfer, request);
    let pretence = pretence(transfer, request, content);
    let mut one = Arrival { transfer, request, content, pretence, weight: 0 };
    let proven = one.ids().iter().any(|id| proofs.contains(id));
    let bare = request.is_some() && one.name().is_empty();
    let signed = transfer.fuid.and_then(|fuid| scene.evidence.programs.get(&fuid)).is_some_and(|program| program.signed == Some(true));
    one.weight = 4 * i32::from(proven)
        + match one.content {
            Content::WindowsProgram | Content::Program | Content::Script => 2,
            _ => 0,
        }
        + 2 * i32::from(one.pretence.is_some())
        + i32::from(bare)
        - i32::from(signed)
        - 4 * i32::from(scene.is_usual(host, transfer.sender(), one.name()));
    one
}

/// What a file is, by its content and then by its name.
fn content(transfer: &Transfer, request: Option<&Request>) -> Content {
    let mime = std::str::from_utf8(&transfer.mime).unwrap_or_default();
    let by_name = || rank(mime.as_bytes(), file_name(transfer, request));
    match mime {
        "application/x-dosexec" | "application/vnd.microsoft.portable-executable" => Content::WindowsProgram,
        _ => match rank(mime.as_bytes(), b"").or_else(by_name) {
            // A name alone makes no program of bytes that are none.
            Some(Rank::Executable) if mime.is_empty() && f64::from(transfer.entropy) > NOISE_BITS => Content::Noise,
            Some(Rank::Executable) if mime.starts_with("text/") => Content::Text,
            Some(Rank::Executable) => Content::Program,
            Some(Rank::Script) => Content::Script,
            Some(Rank::Document) => Content::Document,
            Some(Rank::Archive) => Content::Archive,
            None if mime.starts_with("text/plain") => Content::Text,
            None if !transfer.wrapped.is_empty() => Content::Text,
            None if mime.is_empty() && f64::from(transfer.entropy) > NOISE_BITS => Content::Noise,
            None => Content::Other,
        },
    }
}

/// The name that a file was given: by its protocol, else the end of its path.
fn file_name<'a>(transfer: &'a Transfer, request: Option<&'a Request>) -> &'a [u8] {
    if !transfer.name.is_empty() {
        return &transfer.name;
    }
    let Some(request) = request else { return &[] };
    let path = request.uri.split(|byte| *byte == b'?').next().unwrap_or_default();
    path.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
}

fn pretence(transfer: &Transfer, request: Option<&Request>, content: Content) -> Option<Pretence> {
    if !transfer.wrapped.is_empty() {
        let has = |word: &str| transfer.wrapped.windows(word.len()).any(|part| part == word.as_bytes());
        return Some(Pretence::Digits { base64: has("base64"), reversed: has("reversed"), program: has("dosexec") });
    }
    const HARMLESS: &[&str] =
        &[".png", ".jpg", ".jpeg", ".gif", ".bmp", ".ico", ".txt", ".css", ".js", ".htm", ".html", ".mp3", ".pdf", ".doc", ".log"];
    let name = file_name(transfer, request).to_ascii_lowercase();
    let ending = HARMLESS.iter().find(|ending| name.ends_with(ending.as_bytes()));
    match (content, ending) {
        (Content::WindowsProgram | Content::Program, Some(ending)) => Some(Pretence::NamedAs((*ending).to_owned())),
        (Content::Noise, _) => Some(Pretence::Noise { bits: transfer.entropy }),
        _ => None,
    }
}

/// What stands out in a program.
fn oddities(program: &Program, transfer: &Transfer) -> Vec<Oddity> {
    let mut all = Vec::new();
    match program.compiled {
        Some(DELPHI) => all.push(Oddity::DelphiTime),
        Some(at) if at < FORMAT_BEGAN || at > transfer.at + Interval::from_secs(86_400) => all.push(Oddity::MadeThen(at)),
        Some(at) if transfer.at - at < Interval::from_secs(7 * 86_400) => all.push(Oddity::Fresh(at)),
        _ => {}
    }
    if program.signed == Some(false) {
        all.push(Oddity::Unsigned);
    }
    if program.imports == Some(false) {
        all.push(Oddity::NoImports);
    }
    if let Some((name, bits)) = &program.densest
        && *bits >= 7.2
    {
        all.push(Oddity::Packed(lossless(name), *bits));
    }
    if program.overlay_bytes > transfer.bytes / 2 && program.overlay_bytes > 10_000 {
        all.push(Oddity::Overlay(program.overlay_bytes));
    }
    all
}

/// The sentences about an arrival: how its server's name was asked, what came, what it is.
pub(crate) fn tell(scene: &Scene<'_>, host: Addr, one: &Arrival<'_>, again: bool, times: u64, lines: &mut Vec<Line>) {
    let Transfer { at, server, .. } = *one.transfer;
    if !again && let Some(lookup) = scene.lookup_of(host, server, one.name(), at) {
        let statement = Statement::LookedUp { name: lossless(&lookup.name), addrs: lookup.answers.to_vec(), server: lookup.server };
        lines.push(Line { at: lookup.at, statement, ids: lookup.uid.into_iter().collect() });
    }
    let mut ids = one.ids();
    let mut page = one.request.map(|request| &*request.referrer).unwrap_or_default();
    let referrer = lossless(page);
    // The pages that led to the first, as far back as they were seen.
    for _ in 0..if again { 0 } else { REFERRERS_MAX } {
        let Some(before) = scene.evidence.requests.all().find(|request| {
            request.client == host
                && request.at <= at
                && !page.is_empty()
                && page.ends_with(&request.uri)
                && url(request).as_bytes() == page
        }) else {
            break;
        };
        ids.extend(before.uid);
        page = &before.referrer;
    }
    let statement = Statement::Fetched {
        content: one.content,
        again,
        times,
        url: one.request.map(url).unwrap_or_default(),
        name: lossless(file_name(one.transfer, one.request)),
        from: scene.place(host, one.transfer.sender(), one.name()),
        protocol: lossless(&one.transfer.source),
        bytes: one.transfer.bytes,
        missing: one.transfer.missing,
        referrer,
        agent: one.request.map(|request| lossless(&request.agent)).unwrap_or_default(),
        sha256: one.transfer.sha256.map(|digest| hex(&digest)).unwrap_or_default(),
    };
    lines.push(Line { at, statement, ids });
    if let Some(pretence) = &one.pretence {
        let statement = Statement::Pretends { pretence: pretence.clone(), content: one.content, bytes: one.transfer.bytes };
        lines.push(Line { at, statement, ids: one.transfer.fuid.into_iter().collect() });
    }
    if let Some(fuid) = one.transfer.fuid
        && let Some(program) = scene.evidence.programs.get(&fuid)
    {
        let odd = oddities(program, one.transfer);
        if !odd.is_empty() {
            lines.push(Line { at, statement: Statement::Oddities(odd), ids: vec![fuid] });
        }
    }
}

/// Attacks of others on a host before it began to act, the earliest of each kind and attacker.
pub(crate) fn struck<'a>(scene: &Scene<'a>, suspect: &'a Suspect, entry: Option<Timestamp>) -> Vec<&'a Found> {
    let began = entry.or_else(|| scene.findings(suspect).map(|found| found.finding.first).min()).unwrap_or(suspect.first);
    let mut attacks: Vec<&Found> = scene
        .against(suspect.host)
        .iter()
        .copied()
        .filter(|found| {
            let it = &found.finding;
            it.host != suspect.host
                && it.definition.part == contract::Part::Actor
                && matches!(it.definition.stage, Stage::Exploited | Stage::Spread)
                && it.severity >= Severity::Medium
                && it.first <= began
        })
        .collect();
    attacks.sort_by_key(|found| (found.finding.first, found.id));
    let mut seen: Set<(&str, Addr)> = Set::default();
    attacks.retain(|found| seen.insert((found.finding.definition.name, found.finding.host)));
    attacks.truncate(STRUCK_MAX);
    attacks
}

/// The sentence about an attack before.
pub(crate) fn tell_struck(found: &Found) -> Line {
    let it = &found.finding;
    let quotes = it.quotes.iter().take(2).map(|quote| lossless(quote)).collect();
    let statement = Statement::Struck { title: it.definition.title, by: it.host, quotes };
    Line { at: it.first, statement, ids: std::iter::once(found.id).chain(it.evidence.iter().copied().take(2)).collect() }
}

/// The source of an infection, as data.
pub(crate) fn source(scene: &Scene<'_>, suspect: &Suspect, chain: &Chain<'_>) -> Option<Source> {
    if let Some(entry) = &chain.entry {
        let transfer = entry.transfer;
        let name = match entry.name() {
            [] => scene.name(suspect.host, transfer.sender()),
            name => name,
        };
        let lookup = scene.lookup_of(suspect.host, transfer.server, entry.name(), transfer.at);
        let ids = lookup.and_then(|lookup| lookup.uid).into_iter().chain(entry.ids());
        return Some(Source {
            name: lossless(name),
            address: transfer.sender().to_string(),
            url: entry.request.map(url).unwrap_or_default(),
            referrer: entry.request.map(|request| lossless(&request.referrer)).unwrap_or_default(),
            protocol: lossless(&transfer.source),
            fuid: transfer.fuid.map(|fuid| fuid.to_string()).unwrap_or_default(),
            mime_type: lossless(&transfer.mime),
            bytes: transfer.bytes,
            sha256: transfer.sha256.map(|digest| hex(&digest)).unwrap_or_default(),
            ids: ids.map(|id| id.to_string()).collect(),
        });
    }
    // Without a file: who attacked it before it began to act.
    let acted = scene.findings(suspect).filter(|found| found.finding.definition.part == contract::Part::Actor);
    let acted = acted.map(|found| found.finding.first).min()?;
    let attack = scene
        .all
        .iter()
        .filter(|found| found.finding.host == suspect.host && found.finding.definition.part == contract::Part::Target)
        .filter(|found| found.finding.first <= acted && found.finding.severity >= Severity::Medium)
        .min_by_key(|found| (found.finding.first, found.id));
    let attacker = attack.and_then(|attack| Some((attack, *attack.finding.peers.first()?)));
    let (attack, address) = attacker.or_else(|| struck(scene, suspect, None).first().map(|found| (*found, found.finding.host)))?;
    Some(Source {
        name: lossless(scene.name(suspect.host, address)),
        address: address.to_string(),
        protocol: lossless(&attack.finding.subject),
        ids: std::iter::once(attack.id).chain(attack.finding.evidence.iter().copied()).map(|id| id.to_string()).collect(),
        ..Source::default()
    })
}
