//! The columns of `ftp.log`.

use model::{Column, FLOW_KEYS, Field, Kind, Type, field};

/// `ftp.log`.
pub const KIND: Kind = Kind { name: "ftp", doc: "A command of an FTP session with the answer to it.", keys: FLOW_KEYS, fields: FIELDS };

const FIELDS: &[Field] = &[
    field("user", Type::STRING, "", "The user's name."),
    field("password", Type::STRING, "", "The password, shown for guests only."),
    field("command", Type::STRING, "", "The command."),
    field("arg", Type::STRING, "", "What the command is about; for files as an address."),
    field("mime_type", Type::STRING, "", "The type of the file that was transferred."),
    field("file_size", Type::COUNT, "bytes", "The size of the file, as the server says."),
    field("reply_code", Type::COUNT, "", "The server's reply code."),
    field("reply_msg", Type::STRING, "", "The server's reply."),
    field("data_channel.passive", Type::BOOL, "", "Whether the client opens the data connection."),
    field("data_channel.orig_h", Type::ADDR, "", "The host that opens the data connection."),
    field("data_channel.resp_h", Type::ADDR, "", "The host that accepts it."),
    field("data_channel.resp_p", Type::PORT, "", "The port on which it does."),
    field("fuid", Type::STRING, "", "The file that was transferred."),
    model::kinds::TOLD_BY,
];

/// The user's name.
pub const USER: Column = KIND.column("user");
/// The password.
pub const PASSWORD: Column = KIND.column("password");
/// The command.
pub const COMMAND: Column = KIND.column("command");
/// What it is about.
pub const ARG: Column = KIND.column("arg");
/// The file's type.
pub const MIME_TYPE: Column = KIND.column("mime_type");
/// The file's size.
pub const FILE_SIZE: Column = KIND.column("file_size");
/// The reply code.
pub const REPLY_CODE: Column = KIND.column("reply_code");
/// The reply.
pub const REPLY_MSG: Column = KIND.column("reply_msg");
/// Whether the client opens the data connection.
pub const PASSIVE: Column = KIND.column("data_channel.passive");
/// Who opens it.
pub const DATA_ORIG_H: Column = KIND.column("data_channel.orig_h");
/// Who accepts it.
pub const DATA_RESP_H: Column = KIND.column("data_channel.resp_h");
/// The port.
pub const DATA_RESP_P: Column = KIND.column("data_channel.resp_p");
/// The file.
pub const FUID: Column = KIND.column("fuid");
