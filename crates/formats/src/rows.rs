//! Rows in the making: flows as firewalls tell them, and the rows of protocols, whose columns are found by name once per source.

use crate::kinds::{device, logon};
use contract::{Kinds, Record};
use model::kinds::conn;
use model::{Addr, Column, Event, Interval, Kind, Timestamp, Uid, Value};

/// One end: an address, where it can be read, and a port (0 where none is told).
pub(crate) type End = (Option<Addr>, u16);

/// A row of a kind whose keys are those of a flow.
pub(crate) fn of_flow(kind: &'static Kind, at: Timestamp, orig: End, resp: End, number: &[u8], proto: &str) -> Event {
    let ports = [orig.1.to_be_bytes(), resp.1.to_be_bytes()].concat();
    let bytes = |addr: &Option<Addr>| addr.map_or([0; 16], |addr| *addr.octets());
    let uid = Uid::connection(&[&bytes(&orig.0), &bytes(&resp.0), &ports, &at.nanos().to_be_bytes(), number, proto.as_bytes()]);
    let port = |end: End| if end.0.is_none() && end.1 == 0 { Value::Unset } else { Value::Port(end.1) };
    let mut row = Event::new(kind, at);
    let keys = [Value::Uid(uid), orig.0.into(), port(orig), resp.0.into(), port(resp)];
    row.cells_mut().iter_mut().skip(1).zip(keys).for_each(|(cell, key)| *cell = key);
    row
}

/// A flow as a firewall tells it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flow<'a> {
    /// When it began.
    pub(crate) at: Timestamp,
    /// `tcp`, `udp`, `icmp`, or another protocol's name.
    pub(crate) proto: &'static str,
    /// Who opened it: address, where it can be read, and port (for ICMP: the type).
    pub(crate) orig: End,
    /// To whom: address and port (for ICMP: the code).
    pub(crate) resp: End,
    /// The firewall's own number of it, or anything else that tells it from another flow of the same ends and time.
    pub(crate) number: &'a [u8],
}

impl Flow<'_> {
    /// The row of `conn.log` for it, with what is always known.
    pub(crate) fn row(&self) -> Event {
        of_flow(&conn::KIND, self.at, self.orig, self.resp, self.number, self.proto)
            .with(conn::PROTO, self.proto)
            .with(conn::LOCAL_ORIG, self.orig.0.map(|addr| addr.is_private()))
            .with(conn::LOCAL_RESP, self.resp.0.map(|addr| addr.is_private()))
    }

    /// A flow that a firewall let pass and that has ended.
    pub(crate) fn ended(&self, state: &'static str, duration: Interval, bytes: Option<u64>) -> Event {
        self.row()
            .with(conn::CONN_STATE, state)
            .with(conn::DURATION, duration)
            // A firewall counts both directions together; what the responder sent is by far the most of it.
            .with(conn::RESP_BYTES, bytes)
            .with(conn::ACTION, "allow")
    }

    /// A flow that a firewall let pass, told when it began.
    pub(crate) fn passed(&self) -> Event {
        self.row().with(conn::ACTION, "allow")
    }

    /// A flow that a firewall refused.
    pub(crate) fn denied(&self) -> Event {
        self.row().with(conn::CONN_STATE, "S0").with(conn::ACTION, "deny").with(conn::ORIG_PKTS, 1_u64)
    }
}

/// The name of a transport protocol, by name or number, in any case.
pub(crate) fn transport(text: &[u8]) -> &'static str {
    const NAMES: &[(&str, &[&str])] =
        &[("tcp", &["tcp", "6"]), ("udp", &["udp", "17"]), ("icmp", &["icmp", "icmpv6", "ipv6-icmp", "icmp6", "icmp-v6", "1", "58"])];
    let named = |name: &&&str| text.eq_ignore_ascii_case(name.as_bytes());
    NAMES.iter().find(|(_, names)| names.iter().any(|name| named(&name))).map_or("unknown_transport", |(name, _)| name)
}

/// Rows of `http.log`.
#[derive(Debug)]
pub(crate) struct Http {
    kind: &'static Kind,
    pub(crate) method: Column,
    pub(crate) host: Column,
    pub(crate) uri: Column,
    pub(crate) referrer: Column,
    pub(crate) version: Column,
    pub(crate) user_agent: Column,
    pub(crate) response_bytes: Column,
    pub(crate) status: Column,
    pub(crate) username: Column,
    pub(crate) mime_types: Column,
}

impl Http {
    /// Its columns; `None` where there is no such log.
    pub(crate) fn of(kinds: &dyn Kinds) -> Option<Self> {
        let kind = kinds.kind("http")?;
        Some(Self {
            kind,
            method: kind.find("method")?,
            host: kind.find("host")?,
            uri: kind.find("uri")?,
            referrer: kind.find("referrer")?,
            version: kind.find("version")?,
            user_agent: kind.find("user_agent")?,
            response_bytes: kind.find("response_body_len")?,
            status: kind.find("status_code")?,
            username: kind.find("username")?,
            mime_types: kind.find("resp_mime_types")?,
        })
    }

    /// A row with its ends.
    pub(crate) fn row(&self, at: Timestamp, orig: End, resp: End, number: &[u8]) -> Event {
        of_flow(self.kind, at, orig, resp, number, "tcp")
    }
}

/// A method's name as text that needs no memory, where it is one of the usual ones.
pub(crate) fn method(text: &[u8]) -> Value {
    const METHODS: &[&str] = &["GET", "POST", "CONNECT", "HEAD", "OPTIONS", "PUT", "DELETE", "PROPFIND", "PATCH"];
    METHODS.iter().find(|name| name.as_bytes() == text).map_or_else(|| Value::from(text), |name| Value::Static(name))
}

/// Rows of `dns.log`.
#[derive(Debug)]
pub(crate) struct Dns {
    kind: &'static Kind,
    proto: Column,
    query: Column,
    class: Column,
    class_name: Column,
    qtype: Column,
    qtype_name: Column,
    pub(crate) rcode: Column,
    pub(crate) rcode_name: Column,
    pub(crate) recursion: Column,
    pub(crate) answers: Column,
    pub(crate) rejected: Column,
}

/// What was asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question<'a> {
    pub(crate) name: &'a [u8],
    /// The record type's name, or its number behind `TYPE`.
    pub(crate) qtype: &'a [u8],
    /// Whether it came over TCP.
    pub(crate) tcp: bool,
}

impl Dns {
    /// Its columns; `None` where there is no such log.
    pub(crate) fn of(kinds: &dyn Kinds) -> Option<Self> {
        let kind = kinds.kind("dns")?;
        Some(Self {
            kind,
            proto: kind.find("proto")?,
            query: kind.find("query")?,
            class: kind.find("qclass")?,
            class_name: kind.find("qclass_name")?,
            qtype: kind.find("qtype")?,
            qtype_name: kind.find("qtype_name")?,
            rcode: kind.find("rcode")?,
            rcode_name: kind.find("rcode_name")?,
            recursion: kind.find("RD")?,
            answers: kind.find("answers")?,
            rejected: kind.find("rejected")?,
        })
    }

    /// A row for a question of class IN, asked of port 53.
    pub(crate) fn row(&self, at: Timestamp, orig: End, resp: Option<Addr>, question: &Question<'_>) -> Event {
        let proto = if question.tcp { "tcp" } else { "udp" };
        let mut row = of_flow(self.kind, at, orig, (resp, 53), question.name, proto);
        let name = question.name.strip_suffix(b".").unwrap_or(question.name);
        let mut lower = name.to_vec();
        lower.make_ascii_lowercase();
        row.set(self.proto, proto);
        row.set(self.query, lower);
        row.set(self.class, 1_u64);
        row.set(self.class_name, "C_INTERNET");
        match record_type(question.qtype) {
            Some((number, name)) => {
                row.set(self.qtype, u64::from(number));
                row.set(self.qtype_name, name);
            }
            None if question.qtype.is_empty() => {}
            None => {
                let number = question.qtype.strip_prefix(b"TYPE").and_then(crate::text::number);
                row.set(self.qtype, number);
                row.set(self.qtype_name, question.qtype);
            }
        }
        row
    }

    /// Says how the server answered.
    pub(crate) fn answered(&self, row: &mut Event, name: &[u8]) {
        const CODES: &[&str] =
            &["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH"];
        if let Some(code) = CODES.iter().position(|code| code.as_bytes().eq_ignore_ascii_case(name)) {
            row.set(self.rcode, code as u64);
            row.set(self.rcode_name, CODES[code]);
            row.set(self.rejected, code == 5);
        }
    }
}

/// The number of a record type, by its name (IANA); the name as Zeek writes it.
fn record_type(name: &[u8]) -> Option<(u16, &'static str)> {
    const TYPES: &[(u16, &str)] = &[
        (1, "A"),
        (28, "AAAA"),
        (12, "PTR"),
        (65, "HTTPS"),
        (15, "MX"),
        (16, "TXT"),
        (2, "NS"),
        (6, "SOA"),
        (5, "CNAME"),
        (33, "SRV"),
        (43, "DS"),
        (48, "DNSKEY"),
        (255, "ANY"),
        (252, "AXFR"),
        (251, "IXFR"),
        (35, "NAPTR"),
        (10, "NULL"),
        (13, "HINFO"),
        (46, "RRSIG"),
        (47, "NSEC"),
        (50, "NSEC3"),
        (52, "TLSA"),
        (64, "SVCB"),
        (99, "SPF"),
        (257, "CAA"),
        (44, "SSHFP"),
        (38, "A6"),
        (39, "DNAME"),
        (29, "LOC"),
        (11, "WKS"),
        (14, "MINFO"),
        (17, "RP"),
        (24, "SIG"),
        (25, "KEY"),
        (249, "TKEY"),
        (250, "TSIG"),
        (256, "URI"),
    ];
    // Zeek writes `*` for ANY.
    TYPES.iter().find(|(_, known)| known.as_bytes() == name).map(|(number, known)| (*number, if *number == 255 { "*" } else { known }))
}

/// A row of `device`: what a program said that is of no other kind.
pub(crate) fn told(at: Timestamp, record: &Record<'_>, program: &'static str, code: &[u8], source: Option<Addr>, message: &[u8]) -> Event {
    let mut row = Event::new(&device::KIND, at).with(device::PROGRAM, program).with(device::SOURCE, source).with(device::MESSAGE, message);
    if !record.host.is_empty() {
        row.set(device::DEVICE, record.host);
    }
    if !code.is_empty() {
        row.set(device::CODE, code);
    }
    row
}

/// A logon, as a program tells it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Logon<'a> {
    pub(crate) service: &'static str,
    pub(crate) user: &'a [u8],
    pub(crate) source: End,
    /// `logon`, `logoff` or `change`.
    pub(crate) action: &'static str,
    /// Whether it was granted, where that is told.
    pub(crate) success: Option<bool>,
    pub(crate) method: &'a [u8],
    pub(crate) reason: &'a [u8],
}

impl Logon<'_> {
    /// Its row.
    pub(crate) fn row(&self, at: Timestamp, host: &[u8]) -> Event {
        let text = |text: &[u8]| if text.is_empty() { Value::Unset } else { Value::from(text) };
        let port = if self.source.1 == 0 { Value::Unset } else { Value::Port(self.source.1) };
        Event::new(&logon::KIND, at)
            .with(logon::HOST, text(host))
            .with(logon::SERVICE, self.service)
            .with(logon::USER, text(self.user))
            .with(logon::SOURCE, self.source.0)
            .with(logon::SOURCE_PORT, port)
            .with(logon::ACTION, self.action)
            .with(logon::SUCCESS, self.success)
            .with(logon::METHOD, text(self.method))
            .with(logon::REASON, text(self.reason))
    }
}
