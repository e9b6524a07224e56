//! The story of made-up events: an infection by a program that fetches more and calls home, a worm that goes from host to host, an
//! attack from outside; and a memory that a million hosts do not fill.

use contract::seen::Eyes;
use contract::{Definition, Finding, Part, Severity, Stage, Tell as _, Words};
use model::{Event, Interval, Kind, Timestamp, Uid, Value};
use std::sync::LazyLock;
use story::{Evidence, Findings, Made, Story};
use testkit::behaviour::{Facts, Making, conn, dns, http, ip, kind};

const fn definition(detector: &'static str, title: Words, severity: Severity, stage: Stage, part: Part) -> Definition {
    let none = Words { en: "", ja: "" };
    Definition {
        detector,
        name: detector,
        title,
        rule: none,
        next: none,
        source: "",
        severity,
        stage,
        part,
        techniques: &[],
        excluded: &[],
    }
}

static PROGRAM: Definition =
    definition("exe_download", Words { en: "fetched a program", ja: "実行ファイルを取得した" }, Severity::High, Stage::CameIn, Part::Actor);
static WORM: Definition = definition(
    "worm",
    Words { en: "spreads like a worm", ja: "ワームのように広がろうとしている" },
    Severity::High,
    Stage::Spread,
    Part::Actor,
);
static GUESSED: Definition = definition(
    "brute_force",
    Words { en: "was tried with many passwords", ja: "多数のパスワードを試された" },
    Severity::High,
    Stage::CameIn,
    Part::Target,
);

static FILES: LazyLock<&'static Kind> = LazyLock::new(|| {
    kind(
        "files",
        &["fuid", "source", "mime_type", "filename", "is_orig", "seen_bytes", "missing_bytes", "md5", "sha1", "sha256", "wrapped"],
    )
});
static SSL: LazyLock<&'static Kind> = LazyLock::new(|| kind("ssl", &["server_name", "ja3"]));

/// Events and findings in the making of a story.
#[derive(Default)]
struct World {
    eyes: Eyes,
    evidence: Evidence,
    findings: Findings,
    facts: Facts,
}

impl World {
    fn see(&mut self, event: &Event) {
        self.evidence.see(&self.eyes.see(event), &self.findings);
    }

    fn told(&self) -> Story {
        story::make(&self.findings, &self.evidence, &self.facts, Made::default())
    }
}

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(1_600_000_000) + Interval::from_secs(secs)
}

fn uid(event: &Event) -> Uid {
    match event.get(event.kind().find("uid").expect("rows of flows have one")) {
        Value::Uid(uid) => *uid,
        _ => panic!("an id"),
    }
}

/// A name that is looked up, and what is fetched by it.
fn fetch(world: &mut World, secs: f64, (name, addr): (&str, &str), path: &str, mime: &str, more: &[(&str, &str)]) -> Uid {
    let client = format!("10.0.0.5:{}", 40_000 + secs as u32);
    let lookup = dns(secs, &client, "10.0.0.1:53", name, "A", "NOERROR").with("answers", Value::list([addr.to_owned()]));
    world.see(&lookup.event());
    let fuid = Uid::file(&[path.as_bytes()]);
    let request = http(secs + 0.2, &client, &format!("{addr}:80"), "GET", name, path)
        .text("user_agent", "PPPX")
        .with("resp_fuids", Value::list([fuid]))
        .with("resp_mime_types", Value::list([mime.to_owned()]))
        .event();
    let file = Making::of(&FILES, secs + 0.3, &client, &format!("{addr}:80"))
        .with("uid", uid(&request))
        .with("fuid", fuid)
        .text("source", "HTTP")
        .text("mime_type", mime)
        .with("is_orig", false)
        .with("seen_bytes", 600_000_u64)
        .text("sha256", &"ab".repeat(32));
    let file = more.iter().fold(file, |file, (column, value)| file.text(column, value)).event();
    world.see(&file);
    world.see(&request);
    fuid
}

fn infection() -> Story {
    let mut world = World::default();
    let source = ("files.bad.example", "203.0.114.9");
    let fuid = fetch(&mut world, 10.0, source, "/a/Setup.exe", "application/x-dosexec", &[]);
    world.findings.finding(Finding::new(&PROGRAM, ip("10.0.0.5"), at(10), 95).peer(ip("203.0.114.9")).proof(Some(fuid)));
    fetch(
        &mut world,
        45.0,
        source,
        "/b/Setup",
        "text/plain",
        &[("wrapped", "hex reversed application/x-dosexec"), ("sha256", &"cd".repeat(32))],
    );
    let name =
        dns(47.0, "10.0.0.5:51000", "10.0.0.1:53", "discord.com", "A", "NOERROR").with("answers", Value::list(["198.20.0.7".to_owned()]));
    world.see(&name.event());
    world.see(&Making::of(&SSL, 47.5, "10.0.0.5:51001", "198.20.0.7:443").text("server_name", "discord.com").event());
    world.see(&conn(47.4, "10.0.0.5:51001", "198.20.0.7:443", "SF").text("service", "ssl").with("orig_bytes", 900_u64).event());
    for call in 0..14 {
        let secs = 60.0 + 60.2 * f64::from(call);
        let client = format!("10.0.0.5:{}", 52_000 + call);
        let post = http(secs, &client, "198.51.107.4:80", "POST", "198.51.107.4", "/panel/gate.php?x=1");
        let post = post
            .with("request_body_len", 181_u64)
            .with("response_body_len", 23_u64)
            .text("user_agent", "Charon")
            .with("status_code", 404_u64);
        world.see(&post.event());
        world
            .see(&http(secs + 1.0, "10.0.0.9:4000", "198.20.0.9:80", "GET", "news.example", "/").text("user_agent", "Mozilla/5.0").event());
    }
    world.told()
}

#[test]
fn an_infection_is_told_from_the_name_to_the_calls() {
    let story = infection();
    let [incident] = story.incidents.as_slice() else { panic!("one incident: {:?}", story.incidents) };
    assert_eq!(incident.host, "10.0.0.5");
    assert_eq!(incident.title.en, "infected: fetched a Windows program from files.bad.example and keeps calling 198.51.107.4");
    let what: Vec<&str> = incident.story.iter().map(|one| one.what.as_str()).collect();
    assert_eq!(what, ["lookup", "download", "download", "disguise", "calls_home"], "{:#?}", incident.story);
    let source = incident.source.as_ref().expect("a source");
    assert_eq!((source.name.as_str(), source.address.as_str()), ("files.bad.example", "203.0.114.9"));
    assert_eq!((source.url.as_str(), source.sha256.len()), ("http://files.bad.example/a/Setup.exe", 64));
    let calls = &incident.story[4];
    assert!(calls.text.en.contains("(POST http://198.51.107.4/panel/gate.php) 14 times until 12:40:42, every 60.2 s"), "{}", calls.text.en);
    assert!(calls.text.ja.contains("14 回、POST リクエストを送った") && calls.text.ja.contains("間隔は 60.2 秒"), "{}", calls.text.ja);
    assert!(incident.story[3].text.en.contains("hexadecimal digits written backwards: a Windows program in disguise"));
    assert!(incident.story.iter().all(|one| !one.ids.is_empty() && one.at.is_some() && !one.text.ja.is_empty()));
    // The finding that rests on the same file is told by the file's sentence.
    let found = &story.findings[0].id;
    assert!(incident.story[1].ids.contains(found), "{:?}", incident.story[1]);
}

#[test]
fn only_what_the_malware_uses_is_offered_for_blocking() {
    let story = infection();
    let blocked: Vec<&str> = story.indicators.iter().filter(|one| one.block).map(|one| one.value.as_str()).collect();
    for expected in ["files.bad.example", "203.0.114.9", "198.51.107.4", "http://198.51.107.4/panel/gate.php", "Charon", "PPPX"] {
        assert!(blocked.contains(&expected), "{expected} in {blocked:?}");
    }
    assert!(!story.indicators.iter().any(|one| one.value.contains("discord") || one.value.contains("198.20.0.")), "{:?}", story.indicators);
    assert!(story.questions.iter().any(|one| one.what == "led_to") && story.questions.iter().any(|one| one.what == "stolen"));
    assert!(!story.blind.iter().any(|one| one.what == "no_dns"), "{:?}", story.blind);
}

#[test]
fn a_worm_is_followed_from_host_to_host() {
    let mut world = World::default();
    let answered = |secs, from: &str, to: &str| conn(secs, from, to, "SF").with("resp_pkts", 4_u64).with("resp_bytes", 100_u64).event();
    world.findings.finding(Finding::new(&WORM, ip("10.0.0.3"), at(5), 90).about(b"445/tcp"));
    world.see(&answered(20.0, "10.0.0.3:1025", "10.0.0.4:445"));
    world.findings.finding(Finding::new(&WORM, ip("10.0.0.4"), at(60), 90).about(b"445/tcp"));
    let story = world.told();
    let of = |host: &str| story.incidents.iter().find(|one| one.host == host).expect("an incident");
    let text =
        |host: &str, what: &str| of(host).story.iter().find(|one| one.what == what).map(|one| one.text.en.clone()).unwrap_or_default();
    assert!(text("10.0.0.4", "came_from").starts_with("It has this from 10.0.0.3"), "{:?}", of("10.0.0.4"));
    assert!(text("10.0.0.3", "passed_on").contains("10.0.0.4"), "{:?}", of("10.0.0.3"));
}

#[test]
fn an_attack_from_outside_says_whether_it_succeeded() {
    let mut world = World::default();
    let attack = Finding::new(&GUESSED, ip("10.0.0.8"), at(5), 95).about(b"ssh").peer(ip("203.0.114.77")).times(300);
    world.findings.finding(attack);
    let story = world.told();
    let [incident] = story.incidents.as_slice() else { panic!("one incident") };
    assert_eq!(incident.part, "target");
    let what: Vec<&str> = incident.story.iter().map(|one| one.what.as_str()).collect();
    assert_eq!(what, ["attacked", "no_success_seen"]);
    assert!(incident.story[0].text.en.contains("the other side was 203.0.114.77"), "{}", incident.story[0].text.en);
    assert!(story.indicators.iter().any(|one| one.kind == "ip" && one.value == "203.0.114.77"));
    world.findings.finding(Finding::new(&WORM, ip("10.0.0.8"), at(50), 60));
    let story = world.told();
    let told = &story.incidents.iter().find(|one| one.part == "target").expect("still the target").story;
    assert_eq!(told.last().map(|one| one.what.as_str()), Some("succeeded"), "{told:#?}");
}

#[test]
fn a_crowd_of_hosts_does_not_fill_the_memory_and_the_accused_are_kept() {
    const HOSTS: u32 = 120_000;
    let mut world = World::default();
    world.findings.finding(Finding::new(&WORM, ip("10.0.0.5"), at(0), 95));
    let accused = fetch(&mut world, 1.0, ("files.bad.example", "203.0.114.9"), "/x.exe", "application/x-dosexec", &[]);
    let long = "a-long-path-segment/".repeat(20);
    for number in 0..HOSTS {
        let [_, a, b, c] = number.to_be_bytes();
        let (client, server) = (format!("11.{a}.{b}.{c}:1025"), format!("20.{a}.{b}.{c}:80"));
        let secs = f64::from(number) / 100.0;
        let name = format!("host-{number}.crowd.example");
        world.see(
            &dns(secs, &client, "10.0.0.1:53", &name, "A", "NOERROR").with("answers", Value::list([format!("20.{a}.{b}.{c}")])).event(),
        );
        world.see(&http(secs, &client, &server, "GET", &name, &format!("/{long}{number}")).text("referrer", &long).event());
        world.see(&conn(secs, &client, &server, "SF").text("service", "http").event());
    }
    let held = world.evidence.held_bytes();
    assert!((5 << 20..60 << 20).contains(&held), "{held} bytes");
    assert_eq!(world.evidence.dropped().iter().map(|(_, count)| count).sum::<u64>(), 0, "{:?}", world.evidence.dropped());
    let story = world.told();
    let incident = story.incidents.iter().find(|one| one.host == "10.0.0.5").expect("the accused");
    assert_eq!(incident.source.as_ref().map(|source| source.fuid.clone()), Some(accused.to_string()));
    assert!(story.blind.iter().any(|one| one.what == "forgotten"), "{:?}", story.blind);
}

#[test]
fn an_epidemic_is_told_in_time_that_grows_with_it_and_no_faster() {
    const HOSTS: u32 = 3_000;
    let mut world = World::default();
    let host = |number: u32| format!("10.1.{}.{}", number / 250, number % 250 + 1);
    for number in 0..HOSTS {
        world.findings.finding(Finding::new(&WORM, ip(&host(number)), at(i64::from(number)), 95).about(b"445/tcp"));
        for next in 1..=8 {
            let to = format!("{}:445", host((number * 8 + next) % HOSTS));
            world.see(&conn(f64::from(number) + 0.5, &format!("{}:1025", host(number)), &to, "SF").with("resp_pkts", 4_u64).event());
        }
    }
    let story = world.told();
    assert_eq!(story.incidents.len(), HOSTS as usize);
    let passed = story.incidents.iter().filter(|one| one.story.iter().any(|line| line.what == "came_from")).count();
    assert!(passed > 500, "{passed} of them were reached by an earlier one");
    assert!(story.questions.len() <= 12 && story.indicators.len() <= 500);
}
