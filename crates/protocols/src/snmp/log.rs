//! The columns of `snmp.log`.

use model::{Column, FLOW_KEYS, Field, Kind, Type, field};

/// `snmp.log`: all messages of one flow.
pub const KIND: Kind = Kind { name: "snmp", doc: "A conversation with a managed device.", keys: FLOW_KEYS, fields: FIELDS };

const FIELDS: &[Field] = &[
    field("duration", Type::INTERVAL, "s", "From the first message to the last."),
    field("version", Type::STRING, "", "The version: 1, 2c or 3."),
    field("community", Type::STRING, "", "The community string, which is the password of versions 1 and 2c."),
    field("get_requests", Type::COUNT, "variables", "How many variables were asked for."),
    field("get_bulk_requests", Type::COUNT, "variables", "How many were asked for in bulk."),
    field("get_responses", Type::COUNT, "variables", "How many were answered."),
    field("set_requests", Type::COUNT, "variables", "How many were to be changed."),
    field("display_string", Type::STRING, "", "The device's description of itself."),
    field("up_since", Type::TIME, "s since 1970", "Since when the device says that it is running."),
];

/// First to last.
pub const DURATION: Column = KIND.column("duration");
/// The version.
pub const VERSION: Column = KIND.column("version");
/// The password.
pub const COMMUNITY: Column = KIND.column("community");
/// Asked for.
pub const GET_REQUESTS: Column = KIND.column("get_requests");
/// Asked for in bulk.
pub const GET_BULK_REQUESTS: Column = KIND.column("get_bulk_requests");
/// Answered.
pub const GET_RESPONSES: Column = KIND.column("get_responses");
/// Changed.
pub const SET_REQUESTS: Column = KIND.column("set_requests");
/// Self-description.
pub const DISPLAY_STRING: Column = KIND.column("display_string");
/// Running since.
pub const UP_SINCE: Column = KIND.column("up_since");
