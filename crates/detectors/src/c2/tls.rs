//! Makeshift TLS servers: certificates that remote-access trojans make for themselves, on ports of their own.

use bounded::Table;
use contract::seen::{Ssl, X509};
use model::{Addr, Timestamp, Uid};

/// Certificates that are remembered until a handshake names them.
pub(super) const CERTIFICATES_MAX: usize = 8_192;
/// Pairs of a host and a makeshift server.
pub(super) const PAIRS_MAX: usize = 4_096;

/// A host's sessions with one makeshift server.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    pub(super) count: u64,
    pub(super) first: Option<Timestamp>,
    pub(super) last: Timestamp,
    pub(super) proof: Option<Uid>,
    pub(super) told: bool,
}

/// What a certificate is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Like {
    /// Its subject is nothing but a common name, and names no host.
    pub(super) makeshift: bool,
    /// It is signed by itself.
    pub(super) own: bool,
}

/// Certificates that are makeshift or signed by themselves, by a hash of their fingerprint.
pub(super) type Certificates = Table<u64, Like>;
/// Hosts, each with the nameless servers that vouch for themselves, by hash.
pub(super) type Vouchers = Table<Addr, [u64; 4]>;
/// Sessions by host, server and port.
pub(super) type Pairs = Table<(Addr, Addr, u16), Sessions>;

/// What a certificate is like, as far as its own words go.
pub(super) fn like(certificate: &X509<'_>) -> Like {
    let subject = certificate.subject();
    let names_host = subject.contains(&b'.') || subject.contains(&b'/') || certificate.san_dns().next().is_some();
    let makeshift = subject.starts_with(b"CN=") && !subject.contains(&b',') && !names_host;
    Like { makeshift, own: subject == certificate.issuer() }
}

/// Whether a handshake with a server that gives no name is on a port where web servers are.
pub(super) fn is_web(ssl: &Ssl<'_>, port: u16) -> bool {
    matches!(port, 443 | 8443) && ssl.server_name().is_empty() && ssl.established() == Some(true)
}

/// Whether a handshake is with a server that gives no name, on a port where TLS is not at home.
pub(super) fn is_odd(ssl: &Ssl<'_>, port: u16) -> bool {
    const AT_HOME: [u16; 26] = [
        25, 80, 110, 143, 443, 465, 563, 587, 636, 853, 989, 990, 992, 993, 994, 995, 3269, 3389, 5061, 5222, 5223, 5228, 5671, 8443, 8883,
        9443,
    ];
    let stream = !ssl.version().starts_with(b"DTLS");
    stream
        && ssl.validation_status() != b"ok"
        && ssl.server_name().is_empty()
        && ssl.established() == Some(true)
        && !AT_HOME.contains(&port)
}
