//! The columns of `radius.log`.

use model::{Column, FLOW_KEYS, Field, Kind, Type, field};

/// `radius.log`: one attempt to authenticate.
pub const KIND: Kind = Kind { name: "radius", doc: "An attempt to authenticate with a RADIUS server.", keys: FLOW_KEYS, fields: FIELDS };

const FIELDS: &[Field] = &[
    field("username", Type::STRING, "", "The user."),
    field("mac", Type::STRING, "", "The hardware address of the user's machine."),
    field("framed_addr", Type::ADDR, "", "The address that the server suggests for the user."),
    field("tunnel_client", Type::STRING, "", "The address from which the user's tunnel comes."),
    field("connect_info", Type::STRING, "", "How the user is connected."),
    field("reply_msg", Type::STRING, "", "What the server tells the user."),
    field("result", Type::STRING, "", "Whether it succeeded or failed, if that is known."),
    field("ttl", Type::INTERVAL, "s", "From the first request to the result."),
];

/// The user.
pub const USERNAME: Column = KIND.column("username");
/// The machine.
pub const MAC: Column = KIND.column("mac");
/// The address suggested.
pub const FRAMED_ADDR: Column = KIND.column("framed_addr");
/// The tunnel's client.
pub const TUNNEL_CLIENT: Column = KIND.column("tunnel_client");
/// The connection.
pub const CONNECT_INFO: Column = KIND.column("connect_info");
/// What is told.
pub const REPLY_MSG: Column = KIND.column("reply_msg");
/// The result.
pub const RESULT: Column = KIND.column("result");
/// How long it took.
pub const TTL: Column = KIND.column("ttl");
