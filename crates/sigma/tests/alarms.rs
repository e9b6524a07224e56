//! Alarms on stage: what is counted, what must follow or must not, and what is wrong with a file.

use contract::{Finding, Told, UserRules as _};
use model::{Event, Kind, Timestamp};
use sigma::alarm::Alarms;
use testkit::behaviour::{Facts, Making, ip, kind, loose_kind};

fn logon(secs: f64, source: &str, user: &str, success: bool) -> Event {
    static KIND: std::sync::OnceLock<&'static Kind> = std::sync::OnceLock::new();
    let kind = KIND.get_or_init(|| loose_kind("logon", &["host", "service", "user", "source", "success"]));
    Making::loose(kind, secs).text("service", "ssh").text("user", user).with("source", ip(source)).with("success", success).event()
}

fn raw(secs: f64, line: &str) -> Event {
    static KIND: std::sync::OnceLock<&'static Kind> = std::sync::OnceLock::new();
    Making::loose(KIND.get_or_init(|| loose_kind("raw", &["reason", "line"])), secs).text("line", line).event()
}

fn denied(secs: f64, from: &str, to: &str) -> Event {
    static KIND: std::sync::OnceLock<&'static Kind> = std::sync::OnceLock::new();
    let kind = KIND.get_or_init(|| kind("conn", &["proto", "action"]));
    Making::of(kind, secs, &format!("{from}:1025"), &format!("{to}:22")).text("action", "deny").event()
}

fn findings(text: &str, events: impl IntoIterator<Item = Event>) -> Vec<Finding> {
    let alarms = Alarms::parse("a.toml", text).unwrap_or_else(|problems| panic!("{}", problems[0]));
    let (mut state, mut told, mut facts) = (alarms.open(), Told::default(), Facts::default());
    for event in events {
        facts.now = facts.now.max(event.ts());
        state.tick(facts.now, false, &facts, &mut told);
        state.on(&event, &facts, &mut told);
    }
    state.tick(facts.now, true, &facts, &mut told);
    told.findings
}

fn subjects(text: &str, events: impl IntoIterator<Item = Event>) -> Vec<String> {
    findings(text, events).iter().map(|one| String::from_utf8_lossy(&one.subject).into_owned()).collect()
}

#[test]
fn so_many_within_so_long_by_whom() {
    let text =
        "[[alarm]]\nname = 'guessing'\nwhen = 'logon: service = ssh and success = false'\ncount = 3\nwindow = '1m'\nby = ['source']\n";
    let slow = (0..9).map(|step| logon(f64::from(step) * 40.0, "203.0.113.7", "root", false));
    assert!(subjects(text, slow).is_empty());
    let spread = (0..9).map(|step| logon(f64::from(step), &format!("203.0.113.{step}"), "root", false));
    assert!(subjects(text, spread).is_empty());
    let quick = (0..9).map(|step| logon(f64::from(step), "203.0.113.7", "root", false));
    // Three times three, told once and then quiet for an hour.
    assert_eq!(subjects(text, quick), ["guessing 203.0.113.7"]);
    let users = text.replace("count = 3", "count = 3\ndistinct = 'user'");
    let quick = |users: &'static [&str]| users.iter().enumerate().map(|(step, user)| logon(step as f64, "203.0.113.7", user, false));
    assert!(subjects(&users, quick(&["a", "b", "a", "b", "a"])).is_empty());
    assert_eq!(subjects(&users, quick(&["a", "b", "a", "c"])).len(), 1);
}

const GOT_IN: &str = "[[alarm]]\nname = 'in'\nwhen = 'logon: success = false'\ncount = 2\nby = ['source']\nthen = 'logon: success = true'\nwithin = '5m'\nseverity = 'high'\nmessage = '{source} got in as {user}'\n";

#[test]
fn what_must_follow() {
    let failed = |secs| logon(secs, "203.0.113.7", "root", false);
    let found = findings(GOT_IN, [failed(1.0), failed(2.0), logon(100.0, "203.0.113.7", "bob", true)]);
    let [one] = &found[..] else { panic!("one finding: {found:?}") };
    assert_eq!((one.host, one.severity.name(), &*one.quotes[0]), (ip("203.0.113.7"), "high", &b"203.0.113.7 got in as bob"[..]));
    for (other, why) in [
        (logon(400.0, "203.0.113.7", "bob", true), "too late"),
        (logon(100.0, "203.0.113.8", "bob", true), "another source"),
        (logon(100.0, "203.0.113.7", "bob", false), "no success"),
    ] {
        assert!(subjects(GOT_IN, [failed(1.0), failed(2.0), other]).is_empty(), "{why}");
    }
    assert!(subjects(GOT_IN, [failed(1.0), logon(2.0, "203.0.113.7", "bob", true), failed(3.0)]).is_empty(), "the order counts");
}

#[test]
fn what_must_not_be_missing() {
    let text = "[[alarm]]\nname = 'no end'\nwhen = '/backup (?<job>\\w+) started/'\nby = ['job']\nunless = '/backup (?<job>\\w+) finished/'\nwithin = '1h'\nhost = 'at|job_host'\n";
    let text = text.replace("started/", "started on (?<at>\\S+)/");
    let other = raw(9_000.0, "something else");
    let started = raw(1.0, "backup nightly started on 10.0.0.9");
    assert_eq!(subjects(&text, [started.clone(), other.clone()]), ["no end nightly"]);
    assert!(subjects(&text, [started.clone(), raw(1_000.0, "backup nightly finished"), other.clone()]).is_empty());
    assert_eq!(subjects(&text, [started.clone(), raw(1_000.0, "backup weekly finished"), other]).len(), 1);
    assert!(subjects(&text, [started, raw(100.0, "x")]).is_empty(), "the hour is not over");
}

#[test]
fn conditions_hold_columns_against_values() {
    let holds = |condition: &str| {
        let text = format!("[[alarm]]\nname = 'x'\nwhen = '''{condition}'''\n");
        !subjects(&text, [denied(1.0, "10.0.0.5", "192.0.2.1")]).is_empty()
    };
    for condition in [
        "conn: action = DENY",
        "action",
        "conn: id.resp_p = 22 and id.orig_p > 1024",
        "id.orig_h in 10.0.0.0/8 and not id.resp_h in [10.0.0.0/8, 172.16.0.0/12]",
        "id.resp_h = 192.0.2.1",
        "action ~ /^de/ and action contains en and action begins d and action ends \"y\"",
        "(action = allow or action = deny) and action != allow and action !~ /x/",
        "/10.0.0.5 1025/",
        "dns, conn: action in [drop, deny]",
    ] {
        assert!(holds(condition), "{condition}");
    }
    for condition in ["dns: action = deny", "action = allow", "id.resp_p < 22", "service", "id.orig_h in 192.0.2.0/24", "not action = deny"]
    {
        assert!(!holds(condition), "{condition}");
    }
}

#[test]
fn errors_show_their_place_and_a_fix() {
    for (text, expected) in [
        ("[[alarm]]\nname = 'x'\n", "a.toml:1:1: an alarm without \"when\""),
        ("[[alarm]]\nname = 'x'\nwhen = 'conn: action ='\n", "a.toml:3:23: a value is missing"),
        ("[[alarm]]\nname = 'x'\nwhen = 'conn: /(/'\n", "a.toml:3:16: error: unclosed group"),
        ("[[alarm]]\nname = 'x'\nwhen = 'action'\nwindow = '10 fortnights'\n", "a.toml:4:10: this is no length of time"),
        ("[[alarm]]\nname = 'x'\nwhen = 'action'\ncuont = 3\n", "a.toml:4:1: an alarm has no \"cuont\""),
        ("[[alarm]]\nname = 'x'\nwhen = 'action'\ncount = 0\n", "a.toml:4:9: this is no count"),
        ("[[alarm]]\nname = 'x'\nwhen = 'action'\nexcept = ['monitor']\n", "a.toml:4:10: no role is called \"monitor\""),
        ("[[alarm]]\nname = 'x'\nwhen = 'action'\nthen = 'a'\nunless = 'b'\n", "a.toml:5:10: then and unless together"),
        ("alarm = 1\n", "a.toml:1:1: one table for all alarms"),
    ] {
        let problems = Alarms::parse("a.toml", text).expect_err(text);
        let told = problems[0].to_string();
        assert!(told.starts_with(expected) && told.contains('^'), "{told}");
    }
}

#[test]
fn a_flood_of_groups_is_bounded() {
    let alarms = Alarms::parse("a.toml", GOT_IN).expect("an alarm");
    let (mut state, mut told, mut facts) = (alarms.open(), Told::default(), Facts::default());
    for number in 0..120_000_u32 {
        let source = format!("100.{}.{}.{}", number >> 16 & 63, number >> 8 & 255, number & 255);
        for step in 0..2 {
            let event = logon(f64::from(step), &source, "root", false);
            facts.now = Timestamp::from_secs(1_600_000_001);
            state.on(&event, &facts, &mut told);
        }
    }
    assert!(state.held_bytes() < 64 << 20, "{}", state.held_bytes());
    assert!(!state.losses().is_empty());
}
