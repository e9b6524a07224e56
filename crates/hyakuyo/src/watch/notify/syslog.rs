//! Findings as syslog: RFC 5424 over UDP (RFC 5426), TCP with octets counted (RFC 6587), or a Unix socket.

use super::channel::{Channel, Message, now};
use super::notice::Voice;
use crate::watch::config::SyslogTo;
use std::io::{self, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _, UdpSocket};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::time::Duration;

/// How long connecting and sending may take.
const STEP_MAX: Duration = Duration::from_secs(5);
/// The longest message: what every receiver should take (RFC 5424, section 6.1).
const MESSAGE_BYTES_MAX: usize = 2_048;
/// The number that RFC 5612 gives to examples; we have none of our own.
const ELEMENT: &str = "finding@32473";

/// A way to a server.
pub(super) struct Syslog {
    voice: Voice,
    to: SyslogTo,
    facility: u8,
    open: Option<Open>,
}

enum Open {
    Udp(UdpSocket),
    Tcp(TcpStream),
    Datagram(UnixDatagram),
    Stream(UnixStream),
}

impl Syslog {
    pub(super) const fn new(voice: Voice, to: SyslogTo, facility: u8) -> Self {
        Self { voice, to, facility, open: None }
    }

    fn connect(&self) -> io::Result<Open> {
        let resolve = |at: &str| at.to_socket_addrs()?.next().ok_or_else(|| io::Error::other("the name has no address"));
        Ok(match &self.to {
            SyslogTo::Udp(at) => {
                let at = resolve(at)?;
                let socket = UdpSocket::bind(if at.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" })?;
                socket.connect(at)?;
                Open::Udp(socket)
            }
            SyslogTo::Tcp(at) => {
                let stream = TcpStream::connect_timeout(&resolve(at)?, STEP_MAX)?;
                stream.set_write_timeout(Some(STEP_MAX))?;
                Open::Tcp(stream)
            }
            SyslogTo::Unix(path) => {
                let socket = UnixDatagram::unbound()?;
                match socket.connect(path) {
                    Ok(()) => {
                        socket.set_write_timeout(Some(STEP_MAX))?;
                        Open::Datagram(socket)
                    }
                    Err(_) => {
                        let stream = UnixStream::connect(path)?;
                        stream.set_write_timeout(Some(STEP_MAX))?;
                        Open::Stream(stream)
                    }
                }
            }
        })
    }

    fn send(&mut self, text: &[u8]) -> io::Result<()> {
        if self.open.is_none() {
            self.open = Some(self.connect()?);
        }
        let counted = || [format!("{} ", text.len()).as_bytes(), text].concat();
        match &mut self.open {
            Some(Open::Udp(socket)) => socket.send(text).map(|_| ()),
            Some(Open::Datagram(socket)) => socket.send(text).map(|_| ()),
            Some(Open::Tcp(stream)) => stream.write_all(&counted()),
            Some(Open::Stream(stream)) => stream.write_all(&counted()),
            None => Ok(()),
        }
    }
}

impl Channel for Syslog {
    fn deliver(&mut self, message: &Message<'_>) -> io::Result<()> {
        let text = text(message, &self.voice, self.facility);
        // A server that was restarted is noticed by the first message after it.
        let sent = self.send(&text).or_else(|_| {
            self.open = None;
            self.send(&text)
        });
        if sent.is_err() {
            self.open = None;
        }
        sent
    }
}

/// Syslog's severities.
fn severity(name: &str) -> u8 {
    match name {
        "critical" => 2,
        "high" => 3,
        "medium" => 4,
        "low" => 5,
        _ => 6,
    }
}

/// `<PRI>1 TIME HOST hyakuyo PID finding [finding@32473 …] text`.
fn text(message: &Message<'_>, voice: &Voice, facility: u8) -> Vec<u8> {
    let (level, at, data) = match message {
        Message::Finding(notice) => {
            let row = &notice.row;
            let mut data = String::new();
            let fields =
                [("id", &row.id), ("name", &row.name), ("host", &row.host), ("subject", &row.subject), ("severity", &row.severity)];
            for (name, value) in fields.into_iter().chain([("incident", &row.incident)]).filter(|(_, value)| !value.is_empty()) {
                data.push_str(&format!(" {name}=\"{}\"", quoted(value)));
            }
            let data = format!("[{ELEMENT}{data} count=\"{}\" confidence=\"{}\"]", row.count, row.confidence);
            (severity(&row.severity), notice.at, data)
        }
        Message::Digest(digest) => (4, now(), format!("[{ELEMENT} held=\"{}\"]", digest.count())),
    };
    let host: String = voice.sensor.chars().map(|c| if c.is_ascii_graphic() { c } else { '-' }).take(255).collect();
    let (priority, process) = (u16::from(facility) * 8 + u16::from(level), std::process::id());
    // UTF-8 is announced by its mark (section 6.4).
    let mut text = format!("<{priority}>1 {} {host} hyakuyo {process} finding {data} \u{feff}{}", story::stamp(at), message.line(voice));
    while text.len() > MESSAGE_BYTES_MAX {
        text.pop();
    }
    text.into_bytes()
}

/// A value of structured data: what would end it is escaped (section 6.3.3), what a terminal obeys too.
fn quoted(value: &str) -> String {
    /// All values together leave room for the message.
    const VALUE_CHARS_MAX: usize = 200;
    let mut out = String::new();
    for c in crate::terminal::cut(&crate::terminal::safe(value), VALUE_CHARS_MAX).chars() {
        if matches!(c, '"' | '\\' | ']') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::notify::notice::{Notice, Why};
    use crate::watch::notify::tests::{news, voice};
    use model::Timestamp;

    #[test]
    fn nothing_ends_a_value_or_a_line() {
        let mut news = news("D1", "high", Some(900));
        news.row.subject = "a\"] <1>1 evil\n\x1b[31m\\".to_owned();
        let notice = Notice::new(1, Why::New, Timestamp::from_secs(7), &news, "logs");
        let text = String::from_utf8(text(&Message::Finding(&notice), &voice(), 10)).expect("UTF-8");
        assert!(text.starts_with("<83>1 1970-01-01T00:00:07.000000Z gate-1 hyakuyo "), "{text}");
        assert!(text.contains(" finding [finding@32473 id=\"D1\" "), "{text}");
        assert!(text.contains("subject=\"a\\\"\\] <1>1 evil\\\\u{a}\\\\u{1b}[31m\\\\\""), "{text}");
        assert!(!text.contains(['\n', '\x1b']) && text.len() <= MESSAGE_BYTES_MAX);
    }

    #[test]
    fn long_ones_are_cut_and_streams_are_counted() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let to = SyslogTo::Tcp(listener.local_addr().expect("an address").to_string());
        let mut channel = Syslog::new(voice(), to, 10);
        let notice = Notice::new(1, Why::New, Timestamp::from_secs(7), &news("D1", "high", None), "logs");
        channel.deliver(&Message::Finding(&notice)).expect("taken");
        drop(channel);
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut got = String::new();
        io::Read::read_to_string(&mut stream, &mut got).expect("text");
        let (count, rest) = got.split_once(' ').expect("a count");
        assert_eq!(count.parse::<usize>().ok(), Some(rest.len()));
    }
}
