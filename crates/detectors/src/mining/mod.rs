//! Hosts that mine coins.
//!
//! Definition: the first thing that a client sends is an order of a mining pool's protocol: Stratum (`mining.subscribe`,
//! `mining.authorize`, `login` with a password) or its Ethereum dialects, on whatever port. Source: the Stratum protocol;
//! MITRE ATT&CK T1496. Left out: pools behind TLS, which only their names or addresses tell; nodes of a coin's network, which
//! need not mine.

use contract::seen::{Seen, What};
use contract::{Behaviour, Chosen, Definition, Detector, Finding, Known, Part, Setting, Severity, Stage, Tell, Words};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Mining;

static DEFINITIONS: [Definition; 1] = [Definition {
    detector: "mining",
    name: "mining",
    title: Words { en: "mines coins for a pool", ja: "プールのために暗号通貨を採掘している" },
    rule: Words {
        en: "a client that begins with an order of a mining pool's protocol (Stratum and its like), on any port",
        ja: "クライアントの最初の送信がマイニングプールのプロトコル（Stratum など）の命令である（ポートは問わない）",
    },
    next: Words {
        en: "ask the host's owner; miners that nobody installed came with a break-in, so look for how",
        ja: "ホストの管理者に確かめる。誰も入れていないなら侵入の結果なので、経路を調べる",
    },
    source: "MITRE ATT&CK T1496; the Stratum protocol",
    severity: Severity::High,
    stage: Stage::Acted,
    part: Part::Actor,
    techniques: &["T1496"],
    excluded: &[],
}];

impl Behaviour for Mining {
    fn name(&self) -> &'static str {
        "mining"
    }
    fn definitions(&self) -> &'static [Definition] {
        &DEFINITIONS
    }
    fn settings(&self) -> &'static [Setting] {
        &[]
    }
    fn wants(&self) -> &'static [What] {
        &[What::Mark]
    }
    fn held_bytes_max(&self) -> usize {
        0
    }
    fn open(&self, _settings: &Chosen) -> Box<dyn Detector> {
        Box::new(Watch)
    }
}

struct Watch;

impl Detector for Watch {
    fn on(&mut self, seen: &Seen<'_>, _known: &dyn Known, out: &mut dyn Tell) {
        let Seen::Mark(mark) = seen else { return };
        if let (b"stratum", Some((host, _)), Some((pool, port))) = (mark.what(), mark.orig(), mark.resp()) {
            let finding = Finding::new(&DEFINITIONS[0], host, mark.ts(), 92).about(format!("{pool}:{port}").as_bytes());
            out.finding(finding.peer(pool).proof(mark.uid()).quote(mark.text()));
        }
    }

    fn held_bytes(&self) -> usize {
        0
    }
}
