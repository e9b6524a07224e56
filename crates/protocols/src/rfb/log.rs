//! The columns of `rfb.log`.

use model::{Column, FLOW_KEYS, Field, Kind, Type, field};

/// `rfb.log`: one row for each connection.
pub const KIND: Kind =
    Kind { name: "rfb", doc: "A VNC connection: versions, authentication, the screen that is shared.", keys: FLOW_KEYS, fields: FIELDS };

const FIELDS: &[Field] = &[
    field("client_major_version", Type::STRING, "", "The client's version, before the dot."),
    field("client_minor_version", Type::STRING, "", "The client's version, behind the dot."),
    field("server_major_version", Type::STRING, "", "The server's version, before the dot."),
    field("server_minor_version", Type::STRING, "", "The server's version, behind the dot."),
    field("authentication_method", Type::STRING, "", "How the client authenticates itself."),
    field("auth", Type::BOOL, "", "Whether it got in."),
    field("share_flag", Type::BOOL, "", "Whether it lets others in too."),
    field("desktop_name", Type::STRING, "", "The name of the screen."),
    field("width", Type::COUNT, "pixels", "Its width."),
    field("height", Type::COUNT, "pixels", "Its height."),
];

/// The client's and the server's version, each before and behind the dot.
pub const VERSIONS: [[Column; 2]; 2] = [
    [KIND.column("client_major_version"), KIND.column("client_minor_version")],
    [KIND.column("server_major_version"), KIND.column("server_minor_version")],
];
/// Method.
pub const AUTHENTICATION_METHOD: Column = KIND.column("authentication_method");
/// Outcome.
pub const AUTH: Column = KIND.column("auth");
/// Shared.
pub const SHARE_FLAG: Column = KIND.column("share_flag");
/// Name.
pub const DESKTOP_NAME: Column = KIND.column("desktop_name");
/// Width.
pub const WIDTH: Column = KIND.column("width");
/// Height.
pub const HEIGHT: Column = KIND.column("height");
