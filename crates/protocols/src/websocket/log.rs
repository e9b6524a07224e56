//! The columns of `websocket.log`: one row for each handshake that succeeded.

use model::{Column, FLOW_KEYS, Field, Kind, Type, field};

/// `websocket.log`.
pub const KIND: Kind = Kind { name: "websocket", doc: "An HTTP connection that became a WebSocket.", keys: FLOW_KEYS, fields: FIELDS };

const FIELDS: &[Field] = &[
    field("host", Type::STRING, "", "The Host header of the handshake."),
    field("uri", Type::STRING, "", "The URI of the handshake."),
    field("user_agent", Type::STRING, "", "The client's program."),
    field("subprotocol", Type::STRING, "", "The protocol inside that the server chose."),
    field("client_protocols", Type::STRINGS, "", "The protocols inside that the client offered."),
    field("server_extensions", Type::STRINGS, "", "The extensions that the server chose."),
    field("client_extensions", Type::STRINGS, "", "The extensions that the client offered."),
];

/// The Host header.
pub const HOST: Column = KIND.column("host");
/// The URI.
pub const URI: Column = KIND.column("uri");
/// The client's program.
pub const USER_AGENT: Column = KIND.column("user_agent");
/// The chosen protocol.
pub const SUBPROTOCOL: Column = KIND.column("subprotocol");
/// The offered protocols.
pub const CLIENT_PROTOCOLS: Column = KIND.column("client_protocols");
/// The extensions of the server and of the client.
pub const EXTENSIONS: [Column; 2] = [KIND.column("client_extensions"), KIND.column("server_extensions")];
