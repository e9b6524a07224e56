//! The WebSocket handshake (RFC 6455 section 4), as far as it stands in HTTP headers, and the row that it earns.

use super::log as http;
use crate::mime::Header;
use crate::websocket::log;
use contract::{Emit, Side};
use model::{Event, Timestamp, Value};

/// The headers that both sides exchange.
#[derive(Debug, Default)]
pub(super) struct Handshake {
    protocols: [Option<Vec<u8>>; 2],
    extensions: [Option<Vec<u8>>; 2],
}

impl Handshake {
    /// Takes a header that begins with `Sec-WebSocket-`.
    pub(super) fn header(&mut self, side: Side, header: &Header<'_>) {
        if header.is(b"sec-websocket-protocol") {
            self.protocols[side.index()] = Some(header.value.to_vec());
        } else if header.is(b"sec-websocket-extensions") {
            self.extensions[side.index()] = Some(header.value.to_vec());
        }
    }

    /// The server agreed; `request` is the row of the request.
    pub(super) fn write(&self, at: Timestamp, request: Option<&Event>, out: &mut dyn Emit) {
        let mut row = out.flow().event(&log::KIND, at);
        if let Some(request) = request {
            for (ours, theirs) in [(log::HOST, http::HOST), (log::URI, http::URI), (log::USER_AGENT, http::USER_AGENT)] {
                row.set(ours, request.get(theirs).clone());
            }
        }
        row.set(log::SUBPROTOCOL, self.protocols[1].clone());
        row.set(log::CLIENT_PROTOCOLS, list(self.protocols[0].as_deref()));
        for (column, extensions) in log::EXTENSIONS.into_iter().zip(&self.extensions) {
            row.set(column, list(extensions.as_deref()));
        }
        out.event(row);
    }
}

/// A header's values, which commas part.
fn list(value: Option<&[u8]>) -> Value {
    value.map_or(Value::Unset, |value| Value::list(value.split(|&c| c == b',').map(<[u8]>::trim_ascii)))
}
