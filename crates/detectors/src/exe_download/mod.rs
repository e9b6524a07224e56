//! Executables that are fetched (P12, S4).
//!
//! Definition: a body whose content is a program (PE, ELF, Mach-O) or a script, or a URI that ends as programs do. High where
//! type and name disagree or the server is a bare address. Source: DETECTIONS.md `exe_download`; S4, whose student found his
//! infection by the one PE in a capture. Left out here: what is inside archives.

use contract::seen::{Http, Seen, What};
use contract::{Behaviour, Chosen, Definition, Detector, Finding, Known, Part, Setting, Severity, Stage, Tell, Words};

/// The row of the catalogue.
#[derive(Debug)]
pub struct ExeDownload;

const DEFINITIONS: &[Definition] = &[Definition {
    detector: "exe_download",
    name: "exe_download",
    title: Words { en: "fetched a program", ja: "実行ファイルを取得した" },
    rule: Words {
        en: "a body over HTTP that is a program by its content; high if its name or the type that the server gives say otherwise, or the server is a bare address",
        ja: "HTTP の本文が内容から見て実行ファイルである。名前やサーバーの示す種類と食い違うとき、またはサーバーが IP アドレスで指定されたときは高",
    },
    next: Words {
        en: "look up the file's hash, and ask the host's user whether the program was wanted",
        ja: "ファイルのハッシュ値を調べ、利用者に意図したものかを確かめる",
    },
    source: "DETECTIONS.md exe_download; S4",
    severity: Severity::Medium,
    stage: Stage::CameIn,
    part: Part::Actor,
    techniques: &["T1105"],
    excluded: &[],
}];

const PROGRAMS: &[&str] = &[
    "application/x-dosexec",
    "application/x-elf",
    "application/x-executable",
    "application/x-sharedlib",
    "application/x-mach-o-executable",
];
const ENDINGS: &[&str] = &[".exe", ".scr", ".pif", ".com", ".msi", ".dll", ".sys", ".cpl", ".ocx"];

impl Behaviour for ExeDownload {
    fn name(&self) -> &'static str {
        "exe_download"
    }
    fn definitions(&self) -> &'static [Definition] {
        DEFINITIONS
    }
    fn settings(&self) -> &'static [Setting] {
        &[]
    }
    fn wants(&self) -> &'static [What] {
        &[What::Http]
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
    fn on(&mut self, seen: &Seen<'_>, known: &dyn Known, out: &mut dyn Tell) {
        let Seen::Http(http) = seen else { return };
        if let Some(finding) = judge(http, known) {
            out.finding(finding);
        }
    }

    fn held_bytes(&self) -> usize {
        0
    }
}

fn judge(http: &Http<'_>, _known: &dyn Known) -> Option<Finding> {
    let is_program = |mime: &[u8]| PROGRAMS.iter().any(|program| program.as_bytes() == mime);
    if !http.resp_mime_types().any(is_program) {
        return None;
    }
    let ((client, _), (server, _)) = (http.orig()?, http.resp()?);
    let path = http.uri().split(|byte| *byte == b'?').next().unwrap_or_default();
    let named_so = ENDINGS.iter().any(|ending| ends_with(path, ending.as_bytes()));
    let bare = !http.host().iter().any(u8::is_ascii_alphabetic);
    let severity = if !named_so || bare { Severity::High } else { Severity::Medium };
    Some(
        Finding::new(&DEFINITIONS[0], client, http.ts(), 70)
            .about(&[http.host(), http.uri()].concat())
            .severity(severity)
            .peer(server)
            .quote(http.uri())
            .proof(http.uid()),
    )
}

fn ends_with(text: &[u8], ending: &[u8]) -> bool {
    text.len() >= ending.len() && text[text.len() - ending.len()..].eq_ignore_ascii_case(ending)
}
