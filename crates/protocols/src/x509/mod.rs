//! X.509 certificates: `x509.log` and `known_certs.log`.
//!
//! Certificates are no flows of their own: TLS, DTLS and whatever else carries them hand each to [`report`]. Every one
//! becomes an event; since flows run on different workers, [`Known`] afterwards keeps those that were already logged
//! within a day out of the log.
//!
//! Source: RFC 5280; names and numbers as OpenSSL prints them. Left out: the extensions that no column shows.

pub(crate) mod certificate;
pub(crate) mod der;
mod known;
pub mod log;
pub(crate) mod name;
pub(crate) mod oid;
pub(crate) mod time;
pub(crate) mod verify;

pub use known::Known;

use contract::Emit;
use model::{Event, Timestamp, Value, kinds};

/// Where a certificate was seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// When.
    pub(crate) at: Timestamp,
    /// Whether it stood first.
    pub(crate) host: bool,
    /// Whether the client sent it.
    pub(crate) client: bool,
    /// Its number among the certificates of the flow, for the ids of weirds.
    pub(crate) number: u64,
}

/// Writes a certificate's row; gives its fingerprint. `None`, and a weird, for what is no certificate.
/// Only hosts' own certificates have rows, as by Zeek's `log-hostcerts-only`.
pub(crate) fn report(place: Place, bytes: &[u8], out: &mut dyn Emit) -> Option<String> {
    let Some(certificate) = certificate::parse(bytes) else {
        weird(place, "x509_cert_parse_error", out);
        return None;
    };
    let fingerprint = log::fingerprint(&certificate);
    let (row, weirds) = log::row(place.at, &certificate, &fingerprint, place.host, place.client);
    for name in weirds {
        weird(place, name, out);
    }
    if place.host {
        out.event(row);
    }
    Some(fingerprint)
}

/// A weird of a file, which has no connection in the log but names the file.
fn weird(place: Place, name: &'static str, out: &mut dyn Emit) {
    let uid = out.flow().uid.to_string();
    let id = model::Uid::file(&[uid.as_bytes(), b"SSL", &[u8::from(place.client)], &place.number.to_le_bytes()]);
    out.event(
        Event::new(&kinds::weird::KIND, place.at)
            .with(kinds::weird::NAME, Value::Static(name))
            .with(kinds::weird::ADDL, id.to_string())
            .with(kinds::weird::NOTICE, false)
            .with(kinds::weird::PEER, "zeek"),
    );
}
