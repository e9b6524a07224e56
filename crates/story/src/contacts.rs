//! Whom a host called after it was infected, and how regularly.
//!
//! A call is told where a finding rests on it, or where enough speaks against it: a program's rhythm, an address without a name,
//! a certificate that its server signed itself, data that flow out. What half of the house uses is not told.

use crate::Suspect;
use crate::evidence::{Calls, Rhythm};
use crate::scene::{Scene, host_name, url_of};
use crate::statement::{Line, Statement, Way};
use crate::text::lossless;
use bounded::{Map, Set};
use contract::{Role, Stage};
use model::{Addr, Interval, Timestamp, Uid};

/// Destinations that are told of one host: the most suspicious.
const TOLD_MAX: usize = 6;
/// From this weight on, a destination is told.
const WEIGHT_MIN: i32 = 4;
/// A destination that is first called within so long of the first program belongs to it.
const SOON: Interval = Interval::from_secs(900);
/// A connection of this length is a line that is kept open.
const LONG: Interval = Interval::from_secs(120);

/// A destination that was called.
pub(crate) struct Contact<'a> {
    pub(crate) calls: &'a Calls,
    pub(crate) rhythm: Option<Rhythm>,
    pub(crate) self_signed: Option<String>,
    pub(crate) weight: i32,
    /// Whether a finding says that the host calls home there.
    pub(crate) found: bool,
}

impl Contact<'_> {
    /// The name that was asked for.
    pub(crate) fn name(&self) -> &[u8] {
        host_name(&self.calls.page.0)
    }

    /// Whether it was called again and again.
    pub(crate) fn again(&self) -> bool {
        self.calls.count >= 4 || self.rhythm.is_some_and(|rhythm| rhythm.is_regular())
    }

    /// The server by the name that people know.
    pub(crate) fn known_as(&self, scene: &Scene<'_>, host: Addr) -> String {
        let calls = self.calls;
        let handshake = scene.handshake_of(host, calls.server, calls.port).map(|one| &*one.name).unwrap_or_default();
        let names = [self.name(), handshake, if self.url().is_some() { &[] } else { scene.name(host, calls.server) }];
        names.into_iter().find(|name| !name.is_empty()).map_or_else(|| calls.server.to_string(), lossless)
    }

    /// The URL, for requests.
    pub(crate) fn url(&self) -> Option<String> {
        let (host, path) = &self.calls.page;
        (!path.is_empty()).then(|| url_of(host, self.calls.server, self.calls.port, path))
    }
}

/// Whom a host called that deserves to be told, the most suspicious first. `since` is when the first program came.
pub(crate) fn find<'a>(scene: &Scene<'a>, suspect: &'a Suspect, since: Option<Timestamp>, source: Option<Addr>) -> Vec<Contact<'a>> {
    let host = suspect.host;
    let proofs = scene.proofs(suspect);
    let homes = scene.peers(suspect, Stage::CalledHome);
    let pages = scene.pages(host);
    let by_http: Set<(Addr, u16)> = pages.iter().map(|calls| (calls.server, calls.port)).collect();
    let pairs = scene.destinations(host).iter();
    let pairs = pairs.filter(|calls| !by_http.contains(&(calls.server, calls.port)) && !is_errand(scene, calls));
    let mut contacts: Vec<Contact<'a>> = pages
        .iter()
        .chain(pairs)
        .map(|calls| {
            let proven = homes.contains(&calls.server) && (calls.uids.iter().flatten().any(|uid| proofs.contains(uid)) || calls.count > 1);
            judge(scene, host, calls, since, proven)
        })
        .filter(|contact| contact.weight >= WEIGHT_MIN)
        // The source is told already; what it is called for again and again is told here, too.
        .filter(|contact| Some(contact.calls.server) != source || contact.found || contact.calls.count > 3)
        .collect();
    contacts.sort_by_key(|contact| {
        (
            std::cmp::Reverse((contact.found, contact.weight, contact.calls.count)),
            contact.calls.first,
            contact.calls.server,
            contact.calls.port,
        )
    });
    // Many pages of one server are one destination, of which the most called two are told.
    let mut of_server: Map<Addr, usize> = Map::default();
    contacts.retain(|contact| {
        let times = of_server.entry(contact.calls.server).or_default();
        *times += 1;
        *times <= 2
    });
    contacts.truncate(TOLD_MAX);
    contacts
}

/// Look-ups, clocks and broadcasts: everybody's errands, which have detectors of their own.
fn is_errand(scene: &Scene<'_>, calls: &Calls) -> bool {
    const ERRANDS: [&[u8]; 8] = [b"dns", b"ntp", b"dhcp", b"mdns", b"llmnr", b"ssdp", b"snmp", b"syslog"];
    calls.service.split(|byte| *byte == b',').any(|service| ERRANDS.contains(&service))
        || matches!(calls.port, 53 | 67 | 68 | 123 | 137 | 138 | 1900 | 5353 | 5355)
        || calls.proto == contract::seen::Proto::Icmp
        || scene.known.role(calls.server, Role::Resolvers).is_some()
        || is_multicast(calls.server)
}

fn is_multicast(addr: Addr) -> bool {
    addr.to_ip().is_multicast() || addr == Addr::v4([255, 255, 255, 255])
}

fn judge<'a>(scene: &Scene<'a>, host: Addr, calls: &'a Calls, since: Option<Timestamp>, found: bool) -> Contact<'a> {
    let rhythm = calls.rhythm();
    let handshake = scene.handshake_of(host, calls.server, calls.port);
    let self_signed = handshake.and_then(|one| scene.evidence.certificates.get(&one.certificate)).and_then(|certificate| {
        (certificate.subject == certificate.issuer && !certificate.subject.is_empty()).then(|| lossless(&certificate.issuer))
    });
    let mut contact = Contact { calls, rhythm, self_signed, weight: 0, found };
    let http = !calls.page.1.is_empty();
    let name = match (http, handshake) {
        (true, _) => contact.name(),
        (false, Some(one)) if !one.name.is_empty() => &one.name,
        _ => scene.name(host, calls.server),
    };
    let regular = rhythm.is_some_and(|rhythm| rhythm.is_regular());
    let soon = since.is_some_and(|since| calls.first >= since && calls.first - since <= SOON);
    let before = since.is_some_and(|since| calls.first < since);
    let outside = !scene.known.is_inside(calls.server);
    let odd_port = !http && !matches!(calls.port, 22 | 25 | 80 | 110 | 143 | 443 | 465 | 587 | 993 | 995 | 5222 | 5223 | 5228 | 8080);
    contact.weight = 6 * i32::from(found)
        + 3 * i32::from(regular && calls.count >= 5)
        + 2 * i32::from(http && name.is_empty() && outside)
        + i32::from(&*calls.service == b"POST")
        + 2 * i32::from(contact.self_signed.is_some())
        + i32::from(handshake.is_some() && name.is_empty())
        + i32::from(odd_port && outside)
        + i32::from(!http && name.is_empty() && outside)
        + i32::from(outside && calls.longest_ns >= LONG.nanos())
        + 2 * i32::from(soon)
        - 2 * i32::from(before && !found)
        - 2 * i32::from(!outside && !found)
        - 2 * i32::from(calls.answered == 0 && !found)
        - 6 * i32::from(scene.is_usual(host, calls.server, name) && !found);
    contact
}

/// The sentence about a contact.
pub(crate) fn tell(scene: &Scene<'_>, host: Addr, contact: &Contact<'_>) -> Line {
    let calls = contact.calls;
    let way = match contact.url() {
        Some(url) => Way::Http(lossless(&calls.service), url),
        None => Way::Plain(calls.proto.name(), calls.port, lossless(&calls.service)),
    };
    let handshake = scene.handshake_of(host, calls.server, calls.port).map(|one| &*one.name).unwrap_or_default();
    let name = if contact.name().is_empty() { handshake } else { contact.name() };
    let request = calls.uids.iter().flatten().find_map(|uid| scene.request_on(*uid));
    let handshake = scene.handshake_of(host, calls.server, calls.port).and_then(|one| one.uid);
    let ids: Vec<Uid> = calls.uids.iter().flatten().copied().chain(handshake).collect();
    let statement = Statement::Called {
        way,
        to: scene.place(host, calls.server, name),
        count: calls.count,
        answered: calls.answered,
        last: calls.last,
        rhythm: contact.rhythm,
        sent: calls.sent,
        received: calls.received,
        longest: Interval::from_nanos(calls.longest_ns),
        agent: request.map(|request| lossless(&request.agent)).unwrap_or_default(),
        self_signed: contact.self_signed.clone(),
    };
    Line { at: calls.first, statement, ids }
}
