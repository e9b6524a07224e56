//! The columns of `quic.log`.

use model::{Column, FLOW_KEYS, Field, Kind, Type, field};

/// `quic.log`: one row for each QUIC connection.
pub const KIND: Kind =
    Kind { name: "quic", doc: "A QUIC connection, as far as its first packets can be read.", keys: FLOW_KEYS, fields: FIELDS };

const FIELDS: &[Field] = &[
    field("version", Type::STRING, "", "Version of the first packet."),
    field("client_initial_dcid", Type::STRING, "", "The connection id that the client made up for the server, hexadecimal."),
    field("client_scid", Type::STRING, "", "The client's own connection id."),
    field("server_scid", Type::STRING, "", "The server's own connection id."),
    field("server_name", Type::STRING, "", "The name that the client asked for (SNI)."),
    field("client_protocol", Type::STRING, "", "The first protocol that the client offers (ALPN)."),
    field("history", Type::STRING, "", "A letter for each packet, capital for the client's."),
];

/// Version.
pub const VERSION: Column = KIND.column("version");
/// The first destination id.
pub const CLIENT_INITIAL_DCID: Column = KIND.column("client_initial_dcid");
/// The client's id.
pub const CLIENT_SCID: Column = KIND.column("client_scid");
/// The server's id.
pub const SERVER_SCID: Column = KIND.column("server_scid");
/// SNI.
pub const SERVER_NAME: Column = KIND.column("server_name");
/// ALPN.
pub const CLIENT_PROTOCOL: Column = KIND.column("client_protocol");
/// Letters.
pub const HISTORY: Column = KIND.column("history");
