//! `exfil`: reports that name their own computer fire; ordinary mail, files and forms do not.

use contract::Severity;
use detectors::exfil::Exfil;
use testkit::behaviour::{Making, Stage, http, kind};

const HOST: &str = "10.0.0.5:50000";

fn mail(server: &str, helo: &str, subject: &str) -> Making {
    Making::of(kind("smtp", &["helo", "subject"]), 0.0, HOST, server).text("helo", helo).text("subject", subject)
}

fn stored(name: &str) -> Making {
    Making::of(kind("ftp", &["command", "arg"]), 0.0, HOST, "45.33.20.21:21").text("command", "STOR").text("arg", name)
}

#[test]
fn a_mail_about_the_computer_that_sends_it() {
    let found = Stage::new(&Exfil).names([mail("45.33.20.25:587", "DESKTOP-7", "PW_admin/DESKTOP-7")]);
    assert_eq!(found, [("mailed_report", "10.0.0.5".to_owned())]);
    assert_eq!(Stage::new(&Exfil).names([mail("45.33.20.25:587", "DESKTOP-7", "Re: lunch")]), []);
    assert_eq!(Stage::new(&Exfil).names([mail("10.0.0.25:25", "backup1", "backup1: done")]), [], "inside, machines report to their owners");
}

#[test]
fn a_file_named_by_what_who_where_and_when() {
    assert_eq!(Stage::new(&Exfil).names([stored("/in/PW_user-PC_2024_06_04_14_27_23.html")]), [("stored_report", "10.0.0.5".to_owned())]);
    assert_eq!(Stage::new(&Exfil).names([stored("IMG_20240604.jpg"), stored("report_2024_06.pdf")]), []);
}

#[test]
fn forms_to_three_bare_addresses_are_a_list_and_one_large_form_is_low() {
    let form = |n: u8, port: u16, host: &str| {
        let server = format!("45.33.20.{n}:{port}");
        http(f64::from(n), HOST, &server, "POST", host, "/x").with("request_body_len", 4_000_u64)
    };
    let severity = |forms: Vec<Making>| {
        let mut stage = Stage::new(&Exfil);
        forms.into_iter().for_each(|making| stage.see(&making.event()));
        stage.findings().last().map(|finding| (finding.definition.name, finding.severity))
    };
    assert_eq!(severity((1..4).map(|n| form(n, 80, "45.33.20.1")).collect()), Some(("posted_report", Severity::High)));
    assert_eq!(severity(vec![form(1, 8082, "45.33.20.1:8082")]), Some(("posted_report", Severity::Low)));
    assert_eq!(severity((1..9).map(|n| form(n, 80, "api.example.net")).collect()), None);
}
