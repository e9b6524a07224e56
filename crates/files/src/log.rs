//! `files.log`: one row for each file on each connection that carried it.

use model::{Column, Field, Kind, TS_KEY, Type, field};

/// The kind.
pub const KIND: Kind = Kind {
    name: "files",
    doc: "A file that travelled inside a connection: a body, an attachment, a transfer.",
    keys: TS_KEY,
    fields: FIELDS,
};

const FIELDS: &[Field] = &[
    field("fuid", Type::STRING, "", "The file's id; the same in every log."),
    field("uid", Type::STRING, "", "The connection that carried it; the same id in every log."),
    field("id.orig_h", Type::ADDR, "", "Address of the side that opened the connection."),
    field("id.orig_p", Type::PORT, "", "Port of that side."),
    field("id.resp_h", Type::ADDR, "", "Address of the side that answered."),
    field("id.resp_p", Type::PORT, "", "Port of that side."),
    field("source", Type::STRING, "", "The protocol that carried it."),
    field("depth", Type::COUNT, "", "How deep it lay: the request's number in HTTP, the nesting in mail."),
    field("analyzers", Type::STRINGS_SET, "", "What was done to it."),
    field("mime_type", Type::STRING, "", "Its type as its first 4 KiB show it."),
    field("filename", Type::STRING, "", "The name that the protocol gave it."),
    field("duration", Type::INTERVAL, "s", "From its first byte to its last."),
    field("local_orig", Type::BOOL, "", "Whether its sender is inside the network."),
    field("is_orig", Type::BOOL, "", "Whether its sender opened the connection."),
    field("seen_bytes", Type::COUNT, "bytes", "How much of it was seen."),
    field("total_bytes", Type::COUNT, "bytes", "How long the protocol said that it is."),
    field("missing_bytes", Type::COUNT, "bytes", "How much of it was lost."),
    field("overflow_bytes", Type::COUNT, "bytes", "How much could not be put in order."),
    field("timedout", Type::BOOL, "", "Whether it was given up because nothing more came."),
    field("parent_fuid", Type::STRING, "", "The file that contained it."),
    field("md5", Type::STRING, "", "MD5 of the whole, in hexadecimal; unset where bytes were lost."),
    field("sha1", Type::STRING, "", "SHA-1 of the whole; unset where bytes were lost."),
    field("sha256", Type::STRING, "", "SHA-256 of the whole; unset where bytes were lost."),
    field("extracted", Type::STRING, "", "Where its bytes were written."),
    field("extracted_cutoff", Type::BOOL, "", "Whether a limit cut what was written."),
    field("extracted_size", Type::COUNT, "bytes", "How much was written, where it was cut."),
    field("truncated", Type::BOOL, "", "Whether the hashes are not those of the whole: bytes were lost, or fewer came than announced."),
    field("truncated_sha256", Type::STRING, "", "SHA-256 of the bytes before the first loss, where there was one."),
    field("entropy", Type::DOUBLE, "bits per byte", "How random its first 64 KiB are: text is near 5, what is packed or encrypted near 8."),
    field(
        "wrapped",
        Type::STRING,
        "",
        "What its text can be turned into, where it is all digits: hex or base64, reversed, the type inside.",
    ),
];

/// The file's id.
pub const FUID: Column = KIND.column("fuid");
/// The connection.
pub const UID: Column = KIND.column("uid");
/// Originator's address.
pub const ORIG_H: Column = KIND.column("id.orig_h");
/// Originator's port.
pub const ORIG_P: Column = KIND.column("id.orig_p");
/// Responder's address.
pub const RESP_H: Column = KIND.column("id.resp_h");
/// Responder's port.
pub const RESP_P: Column = KIND.column("id.resp_p");
/// The protocol.
pub const SOURCE: Column = KIND.column("source");
/// The nesting.
pub const DEPTH: Column = KIND.column("depth");
/// What was done.
pub const ANALYZERS: Column = KIND.column("analyzers");
/// The type.
pub const MIME_TYPE: Column = KIND.column("mime_type");
/// The name.
pub const FILENAME: Column = KIND.column("filename");
/// First byte to last.
pub const DURATION: Column = KIND.column("duration");
/// Whether the sender is inside.
pub const LOCAL_ORIG: Column = KIND.column("local_orig");
/// Whether the sender opened the connection.
pub const IS_ORIG: Column = KIND.column("is_orig");
/// Bytes seen.
pub const SEEN_BYTES: Column = KIND.column("seen_bytes");
/// Bytes announced.
pub const TOTAL_BYTES: Column = KIND.column("total_bytes");
/// Bytes lost.
pub const MISSING_BYTES: Column = KIND.column("missing_bytes");
/// Bytes that could not be put in order.
pub const OVERFLOW_BYTES: Column = KIND.column("overflow_bytes");
/// Whether it was given up.
pub const TIMEDOUT: Column = KIND.column("timedout");
/// What its text can be turned into.
pub const WRAPPED: Column = KIND.column("wrapped");
/// The containing file.
pub const PARENT_FUID: Column = KIND.column("parent_fuid");
/// MD5.
pub const MD5: Column = KIND.column("md5");
/// SHA-1.
pub const SHA1: Column = KIND.column("sha1");
/// SHA-256.
pub const SHA256: Column = KIND.column("sha256");
/// Where it was written.
pub const EXTRACTED: Column = KIND.column("extracted");
/// Whether what was written was cut.
pub const EXTRACTED_CUTOFF: Column = KIND.column("extracted_cutoff");
/// How much was written.
pub const EXTRACTED_SIZE: Column = KIND.column("extracted_size");
/// Whether the hashes are not those of the whole.
pub const TRUNCATED: Column = KIND.column("truncated");
/// SHA-256 before the first loss.
pub const TRUNCATED_SHA256: Column = KIND.column("truncated_sha256");
/// How random it is.
pub const ENTROPY: Column = KIND.column("entropy");
