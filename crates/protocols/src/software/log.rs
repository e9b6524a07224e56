//! The columns of `software.log`.

use model::{Column, Field, Kind, TS_KEY, Type, field};

/// `software.log`.
pub const KIND: Kind = Kind { name: "software", doc: "A program that a host inside runs.", keys: TS_KEY, fields: FIELDS };

const FIELDS: &[Field] = &[
    field("host", Type::ADDR, "", "The host."),
    field("host_p", Type::PORT, "", "The port, where it is a server."),
    field("software_type", Type::ENUM, "", "What kind of program it is."),
    field("name", Type::STRING, "", "Its name."),
    field("version.major", Type::COUNT, "", "The first number of its version."),
    field("version.minor", Type::COUNT, "", "The second number."),
    field("version.minor2", Type::COUNT, "", "The third number."),
    field("version.minor3", Type::COUNT, "", "The fourth number."),
    field("version.addl", Type::STRING, "", "What else the version says."),
    field("unparsed_version", Type::STRING, "", "What the program said itself."),
];

/// The host.
pub const HOST: Column = KIND.column("host");
/// The port.
pub const HOST_P: Column = KIND.column("host_p");
/// What kind of program.
pub const SOFTWARE_TYPE: Column = KIND.column("software_type");
/// The name.
pub const NAME: Column = KIND.column("name");
/// The four numbers of the version.
pub const NUMBERS: [Column; 4] =
    [KIND.column("version.major"), KIND.column("version.minor"), KIND.column("version.minor2"), KIND.column("version.minor3")];
/// What else the version says.
pub const ADDL: Column = KIND.column("version.addl");
/// What the program said.
pub const UNPARSED_VERSION: Column = KIND.column("unparsed_version");
