//! Inside hosts in unused space (B5): who looks for addresses that nobody has.
//!
//! Definition (DETECTIONS.md `darknet_inside`): an inside host tries three different addresses of the darknet within an hour.
//! What is the darknet, settings say; nothing is guessed, since a capture that shows one direction makes everybody silent.
//! Left out: who sits in the darknet and answers; a decoy is for another to write.

use crate::contact::{Contact, is_host, number};
use crate::distinct::Distinct;
use bounded::Table;
use contract::seen::{Seen, What};
use contract::{Behaviour, Chosen, Definition, Detector, Finding, Known, Part, Role, SAMPLE_MAX, Setting, Severity, Stage, Tell, Words};
use model::{Addr, Interval, Timestamp, Uid};

/// The row of the catalogue.
#[derive(Debug)]
pub struct DarknetInside;

static DEFINITIONS: [Definition; 1] = [Definition {
    detector: "darknet_inside",
    name: "darknet_inside",
    title: Words { en: "tries addresses that nobody has", ja: "使われていないアドレスに接続を試みている" },
    rule: Words {
        en: "an inside host tries 3 different addresses of the darknet within an hour; high from 10",
        ja: "内部のホストが 1 時間以内に 3 つ以上の未使用アドレス（darknet）へ接続を試みた。10 から高",
    },
    next: Words {
        en: "see which program tries them; a broken default route shows the same on many hosts at once",
        ja: "どのプログラムが試みているかを調べる。多数のホストで同時に起きていれば既定経路の誤りを疑う",
    },
    source: "DETECTIONS.md darknet_inside; S1, S3",
    severity: Severity::Medium,
    stage: Stage::Spread,
    part: Part::Actor,
    techniques: &["T1018", "T1046"],
    excluded: &[Role::Monitors, Role::ScannersAuthorised],
}];

const SETTINGS: &[Setting] = &[
    Setting { name: "addresses_min", default: 3.0, doc: "Different unused addresses." },
    Setting { name: "high_min", default: 10.0, doc: "As many are high." },
    Setting { name: "window_secs", default: 3600.0, doc: "Within how many seconds." },
];

/// Inside hosts that are watched at a time: those who try unused addresses are few.
const HOSTS_MAX: usize = 4096;

impl Behaviour for DarknetInside {
    fn name(&self) -> &'static str {
        "darknet_inside"
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
        Table::<Addr, Host>::held_bytes_max(HOSTS_MAX) + HOSTS_MAX * Host::HEAP_BYTES_MAX
    }
    fn open(&self, settings: &Chosen) -> Box<dyn Detector> {
        let count = |name| u32::try_from(settings.count(SETTINGS, name).max(1)).unwrap_or(u32::MAX);
        Box::new(Watch {
            least: count("addresses_min"),
            high: count("high_min"),
            window: settings.secs(SETTINGS, "window_secs"),
            hosts: Table::new(HOSTS_MAX),
        })
    }
}

#[derive(Debug, Default)]
struct Host {
    addresses: Distinct,
    first: Option<Timestamp>,
    attempts: u64,
    peers: Vec<Addr>,
    proofs: Vec<Uid>,
}

impl Host {
    /// The most bytes that one can hold on the heap: what its parts can.
    const HEAP_BYTES_MAX: usize = Distinct::HEAP_BYTES_MAX + SAMPLE_MAX * (size_of::<Addr>() + size_of::<Uid>());
}

struct Watch {
    least: u32,
    high: u32,
    window: Interval,
    hosts: Table<Addr, Host>,
}

impl Detector for Watch {
    fn on(&mut self, seen: &Seen<'_>, known: &dyn Known, out: &mut dyn Tell) {
        let Seen::Conn(conn) = seen else { return };
        if !known.is_given(Role::Darknet) {
            return;
        }
        let (Some((source, _)), Some((host, _))) = (conn.orig(), conn.resp()) else { return };
        if !known.is_inside(source) || !is_host(host) || known.role(host, Role::Darknet).is_none() {
            return;
        }
        if known.role(source, Role::Darknet).is_some() || Contact::of(conn) == Contact::Unclear {
            return;
        }
        let at = conn.ts();
        let state = self.hosts.entry(source, Host::default);
        if state.first.is_some_and(|first| at - first > self.window) {
            *state = Host::default();
        }
        state.first = Some(state.first.map_or(at, |first| first.min(at)));
        state.attempts += 1;
        if !state.addresses.add(number(host)) {
            return;
        }
        if state.peers.len() < SAMPLE_MAX {
            state.peers.push(host);
            state.proofs.extend(conn.uid());
        }
        let count = state.addresses.count();
        // Told at the limit, at the higher limit, and whenever it has doubled since.
        if count == self.least || count == self.high || (count > self.high && count.is_power_of_two()) {
            let severity = if count >= self.high { Severity::High } else { Severity::Medium };
            let finding = Finding::new(&DEFINITIONS[0], source, at, 90)
                .since(state.first.unwrap_or(at))
                .times(state.attempts)
                .severity(severity)
                .peers(state.peers.iter().copied())
                .proofs(state.proofs.iter().copied())
                .measure("unused addresses", f64::from(count), f64::from(self.least), "");
            out.finding(finding);
        }
    }

    fn held_bytes(&self) -> usize {
        self.hosts.held_bytes() + self.hosts.len() * Host::HEAP_BYTES_MAX
    }

    fn dropped(&self) -> u64 {
        self.hosts.dropped()
    }
}
