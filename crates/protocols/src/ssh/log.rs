//! The columns of `ssh.log`.

use model::{Column, FLOW_KEYS, Field, Kind, Type, field};

/// `ssh.log`: one row for each connection.
pub const KIND: Kind =
    Kind { name: "ssh", doc: "An SSH connection: versions, algorithms, and whether somebody got in.", keys: FLOW_KEYS, fields: FIELDS };

const FIELDS: &[Field] = &[
    field("version", Type::COUNT, "", "Protocol version that both sides speak: 1 or 2; 0 where they don't agree."),
    field("auth_success", Type::BOOL, "", "Whether authentication succeeded, by the sizes of what was sent."),
    field("auth_attempts", Type::COUNT, "", "How often authentication was tried."),
    field("direction", Type::ENUM, "", "INBOUND or OUTBOUND, where one host is inside and the other outside."),
    field("client", Type::STRING, "", "The client's version string."),
    field("server", Type::STRING, "", "The server's version string."),
    field("cipher_alg", Type::STRING, "", "Encryption."),
    field("mac_alg", Type::STRING, "", "Message authentication."),
    field("compression_alg", Type::STRING, "", "Compression."),
    field("kex_alg", Type::STRING, "", "Key exchange."),
    field("host_key_alg", Type::STRING, "", "The server key's algorithm."),
    field("host_key_fingerprint", Type::STRING, "", "Fingerprint of the server's key."),
    field("remote_location.country_code", Type::STRING, "", "Country of the outside host."),
    field("remote_location.region", Type::STRING, "", "Region of the outside host."),
    field("remote_location.city", Type::STRING, "", "City of the outside host."),
    field("remote_location.latitude", Type::DOUBLE, "degrees", "Latitude of the outside host."),
    field("remote_location.longitude", Type::DOUBLE, "degrees", "Longitude of the outside host."),
    field("hassh", Type::STRING, "", "HASSH: MD5 over the algorithms that the client offers."),
    field("hassh_server", Type::STRING, "", "HASSH of the server."),
    model::kinds::TOLD_BY,
];

/// Protocol version.
pub const VERSION: Column = KIND.column("version");
/// Whether somebody got in.
pub const AUTH_SUCCESS: Column = KIND.column("auth_success");
/// Attempts.
pub const AUTH_ATTEMPTS: Column = KIND.column("auth_attempts");
/// In or out.
pub const DIRECTION: Column = KIND.column("direction");
/// The client's version string.
pub const CLIENT: Column = KIND.column("client");
/// The server's version string.
pub const SERVER: Column = KIND.column("server");
/// Encryption.
pub const CIPHER_ALG: Column = KIND.column("cipher_alg");
/// Message authentication.
pub const MAC_ALG: Column = KIND.column("mac_alg");
/// Compression.
pub const COMPRESSION_ALG: Column = KIND.column("compression_alg");
/// Key exchange.
pub const KEX_ALG: Column = KIND.column("kex_alg");
/// The server key's algorithm.
pub const HOST_KEY_ALG: Column = KIND.column("host_key_alg");
/// Fingerprint of the server's key.
pub const HOST_KEY_FINGERPRINT: Column = KIND.column("host_key_fingerprint");
/// HASSH.
pub const HASSH: Column = KIND.column("hassh");
/// HASSH of the server.
pub const HASSH_SERVER: Column = KIND.column("hassh_server");
