//! The columns of `postgresql.log`.

use model::{Column, FLOW_KEYS, Field, Kind, Type, field};

/// `postgresql.log`.
pub const KIND: Kind =
    Kind { name: "postgresql", doc: "A login or a query to a PostgreSQL server with its answer.", keys: FLOW_KEYS, fields: FIELDS };

const FIELDS: &[Field] = &[
    field("user", Type::STRING, "", "The user."),
    field("database", Type::STRING, "", "The database."),
    field("application_name", Type::STRING, "", "The client's program."),
    field("frontend", Type::STRING, "", "What the client asked."),
    field("frontend_arg", Type::STRING, "", "More about it: the query."),
    field("backend", Type::STRING, "", "What the server answered."),
    field("backend_arg", Type::STRING, "", "More about it: methods of logging in, errors."),
    field("success", Type::BOOL, "", "Whether it worked."),
    field("rows", Type::COUNT, "rows", "How many rows were returned."),
];

/// The user.
pub const USER: Column = KIND.column("user");
/// The database.
pub const DATABASE: Column = KIND.column("database");
/// The client's program.
pub const APPLICATION_NAME: Column = KIND.column("application_name");
/// What the client asked.
pub const FRONTEND: Column = KIND.column("frontend");
/// More about it.
pub const FRONTEND_ARG: Column = KIND.column("frontend_arg");
/// What the server answered.
pub const BACKEND: Column = KIND.column("backend");
/// More about it.
pub const BACKEND_ARG: Column = KIND.column("backend_arg");
/// Whether it worked.
pub const SUCCESS: Column = KIND.column("success");
/// Rows.
pub const ROWS: Column = KIND.column("rows");
