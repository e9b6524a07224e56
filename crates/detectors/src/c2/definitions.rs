//! What hosts under somebody else's command look like: the static half of each finding.

use contract::{Definition, Part, Role, Severity, Stage, Words};

const NEXT: Words = Words {
    en: "find the program on the host that holds this connection; if nobody knows it, isolate the host and block the destination",
    ja: "この接続を行うプログラムをホスト上で特定し、心当たりがなければホストを隔離して宛先を遮断する",
};

const fn definition(name: &'static str, title: Words, rule: Words, severity: Severity, techniques: &'static [&'static str]) -> Definition {
    Definition {
        detector: "c2",
        name,
        title,
        rule,
        next: NEXT,
        source: "MITRE ATT&CK TA0011; public captures of AsyncRAT, Quasar, STRRAT, Empire, Covenant",
        severity,
        stage: Stage::CalledHome,
        part: Part::Actor,
        techniques,
        excluded: &[Role::Monitors, Role::ScannersAuthorised],
    }
}

pub(super) static DEFINITIONS: [Definition; 8] = [
    definition(
        "odd_tls",
        Words { en: "speaks TLS with a makeshift server outside", ja: "外部の間に合わせの TLS サーバーと通信している" },
        Words {
            en: "TLS to an outside address on a port of no known service, without a server name, and a certificate whose subject is a bare common \
                 name that no authority vouches for: medium; high if the address is known by a dynamic name, or if the host has no other \
                 such peers, as programs that share files have",
            ja: "既知サービス以外のポートでの外部への TLS。サーバー名がなく、証明書の主体が CN だけで認証局の裏付けもない。動的 DNS 名で知られる宛先、\
                 またはファイル共有のような他の相手がなければ高",
        },
        Severity::Medium,
        &["T1573.002", "T1571"],
    ),
    definition(
        "one_way_talk",
        Words { en: "reports to a silent listener outside", ja: "応答しない外部の相手に報告を続けている" },
        Words {
            en: "a TCP session of no known protocol to an outside address without a name, 2 minutes or longer, in which only the host speaks: 20 \
                 packets or more, short ones",
            ja: "名前のない外部アドレスへの未知プロトコルの TCP セッションが 2 分以上続き、ホスト側だけが 20 個以上の短いパケットを送る",
        },
        Severity::High,
        &["T1095", "T1571"],
    ),
    definition(
        "polled_pages",
        Words { en: "asks a bare address for orders", ja: "IP アドレス指定のサーバーに指令を問い合わせている" },
        Words {
            en: "8 requests over 30 s or longer to a server that has no name, for 2 to 5 paths and nothing else, as implants do that take turns \
                 between a few made-up pages",
            ja: "名前のないサーバーへ 30 秒以上にわたり 8 回以上、2〜5 種類のパスだけを要求（いくつかの偽ページを交互に使う遠隔操作プログラムの動き）",
        },
        Severity::High,
        &["T1071.001"],
    ),
    definition(
        "self_vouched",
        Words {
            en: "speaks TLS with nameless servers that vouch for themselves",
            ja: "自ら身元を保証するだけの無名の TLS サーバーと通信している",
        },
        Words {
            en: "TLS on a web port to an outside address that the host knows no name of, without a server name, with a certificate signed by \
                 itself: low for one server, as devices and private networks have; high for two or more, as malware has lists",
            ja: "名前を知らない外部アドレスの Web ポートへの、サーバー名のない TLS で、証明書が自己署名。1 台なら低（機器や VPN にもある）、\
                 2 台以上なら高（マルウェアは一覧を持つ）",
        },
        Severity::Low,
        &["T1573.002", "T1008"],
    ),
    definition(
        "dead_names",
        Words { en: "asks again and again for names that are gone", ja: "消えた名前を何度も問い合わせている" },
        Words {
            en: "4 different domains that do not exist within half an hour, and one of them 8 times or more: a list of masters that were taken down",
            ja: "30 分以内に存在しないドメインを 4 つ以上、うち一つは 8 回以上（停止された指令サーバーの一覧を試す動き）",
        },
        Severity::High,
        &["T1568", "T1071.004"],
    ),
    definition(
        "dead_masters",
        Words {
            en: "tries a list of outside addresses that do not answer", ja: "応答しない外部アドレスの一覧を試している"
        },
        Words {
            en: "8 outside addresses that fail on 2 to 8 uncommon ports within half an hour, more addresses than ports: one port would be a scan, a \
                 port for each address file sharing",
            ja: "30 分以内に 8 以上の外部アドレスへの接続が 2〜8 種類の特殊なポートで失敗（ポートが一つならスキャン、相手ごとに違えばファイル共有）",
        },
        Severity::Medium,
        &["T1571", "T1008"],
    ),
    definition(
        "echo_orders",
        Words { en: "sends orders in echo requests", ja: "エコー要求で指令をやり取りしている" },
        Words {
            en: "three echo requests in a row with the same number and 400 bytes or more: who only asks whether a host lives counts them",
            ja: "同じ番号で 400 バイト以上を運ぶエコー要求が 3 回続く（生存確認であれば番号を数える）",
        },
        Severity::High,
        &["T1095"],
    ),
    Definition {
        stage: Stage::FetchedMore,
        ..definition(
            "program_over_tcp",
            Words { en: "was sent a program over a bare connection", ja: "素の接続でプログラムを送り込まれた" },
            Words {
                en: "a stream of no known protocol that begins with a program (PE, ELF), by itself or behind its length, as stagers load it",
                ja: "未知プロトコルのストリームがプログラム (PE, ELF) で始まる（長さの直後を含む。ステージャーの動き）",
            },
            Severity::High,
            &["T1105", "T1095"],
        )
    },
];

pub(super) const ODD_TLS: &Definition = &DEFINITIONS[0];
pub(super) const ONE_WAY_TALK: &Definition = &DEFINITIONS[1];
pub(super) const POLLED_PAGES: &Definition = &DEFINITIONS[2];
pub(super) const DEAD_NAMES: &Definition = &DEFINITIONS[4];
pub(super) const DEAD_MASTERS: &Definition = &DEFINITIONS[5];
pub(super) const ECHO_ORDERS: &Definition = &DEFINITIONS[6];
pub(super) const PROGRAM_OVER_TCP: &Definition = &DEFINITIONS[7];
pub(super) const SELF_VOUCHED: &Definition = &DEFINITIONS[3];
