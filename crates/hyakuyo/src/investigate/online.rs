//! Asking the outside about a destination: its name by its address, whose it is, and what its web server says. Only with
//! `--online`, each question said before it is asked; every answer is bounded in time and bytes.

use super::evidence::{Dossier, Wanted};
use super::reply::{self, Page};
use crate::terminal::{Style, safe};
use model::Addr;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream, ToSocketAddrs as _, UdpSocket};
use std::time::{Duration, Instant};

/// How long one step of an answer may take.
const STEP_MAX: Duration = Duration::from_secs(5);
/// How long a whole answer may take.
const ANSWER_MAX: Duration = Duration::from_secs(15);
/// The longest answer that is read.
const ANSWER_BYTES_MAX: u64 = 64 << 10;
/// Whois servers that are asked one after another.
const REFERRALS_MAX: usize = 3;
/// Addresses of a name that are looked up.
const ADDRESSES_MAX: usize = 4;

/// Who is asked.
#[derive(Clone, Debug)]
pub(super) struct Online {
    resolver: SocketAddr,
    whois: String,
    whois_port: u16,
    web_port: u16,
}

impl Online {
    /// The resolver that this machine uses, and the root of whois.
    pub(super) fn of_this_machine() -> Self {
        let text = std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
        let named = text.lines().filter_map(|line| line.trim().strip_prefix("nameserver")).find_map(|rest| rest.trim().parse().ok());
        let resolver = SocketAddr::new(named.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)), 53);
        Self { resolver, whois: "whois.iana.org".to_owned(), whois_port: 43, web_port: 80 }
    }
}

/// What will be asked.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    who: Online,
    addresses: Vec<IpAddr>,
    subject: String,
    /// The site's address, and the name that is asked for.
    site: Option<(IpAddr, String)>,
}

/// What was answered.
#[derive(Debug, Default)]
pub(super) struct Answers {
    lines: Vec<(String, Vec<String>)>,
}

impl Plan {
    /// What there is to ask about a destination.
    pub(super) fn new(wanted: &Wanted, dossier: &Dossier, who: &Online) -> Self {
        let mut addresses: Vec<IpAddr> = match wanted {
            Wanted::Address(ip) => vec![*ip],
            Wanted::Name(_) => dossier.addresses.iter().filter_map(|text| text.parse().ok()).collect(),
        };
        // What is inside is nobody else's business, unless the user names it.
        addresses.retain(|ip| matches!(wanted, Wanted::Address(_)) || !Addr::from(*ip).is_private());
        addresses.truncate(ADDRESSES_MAX);
        let subject = match wanted {
            Wanted::Address(ip) => ip.to_string(),
            Wanted::Name(name) => name.clone(),
        };
        let host = match wanted {
            Wanted::Address(IpAddr::V6(ip)) => format!("[{ip}]"),
            _ => subject.clone(),
        };
        let site = addresses.first().map(|ip| (*ip, host));
        Self { who: who.clone(), addresses, subject, site }
    }

    /// The questions, in words.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self
            .addresses
            .iter()
            .map(|ip| format!("the resolver {} (UDP): the name of {ip} ({})", self.who.resolver, reply::reverse_name(*ip)))
            .collect();
        lines.push(format!("{} (TCP {}), and the server that it refers to: {}", self.who.whois, self.who.whois_port, self.subject));
        if let Some((ip, host)) = &self.site {
            let (port, kb) = (self.who.web_port, ANSWER_BYTES_MAX >> 10);
            lines.push(format!(
                "{} (TCP): HEAD / for {host}, then GET / if that is refused; at most {kb} kB, not rendered",
                SocketAddr::new(*ip, port)
            ));
        }
        lines
    }

    /// Asks.
    pub(super) fn ask(&self) -> Answers {
        let mut answers = Answers::default();
        for ip in &self.addresses {
            let names = reverse(self.who.resolver, *ip).map(|names| if names.is_empty() { vec!["no name".to_owned()] } else { names });
            answers.add(format!("name of {ip}"), names);
        }
        let mut server = self.who.whois.clone();
        for _ in 0..REFERRALS_MAX {
            let answer = whois(&server, self.who.whois_port, &self.subject, server == self.who.whois);
            let next = answer.as_ref().ok().and_then(|text| reply::whois_referral(text));
            answers.add(format!("{server} says"), answer.map(|text| reply::whois_lines(&text)));
            match next {
                Some(next) if next != server => server = next,
                _ => break,
            }
        }
        if let Some((ip, host)) = &self.site {
            answers.add(format!("web server of {host}"), site(SocketAddr::new(*ip, self.who.web_port), host));
        }
        answers
    }
}

impl Answers {
    fn add(&mut self, what: String, lines: io::Result<Vec<String>>) {
        let lines = lines.unwrap_or_else(|error| vec![format!("no answer: {}", error.to_string().to_lowercase())]);
        self.lines.push((what, lines));
    }

    pub(super) fn text(&self, style: Style) -> String {
        let mut out = String::new();
        for (what, lines) in &self.lines {
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{}", style.bold(&safe(what)));
            for line in lines {
                let _ = writeln!(out, "  {}", safe(line));
            }
        }
        out
    }

    pub(super) fn json(&self) -> Value {
        self.lines.iter().map(|(what, lines)| json!({ "what": what, "lines": lines })).collect()
    }
}

fn reverse(resolver: SocketAddr, ip: IpAddr) -> io::Result<Vec<String>> {
    let here: SocketAddr = if resolver.is_ipv4() { (Ipv4Addr::UNSPECIFIED, 0).into() } else { (std::net::Ipv6Addr::UNSPECIFIED, 0).into() };
    let socket = UdpSocket::bind(here)?;
    socket.set_read_timeout(Some(STEP_MAX))?;
    socket.connect(resolver)?;
    // The port is the kernel's choice; the number only tells answers apart.
    let id = std::process::id() as u16;
    socket.send(&reply::ptr_question(id, &reply::reverse_name(ip)))?;
    let mut buffer = [0; 4096];
    let read = socket.recv(&mut buffer)?;
    reply::ptr_names(id, buffer.get(..read).unwrap_or_default()).ok_or_else(|| io::Error::other("the reply is malformed"))
}

/// Reads what comes, up to the limits; what came before time ran out counts.
fn read_all(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let (begin, mut all, mut buffer) = (Instant::now(), Vec::new(), [0; 4096]);
    while begin.elapsed() < ANSWER_MAX && (all.len() as u64) < ANSWER_BYTES_MAX {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => all.extend_from_slice(buffer.get(..read).unwrap_or_default()),
            Err(_) if !all.is_empty() => break,
            Err(error) => return Err(error),
        }
    }
    all.truncate(ANSWER_BYTES_MAX as usize);
    Ok(all)
}

fn connect(to: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&to, STEP_MAX)?;
    stream.set_read_timeout(Some(STEP_MAX))?;
    stream.set_write_timeout(Some(STEP_MAX))?;
    Ok(stream)
}

fn whois(server: &str, port: u16, subject: &str, is_root: bool) -> io::Result<String> {
    let addresses: Vec<SocketAddr> = (server, port).to_socket_addrs()?.collect();
    // A referral may point anywhere; it does not lead inside.
    let to = addresses.into_iter().find(|to| is_root || !Addr::from(to.ip()).is_private());
    let to = to.ok_or_else(|| io::Error::other("the server has no address outside"))?;
    let mut stream = connect(to)?;
    stream.write_all(format!("{subject}\r\n").as_bytes())?;
    Ok(String::from_utf8_lossy(&read_all(&mut stream)?).into_owned())
}

fn fetch(to: SocketAddr, host: &str, method: &str) -> io::Result<Page> {
    let mut stream = connect(to)?;
    let port = if to.port() == 80 { String::new() } else { format!(":{}", to.port()) };
    stream
        .write_all(format!("{method} / HTTP/1.1\r\nHost: {host}{port}\r\nUser-Agent: hyakuyo\r\nConnection: close\r\n\r\n").as_bytes())?;
    reply::page(&read_all(&mut stream)?).ok_or_else(|| io::Error::other("this is no web server"))
}

fn site(to: SocketAddr, host: &str) -> io::Result<Vec<String>> {
    let mut page = fetch(to, host, "HEAD")?;
    if matches!(page.code(), 400 | 403 | 405 | 501) {
        page = fetch(to, host, "GET")?;
    }
    let mut lines = vec![page.status.clone()];
    lines.extend(page.headers.iter().cloned());
    if !page.body.is_empty() {
        let hash: String = Sha256::digest(&page.body).iter().map(|byte| format!("{byte:02x}")).collect();
        lines.push(format!("body: {} bytes were read, SHA-256 {hash}", page.body.len()));
        lines.extend(page.title().map(|title| format!("calls itself: {title}")));
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::thread;

    /// A server that answers so many connections with what `answer` makes of the first bytes.
    fn server(connections: usize, answer: impl Fn(&str) -> String + Send + 'static) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        thread::spawn(move || {
            for stream in listener.incoming().take(connections) {
                let mut stream = stream.expect("a connection");
                let mut buffer = [0; 1024];
                let read = stream.read(&mut buffer).expect("a question");
                let _ = stream.write_all(answer(&String::from_utf8_lossy(&buffer[..read])).as_bytes());
            }
        });
        port
    }

    fn resolver() -> SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let at = socket.local_addr().expect("an address");
        thread::spawn(move || {
            let mut buffer = [0; 512];
            let (read, from) = socket.recv_from(&mut buffer).expect("a question");
            let mut reply = buffer[..read].to_vec();
            (reply[2], reply[7]) = (0x81, 1);
            reply.extend_from_slice(&[0xc0, 12, 0, 12, 0, 1, 0, 0, 0, 60, 0, 9, 4, b'h', b'o', b's', b't', 2, b'j', b'p', 0]);
            socket.send_to(&reply, from).expect("an answer");
        });
        at
    }

    fn answered(answers: &Answers) -> String {
        answers.text(Style::plain())
    }

    #[test]
    fn all_three_are_asked_and_a_referral_does_not_lead_inside() {
        let whois_port = server(1, |question| format!("question: {question}\nrefer: 127.0.0.1.invalid.example\nnetname: EXAMPLE-NET\n"));
        let web_port = server(2, |question| {
            if question.starts_with("HEAD") {
                "HTTP/1.1 405 no\r\n\r\n".to_owned()
            } else {
                format!("HTTP/1.1 200 OK\r\nServer: \x1b[31mx\r\n\r\n<title>Hello</title>{}", "x".repeat(200_000))
            }
        });
        let who = Online { resolver: resolver(), whois: "127.0.0.1".to_owned(), whois_port, web_port };
        let plan = Plan::new(&Wanted::new("127.0.0.1").expect("an address"), &Dossier::default(), &who);
        assert_eq!(plan.lines().len(), 3);
        let text = answered(&plan.ask());
        for part in ["host.jp", "netname: EXAMPLE-NET", "200 OK", "calls itself: Hello", "body: 65", "no answer"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(!text.contains('\x1b'), "{text}");
    }

    #[test]
    fn names_that_lead_inside_are_not_visited() {
        let mut dossier = Dossier::default();
        dossier.addresses.insert("10.0.0.1".to_owned());
        let plan = Plan::new(&Wanted::new("x.example").expect("a name"), &dossier, &Online::of_this_machine());
        assert_eq!((plan.lines().len(), plan.site.is_none()), (1, true));
    }

    #[test]
    fn nobody_there_is_an_answer_too() {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
        let who =
            Online { resolver: SocketAddr::from(([127, 0, 0, 1], port)), whois: "127.0.0.1".to_owned(), whois_port: port, web_port: port };
        let plan = Plan::new(&Wanted::new("127.0.0.1").expect("an address"), &Dossier::default(), &who);
        assert_eq!(answered(&plan.ask()).matches("no answer").count(), 3);
    }
}
