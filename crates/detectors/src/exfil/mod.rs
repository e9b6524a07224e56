//! Hosts that send out what they stole.
//!
//! Definition: a mail whose subject names the computer that sends it, as it calls itself in its greeting, by a host that is no
//! mail server, as keyloggers report; a file stored on an outside FTP server whose name holds the computer's or user's name and
//! a date; forms posted to several outside addresses that have no names, or to one on a port of its own. Source: MITRE ATT&CK T1048.003; public captures of
//! AgentTesla and its like. Left out: what is encrypted; amounts, which `profile` knows.

use bounded::Table;
use contract::seen::{Ftp, Http, Seen, Smtp, What};
use contract::{Behaviour, Chosen, Definition, Detector, Finding, Known, Part, Role, Setting, Severity, Stage, Tell, Words};
use model::{Addr, Interval, Timestamp};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Exfil;

const fn definition(name: &'static str, title: Words, rule: Words, severity: Severity, techniques: &'static [&'static str]) -> Definition {
    Definition {
        detector: "exfil",
        name,
        title,
        rule,
        next: Words {
            en: "treat every password that was used on the host as stolen; find the program that sends",
            ja: "そのホストで使われたパスワードはすべて盗まれたものとして扱い、送信しているプログラムを特定する",
        },
        source: "MITRE ATT&CK T1048.003, T1041",
        severity,
        stage: Stage::Acted,
        part: Part::Actor,
        techniques,
        excluded: &[Role::MailServers, Role::ListMailers, Role::Monitors],
    }
}

static DEFINITIONS: [Definition; 3] = [
    definition(
        "mailed_report",
        Words { en: "mails reports about itself to the outside", ja: "自分自身についての報告を外部にメールしている" },
        Words {
            en: "a mail to an outside server whose subject contains the name by which the sending computer greeted the server",
            ja: "外部サーバーへのメールで、件名に送信元コンピューターの名乗った名前が含まれる",
        },
        Severity::High,
        &["T1048.003", "T1071.003"],
    ),
    definition(
        "stored_report",
        Words {
            en: "stores reports about itself on an FTP server outside",
            ja: "自分自身についての報告を外部の FTP サーバーに保存している",
        },
        Words {
            en: "STOR to an outside server of a file named with a mark, a user, a computer and a date (PW_user-PC_2024…), as stealers do",
            ja: "外部サーバーへの STOR で、ファイル名が種別、利用者、コンピューター名、日付から成る（PW_user-PC_2024… など）",
        },
        Severity::High,
        &["T1048.003"],
    ),
    definition(
        "posted_report",
        Words { en: "posts data to servers without names", ja: "名前のないサーバーにデータを送っている" },
        Words {
            en: "POSTs without a referrer to outside servers that are named by their addresses: high for 3 of them within an hour, as malware goes \
                 through its list; one, on a port that web servers do not use and with 1 kB or more, is low",
            ja: "IP アドレスで指定された外部サーバーへの参照元なしの POST。1 時間以内に 3 台以上なら高（マルウェアは一覧を順に試す）。\
                 1 台でも特殊なポートで 1 kB 以上なら低",
        },
        Severity::Low,
        &["T1041", "T1008"],
    ),
];

const SETTINGS: &[Setting] = &[
    Setting { name: "posted_bytes_min", default: 1000.0, doc: "Bytes of a form posted to one bare address on a port of its own." },
    Setting { name: "posted_servers_min", default: 3.0, doc: "Bare addresses that get forms from one host within an hour." },
];

/// Hosts that post to bare addresses.
const HOSTS_MAX: usize = 4_096;
/// Servers that are told apart for one host.
const SERVERS_MAX: usize = 8;
/// Servers are counted within this.
const WINDOW: Interval = Interval::from_secs(3600);

impl Behaviour for Exfil {
    fn name(&self) -> &'static str {
        "exfil"
    }
    fn definitions(&self) -> &'static [Definition] {
        &DEFINITIONS
    }
    fn settings(&self) -> &'static [Setting] {
        SETTINGS
    }
    fn wants(&self) -> &'static [What] {
        &[What::Smtp, What::Ftp, What::Http]
    }
    fn held_bytes_max(&self) -> usize {
        Table::<Addr, Posts>::held_bytes_max(HOSTS_MAX)
    }
    fn open(&self, settings: &Chosen) -> Box<dyn Detector> {
        Box::new(Watch {
            posted_bytes: settings.count(SETTINGS, "posted_bytes_min"),
            posted_servers: settings.count(SETTINGS, "posted_servers_min").clamp(2, SERVERS_MAX as u64) as usize,
            posts: Table::new(HOSTS_MAX),
        })
    }
}

/// The bare addresses that a host has posted to lately: hashes.
#[derive(Debug)]
struct Posts {
    since: Timestamp,
    servers: [u64; SERVERS_MAX],
}

struct Watch {
    posted_bytes: u64,
    posted_servers: usize,
    posts: Table<Addr, Posts>,
}

impl Detector for Watch {
    fn on(&mut self, seen: &Seen<'_>, known: &dyn Known, out: &mut dyn Tell) {
        let finding = match seen {
            Seen::Smtp(mail) => mailed(mail, known),
            Seen::Ftp(file) => stored(file, known),
            Seen::Http(http) => self.posted(http, known),
            _ => None,
        };
        if let Some(finding) = finding {
            out.finding(finding);
        }
    }

    fn held_bytes(&self) -> usize {
        self.posts.held_bytes()
    }

    fn dropped(&self) -> u64 {
        self.posts.dropped()
    }
}

impl Watch {
    fn posted(&mut self, http: &Http<'_>, known: &dyn Known) -> Option<Finding> {
        let ((host, _), (server, port)) = (http.orig()?, http.resp()?);
        let bytes = http.request_body_len().unwrap_or(0);
        let bare = !http.host().is_empty() && !http.host().iter().any(u8::is_ascii_alphabetic);
        if http.method() != b"POST"
            || bytes == 0
            || !bare
            || !http.referrer().is_empty()
            || known.is_inside(server)
            || !known.is_inside(host)
        {
            return None;
        }
        let at = http.ts();
        let posts = self.posts.entry(host, || Posts { since: at, servers: [0; SERVERS_MAX] });
        if at.since(posts.since) > WINDOW {
            *posts = Posts { since: at, servers: [0; SERVERS_MAX] };
        }
        let hash = crate::hash(server.as_slice()).max(1);
        if let Some(place) = posts.servers.iter_mut().find(|place| **place == 0 || **place == hash) {
            *place = hash;
        }
        let count = posts.servers.iter().filter(|place| **place != 0).count();
        let usual = matches!(port, 80 | 443 | 8000 | 8080 | 8888 | 3128);
        let severity = match () {
            () if count >= self.posted_servers => Severity::High,
            () if !usual && bytes >= self.posted_bytes => Severity::Low,
            () => return None,
        };
        let finding = Finding::new(&DEFINITIONS[2], host, at, 88).severity(severity).peer(server).proof(http.uid()).quote(http.uri());
        let finding = finding.measure("servers", count as f64, self.posted_servers as f64, "");
        Some(finding.measure("bytes", bytes as f64, self.posted_bytes as f64, "bytes"))
    }
}

fn mailed(mail: &Smtp<'_>, known: &dyn Known) -> Option<Finding> {
    let ((host, _), (server, port)) = (mail.orig()?, mail.resp()?);
    let (helo, subject) = (mail.helo(), mail.subject());
    // Mail programs greet with names of hosts or addresses; what is searched for has to be a computer's own short name.
    let short = (4..=15).contains(&helo.len()) && !helo.contains(&b'.') && !helo.eq_ignore_ascii_case(b"localhost");
    if !short || known.is_inside(server) || !contains(subject, helo) {
        return None;
    }
    let finding = Finding::new(&DEFINITIONS[0], host, mail.ts(), 92).about(server.to_string().as_bytes()).peer(server).proof(mail.uid());
    Some(finding.quote(subject).quote(helo).note("port", f64::from(port), ""))
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part))
}

fn stored(file: &Ftp<'_>, known: &dyn Known) -> Option<Finding> {
    let ((host, _), (server, _)) = (file.orig()?, file.resp()?);
    let name = file.arg().rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    if file.command() != b"STOR" || known.is_inside(server) || !is_report(name) {
        return None;
    }
    let finding = Finding::new(&DEFINITIONS[1], host, file.ts(), 88).about(server.to_string().as_bytes()).peer(server);
    Some(finding.proof(file.uid()).quote(name))
}

/// `PW_user-DESKTOP-X_2024_06_04_14_27_23.html`: two capitals, then parts among which there is a year and a time.
fn is_report(name: &[u8]) -> bool {
    let parts: Vec<&[u8]> = name.split(|byte| *byte == b'_').collect();
    let numbers = parts.iter().filter(|part| (1..=4).contains(&part.len()) && part.iter().all(u8::is_ascii_digit)).count();
    let year = parts.iter().any(|part| part.len() == 4 && part.starts_with(b"20") && part.iter().all(u8::is_ascii_digit));
    let marked = parts.first().is_some_and(|mark| (2..=3).contains(&mark.len()) && mark.iter().all(u8::is_ascii_uppercase));
    marked && year && numbers >= 4
}
