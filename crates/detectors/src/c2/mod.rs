//! Hosts under command by shape: remote-access trojans and implants (after DETECTIONS.md `beacon`, which needs regularity).
//!
//! Definition: TLS with a makeshift server ([`tls`]), a session in which only the host speaks, a few pages of a nameless server
//! asked for in turn ([`polling`], also in sessions that were seen from their middle), a program as the first thing in a bare
//! TCP stream, masters that are gone ([`dead`]). Source: MITRE ATT&CK TA0011 and the public captures named in the definitions. Left out: what travels inside;
//! calls by name at regular times (`beacon`), ICMP (`tunnel`).

mod dead;
mod definitions;
mod polling;
mod tls;

use bounded::Table;
use contract::seen::{Conn, Dns, Http, Mark, Proto, Seen, Ssl, What, X509};
use contract::{Behaviour, Chosen, Definition, Detector, Finding, Known, Setting, Severity, Tell};
use dead::Dead;
use definitions::{
    DEAD_MASTERS, DEAD_NAMES, DEFINITIONS, ECHO_ORDERS, ODD_TLS, ONE_WAY_TALK, POLLED_PAGES, PROGRAM_OVER_TCP, SELF_VOUCHED,
};
use model::{Addr, Interval, Timestamp, Uid};
use polling::Polling;
use tls::{CERTIFICATES_MAX, Certificates, PAIRS_MAX, Pairs, Sessions};

/// The row of the catalogue.
#[derive(Debug)]
pub struct C2;

const SETTINGS: &[Setting] = &[
    Setting { name: "talk_secs_min", default: 120.0, doc: "How long a session lasts in which only the host speaks, in seconds." },
    Setting { name: "talk_packets_min", default: 20.0, doc: "How many packets it sends in it." },
    Setting { name: "polls_min", default: 8.0, doc: "Requests for a few pages of a nameless server." },
    Setting { name: "polls_secs_min", default: 30.0, doc: "Over how many seconds." },
    Setting { name: "dead_domains_min", default: 4.0, doc: "Domains that do not exist, within half an hour." },
    Setting { name: "dead_repeats_min", default: 8.0, doc: "How often one of them is asked for." },
    Setting { name: "dead_masters_min", default: 8.0, doc: "Outside addresses that fail on a few uncommon ports, within half an hour." },
    Setting { name: "sharing_peers_min", default: 20.0, doc: "Nameless peers on high ports from which a host is thought to share files." },
];

/// Pairs of a host and a nameless web server.
const POLLED_MAX: usize = 8_192;
/// Hosts whose nameless peers are counted.
const HOSTS_MAX: usize = 8_192;
/// An implant asks few servers: past this many nameless ones it is a person who browses.
const BROWSED_MAX: u32 = 4;
/// The most bytes that a packet of a report has on average: orders and keep-alives are short, films and backups are not.
const REPORT_BYTES_MAX: u64 = 512;

impl Behaviour for C2 {
    fn name(&self) -> &'static str {
        "c2"
    }
    fn definitions(&self) -> &'static [Definition] {
        &DEFINITIONS
    }
    fn settings(&self) -> &'static [Setting] {
        SETTINGS
    }
    fn wants(&self) -> &'static [What] {
        &[What::Conn, What::Dns, What::Ssl, What::X509, What::Http, What::Mark]
    }
    fn held_bytes_max(&self) -> usize {
        Certificates::held_bytes_max(CERTIFICATES_MAX)
            + Pairs::held_bytes_max(PAIRS_MAX)
            + tls::Vouchers::held_bytes_max(HOSTS_MAX)
            + Table::<(Addr, Addr), Polling>::held_bytes_max(POLLED_MAX)
            + POLLED_MAX * 8 * size_of::<u64>()
            + 2 * Table::<Addr, u32>::held_bytes_max(HOSTS_MAX)
            + Table::<Addr, Dead>::held_bytes_max(HOSTS_MAX)
            + HOSTS_MAX * Dead::BYTES_MAX
    }
    fn open(&self, settings: &Chosen) -> Box<dyn Detector> {
        Box::new(Watch {
            talk: settings.secs(SETTINGS, "talk_secs_min"),
            talk_packets: settings.count(SETTINGS, "talk_packets_min"),
            polls: settings.count(SETTINGS, "polls_min"),
            polls_last: settings.secs(SETTINGS, "polls_secs_min"),
            sharing: settings.count(SETTINGS, "sharing_peers_min") as u32,
            certificates: Table::new(CERTIFICATES_MAX),
            pairs: Table::new(PAIRS_MAX),
            vouchers: Table::new(HOSTS_MAX),
            suspects: Vec::new(),
            polled: Table::new(POLLED_MAX),
            servers: Table::new(HOSTS_MAX),
            dead: Table::new(HOSTS_MAX),
            dead_domains: settings.count(SETTINGS, "dead_domains_min") as usize,
            dead_repeats: settings.count(SETTINGS, "dead_repeats_min") as u32,
            dead_masters: settings.count(SETTINGS, "dead_masters_min") as usize,
            peers: Table::new(HOSTS_MAX),
        })
    }
}

struct Watch {
    talk: Interval,
    talk_packets: u64,
    polls: u64,
    polls_last: Interval,
    sharing: u32,
    certificates: Certificates,
    pairs: Pairs,
    vouchers: tls::Vouchers,
    /// Pairs that are to be judged when it is known what else the host does.
    suspects: Vec<(Addr, Addr, u16)>,
    polled: Table<(Addr, Addr), Polling>,
    /// Nameless web servers that a host asks things of.
    servers: Table<Addr, u32>,
    dead: Table<Addr, Dead>,
    dead_domains: usize,
    dead_repeats: u32,
    dead_masters: usize,
    /// Connections to nameless outside addresses on high ports, by host.
    peers: Table<Addr, u32>,
}

/// A suspicion waits for this long for what else its host does, and then is told.
const PATIENCE: Interval = Interval::from_secs(120);

impl Detector for Watch {
    fn on(&mut self, seen: &Seen<'_>, known: &dyn Known, out: &mut dyn Tell) {
        match seen {
            Seen::X509(certificate) => self.certificate(certificate),
            Seen::Ssl(ssl) => self.handshake(ssl, known, out),
            Seen::Conn(conn) => self.session(conn, known, out),
            Seen::Dns(dns) => self.name(dns, known, out),
            Seen::Http(http) => self.request(http, known, out),
            Seen::Mark(mark) => self.mark(mark, known, out),
            _ => {}
        }
    }

    fn tick(&mut self, now: Timestamp, last: bool, _known: &dyn Known, out: &mut dyn Tell) {
        let mut later = Vec::new();
        for key in std::mem::take(&mut self.suspects) {
            let Some(sessions) = self.pairs.get_mut(&key) else { continue };
            if !last && now.since(sessions.first.unwrap_or(now)) < PATIENCE {
                later.push(key);
            } else if self.peers.get(&key.0).is_none_or(|peers| *peers < self.sharing) && !sessions.told {
                sessions.told = true;
                out.finding(odd_tls(key, sessions, 88).severity(Severity::High));
            }
        }
        self.suspects = later;
    }

    fn held_bytes(&self) -> usize {
        let lists = self.polled.len() * 8 * size_of::<u64>() + self.suspects.capacity() * size_of::<(Addr, Addr, u16)>();
        self.certificates.held_bytes()
            + self.vouchers.held_bytes()
            + self.pairs.held_bytes()
            + self.polled.held_bytes()
            + self.servers.held_bytes()
            + self.peers.held_bytes()
            + lists
            + self.dead.held_bytes()
            + self.dead.len() * Dead::BYTES_MAX
    }

    fn dropped(&self) -> u64 {
        self.certificates.dropped()
            + self.vouchers.dropped()
            + self.pairs.dropped()
            + self.polled.dropped()
            + self.servers.dropped()
            + self.peers.dropped()
            + self.dead.dropped()
    }
}

fn odd_tls(key: (Addr, Addr, u16), sessions: &Sessions, confidence: u8) -> Finding {
    let (host, server, port) = key;
    let finding = Finding::new(ODD_TLS, host, sessions.last, confidence).about(format!("{server}:{port}").as_bytes());
    let finding = finding.since(sessions.first.unwrap_or(sessions.last)).peer(server).proof(sessions.proof).times(sessions.count);
    finding.note("port", f64::from(port), "").note("sessions", sessions.count as f64, "")
}

impl Watch {
    fn certificate(&mut self, certificate: &X509<'_>) {
        let like = tls::like(certificate);
        if like.makeshift || like.own {
            self.certificates.entry(crate::hash(certificate.fingerprint()), || like);
        }
    }

    fn handshake(&mut self, ssl: &Ssl<'_>, known: &dyn Known, out: &mut dyn Tell) {
        let (Some((host, _)), Some((server, port))) = (ssl.orig(), ssl.resp()) else { return };
        if !known.is_inside(host) || known.is_inside(server) {
            return;
        }
        let like = ssl.cert_chain_fps().next().and_then(|print| self.certificates.get(&crate::hash(print))).copied();
        if tls::is_web(ssl, port) && like.is_some_and(|like| like.own) && known.name(host, server).is_none() {
            return self.vouched(ssl, host, server, out);
        }
        if !tls::is_odd(ssl, port) {
            return;
        }
        let key = (host, server, port);
        let makeshift = like.is_some_and(|like| like.makeshift);
        // A session that is resumed shows no certificate; the first one has told.
        if !makeshift && self.pairs.get(&key).is_none() {
            return;
        }
        let sessions = self.pairs.entry(key, Sessions::default);
        sessions.count += 1;
        sessions.first.get_or_insert(ssl.ts());
        sessions.last = sessions.last.max(ssl.ts());
        sessions.proof = sessions.proof.or(ssl.uid());
        let dynamic = known.name(host, server).is_some_and(crate::domain::is_dynamic);
        if dynamic || sessions.told {
            sessions.told = true;
            out.finding(odd_tls(key, sessions, 92).severity(Severity::High));
        } else {
            out.finding(odd_tls(key, sessions, 75));
            if self.suspects.len() < PAIRS_MAX && !self.suspects.contains(&key) {
                self.suspects.push(key);
            }
        }
    }

    /// A nameless web server that vouches for itself: a device or a private network has one; malware has a list of them.
    fn vouched(&mut self, ssl: &Ssl<'_>, host: Addr, server: Addr, out: &mut dyn Tell) {
        let servers = self.vouchers.entry(host, || [0; 4]);
        let hash = crate::hash(server.as_slice()).max(1);
        if let Some(place) = servers.iter_mut().find(|place| **place == 0 || **place == hash) {
            *place = hash;
        }
        let count = servers.iter().filter(|place| **place != 0).count();
        let severity = if count >= 2 { Severity::High } else { Severity::Low };
        let finding = Finding::new(SELF_VOUCHED, host, ssl.ts(), 88).severity(severity).peer(server).proof(ssl.uid());
        out.finding(finding.measure("servers", count as f64, 2.0, ""));
    }

    fn name(&mut self, dns: &Dns<'_>, known: &dyn Known, out: &mut dyn Tell) {
        let missing = matches!(dns.rcode_name(), b"" | b"NXDOMAIN" | b"SERVFAIL") && dns.answers().next().is_none();
        let Some((host, _)) = dns.orig().filter(|_| missing && matches!(dns.qtype_name(), b"A" | b"AAAA" | b"NIMLOC")) else { return };
        if !dead::is_public(dns.query()) || !known.is_inside(host) {
            return;
        }
        let domain = crate::hash(&crate::domain::registered(dns.query()).to_ascii_lowercase());
        let (domains, most) = self.dead.entry(host, Dead::default).name(domain, !dns.rcode_name().is_empty(), dns.ts());
        if domains >= self.dead_domains && most >= self.dead_repeats {
            let finding = Finding::new(DEAD_NAMES, host, dns.ts(), 88).quote(dns.query()).proof(dns.uid()).times(u64::from(most));
            let finding = finding.measure("domains", domains as f64, self.dead_domains as f64, "");
            out.finding(finding.measure("most_asked", f64::from(most), f64::from(self.dead_repeats), ""));
        }
    }

    /// A connection that failed, on a port where hardly anything is.
    fn failed(&mut self, conn: &Conn<'_>, host: Addr, server: Addr, port: u16, out: &mut dyn Tell) {
        let (addrs, ports) = self.dead.entry(host, Dead::default).end(server, port, conn.ts());
        // One port is a scan, and as many ports as peers are file sharing.
        if addrs >= self.dead_masters && (2..=8).contains(&ports) && 2 * addrs >= 3 * ports {
            let finding = Finding::new(DEAD_MASTERS, host, conn.ts(), 85).peer(server).proof(conn.uid());
            let finding = finding.measure("addresses", addrs as f64, self.dead_masters as f64, "");
            out.finding(finding.note("ports", ports as f64, ""));
        }
    }

    fn session(&mut self, conn: &Conn<'_>, known: &dyn Known, out: &mut dyn Tell) {
        let (Some((host, _)), Some((server, port))) = (conn.orig(), conn.resp()) else { return };
        let failed = conn.proto() == Proto::Tcp && matches!(conn.state(), b"S0" | b"REJ" | b"RSTOS0");
        if failed && !dead::is_common(port) && known.is_inside(host) && !known.is_inside(server) {
            self.failed(conn, host, server, port, out);
        }
        if port < 1024
            || conn.proto() == Proto::Icmp
            || !known.is_inside(host)
            || known.is_inside(server)
            || known.name(host, server).is_some()
        {
            return;
        }
        *self.peers.entry(host, || 0) += 1;
        let (sent, answered) = (conn.orig_bytes().unwrap_or(0), conn.resp_bytes().unwrap_or(0));
        let (packets, acknowledged) = (conn.orig_pkts().unwrap_or(0), conn.resp_pkts().unwrap_or(0));
        let lasted = conn.duration().unwrap_or(Interval::ZERO);
        let one_way =
            conn.proto() == Proto::Tcp && answered == 0 && sent > 0 && conn.service().is_empty() && conn.missed_bytes() == Some(0);
        let opened = conn.history().starts_with(b"S") && conn.history().contains(&b'h');
        let short = sent <= packets.saturating_mul(REPORT_BYTES_MAX);
        if one_way && opened && short && packets >= self.talk_packets && acknowledged >= self.talk_packets / 2 && lasted >= self.talk {
            let finding = Finding::new(ONE_WAY_TALK, host, conn.ts() + lasted, 90).about(format!("{server}:{port}").as_bytes());
            let finding = finding.since(conn.ts()).peer(server).proof(conn.uid());
            let finding = finding.measure("packets", packets as f64, self.talk_packets as f64, "packets");
            out.finding(finding.measure("lasted", lasted.secs_f64(), self.talk.secs_f64(), "s").note("sent", sent as f64, "bytes"));
        }
    }

    fn request(&mut self, http: &Http<'_>, known: &dyn Known, out: &mut dyn Tell) {
        let (Some((host, _)), Some((server, _))) = (http.orig(), http.resp()) else { return };
        let named = http.host().iter().any(u8::is_ascii_alphabetic);
        if !named && http.referrer().is_empty() && !http.uri().is_empty() {
            self.poll(host, server, http.uri(), (http.ts(), http.uid()), known, out);
        }
    }

    fn poll(&mut self, host: Addr, server: Addr, uri: &[u8], (at, uid): (Timestamp, Option<Uid>), known: &dyn Known, out: &mut dyn Tell) {
        if host == server || !known.is_inside(host) || known.name(host, server).is_some() {
            return;
        }
        let path = uri.split(|byte| *byte == b'?').next().unwrap_or_default();
        let servers = self.servers.entry(host, || 0);
        let polling = self.polled.entry((host, server), Polling::default);
        *servers += u32::from(polling.count == 0);
        polling.add(path, at, uid);
        if polling.asks_for_orders(self.polls, self.polls_last) {
            // Who asks many nameless servers browses, and the capture has missed the names.
            let severity = if *servers <= BROWSED_MAX { Severity::High } else { Severity::Low };
            let finding =
                Finding::new(POLLED_PAGES, host, at, 88).severity(severity).about(server.to_string().as_bytes()).peer(server).quote(uri);
            let finding = finding.since(polling.first.unwrap_or(at)).times(polling.count).proof(polling.proof);
            let finding =
                finding.measure("requests", polling.count as f64, self.polls as f64, "").note("paths", polling.paths() as f64, "");
            out.finding(finding.measure("lasted", polling.lasted().secs_f64(), self.polls_last.secs_f64(), "s"));
        }
    }

    fn mark(&mut self, mark: &Mark<'_>, known: &dyn Known, out: &mut dyn Tell) {
        let (Some((orig, _)), Some((resp, port))) = (mark.orig(), mark.resp()) else { return };
        let (sender, receiver) = if mark.is_orig() == Some(true) { (orig, resp) } else { (resp, orig) };
        if sender == receiver {
            return;
        }
        match mark.what() {
            b"request" => {
                let uri = mark.text().split(|byte| *byte == b' ').nth(1).unwrap_or_default();
                // Through a proxy the address is not the server's.
                if uri.starts_with(b"/") {
                    self.poll(sender, receiver, uri, (mark.ts(), mark.uid()), known, out);
                }
            }
            b"echo_orders" => {
                let finding = Finding::new(ECHO_ORDERS, sender, mark.ts(), 88).about(receiver.to_string().as_bytes());
                out.finding(finding.peer(receiver).proof(mark.uid()));
            }
            b"program" => {
                let finding = Finding::new(PROGRAM_OVER_TCP, receiver, mark.ts(), 90).about(format!("{resp}:{port}").as_bytes());
                out.finding(finding.peer(sender).proof(mark.uid()).quote(mark.text()));
            }
            _ => {}
        }
    }
}
