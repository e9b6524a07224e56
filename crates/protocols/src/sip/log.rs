//! The columns of `sip.log`: one row for each reply, with the request that it answers.

use model::{Column, FLOW_KEYS, Field, Kind, Type, field};

/// `sip.log`.
pub const KIND: Kind = Kind { name: "sip", doc: "A SIP request and a reply to it.", keys: FLOW_KEYS, fields: FIELDS };

const FIELDS: &[Field] = &[
    field("trans_depth", Type::COUNT, "", "Which request of the flow this is; Zeek's count never leaves 0."),
    field("method", Type::STRING, "", "The method."),
    field("uri", Type::STRING, "", "The URI of the request."),
    field("date", Type::STRING, "", "The Date header of the request."),
    field("request_from", Type::STRING, "", "The From header of the request, without its tag."),
    field("request_to", Type::STRING, "", "The To header of the request."),
    field("response_from", Type::STRING, "", "The From header of the reply, without its tag."),
    field("response_to", Type::STRING, "", "The To header of the reply."),
    field("reply_to", Type::STRING, "", "The Reply-To header."),
    field("call_id", Type::STRING, "", "The Call-ID header."),
    field("seq", Type::STRING, "", "The CSeq header."),
    field("subject", Type::STRING, "", "The Subject header."),
    field("request_path", Type::STRINGS, "", "The Via headers of the request, without their branch."),
    field("response_path", Type::STRINGS, "", "The Via headers of the reply, without their branch."),
    field("user_agent", Type::STRING, "", "The User-Agent header."),
    field("status_code", Type::COUNT, "", "The status of the reply."),
    field("status_msg", Type::STRING, "", "The words behind it."),
    field("warning", Type::STRING, "", "The Warning header."),
    field("request_body_len", Type::COUNT, "bytes", "The Content-Length header of the request."),
    field("response_body_len", Type::COUNT, "bytes", "The Content-Length header of the reply."),
    field("content_type", Type::STRING, "", "The Content-Type header of the reply."),
];

/// Which request of the flow.
pub const TRANS_DEPTH: Column = KIND.column("trans_depth");
/// The method.
pub const METHOD: Column = KIND.column("method");
/// The URI.
pub const URI: Column = KIND.column("uri");
/// The Date header.
pub const DATE: Column = KIND.column("date");
/// The From headers of request and reply.
pub const FROM: [Column; 2] = [KIND.column("request_from"), KIND.column("response_from")];
/// The To headers of request and reply.
pub const TO: [Column; 2] = [KIND.column("request_to"), KIND.column("response_to")];
/// The Reply-To header.
pub const REPLY_TO: Column = KIND.column("reply_to");
/// The Call-ID header.
pub const CALL_ID: Column = KIND.column("call_id");
/// The CSeq header.
pub const SEQ: Column = KIND.column("seq");
/// The Subject header.
pub const SUBJECT: Column = KIND.column("subject");
/// The Via headers of request and reply.
pub const PATH: [Column; 2] = [KIND.column("request_path"), KIND.column("response_path")];
/// The User-Agent header.
pub const USER_AGENT: Column = KIND.column("user_agent");
/// The status.
pub const STATUS_CODE: Column = KIND.column("status_code");
/// Its words.
pub const STATUS_MSG: Column = KIND.column("status_msg");
/// The Warning header.
pub const WARNING: Column = KIND.column("warning");
/// The Content-Length headers of request and reply.
pub const BODY_LEN: [Column; 2] = [KIND.column("request_body_len"), KIND.column("response_body_len")];
/// The Content-Type header.
pub const CONTENT_TYPE: Column = KIND.column("content_type");
