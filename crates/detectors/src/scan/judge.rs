//! What is said of what is remembered.

use super::Attempt;
use super::definitions::{ADDRESS_SCAN, FAST_SCAN, ICMP_SWEEP, PORT_SCAN, STEALTH_SCAN, UDP_SCAN, VOLUME_SCAN};
use super::memory::{Course, Pair, Source, Sweep};
use crate::contact::Contact;
use crate::ports::is_worms;
use contract::seen::Proto;
use contract::{Chosen, Definition, Finding, Setting, Severity, Tell};
use model::Interval;
use std::io::Write;

/// The settings, as chosen.
#[derive(Debug)]
pub(super) struct Limits {
    pub(super) walk: i32,
    hosts: u32,
    ports: u32,
    ports_evidence: u32,
    fast: u32,
    fast_within: Interval,
    volume_inside: u32,
    volume_outside: u32,
}

impl Limits {
    pub(super) fn new(chosen: &Chosen, all: &'static [Setting]) -> Self {
        let count = |name| u32::try_from(chosen.count(all, name).max(1)).unwrap_or(u32::MAX);
        Self {
            walk: i32::try_from(count("walk_bound")).unwrap_or(i32::MAX),
            hosts: count("hosts_min"),
            ports: count("ports_min"),
            ports_evidence: count("ports_evidence_min"),
            fast: count("fast_min"),
            fast_within: chosen.secs(all, "fast_secs"),
            volume_inside: count("volume_inside_min"),
            volume_outside: count("volume_outside_min"),
        }
    }

    /// How many are needed: fewer where they came fast.
    fn needed(&self, usual: u32, course: &Course) -> u32 {
        if course.length() <= self.fast_within { usual.min(self.fast) } else { usual }
    }
}

/// A worm's port that fails on so many hosts, without any success, is enough however slowly it goes.
const WORM_HOSTS_MIN: u32 = 8;
/// Hosts in unused space that are enough.
const UNUSED_HOSTS_MIN: u32 = 3;
/// On the web's ports failures are everyday: a host without a way out fails on all that its programs try.
const WEB_HOSTS_MIN: u32 = 50;
/// Packets without flags that are enough.
const FLAGLESS_MIN: u32 = 5;
/// Lone FINs that are enough.
const FINS_MIN: u32 = 10;
/// Destinations of one source whose port scans are told one by one.
const SCANNED_TOLD_MAX: u32 = 16;
/// The hosts of one port on which datagrams without an answer are more than somebody else's silence.
const UDP_HOSTS_HIGH: u32 = 100;
/// How sure a clear scan is: enough for an incident by itself.
const CLEAR: u8 = 90;

fn begin(definition: &'static Definition, attempt: &Attempt<'_>, course: &Course, confidence: u8) -> Finding {
    Finding::new(definition, attempt.source, course.last.unwrap_or(attempt.at), confidence)
        .since(course.first.unwrap_or(attempt.at))
        .times(course.attempts)
        .peers(course.peers.iter().copied())
        .proofs(course.proofs.iter().copied())
}

/// The random walk alone.
pub(super) fn walk(limits: &Limits, attempt: &Attempt<'_>, source: &mut Source, out: &mut dyn Tell) {
    if source.walk >= limits.walk && source.course.is_news(source.hosts.count(), 1) {
        let finding = begin(&FAST_SCAN, attempt, &source.course, 60);
        out.finding(finding.measure("walk", f64::from(source.walk), f64::from(limits.walk), "").note(
            "failed hosts",
            f64::from(source.hosts.count()),
            "",
        ));
    }
}

/// Pairs of host and port.
pub(super) fn volume(limits: &Limits, attempt: &Attempt<'_>, source: &mut Source, out: &mut dyn Tell) {
    let from_outside = !attempt.from_inside && attempt.to_inside;
    let limit = match (from_outside, source.unused.count() >= UNUSED_HOSTS_MIN) {
        (true, false) => limits.volume_outside,
        (true, true) => limits.volume_outside.min(10),
        (false, false) => limits.volume_inside,
        (false, true) => limits.volume_inside.min(100),
    };
    let (pairs, hosts, ports) = (source.pairs.count(), source.hosts.count(), source.ports.count());
    // Peers have a port each: neither comes back.
    let repeats = hosts.saturating_mul(2) <= pairs || ports.saturating_mul(2) <= pairs;
    if pairs < limit || !repeats || pairs < source.volume_told.saturating_mul(2) {
        return;
    }
    source.volume_told = pairs;
    let walked = source.walk >= limits.walk;
    let finding = begin(&VOLUME_SCAN, attempt, &source.course, if walked { CLEAR } else { 60 })
        .severity(match source.walk {
            walk if walk >= limits.walk => Severity::High,
            // Most of those whom it tried for the first time answered.
            ..=0 => Severity::Low,
            _ => Severity::Medium,
        })
        .measure("failed pairs", f64::from(pairs), f64::from(limit), "")
        .note("hosts", f64::from(hosts), "")
        .note("ports", f64::from(ports), "")
        .note("walk", f64::from(source.walk), "");
    out.finding(finding);
}

/// One port on many hosts.
pub(super) fn sweep(limits: &Limits, attempt: &Attempt<'_>, sweep: &mut Sweep, source: Option<&Source>, out: &mut dyn Tell) {
    match attempt.conn.proto() {
        Proto::Tcp => addresses(limits, attempt, sweep, source, out),
        Proto::Icmp => pings(limits, attempt, sweep, out),
        _ => datagrams(limits, attempt, sweep, out),
    }
}

/// One more attempt of a sweep that was told.
pub(super) fn again(attempt: &Attempt<'_>, out: &mut dyn Tell) {
    // The longest subject is `65535/tcp`.
    let mut room = [0; 9];
    let (definition, ending): (_, &[u8]) = match attempt.conn.proto() {
        Proto::Tcp => (&ADDRESS_SCAN, b"/tcp"),
        Proto::Icmp => return out.again(&ICMP_SWEEP, attempt.source, b"", attempt.at, None),
        _ => (&UDP_SCAN, b"/udp"),
    };
    let mut rest: &mut [u8] = &mut room;
    let fits = write!(rest, "{}", attempt.port).and_then(|()| rest.write_all(ending)).is_ok();
    let left = rest.len();
    if let (true, Some(subject)) = (fits, room.get(..room.len() - left)) {
        out.again(definition, attempt.source, subject, attempt.at, None);
    }
}

fn addresses(limits: &Limits, attempt: &Attempt<'_>, sweep: &mut Sweep, source: Option<&Source>, out: &mut dyn Tell) {
    let (failed, answered) = (sweep.failed.count(), sweep.answered.count());
    if failed < answered.saturating_mul(2) {
        return;
    }
    let is_web = matches!(attempt.port, 80 | 443 | 8080) && !attempt.to_inside;
    let limit = if sweep.unused >= UNUSED_HOSTS_MIN {
        UNUSED_HOSTS_MIN
    } else if is_web {
        limits.hosts.max(WEB_HOSTS_MIN)
    } else if is_worms(attempt.port) && answered == 0 {
        limits.hosts.min(WORM_HOSTS_MIN)
    } else {
        limits.needed(limits.hosts, &sweep.course)
    };
    if !sweep.course.is_news(failed, limit) {
        return;
    }
    // Where this port is only a small part of what fails, and ports are about as many as hosts, it is a search for peers.
    let is_peers = source.is_some_and(|source| {
        !is_worms(attempt.port)
            && source.pairs.count() >= failed.saturating_mul(3)
            && source.ports.count().saturating_mul(2) >= source.hosts.count()
    });
    let (severity, confidence) = if is_peers { (Severity::Low, 40) } else { (Severity::High, CLEAR) };
    let finding = begin(&ADDRESS_SCAN, attempt, &sweep.course, confidence)
        .about(format!("{}/tcp", attempt.port).as_bytes())
        .severity(severity)
        .measure("failed hosts", f64::from(failed), f64::from(limit), "")
        .note("hosts that answered", f64::from(answered), "")
        .note("unused addresses", f64::from(sweep.unused), "")
        .note("time", sweep.course.length().secs_f64(), "s");
    out.finding(finding);
}

fn pings(limits: &Limits, attempt: &Attempt<'_>, sweep: &mut Sweep, out: &mut dyn Tell) {
    let (silent, answered) = (sweep.failed.count(), sweep.answered.count());
    let limit = limits.needed(limits.hosts, &sweep.course);
    // Told when a host stays silent: a sweep meets some that do.
    if !sweep.course.is_news(silent + answered, limit) {
        return;
    }
    let high = silent.saturating_mul(4) >= silent + answered;
    let finding = begin(&ICMP_SWEEP, attempt, &sweep.course, if high { CLEAR } else { 60 })
        .severity(if high { Severity::High } else { Severity::Medium })
        .measure("hosts", f64::from(silent + answered), f64::from(limit), "")
        .note("hosts that did not answer", f64::from(silent), "")
        .note("time", sweep.course.length().secs_f64(), "s");
    out.finding(finding);
}

fn datagrams(limits: &Limits, attempt: &Attempt<'_>, sweep: &mut Sweep, out: &mut dyn Tell) {
    let (failed, answered) = (sweep.failed.count(), sweep.answered.count());
    // Resolvers and clocks ask whom they were told to ask; captures of one direction show no answers.
    if failed < answered.saturating_mul(2) || matches!(attempt.port, 53 | 123) || !sweep.course.is_news(failed, limits.hosts) {
        return;
    }
    let high = (failed >= UDP_HOSTS_HIGH && attempt.port < 32_768) || sweep.unused >= UNUSED_HOSTS_MIN;
    let finding = begin(&UDP_SCAN, attempt, &sweep.course, if high { CLEAR } else { 40 })
        .about(format!("{}/udp", attempt.port).as_bytes())
        .severity(if high { Severity::High } else { Severity::Low })
        .measure("silent hosts", f64::from(failed), f64::from(limits.hosts), "")
        .note("hosts that answered", f64::from(answered), "");
    out.finding(finding);
}

/// Many ports on one host.
pub(super) fn pair(limits: &Limits, attempt: &Attempt<'_>, pair: &mut Pair, source: &mut Source, out: &mut dyn Tell) {
    let (failed, answered) = (pair.failed.count(), pair.answered.count());
    if failed < answered.saturating_mul(2) {
        return;
    }
    if attempt.conn.proto() == Proto::Tcp {
        ports(limits, attempt, pair, source, out);
    } else {
        udp_ports(limits, attempt, pair, source, out);
    }
}

fn ports(limits: &Limits, attempt: &Attempt<'_>, pair: &mut Pair, source: &mut Source, out: &mut dyn Tell) {
    let failed = pair.failed.count();
    // FTP's data ports change, and a way that is blocked for them fails again and again.
    if pair.ftp && pair.low == 0 {
        return;
    }
    let limit = limits.needed(limits.ports, &pair.course);
    let high = failed >= limit;
    let news = pair.course.is_news(failed, limits.ports_evidence) || (high && !pair.is_told_high);
    if !news {
        return;
    }
    if pair.course.told == failed && !pair.is_told_high {
        source.scanned += 1;
    }
    pair.is_told_high |= high;
    if source.scanned > SCANNED_TOLD_MAX {
        return;
    }
    let (severity, confidence) = if high { (Severity::High, CLEAR) } else { (Severity::Low, 60) };
    let finding = begin(&PORT_SCAN, attempt, &pair.course, confidence)
        .about(attempt.host.to_string().as_bytes())
        .severity(severity)
        .measure("failed ports", f64::from(failed), f64::from(if high { limit } else { limits.ports_evidence }), "")
        .note("ports that answered", f64::from(pair.answered.count()), "")
        .note("time", pair.course.length().secs_f64(), "s");
    out.finding(finding);
}

fn udp_ports(limits: &Limits, attempt: &Attempt<'_>, pair: &mut Pair, source: &Source, out: &mut dyn Tell) {
    const TRACEROUTE: std::ops::RangeInclusive<u16> = 33_434..=33_600;
    let failed = pair.failed.count();
    let limit = limits.needed(limits.ports, &pair.course);
    // Traceroute's ports, and those of clients that a server answers which it does not see, are no services.
    if TRACEROUTE.contains(&attempt.port) || attempt.source_port < 1024 || pair.low.saturating_mul(2) < failed {
        return;
    }
    if !pair.course.is_news(failed, limit) {
        return;
    }
    let high = pair.own_ports.count().saturating_mul(2) >= failed || source.unreachable >= u64::from(limits.ports_evidence);
    let finding = begin(&UDP_SCAN, attempt, &pair.course, if high { CLEAR } else { 60 })
        .about(attempt.host.to_string().as_bytes())
        .severity(if high { Severity::High } else { Severity::Medium })
        .measure("silent ports", f64::from(failed), f64::from(limit), "")
        .note("own ports", f64::from(pair.own_ports.count()), "")
        .note("unreachable messages", source.unreachable as f64, "");
    out.finding(finding);
}

/// Packets without flags.
pub(super) fn flagless(_limits: &Limits, attempt: &Attempt<'_>, source: &mut Source, out: &mut dyn Tell) {
    debug_assert_eq!(attempt.contact, Contact::Flagless);
    let count = source.flagless.count();
    if count < FLAGLESS_MIN || count < source.flagless_told.saturating_mul(2) {
        return;
    }
    source.flagless_told = count;
    let finding = begin(&STEALTH_SCAN, attempt, &source.course, CLEAR).about(b"no flags");
    out.finding(finding.measure("hosts and ports", f64::from(count), f64::from(FLAGLESS_MIN), ""));
}

/// Lone FINs.
pub(super) fn fins(attempt: &Attempt<'_>, pair: &mut Pair, out: &mut dyn Tell) {
    let count = pair.fins.count();
    if count < FINS_MIN || count < pair.fins_told.saturating_mul(2) {
        return;
    }
    pair.fins_told = count;
    let finding = begin(&STEALTH_SCAN, attempt, &pair.course, CLEAR).about(b"FIN");
    out.finding(finding.measure("ports", f64::from(count), f64::from(FINS_MIN), ""));
}
