//! Cisco IOS, IOS XE, IOS XR, NX-OS, and those that write as they do (Arista, ACE, UCS, Nexus): `%SEC-6-IPACCESSLOGP: text`.
//!
//! What access lists refuse or let pass are flows, logons are logons; the rest is told by its facility and mnemonic. Sequence numbers,
//! uptimes and clocks that are not set (`*Nov 20`, `.Nov 20`) may stand before a message. Source: Cisco's system message guides.
//! Left out: how many packets a list counted in its interval.

use crate::kinds::device;
use crate::rows::{self, Flow, transport};
use crate::text::{addr, after, before, between, number, word};
use crate::words;
use contract::{DecodeError, Decoder, Kinds, LogFormat, Record, Verdict};
use model::kinds::conn;
use model::{Event, Kind, Timestamp};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Ios;

impl LogFormat for Ios {
    fn name(&self) -> &'static str {
        "ios"
    }

    fn about(&self) -> &'static str {
        "Cisco IOS, NX-OS and their like (Arista): access lists and logons"
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }

    fn sniff(&self, record: &Record<'_>) -> Verdict {
        if Head::of(record.line).is_some() { Verdict::Yes } else { Verdict::No }
    }

    fn open(&self, _kinds: &dyn Kinds) -> Box<dyn Decoder> {
        Box::new(Messages { stamps: crate::Stamps::default() })
    }
}

/// `%FACILITY-6-MNEMONIC: text`.
struct Head<'a> {
    before: &'a [u8],
    facility: &'a [u8],
    severity: &'a [u8],
    mnemonic: &'a [u8],
    text: &'a [u8],
}

impl<'a> Head<'a> {
    fn of(line: &'a [u8]) -> Option<Self> {
        /// Priority, sequence numbers, host and time stand before it.
        const BEFORE_MAX: usize = 160;
        /// `SYSMGR-STANDBY` and `SYS_INTERNAL_HARDWARE_…` are long.
        const NAME_BYTES_MAX: usize = 100;
        let start = memchr::memchr(b'%', &line[..line.len().min(BEFORE_MAX)])?;
        let rest = &line[start + 1..];
        let colon = memchr::memchr(b':', &rest[..rest.len().min(NAME_BYTES_MAX)])?;
        let (name, text) = (&rest[..colon], rest[colon + 1..].trim_ascii_start());
        let mut parts = name.rsplitn(3, |byte| *byte == b'-');
        let (mnemonic, severity, facility) = (parts.next()?, parts.next()?, parts.next()?);
        let named = |text: &[u8]| !text.is_empty() && text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(byte));
        let shaped = severity.len() == 1 && severity[0].is_ascii_digit() && named(mnemonic) && named(facility);
        // A number alone is a firewall's.
        let ours = shaped && number(mnemonic).is_none();
        ours.then_some(Self { before: &line[..start], facility, severity, mnemonic, text })
    }

    fn is(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.mnemonic == name.as_bytes())
    }
}

struct Messages {
    stamps: crate::Stamps,
}

impl Decoder for Messages {
    fn decode(&mut self, record: &Record<'_>, out: &mut dyn FnMut(Event)) -> Result<(), DecodeError> {
        let head = Head::of(record.line).ok_or(DecodeError::new("no message of IOS", 0))?;
        // Behind sequence numbers, the envelope finds no time.
        let own = || crate::plain::time::find(head.before, &mut self.stamps).map(|(at, _)| at);
        let at = record.at.or_else(own).unwrap_or(record.latest);
        out(flow(&head, at).or_else(|| session(&head, at)).or_else(|| logon(&head, at, record)).unwrap_or_else(|| told(&head, at, record)));
        Ok(())
    }
}

/// What an access list did with a packet.
fn flow(head: &Head<'_>, at: Timestamp) -> Option<Event> {
    const LISTS: &[&str] = &[
        "IPACCESSLOGP",
        "IPACCESSLOGDP",
        "IPACCESSLOGNP",
        "IPACCESSLOGS",
        "IPACCESSLOGRP",
        "ACCESSLOGP",
        "ACCESSLOGDP",
        "ACCESSLOGNP",
        "ACCESSLOGSP",
        "IPACCESS",
        "IP6ACCESS",
    ];
    if head.is(&["ACLLOG_FLOW_INTERVAL", "ACLLOG_NEW_FLOW"]) {
        return counted(head.text, at);
    }
    if !head.is(LISTS) {
        return None;
    }
    let denied = crate::text::has(head.text, b" denied ");
    let behind = after(head.text, b" denied ").or_else(|| after(head.text, b" permitted "))?;
    let first = word(behind).0;
    let proto = transport(first);
    let (mut orig, mut resp) = match words::flow(behind) {
        Some(pair) => pair,
        // A standard list knows the source alone.
        None => ((words::first_addr(behind), 0), (None, 0)),
    };
    orig.0?;
    if proto == "icmp"
        && let Some((kind, code)) = between(behind, b" (", b")").and_then(|inside| crate::text::split(inside, b'/'))
    {
        let of = |text: &[u8]| number(text).and_then(|number| u16::try_from(number).ok()).unwrap_or_default();
        (orig.1, resp.1) = (of(kind), of(code));
    }
    let flow = Flow { at, proto, orig, resp, number: b"" };
    Some(if denied { flow.denied() } else { flow.passed() })
}

/// `Src IP: 10.0.0.5, Dst IP: …, Src Port: 1036, Dst Port: 80, …, Protocol: "TCP"(6), Hit-count = 2`: NX-OS.
fn counted(text: &[u8], at: Timestamp) -> Option<Event> {
    let value = |name: &[u8]| after(text, name).map(|behind| before(behind, b",").trim_ascii());
    let port = |name: &[u8]| value(name).and_then(crate::text::port).unwrap_or_default();
    let orig = (value(b"Src IP: ").and_then(addr), port(b"Src Port: "));
    let resp = (value(b"Dst IP: ").and_then(addr), port(b"Dst Port: "));
    let proto = between(text, b"Protocol: \"", b"\"").map_or("unknown_transport", transport);
    orig.0?;
    let flow = Flow { at, proto, orig, resp, number: b"" };
    // It counts both; only newer versions say which.
    Some(if crate::text::has(text, b"Deny") { flow.denied() } else { flow.row() })
}

/// `Stop tcp session: initiator (10.0.0.5:1036) sent 22 bytes -- responder (203.0.113.9:80) sent 208 bytes`.
fn session(head: &Head<'_>, at: Timestamp) -> Option<Event> {
    let behind =
        head.text.strip_prefix(b"Stop ").or_else(|| head.text.strip_prefix(b"(target:class)").and_then(|text| after(text, b"Stop ")))?;
    let end = |name: &[u8]| between(behind, name, b")").map(|inside| crate::text::end(inside, b':'));
    let sent =
        |name: &[u8]| after(behind, name).and_then(|text| after(text, b" sent ")).and_then(crate::text::leading).map(|(bytes, _)| bytes);
    let flow = Flow { at, proto: transport(word(behind).0), orig: end(b"initiator (")?, resp: end(b"responder (")?, number: b"" };
    let row = flow.passed().with(conn::CONN_STATE, "SF");
    Some(row.with(conn::ORIG_BYTES, sent(b"initiator (")).with(conn::RESP_BYTES, sent(b"responder (")))
}

fn logon(head: &Head<'_>, at: Timestamp, record: &Record<'_>) -> Option<Event> {
    const LOGONS: &[&str] =
        &["SEC_LOGIN", "SSH", "AUTHPRIV", "AUTH", "AAA", "LOGIN", "DAEMON", "SECURITY", "SECURITY-LOGIN", "SECURITY-SSHD", "UCSM"];
    let said = words::logon(head.text).filter(|_| LOGONS.iter().any(|name| head.facility.starts_with(name.as_bytes())))?;
    let source = between(head.text, b"[Source: ", b"]").and_then(addr).map_or_else(|| words::source(head.text), |source| (Some(source), 0));
    let user = between(head.text, b"[user: ", b"]").or_else(|| words::user(head.text)).unwrap_or_default();
    if source.0.is_none() && user.is_empty() {
        return None;
    }
    let row = crate::fields::told_logon(said, at, record, source, user, head.text);
    Some(row.with(crate::kinds::logon::SERVICE, "console"))
}

fn told(head: &Head<'_>, at: Timestamp, record: &Record<'_>) -> Event {
    let code = [head.facility, b"-", head.mnemonic].concat();
    let row = rows::told(at, record, "ios", &code, words::first_addr(head.text), head.text).with(device::SEVERITY, head.severity);
    // `Configured from console by admin on vty0 (10.0.0.7)`.
    if head.is(&["CONFIG_I"])
        && let Some(user) = crate::text::word_after(head.text, b" by ")
    {
        return row.with(device::USER, user);
    }
    row
}
