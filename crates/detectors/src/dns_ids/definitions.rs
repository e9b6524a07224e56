//! The definitions, as a table.

use crate::domain;
use crate::suffixes::Suffixes;
use contract::{Definition, Part, Role, Severity, Stage, Words};

pub(super) const ZONE_TRANSFER: usize = 0;
pub(super) const OUTSIDE_RESOLVER: usize = 1;
pub(super) const DYNAMIC: usize = 2;
pub(super) const DGA: usize = 3;
pub(super) const FAST_FLUX: usize = 4;
pub(super) const EXHAUSTION: usize = 5;
pub(super) const OWN_ADDRESS: usize = 6;

const SOURCE: &str = "DETECTIONS.md dns_ids; S1";

pub(super) static DEFINITIONS: [Definition; 7] = [
    Definition {
        detector: "dns_ids",
        name: "zone_transfer",
        title: Words { en: "asks for a whole zone", ja: "ゾーン転送を要求した" },
        rule: Words {
            en: "an AXFR or IXFR question by a host that is no secondary name server; medium if it was granted",
            ja: "セカンダリーでないホストによる AXFR または IXFR の要求。許可されたときは中",
        },
        next: Words { en: "let only secondaries transfer the zone", ja: "ゾーン転送をセカンダリーだけに許可する" },
        source: SOURCE,
        severity: Severity::Medium,
        stage: Stage::Spread,
        part: Part::Actor,
        techniques: &["T1590.002", "T1018"],
        excluded: &[Role::Secondaries, Role::Resolvers, Role::ScannersAuthorised],
    },
    Definition {
        detector: "dns_ids",
        name: "outside_resolver",
        title: Words { en: "asks a resolver outside directly", ja: "外部のリゾルバーへ直接問い合わせている" },
        rule: Words {
            en: "questions to a name server outside from a host that has one inside, or where settings name the resolvers",
            ja: "内部にリゾルバーがあるホスト、またはリゾルバーが設定されている網からの、外部ネームサーバーへの直接の問い合わせ",
        },
        next: Words { en: "allow port 53 to the resolvers only", ja: "53 番ポートへの通信をリゾルバーだけに許可する" },
        source: SOURCE,
        severity: Severity::Low,
        stage: Stage::Habit,
        part: Part::Actor,
        techniques: &["T1071.004"],
        excluded: &[Role::Resolvers, Role::MailServers],
    },
    Definition {
        detector: "dns_ids",
        name: "dynamic_name",
        title: Words { en: "asks for a dynamic name", ja: "ダイナミック DNS の名前を問い合わせた" },
        rule: Words {
            en: "a name given by a service of dynamic names; medium when its address changes more than 3 times a day",
            ja: "ダイナミック DNS サービスの名前。アドレスが 1 日に 3 回を超えて変わるときは中",
        },
        next: Words {
            en: "see what the host does at the address behind the name", ja: "その名前の指すアドレスとの通信内容を確かめる"
        },
        source: SOURCE,
        severity: Severity::Low,
        stage: Stage::CalledHome,
        part: Part::Actor,
        techniques: &["T1568"],
        excluded: &[Role::Resolvers],
    },
    Definition {
        detector: "dns_ids",
        name: "dga",
        title: Words { en: "asks for names that dice made", ja: "機械的に生成された名前を次々に問い合わせている" },
        rule: Words {
            en: "10 distinct registered domains within an hour that do not exist and whose letters hardly follow each other in words; 30 are high",
            ja: "1 時間以内に、存在せず文字の並びが単語らしくない登録ドメインを 10 種類以上問い合わせた。30 種類以上は高",
        },
        next: Words {
            en: "look for the program that asks, and for the one name that did exist",
            ja: "問い合わせているプログラムと、実在した名前を探す",
        },
        source: SOURCE,
        severity: Severity::Medium,
        stage: Stage::CalledHome,
        part: Part::Actor,
        techniques: &["T1568.002"],
        excluded: &[Role::Resolvers, Role::MailServers, Role::Crawlers],
    },
    Definition {
        detector: "dns_ids",
        name: "fast_flux",
        title: Words { en: "asks for a name in fast flux", ja: "Fast Flux の名前を問い合わせた" },
        rule: Words {
            en: "1.32 x addresses + 18.54 x networks > 142.38 for one name within 24 h, at lives of at most 1800 s",
            ja: "TTL 1800 秒以下の名前で、24 時間以内に 1.32 × アドレス数 + 18.54 × AS 数 > 142.38",
        },
        next: Words {
            en: "block the name at the resolver; addresses won't hold",
            ja: "リゾルバーで名前を遮断する（アドレスの遮断では追いつかない）",
        },
        source: "DETECTIONS.md dns_ids; Holz et al., Measuring and Detecting Fast-Flux Service Networks, 2008",
        severity: Severity::Low,
        stage: Stage::CalledHome,
        part: Part::Actor,
        techniques: &["T1568.001"],
        excluded: &[Role::Resolvers],
    },
    Definition {
        detector: "dns_ids",
        name: "dns_exhaustion",
        title: Words { en: "floods a domain with invented names", ja: "存在しない名前を大量に問い合わせている" },
        rule: Words {
            en: "100 distinct names below one domain within a minute that do not exist or get no answer",
            ja: "同じドメインの下で、存在しないか応答のない異なる名前を 1 分以内に 100 種類以上",
        },
        next: Words {
            en: "limit the host's questions; tell the domain's owner",
            ja: "そのホストの問い合わせを制限し、ドメインの管理者に知らせる",
        },
        source: SOURCE,
        severity: Severity::Medium,
        stage: Stage::Acted,
        part: Part::Actor,
        techniques: &["T1499.002", "T1590.002"],
        excluded: &[Role::Resolvers, Role::MailServers, Role::ScannersAuthorised],
    },
    Definition {
        detector: "dns_ids",
        name: "own_address",
        title: Words { en: "asks what its own public address is", ja: "自分のグローバルアドレスを調べている" },
        rule: Words {
            en: "a question for the name of a service that tells a visitor his address; malware asks before it calls home",
            ja: "訪問者のアドレスを知らせるサービスの名前の問い合わせ（マルウェアは通信の前に調べることが多い）",
        },
        next: Words { en: "see what the host did in the minutes after", ja: "その後数分間の通信を確かめる" },
        source: "DETECTIONS.md dns_ids; ATT&CK T1016",
        severity: Severity::Low,
        stage: Stage::CalledHome,
        part: Part::Actor,
        techniques: &["T1016"],
        excluded: &[Role::Resolvers, Role::Monitors],
    },
];

/// Services that tell a visitor his address.
const OWN_ADDRESS_NAMES: &[&[u8]] = &[
    b"ipify.org",
    b"myexternalip.com",
    b"checkip.dyndns.org",
    b"checkip.dyndns.com",
    b"checkip.amazonaws.com",
    b"icanhazip.com",
    b"ifconfig.me",
    b"ipecho.net",
    b"ip-api.com",
    b"ipinfo.io",
    b"ident.me",
    b"wtfismyip.com",
    b"whatismyip.com",
    b"whatismyipaddress.com",
    b"ip-addr.es",
    b"myip.dnsomatic.com",
    b"ipaddress.com",
    b"showmyipaddress.com",
    b"myip.opendns.com",
    b"freegeoip.net",
    b"freegeoip.app",
    b"geoplugin.net",
    b"ipwho.is",
    b"iplogger.org",
    b"ifconfig.co",
    b"ip.anysrc.net",
    b"curlmyip.com",
    b"whoer.net",
    b"2ip.ru",
    b"myip.ru",
    b"ip4.seeip.org",
    b"seeip.org",
    b"ip.sb",
    b"reallyfreegeoip.org",
    b"ipgeolocation.io",
    b"extreme-ip-lookup.com",
    b"db-ip.com",
    b"ipapi.co",
];

/// Whether a name is that of a service that tells a visitor his address.
pub(super) fn tells_own_address(name: &[u8]) -> bool {
    static ENDINGS: Suffixes = Suffixes::of(&[OWN_ADDRESS_NAMES]);
    ENDINGS.may_end(name) && OWN_ADDRESS_NAMES.iter().any(|service| name.eq_ignore_ascii_case(service) || domain::is_under(name, service))
}
