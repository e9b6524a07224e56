//! The columns of `ldap.log` and `ldap_search.log`.

use model::{Column, FLOW_KEYS, Field, Kind, Type, field};

/// `ldap.log`.
pub const KIND: Kind =
    Kind { name: "ldap", doc: "An operation on a directory, other than a search, with its result.", keys: FLOW_KEYS, fields: FIELDS };

const FIELDS: &[Field] = &[
    field("message_id", Type::INT, "", "The number that request and response share."),
    field("version", Type::INT, "", "The version that the client speaks."),
    field("opcode", Type::STRING, "", "The operation."),
    field("result", Type::STRING, "", "The result."),
    field("diagnostic_message", Type::STRING, "", "What the server says of it."),
    field("object", Type::STRING, "", "What the operation is about."),
    field("argument", Type::STRING, "", "More about it: the mechanism of a logon."),
];

/// The message's number.
pub const MESSAGE_ID: Column = KIND.column("message_id");
/// The version.
pub const VERSION: Column = KIND.column("version");
/// The operation.
pub const OPCODE: Column = KIND.column("opcode");
/// The result.
pub const RESULT: Column = KIND.column("result");
/// What the server says.
pub const DIAGNOSTIC: Column = KIND.column("diagnostic_message");
/// The object.
pub const OBJECT: Column = KIND.column("object");
/// The argument.
pub const ARGUMENT: Column = KIND.column("argument");

/// `ldap_search.log`.
pub const SEARCH: Kind =
    Kind { name: "ldap_search", doc: "A search in a directory with its result.", keys: FLOW_KEYS, fields: SEARCH_FIELDS };

const SEARCH_FIELDS: &[Field] = &[
    field("message_id", Type::INT, "", "The number that request and responses share."),
    field("scope", Type::STRING, "", "How far the search goes: base, single or tree."),
    field("deref_aliases", Type::STRING, "", "Whether aliases are followed."),
    field("base_object", Type::STRING, "", "Where the search begins."),
    field("result_count", Type::COUNT, "entries", "How many entries were found."),
    field("result", Type::STRING, "", "The result."),
    field("diagnostic_message", Type::STRING, "", "What the server says of it."),
    field("filter", Type::STRING, "", "What is searched for."),
    field("attributes", Type::STRINGS, "", "What is to be returned; left out, as in Zeek by default."),
];

/// The message's number.
pub const SEARCH_ID: Column = SEARCH.column("message_id");
/// How far.
pub const SCOPE: Column = SEARCH.column("scope");
/// Aliases.
pub const DEREF_ALIASES: Column = SEARCH.column("deref_aliases");
/// Where.
pub const BASE_OBJECT: Column = SEARCH.column("base_object");
/// How many.
pub const RESULT_COUNT: Column = SEARCH.column("result_count");
/// The result.
pub const SEARCH_RESULT: Column = SEARCH.column("result");
/// What the server says.
pub const SEARCH_DIAGNOSTIC: Column = SEARCH.column("diagnostic_message");
/// What is searched for.
pub const FILTER: Column = SEARCH.column("filter");
