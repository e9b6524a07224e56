//! HTTP/1.x and HTTP/0.9 (RFC 9110, RFC 9112, RFC 1945), with Zeek's reading of what is broken.
//!
//! Requests are matched with replies through pipelining and 1xx; bodies go to the engine as files: slices of the stream
//! where they come plain, unpacked where they come packed (gzip, deflate, brotli), put together where they come in ranges or
//! parts. CONNECT and upgrades hand the stream on. Leaves out HTTP/2 and /3.

mod analyzer;
mod brotli;
mod codec;
mod connection;
mod declared;
mod entity;
mod handshake;
mod inflate;
pub mod log;
mod message;
mod software;
mod sqli;
mod transaction;

use crate::mime::{base64, token};
use crate::websocket::log as websocket;
use contract::{Analyzer, Emit, FlowInfo, Heads, Protocol, Transport, Verdict};
use model::kinds::tunnel as tunnel_log;
use model::{Column, Kind, Timestamp, Value};

/// The protocol.
pub struct Http;

/// The ports that Zeek tries without looking.
const PORTS: &[(Transport, u16)] = &[
    (Transport::Tcp, 80),
    (Transport::Tcp, 81),
    (Transport::Tcp, 631),
    (Transport::Tcp, 1080),
    (Transport::Tcp, 3128),
    (Transport::Tcp, 8000),
    (Transport::Tcp, 8080),
    (Transport::Tcp, 8888),
];

/// The methods that make a first line a request, as Zeek's signature lists them.
const METHODS: &[&[u8]] = &[
    b"OPTIONS",
    b"GET",
    b"HEAD",
    b"POST",
    b"PUT",
    b"DELETE",
    b"ACL",
    b"BASELINE-CONTROL",
    b"BIND",
    b"CHECKIN",
    b"CHECKOUT",
    b"CONNECT",
    b"COPY",
    b"LABEL",
    b"LINK",
    b"LOCK",
    b"MERGE",
    b"MKACTIVITY",
    b"MKCALENDAR",
    b"MKCOL",
    b"MKREDIRECTREF",
    b"MOVE",
    b"ORDERPATCH",
    b"PATCH",
    b"PROPFIND",
    b"PROPPATCH",
    b"QUERY",
    b"REBIND",
    b"REPORT",
    b"SEARCH",
    b"TRACE",
    b"UNBIND",
    b"UNCHECKOUT",
    b"UNLINK",
    b"UNLOCK",
    b"UPDATE",
    b"VERSION-CONTROL",
    b"BCOPY",
    b"BDELETE",
    b"BMOVE",
    b"BPROPFIND",
    b"BPROPPATCH",
    b"NOTIFY",
    b"POLL",
    b"SUBSCRIBE",
    b"UNSUBSCRIBE",
    b"X-MS-ENUMATTS",
    b"MKWORKSPACE",
    b"RPC_IN_DATA",
    b"RPC_OUT_DATA",
];
/// The longest of [`METHODS`].
const METHOD_BYTES_MAX: usize = 16;

impl Protocol for Http {
    fn name(&self) -> &'static str {
        "http"
    }
    fn transports(&self) -> &'static [Transport] {
        &[Transport::Tcp]
    }
    fn ports(&self) -> &'static [(Transport, u16)] {
        PORTS
    }
    fn held_bytes_max(&self) -> usize {
        contract::HELD_BYTES_MAX + 2 * inflate::HELD_BYTES_MAX
    }
    fn kinds(&self) -> &'static [&'static Kind] {
        &[&log::KIND, &tunnel_log::KIND, &websocket::KIND, &crate::ocsp::KIND]
    }
    fn probe(&self, heads: &Heads<'_>) -> Verdict {
        // Either side is enough: one alone may already be longer than what is looked at.
        match (client(heads.orig), server(heads.resp)) {
            (Verdict::Yes, _) | (_, Verdict::Yes) => Verdict::Yes,
            (Verdict::No, Verdict::No) => Verdict::No,
            _ => Verdict::Unsure,
        }
    }
    fn open(&self, flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::new(analyzer::Http::new(flow.midstream))
    }
}

fn client(head: &[u8]) -> Verdict {
    let blanks = head.iter().take_while(|c| c.is_ascii_whitespace() || **c == 0x0b).count();
    let line = &head[blanks..];
    if METHODS.iter().any(|method| line.starts_with(method)) {
        return Verdict::Yes;
    }
    let may_become = line.len() < METHOD_BYTES_MAX && METHODS.iter().any(|method| method.starts_with(line));
    if may_become { Verdict::Unsure } else { Verdict::No }
}

fn server(head: &[u8]) -> Verdict {
    let known = head.len().min(5);
    match head.get(5) {
        _ if !head[..known].eq_ignore_ascii_case(&b"HTTP/"[..known]) => Verdict::No,
        Some(c) if c.is_ascii_digit() => Verdict::Yes,
        Some(_) => Verdict::No,
        None => Verdict::Unsure,
    }
}

/// A proxy granted a tunnel. Many of a client's connections may go through it, so that its row names no source port.
fn tunnel(at: Timestamp, out: &mut dyn Emit) {
    const ORIG_PORT: Column = tunnel_log::KIND.column("id.orig_p");
    const UID: Column = tunnel_log::KIND.column("uid");
    let mut row =
        out.flow().event(&tunnel_log::KIND, at).with(tunnel_log::TUNNEL_TYPE, "Tunnel::HTTP").with(tunnel_log::ACTION, "Tunnel::DISCOVER");
    row.set(ORIG_PORT, Value::Port(0));
    row.set(UID, Value::Unset);
    out.event(row);
}

#[cfg(test)]
mod tests;
