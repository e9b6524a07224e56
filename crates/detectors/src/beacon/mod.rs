//! Hosts that call home: the same place again and again, as regularly as only machines are.
//!
//! Definition: at least four different times; the score is the mean of four between 0 and 1, after RITA: times (Bowley skewness
//! and median absolute deviation of the intervals), sizes (the same of the bytes sent), duration (how much of the time is
//! covered) and histogram (how evenly). It is computed when calls come, not daily. HTTP counts by (host, path) and by host, so
//! that a POST every 60 s is seen within minutes; other TCP by (name or address, port); connections that nobody answers, by
//! (address, port): a master that is gone. A regular call alone is what updates and chat programs do, too. So a score of signs
//! decides how bad it is: see `signs.rs`. Source: DETECTIONS.md `beacon`; activecm/rita.
//!
//! Calls that are odd by themselves are told at once: see `single.rs`.
//!
//! Left out: UDP; regularity within one long connection; destinations in the host's own network.

mod regular;
mod series;
mod signs;
mod single;

use bounded::Table;
use contract::seen::{Conn, Http, Proto, Seen, Ssl, What};
use contract::{Behaviour, Chosen, Definition, Destination, Detector, Finding, Known, Part, Role, Setting, Severity, Stage, Tell, Words};
use model::{Addr, Interval, Timestamp, Uid};
use regular::Regularity;
use series::{SAMPLES_MAX, Series};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Beacon;

const NEXT: Words = Words {
    en: "find the program on the host that makes these calls; if nobody knows it, block the destination",
    ja: "この通信を行うプログラムをホスト上で特定し、心当たりがなければ宛先を遮断する",
};
const SOURCE: &str = "DETECTIONS.md beacon; activecm/rita";

static DEFINITIONS: [Definition; 6] = [
    Definition {
        detector: "beacon",
        name: "http_beacon",
        title: Words { en: "calls home over HTTP at regular times", ja: "HTTP で定期的に同じ宛先を呼び出している" },
        rule: Words {
            en: "at least 4 requests for one path of a host, or to one host, whose times, sizes, duration and histogram score 0.75 of 1 or more; \
                 how bad it is goes by signs such as POST, constant size, a bare address, no referrer",
            ja: "同じパスまたは同じホストへの 4 回以上の要求で、間隔・大きさ・継続・分布の得点が 0.75 以上。深刻度は POST、一定の大きさ、IP アドレス直接指定、Referer なしなどで決まる",
        },
        next: NEXT,
        source: SOURCE,
        severity: Severity::Medium,
        stage: Stage::CalledHome,
        part: Part::Actor,
        techniques: &["T1071.001"],
        excluded: &[Role::Monitors, Role::Crawlers, Role::Proxies],
    },
    Definition {
        detector: "beacon",
        name: "tcp_beacon",
        title: Words { en: "calls home at regular times", ja: "定期的に同じ宛先へ接続している" },
        rule: Words {
            en: "at least 4 TCP connections to one name or address outside, on one port, whose times, sizes, duration and histogram score 0.75 of 1 or \
                 more; how bad it is goes by signs such as a bare address, an unusual port, constant size",
            ja: "外部の同じ名前またはアドレスの同じポートへの 4 回以上の TCP 接続で、間隔・大きさ・継続・分布の得点が 0.75 以上。深刻度は名前のないアドレス、通常と違うポート、一定の大きさなどで決まる",
        },
        next: NEXT,
        source: SOURCE,
        severity: Severity::Medium,
        stage: Stage::CalledHome,
        part: Part::Actor,
        techniques: &["T1071", "T1571"],
        excluded: &[Role::Monitors, Role::Proxies, Role::MailServers],
    },
    Definition {
        detector: "beacon",
        name: "dead_beacon",
        title: Words { en: "keeps calling an address that does not answer", ja: "応答のない宛先を呼び続けている" },
        rule: Words {
            en: "at least 5 failed TCP connections at regular times to one port of one address outside that has never answered",
            ja: "一度も応答しない外部アドレスの同じポートへ、定期的に 5 回以上 TCP 接続を試みて失敗している",
        },
        next: NEXT,
        source: SOURCE,
        severity: Severity::Medium,
        stage: Stage::CalledHome,
        part: Part::Actor,
        techniques: &["T1571", "T1008"],
        excluded: &[Role::Monitors, Role::MailServers],
    },
    Definition {
        detector: "beacon",
        name: "unvouched_tls",
        title: Words {
            en: "speaks TLS with a server that nobody vouches for", ja: "身元を保証されていない相手と TLS で通信している"
        },
        rule: Words {
            en: "TLS without a server name to a port outside where nobody runs it, with a certificate that is self-signed or of an unknown issuer; high \
                 where no name or a dynamic name led there",
            ja: "サーバー名を示さず、通常使われない外部のポートへ、自己署名または発行者不明の証明書で行う TLS。名前を引いていないかダイナミック DNS の名前なら高",
        },
        next: NEXT,
        source: "DETECTIONS.md beacon; ATT&CK T1573",
        severity: Severity::Medium,
        stage: Stage::CalledHome,
        part: Part::Actor,
        techniques: &["T1573.002", "T1571"],
        excluded: &[Role::Monitors, Role::Proxies],
    },
    Definition {
        detector: "beacon",
        name: "bare_channel",
        title: Words { en: "keeps a channel of an unknown protocol open", ja: "未知のプロトコルの通信路を保っている" },
        rule: Words {
            en: "a TCP connection of a minute or more in which both sides speak an unknown protocol, to a bare address or a dynamic name outside on an \
                 unusual port, by a host with at most two such servers",
            ja: "1 分以上続き双方が未知のプロトコルで話す TCP 接続で、相手が外部の名前のないアドレスまたはダイナミック DNS の名前の通常使われないポート。\
                 そのような相手が 2 か所以内のホスト",
        },
        next: NEXT,
        source: "DETECTIONS.md beacon; ATT&CK T1095",
        severity: Severity::Medium,
        stage: Stage::CalledHome,
        part: Part::Actor,
        techniques: &["T1095", "T1571"],
        excluded: &[Role::Monitors, Role::Proxies],
    },
    Definition {
        detector: "beacon",
        name: "gate_post",
        title: Words {
            en: "sends a form to a script that no page led to", ja: "参照元のないスクリプトへデータを送信している"
        },
        rule: Words {
            en: "POST with a body and without a referrer to a bare address or a dynamic name outside; high where it is a script and the program says that \
                 it is a browser",
            ja: "外部の IP アドレスまたはダイナミック DNS の名前への、本文があり Referer のない POST。スクリプト宛てでブラウザーを名乗るときは高",
        },
        next: NEXT,
        source: "DETECTIONS.md beacon; ATT&CK T1071.001",
        severity: Severity::Medium,
        stage: Stage::CalledHome,
        part: Part::Actor,
        techniques: &["T1071.001", "T1041"],
        excluded: &[Role::Monitors, Role::Crawlers, Role::Proxies],
    },
];

const SETTINGS: &[Setting] = &[
    Setting { name: "times_min", default: 4.0, doc: "Different times that make a series." },
    Setting { name: "score_min", default: 0.75, doc: "The score from which a series is regular, from 0 to 1." },
    Setting { name: "span_secs_min", default: 30.0, doc: "What a series must last, in seconds: pages load faster." },
    Setting { name: "prevalence_hosts", default: 5.0, doc: "A destination of so many inside hosts is everybody's." },
];

/// Destinations by client that are followed at once.
const SERIES_MAX: usize = 32_768;
/// Handshakes that wait at once; each waits five minutes.
const WAITING_MAX: usize = 1_024;
/// How long one waits: file sharing has shown itself by then.
const WAIT: Interval = Interval::from_secs(300);
/// Servers on unusual ports that a client of a master has, hardly more.
const ODD_SERVERS_MAX: usize = 2;
/// Clients whose servers on unusual ports are counted.
const CLIENTS_MAX: usize = 16_384;
/// A path or name in a finding: enough to be found again.
const NAME_BYTES_MAX: usize = 128;

/// Whose calls to where: the place is a hash of what distinguishes it.
type Key = (Addr, u64);

impl Behaviour for Beacon {
    fn name(&self) -> &'static str {
        "beacon"
    }
    fn definitions(&self) -> &'static [Definition] {
        &DEFINITIONS
    }
    fn settings(&self) -> &'static [Setting] {
        SETTINGS
    }
    fn wants(&self) -> &'static [What] {
        &[What::Http, What::Conn, What::Ssl]
    }
    fn held_bytes_max(&self) -> usize {
        2 * WAITING_MAX * size_of::<Waiting>()
            + Table::<Addr, [u32; 4]>::held_bytes_max(CLIENTS_MAX)
            + Table::<Key, Series>::held_bytes_max(SERIES_MAX)
            + SERIES_MAX * (NAME_BYTES_MAX + Series::SAMPLE_BYTES * SAMPLES_MAX)
    }
    fn open(&self, settings: &Chosen) -> Box<dyn Detector> {
        Box::new(Watch {
            times_min: settings.count(SETTINGS, "times_min").clamp(3, SAMPLES_MAX as u64) as usize,
            score_min: settings.get(SETTINGS, "score_min"),
            span_secs_min: settings.get(SETTINGS, "span_secs_min"),
            prevalence: settings.count(SETTINGS, "prevalence_hosts") as u32,
            series: Table::new(SERIES_MAX),
            odd: Table::new(CLIENTS_MAX),
            waiting: Vec::new(),
            crowded: 0,
            answered: false,
            entry_bytes: 0,
        })
    }
}

/// A handshake that waits for what else its client does.
struct Waiting {
    client: Addr,
    server: (Addr, u16),
    at: Timestamp,
    uid: Option<Uid>,
    single: single::Single,
}

struct Watch {
    waiting: Vec<Waiting>,
    crowded: u64,
    times_min: usize,
    score_min: f64,
    span_secs_min: f64,
    prevalence: u32,
    series: Table<Key, Series>,
    /// Servers on unusual ports that each client has, by hash.
    odd: Table<Addr, [u32; 4]>,
    /// Whether any TCP connection was ever answered: where only one direction is seen, failures mean nothing.
    answered: bool,
    /// Bytes of names and samples that were ever added; no more than the table's share counts.
    entry_bytes: usize,
}

impl Detector for Watch {
    fn on(&mut self, seen: &Seen<'_>, known: &dyn Known, out: &mut dyn Tell) {
        match seen {
            Seen::Http(http) => self.http(http, known, out),
            Seen::Conn(conn) if conn.proto() == Proto::Tcp => {
                self.channel(conn, known, out);
                self.tcp(conn, known, out);
            }
            Seen::Ssl(ssl) => self.tls(ssl, known),
            _ => {}
        }
    }

    fn tick(&mut self, now: Timestamp, last: bool, known: &dyn Known, out: &mut dyn Tell) {
        let waiting = std::mem::take(&mut self.waiting);
        for call in waiting {
            if !last && now - call.at < WAIT {
                self.waiting.push(call);
            } else if self.odd_servers(call.client) <= ODD_SERVERS_MAX {
                tell_single(3, call.client, call.server, call.at, call.uid, call.single, known, out);
            }
        }
    }

    fn held_bytes(&self) -> usize {
        let each = NAME_BYTES_MAX + Series::SAMPLE_BYTES * SAMPLES_MAX;
        self.waiting.capacity() * size_of::<Waiting>()
            + self.odd.held_bytes()
            + self.series.held_bytes()
            + self.entry_bytes.min(self.series.len() * each)
    }

    fn dropped(&self) -> u64 {
        self.series.dropped() + self.odd.dropped() + self.crowded
    }
}

impl Watch {
    fn http(&mut self, http: &Http<'_>, known: &dyn Known, out: &mut dyn Tell) {
        let (Some((client, _)), Some((server, port))) = (http.orig(), http.resp()) else { return };
        if http.method().is_empty() || signs::is_neighbour(client, server) {
            return;
        }
        let path = http.uri().split(|byte| *byte == b'?').next().unwrap_or_default();
        if let Some(single) = single::gate(http, client, server, path, known) {
            tell_single(5, client, (server, port), http.ts(), http.uid(), single, known, out);
        }
        let place = [http.host(), path].concat();
        let host = if http.host().is_empty() { server.to_string().into_bytes() } else { http.host().to_vec() };
        for (is_path, subject) in [(true, &place), (false, &host)] {
            let key = (client, crate::hash(subject) ^ u64::from(is_path));
            let series = self.series.entry(key, || Series::new(server, port, subject, NAME_BYTES_MAX));
            self.entry_bytes += series.add(http.ts(), http.request_body_len().unwrap_or(0) as u32, http.uid());
            series.web.see(http, path);
            // What a path alone explains needs no second finding for its host.
            if !is_path && series.web.paths() < 2 {
                continue;
            }
            if series.is_due()
                && let Some(regularity) = self.regular(key, known)
                && let Some(series) = self.series.get_mut(&key)
            {
                let destination = if signs::is_bare(http.host()) { Destination::Addr(server) } else { Destination::Name(http.host()) };
                let reach = known.reach(destination);
                let verdict = signs::http(series, http, &regularity, reach, self.prevalence, known.is_inside(client));
                tell(0, client, series, &regularity, verdict, self.score_min, out);
            }
        }
    }

    fn tcp(&mut self, conn: &Conn<'_>, known: &dyn Known, out: &mut dyn Tell) {
        let (Some((client, _)), Some((server, port))) = (conn.orig(), conn.resp()) else { return };
        let failed = matches!(conn.state(), b"S0" | b"REJ" | b"RSTOS0" | b"RSTRH");
        self.answered |= !failed && conn.resp_pkts().unwrap_or(0) > 0;
        let service = conn.service();
        let other = !service.is_empty() && service != b"ssl";
        if known.is_inside(server) || signs::is_neighbour(client, server) || other || matches!(conn.state(), b"OTH" | b"SH" | b"SHR") {
            return;
        }
        let name = known.name(client, server);
        let what = if failed { None } else { name };
        let kind = if failed { 2 } else { 1 };
        if !failed {
            // It answers after all.
            self.series.remove(&(client, place(server, port, 2)));
        }
        let key = (client, what.map_or_else(|| place(server, port, kind), |name| bounded::fingerprint(&(name, port))));
        let make = || {
            let subject =
                what.map_or_else(|| format!("{server}:{port}").into_bytes(), |name| [name, format!(":{port}").as_bytes()].concat());
            Series::new(server, port, &subject, NAME_BYTES_MAX)
        };
        let series = self.series.entry(key, make);
        self.entry_bytes += series.add(conn.ts(), conn.orig_bytes().unwrap_or(0) as u32, conn.uid());
        if !series.is_due() || (failed && !self.answered) {
            return;
        }
        if let Some(regularity) = self.regular(key, known)
            && let Some(series) = self.series.get_mut(&key)
        {
            let reach = known.reach(name.map_or(Destination::Addr(server), Destination::Name));
            let inside = known.is_inside(client);
            if failed && regularity.times < self.times_min + 1 {
                return;
            }
            let verdict = match failed {
                true => signs::dead(series, reach, self.prevalence, inside),
                false => signs::tcp(series, name, service, &regularity, reach, self.prevalence, inside),
            };
            tell(kind, client, series, &regularity, verdict, self.score_min, out);
        }
    }

    fn tls(&mut self, ssl: &Ssl<'_>, known: &dyn Known) {
        let (Some((client, _)), Some((server, port))) = (ssl.orig(), ssl.resp()) else { return };
        if let Some(single) = single::tls(ssl, client, server, port, known) {
            self.odd_server(client, server);
            if self.waiting.len() >= WAITING_MAX {
                self.crowded += 1;
                return;
            }
            self.waiting.push(Waiting { client, server: (server, port), at: ssl.ts(), uid: ssl.uid(), single });
        }
    }

    fn odd_server(&mut self, client: Addr, server: Addr) {
        let servers = self.odd.entry(client, || [0; 4]);
        let number = (crate::hash(server.as_slice()) as u32).max(1);
        if let Some(place) = servers.iter_mut().find(|place| **place == 0 || **place == number) {
            *place = number;
        }
    }

    fn odd_servers(&self, client: Addr) -> usize {
        self.odd.get(&client).map_or(0, |servers| servers.iter().filter(|place| **place != 0).count())
    }

    fn channel(&mut self, conn: &Conn<'_>, known: &dyn Known, out: &mut dyn Tell) {
        let (Some((client, _)), Some((server, port))) = (conn.orig(), conn.resp()) else { return };
        if signs::is_usual(port) || known.is_inside(server) || conn.resp_bytes().unwrap_or(0) == 0 {
            return;
        }
        self.odd_server(client, server);
        let others = self.odd_servers(client);
        if let Some(single) = single::channel(conn, client, server, port, others, known) {
            tell_single(4, client, (server, port), conn.ts(), conn.uid(), single, known, out);
        }
    }

    fn regular(&self, key: Key, known: &dyn Known) -> Option<Regularity> {
        let regularity = regular::judge(self.series.get(&key)?.samples(), known.now())?;
        let enough = regularity.times >= self.times_min && regularity.span_secs >= self.span_secs_min;
        (enough && regularity.score() >= self.score_min).then_some(regularity)
    }
}

fn place(server: Addr, port: u16, kind: usize) -> u64 {
    bounded::fingerprint(&(server, port, kind))
}

fn tell(kind: usize, client: Addr, series: &mut Series, regularity: &Regularity, verdict: signs::Verdict, limit: f64, out: &mut dyn Tell) {
    let Some(definition) = DEFINITIONS.get(kind) else { return };
    let proofs: Vec<Uid> = series.proofs().collect();
    let finding = Finding::new(definition, client, series.last(), verdict.confidence)
        .severity(verdict.severity)
        .since(series.first())
        .about(series.name())
        .times(series.count())
        .peer(series.server())
        .proofs(proofs)
        .measure("score", round(regularity.score()), limit, "")
        .note("interval", round(regularity.interval_secs), "s")
        .note("times", round(regularity.time), "")
        .note("sizes", round(regularity.size), "")
        .note("duration", round(regularity.duration), "")
        .note("histogram", round(regularity.histogram), "")
        .note("signs", f64::from(verdict.signs), "");
    let finding = if kind == 0 { finding.quote(&series.web.quote()) } else { finding };
    out.finding(finding);
}

#[expect(clippy::too_many_arguments, reason = "what is known of one call")]
fn tell_single(
    kind: usize,
    client: Addr,
    (server, port): (Addr, u16),
    at: Timestamp,
    uid: Option<Uid>,
    single: single::Single,
    known: &dyn Known,
    out: &mut dyn Tell,
) {
    let Some(definition) = DEFINITIONS.get(kind) else { return };
    let finding = Finding::new(definition, client, at, single.confidence).severity(single.severity);
    let finding = finding.about(format!("{server}:{port}").as_bytes()).peer(server).proof(uid).note("signs", f64::from(single.signs), "");
    out.finding(known.name(client, server).map_or(finding.clone(), |name| finding.quote(name)));
}

/// Three digits: what is printed should not depend on the last bit of a sum.
fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
