//! Floods (B4): traffic that is meant to stop its target from working.
//!
//! Definition (DETECTIONS.md `dos`): packets or new connections to one target beyond ten times its own usual and a floor:
//! half-open connections, answers to nothing (reflection and amplification), datagrams and pings; names that do not exist under
//! one domain. The target is named; a sender is accused only where most of the flood comes from one address. The echo of a
//! flood under forged senders (backscatter) tells of a target elsewhere. Sources: S1; Moore et al. 2001; US-CERT TA14-017A.
//!
//! Counted by minute, since flows are told when they end. Left out: floods of whole requests, which look like success.

mod definitions;
mod flow;
mod names;
mod target;

use crate::contact::{is_host, number};
use crate::distinct::Distinct;
use bounded::Table;
use contract::seen::{Conn, Proto, Seen, What};
use contract::{Behaviour, Chosen, Definition, Detector, Finding, Known, SAMPLE_MAX, Setting, Tell};
use definitions::{ALL, AMPLIFIER, BACKSCATTER};
use flow::{AMPLIFIERS, Drop, Shape};
use model::{Addr, Interval, Timestamp, Uid};
use names::Askers;
use target::{Limits, Target};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Dos;

const SETTINGS: &[Setting] = &[
    Setting { name: "half_open_min", default: 500.0, doc: "Half-open connections to one host within a minute." },
    Setting { name: "unasked_min", default: 500.0, doc: "Packets that answer nothing, to one host within a minute." },
    Setting { name: "unasked_senders_min", default: 50.0, doc: "Hosts that they come from." },
    Setting { name: "datagram_flows_min", default: 2000.0, doc: "Flows of unanswered datagrams to one host within a minute." },
    Setting { name: "datagrams_per_sec_min", default: 5000.0, doc: "Unanswered datagrams of one flow in a second." },
    Setting { name: "pings_min", default: 2000.0, doc: "Pings to one host within a minute." },
    Setting { name: "usual_times", default: 10.0, doc: "How many times the usual number it must be." },
    Setting { name: "backscatter_min", default: 100.0, doc: "Hosts that get answers without having asked." },
    Setting { name: "names_min", default: 20.0, doc: "Names under one domain that do not exist, within a minute." },
    Setting { name: "amplified_bytes_min", default: 1_000_000.0, doc: "Bytes that an inside host answers within a minute." },
];

/// Targets that are watched at a time.
const TARGETS_MAX: usize = 4096;
/// Hosts whose answers to nothing are counted.
const ECHOES_MAX: usize = 4096;
/// Inside hosts with services that amplify.
const SERVICES_MAX: usize = 1024;
/// After how long without another answer an echo is forgotten.
const ECHO_IDLE: Interval = Interval::from_secs(6 * 3600);

impl Behaviour for Dos {
    fn name(&self) -> &'static str {
        "dos"
    }
    fn definitions(&self) -> &'static [Definition] {
        &ALL
    }
    fn settings(&self) -> &'static [Setting] {
        SETTINGS
    }
    fn wants(&self) -> &'static [What] {
        &[What::Conn, What::Dns]
    }
    fn held_bytes_max(&self) -> usize {
        Table::<Addr, Target>::held_bytes_max(TARGETS_MAX)
            + TARGETS_MAX * Target::HEAP_BYTES_MAX
            + Table::<(Addr, u16), Echo>::held_bytes_max(ECHOES_MAX)
            + ECHOES_MAX * Echo::HEAP_BYTES_MAX
            + Table::<(Addr, u16), Service>::held_bytes_max(SERVICES_MAX)
            + Askers::HELD_BYTES_MAX
    }
    fn open(&self, settings: &Chosen) -> Box<dyn Detector> {
        let count = |name| u32::try_from(settings.count(SETTINGS, name).max(1)).unwrap_or(u32::MAX);
        Box::new(Watch {
            limits: Limits::new(settings, SETTINGS),
            backscatter_min: count("backscatter_min"),
            amplified_min: settings.count(SETTINGS, "amplified_bytes_min"),
            targets: Table::new(TARGETS_MAX),
            echoes: Table::new(ECHOES_MAX),
            services: Table::new(SERVICES_MAX),
            askers: Askers::new(count("names_min"), Interval::from_secs(60)),
        })
    }
}

/// A host that answers what nobody asked.
#[derive(Debug, Default)]
struct Echo {
    hosts: Distinct,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    count: u64,
    peers: Vec<Addr>,
    proofs: Vec<Uid>,
    told: u32,
}

impl Echo {
    /// The most bytes that one can hold on the heap: what its parts can.
    const HEAP_BYTES_MAX: usize = Distinct::HEAP_BYTES_MAX + SAMPLE_MAX * (size_of::<Addr>() + size_of::<Uid>());
}

/// A service that answers much for little.
#[derive(Debug, Default)]
struct Service {
    minute: i64,
    asked: u64,
    answered: u64,
    is_told: bool,
}

struct Watch {
    limits: Limits,
    backscatter_min: u32,
    amplified_min: u64,
    targets: Table<Addr, Target>,
    echoes: Table<(Addr, u16), Echo>,
    services: Table<(Addr, u16), Service>,
    askers: Askers,
}

/// The minute of a time.
const fn minute(at: Timestamp) -> i64 {
    at.nanos().div_euclid(60_000_000_000)
}

impl Detector for Watch {
    fn on(&mut self, seen: &Seen<'_>, known: &dyn Known, out: &mut dyn Tell) {
        match seen {
            Seen::Dns(dns) => self.askers.see(dns, out),
            Seen::Conn(conn) => {
                if let Some(drop) = flow::of(conn).filter(|drop| is_host(drop.target) && drop.target != drop.sender) {
                    let target = self.targets.entry(drop.target, Target::default);
                    target.see(conn, &drop, &self.limits, known, out);
                    self.echo(conn, &drop, out);
                } else if conn.proto() == Proto::Udp {
                    self.amplified(conn, known, out);
                } else if conn.proto() == Proto::Tcp
                    && let Some((host, _)) = conn.resp()
                    && let Some(target) = self.targets.get_mut(&host)
                {
                    target.talked(conn.ts());
                }
            }
            _ => {}
        }
    }

    fn held_bytes(&self) -> usize {
        self.targets.held_bytes()
            + self.targets.len() * Target::HEAP_BYTES_MAX
            + self.echoes.held_bytes()
            + self.echoes.len() * Echo::HEAP_BYTES_MAX
            + self.services.held_bytes()
            + self.askers.held_bytes()
    }

    fn dropped(&self) -> u64 {
        self.targets.dropped() + self.echoes.dropped() + self.services.dropped() + self.askers.dropped()
    }
}

impl Watch {
    fn echo(&mut self, conn: &Conn<'_>, drop: &Drop, out: &mut dyn Tell) {
        if drop.shape != Shape::Unasked || conn.proto() != Proto::Tcp {
            return;
        }
        let at = conn.ts();
        let echo = self.echoes.entry((drop.sender, drop.port), Echo::default);
        if echo.last.is_some_and(|last| at - last > ECHO_IDLE) {
            *echo = Echo::default();
        }
        echo.first = Some(echo.first.map_or(at, |first| first.min(at)));
        echo.last = Some(echo.last.map_or(at, |last| last.max(at)));
        echo.count += 1;
        if !echo.hosts.add(number(drop.target)) {
            return;
        }
        if echo.peers.len() < SAMPLE_MAX {
            echo.peers.push(drop.target);
            echo.proofs.extend(conn.uid());
        }
        let count = echo.hosts.count();
        if count < self.backscatter_min || count < echo.told.saturating_mul(2) {
            return;
        }
        echo.told = count;
        let finding = Finding::new(&BACKSCATTER, drop.sender, at, 90)
            .about(format!("{}/tcp", drop.port).as_bytes())
            .since(echo.first.unwrap_or(at))
            .times(echo.count)
            .peers(echo.peers.iter().copied())
            .proofs(echo.proofs.iter().copied())
            .measure("hosts that had not asked", f64::from(count), f64::from(self.backscatter_min), "");
        out.finding(finding);
    }

    /// An answered question to an inside service.
    fn amplified(&mut self, conn: &Conn<'_>, known: &dyn Known, out: &mut dyn Tell) {
        /// How many times the question's bytes the answers must be.
        const TIMES: u64 = 10;
        let (Some((asker, _)), Some((host, port))) = (conn.orig(), conn.resp()) else { return };
        if !AMPLIFIERS.contains(&port) || !known.is_inside(host) || known.is_inside(asker) {
            return;
        }
        let service = self.services.entry((host, port), Service::default);
        let minute = minute(conn.ts());
        if service.minute != minute {
            *service = Service { minute, is_told: service.is_told, ..Service::default() };
        }
        service.asked += conn.orig_bytes().unwrap_or(0);
        service.answered += conn.resp_bytes().unwrap_or(0);
        if service.answered >= self.amplified_min && service.answered >= service.asked.saturating_mul(TIMES) && !service.is_told {
            service.is_told = true;
            let finding = Finding::new(&AMPLIFIER, host, conn.ts(), 70)
                .about(format!("{port}/udp").as_bytes())
                .peer(asker)
                .proof(conn.uid())
                .measure("answered in a minute", service.answered as f64, self.amplified_min as f64, "bytes")
                .measure("times what was asked", service.answered as f64 / service.asked.max(1) as f64, TIMES as f64, "");
            out.finding(finding);
        }
    }
}
