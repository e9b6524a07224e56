//! The raw material: a banner that was seen.

use contract::{Emit, Side};
use model::{Addr, Column, Field, Kind, TS_KEY, Timestamp, Type, field};

/// Internal: a banner that a host sent.
pub(super) const SEEN: Kind = Kind { name: "_software", doc: "A host said what it runs (internal).", keys: TS_KEY, fields: FIELDS };

const FIELDS: &[Field] = &[
    field("host", Type::ADDR, "", "The host."),
    field("port", Type::PORT, "", "Its port, where it is the server."),
    field("kind", Type::ENUM, "", "What kind of software it is."),
    field("banner", Type::STRING, "", "What it said."),
];

/// The host.
pub(super) const HOST: Column = SEEN.column("host");
/// Its port.
pub(super) const PORT: Column = SEEN.column("port");
/// What kind of software it is.
pub(super) const KIND: Column = SEEN.column("kind");
/// What it said.
pub(super) const BANNER: Column = SEEN.column("banner");

/// A banner.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// What kind of software, by Zeek's name: `HTTP::BROWSER` …
    pub kind: &'static str,
    /// What it said.
    pub banner: &'a [u8],
}

/// Tells of a banner that `side` sent. Hosts outside are nobody's inventory and cost nothing.
pub fn emit(at: Timestamp, side: Side, seen: &Seen<'_>, out: &mut dyn Emit) {
    let (host, port): (Addr, u16) = out.flow().end(side);
    emit_for(at, host, (side == Side::Resp).then_some(port), seen.kind, seen.banner, out);
}

/// Tells of a banner of a host that need not be an end of the flow.
pub fn emit_for(at: Timestamp, host: Addr, port: Option<u16>, kind: &'static str, banner: &[u8], out: &mut dyn Emit) {
    if !host.is_private() {
        return;
    }
    let mut row = model::Event::new(&SEEN, at).with(HOST, host).with(KIND, kind).with(BANNER, banner);
    if let Some(port) = port {
        row.set(PORT, model::Value::Port(port));
    }
    out.event(row);
}
