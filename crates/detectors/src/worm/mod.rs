//! Worms that spread (P3).
//!
//! Definition (DETECTIONS.md `worm`): a host tries a port through which worms spread ([`crate::ports`]) on ten others, most of
//! which it did not know before, and either two inside hosts do so within an hour, or it was itself reached on that port
//! before. That is critical; a single inside host is medium, an outside one low. The worm of one datagram (1434/udp, Slammer)
//! counts too. Left out: what was sent; an exploit is for a signature to see.

use crate::contact::{Contact, is_host, number};
use crate::distinct::Distinct;
use crate::ports;
use bounded::Table;
use contract::seen::{Conn, Proto, Seen, What};
use contract::{Behaviour, Chosen, Definition, Detector, Finding, Known, Part, Role, SAMPLE_MAX, Setting, Severity, Stage, Tell, Words};
use model::{Addr, Interval, Timestamp, Uid};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Worm;

static DEFINITIONS: [Definition; 1] = [Definition {
    detector: "worm",
    name: "worm",
    title: Words { en: "spreads like a worm", ja: "ワームのように広がろうとしている" },
    rule: Words {
        en: "failed connections to a worm's port on 10 hosts within an hour, at most half as many successes; critical if a second inside host does \
             the same within the hour, or if the host was itself reached on that port before",
        ja: "ワームの使うポートで 1 時間以内に 10 ホストへの接続に失敗（成功はその半分以下）。1 時間以内に別の内部ホストも同じことをしたか、そのホスト自身が先に同じポートで接続を受けていれば最高",
    },
    next: Words {
        en: "take the host off the network and look at who reached it on that port, and whom it reached",
        ja: "ホストを切り離し、同じポートで誰から接続を受け、誰に接続できたかを調べる",
    },
    source: "DETECTIONS.md worm; S2",
    severity: Severity::Medium,
    stage: Stage::Spread,
    part: Part::Actor,
    techniques: &["T1210", "T1046"],
    excluded: &[Role::ScannersAuthorised, Role::Monitors],
}];

const SETTINGS: &[Setting] = &[
    Setting { name: "hosts_min", default: 10.0, doc: "Hosts on which the port fails." },
    Setting { name: "window_secs", default: 3600.0, doc: "Within how many seconds, and how long another's scan is remembered." },
];

/// Pairs of source and port that are watched at a time: only worms' ports count, and only failures.
const SPREADERS_MAX: usize = 8192;
/// Pairs of host and port that were reached.
const REACHED_MAX: usize = 8192;
/// The port of Slammer's datagrams.
const SLAMMER: u16 = 1434;
/// Ports on which somebody may spread at one moment and be remembered: there are not many more worms' ports.
const ACTIVE_MAX: usize = 32;

impl Behaviour for Worm {
    fn name(&self) -> &'static str {
        "worm"
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
        Table::<(Addr, u16), Spreader>::held_bytes_max(SPREADERS_MAX)
            + SPREADERS_MAX * Spreader::HEAP_BYTES_MAX
            + Table::<(Addr, u16), Reached>::held_bytes_max(REACHED_MAX)
            + ACTIVE_MAX * size_of::<Active>()
    }
    fn open(&self, settings: &Chosen) -> Box<dyn Detector> {
        Box::new(Watch {
            least: u32::try_from(settings.count(SETTINGS, "hosts_min").max(1)).unwrap_or(u32::MAX),
            window: settings.secs(SETTINGS, "window_secs"),
            spreaders: Table::new(SPREADERS_MAX),
            reached: Table::new(REACHED_MAX),
            active: Vec::new(),
        })
    }
}

#[derive(Debug, Default)]
struct Spreader {
    failed: Distinct,
    answered: Distinct,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    attempts: u64,
    peers: Vec<Addr>,
    proofs: Vec<Uid>,
    told: u32,
}

impl Spreader {
    /// The most bytes that one can hold on the heap: what its parts can.
    const HEAP_BYTES_MAX: usize = 2 * Distinct::HEAP_BYTES_MAX + SAMPLE_MAX * (size_of::<Addr>() + size_of::<Uid>());
}

/// By whom a host was reached on a port, and when.
#[derive(Clone, Copy, Debug)]
struct Reached {
    by: Addr,
    at: Timestamp,
    uid: Option<Uid>,
}

/// The inside host that was last seen to spread through a port.
#[derive(Clone, Copy, Debug)]
struct Active {
    port: u16,
    host: Addr,
    at: Timestamp,
}

struct Watch {
    least: u32,
    window: Interval,
    spreaders: Table<(Addr, u16), Spreader>,
    reached: Table<(Addr, u16), Reached>,
    active: Vec<Active>,
}

impl Detector for Watch {
    fn on(&mut self, seen: &Seen<'_>, known: &dyn Known, out: &mut dyn Tell) {
        let Seen::Conn(conn) = seen else { return };
        let (Some((source, _)), Some((host, port))) = (conn.orig(), conn.resp()) else { return };
        let is_worms = match conn.proto() {
            Proto::Tcp => ports::is_worms(port),
            Proto::Udp => port == SLAMMER,
            _ => false,
        };
        if !is_worms || source == host || !is_host(source) || !is_host(host) {
            return;
        }
        match Contact::of(conn) {
            Contact::Failed if known.name(source, host).is_none() => self.failed(conn, source, host, port, known, out),
            Contact::Answered | Contact::Empty => {
                if known.is_inside(host) {
                    let now = Reached { by: source, at: conn.ts(), uid: conn.uid() };
                    let first = self.reached.entry((host, port), || now);
                    if now.at < first.at || now.at - first.at > self.window {
                        *first = now;
                    }
                }
                if let Some(spreader) = self.spreaders.get_mut(&(source, port)) {
                    spreader.answered.add(number(host));
                }
            }
            _ => {}
        }
    }

    fn held_bytes(&self) -> usize {
        self.spreaders.held_bytes() + self.spreaders.len() * Spreader::HEAP_BYTES_MAX + self.reached.held_bytes()
    }

    fn dropped(&self) -> u64 {
        self.spreaders.dropped() + self.reached.dropped()
    }
}

impl Watch {
    fn failed(&mut self, conn: &Conn<'_>, source: Addr, host: Addr, port: u16, known: &dyn Known, out: &mut dyn Tell) {
        let at = conn.ts();
        let spreader = self.spreaders.entry((source, port), Spreader::default);
        if spreader.last.is_some_and(|last| at - last > self.window) {
            *spreader = Spreader::default();
        }
        spreader.first = Some(spreader.first.map_or(at, |first| first.min(at)));
        spreader.last = Some(spreader.last.map_or(at, |last| last.max(at)));
        spreader.attempts += 1;
        if !spreader.failed.add(number(host)) {
            return;
        }
        if spreader.peers.len() < SAMPLE_MAX {
            spreader.peers.push(host);
            spreader.proofs.extend(conn.uid());
        }
        let (failed, answered) = (spreader.failed.count(), spreader.answered.count());
        if failed < self.least || failed < answered.saturating_mul(2) || failed < spreader.told.saturating_mul(2) {
            return;
        }
        spreader.told = failed;
        let first = spreader.first.unwrap_or(at);
        let inside = known.is_inside(source);
        let other = self.active.iter().find(|one| one.port == port && one.host != source && at - one.at <= self.window).copied();
        let reached = self.reached.get(&(source, port)).copied().filter(|reached| reached.at < first);
        let (severity, confidence) = match (inside, other.is_some() || reached.is_some()) {
            (true, true) => (Severity::Critical, 90),
            (true, false) => (Severity::Medium, 70),
            (false, _) => (Severity::Low, 50),
        };
        let mut finding = Finding::new(&DEFINITIONS[0], source, spreader.last.unwrap_or(at), confidence)
            .about(format!("{port}/{}", if conn.proto() == Proto::Udp { "udp" } else { "tcp" }).as_bytes())
            .since(first)
            .times(spreader.attempts)
            .severity(severity)
            .proofs(reached.and_then(|reached| reached.uid))
            .proofs(spreader.proofs.iter().copied())
            .peers(spreader.peers.iter().copied())
            .measure("failed hosts", f64::from(failed), f64::from(self.least), "")
            .note("hosts that answered", f64::from(answered), "");
        if let Some(reached) = reached {
            finding.add_quote(format!("reached on this port by {} before", reached.by).as_bytes());
        }
        if let Some(other) = other {
            finding.add_quote(format!("{} does the same", other.host).as_bytes());
        }
        out.finding(finding);
        if inside {
            self.is_active(port, source, at);
        }
    }

    /// Remembers who spreads through a port.
    fn is_active(&mut self, port: u16, host: Addr, at: Timestamp) {
        self.active.retain(|one| at - one.at <= self.window && !(one.port == port && one.host == host));
        if self.active.len() >= ACTIVE_MAX {
            self.active.remove(0);
        }
        self.active.push(Active { port, host, at });
    }
}
