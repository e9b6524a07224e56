//! Roles that traffic shows, and those that settings give.

use contract::seen::Eyes;
use contract::{Held, Known as _, Role};
use enrich::{Given, Knowledge, Roles};
use std::sync::Arc;
use testkit::behaviour::{Making, conn, dns, http, ip, kind};

fn knowledge(roles: &str, events: Vec<Making>) -> Knowledge {
    let roles = Arc::new(Roles::parse("roles.toml", roles).expect("good roles"));
    let mut knowledge = Knowledge::new(Given { roles, ..Given::default() });
    let mut eyes = Eyes::default();
    for event in events {
        let event = event.event();
        knowledge.learn(&eyes.see(&event));
    }
    knowledge
}

fn inferred(knowledge: &Knowledge, host: &str, role: Role) -> Option<String> {
    match knowledge.role(ip(host), role) {
        Some(Held::Inferred { because }) => Some(because.to_owned()),
        _ => None,
    }
}

#[test]
fn who_answers_two_hosts_is_a_resolver_and_who_answers_itself_is_not() {
    let ask = |client: &str, server: &str, rcode: &str| dns(1.0, client, server, "www.example", "A", rcode);
    let known = knowledge(
        "",
        vec![
            ask("10.0.0.1:5000", "10.0.0.53:53", "NOERROR"),
            ask("10.0.0.2:5000", "10.0.0.53:53", "NXDOMAIN"),
            ask("10.0.0.1:5000", "10.0.0.9:53", "NOERROR"),
            ask("10.0.0.9:5000", "10.0.0.9:53", "NOERROR"),
            ask("10.0.0.1:5000", "10.0.0.8:53", ""),
            ask("10.0.0.2:5000", "10.0.0.8:53", ""),
            ask("10.0.0.1:5000", "8.8.8.8:53", "NOERROR"),
            ask("10.0.0.2:5000", "8.8.8.8:53", "NOERROR"),
            ask("10.0.0.1:5000", "10.0.0.7:5353", "NOERROR"),
            ask("10.0.0.2:5000", "10.0.0.7:5353", "NOERROR"),
        ],
    );
    let because = inferred(&known, "10.0.0.53", Role::Resolvers).expect("a resolver");
    assert_eq!(because, "answered the DNS questions of 2 hosts or more, 10.0.0.1 and 10.0.0.2 among them");
    for host in ["10.0.0.9", "10.0.0.8", "8.8.8.8", "10.0.0.7"] {
        assert_eq!(inferred(&known, host, Role::Resolvers), None, "{host}");
    }
    assert!(!known.is_given(Role::Resolvers));
    assert_eq!(known.roles().len(), 1);
}

fn mail(orig: &str, resp: &str, reply: &str) -> Making {
    let smtp = kind("smtp", &["helo", "mailfrom", "rcptto", "last_reply"]);
    let to = model::Value::list([model::Value::from(&b"a@b.example"[..])]);
    Making::of(smtp, 1.0, orig, resp).with("rcptto", to).text("last_reply", reply)
}

#[test]
fn who_takes_mail_is_a_mail_server_and_who_only_sends_it_is_not() {
    let known = knowledge(
        "",
        vec![
            mail("203.0.114.1:5000", "10.0.0.25:25", "250 queued"),
            mail("10.0.0.7:5000", "10.0.0.25:25", "250 queued"),
            mail("10.0.0.7:5000", "10.0.0.26:25", "250 queued"),
            mail("10.0.0.26:5000", "10.0.0.26:25", "250 queued"),
            mail("10.0.0.7:5000", "10.0.0.27:25", "554 no"),
            mail("10.0.0.8:5000", "10.0.0.27:25", "554 no"),
        ],
    );
    assert!(inferred(&known, "10.0.0.25", Role::MailServers).is_some());
    for host in ["10.0.0.7", "10.0.0.26", "10.0.0.27"] {
        assert_eq!(inferred(&known, host, Role::MailServers), None, "{host}");
    }
}

#[test]
fn who_fetches_pages_for_two_hosts_is_a_proxy() {
    let ask = |client: &str, method: &str, uri: &str, code: u64| {
        http(1.0, client, "10.0.0.3:3128", method, "a.example", uri).with("status_code", code)
    };
    let known = knowledge("", vec![ask("10.0.0.1:1", "CONNECT", "a.example:443", 200), ask("10.0.0.2:1", "GET", "http://a.example/", 200)]);
    assert!(inferred(&known, "10.0.0.3", Role::Proxies).is_some());
    let known = knowledge("", vec![ask("203.0.114.1:1", "CONNECT", "x:443", 200), ask("203.0.114.2:1", "CONNECT", "x:443", 200)]);
    assert_eq!(inferred(&known, "10.0.0.3", Role::Proxies), None, "an open door for outsiders excuses nobody");
}

#[test]
fn robots_are_told_by_what_they_ask_for() {
    let ask = |site: &str, uri: &str, agent: &str| http(1.0, "10.0.0.4:1", "8.8.8.8:80", "GET", site, uri).text("user_agent", agent);
    let rules = |agent: &str, sites: usize| (0..sites).map(|n| ask(&format!("s{n}.example"), "/robots.txt", agent)).collect::<Vec<_>>();
    let is_crawler = |events| inferred(&knowledge("", events), "10.0.0.4", Role::Crawlers).is_some();
    assert!(is_crawler(rules("x", 5)) && is_crawler(rules("Examplebot/1.0", 2)));
    assert!(!is_crawler(rules("x", 4)));
    assert!(!is_crawler((0..9).map(|n| ask(&format!("s{n}.example"), "/", "Examplebot/1.0")).collect()), "a name alone excuses nobody");
}

/// Rounds of connections from one host to so many others.
fn rounds(hosts: usize, rounds: usize, port: u16, state: &str) -> Vec<Making> {
    let one = |round: usize, host: usize| {
        conn((round * 300 + host) as f64, &format!("10.0.0.5:{}", 2000 + round), &format!("10.0.1.{host}:{port}"), state)
    };
    (0..rounds).flat_map(|round| (0..hosts).map(move |host| one(round, host))).collect()
}

#[test]
fn who_comes_back_and_is_answered_is_a_monitor() {
    let is_monitor = |events| inferred(&knowledge("", events), "10.0.0.5", Role::Monitors).is_some();
    assert!(is_monitor(rounds(12, 8, 80, "SF")));
    assert!(!is_monitor(rounds(12, 8, 445, "SF")), "a worm's port");
    assert!(!is_monitor(rounds(12, 8, 22, "SF")), "a port with passwords");
    assert!(!is_monitor(rounds(12, 8, 80, "S0")), "nobody answered");
    assert!(!is_monitor(rounds(6, 8, 80, "SF")), "too few");
    assert!(!is_monitor(rounds(200, 1, 80, "SF")), "a scan");
}

const GIVEN: &str = r#"
[[role]]
role = "resolvers"
hosts = ["10.0.0.54"]
reason = "the only one"
[[role]]
role = "monitors"
hosts = []
reason = "there is none"
[[role]]
role = "local_nets"
hosts = ["198.41.0.0/16"]
reason = "ours"
expires = "2020-09-30"
"#;

#[test]
fn what_settings_say_takes_the_place_of_what_is_inferred() {
    let ask = |client: &str| dns(1.0, client, "198.41.0.53:53", "www.example", "A", "NOERROR");
    let known = knowledge(GIVEN, [vec![ask("198.41.0.1:5"), ask("198.41.0.2:5")], rounds(12, 8, 80, "SF")].concat());
    assert_eq!(known.role(ip("198.41.0.53"), Role::Resolvers), None);
    assert_eq!(known.role(ip("10.0.0.54"), Role::Resolvers), Some(Held::Given { reason: "the only one", owner: "" }));
    assert_eq!(known.role(ip("10.0.0.5"), Role::Monitors), None);
    assert!(known.is_inside(ip("198.41.7.7")) && !known.is_inside(ip("10.0.0.1")));
    assert_eq!(known.roles().len(), 2);
    let later = knowledge(GIVEN, vec![dns(90.0 * 86_400.0, "10.0.0.1:5", "8.8.8.8:53", "x", "A", "NOERROR")]);
    assert!(later.is_inside(ip("10.0.0.1")), "what has expired no longer counts");
    let old = "[[role]]\nrole = \"resolvers\"\nhosts = [\"10.0.0.54\"]\nreason = \"x\"\nexpires = \"2020-01-01\"\n";
    let ask = |client: &str| dns(1.0, client, "10.0.0.53:53", "www.example", "A", "NOERROR");
    let known = knowledge(old, vec![ask("10.0.0.1:5"), ask("10.0.0.2:5")]);
    assert!(inferred(&known, "10.0.0.53", Role::Resolvers).is_some(), "where nothing holds any more, roles are inferred again");
}
