//! Unknown NAT and proxies (P8): one address behind which several machines hide.
//!
//! Definition (DETECTIONS.md `hidden_nat`): per inside host and hour, two of these signs: the stacks of several operating
//! systems in its SYNs; hop counts one below a default where others come straight, or several; several TCP clocks; browsers of
//! several systems; headers that proxies add; ten times as many source ports as the host itself uses in a usual hour. Sources:
//! S2; p0f; Bellovin, A Technique for Counting NATted Hosts (2002). Left out: clocks of systems that have one for each pair of
//! addresses (Linux since 4.10), which say nothing.

mod clocks;
mod signs;

use bounded::Table;
use contract::seen::{Seen, What};
use contract::{Behaviour, Chosen, Definition, Detector, Finding, Known, Part, Role, Setting, Severity, Stage, Tell, Words};
use model::{Addr, Timestamp};
use signs::Signs;

/// The row of the catalogue.
#[derive(Debug)]
pub struct HiddenNat;

static DEFINITIONS: [Definition; 1] = [Definition {
    detector: "hidden_nat",
    name: "hidden_nat",
    title: Words {
        en: "hides several machines behind one address", ja: "一つのアドレスの背後に複数の機器がある（未知の NAT・プロキシ）"
    },
    rule: Words {
        en: "two signs within an hour: stacks of several operating systems, hop counts one too low, several TCP clocks, browsers of several systems, \
             headers of a proxy, unusually many source ports",
        ja: "1 時間以内に次のうち二つ：複数の OS のスタック、一つ少ない TTL、複数の TCP 時計、複数の OS のブラウザー、プロキシのヘッダー、異常に多い送信元ポート",
    },
    next: Words {
        en: "ask who runs it; without a list of who is behind it, nothing can be traced to a user",
        ja: "管理者を確かめる。背後の利用者の一覧がなければ、問題が起きても利用者を特定できない",
    },
    source: "DETECTIONS.md hidden_nat; S2; p0f; Bellovin 2002",
    severity: Severity::Medium,
    stage: Stage::Habit,
    part: Part::Actor,
    techniques: &[],
    excluded: &[Role::NatKnown, Role::Proxies, Role::VpnPools, Role::Crawlers, Role::ScannersAuthorised],
}];

const SETTINGS: &[Setting] = &[
    Setting { name: "signs_min", default: 2.0, doc: "Signs that must come together within an hour." },
    Setting { name: "ports_times", default: 10.0, doc: "How many times its usual number of source ports a host must use." },
    Setting { name: "ports_min", default: 5000.0, doc: "Source ports within an hour that are many at all." },
];

/// Inside hosts that are watched at a time.
const HOSTS_MAX: usize = 8192;

impl Behaviour for HiddenNat {
    fn name(&self) -> &'static str {
        "hidden_nat"
    }
    fn definitions(&self) -> &'static [Definition] {
        &DEFINITIONS
    }
    fn settings(&self) -> &'static [Setting] {
        SETTINGS
    }
    fn wants(&self) -> &'static [What] {
        &[What::Stack, What::Http, What::Conn]
    }
    fn held_bytes_max(&self) -> usize {
        Table::<Addr, Signs>::held_bytes_max(HOSTS_MAX) + HOSTS_MAX * Signs::HEAP_BYTES_MAX
    }
    fn open(&self, settings: &Chosen) -> Box<dyn Detector> {
        Box::new(Watch {
            least: u32::try_from(settings.count(SETTINGS, "signs_min").max(1)).unwrap_or(u32::MAX),
            times: settings.get(SETTINGS, "ports_times"),
            ports: u32::try_from(settings.count(SETTINGS, "ports_min")).unwrap_or(u32::MAX),
            hosts: Table::new(HOSTS_MAX),
            straight: 0,
            away: 0,
        })
    }
}

struct Watch {
    least: u32,
    times: f64,
    ports: u32,
    hosts: Table<Addr, Signs>,
    /// SYNs of inside hosts that came straight, and those that came over one hop: whether one hop is usual here.
    straight: u64,
    away: u64,
}

/// The hour of a time.
const fn hour(at: Timestamp) -> i64 {
    at.nanos().div_euclid(3_600_000_000_000)
}

impl Detector for Watch {
    fn on(&mut self, seen: &Seen<'_>, known: &dyn Known, out: &mut dyn Tell) {
        let (host, at) = match seen {
            Seen::Stack(stack) => {
                let Some((host, _)) = stack.orig().filter(|(host, _)| stack.is_orig() == Some(true) && known.is_inside(*host)) else {
                    return;
                };
                let hops = stack.ttl().map(signs::hops);
                match hops {
                    Some(0) => self.straight += 1,
                    Some(1) => self.away += 1,
                    _ => {}
                }
                // Where most come over a hop, the sensor is one hop away from everybody.
                let usual = u8::from(self.away > self.straight);
                self.hosts.entry(host, Signs::default).syn(stack, hops, usual, known.os(host));
                (host, stack.ts())
            }
            Seen::Http(http) => {
                let Some((host, _)) = http.orig().filter(|(host, _)| known.is_inside(*host)) else { return };
                self.hosts.entry(host, Signs::default).request(http);
                (host, http.ts())
            }
            Seen::Conn(conn) => {
                if let Some((host, port)) = conn.orig().filter(|(host, _)| known.is_inside(*host))
                    && let Some(signs) = self.hosts.get_mut(&host)
                {
                    signs.port(hour(conn.ts()), port);
                }
                return;
            }
            _ => return,
        };
        let Some(signs) = self.hosts.get_mut(&host) else { return };
        signs.turn(hour(at));
        let found = signs.count(self.times, self.ports);
        if found.total() >= self.least && !signs.is_told {
            signs.is_told = true;
            let mut finding = Finding::new(&DEFINITIONS[0], host, at, 60).proof(seen_uid(seen)).measure(
                "signs",
                f64::from(found.total()),
                f64::from(self.least),
                "",
            );
            for (name, value) in found.all() {
                finding = finding.note(name, f64::from(value), "");
            }
            signs.quotes().for_each(|quote| finding.add_quote(quote));
            out.finding(finding);
        }
    }

    fn held_bytes(&self) -> usize {
        self.hosts.held_bytes() + self.hosts.len() * Signs::HEAP_BYTES_MAX
    }

    fn dropped(&self) -> u64 {
        self.hosts.dropped()
    }
}

fn seen_uid(seen: &Seen<'_>) -> Option<model::Uid> {
    match seen {
        Seen::Stack(stack) => stack.uid(),
        Seen::Http(http) => http.uid(),
        _ => None,
    }
}
