//! The kinds that belong to no protocol: several parts of the program write or read them.

use crate::{Column, FLOW_KEYS, Field, Kind, Scalar, TS_KEY, Type, field};

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

/// Internal: a TCP handshake was completed. Raw material for correlators; names that begin with `_` are never logs.
///
/// The engine emits it at the SYN+ACK that answers a SYN it has seen (Zeek's `connection_established`, both ends
/// established), with the time of that packet.
pub mod established {
    use super::*;

    /// The kind.
    pub const KIND: Kind = Kind { name: "_established", doc: "A TCP handshake was completed (internal).", keys: FLOW_KEYS, fields: &[] };
}

/// Internal: a service was confirmed on a flow, with what is known of the flow just then (after the packet that brought
/// the confirmation). Emitted by the engine once for each service of a flow whose responder is inside
/// ([`crate::Addr::is_private`]); flows to the outside may be left out. The services are `Value::Static`.
pub mod confirmed {
    use super::*;

    /// The kind.
    pub const KIND: Kind = Kind { name: "_confirmed", doc: "A service was confirmed on a flow (internal).", keys: FLOW_KEYS, fields: SERVICE_FIELDS };
    /// The transport protocol: `tcp`, `udp` or `icmp`.
    pub const PROTO: Column = KIND.column("proto");
    /// The services of the flow so far, the new one among them.
    pub const SERVICES: Column = KIND.column("services");
    /// Whether the responder has taken part.
    pub const ACTIVE: Column = KIND.column("active");
    /// Payload bytes from the responder.
    pub const RESP_BYTES: Column = KIND.column("resp_bytes");
}

/// Internal: a flow left the flow table. Its time is the engine's time just then (that of the packet that let the timer
/// expire, or of the last packet of all), not that of the flow's last packet. The columns are those of [`confirmed`].
/// Flows to the outside, and those whose responder took no part, may be left out.
pub mod removed {
    use super::*;

    /// The kind.
    pub const KIND: Kind = Kind { name: "_removed", doc: "A flow left the flow table (internal).", keys: FLOW_KEYS, fields: SERVICE_FIELDS };
    /// The transport protocol: `tcp`, `udp` or `icmp`.
    pub const PROTO: Column = KIND.column("proto");
    /// The services of the flow.
    pub const SERVICES: Column = KIND.column("services");
    /// Whether the responder has taken part.
    pub const ACTIVE: Column = KIND.column("active");
    /// Payload bytes from the responder.
    pub const RESP_BYTES: Column = KIND.column("resp_bytes");
}

const SERVICE_FIELDS: &[Field] = &[
    field("proto", Type::ENUM, "", "The transport protocol."),
    field("services", Type::STRINGS_SET, "", "The services, by the names of `conn.log`."),
    field("active", Type::BOOL, "", "TCP: the responder is established, closed or partial, or its SYN+ACK was seen; UDP: it has sent something."),
    field("resp_bytes", Type::COUNT, "bytes", "Payload from the responder."),
];

/// Internal: how many acknowledgements were seen, and how many of them covered bytes that were not, since the last such
/// measurement. Each worker emits one row per measurement, all with the measurement's time; a correlator adds them up.
pub mod gap_stats {
    use super::*;

    /// The kind.
    pub const KIND: Kind = Kind { name: "_gap_stats", doc: "Acknowledgements and gaps of one worker since the last measurement (internal).", keys: TS_KEY, fields: FIELDS };
    const FIELDS: &[Field] = &[
        field("acks", Type::COUNT, "acknowledgements", "Acknowledgements of new bytes while both ends were established."),
        field("gaps", Type::COUNT, "acknowledgements", "Those among them that covered bytes which were not seen."),
    ];
    /// Acknowledgements of new bytes while both ends were established.
    pub const ACKS: Column = KIND.column("acks");
    /// Those that covered bytes which were not seen.
    pub const GAPS: Column = KIND.column("gaps");
}
