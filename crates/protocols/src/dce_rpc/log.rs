//! `dce_rpc.log`.

use model::{Column, FLOW_KEYS, Field, Kind, Type, field};

/// The kind.
pub const KIND: Kind =
    Kind { name: "dce_rpc", doc: "A remote procedure call of Windows, with its answer.", keys: FLOW_KEYS, fields: FIELDS };
const FIELDS: &[Field] = &[
    field("rtt", Type::INTERVAL, "s", "Time from the request to the response."),
    field("named_pipe", Type::STRING, "", "The pipe, or for TCP the port, that the server named when binding."),
    field("endpoint", Type::STRING, "", "The interface, by its UUID."),
    field("operation", Type::STRING, "", "The operation, by its number in the interface."),
];
/// Request to response.
pub const RTT: Column = KIND.column("rtt");
/// Pipe or port.
pub const NAMED_PIPE: Column = KIND.column("named_pipe");
/// Interface.
pub const ENDPOINT: Column = KIND.column("endpoint");
/// Operation.
pub const OPERATION: Column = KIND.column("operation");
