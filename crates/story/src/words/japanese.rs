//! Statements in Japanese. The host of the incident is the subject throughout and is left unsaid, as the language does.

use super::cut;
use super::numbers::{JA, clock, date, grouped, length, size};
use crate::statement::{Content, Line, Oddity, Place, Pretence, Statement, Way};
use model::Interval;

/// The sentence of a line.
pub(crate) fn sentence(line: &Line) -> String {
    let at = line.at;
    match &line.statement {
        Statement::LookedUp { name, addrs, server } => {
            let addrs = list(addrs.iter().map(ToString::to_string).collect(), 3);
            format!("ネームサーバー {server} に {name} を問い合わせ、{addrs} という答えを得た。")
        }
        Statement::Fetched { .. } => fetched(&line.statement),
        Statement::Oddities(all) => {
            let all: Vec<String> = all.iter().map(oddity).collect();
            format!("このプログラムには不審な点がある。{}。", all.join("。"))
        }
        Statement::Pretends { pretence, content, bytes } => pretends(pretence, *content, *bytes),
        Statement::Called { .. } => called(line),
        Statement::Found { title, subject, peers, count, last, measures, quotes } => {
            let mut text = title.ja.to_owned();
            about(&mut text, subject, measures);
            text.push('。');
            if !peers.is_empty() {
                text.push_str(&format!("相手は {}。", list(peers.iter().map(ToString::to_string).collect(), 4)));
            }
            repeat(&mut text, *count, &clock(*last, at));
            said(&mut text, quotes);
            text
        }
        Statement::Gave { by, account, what, subject, to, times } => gave(by, account, what, subject, to, *times),
        Statement::Struck { title, by, quotes } => {
            let mut text = format!("その前に {by} から攻撃を受けている。{by} の動き: {}。", title.ja);
            said(&mut text, quotes);
            text
        }
        Statement::CameFrom { host, since } => {
            format!(
                "{host} から広がってきたとみられる。{host} は {} から同じ動きをしており、その前にこのホストへ接続していた。",
                clock(*since, at)
            )
        }
        Statement::PassedOn { hosts } => {
            format!(
                "ほかのホストへ広げたとみられる。{} は、このホストから接続を受けた後に同じ動きを始めた。",
                list(hosts.iter().map(ToString::to_string).collect(), 8)
            )
        }
        Statement::WasAttacked { title, by, more, subject, count, last, measures, quotes } => {
            let mut text = title.ja.to_owned();
            about(&mut text, subject, measures);
            text.push('。');
            if !by.is_empty() {
                let others = if *more > 0 { format!(" ほか {} 件", grouped(*more as u64)) } else { String::new() };
                let by: Vec<String> = by.iter().map(ToString::to_string).collect();
                text.push_str(&format!("相手は {}{others}。", by.join("、")));
            }
            repeat(&mut text, *count, &clock(*last, at));
            said(&mut text, quotes);
            text
        }
        Statement::ActedAfter { title } => format!("攻撃は成功したとみられる。その後、このホストに次の動きがあった: {}。", title.ja),
        Statement::NothingAfter => "攻撃が成功した形跡は見当たらない。攻撃の後に、このホストが不審な動きをした様子はない。".to_owned(),
    }
}

fn fetched(statement: &Statement) -> String {
    let Statement::Fetched { content, again, times, url, name, from, protocol, bytes, missing, referrer, agent, sha256 } = statement else {
        return String::new();
    };
    let what = noun(*content);
    let more = if *again { "続いて " } else { "" };
    let mut text = match (url.is_empty(), name.is_empty()) {
        (false, _) => format!("{more}{}{what} {} を取得した", place(from, "から"), cut(url, 300)),
        (true, false) => format!("{more}{} {protocol} で{what}「{}」を受け取った", place(from, "から"), cut(name, 120)),
        (true, true) => format!("{more}{} {protocol} で{what}を受け取った", place(from, "から")),
    };
    text.push_str(&format!("（{}", size(*bytes, "バイト")));
    if *missing > 0 {
        text.push_str(&format!("、ほかに {}がキャプチャから欠けている", size(*missing, "バイト")));
    }
    if *times > 1 {
        text.push_str(&format!("、{} 回", grouped(*times)));
    }
    if !sha256.is_empty() {
        text.push_str(&format!("、SHA-256 は {sha256}"));
    }
    text.push_str("）。");
    if !referrer.is_empty() {
        text.push_str(&format!("リンク元のページは {} である。", cut(referrer, 200)));
    }
    if !agent.is_empty() {
        text.push_str(&format!("取得したプログラムは「{}」と名乗った。", cut(agent, 120)));
    }
    text
}

fn called(line: &Line) -> String {
    let Statement::Called { way, to, count, answered, last, rhythm, sent, received, longest, agent, self_signed } = &line.statement else {
        return String::new();
    };
    let until = if *count == 1 { String::new() } else { format!("{} まで ", clock(*last, line.at)) };
    let times = grouped(*count);
    let mut text = match way {
        Way::Http(method, url) => format!("{} {until}{times} 回、{method} リクエストを送った（{}）。", place(to, "へ"), cut(url, 200)),
        Way::Plain(proto, port, service) => {
            let service = if service.is_empty() { String::new() } else { format!("、{service}") };
            format!("{} {proto} ポート {port}{service} へ {until}{times} 回接続した。", place(to, "の"))
        }
    };
    match rhythm {
        Some(rhythm) if rhythm.is_regular() => text.push_str(&format!(
            "間隔は {}（ばらつき {}）とほぼ一定で、人の操作ではなくプログラムによるものである。",
            length(Interval::from_millis(rhythm.every_ms.into()), &JA),
            length(Interval::from_millis(rhythm.spread_ms.into()), &JA)
        )),
        Some(rhythm) => text.push_str(&format!("間隔はおよそ {} である。", length(Interval::from_millis(rhythm.every_ms.into()), &JA))),
        None if *longest >= Interval::from_secs(60) => {
            let which = if *count == 1 { "その接続" } else { "最も長い接続" };
            text.push_str(&format!("{which}は {}続いた。", length(*longest, &JA)));
        }
        None => {}
    }
    text.push_str(&format!("送信は {}、受信は {}。", size(*sent, "バイト"), size(*received, "バイト")));
    if *answered == 0 {
        text.push_str("応答は一度もなかった。");
    }
    if let Some(issuer) = self_signed {
        text.push_str(&format!("サーバーの証明書は自己署名である（{}）。", cut(issuer, 120)));
    }
    if !agent.is_empty() {
        text.push_str(&format!("「{}」と名乗った。", cut(agent, 120)));
    }
    text
}

fn pretends(pretence: &Pretence, content: Content, bytes: u64) -> String {
    match pretence {
        Pretence::NamedAs(ending) => format!("名前は「{}」で終わるが、中身は{}である。", cut(ending, 12), noun(content)),
        Pretence::Digits { base64, reversed, program } => {
            let digits = if *base64 { " Base64 の文字" } else { " 16 進数字" };
            let back = if *reversed { "を逆順に並べたもの" } else { "" };
            let inside = if *program {
                "。テキストに偽装した Windows の実行ファイルである".to_owned()
            } else {
                format!("で、{}のデータを隠したか暗号化したものとみられる", size(bytes / 2, "バイト"))
            };
            format!("テキストとして送られてきたが、全体が{digits}{back}{inside}。")
        }
        Pretence::Noise { bits } => {
            format!("種類を示す特徴がなく、バイトの並びに規則性がない（1 バイト当たり {bits:.2} ビット）。暗号化または圧縮されている。")
        }
    }
}

fn oddity(one: &Oddity) -> String {
    match one {
        Oddity::MadeThen(at) => format!("作成日時が {} となっているが、ありえない", date(*at)),
        Oddity::DelphiTime => "作成日時（1992-06-19）は Delphi のリンカーが書き込む定数で、本当の作成日時は分からない".to_owned(),
        Oddity::Fresh(at) => format!("取得される直前の {} に作成されている", date(*at)),
        Oddity::Unsigned => "署名がない".to_owned(),
        Oddity::NoImports => "インポートがなく、パックされたプログラムの特徴を示す".to_owned(),
        Oddity::Packed(name, bits) => {
            format!("セクション {} がパックまたは暗号化されている（1 バイト当たり {bits:.1} ビット）", cut(name, 16))
        }
        Oddity::Overlay(bytes) => format!("最後のセクションの後ろに {} が付いている", size(*bytes, "バイト")),
    }
}

fn gave(by: &str, account: &str, what: &str, subject: &str, to: &Place, times: u64) -> String {
    let times = if times > 1 { format!("（{} 回）", grouped(times)) } else { String::new() };
    let subject = if subject.is_empty() { String::new() } else { format!("件名「{}」の", cut(subject, 120)) };
    match by {
        "SMTP" => {
            format!("{}経由して、{} から {} 宛てに{subject}メールを送った{times}。", place(to, "を"), cut(account, 80), cut(what, 160))
        }
        "FTP" => format!("{}、ユーザー {} として FTP でファイル「{}」を送った{times}。", place(to, "へ"), cut(account, 80), cut(what, 160)),
        "SMB write" => format!("{}共有 {} にファイル「{}」を書き込んだ{times}。", place(to, "の"), cut(account, 80), cut(what, 160)),
        _ => format!("{}共有 {} にあるファイル「{}」を開いた{times}。", place(to, "の"), cut(account, 80), cut(what, 160)),
    }
}

/// What a content is called.
pub(crate) const fn noun(content: Content) -> &'static str {
    match content {
        Content::WindowsProgram => " Windows の実行ファイル",
        Content::Program => "実行ファイル",
        Content::Script => "スクリプト",
        Content::Document => "文書ファイル",
        Content::Archive => "書庫ファイル",
        Content::Text => "テキスト",
        Content::Noise | Content::Other => "ファイル",
    }
}

/// A server with the particle behind it: a space stands between Latin letters and Japanese ones, and none behind a bracket.
fn place(to: &Place, particle: &str) -> String {
    let text = bare(to);
    if text.ends_with('）') { format!("{text}{particle}") } else { format!("{text} {particle}") }
}

fn bare(place: &Place) -> String {
    let whereabouts = if place.whereabouts.is_empty() { String::new() } else { format!("、{}", place.whereabouts) };
    match (place.name.is_empty(), whereabouts.is_empty()) {
        (true, true) => place.addr.to_string(),
        (true, false) => format!("{}（{}）", place.addr, place.whereabouts),
        _ => format!("{}（{}{whereabouts}）", place.name, place.addr),
    }
}

fn about(text: &mut String, subject: &str, measures: &[(String, String)]) {
    let mut inside: Vec<String> = Vec::new();
    if !subject.is_empty() {
        inside.push(cut(subject, 160).into_owned());
    }
    inside.extend(measures.iter().map(|(name, value)| format!("{name} {value}")));
    if !inside.is_empty() {
        text.push_str(&format!("（{}）", inside.join("、")));
    }
}

fn repeat(text: &mut String, count: u64, last: &str) {
    if count > 1 {
        text.push_str(&format!("{} 回見られ、最後は {last}。", grouped(count)));
    }
}

fn said(text: &mut String, quotes: &[String]) {
    if !quotes.is_empty() {
        let quotes: Vec<String> = quotes.iter().map(|quote| format!("「{}」", cut(quote, 120))).collect();
        text.push_str(&format!("通信内容: {}。", quotes.join("")));
    }
}

fn list(mut items: Vec<String>, most: usize) -> String {
    if items.len() <= most {
        return items.join("、");
    }
    let more = items.len() - most;
    items.truncate(most);
    format!("{} ほか {} 件", items.join("、"), grouped(more as u64))
}
