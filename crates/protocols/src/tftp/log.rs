//! The columns of `tftp.log`.

use model::{Column, FLOW_KEYS, Field, Kind, Type, field};

/// `tftp.log`: a request, and what became of it; two rows, as the file travels in a flow of its own. Not one of Zeek's.
pub const KIND: Kind =
    Kind { name: "tftp", doc: "A request for a file, or the transfer of one, over TFTP.", keys: FLOW_KEYS, fields: FIELDS };

const FIELDS: &[Field] = &[
    field("action", Type::STRING, "", "READ_REQUEST, WRITE_REQUEST, or TRANSFER for what became of one."),
    field("filename", Type::STRING, "", "The file's name, as the client gives it."),
    field("mode", Type::STRING, "", "How the file is to travel: octet, netascii or mail."),
    field("request_uid", Type::STRING, "", "For a transfer, the connection that asked for it."),
    field("fuid", Type::STRING, "", "The file that was transferred."),
    field("bytes", Type::COUNT, "bytes", "How much of it was seen."),
    field("complete", Type::BOOL, "", "Whether its last block was seen."),
    field("error_code", Type::COUNT, "", "The code of the error that ended it."),
    field("error_message", Type::STRING, "", "The error in words."),
];

/// What the row is about.
pub const ACTION: Column = KIND.column("action");
/// Name.
pub const FILENAME: Column = KIND.column("filename");
/// Mode.
pub const MODE: Column = KIND.column("mode");
/// Who asked.
pub const REQUEST_UID: Column = KIND.column("request_uid");
/// File.
pub const FUID: Column = KIND.column("fuid");
/// Length.
pub const BYTES: Column = KIND.column("bytes");
/// End.
pub const COMPLETE: Column = KIND.column("complete");
/// Error.
pub const ERROR_CODE: Column = KIND.column("error_code");
/// Its words.
pub const ERROR_MESSAGE: Column = KIND.column("error_message");
