//! The columns of `ssl.log`, and of the raw material that chain validation reads.

use model::{Column, FLOW_KEYS, Field, Kind, Type, field};

/// `ssl.log`: one row for each TLS, SSL or DTLS session.
pub const KIND: Kind = Kind { name: "ssl", doc: "A TLS, SSL or DTLS handshake.", keys: FLOW_KEYS, fields: FIELDS };

const FIELDS: &[Field] = &[
    field("version", Type::STRING, "", "The version that the server chose."),
    field("cipher", Type::STRING, "", "The cipher suite that the server chose."),
    field("curve", Type::STRING, "", "The group of the key exchange."),
    field("server_name", Type::STRING, "", "The name that the client asked for (SNI)."),
    field("resumed", Type::BOOL, "", "Whether an earlier session's keys were used again."),
    field("last_alert", Type::STRING, "", "The last alert seen in the clear."),
    field("next_protocol", Type::STRING, "", "The protocol inside, as the server chose it (ALPN)."),
    field("established", Type::BOOL, "", "Whether the handshake came to its end."),
    field("ssl_history", Type::STRING, "", "A letter for each message, capital for the client's."),
    field("cert_chain_fps", Type::STRINGS, "", "SHA-256 of the server's certificates."),
    field("client_cert_chain_fps", Type::STRINGS, "", "SHA-256 of the client's certificates."),
    field("sni_matches_cert", Type::BOOL, "", "Whether the certificate is for the name that the client asked for."),
    field("validation_status", Type::STRING, "", "What checking the server's chain against public roots gave."),
    field("ja3", Type::STRING, "", "JA3: MD5 over what the client offers."),
    field("ja3s", Type::STRING, "", "JA3S: MD5 over what the server chooses."),
    field("ja4", Type::STRING, "", "JA4: what the client offers, without regard to order."),
    field("client_protocols", Type::STRINGS, "", "The protocols that the client offers (ALPN)."),
];

/// Version.
pub const VERSION: Column = KIND.column("version");
/// Cipher suite.
pub const CIPHER: Column = KIND.column("cipher");
/// Group.
pub const CURVE: Column = KIND.column("curve");
/// SNI.
pub const SERVER_NAME: Column = KIND.column("server_name");
/// Resumed.
pub const RESUMED: Column = KIND.column("resumed");
/// Last alert.
pub const LAST_ALERT: Column = KIND.column("last_alert");
/// ALPN of the server.
pub const NEXT_PROTOCOL: Column = KIND.column("next_protocol");
/// Established.
pub const ESTABLISHED: Column = KIND.column("established");
/// Letters.
pub const SSL_HISTORY: Column = KIND.column("ssl_history");
/// The server's certificates.
pub const CERT_CHAIN_FPS: Column = KIND.column("cert_chain_fps");
/// The client's certificates.
pub const CLIENT_CERT_CHAIN_FPS: Column = KIND.column("client_cert_chain_fps");
/// Name and certificate agree.
pub const SNI_MATCHES_CERT: Column = KIND.column("sni_matches_cert");
/// Outcome of validation.
pub const VALIDATION_STATUS: Column = KIND.column("validation_status");
/// JA3.
pub const JA3: Column = KIND.column("ja3");
/// JA3S.
pub const JA3S: Column = KIND.column("ja3s");
/// JA4.
pub const JA4: Column = KIND.column("ja4");
/// ALPN of the client.
pub const CLIENT_PROTOCOLS: Column = KIND.column("client_protocols");
