//! Skype (P5): who uses it, and which version; it is taken for worms and bots more often than anything else.
//!
//! Definition (DETECTIONS.md `skype`): the request `/ui/…/getlatestversion?ver=…` at its start names the version; names and user
//! agents of its services; and the ladder, where one program tries the same peers by UDP, by TCP on any port, then on 443,
//! then on 80. Source: S2. A habit that accuses nobody. Left out: calls and their partners.

use crate::contact::is_host;
use crate::distinct::Distinct;
use bounded::Table;
use contract::seen::{Conn, Http, Proto, Seen, What};
use contract::{Behaviour, Chosen, Definition, Detector, Finding, Known, Part, Role, SAMPLE_MAX, Setting, Severity, Stage, Tell, Words};
use model::{Addr, Timestamp, Uid};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Skype;

static DEFINITIONS: [Definition; 1] = [Definition {
    detector: "skype",
    name: "skype",
    title: Words { en: "uses Skype", ja: "Skype を使っている" },
    rule: Words {
        en: "the request for its latest version, a name or user agent of its services, or three peers tried by UDP, then TCP, then 443 or 80",
        ja: "最新版の問い合わせ（getlatestversion）、サービス名・User-Agent、または同じ 3 つ以上の相手を UDP、TCP、443・80 の順に試す動き",
    },
    next: Words {
        en: "see whether the version is one that should be updated; take its probing for no worm",
        ja: "更新すべき版でないかを確かめる。ノード探索をワームと取り違えないこと",
    },
    source: "DETECTIONS.md skype; S2",
    severity: Severity::Medium,
    stage: Stage::Habit,
    part: Part::Actor,
    techniques: &[],
    excluded: &[Role::Resolvers, Role::Proxies],
}];

const SETTINGS: &[Setting] = &[Setting { name: "ladder_min", default: 3.0, doc: "Peers that were tried by UDP, TCP, and 443 or 80." }];

/// Pairs of host and peer whose ways are remembered.
const PAIRS_MAX: usize = 16_384;
/// Hosts whose ladders are counted.
const HOSTS_MAX: usize = 4096;
/// The longest version that is quoted, in bytes.
const VERSION_BYTES_MAX: usize = 32;

impl Behaviour for Skype {
    fn name(&self) -> &'static str {
        "skype"
    }
    fn definitions(&self) -> &'static [Definition] {
        &DEFINITIONS
    }
    fn settings(&self) -> &'static [Setting] {
        SETTINGS
    }
    fn wants(&self) -> &'static [What] {
        &[What::Http, What::Dns, What::Ssl, What::Conn]
    }
    fn held_bytes_max(&self) -> usize {
        Table::<(Addr, Addr), Ways>::held_bytes_max(PAIRS_MAX)
            + Table::<Addr, Ladder>::held_bytes_max(HOSTS_MAX)
            + HOSTS_MAX * Ladder::HEAP_BYTES_MAX
    }
    fn open(&self, settings: &Chosen) -> Box<dyn Detector> {
        let least = u32::try_from(settings.count(SETTINGS, "ladder_min").max(1)).unwrap_or(u32::MAX);
        Box::new(Watch { least, pairs: Table::new(PAIRS_MAX), ladders: Table::new(HOSTS_MAX) })
    }
}

/// The ways by which a host has tried a peer.
#[derive(Debug, Default)]
struct Ways {
    /// The port of the datagrams.
    udp: u16,
    /// The last port of the connections, beside the web's.
    tcp: u16,
    web: bool,
}

/// The peers that a host has tried by all ways.
#[derive(Debug, Default)]
struct Ladder {
    peers: Distinct,
    sample: Vec<Addr>,
    proofs: Vec<Uid>,
    is_told: bool,
}

impl Ladder {
    /// The most bytes that one can hold on the heap: what its parts can.
    const HEAP_BYTES_MAX: usize = Distinct::HEAP_BYTES_MAX + SAMPLE_MAX * (size_of::<Addr>() + size_of::<Uid>());
}

struct Watch {
    least: u32,
    pairs: Table<(Addr, Addr), Ways>,
    ladders: Table<Addr, Ladder>,
}

impl Detector for Watch {
    fn on(&mut self, seen: &Seen<'_>, known: &dyn Known, out: &mut dyn Tell) {
        match seen {
            Seen::Http(http) => request(http, out),
            Seen::Dns(dns) if is_skypes(dns.query()) => name(dns.query(), dns.orig(), dns.ts(), dns.uid(), out),
            Seen::Ssl(ssl) if is_skypes(ssl.server_name()) => name(ssl.server_name(), ssl.orig(), ssl.ts(), ssl.uid(), out),
            Seen::Conn(conn) => self.flow(conn, known, out),
            _ => {}
        }
    }

    fn held_bytes(&self) -> usize {
        self.pairs.held_bytes() + self.ladders.held_bytes() + self.ladders.len() * Ladder::HEAP_BYTES_MAX
    }

    fn dropped(&self) -> u64 {
        self.pairs.dropped() + self.ladders.dropped()
    }
}

fn is_skypes(name: &[u8]) -> bool {
    const ENDS: &[&[u8]] = &[b".skype.com", b".skype.net", b".skypeassets.com", b".skype-analytics.com"];
    let name = name.strip_suffix(b".").unwrap_or(name);
    ENDS.iter().any(|end| crate::ends_with(name, end)) || name.eq_ignore_ascii_case(b"skype.com")
}

fn name(name: &[u8], host: Option<(Addr, u16)>, at: Timestamp, uid: Option<Uid>, out: &mut dyn Tell) {
    let Some((host, _)) = host.filter(|(host, _)| is_host(*host)) else { return };
    // A name alone may be a web page's: as much as to say so.
    out.finding(Finding::new(&DEFINITIONS[0], host, at, 40).severity(Severity::Info).about(b"name").quote(name).proof(uid));
}

fn request(http: &Http<'_>, out: &mut dyn Tell) {
    let (Some((host, _)), Some((server, _))) = (http.orig(), http.resp()) else { return };
    let version = version(http.uri());
    if version.is_none() && !http.user_agent().starts_with(b"Skype") {
        return;
    }
    let finding = Finding::new(&DEFINITIONS[0], host, http.ts(), 90).about(version.unwrap_or(b"agent"));
    out.finding(finding.peer(server).quote(http.uri()).quote(http.user_agent()).proof(http.uid()));
}

/// The version in `/ui/…/getlatestversion?ver=…`.
fn version(uri: &[u8]) -> Option<&[u8]> {
    const ASKS: &[u8] = b"/getlatestversion?ver=";
    if !uri.starts_with(b"/ui/") {
        return None;
    }
    let at = uri.windows(ASKS.len()).position(|window| window == ASKS)?;
    let version = uri.get(at + ASKS.len()..)?;
    let end = version.iter().position(|byte| !byte.is_ascii_digit() && *byte != b'.').unwrap_or(version.len());
    version.get(..end.min(VERSION_BYTES_MAX)).filter(|version| !version.is_empty())
}

impl Watch {
    /// One more rung.
    fn flow(&mut self, conn: &Conn<'_>, known: &dyn Known, out: &mut dyn Tell) {
        let (Some((host, own)), Some((peer, port))) = (conn.orig(), conn.resp()) else { return };
        if !known.is_inside(host) || known.is_inside(peer) || !is_host(peer) {
            return;
        }
        // Whom it looked up by name is a service; and what was recognised is none of this.
        if !conn.service().is_empty() || known.name(host, peer).is_some() {
            return;
        }
        // Flows are told when they end, which for datagrams is late: the rungs come in any order.
        let ways = match (conn.proto(), port) {
            (Proto::Tcp, 80 | 443) => {
                let ways = self.pairs.entry((host, peer), Ways::default);
                ways.web = true;
                ways
            }
            (Proto::Tcp, 1024..) => {
                let ways = self.pairs.entry((host, peer), Ways::default);
                ways.tcp = port;
                ways
            }
            (Proto::Udp, 1024..) if own >= 1024 => {
                let ways = self.pairs.entry((host, peer), Ways::default);
                ways.udp = port;
                ways
            }
            _ => return,
        };
        if ways.udp == 0 || ways.tcp != ways.udp || !ways.web {
            return;
        }
        let ladder = self.ladders.entry(host, Ladder::default);
        if !ladder.peers.add(crate::contact::number(peer)) {
            return;
        }
        if ladder.sample.len() < SAMPLE_MAX {
            ladder.sample.push(peer);
            ladder.proofs.extend(conn.uid());
        }
        if ladder.peers.count() >= self.least && !ladder.is_told {
            ladder.is_told = true;
            let finding = Finding::new(&DEFINITIONS[0], host, conn.ts(), 60)
                .about(b"ladder")
                .peers(ladder.sample.iter().copied())
                .proofs(ladder.proofs.iter().copied())
                .measure("peers tried by all ways", f64::from(ladder.peers.count()), f64::from(self.least), "");
            out.finding(finding);
        }
    }
}
