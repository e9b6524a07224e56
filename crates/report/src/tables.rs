//! The tables: indicators, findings, requests, files, hosts, roles. Those that are longer than a reader's patience are cut on
//! paper and, much later, on the screen; both is said.

use crate::draw::part_word;
use crate::gather::Host;
use crate::text::{bytes, escape, grouped, measured};
use crate::view::{Part, View, rank};
use crate::when::micros_of;
use crate::{Lang, Zone};
use story::{FindingRow, Indicator};

/// Rows of a table on the screen: a few hundred is what a browser and a reader bear.
const SCREEN_ROWS_MAX: usize = 300;

struct Table {
    heads: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    all: usize,
    /// Rows that are printed.
    printed: usize,
}

impl Table {
    fn html(&self, class: &str, heading: &str, lang: Lang) -> String {
        if self.rows.is_empty() {
            return String::new();
        }
        let empty: Vec<bool> =
            (0..self.heads.len()).map(|at| self.rows.iter().all(|row| row.get(at).is_none_or(String::is_empty))).collect();
        let is_shown = |at: usize| !empty.get(at).copied().unwrap_or(false);
        let heads: String = self
            .heads
            .iter()
            .enumerate()
            .filter(|(at, _)| is_shown(*at))
            .map(|(_, head)| head)
            .map(|head| format!("<th>{head}</th>"))
            .collect();
        let mut out = format!("<section><h2>{heading}</h2><table class=\"{class}\"><thead><tr>{heads}</tr></thead><tbody>");
        for (at, row) in self.rows.iter().enumerate() {
            out.push_str(if at < self.printed { "<tr>" } else { "<tr class=\"screen\">" });
            for (_, (head, cell)) in self.heads.iter().zip(row).enumerate().filter(|(at, _)| is_shown(*at)) {
                out.push_str(&format!("<td data-head=\"{head}\">{cell}</td>"));
            }
            out.push_str("</tr>");
        }
        out.push_str("</tbody></table>");
        let said = |hidden: usize, en: &str, ja: &str| match lang {
            Lang::En => format!("{} {en}", grouped(hidden as u64)),
            Lang::Ja => format!("ほか {} 行{ja}", grouped(hidden as u64)),
        };
        if self.all > self.rows.len() {
            let hidden = self.all - self.rows.len();
            out.push_str(&format!("<p class=\"more\">{}</p>", said(hidden, "more are in the data", "はデータにあります")));
        }
        if self.rows.len() > self.printed {
            let hidden = self.all - self.printed;
            out.push_str(&format!(
                "<p class=\"more paper\">{}</p>",
                said(hidden, "more rows are not printed; the page on a screen has them", "は印刷していません。画面の版にあります")
            ));
        }
        out.push_str("</section>");
        out
    }
}

fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("<code>{}</code>", escape(text)) }
}

fn clock(stamp: &str, zone: Zone) -> String {
    micros_of(stamp).map_or_else(|| escape(stamp), |at| time(at, zone))
}

fn time(at: i64, zone: Zone) -> String {
    format!("<time title=\"{0} {1}\">{1}</time>", zone.date(at), zone.clock(at))
}

/// What to look for elsewhere, what to block first.
pub(crate) fn indicators(view: &View<'_>, lang: Lang) -> String {
    let mut all: Vec<&Indicator> = view.story.indicators.iter().collect();
    all.sort_by_key(|one| (!one.block, std::cmp::Reverse(one.confidence)));
    let row = |one: &&Indicator| {
        let block = if one.block {
            format!("<b class=\"block\">{}</b>", lang.of("block", "遮断"))
        } else {
            format!("<i>{}</i>", lang.of("watch", "監視"))
        };
        let also = if one.also_hits > 0 { grouped(one.also_hits) } else { "–".to_owned() };
        vec![
            block,
            escape(lang.indicator(&one.kind)),
            code(&one.value),
            format!("{} %", one.confidence),
            also,
            escape(lang.text(&one.because)),
        ]
    };
    let rows = all.iter().take(SCREEN_ROWS_MAX).map(row).collect();
    let heads = vec![
        lang.of("Do", "対処"),
        lang.of("Kind", "種類"),
        lang.of("Value", "値"),
        lang.of("Sure", "確度"),
        lang.of("Also hits", "巻き添え"),
        lang.of("Why", "理由"),
    ];
    Table { heads, rows, all: all.len(), printed: 12 }.html("indicators", lang.of("Indicators", "侵害の痕跡（IoC）"), lang)
}

/// Every finding, those of incidents first.
pub(crate) fn findings(view: &View<'_>, lang: Lang, zone: Zone) -> String {
    let mut all: Vec<&FindingRow> = view.story.findings.iter().collect();
    all.sort_by(|a, b| {
        let key = |one: &FindingRow| (one.incident.is_empty(), rank(&one.severity), std::cmp::Reverse(one.confidence));
        key(a).cmp(&key(b)).then_with(|| a.first.cmp(&b.first)).then_with(|| a.id.cmp(&b.id))
    });
    let rows = all.iter().take(SCREEN_ROWS_MAX).map(|finding| finding_row(finding, lang, zone)).collect();
    let heads = vec![
        lang.of("Severity", "重大度"),
        lang.of("Sure", "確度"),
        lang.of("Host", "ホスト"),
        lang.of("From", "開始"),
        lang.of("Times", "回数"),
        lang.of("What", "内容"),
    ];
    Table { heads, rows, all: all.len(), printed: 10 }.html("findings", lang.of("Findings", "検出事項"), lang)
}

fn finding_row(finding: &FindingRow, lang: Lang, zone: Zone) -> Vec<String> {
    let class = if rank(&finding.severity) < 2 { "bad" } else { "mild" };
    let techniques: String = finding.techniques.iter().map(|id| format!(" <span class=\"tag\">{}</span>", escape(id))).collect();
    let what = format!("{} {}{techniques}{}", escape(lang.text(&finding.title)), code(&finding.subject), details(finding, lang));
    vec![
        format!("<b class=\"{class}\">{}</b>", escape(lang.severity(&finding.severity))),
        format!("{} %", finding.confidence),
        code(&finding.host),
        clock(&finding.first, zone),
        grouped(finding.count),
        what,
    ]
}

/// Definition, measured values, quotes and excuses, folded away.
fn details(finding: &FindingRow, lang: Lang) -> String {
    let mut lines = Vec::new();
    let rule = lang.text(&finding.rule);
    if !rule.is_empty() {
        lines.push(format!("{} {}", label(lang.of("Definition", "定義")), escape(rule)));
    }
    let measures: Vec<String> = finding
        .measures
        .iter()
        .map(|measure| {
            let limit = measure.limit.map_or_else(String::new, |limit| format!(" ({} {})", lang.of("limit", "基準"), measured(limit)));
            format!("{} {} {}{limit}", escape(&measure.name.replace('_', " ")), measured(measure.value), escape(&measure.unit))
        })
        .collect();
    if !measures.is_empty() {
        lines.push(format!("{} {}", label(lang.of("Measured", "測定値")), measures.join("; ")));
    }
    if !finding.quotes.is_empty() {
        let quotes: Vec<String> = finding.quotes.iter().map(|quote| code(quote)).collect();
        lines.push(format!("{} {}", label(lang.of("Quoted", "引用")), quotes.join(" ")));
    }
    for excuse in &finding.excluded {
        let (en, ja) = if excuse.applies { ("excuses it", "該当するため除外") } else { ("does not apply", "該当しない") };
        let because = if excuse.because.is_empty() { String::new() } else { format!(": {}", escape(&excuse.because)) };
        lines.push(format!("{} {} – {}{because}", label(lang.of("Role", "役割")), escape(lang.role(&excuse.role)), lang.of(en, ja)));
    }
    if !finding.evidence.is_empty() {
        let ids: Vec<String> = finding.evidence.iter().map(|id| code(id)).collect();
        lines.push(format!("{} {}", label(lang.of("Proof", "根拠")), ids.join(" ")));
    }
    if lines.is_empty() {
        return String::new();
    }
    format!("<details><summary>{}</summary><p>{}</p></details>", lang.of("why", "根拠"), lines.join("</p><p>"))
}

fn label(text: &str) -> String {
    format!("<b>{text}</b>")
}

/// Requests that prove something or went to what is to be blocked.
pub(crate) fn requests(view: &View<'_>, lang: Lang, zone: Zone) -> String {
    let mut all: Vec<_> = view.gathered.requests.iter().collect();
    all.sort_by_key(|(asked, request)| (request.first, (*asked).clone()));
    let row = |((client, method, url), request): &(&crate::gather::Asked, &crate::gather::Request)| {
        let every = request.every().map_or_else(String::new, |every| match lang {
            Lang::En => format!("<i>every {}</i>", crate::when::length(every, lang)),
            Lang::Ja => format!("<i>約 {}ごと</i>", crate::when::length(every, lang)),
        });
        let mime = if request.mime.is_empty() { String::new() } else { format!("<i>{}</i>", escape(&request.mime)) };
        vec![
            time(request.first, zone),
            format!("{}{every}", grouped(request.times)),
            code(client),
            format!("<span class=\"tag\">{}</span> {}", escape(method), code(url)),
            escape(&request.status),
            format!("{}{mime}", bytes(request.bytes)),
        ]
    };
    let rows = all.iter().take(SCREEN_ROWS_MAX).map(row).collect();
    let heads = vec![
        lang.of("From", "開始"),
        lang.of("Times", "回数"),
        lang.of("Client", "クライアント"),
        lang.of("Request", "要求"),
        lang.of("Status", "応答"),
        lang.of("Answer", "応答の中身"),
    ];
    Table { heads, rows, all: all.len(), printed: 6 }.html("requests", lang.of("Requests that matter", "注目すべき HTTP 要求"), lang)
}

/// Files that run, and those that prove something.
pub(crate) fn files(view: &View<'_>, lang: Lang, zone: Zone) -> String {
    let mut all: Vec<_> = view.gathered.files.iter().collect();
    all.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.fuid.cmp(&b.fuid)));
    let row = |file: &&crate::gather::FileRow| {
        let times = if file.times > 1 { format!(" <i>×{}</i>", grouped(file.times)) } else { String::new() };
        let name = if file.name.is_empty() { code(&file.fuid) } else { format!("{} {}", code(&file.name), code(&file.fuid)) };
        vec![
            time(file.at, zone),
            format!("{name}{times}"),
            escape(&file.mime),
            bytes(file.bytes),
            format!("{} → {}", code(&file.from), code(&file.to)),
            code(&file.sha256),
        ]
    };
    let rows = all.iter().take(SCREEN_ROWS_MAX).map(row).collect();
    let heads = vec![
        lang.of("Time", "時刻"),
        lang.of("File", "ファイル"),
        lang.of("Type", "種類"),
        lang.of("Size", "大きさ"),
        lang.of("From → to", "送信元 → 受信先"),
        "SHA-256",
    ];
    Table { heads, rows, all: all.len(), printed: 6 }.html("files", lang.of("Files", "ファイル"), lang)
}

/// Hosts with a part in it, then those with most bytes.
pub(crate) fn hosts(view: &View<'_>, lang: Lang, zone: Zone) -> String {
    /// Hosts without a part that are named: enough to see what was ordinary.
    const OTHERS_MAX: usize = 12;
    let mut all: Vec<(&str, Part, &Host)> = view
        .gathered
        .hosts
        .iter()
        .filter(|(_, host)| host.connections > 0)
        .map(|(address, host)| (address.as_str(), view.part(address), host))
        .collect();
    all.sort_by(|a, b| a.1.cmp(&b.1).then((b.2.sent + b.2.received).cmp(&(a.2.sent + a.2.received))).then(a.0.cmp(b.0)));
    let total = all.len();
    let parts = all.iter().filter(|(_, part, _)| *part != Part::Other).count();
    all.truncate((parts + OTHERS_MAX).min(SCREEN_ROWS_MAX));
    let row = |(address, part, host): &(&str, Part, &Host)| {
        let mut names: Vec<&str> = host.names.iter().map(String::as_str).collect();
        let known = view.name(address);
        if !known.is_empty() && !names.contains(&known) {
            names.insert(0, known);
        }
        let names = names.iter().take(2).map(|name| escape(name)).collect::<Vec<_>>().join(", ");
        let part = if *part == Part::Other {
            String::new()
        } else {
            format!(
                "<b class=\"{}\">{}</b>",
                if *part <= Part::Source || *part == Part::Home { "bad" } else { "mild" },
                part_word(*part, lang)
            )
        };
        let span = match (host.first, host.last) {
            (Some(first), Some(last)) => format!("{} – {}", zone.clock(first), zone.clock(last)),
            _ => String::new(),
        };
        vec![code(address), names, part, grouped(host.connections), bytes(host.sent), bytes(host.received), span]
    };
    let rows = all.iter().map(row).collect();
    let heads = vec![
        lang.of("Host", "ホスト"),
        lang.of("Names", "名前"),
        lang.of("Part", "役回り"),
        lang.of("Connections", "接続数"),
        lang.of("Sent", "送信"),
        lang.of("Received", "受信"),
        lang.of("Seen", "観測"),
    ];
    Table { heads, rows, all: total, printed: 8 }.html("hosts", lang.of("Hosts", "ホスト"), lang)
}

/// Roles of hosts, given and inferred.
pub(crate) fn roles(view: &View<'_>, lang: Lang) -> String {
    let row = |role: &story::RoleRow| {
        let by = if role.inferred { lang.of("inferred", "推定") } else { lang.of("given", "設定") };
        vec![escape(lang.role(&role.role)), code(&role.hosts), by.to_owned(), escape(&role.because), escape(&role.owner)]
    };
    let rows: Vec<_> = view.story.roles.iter().take(SCREEN_ROWS_MAX).map(row).collect();
    let heads = vec![
        lang.of("Role", "役割"),
        lang.of("Hosts", "ホスト"),
        lang.of("By", "根拠"),
        lang.of("Why", "理由"),
        lang.of("Owner", "管理者"),
    ];
    Table { heads, rows, all: view.story.roles.len(), printed: 4 }.html("roles", lang.of("Roles", "ホストの役割"), lang)
}
