//! Tunnels through name servers (P7).
//!
//! Definition: bytes of the distinct names below one registered domain that a host asks for within an hour, from 10 kB (ibHH,
//! arXiv 2307.02614); more than 100, 500, 1000 such names. For short captures: from twenty distinct names on that are long and
//! without sense, worse where most questions are of kinds that carry data (NULL, TXT, PRIVATE, CNAME, MX, KEY), which is how
//! iodine, dns2tcp and dnscat look. A name that holds encoded data as no host name may (`=`, `*`, `+`) is told by itself.
//! Source: DETECTIONS.md `dns_tunnel`. Left out: names of services (`_tcp`), reverse look-ups and black lists, which are asked for
//! by machines as a matter of course; a domain that several hosts ask like this loses its weight: content networks and virus
//! scanners carry data so, too. Resolvers ask for others.

use crate::domain;
use crate::suffixes::Suffixes;
use bounded::Table;
use contract::seen::{Dns, Seen, What};
use contract::{Behaviour, Chosen, Definition, Detector, Finding, Known, Part, Role, Setting, Severity, Stage, Tell, Words};
use model::{Addr, Interval, Timestamp};

/// The row of the catalogue.
#[derive(Debug)]
pub struct DnsTunnel;

const NEXT: Words = Words {
    en: "find the program that asks for these names, and block the domain at the resolver",
    ja: "この名前を問い合わせるプログラムを特定し、リゾルバーでそのドメインを遮断する",
};

static DEFINITIONS: [Definition; 2] = [
    Definition {
        detector: "dns_tunnel",
        name: "dns_tunnel",
        title: Words { en: "carries data out through name servers", ja: "DNS を通してデータを運び出している" },
        rule: Words {
            en: "distinct names below one registered domain within an hour: 10 kB of them, or more than 100 (500 high, 1000 critical), or 20 that are long \
                 and without sense, high if most questions are of kinds that carry data (NULL TXT PRIVATE CNAME MX KEY)",
            ja: "1 時間以内に同じ登録ドメインの下で問い合わせた異なる名前が合計 10 kB 以上、または 100 件超 (500 で高、1000 で重大)、または長く無意味なものが 20 件以上。\
                 データを運べる種別 (NULL TXT PRIVATE CNAME MX KEY) が多ければ高",
        },
        next: NEXT,
        source: "DETECTIONS.md dns_tunnel; arXiv 2307.02614",
        severity: Severity::Medium,
        stage: Stage::CalledHome,
        part: Part::Actor,
        techniques: &["T1071.004", "T1572", "T1048"],
        excluded: &[Role::Resolvers, Role::MailServers],
    },
    Definition {
        detector: "dns_tunnel",
        name: "dns_encoded_name",
        title: Words {
            en: "asked for a name that carries encoded data", ja: "符号化されたデータを含む名前を問い合わせた"
        },
        rule: Words {
            en: "a question for a name with a label of 30 bytes or more in an encoding whose signs (= * + /) no host name may have",
            ja: "ホスト名に使えない記号 (= * + /) を含む符号化された 30 バイト以上のラベルを持つ名前の問い合わせ",
        },
        next: NEXT,
        source: "DETECTIONS.md dns_tunnel",
        severity: Severity::Medium,
        stage: Stage::Acted,
        part: Part::Actor,
        techniques: &["T1048", "T1071.004"],
        excluded: &[Role::Resolvers],
    },
];

const SETTINGS: &[Setting] = &[
    Setting { name: "bytes_per_hour", default: 10_000.0, doc: "Bytes of distinct names below one domain within an hour." },
    Setting { name: "names_min", default: 100.0, doc: "Distinct names within an hour; five times as many are high, ten times critical." },
    Setting { name: "senseless_min", default: 20.0, doc: "Distinct names that are long and without sense." },
    Setting { name: "name_bytes_min", default: 24.0, doc: "Mean length from which names are long, in bytes." },
    Setting { name: "hosts_of_all", default: 4.0, doc: "A domain that so many hosts ask like this is a service." },
];

/// Pairs of host and domain that are counted: only names of some length below the domain make one.
const PAIRS_MAX: usize = 16_384;
/// Domains whose askers are counted.
const DOMAINS_MAX: usize = 8_192;
/// Names shorter than this below the domain are no data: `www`, `mail`, `ns1`.
const BELOW_BYTES_MIN: usize = 8;
/// Parts of the sliding hour.
const PARTS: usize = 6;
const PART: Interval = Interval::from_secs(600);
/// Bits of the sketch by which distinct names are counted: good to a few per cent up to some 4,000 names.
const SKETCH_WORDS: usize = 16;
/// Services whose names carry data by design: black lists, reputations, telemetry of virus scanners.
const SERVICES: &[&[u8]] = &[
    b"mcafee.com",
    b"sophosxl.net",
    b"e5.sk",
    b"spamhaus.org",
    b"spamcop.net",
    b"surbl.org",
    b"uribl.com",
    b"sorbs.net",
    b"barracudacentral.org",
    b"abuseat.org",
    b"senderbase.org",
    b"trendmicro.com",
    b"avast.com",
    b"avcdn.net",
    b"kaspersky-labs.com",
    b"cymru.com",
    b"dnsbl.info",
    b"webcfs00.com",
    b"akamaihd.net",
    b"akadns.net",
    b"cloudfront.net",
    b"googlevideo.com",
    b"amazonaws.com",
    b"safebrowsing.com",
    b"apple-dns.net",
    b"arpa",
    b"local",
    b"lan",
    b"home",
    b"internal",
    b"localdomain",
    b"in-addr.arpa",
    b"ip6.arpa",
];

impl Behaviour for DnsTunnel {
    fn name(&self) -> &'static str {
        "dns_tunnel"
    }
    fn definitions(&self) -> &'static [Definition] {
        &DEFINITIONS
    }
    fn settings(&self) -> &'static [Setting] {
        SETTINGS
    }
    fn wants(&self) -> &'static [What] {
        &[What::Dns]
    }
    fn held_bytes_max(&self) -> usize {
        Table::<(Addr, u64), Pair>::held_bytes_max(PAIRS_MAX) + Table::<u64, [u32; 4]>::held_bytes_max(DOMAINS_MAX)
    }
    fn open(&self, settings: &Chosen) -> Box<dyn Detector> {
        Box::new(Watch {
            limits: Limits {
                bytes: settings.get(SETTINGS, "bytes_per_hour"),
                names: settings.get(SETTINGS, "names_min"),
                senseless: settings.get(SETTINGS, "senseless_min"),
                name_bytes: settings.get(SETTINGS, "name_bytes_min"),
                hosts: settings.count(SETTINGS, "hosts_of_all").clamp(1, 4) as usize,
            },
            pairs: Table::new(PAIRS_MAX),
            askers: Table::new(DOMAINS_MAX),
        })
    }
}

#[derive(Debug)]
struct Limits {
    bytes: f64,
    names: f64,
    senseless: f64,
    name_bytes: f64,
    hosts: usize,
}

/// What a host asks below a domain.
#[derive(Debug)]
struct Pair {
    first: Timestamp,
    queries: u64,
    /// Bytes of new names, by part of the hour; the part's number beside it.
    bytes: [(i64, u32); PARTS],
    names: [(i64, u32); PARTS],
    /// Which names were seen, by hash.
    sketch: [u64; SKETCH_WORDS],
    /// New names, by what they are: all, of some length, without sense, of kinds that carry data, of kinds that carry nothing
    /// else.
    distinct: u32,
    long_bytes: u32,
    senseless: u32,
    carrying: u32,
    raw: u32,
    /// The level that was told.
    told: u8,
}

struct Watch {
    limits: Limits,
    pairs: Table<(Addr, u64), Pair>,
    askers: Table<u64, [u32; 4]>,
}

impl Detector for Watch {
    fn on(&mut self, seen: &Seen<'_>, known: &dyn Known, out: &mut dyn Tell) {
        let Seen::Dns(dns) = seen else { return };
        let (Some((host, _)), Some((server, port))) = (dns.orig(), dns.resp()) else { return };
        if port != 53 || dns.query().len() < BELOW_BYTES_MIN || matches!(dns.qtype_name(), b"NIMLOC" | b"NBSTAT" | b"PTR" | b"SRV") {
            return;
        }
        let (registered, below) = parts(dns.query());
        if below.len() < BELOW_BYTES_MIN || is_of_service(dns.query(), registered, below) {
            return;
        }
        if has_encoding(below) {
            self.encoded(dns, host, registered, server, known, out);
        }
        let domain = crate::hash(registered);
        let at = dns.ts();
        let pair = self.pairs.entry((host, domain), || Pair::new(at));
        if !pair.add(dns, below) {
            return;
        }
        // Resolvers ask what others asked them.
        let counts = pair.senseless >= 1 && known.role(host, Role::Resolvers).is_none();
        let askers = if counts { self.ask(domain, host) } else { 1 };
        self.judge(dns, host, registered, server, askers, known.is_inside(host), out);
    }

    fn held_bytes(&self) -> usize {
        self.pairs.held_bytes() + self.askers.held_bytes()
    }

    fn dropped(&self) -> u64 {
        self.pairs.dropped() + self.askers.dropped()
    }
}

impl Watch {
    /// How many hosts have asked a domain in masses, up to four.
    fn ask(&mut self, domain: u64, host: Addr) -> usize {
        let hosts = self.askers.entry(domain, || [0; 4]);
        let host = (crate::hash(host.as_slice()) as u32).max(1);
        if let Some(place) = hosts.iter_mut().find(|place| **place == 0 || **place == host) {
            *place = host;
        }
        hosts.iter().filter(|place| **place != 0).count()
    }

    fn encoded(&self, dns: &Dns<'_>, host: Addr, registered: &[u8], server: Addr, known: &dyn Known, out: &mut dyn Tell) {
        let severity = if known.is_inside(host) { Severity::Medium } else { Severity::Low };
        let finding = Finding::new(&DEFINITIONS[1], host, dns.ts(), 80).severity(severity).about(registered).peer(server);
        out.finding(finding.quote(dns.query()).proof(dns.uid()).note("name", dns.query().len() as f64, "bytes"));
    }

    #[expect(clippy::too_many_arguments, reason = "what is known of one question")]
    fn judge(&mut self, dns: &Dns<'_>, host: Addr, registered: &[u8], server: Addr, askers: usize, inside: bool, out: &mut dyn Tell) {
        let limits = &self.limits;
        let Some(pair) = self.pairs.get_mut(&(host, crate::hash(registered))) else { return };
        let (bytes, names) = (f64::from(pair.in_hour(&pair.bytes, dns.ts())), f64::from(pair.in_hour(&pair.names, dns.ts())));
        let (distinct, senseless) = (f64::from(pair.distinct), f64::from(pair.senseless));
        let mean = f64::from(pair.long_bytes) / distinct.max(1.0);
        let mostly_senseless = senseless >= limits.senseless && 2.0 * senseless >= distinct;
        let (carrying, raw) = (2 * pair.carrying >= pair.distinct, 2 * pair.raw >= pair.distinct);
        // A tunnel carries something within the hour; a virus scanner looks a file up now and then, all day long.
        let short = mostly_senseless && names >= limits.senseless && (carrying || mean >= limits.name_bytes);
        let level = match () {
            () if names >= 10.0 * limits.names && mostly_senseless => 4,
            () if short && (carrying || bytes >= limits.bytes || names >= 5.0 * limits.names) => 3,
            () if short || bytes >= limits.bytes || (names >= 5.0 * limits.names && mostly_senseless) => 2,
            () if names >= limits.names => 1,
            () => 0,
        };
        // Many hosts that ask the same domain so use a service, unless the kinds of questions say otherwise.
        let level = if askers >= limits.hosts && !raw { 0 } else { level };
        if level <= pair.told {
            if level > 0 {
                out.again(&DEFINITIONS[0], host, registered, dns.ts(), dns.uid());
            }
            return;
        }
        pair.told = level;
        let (severity, confidence) = match level {
            _ if !inside => (if level >= 3 { Severity::Medium } else { Severity::Low }, 60),
            4 => (Severity::Critical, 92),
            3 => (Severity::High, 93),
            2 => (Severity::Medium, 75),
            _ => (Severity::Low, 60),
        };
        let finding = Finding::new(&DEFINITIONS[0], host, dns.ts(), confidence).severity(severity).since(pair.first).about(registered);
        let finding = finding.times(pair.queries).peer(server).quote(dns.query()).proof(dns.uid());
        let finding = finding.measure("bytes_per_hour", bytes, limits.bytes, "bytes").measure("names_per_hour", names, limits.names, "");
        let finding = finding.measure("senseless", senseless, limits.senseless, "");
        out.finding(finding.note("name_mean", mean.round(), "bytes").note("data_kinds", f64::from(pair.carrying), ""));
    }
}

impl Pair {
    const fn new(first: Timestamp) -> Self {
        Self {
            first,
            queries: 0,
            bytes: [(i64::MIN, 0); PARTS],
            names: [(i64::MIN, 0); PARTS],
            sketch: [0; SKETCH_WORDS],
            distinct: 0,
            long_bytes: 0,
            senseless: 0,
            carrying: 0,
            raw: 0,
            told: 0,
        }
    }

    /// Takes in a question. Whether its name is a new one.
    fn add(&mut self, dns: &Dns<'_>, below: &[u8]) -> bool {
        self.queries += 1;
        let part = dns.ts().nanos().div_euclid(PART.nanos());
        let bit = crate::hash(below);
        let (word, bit) = ((bit >> 6) as usize % SKETCH_WORDS, 1_u64 << (bit & 63));
        let full = self.sketch.iter().map(|word| word.count_ones()).sum::<u32>() as usize > SKETCH_WORDS * 48;
        if full {
            // A sketch that says "seen" to everything would hide the rest of the tunnel.
            self.sketch = [0; SKETCH_WORDS];
        }
        let Some(seen) = self.sketch.get_mut(word) else { return false };
        if *seen & bit != 0 {
            return false;
        }
        *seen |= bit;
        let place = part.rem_euclid(PARTS as i64) as usize;
        for (ring, more) in [(&mut self.bytes, below.len() as u32), (&mut self.names, 1)] {
            if let Some((number, sum)) = ring.get_mut(place) {
                if *number != part {
                    (*number, *sum) = (part, 0);
                }
                *sum = sum.saturating_add(more);
            }
        }
        self.distinct = self.distinct.saturating_add(1);
        self.long_bytes = self.long_bytes.saturating_add(below.len() as u32);
        self.senseless += u32::from(is_senseless(below));
        self.carrying += u32::from(carries(dns.qtype_name()));
        self.raw += u32::from(matches!(dns.qtype_name(), b"NULL" | b"PRIVATE"));
        true
    }

    fn in_hour(&self, ring: &[(i64, u32); PARTS], at: Timestamp) -> u32 {
        let part = at.nanos().div_euclid(PART.nanos());
        ring.iter().filter(|(number, _)| (part - PARTS as i64..=part).contains(number)).map(|(_, sum)| *sum).sum()
    }
}

/// The registered domain and what is below it. Where a name does not end as names of the internet do, all of it is data.
fn parts(name: &[u8]) -> (&[u8], &[u8]) {
    let top = name.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    let plausible = (2..=18).contains(&top.len()) && !top.iter().any(u8::is_ascii_digit);
    if !plausible {
        return (b"(no domain)", name);
    }
    let registered = domain::registered(name);
    (registered, domain::below(name, registered))
}

/// Kinds of questions whose answers carry data, and which programs of every day hardly ask for in masses.
fn carries(qtype: &[u8]) -> bool {
    matches!(qtype, b"NULL" | b"TXT" | b"PRIVATE" | b"CNAME" | b"MX" | b"KEY" | b"SIG" | b"X25" | b"*") || qtype.starts_with(b"query-")
}

/// The endings of all their names.
static ENDINGS: Suffixes = Suffixes::of(&[SERVICES]);

/// Names of services, black lists and reverse look-ups.
fn is_of_service(name: &[u8], registered: &[u8], below: &[u8]) -> bool {
    let reversed = below.split(|byte| *byte == b'.').filter(|label| !label.is_empty() && label.iter().all(u8::is_ascii_digit)).count() >= 4;
    below.starts_with(b"_")
        || below.windows(2).any(|pair| pair == b"._")
        || reversed
        || ENDINGS.may_end(name)
            && SERVICES.iter().any(|service| registered.eq_ignore_ascii_case(service) || domain::is_under(name, service))
}

/// A label in an encoding that no host name may have.
fn has_encoding(below: &[u8]) -> bool {
    below.split(|byte| *byte == b'.').any(|label| {
        let signs = label.iter().any(|byte| matches!(byte, b'=' | b'*' | b'+' | b'/'));
        label.len() >= 30
            && signs
            && label.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'=' | b'*' | b'+' | b'/' | b'-' | b'_'))
    })
}

/// Whether what is below the domain is no word: hexadecimal, base32, or bytes that are no text at all.
fn is_senseless(below: &[u8]) -> bool {
    let longest = below.split(|byte| *byte == b'.').max_by_key(|label| label.len()).unwrap_or_default();
    let plain: Vec<u8> = longest.iter().copied().filter(|byte| *byte != b'-').collect();
    let hex = plain.len() >= 12 && plain.iter().all(u8::is_ascii_hexdigit) && plain.iter().any(u8::is_ascii_digit);
    let bytes = longest.iter().filter(|byte| !byte.is_ascii_graphic()).count();
    let dense = plain.len() >= 20 && domain::entropy(plain.iter().copied()) > 3.2 && domain::improbable(&plain) > 0.25;
    hex || 8 * bytes > longest.len() || dense || (plain.len() >= 8 && domain::improbable(&plain) > 0.4)
}
