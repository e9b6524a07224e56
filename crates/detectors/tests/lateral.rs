//! `lateral`: what makes another Windows host do something fires; a workstation at its file server stays silent.

use contract::Severity;
use detectors::lateral::Lateral;
use testkit::behaviour::{Making, Stage, http, kind};

const HOST: &str = "10.0.0.5:50000";

fn call(secs: f64, server: &str, endpoint: &str, operation: &str) -> Making {
    Making::of(kind("dce_rpc", &["named_pipe", "endpoint", "operation"]), secs, HOST, server)
        .text("endpoint", endpoint)
        .text("operation", operation)
}

fn opened(secs: f64, share: &str, name: &str) -> Making {
    Making::of(kind("smb_files", &["action", "path", "name"]), secs, HOST, "10.0.0.6:445").text("path", share).text("name", name)
}

fn ticket(secs: f64, service: &str, cipher: &str) -> Making {
    let kind = kind("kerberos", &["request_type", "service", "cipher"]);
    Making::of(kind, secs, HOST, "10.0.0.1:88").text("request_type", "TGS").text("service", service).text("cipher", cipher)
}

fn severities(events: Vec<Making>) -> Vec<(&'static str, Severity)> {
    let mut stage = Stage::new(&Lateral);
    events.into_iter().for_each(|making| stage.see(&making.event()));
    stage.findings().iter().map(|finding| (finding.definition.name, finding.severity)).collect()
}

#[test]
fn creating_a_service_is_high_and_asking_for_its_state_is_medium() {
    let made = severities(vec![call(0.0, "10.0.0.6:445", "svcctl", "CreateServiceW")]);
    assert_eq!(made, [("remote_service", Severity::High)]);
    let asked = severities(vec![call(0.0, "10.0.0.6:445", "svcctl", "OpenSCManagerW")]);
    assert_eq!(asked, [("remote_service", Severity::Medium)]);
}

#[test]
fn a_program_on_an_administrative_share_is_high_and_a_document_on_an_ordinary_one_is_silent() {
    assert_eq!(severities(vec![opened(0.0, "\\\\WS6\\C$", "ProgramData\\x.exe")]), [("admin_share", Severity::High)]);
    assert_eq!(severities(vec![opened(0.0, "\\\\WS6\\ADMIN$", "notes.txt")]), [("admin_share", Severity::Medium)]);
    assert_eq!(severities(vec![opened(0.0, "\\\\FILES\\public", "setup.exe"), opened(1.0, "\\\\FILES\\IPC$", "srvsvc")]), []);
}

#[test]
fn zerologon_is_a_flood_and_a_computers_own_logon_is_none() {
    let flood: Vec<_> = (0..12).map(|n| call(f64::from(n), "10.0.0.1:49668", "netlogon", "NetrServerAuthenticate3")).collect();
    assert!(Stage::new(&Lateral).names(flood).contains(&("logon_flood", "10.0.0.5".to_owned())));
    let daily: Vec<_> = (0..12).map(|n| call(f64::from(n) * 3600.0, "10.0.0.1:49668", "netlogon", "NetrServerAuthenticate3")).collect();
    assert_eq!(Stage::new(&Lateral).names(daily), []);
}

#[test]
fn tickets_of_service_accounts_with_rc4_are_collected_and_those_of_computers_are_ordinary() {
    let accounts = ["sql/a.example", "web-app/b.example", "backup/c.example"].iter().enumerate();
    let weak: Vec<_> = accounts.clone().map(|(n, service)| ticket(n as f64, service, "rc4-hmac")).collect();
    assert_eq!(Stage::new(&Lateral).names(weak), [("weak_tickets", "10.0.0.5".to_owned())]);
    let strong: Vec<_> = accounts.map(|(n, service)| ticket(n as f64, service, "aes256-cts-hmac-sha1-96")).collect();
    assert_eq!(Stage::new(&Lateral).names(strong), []);
    let computers = ["cifs/a", "host/b", "ldap/c", "LDAP/d"].iter().enumerate();
    assert_eq!(Stage::new(&Lateral).names(computers.map(|(n, service)| ticket(n as f64, service, "rc4-hmac"))), []);
}

#[test]
fn winrm_to_two_hosts_is_high() {
    let shell = |secs, server: &str| http(secs, HOST, server, "POST", "ws", "/wsman?PSVersion=5.1");
    assert_eq!(severities(vec![shell(0.0, "10.0.0.6:5985")]), [("remote_shell", Severity::Medium)]);
    let two = severities(vec![shell(0.0, "10.0.0.6:5985"), shell(5.0, "10.0.0.7:5985")]);
    assert_eq!(two.last(), Some(&("remote_shell", Severity::High)));
}
