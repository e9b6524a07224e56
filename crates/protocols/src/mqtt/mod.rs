//! MQTT: who connects to a broker, what is published, who wants to hear it.
//!
//! Source: MQTT 3.1 and 3.1.1. Left out, as in Zeek: the properties of version 5.

mod analyzer;
pub mod log;
#[cfg(test)]
mod tests;

use contract::{Analyzer, FlowInfo, Heads, Protocol, Side, Transport, Verdict};
use model::Kind;

/// MQTT over TCP.
#[derive(Debug)]
pub struct Mqtt;

impl Protocol for Mqtt {
    fn name(&self) -> &'static str {
        "mqtt"
    }

    fn transports(&self) -> &'static [Transport] {
        &[Transport::Tcp]
    }

    fn ports(&self) -> &'static [(Transport, u16)] {
        &[(Transport::Tcp, 1883)]
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[&log::CONNECT, &log::PUBLISH, &log::SUBSCRIBE]
    }

    /// The protocol's name, which begins with MQ, behind the header of a CONNECT.
    fn probe(&self, heads: &Heads<'_>) -> Verdict {
        const NAME_ENDS: usize = 9;
        let heads = Side::BOTH.map(|side| heads.of(side));
        if heads.iter().any(|head| head.len() > 4 && head[4..head.len().min(NAME_ENDS)].windows(2).any(|pair| pair == b"MQ")) {
            Verdict::Yes
        } else if heads.iter().any(|head| head.len() < NAME_ENDS) {
            Verdict::Unsure
        } else {
            Verdict::No
        }
    }

    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::<analyzer::Mqtt>::default()
    }
}
