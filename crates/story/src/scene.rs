//! Everything that a host's story is told from, and the questions that all tellers ask of it.

use crate::evidence::{Calls, Handshake, Lookup, Request, Transfer};
use crate::ordinary::is_ordinary;
use crate::statement::Place;
use crate::text::lossless;
use crate::{Evidence, Found, Suspect};
use bounded::{Map, Set};
use contract::{Destination, Known, Part, Stage};
use model::{Addr, Timestamp, Uid};

/// What is at hand.
pub(crate) struct Scene<'a> {
    pub(crate) evidence: &'a Evidence,
    pub(crate) known: &'a dyn Known,
    pub(crate) all: &'a [Found],
    by_file: Map<Uid, &'a Request>,
    by_flow: Map<Uid, &'a Request>,
    lookups: Map<Addr, Vec<&'a Lookup>>,
    handshakes: Map<(Addr, Addr, u16), &'a Handshake>,
    destinations: Map<Addr, Vec<&'a Calls>>,
    callers: Map<Addr, Vec<&'a Calls>>,
    pages: Map<Addr, Vec<&'a Calls>>,
    /// Findings by those whom they concern.
    against: Map<Addr, Vec<&'a Found>>,
    spreads: Map<Addr, (&'static str, Timestamp, Uid)>,
}

impl<'a> Scene<'a> {
    /// Puts the evidence on the suspects in order, so that asking is quick.
    pub(crate) fn new(evidence: &'a Evidence, known: &'a dyn Known, all: &'a [Found], suspects: &'a [Suspect]) -> Self {
        let hosts: Set<Addr> = suspects.iter().map(|suspect| suspect.host).collect();
        let mut scene = Self {
            evidence,
            known,
            all,
            by_file: Map::default(),
            by_flow: Map::default(),
            lookups: Map::default(),
            handshakes: Map::default(),
            destinations: Map::default(),
            callers: Map::default(),
            pages: Map::default(),
            against: Map::default(),
            spreads: Map::default(),
        };
        if suspects.is_empty() {
            return scene;
        }
        for suspect in suspects.iter().filter(|suspect| suspect.part == Part::Actor) {
            let spreads = scene.findings(suspect).map(|found| (&found.finding, found.id)).filter(|(finding, _)| {
                finding.definition.part == Part::Actor && matches!(finding.definition.stage, Stage::Spread | Stage::Exploited)
            });
            let first = spreads.min_by_key(|(finding, _)| finding.first).map(|(it, id)| (it.definition.name, it.first, id));
            if let Some(first) = first {
                scene.spreads.insert(suspect.host, first);
            }
        }
        for found in all {
            for peer in found.finding.peers.iter().filter(|peer| hosts.contains(peer)) {
                scene.against.entry(*peer).or_default().push(found);
            }
        }
        for calls in evidence.calls.pairs(&hosts) {
            scene.callers.entry(calls.server).or_default().push(calls);
            if hosts.contains(&calls.client) {
                scene.destinations.entry(calls.client).or_default().push(calls);
            }
        }
        for calls in evidence.calls.pages(&hosts).into_iter().filter(|calls| hosts.contains(&calls.client)) {
            scene.pages.entry(calls.client).or_default().push(calls);
        }
        for request in evidence.requests.all().filter(|request| hosts.contains(&request.client) || hosts.contains(&request.server)) {
            for file in request.file.into_iter().chain(request.upload) {
                scene.by_file.insert(file, request);
            }
            if let Some(uid) = request.uid {
                let first = scene.by_flow.entry(uid).or_insert(request);
                if request.at < first.at {
                    *first = request;
                }
            }
        }
        for lookup in evidence.lookups.all().filter(|lookup| hosts.contains(&lookup.client)) {
            scene.lookups.entry(lookup.client).or_default().push(lookup);
        }
        for one in evidence.handshakes.all().filter(|one| hosts.contains(&one.client)) {
            let first = scene.handshakes.entry((one.client, one.server, one.port)).or_insert(one);
            if one.at < first.at {
                *first = one;
            }
        }
        scene
    }

    /// The findings of a suspect.
    pub(crate) fn findings(&self, suspect: &'a Suspect) -> impl Iterator<Item = &'a Found> {
        let all = self.all;
        suspect.findings.iter().filter_map(move |place| all.get(*place))
    }

    /// The request that brought a file.
    pub(crate) fn request_of(&self, transfer: &Transfer) -> Option<&'a Request> {
        if &*transfer.source != b"HTTP" {
            return None;
        }
        let of_file = transfer.fuid.and_then(|fuid| self.by_file.get(&fuid));
        of_file.or_else(|| self.by_flow.get(&transfer.uid?)).copied()
    }

    /// The first request of a connection.
    pub(crate) fn request_on(&self, uid: Uid) -> Option<&'a Request> {
        self.by_flow.get(&uid).copied()
    }

    /// The latest look-up before a time by which a host came to an address; of a name, where there is one.
    pub(crate) fn lookup_of(&self, host: Addr, addr: Addr, name: &[u8], before: Timestamp) -> Option<&'a Lookup> {
        let fits = |lookup: &&&'a Lookup| {
            lookup.at <= before && if name.is_empty() { lookup.answers.contains(&addr) } else { lookup.name.eq_ignore_ascii_case(name) }
        };
        self.lookups.get(&host)?.iter().filter(fits).max_by_key(|lookup| lookup.at).copied()
    }

    /// A suspect's connections, by destination, the earliest first.
    pub(crate) fn destinations(&self, host: Addr) -> &[&'a Calls] {
        self.destinations.get(&host).map(Vec::as_slice).unwrap_or_default()
    }

    /// Those who connected to a host: all to a suspect, and suspects to any other.
    pub(crate) fn callers(&self, host: Addr) -> &[&'a Calls] {
        self.callers.get(&host).map(Vec::as_slice).unwrap_or_default()
    }

    /// A suspect's requests, by page.
    pub(crate) fn pages(&self, host: Addr) -> &[&'a Calls] {
        self.pages.get(&host).map(Vec::as_slice).unwrap_or_default()
    }

    /// A host's look-ups.
    pub(crate) fn lookups_of(&self, host: Addr) -> &[&'a Lookup] {
        self.lookups.get(&host).map(Vec::as_slice).unwrap_or_default()
    }

    /// The first handshake of a host with a server.
    pub(crate) fn handshake_of(&self, host: Addr, server: Addr, port: u16) -> Option<&'a Handshake> {
        self.handshakes.get(&(host, server, port)).copied()
    }

    /// The name by which a host knew an address.
    pub(crate) fn name(&self, host: Addr, addr: Addr) -> &'a [u8] {
        self.known.name(host, addr).unwrap_or_default()
    }

    /// A server, as it is spoken of.
    pub(crate) fn place(&self, host: Addr, addr: Addr, name: &[u8]) -> Place {
        let name = if name.is_empty() { self.name(host, addr) } else { name };
        let name = if name == addr.to_string().as_bytes() { String::new() } else { lossless(name) };
        let country = self.known.country(addr).map(|code| String::from_utf8_lossy(&code).into_owned());
        let system = self.known.system(addr).map(|(number, organisation)| format!("AS{number} {organisation}"));
        Place { addr, name, whereabouts: [country, system].into_iter().flatten().collect::<Vec<_>>().join(", ") }
    }

    /// Whether half of the house goes there, or everybody in the world.
    pub(crate) fn is_usual(&self, host: Addr, addr: Addr, name: &[u8]) -> bool {
        let name = if name.is_empty() { self.name(host, addr) } else { name };
        if is_ordinary(name) {
            return true;
        }
        let reach = if name.is_empty() { self.known.reach(Destination::Addr(addr)) } else { self.known.reach(Destination::Name(name)) };
        reach.of >= 6 && reach.hosts * 2 >= reach.of
    }

    /// Ids of what the suspect's findings rest on.
    pub(crate) fn proofs(&self, suspect: &'a Suspect) -> Set<Uid> {
        self.findings(suspect).flat_map(|found| found.finding.evidence.iter().copied()).collect()
    }

    /// How an accused host spreads, since when, by which finding.
    pub(crate) fn spread(&self, host: Addr) -> Option<(&'static str, Timestamp, Uid)> {
        self.spreads.get(&host).copied()
    }

    /// Findings of others that concern a suspect.
    pub(crate) fn against(&self, host: Addr) -> &[&'a Found] {
        self.against.get(&host).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether all that was done to a target was to fill its line.
    pub(crate) fn is_flooded(&self, suspect: &'a Suspect) -> bool {
        self.findings(suspect).all(|found| found.finding.definition.stage == Stage::Acted)
    }

    /// Whom the suspect's findings of a stage concern.
    pub(crate) fn peers(&self, suspect: &'a Suspect, stage: Stage) -> Set<Addr> {
        self.findings(suspect)
            .filter(|found| found.finding.definition.stage == stage)
            .flat_map(|found| found.finding.peers.iter().copied())
            .collect()
    }
}

/// The host of a request without its port; empty where it is an address.
pub(crate) fn host_name(host: &[u8]) -> &[u8] {
    if host.first() == Some(&b'[') {
        return &[];
    }
    let name = host.split(|byte| *byte == b':').next().unwrap_or_default();
    if std::str::from_utf8(name).is_ok_and(|name| name.parse::<std::net::IpAddr>().is_ok()) { &[] } else { name }
}

/// The URL of a request.
pub(crate) fn url(request: &Request) -> String {
    url_of(&request.host, request.server, request.port, &request.uri)
}

/// The URL of a page.
pub(crate) fn url_of(host: &[u8], server: Addr, port: u16, uri: &[u8]) -> String {
    if uri.starts_with(b"http://") || uri.starts_with(b"https://") {
        return lossless(uri);
    }
    let address = if server.is_v4() { server.to_string() } else { format!("[{server}]") };
    let mut host = if host.is_empty() { address } else { lossless(host) };
    if port != 80 && port != 0 && !host.ends_with(&format!(":{port}")) {
        host.push_str(&format!(":{port}"));
    }
    format!("http://{host}{}", lossless(uri))
}
