//! The columns of `smtp.log`: one row for each mail, or for a session that asked for TLS.

use model::{Column, FLOW_KEYS, Field, Kind, Scalar, Type, field};

/// `smtp.log`.
pub const KIND: Kind = Kind { name: "smtp", doc: "A mail handed from one host to another.", keys: FLOW_KEYS, fields: FIELDS };

const FIELDS: &[Field] = &[
    field("trans_depth", Type::COUNT, "", "Which mail of the connection this is, from 1 on."),
    field("helo", Type::STRING, "", "What the client called itself."),
    field("mailfrom", Type::STRING, "", "The sender on the envelope."),
    field("rcptto", Type::STRINGS_SET, "", "The recipients on the envelope."),
    field("date", Type::STRING, "", "The Date header."),
    field("from", Type::STRING, "", "The From header."),
    field("to", Type::STRINGS_SET, "", "The addresses of the To header."),
    field("cc", Type::STRINGS_SET, "", "The addresses of the Cc header."),
    field("reply_to", Type::STRING, "", "The Reply-To header."),
    field("msg_id", Type::STRING, "", "The Message-ID header."),
    field("in_reply_to", Type::STRING, "", "The In-Reply-To header."),
    field("subject", Type::STRING, "", "The Subject header."),
    field("x_originating_ip", Type::ADDR, "", "The address in the X-Originating-IP header."),
    field("first_received", Type::STRING, "", "The first Received header by time, the last of the mail."),
    field("second_received", Type::STRING, "", "The second Received header by time."),
    field("last_reply", Type::STRING, "", "The last thing that the server said."),
    field("path", Type::Vector(Scalar::Addr), "", "The way of the mail, from the latest host to the first, by its headers."),
    field("user_agent", Type::STRING, "", "The program that wrote the mail."),
    field("tls", Type::BOOL, "", "Whether the session went on under TLS."),
    field("fuids", Type::STRINGS, "", "The files of the mail."),
    field("is_webmail", Type::BOOL, "", "Whether the mail was written in a browser."),
    model::kinds::TOLD_BY,
];

/// Which mail of the connection.
pub const TRANS_DEPTH: Column = KIND.column("trans_depth");
/// What the client called itself.
pub const HELO: Column = KIND.column("helo");
/// The sender.
pub const MAILFROM: Column = KIND.column("mailfrom");
/// The recipients.
pub const RCPTTO: Column = KIND.column("rcptto");
/// The Date header.
pub const DATE: Column = KIND.column("date");
/// The From header.
pub const FROM: Column = KIND.column("from");
/// The To header.
pub const TO: Column = KIND.column("to");
/// The Cc header.
pub const CC: Column = KIND.column("cc");
/// The Reply-To header.
pub const REPLY_TO: Column = KIND.column("reply_to");
/// The Message-ID header.
pub const MSG_ID: Column = KIND.column("msg_id");
/// The In-Reply-To header.
pub const IN_REPLY_TO: Column = KIND.column("in_reply_to");
/// The Subject header.
pub const SUBJECT: Column = KIND.column("subject");
/// The X-Originating-IP header.
pub const X_ORIGINATING_IP: Column = KIND.column("x_originating_ip");
/// The first Received header.
pub const FIRST_RECEIVED: Column = KIND.column("first_received");
/// The second Received header.
pub const SECOND_RECEIVED: Column = KIND.column("second_received");
/// The last reply.
pub const LAST_REPLY: Column = KIND.column("last_reply");
/// The way of the mail.
pub const PATH: Column = KIND.column("path");
/// The program.
pub const USER_AGENT: Column = KIND.column("user_agent");
/// Whether TLS began.
pub const TLS: Column = KIND.column("tls");
/// The files.
pub const FUIDS: Column = KIND.column("fuids");
/// Whether it came from a browser.
pub const IS_WEBMAIL: Column = KIND.column("is_webmail");
