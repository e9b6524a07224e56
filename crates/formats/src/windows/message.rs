//! An event as it comes, in any of the shapes in which they travel, brought to one.
//!
//! - `{"Event":{"System":{…},"EventData":{…}}}`: `evtx_dump`, and XML turned into JSON by others (`@Name` and `#text` for attributes);
//! - Winlogbeat with `winlog.event_data` (ECS), and its sixth version with `event_data` at the top;
//! - Wazuh's `win.system` and `win.eventdata`, whose names begin in lower case;
//! - nxlog's, and what Sigma's tools flatten: everything at the top.

use crate::Stamps;
use crate::tree::Node;
use model::Timestamp;
use std::borrow::Cow;

/// Fields of one event that are kept: the longest of Windows' own have some sixty.
pub(super) const DATA_MAX: usize = 256;

/// An event.
#[derive(Debug, Default)]
pub(super) struct Message<'a> {
    pub(super) at: Option<Timestamp>,
    pub(super) provider: Cow<'a, str>,
    pub(super) id: u64,
    pub(super) channel: Cow<'a, str>,
    pub(super) computer: Cow<'a, str>,
    pub(super) level: Cow<'a, str>,
    /// The SID of who wrote it.
    pub(super) sid: Cow<'a, str>,
    pub(super) message: Cow<'a, str>,
    /// Its own fields.
    pub(super) data: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// Fields beyond the limit.
    pub(super) dropped: u64,
}

impl<'a> Message<'a> {
    /// The event that an object holds; `None` where it is none.
    pub(super) fn of(root: &'a Node<'a>, stamps: &mut Stamps) -> Option<Self> {
        let mut one = Self::default();
        if let Some(event) = root.get("Event").or_else(|| root.get("System").map(|_| root)) {
            one.xml(event, stamps)?;
        } else if let Some(win) = root.at("data.win").or_else(|| root.get("win")) {
            one.wazuh(win, stamps)?;
        } else if let Some(winlog) = root.get("winlog").filter(|node| !node.pairs().is_empty()) {
            one.beat(winlog, root, stamps)?;
        } else if root.get("event_data").is_some() || root.get("log_name").is_some() {
            one.beat(root, root, stamps)?;
        } else {
            one.flat(root, stamps)?;
        }
        Some(one)
    }

    /// The value of one of its own fields; empty where it has none, and where it says none.
    pub(super) fn get(&self, name: &str) -> &str {
        let value = self.data.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_ref());
        if value == "-" { "" } else { value }
    }

    /// A number among them, also as `0x1a4`.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        let text = self.get(name);
        text.strip_prefix("0x").map_or_else(|| text.parse().ok(), |hex| u64::from_str_radix(hex, 16).ok())
    }

    fn xml(&mut self, event: &'a Node<'a>, stamps: &mut Stamps) -> Option<()> {
        let system = event.get("System")?;
        self.id = inside(system, "EventID").and_then(Node::count)?;
        self.provider = attribute(system, "Provider", "Name").or_else(|| plain(system, "Provider")).unwrap_or_default();
        self.channel = plain(system, "Channel").unwrap_or_default();
        self.computer = plain(system, "Computer").unwrap_or_default();
        self.level = plain(system, "Level").unwrap_or_default();
        self.sid = attribute(system, "Security", "UserID").unwrap_or_default();
        let at = attribute(system, "TimeCreated", "SystemTime").or_else(|| plain(system, "TimeCreated"));
        self.at = at.and_then(|at| time(&at, stamps));
        self.message = event.at("RenderingInfo.Message").and_then(Node::text).unwrap_or_default();
        for place in ["EventData", "UserData", "ProcessingErrorData"] {
            if let Some(data) = event.get(place) {
                self.take(data, "");
            }
        }
        Some(())
    }

    fn wazuh(&mut self, win: &'a Node<'a>, stamps: &mut Stamps) -> Option<()> {
        let system = win.get("system")?;
        self.id = system.number("eventID")?;
        self.provider = plain(system, "providerName").unwrap_or_default();
        self.channel = plain(system, "channel").unwrap_or_default();
        self.computer = plain(system, "computer").unwrap_or_default();
        self.level = plain(system, "level").unwrap_or_default();
        self.message = plain(system, "message").unwrap_or_default();
        self.at = plain(system, "systemTime").and_then(|at| time(&at, stamps));
        for (name, value) in win.get("eventdata").map_or(&[][..], Node::pairs) {
            if let Some(value) = value.text() {
                let mut name = name.clone().into_owned();
                name.get_mut(..1).into_iter().for_each(str::make_ascii_uppercase);
                self.keep(Cow::Owned(name), value);
            }
        }
        Some(())
    }

    fn beat(&mut self, winlog: &'a Node<'a>, root: &'a Node<'a>, stamps: &mut Stamps) -> Option<()> {
        self.id = winlog.number("event_id").or_else(|| root.number("event.code"))?;
        let first = |names: [&str; 2]| names.into_iter().find_map(|name| plain(winlog, name)).unwrap_or_default();
        self.provider = first(["provider_name", "source_name"]);
        self.channel = first(["channel", "log_name"]);
        self.computer = first(["computer_name", "computer"]);
        self.level = root.at("log.level").and_then(Node::text).or_else(|| plain(winlog, "level")).unwrap_or_default();
        self.sid = winlog.at("user.identifier").and_then(Node::text).unwrap_or_default();
        self.message = plain(root, "message").unwrap_or_default();
        self.at = plain(root, "@timestamp").and_then(|at| time(&at, stamps));
        for place in ["event_data", "user_data"] {
            if let Some(data) = winlog.get(place) {
                self.take(data, "");
            }
        }
        Some(())
    }

    fn flat(&mut self, root: &'a Node<'a>, stamps: &mut Stamps) -> Option<()> {
        /// What is not the event's own but its sender's, or stands in a column.
        const NOT_DATA: &[&str] = &[
            "EventID",
            "Channel",
            "Computer",
            "Hostname",
            "host",
            "@timestamp",
            "@version",
            "tags",
            "port",
            "EventReceivedTime",
            "SourceModuleName",
            "SourceModuleType",
            "Message",
            "Provider_Name",
            "SourceName",
            "ProviderGuid",
            "Level",
            "Severity",
            "SeverityValue",
            "SystemTime",
            "TimeCreated",
            "EventTime",
            "RecordNumber",
            "Provider_Guid",
            "timestamp",
        ];
        self.id = inside(root, "EventID").and_then(Node::count)?;
        let first = |names: &[&str]| names.iter().find_map(|name| plain(root, name));
        // Any JSON may have an `EventID`; Windows' says where it stood or who wrote it.
        self.channel = first(&["Channel", "LogName"]).unwrap_or_default();
        self.provider = first(&["SourceName", "Provider_Name", "ProviderName", "Provider"]).unwrap_or_default();
        if self.channel.is_empty() && self.provider.is_empty() {
            return None;
        }
        self.computer = first(&["Computer", "Hostname", "ComputerName", "host"]).unwrap_or_default();
        self.level = first(&["Level", "Severity"]).unwrap_or_default();
        self.message = first(&["Message", "message"]).unwrap_or_default();
        // `EventTime` says no zone, so that what says one comes first.
        let at = ["SystemTime", "TimeCreated", "@timestamp", "UtcTime", "EventTime", "timestamp"];
        self.at = at.into_iter().find_map(|name| plain(root, name).and_then(|at| time(&at, stamps)));
        for (name, value) in root.pairs() {
            if NOT_DATA.contains(&name.as_ref()) {
                continue;
            }
            self.take_one(name, value);
        }
        Some(())
    }

    /// The fields of an object, those of objects in it included.
    fn take(&mut self, node: &'a Node<'a>, name: &'a str) {
        for (inner, value) in node.pairs() {
            self.take_one(inner, value);
        }
        if node.pairs().is_empty() {
            for item in node.items() {
                self.item(if name.is_empty() { "Data" } else { name }, item);
            }
        }
    }

    fn take_one(&mut self, name: &'a str, value: &'a Node<'a>) {
        if name.starts_with("#attributes") || name.starts_with('@') || name.ends_with("_attributes") || name == "xmlns" {
            return;
        }
        for item in value.items() {
            self.item(name, item);
        }
    }

    fn item(&mut self, name: &'a str, item: &'a Node<'a>) {
        let own = ["@Name", "Name", "_Name"].into_iter().find_map(|key| item.get(key)).or_else(|| item.at("#attributes.Name"));
        let said = ["#text", "_text", "text", "$t", "_", "Value"].into_iter().find_map(|key| item.get(key));
        match (own, said) {
            // `<Data Name="x">y</Data>`
            (Some(Node::Text(own)), said) => self.values(own, said.unwrap_or(&Node::Null)),
            (_, Some(said)) if item.pairs().len() <= 2 => self.values(name, said),
            _ if !item.pairs().is_empty() => self.take(item, name),
            _ => self.values(name, item),
        }
    }

    fn values(&mut self, name: &'a str, said: &'a Node<'a>) {
        for item in said.items() {
            match item.text() {
                Some(text) => self.keep(Cow::Borrowed(name), text),
                // A field that is there and empty is not the same as none.
                None if name != "Data" && name != "Binary" && item.pairs().is_empty() => self.keep(Cow::Borrowed(name), Cow::Borrowed("")),
                None => {}
            }
        }
    }

    fn keep(&mut self, name: Cow<'a, str>, value: Cow<'a, str>) {
        if self.data.len() < DATA_MAX { self.data.push((name, value)) } else { self.dropped += 1 }
    }
}

/// A time with its zone, or in UTC where it says none, as Windows' own are.
fn time(text: &str, stamps: &mut Stamps) -> Option<Timestamp> {
    stamps.iso(text.as_bytes()).map(|(at, _)| at)
}

/// What an element says, also where it has attributes beside it.
fn inside<'a>(node: &'a Node<'a>, name: &str) -> Option<&'a Node<'a>> {
    let found = node.get(name)?;
    ["#text", "Value", "_"].into_iter().find_map(|key| found.get(key)).or(Some(found))
}

fn plain<'a>(node: &'a Node<'a>, name: &str) -> Option<Cow<'a, str>> {
    inside(node, name)?.text()
}

/// An attribute of an element, as the writers of JSON put it.
fn attribute<'a>(node: &'a Node<'a>, element: &str, name: &str) -> Option<Cow<'a, str>> {
    let found = node.get(element);
    let within = |key: &str| found.and_then(|found| found.at(key)).and_then(Node::text);
    within(&format!("#attributes.{name}"))
        .or_else(|| within(&format!("@{name}")))
        .or_else(|| within(name))
        .or_else(|| within(&format!("@attributes.{name}")))
        .or_else(|| node.get(&format!("{element}_attributes"))?.get(name)?.text())
}
