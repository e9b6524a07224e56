//! What a program does on a host so that it stays there, or so that nobody sees it (V9, S2).
//!
//! Definition: a key set by which Windows starts programs; a program put into a startup folder or a folder of the system by what
//! installs nothing; the hosts file changed; a service installed or a task scheduled that runs what it should not; an event log cleared. What
//! installers do every day is low, signs (`signs.rs`) make it worse: a place where users may write, an interpreter, text that is
//! encoded. Source: MISSION V9, which asks what a specimen did to its host; ATT&CK's techniques of persistence. Fed by what hosts log
//! of themselves (Sysmon, Windows' security and system logs). Left out: what is found only by comparing with yesterday.

mod definitions;
mod signs;

use bounded::Table;
use contract::seen::{FileEvent, Registry, Seen, Service, What, WinEvent};
use contract::{Behaviour, Chosen, Definition, Detector, Finding, Known, Setting, Severity, Tell};
use definitions::DEFINITIONS;
use model::{Addr, Timestamp};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Persistence;

const SETTINGS: &[Setting] = &[
    Setting { name: "signs_medium", default: 1.0, doc: "Signs that make a key, service or task medium." },
    Setting { name: "signs_high", default: 2.0, doc: "Signs that make it high." },
];

/// Things told that are remembered, so that the same again is counted: a busy day of many hosts.
const TOLD_MAX: usize = 16_384;
/// Text of a value, path or task that is looked at: Windows' longest path; a task's definition says what it runs in its first kilobytes.
const TEXT_BYTES_MAX: usize = 8_192;

const AUTORUN: usize = 0;
const STARTUP: usize = 1;
const SYSTEM: usize = 2;
const HOSTS: usize = 3;
const SERVICE: usize = 4;
const TASK: usize = 5;
const CLEARED: usize = 6;

impl Behaviour for Persistence {
    fn name(&self) -> &'static str {
        "persistence"
    }
    fn definitions(&self) -> &'static [Definition] {
        &DEFINITIONS
    }
    fn settings(&self) -> &'static [Setting] {
        SETTINGS
    }
    fn wants(&self) -> &'static [What] {
        &[What::Registry, What::FileEvent, What::Service, What::WinEvent]
    }
    fn held_bytes_max(&self) -> usize {
        Table::<(usize, Addr, u64), ()>::held_bytes_max(TOLD_MAX)
    }
    fn open(&self, settings: &Chosen) -> Box<dyn Detector> {
        let (medium, high) = (settings.count(SETTINGS, "signs_medium"), settings.count(SETTINGS, "signs_high"));
        Box::new(Watch { medium, high, told: Table::new(TOLD_MAX) })
    }
}

struct Watch {
    medium: u64,
    high: u64,
    told: Table<(usize, Addr, u64), ()>,
}

/// What was seen, before it is told.
struct Deed<'a> {
    kind: usize,
    host: Option<Addr>,
    at: Timestamp,
    subject: &'a [u8],
    severity: Severity,
    confidence: u8,
    signs: u8,
    quote: [&'a [u8]; 3],
}

impl Detector for Watch {
    fn on(&mut self, seen: &Seen<'_>, _known: &dyn Known, out: &mut dyn Tell) {
        match seen {
            Seen::Registry(row) => self.registry(row, out),
            Seen::FileEvent(row) => self.file(row, out),
            Seen::Service(row) => self.service(row, out),
            Seen::WinEvent(row) => self.other(row, out),
            _ => {}
        }
    }

    fn held_bytes(&self) -> usize {
        self.told.held_bytes()
    }

    fn dropped(&self) -> u64 {
        self.told.dropped()
    }
}

/// A text in lower case, as far as it is looked at.
fn lower(text: &[u8]) -> Vec<u8> {
    text.get(..TEXT_BYTES_MAX).unwrap_or(text).to_ascii_lowercase()
}

impl Watch {
    fn registry(&mut self, row: &Registry<'_>, out: &mut dyn Tell) {
        if !matches!(row.action(), b"set" | b"renamed") {
            return;
        }
        let key = lower(row.key());
        if !signs::is_autorun(&key) {
            // A service's program can be changed by its key, without a word in the log of services.
            if contains_all(&key, &[b"\\services\\", b"\\imagepath"]) && !lower(row.image()).ends_with(b"\\services.exe") {
                let signs = signs::count(&lower(row.value()));
                self.graded(SERVICE, row, signs, &key, [row.key(), row.value(), row.image()], out);
            }
            return;
        }
        let value = lower(row.value());
        if !signs::could_start(&value) || signs::is_makers(&value) {
            return;
        }
        // What Winlogon starts by default.
        if contains_all(&key, &[b"\\winlogon\\"]) && matches!(&*value, b"explorer.exe" | b"c:\\windows\\system32\\userinit.exe,") {
            return;
        }
        let writer = u8::from(signs::is_suspect(&lower(row.image())));
        self.graded(AUTORUN, row, signs::count(&value) + writer, &key, [row.key(), row.value(), row.image()], out);
    }

    fn file(&mut self, row: &FileEvent<'_>, out: &mut dyn Tell) {
        let action = row.action();
        if !matches!(action, b"created" | b"executable" | b"deleted") {
            return;
        }
        let path = lower(row.path());
        let image = lower(row.image());
        let deed = |kind, severity, confidence| Deed {
            kind,
            host: row.address(),
            at: row.ts(),
            subject: &path,
            severity,
            confidence,
            signs: u8::from(signs::is_suspect(&image)),
            quote: [row.path(), action, row.image()],
        };
        let told = if signs::is_hosts(&path) {
            deed(HOSTS, Severity::Medium, if signs::is_installer(&image) { 60 } else { 85 })
        } else if action == b"deleted" {
            return;
        } else if signs::is_startup(&path) && !signs::is_installer(&image) {
            deed(STARTUP, Severity::High, if signs::is_suspect(&image) { 88 } else { 75 })
        } else if signs::is_system_program(&path) && !signs::is_installer(&image) && !signs::is_systems(&image) {
            if signs::is_suspect(&image) { deed(SYSTEM, Severity::High, 75) } else { deed(SYSTEM, Severity::Medium, 60) }
        } else {
            return;
        };
        self.tell(&told, out);
    }

    fn service(&mut self, row: &Service<'_>, out: &mut dyn Tell) {
        if !matches!(row.action(), b"installed" | b"changed") {
            return;
        }
        let (name, path) = (lower(row.name()), lower(row.path()));
        let task = row.what() == b"task";
        // A change of how a service starts names no program; Windows changes its own tasks all day.
        if row.action() == b"changed" && path.is_empty() || task && name.starts_with(b"\\microsoft\\") {
            return;
        }
        let signs = signs::count(&path) + u8::from(signs::is_remote_tool(&name) || signs::is_remote_tool(&path));
        self.graded(if task { TASK } else { SERVICE }, row, signs, &name, [row.name(), row.path(), row.user()], out);
    }

    fn other(&mut self, row: &WinEvent<'_>, out: &mut dyn Tell) {
        let cleared = match row.event_id() {
            Some(1102 | 104) => row.provider() == b"Microsoft-Windows-Eventlog",
            Some(517) => row.provider() == b"Security" || row.channel() == b"Security",
            _ => false,
        };
        if cleared {
            let quote = [row.channel(), b"cleared by", row.user()];
            let (host, at) = (row.address(), row.ts());
            self.tell(
                &Deed { kind: CLEARED, host, at, subject: row.channel(), severity: Severity::High, confidence: 75, signs: 0, quote },
                out,
            );
        }
    }

    /// What installers do too: signs decide how bad it is.
    fn graded(&mut self, kind: usize, row: &contract::seen::HostRow<'_>, signs: u8, subject: &[u8], quote: [&[u8]; 3], out: &mut dyn Tell) {
        let (severity, confidence) = match u64::from(signs) {
            signs if signs >= self.high => (Severity::High, 88),
            signs if signs >= self.medium => (Severity::Medium, 75),
            _ => (Severity::Low, 60),
        };
        self.tell(&Deed { kind, host: row.address(), at: row.ts(), subject, severity, confidence, signs, quote }, out);
    }

    fn tell(&mut self, deed: &Deed<'_>, out: &mut dyn Tell) {
        let Some(host) = deed.host else { return };
        let definition = &DEFINITIONS[deed.kind];
        let subject = deed.subject.get(..contract::QUOTE_BYTES_MAX).unwrap_or(deed.subject);
        let mut is_new = false;
        self.told.entry((deed.kind, host, crate::hash(subject)), || is_new = true);
        if !is_new {
            out.again(definition, host, subject, deed.at, None);
            return;
        }
        let quote = deed.quote.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(&b" | "[..]);
        let finding = Finding::new(definition, host, deed.at, deed.confidence).about(subject).severity(deed.severity).quote(&quote);
        out.finding(finding.measure("signs", f64::from(deed.signs), self.high as f64, ""));
    }
}

fn contains_all(text: &[u8], parts: &[&[u8]]) -> bool {
    parts.iter().all(|part| crate::contains(text, part))
}
