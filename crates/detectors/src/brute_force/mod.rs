//! Guessing of passwords.
//!
//! Definition (DETECTIONS.md `brute_force`): more than 10 failed logons of one source at one service within 10 minutes; from 30
//! on, or if a logon succeeds after them, high. Few failures at many servers, or for many users, are the same thing sideways
//! (spraying). Failures are read where a protocol tells of them: SSH (by the sizes of packets), FTP, POP3, SMTP, Telnet, VNC,
//! MySQL, PostgreSQL, RADIUS, LDAP, NTLM, Kerberos, HTTP; and where a log of logons does. For RDP, SQL Server and others that encrypt, many short
//! connections of one size to one server say the same, less surely.

mod definitions;
mod logon;

use crate::distinct::Distinct;
use bounded::Table;
use contract::seen::{Conn, Proto, Seen, What};
use contract::{Behaviour, Chosen, Definition, Detector, Finding, Known, SAMPLE_MAX, Setting, Severity, Tell};
use definitions::{ALL, GUESSED, GUESSES, SHAPE, SPRAY};
use logon::Logon;
use model::{Addr, Interval, Timestamp, Uid};

/// The row of the catalogue.
#[derive(Debug)]
pub struct BruteForce;

const SETTINGS: &[Setting] = &[
    Setting { name: "failures_min", default: 11.0, doc: "Failed logons of one source at one service." },
    Setting { name: "high_min", default: 30.0, doc: "As many are high without any success." },
    Setting { name: "servers_min", default: 10.0, doc: "Servers at which one source fails, that make a spray." },
    Setting { name: "connections_min", default: 30.0, doc: "Short connections of one size, where the outcome is encrypted." },
    Setting { name: "window_secs", default: 600.0, doc: "Within how many seconds." },
];

/// Pairs of source and service that are watched at a time; only those that failed or look so.
const GUESSERS_MAX: usize = 8192;
/// Forms that are shown again so often are guesses.
const FORMS_MIN: u32 = 100;
/// Ports of services whose outcome is encrypted: SSH where it is not read, Telnet, SQL Server, RDP, VNC.
const SHAPED: &[u16] = &[22, 23, 1433, 3389, 5900];

impl Behaviour for BruteForce {
    fn name(&self) -> &'static str {
        "brute_force"
    }
    fn definitions(&self) -> &'static [Definition] {
        &ALL
    }
    fn settings(&self) -> &'static [Setting] {
        SETTINGS
    }
    fn wants(&self) -> &'static [What] {
        &[What::Ssh, What::Http, What::Smtp, What::Ntlm, What::Kerberos, What::Logon, What::Other, What::Conn]
    }
    fn held_bytes_max(&self) -> usize {
        2 * (Table::<(Addr, u64, &str), Guesser>::held_bytes_max(GUESSERS_MAX) + GUESSERS_MAX * Guesser::HEAP_BYTES_MAX)
            + Table::<(Addr, Addr, u16), Shape>::held_bytes_max(GUESSERS_MAX)
            + GUESSERS_MAX * Shape::HEAP_BYTES_MAX
    }
    fn open(&self, settings: &Chosen) -> Box<dyn Detector> {
        let count = |name| u32::try_from(settings.count(SETTINGS, name).max(1)).unwrap_or(u32::MAX);
        Box::new(Watch {
            least: count("failures_min"),
            high: count("high_min"),
            servers: count("servers_min"),
            connections: count("connections_min"),
            window: settings.secs(SETTINGS, "window_secs"),
            guessers: Table::new(GUESSERS_MAX),
            sprayers: Table::new(GUESSERS_MAX),
            shapes: Table::new(GUESSERS_MAX),
        })
    }
}

/// A source at a service: of one server, or of all.
#[derive(Debug, Default)]
struct Guesser {
    failures: u32,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    users: Distinct,
    servers: Distinct,
    peers: Vec<Addr>,
    proofs: Vec<Uid>,
    told: u32,
}

impl Guesser {
    /// The most bytes that one can hold on the heap: what its parts can.
    const HEAP_BYTES_MAX: usize = 2 * Distinct::HEAP_BYTES_MAX + SAMPLE_MAX * (size_of::<Addr>() + size_of::<Uid>());

    fn failed(&mut self, logon: &Logon<'_>, window: Interval) {
        /// After so many windows counting begins anew: a mean over days would hide a new beginning.
        const WINDOWS_MAX: f64 = 6.0;
        let stale = self.last.is_some_and(|last| logon.at - last > window);
        if stale || self.first.is_some_and(|first| (logon.at - first).secs_f64() > window.secs_f64() * WINDOWS_MAX) {
            *self = Self::default();
        }
        self.failures = self.failures.saturating_add(logon.failures);
        self.first = Some(self.first.map_or(logon.at, |first| first.min(logon.at)));
        self.last = Some(self.last.map_or(logon.at, |last| last.max(logon.at)));
        if logon.user != 0 {
            self.users.add(logon.user);
        }
        if self.servers.add(logon.server.number()) && self.peers.len() < SAMPLE_MAX {
            self.peers.extend(logon.server.addr());
        }
        if self.proofs.len() < SAMPLE_MAX {
            self.proofs.extend(logon.uid);
        }
    }

    /// Failures in a usual window of their whole course.
    fn in_window(&self, window: Interval) -> u32 {
        let secs = match (self.first, self.last) {
            (Some(first), Some(last)) => (last - first).secs_f64(),
            _ => 0.0,
        };
        (f64::from(self.failures) / (secs / window.secs_f64()).max(1.0)) as u32
    }

    fn finding(&self, definition: &'static Definition, logon: &Logon<'_>, confidence: u8) -> Finding {
        Finding::new(definition, logon.source, logon.at, confidence)
            .since(self.first.unwrap_or(logon.at))
            .times(self.failures.into())
            .peers(self.peers.iter().copied())
            .proofs(self.proofs.iter().copied())
            .note("users", f64::from(self.users.count()), "")
    }
}

/// Connections of a source to a server whose outcome is encrypted.
#[derive(Debug, Default)]
struct Shape {
    count: u32,
    /// Bytes from the server, in the smallest and the largest.
    least: u64,
    most: u64,
    first: Option<Timestamp>,
    proofs: Vec<Uid>,
    told: u32,
}

impl Shape {
    /// The most bytes that one can hold on the heap: what its sample can.
    const HEAP_BYTES_MAX: usize = SAMPLE_MAX * size_of::<Uid>();
}

struct Watch {
    least: u32,
    high: u32,
    servers: u32,
    connections: u32,
    window: Interval,
    guessers: Table<(Addr, u64, &'static str), Guesser>,
    sprayers: Table<(Addr, &'static str), Guesser>,
    shapes: Table<(Addr, Addr, u16), Shape>,
}

impl Detector for Watch {
    fn on(&mut self, seen: &Seen<'_>, _known: &dyn Known, out: &mut dyn Tell) {
        if let Seen::Conn(conn) = seen {
            self.shape(conn, out);
        } else if let Some(logon) = Logon::of(seen) {
            if logon.success {
                self.succeeded(&logon, out);
            } else if logon.failures > 0 {
                self.failed(&logon, out);
            }
        }
    }

    fn held_bytes(&self) -> usize {
        self.guessers.held_bytes()
            + self.sprayers.held_bytes()
            + (self.guessers.len() + self.sprayers.len()) * Guesser::HEAP_BYTES_MAX
            + self.shapes.held_bytes()
            + self.shapes.len() * Shape::HEAP_BYTES_MAX
    }

    fn dropped(&self) -> u64 {
        self.guessers.dropped() + self.sprayers.dropped() + self.shapes.dropped()
    }
}

impl Watch {
    fn failed(&mut self, logon: &Logon<'_>, out: &mut dyn Tell) {
        let guesser = self.guessers.entry((logon.source, logon.server.number(), logon.service), Guesser::default);
        guesser.failed(logon, self.window);
        let failures = guesser.in_window(self.window);
        if failures >= self.least
            && (guesser.told == 0 || failures >= guesser.told.saturating_mul(2) || (failures >= self.high && guesser.told < self.high))
        {
            guesser.told = failures;
            let high = failures >= self.high;
            // A form that is shown again may be another step of the same logon; a hundred of them are none.
            let sure = logon.service != "http form" || failures >= FORMS_MIN;
            let finding = guesser
                .finding(&GUESSES, logon, if high && sure { 90 } else { 70 })
                .about(format!("{} at {}", logon.service, logon.server).as_bytes())
                .severity(if high { Severity::High } else { Severity::Medium })
                .measure("failures in 10 min", f64::from(failures), f64::from(self.least), "");
            out.finding(finding);
        }
        let sprayer = self.sprayers.entry((logon.source, logon.service), Guesser::default);
        sprayer.failed(logon, self.window);
        let (servers, users) = (sprayer.servers.count(), sprayer.users.count());
        let wide = servers.max(users);
        if wide >= self.servers && wide >= sprayer.told.saturating_mul(2) {
            sprayer.told = wide;
            let finding = sprayer
                .finding(&SPRAY, logon, 80)
                .about(logon.service.as_bytes())
                .measure("servers", f64::from(servers), f64::from(self.servers), "")
                .measure("users", f64::from(users), f64::from(self.servers), "");
            out.finding(finding);
        }
    }

    /// A logon that worked: after so many failures it was guessed.
    fn succeeded(&mut self, logon: &Logon<'_>, out: &mut dyn Tell) {
        let Some(guesser) = self.guessers.get_mut(&(logon.source, logon.server.number(), logon.service)) else { return };
        let recent = guesser.last.is_some_and(|last| logon.at - last <= self.window);
        if recent && guesser.in_window(self.window) >= self.least {
            let mut finding = guesser
                .finding(&GUESSED, logon, 90)
                .about(format!("{} at {}", logon.service, logon.server).as_bytes())
                .measure("failures before", f64::from(guesser.failures), f64::from(self.least), "");
            finding.evidence.clear();
            out.finding(finding.proof(logon.uid).proofs(guesser.proofs.iter().copied()));
        }
        *guesser = Guesser::default();
    }

    fn shape(&mut self, conn: &Conn<'_>, out: &mut dyn Tell) {
        /// A session in which somebody works lasts longer.
        const SHORT: Interval = Interval::from_secs(60);
        /// How far the server's answers may differ in size, beside a twentieth of it: user names have lengths.
        const DIFFERENCE_BYTES: u64 = 256;
        let (Some((source, _)), Some((server, port))) = (conn.orig(), conn.resp()) else { return };
        if !SHAPED.contains(&port) || conn.proto() != Proto::Tcp {
            return;
        }
        let (Some(bytes), Some(length)) = (conn.resp_bytes(), conn.duration()) else { return };
        if bytes == 0 || conn.orig_bytes().unwrap_or(0) == 0 {
            return;
        }
        let at = conn.ts();
        let shape = self.shapes.entry((source, server, port), Shape::default);
        let fits = shape.count == 0 || bytes.max(shape.most) - bytes.min(shape.least) <= DIFFERENCE_BYTES + shape.most / 20;
        if length > SHORT || !fits || shape.first.is_some_and(|first| at - first > self.window) {
            *shape = Shape::default();
            if length > SHORT {
                return;
            }
        }
        shape.least = if shape.count == 0 { bytes } else { shape.least.min(bytes) };
        shape.most = shape.most.max(bytes);
        shape.count += 1;
        shape.first = Some(shape.first.map_or(at, |first| first.min(at)));
        if shape.proofs.len() < SAMPLE_MAX {
            shape.proofs.extend(conn.uid());
        }
        if shape.count >= self.connections && shape.count >= shape.told.saturating_mul(2) {
            shape.told = shape.count;
            let finding = Finding::new(&SHAPE, source, at, 60)
                .about(format!("{port} at {server}").as_bytes())
                .since(shape.first.unwrap_or(at))
                .times(shape.count.into())
                .peer(server)
                .proofs(shape.proofs.iter().copied())
                .measure("connections", f64::from(shape.count), f64::from(self.connections), "")
                .note("smallest answer", shape.least as f64, "bytes")
                .note("largest answer", shape.most as f64, "bytes");
            out.finding(finding);
        }
    }
}
