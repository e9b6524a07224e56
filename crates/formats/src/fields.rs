//! What a record says under names, and what these names mean: JSON objects and `name=value` pairs of programs without a format of
//! their own. Makers call the same thing by different names; the lists here are those that their documents use.

use crate::kinds::device;
use crate::rows::{self, End, Flow, Http, Logon, transport};
use crate::text::{addr, number, port};
use crate::traffic::{self, Counted, Done};
use crate::web::access::Target;
use crate::words::{self, Said};
use crate::{Stamps, rows::method};
use contract::Record;
use model::{Event, Interval, Timestamp};
use serde_json::Value as Json;
use std::borrow::Cow;

/// Fields of one record that are kept: what devices write has up to two hundred.
const FIELDS_MAX: usize = 400;

/// The fields of a record, in its order; those of objects inside it under `outer.inner`.
#[derive(Debug, Default)]
pub(crate) struct Fields<'a> {
    all: Vec<(Cow<'a, str>, Cow<'a, [u8]>)>,
}

impl<'a> Fields<'a> {
    /// Of a JSON object.
    pub(crate) fn of_json(text: &[u8]) -> Option<Fields<'static>> {
        let Ok(Json::Object(object)) = serde_json::from_slice::<Json>(text) else { return None };
        let mut fields = Fields::default();
        for (name, value) in &object {
            fields.add(name, value);
        }
        Some(fields)
    }

    fn add(&mut self, name: &str, value: &Json) {
        if self.all.len() >= FIELDS_MAX {
            return;
        }
        let text = match value {
            Json::Null => return,
            Json::Bool(flag) => flag.to_string().into_bytes(),
            Json::Number(number) => number.to_string().into_bytes(),
            Json::String(text) => text.clone().into_bytes(),
            Json::Array(items) => {
                // Headers and addresses come as lists of one.
                if let Some(first) = items.first() {
                    self.add(name, first);
                }
                return;
            }
            Json::Object(object) => {
                for (inner, value) in object {
                    self.add(&format!("{name}.{inner}"), value);
                }
                return;
            }
        };
        self.all.push((name.to_owned().into(), text.into()));
    }

    /// Of `name=value` pairs: values in quotes of either kind, or up to a space, a comma, a semicolon or a bar.
    pub(crate) fn of_pairs(text: &'a [u8]) -> Self {
        let mut fields = Self::default();
        let (mut at, length) = (0, text.len());
        while at < length && fields.all.len() < FIELDS_MAX {
            let Some(mark) = memchr::memchr(b'=', &text[at..]).map(|place| at + place) else { break };
            let begin = text[at..mark].iter().rposition(|byte| b" ,;|\t\"'([{\n".contains(byte)).map_or(at, |place| at + place + 1);
            let (value, next) = value_at(text, mark + 1);
            if let Ok(name) = std::str::from_utf8(&text[begin..mark])
                && !name.is_empty()
            {
                fields.all.push((name.into(), value.into()));
            }
            at = next.max(mark + 1);
        }
        fields
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// The first of these names that says something.
    pub(crate) fn get(&self, names: &str) -> Option<&[u8]> {
        const NOTHING: &[&str] = &["", "-", "N/A", "null", "none", "<nil>", "undefined", "(null)", "<unknown>"];
        names.split_ascii_whitespace().find_map(|wanted| {
            let found = self.all.iter().find(|(name, value)| {
                name.eq_ignore_ascii_case(wanted) && !NOTHING.iter().any(|nothing| value.eq_ignore_ascii_case(nothing.as_bytes()))
            });
            found.map(|(_, value)| &**value)
        })
    }

    fn end(&self, addrs: &str, ports: &str) -> End {
        let (addr, inside) =
            addrs.split_ascii_whitespace().filter_map(|name| self.get(name)).map(end).find(|(addr, _)| addr.is_some()).unwrap_or_default();
        let port = self.get(ports).and_then(port).unwrap_or(inside);
        (addr, port)
    }
}

/// A value behind its `=`, and where the next may begin.
fn value_at(text: &[u8], from: usize) -> (&[u8], usize) {
    match text.get(from) {
        Some(b'"') => {
            let (value, rest) = crate::text::quoted(&text[from + 1..]);
            (value, text.len() - rest.len())
        }
        Some(b'\'') => {
            let end = memchr::memchr(b'\'', &text[from + 1..]).map_or(text.len(), |place| from + 1 + place);
            (&text[from + 1..end], (end + 1).min(text.len()))
        }
        _ => {
            let rest = &text[from..];
            let end = rest.iter().position(|byte| b" |\t;\n".contains(byte)).unwrap_or(rest.len());
            let value = rest[..end].strip_suffix(b",").unwrap_or(&rest[..end]);
            // `a=1,b=2`: a comma ends a value where a name follows it.
            let value = match memchr::memchr(b',', value) {
                Some(comma) if value[comma..].contains(&b'=') => &value[..comma],
                _ => value,
            };
            (value, from + value.len())
        }
    }
}

/// `10.0.0.5`, `10.0.0.5:80`, `[::1]:80`, `10.0.0.5, 10.0.0.1`, `10.0.0.5/32`.
fn end(text: &[u8]) -> End {
    let (addr, port) = crate::text::end(text, b':');
    if addr.is_some() { (addr, port) } else { words::addresses(text).first().map_or((None, 0), |(_, _, end)| *end) }
}

const SOURCES: &str = "visitor_ip request_ip addr.remote RemoteAddress client_ip clientip client-ip remote_ip remoteip request.client_ip request.remote_ip ClientHost src_ip srcip src-ip \
    source_ip sourceip source-address src SrcIP source.ip client.ip sourceIPAddress remote_addr remoteaddr \
    request.remote_addr ClientAddr downstream_remote_address ip ipaddress ip_address ipaddr ip_addr source remip c-ip client \
    origin.address sourceIPs remote addr address rhost user_ip peer host_ip from sip RemoteAddress remote_address \
    source_address IP meta.client_ip meta.remote_ip context.ip source_IP cliaddr calling_station_id PublicIP peer_contact \
    raddr remoteAddress attributes.remote_ip";
const SOURCE_PORTS: &str = "src_port srcport source_port sourceport s_port sport source-port spt ClientPort client_port request.remote_port \
    source.port SrcPort rport";
const TARGETS: &str = "dst_ip dstip dst-ip dest_ip destip destination_ip destinationip destination-address dst DstIP destination.ip \
    DestinationIPAddress destination dip server_ip s-ip dst_host_ip dest lip laddr destination_address";
const TARGET_PORTS: &str = "dst_port dstport dest_port destport destination_port destinationport dport destination-port dpt DestinationPort \
    destination.port DstPort service_port urlp lport";
const PROTOCOLS: &str = "proto protocol protocol-id ip_protocol network.transport transport ipproto protocol_name";
const ACTIONS: &str = "action act fw_action disposition status log_subtype actionTaken verdict decision fw_rule_action result pattern";
const USERS: &str = "username user_name user.name user usr suser acct login account accountid ClientUsername userIdentity.userName event.user \
    user.username UserID context.username identifier uname email usrName UserName src_user srcuser user_email \
    request.user_id actor user-name ruser admin";
const TIMES: &str = "@timestamp timestamp ts time t datetime date_time asctime eventTime event_time timeMillis unixTime StartUTC start_time \
    stageTimestamp requestReceivedTimestamp time_iso8601 time_local msec reqTime EventTime created_at date EventTV UTCTime \
    rt Timestamp receive_time";
const METHODS: &str = "method request.method RequestMethod http_method request_method http.request.method requestMethod mtd httpmethod \
    context.http_request.method http_verb";
const URLS: &str = "request.uri uri RequestPath request_uri requestURI path url url.original url.path request_path context.http_request.path \
    x-envoy-origin-path request_url http_path request location";
const STATUSES: &str = "status status_code DownstreamStatus response_code http_status response.status responseStatus.code httpStatus statusCode \
    http.response.status_code OriginStatus http_status_code sc-status";
const HOSTS: &str =
    "request.host RequestHost :authority authority http_host vhost server_name dhost dsthost host domain http.host hostname";
const SIZES: &str = "size bytes_sent DownstreamContentSize body_bytes_sent response_size responseSize http.response.body.bytes bytes";
const AGENTS: &str = "user_agent userAgent http_user_agent request.headers.User-Agent request_User-Agent ua useragent user_agent.original \
    user-agent agent userAgent.original context.http_request.user_agent";
const REFERRERS: &str = "http_referer referer referrer request_Referer request.headers.Referer http_referrer http.request.referrer";
const VERSIONS: &str = "request.proto RequestProtocol server_protocol http_version httpversion";
const LEVELS: &str = "level severity levelname levelName loglevel log.level lvl priority pri";
const MESSAGES: &str = "message msg logEvent.message event short_message MESSAGE event.action action eventName error desc description text \
    reason log type";
const PROGRAMS: &str = "logger component service app loggerName program module product SYSLOG_IDENTIFIER name source device_name";
const DEVICES: &str = "hostname node.name hostIdentifier machine devname device_name computer host.name host";
/// Fields that may say that somebody logged on.
const TELLING: &str = "message msg event event.action action type error eventName reason logEvent.message event_type status outcome result \
    SecurityEvent log_subtype desc text error_message event.reason";

/// The time that a record's fields say.
pub(crate) fn at(fields: &Fields<'_>, stamps: &mut Stamps) -> Option<Timestamp> {
    let text = fields.get(TIMES)?;
    // Epochs come in seconds, milliseconds, microseconds and nanoseconds.
    let whole = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = &text[whole..];
    if whole >= 9 && (rest.is_empty() || rest.starts_with(b".")) {
        let digits = std::str::from_utf8(&text[..whole]).ok()?.parse::<u64>().ok()?;
        let nanos = match whole {
            9..=11 => return stamps.epoch(text).map(|(at, _)| at),
            12..=14 => digits.checked_mul(1_000_000),
            15..=17 => digits.checked_mul(1_000),
            _ => Some(digits),
        };
        return nanos.and_then(|nanos| i64::try_from(nanos).ok()).map(Timestamp::from_nanos);
    }
    // Palo Alto's and others' date and time stand apart.
    if let Some(date) = fields.get("date")
        && let Some(clock) = fields.get("time")
        && clock.get(2) == Some(&b':')
    {
        return stamps.iso(&[date, b" ", clock].concat()).map(|(at, _)| at);
    }
    crate::plain::time::at(text, stamps)
}

/// What the fields of a record mean, as a row: a flow, a request, a logon, or what a program said.
pub(crate) fn row(fields: &Fields<'_>, at: Timestamp, record: &Record<'_>, http: Option<&Http>, format: &'static str) -> Event {
    if let Some(flow) = flow(fields, at, record.text) {
        return flow;
    }
    if let Some(logon) = logon(fields, at, record) {
        return logon;
    }
    if let Some(request) = http.and_then(|http| request(fields, at, http)) {
        return request;
    }
    let message = fields.get(MESSAGES).unwrap_or(record.text);
    let source = fields.end(SOURCES, SOURCE_PORTS).0.or_else(|| words::source(message).0);
    let mut row = rows::told(at, record, format, b"", source, message).with(device::DESTINATION, fields.end(TARGETS, "").0);
    let mut set = |column, value: Option<&[u8]>| {
        if let Some(value) = value {
            row.set(column, value);
        }
    };
    set(device::SEVERITY, fields.get(LEVELS));
    set(device::USER, fields.get(USERS));
    set(device::PROGRAM, fields.get(PROGRAMS));
    if record.host.is_empty() {
        set(device::DEVICE, fields.get(DEVICES));
    }
    row
}

/// A flow: two addresses, and what was done with it or how much it carried.
fn flow(fields: &Fields<'_>, at: Timestamp, text: &[u8]) -> Option<Event> {
    let (orig, resp) = (fields.end(SOURCES, SOURCE_PORTS), fields.end(TARGETS, TARGET_PORTS));
    if orig.0.is_none() || resp.0.is_none() || fields.get(METHODS).is_some() {
        return None;
    }
    let counted = Counted {
        duration: fields.get("duration session_duration elapsed-time").and_then(number),
        sent: fields.get("sent sent_bytes sentbyte bytes_out bytes_sent bytes-from-client orig_bytes source.bytes").and_then(number),
        received: fields.get("rcvd recv_bytes rcvdbyte bytes_in bytes_received bytes-from-server destination.bytes").and_then(number),
        sent_packets: fields.get("sent_pkts sentpkt packets-from-client").and_then(number),
        received_packets: fields.get("recv_pkts rcvdpkt packets-from-server").and_then(number),
    };
    let proto = fields.get(PROTOCOLS).map_or("unknown_transport", |proto| transport(crate::text::before(proto, b"/")));
    let done =
        ACTIONS.split_ascii_whitespace().filter_map(|name| fields.get(name)).find_map(|action| traffic::done(crate::text::word(action).0));
    // Meraki says it in words: `flows deny src=…`, `pattern: allow all`.
    let said = || crate::text::words(text).filter(|word| !word.contains(&b'=')).find_map(traffic::done);
    let done = done.or_else(|| if orig.1 != 0 && resp.1 != 0 { said() } else { None });
    let done = done.or_else(|| (counted.sent.is_some() || counted.duration.is_some()).then_some(Done::Ended))?;
    let number = fields.get("id session_id sessionid conn_id n").unwrap_or_default();
    traffic::row(&Flow { at, proto, orig, resp, number }, done, &counted)
}

fn logon(fields: &Fields<'_>, at: Timestamp, record: &Record<'_>) -> Option<Event> {
    let (said, text) = TELLING
        .split_ascii_whitespace()
        .filter_map(|name| fields.get(name))
        .find_map(|text| words::logon(text).map(|said| (said, text)))?;
    let source = fields.end(SOURCES, SOURCE_PORTS);
    let source = if source.0.is_some() { source } else { words::source(text) };
    let user = fields.get(USERS).or_else(|| words::user(text)).or_else(|| words::user(record.text)).unwrap_or_default();
    if source.0.is_none() && user.is_empty() {
        return None;
    }
    Some(told_logon(said, at, record, source, user, text))
}

/// The row of a logon that words told.
pub(crate) fn told_logon(said: Said, at: Timestamp, record: &Record<'_>, source: End, user: &[u8], reason: &[u8]) -> Event {
    let (action, success) = match said {
        Said::Refused => ("logon", Some(false)),
        Said::Granted => ("logon", Some(true)),
        Said::Ended => ("logoff", None),
    };
    let row = Logon { service: "application", user, source, action, success, method: b"", reason }.row(at, record.host);
    if record.program.is_empty() { row } else { row.with(crate::kinds::logon::SERVICE, record.program) }
}

fn request(fields: &Fields<'_>, at: Timestamp, http: &Http) -> Option<Event> {
    let (verb, url) = match (fields.get(METHODS), fields.get(URLS)) {
        (Some(verb), Some(url)) => (verb, url),
        // `msg="HTTP: POST http://a.example/login"`.
        _ => words::target(fields.get(MESSAGES)?)?,
    };
    let status = fields.get(STATUSES).and_then(number);
    let orig = fields.end(SOURCES, SOURCE_PORTS);
    if status.is_none() && orig.0.is_none() {
        return None;
    }
    // `request` may be the whole line.
    let url = crate::text::words(url).find(|word| word.starts_with(b"/") || word.starts_with(b"http")).unwrap_or(url);
    let target = Target::of(url, verb == b"CONNECT");
    let host = if target.host.is_empty() { fields.get(HOSTS).unwrap_or_default() } else { target.host };
    let host = crate::text::split_last(host, b':').filter(|(_, number)| port(number).is_some()).map_or(host, |(host, _)| host);
    let mut row = http.row(at, orig, (addr(host), target.port), url);
    row.set(http.method, method(verb));
    row.set(http.uri, target.path);
    if !host.is_empty() {
        row.set(http.host, host);
    }
    row.set(http.status, status.filter(|status| *status != 0));
    row.set(http.response_bytes, fields.get(SIZES).and_then(number));
    row.set(http.user_agent, fields.get(AGENTS));
    row.set(http.referrer, fields.get(REFERRERS));
    row.set(http.username, fields.get(USERS));
    row.set(http.version, fields.get(VERSIONS).and_then(|version| version.strip_prefix(b"HTTP/")));
    Some(row)
}

/// So long ago that a time is none: before logs were kept.
pub(crate) fn is_time(at: Timestamp) -> bool {
    at > Timestamp::default() + Interval::from_secs(1)
}
