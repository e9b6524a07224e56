//! DHCP (RFC 2131): how hosts get their addresses. The analyzer reads messages, the correlator [`Leases`] joins those of one
//! transaction, which come in several flows, into a row of `dhcp.log`.
//!
//! Left out: DHCPv6, and BOOTP without DHCP's options.

mod analyzer;
pub mod codec;
mod lease;
pub mod log;
#[cfg(test)]
mod tests;

pub use lease::Leases;
pub use log::KIND;

use contract::{Analyzer, FlowInfo, Heads, Protocol, Side, Transport, Verdict};
use model::Kind;

/// The catalogue's row.
#[derive(Debug)]
pub struct Dhcp;

impl Protocol for Dhcp {
    fn name(&self) -> &'static str {
        "dhcp"
    }

    fn transports(&self) -> &'static [Transport] {
        &[Transport::Udp]
    }

    /// Only the server's: a client answers nothing, so its port must not make it the responder.
    fn ports(&self) -> &'static [(Transport, u16)] {
        &[(Transport::Udp, 67)]
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[&KIND, &log::message::KIND]
    }

    fn probe(&self, heads: &Heads<'_>) -> Verdict {
        let cookie = |side| heads.of(side).get(codec::COOKIE_OFFSET..).is_some_and(|rest| rest.starts_with(&codec::COOKIE));
        if heads.transport == Transport::Udp && Side::BOTH.into_iter().any(cookie) { Verdict::Yes } else { Verdict::No }
    }

    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::new(analyzer::Dhcp)
    }
}
