//! `persistence`: fires for what stays on a host by itself, worse with every sign; what installers do every day stays low or silent.

use contract::Severity;
use detectors::persistence::Persistence;
use model::{Field, Kind, TS_KEY, Type, field};
use testkit::behaviour::{Making, Stage, ip};

const FIELDS: &[Field] = &[
    field("address", Type::ADDR, "", ""),
    field("computer", Type::STRING, "", ""),
    field("provider", Type::STRING, "", ""),
    field("event_id", Type::COUNT, "", ""),
    field("user", Type::STRING, "", ""),
    field("channel", Type::STRING, "", ""),
    field("what", Type::STRING, "", ""),
    field("action", Type::STRING, "", ""),
    field("name", Type::STRING, "", ""),
    field("path", Type::STRING, "", ""),
    field("key", Type::STRING, "", ""),
    field("value", Type::STRING, "", ""),
    field("image", Type::STRING, "", ""),
];
static REGISTRY: Kind = Kind { name: "registry", doc: "", keys: TS_KEY, fields: FIELDS };
static FILE: Kind = Kind { name: "file_event", doc: "", keys: TS_KEY, fields: FIELDS };
static SERVICE: Kind = Kind { name: "service", doc: "", keys: TS_KEY, fields: FIELDS };
static WINEVENT: Kind = Kind { name: "winevent", doc: "", keys: TS_KEY, fields: FIELDS };

fn row(kind: &'static Kind, cells: &[(&str, &str)]) -> Making {
    let making = Making::loose(kind, 1.0).with("address", ip("10.0.0.5"));
    cells.iter().fold(making, |making, (column, text)| making.text(column, text))
}

fn found(making: &Making) -> Vec<(&'static str, Severity)> {
    let mut stage = Stage::new(&Persistence);
    stage.see(&making.clone().event());
    stage.findings().iter().map(|finding| (finding.definition.name, finding.severity)).collect()
}

#[test]
fn keys_that_start_programs_are_worse_with_signs() {
    let key = r"HKU\S-1-5-21\Software\Microsoft\Windows\CurrentVersion\Run\Updater";
    let set = |value, image| row(&REGISTRY, &[("action", "set"), ("key", key), ("value", value), ("image", image)]);
    let system = r"C:\Windows\System32\msiexec.exe";
    assert_eq!(found(&set(r"C:\Program Files\Tool\tool.exe", system)), [("autorun_key", Severity::Low)]);
    assert_eq!(found(&set(r"C:\Users\k\AppData\Roaming\x.exe", system)), [("autorun_key", Severity::Medium)]);
    assert_eq!(found(&set(r"wscript C:\Users\k\AppData\x.vbs", system)), [("autorun_key", Severity::High)]);
    assert_eq!(found(&set(r"DWORD (0x00000001)", system)), []);
    let other = row(&REGISTRY, &[("action", "set"), ("key", r"HKLM\Software\Tool\Path"), ("value", r"C:\x.exe")]);
    assert_eq!(found(&other), []);
    let debugger = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Image File Execution Options\sethc.exe\Debugger";
    let hook = row(&REGISTRY, &[("action", "set"), ("key", debugger), ("value", r"C:\Windows\System32\cmd.exe")]);
    assert_eq!(found(&hook), [("autorun_key", Severity::Medium)]);
}

#[test]
fn programs_dropped_where_windows_starts_or_trusts_them() {
    let wrote = |path, image| row(&FILE, &[("action", "created"), ("path", path), ("image", image)]);
    let startup = r"C:\Users\k\AppData\Roaming\Microsoft\Windows\Start Menu\Programs\Startup\a.vbs";
    assert_eq!(found(&wrote(startup, r"C:\Windows\System32\wscript.exe")), [("startup_drop", Severity::High)]);
    let system = r"C:\Windows\System32\evil.dll";
    assert_eq!(found(&wrote(system, r"C:\Users\k\Downloads\a.exe")), [("system_drop", Severity::High)]);
    assert_eq!(found(&wrote(system, r"C:\Windows\servicing\TrustedInstaller.exe")), []);
    assert_eq!(found(&wrote(r"C:\Users\k\a.dll", r"C:\Users\k\Downloads\a.exe")), []);
    assert_eq!(found(&wrote(r"C:\Windows\System32\drivers\etc\hosts", r"C:\x\a.exe")), [("hosts_file", Severity::Medium)]);
    assert_eq!(found(&wrote(r"C:\Windows\System32\drivers\etc\hosts.ics", r"C:\x\a.exe")), []);
}

#[test]
fn services_tasks_and_logs() {
    let service = |path| row(&SERVICE, &[("what", "service"), ("action", "installed"), ("name", "x"), ("path", path)]);
    assert_eq!(found(&service(r"C:\Program Files\Tool\tool.exe")), [("service_installed", Severity::Low)]);
    assert_eq!(found(&service(r"cmd.exe /c echo x > \\.\pipe\x")), [("service_installed", Severity::High)]);
    let task = |name, path| row(&SERVICE, &[("what", "task"), ("action", "installed"), ("name", name), ("path", path)]);
    assert_eq!(found(&task(r"\x", "<Command>powershell</Command><Arguments>-enc AAAA</Arguments>")), [("scheduled_task", Severity::High)]);
    assert_eq!(found(&task(r"\Microsoft\Windows\x", "<Command>powershell</Command>")), []);
    let cleared = |id: u64| row(&WINEVENT, &[("provider", "Microsoft-Windows-Eventlog"), ("channel", "Security")]).with("event_id", id);
    assert_eq!(found(&cleared(1102)), [("log_cleared", Severity::High)]);
    assert_eq!(found(&cleared(1100)), []);
}

#[test]
fn the_same_again_is_counted() {
    let mut stage = Stage::new(&Persistence);
    for _ in 0..3 {
        stage.see(&row(&FILE, &[("action", "created"), ("path", r"C:\Windows\System32\drivers\etc\hosts"), ("image", "x")]).event());
    }
    assert_eq!(stage.findings().iter().map(|finding| finding.count).collect::<Vec<_>>(), [3]);
}
