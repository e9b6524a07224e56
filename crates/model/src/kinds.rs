//! The kinds that belong to no protocol: several parts of the program write or read them.

use crate::{Column, FLOW_KEYS, Field, Kind, Scalar, Type, field};

/// `weird.log`: traffic that breaks its protocol's rules.
pub mod weird {
    use super::*;

    /// The kind.
    pub const KIND: Kind = Kind { name: "weird", doc: "Something that a protocol's rules do not allow, or that hides traffic from analysis.", keys: FLOW_KEYS, fields: FIELDS };
    const FIELDS: &[Field] = &[
        field("name", Type::STRING, "", "What was wrong, by Zeek's name for it."),
        field("addl", Type::STRING, "", "More about it."),
        field("notice", Type::BOOL, "", "Whether it was raised as a notice too."),
        field("peer", Type::STRING, "", "The sensor that saw it."),
        field("source", Type::STRING, "", "The part of the analysis that saw it."),
    ];
    /// What was wrong.
    pub const NAME: Column = KIND.column("name");
    /// More about it.
    pub const ADDL: Column = KIND.column("addl");
    /// Whether it was raised as a notice.
    pub const NOTICE: Column = KIND.column("notice");
    /// The sensor.
    pub const PEER: Column = KIND.column("peer");
    /// The part of the analysis.
    pub const SOURCE: Column = KIND.column("source");
}

/// `notice.log`: what deserves a person's attention.
pub mod notice {
    use super::*;

    /// The kind.
    pub const KIND: Kind = Kind { name: "notice", doc: "Something that deserves a person's attention.", keys: FLOW_KEYS, fields: FIELDS };
    const FIELDS: &[Field] = &[
        field("fuid", Type::STRING, "", "The file that it is about."),
        field("file_mime_type", Type::STRING, "", "That file's type."),
        field("file_desc", Type::STRING, "", "Where that file was seen."),
        field("proto", Type::ENUM, "", "The transport protocol."),
        field("note", Type::ENUM, "", "The type of notice."),
        field("msg", Type::STRING, "", "What happened, for a person."),
        field("sub", Type::STRING, "", "More about it."),
        field("src", Type::ADDR, "", "The source address."),
        field("dst", Type::ADDR, "", "The destination address."),
        field("p", Type::PORT, "", "The port."),
        field("n", Type::COUNT, "", "A number that the notice is about."),
        field("peer_descr", Type::STRING, "", "The sensor that saw it."),
        field("actions", Type::Set(Scalar::Enum), "", "What was done about it."),
        field("email_dest", Type::STRINGS_SET, "", "Who was told."),
        field("suppress_for", Type::INTERVAL, "s", "For how long the same notice is held back."),
        field("remote_location.country_code", Type::STRING, "", "Country of the outside host."),
        field("remote_location.region", Type::STRING, "", "Region of the outside host."),
        field("remote_location.city", Type::STRING, "", "City of the outside host."),
        field("remote_location.latitude", Type::DOUBLE, "degrees", "Latitude of the outside host."),
        field("remote_location.longitude", Type::DOUBLE, "degrees", "Longitude of the outside host."),
    ];
    /// The transport protocol.
    pub const PROTO: Column = KIND.column("proto");
    /// The type of notice.
    pub const NOTE: Column = KIND.column("note");
    /// For a person.
    pub const MSG: Column = KIND.column("msg");
    /// More.
    pub const SUB: Column = KIND.column("sub");
    /// Source address.
    pub const SRC: Column = KIND.column("src");
    /// Destination address.
    pub const DST: Column = KIND.column("dst");
    /// Port.
    pub const P: Column = KIND.column("p");
    /// A number.
    pub const N: Column = KIND.column("n");
    /// The sensor.
    pub const PEER_DESCR: Column = KIND.column("peer_descr");
    /// What was done.
    pub const ACTIONS: Column = KIND.column("actions");
    /// Who was told.
    pub const EMAIL_DEST: Column = KIND.column("email_dest");
    /// How long the same is held back.
    pub const SUPPRESS_FOR: Column = KIND.column("suppress_for");
}
