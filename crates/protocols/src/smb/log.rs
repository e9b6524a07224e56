//! `smb_files.log` and `smb_mapping.log`.

use model::{Column, FLOW_KEYS, Field, Kind, Type, field};

/// `smb_files.log`.
pub mod files {
    use super::*;

    /// The kind.
    pub const KIND: Kind =
        Kind { name: "smb_files", doc: "Something done to a file on a share: opened, renamed, deleted.", keys: FLOW_KEYS, fields: FIELDS };
    const FIELDS: &[Field] = &[
        field("fuid", Type::STRING, "", "The file's content, where it was transferred."),
        field("action", Type::ENUM, "", "What was done."),
        field("path", Type::STRING, "", "The share."),
        field("name", Type::STRING, "", "The file."),
        field("size", Type::COUNT, "bytes", "Its size."),
        field("prev_name", Type::STRING, "", "Its name before it was renamed."),
        field("times.modified", Type::TIME, "s since 1970", "When its content was last changed."),
        field("times.accessed", Type::TIME, "s since 1970", "When it was last read."),
        field("times.created", Type::TIME, "s since 1970", "When it was made."),
        field("times.changed", Type::TIME, "s since 1970", "When anything about it was last changed."),
    ];
    /// The content.
    pub const FUID: Column = KIND.column("fuid");
    /// What was done.
    pub const ACTION: Column = KIND.column("action");
    /// The share.
    pub const PATH: Column = KIND.column("path");
    /// The file.
    pub const NAME: Column = KIND.column("name");
    /// Its size.
    pub const SIZE: Column = KIND.column("size");
    /// Its former name.
    pub const PREV_NAME: Column = KIND.column("prev_name");
    /// The four times.
    pub const TIMES: [Column; 4] =
        [KIND.column("times.modified"), KIND.column("times.accessed"), KIND.column("times.created"), KIND.column("times.changed")];
}

/// `smb_mapping.log`.
pub mod mapping {
    use super::*;

    /// The kind.
    pub const KIND: Kind = Kind { name: "smb_mapping", doc: "A share that was connected to.", keys: FLOW_KEYS, fields: FIELDS };
    const FIELDS: &[Field] = &[
        field("path", Type::STRING, "", "The share."),
        field("service", Type::STRING, "", "Its type in the words of SMB 1."),
        field("native_file_system", Type::STRING, "", "The file system behind it."),
        field("share_type", Type::STRING, "", "DISK, PIPE or PRINT."),
    ];
    /// The share.
    pub const PATH: Column = KIND.column("path");
    /// Its type in SMB 1.
    pub const SERVICE: Column = KIND.column("service");
    /// The file system.
    pub const NATIVE_FILE_SYSTEM: Column = KIND.column("native_file_system");
    /// DISK, PIPE or PRINT.
    pub const SHARE_TYPE: Column = KIND.column("share_type");
}
