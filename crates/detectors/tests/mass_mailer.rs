//! `mass_mailer`: many servers and MX queries fire; one own server, or the role, stays silent.

use contract::{Role, Severity};
use detectors::mass_mailer::MassMailer;
use testkit::behaviour::{Making, Stage, conn, dns};

fn sending(servers: u8, every_secs: f64) -> Vec<Making> {
    (1..=servers).map(|number| conn(f64::from(number) * every_secs, "10.0.0.5:2000", &format!("198.51.100.{number}:25"), "S0")).collect()
}

#[test]
fn five_servers_in_five_minutes_are_a_mass_and_with_mx_queries_high() {
    assert_eq!(Stage::new(&MassMailer).names(sending(5, 10.0)), [("mass_mailer", "10.0.0.5".to_owned())]);
    assert_eq!(Stage::new(&MassMailer).names(sending(8, 100.0)), []);
    let mut stage = Stage::new(&MassMailer);
    stage.see(&dns(0.5, "10.0.0.5:1025", "10.0.0.1:53", "victim.example", "MX", "NOERROR").event());
    sending(5, 10.0).into_iter().for_each(|making| stage.see(&making.event()));
    let findings = stage.findings();
    assert_eq!(findings.iter().map(|finding| finding.definition.name).collect::<Vec<_>>(), ["mx_query", "mass_mailer"]);
    assert_eq!(findings[1].severity, Severity::High);
}

#[test]
fn a_mail_program_with_one_server_is_silent_and_a_mail_server_is_excused() {
    let own = (0..50).map(|number| conn(f64::from(number), "10.0.0.5:2000", "198.51.100.1:25", "SF"));
    assert_eq!(Stage::new(&MassMailer).names(own), []);
    let excused = |definition: &contract::Definition| definition.excluded.contains(&Role::MailServers);
    assert!(contract::Behaviour::definitions(&MassMailer).iter().all(excused));
}
