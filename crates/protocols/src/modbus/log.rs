//! The columns of `modbus.log`.

use model::{Column, FLOW_KEYS, Field, Kind, Type, field};

/// `modbus.log`: one request or response.
pub const KIND: Kind =
    Kind { name: "modbus", doc: "A request to an industrial controller, or its response.", keys: FLOW_KEYS, fields: FIELDS };

const FIELDS: &[Field] = &[
    field("tid", Type::COUNT, "", "The number of the transaction."),
    field("unit", Type::COUNT, "", "The device behind the address."),
    field("func", Type::STRING, "", "What is to be done."),
    field("pdu_type", Type::STRING, "", "REQ for a request, RESP for a response."),
    field("exception", Type::STRING, "", "Why it was not done."),
];

/// The transaction.
pub const TID: Column = KIND.column("tid");
/// The device.
pub const UNIT: Column = KIND.column("unit");
/// What is to be done.
pub const FUNC: Column = KIND.column("func");
/// Request or response.
pub const PDU_TYPE: Column = KIND.column("pdu_type");
/// Why not.
pub const EXCEPTION: Column = KIND.column("exception");
