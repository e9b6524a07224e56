//! The page: nothing of the traffic is markup, nothing is asked of any network, missing parts are left out.

use report::{Cells, Gathered, Hashed, Lang, Page, Proof, Zone};
use std::collections::HashMap;
use story::{FindingRow, Incident, Indicator, MeasureRow, RoleRow, Sentence, Source, StageRow, Story, Text};

struct Row(HashMap<&'static str, String>);

impl Cells for Row {
    fn cell(&self, column: &str) -> Option<&str> {
        self.0.get(column).map(String::as_str)
    }
}

fn row(cells: &[(&'static str, &str)]) -> Row {
    Row(cells.iter().map(|(name, text)| (*name, (*text).to_owned())).collect())
}

fn text(both: &str) -> Text {
    Text { en: both.to_owned(), ja: both.to_owned() }
}

/// Everything that an attacker can write, in every place where the page shows text.
const HOSTILE: &str = "</code></style><script>alert(1)</script>\"'`><img src=http://evil.example/x onerror=1>\u{202e}exe.\u{0}\u{7}&lt;";

#[expect(clippy::too_many_lines, reason = "a line for each field of the story, so that none is forgotten")]
fn story(words: &str) -> Story {
    let finding = |id: &str, stage: &str, first: &str, peer: &str| FindingRow {
        id: id.to_owned(),
        detector: words.to_owned(),
        name: words.to_owned(),
        title: text(words),
        host: "10.0.0.5".to_owned(),
        subject: words.to_owned(),
        peers: vec![peer.to_owned(), words.to_owned()],
        first: first.to_owned(),
        last: "2020-10-12T21:30:00.000000Z".to_owned(),
        count: 3,
        severity: "high".to_owned(),
        confidence: 90,
        stage: stage.to_owned(),
        part: "actor".to_owned(),
        techniques: vec![words.to_owned()],
        rule: text(words),
        measures: vec![MeasureRow { name: words.to_owned(), value: 1.5, limit: Some(1.0), unit: words.to_owned() }],
        quotes: vec![words.to_owned()],
        evidence: vec!["CAbc".to_owned(), words.to_owned()],
        excluded: vec![story::Exclusion { role: words.to_owned(), applies: true, because: words.to_owned(), inferred: true }],
        next: text(words),
        incident: "I1".to_owned(),
    };
    Story {
        version: story::VERSION,
        made: story::Made {
            by: words.to_owned(),
            first: Some("2020-10-12T21:00:00.000000Z".to_owned()),
            last: Some("2020-10-12T22:00:00.000000Z".to_owned()),
            losses: vec![(words.to_owned(), 3)],
            ..story::Made::default()
        },
        incidents: vec![Incident {
            id: "I1".to_owned(),
            host: "10.0.0.5".to_owned(),
            names: vec![words.to_owned()],
            part: "actor".to_owned(),
            title: text(words),
            score: 1400,
            confidence: 90,
            first: "2020-10-12T21:02:00.000000Z".to_owned(),
            last: "2020-10-12T21:30:00.000000Z".to_owned(),
            stages: vec![StageRow { stage: "came_in".to_owned(), findings: vec!["F1".to_owned()] }],
            story: vec![Sentence {
                what: words.to_owned(),
                at: Some("2020-10-12T21:02:00.000000Z".to_owned()),
                text: text(words),
                ids: vec![words.to_owned()],
            }],
            source: Some(Source {
                name: words.to_owned(),
                address: "192.0.2.1".to_owned(),
                url: words.to_owned(),
                referrer: words.to_owned(),
                protocol: words.to_owned(),
                fuid: words.to_owned(),
                mime_type: words.to_owned(),
                bytes: 5,
                sha256: words.to_owned(),
                ids: vec![words.to_owned()],
            }),
        }],
        findings: vec![
            finding("F1", "came_in", "2020-10-12T21:02:00.000000Z", "192.0.2.1"),
            finding("F2", "called_home", "2020-10-12T21:03:00.000000Z", "192.0.2.2"),
            finding("F3", words, words, "192.0.2.3"),
        ],
        indicators: vec![Indicator {
            kind: words.to_owned(),
            value: words.to_owned(),
            confidence: 90,
            because: text(words),
            also_hits: 2,
            block: true,
            ids: vec![words.to_owned()],
        }],
        blind: vec![Sentence { text: text(words), ..Sentence::default() }],
        questions: vec![Sentence { text: text(words), ..Sentence::default() }],
        roles: vec![RoleRow {
            role: words.to_owned(),
            hosts: words.to_owned(),
            because: words.to_owned(),
            owner: words.to_owned(),
            inferred: true,
        }],
    }
}

fn gathered(story: &Story, words: &str) -> Gathered {
    let mut gathered = Gathered::new(story);
    let flow = [("ts", "1602536520.1"), ("uid", "CAbc"), ("id.orig_h", "10.0.0.5"), ("id.resp_h", "192.0.2.1")];
    let with = |more: &[(&'static str, &str)]| row(&[&flow[..], more].concat());
    gathered.row("dns", &with(&[("query", &format!("{words}.example")), ("answers", "192.0.2.1")]));
    gathered.row("conn", &with(&[("duration", "60.5"), ("orig_ip_bytes", "1000"), ("resp_ip_bytes", "200000")]));
    gathered.row("http", &with(&[("method", words), ("host", words), ("uri", words), ("status_code", words), ("resp_mime_types", words)]));
    gathered.row("files", &with(&[("fuid", words), ("mime_type", words), ("filename", words), ("sha256", words)]));
    gathered
}

fn page(story: &Story, gathered: &Gathered, lang: Lang, words: &str) -> String {
    let inputs = vec![
        Proof { name: words.to_owned(), bytes: 1, sha256: words.to_owned(), hashed: Hashed::Found },
        Proof { name: words.to_owned(), bytes: 1, sha256: String::new(), hashed: Hashed::Missing },
    ];
    Page { story, gathered, lang, zone: Zone::default(), program: words, command: words, made_at: Some(0), inputs }.html()
}

/// The names of all elements, and the attributes as they stand.
fn elements(html: &str) -> Vec<(String, String)> {
    let style = html.find("<style>").expect("a style")..html.find("</style>").expect("its end");
    let without = format!("{}{}", &html[..style.start], &html[style.end..]);
    let inner = without.split('<').skip(1).map(|rest| rest.split('>').next().expect("an end").trim_end_matches('/').to_owned());
    inner.map(|tag| tag.split_once(' ').map_or((tag.clone(), String::new()), |(name, rest)| (name.to_owned(), rest.to_owned()))).collect()
}

#[test]
fn nothing_of_the_traffic_is_markup() {
    for lang in [Lang::En, Lang::Ja] {
        let plain_story = story("word");
        let plain = page(&plain_story, &gathered(&plain_story, "word"), lang, "word");
        let hostile_story = story(HOSTILE);
        let hostile = page(&hostile_story, &gathered(&hostile_story, HOSTILE), lang, HOSTILE);
        let names = |html: &str| {
            let mut all: Vec<String> = elements(html).into_iter().map(|(name, _)| name).collect();
            all.sort();
            all.dedup();
            all
        };
        assert_eq!(names(&hostile), names(&plain), "the traffic adds no element");
        assert!(!hostile.contains("<script") && !hostile.contains("<img"));
        for (name, attributes) in elements(&hostile) {
            let quotes = attributes.matches('"').count();
            assert!(quotes % 2 == 0, "{name} {attributes}");
            let outside: String = attributes.split('"').step_by(2).collect();
            assert!(!outside.contains("onerror") && !outside.contains("evil"), "{name} {attributes}");
        }
        let unseen = |c: char| c == '\u{202e}' || (c.is_control() && c != '\n');
        assert!(!hostile.contains(unseen), "what is not seen is written out");
        assert!(hostile.contains("\\u{202e}exe.\\u{0}\\u{7}&amp;lt;"), "and nothing is lost");
    }
}

#[test]
fn nothing_is_fetched() {
    let story = story("word");
    let html = page(&story, &gathered(&story, "word"), Lang::En, "word");
    assert!(html.contains("content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\""));
    for (name, attributes) in elements(&html) {
        assert!(
            !matches!(name.as_str(), "script" | "img" | "iframe" | "object" | "embed" | "a" | "form" | "base" | "use" | "image"),
            "{name}"
        );
        for word in ["src=", "href=", "xlink", "url("] {
            assert!(!attributes.contains(word) || attributes == "rel=\"icon\" href=\"data:,\"", "{name} {attributes}");
        }
    }
    let style = &html[html.find("<style>").expect("a style")..html.find("</style>").expect("its end")];
    assert!(!style.contains("url(") && !style.contains("@import"), "the style fetches nothing");
}

#[test]
fn the_page_tells_what_was_found() {
    let story = story("word");
    let html = page(&story, &gathered(&story, "word"), Lang::En, "word");
    for part in ["10.0.0.5 was infected from word", "192.0.2.2", "21:02:00", "lang=\"en\"", "Requests that matter", "prefers-color-scheme"]
    {
        assert!(html.contains(part) || html.replace("<wbr>", "").contains(part), "{part}");
    }
    let html = page(&story, &gathered(&story, "word"), Lang::Ja, "word").replace("<wbr>", "");
    for part in ["10.0.0.5 は word から感染しました", "経緯", "lang=\"ja\"", "侵害の痕跡"] {
        assert!(html.contains(part), "{part}");
    }
}

#[test]
fn a_story_without_anything_is_a_page() {
    let story = Story::default();
    let html = page(&story, &Gathered::default(), Lang::En, "word");
    assert!(html.contains("No host stands out") && html.ends_with("</html>\n"));
    assert!(!html.contains("<table"), "empty tables are left out");
}

#[test]
fn a_story_without_its_sentences_is_told_by_its_findings() {
    let mut story = story("word");
    story.incidents[0].story.clear();
    story.incidents[0].source = None;
    let html = page(&story, &Gathered::default(), Lang::En, "word").replace("<wbr>", "");
    assert!(html.contains("10.0.0.5 is infected") && html.contains("word: word (×3)"));
    story.incidents[0].confidence = 60;
    assert!(page(&story, &Gathered::default(), Lang::Ja, "word").contains("10.0.0.5 は感染の疑いがあります"));
}

#[test]
fn a_flood_of_findings_is_cut_and_said() {
    let mut story = story("word");
    let one = story.findings[0].clone();
    story.findings = (0..5_000).map(|number| FindingRow { id: format!("F{number}"), ..one.clone() }).collect();
    let html = page(&story, &Gathered::default(), Lang::En, "word");
    assert!(html.contains("4,700 more are in the data") && html.len() < 1_000_000, "{}", html.len());
}
