//! Findings to a web hook: HTTP or HTTPS POST of one JSON object each.
//!
//! Servers' certificates are held against those that the system trusts, read before rights are given up. Redirects are not followed: a
//! hook is where the settings say.

use super::channel::{Channel, Message};
use super::notice::Voice;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use ureq::Agent;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

/// How long one delivery may take.
const DELIVERY_MAX: Duration = Duration::from_secs(10);
/// Where systems keep the certificates that they trust: Debian and Alpine, Fedora, openSUSE, BSD.
const TRUSTED: [&str; 4] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"];

/// A way to a hook.
pub(super) struct Webhook {
    voice: Voice,
    url: String,
    headers: Vec<(String, String)>,
    agent: Agent,
}

impl Webhook {
    pub(super) fn new(voice: Voice, url: &str, headers: &[(String, String)]) -> Self {
        let tls = TlsConfig::builder()
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .root_certs(if url.starts_with("https:") { trusted() } else { RootCerts::Specific(Arc::default()) })
            .build();
        let agent = Agent::config_builder()
            .tls_config(tls)
            .timeout_global(Some(DELIVERY_MAX))
            .max_redirects(0)
            .proxy(None)
            .user_agent(concat!("hyakuyo/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        Self { voice, url: url.to_owned(), headers: headers.to_owned(), agent }
    }
}

/// What the system trusts.
fn trusted() -> RootCerts {
    let text = TRUSTED.iter().find_map(|path| std::fs::read(path).ok()).unwrap_or_default();
    let certificates: Vec<Certificate<'static>> =
        parse_pem(&text).filter_map(|item| if let Ok(PemItem::Certificate(one)) = item { Some(one) } else { None }).collect();
    RootCerts::Specific(Arc::new(certificates))
}

impl Channel for Webhook {
    fn deliver(&mut self, message: &Message<'_>) -> io::Result<()> {
        let mut request = self.agent.post(&self.url).header("Content-Type", "application/json");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let response = request.send(message.json(&self.voice)).map_err(|error| io::Error::other(error.to_string()))?;
        // A redirect that is not followed is no taking.
        if response.status().is_success() { Ok(()) } else { Err(io::Error::other(format!("it answered {}", response.status()))) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::notify::notice::{Notice, Why};
    use crate::watch::notify::tests::{news, voice};
    use model::Timestamp;
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};

    #[test]
    fn a_hook_gets_json_and_what_it_refuses_is_an_error() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let server = std::thread::spawn(move || {
            let mut got = Vec::new();
            for answer in ["204 No Content", "302 Found", "500 No"] {
                let (stream, _) = listener.accept().expect("a connection");
                let mut reader = BufReader::new(stream);
                let (mut length, mut head) = (0, String::new());
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).expect("a line");
                    if let Some(count) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                        length = count.trim().parse().expect("a number");
                    }
                    if line.trim().is_empty() {
                        break;
                    }
                    head.push_str(&line);
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).expect("a body");
                got.push((head, body));
                let text = format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\nLocation: http://127.0.0.1:1/\r\n\r\n");
                reader.get_mut().write_all(text.as_bytes()).expect("answered");
            }
            got
        });
        let mut channel = Webhook::new(voice(), &url, &[("Authorization".to_owned(), "Bearer x".to_owned())]);
        let mut one = news("D1", "high", Some(900));
        one.row.subject = "\x1b]0;evil\x07\"".to_owned();
        let notice = Notice::new(1, Why::New, Timestamp::from_secs(7), &one, "logs");
        let sent: Vec<bool> = (0..3).map(|_| channel.deliver(&Message::Finding(&notice)).is_ok()).collect();
        assert_eq!(sent, [true, false, false]);
        let got = server.join().expect("a server");
        let (head, body) = &got[0];
        assert!(head.starts_with("POST /hook HTTP/1.1") && head.to_lowercase().contains("authorization: bearer x"), "{head}");
        assert!(!body.iter().any(|byte| *byte < 0x20), "controls are escaped");
        let json: serde_json::Value = serde_json::from_slice(body).expect("JSON");
        assert_eq!((&json["finding"]["id"], &json["why"], &json["score"]), (&"D1".into(), &"new".into(), &900.into()));
        assert_eq!(json["finding"]["subject"], "\x1b]0;evil\x07\"");
    }
}
