//! `ntlm.log`.

use model::{Column, FLOW_KEYS, Field, Kind, Type, field};

/// The kind.
pub const KIND: Kind = Kind { name: "ntlm", doc: "A logon with NTLM, inside another protocol.", keys: FLOW_KEYS, fields: FIELDS };
const FIELDS: &[Field] = &[
    field("username", Type::STRING, "", "Who logs on, as the client says."),
    field("hostname", Type::STRING, "", "The client's own name."),
    field("domainname", Type::STRING, "", "The domain of the account."),
    field("server_nb_computer_name", Type::STRING, "", "The server's NetBIOS name, as its challenge says."),
    field("server_dns_computer_name", Type::STRING, "", "The server's DNS name, as its challenge says."),
    field("server_tree_name", Type::STRING, "", "The forest of the server, as its challenge says."),
    field("success", Type::BOOL, "", "Whether the server accepted the logon."),
];
/// Who.
pub const USERNAME: Column = KIND.column("username");
/// From where.
pub const HOSTNAME: Column = KIND.column("hostname");
/// Of which domain.
pub const DOMAINNAME: Column = KIND.column("domainname");
/// The server, NetBIOS.
pub const SERVER_NB: Column = KIND.column("server_nb_computer_name");
/// The server, DNS.
pub const SERVER_DNS: Column = KIND.column("server_dns_computer_name");
/// The forest.
pub const SERVER_TREE: Column = KIND.column("server_tree_name");
/// Accepted or not.
pub const SUCCESS: Column = KIND.column("success");
