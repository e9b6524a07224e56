//! What is shared: complete, the same every time, nothing of the own side in it, and accepted by others' readers.
//!
//! The readers are Python's `stix2-validator`, `stix2` and `pymisp` (pip install stix2-validator==3.2.0 stix2 pymisp; the validator's
//! newer packages lack their schemas); where they are not installed, their test is skipped and says so.

#![expect(clippy::disallowed_methods, reason = "the readers of others are programs")]

use serde_json::Value;
use share::{Sharing, Tlp, Veil};
use std::io::Write as _;
use std::process::{Command, Stdio};
use story::{FindingRow, Incident, Indicator, Made, Sentence, Source, Story, Text};

const KEY: &[u8] = b"a key that is only for tests";

fn text(en: &str) -> Text {
    Text { en: en.to_owned(), ja: String::new() }
}

fn indicator(kind: &str, value: &str, block: bool) -> Indicator {
    Indicator {
        kind: kind.to_owned(),
        value: value.to_owned(),
        confidence: 90,
        because: text("fetched by 10.0.0.5 (DESK-7)"),
        block,
        ..Indicator::default()
    }
}

fn story() -> Story {
    let finding = |stage: &str, peer: &str, technique: &str| FindingRow {
        id: format!("F{stage}"),
        host: "10.0.0.5".to_owned(),
        peers: vec![peer.to_owned(), "10.0.0.9".to_owned()],
        first: "2020-10-12T21:02:18.593756Z".to_owned(),
        last: "2020-10-12T21:14:02.100000Z".to_owned(),
        count: 14,
        stage: stage.to_owned(),
        part: "actor".to_owned(),
        techniques: vec![technique.to_owned()],
        quotes: vec!["USER alice".to_owned()],
        incident: "I1".to_owned(),
        ..FindingRow::default()
    };
    let sha256 = "6b53ba14172f0094a00edfef96887aab01e8b1c49bdc6b1f34d7f2e32f88d172";
    Story {
        version: story::VERSION,
        made: Made {
            first: Some("2020-10-12T21:00:00.000000Z".to_owned()),
            last: Some("2020-10-12T21:30:00.5Z".to_owned()),
            ..Made::default()
        },
        incidents: vec![Incident {
            id: "I1".to_owned(),
            host: "10.0.0.5".to_owned(),
            names: vec!["DESK-7".to_owned()],
            part: "actor".to_owned(),
            title: text("fetched a program"),
            score: 1500,
            confidence: 95,
            first: "2020-10-12T21:02:18.593756Z".to_owned(),
            last: "2020-10-12T21:14:02.100000Z".to_owned(),
            story: vec![Sentence {
                text: text("10.0.0.5 (desk-7) asked bad.example for a program as “alice”."), ..Sentence::default()
            }],
            source: Some(Source {
                name: "bad.example".to_owned(),
                address: "198.51.100.7".to_owned(),
                url: "http://bad.example/it's%20here/a.exe?x=1".to_owned(),
                mime_type: "application/x-dosexec".to_owned(),
                bytes: 629_760,
                sha256: sha256.to_owned(),
                ..Source::default()
            }),
            ..Incident::default()
        }],
        findings: vec![finding("came_in", "198.51.100.7", "T1105"), finding("called_home", "203.0.113.9", "T1071.001")],
        indicators: vec![
            indicator("domain", "bad.example", true),
            indicator("ip", "203.0.113.9", true),
            indicator("ip", "2001:db8:ffff::7", true),
            indicator("ip", "10.0.0.9", true),
            indicator("url", "http://bad.example/it's%20here/a.exe?x=1", true),
            indicator("url", "http://10.0.0.9/b.exe", true),
            indicator("sha256", sha256, true),
            indicator("sha1", "da39a3ee5e6b4b0d3255bfef95601890afd80709", true),
            indicator("md5", "d41d8cd98f00b204e9800998ecf8427e", true),
            indicator("ja3", "e7d705a3286e19ea42f587b344ee6865", false),
            indicator("ja4", "t13d1516h2_8daaf6152771_b186095e22b6", false),
            indicator("user_agent", "Mozilla/4.08 (Charon; Inferno)", false),
            indicator("port", "6667", false),
        ],
        ..Story::default()
    }
}

fn objects(bundle: &str, ty: &str) -> Vec<Value> {
    let bundle: Value = serde_json::from_str(bundle).expect("JSON");
    let all = bundle["objects"].as_array().expect("objects");
    all.iter().filter(|object| object["type"] == ty).cloned().collect()
}

#[test]
fn nothing_of_the_own_side_leaves_the_house() {
    let story = story();
    let veil = Veil::keyed(KEY, &story).expect("a key");
    let sharing = Sharing::new(&story, &veil, Tlp::Amber, "");
    for out in [sharing.stix(), sharing.misp(), sharing.csv()] {
        for own in ["10.0.0.5", "10.0.0.9", "DESK-7", "desk-7", "alice"] {
            assert!(!out.contains(own), "{own} in {out}");
        }
        assert!(out.contains("bad.example") && out.contains("203.0.113.9"));
    }
    assert_eq!(sharing.withheld(), 2);
    let open = Veil::open();
    let open = Sharing::new(&story, &open, Tlp::Red, "");
    assert!(open.stix().contains("10.0.0.5") && open.csv().contains("10.0.0.9"));
}

#[test]
fn the_same_story_gives_the_same_bytes_and_every_reference_leads_somewhere() {
    let story = story();
    let veil = Veil::keyed(KEY, &story).expect("a key");
    let made = || Sharing::new(&story, &veil, Tlp::Green, "Example CERT").stix();
    assert_eq!(made(), made());
    let bundle: Value = serde_json::from_str(&made()).expect("JSON");
    let all = bundle["objects"].as_array().expect("objects");
    let ids: Vec<&str> = all.iter().filter_map(|object| object["id"].as_str()).collect();
    let mut unique = ids.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), ids.len(), "each object once");
    for object in all {
        for (key, value) in object.as_object().expect("an object") {
            let refs: Vec<&Value> = match value {
                Value::Array(many) if key.ends_with("_refs") => many.iter().collect(),
                one if key.ends_with("_ref") => vec![one],
                _ => Vec::new(),
            };
            assert!(refs.iter().all(|id| ids.contains(&id.as_str().expect("an id"))), "{key} of {}", object["id"]);
        }
    }
}

#[test]
fn stix_says_what_the_story_says() {
    let story = story();
    let veil = Veil::keyed(KEY, &story).expect("a key");
    let bundle = Sharing::new(&story, &veil, Tlp::AmberStrict, "").stix();
    let patterns: Vec<String> =
        objects(&bundle, "indicator").iter().map(|one| one["pattern"].as_str().expect("a pattern").to_owned()).collect();
    assert_eq!(patterns.len(), 11);
    assert!(patterns.contains(&"[url:value = 'http://bad.example/it\\'s%20here/a.exe?x=1']".to_owned()), "{patterns:?}");
    assert!(patterns.contains(&"[ipv6-addr:value = '2001:db8:ffff::7']".to_owned()));
    let techniques: Vec<Value> = objects(&bundle, "attack-pattern");
    assert_eq!(techniques.len(), 2);
    assert_eq!(techniques[0]["external_references"][0]["external_id"], "T1105");
    // The id of an address is the one that everybody gives it (STIX 2.1, section 2.9).
    let addresses = objects(&bundle, "ipv4-addr");
    let home = addresses.iter().find(|one| one["value"] == "203.0.113.9").expect("the address");
    assert_eq!(home["id"], "ipv4-addr--39090fdc-366e-571f-ab5b-d05e2918f88f");
    assert_eq!(objects(&bundle, "marking-definition")[0]["id"], "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003");
}

#[test]
fn an_empty_story_can_be_shared() {
    let (story, veil) = (Story::default(), Veil::open());
    let sharing = Sharing::new(&story, &veil, Tlp::Clear, "");
    assert_eq!(objects(&sharing.stix(), "indicator").len(), 0);
    assert_eq!(sharing.csv().lines().count(), 1);
    assert!(sharing.misp().contains("\"Attribute\": []"));
}

/// Runs a Python program over a document; `None` where what it imports is not installed.
fn python(imports: &str, program: &str, document: &str) -> Option<String> {
    let can = Command::new("python3").args(["-c", &format!("import {imports}")]).stderr(Stdio::null()).status();
    if !can.is_ok_and(|status| status.success()) {
        eprintln!("skipped: python3 cannot import {imports} (pip install stix2-validator==3.2.0 stix2 pymisp)");
        return None;
    }
    let mut child = Command::new("python3")
        .args(["-W", "ignore", "-c", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python3 runs");
    child.stdin.take().expect("its input").write_all(document.as_bytes()).expect("the document");
    let output = child.wait_with_output().expect("python3 ends");
    assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn stix_is_accepted_by_its_validator_and_its_library() {
    let story = story();
    for (veil, tlp) in [(Veil::keyed(KEY, &story).expect("a key"), Tlp::Amber), (Veil::open(), Tlp::Red)] {
        let bundle = Sharing::new(&story, &veil, tlp, "Example CERT").stix();
        let validate = "import sys, os, stix2validator as v\n\
            if not os.path.isdir(os.path.join(os.path.dirname(v.__file__), 'schemas-2.1')):\n\
            \x20   print('skipped: this stix2-validator was packed without its schemas; 3.2.0 has them'); sys.exit(0)\n\
            r = v.validate_string(sys.stdin.read(), v.ValidationOptions(version='2.1'))\n\
            v.print_results([r] if not isinstance(r, list) else r)\n\
            sys.exit(0 if r.is_valid else 1)";
        if let Some(said) = python("stix2validator", validate, &bundle) {
            println!("{said}");
        }
        let parse = "import sys, stix2\n\
            b = stix2.parse(sys.stdin.read(), allow_custom=False, version='2.1')\n\
            print(len(b.objects))";
        python("stix2", parse, &bundle);
    }
}

#[test]
fn misp_is_loaded_by_its_library() {
    let story = story();
    let veil = Veil::keyed(KEY, &story).expect("a key");
    let event = Sharing::new(&story, &veil, Tlp::Amber, "Example CERT").misp();
    // The library checks types and categories on loading; its own template checks the objects.
    let load = "import sys, json, pymisp\n\
        e = pymisp.MISPEvent(); e.load(sys.stdin.read())\n\
        a = e.attributes; o = e.objects\n\
        assert any(t.name == 'tlp:amber' for t in e.tags), e.tags\n\
        for x in o:\n\
        \x20   t = pymisp.MISPObject(x.name, strict=True)\n\
        \x20   assert t.template_uuid == x.template_uuid, (x.name, t.template_uuid)\n\
        \x20   for y in x.attributes: t.add_attribute(y.object_relation, value=y.value)\n\
        \x20   t.to_json()\n\
        d = pymisp.tools  # the library is whole\n\
        m = json.loads(e.to_json())\n\
        print(len(a), len(o), sorted({y.type for y in a}))";
    if let Some(said) = python("pymisp", load, &event) {
        assert!(said.starts_with("11 2 "), "{said}");
    }
}
