//! Hosts that send mail in masses (P2, B4, B9).
//!
//! Definition: a host that is no mail server, list mailer or resolver asks for the mail servers of a domain (an MX query), or
//! speaks to five different mail servers within five minutes, whether they answer or not, so that a firewall's denied
//! connections count too; both together are high, and so are twenty servers. Ports 25, 465 and 587 count: stolen accounts are used by submission.
//! Source: DETECTIONS.md `mass_mailer`; S2. Left out: what the mails say; mail sent through a web site.
//!
//! Hosts outside are somebody else's: what they do is told, but as low.

use bounded::Table;
use contract::seen::{Proto, Seen, What};
use contract::{Behaviour, Chosen, Definition, Detector, Finding, Known, Part, Role, Setting, Severity, Stage, Tell, Words};
use model::{Addr, Interval, Timestamp, Uid};

/// The row of the catalogue.
#[derive(Debug)]
pub struct MassMailer;

const MX_QUERY: Definition = Definition {
    detector: "mass_mailer",
    name: "mx_query",
    title: Words { en: "asks for mail servers of others", ja: "他の組織のメールサーバーを問い合わせている" },
    rule: Words {
        en: "an MX query by a host that is no mail server and no resolver; a mail program asks its own server to deliver",
        ja: "メールサーバーでもリゾルバーでもないホストによる MX 問い合わせ（メールソフトは自分のサーバーに配送を任せる）",
    },
    next: Words {
        en: "see whether the host also connects to port 25, and whether it should deliver mail itself",
        ja: "25 番ポートへの接続がないか、そのホストが自らメールを配送すべきものかを確かめる",
    },
    source: "DETECTIONS.md mass_mailer; S2",
    severity: Severity::Low,
    stage: Stage::Acted,
    part: Part::Actor,
    techniques: &["T1071.004"],
    excluded: &[Role::MailServers, Role::ListMailers, Role::Resolvers, Role::Monitors, Role::ScannersAuthorised],
};

const MASS_MAIL: Definition = Definition {
    detector: "mass_mailer",
    name: "mass_mailer",
    title: Words { en: "sends mail to many servers", ja: "多数のメールサーバーへ送信している" },
    rule: Words {
        en: "connections to 5 different mail servers (25, 465, 587/tcp) within 5 minutes, answered or not, by a host that is no mail server; \
             high from 20, or if it asks for MX records too",
        ja: "メールサーバーでないホストが 5 分以内に 5 か所以上のメールサーバー (25, 465, 587/tcp) へ接続（応答の有無を問わない）。20 か所以上または MX の問い合わせもあれば高",
    },
    next: Words {
        en: "block the host's way to port 25 and look for what sends the mails",
        ja: "25 番ポートへの通信を遮断し、メールを送っているプログラムを探す",
    },
    source: "DETECTIONS.md mass_mailer; S2",
    severity: Severity::Medium,
    stage: Stage::Acted,
    part: Part::Actor,
    techniques: &["T1071.003", "T1566"],
    excluded: &[Role::MailServers, Role::ListMailers, Role::Monitors, Role::ScannersAuthorised],
};

static DEFINITIONS: [Definition; 2] = [MX_QUERY, MASS_MAIL];

const SETTINGS: &[Setting] = &[
    Setting { name: "servers_min", default: 5.0, doc: "Different mail servers that make a mass." },
    Setting { name: "window_secs", default: 300.0, doc: "Within how many seconds." },
];

/// Hosts that are watched: those that ask for MX or speak to mail servers, which are few.
const HOSTS_MAX: usize = 4_096;
/// Mail servers that are remembered for one host; the setting may not ask for more.
const SERVERS_MAX: usize = 32;
/// Domains that are told apart for one host, by hash.
const DOMAINS_MAX: usize = 8;

impl Behaviour for MassMailer {
    fn name(&self) -> &'static str {
        "mass_mailer"
    }
    fn definitions(&self) -> &'static [Definition] {
        &DEFINITIONS
    }
    fn settings(&self) -> &'static [Setting] {
        SETTINGS
    }
    fn wants(&self) -> &'static [What] {
        &[What::Conn, What::Dns]
    }
    fn held_bytes_max(&self) -> usize {
        Table::<Addr, Host>::held_bytes_max(HOSTS_MAX) + HOSTS_MAX * SERVERS_MAX * size_of::<(Addr, Timestamp)>()
    }
    fn open(&self, settings: &Chosen) -> Box<dyn Detector> {
        Box::new(Watch {
            servers_min: settings.count(SETTINGS, "servers_min").clamp(2, SERVERS_MAX as u64) as usize,
            window: settings.secs(SETTINGS, "window_secs"),
            hosts: Table::new(HOSTS_MAX),
            servers: 0,
        })
    }
}

/// What is remembered of a host.
#[derive(Debug, Default)]
struct Host {
    /// The mail servers it went to last, with the time.
    servers: Vec<(Addr, Timestamp)>,
    /// Domains whose mail servers it asked for: hashes.
    domains: Vec<u64>,
    queries: u64,
    connections: u64,
    first: Option<Timestamp>,
    /// The most servers that were told of.
    told: usize,
}

struct Watch {
    servers_min: usize,
    window: Interval,
    hosts: Table<Addr, Host>,
    servers: usize,
}

impl Detector for Watch {
    fn on(&mut self, seen: &Seen<'_>, known: &dyn Known, out: &mut dyn Tell) {
        match seen {
            Seen::Dns(dns) if dns.qtype_name() == b"MX" => {
                let (Some((host, _)), Some((server, _))) = (dns.orig(), dns.resp()) else { return };
                let state = self.hosts.entry(host, Host::default);
                state.asked(dns.query());
                let at = dns.ts();
                let confidence = if known.is_inside(host) { 60 } else { 20 };
                let finding = Finding::new(&DEFINITIONS[0], host, at, confidence).times(state.queries).peer(server).proof(dns.uid());
                out.finding(finding.quote(dns.query()).measure("domains", state.domains.len() as f64, 1.0, ""));
                self.judge(host, at, dns.uid(), known, out);
            }
            Seen::Conn(conn) => {
                let (Some((host, _)), Some((server, port))) = (conn.orig(), conn.resp()) else { return };
                if !matches!(port, 25 | 465 | 587) || conn.proto() != Proto::Tcp {
                    return;
                }
                let state = self.hosts.entry(host, Host::default);
                self.servers += usize::from(state.went(server, conn.ts()));
                self.judge(host, conn.ts(), conn.uid(), known, out);
            }
            _ => {}
        }
    }

    fn held_bytes(&self) -> usize {
        let lists = self.servers.min(HOSTS_MAX * SERVERS_MAX) * size_of::<(Addr, Timestamp)>();
        self.hosts.held_bytes() + lists
    }

    fn dropped(&self) -> u64 {
        self.hosts.dropped()
    }
}

impl Watch {
    fn judge(&mut self, host: Addr, at: Timestamp, uid: Option<Uid>, known: &dyn Known, out: &mut dyn Tell) {
        let Some(state) = self.hosts.get_mut(&host) else { return };
        let in_window: Vec<Addr> = state.within(at, self.window);
        let (count, both) = (in_window.len(), !state.domains.is_empty());
        if count < self.servers_min {
            return;
        }
        let worth = count + usize::from(both);
        if worth <= state.told {
            return out.again(&DEFINITIONS[1], host, b"", at, uid);
        }
        state.told = worth;
        let (severity, confidence) = match (known.is_inside(host), both) {
            (true, true) => (Severity::High, 92),
            (true, false) if count >= 4 * self.servers_min => (Severity::High, 90),
            (true, false) => (Severity::Medium, 80),
            // A mail server of others does just this.
            (false, _) => (Severity::Low, 50),
        };
        let finding =
            Finding::new(&DEFINITIONS[1], host, at, confidence).severity(severity).since(state.first.unwrap_or(at)).peers(in_window);
        let finding = finding.times(state.connections).proof(uid).measure("servers", count as f64, self.servers_min as f64, "");
        out.finding(finding.note("mx_queries", state.queries as f64, ""));
    }
}

impl Host {
    fn asked(&mut self, domain: &[u8]) {
        self.queries += 1;
        let domain = crate::hash(domain);
        if self.domains.len() < DOMAINS_MAX && !self.domains.contains(&domain) {
            self.domains.push(domain);
        }
    }

    /// Remembers a connection. Whether the list grew.
    fn went(&mut self, server: Addr, at: Timestamp) -> bool {
        self.connections += 1;
        self.first.get_or_insert(at);
        if let Some((_, last)) = self.servers.iter_mut().find(|(known, _)| *known == server) {
            *last = at.max(*last);
            return false;
        }
        let full = self.servers.len() >= SERVERS_MAX;
        if full && let Some(oldest) = self.servers.iter_mut().min_by_key(|(_, at)| *at) {
            *oldest = (server, at);
        } else {
            self.servers.push((server, at));
        }
        !full
    }

    /// The servers that it went to around a time: connections are told of when they end, so not always in order.
    fn within(&self, at: Timestamp, window: Interval) -> Vec<Addr> {
        let near = |then: Timestamp| if then > at { then - at <= window } else { at - then <= window };
        self.servers.iter().filter(|(_, then)| near(*then)).map(|(server, _)| *server).collect()
    }
}
