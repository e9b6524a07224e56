//! Checking the server's chain of certificates: raw material from the sessions, an answer in their rows.

use contract::{Correlator, FlowInfo};
use model::{Column, Event, FLOW_KEYS, Field, Kind, Timestamp, Type, Value, field};

/// What a session hands over for validation; it is never logged.
pub const CHAIN: Kind = Kind { name: "_ssl_chain", doc: "Raw material: a server's certificates.", keys: FLOW_KEYS, fields: CHAIN_FIELDS };
const CHAIN_FIELDS: &[Field] = &[field("certificates", Type::STRINGS, "", "The certificates, DER, the host's own first.")];
const CERTIFICATES: Column = CHAIN.column("certificates");

/// A session's chain.
pub(crate) fn chain_event(at: Timestamp, flow: &FlowInfo, chain: &[Box<[u8]>]) -> Event {
    flow.event(&CHAIN, at).with(CERTIFICATES, Value::list(chain.iter().cloned()))
}

/// Swallows the chains.
#[derive(Debug, Default)]
pub struct Validation;

impl Correlator for Validation {
    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }

    fn on_event(&mut self, event: &mut Event, _out: &mut Vec<Event>) -> bool {
        event.kind().name != CHAIN.name
    }

    fn on_tick(&mut self, _now: Timestamp, _last: bool, _out: &mut Vec<Event>) {}

    fn held_bytes(&self) -> usize {
        0
    }
}
