//! How the page was made: by which program and command, from which bytes, and what was lost on the way.

use crate::page::Page;
use crate::text::{escape, grouped};
use crate::view::View;

/// A file that the story was read from.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    /// Its name.
    pub name: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its SHA-256, where one is known.
    pub sha256: String,
    /// How that is known.
    pub hashed: Hashed,
}

/// How a file's hash is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hashed {
    /// The story states it.
    Stated,
    /// The file was found, has the stated length, and was hashed for this page.
    Found,
    /// A file of that name was found, but its length is another.
    OtherLength,
    /// No file of that name was found.
    #[default]
    Missing,
}

/// The section.
pub(crate) fn made(page: &Page<'_>, view: &View<'_>) -> String {
    let (lang, story) = (page.lang, page.story);
    let mut rows: Vec<(String, String)> = Vec::new();
    let mut row = |term: &str, value: String| {
        if !value.is_empty() {
            rows.push((term.to_owned(), value));
        }
    };
    row(lang.of("Read by", "解析"), escape(&story.made.by));
    row(
        lang.of("Report by", "レポート作成"),
        join(page.program, &page.made_at.map_or_else(String::new, |at| format!("{} {}", page.zone.both(at), page.zone.name()))),
    );
    row(lang.of("Command", "コマンド"), format!("<code>{}</code>", escape(page.command)));
    for proof in &page.inputs {
        row(lang.of("Input", "入力"), input(page, proof));
    }
    if let Some((first, last)) = view.span() {
        let zone = page.zone;
        row(lang.of("Time covered", "対象期間"), format!("{} – {} {}", zone.both(first), zone.both(last), zone.name()));
    }
    if story.made.packets > 0 || story.made.events > 0 {
        let (packets, events) = (grouped(story.made.packets), grouped(story.made.events));
        row(
            lang.of("Amount", "件数"),
            match lang {
                crate::Lang::En => format!("{packets} packets, {events} events"),
                crate::Lang::Ja => format!("パケット {packets}、イベント {events}"),
            },
        );
    }
    row(lang.of("Lost or limited", "欠落と上限"), losses(page));
    let rows: String = rows.iter().map(|(term, value)| format!("<div><dt>{term}</dt><dd>{value}</dd></div>")).collect();
    let note = lang.of(
        "Every sentence names the ids that prove it; hyakuyo find ID shows their rows in the logs. Severity and confidence are those of the definitions; roles that would excuse a host were considered.",
        "各文には根拠となる ID を付けています。hyakuyo find ID で該当するログを確認できます。重大度と確度は検出の定義によるもので、除外となる役割も考慮済みです。",
    );
    format!(
        "<section class=\"made\"><h2>{}</h2><dl>{rows}</dl><p class=\"small\">{note}</p></section>",
        lang.of("How this was made", "作成方法")
    )
}

fn join(first: &str, second: &str) -> String {
    if second.is_empty() { escape(first) } else { format!("{}, {}", escape(first), escape(second)) }
}

fn input(page: &Page<'_>, proof: &Proof) -> String {
    let lang = page.lang;
    let size = format!("{} {}", grouped(proof.bytes), lang.of("bytes", "バイト"));
    let hash = if proof.sha256.is_empty() { String::new() } else { format!("<br><code>SHA-256 {}</code>", escape(&proof.sha256)) };
    let note = match proof.hashed {
        Hashed::Stated | Hashed::Found => "",
        Hashed::OtherLength => lang.of(
            "; a file of this name has another length, so that no hash is stated",
            "。同名のファイルは長さが異なるため、ハッシュ値は記載していません",
        ),
        Hashed::Missing => lang.of(
            "; the file was not found beside the logs, so that no hash is stated (name it with --capture)",
            "。ファイルが見つからないため、ハッシュ値は記載していません（--capture で指定できます）",
        ),
    };
    format!("<b>{}</b> · {size}{note}{hash}", escape(&proof.name))
}

fn losses(page: &Page<'_>) -> String {
    let lang = page.lang;
    let mut all: Vec<String> = page
        .story
        .made
        .losses
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| format!("{} {}", escape(&name.replace('_', " ")), grouped(*count)))
        .collect();
    let left_out = page.gathered.dropped();
    if left_out > 0 {
        all.push(match lang {
            crate::Lang::En => format!("rows left out of this page’s tables {}", grouped(left_out)),
            crate::Lang::Ja => format!("この表に載せきれなかった行 {}", grouped(left_out)),
        });
    }
    if all.is_empty() { lang.of("nothing", "なし").to_owned() } else { all.join(", ") }
}
