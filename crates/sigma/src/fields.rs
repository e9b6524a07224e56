//! Fields: what the names that rules use stand for in our columns.
//!
//! Zeek's rules use the columns' own names. Proxies and web servers are written for by the names of W3C's extended log format, firewalls
//! and name servers by those of Sigma's taxonomy, flows by those of ECS; Windows events by the names of their own data. Source: the
//! Sigma specification's taxonomy appendix, and which names SigmaHQ's rules use. Every source also knows its columns by their own
//! names, for rules that somebody writes for this program alone.

use crate::source::Source;
use model::{Column, Event, Kind, Value};
use rsigma_eval::EventValue;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// How a field's value is had from a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Getter {
    /// A column as it is.
    Column(Column),
    /// The whole URL, put together of host and URI.
    Url { host: Option<Column>, uri: Column },
    /// The URI's path.
    Stem(Column),
    /// What stands behind the last dot of the path.
    Extension(Column),
    /// Whether something was refused, of the column that says what was done.
    Blocked(Column),
    /// A hash of the given name out of Sysmon's list of them.
    Hash(&'static str),
    /// A value out of an event's own data, by another name than the rule's.
    Data(&'static str),
}

/// The names of one source for one kind of row.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    getters: HashMap<&'static str, Getter, bounded::Hasher>,
    /// The names that rules use, in order, of what is not an event's own data: others need not be looked at.
    used: Vec<(Box<str>, Getter)>,
    /// Those that may be an event's own data.
    used_data: HashSet<Box<str>, bounded::Hasher>,
    /// Where an event's own data stand (`Name=value` each), for Windows.
    data: Option<Column>,
}

/// The name of the column that holds a Windows event's own data, `Name=value` each.
const DATA: &str = "data";

/// Names of requests.
const HTTP: &[(&str, &str)] = &[
    ("cs-method", "method"),
    ("cs-host", "host"),
    ("r-dns", "host"),
    ("c-useragent", "user_agent"),
    ("cs-user-agent", "user_agent"),
    ("cs-referer", "referrer"),
    ("cs-referrer", "referrer"),
    ("c-referer", "referrer"),
    ("cs-version", "version"),
    ("sc-status", "status_code"),
    ("sc-bytes", "response_body_len"),
    ("cs-bytes", "request_body_len"),
    ("cs-username", "username"),
    ("cs-mime-type", "resp_mime_types"),
    ("src_ip", "id.orig_h"),
    ("c-ip", "id.orig_h"),
    ("dst_ip", "id.resp_h"),
    ("r-ip", "id.resp_h"),
    ("s-ip", "id.resp_h"),
    ("src_port", "id.orig_p"),
    ("dst_port", "id.resp_p"),
    ("s-port", "id.resp_p"),
    // The query stands for path and query in most of the rules that use it, so it is given both.
    ("c-uri-query", "uri"),
    ("cs-uri-query", "uri"),
    ("c-uri-path", "uri"),
    ("s-computername", "told_by"),
];
/// Names of questions to name servers.
const DNS: &[(&str, &str)] = &[
    ("query", "query"),
    ("QueryName", "query"),
    ("record_type", "qtype_name"),
    ("query_type", "qtype_name"),
    ("answer", "answers"),
    ("response_code", "rcode_name"),
    ("src_ip", "id.orig_h"),
    ("dst_ip", "id.resp_h"),
    ("src_port", "id.orig_p"),
    ("dst_port", "id.resp_p"),
];
/// Names of what firewalls tell.
const FIREWALL: &[(&str, &str)] = &[
    ("src_ip", "id.orig_h"),
    ("dst_ip", "id.resp_h"),
    ("src_port", "id.orig_p"),
    ("dst_port", "id.resp_p"),
    ("action", "action"),
    ("protocol", "proto"),
    ("app", "service"),
    ("bytes_out", "orig_bytes"),
    ("bytes_in", "resp_bytes"),
];
/// ECS's names of flows.
const CONNECTIONS: &[(&str, &str)] = &[
    ("event.duration", "duration"),
    ("network.transport", "proto"),
    ("network.protocol", "service"),
    ("source.ip", "id.orig_h"),
    ("source.port", "id.orig_p"),
    ("destination.ip", "id.resp_h"),
    ("destination.port", "id.resp_p"),
    ("source.packets", "orig_pkts"),
    ("destination.packets", "resp_pkts"),
    ("source.bytes", "orig_bytes"),
    ("destination.bytes", "resp_bytes"),
    ("network.community_id", "community_id"),
    ("network.state", "conn_state"),
    ("network.history", "history"),
];
/// ECS's names of questions to name servers.
const LOOKUPS: &[(&str, &str)] = &[
    ("source.ip", "id.orig_h"),
    ("source.port", "id.orig_p"),
    ("destination.ip", "id.resp_h"),
    ("destination.port", "id.resp_p"),
    ("dns.id", "trans_id"),
    ("dns.question.name", "query"),
    ("dns.question.type", "qtype_name"),
    ("dns.question.class", "qclass_name"),
    ("dns.answers.data", "answers"),
    ("dns.answers.ttl", "TTLs"),
    ("dns.response.code", "rcode_name"),
];
/// Names of what stands in a Windows event beside its own data.
const WINDOWS: &[(&str, &str)] = &[
    ("EventID", "event_id"),
    ("Channel", "channel"),
    ("Provider_Name", "provider"),
    ("Source", "provider"),
    ("Computer", "computer"),
    ("ComputerName", "computer"),
    ("Level", "level"),
];
/// Names by which Sysmon's rules ask for what the Security log's own audit calls otherwise.
const AUDIT: &[(&str, &str)] = &[
    ("Image", "NewProcessName"),
    ("ParentImage", "ParentProcessName"),
    ("User", "SubjectUserName"),
    ("LogonId", "SubjectLogonId"),
    ("TargetObject", "ObjectName"),
    ("Details", "NewValue"),
];
/// Hashes that Sysmon lists in one field.
const HASHES: &[(&str, &str)] =
    &[("Imphash", "IMPHASH="), ("imphash", "IMPHASH="), ("md5", "MD5="), ("sha1", "SHA1="), ("sha256", "SHA256=")];

impl Fields {
    /// The names that a source's rules may use of rows of a kind; `used` are those that they do use.
    pub(crate) fn new(source: &Source, kind: &'static Kind, used: &[Box<str>]) -> Self {
        let mut fields = Self::default();
        for (place, column) in kind.columns().enumerate() {
            if let Some(column) = kind.find(column.name) {
                fields.getters.insert(kind.columns().nth(place).map_or("", |field| field.name), Getter::Column(column));
            }
        }
        let renamed = match source {
            Source::Proxy | Source::Webserver => HTTP,
            Source::Dns => DNS,
            Source::Firewall => FIREWALL,
            Source::Connections => CONNECTIONS,
            Source::Lookups => LOOKUPS,
            Source::Windows | Source::WindowsCategory(_) | Source::WindowsService(_) => WINDOWS,
            Source::Zeek(_) | Source::Linux(_) | Source::Said(_) => &[],
        };
        for (name, column) in renamed {
            if let Some(column) = kind.find(column) {
                fields.getters.insert(name, Getter::Column(column));
            }
        }
        match source {
            Source::Proxy | Source::Webserver => fields.requests(kind),
            Source::Firewall => {
                if let Some(action) = kind.find("action") {
                    fields.getters.insert("blocked", Getter::Blocked(action));
                }
            }
            Source::Windows | Source::WindowsCategory(_) | Source::WindowsService(_) => fields.windows(kind),
            _ => {}
        }
        fields.used = used.iter().filter_map(|name| Some((name.clone(), *fields.getters.get(&**name)?))).collect();
        if fields.data.is_some() {
            fields.used_data = used.iter().cloned().collect();
        }
        fields
    }

    fn requests(&mut self, kind: &'static Kind) {
        let Some(uri) = kind.find("uri") else { return };
        let url = Getter::Url { host: kind.find("host"), uri };
        for (name, getter) in [
            ("c-uri", url),
            ("cs-uri", url),
            ("c-uri-stem", Getter::Stem(uri)),
            ("cs-uri-stem", Getter::Stem(uri)),
            ("c-uri-extension", Getter::Extension(uri)),
        ] {
            self.getters.insert(name, getter);
        }
    }

    fn windows(&mut self, kind: &'static Kind) {
        self.data = kind.find(DATA);
        for (name, hash) in HASHES {
            self.getters.insert(name, Getter::Hash(hash));
        }
        for (name, other) in AUDIT {
            self.getters.insert(name, Getter::Data(other));
        }
    }

    /// Whether rows may have a field of this name.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.data.is_some() || self.getters.contains_key(name)
    }

    /// The value of a field; `None` where the row has none.
    pub(crate) fn get<'e>(&self, event: &'e Event, name: &str) -> Option<EventValue<'e>> {
        if let Some(value) = self.datum(event, name) {
            return Some(EventValue::Str(String::from_utf8_lossy(value)));
        }
        self.value(event, *self.getters.get(name)?)
    }

    fn datum<'e>(&self, event: &'e Event, name: &str) -> Option<&'e [u8]> {
        let Value::List(data) = event.get(self.data?) else { return None };
        let named = |value: &'e Value| value.as_bytes()?.strip_prefix(name.as_bytes())?.strip_prefix(b"=");
        data.iter().find_map(named)
    }

    fn value<'e>(&self, event: &'e Event, getter: Getter) -> Option<EventValue<'e>> {
        match getter {
            Getter::Column(column) => value_of(event.get(column)),
            Getter::Url { host, uri } => {
                let uri = event.get(uri).as_bytes()?;
                let absolute = uri.windows(3).take(SCHEME_BYTES_MAX).any(|three| three == b"://");
                if absolute {
                    return Some(EventValue::Str(String::from_utf8_lossy(uri)));
                }
                let host = host.and_then(|host| event.get(host).as_bytes()).unwrap_or_default();
                let url = [b"http://", host, uri].concat();
                Some(EventValue::Str(Cow::Owned(
                    String::from_utf8(url).unwrap_or_else(|bad| String::from_utf8_lossy(bad.as_bytes()).into_owned()),
                )))
            }
            Getter::Stem(uri) => event.get(uri).as_bytes().map(|uri| EventValue::Str(String::from_utf8_lossy(stem(uri)))),
            Getter::Extension(uri) => {
                let name = stem(event.get(uri).as_bytes()?).rsplit(|byte| *byte == b'/').next()?;
                let dot = name.iter().rposition(|byte| *byte == b'.')?;
                Some(EventValue::Str(String::from_utf8_lossy(&name[dot + 1..])))
            }
            Getter::Blocked(action) => event.get(action).as_bytes().map(|action| EventValue::Bool(action == b"deny")),
            Getter::Hash(name) => {
                let all = self.datum(event, "Hashes").or_else(|| self.datum(event, "Hash"))?;
                let hash = all.split(|byte| *byte == b',').find_map(|one| one.strip_prefix(name.as_bytes()))?;
                Some(EventValue::Str(String::from_utf8_lossy(hash)))
            }
            Getter::Data(name) => self.datum(event, name).map(|value| EventValue::Str(String::from_utf8_lossy(value))),
        }
    }

    /// The names of those fields that rules use and that the row has.
    pub(crate) fn present(&self, event: &Event, mut visit: impl FnMut(&str)) {
        for (name, getter) in &self.used {
            let there = match getter {
                Getter::Column(column) | Getter::Url { uri: column, .. } | Getter::Stem(column) | Getter::Blocked(column) => {
                    !event.get(*column).is_unset()
                }
                Getter::Extension(_) | Getter::Hash(_) | Getter::Data(_) => self.value(event, *getter).is_some(),
            };
            if there {
                visit(name);
            }
        }
        let Some(Value::List(data)) = self.data.map(|data| event.get(data)) else { return };
        for item in data {
            let Some(bytes) = item.as_bytes() else { continue };
            let end = bytes.iter().position(|byte| *byte == b'=').unwrap_or(bytes.len());
            if let Ok(name) = std::str::from_utf8(&bytes[..end])
                && self.used_data.contains(name)
            {
                visit(name);
            }
        }
    }

    /// All text of a row, for rules that look for words anywhere.
    pub(crate) fn texts<'e>(event: &'e Event, mut visit: impl FnMut(Cow<'e, str>) -> bool) -> bool {
        event.cells().iter().any(|cell| match cell {
            Value::Bytes(_) | Value::Static(_) => visit(String::from_utf8_lossy(cell.as_bytes().unwrap_or_default())),
            Value::List(items) => items.iter().filter_map(Value::as_bytes).any(|text| visit(String::from_utf8_lossy(text))),
            _ => false,
        })
    }
}

/// A scheme stands in front of a URI, if anywhere: not behind so many bytes.
const SCHEME_BYTES_MAX: usize = 16;

/// A URI's path: what stands before the query, and behind scheme and host.
fn stem(uri: &[u8]) -> &[u8] {
    let path = uri.split(|byte| *byte == b'?').next().unwrap_or_default();
    let Some(host) = path.windows(3).take(SCHEME_BYTES_MAX).position(|three| three == b"://") else { return path };
    let behind = &path[host + 3..];
    behind.iter().position(|byte| *byte == b'/').map_or(&[][..], |slash| &behind[slash..])
}

/// A cell as the evaluator wants it. Sets and vectors match where one of their members does.
fn value_of(cell: &Value) -> Option<EventValue<'_>> {
    Some(match cell {
        Value::Unset => return None,
        Value::Bool(yes) => EventValue::Bool(*yes),
        Value::Count(count) => i64::try_from(*count).map_or(EventValue::Float(*count as f64), EventValue::Int),
        Value::Int(number) => EventValue::Int(*number),
        Value::Double(number) => EventValue::Float(*number),
        Value::Time(at) => EventValue::Float(at.nanos() as f64 / 1e9),
        Value::Interval(length) => EventValue::Float(length.nanos() as f64 / 1e9),
        Value::Addr(addr) => EventValue::Str(Cow::Owned(addr.to_string())),
        Value::Port(port) => EventValue::Int(i64::from(*port)),
        Value::Bytes(_) | Value::Static(_) => EventValue::Str(String::from_utf8_lossy(cell.as_bytes().unwrap_or_default())),
        Value::Uid(uid) => EventValue::Str(Cow::Owned(uid.to_string())),
        Value::List(items) => EventValue::Array(items.iter().filter_map(value_of).collect()),
    })
}

/// A row as the evaluator sees it.
#[derive(Clone, Copy)]
pub(crate) struct View<'e> {
    pub(crate) event: &'e Event,
    pub(crate) fields: &'e Fields,
}

impl rsigma_eval::Event for View<'_> {
    fn get_field(&self, path: &str) -> Option<EventValue<'_>> {
        self.fields.get(self.event, path)
    }

    fn any_string_value(&self, pred: &dyn Fn(&str) -> bool) -> bool {
        Fields::texts(self.event, |text| pred(&text))
    }

    fn all_string_values(&self) -> Vec<Cow<'_, str>> {
        let mut all = Vec::new();
        Fields::texts(self.event, |text| {
            all.push(text);
            false
        });
        all
    }

    fn visit_string_values(&self, visit: &mut dyn FnMut(&str)) {
        Fields::texts(self.event, |text| {
            visit(&text);
            false
        });
    }

    fn to_json(&self) -> serde_json::Value {
        let mut all = serde_json::Map::new();
        self.fields.present(self.event, |name| {
            if let Some(value) = self.fields.get(self.event, name) {
                all.insert(name.to_owned(), value.to_json());
            }
        });
        serde_json::Value::Object(all)
    }

    fn top_level_keys(&self) -> Option<Vec<Cow<'_, str>>> {
        let mut all = Vec::new();
        self.fields.present(self.event, |name| all.push(Cow::Owned(name.to_owned())));
        Some(all)
    }

    fn visit_top_level_keys(&self, visit: &mut dyn FnMut(&str)) -> bool {
        self.fields.present(self.event, visit);
        true
    }
}
