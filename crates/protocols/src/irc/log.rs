//! The columns of `irc.log` and of our own `irc_session.log`.

use model::{Column, FLOW_KEYS, Field, Kind, Type, field};

/// `irc.log`.
pub const KIND: Kind =
    Kind { name: "irc", doc: "A name taken, a channel joined or a file sent in an IRC session.", keys: FLOW_KEYS, fields: FIELDS };

const FIELDS: &[Field] = &[
    field("nick", Type::STRING, "", "The nickname, before this command."),
    field("user", Type::STRING, "", "The user name, before this command."),
    field("command", Type::STRING, "", "The command: NICK, USER, JOIN or DCC."),
    field("value", Type::STRING, "", "What the command is about: the new name, the channel."),
    field("addl", Type::STRING, "", "More: host, server and real name, or the channel's key."),
    field("dcc_file_name", Type::STRING, "", "The name of the file that is sent."),
    field("dcc_file_size", Type::COUNT, "bytes", "Its size, as the sender says."),
    field("dcc_mime_type", Type::STRING, "", "Its type, from the content."),
    field("fuid", Type::STRING, "", "The file."),
];

/// The nickname.
pub const NICK: Column = KIND.column("nick");
/// The user name.
pub const USER: Column = KIND.column("user");
/// The command.
pub const COMMAND: Column = KIND.column("command");
/// What it is about.
pub const VALUE: Column = KIND.column("value");
/// More about it.
pub const ADDL: Column = KIND.column("addl");
/// The file's name.
pub const DCC_FILE_NAME: Column = KIND.column("dcc_file_name");
/// The file's size.
pub const DCC_FILE_SIZE: Column = KIND.column("dcc_file_size");
/// The file's type.
pub const DCC_MIME_TYPE: Column = KIND.column("dcc_mime_type");
/// The file.
pub const FUID: Column = KIND.column("fuid");

/// `irc_session.log`.
pub const SESSION: Kind = Kind {
    name: "irc_session",
    doc: "What was said in an IRC session: commands, telling replies, messages.",
    keys: FLOW_KEYS,
    fields: SESSION_FIELDS,
};

const SESSION_FIELDS: &[Field] = &[
    field("is_orig", Type::BOOL, "", "Whether the client said it."),
    field("source", Type::STRING, "", "Who said it, by the server's word: nick!user@host, or a server."),
    field("command", Type::STRING, "", "The command, or the three digits of a reply."),
    field("target", Type::STRING, "", "The channel or the nickname that it is for."),
    field("key", Type::STRING, "", "A channel's key, or a password."),
    field("text", Type::STRING, "", "What was said: a message, a topic, the rest of the line."),
];

/// Whether the client said it.
pub const IS_ORIG: Column = SESSION.column("is_orig");
/// Who said it.
pub const SOURCE: Column = SESSION.column("source");
/// The command.
pub const SESSION_COMMAND: Column = SESSION.column("command");
/// Whom it is for.
pub const TARGET: Column = SESSION.column("target");
/// A key.
pub const KEY: Column = SESSION.column("key");
/// What was said.
pub const TEXT: Column = SESSION.column("text");
