//! One flow of RADIUS: the messages up to a result are one row.

use super::log;
use crate::bounds::{Reader, out_of_bound};
use contract::{Analyzer, Chunk, Emit, Next, Side, Violation};
use model::{Addr, Column, Event, Timestamp, Value};

/// The state of one flow.
#[derive(Debug, Default)]
pub(super) struct Radius {
    row: Option<Event>,
}

const ACCESS_REQUEST: u8 = 1;
const ACCESS_ACCEPT: u8 = 2;
const ACCESS_REJECT: u8 = 3;
const ACCESS_CHALLENGE: u8 = 11;

const USER_NAME: u8 = 1;
const FRAMED_IP_ADDRESS: u8 = 8;
const REPLY_MESSAGE: u8 = 18;
const CALLING_STATION_ID: u8 = 31;
const TUNNEL_CLIENT_ENDPOINT: u8 = 66;
const CONNECT_INFO: u8 = 77;

impl Analyzer for Radius {
    fn feed(&mut self, at: Timestamp, _side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        let Chunk::Data(datagram) = chunk else { return Ok(Next::Continue) };
        let mut reader = Reader::new(datagram);
        reader.need(20, "RADIUS_PDU:authenticator")?;
        let code = reader.u8("RADIUS_PDU:code")?;
        reader.take(19, "RADIUS_PDU:authenticator")?;
        let attributes = reader.rest();
        check(attributes)?;
        out.confirm("radius");
        let row = self.row.get_or_insert_with(|| out.flow().event(&log::KIND, at));
        match code {
            ACCESS_REQUEST => request(row, attributes),
            ACCESS_CHALLENGE => challenge(row, attributes),
            ACCESS_ACCEPT => self.result(at, "success", out),
            ACCESS_REJECT => self.result(at, "failed", out),
            _ => {}
        }
        Ok(Next::Continue)
    }

    fn close(&mut self, _at: Timestamp, out: &mut dyn Emit) {
        if let Some(row) = self.row.take() {
            out.event(row.with(log::RESULT, "unknown"));
        }
    }

    fn held_bytes(&self) -> usize {
        self.row.as_ref().map_or(0, Event::held_bytes)
    }
}

impl Radius {
    fn result(&mut self, at: Timestamp, result: &'static str, out: &mut dyn Emit) {
        let Some(mut row) = self.row.take() else { return };
        let taken = at.since(row.ts());
        if taken.nanos() != 0 {
            row.set(log::TTL, taken);
        }
        out.event(row.with(log::RESULT, result));
    }
}

/// The attributes, as far as they are well-formed: type and value.
fn attributes(mut bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        let [kind, length, ..] = bytes else { return None };
        let (attribute, rest) = bytes.split_at_checked(usize::from(*length).max(2))?;
        bytes = rest;
        Some((*kind, &attribute[2..]))
    })
}

fn check(mut bytes: &[u8]) -> Result<(), Violation> {
    while !bytes.is_empty() {
        let Some(length) = bytes.get(1).map(|length| usize::from(*length)) else {
            return Err(out_of_bound("RADIUS_Attribute:length", 2, bytes.len()));
        };
        if length < 2 || length > bytes.len() {
            return Err(out_of_bound("RADIUS_Attribute:value", length, bytes.len()));
        }
        bytes = &bytes[length..];
    }
    Ok(())
}

/// Sets a cell to the first attribute of a type, unless it is set.
fn keep(row: &mut Event, column: Column, attributes_bytes: &[u8], kind: u8, cell: impl Fn(&[u8]) -> Value) {
    if row.get(column).is_unset()
        && let Some((_, value)) = attributes(attributes_bytes).find(|attribute| attribute.0 == kind)
    {
        row.set(column, cell(value));
    }
}

fn request(row: &mut Event, attributes: &[u8]) {
    keep(row, log::USERNAME, attributes, USER_NAME, |text| Value::from(text));
    keep(row, log::MAC, attributes, CALLING_STATION_ID, |text| Value::from(normal_mac(text)));
    keep(row, log::TUNNEL_CLIENT, attributes, TUNNEL_CLIENT_ENDPOINT, |text| Value::from(text));
    keep(row, log::CONNECT_INFO, attributes, CONNECT_INFO, |text| Value::from(text));
}

fn challenge(row: &mut Event, attributes: &[u8]) {
    keep(row, log::FRAMED_ADDR, attributes, FRAMED_IP_ADDRESS, |bytes| Addr::from_slice(bytes).filter(Addr::is_v4).into());
    keep(row, log::REPLY_MSG, attributes, REPLY_MESSAGE, |text| Value::from(text));
}

/// A hardware address of six or eight bytes in one form, however it was written; empty for anything else.
fn normal_mac(text: &[u8]) -> String {
    let digits: Vec<u8> = text.iter().filter(|byte| byte.is_ascii_hexdigit()).map(u8::to_ascii_lowercase).take(17).collect();
    if !matches!(digits.len(), 12 | 16) {
        return String::new();
    }
    let pairs: Vec<_> = digits.chunks(2).map(String::from_utf8_lossy).collect();
    pairs.join(":")
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::{FlowInfo, Recorded, Transport};
    use model::{Interval, Uid};
    use proptest::prelude::*;

    fn message(code: u8, attributes: &[(u8, &[u8])]) -> Vec<u8> {
        let mut bytes = [&[code, 7, 0, 0][..], &[0; 16]].concat();
        for (kind, value) in attributes {
            bytes.extend([*kind, value.len() as u8 + 2]);
            bytes.extend_from_slice(value);
        }
        bytes
    }

    fn run(messages: &[Vec<u8>]) -> (Recorded, Vec<String>) {
        let mut out = Recorded::new(FlowInfo {
            uid: Uid::connection(&[b"radius"]),
            orig: (Addr::v4([10, 0, 0, 1]), 4000),
            resp: (Addr::v4([10, 0, 0, 2]), 1812),
            transport: Transport::Udp,
            start: Timestamp::default(),
            midstream: false,
            note: Box::default(),
        });
        let mut analyzer = Radius::default();
        let mut violations = Vec::new();
        for (at, datagram) in messages.iter().enumerate() {
            let result = analyzer.feed(Timestamp::from_secs(at as i64), Side::Orig, Chunk::Data(datagram), &mut out);
            violations.extend(result.err().map(|violation| violation.reason.into_owned()));
        }
        analyzer.close(Timestamp::from_secs(99), &mut out);
        (out, violations)
    }

    #[test]
    fn an_attempt_is_one_row() {
        let (out, violations) = run(&[
            message(ACCESS_REQUEST, &[(USER_NAME, b"bob"), (CALLING_STATION_ID, b"00-14-22-E9-54-5E")]),
            message(ACCESS_CHALLENGE, &[(FRAMED_IP_ADDRESS, &[10, 0, 0, 9]), (REPLY_MESSAGE, b"hi")]),
            message(ACCESS_ACCEPT, &[]),
        ]);
        assert!(violations.is_empty());
        assert_eq!(out.services, ["radius"]);
        let [row] = &out.events[..] else { panic!("{:?}", out.events) };
        assert_eq!(row.get(log::USERNAME).as_bytes(), Some(&b"bob"[..]));
        assert_eq!(row.get(log::MAC).as_bytes(), Some(&b"00:14:22:e9:54:5e"[..]));
        assert_eq!(row.get(log::FRAMED_ADDR).as_addr(), Some(Addr::v4([10, 0, 0, 9])));
        assert_eq!(row.get(log::RESULT), &Value::from("success"));
        assert_eq!(row.get(log::TTL), &Value::Interval(Interval::from_secs(2)));
    }

    #[test]
    fn attempts_without_a_result_are_written_at_the_end() {
        let (out, _) = run(&[message(ACCESS_REQUEST, &[(CALLING_STATION_ID, b"phone")])]);
        assert_eq!(out.events[0].get(log::RESULT), &Value::from("unknown"));
        assert_eq!(out.events[0].get(log::MAC).as_bytes(), Some(&b""[..]));
    }

    #[test]
    fn malformed_messages_are_violations() {
        let check = |extra: &[u8], reason: &str| {
            let (out, violations) = run(&[[message(ACCESS_REQUEST, &[]), extra.to_vec()].concat()]);
            assert_eq!(violations, [format!("Binpac exception: binpac exception: out_of_bound: {reason}")]);
            assert!(out.events.is_empty() && out.services.is_empty());
        };
        check(&[1, 9, 0], "RADIUS_Attribute:value: 9 > 3");
        check(&[1, 0, 0], "RADIUS_Attribute:value: 0 > 3");
        check(&[1], "RADIUS_Attribute:length: 2 > 1");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_bytes_are_survived(code in 0u8..13, extra in prop::collection::vec(any::<u8>(), 0..80)) {
            run(&[extra.clone(), [message(code, &[]), extra].concat()]);
        }
    }
}
