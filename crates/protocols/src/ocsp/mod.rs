//! OCSP responses: `ocsp.log`, whether a certificate is still good.
//!
//! They come stapled to TLS handshakes and as bodies of HTTP responses; whoever carries one calls [`report`] with it.
//!
//! Source: RFC 6960 section 4.2.1. Left out: the signature, and extensions.
//!
//! ```text
//! OCSPResponse ::= SEQUENCE { status ENUMERATED, [0] { type OID, response OCTET STRING } }
//! BasicOCSPResponse ::= SEQUENCE { tbs { [0] version, responder, time, responses }, algorithm, signature, ... }
//! SingleResponse ::= SEQUENCE { certID, status, thisUpdate, [0] nextUpdate, ... }
//! ```

use crate::x509::der::{Element, Reader, dotted, hex_upper, integer_hex, tag};
use crate::x509::{oid, time};
use contract::{Emit, FileId};
use model::{Column, Event, Field, Kind, TS_KEY, Timestamp, Type, Value, field};

/// Answers in one response beyond this many are not read; responders send one.
const ANSWERS_MAX: usize = 64;

/// The kind.
pub const KIND: Kind =
    Kind { name: "ocsp", doc: "What an authority said of a certificate: good, revoked or unknown.", keys: TS_KEY, fields: FIELDS };

const FIELDS: &[Field] = &[
    field("id", Type::STRING, "", "The file that the response was."),
    field("hashAlgorithm", Type::STRING, "", "How the two hashes were made."),
    field("issuerNameHash", Type::STRING, "", "Hash of the issuer's name."),
    field("issuerKeyHash", Type::STRING, "", "Hash of the issuer's key."),
    field("serialNumber", Type::STRING, "", "Serial number of the certificate."),
    field("certStatus", Type::STRING, "", "good, revoked or unknown."),
    field("revoketime", Type::TIME, "s since 1970", "When it was revoked."),
    field("revokereason", Type::STRING, "", "Why it was revoked."),
    field("thisUpdate", Type::TIME, "s since 1970", "When this was known to be so."),
    field("nextUpdate", Type::TIME, "s since 1970", "When more will be known."),
];
const ID: Column = KIND.column("id");
const HASH_ALGORITHM: Column = KIND.column("hashAlgorithm");
const ISSUER_NAME_HASH: Column = KIND.column("issuerNameHash");
const ISSUER_KEY_HASH: Column = KIND.column("issuerKeyHash");
const SERIAL_NUMBER: Column = KIND.column("serialNumber");
const CERT_STATUS: Column = KIND.column("certStatus");
const REVOKE_TIME: Column = KIND.column("revoketime");
const REVOKE_REASON: Column = KIND.column("revokereason");
const THIS_UPDATE: Column = KIND.column("thisUpdate");
const NEXT_UPDATE: Column = KIND.column("nextUpdate");

/// The longest response that is put together from pieces; with its certificates one has two or three thousand bytes.
const RESPONSE_BYTES_MAX: usize = 64 << 10;

/// So many bytes show whether something is a response.
const TELLING_BYTES: usize = 32;

/// A body that comes in pieces and may be a response.
#[derive(Debug, Default)]
pub struct Collector {
    began: Option<Timestamp>,
    bytes: Vec<u8>,
    over: bool,
}

impl Collector {
    /// The next bytes of the body.
    pub fn add(&mut self, at: Timestamp, data: &[u8]) {
        if self.over {
            return;
        }
        self.began.get_or_insert(at);
        if self.bytes.is_empty() && data.first() != Some(&tag::SEQUENCE) || self.bytes.len() + data.len() > RESPONSE_BYTES_MAX {
            return self.give_up();
        }
        let told = self.bytes.len() >= TELLING_BYTES;
        self.bytes.extend_from_slice(data);
        let id = b"\x06\x09+\x06\x01\x05\x05\x070\x01\x01";
        if !told && self.bytes.len() >= TELLING_BYTES && !self.bytes[..TELLING_BYTES].windows(id.len()).any(|window| window == id) {
            self.give_up();
        }
    }

    /// The body is none, or has a hole.
    pub fn give_up(&mut self) {
        self.over = true;
        self.bytes = Vec::new();
    }

    /// Bytes held.
    pub fn held_bytes(&self) -> usize {
        self.bytes.capacity()
    }

    /// The body, which is `file`, has ended: writes its rows if it was a response.
    pub fn finish(self, file: FileId, out: &mut dyn Emit) {
        if let Some(began) = self.began.filter(|_| !self.over) {
            report(began, file, &self.bytes, out);
        }
    }
}

/// What was said of one certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    hash_algorithm: String,
    issuer_name_hash: String,
    issuer_key_hash: String,
    serial: String,
    status: &'static str,
    revoked: Option<Timestamp>,
    reason: Option<&'static str>,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
}

/// Writes a row for each certificate that the response `bytes`, seen as `file`, speaks of.
pub fn report(at: Timestamp, file: FileId, bytes: &[u8], out: &mut dyn Emit) {
    for answer in response(bytes) {
        out.event(row(at, file, answer));
    }
}

/// What a response says; nothing where it isn't one, or says only that there was an error.
pub fn response(bytes: &[u8]) -> Vec<Answer> {
    let Some(list) = answers(bytes) else { return Vec::new() };
    let mut list = list.inner();
    std::iter::from_fn(|| list.any()).take(ANSWERS_MAX).filter_map(answer).collect()
}

fn answers(bytes: &[u8]) -> Option<Element<'_>> {
    let mut outer = Reader(bytes).take(tag::SEQUENCE)?.inner();
    outer.take(tag::ENUMERATED).filter(|status| status.body == [0])?;
    let mut wrapped = outer.take(tag::constructed(0))?.inner().take(tag::SEQUENCE)?.inner();
    wrapped.take(tag::OID).filter(|id| dotted(id.body) == oid::known::OCSP_BASIC)?;
    let basic = wrapped.take(tag::OCTET_STRING)?;
    let mut data = basic.inner().take(tag::SEQUENCE)?.inner().take(tag::SEQUENCE)?.inner();
    data.optional(tag::constructed(0));
    data.any().filter(|responder| responder.tag == tag::constructed(1) || responder.tag == tag::constructed(2))?;
    data.take(tag::GENERALIZED_TIME)?;
    data.take(tag::SEQUENCE)
}

fn answer(single: Element<'_>) -> Option<Answer> {
    let mut fields = single.inner();
    let mut id = fields.take(tag::SEQUENCE)?.inner();
    let algorithm = id.take(tag::SEQUENCE)?.inner().take(tag::OID)?;
    let (name_hash, key_hash, serial) = (id.take(tag::OCTET_STRING)?, id.take(tag::OCTET_STRING)?, id.take(tag::INTEGER)?);
    let status = fields.any()?;
    let (word, revoked, reason) = match status.tag & 0x1f {
        0 => ("good", None, None),
        1 => {
            let mut inside = status.inner();
            let when = inside.take(tag::GENERALIZED_TIME)?;
            (
                ("revoked"),
                time::read(when).ok(),
                inside.optional(tag::constructed(0)).and_then(|explicit| explicit.inner().any()).map(reason),
            )
        }
        _ => ("unknown", None, None),
    };
    let this_update = fields.take(tag::GENERALIZED_TIME)?;
    let next_update = fields.optional(tag::constructed(0)).and_then(|explicit| explicit.inner().any());
    Some(Answer {
        hash_algorithm: oid::algorithm(algorithm.body).map_or_else(|dotted| dotted, str::to_owned),
        issuer_name_hash: hex_upper(name_hash.body),
        issuer_key_hash: hex_upper(key_hash.body),
        serial: integer_hex(serial.body),
        status: word,
        revoked,
        reason,
        this_update: time::read(this_update).unwrap_or_default(),
        next_update: next_update.and_then(|when| time::read(when).ok()),
    })
}

/// RFC 5280 section 5.3.1.
fn reason(number: Element<'_>) -> &'static str {
    match number.body {
        [0] => "unspecified",
        [1] => "keyCompromise",
        [2] => "cACompromise",
        [3] => "affiliationChanged",
        [4] => "superseded",
        [5] => "cessationOfOperation",
        [6] => "certificateHold",
        [8] => "removeFromCRL",
        [9] => "privilegeWithdrawn",
        [10] => "aACompromise",
        _ => "(UNKNOWN)",
    }
}

fn row(at: Timestamp, file: FileId, answer: Answer) -> Event {
    Event::new(&KIND, at)
        .with(ID, file)
        .with(HASH_ALGORITHM, answer.hash_algorithm)
        .with(ISSUER_NAME_HASH, answer.issuer_name_hash)
        .with(ISSUER_KEY_HASH, answer.issuer_key_hash)
        .with(SERIAL_NUMBER, answer.serial)
        .with(CERT_STATUS, Value::Static(answer.status))
        .with(REVOKE_TIME, answer.revoked)
        .with(REVOKE_REASON, answer.reason)
        .with(THIS_UPDATE, answer.this_update)
        .with(NEXT_UPDATE, answer.next_update)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
        let body = parts.concat();
        let mut whole =
            if body.len() < 128 { vec![tag, body.len() as u8] } else { vec![tag, 0x82, (body.len() >> 8) as u8, body.len() as u8] };
        whole.extend(body);
        whole
    }

    fn sample(status: Vec<u8>) -> Vec<u8> {
        let when = || element(0x18, &[b"20150723151822Z".to_vec()]);
        let sha1 = element(0x30, &[element(6, &[vec![0x2b, 14, 3, 2, 26]]), vec![5, 0]]);
        let id = element(0x30, &[sha1, element(4, &[vec![0xab; 20]]), element(4, &[vec![0xcd; 20]]), element(2, &[vec![0x11, 0x21]])]);
        let single = element(0x30, &[id, status, when(), element(0xa0, &[when()])]);
        let data = element(0x30, &[element(0xa2, &[element(4, &[vec![0; 20]])]), when(), element(0x30, &[single])]);
        let basic = element(0x30, &[data]);
        let wrapped = element(0x30, &[element(6, &[vec![0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1]]), element(4, &[basic])]);
        element(0x30, &[element(10, &[vec![0]]), element(0xa0, &[wrapped])])
    }

    #[test]
    fn good_and_revoked() {
        let good = response(&sample(vec![0x80, 0]));
        assert_eq!(good.len(), 1);
        assert_eq!((good[0].status, good[0].hash_algorithm.as_str(), good[0].serial.as_str()), ("good", "sha1", "1121"));
        assert_eq!(good[0].next_update, Some(Timestamp::from_secs(1_437_664_702)));
        let when = element(0x18, &[b"20150514145849Z".to_vec()]);
        let revoked = response(&sample(element(0xa1, &[when, element(0xa0, &[vec![10, 1, 4]])])));
        assert_eq!((revoked[0].status, revoked[0].reason), ("revoked", Some("superseded")));
        assert_eq!(revoked[0].revoked, Some(Timestamp::from_secs(1_431_615_529)));
    }

    #[test]
    fn bodies_in_pieces() {
        let whole = sample(vec![0x80, 0]);
        let mut collector = Collector::default();
        whole.chunks(7).for_each(|piece| collector.add(Timestamp::from_secs(1), piece));
        assert_eq!((collector.over, &collector.bytes), (false, &whole));
        for stranger in [&b"<html>"[..], &[0x30; 40]] {
            let mut collector = Collector::default();
            collector.add(Timestamp::from_secs(1), stranger);
            assert!(collector.over);
        }
    }

    #[test]
    fn every_truncation_is_nothing() {
        let whole = sample(vec![0x80, 0]);
        for length in 0..whole.len() {
            assert!(response(&whole[..length]).is_empty());
        }
    }
}
