//! `pe.log`: one row for each Windows executable that travelled.

use model::{Column, Field, Kind, Scalar, TS_KEY, Type, field};

/// The kind.
pub const KIND: Kind =
    Kind { name: "pe", doc: "A Windows executable (Portable Executable) inside a connection.", keys: TS_KEY, fields: FIELDS };

const FIELDS: &[Field] = &[
    field("id", Type::STRING, "", "The file's id; the same in every log."),
    field("machine", Type::STRING, "", "The processor that it was compiled for."),
    field("compile_ts", Type::TIME, "s since 1970", "When it was compiled, as its header claims."),
    field("os", Type::STRING, "", "The Windows version that it requires."),
    field("subsystem", Type::STRING, "", "The subsystem that it requires: with windows, on the console …"),
    field("is_exe", Type::BOOL, "", "Whether it is a program or library, not an object file."),
    field("is_64bit", Type::BOOL, "", "Whether it is made for 64 bits."),
    field("uses_aslr", Type::BOOL, "", "Whether it may be loaded at any address."),
    field("uses_dep", Type::BOOL, "", "Whether its data may not be executed."),
    field("uses_code_integrity", Type::BOOL, "", "Whether its signature is enforced."),
    field("uses_seh", Type::BOOL, "", "Whether it handles exceptions in Windows' structured way."),
    field("has_import_table", Type::BOOL, "", "Whether it imports functions."),
    field("has_export_table", Type::BOOL, "", "Whether it exports functions."),
    field("has_cert_table", Type::BOOL, "", "Whether it carries a signature."),
    field("has_debug_data", Type::BOOL, "", "Whether it carries debug data."),
    field("section_names", Type::STRINGS, "", "The names of its sections."),
    field("imphash", Type::STRING, "", "MD5 of what it imports, as Mandiant defined it: families share it."),
    field(
        "section_entropies",
        Type::Vector(Scalar::Double),
        "bits per byte",
        "How random each section is: near 8 means packed or encrypted.",
    ),
    field("overlay_bytes", Type::COUNT, "bytes", "How much lies behind its last section."),
];

/// The file's id.
pub const ID: Column = KIND.column("id");
/// The processor.
pub const MACHINE: Column = KIND.column("machine");
/// When it was compiled.
pub const COMPILE_TS: Column = KIND.column("compile_ts");
/// The Windows version.
pub const OS: Column = KIND.column("os");
/// The subsystem.
pub const SUBSYSTEM: Column = KIND.column("subsystem");
/// Whether it is a program or library.
pub const IS_EXE: Column = KIND.column("is_exe");
/// Whether it is for 64 bits.
pub const IS_64BIT: Column = KIND.column("is_64bit");
/// Any address.
pub const USES_ASLR: Column = KIND.column("uses_aslr");
/// No execution of data.
pub const USES_DEP: Column = KIND.column("uses_dep");
/// Signature enforced.
pub const USES_CODE_INTEGRITY: Column = KIND.column("uses_code_integrity");
/// Structured exceptions.
pub const USES_SEH: Column = KIND.column("uses_seh");
/// Imports.
pub const HAS_IMPORT_TABLE: Column = KIND.column("has_import_table");
/// Exports.
pub const HAS_EXPORT_TABLE: Column = KIND.column("has_export_table");
/// A signature.
pub const HAS_CERT_TABLE: Column = KIND.column("has_cert_table");
/// Debug data.
pub const HAS_DEBUG_DATA: Column = KIND.column("has_debug_data");
/// The sections.
pub const SECTION_NAMES: Column = KIND.column("section_names");
/// The hash of the imports.
pub const IMPHASH: Column = KIND.column("imphash");
/// How random the sections are.
pub const SECTION_ENTROPIES: Column = KIND.column("section_entropies");
/// What lies behind the sections.
pub const OVERLAY_BYTES: Column = KIND.column("overlay_bytes");
