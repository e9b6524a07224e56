//! The kinds that log formats write beside those of protocols.

use model::kinds::TOLD_BY;
use model::{Column, FLOW_KEYS, Field, Kind, TS_KEY, Type, field};

/// `alert.log`: what other sensors raise an alarm for.
pub mod alert {
    use super::*;

    /// The kind.
    pub const KIND: Kind = Kind {
        name: "alert",
        doc: "An alarm of another sensor: an intrusion detection system's signature, or what an anti-virus program found.",
        keys: FLOW_KEYS,
        fields: FIELDS,
    };
    const FIELDS: &[Field] = &[
        field("proto", Type::ENUM, "", "The transport protocol."),
        field("sensor", Type::STRING, "", "What raised it: suricata, defender …"),
        field("signature", Type::STRING, "", "What it says."),
        field("sid", Type::COUNT, "", "The signature's number."),
        field("rev", Type::COUNT, "", "The signature's revision."),
        field("category", Type::STRING, "", "The class that it belongs to."),
        field("severity", Type::COUNT, "", "How grave, by the sensor: 1 is the gravest."),
        field("action", Type::STRING, "", "What was done: allowed, blocked …"),
        TOLD_BY,
    ];
    /// The transport protocol.
    pub const PROTO: Column = KIND.column("proto");
    /// What raised it.
    pub const SENSOR: Column = KIND.column("sensor");
    /// What it says.
    pub const SIGNATURE: Column = KIND.column("signature");
    /// The signature's number.
    pub const SID: Column = KIND.column("sid");
    /// Its revision.
    pub const REV: Column = KIND.column("rev");
    /// Its class.
    pub const CATEGORY: Column = KIND.column("category");
    /// How grave.
    pub const SEVERITY: Column = KIND.column("severity");
    /// What was done.
    pub const ACTION: Column = KIND.column("action");
}

/// `logon.log`: somebody logged on, or failed to, or left.
pub mod logon {
    use super::*;

    /// The kind.
    pub const KIND: Kind = Kind {
        name: "logon",
        doc: "A logon to a host or service that a log tells of: granted, refused, or ended.",
        keys: TS_KEY,
        fields: FIELDS,
    };
    const FIELDS: &[Field] = &[
        field("host", Type::STRING, "", "Where: the host that was logged on to, by name or address."),
        field("service", Type::STRING, "", "To what: ssh, vpn, smtp, imap, windows, console …"),
        field("user", Type::STRING, "", "Who."),
        field("source", Type::ADDR, "", "From which address."),
        field("source_port", Type::PORT, "", "From which port."),
        field("action", Type::ENUM, "", "`logon`, `logoff` or `change`."),
        field("success", Type::BOOL, "", "Whether it was granted."),
        field("method", Type::STRING, "", "How: password, publickey, certificate, the Windows logon type."),
        field("reason", Type::STRING, "", "Why not, or why it ended."),
        field("assigned", Type::ADDR, "", "The address that the user was given (VPN)."),
        field("duration", Type::INTERVAL, "s", "How long it lasted, when it ends."),
        TOLD_BY,
    ];
    /// Where.
    pub const HOST: Column = KIND.column("host");
    /// To what.
    pub const SERVICE: Column = KIND.column("service");
    /// Who.
    pub const USER: Column = KIND.column("user");
    /// From which address.
    pub const SOURCE: Column = KIND.column("source");
    /// From which port.
    pub const SOURCE_PORT: Column = KIND.column("source_port");
    /// What was done.
    pub const ACTION: Column = KIND.column("action");
    /// Whether it was granted.
    pub const SUCCESS: Column = KIND.column("success");
    /// How.
    pub const METHOD: Column = KIND.column("method");
    /// Why not.
    pub const REASON: Column = KIND.column("reason");
    /// The address that the user was given.
    pub const ASSIGNED: Column = KIND.column("assigned");
    /// How long it lasted.
    pub const DURATION: Column = KIND.column("duration");
}

/// `device.log`: what a device or program said that is neither a flow nor a request nor a logon.
pub mod device {
    use super::*;

    /// The kind.
    pub const KIND: Kind = Kind {
        name: "device",
        doc: "Something that a device or program logged about itself or about traffic, understood but of no other log's kind.",
        keys: TS_KEY,
        fields: FIELDS,
    };
    const FIELDS: &[Field] = &[
        field("device", Type::STRING, "", "The device, by name or address."),
        field("program", Type::STRING, "", "The program."),
        field("code", Type::STRING, "", "The message's own number or name."),
        field("severity", Type::STRING, "", "How grave it is, by the device's own word."),
        field("source", Type::ADDR, "", "The address that it is about, or that it came from."),
        field("destination", Type::ADDR, "", "The address that it went to."),
        field("user", Type::STRING, "", "The user that it is about."),
        field("message", Type::STRING, "", "What was said."),
        TOLD_BY,
    ];
    /// The device.
    pub const DEVICE: Column = KIND.column("device");
    /// The program.
    pub const PROGRAM: Column = KIND.column("program");
    /// The message's number.
    pub const CODE: Column = KIND.column("code");
    /// How grave.
    pub const SEVERITY: Column = KIND.column("severity");
    /// About whom.
    pub const SOURCE: Column = KIND.column("source");
    /// Where to.
    pub const DESTINATION: Column = KIND.column("destination");
    /// About which user.
    pub const USER: Column = KIND.column("user");
    /// What was said.
    pub const MESSAGE: Column = KIND.column("message");
}

/// `raw.log`: records that could not be understood, as they are.
pub mod raw {
    use super::*;

    /// The kind.
    pub const KIND: Kind = Kind { name: "raw", doc: "A record that no format could read, kept as it is.", keys: TS_KEY, fields: FIELDS };
    const FIELDS: &[Field] = &[
        field("format", Type::STRING, "", "The format that it came nearest to."),
        field("reason", Type::STRING, "", "Why it could not be read."),
        field("line", Type::STRING, "", "The record."),
        TOLD_BY,
    ];
    /// The nearest format.
    pub const FORMAT: Column = KIND.column("format");
    /// Why not.
    pub const REASON: Column = KIND.column("reason");
    /// The record.
    pub const LINE: Column = KIND.column("line");
}
