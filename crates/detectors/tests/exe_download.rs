//! `exe_download`: fires for programs whatever their name, worse with every sign; pictures and software from known ways stay low.

use contract::Severity;
use detectors::exe_download::ExeDownload;
use model::Value;
use testkit::behaviour::{Making, Stage, http};

const BROWSER: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)";

fn get(host: &str, uri: &str, mime: &'static str, agent: &str, referrer: &str) -> Making {
    let making = http(1.0, "10.0.0.5:1025", "45.14.112.133:80", "GET", host, uri).with("status_code", 200_u64);
    making.with("resp_mime_types", Value::list([mime])).text("user_agent", agent).text("referrer", referrer)
}

fn found(making: Making) -> Vec<(&'static str, Severity)> {
    let mut stage = Stage::new(&ExeDownload);
    stage.see(&making.event());
    stage.findings().iter().map(|finding| (finding.definition.name, finding.severity)).collect()
}

#[test]
fn a_program_by_content_is_found_whatever_its_name() {
    let pe = "application/x-dosexec";
    assert_eq!(found(get("bad.example", "/a.png", pe, BROWSER, "")), [("exe_download", Severity::High)]);
    assert_eq!(found(get("45.14.112.133", "/solar.php", pe, "pwtyy", "")), [("exe_download", Severity::High)]);
    assert_eq!(found(get("bad.example", "/bill.pdf.exe", pe, BROWSER, "")), [("exe_download", Severity::High)]);
    assert_eq!(found(get("45.14.112.133", "/bins.sh", "text/x-shellscript", "Wget/1.20", "")), [("exe_download", Severity::High)]);
    assert_eq!(found(get("bad.example", "/a.exe", "image/png", BROWSER, "")), []);
}

#[test]
fn software_from_a_page_is_low_and_updates_are_no_accusation() {
    let pe = "application/x-dosexec";
    assert_eq!(found(get("soft.example", "/tool-setup.exe", pe, BROWSER, "http://soft.example/")), [("exe_download", Severity::Low)]);
    assert_eq!(found(get("soft.example", "/tool-setup.exe", pe, "Microsoft BITS/7.8", "")), [("exe_download", Severity::Info)]);
}

#[test]
fn scripts_of_windows_are_told_by_their_name() {
    let text = "text/plain";
    assert_eq!(found(get("45.14.112.133", "/x.ps1", text, "WindowsPowerShell/5.1", "")), [("script_download", Severity::High)]);
    assert_eq!(found(get("soft.example", "/x.txt", text, BROWSER, "http://soft.example/")), []);
}
