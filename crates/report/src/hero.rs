//! The head of the page: the verdict in one line, how sure it is, and the four facts that are asked for first.

use crate::text::{escape, grouped};
use crate::view::{Part, View};
use crate::when::micros_of;
use crate::{Lang, Zone};
use story::Incident;

/// From here on, in per cent, the verdict is said without "probably".
const SURE_PERCENT: u8 = 90;

/// The verdict, as plain text.
pub(crate) fn verdict(view: &View<'_>, lang: Lang) -> String {
    let Some(worst) = view.story.incidents.first() else {
        return lang.of("No host stands out", "疑わしいホストは見つかりませんでした").to_owned();
    };
    let host = &worst.host;
    let from = worst.source.as_ref().map(|source| if source.name.is_empty() { &source.address } else { &source.name });
    // The words follow how sure the findings are: a report that says "is" is acted upon.
    let sure = worst.confidence >= SURE_PERCENT;
    let said = match (worst.part.as_str(), from.filter(|from| !from.is_empty()), infected(worst)) {
        ("target", ..) => match lang {
            Lang::En => format!("{host} was attacked"),
            Lang::Ja => format!("{host} が攻撃を受けました"),
        },
        (_, Some(from), _) => match lang {
            Lang::En if sure => format!("{host} was infected from {from}"),
            Lang::En => format!("{host} was probably infected from {from}"),
            Lang::Ja if sure => format!("{host} は {from} から感染しました"),
            Lang::Ja => format!("{host} は {from} から感染した疑いがあります"),
        },
        (_, None, true) => match lang {
            Lang::En if sure => format!("{host} is infected"),
            Lang::En => format!("{host} is probably infected"),
            Lang::Ja if sure => format!("{host} は感染しています"),
            Lang::Ja => format!("{host} は感染の疑いがあります"),
        },
        (_, None, false) => match lang {
            Lang::En => format!("{host} attacks other hosts"),
            Lang::Ja => format!("{host} が他のホストを攻撃しています"),
        },
    };
    let others = view.story.incidents.len() - 1;
    match (others, lang) {
        (0, _) => said,
        (1, Lang::En) => format!("{said}; one more host stands out"),
        (_, Lang::En) => format!("{said}; {others} more hosts stand out"),
        (_, Lang::Ja) => format!("{said}（ほか {others} 台）"),
    }
}

/// Whether something came in or calls home, rather than only going out to attack.
fn infected(incident: &Incident) -> bool {
    incident.stages.iter().any(|stage| matches!(stage.stage.as_str(), "came_in" | "called_home" | "fetched_more"))
}

/// Verdict, what it rests on, and the facts.
pub(crate) fn hero(view: &View<'_>, lang: Lang, zone: Zone) -> String {
    let class = if view.story.incidents.is_empty() { "calm" } else { "alarm" };
    let mut out = format!("<h1 class=\"{class}\">{}</h1>", breakable(&verdict(view, lang)));
    out.push_str(&format!("<p class=\"lead\">{}</p>", escape(&rests_on(view, lang))));
    out.push_str(&facts(view, lang, zone));
    out
}

/// What the verdict rests on, and how sure it is.
fn rests_on(view: &View<'_>, lang: Lang) -> String {
    let findings = view.story.findings.len();
    let Some(worst) = view.story.incidents.first() else {
        return match (findings, lang) {
            (0, Lang::En) => "Nothing in what was read met a definition of misbehaviour. That is no proof of health: see below what could not be seen.".to_owned(),
            (0, Lang::Ja) => "読み取った範囲には、不正な振る舞いの定義に当てはまるものがありませんでした。ただし健全であることの証明ではありません。見えないものについては後述します。".to_owned(),
            (_, Lang::En) => format!("{findings} findings were made; none of them, nor their sum for one host, is enough to accuse it."),
            (_, Lang::Ja) => format!("検出事項は {findings} 件ありますが、単独でも、ホストごとの合計でも、感染や攻撃と判断できる強さではありません。"),
        };
    };
    let own = view.findings_of(worst).count();
    let title = lang.text(&worst.title);
    match lang {
        Lang::En => {
            let findings = if own == 1 { "one finding".to_owned() } else { format!("{own} findings") };
            format!(
                "{}. This rests on {findings}, the surest of them at {} %; their sum is {:.2}, and an incident begins at 0.70.",
                capital(title),
                worst.confidence,
                f64::from(worst.score) / 1000.0
            )
        }
        Lang::Ja => format!(
            "{title}。{own} 件の検出事項にもとづく判断です（最も確かなものの確度 {} %、合計 {:.2}。0.70 以上をインシデントとします）。",
            worst.confidence,
            f64::from(worst.score) / 1000.0
        ),
    }
}

fn facts(view: &View<'_>, lang: Lang, zone: Zone) -> String {
    let Some(worst) = view.story.incidents.first() else { return String::new() };
    let mut facts: Vec<(&str, Vec<String>)> = Vec::new();
    let hosts = view.story.incidents.iter().take(3).map(|incident| strong(&incident.host, view.name(&incident.host)));
    facts.push((lang.of("Hosts", "対象ホスト"), hosts.collect()));
    if let Some(source) = &worst.source {
        facts.push((
            lang.of("Came from", "感染元"),
            vec![strong(
                if source.name.is_empty() { &source.address } else { &source.name },
                if source.name.is_empty() { "" } else { &source.address },
            )],
        ));
    }
    let called: Vec<String> =
        view.parts().filter(|(_, part)| *part == Part::Home).take(2).map(|(address, _)| strong(address, view.name(address))).collect();
    if !called.is_empty() {
        facts.push((lang.of("Calls home to", "指令サーバー"), called));
    }
    if let (Some(first), Some(last)) = (micros_of(&worst.first), micros_of(&worst.last)) {
        let length = crate::when::length(last - first, lang);
        let from = if zone.date(first) == zone.date(last) { zone.clock(first) } else { zone.both(first) };
        let to = if zone.date(first) == zone.date(last) { zone.clock(last) } else { zone.both(last) };
        facts.push((
            lang.of("Seen", "観測期間"),
            vec![format!("<b>{from}</b> – <b>{to}</b><i>{} · {}</i>", zone.date(first), escape(&length))],
        ));
    }
    let block = view.story.indicators.iter().filter(|one| one.block).count();
    if block > 0 {
        let said = match lang {
            Lang::En => format!("<b>{}</b><i>names, addresses, URLs, files</i>", grouped(block as u64)),
            Lang::Ja => format!("<b>{} 件</b><i>名前・アドレス・URL・ファイル</i>", grouped(block as u64)),
        };
        facts.push((lang.of("To block", "遮断対象"), vec![said]));
    }
    let cells: String = facts.iter().map(|(term, lines)| format!("<div><dt>{term}</dt><dd>{}</dd></div>", lines.join("<br>"))).collect();
    format!("<dl class=\"facts\">{cells}</dl>")
}

/// With a capital at its beginning.
fn capital(text: &str) -> String {
    let mut symbols = text.chars();
    symbols.next().map_or_else(String::new, |first| first.to_uppercase().chain(symbols).collect())
}

fn strong(first: &str, second: &str) -> String {
    let second = if second.is_empty() || second == first { String::new() } else { format!("<i>{}</i>", escape(second)) };
    format!("<b>{}</b>{second}", escape(first))
}

/// Escaped, with places to break a line after the dots of names that are too long for one.
fn breakable(text: &str) -> String {
    const LONG: usize = 28;
    let words: Vec<String> =
        text.split(' ').map(|word| if word.chars().count() > LONG { escape(word).replace('.', ".<wbr>") } else { escape(word) }).collect();
    words.join(" ")
}
