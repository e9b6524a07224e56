//! What is said of scanners: the static half of the findings.

use contract::{Definition, Part, Role, Severity, Stage, Words};

const SOURCE: &str =
    "DETECTIONS.md scan; Jung, Paxson, Berger, Balakrishnan: Fast Portscan Detection Using Sequential Hypothesis Testing (2004)";
/// Who may do all of this.
const MAY_SCAN: &[Role] = &[Role::ScannersAuthorised, Role::Monitors, Role::Crawlers];
/// Who speaks to many hosts on others' behalf, besides.
const MAY_FAIL: &[Role] = &[Role::ScannersAuthorised, Role::Monitors, Role::Crawlers, Role::Proxies, Role::MailServers];
const NEXT: Words = Words {
    en: "ask the owner of the host whether it should scan; if not, take it off the network and see what it spoke to before",
    ja: "そのホストの管理者にスキャンの予定を確かめ、なければ切り離して、それ以前の通信先を調べる",
};

/// Threshold Random Walk.
pub(super) const FAST_SCAN: Definition = Definition {
    detector: "scan",
    name: "fast_scan",
    title: Words { en: "fails to reach most of the hosts it tries", ja: "接続を試みた相手の大半に失敗している" },
    rule: Words {
        en: "Threshold Random Walk over first contacts with hosts that it did not look up by name: +1 for a failure, -1 for a success, told at +4",
        ja: "名前を引かずに接続した相手ごとの初回の成否による Threshold Random Walk（失敗 +1、成功 -1、+4 で判定）",
    },
    next: Words {
        en: "see whether it is a program that looks for peers, or a stale entry in somebody's settings",
        ja: "仲間を探すソフトウェアか、古い設定の残りでないかを確かめる",
    },
    source: SOURCE,
    severity: Severity::Low,
    stage: Stage::Spread,
    part: Part::Actor,
    techniques: &["T1046"],
    excluded: MAY_FAIL,
};

/// One port on many hosts.
pub(super) const ADDRESS_SCAN: Definition = Definition {
    detector: "scan",
    name: "address_scan",
    title: Words { en: "tries one port on many hosts", ja: "多数のホストの同じポートを試している" },
    rule: Words {
        en: "failed connections to one port on 20 hosts (10 within a minute, 8 on a worm's port with no success at all, 3 in unused space) \
             that it did not look up by name, at most half as many successes",
        ja: "名前を引いていない 20 ホストの同じポートへの接続失敗（1 分以内なら 10、ワームの使うポートで成功なしなら 8、未使用アドレスなら 3）。成功は失敗の半分以下",
    },
    next: NEXT,
    source: SOURCE,
    severity: Severity::Medium,
    stage: Stage::Spread,
    part: Part::Actor,
    techniques: &["T1046", "T1018"],
    excluded: MAY_FAIL,
};

/// Many ports on one host.
pub(super) const PORT_SCAN: Definition = Definition {
    detector: "scan",
    name: "port_scan",
    title: Words { en: "tries many ports of one host", ja: "一つのホストの多数のポートを試している" },
    rule: Words {
        en: "failed or empty connections to 5 ports of one host as evidence; high from 20 ports, or 10 within a minute; at most half as many successes",
        ja: "一つのホストの 5 ポートへの失敗または空の接続を証拠とし、20 ポート（1 分以内なら 10）で高。成功は失敗の半分以下",
    },
    next: NEXT,
    source: SOURCE,
    severity: Severity::Low,
    stage: Stage::Spread,
    part: Part::Actor,
    techniques: &["T1046"],
    excluded: MAY_SCAN,
};

/// Many pairs of host and port.
pub(super) const VOLUME_SCAN: Definition = Definition {
    detector: "scan",
    name: "volume_scan",
    title: Words { en: "fails on very many hosts and ports", ja: "非常に多くのホストとポートで失敗している" },
    rule: Words {
        en: "distinct failed pairs of host and port within 15 minutes: 250 from inside, 25 from outside (100 and 10 with 3 in unused space), hosts \
             or ports coming back, which those of peer-to-peer programs do not; high if most first contacts fail too",
        ja: "15 分以内に失敗したホストとポートの組が内部から 250、外部から 25（未使用アドレス 3 を含めば 100 と 10）。P2P と異なりホストかポートが繰り返される。初回の接続も大半が失敗なら高",
    },
    next: NEXT,
    source: SOURCE,
    severity: Severity::Medium,
    stage: Stage::Spread,
    part: Part::Actor,
    techniques: &["T1046"],
    excluded: MAY_FAIL,
};

/// Echo requests to many hosts.
pub(super) const ICMP_SWEEP: Definition = Definition {
    detector: "scan",
    name: "icmp_sweep",
    title: Words { en: "pings many hosts", ja: "多数のホストに ping を送っている" },
    rule: Words {
        en: "echo requests to 20 hosts, or 10 within a minute; high if a quarter of them does not answer",
        ja: "20 ホスト（1 分以内なら 10）への ICMP エコー要求。4 分の 1 以上が応答しなければ高",
    },
    next: Words {
        en: "see whether the host watches others by its task; if so, give it the role of a monitor",
        ja: "監視を担うホストかを確かめ、そうなら monitors の役割を与える",
    },
    source: SOURCE,
    severity: Severity::Medium,
    stage: Stage::Spread,
    part: Part::Actor,
    techniques: &["T1018"],
    excluded: MAY_SCAN,
};

/// Packets that no program sends.
pub(super) const STEALTH_SCAN: Definition = Definition {
    detector: "scan",
    name: "stealth_scan",
    title: Words {
        en: "scans with packets that pass simple filters", ja: "簡単なフィルターを抜けるパケットでスキャンしている"
    },
    rule: Words {
        en: "lone TCP packets without flags to 5 ports or hosts, or lone FINs (with or without PSH and URG) to 10 ports of one host",
        ja: "フラグのない単独の TCP パケットが 5 か所のポートまたはホストへ、または単独の FIN（PSH・URG の有無を問わない）が一つのホストの 10 ポートへ",
    },
    next: NEXT,
    source: "DETECTIONS.md scan; nmap's FIN, NULL and Xmas scans",
    severity: Severity::High,
    stage: Stage::Spread,
    part: Part::Actor,
    techniques: &["T1046"],
    excluded: &[Role::ScannersAuthorised],
};

/// Datagrams to many ports or hosts.
pub(super) const UDP_SCAN: Definition = Definition {
    detector: "scan",
    name: "udp_scan",
    title: Words { en: "sends probes to many UDP ports or hosts", ja: "多数の UDP ポートまたはホストを探っている" },
    rule: Words {
        en: "unanswered small datagrams to 20 ports of one host (10 within a minute), those of traceroute left out, or to one port of 20 hosts; high \
             for ports of one host if source ports change or ICMP says that ports are closed, and for one port from 100 hosts",
        ja: "応答のない小さな UDP が一つのホストの 20 ポート（1 分以内なら 10、traceroute を除く）、または 20 ホストの同じポートへ。送信元ポートが変わるか ICMP 到達不能が返れば高、同じポートへは 100 ホストから高",
    },
    next: NEXT,
    source: SOURCE,
    severity: Severity::Medium,
    stage: Stage::Spread,
    part: Part::Actor,
    techniques: &["T1046"],
    excluded: &[Role::ScannersAuthorised, Role::Monitors, Role::Crawlers, Role::Resolvers],
};

/// All of them.
pub(super) static ALL: [Definition; 7] = [FAST_SCAN, ADDRESS_SCAN, PORT_SCAN, VOLUME_SCAN, ICMP_SWEEP, STEALTH_SCAN, UDP_SCAN];
