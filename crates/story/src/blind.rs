//! What can't be seen in what was read: the story says it before somebody takes silence for innocence.

use crate::evidence::{Evidence, Sight};
use crate::words::numbers::{grouped, size};
use crate::{Made, Sentence, Text};

/// A share of less than this is not worth a sentence.
const SHARE_MIN: f64 = 0.02;

/// Everything that hides something.
pub(crate) fn find(evidence: &Evidence, made: &Made, accuses: bool) -> Vec<Sentence> {
    let mut all = Blind::default();
    all.content(&evidence.sight);
    all.beginnings(&evidence.sight);
    all.limits(evidence, made, accuses);
    all.0
}

#[derive(Default)]
struct Blind(Vec<Sentence>);

impl Blind {
    fn say(&mut self, what: &str, en: String, ja: String) {
        self.0.push(Sentence { what: what.to_owned(), at: None, text: Text { en, ja }, ids: Vec::new() });
    }

    /// What the payload hides.
    fn content(&mut self, sight: &Sight) {
        let encrypted = share(sight.encrypted_bytes, sight.payload_bytes);
        if encrypted >= SHARE_MIN {
            let share = format!("{:.0}", encrypted * 100.0);
            let (en, ja) = (size(sight.encrypted_bytes, "bytes"), size(sight.encrypted_bytes, "バイト"));
            self.say(
                "encrypted",
                format!("{share} % of the payload ({en}) is encrypted; only who spoke with whom is known of it."),
                format!("通信内容の {share} %（{ja}）は暗号化されており、相手先しか分からない。"),
            );
        }
        if sight.missed_bytes > 0 {
            let flows = grouped(sight.gapped);
            let (en, ja) = (size(sight.missed_bytes, "bytes"), size(sight.missed_bytes, "バイト"));
            self.say(
                "gaps",
                format!("{en} were sent but are not in the capture; connections with gaps: {flows}."),
                format!("送られたはずの {ja}がキャプチャに含まれていない（欠落のある接続は {flows} 件）。"),
            );
        }
        if sight.lookups == 0 && sight.outward > 0 {
            self.say(
                "no_dns",
                "The capture holds no name look-ups: names of servers are known only where they were sent in the open.".to_owned(),
                "名前解決の通信が含まれていない。サーバーの名前は、平文で送られたものしか分からない。".to_owned(),
            );
        }
    }

    /// Connections of which a part was not captured.
    fn beginnings(&mut self, sight: &Sight) {
        let of = grouped(sight.tcp);
        if share(sight.one_sided, sight.tcp) >= SHARE_MIN {
            let flows = grouped(sight.one_sided);
            self.say(
                "one_sided",
                format!("Of {flows} of {of} TCP connections only one side was captured; what the other side said is unknown."),
                format!("TCP 接続 {of} 件のうち {flows} 件は片方向しか取れておらず、もう一方の内容は分からない。"),
            );
        }
        if share(sight.begun_before, sight.tcp) >= SHARE_MIN {
            let flows = grouped(sight.begun_before);
            self.say(
                "begun_before",
                format!("{flows} of {of} TCP connections had begun before the capture did; how they came about is unknown."),
                format!("TCP 接続 {of} 件のうち {flows} 件はキャプチャの開始前から続いており、きっかけは分からない。"),
            );
        }
    }

    /// What was lost on the way.
    fn limits(&mut self, evidence: &Evidence, made: &Made, accuses: bool) {
        for (name, count) in &made.losses {
            let Some((en, ja)) = loss(name) else { continue };
            let count = grouped(*count);
            self.say(name, en.replace("{}", &count), ja.replace("{}", &count));
        }
        let own = |name: &str| name.starts_with("story.") || name.starts_with("knowledge.");
        let left_out: u64 = made.losses.iter().filter(|(name, _)| own(name)).map(|(_, count)| count).sum();
        if left_out > 0 {
            let count = grouped(left_out);
            self.say(
                "memory",
                format!("There was more than the story's memory holds: {count} rows were left out of it. The logs have them."),
                format!("記憶できる量を超えたため、{count} 件が説明に反映されていない。ログには残っている。"),
            );
        }
        if accuses && evidence.forgotten() > 0 {
            let count = grouped(evidence.forgotten());
            self.say(
                "forgotten",
                format!("{count} older rows had been forgotten before their hosts were accused of anything; the logs have them."),
                format!("ホストが疑われる前の古い記録 {count} 件は説明に含まれない。ログには残っている。"),
            );
        }
    }
}

fn share(part: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { part as f64 / of as f64 }
}

/// What a loss of the reader means for who reads the story.
fn loss(name: &str) -> Option<(&'static str, &'static str)> {
    Some(match name {
        "packets_with_bad_checksum" => (
            "{} packets with wrong checksums were left out; with -C they are taken in.",
            "チェックサムの誤った {} パケットを除外した。-C を付けると対象に含める。",
        ),
        "packets_cut_short" | "truncated_packets" => (
            "{} packets were cut short when they were captured; their content is incomplete.",
            "{} パケットは取得時に途中で切られており、内容が欠けている。",
        ),
        "fragmented_packets_dropped" => ("{} fragments could not be put together.", "{} 個のフラグメントを組み立てられなかった。"),
        "flows_evicted" => (
            "{} connections were given up because too many were open at once.",
            "同時に開いている接続が多すぎたため、{} 件の追跡を打ち切った。",
        ),
        "files_refused" => (
            "{} files were not looked into because too many were open at once.",
            "同時に開いているファイルが多すぎたため、{} 件を調べていない。",
        ),
        _ => return None,
    })
}
