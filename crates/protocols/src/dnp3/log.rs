//! The columns of `dnp3.log`.

use model::{Column, FLOW_KEYS, Field, Kind, Type, field};

/// `dnp3.log`: a request with its reply, or one without the other.
pub const KIND: Kind =
    Kind { name: "dnp3", doc: "A request to a station of a power or water grid, and its reply.", keys: FLOW_KEYS, fields: FIELDS };

const FIELDS: &[Field] = &[
    field("fc_request", Type::STRING, "", "What was asked for."),
    field("fc_reply", Type::STRING, "", "The kind of the reply."),
    field("iin", Type::COUNT, "", "The station's internal indications, sixteen bits."),
];

/// The request.
pub const FC_REQUEST: Column = KIND.column("fc_request");
/// The reply.
pub const FC_REPLY: Column = KIND.column("fc_reply");
/// Indications.
pub const IIN: Column = KIND.column("iin");
/// When the last message came.
pub const TS: Column = KIND.column("ts");
