//! `c2`: makeshift servers, one-way talk, polled pages and programs over bare streams fire; ordinary TLS and browsing do not.

use contract::Severity;
use detectors::c2::C2;
use model::kinds::mark;
use testkit::behaviour::{Making, Stage, conn, dns, http, ip, kind, loose_kind};

const HOST: &str = "10.0.0.5:50000";
const OUT: &str = "45.33.20.9:4782";

fn certificate(print: &str, subject: &str) -> Making {
    let kind = loose_kind("x509", &["fingerprint", "certificate.subject", "certificate.issuer"]);
    Making::loose(kind, 0.0).text("fingerprint", print).text("certificate.subject", subject)
}

fn handshake(secs: f64, server: &str, name: &str) -> Making {
    const COLUMNS: &[model::Field] = &[
        model::field("version", model::Type::STRING, "", ""),
        model::field("server_name", model::Type::STRING, "", ""),
        model::field("established", model::Type::BOOL, "", ""),
        model::field("cert_chain_fps", model::Type::STRINGS, "", ""),
    ];
    static SSL: model::Kind = model::Kind { name: "ssl", doc: "", keys: model::FLOW_KEYS, fields: COLUMNS };
    let chain = model::Value::list_or_unset([model::Value::Bytes(b"print".as_slice().into())]);
    Making::of(&SSL, secs, HOST, server)
        .text("version", "TLSv12")
        .text("server_name", name)
        .with("established", true)
        .with("cert_chain_fps", chain)
}

fn severities(stage: Stage) -> Vec<(&'static str, Severity)> {
    stage.findings().iter().map(|finding| (finding.definition.name, finding.severity)).collect()
}

#[test]
fn a_makeshift_certificate_on_an_odd_port_is_high_under_a_dynamic_name_and_in_the_end_without() {
    let mut stage = Stage::new(&C2);
    stage.facts.names.insert((ip("10.0.0.5"), ip("45.33.20.9")), b"thing.duckdns.org".to_vec());
    [certificate("print", "CN=AsyncThing Server"), handshake(1.0, OUT, "")].into_iter().for_each(|making| stage.see(&making.event()));
    assert_eq!(severities(stage), [("odd_tls", Severity::High)]);
    let mut stage = Stage::new(&C2);
    [certificate("print", "CN=AsyncThing Server"), handshake(1.0, OUT, "")].into_iter().for_each(|making| stage.see(&making.event()));
    assert_eq!(severities(stage), [("odd_tls", Severity::Medium), ("odd_tls", Severity::High)]);
}

#[test]
fn who_shares_files_has_many_such_peers_and_ordinary_servers_have_names() {
    let mut stage = Stage::new(&C2);
    stage.see(&certificate("print", "CN=sharer").event());
    (0..30).for_each(|n| stage.see(&conn(f64::from(n) / 10.0, HOST, &format!("45.33.20.{}:{}", n + 20, 40_000 + n), "SF").event()));
    stage.see(&handshake(4.0, OUT, "").event());
    assert_eq!(severities(stage), [("odd_tls", Severity::Medium)]);
    let named =
        [certificate("print", "CN=AsyncThing Server"), handshake(1.0, OUT, "www.example.net"), handshake(2.0, "45.33.20.9:443", "")];
    assert_eq!(Stage::new(&C2).names(named), []);
    let proper = [certificate("print", "CN=www.example.net,O=Example,C=JP"), handshake(1.0, OUT, "")];
    assert_eq!(Stage::new(&C2).names(proper), []);
}

#[test]
fn only_the_host_speaks() {
    let talk = |answered: u64| {
        let row = conn(0.0, HOST, OUT, "S1").text("history", "ShADa").with("duration", model::Interval::from_secs(170));
        let row = row.with("orig_bytes", 5_000_u64).with("resp_bytes", answered).with("orig_pkts", 80_u64).with("resp_pkts", 60_u64);
        Stage::new(&C2).names([row.with("missed_bytes", 0_u64)])
    };
    assert_eq!(talk(0), [("one_way_talk", "10.0.0.5".to_owned())]);
    assert_eq!(talk(400), []);
}

#[test]
fn pages_asked_for_in_turn_are_orders_and_one_page_or_a_site_is_not() {
    let asked = |paths: &[&str], every: f64| {
        let get = |n: usize| http(n as f64 * every, HOST, "45.33.20.9:80", "GET", "45.33.20.9", paths[n % paths.len()]);
        Stage::new(&C2).names((0..12).map(get))
    };
    assert_eq!(asked(&["/news.php", "/admin/get.php", "/login/process.php"], 5.0), [("polled_pages", "10.0.0.5".to_owned())]);
    assert_eq!(asked(&["/status"], 5.0), []);
    assert_eq!(asked(&["/a", "/b"], 0.5), []);
    assert_eq!(asked(&["/", "/style.css", "/logo.png"], 5.0), []);
}

#[test]
fn a_program_as_the_first_thing_of_a_stream_accuses_who_gets_it() {
    let row = Making::of(&mark::KIND, 0.0, HOST, OUT).text("what", "program").with("is_orig", false).text("text", "PE");
    assert_eq!(Stage::new(&C2).names([row]), [("program_over_tcp", "10.0.0.5".to_owned())]);
    let log = kind("unheard_of", &["x"]);
    assert_eq!(Stage::new(&C2).names([Making::of(log, 0.0, HOST, OUT)]), []);
}

#[test]
fn masters_that_are_gone() {
    let asked = |domains: usize, repeats: usize| {
        let query = |n: usize| dns(n as f64, HOST, "10.0.0.1:53", &format!("gone{}.example", n % domains), "A", "NXDOMAIN");
        Stage::new(&C2).names((0..domains * repeats).map(query))
    };
    assert_eq!(asked(5, 8), [("dead_names", "10.0.0.5".to_owned())]);
    assert_eq!((asked(2, 20), asked(6, 2)), (vec![], vec![]));
    let tried = |ports: usize| {
        let call = |n: usize| conn(n as f64, HOST, &format!("45.33.20.{}:{}", n + 1, 7_000 + n % ports), "S0");
        Stage::new(&C2).names((0..12).map(call))
    };
    assert_eq!(tried(3), [("dead_masters", "10.0.0.5".to_owned())]);
    assert_eq!((tried(1), tried(12)), (vec![], vec![]));
}

#[test]
fn two_nameless_web_servers_that_vouch_for_themselves_are_a_list() {
    let own = || Making::loose(loose_kind("x509", &["fingerprint", "certificate.subject", "certificate.issuer"]), 0.0);
    let own = || own().text("fingerprint", "print").text("certificate.subject", "CN=a,C=GB").text("certificate.issuer", "CN=a,C=GB");
    let run = |servers: &[&str]| {
        let mut stage = Stage::new(&C2);
        stage.see(&own().event());
        servers.iter().enumerate().for_each(|(n, server)| stage.see(&handshake(n as f64, server, "").event()));
        severities(stage).last().map(|(_, severity)| *severity)
    };
    assert_eq!(run(&["45.33.20.9:443", "45.33.20.9:443"]), Some(Severity::Low));
    assert_eq!(run(&["45.33.20.9:443", "45.33.20.10:443"]), Some(Severity::High));
}
