//! RADIUS (RFC 2865): who is let into a network.
//!
//! ```text
//! | code (1) | id (1) | length (2) | authenticator (16) | attributes: type (1), length of the whole attribute (1), value … |
//! ```
//!
//! Left out: accounting.

mod analyzer;
pub mod log;

pub use log::KIND;

use contract::{Analyzer, FlowInfo, Heads, Protocol, Transport, Verdict};
use model::Kind;

/// The catalogue's row.
#[derive(Debug)]
pub struct Radius;

impl Protocol for Radius {
    fn name(&self) -> &'static str {
        "radius"
    }

    fn transports(&self) -> &'static [Transport] {
        &[Transport::Udp]
    }

    fn ports(&self) -> &'static [(Transport, u16)] {
        &[(Transport::Udp, 1812)]
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[&KIND]
    }

    fn probe(&self, _heads: &Heads<'_>) -> Verdict {
        Verdict::No
    }

    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::new(analyzer::Radius::default())
    }
}
