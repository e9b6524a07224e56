//! `kerberos.log`.

use model::{Column, FLOW_KEYS, Field, Kind, Type, field};

/// The kind.
pub const KIND: Kind = Kind { name: "kerberos", doc: "A ticket asked for, or shown to a service.", keys: FLOW_KEYS, fields: FIELDS };
const FIELDS: &[Field] = &[
    field("request_type", Type::STRING, "", "AS (a first ticket), TGS (a ticket for a service) or AP (a ticket shown to a service)."),
    field("client", Type::STRING, "", "Who asks: name and realm."),
    field("service", Type::STRING, "", "For which service."),
    field("success", Type::BOOL, "", "Whether it was granted."),
    field("error_msg", Type::STRING, "", "Why not."),
    field("from", Type::TIME, "s since 1970", "From when on the ticket is to be valid."),
    field("till", Type::TIME, "s since 1970", "Until when the ticket is to be valid."),
    field("cipher", Type::STRING, "", "What the ticket is encrypted with."),
    field("forwardable", Type::BOOL, "", "Whether a forwardable ticket was asked for."),
    field("renewable", Type::BOOL, "", "Whether a renewable ticket was asked for."),
    field("client_cert_subject", Type::STRING, "", "Subject of the client's certificate."),
    field("client_cert_fuid", Type::STRING, "", "File id of the client's certificate."),
    field("server_cert_subject", Type::STRING, "", "Subject of the server's certificate."),
    field("server_cert_fuid", Type::STRING, "", "File id of the server's certificate."),
];
/// AS, TGS or AP.
pub const REQUEST_TYPE: Column = KIND.column("request_type");
/// Who.
pub const CLIENT: Column = KIND.column("client");
/// For what.
pub const SERVICE: Column = KIND.column("service");
/// Granted.
pub const SUCCESS: Column = KIND.column("success");
/// Why not.
pub const ERROR_MSG: Column = KIND.column("error_msg");
/// From when.
pub const FROM: Column = KIND.column("from");
/// Until when.
pub const TILL: Column = KIND.column("till");
/// Encryption.
pub const CIPHER: Column = KIND.column("cipher");
/// Forwardable.
pub const FORWARDABLE: Column = KIND.column("forwardable");
/// Renewable.
pub const RENEWABLE: Column = KIND.column("renewable");
/// The client's certificate's subject.
pub const CLIENT_CERT_SUBJECT: Column = KIND.column("client_cert_subject");
/// The client's certificate.
pub const CLIENT_CERT_FUID: Column = KIND.column("client_cert_fuid");
/// The server's certificate's subject.
pub const SERVER_CERT_SUBJECT: Column = KIND.column("server_cert_subject");
/// The server's certificate.
pub const SERVER_CERT_FUID: Column = KIND.column("server_cert_fuid");
