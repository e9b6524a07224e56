//! TLS, SSL and DTLS: handshakes, the certificates in them, and their fingerprints.
//!
//! SSL 2.0 and 3.0, TLS 1.0 to 1.3, DTLS 1.0 to 1.3, on any port and inside whatever hands over a stream (STARTTLS,
//! proxies). Nothing is decrypted.
//!
//! Source: RFC 5246, RFC 6347, RFC 8446, RFC 9147, SSL 2.0. Left out: TLS 1.3's messages after the server's hello, which
//! are encrypted, and SSL 2.0's client certificates.

mod dtls;
mod fingerprint;
mod hello;
pub mod log;
mod names;
mod record;
mod session;
mod suites;
#[cfg(test)]
mod tests;
pub mod validate;

pub(crate) use fingerprint::Carrier;
pub(crate) use hello::Cursor;
pub(crate) use session::Session;

use contract::{Analyzer, FlowInfo, Heads, Protocol, Side, Transport, Verdict};
use model::Kind;

/// TLS and SSL over TCP.
#[derive(Debug)]
pub struct Ssl;

impl Protocol for Ssl {
    fn name(&self) -> &'static str {
        "ssl"
    }

    fn transports(&self) -> &'static [Transport] {
        &[Transport::Tcp]
    }

    fn ports(&self) -> &'static [(Transport, u16)] {
        const TCP: Transport = Transport::Tcp;
        &[
            (TCP, 443),
            (TCP, 563),
            (TCP, 585),
            (TCP, 614),
            (TCP, 636),
            (TCP, 989),
            (TCP, 990),
            (TCP, 992),
            (TCP, 993),
            (TCP, 995),
            (TCP, 5223),
        ]
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[&log::KIND, &validate::CHAIN, &crate::x509::log::KIND, &crate::x509::log::KNOWN, &crate::ocsp::KIND]
    }

    fn probe(&self, heads: &Heads<'_>) -> Verdict {
        one_of([client_probe(heads.orig), client_probe(heads.resp), server_probe(heads.orig), server_probe(heads.resp)])
    }

    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::new(record::Tls::new())
    }
}

/// DTLS over UDP.
#[derive(Debug)]
pub struct Dtls;

impl Protocol for Dtls {
    fn name(&self) -> &'static str {
        "dtls"
    }

    fn transports(&self) -> &'static [Transport] {
        &[Transport::Udp]
    }

    fn ports(&self) -> &'static [(Transport, u16)] {
        &[(Transport::Udp, 443)]
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        Ssl.kinds()
    }

    fn probe(&self, heads: &Heads<'_>) -> Verdict {
        one_of(Side::BOTH.map(|side| dtls_probe(heads.of(side))))
    }

    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::new(dtls::Dtls::new())
    }
}

/// Yes if any says so, unsure if any is, no otherwise.
fn one_of<const N: usize>(verdicts: [Verdict; N]) -> Verdict {
    if verdicts.contains(&Verdict::Yes) {
        Verdict::Yes
    } else if verdicts.contains(&Verdict::Unsure) {
        Verdict::Unsure
    } else {
        Verdict::No
    }
}

/// Byte by byte against a pattern of tests; unsure where the bytes end before the pattern.
fn matches(bytes: &[u8], pattern: &[fn(u8) -> bool]) -> Verdict {
    if bytes.iter().zip(pattern).any(|(&byte, test)| !test(byte)) {
        Verdict::No
    } else if bytes.len() < pattern.len() {
        Verdict::Unsure
    } else {
        Verdict::Yes
    }
}

const ANY: fn(u8) -> bool = |_| true;
const THREE: fn(u8) -> bool = |byte| byte == 3;
const MINOR: fn(u8) -> bool = |byte| byte <= 3;
const HANDSHAKE: fn(u8) -> bool = |byte| byte == 22;

/// A TLS record with a client's hello.
fn client_probe(bytes: &[u8]) -> Verdict {
    const HELLO: fn(u8) -> bool = |byte| byte == 1;
    matches(bytes, &[HANDSHAKE, THREE, MINOR, ANY, ANY, HELLO, ANY, ANY, ANY, THREE, MINOR])
}

/// A TLS record with a server's hello, perhaps behind an alert.
fn server_probe(bytes: &[u8]) -> Verdict {
    const HELLO: fn(u8) -> bool = |byte| byte == 2;
    const ALERT: fn(u8) -> bool = |byte| byte == 21;
    const HEAD: [fn(u8) -> bool; 9] = [HANDSHAKE, THREE, MINOR, ANY, ANY, HELLO, ANY, ANY, ANY];
    let bytes = match matches(bytes, &[ALERT, THREE, MINOR, ANY, ANY, ANY, ANY]) {
        Verdict::Yes => &bytes[7..],
        Verdict::Unsure => return Verdict::Unsure,
        Verdict::No => bytes,
    };
    match matches(bytes, &HEAD) {
        Verdict::Yes => match bytes[HEAD.len()..] {
            [] | [3 | 0x7f] => Verdict::Unsure,
            [3, 0..=4, ..] | [0x7f, 0..=0x50, ..] => Verdict::Yes,
            _ => Verdict::No,
        },
        other => other,
    }
}

/// A DTLS record of the first epoch with a client's hello.
fn dtls_probe(bytes: &[u8]) -> Verdict {
    const FE: fn(u8) -> bool = |byte| byte == 0xfe;
    const MINOR: fn(u8) -> bool = |byte| matches!(byte, 0xff | 0xfd);
    const ZERO: fn(u8) -> bool = |byte| byte == 0;
    const HELLO: fn(u8) -> bool = |byte| byte == 1;
    #[rustfmt::skip]
    let pattern = [
        HANDSHAKE, FE, MINOR, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ANY, ANY, ANY, HELLO,
        ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, FE, MINOR,
    ];
    match matches(bytes, &pattern) {
        // Where STUN found the way, DTLS may follow on it; the analyzer goes over the one and waits for the other.
        _ if dtls::is_stun(bytes) => Verdict::Yes,
        Verdict::Unsure if !bytes.is_empty() => Verdict::No,
        verdict => verdict,
    }
}
