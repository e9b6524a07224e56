//! `dns_ids`: each definition fires for its case and is silent for the ordinary one beside it.

use contract::{Finding, Severity};
use detectors::dns_ids::DnsIds;
use model::{Interval, Value};
use testkit::behaviour::{Making, Stage, dns, ip};

fn asked(secs: f64, name: &str, qtype: &str, rcode: &str) -> Making {
    dns(secs, "10.0.0.5:1025", "10.0.0.53:53", name, qtype, rcode)
}

fn found(events: impl IntoIterator<Item = Making>) -> Vec<(&'static str, Severity)> {
    let mut stage = Stage::new(&DnsIds);
    events.into_iter().for_each(|making| stage.see(&making.event()));
    let all: Vec<Finding> = stage.findings();
    all.last().map(|finding| (finding.definition.name, finding.severity)).into_iter().collect()
}

#[test]
fn names_of_dice_that_do_not_exist_are_a_dga_and_typing_errors_are_not() {
    let dice = |number: u32| -> String {
        let letter = |place: u32| u64::from(number * 64 + place + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        (0..12_u32).map(|place| char::from(b'a' + (letter(place) % 26) as u8)).collect()
    };
    let dga = |count: u32| (0..count).map(move |number| asked(f64::from(number), &format!("{}.com", dice(number)), "A", "NXDOMAIN"));
    assert_eq!(found(dga(14)), [("dga", Severity::Medium)]);
    assert_eq!(found(dga(40)), [("dga", Severity::High)]);
    let words = [
        "exampel",
        "wikipedai",
        "googel",
        "yahooo",
        "facebok",
        "amazoon",
        "microsfot",
        "netflx",
        "twiter",
        "linkdein",
        "pintrest",
        "redditt",
    ];
    assert_eq!(found(words.iter().enumerate().map(|(at, word)| asked(at as f64, &format!("{word}.com"), "A", "NXDOMAIN"))), []);
}

#[test]
fn zones_dynamic_names_and_own_addresses_are_told() {
    assert_eq!(found([asked(0.0, "corp.example", "AXFR", "NOERROR")]), [("zone_transfer", Severity::Medium)]);
    let home = |secs: f64, addr: &str| asked(secs, "evil.duckdns.org", "A", "NOERROR").with("answers", Value::list([addr.as_bytes()]));
    assert_eq!(found([home(0.0, "45.14.112.1")]), [("dynamic_name", Severity::Low)]);
    let moving = (0..6_u32).map(|number| home(f64::from(number) * 600.0, &format!("45.14.112.{number}")));
    assert_eq!(found(moving), [("dynamic_name", Severity::Medium)]);
    assert_eq!(found([asked(0.0, "api.ipify.org", "A", "NOERROR")]), [("own_address", Severity::Low)]);
    assert_eq!(found([asked(0.0, "www.example.org", "A", "NOERROR")]), []);
}

#[test]
fn a_flood_of_invented_names_is_told_and_a_few_are_not() {
    let flood = |count: u32| (0..count).map(|number| asked(f64::from(number) * 0.1, &format!("s{number}.victim.example"), "A", ""));
    assert_eq!(found(flood(300)), [("dns_exhaustion", Severity::Medium)]);
    assert_eq!(found(flood(40)), []);
}

#[test]
fn fast_flux_needs_many_networks() {
    let flux = |networks: u32| {
        let mut stage = Stage::new(&DnsIds);
        for number in 0..30_u32 {
            let addr = format!("45.14.112.{number}");
            stage.facts.systems.insert(ip(&addr), 1 + number % networks);
            let answers = Value::list([addr.as_bytes()]);
            let ttls = Value::List([Value::Interval(Interval::from_secs(300))].into());
            stage.see(&asked(f64::from(number), "flux.example", "A", "NOERROR").with("answers", answers).with("TTLs", ttls).event());
        }
        stage.findings().len()
    };
    assert_eq!((flux(8), flux(1)), (1, 0));
}

#[test]
fn a_name_in_flux_is_told_of_its_asker_though_the_resolver_asked_before() {
    let mut stage = Stage::new(&DnsIds);
    for number in 0..30_u32 {
        let addr = format!("45.14.112.{number}");
        stage.facts.systems.insert(ip(&addr), 1 + number % 8);
        for from in ["10.0.0.2:53053", "10.0.0.5:1025"] {
            let answers = Value::list([addr.as_bytes()]);
            let ttls = Value::List([Value::Interval(Interval::from_secs(300))].into());
            let question = dns(f64::from(number), from, "198.51.100.9:53", "flux.example", "A", "NOERROR");
            stage.see(&question.with("answers", answers).with("TTLs", ttls).event());
        }
    }
    let mut hosts: Vec<String> =
        stage.findings().iter().filter(|it| it.definition.name == "fast_flux").map(|it| it.host.to_string()).collect();
    hosts.sort();
    assert_eq!(hosts, ["10.0.0.2", "10.0.0.5"]);
}

#[test]
fn a_resolver_outside_is_told_once_where_there_is_one_inside() {
    let outside = |secs: f64| dns(secs, "10.0.0.5:1025", "8.8.8.8:53", "www.example.org", "A", "NOERROR");
    assert_eq!(found([outside(0.0), outside(1.0)]), []);
    assert_eq!(found([asked(0.0, "www.example.org", "A", "NOERROR"), outside(1.0), outside(2.0)]), [("outside_resolver", Severity::Low)]);
}
