//! People look at web pages: HTTP/1.1 (RFC 9112) with several requests on a connection, or TLS.

use super::dns::Answer;
use super::tls;
use crate::calendar::http_date;
use crate::cast::{Security, Site};
use crate::stage::Stage;
use contract::Side;
use model::{Interval, Timestamp};
use testkit::dice::Dice;
use testkit::network::{Connection, Host, Path, System};

const WORDS: [&str; 24] = [
    "rain", "paper", "river", "morning", "window", "garden", "letter", "bridge", "autumn", "lantern", "market", "harbour", "station",
    "winter", "forest", "teacher", "ticket", "bicycle", "kitchen", "library", "umbrella", "festival", "mountain", "island",
];

/// What a request asks for.
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    pub(crate) host: &'a str,
    pub(crate) uri: &'a str,
    pub(crate) agent: &'a str,
    pub(crate) referrer: Option<&'a str>,
    pub(crate) body: &'a [u8],
}

impl Request<'_> {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut head =
            format!("{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {}\r\nAccept: */*\r\n", self.method, self.uri, self.host, self.agent);
        if let Some(referrer) = self.referrer {
            head.push_str(&format!("Referer: {referrer}\r\n"));
        }
        if !self.body.is_empty() {
            head.push_str(&format!("Content-Type: application/octet-stream\r\nContent-Length: {}\r\n", self.body.len()));
        }
        head.push_str("Connection: keep-alive\r\n\r\n");
        [head.as_bytes(), self.body].concat()
    }
}

/// A reply with its body.
pub(crate) fn reply(at: Timestamp, status: &str, kind: &str, extra: &str, body: &[u8]) -> Vec<u8> {
    let date = http_date(at);
    let head = format!(
        "HTTP/1.1 {status}\r\nServer: nginx/1.24.0\r\nDate: {date}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n{extra}\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// The browser of a system.
pub(crate) const fn agent(system: System) -> &'static str {
    match system {
        System::Windows => "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0",
        System::Windows7 => "Mozilla/5.0 (Windows NT 6.1; Win64; x64; rv:115.0) Gecko/20100101 Firefox/115.0",
        System::WindowsXp => "Mozilla/5.0 (Windows NT 5.1; rv:52.0) Gecko/20100101 Firefox/52.0",
        System::Mac => {
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15"
        }
        System::Linux | System::LinuxStamped | System::LinuxOld | System::Embedded => {
            "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
        }
    }
}

/// Somebody opens a page of a site.
pub(crate) fn visit(stage: &mut Stage, at: Timestamp, client: Host, site: &Site) {
    let start = stage.resolve(at, client, site.name, &Answer::Address(site.host.addr));
    let mut dice = stage.dice().split();
    let path = Path::internet(site.round_trip_ms);
    if site.security == Security::None {
        let mut connection = stage.connect(start, client, (site.host, 80), path);
        page(&mut connection, &mut dice, client, site);
    } else {
        let exchanges: Vec<_> = (0..2 + dice.below(5)).map(|_| (300 + dice.below(500), 2_000 + dice.below(40_000))).collect();
        let mut connection = stage.connect(start, client, (site.host, 443), path);
        tls::talk(&mut connection, &mut dice, tls::Asked::browser(site.name, site.security), &exchanges);
        connection.wait(Interval::from_secs(5));
        connection.close(Side::Orig);
    }
}

fn page(connection: &mut Connection<'_>, dice: &mut Dice, client: Host, site: &Site) {
    let article = format!("/{}/{}-{}.html", word(dice), word(dice), dice.below(10_000));
    let referrer = format!("http://{}{article}", site.name);
    let agent = agent(client.system);
    let fetch = |connection: &mut Connection<'_>, uri: &str, referrer: Option<&str>, kind: &str, body: &[u8]| {
        let request = Request { method: "GET", host: site.name, uri, agent, referrer, body: b"" };
        let thinking = Interval::from_millis(8);
        let answer = reply(connection.now() + thinking, "200 OK", kind, "Cache-Control: max-age=600\r\n", body);
        connection.ask(&request.bytes(), thinking, &answer);
    };
    let pictures = 1 + dice.below(4);
    fetch(connection, &article, None, "text/html; charset=utf-8", &html(dice, pictures));
    fetch(connection, "/style/site.css", Some(&referrer), "text/css", css().as_bytes());
    for _ in 0..pictures {
        let (name, bytes) = (format!("/images/{}-{}.jpg", word(dice), dice.below(1000)), 4_000 + dice.below(60_000));
        fetch(connection, &name, Some(&referrer), "image/jpeg", &picture(dice, bytes));
    }
    if dice.chance(150) {
        let request = Request { method: "GET", host: site.name, uri: "/favicon.ico", agent, referrer: Some(&referrer), body: b"" };
        let answer = reply(connection.now(), "404 Not Found", "text/html", "", b"<html><body>404: nothing here</body></html>\n");
        connection.ask(&request.bytes(), Interval::from_millis(4), &answer);
    }
    connection.wait(Interval::from_secs(15));
    connection.close(Side::Resp);
}

fn html(dice: &mut Dice, pictures: usize) -> Vec<u8> {
    let mut text = String::from("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>");
    text.push_str(word(dice));
    text.push_str("</title><link rel=\"stylesheet\" href=\"/style/site.css\"></head>\n<body>\n");
    for _ in 0..4 + pictures * 6 {
        text.push_str("<p>");
        for _ in 0..20 + dice.below(80) {
            text.push_str(word(dice));
            text.push(' ');
        }
        text.push_str("</p>\n");
    }
    text.push_str("</body></html>\n");
    text.into_bytes()
}

fn css() -> String {
    (0..60).map(|n| format!(".box-{n} {{ margin: {n}px; color: #{:06x}; }}\n", n * 65_793)).collect()
}

/// A JPEG as far as its first and last bytes go.
fn picture(dice: &mut Dice, bytes: usize) -> Vec<u8> {
    [&b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x48\0\x48\0\0\xff\xdb\0\x43\0"[..], &dice.bytes(bytes), b"\xff\xd9"].concat()
}

fn word(dice: &mut Dice) -> &'static str {
    WORDS[dice.below(WORDS.len())]
}
