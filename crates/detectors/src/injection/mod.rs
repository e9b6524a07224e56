//! Answers that are put into somebody else's connection.
//!
//! Definition: a side of a TCP connection says two different things at one place of its stream, of which the first was read. One
//! of the two came from somebody on the way who was faster than the true server, or slower. Sure where both, or one of them, are the beginning
//! of an HTTP reply; elsewhere broken middle boxes do the same. Source: the public analyses of QUANTUMINSERT (2014-2015), and
//! Ptacek and Newsham, "Insertion, Evasion, and Denial of Service" (1998).
//!
//! The one who injects has no address of his own in the traffic, so the finding stands at the host that was lied to.

use contract::seen::{Differing, Seen, What};
use contract::{Behaviour, Chosen, Definition, Detector, Finding, Known, Part, Setting, Severity, Stage, Tell, Words};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Injection;

const DEFINITIONS: &[Definition] = &[Definition {
    detector: "injection",
    name: "tcp_injection",
    title: Words {
        en: "was given a forged answer inside a connection of its own", ja: "通信の途中に偽の応答を差し込まれた"
    },
    rule: Words {
        en: "two different contents for the same place of one TCP stream; high if one or both begin an HTTP reply",
        ja: "ひとつの TCP ストリームの同じ位置に、異なる内容が二度届いた。少なくとも一方が HTTP 応答の先頭であれば高",
    },
    next: Words {
        en: "compare the time to live of both copies with other packets of the server, and look where the first one sends the host",
        ja: "二つのパケットの TTL をサーバーのほかのパケットと比べ、先に届いた応答がどこへ誘導するかを調べる",
    },
    source: "public analyses of QUANTUMINSERT; Ptacek and Newsham 1998",
    severity: Severity::Low,
    stage: Stage::Exploited,
    part: Part::Target,
    techniques: &["T1557"],
    excluded: &[],
}];

impl Behaviour for Injection {
    fn name(&self) -> &'static str {
        "injection"
    }
    fn definitions(&self) -> &'static [Definition] {
        DEFINITIONS
    }
    fn settings(&self) -> &'static [Setting] {
        &[]
    }
    fn wants(&self) -> &'static [What] {
        &[What::Differing]
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
        let Seen::Differing(differing) = seen else { return };
        if let Some(finding) = judge(differing) {
            out.finding(finding);
        }
    }

    fn held_bytes(&self) -> usize {
        0
    }
}

fn judge(differing: &Differing<'_>) -> Option<Finding> {
    let ((orig, _), (resp, port)) = (differing.orig()?, differing.resp()?);
    let (reader, speaker) = if differing.is_orig()? { (resp, orig) } else { (orig, resp) };
    let replies = [differing.first(), differing.second()].iter().filter(|copy| copy.starts_with(b"HTTP/1.")).count();
    let (severity, confidence) = match replies {
        0 => (Severity::Low, 50),
        1 => (Severity::High, 88),
        _ => (Severity::High, 92),
    };
    Some(
        Finding::new(&DEFINITIONS[0], reader, differing.ts(), confidence)
            .about(format!("{speaker} port {port}").as_bytes())
            .severity(severity)
            .peer(speaker)
            .quote(differing.first())
            .quote(differing.second())
            .proof(differing.uid()),
    )
}
