//! What clients and servers say that they are: raw material for `software.log`.

use crate::mime::Header;
use crate::software::{Seen, emit};
use contract::{Emit, Side};
use model::Timestamp;

/// The latest banners of a connection, so that a repeated one costs a comparison.
#[derive(Debug, Default)]
pub(super) struct Banners {
    browser: Vec<u8>,
    server: Vec<u8>,
    application: Vec<u8>,
}

impl Banners {
    /// Looks at a header.
    pub(super) fn header(&mut self, at: Timestamp, side: Side, header: &Header<'_>, out: &mut dyn Emit) {
        let (latest, kind) = match (side, header.name.len()) {
            (Side::Orig, 10) if header.is(b"user-agent") => (&mut self.browser, "HTTP::BROWSER"),
            (Side::Resp, 6) if header.is(b"server") => (&mut self.server, "HTTP::SERVER"),
            (Side::Resp, 12) if header.is(b"x-powered-by") => (&mut self.application, "HTTP::APPSERVER"),
            _ => return,
        };
        if *latest != header.value {
            latest.clear();
            latest.extend_from_slice(header.value);
            emit(at, side, &Seen { kind, banner: header.value }, out);
        }
    }
}
