//! A stage for detectors: events made in a line each, a world in which names and roles are what the test says, and the
//! findings that come of it.

use contract::seen::Eyes;
use contract::{Behaviour, Chosen, Destination, Detector, Finding, Held, Known, Reach, Role, Spot, Told};
use model::{Addr, Column, Event, FLOW_KEYS, Field, Interval, Kind, TS_KEY, Timestamp, Type, Uid, Value, field};
use std::collections::{HashMap, HashSet};

const CONN_FIELDS: &[Field] = &[
    field("proto", Type::ENUM, "", ""),
    field("service", Type::STRING, "", ""),
    field("duration", Type::INTERVAL, "s", ""),
    field("orig_bytes", Type::COUNT, "bytes", ""),
    field("resp_bytes", Type::COUNT, "bytes", ""),
    field("conn_state", Type::STRING, "", ""),
    field("history", Type::STRING, "", ""),
    field("orig_pkts", Type::COUNT, "packets", ""),
    field("resp_pkts", Type::COUNT, "packets", ""),
    field("orig_ip_bytes", Type::COUNT, "bytes", ""),
    field("resp_ip_bytes", Type::COUNT, "bytes", ""),
    field("missed_bytes", Type::COUNT, "bytes", ""),
];
const DNS_FIELDS: &[Field] = &[
    field("proto", Type::ENUM, "", ""),
    field("query", Type::STRING, "", ""),
    field("qtype_name", Type::STRING, "", ""),
    field("rcode_name", Type::STRING, "", ""),
    field("answers", Type::STRINGS, "", ""),
    field("TTLs", Type::Vector(model::Scalar::Interval), "s", ""),
    field("AA", Type::BOOL, "", ""),
];
const HTTP_FIELDS: &[Field] = &[
    field("method", Type::STRING, "", ""),
    field("host", Type::STRING, "", ""),
    field("uri", Type::STRING, "", ""),
    field("referrer", Type::STRING, "", ""),
    field("user_agent", Type::STRING, "", ""),
    field("request_body_len", Type::COUNT, "bytes", ""),
    field("response_body_len", Type::COUNT, "bytes", ""),
    field("status_code", Type::COUNT, "", ""),
    field("proxied", Type::STRINGS_SET, "", ""),
    field("resp_fuids", Type::STRINGS, "", ""),
    field("resp_mime_types", Type::STRINGS, "", ""),
];
const IRC_FIELDS: &[Field] = &[
    field("is_orig", Type::BOOL, "", ""),
    field("source", Type::STRING, "", ""),
    field("command", Type::STRING, "", ""),
    field("target", Type::STRING, "", ""),
    field("key", Type::STRING, "", ""),
    field("text", Type::STRING, "", ""),
];

static CONN: Kind = Kind { name: "conn", doc: "", keys: FLOW_KEYS, fields: CONN_FIELDS };
static DNS: Kind = Kind { name: "dns", doc: "", keys: FLOW_KEYS, fields: DNS_FIELDS };
static HTTP: Kind = Kind { name: "http", doc: "", keys: FLOW_KEYS, fields: HTTP_FIELDS };
static IRC: Kind = Kind { name: "irc_session", doc: "", keys: FLOW_KEYS, fields: IRC_FIELDS };

/// A kind for a log that has no maker here, from the names of its columns: strings all, behind the keys of a flow.
pub fn kind(name: &'static str, columns: &[&'static str]) -> &'static Kind {
    let fields: Vec<Field> = columns.iter().map(|column| field(column, Type::STRING, "", "")).collect();
    Box::leak(Box::new(Kind { name, doc: "", keys: FLOW_KEYS, fields: Box::leak(fields.into_boxed_slice()) }))
}

/// The same for a log whose rows belong to no one flow.
pub fn loose_kind(name: &'static str, columns: &[&'static str]) -> &'static Kind {
    let fields: Vec<Field> = columns.iter().map(|column| field(column, Type::STRING, "", "")).collect();
    Box::leak(Box::new(Kind { name, doc: "", keys: TS_KEY, fields: Box::leak(fields.into_boxed_slice()) }))
}

/// An IPv4 address from its text.
///
/// # Panics
/// Where the text is none: tests write it.
pub fn ip(text: &str) -> Addr {
    text.parse::<std::net::IpAddr>().expect("an address in a test").into()
}

/// An event in the making: columns by name.
#[derive(Clone, Debug)]
pub struct Making(Event);

impl Making {
    /// A row of `kind` between two ends, each `address:port`, at so many seconds.
    pub fn of(kind: &'static Kind, secs: f64, orig: &str, resp: &str) -> Self {
        let end = |text: &str| -> (Addr, u16) {
            let (addr, port) = text.rsplit_once(':').expect("address:port in a test");
            (ip(addr.trim_matches(['[', ']'])), port.parse().expect("a port in a test"))
        };
        let at = Timestamp::from_secs(1_600_000_000) + Interval::from_secs_f64(secs);
        let uid = Uid::connection(&[orig.as_bytes(), resp.as_bytes(), &at.nanos().to_be_bytes()]);
        Self(Event::of_flow(kind, at, uid, end(orig), end(resp)))
    }

    /// A row of a kind that belongs to no one flow.
    pub fn loose(kind: &'static Kind, secs: f64) -> Self {
        Self(Event::new(kind, Timestamp::from_secs(1_600_000_000) + Interval::from_secs_f64(secs)))
    }

    /// Sets a column.
    ///
    /// # Panics
    /// Where the kind has no such column.
    #[must_use]
    pub fn with(mut self, column: &str, value: impl Into<Value>) -> Self {
        let column: Column = self.0.kind().find(column).unwrap_or_else(|| panic!("no column {column}"));
        self.0.set(column, value);
        self
    }

    /// Sets a column to text.
    #[must_use]
    pub fn text(self, column: &str, text: &str) -> Self {
        self.with(column, text.as_bytes())
    }

    /// The event.
    pub fn event(self) -> Event {
        self.0
    }
}

/// A TCP connection that ended: `state` as Zeek has it.
pub fn conn(secs: f64, orig: &str, resp: &str, state: &str) -> Making {
    Making::of(&CONN, secs, orig, resp).text("proto", "tcp").text("conn_state", state)
}

/// A question to a name server and the answer's code.
pub fn dns(secs: f64, orig: &str, resp: &str, query: &str, qtype: &str, rcode: &str) -> Making {
    Making::of(&DNS, secs, orig, resp).text("proto", "udp").text("query", query).text("qtype_name", qtype).text("rcode_name", rcode)
}

/// A request.
pub fn http(secs: f64, orig: &str, resp: &str, method: &str, host: &str, uri: &str) -> Making {
    Making::of(&HTTP, secs, orig, resp).text("method", method).text("host", host).text("uri", uri)
}

/// A line of IRC.
pub fn irc(secs: f64, orig: &str, resp: &str, is_orig: bool, command: &str, target: &str, text: &str) -> Making {
    Making::of(&IRC, secs, orig, resp).with("is_orig", is_orig).text("command", command).text("target", target).text("text", text)
}

/// What the test says is known.
#[derive(Debug, Default)]
pub struct Facts {
    /// Who has which role.
    pub roles: HashSet<(Addr, Role)>,
    /// Names by client and address.
    pub names: HashMap<(Addr, Addr), Vec<u8>>,
    /// Prevalence by address.
    pub reach: HashMap<Addr, Reach>,
    /// Autonomous systems.
    pub systems: HashMap<Addr, u32>,
    /// Countries and places by address.
    pub spots: HashMap<Addr, ([u8; 2], Spot)>,
    /// The time of the latest event.
    pub now: Timestamp,
}

impl Known for Facts {
    fn is_inside(&self, addr: Addr) -> bool {
        addr.is_private()
    }
    fn role(&self, addr: Addr, role: Role) -> Option<Held<'_>> {
        self.roles.contains(&(addr, role)).then_some(Held::Given { reason: "the test says so", owner: "" })
    }
    fn is_given(&self, role: Role) -> bool {
        self.roles.iter().any(|(_, given)| *given == role)
    }
    fn name(&self, client: Addr, addr: Addr) -> Option<&[u8]> {
        self.names.get(&(client, addr)).map(Vec::as_slice)
    }
    fn reach(&self, destination: Destination<'_>) -> Reach {
        match destination {
            Destination::Addr(addr) => self.reach.get(&addr).copied().unwrap_or_default(),
            Destination::Name(_) => Reach::default(),
        }
    }
    fn country(&self, addr: Addr) -> Option<[u8; 2]> {
        self.spots.get(&addr).map(|(country, _)| *country)
    }
    fn spot(&self, addr: Addr) -> Option<Spot> {
        self.spots.get(&addr).map(|(_, spot)| *spot)
    }
    fn system(&self, addr: Addr) -> Option<(u32, &str)> {
        self.systems.get(&addr).map(|number| (*number, "a test's network"))
    }
    fn os(&self, _addr: Addr) -> Option<&str> {
        None
    }
    fn now(&self) -> Timestamp {
        self.now
    }
}

/// A detector on stage.
pub struct Stage {
    eyes: Eyes,
    detector: Box<dyn Detector>,
    row: &'static dyn Behaviour,
    /// What is known.
    pub facts: Facts,
    told: Told,
}

impl Stage {
    /// With a row's defaults.
    pub fn new(row: &'static dyn Behaviour) -> Self {
        let detector = row.open(&Chosen::default());
        Self { eyes: Eyes::default(), detector, row, facts: Facts::default(), told: Told::default() }
    }

    /// Gives a host a role.
    #[must_use]
    pub fn role(mut self, host: &str, role: Role) -> Self {
        self.facts.roles.insert((ip(host), role));
        self
    }

    /// Shows it an event.
    pub fn see(&mut self, event: &Event) {
        self.facts.now = self.facts.now.max(event.ts());
        let seen = self.eyes.see(event);
        if self.row.wants().contains(&seen.what()) {
            self.detector.on(&seen, &self.facts, &mut self.told);
        }
    }

    /// Lets time pass up to so many seconds.
    pub fn tick(&mut self, secs: f64) {
        let now = Timestamp::from_secs(1_600_000_000) + Interval::from_secs_f64(secs);
        self.detector.tick(now, false, &self.facts, &mut self.told);
    }

    /// Bytes that the detector says it holds, and what it has dropped.
    pub fn held(&self) -> (usize, u64) {
        (self.detector.held_bytes(), self.detector.dropped())
    }

    /// Ends everything. The findings, in order.
    pub fn findings(mut self) -> Vec<Finding> {
        self.detector.tick(self.facts.now, true, &self.facts, &mut self.told);
        self.told.findings
    }

    /// Shows it events and ends: the names of what was found, each once, with the host.
    pub fn names(mut self, events: impl IntoIterator<Item = Making>) -> Vec<(&'static str, String)> {
        events.into_iter().for_each(|making| self.see(&making.event()));
        let mut names: Vec<_> = self.findings().iter().map(|finding| (finding.definition.name, finding.host.to_string())).collect();
        names.sort();
        names.dedup();
        names
    }
}
