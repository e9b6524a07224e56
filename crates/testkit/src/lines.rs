//! What devices would have logged of traffic: firewalls, name servers and proxies, as lines in the form of their own
//! documentation. So the same flows can be read twice, once as packets and once as logs, and must be understood alike.
//!
//! FWSM's lines are those of S1 (`%FWSM-613: Built …`, `%FWSM-614: Teardown …`, `%FWSM-615: Built UDP …`), ASA's those of its
//! syslog guide (302013-302016, 302020, 302021, 106023), BIND's those of its manual's category `queries`, Squid's its native
//! format. Left out: what the devices say of themselves.

use model::{Addr, Civil, Timestamp};
use std::fmt::Write as _;

/// How a flow ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// As it should.
    Closed,
    /// Nobody answered.
    Unanswered,
    /// The responder refused it (TCP RST).
    Refused,
    /// The originator broke it off.
    ResetByOrig,
    /// The responder broke it off.
    ResetByResp,
    /// The firewall denied it.
    Denied,
}

/// A flow.
#[derive(Clone, Debug)]
pub struct Flow {
    /// When it began and when it ended.
    pub span: (Timestamp, Timestamp),
    /// `tcp`, `udp` or `icmp`.
    pub proto: &'static str,
    /// Who opened it (for ICMP: the type as port).
    pub orig: (Addr, u16),
    /// To whom (for ICMP: the code as port).
    pub resp: (Addr, u16),
    /// Payload of both directions.
    pub bytes: u64,
    /// How it ended.
    pub ending: Ending,
}

/// A question to a name server.
#[derive(Clone, Debug)]
pub struct Query {
    /// When.
    pub at: Timestamp,
    /// Who asked.
    pub client: (Addr, u16),
    /// Which server.
    pub server: Addr,
    /// For what name.
    pub name: String,
    /// For records of which type, by name.
    pub qtype: String,
}

/// A request to a proxy.
#[derive(Clone, Debug)]
pub struct Request {
    /// When it was answered, or its tunnel ended.
    pub at: Timestamp,
    /// For how many milliseconds it went on.
    pub elapsed_ms: u64,
    /// Who asked.
    pub client: Addr,
    /// `GET`, `CONNECT` …
    pub method: String,
    /// The URL; `host:port` for CONNECT.
    pub url: String,
    /// The status.
    pub status: u16,
    /// Bytes to the client.
    pub bytes: u64,
    /// Where it was fetched.
    pub origin: Addr,
}

/// How long a firewall waits for an answer to a SYN, in seconds.
const SYN_TIMEOUT_SECS: i64 = 30;

/// A line and its time.
type Line = (Timestamp, String);

/// What an FWSM logs of flows, as printed in S1.
pub fn fwsm(flows: &[Flow]) -> String {
    let mut lines: Vec<Line> = Vec::new();
    for (number, flow) in flows.iter().enumerate() {
        let number = 219_000_000 + number;
        let (foreign, local, way) = sides(flow);
        let ends = |of: (Addr, u16)| format!("{}/{}", of.0, of.1);
        let pair = format!("faddr {} gaddr {} laddr {}", ends(foreign), ends(local), ends(local));
        let head =
            |at: Timestamp, code: &str| format!("{} 192.168.1.252 {}: %FWSM-{code}: ", civil(at, Form::Syslog), civil(at, Form::Cisco));
        let (begin, end) = (flow.span.0, ended(flow));
        match (flow.ending, flow.proto) {
            (Ending::Denied, _) => lines.push((begin, format!("{}{}", head(begin, "4-106023"), denied(flow)))),
            (_, "tcp") => {
                lines.push((begin, format!("{}Built {way} TCP connection {number} for {pair}", head(begin, "613"))));
                let told = format!("duration {} bytes {} ({})", length(flow, end), flow.bytes, reason(flow, way));
                lines.push((end, format!("{}Teardown TCP connection {number} {pair} {told}", head(end, "614"))));
            }
            (_, "udp") => {
                lines.push((begin, format!("{}Built UDP connection for {pair}", head(begin, "615"))));
                let told = format!("duration {} bytes {}", length(flow, end), flow.bytes);
                lines.push((end, format!("{}Teardown UDP connection for {pair} {told}", head(end, "616"))));
            }
            _ => icmp(flow, foreign, local, way, &mut |at, code, text| lines.push((at, format!("{}{text}", head(at, code))))),
        }
    }
    joined(lines)
}

/// What an ASA logs of flows.
pub fn asa(flows: &[Flow]) -> String {
    let mut lines: Vec<Line> = Vec::new();
    for (number, flow) in flows.iter().enumerate() {
        let (foreign, local, way) = sides(flow);
        let head = |at: Timestamp, code: &str| format!("<166>{}: %ASA-{code}: ", civil(at, Form::Cisco));
        let ends = |of: (Addr, u16)| format!("{}:{}/{}", interface(of.0), of.0, of.1);
        let mapped = |of: (Addr, u16)| format!("{} ({}/{})", ends(of), of.0, of.1);
        let (begin, end) = (flow.span.0, ended(flow));
        let (name, built, torn) = match flow.proto {
            "tcp" => ("TCP", "6-302013", "6-302014"),
            _ => ("UDP", "6-302015", "6-302016"),
        };
        match (flow.ending, flow.proto) {
            (Ending::Denied, _) => lines.push((begin, format!("{}{}", head(begin, "4-106023"), denied(flow)))),
            (_, "tcp" | "udp") => {
                let pair = format!("{} to {}", mapped(foreign), mapped(local));
                lines.push((begin, format!("{}Built {way} {name} connection {number} for {pair}", head(begin, built))));
                let mut told = format!("duration {} bytes {}", length(flow, end), flow.bytes);
                if flow.proto == "tcp" {
                    let _ = write!(told, " {}", reason(flow, way));
                }
                let pair = format!("{} to {}", ends(foreign), ends(local));
                lines.push((end, format!("{}Teardown {name} connection {number} for {pair} {told}", head(end, torn))));
            }
            _ => icmp(flow, foreign, local, way, &mut |at, code, text| lines.push((at, format!("{}{text}", head(at, code))))),
        }
    }
    joined(lines)
}

/// What BIND logs of questions.
pub fn bind(queries: &[Query]) -> String {
    let line = |query: &Query| {
        let Query { client, server, name, qtype, .. } = query;
        let at = civil(query.at, Form::Bind);
        (query.at, format!("{at} client @0x7f3a5c0 {}#{} ({name}): query: {name} IN {qtype} + ({server})", client.0, client.1))
    };
    joined(queries.iter().map(line).collect())
}

/// What Squid logs of requests.
pub fn squid(requests: &[Request]) -> String {
    let line = |request: &Request| {
        let Request { elapsed_ms, client, method, url, status, bytes, origin, .. } = request;
        let (secs, millis) = (request.at.nanos().div_euclid(1_000_000_000), request.at.nanos().rem_euclid(1_000_000_000) / 1_000_000);
        let result = if method == "CONNECT" { "TCP_TUNNEL" } else { "TCP_MISS" };
        let told = format!("{result}/{status} {bytes} {method} {url} - HIER_DIRECT/{origin} -");
        (request.at, format!("{secs}.{millis:03} {elapsed_ms:>6} {client} {told}"))
    };
    joined(requests.iter().map(line).collect())
}

/// The outer end, the inner one, and which of them opened the flow. Between two inner networks the responder's side is the outer.
fn sides(flow: &Flow) -> ((Addr, u16), (Addr, u16), &'static str) {
    if flow.orig.0.is_private() { (flow.resp, flow.orig, "outbound") } else { (flow.orig, flow.resp, "inbound") }
}

fn interface(addr: Addr) -> &'static str {
    if addr.is_private() { "inside" } else { "outside" }
}

fn ended(flow: &Flow) -> Timestamp {
    match flow.ending {
        Ending::Unanswered => flow.span.0 + model::Interval::from_secs(SYN_TIMEOUT_SECS),
        _ => flow.span.1,
    }
}

/// Why a TCP session ended. `I` and `O` are the inside and the outside.
fn reason(flow: &Flow, way: &str) -> &'static str {
    match (flow.ending, way) {
        (Ending::Unanswered, _) => "SYN Timeout",
        (Ending::Refused | Ending::ResetByResp, "outbound") | (Ending::ResetByOrig, "inbound") => "TCP Reset-O",
        (Ending::Refused | Ending::ResetByResp | Ending::ResetByOrig, _) => "TCP Reset-I",
        _ => "TCP FINs",
    }
}

fn denied(flow: &Flow) -> String {
    let end = |of: (Addr, u16)| format!("{}:{}/{}", interface(of.0), of.0, of.1);
    let (src, dst) = match flow.proto {
        "icmp" => (
            format!("{}:{}", interface(flow.orig.0), flow.orig.0),
            format!("{}:{} (type {}, code {})", interface(flow.resp.0), flow.resp.0, flow.orig.1, flow.resp.1),
        ),
        _ => (end(flow.orig), end(flow.resp)),
    };
    format!("Deny {} src {src} dst {dst} by access-group \"outgoing\" [0x0, 0x0]", flow.proto)
}

/// An ICMP session's lines, by [`Line`]'s parts: its number is the echo's, which a flow does not keep.
fn icmp(flow: &Flow, foreign: (Addr, u16), local: (Addr, u16), way: &str, out: &mut dyn FnMut(Timestamp, &str, String)) {
    let (faddr, laddr) = (format!("faddr {}/0", foreign.0), format!("laddr {}/512", local.0));
    let about = format!("for {faddr} gaddr {}/512 {laddr} type {} code {}", local.0, flow.orig.1, 0);
    out(flow.span.0, "6-302020", format!("Built {way} ICMP connection {about}"));
    out(ended(flow), "6-302021", format!("Teardown ICMP connection {about}"));
}

fn length(flow: &Flow, end: Timestamp) -> String {
    let secs = (end - flow.span.0).nanos() / 1_000_000_000;
    format!("{}:{:02}:{:02}", secs / 3600, secs / 60 % 60, secs % 60)
}

enum Form {
    /// `Oct 26 09:42:48`.
    Syslog,
    /// `Oct 26 2006 09:42:47`.
    Cisco,
    /// `26-Oct-2006 09:42:47.123`.
    Bind,
}

fn civil(at: Timestamp, form: Form) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let Civil { year, month, day, hour, minute, second, .. } = Civil::of(at);
    let name = MONTHS[usize::from(month).clamp(1, 12) - 1];
    match form {
        Form::Syslog => format!("{name} {day:>2} {hour:02}:{minute:02}:{second:02}"),
        Form::Cisco => format!("{name} {day:02} {year} {hour:02}:{minute:02}:{second:02}"),
        Form::Bind => {
            let millis = at.nanos().rem_euclid(1_000_000_000) / 1_000_000;
            format!("{day:02}-{name}-{year} {hour:02}:{minute:02}:{second:02}.{millis:03}")
        }
    }
}

fn joined(mut lines: Vec<Line>) -> String {
    lines.sort_by_key(|(at, _)| *at);
    lines.into_iter().fold(String::new(), |mut text, (_, line)| {
        text.push_str(&line);
        text.push('\n');
        text
    })
}
