//! The columns of `x509.log` and of `known_certs.log`.

use super::certificate::Certificate;
use super::der::{hex_lower, integer_hex};
use super::{name, oid, time};
use model::{Column, Event, Field, Kind, Scalar, TS_KEY, Timestamp, Type, Value, field};
use sha2::{Digest, Sha256};

/// `x509.log`: one row for each certificate, the same one again only after a day.
pub const KIND: Kind = Kind { name: "x509", doc: "A certificate that a host presented.", keys: TS_KEY, fields: FIELDS };

const FIELDS: &[Field] = &[
    field("fingerprint", Type::STRING, "", "SHA-256 of the certificate; `ssl.log` names certificates by it."),
    field("certificate.version", Type::COUNT, "", "Version: 1, 2 or 3."),
    field("certificate.serial", Type::STRING, "", "Serial number, hexadecimal."),
    field("certificate.subject", Type::STRING, "", "Who it is for."),
    field("certificate.issuer", Type::STRING, "", "Who signed it."),
    field("certificate.not_valid_before", Type::TIME, "s since 1970", "From when it is valid."),
    field("certificate.not_valid_after", Type::TIME, "s since 1970", "Until when it is valid."),
    field("certificate.key_alg", Type::STRING, "", "Algorithm of the key."),
    field("certificate.sig_alg", Type::STRING, "", "Algorithm of the signature."),
    field("certificate.key_type", Type::STRING, "", "Kind of the key: rsa, ecdsa, dsa."),
    field("certificate.key_length", Type::COUNT, "bits", "Size of the key."),
    field("certificate.exponent", Type::STRING, "", "RSA's exponent."),
    field("certificate.curve", Type::STRING, "", "The curve of an elliptic key."),
    field("san.dns", Type::STRINGS, "", "Host names that it is for."),
    field("san.uri", Type::STRINGS, "", "URIs that it is for."),
    field("san.email", Type::STRINGS, "", "Mail addresses that it is for."),
    field("san.ip", Type::Vector(Scalar::Addr), "", "Addresses that it is for."),
    field("basic_constraints.ca", Type::BOOL, "", "Whether it may sign other certificates."),
    field("basic_constraints.path_len", Type::COUNT, "", "How many authorities may stand below it."),
    field("host_cert", Type::BOOL, "", "Whether it stood first, as the host's own."),
    field("client_cert", Type::BOOL, "", "Whether the client presented it."),
];

/// SHA-256.
pub const FINGERPRINT: Column = KIND.column("fingerprint");
/// First in its chain.
pub const HOST_CERT: Column = KIND.column("host_cert");
/// The client's.
pub const CLIENT_CERT: Column = KIND.column("client_cert");
const VERSION: Column = KIND.column("certificate.version");
const SERIAL: Column = KIND.column("certificate.serial");
const SUBJECT: Column = KIND.column("certificate.subject");
const ISSUER: Column = KIND.column("certificate.issuer");
const NOT_BEFORE: Column = KIND.column("certificate.not_valid_before");
const NOT_AFTER: Column = KIND.column("certificate.not_valid_after");
const KEY_ALG: Column = KIND.column("certificate.key_alg");
const SIG_ALG: Column = KIND.column("certificate.sig_alg");
const KEY_TYPE: Column = KIND.column("certificate.key_type");
const KEY_LENGTH: Column = KIND.column("certificate.key_length");
const EXPONENT: Column = KIND.column("certificate.exponent");
const CURVE: Column = KIND.column("certificate.curve");
const SAN_DNS: Column = KIND.column("san.dns");
const SAN_URI: Column = KIND.column("san.uri");
const SAN_EMAIL: Column = KIND.column("san.email");
const SAN_IP: Column = KIND.column("san.ip");
const CA: Column = KIND.column("basic_constraints.ca");
const PATH_LEN: Column = KIND.column("basic_constraints.path_len");

/// `known_certs.log`: which inside host presented which certificate, once a day.
pub const KNOWN: Kind = Kind { name: "known_certs", doc: "A certificate that an inside server uses.", keys: TS_KEY, fields: KNOWN_FIELDS };

const KNOWN_FIELDS: &[Field] = &[
    field("host", Type::ADDR, "", "The server."),
    field("port_num", Type::PORT, "", "Its port."),
    field("subject", Type::STRING, "", "Who the certificate is for."),
    field("issuer_subject", Type::STRING, "", "Who signed it."),
    field("serial", Type::STRING, "", "Its serial number."),
    field("fingerprint", Type::STRING, "", "SHA-256 of the certificate."),
];

/// The server.
pub const KNOWN_HOST: Column = KNOWN.column("host");
/// Its port.
pub const KNOWN_PORT: Column = KNOWN.column("port_num");
/// Subject.
pub const KNOWN_SUBJECT: Column = KNOWN.column("subject");
/// Issuer.
pub const KNOWN_ISSUER: Column = KNOWN.column("issuer_subject");
/// Serial number.
pub const KNOWN_SERIAL: Column = KNOWN.column("serial");
/// SHA-256.
pub const KNOWN_FINGERPRINT: Column = KNOWN.column("fingerprint");

/// SHA-256 of a certificate as text.
pub(crate) fn fingerprint(certificate: &Certificate<'_>) -> String {
    hex_lower(&Sha256::digest(certificate.der))
}

/// The row of a certificate, and the weirds that its dates raise.
pub(crate) fn row(at: Timestamp, certificate: &Certificate<'_>, fingerprint: &str, host: bool, client: bool) -> (Event, Vec<&'static str>) {
    let mut weirds = Vec::new();
    let mut date = |element| match time::since_epoch(element) {
        // "Without end" is written as the year 9999, which nanoseconds in 64 bits can't hold; seconds can.
        Ok(seconds) if Timestamp::from_secs(seconds).nanos() / 1_000_000_000 != seconds => Value::Double(seconds as f64),
        Ok(seconds) => Value::Time(Timestamp::from_secs(seconds)),
        Err(weird) => {
            weirds.push(weird);
            Value::Time(Timestamp::default())
        }
    };
    let key = certificate.key();
    let signature = certificate.signature_algorithm.inner().any().map_or(&[][..], |id| id.body);
    let mut row = Event::new(&KIND, at)
        .with(FINGERPRINT, fingerprint.to_owned())
        .with(VERSION, certificate.version)
        .with(SERIAL, integer_hex(certificate.serial))
        .with(SUBJECT, name::text(certificate.subject))
        .with(ISSUER, name::text(certificate.issuer))
        .with(NOT_BEFORE, date(certificate.not_before))
        .with(NOT_AFTER, date(certificate.not_after))
        .with(KEY_ALG, word(oid::algorithm(certificate.key_algorithm)))
        .with(SIG_ALG, word(oid::algorithm(signature)))
        .with(KEY_TYPE, key.kind)
        .with(KEY_LENGTH, key.bits)
        .with(EXPONENT, key.exponent)
        .with(CURVE, key.curve)
        .with(HOST_CERT, host)
        .with(CLIENT_CERT, client);
    if let Some(names) = certificate.alt_names() {
        row.set(SAN_DNS, Value::list_or_unset(names.dns));
        row.set(SAN_URI, Value::list_or_unset(names.uri));
        row.set(SAN_EMAIL, Value::list_or_unset(names.email));
        row.set(SAN_IP, Value::list_or_unset(names.ip));
    }
    if let Some((authority, path)) = certificate.basic_constraints() {
        row.set(CA, authority);
        row.set(PATH_LEN, path);
    }
    (row, weirds)
}

fn word(name: Result<&'static str, String>) -> Value {
    name.map_or_else(Value::from, Value::from)
}
