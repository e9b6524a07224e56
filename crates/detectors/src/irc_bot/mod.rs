//! Bots that take their orders over IRC (B1, P4), on whatever port.
//!
//! Definition: IRC by its content, scored per session. A port where nobody runs IRC 2; an order in a topic or a message 5; the
//! host reports of a scan, a download or a proxy 5 (3 where no order was seen in the minute before and nobody else reports); a nickname as bots make
//! them 3; a channel behind a key 1; two inside hosts that say the same within ten seconds 5; at least two others in the
//! channel that report as bots do 4; a topic that no person can read 2. Told from 7 on, with the orders. The finding is of the
//! client. Ordinary chat has none of the first three and stays under 7 even on an odd port behind a key with an odd nickname.
//! Source: DETECTIONS.md `irc_bot`; the sessions printed in S1. Left out: IRC inside TLS, whose words can't be seen, and IRC
//! servers as such.

mod nick;
mod order;

use crate::hash;
use bounded::Table;
use contract::seen::{Irc, Seen, What};
use contract::{Behaviour, Chosen, Definition, Detector, Finding, Known, Part, Setting, Severity, Stage, Tell, Words};
use model::{Addr, Interval, Timestamp, Uid};

/// The row of the catalogue.
#[derive(Debug)]
pub struct IrcBot;

static DEFINITIONS: [Definition; 1] = [Definition {
    detector: "irc_bot",
    name: "irc_bot",
    title: Words { en: "takes orders as an IRC bot", ja: "IRC ボットとして指令を受けている" },
    rule: Words {
        en: "an IRC session that scores 7: odd port 2, an order in a topic or message 5, a bot's report 5 (3 without an order), a bot's nickname 3, \
             a channel key 1, two inside hosts answering alike 5, others reporting as bots 4, an unreadable topic 2",
        ja: "IRC セッションの得点が 7 以上: 通常と違うポート 2、トピックや発言にある指令 5、ボットの報告 5（指令がなければ 3）、\
             ボットらしいニックネーム 3、鍵付きチャンネル 1、内部の 2 台が同じ返答 5、他の参加者がボットの報告をする 4、読めないトピック 2",
    },
    next: Words {
        en: "take the host off the network, block the server, and look for other hosts that talk to it",
        ja: "ホストをネットワークから切り離し、サーバーへの通信を遮断し、同じサーバーと通信する他のホストを探す",
    },
    source: "DETECTIONS.md irc_bot; S1",
    severity: Severity::High,
    stage: Stage::CalledHome,
    part: Part::Actor,
    techniques: &["T1071.003"],
    excluded: &[],
}];

const SETTINGS: &[Setting] = &[
    Setting { name: "score_min", default: 7.0, doc: "The score from which a session is told of." },
    Setting { name: "report_secs", default: 60.0, doc: "How soon after an order a report counts as its answer, in seconds." },
    Setting { name: "alike_secs", default: 10.0, doc: "Within how many seconds two hosts answer alike." },
];

/// Sessions that are followed at once; each holds no text but counts, and the quotes go into the finding.
const SESSIONS_MAX: usize = 8_192;
/// Channels whose last message by an inside host is remembered.
const CHANNELS_MAX: usize = 8_192;
/// Orders that one session keeps until it is told of.
const ORDERS_MAX: usize = 4;
/// Others in a channel who are told apart when they report as bots.
const REPORTERS_MAX: usize = 4;
/// Bytes that one session's texts may hold.
const SESSION_BYTES: usize = ORDERS_MAX * contract::QUOTE_BYTES_MAX;
/// Others who report as bots that make a channel theirs.
const OTHERS_MIN: usize = 2;
/// A message shorter than this may be the same by chance ("hello").
const ALIKE_BYTES_MIN: usize = 12;

impl Behaviour for IrcBot {
    fn name(&self) -> &'static str {
        "irc_bot"
    }
    fn definitions(&self) -> &'static [Definition] {
        &DEFINITIONS
    }
    fn settings(&self) -> &'static [Setting] {
        SETTINGS
    }
    fn wants(&self) -> &'static [What] {
        &[What::Irc]
    }
    fn held_bytes_max(&self) -> usize {
        Table::<Uid, Session>::held_bytes_max(SESSIONS_MAX)
            + SESSIONS_MAX * SESSION_BYTES
            + Table::<(Addr, u64), Said>::held_bytes_max(CHANNELS_MAX)
    }
    fn open(&self, settings: &Chosen) -> Box<dyn Detector> {
        Box::new(Watch {
            score_min: settings.count(SETTINGS, "score_min") as u32,
            report: settings.secs(SETTINGS, "report_secs"),
            alike: settings.secs(SETTINGS, "alike_secs"),
            sessions: Table::new(SESSIONS_MAX),
            said: Table::new(CHANNELS_MAX),
            order_bytes: 0,
        })
    }
}

/// One session, as far as it was heard.
#[derive(Debug, Default)]
struct Session {
    first: Option<Timestamp>,
    ordered: Option<Timestamp>,
    orders: Vec<Box<[u8]>>,
    order_count: u64,
    reports: u64,
    /// Hashes of the names of others who report.
    reporters: [u64; REPORTERS_MAX],
    answered: bool,
    bot_nick: bool,
    key: bool,
    alike: bool,
    unreadable: bool,
    told: u32,
}

/// What an inside host said last in a channel.
#[derive(Debug)]
struct Said {
    host: Addr,
    uid: Uid,
    text: u64,
    at: Timestamp,
}

struct Watch {
    score_min: u32,
    report: Interval,
    alike: Interval,
    sessions: Table<Uid, Session>,
    said: Table<(Addr, u64), Said>,
    order_bytes: usize,
}

impl Detector for Watch {
    fn on(&mut self, seen: &Seen<'_>, known: &dyn Known, out: &mut dyn Tell) {
        let Seen::Irc(line) = seen else { return };
        let (Some(uid), Some((host, _)), Some((server, port))) = (line.uid(), line.orig(), line.resp()) else { return };
        let twin = self.alike(line, uid, host, server, known);
        let session = self.sessions.entry(uid, Session::default);
        session.first.get_or_insert(line.ts());
        session.alike |= twin.is_some();
        let before = session.orders.len();
        if line.is_orig() == Some(true) {
            session.client(line, self.report);
        } else {
            session.server(line);
        }
        self.order_bytes += session.orders.get(before..).unwrap_or_default().iter().map(|order| order.len()).sum::<usize>();
        let score = session.score(port);
        if score >= self.score_min && (score > session.told || session.is_news()) {
            session.told = score;
            out.finding(session.finding(line, host, server, port, score, self.score_min));
        }
        if let Some(twin) = twin.and_then(|uid| self.sessions.get_mut(&uid)) {
            twin.alike = true;
        }
    }

    fn held_bytes(&self) -> usize {
        self.sessions.held_bytes() + self.said.held_bytes() + self.order_bytes.min(SESSIONS_MAX * SESSION_BYTES)
    }

    fn dropped(&self) -> u64 {
        self.sessions.dropped() + self.said.dropped()
    }
}

impl Watch {
    /// The session of another inside host that said the same to the same channel just before.
    fn alike(&mut self, line: &Irc<'_>, uid: Uid, host: Addr, server: Addr, known: &dyn Known) -> Option<Uid> {
        let is_message = line.is_orig() == Some(true) && matches!(line.command(), b"PRIVMSG" | b"NOTICE");
        if !is_message || line.text().len() < ALIKE_BYTES_MIN || !known.is_inside(host) {
            return None;
        }
        // Numbers differ from host to host: addresses, sizes, ids.
        let text = hash(&line.text().iter().filter(|byte| !byte.is_ascii_digit()).copied().collect::<Vec<u8>>());
        let now = Said { host, uid, text, at: line.ts() };
        let last = self.said.entry((server, hash(line.target())), || Said { at: Timestamp::MIN, ..now });
        let same = last.at != Timestamp::MIN && last.host != host && last.text == text && line.ts() - last.at <= self.alike;
        let twin = same.then_some(last.uid);
        *last = now;
        twin
    }
}

impl Session {
    /// What the host itself says.
    fn client(&mut self, line: &Irc<'_>, within: Interval) {
        match line.command() {
            b"NICK" => self.bot_nick |= nick::is_bots(line.text()),
            b"JOIN" => self.key |= !line.key().is_empty(),
            b"PRIVMSG" | b"NOTICE" if order::is_report(line.text()) => {
                self.reports += 1;
                self.answered |= self.ordered.is_some_and(|at| line.ts() - at <= within);
            }
            _ => {}
        }
    }

    /// What it is told.
    fn server(&mut self, line: &Irc<'_>) {
        let is_topic = matches!(line.command(), b"TOPIC" | b"332");
        if !is_topic && !matches!(line.command(), b"PRIVMSG" | b"NOTICE") {
            return;
        }
        if order::is_order(line.text()) {
            self.ordered = Some(line.ts());
            self.order_count += 1;
            let text = line.text().get(..contract::QUOTE_BYTES_MAX).unwrap_or(line.text());
            if self.orders.len() < ORDERS_MAX && !self.orders.iter().any(|order| **order == *text) {
                self.orders.push(text.into());
            }
        } else if is_topic {
            self.unreadable |= order::is_unreadable(line.text());
        } else if order::is_report(line.text()) {
            let name = line.source().split(|byte| *byte == b'!').next().unwrap_or_default();
            let name = hash(name);
            if let Some(place) = self.reporters.iter_mut().find(|place| **place == 0 || **place == name) {
                *place = name;
            }
        }
    }

    fn others(&self) -> usize {
        self.reporters.iter().filter(|name| **name != 0).count()
    }

    fn score(&self, port: u16) -> u32 {
        let report = match (self.reports, self.answered) {
            (0, _) => 0,
            // Who reports among others who report the same way needs no order that we heard.
            (_, answered) if answered || self.others() > 0 => 5,
            _ => 3,
        };
        let of = |sign: bool, points: u32| if sign { points } else { 0 };
        of(!is_irc_port(port), 2)
            + of(self.order_count > 0, 5)
            + report
            + of(self.bot_nick, 3)
            + of(self.key, 1)
            + of(self.alike, 5)
            + of(self.others() >= OTHERS_MIN, 4)
            + of(self.unreadable, 2)
    }

    /// Whether there is an order that was not told yet.
    fn is_news(&self) -> bool {
        self.order_count > 0 && self.order_count.is_power_of_two()
    }

    /// A host is accused alone by what only bots do: orders with a further sign, or company of bots.
    fn confidence(&self, score: u32) -> u8 {
        match (self.order_count > 0, self.others() >= OTHERS_MIN || self.answered || self.alike) {
            (true, true) => 97,
            (true, false) if score >= 8 => 93,
            (true, false) | (false, true) => 89,
            (false, false) => 60,
        }
    }

    fn finding(&self, line: &Irc<'_>, host: Addr, server: Addr, port: u16, score: u32, limit: u32) -> Finding {
        let subject = format!("{server}:{port}");
        let finding = Finding::new(&DEFINITIONS[0], host, line.ts(), self.confidence(score))
            .since(self.first.unwrap_or(line.ts()))
            .about(subject.as_bytes())
            .times((self.order_count + self.reports).max(1))
            .peer(server)
            .proof(line.uid())
            .measure("score", f64::from(score), f64::from(limit), "")
            .note("orders", self.order_count as f64, "")
            .note("reports", self.reports as f64, "");
        let finding = self.orders.iter().fold(finding, |finding, order| finding.quote(order));
        // What the host said itself proves that it obeys.
        if order::is_report(line.text()) { finding.quote(line.text()) } else { finding }
    }
}

/// Where people run IRC servers.
const fn is_irc_port(port: u16) -> bool {
    matches!(port, 194 | 994 | 6660..=6669 | 6679 | 6697 | 7000)
}
