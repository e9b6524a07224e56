//! Which questions a person should answer next, out of what is missing.

use crate::incident::Case;
use crate::scene::Scene;
use crate::text::lossless;
use crate::{Sentence, Text};
use contract::{Part, Stage};
use model::Uid;

/// Questions in all: those about the worst incidents.
const QUESTIONS_MAX: usize = 12;
/// Less than this is a greeting; more may hold what somebody typed or stored.
const SENT_BYTES_MIN: u64 = 1_000;

/// What to ask, the most urgent first.
pub(crate) fn find(scene: &Scene<'_>, cases: &[Case<'_>]) -> Vec<Sentence> {
    let mut all: Vec<Sentence> = Vec::new();
    for case in cases {
        about(scene, case, &mut all);
    }
    let mut told: Vec<Sentence> = Vec::new();
    for question in all {
        if told.len() < QUESTIONS_MAX && !told.iter().any(|known| known.text == question.text) {
            told.push(question);
        }
    }
    told
}

fn about(scene: &Scene<'_>, case: &Case<'_>, all: &mut Vec<Sentence>) {
    let host = case.suspect.host;
    let mut asked = Asked(all);
    if case.suspect.part == Part::Target && scene.is_flooded(case.suspect) {
        asked.ask(
            "reachable",
            Vec::new(),
            format!("Did {host} stay reachable, and can the provider filter this traffic before it fills the line?"),
            format!("{host} は利用できる状態を保ったか。回線があふれる前に、接続事業者側でこの通信を止められるか。"),
        );
    } else if case.suspect.part == Part::Target {
        asked.ask(
            "succeeded",
            Vec::new(),
            format!("Do the logs of {host} itself (logins, new users, new processes) show that the attack succeeded?"),
            format!("{host} 自身のログ（ログイン、新しいユーザー、新しいプロセス）に、攻撃が成功した形跡はあるか。"),
        );
    } else if !scene.known.is_inside(host) {
        asked.ask(
            "whose",
            Vec::new(),
            format!("Is {host} known: a partner, a scanner with permission, one's own address outside? If not, who answered it?"),
            format!("{host} は関係先、許可した検査、自組織の外部アドレスのいずれかか。そうでなければ、応答したホストはどれか。"),
        );
    } else {
        let who = who(scene, case);
        source(case, &who, &mut asked);
        consequences(case, &who, &mut asked);
        role(scene, case, &who, &mut asked);
    }
}

struct Asked<'a>(&'a mut Vec<Sentence>);

impl Asked<'_> {
    fn ask(&mut self, what: &str, ids: Vec<Uid>, en: String, ja: String) {
        let ids = ids.iter().map(ToString::to_string).collect();
        self.0.push(Sentence { what: what.to_owned(), at: None, text: Text { en, ja }, ids });
    }
}

/// How it came in.
fn source(case: &Case<'_>, who: &str, asked: &mut Asked<'_>) {
    let Some(entry) = &case.chain.entry else {
        if case.incident.source.is_none() {
            asked.ask(
                "source",
                Vec::new(),
                format!("How did it get into {who}? No program is seen coming in: look at mail, USB media, and the time before this capture."),
                format!("{who} にはどこから入ったのか。侵入した実行ファイルは見つからない。メール、USB メディア、キャプチャ以前の通信を確かめる。"),
            );
        }
        return;
    };
    let referred = entry.request.is_some_and(|request| !request.referrer.is_empty());
    let struck = case.incident.story.iter().any(|one| one.what == "struck");
    if !referred && case.chain.led.is_empty() && !struck {
        let name = if entry.name().is_empty() { entry.transfer.sender().to_string() } else { lossless(entry.name()) };
        asked.ask(
            "led_to",
            entry.transfer.fuid.into_iter().collect(),
            format!("What made {who} fetch the program from {name}? Nothing in the capture leads there: look for a mail with an attachment or a link just before."),
            format!("{who} はなぜ {name} から実行ファイルを取得したのか。そこへ導いた通信は見つからない。直前に届いたメールの添付ファイルやリンクを確かめる。"),
        );
    }
}

/// What it did then.
fn consequences(case: &Case<'_>, who: &str, asked: &mut Asked<'_>) {
    let Some(entry) = &case.chain.entry else { return };
    if case.contacts.is_empty() {
        asked.ask(
            "run",
            entry.transfer.fuid.into_iter().collect(),
            format!("Was the program run on {who}? Nothing that it did afterwards is seen; look at the host's process and antivirus logs."),
            format!("{who} でそのプログラムは実行されたか。その後の動きは見えていない。ホストのプロセスとウイルス対策のログを確かめる。"),
        );
    } else {
        let files = std::iter::once(entry).chain(case.chain.more.iter().map(|(one, _)| one));
        asked.ask(
            "left",
            files.filter_map(|one| one.transfer.fuid).collect(),
            format!("What is left of the fetched files on {who}, and what starts them again (autorun keys, scheduled tasks, services)?"),
            format!("取得されたファイルは {who} のどこに残っているか。再起動後に起動する設定（自動実行キー、タスク、サービス）はあるか。"),
        );
    }
    let sent: u64 = case.contacts.iter().map(|contact| contact.calls.sent).sum();
    if sent > SENT_BYTES_MIN {
        asked.ask(
            "stolen",
            case.contacts.iter().filter_map(|contact| contact.calls.uids[0]).collect(),
            format!("What did {who} send there? Change the passwords that were stored or typed on it, from another machine."),
            format!("{who} は何を送ったのか。このホストに保存または入力されたパスワードを、別の端末から変更する。"),
        );
    }
}

/// A host by its names, if it has any.
fn who(scene: &Scene<'_>, case: &Case<'_>) -> String {
    let host = case.suspect.host;
    match scene.evidence.names.get(host).and_then(|names| names.machine.first().or(names.users.first())) {
        Some(name) => format!("{host} ({})", lossless(name)),
        None => host.to_string(),
    }
}

/// A host that is accused only of what some hosts are there for.
fn role(scene: &Scene<'_>, case: &Case<'_>, who: &str, asked: &mut Asked<'_>) {
    let excusable = scene.findings(case.suspect).all(|found| {
        !found.finding.definition.excluded.is_empty()
            && !matches!(found.finding.definition.stage, Stage::CameIn | Stage::Exploited | Stage::CalledHome)
    });
    if !excusable {
        return;
    }
    let mut roles: Vec<&str> =
        scene.findings(case.suspect).flat_map(|found| found.finding.definition.excluded.iter().map(|role| role.name())).collect();
    roles.sort_unstable();
    roles.dedup();
    let ids = scene.findings(case.suspect).map(|found| found.id).take(contract::SAMPLE_MAX).collect();
    let roles = roles.join(", ");
    asked.ask(
        "role",
        ids,
        format!("What is {who} there for? As one of {roles} it would be excused: say so in the settings."),
        format!("{who} の役割は何か。{roles} のいずれかであれば問題とならない。設定に記す。"),
    );
}
