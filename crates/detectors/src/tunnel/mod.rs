//! Tunnels (P7).
//!
//! Definition: an HTTP or HTTPS connection of 10 min, 1 h, 4 h, 12 h, also as the sum per pair and day; CONNECT through a proxy
//! that lasts an hour; ssh of an hour, or more than 20 connections an hour; IKE and other VPN protocols; names of SoftEther and
//! of VPN Gate; requests of more than 3 kB again and again with more going out than coming in; ICMP echo whose replies are
//! not what was sent, whose payload is large, or that carries much. Source: DETECTIONS.md `tunnel`; S2.
//!
//! A tunnel is a habit unless the evidence says more, so most of this is low and accuses nobody; only an echo that does not echo
//! is what nothing but a tunnel does. That is read from the flow's sums: honest replies repeat their requests, byte for byte, so
//! the means of both directions agree. What half of the hosts use is lowered. Connections are told when they end. Left out: the
//! keep-alive of 50 s within one SoftEther connection, which flows do not show.

mod definitions;

use crate::domain;
use bounded::Table;
use contract::seen::{Conn, Http, Proto, Seen, Ssl, What};
use contract::{Behaviour, Chosen, Definition, Destination, Detector, Finding, Known, Setting, Severity, Tell};
use definitions::{BIG_REQUESTS, DEFINITIONS, ICMP, LONG_SSH, LONG_WEB, VPN};
use model::{Addr, Interval, Timestamp};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Tunnel;

const SETTINGS: &[Setting] = &[
    Setting {
        name: "web_secs_min",
        default: 600.0,
        doc: "HTTP and HTTPS connections of so many seconds are told; six times as long is low.",
    },
    Setting { name: "ssh_secs_min", default: 3600.0, doc: "ssh connections of so many seconds are told." },
    Setting { name: "ssh_per_hour", default: 20.0, doc: "ssh connections between two hosts within an hour that are many." },
    Setting { name: "request_bytes_min", default: 3_000.0, doc: "Requests with so many bytes are big." },
    Setting { name: "requests_min", default: 20.0, doc: "Big requests to one server within an hour that are many." },
    Setting { name: "echo_bytes_min", default: 512.0, doc: "Mean payload of echo requests that is large, in bytes." },
    Setting { name: "echo_sum_bytes_min", default: 100_000.0, doc: "Payload of one flow of echoes that is much, in bytes." },
];

/// Pairs of hosts whose long connections, ssh sessions or big requests are added up.
const PAIRS_MAX: usize = 8_192;
const HOUR: Interval = Interval::from_secs(3_600);
const DAY: Interval = Interval::from_secs(86_400);
/// Flows shorter than this add nothing worth adding up, in seconds.
const SHORT_SECS: f64 = 60.0;
/// Echoes that a judgement takes.
const ECHOES_MIN: u64 = 10;
/// How far the means of both directions may differ, in bytes per packet.
const ECHO_SLACK_BYTES: f64 = 4.0;

impl Behaviour for Tunnel {
    fn name(&self) -> &'static str {
        "tunnel"
    }
    fn definitions(&self) -> &'static [Definition] {
        &DEFINITIONS
    }
    fn settings(&self) -> &'static [Setting] {
        SETTINGS
    }
    fn wants(&self) -> &'static [What] {
        &[What::Conn, What::Http, What::Ssl]
    }
    fn held_bytes_max(&self) -> usize {
        Table::<(Addr, Addr, u8), Sum>::held_bytes_max(PAIRS_MAX)
    }
    fn open(&self, settings: &Chosen) -> Box<dyn Detector> {
        let get = |name| settings.get(SETTINGS, name);
        Box::new(Watch {
            web_secs: get("web_secs_min").max(1.0),
            ssh_secs: get("ssh_secs_min"),
            ssh_per_hour: get("ssh_per_hour"),
            request_bytes: get("request_bytes_min"),
            requests: get("requests_min"),
            echo_bytes: get("echo_bytes_min"),
            echo_sum: get("echo_sum_bytes_min"),
            sums: Table::new(PAIRS_MAX),
        })
    }
}

/// What is added up of a pair: seconds or counts since a time.
#[derive(Debug)]
struct Sum {
    since: Timestamp,
    amount: f64,
    sent: u64,
    received: u64,
    level: u8,
}

struct Watch {
    web_secs: f64,
    ssh_secs: f64,
    ssh_per_hour: f64,
    request_bytes: f64,
    requests: f64,
    echo_bytes: f64,
    echo_sum: f64,
    /// By the two hosts and what is added up.
    sums: Table<(Addr, Addr, u8), Sum>,
}

impl Detector for Watch {
    fn on(&mut self, seen: &Seen<'_>, known: &dyn Known, out: &mut dyn Tell) {
        match seen {
            Seen::Conn(conn) => match conn.proto() {
                Proto::Icmp => self.echo(conn, known, out),
                Proto::Tcp => self.tcp(conn, known, out),
                Proto::Udp => vpn(conn, known, out),
                Proto::Other => {}
            },
            Seen::Http(http) => self.http(http, known, out),
            Seen::Ssl(ssl) => named_vpn(ssl, out),
            _ => {}
        }
    }

    fn held_bytes(&self) -> usize {
        self.sums.held_bytes()
    }

    fn dropped(&self) -> u64 {
        self.sums.dropped()
    }
}

impl Watch {
    /// Adds to what is known of a pair since at most `span`. The new sum.
    fn sum(&mut self, key: (Addr, Addr, u8), at: Timestamp, span: Interval, amount: f64) -> &mut Sum {
        let sum = self.sums.entry(key, || Sum { since: at, amount: 0.0, sent: 0, received: 0, level: 0 });
        if at - sum.since > span {
            *sum = Sum { since: at, amount: 0.0, sent: 0, received: 0, level: 0 };
        }
        sum.amount += amount;
        sum
    }

    fn tcp(&mut self, conn: &Conn<'_>, known: &dyn Known, out: &mut dyn Tell) {
        let (Some((client, _)), Some((server, port))) = (conn.orig(), conn.resp()) else { return };
        if !known.is_inside(client) || known.is_inside(server) {
            return;
        }
        let secs = conn.duration().map_or(0.0, Interval::secs_f64);
        let service = conn.service();
        let is = |name: &[u8]| service.split(|byte| *byte == b',').any(|one| one == name);
        // A firewall counts both directions together.
        let alive = conn.orig_bytes() != Some(0) && conn.resp_bytes().unwrap_or(0) > 0;
        if !alive {
            return;
        }
        if is(b"ssh") || (service.is_empty() && port == 22) {
            return self.ssh(conn, client, server, secs, out);
        }
        let web = is(b"ssl") || is(b"http") || (service.is_empty() && matches!(port, 80 | 443 | 3128 | 8080 | 8443));
        if web && secs >= SHORT_SECS {
            self.web(conn, client, server, secs, known, out);
        }
    }

    fn web(&mut self, conn: &Conn<'_>, client: Addr, server: Addr, secs: f64, known: &dyn Known, out: &mut dyn Tell) {
        let limit = self.web_secs;
        let sum = self.sum((client, server, 0), conn.ts(), DAY, secs);
        let total = sum.amount.max(secs);
        let level = [1.0, 6.0, 24.0, 72.0].iter().filter(|times| total >= limit * **times).count() as u8;
        if level <= sum.level {
            return;
        }
        sum.level = level;
        let name = known.name(client, server);
        let reach = known.reach(name.map_or(Destination::Addr(server), Destination::Name));
        // Push services hold a connection of everybody; a tunnel is one host's.
        let everybodys = reach.hosts >= 3 || reach.of >= 4 && 2 * reach.hosts >= reach.of;
        let severity = if level >= 2 && !everybodys { Severity::Low } else { Severity::Info };
        let confidence = if name.is_none() { 60 } else { 45 };
        let subject = name.map_or_else(|| server.to_string().into_bytes(), <[u8]>::to_vec);
        let finding = Finding::new(&DEFINITIONS[LONG_WEB], client, conn.ts(), confidence).severity(severity).about(&subject);
        let finding = finding.peer(server).proof(conn.uid()).measure("duration", secs.round(), limit, "s");
        out.finding(finding.note("day", total.round(), "s").note("sent", conn.orig_bytes().unwrap_or(0) as f64, "bytes"));
    }

    fn ssh(&mut self, conn: &Conn<'_>, client: Addr, server: Addr, secs: f64, out: &mut dyn Tell) {
        let (long, many) = (self.ssh_secs, self.ssh_per_hour);
        let sum = self.sum((client, server, 1), conn.ts(), HOUR, 1.0);
        if secs < long && sum.amount <= many {
            return;
        }
        let finding = Finding::new(&DEFINITIONS[LONG_SSH], client, conn.ts(), 50).about(server.to_string().as_bytes()).peer(server);
        let finding = finding.times(sum.amount as u64).proof(conn.uid()).measure("duration", secs.round(), long, "s");
        out.finding(finding.measure("per_hour", sum.amount, many, ""));
    }

    fn http(&mut self, http: &Http<'_>, known: &dyn Known, out: &mut dyn Tell) {
        let (Some((client, _)), Some((server, _))) = (http.orig(), http.resp()) else { return };
        let sent = http.request_body_len().unwrap_or(0);
        if (sent as f64) < self.request_bytes || known.is_inside(server) || !known.is_inside(client) {
            return;
        }
        let limit = self.requests;
        let sum = self.sum((client, server, 2), http.ts(), HOUR, 1.0);
        sum.sent += sent;
        sum.received += http.response_body_len().unwrap_or(0);
        if sum.amount < limit || sum.sent <= sum.received || !(sum.amount as u64).is_power_of_two() && sum.amount > limit {
            return;
        }
        let finding = Finding::new(&DEFINITIONS[BIG_REQUESTS], client, http.ts(), 55).about(http.host()).peer(server).proof(http.uid());
        let finding = finding.times(sum.amount as u64).since(sum.since).measure("requests", sum.amount, limit, "");
        out.finding(finding.note("sent", sum.sent as f64, "bytes").note("received", sum.received as f64, "bytes"));
    }

    /// An ICMP flow: for echoes, the ports are the types of request and reply.
    fn echo(&self, conn: &Conn<'_>, known: &dyn Known, out: &mut dyn Tell) {
        let (Some((client, request)), Some((server, reply))) = (conn.orig(), conn.resp()) else { return };
        if !matches!((request, reply), (8, 0) | (128, 129)) {
            return;
        }
        let count = |value: Option<u64>| value.unwrap_or(0);
        let (sent, received) = (count(conn.orig_bytes()), count(conn.resp_bytes()));
        let (requests, replies) = (count(conn.orig_pkts()), count(conn.resp_pkts()));
        let mean = |bytes: u64, packets: u64| if packets == 0 { 0.0 } else { bytes as f64 / packets as f64 };
        let (there, back) = (mean(sent, requests), mean(received, replies));
        let enough = requests + replies >= ECHOES_MIN && replies > 0;
        let unlike = enough && (there - back).abs() > ECHO_SLACK_BYTES;
        let surplus = enough && replies > requests + requests / 5 + 3 && !known.is_inside(server);
        let large = there >= self.echo_bytes && requests >= 2;
        let much = (sent + received) as f64 >= self.echo_sum && there > 64.0;
        let (severity, confidence) = match (unlike, surplus) {
            (true, true) => (Severity::High, 95),
            (true, false) => (Severity::High, 89),
            (false, true) => (Severity::Medium, 60),
            _ if large && much => (Severity::Medium, 60),
            _ if large || much => (Severity::Low, 60),
            _ => return,
        };
        let finding = Finding::new(&DEFINITIONS[ICMP], client, conn.ts(), confidence).severity(severity).peer(server).proof(conn.uid());
        let finding =
            finding.about(server.to_string().as_bytes()).times(requests).measure("request_mean", there.round(), self.echo_bytes, "bytes");
        let finding =
            finding.note("reply_mean", back.round(), "bytes").note("requests", requests as f64, "").note("replies", replies as f64, "");
        out.finding(finding.measure("payload", (sent + received) as f64, self.echo_sum, "bytes"));
    }
}

/// VPN protocols by their ports and services: a habit.
fn vpn(conn: &Conn<'_>, known: &dyn Known, out: &mut dyn Tell) {
    let (Some((client, _)), Some((server, port))) = (conn.orig(), conn.resp()) else { return };
    let what: &[u8] = match (conn.service(), port) {
        (b"ipsec", _) | (_, 500 | 4500) => b"IPsec",
        (b"openvpn", _) | (_, 1194) => b"OpenVPN",
        (b"wireguard", _) | (_, 51820) => b"WireGuard",
        (b"l2tp", _) | (_, 1701) => b"L2TP",
        _ => return,
    };
    if known.is_inside(client) && !known.is_inside(server) && conn.resp_bytes().unwrap_or(0) > 0 {
        tell_vpn(client, server, conn.ts(), conn.uid(), what, out);
    }
}

/// VPN services by the name in a handshake.
fn named_vpn(ssl: &Ssl<'_>, out: &mut dyn Tell) {
    const NAMES: [&[u8]; 4] = [b"softether.net", b"vpngate.net", b"vpnazure.net", b"softether-network.net"];
    let (Some((client, _)), Some((server, _))) = (ssl.orig(), ssl.resp()) else { return };
    if NAMES.iter().any(|name| domain::is_under(ssl.server_name(), name)) {
        tell_vpn(client, server, ssl.ts(), ssl.uid(), b"SoftEther", out);
    }
}

fn tell_vpn(client: Addr, server: Addr, at: Timestamp, uid: Option<model::Uid>, what: &[u8], out: &mut dyn Tell) {
    let subject = [what, b" ", server.to_string().as_bytes()].concat();
    out.finding(Finding::new(&DEFINITIONS[VPN], client, at, 50).about(&subject).peer(server).proof(uid));
}
