//! What name servers see of trouble (B9): "DNS as an IDS".
//!
//! Definitions: zone transfers by hosts that are no secondaries; questions straight to resolvers outside where there are some
//! inside; names of dynamic services, worse when their address changes more than three times a day; names that dice made (DGA):
//! ten distinct registered domains an hour that do not exist and whose letters hardly follow each other in words; fast flux:
//! 1.32 addresses + 18.54 networks > 142.38 within 24 h at TTLs up to 1800 s (Holz et al.), where the networks of addresses are
//! known; floods of invented names below one domain; questions for services that tell a host its own address, which malware
//! asks first. Source: DETECTIONS.md `dns_ids`; S1. MX questions are `mass_mailer`'s, tunnels `dns_tunnel`'s.
//!
//! Left out: an answer from a country unlike the name's usual ones, which needs weeks of history that the lake has and a
//! detector has not.

mod definitions;
mod memory;

use crate::domain;
use bounded::Table;
use contract::seen::{Dns, Seen, What};
use contract::{Behaviour, Chosen, Definition, Detector, Finding, Known, Role, Setting, Severity, Tell};
use definitions::{DEFINITIONS, DGA, DYNAMIC, EXHAUSTION, FAST_FLUX, OUTSIDE_RESOLVER, OWN_ADDRESS, ZONE_TRANSFER};
use memory::{Burst, Changes, Flux, Missing, Resolvers};
use model::{Addr, Interval, Value};

/// The row of the catalogue.
#[derive(Debug)]
pub struct DnsIds;

const SETTINGS: &[Setting] = &[
    Setting {
        name: "dga_domains_min",
        default: 10.0,
        doc: "Distinct registered domains an hour that do not exist; three times as many are high.",
    },
    Setting { name: "dga_improbable_min", default: 0.3, doc: "Mean share of improbable pairs of letters in them, from 0 to 1." },
    Setting { name: "changes_max", default: 3.0, doc: "Changes of a dynamic name's address a day that are ordinary." },
    Setting { name: "flux_score", default: 142.38, doc: "The score of addresses and networks from which a name is in fast flux." },
    Setting { name: "flux_ttl_secs_max", default: 1800.0, doc: "The longest life of an answer of fast flux, in seconds." },
    Setting { name: "exhaustion_names_min", default: 100.0, doc: "Distinct unanswered or missing names below one domain within a minute." },
];

/// Hosts whose missing names are remembered: only hosts with an NXDOMAIN answer.
const HOSTS_MAX: usize = 4_096;
/// Names whose addresses are remembered: dynamic ones, and those with short lives.
const NAMES_MAX: usize = 8_192;
/// Pairs of host and domain with failing questions.
const BURSTS_MAX: usize = 4_096;

impl Behaviour for DnsIds {
    fn name(&self) -> &'static str {
        "dns_ids"
    }
    fn definitions(&self) -> &'static [Definition] {
        &DEFINITIONS
    }
    fn settings(&self) -> &'static [Setting] {
        SETTINGS
    }
    fn wants(&self) -> &'static [What] {
        &[What::Dns]
    }
    fn held_bytes_max(&self) -> usize {
        Table::<Addr, Missing>::held_bytes_max(HOSTS_MAX)
            + Table::<u64, Changes>::held_bytes_max(NAMES_MAX)
            + Table::<u64, Flux>::held_bytes_max(NAMES_MAX)
            + Table::<(Addr, u64), Burst>::held_bytes_max(BURSTS_MAX)
            + Table::<Addr, Resolvers>::held_bytes_max(HOSTS_MAX)
    }
    fn open(&self, settings: &Chosen) -> Box<dyn Detector> {
        Box::new(Watch {
            dga_domains: settings.count(SETTINGS, "dga_domains_min").clamp(3, memory::DOMAINS_MAX as u64) as usize,
            dga_improbable: settings.get(SETTINGS, "dga_improbable_min"),
            changes: settings.count(SETTINGS, "changes_max") as u32,
            flux_score: settings.get(SETTINGS, "flux_score"),
            flux_ttl: settings.secs(SETTINGS, "flux_ttl_secs_max"),
            exhaustion: settings.count(SETTINGS, "exhaustion_names_min") as u32,
            missing: Table::new(HOSTS_MAX),
            dynamic: Table::new(NAMES_MAX),
            flux: Table::new(NAMES_MAX),
            bursts: Table::new(BURSTS_MAX),
            resolvers: Table::new(HOSTS_MAX),
        })
    }
}

struct Watch {
    dga_domains: usize,
    dga_improbable: f64,
    changes: u32,
    flux_score: f64,
    flux_ttl: Interval,
    exhaustion: u32,
    missing: Table<Addr, Missing>,
    dynamic: Table<u64, Changes>,
    flux: Table<u64, Flux>,
    bursts: Table<(Addr, u64), Burst>,
    resolvers: Table<Addr, Resolvers>,
}

impl Detector for Watch {
    fn on(&mut self, seen: &Seen<'_>, known: &dyn Known, out: &mut dyn Tell) {
        let Seen::Dns(dns) = seen else { return };
        let (Some((host, _)), Some((server, port))) = (dns.orig(), dns.resp()) else { return };
        let question = Question { dns, host, server, inside: known.is_inside(host) };
        if matches!(dns.qtype_name(), b"AXFR" | b"IXFR") {
            return question.transfer(out);
        }
        // Names of the link and of NetBIOS belong to neighbours.
        if port != 53 || !dns.query().contains(&b'.') || matches!(dns.qtype_name(), b"NIMLOC" | b"NBSTAT") {
            return;
        }
        if domain::is_under(dns.query(), b"arpa") {
            return;
        }
        self.resolver(&question, known, out);
        if definitions::tells_own_address(dns.query()) {
            let finding = question.finding(&DEFINITIONS[OWN_ADDRESS], 70).about(domain::registered(dns.query()));
            out.finding(finding.quote(dns.query()));
        }
        let registered = domain::registered(dns.query());
        if dns.rcode_name() == b"NXDOMAIN" {
            self.dga(&question, registered, out);
        }
        self.exhaustion(&question, registered, out);
        if domain::is_dynamic(dns.query()) {
            self.dynamic(&question, out);
        }
        self.flux(&question, known, out);
    }

    fn held_bytes(&self) -> usize {
        let named = self.dynamic.held_bytes() + self.flux.held_bytes() + self.bursts.held_bytes();
        self.missing.held_bytes() + named + self.resolvers.held_bytes()
    }

    fn dropped(&self) -> u64 {
        self.missing.dropped() + self.dynamic.dropped() + self.flux.dropped() + self.bursts.dropped() + self.resolvers.dropped()
    }
}

/// A question with its two ends.
struct Question<'a> {
    dns: &'a Dns<'a>,
    host: Addr,
    server: Addr,
    inside: bool,
}

impl Question<'_> {
    fn finding(&self, definition: &'static Definition, confidence: u8) -> Finding {
        let finding = Finding::new(definition, self.host, self.dns.ts(), confidence).peer(self.server).proof(self.dns.uid());
        // What others do with their own machines is theirs to judge.
        if self.inside { finding } else { finding.severity(Severity::Info) }
    }

    /// Asked outside: worth a look where somebody has said who answers names here.
    fn around(&self, given: bool) -> Finding {
        let finding = self.finding(&DEFINITIONS[OUTSIDE_RESOLVER], 50).about(self.server.to_string().as_bytes());
        if given && self.inside { finding.severity(Severity::Low) } else { finding }
    }

    fn transfer(&self, out: &mut dyn Tell) {
        let granted = self.dns.rcode_name() == b"NOERROR";
        let severity = if granted { Severity::Medium } else { Severity::Low };
        let finding = Finding::new(&DEFINITIONS[ZONE_TRANSFER], self.host, self.dns.ts(), if granted { 75 } else { 60 });
        let finding = finding.severity(severity).peer(self.server).proof(self.dns.uid()).about(self.dns.query());
        out.finding(finding.quote(&[self.dns.qtype_name(), b" ", self.dns.query()].concat()));
    }

    fn addresses(&self) -> impl Iterator<Item = Addr> {
        let parsed = |text: &[u8]| std::str::from_utf8(text).ok()?.parse::<std::net::IpAddr>().ok().map(Addr::from);
        self.dns.answers().take(memory::ADDRESSES_MAX).filter_map(parsed)
    }
}

impl Watch {
    fn resolver(&mut self, question: &Question<'_>, known: &dyn Known, out: &mut dyn Tell) {
        let (inside, answered) = (known.is_inside(question.server), !question.dns.rcode_name().is_empty());
        if !question.inside || known.role(question.host, Role::Resolvers).is_some() {
            return;
        }
        let state = self.resolvers.entry(question.host, Resolvers::default);
        state.inside |= inside && answered;
        if !inside && (state.inside || known.is_given(Role::Resolvers)) && state.tell(question.server) {
            out.finding(question.around(known.is_given(Role::Resolvers)));
        }
    }

    fn dga(&mut self, question: &Question<'_>, registered: &[u8], out: &mut dyn Tell) {
        let label = registered.split(|byte| *byte == b'.').next().unwrap_or_default();
        if label.len() < 6 || !registered.contains(&b'.') {
            return;
        }
        let state = self.missing.entry(question.host, Missing::default);
        if !state.add(crate::hash(registered), domain::improbable(label), question.dns.ts()) {
            return;
        }
        let (domains, improbable) = state.in_hour(question.dns.ts());
        if domains < self.dga_domains || improbable < self.dga_improbable || !state.tell(domains) {
            return;
        }
        let many = domains >= 3 * self.dga_domains;
        let (severity, confidence) = if many { (Severity::High, 92) } else { (Severity::Medium, 80) };
        let finding = Finding::new(&DEFINITIONS[DGA], question.host, question.dns.ts(), confidence).peer(question.server);
        let finding =
            finding.severity(if question.inside { severity } else { Severity::Low }).times(domains as u64).proof(question.dns.uid());
        let finding = finding.measure("domains", domains as f64, self.dga_domains as f64, "").quote(question.dns.query());
        out.finding(finding.measure("improbable", (improbable * 100.0).round() / 100.0, self.dga_improbable, ""));
    }

    fn exhaustion(&mut self, question: &Question<'_>, registered: &[u8], out: &mut dyn Tell) {
        let failed = matches!(question.dns.rcode_name(), b"NXDOMAIN" | b"SERVFAIL" | b"");
        let below = domain::below(question.dns.query(), registered);
        if !failed || below.is_empty() {
            return;
        }
        let state = self.bursts.entry((question.host, crate::hash(registered)), || Burst::new(question.dns.ts()));
        let names = state.add(crate::hash(below), question.dns.ts());
        if names >= self.exhaustion && names.is_power_of_two() | (names == self.exhaustion) {
            let finding = question.finding(&DEFINITIONS[EXHAUSTION], 75).about(registered).times(u64::from(names));
            out.finding(finding.quote(question.dns.query()).measure("names", f64::from(names), f64::from(self.exhaustion), ""));
        }
    }

    fn dynamic(&mut self, question: &Question<'_>, out: &mut dyn Tell) {
        let name = question.dns.query();
        let state = self.dynamic.entry(crate::hash(name), || Changes::new(question.dns.ts()));
        let changes = question.addresses().next().map_or(state.changes(), |addr| state.see(addr, question.dns.ts()));
        let moving = changes > self.changes;
        let finding = question.finding(&DEFINITIONS[DYNAMIC], if moving { 80 } else { 65 }).about(name).quote(name);
        let finding = if moving && question.inside { finding.severity(Severity::Medium) } else { finding };
        out.finding(finding.measure("changes", f64::from(changes), f64::from(self.changes), ""));
    }

    fn flux(&mut self, question: &Question<'_>, known: &dyn Known, out: &mut dyn Tell) {
        let short = |value: &Value| matches!(value, Value::Interval(ttl) if *ttl <= self.flux_ttl);
        if !question.dns.ttls().first().is_some_and(short) {
            return;
        }
        let name = question.dns.query();
        for addr in question.addresses() {
            // Where nobody knows the networks, half of the address stands for them; as large delivery networks have many such
            // halves, it takes more addresses then.
            let system = known.system(addr).map(|(system, _)| system);
            let (system, addresses_min) = system.map_or((half(addr), UNKNOWN_ADDRESSES_MIN), |system| (system, 0));
            let state = self.flux.entry(crate::hash(name), || Flux::new(question.dns.ts()));
            let (addresses, systems) = state.see(addr, system, question.dns.ts());
            let score = 1.32 * f64::from(addresses) + 18.54 * f64::from(systems);
            if score > self.flux_score && addresses >= addresses_min && state.tell(question.host) {
                let finding = question.finding(&DEFINITIONS[FAST_FLUX], if addresses_min == 0 { 70 } else { 50 }).about(name).quote(name);
                let finding = finding.measure("score", (score * 100.0).round() / 100.0, self.flux_score, "");
                out.finding(finding.note("addresses", f64::from(addresses), "").note("networks", f64::from(systems), ""));
            }
        }
    }
}

/// Addresses of one name that make a flux where their networks are not known: more than a service gives out in a day.
const UNKNOWN_ADDRESSES_MIN: u32 = 40;

/// The first half of an IPv4 address, and the part of an IPv6 address that registries give out, as a number.
fn half(addr: Addr) -> u32 {
    let bytes = addr.as_slice();
    let bytes = bytes.get(..if bytes.len() == 4 { 2 } else { 4 }).unwrap_or(bytes);
    bytes.iter().fold(1, |sum: u32, byte| sum << 8 | u32::from(*byte))
}
