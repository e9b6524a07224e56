//! The columns of `rdp.log`.

use model::{Column, FLOW_KEYS, Field, Kind, Type, field};

/// `rdp.log`: one row for each connection.
pub const KIND: Kind =
    Kind { name: "rdp", doc: "A Remote Desktop connection, as far as it is in the clear.", keys: FLOW_KEYS, fields: FIELDS };

const FIELDS: &[Field] = &[
    field("cookie", Type::STRING, "", "The user's name, often cut to nine letters."),
    field("result", Type::STRING, "", "How the connection was set up."),
    field("security_protocol", Type::STRING, "", "How it is protected."),
    field("client_channels", Type::STRINGS, "", "The channels that the client asks for."),
    field("keyboard_layout", Type::STRING, "", "The client's keyboard."),
    field("client_build", Type::STRING, "", "The client's version."),
    field("client_name", Type::STRING, "", "The client machine's name."),
    field("client_dig_product_id", Type::STRING, "", "The client machine's product id."),
    field("desktop_width", Type::COUNT, "pixels", "Width of the desktop."),
    field("desktop_height", Type::COUNT, "pixels", "Height of the desktop."),
    field("requested_color_depth", Type::STRING, "", "The colors asked for."),
    field("cert_type", Type::STRING, "", "The kind of certificate of RDP's own encryption."),
    field("cert_count", Type::COUNT, "", "How many certificates there were."),
    field("cert_permanent", Type::BOOL, "", "Whether the certificate is there to stay."),
    field("encryption_level", Type::STRING, "", "How much is encrypted."),
    field("encryption_method", Type::STRING, "", "How it is encrypted."),
];

/// User.
pub const COOKIE: Column = KIND.column("cookie");
/// Result.
pub const RESULT: Column = KIND.column("result");
/// Protection.
pub const SECURITY_PROTOCOL: Column = KIND.column("security_protocol");
/// Channels.
pub const CLIENT_CHANNELS: Column = KIND.column("client_channels");
/// Keyboard.
pub const KEYBOARD_LAYOUT: Column = KIND.column("keyboard_layout");
/// Version.
pub const CLIENT_BUILD: Column = KIND.column("client_build");
/// Machine.
pub const CLIENT_NAME: Column = KIND.column("client_name");
/// Product id.
pub const CLIENT_DIG_PRODUCT_ID: Column = KIND.column("client_dig_product_id");
/// Width.
pub const DESKTOP_WIDTH: Column = KIND.column("desktop_width");
/// Height.
pub const DESKTOP_HEIGHT: Column = KIND.column("desktop_height");
/// Colors.
pub const REQUESTED_COLOR_DEPTH: Column = KIND.column("requested_color_depth");
/// Kind of certificate.
pub const CERT_TYPE: Column = KIND.column("cert_type");
/// Number of certificates.
pub const CERT_COUNT: Column = KIND.column("cert_count");
/// Permanence.
pub const CERT_PERMANENT: Column = KIND.column("cert_permanent");
/// Level.
pub const ENCRYPTION_LEVEL: Column = KIND.column("encryption_level");
/// Method.
pub const ENCRYPTION_METHOD: Column = KIND.column("encryption_method");
