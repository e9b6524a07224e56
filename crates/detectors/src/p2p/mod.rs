//! Programs that share files among their users (P3, P6).
//!
//! Definition (DETECTIONS.md `p2p`). By content: the first bytes of BitTorrent, Gnutella, eDonkey, Direct Connect; requests to
//! trackers; clients' own names. By shape (Karagiannis et al., Transport Layer Identification of P2P Traffic, 2004): one port of
//! an inside host that speaks UDP to 20 peers outside on as many ports; TCP to 20 peers on as many ports, none known; TCP and
//! UDP with the same peers. Winny and Share show only the shape. A habit, and no intrusion. Left out: which files.

use crate::contact::{is_host, number};
use crate::contains;
use crate::distinct::Distinct;
use bounded::Table;
use contract::seen::{Conn, Http, Proto, Seen, What};
use contract::{Behaviour, Chosen, Definition, Detector, Finding, Known, Part, Role, SAMPLE_MAX, Setting, Severity, Stage, Tell, Words};
use model::{Addr, Interval, Timestamp, Uid};
use smallvec::SmallVec;

/// The row of the catalogue.
#[derive(Debug)]
pub struct P2p;

const SOURCE: &str = "DETECTIONS.md p2p; S2; Karagiannis et al. 2004";
const NEXT: Words = Words {
    en: "ask the user politely; if sharing is not allowed here, say so, and do not take the failures of its search for a worm",
    ja: "利用者に穏やかに尋ねる。禁止しているなら伝える。ノード探索の失敗をワームと取り違えないこと",
};

const CONTENT: Definition = Definition {
    detector: "p2p",
    name: "p2p",
    title: Words { en: "shares files with a peer-to-peer program", ja: "ファイル共有ソフト (P2P) を使っている" },
    rule: Words {
        en: "the first bytes of BitTorrent, Gnutella, eDonkey or Direct Connect, a request to a tracker, or such a client's name",
        ja: "BitTorrent・Gnutella・eDonkey・Direct Connect の最初のバイト列、トラッカーへの要求、またはクライアント名",
    },
    next: NEXT,
    source: SOURCE,
    severity: Severity::Medium,
    stage: Stage::Habit,
    part: Part::Actor,
    techniques: &[],
    excluded: &[Role::Crawlers],
};

const SHAPE: Definition = Definition {
    detector: "p2p",
    name: "p2p_shape",
    title: Words {
        en: "speaks to many peers as a peer-to-peer program does", ja: "P2P ソフトのように多数の相手と通信している"
    },
    rule: Words {
        en: "20 peers outside on as many ports (difference at most 2 in 20) within an hour, by UDP from one port or by TCP, none of them known services, \
             or TCP and UDP with 5 of the same peers",
        ja: "1 時間以内に外部の 20 の相手とほぼ同数のポートで通信（UDP は同じポートから、または TCP。既知のサービスを除く）、または同じ 5 つの相手と TCP・UDP の両方",
    },
    next: NEXT,
    source: SOURCE,
    severity: Severity::Medium,
    stage: Stage::Habit,
    part: Part::Actor,
    techniques: &[],
    excluded: &[Role::Resolvers, Role::Crawlers, Role::ScannersAuthorised, Role::NatKnown],
};

static DEFINITIONS: [Definition; 2] = [CONTENT, SHAPE];

const SETTINGS: &[Setting] = &[
    Setting { name: "peers_min", default: 20.0, doc: "Peers on as many ports that make the shape." },
    Setting { name: "both_min", default: 5.0, doc: "Peers with which both TCP and UDP are spoken." },
    Setting { name: "window_secs", default: 3600.0, doc: "Within how many seconds." },
];

/// Inside hosts that are watched at a time, each with its own port where that counts.
const HOSTS_MAX: usize = 4096;
/// Pairs of host and peer of which one transport was seen.
const PAIRS_MAX: usize = 16_384;
/// Ports below belong to services.
const SERVICES_BELOW: u16 = 1024;
/// Services above: proxies and web servers, databases, remote screens, chat, telephony, games' consoles, clocks of phones, VPNs.
const SERVICES: &[u16] = &[
    1194, 1433, 1521, 1723, 1883, 1900, 3128, 3306, 3389, 3478, 3479, 3480, 3481, 4500, 5060, 5061, 5222, 5223, 5228, 5349, 5353, 5355,
    5432, 5900, 6379, 6660, 6661, 6662, 6663, 6664, 6665, 6666, 6667, 6668, 6669, 6697, 7000, 8000, 8008, 8080, 8443, 8883, 8888, 9090,
    9200, 11_211, 19_302, 33_434, 51_820,
];

impl Behaviour for P2p {
    fn name(&self) -> &'static str {
        "p2p"
    }
    fn definitions(&self) -> &'static [Definition] {
        &DEFINITIONS
    }
    fn settings(&self) -> &'static [Setting] {
        SETTINGS
    }
    fn wants(&self) -> &'static [What] {
        &[What::Conn, What::Http, What::Mark]
    }
    fn held_bytes_max(&self) -> usize {
        Table::<(Addr, u16), Swarm>::held_bytes_max(HOSTS_MAX)
            + HOSTS_MAX * Swarm::HEAP_BYTES_MAX
            + Table::<(Addr, Addr), Both>::held_bytes_max(PAIRS_MAX)
    }
    fn open(&self, settings: &Chosen) -> Box<dyn Detector> {
        let count = |name| u32::try_from(settings.count(SETTINGS, name).max(1)).unwrap_or(u32::MAX);
        Box::new(Watch {
            peers_min: count("peers_min"),
            both_min: count("both_min"),
            window: settings.secs(SETTINGS, "window_secs"),
            swarms: Table::new(HOSTS_MAX),
            pairs: Table::new(PAIRS_MAX),
        })
    }
}

/// The peers of a host: of one UDP port of its own, or of all its TCP (port 0), or those of both (port 1).
#[derive(Debug, Default)]
struct Swarm {
    peers: Distinct,
    ports: Distinct,
    first: Option<Timestamp>,
    flows: u64,
    sample: SmallVec<[Addr; 1]>,
    proofs: SmallVec<[Uid; 1]>,
    is_told: bool,
}

impl Swarm {
    /// The most bytes that one can hold on the heap: what its parts can.
    const HEAP_BYTES_MAX: usize = 2 * Distinct::HEAP_BYTES_MAX + SAMPLE_MAX * (size_of::<Addr>() + size_of::<Uid>());
}

/// By which transports a host and a peer have spoken.
#[derive(Debug, Default)]
struct Both {
    tcp: bool,
    udp: bool,
}

struct Watch {
    peers_min: u32,
    both_min: u32,
    window: Interval,
    swarms: Table<(Addr, u16), Swarm>,
    pairs: Table<(Addr, Addr), Both>,
}

impl Detector for Watch {
    fn on(&mut self, seen: &Seen<'_>, known: &dyn Known, out: &mut dyn Tell) {
        match seen {
            Seen::Conn(conn) => self.shape(conn, known, out),
            Seen::Http(http) => tracker(http, known, out),
            Seen::Mark(mark) => {
                let name = mark.what();
                if !matches!(name, b"bittorrent" | b"gnutella" | b"edonkey" | b"direct_connect") {
                    return;
                }
                let (Some((orig, _)), Some((resp, _))) = (mark.orig(), mark.resp()) else { return };
                for (host, peer) in [(orig, resp), (resp, orig)] {
                    if known.is_inside(host) || (!known.is_inside(peer) && host == orig) {
                        say(host, Some(peer), name, mark.text(), mark.ts(), mark.uid(), out);
                    }
                }
            }
            _ => {}
        }
    }

    fn held_bytes(&self) -> usize {
        self.swarms.held_bytes() + self.swarms.len() * Swarm::HEAP_BYTES_MAX + self.pairs.held_bytes()
    }

    fn dropped(&self) -> u64 {
        self.swarms.dropped() + self.pairs.dropped()
    }
}

fn say(host: Addr, peer: Option<Addr>, name: &[u8], quote: &[u8], at: Timestamp, uid: Option<Uid>, out: &mut dyn Tell) {
    if is_host(host) {
        out.finding(Finding::new(&CONTENT, host, at, 60).about(name).peers(peer.filter(|peer| is_host(*peer))).quote(quote).proof(uid));
        out.again(&CONTENT, host, name, at, None);
    }
}

/// Requests to trackers, and programs by their own names.
fn tracker(http: &Http<'_>, known: &dyn Known, out: &mut dyn Tell) {
    const AGENTS: &[&[u8]] = &[
        b"uTorrent",
        b"Transmission/",
        b"BitTorrent",
        b"qBittorrent",
        b"Azureus",
        b"Deluge",
        b"libtorrent",
        b"LimeWire",
        b"Shareaza",
        b"eMule",
    ];
    let agent = http.user_agent();
    let named = AGENTS.iter().find(|name| agent.starts_with(name)).copied();
    let asks = contains(http.uri(), b"info_hash=");
    let (Some((host, _)), Some((server, _))) = (http.orig(), http.resp()) else { return };
    if (named.is_some() || asks) && (known.is_inside(host) || !known.is_inside(server)) {
        say(host, Some(server), b"bittorrent", if asks { http.uri() } else { agent }, http.ts(), http.uid(), out);
    }
}

fn is_service(port: u16) -> bool {
    port < SERVICES_BELOW || SERVICES.contains(&port)
}

impl Watch {
    fn shape(&mut self, conn: &Conn<'_>, known: &dyn Known, out: &mut dyn Tell) {
        let (Some((host, own)), Some((peer, port))) = (conn.orig(), conn.resp()) else { return };
        if is_service(port) || !conn.service().is_empty() || !known.is_inside(host) || known.is_inside(peer) || !is_host(peer) {
            return;
        }
        // Whom it looked up by name is a service.
        if known.name(host, peer).is_some() {
            return;
        }
        let (proto, at, uid) = (conn.proto(), conn.ts(), conn.uid());
        let least = self.peers_min;
        match proto {
            Proto::Udp if own >= SERVICES_BELOW => self.add((host, own.max(2)), peer, port, at, uid, least, out),
            Proto::Tcp => self.add((host, 0), peer, port, at, uid, least, out),
            _ => return,
        }
        let pair = self.pairs.entry((host, peer), Both::default);
        let before = pair.tcp && pair.udp;
        pair.tcp |= proto == Proto::Tcp;
        pair.udp |= proto == Proto::Udp;
        if pair.tcp && pair.udp && !before {
            let least = self.both_min;
            self.add((host, 1), peer, port, at, uid, least, out);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one row of a table, said once")]
    fn add(&mut self, key: (Addr, u16), peer: Addr, port: u16, at: Timestamp, uid: Option<Uid>, least: u32, out: &mut dyn Tell) {
        let swarm = self.swarms.entry(key, Swarm::default);
        if swarm.first.is_some_and(|first| at - first > self.window) {
            *swarm = Swarm { is_told: swarm.is_told, ..Swarm::default() };
        }
        swarm.first = Some(swarm.first.map_or(at, |first| first.min(at)));
        swarm.flows += 1;
        let grew = swarm.peers.add(number(peer));
        swarm.ports.add(u64::from(port));
        if grew && swarm.sample.len() < SAMPLE_MAX {
            swarm.sample.push(peer);
            swarm.proofs.extend(uid);
        }
        let (peers, ports) = (swarm.peers.count(), swarm.ports.count());
        // A scanner tries one port; a client of one service comes back to it. Past some dozens both are counted by sketches.
        let alike = peers.abs_diff(ports) <= 2.max(peers / 10);
        if peers >= least && alike && !swarm.is_told {
            swarm.is_told = true;
            let how = match key.1 {
                0 => "tcp".to_owned(),
                1 => "tcp and udp".to_owned(),
                own => format!("udp from port {own}"),
            };
            let finding = Finding::new(&SHAPE, key.0, at, 60)
                .about(how.as_bytes())
                .since(swarm.first.unwrap_or(at))
                .times(swarm.flows)
                .peers(swarm.sample.iter().copied())
                .proofs(swarm.proofs.iter().copied())
                .measure("peers", f64::from(peers), f64::from(least), "")
                .note("ports", f64::from(ports), "");
            out.finding(finding);
        } else if swarm.is_told {
            out.again(&SHAPE, key.0, if key.1 == 0 { b"tcp" } else { b"tcp and udp" }, at, None);
        }
    }
}
