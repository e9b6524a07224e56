//! Unusual ports (P12): what only one or two of a network use, and nobody used before.
//!
//! Definition (DETECTIONS.md `odd_port`): (source network, destination port), passed and denied apart, absent from the network's
//! own last 14 days and used by at most two hosts. A network is a /24 (IPv4) or /64 (IPv6). Said once the network is known well
//! enough: an hour of it, and ten hosts that went outside; and only for three connections or one of an hour, since a single one
//! may be anything; or for ten such ports of one host, a connection each. Ports of services that everybody knows are left out,
//! and so are services that live on changing ports. A fact for the administrator's panel; it accuses nobody.

use crate::contact::{Contact, is_host, number};
use crate::distinct::Distinct;
use bounded::Table;
use contract::seen::{Proto, Seen, What};
use contract::{Behaviour, Chosen, Definition, Detector, Finding, Known, Part, Role, SAMPLE_MAX, Setting, Severity, Stage, Tell, Words};
use model::{Addr, Interval, Timestamp, Uid};

/// The row of the catalogue.
#[derive(Debug)]
pub struct OddPort;

static DEFINITIONS: [Definition; 1] = [Definition {
    detector: "odd_port",
    name: "odd_port",
    title: Words {
        en: "uses a port that hardly anybody uses here", ja: "この網でほとんど使われないポートを使っている"
    },
    rule: Words {
        en: "3 connections, or one of an hour, to a port outside that is new to the host's network (14 days) and used by at most 2 of its hosts; passed and denied apart",
        ja: "そのホストのネットワークで 14 日間使われず、使うホストが 2 台以下の外部ポートへの 3 回以上、または 1 時間以上の接続（通過と拒否は別に数える）",
    },
    next: Words {
        en: "ask what the program is; look the port up, and who answers there",
        ja: "どのプログラムかを尋ね、ポート番号と接続先を調べる",
    },
    source: "DETECTIONS.md odd_port; S2",
    severity: Severity::Medium,
    stage: Stage::Habit,
    part: Part::Actor,
    techniques: &["T1571"],
    excluded: &[Role::Resolvers, Role::MailServers, Role::Proxies, Role::Crawlers, Role::Monitors, Role::ScannersAuthorised],
}];

const SETTINGS: &[Setting] = &[
    Setting { name: "history_days", default: 14.0, doc: "For how many days a port is remembered." },
    Setting { name: "learn_secs", default: 3600.0, doc: "For how long a network is watched before anything is said of it." },
    Setting { name: "net_hosts_min", default: 10.0, doc: "Hosts of a network that must be known." },
    Setting { name: "hosts_max", default: 2.0, doc: "Hosts that may use a port that is still odd." },
    Setting { name: "ports_min", default: 10.0, doc: "Odd ports of one host that are told of together, whatever their connections." },
    Setting { name: "connections_min", default: 3.0, doc: "Connections of one host to such a port." },
];

/// Networks that are watched at a time.
const NETS_MAX: usize = 1024;
/// Ports of networks that are remembered: passed and denied ones.
const PORTS_MAX: usize = 32_768;
/// Hosts whose odd ports are counted.
const HOSTS_MAX: usize = 4096;
/// Odd ports of one host that are told one by one: a program that looks for peers has hundreds.
const TOLD_EACH_MAX: u32 = 4;
/// Ports that nobody calls odd, beside those below 1024 that IANA gave to what is in use, and TLS's and the web's others.
const USUAL: &[u16] = &[
    20, 21, 22, 25, 43, 53, 67, 68, 80, 88, 110, 119, 123, 137, 138, 139, 143, 161, 162, 389, 443, 445, 465, 500, 514, 554, 563, 587, 636,
    853, 873, 989, 990, 993, 995, 1194, 1433, 1723, 1883, 1935, 3128, 3268, 3306, 3389, 3478, 3479, 3480, 3481, 4500, 5004, 5005, 5060,
    5061, 5222, 5223, 5228, 5229, 5230, 5349, 5432, 5671, 5938, 8000, 8008, 8080, 8081, 8443, 8801, 8883, 8888, 9418, 9443, 19_302, 33_434,
    51_820,
];

impl Behaviour for OddPort {
    fn name(&self) -> &'static str {
        "odd_port"
    }
    fn definitions(&self) -> &'static [Definition] {
        &DEFINITIONS
    }
    fn settings(&self) -> &'static [Setting] {
        SETTINGS
    }
    fn wants(&self) -> &'static [What] {
        &[What::Conn]
    }
    fn held_bytes_max(&self) -> usize {
        Table::<u64, Net>::held_bytes_max(NETS_MAX)
            + NETS_MAX * Distinct::HEAP_BYTES_MAX
            + Table::<Key, Port>::held_bytes_max(PORTS_MAX)
            + PORTS_MAX * Port::HEAP_BYTES_MAX
            + Table::<Addr, Odd>::held_bytes_max(HOSTS_MAX)
            + HOSTS_MAX * Odd::HEAP_BYTES_MAX
    }
    fn open(&self, settings: &Chosen) -> Box<dyn Detector> {
        let count = |name| u32::try_from(settings.count(SETTINGS, name).max(1)).unwrap_or(u32::MAX);
        Box::new(Watch {
            history: Interval::from_secs_f64(settings.get(SETTINGS, "history_days") * 86_400.0),
            learn: settings.secs(SETTINGS, "learn_secs"),
            net_hosts: count("net_hosts_min"),
            hosts: count("hosts_max").min(USERS_MAX as u32) as usize,
            connections: count("connections_min"),
            nets: Table::new(NETS_MAX),
            ports: Table::new(PORTS_MAX),
            ports_min: count("ports_min"),
            told: Table::new(HOSTS_MAX),
        })
    }
}

/// A network, a port and whether it was denied.
type Key = (u64, u16, Proto, bool);

/// A network.
#[derive(Debug, Default)]
struct Net {
    first: Option<Timestamp>,
    hosts: Distinct,
}

/// Users of a port that are remembered by name; one more makes the port a usual one.
const USERS_MAX: usize = 2;

/// A port as one network uses it.
#[derive(Debug, Default)]
struct Port {
    users: Vec<User>,
    last: Option<Timestamp>,
    is_usual: bool,
}

impl Port {
    /// The most bytes that one can hold on the heap: its users, with their samples.
    const HEAP_BYTES_MAX: usize = USERS_MAX * (size_of::<User>() + SAMPLE_MAX * size_of::<Uid>());
}

/// The odd ports of a host.
#[derive(Debug, Default)]
struct Odd {
    ports: Distinct,
    /// Those told one by one.
    told: u32,
    peers: Vec<Addr>,
    first: Option<Timestamp>,
}

impl Odd {
    /// The most bytes that one can hold on the heap: what its parts can.
    const HEAP_BYTES_MAX: usize = Distinct::HEAP_BYTES_MAX + SAMPLE_MAX * size_of::<Addr>();

    /// One more of them: how many there are, if that is news.
    fn add(&mut self, port: u16, peer: Addr, at: Timestamp, least: u32) -> Option<u32> {
        self.first.get_or_insert(at);
        if self.peers.len() < SAMPLE_MAX && !self.peers.contains(&peer) {
            self.peers.push(peer);
        }
        let grew = self.ports.add(u64::from(port));
        let count = self.ports.count();
        (grew && (count == least || (count > least && count.is_power_of_two()))).then_some(count)
    }
}

/// A host that uses a port.
#[derive(Debug)]
struct User {
    host: Addr,
    peer: Addr,
    first: Timestamp,
    count: u32,
    proofs: Vec<Uid>,
}

impl User {
    fn finding(&self, name: &str, at: Timestamp, least: u32) -> Finding {
        Finding::new(&DEFINITIONS[0], self.host, at, 50)
            .about(name.as_bytes())
            .since(self.first)
            .times(self.count.into())
            .peer(self.peer)
            .proofs(self.proofs.iter().copied())
            .measure("connections", f64::from(self.count), f64::from(least), "")
    }
}

struct Watch {
    history: Interval,
    learn: Interval,
    net_hosts: u32,
    hosts: usize,
    connections: u32,
    nets: Table<u64, Net>,
    ports: Table<Key, Port>,
    ports_min: u32,
    told: Table<Addr, Odd>,
}

/// Whether a service lives on changing ports by its nature: its port says nothing.
fn has_no_port(service: &[u8]) -> bool {
    const ANYWHERE: [&[u8]; 9] = [b"ftp-data", b"irc-dcc", b"rtp", b"stun", b"sip", b"quic", b"dtls", b"dce_rpc", b"tftp"];
    ANYWHERE.iter().any(|name| service.starts_with(name))
}

/// Whether IRC is spoken where it belongs.
fn is_irc(port: u16, service: &[u8]) -> bool {
    service.starts_with(b"irc") && matches!(port, 6660..=6669 | 6697 | 7000)
}

/// The network of an address, as a number.
fn net(host: Addr) -> u64 {
    let bytes = host.as_slice();
    crate::hash(bytes.get(..if bytes.len() == 4 { 3 } else { 8 }).unwrap_or(bytes))
}

impl Detector for Watch {
    fn on(&mut self, seen: &Seen<'_>, known: &dyn Known, out: &mut dyn Tell) {
        let Seen::Conn(conn) = seen else { return };
        let (Some((host, _)), Some((peer, port))) = (conn.orig(), conn.resp()) else { return };
        let proto = conn.proto();
        if !matches!(proto, Proto::Tcp | Proto::Udp) || !known.is_inside(host) || known.is_inside(peer) || !is_host(peer) {
            return;
        }
        let (at, net) = (conn.ts(), net(host));
        let state = self.nets.entry(net, Net::default);
        let first = *state.first.get_or_insert(at);
        state.hosts.add(number(host));
        if USUAL.contains(&port) || has_no_port(conn.service()) || is_irc(port, conn.service()) {
            return;
        }
        let denied = match Contact::of(conn) {
            Contact::Failed => true,
            Contact::Answered | Contact::Empty => false,
            _ => return,
        };
        let learning = at - first < self.learn || state.hosts.count() < self.net_hosts;
        let entry = self.ports.entry((net, port, proto, denied), Port::default);
        if entry.last.is_some_and(|last| at - last > self.history) {
            *entry = Port::default();
        }
        entry.last = Some(entry.last.map_or(at, |last| last.max(at)));
        // What is there from the beginning is as usual as anything.
        entry.is_usual |= learning;
        if entry.is_usual {
            return;
        }
        let place = entry.users.iter().position(|user| user.host == host);
        if place.is_none() && entry.users.len() >= self.hosts {
            (entry.is_usual, entry.users) = (true, Vec::new());
            return;
        }
        let place = place.unwrap_or_else(|| {
            entry.users.push(User { host, peer, first: at, count: 0, proofs: Vec::new() });
            entry.users.len() - 1
        });
        let users = entry.users.len();
        let Some(user) = entry.users.get_mut(place) else { return };
        // A connection of an hour is as much as three.
        let long = conn.duration().is_some_and(|length| length >= Interval::from_secs(3600));
        let before = user.count;
        user.count += if long { self.connections } else { 1 };
        let odd = self.told.entry(host, Odd::default);
        if before == 0
            && let Some(count) = odd.add(port, peer, at, self.ports_min)
        {
            let finding = Finding::new(&DEFINITIONS[0], host, at, 50).about(b"many").since(odd.first.unwrap_or(at)).times(count.into());
            out.finding(finding.peers(odd.peers.iter().copied()).measure("ports", f64::from(count), f64::from(self.ports_min), ""));
        }
        user.first = user.first.min(at);
        if user.proofs.len() < SAMPLE_MAX {
            user.proofs.extend(conn.uid());
        }
        // Told at the limit, and whenever the number has doubled since.
        let (was, is) = (before / self.connections, user.count / self.connections);
        if is == 0 || (was > 0 && was.ilog2() == is.ilog2()) {
            return;
        }
        odd.told += u32::from(was == 0);
        if odd.told > TOLD_EACH_MAX {
            return;
        }
        let name = format!("{port}/{} {}", if proto == Proto::Tcp { "tcp" } else { "udp" }, if denied { "denied" } else { "passed" });
        let finding = user.finding(&name, at, self.connections).note("hosts that use it", users as f64, "");
        out.finding(finding);
    }

    fn held_bytes(&self) -> usize {
        self.nets.held_bytes()
            + self.nets.len() * Distinct::HEAP_BYTES_MAX
            + self.ports.held_bytes()
            + self.ports.len() * Port::HEAP_BYTES_MAX
            + self.told.held_bytes()
            + self.told.len() * Odd::HEAP_BYTES_MAX
    }

    fn dropped(&self) -> u64 {
        self.nets.dropped() + self.ports.dropped() + self.told.dropped()
    }
}
