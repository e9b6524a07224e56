//! Calls that need no repetition to be odd: TLS that nobody vouches for, a lasting channel of an unknown protocol to an address
//! without a name, a form sent to a script that no page led to.
//!
//! Remote control tools come with a certificate of their own making, listen where nobody else does, and name no server; gates of
//! stealers are scripts on bare addresses and dynamic names. Each sign is ordinary by itself, so they add up here, too.

use super::signs::{is_bare, is_neighbour, is_usual};
use crate::domain;
use contract::seen::{Conn, Http, Ssl};
use contract::{Destination, Known, Severity};
use model::{Addr, Interval};

/// A channel is no shorter than this, in seconds: what ends sooner is a question and its answer.
const CHANNEL_SECS_MIN: f64 = 60.0;

/// What is said of a single call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Single {
    pub(super) severity: Severity,
    pub(super) confidence: u8,
    pub(super) signs: u32,
}

/// A TLS handshake: self-signed 2 or of an unknown issuer 1, a port where nobody runs TLS 2, no server name 1, an address that
/// no name led to 1 or a dynamic name 2. High from 5, medium from 4.
pub(super) fn tls(ssl: &Ssl<'_>, client: Addr, server: Addr, port: u16, known: &dyn Known) -> Option<Single> {
    // Calls and games speak DTLS with certificates made for the moment.
    let other = !ssl.server_name().is_empty() || ssl.version().starts_with(b"DTLS") || is_usual(port);
    if !known.is_inside(client) || known.is_inside(server) || other {
        return None;
    }
    let vouched = match ssl.validation_status() {
        b"self signed certificate" | b"self-signed certificate" => 2,
        b"unable to get local issuer certificate" | b"self signed certificate in certificate chain" => 1,
        _ => return None,
    };
    let name = known.name(client, server);
    let named = match name {
        None => 1,
        Some(name) if domain::is_dynamic(name) => 2,
        Some(_) => 0,
    };
    let reach = known.reach(name.map_or(Destination::Addr(server), Destination::Name));
    let signs = (vouched + 2 + 1 + named) - if reach.hosts >= 3 { 2 } else { 0 };
    // Who gives the client a certificate, too, knows it: backups and the agents of an organisation.
    let mutual = ssl.client_cert_chain_fps().next().is_some();
    match signs {
        5.. if !mutual => Some(Single { severity: Severity::High, confidence: 90, signs }),
        4.. => Some(Single { severity: Severity::Medium, confidence: 75, signs }),
        _ => None,
    }
}

/// A connection of a minute and more, in which both sides speak what no reader knows, to an address outside on a port where
/// nothing is usually served, by a host that has hardly another such (file sharing has many).
pub(super) fn channel(conn: &Conn<'_>, client: Addr, server: Addr, port: u16, others: usize, known: &dyn Known) -> Option<Single> {
    let alive = conn.orig_bytes().unwrap_or(0) > 0 && conn.resp_bytes().unwrap_or(0) > 0;
    let lasting = conn.duration().map_or(0.0, Interval::secs_f64) >= CHANNEL_SECS_MIN;
    if !alive || !lasting || !conn.service().is_empty() || others > super::ODD_SERVERS_MAX || is_usual(port) {
        return None;
    }
    if !known.is_inside(client) || known.is_inside(server) || !conn.history().starts_with(b"Sh") {
        return None;
    }
    match known.name(client, server) {
        None => Some(Single { severity: Severity::Medium, confidence: 60, signs: 3 }),
        Some(name) if domain::is_dynamic(name) => Some(Single { severity: Severity::Medium, confidence: 80, signs: 4 }),
        Some(_) => None,
    }
}

/// A form for a script on a bare address or a dynamic name, which no page led to.
pub(super) fn gate(http: &Http<'_>, client: Addr, server: Addr, path: &[u8], known: &dyn Known) -> Option<Single> {
    let sent = http.request_body_len().unwrap_or(0) > 0;
    let bare = is_bare(http.host()) || http.host().is_empty();
    let dynamic = domain::is_dynamic(http.host());
    if http.method() != b"POST" || !sent || !http.referrer().is_empty() || !(bare || dynamic) || is_neighbour(client, server) {
        return None;
    }
    if !known.is_inside(client) || known.is_inside(server) {
        return None;
    }
    let script = path.ends_with(b".php") || path.ends_with(b".asp") || path.ends_with(b".aspx") || path.ends_with(b".jsp");
    // A browser that sends a form says from which page; who claims to be one and does not is none.
    let pretends = http.user_agent().starts_with(b"Mozilla/") || http.user_agent().is_empty();
    let signs = 1 + u32::from(script) + u32::from(pretends) + if dynamic { 2 } else { 1 };
    let (severity, confidence) = match (script, pretends) {
        (true, true) => (Severity::High, 88),
        (true, false) => (Severity::Medium, 75),
        (false, true) => (Severity::Medium, 60),
        (false, false) => return None,
    };
    Some(Single { severity, confidence, signs })
}
