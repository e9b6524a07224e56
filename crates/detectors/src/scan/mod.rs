//! Scans (P3, B5): hosts that look for hosts, ports and weaknesses.
//!
//! Definition (DETECTIONS.md `scan`): Threshold Random Walk over first contacts (alpha .01, beta .99, theta0 .8, theta1 .2: +1
//! per failure, -1 per success, a scanner at +4); alone it is low. One port on 20 hosts, many ports on one host (5 as evidence,
//! 20 high), echo requests to 20 hosts; 10 within a minute will do, since nobody's program does that. Distinct failed pairs of
//! host and port: 250 from inside, 25 from outside. Packets without flags and lone FINs. Failure: see [`crate::contact`].
//!
//! What is left out, with its reason: hosts that the source looked up by name are no scanner's guess; peer-to-peer programs
//! fail on as many ports as hosts; FTP's data goes to changing ports; traceroute counts its ports upwards.

mod definitions;
mod judge;
mod memory;

use crate::contact::{Contact, is_host, number};
use crate::distinct::mix;
use bounded::Table;
use contract::seen::{Conn, Proto, Seen, What};
use contract::{Behaviour, Chosen, Definition, Detector, Known, Role, Setting, Tell};
use definitions::ALL;
use judge::Limits;
use memory::{Pair, Source, Sweep};
use model::{Addr, Interval, Timestamp};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Scan;

const SETTINGS: &[Setting] = &[
    Setting { name: "walk_bound", default: 4.0, doc: "Failures beyond successes, over first contacts, that make a scanner." },
    Setting { name: "hosts_min", default: 20.0, doc: "Hosts on which one port fails." },
    Setting { name: "ports_min", default: 20.0, doc: "Ports that fail on one host." },
    Setting { name: "ports_evidence_min", default: 5.0, doc: "Ports that fail on one host and are told as evidence." },
    Setting { name: "fast_min", default: 10.0, doc: "Hosts or ports that are enough if they fail within `fast_secs`." },
    Setting { name: "fast_secs", default: 60.0, doc: "What is fast." },
    Setting { name: "volume_inside_min", default: 250.0, doc: "Failed pairs of host and port, from inside." },
    Setting { name: "volume_outside_min", default: 25.0, doc: "Failed pairs of host and port, from outside to inside." },
    Setting { name: "expiry_secs", default: 900.0, doc: "After how long without an attempt everything is forgotten." },
    Setting { name: "sweep_expiry_secs", default: 3600.0, doc: "The same for one port on many hosts: worms wait between two." },
];

/// Sources that are watched at a time: those that are active stay.
const SOURCES_MAX: usize = 4096;
/// Pairs of source and port that are watched at a time: those that fail stay.
const SWEEPS_MAX: usize = 6144;
/// Pairs of source and destination that are watched at a time: those that fail stay.
const PAIRS_MAX: usize = 4096;

impl Behaviour for Scan {
    fn name(&self) -> &'static str {
        "scan"
    }
    fn definitions(&self) -> &'static [Definition] {
        &ALL
    }
    fn settings(&self) -> &'static [Setting] {
        SETTINGS
    }
    fn wants(&self) -> &'static [What] {
        &[What::Conn]
    }
    fn held_bytes_max(&self) -> usize {
        Table::<Addr, Source>::held_bytes_max(SOURCES_MAX)
            + Table::<(Addr, u16, Proto), Sweep>::held_bytes_max(SWEEPS_MAX)
            + Table::<(Addr, Addr, Proto), Pair>::held_bytes_max(PAIRS_MAX)
            + SOURCES_MAX * Source::HEAP_BYTES_MAX
            + SWEEPS_MAX * Sweep::HEAP_BYTES_MAX
            + PAIRS_MAX * Pair::HEAP_BYTES_MAX
    }
    fn open(&self, settings: &Chosen) -> Box<dyn Detector> {
        Box::new(Watch {
            limits: Limits::new(settings, SETTINGS),
            expiry: settings.secs(SETTINGS, "expiry_secs"),
            sweep_expiry: settings.secs(SETTINGS, "sweep_expiry_secs"),
            sources: Table::new(SOURCES_MAX),
            sweeps: Table::new(SWEEPS_MAX),
            pairs: Table::new(PAIRS_MAX),
        })
    }
}

struct Watch {
    limits: Limits,
    expiry: Interval,
    sweep_expiry: Interval,
    sources: Table<Addr, Source>,
    sweeps: Table<(Addr, u16, Proto), Sweep>,
    pairs: Table<(Addr, Addr, Proto), Pair>,
}

/// An attempt, with what every part of the judgement asks.
struct Attempt<'a> {
    conn: &'a Conn<'a>,
    contact: Contact,
    source: Addr,
    source_port: u16,
    host: Addr,
    port: u16,
    at: Timestamp,
    /// Both ends as they lie: from inside, to inside.
    from_inside: bool,
    to_inside: bool,
    /// Whether the destination lies in space that nobody uses.
    unused: bool,
}

impl Detector for Watch {
    fn on(&mut self, seen: &Seen<'_>, known: &dyn Known, out: &mut dyn Tell) {
        let Seen::Conn(conn) = seen else { return };
        let (Some((source, source_port)), Some((host, port))) = (conn.orig(), conn.resp()) else { return };
        let contact = Contact::of(conn);
        if contact == Contact::Unclear {
            self.unreachable(conn, source_port, host);
            return;
        }
        if !is_host(source) || !is_host(host) || source == host || is_broadcast(conn, host) {
            return;
        }
        let failed = !matches!(contact, Contact::Answered);
        if failed && known.name(source, host).is_some() {
            return;
        }
        let attempt = Attempt {
            conn,
            contact,
            source,
            source_port,
            host,
            port: if conn.proto() == Proto::Icmp { 0 } else { port },
            at: conn.ts(),
            from_inside: known.is_inside(source),
            to_inside: known.is_inside(host),
            unused: failed && known.is_given(Role::Darknet) && known.role(host, Role::Darknet).is_some(),
        };
        if !failed {
            // A success is held against failures that are there, and against none else: most of the traffic ends here.
            self.succeeded(&attempt);
            return;
        }
        self.source(&attempt, out);
        if contact != Contact::LoneFin && contact != Contact::Flagless {
            self.sweep(&attempt, out);
        }
        if conn.proto() != Proto::Icmp {
            self.pair(&attempt, out);
        }
    }

    fn held_bytes(&self) -> usize {
        self.sources.held_bytes()
            + self.sweeps.held_bytes()
            + self.pairs.held_bytes()
            + self.sources.len() * Source::HEAP_BYTES_MAX
            + self.sweeps.len() * Sweep::HEAP_BYTES_MAX
            + self.pairs.len() * Pair::HEAP_BYTES_MAX
    }

    fn dropped(&self) -> u64 {
        self.sources.dropped() + self.sweeps.dropped() + self.pairs.dropped()
    }
}

/// A datagram to what is most likely the last address of a network, which is everybody's.
fn is_broadcast(conn: &Conn<'_>, host: Addr) -> bool {
    conn.proto() == Proto::Udp && host.is_v4() && host.as_slice().last() == Some(&255)
}

impl Watch {
    /// An ICMP message that something can't be reached: a scanner of UDP ports gets them by the dozen.
    fn unreachable(&mut self, conn: &Conn<'_>, kind: u16, host: Addr) {
        const UNREACHABLE_V4: u16 = 3;
        const UNREACHABLE_V6: u16 = 1;
        if conn.proto() == Proto::Icmp
            && kind == if host.is_v4() { UNREACHABLE_V4 } else { UNREACHABLE_V6 }
            && let Some(source) = self.sources.get_mut(&host)
        {
            source.unreachable += conn.orig_pkts().unwrap_or(1);
        }
    }

    fn succeeded(&mut self, attempt: &Attempt<'_>) {
        let proto = attempt.conn.proto();
        if let Some(source) = self.sources.get_mut(&attempt.source) {
            source.step(number(attempt.host), false, self.limits.walk);
        } else if proto == Proto::Tcp {
            // The walk needs the successes that come before the first failure, too.
            let source = self.sources.entry(attempt.source, Source::default);
            source.course.went(attempt.at);
            source.step(number(attempt.host), false, self.limits.walk);
        }
        // Echo requests count whether they are answered or not.
        if proto == Proto::Icmp {
            let sweep = self.sweeps.entry((attempt.source, attempt.port, proto), Sweep::default);
            sweep.course.went(attempt.at);
            sweep.answered.add(number(attempt.host));
            return;
        }
        if let Some(sweep) = self.sweeps.get_mut(&(attempt.source, attempt.port, proto)) {
            sweep.answered.add(number(attempt.host));
        }
        if let Some(pair) = self.pairs.get_mut(&(attempt.source, attempt.host, proto)) {
            pair.answered.add(u64::from(attempt.port));
            pair.ftp |= attempt.conn.service().starts_with(b"ftp");
        } else if attempt.port == 21 {
            self.pairs.entry((attempt.source, attempt.host, proto), Pair::default).ftp = true;
        }
    }

    fn source(&mut self, attempt: &Attempt<'_>, out: &mut dyn Tell) {
        let source = self.sources.entry(attempt.source, Source::default);
        if source.course.is_stale(attempt.at, self.expiry) {
            *source = Source { flagless_told: source.flagless_told, volume_told: source.volume_told, ..Source::default() };
        }
        source.course.went(attempt.at);
        source.course.sample(attempt.host, attempt.conn.uid());
        if attempt.unused {
            source.unused.add(number(attempt.host));
        }
        let pair = mix(number(attempt.host)) ^ u64::from(attempt.port);
        if attempt.contact == Contact::Flagless {
            source.flagless.add(pair);
            judge::flagless(&self.limits, attempt, source, out);
            return;
        }
        if attempt.conn.proto() == Proto::Tcp && attempt.contact == Contact::Failed {
            source.step(number(attempt.host), true, self.limits.walk);
            source.pairs.add(pair);
            source.hosts.add(number(attempt.host));
            source.ports.add(u64::from(attempt.port));
            judge::walk(&self.limits, attempt, source, out);
            judge::volume(&self.limits, attempt, source, out);
        }
    }

    fn sweep(&mut self, attempt: &Attempt<'_>, out: &mut dyn Tell) {
        if attempt.contact == Contact::Empty {
            return;
        }
        let sweep = self.sweeps.entry((attempt.source, attempt.port, attempt.conn.proto()), Sweep::default);
        if sweep.course.is_stale(attempt.at, self.sweep_expiry) || sweep.course.is_endless(attempt.port) {
            *sweep = Sweep::default();
        }
        sweep.course.went(attempt.at);
        sweep.course.sample(attempt.host, attempt.conn.uid());
        if sweep.failed.add(number(attempt.host)) {
            sweep.unused += u32::from(attempt.unused);
            let source = self.sources.get(&attempt.source);
            judge::sweep(&self.limits, attempt, sweep, source, out);
        }
        if sweep.course.told > 0 {
            judge::again(attempt, out);
        }
    }

    fn pair(&mut self, attempt: &Attempt<'_>, out: &mut dyn Tell) {
        const CLIENTS_FROM: u16 = 32_768;
        let pair = self.pairs.entry((attempt.source, attempt.host, attempt.conn.proto()), Pair::default);
        if pair.course.is_stale(attempt.at, self.expiry) {
            *pair = Pair { ftp: pair.ftp, ..Pair::default() };
        }
        pair.course.went(attempt.at);
        pair.course.sample(attempt.host, attempt.conn.uid());
        pair.own_ports.add(u64::from(attempt.source_port));
        match attempt.contact {
            // A server that ends what began before the capture sends FINs to its clients' ports.
            Contact::LoneFin if attempt.port >= CLIENTS_FROM || attempt.source_port < 1024 => {}
            Contact::LoneFin => {
                if pair.fins.add(u64::from(attempt.port)) {
                    judge::fins(attempt, pair, out);
                }
            }
            Contact::Flagless => {}
            _ => {
                if pair.failed.add(u64::from(attempt.port)) {
                    pair.low += u32::from(attempt.port < CLIENTS_FROM);
                    if let Some(source) = self.sources.get_mut(&attempt.source) {
                        judge::pair(&self.limits, attempt, pair, source, out);
                    }
                }
            }
        }
    }
}
