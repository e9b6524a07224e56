//! Ports on which bots take their orders, for traffic whose content nobody saw (P4).
//!
//! Definition (DETECTIONS.md `bot_ports`): a connection, tried or made, from inside to outside on 6660-6669 or 7000, or a port
//! that settings add, whose content was not recognised. Low, unless another finding joins it: content decides, and where IRC is
//! recognised the detector `irc_bot` reads it. Source: S2, which cites the police's statistics. Left out: bots on 80 and 8080.

use bounded::Table;
use contract::seen::{Proto, Seen, What};
use contract::{Behaviour, Chosen, Definition, Detector, Finding, Known, Part, Role, Setting, Severity, Stage, Tell, Words};
use model::Addr;

/// The row of the catalogue.
#[derive(Debug)]
pub struct BotPorts;

static DEFINITIONS: [Definition; 1] = [Definition {
    detector: "bot_ports",
    name: "bot_port",
    title: Words { en: "connects to a port on which bots take orders", ja: "ボットが指令に使うポートへ接続している" },
    rule: Words {
        en: "TCP from inside to outside on 6660-6669 or 7000, tried or made, of unknown content",
        ja: "内部から外部の 6660-6669・7000 番 TCP への、内容不明の接続（試行を含む）",
    },
    next: Words {
        en: "see whether the host speaks IRC there and who its user is; alone this says little",
        ja: "IRC を話しているか、利用者は誰かを確かめる。これだけでは決め手にならない",
    },
    source: "DETECTIONS.md bot_ports; S2",
    severity: Severity::Low,
    stage: Stage::CalledHome,
    part: Part::Actor,
    techniques: &["T1571"],
    excluded: &[Role::Crawlers, Role::ScannersAuthorised],
}];

const SETTINGS: &[Setting] = &[
    Setting { name: "port_a", default: 0.0, doc: "One more port; 0 for none." },
    Setting { name: "port_b", default: 0.0, doc: "Another; 0 for none." },
    Setting { name: "port_c", default: 0.0, doc: "And another; 0 for none." },
];

/// Pairs of host and port that were told.
const TOLD_MAX: usize = 4096;

impl Behaviour for BotPorts {
    fn name(&self) -> &'static str {
        "bot_ports"
    }
    fn definitions(&self) -> &'static [Definition] {
        &DEFINITIONS
    }
    fn settings(&self) -> &'static [Setting] {
        SETTINGS
    }
    fn wants(&self) -> &'static [What] {
        &[What::Conn]
    }
    fn held_bytes_max(&self) -> usize {
        Table::<(Addr, u16), u64>::held_bytes_max(TOLD_MAX)
    }
    fn open(&self, settings: &Chosen) -> Box<dyn Detector> {
        let port = |name| u16::try_from(settings.count(SETTINGS, name)).unwrap_or(0);
        Box::new(Watch { more: [port("port_a"), port("port_b"), port("port_c")], told: Table::new(TOLD_MAX) })
    }
}

struct Watch {
    more: [u16; 3],
    told: Table<(Addr, u16), u64>,
}

impl Detector for Watch {
    fn on(&mut self, seen: &Seen<'_>, known: &dyn Known, out: &mut dyn Tell) {
        let Seen::Conn(conn) = seen else { return };
        let (Some((host, _)), Some((server, port))) = (conn.orig(), conn.resp()) else { return };
        let listed = matches!(port, 6660..=6669 | 7000) || (port != 0 && self.more.contains(&port));
        if !listed || conn.proto() != Proto::Tcp || !conn.service().is_empty() || !known.is_inside(host) || known.is_inside(server) {
            return;
        }
        // Captures that begin in the middle show answers as if they were questions.
        if !conn.history().is_empty() && !conn.history().starts_with(b"S") {
            return;
        }
        let count = self.told.entry((host, port), || 0);
        *count += 1;
        if count.is_power_of_two() {
            let finding = Finding::new(&DEFINITIONS[0], host, conn.ts(), 40).about(format!("{port}/tcp").as_bytes());
            out.finding(finding.times(*count).peer(server).proof(conn.uid()));
        }
    }

    fn held_bytes(&self) -> usize {
        self.told.held_bytes()
    }

    fn dropped(&self) -> u64 {
        self.told.dropped()
    }
}
