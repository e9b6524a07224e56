//! LDAP (RFC 4511) over TCP and, as Windows finds its domain controllers, over UDP (MS-ADTS section 6.3.3).
//!
//! Logons inside a bind (NTLM, Kerberos) are read by `gssapi`; messages that a logon wraps without sealing them are read
//! on, StartTLS goes to `ssl`. Left out: the changes of a modification, the attributes of an entry, and controls.

mod analyzer;
pub mod codec;
mod filter;
pub mod log;
mod names;
mod session;

use contract::{Analyzer, FlowInfo, Heads, Protocol, Transport, Verdict};
use model::Kind;

/// LDAP over TCP.
#[derive(Debug)]
pub struct LdapTcp;

/// LDAP over UDP.
#[derive(Debug)]
pub struct LdapUdp;

/// The tags of requests by which TCP is recognised: delete, bind, search, modify, add, rename, compare, extended.
const TCP_REQUESTS: &[u8] = &[0x4a, 0x60, 0x63, 0x66, 0x68, 0x6c, 0x6e, 0x77];
/// The same for UDP.
const UDP_REQUESTS: &[u8] = &[0x60, 0x63, 0x77];

impl Protocol for LdapTcp {
    fn name(&self) -> &'static str {
        "ldap_tcp"
    }

    fn transports(&self) -> &'static [Transport] {
        &[Transport::Tcp]
    }

    fn ports(&self) -> &'static [(Transport, u16)] {
        &[(Transport::Tcp, 389), (Transport::Tcp, 3268)]
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[&log::KIND, &log::SEARCH, &crate::kerberos::log::KIND, &crate::ntlm::log::KIND]
    }

    fn probe(&self, heads: &Heads<'_>) -> Verdict {
        probe(heads, TCP_REQUESTS)
    }

    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::new(analyzer::LdapAnalyzer::new("ldap_tcp"))
    }
}

impl Protocol for LdapUdp {
    fn name(&self) -> &'static str {
        "ldap_udp"
    }

    fn transports(&self) -> &'static [Transport] {
        &[Transport::Udp]
    }

    fn ports(&self) -> &'static [(Transport, u16)] {
        &[(Transport::Udp, 389)]
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[&log::KIND, &log::SEARCH, &crate::kerberos::log::KIND, &crate::ntlm::log::KIND]
    }

    fn probe(&self, heads: &Heads<'_>) -> Verdict {
        probe(heads, UDP_REQUESTS)
    }

    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::new(analyzer::LdapAnalyzer::new("ldap_udp"))
    }
}

/// A request from the client and the beginning of a message from the server.
fn probe(heads: &Heads<'_>, requests: &[u8]) -> Verdict {
    match (request(heads.orig, requests), heads.resp.first()) {
        (Verdict::No, _) | (_, Some(0..=0x2f | 0x31..)) => Verdict::No,
        (Verdict::Yes, Some(0x30)) => Verdict::Yes,
        _ => Verdict::Unsure,
    }
}

/// Whether a buffer begins with a message that holds one of some requests.
fn request(head: &[u8], requests: &[u8]) -> Verdict {
    let length_bytes = match head {
        [] | [0x30] => return Verdict::Unsure,
        [0x30, 5..=0x7f, ..] => 1,
        [0x30, long @ 0x81..=0x84, ..] => usize::from(long & 0x7f) + 1,
        _ => return Verdict::No,
    };
    match head.get(1 + length_bytes..).unwrap_or_default() {
        [] | [2] => Verdict::Unsure,
        [2, digits @ 1..=4, id @ ..] => match id.get(usize::from(*digits)) {
            Some(tag) if requests.contains(tag) => Verdict::Yes,
            Some(_) => Verdict::No,
            None => Verdict::Unsure,
        },
        _ => Verdict::No,
    }
}
