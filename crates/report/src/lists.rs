//! What is told in sentences: what happened, where it came from, what can't be seen, what to ask next.

use crate::text::{bytes, escape, grouped};
use crate::view::{View, rank};
use crate::when::micros_of;
use crate::{Lang, Zone};
use story::{Incident, Sentence};

/// Sentences of one incident: a page's worth; the tables hold the rest.
const SENTENCES_MAX: usize = 24;
/// Ids shown behind a sentence; the others are in the data.
const IDS_MAX: usize = 2;
/// Questions and blind spots.
const POINTS_MAX: usize = 10;

/// What happened, for each incident that is told in full.
pub(crate) fn happened(view: &View<'_>, lang: Lang, zone: Zone) -> String {
    let mut out = String::new();
    let many = view.story.incidents.len() > 1;
    for incident in view.told() {
        let heading = match (many, lang) {
            (false, _) => lang.of("What happened", "経緯").to_owned(),
            (true, Lang::En) => format!("What happened: {}", incident.host),
            (true, Lang::Ja) => format!("経緯：{}", incident.host),
        };
        out.push_str(&format!(
            "<section><h2>{}</h2>{}{}</section>",
            escape(&heading),
            told(view, incident, lang, zone),
            source(incident, lang)
        ));
    }
    let rest = view.story.incidents.len().saturating_sub(view.told().count());
    if rest > 0 {
        let hosts: Vec<String> = view
            .story
            .incidents
            .iter()
            .skip(view.told().count())
            .take(40)
            .map(|incident| {
                format!(
                    "<li><b>{}</b> {} <i>{} %</i></li>",
                    escape(&incident.host),
                    escape(lang.text(&incident.title)),
                    incident.confidence
                )
            })
            .collect();
        let heading = match lang {
            Lang::En => format!("{} more hosts that stand out", grouped(rest as u64)),
            Lang::Ja => format!("その他の対象ホスト（{} 台）", grouped(rest as u64)),
        };
        out.push_str(&format!("<section><h2>{heading}</h2><ul class=\"others\">{}</ul></section>", hosts.join("")));
    }
    out
}

fn told(view: &View<'_>, incident: &Incident, lang: Lang, zone: Zone) -> String {
    let own;
    let sentences = if incident.story.is_empty() {
        own = from_findings(view, incident);
        &own
    } else {
        &incident.story
    };
    let mut out = String::from("<ol class=\"story\">");
    let mut day = String::new();
    for sentence in sentences.iter().take(SENTENCES_MAX) {
        let at = sentence.at.as_deref().and_then(micros_of);
        if let Some(date) = at.map(|at| zone.date(at)).filter(|date| *date != day) {
            out.push_str(&format!("<li class=\"day\"><time>{date}</time><span>{}</span></li>", zone.name()));
            day = date;
        }
        let clock = at.map_or_else(String::new, |at| zone.clock(at));
        out.push_str(&format!("<li><time>{clock}</time><p>{}{}</p></li>", prose(lang.text(&sentence.text)), ids(&sentence.ids)));
    }
    out.push_str("</ol>");
    out
}

/// Where the story is not told, its findings tell it.
fn from_findings(view: &View<'_>, incident: &Incident) -> Vec<Sentence> {
    let mut findings: Vec<_> = view.findings_of(incident).collect();
    findings.sort_by_key(|finding| (rank(&finding.severity), finding.first.clone()));
    findings.truncate(SENTENCES_MAX);
    findings.sort_by(|a, b| a.first.cmp(&b.first).then(a.id.cmp(&b.id)));
    let sentence = |finding: &&story::FindingRow| {
        let mut text = finding.title.clone();
        let mut tail = String::new();
        if !finding.subject.is_empty() {
            tail.push_str(&format!(": {}", finding.subject));
        }
        if finding.count > 1 {
            tail.push_str(&format!(" (×{})", grouped(finding.count)));
        }
        text.en.push_str(&tail);
        if !text.ja.is_empty() {
            text.ja.push_str(&tail);
        }
        Sentence { what: finding.name.clone(), at: Some(finding.first.clone()), text, ids: finding.evidence.clone() }
    };
    findings.iter().map(sentence).collect()
}

fn ids(ids: &[String]) -> String {
    if ids.is_empty() {
        return String::new();
    }
    let shown: Vec<String> = ids.iter().take(IDS_MAX).map(|id| format!("<code>{}</code>", escape(id))).collect();
    let more = if ids.len() > IDS_MAX { format!(" +{}", ids.len() - IDS_MAX) } else { String::new() };
    format!(" <span class=\"ids\">{}{more}</span>", shown.join(" "))
}

/// A sentence with what looks like a name, an address, a path or a hash set apart from the words. It looks at runs of ASCII, since
/// Japanese puts no spaces around them.
fn prose(text: &str) -> String {
    let of_code = |symbol: char| symbol.is_ascii_graphic() && !matches!(symbol, '(' | ')' | '"' | ',' | ';' | '<' | '>');
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text;
    // What the traffic called itself stands in quotation marks, and is no name to look for.
    let mut quoted = false;
    while let Some(first) = rest.chars().next() {
        let inside = of_code(first);
        let end = rest.char_indices().find(|(_, symbol)| of_code(*symbol) != inside).map_or(rest.len(), |(at, _)| at);
        let (run, after) = rest.split_at(end);
        let bare = run.trim_end_matches(['.', ':', '?', '!', '\'']);
        for symbol in run.chars() {
            quoted = (quoted || matches!(symbol, '“' | '「')) && !matches!(symbol, '”' | '」');
        }
        if inside && !quoted && is_code(bare) {
            out.push_str(&format!("<code>{}</code>{}", escape(bare), escape(run.get(bare.len()..).unwrap_or(""))));
        } else {
            out.push_str(&escape(run));
        }
        rest = after;
    }
    out
}

/// Whether a word is none of a language: a hash, a URL, a path, a name or an address with dots.
fn is_code(word: &str) -> bool {
    const HASH_DIGITS_MIN: usize = 32;
    let digits = word.bytes().any(|byte| byte.is_ascii_digit());
    let dotted = word.split('.').filter(|part| !part.is_empty()).count() > 1 && word.len() > 4;
    let hash = word.len() >= HASH_DIGITS_MIN && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    hash || dotted || word.contains("://") || word.starts_with('/') && word.len() > 3 || digits && word.contains(':')
}

/// Where it came from, fact by fact.
fn source(incident: &Incident, lang: Lang) -> String {
    let Some(source) = &incident.source else { return String::new() };
    let size = if source.bytes > 0 { format!("{} ({} B)", bytes(source.bytes), grouped(source.bytes)) } else { String::new() };
    let rows = [
        (lang.of("Address", "アドレス"), join(&source.name, &source.address)),
        ("URL", source.url.clone()),
        (lang.of("Referred by", "参照元"), source.referrer.clone()),
        (lang.of("Protocol", "プロトコル"), source.protocol.clone()),
        (lang.of("Type and size", "種類と大きさ"), join(&source.mime_type, &size)),
        ("SHA-256", source.sha256.clone()),
        (lang.of("File’s id", "ファイル ID"), source.fuid.clone()),
    ];
    let rows: String = rows
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(term, value)| format!("<div><dt>{term}</dt><dd><code>{}</code></dd></div>", escape(value)))
        .collect();
    format!("<div class=\"source\"><h3>{}</h3><dl>{rows}</dl></div>", lang.of("Where it came from", "感染元"))
}

fn join(first: &str, second: &str) -> String {
    match (first.is_empty(), second.is_empty()) {
        (false, false) => format!("{first} · {second}"),
        (false, true) => first.to_owned(),
        _ => second.to_owned(),
    }
}

/// What can't be seen, and what to ask next, side by side.
pub(crate) fn open_points(view: &View<'_>, lang: Lang) -> String {
    let list = |sentences: &[Sentence]| -> String {
        sentences.iter().take(POINTS_MAX).map(|sentence| format!("<li>{}</li>", prose(lang.text(&sentence.text)))).collect()
    };
    let mut questions = list(&view.story.questions);
    if questions.is_empty() {
        let mut said: Vec<&str> = Vec::new();
        for finding in view.accusing() {
            let next = lang.text(&finding.next);
            if !next.is_empty() && !said.contains(&next) && said.len() < POINTS_MAX {
                said.push(next);
            }
        }
        questions = said.iter().map(|next| format!("<li>{}</li>", escape(next))).collect();
    }
    let blind = list(&view.story.blind);
    let part = |heading: &str, items: &str| {
        if items.is_empty() { String::new() } else { format!("<section><h2>{heading}</h2><ul class=\"points\">{items}</ul></section>") }
    };
    let both = part(lang.of("What to ask next", "次に確かめること"), &questions)
        + &part(lang.of("What can’t be seen", "見えていないもの"), &blind);
    if both.is_empty() { both } else { format!("<div class=\"two\">{both}</div>") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_set_apart_in_both_languages() {
        assert_eq!(prose("It asked bad.example (10.0.0.5)."), "It asked <code>bad.example</code> (<code>10.0.0.5</code>).");
        assert_eq!(prose("10.0.0.5がbad.exampleを引いた。"), "<code>10.0.0.5</code>が<code>bad.example</code>を引いた。");
        assert_eq!(prose("read and/or write, 14 times: at 21:02."), "read and/or write, 14 times: at <code>21:02</code>.");
        assert_eq!(prose("named “Mozilla/4.0 (x.y.z)” by a.b.c"), "named “Mozilla/4.0 (x.y.z)” by <code>a.b.c</code>");
        assert_eq!(prose("<b>a.b.c</b>"), "&lt;b&gt;<code>a.b.c</code>&lt;/b&gt;");
    }
}
