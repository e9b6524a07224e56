//! The columns of `dns.log`.

use model::{Column, FLOW_KEYS, Field, Kind, Scalar, Type, field};

/// `dns.log`: a question with its answer, one without, or an answer to no question that was seen.
pub const KIND: Kind = Kind { name: "dns", doc: "A question to the domain name system and its answer.", keys: FLOW_KEYS, fields: FIELDS };

const FIELDS: &[Field] = &[
    field("proto", Type::ENUM, "", "The transport protocol."),
    field("trans_id", Type::COUNT, "", "The number by which the client matches answers to questions."),
    field("rtt", Type::INTERVAL, "s", "From the question to the answer."),
    field("query", Type::STRING, "", "The name that was asked for."),
    field("qclass", Type::COUNT, "", "The class that was asked for."),
    field("qclass_name", Type::STRING, "", "That class's name."),
    field("qtype", Type::COUNT, "", "The record type that was asked for."),
    field("qtype_name", Type::STRING, "", "That type's name."),
    field("rcode", Type::COUNT, "", "The answer's response code."),
    field("rcode_name", Type::STRING, "", "That code's name."),
    field("AA", Type::BOOL, "", "Whether the server is an authority for the name."),
    field("TC", Type::BOOL, "", "Whether the message was truncated."),
    field("RD", Type::BOOL, "", "Whether the client wants the server to ask further servers."),
    field("RA", Type::BOOL, "", "Whether the server would ask further servers."),
    field("Z", Type::COUNT, "", "The three reserved bits of the header."),
    field("answers", Type::STRINGS, "", "The records of the answer."),
    field("TTLs", Type::Vector(Scalar::Interval), "s", "For how long each of them may be cached."),
    field("rejected", Type::BOOL, "", "Whether the server refused to answer."),
    field("opcode", Type::COUNT, "", "The operation."),
    field("opcode_name", Type::STRING, "", "That operation's name."),
    model::kinds::TOLD_BY,
];

/// The transport protocol.
pub const PROTO: Column = KIND.column("proto");
/// The transaction's number.
pub const TRANS_ID: Column = KIND.column("trans_id");
/// From the question to the answer.
pub const RTT: Column = KIND.column("rtt");
/// The name asked for.
pub const QUERY: Column = KIND.column("query");
/// The class asked for.
pub const QCLASS: Column = KIND.column("qclass");
/// Its name.
pub const QCLASS_NAME: Column = KIND.column("qclass_name");
/// The type asked for.
pub const QTYPE: Column = KIND.column("qtype");
/// Its name.
pub const QTYPE_NAME: Column = KIND.column("qtype_name");
/// The response code.
pub const RCODE: Column = KIND.column("rcode");
/// Its name.
pub const RCODE_NAME: Column = KIND.column("rcode_name");
/// Authoritative answer.
pub const AA: Column = KIND.column("AA");
/// Truncated.
pub const TC: Column = KIND.column("TC");
/// Recursion desired.
pub const RD: Column = KIND.column("RD");
/// Recursion available.
pub const RA: Column = KIND.column("RA");
/// Reserved bits.
pub const Z: Column = KIND.column("Z");
/// Records.
pub const ANSWERS: Column = KIND.column("answers");
/// Their lifetimes.
pub const TTLS: Column = KIND.column("TTLs");
/// Refused.
pub const REJECTED: Column = KIND.column("rejected");
/// The operation.
pub const OPCODE: Column = KIND.column("opcode");
/// Its name.
pub const OPCODE_NAME: Column = KIND.column("opcode_name");
