//! What was read is understood again: the logs of the made-up office say the same as its packets, every finding is explained by
//! rows that are there, a role excuses whom it should, and a destination is known.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// An empty folder, taken away at the end.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("hyakuyo-understood-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }

    fn run(&self, words: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_hyakuyo")).args(words).current_dir(&self.0).output().expect("the program runs")
    }

    fn text(&self, words: &[&str], code: i32) -> String {
        let output = self.run(words);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{words:?}: {errors}");
        String::from_utf8(output.stdout).expect("output is UTF-8")
    }

    fn json(&self, words: &[&str], code: i32) -> Value {
        serde_json::from_str(&self.text(words, code)).expect("JSON")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn rows<'a>(all: &'a Value, name: &str) -> &'a Vec<Value> {
    all[name].as_array().unwrap_or_else(|| panic!("{name} is a list"))
}

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap_or_else(|| panic!("{name} is a text"))
}

fn story(folder: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join("story.json")).expect("a story")).expect("JSON")
}

#[test]
fn an_infected_office_is_explained_replayed_and_investigated() {
    let place = Place::new();
    place.text(&["demo-capture", "office.pcap"], 0);
    for (format, folder) in [("zeek", "office"), ("json", "lines")] {
        place.text(&["read", "office.pcap", "-o", folder, "--format", format, "--quiet"], 0);
        let story = story(&place.0.join(folder));
        assert!(!rows(&story, "incidents").is_empty());
        logs_say_the_same(&place, folder, &story);
    }
    let story = story(&place.0.join("office"));
    everything_is_explained(&place, "office", &story);
    a_role_excuses(&place, "office", &story);
    the_source_is_known(&place, "office", &story);
}

fn everything_is_explained(place: &Place, folder: &str, story: &Value) {
    for incident in rows(story, "incidents") {
        let shown = place.text(&["why", text(incident, "id"), folder], 0);
        assert!(shown.contains(text(incident, "host")) && shown.contains("an incident begins at 700"), "{shown}");
    }
    for finding in rows(story, "findings") {
        let shown = place.text(&["why", text(finding, "id"), folder], 0);
        assert!(shown.contains(text(&finding["rule"], "en")), "{shown}");
        assert!(!shown.contains("no row of the logs names it"), "{shown}");
        let json = place.json(&["why", text(finding, "id"), folder, "--json"], 0);
        assert_eq!(&json["findings"][0]["finding"], finding);
        assert!(!text(&json["findings"][0], "source").is_empty());
    }
    place.text(&["why", "DnothingOfTheKind1", folder], 1);
}

fn logs_say_the_same(place: &Place, folder: &str, story: &Value) {
    fs::write(place.0.join("none.toml"), "").expect("a file");
    let replayed = place.json(&["replay", folder, "--roles", "none.toml", "--json"], 1);
    let of = |name: &str| replayed["before"][name].as_u64();
    assert_eq!(of("findings"), Some(rows(story, "findings").len() as u64));
    assert_eq!(of("incidents"), Some(rows(story, "incidents").len() as u64));
}

fn a_role_excuses(place: &Place, folder: &str, story: &Value) {
    let excusable = |finding: &&Value| !rows(finding, "excluded").is_empty() && !text(finding, "incident").is_empty();
    let Some(finding) = rows(story, "findings").iter().find(excusable) else { panic!("a finding that a role excuses") };
    let role = text(&rows(finding, "excluded")[0], "role");
    let roles = format!("[[role]]\nrole = \"{role}\"\nhosts = [\"{}\"]\nreason = \"a test\"\n", text(finding, "host"));
    fs::write(place.0.join("some.toml"), roles).expect("a file");
    let replayed = place.json(&["replay", folder, "--roles", "some.toml", "--json"], 0);
    let excused = rows(&replayed, "changes")
        .iter()
        .any(|change| change["id"] == finding["id"] && change["change"] == "excused" && text(change, "reason").contains("a test"));
    assert!(excused, "{replayed:#}");
}

fn the_source_is_known(place: &Place, folder: &str, story: &Value) {
    let sources = rows(story, "incidents").iter().filter(|incident| incident["source"]["address"].is_string());
    for incident in sources {
        let (host, source) = (text(incident, "host"), text(&incident["source"], "address"));
        let known = place.json(&["investigate", source, folder, "--json"], 0);
        let clients = rows(&known["evidence"], "contacts");
        assert!(clients.iter().any(|contact| contact["client"] == host), "{known:#}");
        let shown = place.text(&["investigate", source, folder], 0);
        assert!(shown.contains("contacted by") && shown.contains(host), "{shown}");
    }
    place.text(&["investigate", "203.0.113.254", folder], 1);
}
