//! Names of domains: which part of a name somebody has registered, and how likely a word it is.
//!
//! The public suffix list would be exact, and 150 kB of somebody's changing data. What detectors need is that names of one
//! owner fall together: a second level under a country that is kept for organisations (`co.uk`, `ne.jp`), and the services under
//! which anybody gets a name, are enough of it. A suffix that is not known here puts its customers together; it never splits
//! one owner's names.

use crate::suffixes::Suffixes;

/// Second levels that countries keep for kinds of organisations.
const SECOND_LEVELS: &[&[u8]] = &[
    b"ac", b"ad", b"asn", b"biz", b"co", b"com", b"ed", b"edu", b"gen", b"go", b"gob", b"gov", b"gr", b"id", b"in", b"info", b"jus",
    b"k12", b"lg", b"ltd", b"me", b"mil", b"mod", b"ne", b"net", b"nhs", b"nic", b"nom", b"or", b"org", b"plc", b"pro", b"sch", b"web",
];
/// Services of dynamic names: whoever asks gets one, whose address changes with the owner's.
const DYNAMIC: &[&[u8]] = &[
    b"duckdns.org",
    b"ddns.net",
    b"no-ip.org",
    b"no-ip.biz",
    b"no-ip.info",
    b"no-ip.com",
    b"hopto.org",
    b"zapto.org",
    b"sytes.net",
    b"myftp.org",
    b"myftp.biz",
    b"myvnc.com",
    b"redirectme.net",
    b"servebeer.com",
    b"serveblog.net",
    b"servecounterstrike.com",
    b"serveftp.com",
    b"servegame.com",
    b"servehalflife.com",
    b"servehttp.com",
    b"serveminecraft.net",
    b"servemp3.com",
    b"servepics.com",
    b"servequake.com",
    b"bounceme.net",
    b"freedynamicdns.net",
    b"freedynamicdns.org",
    b"gotdns.ch",
    b"onthewifi.com",
    b"webhop.me",
    b"viewdns.net",
    b"ddnsking.com",
    b"3utilities.com",
    b"dyndns.org",
    b"dyndns.biz",
    b"dyndns.info",
    b"dyndns.tv",
    b"dynalias.com",
    b"dynalias.net",
    b"dynalias.org",
    b"homeip.net",
    b"homelinux.net",
    b"homelinux.org",
    b"homeunix.com",
    b"homeunix.org",
    b"mine.nu",
    b"ath.cx",
    b"shacknet.nu",
    b"dnsalias.com",
    b"dnsalias.net",
    b"dnsalias.org",
    b"selfip.com",
    b"selfip.net",
    b"selfip.org",
    b"gotdns.com",
    b"gotdns.org",
    b"kicks-ass.net",
    b"kicks-ass.org",
    b"is-a-geek.com",
    b"getmyip.com",
    b"blogdns.com",
    b"blogdns.org",
    b"ydns.eu",
    b"dynu.net",
    b"dynu.com",
    b"accesscam.org",
    b"camdvr.org",
    b"casacam.net",
    b"ddnsfree.com",
    b"ddnsgeek.com",
    b"freeddns.org",
    b"giize.com",
    b"gleeze.com",
    b"kozow.com",
    b"loseyourip.com",
    b"mywire.org",
    b"ooguy.com",
    b"theworkpc.com",
    b"webredirect.org",
    b"afraid.org",
    b"mooo.com",
    b"chickenkiller.com",
    b"crabdance.com",
    b"ignorelist.com",
    b"jumpingcrab.com",
    b"strangled.net",
    b"twilightparadox.com",
    b"us.to",
    b"3322.org",
    b"8800.org",
    b"8866.org",
    b"2288.org",
    b"6600.org",
    b"7766.org",
    b"9966.org",
    b"f3322.net",
    b"f3322.org",
    b"changeip.com",
    b"changeip.org",
    b"dnset.com",
    b"dns-dns.com",
    b"dns04.com",
    b"ddns.info",
    b"ddns.mobi",
    b"ddns.us",
    b"ns01.us",
    b"ns02.us",
    b"dnsdynamic.org",
    b"dnsdynamic.net",
    b"dtdns.net",
    b"linkpc.net",
    b"publicvm.com",
    b"line.pm",
    b"zyns.com",
    b"sexidude.com",
    b"ygto.com",
    b"x64.me",
    b"mrbasic.com",
    b"myddns.rocks",
    b"mynetav.org",
    b"my03.com",
    b"itsaol.com",
    b"ddns.me",
    b"ddns.name",
    b"dyn.home-webserver.de",
    b"spdns.de",
    b"spdns.org",
    b"goip.de",
    b"myqnapcloud.com",
    b"synology.me",
    b"portmap.io",
    b"portmap.host",
    b"localto.net",
    b"localtonet.com",
    b"ply.gg",
    b"ngrok.io",
    b"serveo.net",
];
/// Services where each customer has a name of its own and shares nothing with the others.
const HOSTERS: &[&[u8]] = &[
    b"amazonaws.com",
    b"cloudfront.net",
    b"azurewebsites.net",
    b"azureedge.net",
    b"cloudapp.net",
    b"blogspot.com",
    b"github.io",
    b"herokuapp.com",
    b"appspot.com",
    b"akamaiedge.net",
    b"akamai.net",
    b"edgesuite.net",
    b"edgekey.net",
    b"fastly.net",
    b"wordpress.com",
    b"workers.dev",
    b"pages.dev",
    b"web.app",
    b"firebaseapp.com",
    b"trafficmanager.net",
];

/// The part of a name that somebody registered: `www.a.co.uk` is `a.co.uk`'s. The whole name where there is no more of it.
pub(crate) fn registered(name: &[u8]) -> &[u8] {
    let name = name.strip_suffix(b".").unwrap_or(name);
    let labels = if is_public(name) { 3 } else { 2 };
    let is_service = |suffixes: &[&[u8]]| suffixes.iter().any(|suffix| is_under(name, suffix) && dots(suffix) >= labels - 1);
    let extra = usize::from(SERVICES.may_end(name) && (is_service(HOSTERS) || is_service(DYNAMIC)));
    last_labels(name, labels + extra)
}

/// The endings of all services: hundreds of suffixes are compared only with names that may end in one of them.
static SERVICES: Suffixes = Suffixes::of(&[DYNAMIC, HOSTERS]);

/// What stands before the registered part, without the dot between.
pub(crate) fn below<'a>(name: &'a [u8], registered: &[u8]) -> &'a [u8] {
    let name = name.strip_suffix(b".").unwrap_or(name);
    name.get(..name.len().saturating_sub(registered.len() + 1)).unwrap_or_default()
}

/// Whether a name was given by a service of dynamic names.
pub(crate) fn is_dynamic(name: &[u8]) -> bool {
    if SERVICES.may_end(name) && DYNAMIC.iter().any(|suffix| is_under(name, suffix)) {
        return true;
    }
    // Smaller services say what they do in their own name: `dyn-ip.example`, `ddns.example`.
    let registered = registered(name);
    let own = registered.split(|byte| *byte == b'.').next().unwrap_or_default();
    registered.len() < name.len() && own.split(|byte| *byte == b'-').any(|word| [&b"dyn"[..], b"ddns", b"dyndns", b"dynip"].contains(&word))
}

/// Whether a name is below a suffix.
pub(crate) fn is_under(name: &[u8], suffix: &[u8]) -> bool {
    // Asked for hundreds of suffixes of every name: the dot before the suffix decides most.
    let end = name.len() - usize::from(name.last() == Some(&b'.'));
    let start = end.checked_sub(suffix.len()).filter(|start| *start > 0);
    start
        .is_some_and(|start| name.get(start - 1) == Some(&b'.') && name.get(start..end).is_some_and(|top| top.eq_ignore_ascii_case(suffix)))
}

/// Whether the two last labels are a country's own second level.
fn is_public(name: &[u8]) -> bool {
    let mut labels = name.rsplit(|byte| *byte == b'.');
    let (Some(top), Some(second)) = (labels.next(), labels.next()) else { return false };
    top.len() == 2 && SECOND_LEVELS.iter().any(|known| second.eq_ignore_ascii_case(known))
}

fn dots(name: &[u8]) -> usize {
    name.iter().filter(|byte| **byte == b'.').count()
}

fn last_labels(name: &[u8], labels: usize) -> &[u8] {
    let dot = name.iter().enumerate().rev().filter(|(_, byte)| **byte == b'.').nth(labels - 1);
    dot.map_or(name, |(place, _)| name.get(place + 1..).unwrap_or_default())
}

/// Which letters follow a letter in words and names of many languages; from `a` on.
const FOLLOWERS: [&[u8]; 26] = [
    b"bcdefghiklmnprstuvwyz",
    b"abeiloruys",
    b"aehiklorstuy",
    b"adegilorsuvwy",
    b"abcdefgilmnopqrstuvwxyz",
    b"aefilortuy",
    b"aeghilnorsuy",
    b"aeimnorstuy",
    b"abcdefgklmnopqrstvxz",
    b"aeou",
    b"aeilnosuy",
    b"abcdefgiklmopstuvwy",
    b"abeimnopsuy",
    b"acdefgijklnostuvyz",
    b"abcdefghiklmnoprstuvwxyz",
    b"aehiloprstuy",
    b"u",
    b"abcdefgiklmnoprstuvwyz",
    b"acehiklmnopqrstuvwy",
    b"aceghilmorstuvwyz",
    b"abcdefgiklmnoprstz",
    b"aeiouy",
    b"aehiknors",
    b"aceiptxy",
    b"abceilmnoprstw",
    b"aeioyz",
];

/// The share of the pairs of characters in a label that words hardly have, from 0 to 1: about 0.05 for words, 0.5 for dice.
pub(crate) fn improbable(label: &[u8]) -> f64 {
    let rare = |pair: &[u8]| match pair {
        [one, next] if one.is_ascii_alphabetic() && next.is_ascii_alphabetic() => {
            let row = usize::from(one.to_ascii_lowercase() - b'a');
            !FOLLOWERS.get(row).is_some_and(|row| row.contains(&next.to_ascii_lowercase()))
        }
        // Digits amid letters are as rare; digits behind digits are a number.
        [one, next] => one.is_ascii_digit() != next.is_ascii_digit(),
        _ => false,
    };
    let pairs = label.len().saturating_sub(1).max(1);
    label.windows(2).filter(|pair| rare(pair)).count() as f64 / pairs as f64
}

/// Entropy of some bytes, in bits per byte.
pub(crate) fn entropy(bytes: impl Iterator<Item = u8>) -> f64 {
    let (mut counts, mut all) = ([0_u32; 256], 0_u32);
    for byte in bytes {
        counts[usize::from(byte)] += 1;
        all += 1;
    }
    let share = |count: &u32| f64::from(*count) / f64::from(all);
    counts.iter().filter(|count| **count > 0).map(|count| -share(count) * share(count).log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> &str {
        std::str::from_utf8(registered(name.as_bytes())).expect("text")
    }

    #[test]
    fn names_of_one_owner_fall_together() {
        assert_eq!(of("www.example.org"), "example.org");
        assert_eq!(of("a.b.example.co.uk"), "example.co.uk");
        assert_eq!(of("www.example.ne.jp."), "example.ne.jp");
        assert_eq!(of("evil.duckdns.org"), "evil.duckdns.org");
        assert_eq!(of("x.evil.duckdns.org"), "evil.duckdns.org");
        assert_eq!(of("duckdns.org"), "duckdns.org");
        for suffix in DYNAMIC {
            let name = [b"A.", *suffix, b"."].concat().to_ascii_uppercase();
            assert!(is_dynamic(&name), "{}", String::from_utf8_lossy(suffix));
        }
        assert_eq!(of("localhost"), "localhost");
        assert_eq!(below(b"a.b.example.org", b"example.org"), b"a.b");
        assert_eq!(below(b"example.org", b"example.org"), b"");
        assert!(
            is_dynamic(b"evil.ydns.eu")
                && is_dynamic(b"a.dyn-home.example")
                && !is_dynamic(b"a.dynamics.example")
                && !is_dynamic(b"notduckdns.org")
        );
    }

    #[test]
    fn dice_make_improbable_words() {
        for word in ["wikipedia", "stackexchange", "millsmiltinon", "ryukoku", "windowsupdate", "dulichmuadong"] {
            assert!(improbable(word.as_bytes()) < 0.25, "{word} {}", improbable(word.as_bytes()));
        }
        for word in ["xqjvkzbwpd", "qkvbhtxrmzg", "a8f3k9x2p1", "wjhgqnfkzp"] {
            assert!(improbable(word.as_bytes()) > 0.4, "{word} {}", improbable(word.as_bytes()));
        }
        assert!(entropy(b"aaaa".iter().copied()) < 0.1 && entropy(b"abcdefgh".iter().copied()) > 2.9);
    }
}
