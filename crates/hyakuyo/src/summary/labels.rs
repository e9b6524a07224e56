//! The summary's words in Japanese: a table from the English ones, so that a label is written where it is used. What has no row
//! (names of logs, of protocols, of notices) stays as it is.

use crate::args::Language;

const JAPANESE: &[(&str, &str)] = &[
    ("Look at these first", "最初に確認するもの"),
    ("What is in it", "内容"),
    ("Look further", "さらに調べる"),
    ("time", "期間"),
    ("traffic", "通信量"),
    ("lost", "欠落"),
    ("checksums", "チェックサム"),
    ("logs", "ログ"),
    ("files", "ファイル"),
    ("executable", "実行ファイル"),
    ("script", "スクリプト"),
    ("document", "文書"),
    ("archive", "書庫"),
    ("notices", "通知"),
    ("hosts", "ホスト"),
    ("inside", "内部"),
    ("outside", "外部"),
    ("applications", "プロトコル"),
    ("names", "名前解決"),
    ("weird", "異常"),
    ("sensor", "センサー"),
    ("read", "読み込み"),
    ("no packets", "パケットなし"),
    ("; damaged, see below", "、破損あり（下記参照）"),
    ("; nothing lost", "、欠落なし"),
    ("standard input", "標準入力"),
    ("all that the receiver of the first program did", "最初の実行ファイルを受け取ったホストの全通信"),
    ("who else had to do with its sender", "その送信元と通信したほかのホスト"),
    ("all that the busiest inside host did", "通信量の最も多い内部ホストの全通信"),
    ("who had to do with the busiest outside host", "通信量の最も多い外部ホストと通信したホスト"),
    ("what a log's fields mean", "ログの各項目の意味"),
];

/// A word or phrase in a language.
pub(super) fn of(language: Language, english: &str) -> &str {
    match language {
        Language::En => english,
        Language::Ja => JAPANESE.iter().find(|(known, _)| *known == english).map_or(english, |(_, japanese)| japanese),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_there_once_and_english_stays() {
        for (place, (english, japanese)) in JAPANESE.iter().enumerate() {
            assert_eq!(of(Language::En, english), *english);
            assert_eq!(of(Language::Ja, english), *japanese);
            assert!(JAPANESE.iter().skip(place + 1).all(|(other, _)| other != english), "{english}");
        }
        assert_eq!(of(Language::Ja, "conn"), "conn");
    }
}
