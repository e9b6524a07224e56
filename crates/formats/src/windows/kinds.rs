//! What Windows' events are in our words: a few kinds, each of which keeps everything that the event said.
//!
//! All of them begin with the same columns ([`KEYS`]) and end with `data`, the event's own fields as `Name=value` in their order,
//! so that rules written for Windows (Sigma's) find every field by its own name.

use model::kinds::TOLD_BY;
use model::{Column, Field, Kind, Type, field};

/// The leading columns of every log of Windows' events.
pub const KEYS: &[Field] = &[
    field("ts", Type::TIME, "s since 1970", "When it happened."),
    field("computer", Type::STRING, "", "The computer that it happened on."),
    field(
        "address",
        Type::ADDR,
        "",
        "Its address, as its own events told it; one made of its name where they have not (fd68:7961:6b75:796f::/64).",
    ),
    field("channel", Type::STRING, "", "The log of Windows that it stood in."),
    field("provider", Type::STRING, "", "Who wrote it there."),
    field("event_id", Type::COUNT, "", "The event's number, by its provider."),
    field("level", Type::STRING, "", "How grave it is: a number (1 critical … 5 verbose), or a word."),
    field("user", Type::STRING, "", "Who did it: domain\\name, or the SID."),
];

/// The column with everything that the event said, and the last.
const DATA: Field = field("data", Type::STRINGS, "", "The event's own fields as Name=value, in their order.");

/// The computer, in every kind of this module.
pub const COMPUTER: Column = winevent::KIND.column("computer");
/// Its address.
pub const ADDRESS: Column = winevent::KIND.column("address");
/// The log of Windows.
pub const CHANNEL: Column = winevent::KIND.column("channel");
/// Who wrote it.
pub const PROVIDER: Column = winevent::KIND.column("provider");
/// The event's number.
pub const EVENT_ID: Column = winevent::KIND.column("event_id");
/// How grave.
pub const LEVEL: Column = winevent::KIND.column("level");
/// Who did it.
pub const USER: Column = winevent::KIND.column("user");

/// All of them.
pub static ALL: [&Kind; 6] = [&process::KIND, &registry::KIND, &file_event::KIND, &service::KIND, &account::KIND, &winevent::KIND];

/// `process.log`: what programs do.
pub mod process {
    use super::*;

    /// The kind.
    pub const KIND: Kind =
        Kind { name: "process", doc: "A process that began or ended, or what it did to another or loaded.", keys: KEYS, fields: FIELDS };
    const FIELDS: &[Field] = &[
        field("action", Type::ENUM, "", "`created`, `ended`, `loaded`, `driver`, `thread`, `accessed` or `tampered`."),
        field("pid", Type::COUNT, "", "The process's number."),
        field("image", Type::STRING, "", "Its program."),
        field("command_line", Type::STRING, "", "With what it was started."),
        field("parent_pid", Type::COUNT, "", "Who started it: number."),
        field("parent_image", Type::STRING, "", "Who started it: program."),
        field("parent_command_line", Type::STRING, "", "With what that was started."),
        field("target", Type::STRING, "", "The other process's program, or what was loaded."),
        field("hashes", Type::STRING, "", "Hashes of the program, or of what was loaded."),
        DATA,
        TOLD_BY,
    ];
    /// What was done.
    pub const ACTION: Column = KIND.column("action");
    /// The process.
    pub const PID: Column = KIND.column("pid");
    /// Its program.
    pub const IMAGE: Column = KIND.column("image");
    /// Its command line.
    pub const COMMAND_LINE: Column = KIND.column("command_line");
    /// The parent's number.
    pub const PARENT_PID: Column = KIND.column("parent_pid");
    /// The parent's program.
    pub const PARENT_IMAGE: Column = KIND.column("parent_image");
    /// The parent's command line.
    pub const PARENT_COMMAND_LINE: Column = KIND.column("parent_command_line");
    /// What it was done to.
    pub const TARGET: Column = KIND.column("target");
    /// Hashes.
    pub const HASHES: Column = KIND.column("hashes");
}

/// `registry.log`: what is changed in the registry.
pub mod registry {
    use super::*;

    /// The kind.
    pub const KIND: Kind = Kind { name: "registry", doc: "A key or value of the registry that was changed.", keys: KEYS, fields: FIELDS };
    const FIELDS: &[Field] = &[
        field("action", Type::ENUM, "", "`created`, `deleted`, `set` or `renamed`."),
        field("key", Type::STRING, "", "The key, with the value's name."),
        field("value", Type::STRING, "", "What it was set to, or its new name."),
        field("pid", Type::COUNT, "", "The process that did it."),
        field("image", Type::STRING, "", "Its program."),
        DATA,
        TOLD_BY,
    ];
    /// What was done.
    pub const ACTION: Column = KIND.column("action");
    /// The key.
    pub const KEY: Column = KIND.column("key");
    /// The value.
    pub const VALUE: Column = KIND.column("value");
    /// The process.
    pub const PID: Column = KIND.column("pid");
    /// Its program.
    pub const IMAGE: Column = KIND.column("image");
}

/// `file_event.log`: what is done to files, pipes and shares.
pub mod file_event {
    use super::*;

    /// The kind.
    pub const KIND: Kind =
        Kind { name: "file_event", doc: "Something done to a file, a named pipe or a share on a computer.", keys: KEYS, fields: FIELDS };
    const FIELDS: &[Field] = &[
        field(
            "action",
            Type::ENUM,
            "",
            "`created`, `deleted`, `time_changed`, `stream`, `executable`, `blocked`, `raw_read`, `pipe_created`, `pipe_connected` or `share`.",
        ),
        field("path", Type::STRING, "", "The file, the pipe, or the share and what was asked for in it."),
        field("pid", Type::COUNT, "", "The process that did it."),
        field("image", Type::STRING, "", "Its program."),
        field("source", Type::ADDR, "", "From where, where it was asked for over the network."),
        field("hashes", Type::STRING, "", "Hashes of the file."),
        DATA,
        TOLD_BY,
    ];
    /// What was done.
    pub const ACTION: Column = KIND.column("action");
    /// To what.
    pub const PATH: Column = KIND.column("path");
    /// The process.
    pub const PID: Column = KIND.column("pid");
    /// Its program.
    pub const IMAGE: Column = KIND.column("image");
    /// From where.
    pub const SOURCE: Column = KIND.column("source");
    /// Hashes.
    pub const HASHES: Column = KIND.column("hashes");
}

/// `service.log`: services and scheduled tasks.
pub mod service {
    use super::*;

    /// The kind.
    pub const KIND: Kind =
        Kind { name: "service", doc: "A service or a scheduled task that was installed, changed or run.", keys: KEYS, fields: FIELDS };
    const FIELDS: &[Field] = &[
        field("what", Type::ENUM, "", "`service` or `task`."),
        field("action", Type::ENUM, "", "`installed`, `changed`, `removed`, `enabled`, `disabled`, `state` or `run`."),
        field("name", Type::STRING, "", "Its name."),
        field("path", Type::STRING, "", "What it runs: a program, or a task's definition."),
        field("start", Type::STRING, "", "When it starts, or its new state."),
        field("account", Type::STRING, "", "As whom it runs."),
        DATA,
        TOLD_BY,
    ];
    /// Service or task.
    pub const WHAT: Column = KIND.column("what");
    /// What was done.
    pub const ACTION: Column = KIND.column("action");
    /// Its name.
    pub const NAME: Column = KIND.column("name");
    /// What it runs.
    pub const PATH: Column = KIND.column("path");
    /// When it starts.
    pub const START: Column = KIND.column("start");
    /// As whom.
    pub const ACCOUNT: Column = KIND.column("account");
}

/// `account.log`: accounts and groups.
pub mod account {
    use super::*;

    /// The kind.
    pub const KIND: Kind = Kind { name: "account", doc: "An account or a group that was changed.", keys: KEYS, fields: FIELDS };
    const FIELDS: &[Field] = &[
        field(
            "action",
            Type::ENUM,
            "",
            "`created`, `enabled`, `disabled`, `deleted`, `changed`, `renamed`, `locked`, `unlocked`, `password`, `member_added` or `member_removed`.",
        ),
        field("target", Type::STRING, "", "The account that was changed: domain\\name, or the SID."),
        field("group", Type::STRING, "", "The group that it joined or left."),
        DATA,
        TOLD_BY,
    ];
    /// What was done.
    pub const ACTION: Column = KIND.column("action");
    /// To whom.
    pub const TARGET: Column = KIND.column("target");
    /// The group.
    pub const GROUP: Column = KIND.column("group");
}

/// `winevent.log`: all other events of Windows.
pub mod winevent {
    use super::*;

    /// The kind.
    pub const KIND: Kind = Kind {
        name: "winevent",
        doc: "An event of Windows that is of no kind of its own here, as its provider wrote it; flows, DNS questions and logons are also rows of those logs.",
        keys: KEYS,
        fields: FIELDS,
    };
    const FIELDS: &[Field] =
        &[field("message", Type::STRING, "", "The text that a person is shown, where the source sent it."), DATA, TOLD_BY];
    /// The text.
    pub const MESSAGE: Column = KIND.column("message");
}
