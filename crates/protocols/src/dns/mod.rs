//! The domain name system and its relatives: DNS over UDP and TCP (RFC 1035), multicast DNS (RFC 6762), link-local
//! multicast name resolution (RFC 4795) and the NetBIOS name service (RFC 1002), with EDNS (RFC 6891), DNSSEC (RFC 4034,
//! RFC 5155), dynamic updates (RFC 2136) and service bindings (RFC 9460).
//!
//! Left out: encrypted transports, the authority and additional sections (as in Zeek's default), and recognition on other
//! ports: a DNS message has too few fixed bytes to tell it from other datagrams, and Zeek knows no signature for it either.

mod analyzer;
pub mod codec;
pub mod log;
pub mod names;
pub mod netbios;
pub mod record;
mod session;
#[cfg(test)]
mod tests;

pub use log::KIND;

use contract::{Analyzer, FlowInfo, Heads, Protocol, Transport, Verdict};
use model::{Interval, Kind};

/// A resolver that got no answer asks anew within seconds; its next question from the same port is another matter (Zeek's
/// `dns_session_timeout`).
const SESSION_IDLE: Interval = Interval::from_secs(10);

/// The catalogue's row.
#[derive(Debug)]
pub struct Dns;

impl Protocol for Dns {
    fn name(&self) -> &'static str {
        "dns"
    }

    fn transports(&self) -> &'static [Transport] {
        &[Transport::Udp, Transport::Tcp]
    }

    fn ports(&self) -> &'static [(Transport, u16)] {
        &[(Transport::Udp, 53), (Transport::Tcp, 53), (Transport::Udp, 137), (Transport::Udp, 5353), (Transport::Udp, 5355)]
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[&KIND]
    }

    fn probe(&self, _heads: &Heads<'_>) -> Verdict {
        Verdict::No
    }

    fn datagram_idle(&self) -> Option<Interval> {
        Some(SESSION_IDLE)
    }

    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::new(analyzer::Dns::default())
    }
}
