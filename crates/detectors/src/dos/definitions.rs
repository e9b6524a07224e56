//! What is said of floods: the static half of the findings.

use contract::{Definition, Part, Role, Severity, Stage, Words};

const SOURCE: &str = "DETECTIONS.md dos; S1; Moore, Voelker, Savage: Inferring Internet Denial-of-Service Activity (2001)";
const NEXT_TARGET: Words = Words {
    en: "ask the provider to filter towards the target; addresses of the senders may be forged and are no proof",
    ja: "対象あての通信の遮断を上流に依頼する。送信元アドレスは詐称されうるので証拠にならない",
};

/// Half-open connections.
pub(super) const SYN_FLOOD: Definition = Definition {
    detector: "dos",
    name: "syn_flood",
    title: Words { en: "is flooded with half-open connections", ja: "半開接続を大量に受けている (SYN flood)" },
    rule: Words {
        en: "500 connections a minute to one host (a third of that from 100 hosts) of which nine in ten stay half open, ten times its usual number, \
             not spread over ports as a scan is",
        ja: "一つのホストへ毎分 500 以上（100 台以上からならその 3 分の 1）の接続があり、9 割以上が半開で、平常の 10 倍を超え、スキャンのようにポートが散らばらない",
    },
    next: NEXT_TARGET,
    source: SOURCE,
    severity: Severity::High,
    stage: Stage::Acted,
    part: Part::Target,
    techniques: &["T1498.001", "T1499.001"],
    excluded: &[],
};

/// Answers to questions that were never asked.
pub(super) const REFLECTION: Definition = Definition {
    detector: "dos",
    name: "reflection_flood",
    title: Words {
        en: "is flooded with answers that it did not ask for", ja: "求めていない応答を大量に受けている（リフレクション攻撃）"
    },
    rule: Words {
        en: "500 answers a minute from 50 hosts to questions that nobody sent (SYN+ACK, RST, or UDP from services that amplify), ten times the usual",
        ja: "誰も送っていない問い合わせへの応答（SYN+ACK、RST、または増幅に使われる UDP サービスから）が 50 ホスト以上から毎分 500 以上、平常の 10 倍を超える",
    },
    next: NEXT_TARGET,
    source: SOURCE,
    severity: Severity::High,
    stage: Stage::Acted,
    part: Part::Target,
    techniques: &["T1498.002"],
    excluded: &[],
};

/// Packets and packets.
pub(super) const PACKET_FLOOD: Definition = Definition {
    detector: "dos",
    name: "packet_flood",
    title: Words { en: "is flooded with packets", ja: "大量のパケットを受けている" },
    rule: Words {
        en: "unanswered UDP of 5,000 packets a second or 2,000 flows with payload a minute, or pings of 100 a second and 2,000 in a minute, ten times the usual; \
             medium for 100 large datagrams a second to a host without a name outside",
        ja: "応答のない UDP が毎秒 5,000 パケットまたはペイロード付きで毎分 2,000 フロー、または ping が毎秒 100・毎分 2,000 以上で、平常の 10 倍を超える。名前のない外部ホストへ大きな UDP が毎秒 100 なら中",
    },
    next: NEXT_TARGET,
    source: SOURCE,
    severity: Severity::High,
    stage: Stage::Acted,
    part: Part::Target,
    techniques: &["T1498.001"],
    excluded: &[],
};

/// The echo of a flood that goes on elsewhere.
pub(super) const BACKSCATTER: Definition = Definition {
    detector: "dos",
    name: "backscatter",
    title: Words {
        en: "answers forged senders: it is being flooded", ja: "詐称された送信元に応答している（攻撃を受けている）"
    },
    rule: Words {
        en: "SYN+ACKs or RSTs from one port of a host to 100 hosts that sent it nothing and say nothing more",
        ja: "一つのホストの同じポートから、何も送っていない 100 以上のホストへ SYN+ACK または RST が届き、以後の通信がない",
    },
    next: Words {
        en: "nothing needs to be done here; who runs the host may want to know",
        ja: "こちらでの対処は不要。そのホストの運用者に知らせるとよい",
    },
    source: SOURCE,
    severity: Severity::High,
    stage: Stage::Acted,
    part: Part::Target,
    techniques: &["T1498"],
    excluded: &[],
};

/// Who floods.
pub(super) const SENDS_FLOOD: Definition = Definition {
    detector: "dos",
    name: "sends_flood",
    title: Words { en: "floods another host", ja: "他のホストへ大量の通信を送りつけている" },
    rule: Words {
        en: "more than half of a flood comes from this address; high from inside, where addresses are seldom forged",
        ja: "大量通信の過半がこのアドレスから来ている。詐称の少ない内部からなら高",
    },
    next: Words {
        en: "see which program sends it and cut the host off; a client that tries again without a pause looks alike",
        ja: "送信しているプログラムを調べて切り離す。間を置かずに再試行するクライアントも同じように見える",
    },
    source: SOURCE,
    severity: Severity::Medium,
    stage: Stage::Acted,
    part: Part::Actor,
    techniques: &["T1498.001"],
    excluded: &[Role::ScannersAuthorised],
};

/// Names that do not exist.
pub(super) const NXDOMAIN_FLOOD: Definition = Definition {
    detector: "dos",
    name: "nxdomain_flood",
    title: Words {
        en: "asks for names that do not exist, under one domain", ja: "一つのドメインの存在しない名前を次々に問い合わせている"
    },
    rule: Words {
        en: "20 different names directly under one domain within a minute, none of which exists",
        ja: "一つのドメイン直下の異なる名前を 1 分以内に 20 以上問い合わせ、一つも存在しない",
    },
    next: Words {
        en: "find the program that asks; such questions load the domain's name servers (random subdomain attack) or guess its names",
        ja: "問い合わせているプログラムを調べる。ドメインのネームサーバーへの攻撃、または名前の総当たりである",
    },
    source: "DETECTIONS.md dos; S1",
    severity: Severity::High,
    stage: Stage::Acted,
    part: Part::Actor,
    techniques: &["T1498", "T1590.002"],
    excluded: &[Role::Resolvers, Role::MailServers, Role::Monitors, Role::ScannersAuthorised],
};

/// A host that amplifies.
pub(super) const AMPLIFIER: Definition = Definition {
    detector: "dos",
    name: "amplifier",
    title: Words { en: "is used to amplify a flood", ja: "攻撃の増幅に使われている" },
    rule: Words {
        en: "an inside host answers outside ones on a UDP service with ten times what they sent, 1 MB within a minute",
        ja: "内部のホストが UDP サービスで外部からの要求の 10 倍以上を返し、1 分で 1 MB に達する",
    },
    next: Words {
        en: "close the service to the outside, or limit whom and how often it answers",
        ja: "そのサービスを外部に対して閉じるか、応答する相手と頻度を制限する",
    },
    source: SOURCE,
    severity: Severity::Medium,
    stage: Stage::Acted,
    part: Part::Target,
    techniques: &["T1498.002"],
    excluded: &[],
};

/// All of them.
pub(super) static ALL: [Definition; 7] = [SYN_FLOOD, REFLECTION, PACKET_FLOOD, BACKSCATTER, SENDS_FLOOD, NXDOMAIN_FLOOD, AMPLIFIER];
