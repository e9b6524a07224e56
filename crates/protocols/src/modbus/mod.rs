//! Modbus/TCP: the oldest protocol of industrial controllers.
//!
//! Left out: which registers are read and written, and what they hold.

mod analyzer;
pub mod codec;
pub mod log;
#[cfg(test)]
mod tests;

pub use log::KIND;

use contract::{Analyzer, FlowInfo, Heads, Protocol, Transport, Verdict};
use model::Kind;

/// The catalogue's row.
#[derive(Debug)]
pub struct Modbus;

impl Protocol for Modbus {
    fn name(&self) -> &'static str {
        "modbus"
    }

    fn transports(&self) -> &'static [Transport] {
        &[Transport::Tcp]
    }

    fn ports(&self) -> &'static [(Transport, u16)] {
        &[(Transport::Tcp, 502)]
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[&KIND]
    }

    fn probe(&self, _heads: &Heads<'_>) -> Verdict {
        Verdict::No
    }

    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::new(analyzer::Modbus::default())
    }
}
