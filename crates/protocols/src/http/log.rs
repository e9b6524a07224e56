//! The columns of `http.log`: one row for each request with its reply.

use model::{Column, FLOW_KEYS, Field, Kind, Scalar, Type, field};

/// `http.log`.
pub const KIND: Kind = Kind { name: "http", doc: "A request and its reply.", keys: FLOW_KEYS, fields: FIELDS };

const FIELDS: &[Field] = &[
    field("trans_depth", Type::COUNT, "", "Which request of the connection this is, from 1 on."),
    field("method", Type::STRING, "", "The method."),
    field("host", Type::STRING, "", "The Host header."),
    field("uri", Type::STRING, "", "The URI, escapes taken off."),
    field("referrer", Type::STRING, "", "The Referer header."),
    field("version", Type::STRING, "", "The version of the reply."),
    field("user_agent", Type::STRING, "", "The client's User-Agent header."),
    field("origin", Type::STRING, "", "The client's Origin header."),
    field("request_body_len", Type::COUNT, "bytes", "Length of the request's body, decompressed."),
    field("response_body_len", Type::COUNT, "bytes", "Length of the reply's body, decompressed."),
    field("status_code", Type::COUNT, "", "The status that the server gave."),
    field("status_msg", Type::STRING, "", "The words behind the status."),
    field("info_code", Type::COUNT, "", "The last 1xx status."),
    field("info_msg", Type::STRING, "", "The words behind it."),
    field("tags", Type::Set(Scalar::Enum), "", "What was noticed about the request."),
    field("username", Type::STRING, "", "The user of basic authentication."),
    field("password", Type::STRING, "", "The password of basic authentication; not kept."),
    field("proxied", Type::STRINGS_SET, "", "Headers that tell of a proxy."),
    field("orig_fuids", Type::STRINGS, "", "The files that the client sent."),
    field("orig_filenames", Type::STRINGS, "", "Their names."),
    field("orig_mime_types", Type::STRINGS, "", "Their types."),
    field("resp_fuids", Type::STRINGS, "", "The files that the server sent."),
    field("resp_filenames", Type::STRINGS, "", "Their names."),
    field("resp_mime_types", Type::STRINGS, "", "Their types."),
    model::kinds::TOLD_BY,
];

/// Which request of the connection.
pub const TRANS_DEPTH: Column = KIND.column("trans_depth");
/// The method.
pub const METHOD: Column = KIND.column("method");
/// The Host header.
pub const HOST: Column = KIND.column("host");
/// The URI.
pub const URI: Column = KIND.column("uri");
/// The Referer header.
pub const REFERRER: Column = KIND.column("referrer");
/// The reply's version.
pub const VERSION: Column = KIND.column("version");
/// The User-Agent header.
pub const USER_AGENT: Column = KIND.column("user_agent");
/// The Origin header.
pub const ORIGIN: Column = KIND.column("origin");
/// Length of the request's body.
pub const REQUEST_BODY_LEN: Column = KIND.column("request_body_len");
/// Length of the reply's body.
pub const RESPONSE_BODY_LEN: Column = KIND.column("response_body_len");
/// The status.
pub const STATUS_CODE: Column = KIND.column("status_code");
/// Its words.
pub const STATUS_MSG: Column = KIND.column("status_msg");
/// The last 1xx status.
pub const INFO_CODE: Column = KIND.column("info_code");
/// Its words.
pub const INFO_MSG: Column = KIND.column("info_msg");
/// What was noticed.
pub const TAGS: Column = KIND.column("tags");
/// The user.
pub const USERNAME: Column = KIND.column("username");
/// The password.
pub const PASSWORD: Column = KIND.column("password");
/// Headers that tell of a proxy.
pub const PROXIED: Column = KIND.column("proxied");
/// Ids, names and types of the files of each side.
pub const FILES: [[Column; 3]; 2] = [
    [KIND.column("orig_fuids"), KIND.column("orig_filenames"), KIND.column("orig_mime_types")],
    [KIND.column("resp_fuids"), KIND.column("resp_filenames"), KIND.column("resp_mime_types")],
];
