//! What makes a regular call bad: signs that add up, and what is ordinary.
//!
//! HTTP: POST 2 (1 where it is among GETs), sizes constant 1, the server is asked for by its address 2, no page led to it 1, a
//! script is asked 1, times exact 1, the answer is an error again and again 1, the user agent is none of a browser of today 1. TCP: no name
//! for the address 2, a port that is no usual one 2, sizes constant 1, eight times and more at exact times 1. A destination that several inside
//! hosts use loses 2 and one that many use, names of vendors, updates, checks of certificates and of the net become info. High
//! is 5 signs. A client outside is somebody else's: low at most.

use super::regular::Regularity;
use super::series::Series;
use contract::seen::Http;
use contract::{Reach, Severity};
use model::Addr;

/// How bad, how sure, by how many signs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Verdict {
    pub(super) severity: Severity,
    pub(super) confidence: u8,
    pub(super) signs: u32,
}

/// From so many signs on it is high.
const HIGH: u32 = 5;
/// From so many signs on it is medium.
const MEDIUM: u32 = 3;
/// Sizes that score this are constant.
const CONSTANT: f64 = 0.9;
/// Times that score this are a clock's.
const EXACT: f64 = 0.95;

/// Names under which systems and browsers fetch their updates and check the net.
const VENDORS: &[&str] = &[
    "microsoft.com",
    "windowsupdate.com",
    "windows.com",
    "live.com",
    "office.com",
    "office365.com",
    "msftncsi.com",
    "msftconnecttest.com",
    "skype.com",
    "microsoftonline.com",
    "apple.com",
    "icloud.com",
    "google.com",
    "googleapis.com",
    "gstatic.com",
    "gvt1.com",
    "mozilla.org",
    "mozilla.com",
    "mozilla.net",
    "firefox.com",
    "ubuntu.com",
    "debian.org",
    "canonical.com",
    "redhat.com",
    "fedoraproject.org",
    "opensuse.org",
    "archlinux.org",
    "android.com",
    "adobe.com",
    "symantec.com",
    "digicert.com",
    "letsencrypt.org",
    "lencr.org",
    "verisign.com",
    "globalsign.com",
    "kaspersky.com",
    "avast.com",
    "eset.com",
    "mcafee.com",
    "trendmicro.com",
    "akamai.net",
    "akamaized.net",
    "amazontrust.com",
    "facebook.com",
    "whatsapp.net",
    "slack.com",
    "zoom.us",
    "dropbox.com",
    "spotify.com",
    "discord.com",
    "discordapp.com",
    "cloudflare.com",
    "yahoo.com",
    "bing.com",
    "msn.com",
    "netflix.com",
];
/// Parts of the paths of updates and of checks.
const UPDATE_PATHS: &[&str] = &[
    "/msdownload/",
    "/update",
    "/ocsp",
    "/crl",
    "/pki/",
    "/generate_204",
    "/ncsi.txt",
    "/connecttest.txt",
    "/success.txt",
    "/hotspot-detect.html",
    "/dists/",
    "/debian",
    "/ubuntu",
    "/repodata/",
    "/InRelease",
    "/canonical.html",
    "/check_network_status",
    "/kindle-wifi",
];
/// Ports where something is usually served to whoever asks.
const USUAL_PORTS: &[u16] = &[
    20, 21, 22, 23, 25, 53, 80, 88, 102, 110, 111, 119, 123, 135, 139, 143, 179, 194, 389, 443, 445, 465, 502, 515, 554, 563, 587, 631,
    636, 853, 989, 990, 993, 995, 1080, 1194, 1433, 1521, 1701, 1723, 1863, 1883, 1935, 2049, 2195, 2196, 2222, 2404, 3000, 3074, 3128,
    3268, 3306, 3389, 3478, 3724, 4070, 4244, 4443, 4500, 4840, 5000, 5001, 5060, 5061, 5190, 5222, 5223, 5228, 5242, 5269, 5432, 5555,
    5671, 5672, 5900, 5901, 5938, 6379, 6443, 6568, 6660, 6661, 6662, 6663, 6664, 6665, 6666, 6667, 6668, 6669, 6690, 6697, 6881, 7000,
    7070, 7547, 7680, 8000, 8008, 8080, 8081, 8086, 8090, 8123, 8181, 8443, 8530, 8834, 8883, 8888, 9000, 9001, 9002, 9030, 9050, 9051,
    9090, 9100, 9200, 9443, 10443, 20000, 25565, 27015, 27017, 44818, 50318, 59234,
];

/// Whether a port is one where something is usually served.
pub(super) fn is_usual(port: u16) -> bool {
    USUAL_PORTS.contains(&port)
}

/// Judges a series of requests.
pub(super) fn http(series: &Series, http: &Http<'_>, regularity: &Regularity, reach: Reach, prevalence: u32, inside: bool) -> Verdict {
    let (web, bare) = (&series.web, is_bare(http.host()));
    let host = name_of(http.host());
    let path = http.uri().split(|byte| *byte == b'?').next().unwrap_or_default();
    if is_vendor(host) || is_check(host, path) || is_everybodys(reach, prevalence) {
        return Verdict { severity: Severity::Info, confidence: 60, signs: 0 };
    }
    let post = match (web.posts, web.requests) {
        (0, _) => 0,
        (posts, all) if 2 * posts >= all => 2,
        _ => 1,
    };
    let of = |sign: bool, points: u32| if sign { points } else { 0 };
    let agent = web.agent();
    let signs = post
        + of(regularity.size >= CONSTANT && (post > 0 || bare), 1)
        + of(bare, 2)
        + of(web.referred == 0, 1)
        + of(regularity.time >= EXACT, 1)
        + of(2 * web.scripts >= web.requests, 1)
        + of(2 * web.failed >= web.requests && web.posts > 0, 1)
        + of(!agent.starts_with(b"Mozilla/5.0") || agent.len() < 20, 1);
    let signs = signs.saturating_sub(shared(reach));
    let pretends = agent.starts_with(b"Mozilla/") || web.agent().is_empty();
    let private = series.server().is_private();
    // Inside, devices and agents talk by address and by POST: there it takes a program that says that it is a browser.
    let capped = !inside || (private && !(bare && pretends && post > 0));
    verdict(signs, regularity, series.count(), capped)
}

/// Judges a series of connections that were answered.
pub(super) fn tcp(
    series: &Series,
    name: Option<&[u8]>,
    service: &[u8],
    regularity: &Regularity,
    reach: Reach,
    prevalence: u32,
    inside: bool,
) -> Verdict {
    let of = |sign: bool, points: u32| if sign { points } else { 0 };
    if name.is_some_and(is_vendor) || is_everybodys(reach, prevalence) {
        return Verdict { severity: Severity::Info, confidence: 50, signs: 0 };
    }
    let odd = !USUAL_PORTS.contains(&series.port());
    let signs = of(name.is_none(), 2)
        + of(odd, 2)
        + of(regularity.size >= CONSTANT, 1)
        + of(series.count() >= 8 && regularity.time >= EXACT, 1)
        + of(odd && service == b"ssl", 1);
    verdict(signs.saturating_sub(shared(reach)), regularity, series.count(), !inside)
}

/// Judges a series of connections that nobody answered.
pub(super) fn dead(series: &Series, reach: Reach, prevalence: u32, inside: bool) -> Verdict {
    let odd = !USUAL_PORTS.contains(&series.port());
    if !inside || is_everybodys(reach, prevalence) {
        return Verdict { severity: Severity::Info, confidence: 40, signs: 0 };
    }
    let many = series.count() >= 10;
    let severity = if odd || many { Severity::Medium } else { Severity::Low };
    let confidence = 50 + if odd { 15 } else { 0 } + if many { 15 } else { 0 };
    Verdict { severity, confidence, signs: u32::from(odd) + u32::from(many) }
}

fn verdict(signs: u32, regularity: &Regularity, count: u64, capped: bool) -> Verdict {
    let severity = match signs {
        _ if capped && signs >= MEDIUM => Severity::Low,
        HIGH.. if regularity.times >= 6 => Severity::High,
        MEDIUM.. if regularity.times >= 5 => Severity::Medium,
        2.. => Severity::Low,
        _ => Severity::Info,
    };
    let sure = 40.0 + 40.0 * regularity.score() + 3.0 * f64::from(signs.min(8)) + if count >= 10 { 5.0 } else { 0.0 };
    let confidence = match severity {
        Severity::High => sure.clamp(88.0, 97.0),
        _ => sure.min(75.0),
    };
    Verdict { severity, confidence: confidence as u8, signs }
}

/// What several inside hosts use is less likely an intruder's.
const fn shared(reach: Reach) -> u32 {
    if reach.hosts >= 3 { 2 } else { 0 }
}

const fn is_everybodys(reach: Reach, prevalence: u32) -> bool {
    reach.hosts >= prevalence && reach.hosts * 4 >= reach.of
}

/// Whether a `Host` is an address.
pub(super) fn is_bare(host: &[u8]) -> bool {
    !name_of(host).iter().any(u8::is_ascii_alphabetic) || host.starts_with(b"[")
}

fn name_of(host: &[u8]) -> &[u8] {
    host.split(|byte| *byte == b':').next().unwrap_or_default()
}

fn is_vendor(name: &[u8]) -> bool {
    VENDORS.iter().any(|vendor| {
        let start = name.len().checked_sub(vendor.len());
        start.is_some_and(|start| {
            name[start..].eq_ignore_ascii_case(vendor.as_bytes()) && (start == 0 || name.get(start - 1) == Some(&b'.'))
        })
    })
}

fn is_check(host: &[u8], path: &[u8]) -> bool {
    let first = host.split(|byte| *byte == b'.').next().unwrap_or_default().to_ascii_lowercase();
    let of_certificates = first.starts_with(b"ocsp") || first.starts_with(b"crl") || first.starts_with(b"ntp");
    of_certificates || UPDATE_PATHS.iter().any(|part| path.windows(part.len()).any(|window| window == part.as_bytes()))
}

/// Whether two hosts are in one network: what they say to each other is their own business here.
pub(super) fn is_neighbour(one: Addr, other: Addr) -> bool {
    let (a, b) = (one.octets(), other.octets());
    let prefix = if one.is_v4() { 15 } else { 8 };
    one.is_v4() == other.is_v4() && a[..prefix] == b[..prefix]
}
