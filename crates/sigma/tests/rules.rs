//! Sigma rules on stage: what loads, which events a rule sees, what a match says.

use contract::{Finding, Role, Told, UserRules as _};
use model::{Event, Kind};
use sigma::{Loaded, Outcome, RuleText, load};
use testkit::behaviour::{Facts, Making, ip, kind, loose_kind};

fn kinds() -> Vec<&'static Kind> {
    static KINDS: std::sync::OnceLock<Vec<&'static Kind>> = std::sync::OnceLock::new();
    KINDS
        .get_or_init(|| {
            vec![
                kind("http", &["method", "host", "uri", "user_agent", "status_code", "told_by"]),
                kind("dns", &["query", "qtype_name", "answers", "told_by"]),
                kind("conn", &["proto", "action", "told_by"]),
                kind("dce_rpc", &["endpoint", "operation"]),
                loose_kind("device", &["device", "program", "message", "told_by"]),
                loose_kind("process", &["computer", "address", "channel", "event_id", "data", "told_by"]),
            ]
        })
        .clone()
}

fn loaded(text: &str) -> Loaded {
    load(&[RuleText { name: "r.yml".to_owned(), text: text.to_owned() }], &kinds())
}

fn named(name: &str) -> &'static Kind {
    kinds().into_iter().find(|kind| kind.name == name).expect("a kind of this test")
}

fn flow(kind: &'static Kind, secs: f64, from: &str, to: &str) -> Making {
    Making::of(kind, secs, &format!("{from}:1025"), &format!("{to}:80"))
}

fn rule(logsource: &str, detection: &str) -> String {
    format!("title: A rule\nid: r1\nlevel: high\nlogsource:\n{logsource}\ndetection:\n{detection}\n")
}

fn findings(rules: &str, events: impl IntoIterator<Item = Event>) -> Vec<Finding> {
    let loaded = loaded(rules);
    for rule in &loaded.checked {
        assert!(matches!(rule.outcome, Outcome::Loaded { .. }), "{rule:?}");
    }
    let (mut state, mut told, mut facts) = (loaded.rules.open(), Told::default(), Facts::default());
    facts.roles.insert((ip("10.9.9.9"), Role::ScannersAuthorised));
    for event in events {
        facts.now = facts.now.max(event.ts());
        state.on(&event, &facts, &mut told);
    }
    told.findings
}

fn http(secs: f64, client: &str, server: &str, uri: &str, agent: &str) -> Making {
    flow(named("http"), secs, client, server).text("method", "GET").text("host", "a.example").text("uri", uri).text("user_agent", agent)
}

#[test]
fn a_proxys_rule_sees_requests_and_says_what_matched() {
    let text = rule("  category: proxy", "  a:\n    c-uri|contains: a.example/gate.php?\n    c-useragent|startswith: Evil\n  condition: a");
    let seen = findings(
        &text,
        [
            http(1.0, "10.0.0.5", "192.0.2.1", "/gate.php?x=1", "EvilAgent/1").event(),
            http(2.0, "10.0.0.5", "192.0.2.1", "/index.html", "EvilAgent/1").event(),
            // From outside to one of ours: no proxy would show it.
            http(3.0, "93.184.216.34", "10.0.0.5", "/gate.php?x=1", "EvilAgent/1").event(),
            // A web server's log is of another source.
            http(4.0, "10.0.0.6", "192.0.2.1", "/gate.php?x=1", "EvilAgent/1").text("told_by", "web www").event(),
            http(5.0, "10.0.0.7", "192.0.2.1", "http://a.example/gate.php?x", "Evil").text("told_by", "squid proxy").event(),
        ],
    );
    let [first, second] = &seen[..] else { panic!("two findings: {seen:#?}") };
    assert_eq!((first.host, second.host), (ip("10.0.0.5"), ip("10.0.0.7")));
    assert_eq!(first.definition.title.en, "matches the Sigma rule \"A rule\"");
    assert_eq!((&*first.subject, first.severity.name(), first.evidence.len()), (&b"r1"[..], "high", 1));
    let quotes: Vec<_> = first.quotes.iter().map(|quote| String::from_utf8_lossy(quote)).collect();
    assert!(quotes.contains(&"c-uri: http://a.example/gate.php?x=1".into()), "{quotes:?}");
}

#[test]
fn each_source_has_its_own_names() {
    let dns = || flow(named("dns"), 1.0, "10.0.0.5", "10.0.0.1").text("query", "x.evil.example").text("qtype_name", "TXT").event();
    let denied = || flow(named("conn"), 1.0, "10.0.0.5", "192.0.2.1").text("action", "deny").text("told_by", "cisco fw").event();
    let packets = || flow(named("conn"), 1.0, "10.0.0.5", "192.0.2.1").event();
    let rpc = || flow(named("dce_rpc"), 1.0, "10.0.0.5", "10.0.0.1").text("operation", "NetrJobAdd").event();
    for (logsource, detection, event, expected) in [
        ("  category: dns", "  a:\n    query|endswith: .evil.example\n    record_type: TXT\n  condition: a", dns(), 1),
        ("  category: network\n  service: dns", "  a:\n    dns.question.name|contains: evil\n  condition: a", dns(), 1),
        ("  product: zeek\n  service: dns", "  a:\n    id.resp_h|cidr: 10.0.0.0/8\n    qtype_name: txt\n  condition: a", dns(), 1),
        ("  category: firewall", "  a:\n    action: deny\n    blocked: true\n    src_ip: 10.0.0.5\n  condition: a", denied(), 1),
        ("  category: firewall", "  a:\n    src_ip: 10.0.0.5\n  condition: a", packets(), 0),
        ("  product: zeek\n  service: dce_rpc", "  a:\n    operation:\n      - NetrJobAdd\n      - Other\n  condition: 1 of a*", rpc(), 1),
        ("  product: zeek\n  service: conn", "  a:\n    operation: NetrJobAdd\n  condition: a", rpc(), 0),
    ] {
        let found = findings(&rule(logsource, detection), [event]);
        assert_eq!(found.len(), expected, "{logsource}\n{detection}");
    }
}

fn process(secs: f64, channel: &str, id: u64, data: &[&str]) -> Event {
    let data = model::Value::list(data.iter().map(|one| one.as_bytes()));
    Making::loose(named("process"), secs)
        .text("computer", "desk-7.example")
        .with("address", ip("10.0.0.7"))
        .text("channel", channel)
        .with("event_id", id)
        .with("data", data)
        .event()
}

#[test]
fn windows_events_are_shown_to_the_rules_of_their_category_and_service() {
    let text = [
        rule("  product: windows\n  category: process_creation", "  a:\n    Image|endswith: \\whoami.exe\n  condition: a"),
        rule("  product: windows\n  service: security", "  a:\n    EventID: 4688\n    NewProcessName|contains: whoami\n  condition: a")
            .replace("r1", "r2"),
        rule("  product: windows\n  category: network_connection", "  a:\n    Image|contains: whoami\n  condition: a").replace("r1", "r3"),
        rule("  product: windows\n  category: process_creation", "  a:\n    Hashes|contains: ABC\n    sha256: DEF\n  condition: a")
            .replace("r1", "r4"),
    ];
    let sysmon = ["Image=C:\\Windows\\System32\\whoami.exe", "Hashes=MD5=ABC,SHA256=DEF"];
    let found = findings(
        &text.join("---\n"),
        [
            process(1.0, "Microsoft-Windows-Sysmon/Operational", 1, &sysmon),
            process(2.0, "Security", 4688, &["NewProcessName=C:\\Windows\\System32\\whoami.exe"]),
        ],
    );
    let mut seen: Vec<_> = found.iter().map(|one| (String::from_utf8_lossy(&one.subject).into_owned(), one.count)).collect();
    seen.sort();
    assert_eq!(seen, [("r1".into(), 1), ("r1".into(), 2), ("r2".into(), 1), ("r4".into(), 1)]);
    assert!(found.iter().all(|one| one.host == ip("10.0.0.7")));
}

const BASE: &str =
    "title: Refused\nid: base\nname: refused\nlogsource:\n  category: firewall\ndetection:\n  a:\n    action: deny\n  condition: a\n---\n";

fn denied(secs: f64, from: &str, to: &str) -> Event {
    flow(named("conn"), secs, from, to).text("action", "deny").text("told_by", "cisco fw").event()
}

#[test]
fn correlations_count_over_time_and_by_group() {
    let text = format!(
        "{BASE}title: Many refused\nid: many\nlevel: medium\ncorrelation:\n  type: event_count\n  rules: [refused]\n  group-by: [src_ip]\n  timespan: 1m\n  condition:\n    gte: 3\n"
    );
    let slow = (0..6).map(|step| denied(f64::from(step) * 40.0, "10.0.0.5", "192.0.2.1"));
    assert_eq!(findings(&text, slow).len(), 0, "the rule below tells nothing by itself, and two a minute are too few");
    let both = (0..3).flat_map(|step| [denied(f64::from(step), "10.0.0.5", "192.0.2.1"), denied(f64::from(step), "10.0.0.6", "192.0.2.1")]);
    let found = findings(&text, both);
    assert_eq!(found.iter().map(|one| one.host.to_string()).collect::<Vec<_>>(), ["10.0.0.5", "10.0.0.6"]);
    let one = &found[0];
    assert_eq!((&*one.subject, one.evidence.len()), (&b"many src_ip=10.0.0.5"[..], 3));
    assert_eq!((one.measures[0].name, one.measures[0].value, one.measures[0].limit), ("matches", 3.0, Some(3.0)));
}

#[test]
fn correlations_count_values_and_order_rules() {
    let values = format!(
        "{BASE}title: Scan\nid: scan\ncorrelation:\n  type: value_count\n  rules: [base]\n  group-by: [src_ip]\n  timespan: 1m\n  condition:\n    field: dst_ip\n    gt: 2\n"
    );
    let same = (0..5).map(|step| denied(f64::from(step), "10.0.0.5", "192.0.2.1"));
    assert_eq!(findings(&values, same).len(), 0);
    let many = (0..3).map(|step| denied(f64::from(step), "10.0.0.5", &format!("192.0.2.{step}")));
    assert_eq!(findings(&values, many).len(), 1);

    let second = "title: Asked\nname: asked\nlogsource:\n  category: dns\ndetection:\n  a:\n    query: evil.example\n  condition: a\n---\n";
    let ordered = |kind: &str| {
        format!(
            "{BASE}{second}title: Both\nid: both\ncorrelation:\n  type: {kind}\n  rules: [asked, refused]\n  group-by: [src_ip]\n  timespan: 1h\n"
        )
    };
    let asked = |secs| flow(named("dns"), secs, "10.0.0.5", "10.0.0.1").text("query", "evil.example").event();
    let backwards = || [denied(1.0, "10.0.0.5", "192.0.2.1"), asked(2.0)];
    assert_eq!(findings(&ordered("temporal"), backwards()).len(), 1);
    assert_eq!(findings(&ordered("temporal_ordered"), backwards()).len(), 0);
    assert_eq!(findings(&ordered("temporal_ordered"), [asked(1.0), denied(2.0, "10.0.0.5", "192.0.2.1")]).len(), 1);
    assert_eq!(findings(&ordered("temporal"), [asked(1.0), denied(2.0, "10.0.0.6", "192.0.2.1")]).len(), 0);
}

#[test]
fn filters_take_something_out() {
    let filter =
        "title: Not ours\nlogsource:\n  category: firewall\nfilter:\n  rules: [base]\n  a:\n    src_ip: 10.0.0.5\n  condition: not a\n";
    let found = findings(&format!("{BASE}{filter}"), [denied(1.0, "10.0.0.5", "192.0.2.1"), denied(2.0, "10.0.0.6", "192.0.2.1")]);
    assert_eq!(found.iter().map(|one| one.host.to_string()).collect::<Vec<_>>(), ["10.0.0.6"]);
}

fn check(text: &str, expected: &str) {
    let loaded = loaded(text);
    let told: Vec<String> = loaded
        .checked
        .iter()
        .map(|rule| match &rule.outcome {
            Outcome::Loaded { source, notes } => format!("loaded {source} {}", notes.join("; ")).trim().to_owned(),
            Outcome::Refused(problem) => problem.to_string(),
            Outcome::NotRouted(why) => format!("not routed: {why}"),
        })
        .collect();
    assert_eq!(told.join("\n"), expected);
}

#[test]
fn what_cannot_be_used_says_why_and_where() {
    check(
        &rule("  category: proxy", "  a:\n    c-uri|containz: x\n  condition: a"),
        "r.yml:8:11: Unknown modifier 'containz'\n  |\n8 |     c-uri|containz: x\n  |           ^^^^^^^^ the specification's appendix lists the modifiers",
    );
    check(
        &rule("  product: aws\n  service: cloudtrail", "  a:\n    x: y\n  condition: a"),
        "not routed: no events of product aws, service cloudtrail",
    );
    check(&rule("  category: dns", "  a:\n    quarry: y\n  condition: a"), "loaded dns dns has no field quarry");
    let text = rule("  category: dns", "  a:\n    query|re: '(?=x)y'\n  condition: a");
    let [rule] = &loaded(&text).checked[..] else { panic!("one rule") };
    assert!(matches!(&rule.outcome, Outcome::Refused(problem) if problem.what().contains("regex")), "{rule:?}");
}

#[test]
fn a_broken_rule_keeps_no_other_from_loading() {
    let good = rule("  category: dns", "  a:\n    query: x\n  condition: a");
    let text = format!(
        "{good}---\ntitle: [\n---\n{good}---\ntitle: no detection\n---\ntitle: c\ncorrelation:\n  type: event_count\n  rules: [nobody]\n  timespan: 1m\n  condition:\n    gte: 2\n"
    );
    let loaded = loaded(&text);
    let outcomes: String = loaded
        .checked
        .iter()
        .map(|rule| match rule.outcome {
            Outcome::Loaded { .. } => 'l',
            Outcome::Refused(_) => 'r',
            Outcome::NotRouted(_) => 'n',
        })
        .collect();
    assert_eq!((outcomes.as_str(), loaded.rules.len()), ("lrlrr", 2), "{:#?}", loaded.checked);
}
