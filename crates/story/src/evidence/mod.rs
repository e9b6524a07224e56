//! What the story is made of besides findings: look-ups, requests, files, handshakes and calls, remembered while events pass.
//!
//! Bounded throughout: the limits below add up to less than 60 MB however many hosts there are. What must not be lost is what
//! belongs to programs and to hosts with findings; see [`memory`] and [`calls`] for how that is kept.

mod calls;
mod memory;
mod names;
mod rows;
mod sight;

use crate::Findings;
use crate::notable::{Rank, rank};
use bounded::{Map, Set};
use contract::Severity;
use contract::seen::{Dns, File, Ftp, Http, Seen, SmbFile, Smtp, Ssl, X509};
use memory::{Memory, Room};
use model::{Addr, Uid, Value};

pub(crate) use calls::{AllCalls, Calls, Rhythm};
pub(crate) use names::Names;
pub(crate) use rows::{Certificate, Handshake, Lookup, Program, Request, Sent, Transfer, hex};
pub(crate) use sight::Sight;

/// Hosts with findings: more of them than this are an event of their own, and nobody reads so many stories.
const ACCUSED_MAX: usize = 4_096;
/// Look-ups: 30,000 of some 200 bytes are 6 MB.
const LOOKUPS: Room = Room { recent_max: 30_000, kept_max: 10_000, bytes_max: 6 << 20 };
/// Requests: 15,000 of some 400 bytes are 6 MB.
const REQUESTS: Room = Room { recent_max: 15_000, kept_max: 10_000, bytes_max: 6 << 20 };
/// Files: 12,000 of some 320 bytes are 4 MB.
const TRANSFERS: Room = Room { recent_max: 12_000, kept_max: 6_000, bytes_max: 4 << 20 };
/// Handshakes: 8,000 of some 300 bytes are 2 MB.
const HANDSHAKES: Room = Room { recent_max: 8_000, kept_max: 4_000, bytes_max: 2 << 20 };
/// Mails and uploads.
const SENT: Room = Room { recent_max: 4_000, kept_max: 2_000, bytes_max: 1 << 20 };
/// Windows programs and certificates whose facts are kept, each: 4,000 of some 200 bytes are 1 MB.
const FACTS_MAX: usize = 4_000;
/// A text of this length or more is looked at for what it hides; smaller ones are answers and settings.
const TEXT_BYTES_MIN: u64 = 16 << 10;

/// Remembered events. Every table in it is bounded.
#[derive(Debug)]
pub struct Evidence {
    events: u64,
    findings: usize,
    accused: Set<Addr>,
    accused_dropped: u64,
    pub(crate) lookups: Memory<Lookup>,
    pub(crate) requests: Memory<Request>,
    pub(crate) transfers: Memory<Transfer>,
    pub(crate) handshakes: Memory<Handshake>,
    pub(crate) sent: Memory<Sent>,
    pub(crate) programs: Map<Uid, Program>,
    pub(crate) certificates: Map<Box<[u8]>, Certificate>,
    facts_dropped: u64,
    pub(crate) calls: AllCalls,
    pub(crate) names: Names,
    pub(crate) sight: Sight,
}

impl Default for Evidence {
    fn default() -> Self {
        Self {
            events: 0,
            findings: 0,
            accused: Set::default(),
            accused_dropped: 0,
            lookups: Memory::new(LOOKUPS),
            requests: Memory::new(REQUESTS),
            transfers: Memory::new(TRANSFERS),
            handshakes: Memory::new(HANDSHAKES),
            sent: Memory::new(SENT),
            programs: Map::default(),
            certificates: Map::default(),
            facts_dropped: 0,
            calls: AllCalls::default(),
            names: Names::default(),
            sight: Sight::default(),
        }
    }
}

impl Evidence {
    /// Remembers what an event tells. Called after detectors have seen it: hosts with findings are remembered longer.
    pub fn see(&mut self, seen: &Seen<'_>, findings: &Findings) {
        self.events += 1;
        if findings.all().len() > self.findings {
            self.accuse(findings);
        }
        match seen {
            Seen::Conn(conn) => {
                self.sight.flow(conn);
                self.calls.connection(conn, &self.accused);
            }
            Seen::Dns(dns) => self.lookup(dns),
            Seen::Http(http) => self.request(http),
            Seen::File(file) => self.transfer(file),
            Seen::Pe(pe) => {
                if let Some(fuid) = pe.fuid() {
                    if self.programs.len() < FACTS_MAX {
                        self.programs.insert(fuid, Program::of(pe));
                    } else {
                        self.facts_dropped += 1;
                    }
                }
            }
            Seen::Ssl(ssl) => self.handshake(ssl),
            Seen::X509(x509) => self.certificate(x509),
            Seen::Smtp(smtp) => self.mail(smtp),
            Seen::Ftp(ftp) => self.ftp(ftp),
            Seen::SmbFile(file) => self.share(file),
            _ => self.names.learn(seen),
        }
    }

    fn accuse(&mut self, findings: &Findings) {
        for found in findings.all().iter().skip(self.findings).filter(|found| found.finding.severity > Severity::Info) {
            if self.accused.len() < ACCUSED_MAX {
                self.accused.insert(found.finding.host);
            } else if !self.accused.contains(&found.finding.host) {
                self.accused_dropped += 1;
            }
        }
        self.findings = findings.all().len();
    }

    fn lookup(&mut self, dns: &Dns<'_>) {
        self.sight.lookups += 1;
        let (Some((client, _)), Some((server, _))) = (dns.orig(), dns.resp()) else { return };
        // Names without an address explain no connection; detectors have seen them.
        if dns.query().is_empty() || dns.answers().next().is_none() || !self.lookups.takes(client, &self.accused) {
            return;
        }
        self.lookups.push(Lookup::of(dns, client, server), false, &self.accused);
    }

    fn request(&mut self, http: &Http<'_>) {
        let (Some((client, _)), Some(server)) = (http.orig(), http.resp()) else { return };
        self.calls.request(http, client, server, &self.accused);
        let notable = http.resp_mime_types().any(|mime| rank(mime, b"").is_some_and(|rank| rank <= Rank::Script))
            || rank(b"", http.uri().split(|byte| *byte == b'?').next().unwrap_or_default()).is_some_and(|rank| rank <= Rank::Script);
        if self.requests.takes(client, &self.accused) {
            self.requests.push(Request::of(http, client, server), notable, &self.accused);
        }
    }

    fn transfer(&mut self, file: &File<'_>) {
        let (Some((client, _)), Some((server, _))) = (file.orig(), file.resp()) else { return };
        // Certificates travel as files, too; handshakes tell of them.
        if matches!(file.source(), b"SSL" | b"QUIC" | b"DTLS") {
            return;
        }
        let program = rank(file.mime_type(), file.filename()).is_some_and(|rank| rank <= Rank::Script) || !file.wrapped().is_empty();
        let telling = program
            || rank(file.mime_type(), file.filename()).is_some()
            || file.seen_bytes().unwrap_or_default() >= TEXT_BYTES_MIN
            || file.is_orig() == Some(true);
        if telling && self.transfers.takes(client, &self.accused) {
            self.transfers.push(Transfer::of(file, client, server), program, &self.accused);
        }
    }

    fn handshake(&mut self, ssl: &Ssl<'_>) {
        let (Some((client, _)), Some(server)) = (ssl.orig(), ssl.resp()) else { return };
        if self.handshakes.takes(client, &self.accused) {
            self.handshakes.push(Handshake::of(ssl, client, server), false, &self.accused);
        }
    }

    fn certificate(&mut self, x509: &X509<'_>) {
        if x509.fingerprint().is_empty() || self.certificates.contains_key(x509.fingerprint()) {
            return;
        }
        if self.certificates.len() >= FACTS_MAX {
            self.facts_dropped += 1;
            return;
        }
        let certificate = Certificate { subject: rows::text(x509.subject()), issuer: rows::text(x509.issuer()) };
        self.certificates.insert(x509.fingerprint().into(), certificate);
    }

    fn mail(&mut self, smtp: &Smtp<'_>) {
        let (Some((client, _)), Some((server, _))) = (smtp.orig(), smtp.resp()) else { return };
        if !self.sent.takes(client, &self.accused) || smtp.mailfrom().is_empty() && smtp.from().is_empty() {
            return;
        }
        let to: Vec<&[u8]> = smtp.rcptto().take(4).collect();
        let account = if smtp.mailfrom().is_empty() { smtp.from() } else { smtp.mailfrom() };
        let sent = Sent {
            at: smtp.ts(),
            uid: smtp.uid(),
            fuid: smtp.fuids().iter().find_map(as_uid),
            client,
            server,
            by: "SMTP",
            account: rows::text(account),
            what: rows::text(&to.join(&b", "[..])),
            subject: rows::text(smtp.subject()),
        };
        self.sent.push(sent, false, &self.accused);
    }

    fn ftp(&mut self, ftp: &Ftp<'_>) {
        let (Some((client, _)), Some((server, _))) = (ftp.orig(), ftp.resp()) else { return };
        if !matches!(ftp.command(), b"STOR" | b"APPE" | b"STOU") || !self.sent.takes(client, &self.accused) {
            return;
        }
        let sent = Sent {
            at: ftp.ts(),
            uid: ftp.uid(),
            fuid: ftp.fuid(),
            client,
            server,
            by: "FTP",
            account: rows::text(ftp.user()),
            what: rows::text(ftp.arg()),
            subject: rows::Bytes::default(),
        };
        self.sent.push(sent, false, &self.accused);
    }

    fn share(&mut self, file: &SmbFile<'_>) {
        let (Some((client, _)), Some((server, _))) = (file.orig(), file.resp()) else { return };
        let writes = file.action().ends_with(b"WRITE");
        if !(writes || rank(b"", file.name()).is_some_and(|rank| rank <= Rank::Script)) || !self.sent.takes(client, &self.accused) {
            return;
        }
        let sent = Sent {
            at: file.ts(),
            uid: file.uid(),
            fuid: file.fuid(),
            client,
            server,
            by: if writes { "SMB write" } else { "SMB" },
            account: rows::text(file.path()),
            what: rows::text(file.name()),
            subject: rows::Bytes::default(),
        };
        self.sent.push(sent, false, &self.accused);
    }

    /// How many events were seen.
    pub const fn events(&self) -> u64 {
        self.events
    }

    /// Bytes held on the heap, a close estimate.
    pub fn held_bytes(&self) -> usize {
        let facts = self.programs.capacity() * (size_of::<(Uid, Program)>() + 16)
            + self.certificates.capacity() * (size_of::<(Box<[u8]>, Certificate)>() + 1)
            + self.certificates.iter().map(|(key, fact)| key.len() + fact.subject.len() + fact.issuer.len()).sum::<usize>();
        self.lookups.held_bytes()
            + self.requests.held_bytes()
            + self.transfers.held_bytes()
            + self.handshakes.held_bytes()
            + self.sent.held_bytes()
            + self.calls.held_bytes()
            + self.names.held_bytes()
            + self.accused.capacity() * (size_of::<Addr>() + 1)
            + facts
    }

    /// Rows that were let go when they had become old, of hosts that nobody had accused by then: no loss, but nothing can be told of
    /// them.
    pub(crate) const fn forgotten(&self) -> u64 {
        self.lookups.forgotten()
            + self.requests.forgotten()
            + self.transfers.forgotten()
            + self.handshakes.forgotten()
            + self.calls.forgotten()
    }

    /// What did not fit though it might have mattered, by name.
    pub fn dropped(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("story.lookups", self.lookups.dropped()),
            ("story.requests", self.requests.dropped()),
            ("story.files", self.transfers.dropped()),
            ("story.handshakes", self.handshakes.dropped()),
            ("story.sent", self.sent.dropped()),
            ("story.calls", self.calls.dropped()),
            ("story.facts", self.facts_dropped),
            ("story.names", self.names.dropped()),
            ("story.hosts", self.accused_dropped),
        ]
    }
}

fn as_uid(value: &Value) -> Option<Uid> {
    match value {
        Value::Uid(uid) => Some(*uid),
        _ => None,
    }
}
