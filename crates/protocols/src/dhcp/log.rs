//! The columns of `dhcp.log`, and of the messages that its rows are made of.

use model::{Column, FLOW_KEYS, Field, Kind, TS_KEY, Type, field};

/// `dhcp.log`: messages with one transaction number within a short time.
pub const KIND: Kind =
    Kind { name: "dhcp", doc: "How a host got its address: the messages of one transaction.", keys: TS_KEY, fields: FIELDS };

const FIELDS: &[Field] = &[
    field("uids", Type::STRINGS_SET, "", "The connections of the messages."),
    field("client_addr", Type::ADDR, "", "The client's address."),
    field("server_addr", Type::ADDR, "", "The address of the server that handed out the lease."),
    field("mac", Type::STRING, "", "The client's hardware address."),
    field("host_name", Type::STRING, "", "The name that the client gives itself."),
    field("client_fqdn", Type::STRING, "", "The full name that the client gives itself."),
    field("domain", Type::STRING, "", "The domain that the server gives the client."),
    field("requested_addr", Type::ADDR, "", "The address that the client asked for."),
    field("assigned_addr", Type::ADDR, "", "The address that the server assigned."),
    field("lease_time", Type::INTERVAL, "s", "For how long the address is lent."),
    field("client_message", Type::STRING, "", "Why the client refused."),
    field("server_message", Type::STRING, "", "Why the server refused."),
    field("msg_types", Type::STRINGS, "", "The types of the messages, in order."),
    field("duration", Type::INTERVAL, "s", "From the first message to the last."),
];

/// The connections.
pub const UIDS: Column = KIND.column("uids");
/// The client's address.
pub const CLIENT_ADDR: Column = KIND.column("client_addr");
/// The server's address.
pub const SERVER_ADDR: Column = KIND.column("server_addr");
/// The hardware address.
pub const MAC: Column = KIND.column("mac");
/// The host's name.
pub const HOST_NAME: Column = KIND.column("host_name");
/// Its full name.
pub const CLIENT_FQDN: Column = KIND.column("client_fqdn");
/// The domain.
pub const DOMAIN: Column = KIND.column("domain");
/// The address asked for.
pub const REQUESTED_ADDR: Column = KIND.column("requested_addr");
/// The address given.
pub const ASSIGNED_ADDR: Column = KIND.column("assigned_addr");
/// The lease.
pub const LEASE_TIME: Column = KIND.column("lease_time");
/// From the client.
pub const CLIENT_MESSAGE: Column = KIND.column("client_message");
/// From the server.
pub const SERVER_MESSAGE: Column = KIND.column("server_message");
/// Types.
pub const MSG_TYPES: Column = KIND.column("msg_types");
/// First to last.
pub const DURATION: Column = KIND.column("duration");

/// One message, for the correlator only.
pub mod message {
    use super::*;

    /// The kind.
    pub const KIND: Kind = Kind { name: "_dhcp_message", doc: "One DHCP message (internal).", keys: FLOW_KEYS, fields: FIELDS };

    const FIELDS: &[Field] = &[
        field("is_orig", Type::BOOL, "", "Whether the originator of the connection sent it."),
        field("xid", Type::COUNT, "", "The transaction's number."),
        field("msg_type", Type::COUNT, "", "The message's type."),
        field("chaddr", Type::STRING, "", "The client's hardware address."),
        field("client_id", Type::STRING, "", "The hardware address in the client's identifier; empty for one of no known form."),
        field("yiaddr", Type::ADDR, "", "The address that is given, where one is."),
        field("host_name", Type::STRING, "", "The client's name."),
        field("client_fqdn", Type::STRING, "", "The client's full name."),
        field("domain", Type::STRING, "", "The domain."),
        field("requested", Type::ADDR, "", "The address that is asked for."),
        field("lease", Type::INTERVAL, "s", "For how long it is lent."),
        field("text", Type::STRING, "", "A text for people."),
    ];

    /// Sender.
    pub const IS_ORIG: Column = KIND.column("is_orig");
    /// Transaction.
    pub const XID: Column = KIND.column("xid");
    /// Type.
    pub const MSG_TYPE: Column = KIND.column("msg_type");
    /// Hardware address.
    pub const CHADDR: Column = KIND.column("chaddr");
    /// The same from the identifier.
    pub const CLIENT_ID: Column = KIND.column("client_id");
    /// The address given.
    pub const YIADDR: Column = KIND.column("yiaddr");
    /// The client's name.
    pub const HOST_NAME: Column = KIND.column("host_name");
    /// Its full name.
    pub const CLIENT_FQDN: Column = KIND.column("client_fqdn");
    /// The domain.
    pub const DOMAIN: Column = KIND.column("domain");
    /// The address asked for.
    pub const REQUESTED: Column = KIND.column("requested");
    /// The lease.
    pub const LEASE: Column = KIND.column("lease");
    /// The text.
    pub const TEXT: Column = KIND.column("text");
}
