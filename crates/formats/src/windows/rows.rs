//! Which event becomes a row of which kind, and which of its fields fills which column. A table, in the form of code.

use super::kinds::{self, account, file_event, process, registry, service, winevent};
use super::message::Message;
use crate::text::addr;
use model::{Column, Event, Kind, Timestamp, Value};

const SYSMON: &str = "Microsoft-Windows-Sysmon";
const SECURITY: &str = "Microsoft-Windows-Security-Auditing";
const SERVICES: &str = "Service Control Manager";
const TASKS: &str = "Microsoft-Windows-TaskScheduler";
const DEFENDER: &str = "Microsoft-Windows-Windows Defender";

/// Who wrote an event. Those who forward events may leave the provider out, but not both it and the channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writer {
    Sysmon,
    Security,
    Services,
    Tasks,
    Defender,
    Other,
}

/// The writer of an event.
pub(super) fn writer(message: &Message<'_>) -> Writer {
    let (provider, channel) = (message.provider.as_ref(), message.channel.as_ref());
    match provider {
        SYSMON => Writer::Sysmon,
        SECURITY => Writer::Security,
        SERVICES => Writer::Services,
        TASKS => Writer::Tasks,
        DEFENDER => Writer::Defender,
        "" if channel == "Security" => Writer::Security,
        "" if channel.starts_with(SYSMON) => Writer::Sysmon,
        "" if channel.starts_with(DEFENDER) => Writer::Defender,
        _ => Writer::Other,
    }
}

/// The row of an event.
pub(super) fn row(message: &Message<'_>, at: Timestamp) -> Event {
    let mut row = match writer(message) {
        Writer::Sysmon => sysmon(message, at),
        Writer::Security => security(message, at),
        Writer::Services => services(message, at),
        Writer::Tasks => tasks(message, at),
        _ => None,
    }
    .unwrap_or_else(|| Row::new(&winevent::KIND, message, at).text(winevent::MESSAGE, message.message.as_ref()).0);
    let user = user(message);
    for (column, value) in [
        (kinds::COMPUTER, message.computer.as_ref()),
        (kinds::CHANNEL, message.channel.as_ref()),
        (kinds::PROVIDER, message.provider.as_ref()),
        (kinds::LEVEL, message.level.as_ref()),
        (kinds::USER, user.as_str()),
    ] {
        if !value.is_empty() {
            row.set(column, value.as_bytes());
        }
    }
    row.set(kinds::EVENT_ID, message.id);
    let data = message.data.iter().map(|(name, value)| [name.as_bytes(), b"=", value.as_bytes()].concat());
    if let Some(column) = row.kind().find("data") {
        row.set(column, Value::list_or_unset(data));
    }
    row
}

/// What the anti-virus found, if the event says so: signature, category, what was done.
pub(super) fn defended<'m>(message: &'m Message<'_>) -> Option<(&'m str, &'m str, &'m str)> {
    let told = writer(message) == Writer::Defender && matches!(message.id, 1006 | 1007 | 1008 | 1015 | 1116..=1119);
    told.then(|| (message.get("Threat Name"), message.get("Category Name"), message.get("Action Name")))
}

fn user(message: &Message<'_>) -> String {
    for (domain, name) in [("SubjectDomainName", "SubjectUserName"), ("", "User"), ("", "SourceUser")] {
        let name = message.get(name);
        if !name.is_empty() {
            return account_name(message.get(domain), name);
        }
    }
    message.sid.clone().into_owned()
}

fn account_name(domain: &str, name: &str) -> String {
    if domain.is_empty() { name.to_owned() } else { format!("{domain}\\{name}") }
}

/// A row in the making.
struct Row<'m, 'a>(Event, &'m Message<'a>);

impl Row<'_, '_> {
    fn new<'m, 'a>(kind: &'static Kind, message: &'m Message<'a>, at: Timestamp) -> Row<'m, 'a> {
        Row(Event::new(kind, at), message)
    }

    fn text(mut self, column: Column, value: &str) -> Self {
        if !value.is_empty() {
            self.0.set(column, value.as_bytes());
        }
        self
    }

    fn word(mut self, column: Column, word: &'static str) -> Self {
        self.0.set(column, word);
        self
    }

    /// A column from the first of several fields that says something.
    fn from(self, column: Column, names: &[&str]) -> Self {
        let message = self.1;
        let value = names.iter().map(|name| message.get(name)).find(|value| !value.is_empty()).unwrap_or_default();
        self.text(column, value)
    }

    fn number(mut self, column: Column, names: &[&str]) -> Self {
        self.0.set(column, names.iter().find_map(|name| self.1.number(name)));
        self
    }
}

fn sysmon(message: &Message<'_>, at: Timestamp) -> Option<Event> {
    let process_of = |action| {
        let row = Row::new(&process::KIND, message, at).word(process::ACTION, action);
        let row = row.number(process::PID, &["ProcessId", "SourceProcessId"]).from(process::IMAGE, &["Image", "SourceImage"]);
        row.from(process::TARGET, &["TargetImage", "ImageLoaded"]).from(process::HASHES, &["Hashes"])
    };
    let file = |action| {
        let row = Row::new(&file_event::KIND, message, at).word(file_event::ACTION, action).number(file_event::PID, &["ProcessId"]);
        let row = row.from(file_event::IMAGE, &["Image"]).from(file_event::HASHES, &["Hashes", "Hash"]);
        row.from(file_event::PATH, &["TargetFilename", "PipeName", "Device"])
    };
    let registry_of = |action| {
        let row = Row::new(&registry::KIND, message, at).word(registry::ACTION, action).number(registry::PID, &["ProcessId"]);
        row.from(registry::IMAGE, &["Image"]).from(registry::KEY, &["TargetObject"]).from(registry::VALUE, &["Details", "NewName"])
    };
    let row = match message.id {
        1 => process_of("created")
            .from(process::COMMAND_LINE, &["CommandLine"])
            .number(process::PARENT_PID, &["ParentProcessId"])
            .from(process::PARENT_IMAGE, &["ParentImage"])
            .from(process::PARENT_COMMAND_LINE, &["ParentCommandLine"]),
        2 => file("time_changed"),
        5 => process_of("ended"),
        6 => process_of("driver"),
        7 => process_of("loaded"),
        8 => process_of("thread"),
        9 => file("raw_read"),
        10 => process_of("accessed"),
        11 => file("created"),
        12 if message.get("EventType").starts_with("Delete") => registry_of("deleted"),
        12 => registry_of("created"),
        13 => registry_of("set"),
        14 => registry_of("renamed"),
        15 => file("stream"),
        17 => file("pipe_created"),
        18 => file("pipe_connected"),
        23 | 26 => file("deleted"),
        25 => process_of("tampered"),
        27 | 28 => file("blocked"),
        29 => file("executable"),
        _ => return None,
    };
    Some(row.0)
}

fn security(message: &Message<'_>, at: Timestamp) -> Option<Event> {
    let process_of = |action| {
        let row = Row::new(&process::KIND, message, at).word(process::ACTION, action);
        row.from(process::COMMAND_LINE, &["CommandLine"]).from(process::PARENT_IMAGE, &["ParentProcessName"])
    };
    let task = |action| {
        let row = Row::new(&service::KIND, message, at).word(service::WHAT, "task").word(service::ACTION, action);
        row.from(service::NAME, &["TaskName"]).from(service::PATH, &["TaskContent", "TaskContentNew"])
    };
    let account_of = |action| {
        let name =
            ["TargetUserName", "TargetAccount", "NewTargetUserName"].iter().map(|name| message.get(name)).find(|name| !name.is_empty());
        let target = account_name(message.get("TargetDomainName"), name.unwrap_or(message.get("TargetSid")));
        Row::new(&account::KIND, message, at).word(account::ACTION, action).text(account::TARGET, &target)
    };
    let member = |action| {
        let row = Row::new(&account::KIND, message, at).word(account::ACTION, action).from(account::TARGET, &["MemberName", "MemberSid"]);
        row.from(account::GROUP, &["TargetUserName", "TargetSid"])
    };
    let row = match message.id {
        // In 4688, `ProcessId` is that of the parent.
        4688 => process_of("created")
            .number(process::PID, &["NewProcessId"])
            .from(process::IMAGE, &["NewProcessName"])
            .number(process::PARENT_PID, &["ProcessId"]),
        4689 => process_of("ended").number(process::PID, &["ProcessId"]).from(process::IMAGE, &["ProcessName"]),
        4657 => Row::new(&registry::KIND, message, at)
            .word(registry::ACTION, "set")
            .text(registry::KEY, &format!("{}\\{}", message.get("ObjectName"), message.get("ObjectValueName")))
            .from(registry::VALUE, &["NewValue"])
            .number(registry::PID, &["ProcessId"])
            .from(registry::IMAGE, &["ProcessName"]),
        4697 => Row::new(&service::KIND, message, at)
            .word(service::WHAT, "service")
            .word(service::ACTION, "installed")
            .from(service::NAME, &["ServiceName"])
            .from(service::PATH, &["ServiceFileName"])
            .from(service::START, &["ServiceStartType"])
            .from(service::ACCOUNT, &["ServiceAccount"]),
        4698 => task("installed"),
        4699 => task("removed"),
        4700 => task("enabled"),
        4701 => task("disabled"),
        4702 => task("changed"),
        4720 | 4741 => account_of("created"),
        4722 => account_of("enabled"),
        4723 | 4724 => account_of("password"),
        4725 => account_of("disabled"),
        4726 | 4743 => account_of("deleted"),
        4738 | 4742 => account_of("changed"),
        4740 => account_of("locked"),
        4767 => account_of("unlocked"),
        4781 => account_of("renamed"),
        4728 | 4732 | 4756 => member("member_added"),
        4729 | 4733 | 4757 => member("member_removed"),
        5140 | 5145 => return Some(share(message, at)),
        _ => return None,
    };
    Some(row.0)
}

fn share(message: &Message<'_>, at: Timestamp) -> Event {
    let (name, within) = (message.get("ShareName"), message.get("RelativeTargetName"));
    let path = if within.is_empty() { name.to_owned() } else { format!("{name}\\{within}") };
    let row = Row::new(&file_event::KIND, message, at).word(file_event::ACTION, "share").text(file_event::PATH, &path);
    row.0.with(file_event::SOURCE, addr(message.get("IpAddress").as_bytes()))
}

fn services(message: &Message<'_>, at: Timestamp) -> Option<Event> {
    let of = |action| {
        let row = Row::new(&service::KIND, message, at).word(service::WHAT, "service").word(service::ACTION, action);
        // Before Vista's manifest, and for changes, fields have numbers for names.
        row.from(service::NAME, &["ServiceName", "param1"])
    };
    let row = match message.id {
        7045 => of("installed")
            .from(service::PATH, &["ImagePath"])
            .from(service::START, &["StartType"])
            .from(service::ACCOUNT, &["AccountName"]),
        7036 => of("state").from(service::START, &["param2"]),
        7040 => of("changed").from(service::START, &["param3"]),
        _ => return None,
    };
    Some(row.0)
}

fn tasks(message: &Message<'_>, at: Timestamp) -> Option<Event> {
    let of = |action| {
        let row = Row::new(&service::KIND, message, at).word(service::WHAT, "task").word(service::ACTION, action);
        row.from(service::NAME, &["TaskName"])
            .from(service::PATH, &["Path", "ActionName"])
            .from(service::ACCOUNT, &["UserContext", "UserName"])
    };
    let row = match message.id {
        106 => of("installed"),
        140 => of("changed"),
        141 => of("removed"),
        142 => of("disabled"),
        100 | 129 | 200 => of("run"),
        _ => return None,
    };
    Some(row.0)
}
