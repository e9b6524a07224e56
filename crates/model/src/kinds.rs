//! The kinds that belong to no protocol: several parts of the program write or read them.

use crate::{Column, FLOW_KEYS, Field, Kind, Scalar, TS_KEY, Type, field};

/// The last column of every log that others' logs can fill too: who told it.
pub const TOLD_BY: Field = field("told_by", Type::STRING, "", "The log that told it, format and host; not set for what packets show.");

/// `weird.log`: traffic that breaks its protocol's rules.
pub mod weird {
    use super::*;

    /// The kind.
    pub const KIND: Kind = Kind {
        name: "weird",
        doc: "Something that a protocol's rules do not allow, or that hides traffic from analysis.",
        keys: FLOW_KEYS,
        fields: FIELDS,
    };
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

/// `analyzer.log`: a protocol's analysis broke off.
pub mod analyzer {
    use super::*;

    /// The kind.
    pub const KIND: Kind = Kind {
        name: "analyzer",
        doc: "An analysis broke off, because the traffic is not what it was taken for.",
        keys: TS_KEY,
        fields: FIELDS,
    };
    const FIELDS: &[Field] = &[
        field("analyzer_kind", Type::STRING, "", "What was analyzed: `protocol`, `packet` or `file`."),
        field("analyzer_name", Type::STRING, "", "The analysis, by Zeek's name for it in upper case, such as `DNS` or `KRB_TCP`."),
        field("uid", Type::STRING, "", "The connection."),
        field("fuid", Type::STRING, "", "The file."),
        field("id.orig_h", Type::ADDR, "", "Address of the side that opened the connection."),
        field("id.orig_p", Type::PORT, "", "Port of that side."),
        field("id.resp_h", Type::ADDR, "", "Address of the side that answered."),
        field("id.resp_p", Type::PORT, "", "Port of that side."),
        field("proto", Type::ENUM, "", "The transport protocol."),
        field("failure_reason", Type::STRING, "", "Which rule was broken."),
        field("failure_data", Type::STRING, "", "The bytes that broke it."),
    ];
    /// What was analyzed.
    pub const ANALYZER_KIND: Column = KIND.column("analyzer_kind");
    /// The analysis.
    pub const ANALYZER_NAME: Column = KIND.column("analyzer_name");
    /// The connection.
    pub const UID: Column = KIND.column("uid");
    /// The file.
    pub const FUID: Column = KIND.column("fuid");
    /// Originator's address.
    pub const ORIG_H: Column = KIND.column("id.orig_h");
    /// Originator's port.
    pub const ORIG_P: Column = KIND.column("id.orig_p");
    /// Responder's address.
    pub const RESP_H: Column = KIND.column("id.resp_h");
    /// Responder's port.
    pub const RESP_P: Column = KIND.column("id.resp_p");
    /// The transport protocol.
    pub const PROTO: Column = KIND.column("proto");
    /// Which rule.
    pub const FAILURE_REASON: Column = KIND.column("failure_reason");
    /// Which bytes.
    pub const FAILURE_DATA: Column = KIND.column("failure_data");
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
    pub const KIND: Kind =
        Kind { name: "_confirmed", doc: "A service was confirmed on a flow (internal).", keys: FLOW_KEYS, fields: SERVICE_FIELDS };
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
    pub const KIND: Kind =
        Kind { name: "_removed", doc: "A flow left the flow table (internal).", keys: FLOW_KEYS, fields: SERVICE_FIELDS };
    /// The transport protocol: `tcp`, `udp` or `icmp`.
    pub const PROTO: Column = KIND.column("proto");
    /// The services of the flow.
    pub const SERVICES: Column = KIND.column("services");
    /// Whether the responder has taken part.
    pub const ACTIVE: Column = KIND.column("active");
    /// Payload bytes from the responder.
    pub const RESP_BYTES: Column = KIND.column("resp_bytes");
    /// Whether it was removed only because everything ended.
    pub const AT_END: Column = KIND.column("at_end");
}

const SERVICE_FIELDS: &[Field] = &[
    field("proto", Type::ENUM, "", "The transport protocol."),
    field("services", Type::STRINGS_SET, "", "The services, by the names of `conn.log`."),
    field(
        "active",
        Type::BOOL,
        "",
        "TCP: the responder is established, closed or partial, or its SYN+ACK was seen; UDP: it has sent something.",
    ),
    field("resp_bytes", Type::COUNT, "bytes", "Payload from the responder."),
    field("at_end", Type::BOOL, "", "Whether the flow was removed only because everything ended."),
];

/// Internal: how many acknowledgements were seen, and how many of them covered bytes that were not, since the last such
/// measurement. Each worker emits one row per measurement, all with the measurement's time; a correlator adds them up.
pub mod gap_stats {
    use super::*;

    /// The kind.
    pub const KIND: Kind = Kind {
        name: "_gap_stats",
        doc: "Acknowledgements and gaps of one worker since the last measurement (internal).",
        keys: TS_KEY,
        fields: FIELDS,
    };
    const FIELDS: &[Field] = &[
        field("acks", Type::COUNT, "acknowledgements", "Acknowledgements of new bytes while both ends were established."),
        field("gaps", Type::COUNT, "acknowledgements", "Those among them that covered bytes which were not seen."),
        field("at_end", Type::BOOL, "", "Whether it was made because everything ended; there may be another of the same time."),
    ];
    /// Acknowledgements of new bytes while both ends were established.
    pub const ACKS: Column = KIND.column("acks");
    /// Those that covered bytes which were not seen.
    pub const GAPS: Column = KIND.column("gaps");
    /// Whether it was made because everything ended.
    pub const AT_END: Column = KIND.column("at_end");
}

/// Internal: something in a flow's bytes that only attacks, malware and the like have, and that no log shows.
pub mod mark {
    use super::*;

    /// The kind.
    pub const KIND: Kind =
        Kind { name: "_mark", doc: "Something telling in a flow's bytes that no log shows (internal).", keys: FLOW_KEYS, fields: FIELDS };
    const FIELDS: &[Field] = &[
        field("what", Type::STRING, "", "What it is: `request`, `lookup`, `program`, `shell` …"),
        field("is_orig", Type::BOOL, "", "Whether the originator sent it."),
        field("text", Type::STRING, "", "The bytes themselves, as many as a person needs."),
    ];
    /// What it is.
    pub const WHAT: Column = KIND.column("what");
    /// Who sent it.
    pub const IS_ORIG: Column = KIND.column("is_orig");
    /// The bytes.
    pub const TEXT: Column = KIND.column("text");
}

/// Internal: what a SYN or SYN+ACK tells of its sender's TCP stack. Raw material for fingerprints and for telling hosts
/// apart that share an address.
pub mod stack {
    use super::*;

    /// The kind.
    pub const KIND: Kind =
        Kind { name: "_stack", doc: "The TCP stack of a host, by its SYN or SYN+ACK (internal).", keys: FLOW_KEYS, fields: FIELDS };
    const FIELDS: &[Field] = &[
        field("is_orig", Type::BOOL, "", "Whether it is the originator's (a SYN; else a SYN+ACK of the responder)."),
        field("ttl", Type::COUNT, "hops", "The time to live, or hop limit, that was left."),
        field("signature", Type::STRING, "", "The stack, in the notation of p0f's raw signatures."),
        field("ts_value", Type::COUNT, "ticks", "The TCP timestamp (RFC 7323), in ticks of the sender's own clock."),
    ];
    /// Whose it is.
    pub const IS_ORIG: Column = KIND.column("is_orig");
    /// Hops that were left.
    pub const TTL: Column = KIND.column("ttl");
    /// The stack.
    pub const SIGNATURE: Column = KIND.column("signature");
    /// The clock.
    pub const TS_VALUE: Column = KIND.column("ts_value");
}

/// Internal: one side of a TCP connection said two different things at one place of its stream.
pub mod differing {
    use super::*;

    /// The kind.
    pub const KIND: Kind =
        Kind { name: "_differing", doc: "A side said two things at one place of its stream (internal).", keys: FLOW_KEYS, fields: FIELDS };
    const FIELDS: &[Field] = &[
        field("is_orig", Type::BOOL, "", "Whether it is the originator's stream."),
        field("first", Type::STRING, "", "What came first, and was read: its beginning."),
        field("second", Type::STRING, "", "What came afterwards: as many bytes."),
    ];
    /// Whose stream.
    pub const IS_ORIG: Column = KIND.column("is_orig");
    /// What was read.
    pub const FIRST: Column = KIND.column("first");
    /// What came afterwards.
    pub const SECOND: Column = KIND.column("second");
}

/// Internal: an answer to somebody who wants to log on, where no log of its own says so (FTP, POP3).
pub mod logon {
    use super::*;

    /// The kind.
    pub const KIND: Kind = Kind { name: "_logon", doc: "Somebody tried to log on (internal).", keys: FLOW_KEYS, fields: FIELDS };
    const FIELDS: &[Field] = &[
        field("service", Type::STRING, "", "The protocol, by the name of its service."),
        field("user", Type::STRING, "", "Who."),
        field("success", Type::BOOL, "", "Whether it worked."),
    ];
    /// The protocol.
    pub const SERVICE: Column = KIND.column("service");
    /// Who.
    pub const USER: Column = KIND.column("user");
    /// Whether it worked.
    pub const SUCCESS: Column = KIND.column("success");
}

/// `stack.log`: the TCP stacks of hosts.
pub mod stack_log {
    use super::*;

    /// The kind. Its columns are those of [`stack`], so that reading it back gives those facts again.
    pub const KIND: Kind = Kind {
        name: "stack",
        doc: "The TCP stack of a host, by a SYN or SYN+ACK: a row when it is new, and again when ten minutes have passed.",
        keys: FLOW_KEYS,
        fields: FIELDS,
    };
    const FIELDS: &[Field] = &[
        field("is_orig", Type::BOOL, "", "Whether it is the originator's (by a SYN; else the responder's by a SYN+ACK)."),
        field("ttl", Type::COUNT, "hops", "The time to live, or hop limit, that was left."),
        field("signature", Type::STRING, "", "The stack, in the notation of p0f's raw signatures."),
        field("ts_value", Type::COUNT, "ticks", "The TCP timestamp (RFC 7323), in ticks of the sender's own clock."),
        field("os", Type::STRING, "", "The operating system that this is known of."),
        field("hops", Type::COUNT, "hops", "How far away the host is, by the nearest initial time to live."),
    ];
    /// The operating system.
    pub const OS: Column = KIND.column("os");
    /// The way to the host.
    pub const HOPS: Column = KIND.column("hops");
}

/// `finding.log`: what was found out about hosts, one row for each finding.
pub mod finding {
    use super::*;

    /// The kind.
    pub const KIND: Kind = Kind {
        name: "finding",
        doc: "What a host's behaviour shows, by which definition and on what evidence.",
        keys: TS_KEY,
        fields: FIELDS,
    };
    const FIELDS: &[Field] = &[
        field("id", Type::STRING, "", "The finding's id."),
        field("detector", Type::STRING, "", "Who found it: an id of the detectors' list."),
        field("name", Type::STRING, "", "What was found."),
        field("host", Type::ADDR, "", "On which host."),
        field("subject", Type::STRING, "", "What it is about: a port, a name, an address."),
        field("title", Type::STRING, "", "What is said of the host, for a person."),
        field("peers", Type::Vector(Scalar::Addr), "", "Whom it concerns: a sample."),
        field("last", Type::TIME, "s since 1970", "When it was last seen."),
        field("count", Type::COUNT, "", "How often it was seen."),
        field("severity", Type::STRING, "", "How bad: info, low, medium, high, critical."),
        field("confidence", Type::COUNT, "%", "How sure."),
        field("stage", Type::STRING, "", "Where in an incident it belongs."),
        field("part", Type::STRING, "", "What it makes of the host: actor or target."),
        field("techniques", Type::STRINGS, "", "ATT&CK techniques."),
        field("measures", Type::STRINGS, "", "What was measured, and what it was held against."),
        field("quotes", Type::STRINGS, "", "What the traffic said: a sample."),
        field("evidence", Type::STRINGS, "", "Connections and files that prove it: a sample."),
        field("excluded_by", Type::STRING, "", "The role by which the host is not accused of it, and why."),
        field("incident", Type::STRING, "", "The incident that it is part of."),
    ];
    /// The finding's id.
    pub const ID: Column = KIND.column("id");
    /// Who found it.
    pub const DETECTOR: Column = KIND.column("detector");
    /// What was found.
    pub const NAME: Column = KIND.column("name");
    /// On which host.
    pub const HOST: Column = KIND.column("host");
    /// What it is about.
    pub const SUBJECT: Column = KIND.column("subject");
    /// For a person.
    pub const TITLE: Column = KIND.column("title");
    /// Whom it concerns.
    pub const PEERS: Column = KIND.column("peers");
    /// When it was last seen.
    pub const LAST: Column = KIND.column("last");
    /// How often.
    pub const COUNT: Column = KIND.column("count");
    /// How bad.
    pub const SEVERITY: Column = KIND.column("severity");
    /// How sure.
    pub const CONFIDENCE: Column = KIND.column("confidence");
    /// Where in an incident.
    pub const STAGE: Column = KIND.column("stage");
    /// What it makes of the host.
    pub const PART: Column = KIND.column("part");
    /// ATT&CK techniques.
    pub const TECHNIQUES: Column = KIND.column("techniques");
    /// What was measured.
    pub const MEASURES: Column = KIND.column("measures");
    /// What the traffic said.
    pub const QUOTES: Column = KIND.column("quotes");
    /// What proves it.
    pub const EVIDENCE: Column = KIND.column("evidence");
    /// Which role excuses the host.
    pub const EXCLUDED_BY: Column = KIND.column("excluded_by");
    /// The incident.
    pub const INCIDENT: Column = KIND.column("incident");
}

/// `conn.log`: every flow.
pub mod conn {
    use super::*;

    /// The kind.
    pub const KIND: Kind = Kind {
        name: "conn",
        doc: "A flow: a TCP connection, or the UDP, ICMP or other packets between two ends.",
        keys: FLOW_KEYS,
        fields: FIELDS,
    };
    const FIELDS: &[Field] = &[
        field("proto", Type::ENUM, "", "The transport protocol: tcp, udp, icmp or unknown_transport."),
        field("service", Type::STRING, "", "The application protocols that its content proved to be."),
        field("duration", Type::INTERVAL, "s", "From the first packet to the last."),
        field("orig_bytes", Type::COUNT, "bytes", "Payload from the originator; for TCP by sequence numbers."),
        field("resp_bytes", Type::COUNT, "bytes", "Payload from the responder; for TCP by sequence numbers."),
        field("conn_state", Type::STRING, "", "How it began and ended: S0 S1 SF REJ S2 S3 RSTO RSTR RSTOS0 RSTRH SH SHR OTH."),
        field("local_orig", Type::BOOL, "", "Whether the originator's address is one of the inside."),
        field("local_resp", Type::BOOL, "", "Whether the responder's address is one of the inside."),
        field("missed_bytes", Type::COUNT, "bytes", "Payload that was sent but is not in the capture."),
        field(
            "history",
            Type::STRING,
            "",
            "What happened in order, a letter each, upper case for the originator: S syn, H syn+ack, A ack, D data, F fin, R rst, C bad checksum, G gap, T retransmission, W zero window, I inconsistent, Q several flags, ^ roles swapped.",
        ),
        field("orig_pkts", Type::COUNT, "packets", "Packets from the originator."),
        field("orig_ip_bytes", Type::COUNT, "bytes", "Bytes of those packets from the IP header on."),
        field("resp_pkts", Type::COUNT, "packets", "Packets from the responder."),
        field("resp_ip_bytes", Type::COUNT, "bytes", "Bytes of those packets from the IP header on."),
        field("tunnel_parents", Type::STRINGS_SET, "", "The ids of the tunnels that it came through."),
        field("ip_proto", Type::COUNT, "", "The number of the IP protocol (IANA)."),
        field("community_id", Type::STRING, "", "The flow's Community ID, version 1 with seed 0, by which other tools name the same flow."),
        field("resp_name", Type::STRING, "", "The name by which the originator last knew the responder's address."),
        field("orig_os", Type::STRING, "", "The originator's operating system, by its TCP stack."),
        field("resp_os", Type::STRING, "", "The responder's operating system, by its TCP stack."),
        field("orig_hops", Type::COUNT, "hops", "How far away the originator is."),
        field("resp_hops", Type::COUNT, "hops", "How far away the responder is."),
        field("orig_cc", Type::STRING, "", "The originator's country, ISO 3166."),
        field("resp_cc", Type::STRING, "", "The responder's country, ISO 3166."),
        field("resp_asn", Type::COUNT, "", "The number of the responder's autonomous system."),
        field("resp_org", Type::STRING, "", "Whose autonomous system that is."),
        field("action", Type::ENUM, "", "What a firewall says that it did: allow or deny; not set for what packets show."),
        super::TOLD_BY,
    ];
    /// The transport protocol.
    pub const PROTO: Column = KIND.column("proto");
    /// Application protocols.
    pub const SERVICE: Column = KIND.column("service");
    /// Length in time.
    pub const DURATION: Column = KIND.column("duration");
    /// The originator's payload.
    pub const ORIG_BYTES: Column = KIND.column("orig_bytes");
    /// The responder's payload.
    pub const RESP_BYTES: Column = KIND.column("resp_bytes");
    /// How it began and ended.
    pub const CONN_STATE: Column = KIND.column("conn_state");
    /// Whether the originator is inside.
    pub const LOCAL_ORIG: Column = KIND.column("local_orig");
    /// Whether the responder is inside.
    pub const LOCAL_RESP: Column = KIND.column("local_resp");
    /// Missing payload.
    pub const MISSED_BYTES: Column = KIND.column("missed_bytes");
    /// What happened.
    pub const HISTORY: Column = KIND.column("history");
    /// The originator's packets.
    pub const ORIG_PKTS: Column = KIND.column("orig_pkts");
    /// The originator's bytes with headers.
    pub const ORIG_IP_BYTES: Column = KIND.column("orig_ip_bytes");
    /// The responder's packets.
    pub const RESP_PKTS: Column = KIND.column("resp_pkts");
    /// The responder's bytes with headers.
    pub const RESP_IP_BYTES: Column = KIND.column("resp_ip_bytes");
    /// Tunnels.
    pub const TUNNEL_PARENTS: Column = KIND.column("tunnel_parents");
    /// The IP protocol's number.
    pub const IP_PROTO: Column = KIND.column("ip_proto");
    /// The name of the flow in other tools.
    pub const COMMUNITY_ID: Column = KIND.column("community_id");
    /// The originator's address.
    pub const ORIG_H: Column = KIND.column("id.orig_h");
    /// The responder's address.
    pub const RESP_H: Column = KIND.column("id.resp_h");
    /// The responder's name.
    pub const RESP_NAME: Column = KIND.column("resp_name");
    /// The originator's operating system.
    pub const ORIG_OS: Column = KIND.column("orig_os");
    /// The responder's operating system.
    pub const RESP_OS: Column = KIND.column("resp_os");
    /// The way to the originator.
    pub const ORIG_HOPS: Column = KIND.column("orig_hops");
    /// The way to the responder.
    pub const RESP_HOPS: Column = KIND.column("resp_hops");
    /// The originator's country.
    pub const ORIG_CC: Column = KIND.column("orig_cc");
    /// The responder's country.
    pub const RESP_CC: Column = KIND.column("resp_cc");
    /// The responder's system.
    pub const RESP_ASN: Column = KIND.column("resp_asn");
    /// Whose that is.
    pub const RESP_ORG: Column = KIND.column("resp_org");
    /// What a firewall did.
    pub const ACTION: Column = KIND.column("action");
    /// Who told it.
    pub const TOLD_BY: Column = KIND.column("told_by");
}

/// `tunnel.log`: tunnels found and ended.
pub mod tunnel {
    use super::*;

    /// The kind.
    pub const KIND: Kind = Kind { name: "tunnel", doc: "A tunnel was found, or ended.", keys: FLOW_KEYS, fields: FIELDS };
    const FIELDS: &[Field] = &[
        field("tunnel_type", Type::ENUM, "", "What kind of tunnel: Tunnel::IP, Tunnel::GRE, Tunnel::TEREDO and so on."),
        field("action", Type::ENUM, "", "Tunnel::DISCOVER, Tunnel::CLOSE or Tunnel::EXPIRE."),
    ];
    /// The flow that is the tunnel; unset for a proxy's, which is not one flow alone.
    pub const UID: Column = KIND.column("uid");
    /// The originator's port; 0 where it is not of one flow alone.
    pub const ORIG_P: Column = KIND.column("id.orig_p");
    /// What kind.
    pub const TUNNEL_TYPE: Column = KIND.column("tunnel_type");
    /// What happened to it.
    pub const ACTION: Column = KIND.column("action");
}

/// `packet_filter.log`: which packets were taken.
pub mod packet_filter {
    use super::*;

    /// The kind.
    pub const KIND: Kind = Kind { name: "packet_filter", doc: "Which packets are analyzed.", keys: crate::TS_KEY, fields: FIELDS };
    const FIELDS: &[Field] = &[
        field("node", Type::STRING, "", "The sensor."),
        field("filter", Type::STRING, "", "The filter, in tcpdump's language."),
        field("init", Type::BOOL, "", "Whether it was set at the start."),
        field("success", Type::BOOL, "", "Whether it could be set."),
        field("failure_reason", Type::STRING, "", "Why not."),
    ];
    /// The sensor.
    pub const NODE: Column = KIND.column("node");
    /// The filter.
    pub const FILTER: Column = KIND.column("filter");
    /// At the start.
    pub const INIT: Column = KIND.column("init");
    /// Whether it worked.
    pub const SUCCESS: Column = KIND.column("success");
}

/// `stats.log`: what was read, and everything that was lost or limited.
pub mod stats {
    use super::*;

    /// The kind.
    pub const KIND: Kind = Kind {
        name: "stats",
        doc: "What was read, and one row for each thing that was lost or limited.",
        keys: crate::TS_KEY,
        fields: FIELDS,
    };
    const FIELDS: &[Field] =
        &[field("name", Type::STRING, "", "What is counted."), field("count", Type::COUNT, "", "How many; the unit is in the name.")];
    /// What is counted.
    pub const NAME: Column = KIND.column("name");
    /// How many.
    pub const COUNT: Column = KIND.column("count");
}

/// Internal: a moment at which Zeek would look through its tables for what is too old: the first packet, then each first
/// packet ten seconds or more after the last such moment (Zeek's `table_expire_interval`). It comes before what that packet
/// brings about.
pub mod sweep {
    use super::*;

    /// The kind.
    pub const KIND: Kind =
        Kind { name: "_sweep", doc: "A moment at which old entries are looked for (internal).", keys: TS_KEY, fields: &[] };
}
