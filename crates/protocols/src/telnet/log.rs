//! The columns of `telnet.log`, a log of our own.

use model::{Column, FLOW_KEYS, Field, Kind, Type, field};

/// `telnet.log`.
pub const KIND: Kind = Kind { name: "telnet", doc: "A Telnet session: the login and what was typed.", keys: FLOW_KEYS, fields: FIELDS };

const FIELDS: &[Field] = &[
    field("user", Type::STRING, "", "The last name given at a login prompt."),
    field("logins", Type::COUNT, "logins", "How often a name was given."),
    field("success", Type::BOOL, "", "Whether the last login worked, as far as the server's answer tells."),
    field("terminal", Type::STRING, "", "The client's type of terminal."),
    field("orig_options", Type::STRINGS, "", "The options that the client named, as WILL ECHO and so on."),
    field("resp_options", Type::STRINGS, "", "The options that the server named."),
    field("banner", Type::STRING, "", "The server's first line with text in it."),
    field("typed", Type::STRINGS, "", "The lines that the client sent after the login, the first of them."),
];

/// The user.
pub const USER: Column = KIND.column("user");
/// How often a name was given.
pub const LOGINS: Column = KIND.column("logins");
/// Whether the last login worked.
pub const SUCCESS: Column = KIND.column("success");
/// The terminal.
pub const TERMINAL: Column = KIND.column("terminal");
/// The client's options.
pub const ORIG_OPTIONS: Column = KIND.column("orig_options");
/// The server's options.
pub const RESP_OPTIONS: Column = KIND.column("resp_options");
/// The server's first line.
pub const BANNER: Column = KIND.column("banner");
/// What was typed.
pub const TYPED: Column = KIND.column("typed");
