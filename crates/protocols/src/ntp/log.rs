//! The columns of `ntp.log`, `ntp_control.log` and `ntp_private.log`.

use model::{Column, FLOW_KEYS, Field, Kind, Type, field};

const VERSION_FIELD: Field = field("version", Type::COUNT, "", "The version of the protocol.");
const MODE_FIELD: Field = field("mode", Type::COUNT, "", "The mode: 3 from a client, 4 from a server, 6 control, 7 private.");

/// `ntp.log`: one message that sets clocks.
pub const KIND: Kind = Kind { name: "ntp", doc: "A message that sets clocks.", keys: FLOW_KEYS, fields: FIELDS };

const FIELDS: &[Field] = &[
    VERSION_FIELD,
    MODE_FIELD,
    field("stratum", Type::COUNT, "", "How far the sender is from a reference clock."),
    field("poll", Type::INTERVAL, "s", "The longest time between two messages."),
    field("precision", Type::INTERVAL, "s", "The precision of the sender's clock."),
    field("root_delay", Type::INTERVAL, "s", "The round trip to the reference clock."),
    field("root_disp", Type::INTERVAL, "s", "The dispersion to the reference clock."),
    field("ref_id", Type::STRING, "", "A code where the stratum is 0, the kind of reference clock where it is 1, else an address."),
    field("ref_time", Type::TIME, "s since 1970", "When the sender's clock was last set."),
    field("org_time", Type::TIME, "s since 1970", "When the request left the client."),
    field("rec_time", Type::TIME, "s since 1970", "When the request reached the server."),
    field("xmt_time", Type::TIME, "s since 1970", "When this message left."),
    field("num_exts", Type::COUNT, "", "How many extension fields it has."),
];

/// The version.
pub const VERSION: Column = KIND.column("version");
/// The mode.
pub const MODE: Column = KIND.column("mode");
/// The stratum.
pub const STRATUM: Column = KIND.column("stratum");
/// Between messages.
pub const POLL: Column = KIND.column("poll");
/// The clock's precision.
pub const PRECISION: Column = KIND.column("precision");
/// To the reference clock and back.
pub const ROOT_DELAY: Column = KIND.column("root_delay");
/// Dispersion.
pub const ROOT_DISP: Column = KIND.column("root_disp");
/// The reference.
pub const REF_ID: Column = KIND.column("ref_id");
/// When last set.
pub const REF_TIME: Column = KIND.column("ref_time");
/// Left the client.
pub const ORG_TIME: Column = KIND.column("org_time");
/// Reached the server.
pub const REC_TIME: Column = KIND.column("rec_time");
/// Left the sender.
pub const XMT_TIME: Column = KIND.column("xmt_time");
/// Extensions.
pub const NUM_EXTS: Column = KIND.column("num_exts");

/// `ntp_control.log`: mode 6, by which servers are asked about themselves.
pub mod control {
    use super::*;

    /// The kind.
    pub const KIND: Kind = Kind {
        name: "ntp_control",
        doc: "A question to a time server about itself, or its answer (mode 6).",
        keys: FLOW_KEYS,
        fields: FIELDS,
    };

    const FIELDS: &[Field] = &[
        VERSION_FIELD,
        MODE_FIELD,
        field("op_code", Type::COUNT, "", "The operation."),
        field("sequence", Type::COUNT, "", "The number that answer and question share."),
        field("status", Type::COUNT, "", "The server's status."),
        field("association_id", Type::COUNT, "", "The association that it is about."),
        field("resp_bit", Type::BOOL, "", "Whether this is an answer."),
        field("err_bit", Type::BOOL, "", "Whether this is an error."),
        field("more_bit", Type::BOOL, "", "Whether more parts follow."),
        field("data", Type::STRING, "", "What is said."),
        field("key_id", Type::COUNT, "", "The key of the checksum."),
        field("crypto_checksum", Type::STRING, "", "The checksum."),
    ];

    /// The version.
    pub const VERSION: Column = KIND.column("version");
    /// The mode.
    pub const MODE: Column = KIND.column("mode");
    /// The operation.
    pub const OP_CODE: Column = KIND.column("op_code");
    /// The number.
    pub const SEQUENCE: Column = KIND.column("sequence");
    /// The status.
    pub const STATUS: Column = KIND.column("status");
    /// The association.
    pub const ASSOCIATION_ID: Column = KIND.column("association_id");
    /// An answer.
    pub const RESP_BIT: Column = KIND.column("resp_bit");
    /// An error.
    pub const ERR_BIT: Column = KIND.column("err_bit");
    /// More follows.
    pub const MORE_BIT: Column = KIND.column("more_bit");
    /// What is said.
    pub const DATA: Column = KIND.column("data");
    /// The key.
    pub const KEY_ID: Column = KIND.column("key_id");
    /// The checksum.
    pub const CRYPTO_CHECKSUM: Column = KIND.column("crypto_checksum");
}

/// `ntp_private.log`: mode 7, private to implementations; its `monlist` made servers into amplifiers.
pub mod private {
    use super::*;

    /// The kind.
    pub const KIND: Kind =
        Kind { name: "ntp_private", doc: "A message private to an implementation (mode 7).", keys: FLOW_KEYS, fields: FIELDS };

    const FIELDS: &[Field] = &[
        VERSION_FIELD,
        MODE_FIELD,
        field("req_code", Type::COUNT, "", "What is asked for; 42 is the list of clients."),
        field("sequence", Type::COUNT, "", "The part's number."),
        field("implementation", Type::COUNT, "", "Whose codes these are."),
        field("auth_bit", Type::BOOL, "", "Whether the message is authenticated."),
        field("err", Type::COUNT, "", "The error."),
        field("data", Type::STRING, "", "What is said."),
    ];

    /// The version.
    pub const VERSION: Column = KIND.column("version");
    /// The mode.
    pub const MODE: Column = KIND.column("mode");
    /// The request.
    pub const REQ_CODE: Column = KIND.column("req_code");
    /// The part.
    pub const SEQUENCE: Column = KIND.column("sequence");
    /// Whose codes.
    pub const IMPLEMENTATION: Column = KIND.column("implementation");
    /// Authenticated.
    pub const AUTH_BIT: Column = KIND.column("auth_bit");
    /// The error.
    pub const ERR: Column = KIND.column("err");
    /// What is said.
    pub const DATA: Column = KIND.column("data");
}
