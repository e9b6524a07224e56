//! The story on a terminal: who, sentence by sentence with times and ids, where it came from, what to block, what can't be seen and
//! what to ask next. In English or Japanese, as wide as the terminal, and nothing of the traffic that a terminal would obey.

use crate::args::Language;
use crate::terminal::{Style, pad, safe, shell_word, width};
use std::path::Path;
use story::{FindingRow, Incident, Story, Text};

/// Incidents that are told in full: the worst. The others are a line each, and all are in `story.json`.
const INCIDENTS_TOLD: usize = 5;
/// Incidents that are a line.
const INCIDENTS_LISTED: usize = 15;
/// Findings that are told where nothing accuses anybody, or beside what does.
const FINDINGS_TOLD: usize = 5;
/// Indicators that are listed for blocking.
const BLOCKS_TOLD: usize = 12;
/// Ids that stand behind a sentence: enough to go on with `find`.
const IDS_TOLD: usize = 4;
/// Where sentences begin.
const INDENT: usize = 12;
/// The widest and the narrowest that lines are made.
const WIDTHS: std::ops::RangeInclusive<usize> = 60..=120;
/// The width where there is no terminal.
const WIDTH: usize = 100;

/// How the story is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Show<'a> {
    pub(crate) language: Language,
    pub(crate) style: Style,
    pub(crate) width: usize,
    /// Where the logs lie, for commands to copy.
    pub(crate) folder: &'a Path,
}

/// The width of lines for standard output.
pub(crate) fn line_width() -> usize {
    terminal_size::terminal_size()
        .map_or(WIDTH, |(terminal_size::Width(columns), _)| usize::from(columns).clamp(*WIDTHS.start(), *WIDTHS.end()))
}

/// The story, ready to print.
pub(crate) fn text(story: &Story, show: Show<'_>) -> String {
    let mut told = Telling { out: String::new(), show };
    told.heading("What happened", "何が起きたか");
    if story.incidents.is_empty() {
        told.line(2, &show.pick("Nothing accuses any host.", "不審なホストは見つからなかった。"));
    }
    for (number, incident) in story.incidents.iter().take(INCIDENTS_TOLD).enumerate() {
        if number > 0 {
            told.out.push('\n');
        }
        told.incident(incident);
    }
    told.other_incidents(story);
    told.lesser_findings(story);
    told.blocks(story);
    told.list("Can't be seen", "見えていないこと", &story.blind.iter().map(|one| &one.text).collect::<Vec<_>>());
    told.list("Ask next", "次に確かめること", &story.questions.iter().map(|one| &one.text).collect::<Vec<_>>());
    told.out
}

impl Show<'_> {
    fn pick(&self, en: &str, ja: &str) -> String {
        match self.language {
            Language::En => en.to_owned(),
            Language::Ja => ja.to_owned(),
        }
    }

    fn of(&self, text: &Text) -> String {
        let text = self.pick(&text.en, &text.ja);
        safe(&text).into_owned()
    }
}

struct Telling<'a> {
    out: String,
    show: Show<'a>,
}

impl Telling<'_> {
    fn heading(&mut self, en: &str, ja: &str) {
        let text = self.show.style.bold(&self.show.pick(en, ja));
        self.out.push_str(&format!("\n{text}\n"));
    }

    /// A paragraph at an indent.
    fn line(&mut self, indent: usize, text: &str) {
        for line in wrap(text, self.show.width.saturating_sub(indent)) {
            self.out.push_str(&format!("{}{line}\n", " ".repeat(indent)));
        }
    }

    /// A paragraph behind a label.
    fn row(&mut self, label: &str, text: &str) {
        for (at, line) in wrap(text, self.show.width.saturating_sub(INDENT)).iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            self.out.push_str(&format!("  {}{line}\n", self.show.style.dim(&pad(label, INDENT - 2))));
        }
    }

    fn incident(&mut self, incident: &Incident) {
        let Show { style, .. } = self.show;
        let names = if incident.names.is_empty() { String::new() } else { format!(" ({})", safe(&incident.names.join(", "))) };
        let title = self.show.of(&incident.title);
        for (at, line) in wrap(&format!("{}{names}: {title}", incident.host), self.show.width.saturating_sub(4)).iter().enumerate() {
            let mark = if at == 0 { "● " } else { "  " };
            self.out.push_str(&format!("  {}{}\n", style.alarm(mark), style.alarm(line)));
        }
        let when = between(&incident.first, &incident.last);
        let sure = self.show.pick(&format!("{when}, {} % sure", incident.confidence), &format!("{when}、確度 {} %", incident.confidence));
        self.out.push_str(&format!("    {}\n", style.dim(&sure)));
        let day = incident.first.get(..10).unwrap_or_default();
        for sentence in &incident.story {
            let at = sentence.at.as_deref().unwrap_or_default();
            let time = if at.starts_with(day) { at.get(11..19) } else { at.get(5..16) }.unwrap_or_default().replace('T', " ");
            self.row(&time, &self.show.of(&sentence.text));
            if !sentence.ids.is_empty() {
                let ids: Vec<&str> = sentence.ids.iter().take(IDS_TOLD).map(String::as_str).collect();
                self.out.push_str(&format!("{}{}\n", " ".repeat(INDENT), style.dim(&ids.join(" "))));
            }
        }
        self.source(incident);
    }

    fn source(&mut self, incident: &Incident) {
        let label = self.show.pick("source", "感染元");
        if incident.part != "actor" {
            return;
        }
        let Some(source) = &incident.source else { return };
        let server = if source.name.is_empty() { source.address.clone() } else { format!("{} ({})", source.name, source.address) };
        self.row(&label, &self.show.style.bold(&safe(&server)));
        for more in [&source.url, &source.referrer] {
            if !more.is_empty() {
                self.row("", &safe(more));
            }
        }
        if !source.sha256.is_empty() {
            self.row("", &format!("sha256 {}", safe(&source.sha256)));
        }
    }

    fn other_incidents(&mut self, story: &Story) {
        let rest = story.incidents.get(INCIDENTS_TOLD..).unwrap_or_default();
        for incident in rest.iter().take(INCIDENTS_LISTED) {
            let text = format!("● {}: {}", incident.host, self.show.of(&incident.title));
            self.line(2, &text);
        }
        if rest.len() > INCIDENTS_LISTED {
            let more = rest.len() - INCIDENTS_LISTED;
            let text = self.show.pick(&format!("and {more} more hosts in story.json"), &format!("ほか {more} 台は story.json にある"));
            self.line(2, &text);
        }
    }

    /// Findings that accuse nobody, the worst first, each kind and host once.
    fn lesser_findings(&mut self, story: &Story) {
        let mut lesser: Vec<&FindingRow> = story.findings.iter().filter(|one| one.incident.is_empty() && one.severity != "info").collect();
        lesser.sort_by_key(|one| std::cmp::Reverse((severity(&one.severity), one.confidence)));
        let mut kinds: Vec<(&FindingRow, u64)> = Vec::new();
        for one in lesser {
            match kinds.iter_mut().find(|(known, _)| known.name == one.name && known.host == one.host) {
                Some((_, times)) => *times += 1,
                None => kinds.push((one, 1)),
            }
        }
        if kinds.is_empty() {
            return;
        }
        let also = if story.incidents.is_empty() {
            self.show.pick("Worth a look:", "確認しておくとよいもの:")
        } else {
            self.show.pick("Besides, not enough to accuse anybody:", "このほか、単独では問題と言えないもの:")
        };
        self.line(2, &also);
        for (one, times) in kinds.iter().take(FINDINGS_TOLD) {
            let mut text = format!("{}: {}", one.host, self.show.of(&one.title));
            if !one.subject.is_empty() {
                text.push_str(&format!(" ({})", crate::terminal::cut(&safe(&one.subject), 80)));
            }
            if *times > 1 {
                text.push_str(&self.show.pick(&format!(", {times} times"), &format!("、{times} 件")));
            }
            if let Some(excuse) = one.excluded.iter().find(|exclusion| exclusion.applies) {
                let (role, because) = (&excuse.role, safe(&excuse.because));
                text.push_str(
                    &self.show.pick(&format!("; excused as one of {role}: {because}"), &format!("（{role} のため対象外: {because}）")),
                );
            }
            self.line(4, &text);
        }
        if kinds.len() > FINDINGS_TOLD {
            let more = kinds.len() - FINDINGS_TOLD;
            self.line(4, &self.show.pick(&format!("and {more} more in finding.log"), &format!("ほか {more} 件は finding.log にある")));
        }
    }

    fn blocks(&mut self, story: &Story) {
        let blocks: Vec<_> = story.indicators.iter().filter(|one| one.block && !matches!(one.kind.as_str(), "md5" | "sha1")).collect();
        if blocks.is_empty() {
            return;
        }
        self.heading("To block", "遮断するもの");
        for one in blocks.iter().take(BLOCKS_TOLD) {
            let value = self.show.style.name(&safe(&one.value));
            self.out
                .push_str(&format!("  {}{value}\n", self.show.style.dim(&pad(&format!("{} ", one.kind.replace('_', " ")), INDENT - 2))));
        }
        if blocks.len() > BLOCKS_TOLD {
            let more = blocks.len() - BLOCKS_TOLD;
            self.line(INDENT, &self.show.pick(&format!("and {more} more"), &format!("ほか {more} 件")));
        }
        let folder = shell_word(&self.show.folder.display().to_string());
        let command = self.show.style.command(&format!("hyakuyo block {folder} --as suricata"));
        let others = self.show.pick("or nftables, rpz, squid, csv", "ほかに nftables、rpz、squid、csv");
        self.out.push_str(&format!("  {command}  {}\n", self.show.style.dim(&others)));
    }

    fn list(&mut self, en: &str, ja: &str, texts: &[&Text]) {
        if texts.is_empty() {
            return;
        }
        self.heading(en, ja);
        for text in texts {
            for (at, line) in wrap(&self.show.of(text), self.show.width.saturating_sub(4)).iter().enumerate() {
                self.out.push_str(&format!("  {} {line}\n", if at == 0 { "-" } else { " " }));
            }
        }
    }
}

fn severity(name: &str) -> u8 {
    ["info", "low", "medium", "high", "critical"].iter().position(|known| *known == name).unwrap_or_default() as u8
}

/// From when to when, the date once.
fn between(first: &str, last: &str) -> String {
    let part = |text: &str, range: std::ops::Range<usize>| text.get(range).unwrap_or_default().to_owned();
    let end =
        if part(first, 0..10) == part(last, 0..10) { part(last, 11..19) } else { format!("{} {}", part(last, 0..10), part(last, 11..19)) };
    format!("{} {} – {end} UTC", part(first, 0..10), part(first, 11..19))
}

/// Lines of at most so many columns. Breaks at spaces and beside wide characters; a word that is longer than a line stays whole, so
/// that it can be copied.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in words(text) {
        let wide = width(word.trim_end());
        if used > 0 && used + wide > columns {
            lines.push(String::new());
            used = 0;
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(word);
        }
        used += width(word);
    }
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    lines
}

/// What must not be parted: words with the space behind them, and single wide characters with the punctuation that follows.
fn words(text: &str) -> Vec<&str> {
    let mut all = Vec::new();
    let mut from = 0;
    let mut before: Option<char> = None;
    for (at, c) in text.char_indices() {
        let is_wide = |c: char| width(c.encode_utf8(&mut [0; 4])) == 2;
        let closes = |c: char| "、。）」』】〉：；！？ー々ゃゅょっぁぃぅぇぉャュョッァィゥェォ・,.)".contains(c);
        let opens = |c: char| "（「『【〈“(".contains(c);
        let may = match before {
            None => false,
            Some(' ') => c != ' ',
            Some(last) => (is_wide(last) || is_wide(c)) && !closes(c) && !opens(last) && c != ' ',
        };
        if may {
            all.push(&text[from..at]);
            from = at;
        }
        before = Some(c);
    }
    all.push(&text[from..]);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use story::{Indicator, Sentence, Source};

    fn both(en: &str, ja: &str) -> Text {
        Text { en: en.to_owned(), ja: ja.to_owned() }
    }

    fn show(language: Language) -> Show<'static> {
        Show { language, style: Style::plain(), width: 60, folder: Path::new("a b") }
    }

    #[test]
    fn an_incident_is_told_in_both_languages_and_escaped() {
        let sentence = Sentence {
            what: "download".into(),
            at: Some("2020-10-12T21:02:18.000000Z".into()),
            text: both(
                "It fetched \u{1b}[2Ja Windows program that was given out as a picture and is none.",
                "画像を装った Windows の実行ファイルを取得した。その後、外部のサーバーへ繰り返し連絡している。",
            ),
            ids: vec!["C1".into(), "F1".into()],
        };
        let incident = Incident {
            host: "10.0.0.1".into(),
            part: "actor".into(),
            title: both("infected", "感染"),
            confidence: 90,
            first: "2020-10-12T21:02:18.000000Z".into(),
            last: "2020-10-12T21:14:02.000000Z".into(),
            story: vec![sentence],
            source: Some(Source {
                name: "bad.example".into(),
                address: "203.0.113.9".into(),
                url: "http://bad.example/x".into(),
                ..Source::default()
            }),
            ..Incident::default()
        };
        let block = Indicator { kind: "domain".into(), value: "bad.example".into(), block: true, ..Indicator::default() };
        let story = Story { incidents: vec![incident], indicators: vec![block], ..Story::default() };
        let english = text(&story, show(Language::En));
        let expected = "
What happened
  ● 10.0.0.1: infected
    2020-10-12 21:02:18 – 21:14:02 UTC, 90 % sure
  21:02:18  It fetched \\u{1b}[2Ja Windows program that was
            given out as a picture and is none.
            C1 F1
  source    bad.example (203.0.113.9)
            http://bad.example/x

To block
  domain    bad.example
  hyakuyo block 'a b' --as suricata  or nftables, rpz, squid, csv
";
        assert_eq!(english, expected, "{english}");
        let japanese = text(&story, show(Language::Ja));
        let expected =
            "  21:02:18  画像を装った Windows の実行ファイルを取得した。\n            その後、外部のサーバーへ繰り返し連絡している。\n";
        assert!(japanese.contains(expected), "{japanese}");
    }

    #[test]
    fn nothing_is_told_in_a_line() {
        assert_eq!(text(&Story::default(), show(Language::En)), "\nWhat happened\n  Nothing accuses any host.\n");
        let finding = FindingRow {
            host: "10.0.0.1".into(),
            title: both("asks oddly", "妙な問い合わせ"),
            severity: "low".into(),
            ..FindingRow::default()
        };
        let story = Story { findings: vec![finding.clone(), finding], ..Story::default() };
        assert!(text(&story, show(Language::Ja)).ends_with("  確認しておくとよいもの:\n    10.0.0.1: 妙な問い合わせ、2 件\n"));
    }
}
