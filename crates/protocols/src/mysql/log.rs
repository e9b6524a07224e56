//! The columns of `mysql.log`.

use model::{Column, FLOW_KEYS, Field, Kind, Type, field};

/// `mysql.log`: one row for each command.
pub const KIND: Kind = Kind { name: "mysql", doc: "A command to a MySQL server, and how it went.", keys: FLOW_KEYS, fields: FIELDS };

const FIELDS: &[Field] = &[
    field("cmd", Type::STRING, "", "The command."),
    field("arg", Type::STRING, "", "Its argument: the user, the statement."),
    field("success", Type::BOOL, "", "Whether it succeeded."),
    field("rows", Type::COUNT, "rows", "How many rows were changed."),
    field("response", Type::STRING, "", "What the server said."),
];

/// Command.
pub const CMD: Column = KIND.column("cmd");
/// Argument.
pub const ARG: Column = KIND.column("arg");
/// Success.
pub const SUCCESS: Column = KIND.column("success");
/// Rows.
pub const ROWS: Column = KIND.column("rows");
/// Response.
pub const RESPONSE: Column = KIND.column("response");
