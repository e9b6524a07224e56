//! The columns of `known_hosts.log` and `known_services.log`.

use model::{Column, Field, Kind, Scalar, TS_KEY, Type, field};

/// `known_hosts.log`.
pub const HOSTS: Kind =
    Kind { name: "known_hosts", doc: "An inside host completed a TCP handshake; once a day each.", keys: TS_KEY, fields: HOST_FIELDS };

const HOST_FIELDS: &[Field] = &[field("host", Type::ADDR, "", "The host.")];

/// The host.
pub const HOST: Column = HOSTS.column("host");

/// `known_services.log`.
pub const SERVICES: Kind =
    Kind { name: "known_services", doc: "An inside host offers a service; once a day each.", keys: TS_KEY, fields: SERVICE_FIELDS };

const SERVICE_FIELDS: &[Field] = &[
    field("host", Type::ADDR, "", "The host."),
    field("port_num", Type::PORT, "", "The port that the service runs on."),
    field("port_proto", Type::ENUM, "", "The transport protocol."),
    field(
        "service",
        Type::Set(Scalar::String),
        "",
        "The protocols that the content showed, by Zeek's analyzer names; empty where none did.",
    ),
];

/// The host.
pub const SERVICE_HOST: Column = SERVICES.column("host");
/// The port.
pub const PORT_NUM: Column = SERVICES.column("port_num");
/// The transport protocol.
pub const PORT_PROTO: Column = SERVICES.column("port_proto");
/// The protocols.
pub const SERVICE: Column = SERVICES.column("service");
