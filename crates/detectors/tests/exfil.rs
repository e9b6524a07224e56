//! `exfil`: reports that name their own computer fire; ordinary mail, files and forms do not.

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
fn a_large_form_to_a_bare_address_on_an_odd_port() {
    let form = |server: &str, host: &str| {
        Stage::new(&Exfil).names([http(0.0, HOST, server, "POST", host, "/x").with("request_body_len", 4_000_u64)])
    };
    assert_eq!(form("45.33.20.9:8082", "45.33.20.9:8082"), [("posted_report", "10.0.0.5".to_owned())]);
    assert_eq!(form("45.33.20.9:80", "45.33.20.9"), []);
    assert_eq!(form("45.33.20.9:8082", "api.example.net"), []);
}
