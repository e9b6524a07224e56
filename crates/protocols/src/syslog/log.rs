//! The columns of `syslog.log`.

use model::{Column, FLOW_KEYS, Field, Kind, Type, field};

/// `syslog.log`: one message.
pub const KIND: Kind = Kind { name: "syslog", doc: "A message to a log server.", keys: FLOW_KEYS, fields: FIELDS };

const FIELDS: &[Field] = &[
    field("proto", Type::ENUM, "", "The transport protocol."),
    field("facility", Type::STRING, "", "The part of the system that speaks."),
    field("severity", Type::STRING, "", "How bad it is."),
    field("message", Type::STRING, "", "What is said."),
];

/// The transport protocol.
pub const PROTO: Column = KIND.column("proto");
/// Who speaks.
pub const FACILITY: Column = KIND.column("facility");
/// How bad it is.
pub const SEVERITY: Column = KIND.column("severity");
/// What is said.
pub const MESSAGE: Column = KIND.column("message");
