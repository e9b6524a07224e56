//! The definitions, as a table.

use contract::{Definition, Part, Role, Severity, Stage, Words};

pub(super) const LONG_WEB: usize = 0;
pub(super) const LONG_SSH: usize = 1;
pub(super) const VPN: usize = 2;
pub(super) const BIG_REQUESTS: usize = 3;
pub(super) const ICMP: usize = 4;

const SOURCE: &str = "DETECTIONS.md tunnel; S2";
const NEXT: Words = Words { en: "ask the host's user what the connection is for", ja: "利用者に接続の目的を確かめる" };

pub(super) static DEFINITIONS: [Definition; 5] = [
    Definition {
        detector: "tunnel",
        name: "long_web",
        title: Words { en: "keeps a web connection open for long", ja: "HTTP または HTTPS の接続を長く続けている" },
        rule: Words {
            en: "an HTTP or HTTPS connection to outside of 10 min (info), 1 h, 4 h, 12 h, or as much in sum between two hosts in a day; CONNECT counts as well",
            ja: "外部への HTTP・HTTPS 接続が 10 分 (参考)、1 時間、4 時間、12 時間以上、または同じ相手との 1 日の合計がそれ以上。CONNECT も含む",
        },
        next: NEXT,
        source: SOURCE,
        severity: Severity::Low,
        stage: Stage::Habit,
        part: Part::Actor,
        techniques: &["T1572"],
        excluded: &[Role::Proxies, Role::VpnPools],
    },
    Definition {
        detector: "tunnel",
        name: "long_ssh",
        title: Words { en: "uses ssh long or often", ja: "外部への ssh を長時間または頻繁に使っている" },
        rule: Words {
            en: "ssh to outside of an hour or more, or more than 20 connections between two hosts within an hour",
            ja: "外部への 1 時間以上の ssh、または 1 時間に同じ相手へ 20 回を超える接続",
        },
        next: NEXT,
        source: SOURCE,
        severity: Severity::Low,
        stage: Stage::Habit,
        part: Part::Actor,
        techniques: &["T1572", "T1021.004"],
        excluded: &[Role::Monitors, Role::VpnPools],
    },
    Definition {
        detector: "tunnel",
        name: "vpn_tunnel",
        title: Words { en: "uses a VPN to outside", ja: "外部への VPN を使っている" },
        rule: Words {
            en: "IPsec (500, 4500/udp), OpenVPN, WireGuard, L2TP or SoftEther to an address outside that answers",
            ja: "外部アドレスとの IPsec (500, 4500/udp)、OpenVPN、WireGuard、L2TP、SoftEther の通信（応答あり）",
        },
        next: NEXT,
        source: SOURCE,
        severity: Severity::Low,
        stage: Stage::Habit,
        part: Part::Actor,
        techniques: &["T1572"],
        excluded: &[Role::VpnPools, Role::NatKnown],
    },
    Definition {
        detector: "tunnel",
        name: "big_requests",
        title: Words { en: "sends big requests again and again", ja: "大きな HTTP 要求を繰り返し送っている" },
        rule: Words {
            en: "20 requests of more than 3 kB to one server outside within an hour, with more going out than coming in",
            ja: "1 時間以内に外部の同じサーバーへ 3 kB を超える要求を 20 回以上送り、送信量が受信量を上回る",
        },
        next: Words { en: "see what was sent and by which program", ja: "送られた内容とプログラムを確かめる" },
        source: SOURCE,
        severity: Severity::Low,
        stage: Stage::Acted,
        part: Part::Actor,
        techniques: &["T1041", "T1572"],
        excluded: &[Role::Proxies],
    },
    Definition {
        detector: "tunnel",
        name: "icmp_tunnel",
        title: Words { en: "carries data in pings", ja: "ping にデータを載せている" },
        rule: Words {
            en: "ICMP echo whose replies differ from the requests in mean size (high), with many more replies than requests, with a mean payload of \
                 512 bytes, or with 100 kB in one flow",
            ja: "応答の平均長が要求と異なる ICMP エコー (高)、要求より応答がずっと多いもの、平均 512 バイト以上または 1 フローで 100 kB 以上のもの",
        },
        next: Words {
            en: "look at what the echoes carry, and allow ping only where it is needed",
            ja: "エコーの内容を調べ、ping を必要な範囲に限る",
        },
        source: SOURCE,
        severity: Severity::Medium,
        stage: Stage::CalledHome,
        part: Part::Actor,
        techniques: &["T1095", "T1572"],
        excluded: &[Role::Monitors],
    },
];
