//! The columns of `socks.log`.

use model::{Column, FLOW_KEYS, Field, Kind, Type, field};

/// `socks.log`.
pub const KIND: Kind = Kind { name: "socks", doc: "A proxy was asked for a connection.", keys: FLOW_KEYS, fields: FIELDS };

const FIELDS: &[Field] = &[
    field("version", Type::COUNT, "", "The version: 4 or 5."),
    field("user", Type::STRING, "", "The user's name at the proxy."),
    field("password", Type::STRING, "", "The password; never shown."),
    field("status", Type::STRING, "", "The proxy's answer."),
    field("request.host", Type::ADDR, "", "The address that was asked for."),
    field("request.name", Type::STRING, "", "The name that was asked for."),
    field("request_p", Type::PORT, "", "The port that was asked for."),
    field("bound.host", Type::ADDR, "", "The address that the proxy uses."),
    field("bound.name", Type::STRING, "", "The name that the proxy gives for it."),
    field("bound_p", Type::PORT, "", "The port that the proxy uses."),
];

/// The version.
pub const VERSION: Column = KIND.column("version");
/// The user.
pub const USER: Column = KIND.column("user");
/// The answer.
pub const STATUS: Column = KIND.column("status");
/// The address asked for.
pub const REQUEST_HOST: Column = KIND.column("request.host");
/// The name asked for.
pub const REQUEST_NAME: Column = KIND.column("request.name");
/// The port asked for.
pub const REQUEST_P: Column = KIND.column("request_p");
/// The proxy's address.
pub const BOUND_HOST: Column = KIND.column("bound.host");
/// The proxy's name.
pub const BOUND_NAME: Column = KIND.column("bound.name");
/// The proxy's port.
pub const BOUND_P: Column = KIND.column("bound_p");
