//! Events that tell of flows and of DNS questions.

use super::message::Message;
use super::rows::{Writer, writer};
use crate::rows::{Dns, End, Flow, Question, transport};
use crate::text::addr;
use model::{Addr, Event, Timestamp, Value};

/// A flow as Windows tells it.
struct Told {
    orig: End,
    resp: End,
    proto: &'static str,
    /// Whether this computer opened it.
    out: Option<bool>,
    denied: bool,
}

/// What of an event is a flow.
fn flow(message: &Message<'_>) -> Option<Told> {
    let end = |host: &str, port: &str| {
        let port = message.number(port).and_then(|port| u16::try_from(port).ok()).unwrap_or_default();
        (addr(message.get(host).as_bytes()), port)
    };
    match (writer(message), message.id) {
        (Writer::Sysmon, 3) => Some(Told {
            orig: end("SourceIp", "SourcePort"),
            resp: end("DestinationIp", "DestinationPort"),
            proto: transport(message.get("Protocol").as_bytes()),
            out: message.get("Initiated").parse().ok(),
            denied: false,
        }),
        // The filtering platform: 5156 lets pass; 5152 and 5157 refuse a packet and a connection.
        (Writer::Security, 5152 | 5156 | 5157) => Some(Told {
            orig: end("SourceAddress", "SourcePort"),
            resp: end("DestAddress", "DestPort"),
            proto: transport(message.get("Protocol").as_bytes()),
            out: match message.get("Direction") {
                "%%14592" | "Inbound" => Some(false),
                "%%14593" | "Outbound" => Some(true),
                _ => None,
            },
            denied: message.id != 5156,
        }),
        _ => None,
    }
}

/// The address of the computer that wrote an event, where the event tells it.
pub(super) fn own_address(message: &Message<'_>) -> Option<Addr> {
    let told = flow(message)?;
    let own = if told.out? { told.orig.0 } else { told.resp.0 };
    own.filter(|addr| is_a_hosts(*addr))
}

/// Neither a loopback, nor for all, nor for many, nor of the link.
fn is_a_hosts(addr: Addr) -> bool {
    match addr.to_ip() {
        std::net::IpAddr::V4(v4) => {
            !(v4.is_loopback() || v4.is_unspecified() || v4.is_multicast() || v4.is_broadcast() || v4.is_link_local())
        }
        std::net::IpAddr::V6(v6) => !(v6.is_loopback() || v6.is_unspecified() || v6.is_multicast() || v6.is_unicast_link_local()),
    }
}

/// The rows of `conn` and `dns` that an event tells.
pub(super) fn rows(message: &Message<'_>, at: Timestamp, own: End, dns: Option<&Dns>, out: &mut dyn FnMut(Event)) {
    if let Some(told) = flow(message) {
        if told.orig.0.is_some() && told.resp.0.is_some() {
            let number = message.get("ProcessGuid");
            let flow = Flow { at, proto: told.proto, orig: told.orig, resp: told.resp, number: number.as_bytes() };
            out(if told.denied { flow.denied() } else { flow.row() });
        }
        return;
    }
    let asks = match (writer(message), message.id) {
        (Writer::Sysmon, 22) => true,
        (_, 3008) => message.provider == "Microsoft-Windows-DNS-Client",
        _ => false,
    };
    let name = message.get("QueryName");
    if let Some(dns) = dns.filter(|_| asks && !name.is_empty()) {
        out(question(message, at, own, dns, name));
    }
}

fn question(message: &Message<'_>, at: Timestamp, own: End, dns: &Dns, name: &str) -> Event {
    /// Answers that are kept: as many as fit into a small packet.
    const ANSWERS_MAX: usize = 64;
    // `type:  5 a.example;::ffff:203.0.113.9;`
    let results = message.get("QueryResults").split(';').map(str::trim).filter(|answer| !answer.is_empty()).take(ANSWERS_MAX);
    let answers: Vec<&str> = results.map(|answer| answer.strip_prefix("type:").map_or(answer, |rest| last_word(rest))).collect();
    let first = answers.iter().find_map(|answer| addr(answer.as_bytes()));
    // Sysmon does not say which type was asked for; an address of an answer does.
    let qtype: &[u8] = match (message.number("QueryType"), first) {
        (Some(1), _) => b"A",
        (Some(28), _) => b"AAAA",
        (None, Some(addr)) => {
            if addr.is_v4() {
                b"A"
            } else {
                b"AAAA"
            }
        }
        _ => b"",
    };
    let mut row = dns.row(at, own, None, &Question { name: name.as_bytes(), qtype, tcp: false });
    let answer =
        |text: &&str| addr(text.as_bytes()).map_or_else(|| Value::from(text.as_bytes()), |addr| Value::from(addr.to_ip().to_string()));
    row.set(dns.answers, Value::list_or_unset(answers.iter().map(answer)));
    // Windows' own numbers: DNS_ERROR_RCODE_NAME_ERROR and its like.
    match message.number("QueryStatus") {
        Some(0) => dns.answered(&mut row, b"NOERROR"),
        Some(9001) => dns.answered(&mut row, b"FORMERR"),
        Some(9002) => dns.answered(&mut row, b"SERVFAIL"),
        Some(9003) => dns.answered(&mut row, b"NXDOMAIN"),
        Some(9005) => dns.answered(&mut row, b"REFUSED"),
        _ => {}
    }
    row
}

fn last_word(text: &str) -> &str {
    text.rsplit(' ').next().unwrap_or_default()
}
