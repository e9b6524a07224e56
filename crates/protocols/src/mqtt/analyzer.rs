//! Control packets one after the other; what is asked waits for its answer.
//!
//! ```text
//! type (4) | flags (4), remaining length (1 to 4 bytes of 7 bits, lowest first), rest        MQTT 3.1.1 section 2.2
//! ```

use super::log;
use crate::ssl::Cursor;
use contract::{Analyzer, Chunk, Emit, Next, Side, Violation};
use model::{Event, Interval, Timestamp, Value};
use std::collections::BTreeMap;

/// How much of a packet is looked at; longer ones are messages with long content.
const LOOKED_AT_MAX: usize = 64 << 10;

/// How much of a message's content is logged (Zeek's `MQTT::max_payload_size`).
const PAYLOAD_BYTES_MAX: usize = 100;

/// Requests that wait for their answers; when there are more, the oldest number is written as it stands.
const WAITING_MAX: usize = 256;

/// Topics in one subscription that are listed.
const TOPICS_MAX: usize = 256;

/// After this long without an answer a message is written as it stands (Zeek's own limit).
const ANSWER_WITHIN: Interval = Interval::from_secs(5);

#[derive(Debug, Default)]
struct Half {
    pending: Vec<u8>,
    skip: usize,
}

/// A message whose delivery is not done.
#[derive(Debug)]
struct Message {
    row: Event,
    qos: u8,
    received: bool,
    released: bool,
}

/// Reads one connection.
#[derive(Debug, Default)]
pub(super) struct Mqtt {
    sides: [Half; 2],
    connect: Option<Event>,
    messages: BTreeMap<u16, Message>,
    subscriptions: BTreeMap<u16, Event>,
    finished: bool,
}

const BROKEN: Violation = Violation::new("Binpac exception: binpac exception: out_of_bound: MQTT_PDU");

fn named(table: &[&'static str], first: u8, number: u8) -> Value {
    let place = number.checked_sub(first).map(usize::from);
    place.and_then(|place| table.get(place)).map_or_else(|| Value::from(format!("unknown-{number}")), |&name| Value::Static(name))
}

fn version(number: u8) -> Value {
    named(&["3.1", "3.1.1", "5.0"], 3, number)
}

fn status(number: u8) -> Value {
    const WORDS: [&str; 6] = [
        "Connection Accepted",
        "Refused: unacceptable protocol version",
        "Refused: identifier rejected",
        "Refused: server unavailable",
        "Refused: bad user name or password",
        "Refused: not authorized",
    ];
    named(&WORDS, 0, number)
}

fn quality(level: u8) -> Value {
    named(&["at most once", "at least once", "exactly once"], 0, level)
}

impl Mqtt {
    fn packet(&mut self, at: Timestamp, side: Side, first: u8, body: &[u8], length: usize, out: &mut dyn Emit) -> Result<(), Violation> {
        let mut cursor = Cursor(body);
        let read = match first >> 4 {
            1 => self.connect(at, cursor, out),
            2 => self.connected(at, cursor, out),
            3 => self.publish(at, side, first, cursor, length, out),
            4..=7 => cursor.u16().map(|id| self.progress(first >> 4, id, out)),
            8 => self.subscribe(at, cursor, out),
            9 => cursor.u16().zip(cursor.u8()).map(|(id, granted)| self.subscribed(id, Some(granted), out)),
            10 => self.unsubscribe(at, cursor, out),
            11 => cursor.u16().map(|id| self.subscribed(id, None, out)),
            _ => Some(()),
        };
        read.ok_or(BROKEN)
    }

    fn connect(&mut self, at: Timestamp, mut cursor: Cursor<'_>, out: &mut dyn Emit) -> Option<()> {
        const WILL: u8 = 4;
        let name = cursor.string(2)?;
        let (number, flags, _) = (cursor.u8()?, cursor.u8()?, cursor.u16()?);
        let client = cursor.string(2)?;
        let row = self.connect.get_or_insert_with(|| out.flow().event(&log::CONNECT, at));
        row.set(log::PROTO_NAME, name);
        row.set(log::PROTO_VERSION, version(number));
        row.set(log::CLIENT_ID, client);
        if flags & WILL != 0 {
            row.set(log::WILL_TOPIC, cursor.string(2)?);
            row.set(log::WILL_PAYLOAD, cursor.string(2)?);
        }
        out.confirm("mqtt");
        Some(())
    }

    fn connected(&mut self, at: Timestamp, mut cursor: Cursor<'_>, out: &mut dyn Emit) -> Option<()> {
        let (_, code) = (cursor.u8()?, cursor.u8()?);
        let row = self.connect.get_or_insert_with(|| out.flow().event(&log::CONNECT, at));
        row.set(log::CONNECT_STATUS, status(code));
        out.event(row.clone());
        Some(())
    }

    fn publish(&mut self, at: Timestamp, side: Side, first: u8, mut cursor: Cursor<'_>, length: usize, out: &mut dyn Emit) -> Option<()> {
        let qos = first >> 1 & 3;
        let topic = cursor.string(2)?;
        let id = if qos > 0 { cursor.u16()? } else { 0 };
        let payload = cursor.0;
        let headers = 2 + topic.len() + if qos > 0 { 2 } else { 0 };
        out.inspect("mqtt.topic", topic);
        out.inspect("mqtt.payload", payload);
        let row = out
            .flow()
            .event(&log::PUBLISH, at)
            .with(log::FROM_CLIENT, side.is_orig())
            .with(log::RETAIN, first & 1 != 0)
            .with(log::QOS, quality(qos))
            .with(log::STATUS, if qos == 0 { "ok" } else { "incomplete_qos" })
            .with(log::TOPIC, topic)
            .with(log::PAYLOAD, &payload[..payload.len().min(PAYLOAD_BYTES_MAX)])
            .with(log::PAYLOAD_LEN, length - headers);
        if qos == 0 {
            out.event(row);
            return Some(());
        }
        if self.messages.len() == WAITING_MAX
            && let Some((_, oldest)) = self.messages.pop_first()
        {
            out.event(oldest.row);
        }
        self.messages.insert(id, Message { row, qos, received: false, released: false });
        Some(())
    }

    /// PUBACK, PUBREC, PUBREL or PUBCOMP.
    fn progress(&mut self, kind: u8, id: u16, out: &mut dyn Emit) {
        let Some(message) = self.messages.get_mut(&id) else { return };
        let done = match kind {
            4 => message.qos == 1,
            5 => {
                message.received = true;
                false
            }
            6 => {
                message.released = true;
                false
            }
            _ => message.qos == 2 && message.received && message.released,
        };
        if done && let Some(message) = self.messages.remove(&id) {
            out.event(message.row.with(log::STATUS, "ok"));
        }
    }

    fn subscribe(&mut self, at: Timestamp, mut cursor: Cursor<'_>, out: &mut dyn Emit) -> Option<()> {
        let id = cursor.u16()?;
        let (mut topics, mut levels) = (Vec::new(), Vec::new());
        while !cursor.0.is_empty() && topics.len() < TOPICS_MAX {
            topics.push(cursor.string(2)?);
            levels.push(cursor.u8()?);
        }
        let row = out.flow().event(&log::SUBSCRIBE, at).with(log::ACTION, "MQTT::SUBSCRIBE");
        self.wait(id, row.with(log::TOPICS, Value::list(topics)).with(log::QOS_LEVELS, Value::list(levels)), out);
        Some(())
    }

    fn unsubscribe(&mut self, at: Timestamp, mut cursor: Cursor<'_>, out: &mut dyn Emit) -> Option<()> {
        let id = cursor.u16()?;
        let mut topics = Vec::new();
        while !cursor.0.is_empty() && topics.len() < TOPICS_MAX {
            topics.push(cursor.string(2)?);
        }
        let row = out.flow().event(&log::SUBSCRIBE, at).with(log::ACTION, "MQTT::UNSUBSCRIBE");
        self.wait(id, row.with(log::TOPICS, Value::list(topics)), out);
        Some(())
    }

    fn wait(&mut self, id: u16, row: Event, out: &mut dyn Emit) {
        if self.subscriptions.len() == WAITING_MAX
            && let Some((_, oldest)) = self.subscriptions.pop_first()
        {
            out.event(oldest);
        }
        self.subscriptions.insert(id, row.with(log::ACK, false));
    }

    fn subscribed(&mut self, id: u16, granted: Option<u8>, out: &mut dyn Emit) {
        if let Some(row) = self.subscriptions.remove(&id) {
            out.event(row.with(log::GRANTED_QOS_LEVEL, granted).with(log::ACK, true));
        }
    }

    /// Reads whole packets; gives how many bytes of `bytes` are done with.
    fn packets(&mut self, at: Timestamp, side: Side, bytes: &[u8], out: &mut dyn Emit) -> Result<usize, Violation> {
        let mut done = 0;
        loop {
            let half = &mut self.sides[side.index()];
            let skipped = half.skip.min(bytes.len() - done);
            half.skip -= skipped;
            done += skipped;
            let rest = &bytes[done..];
            let Some((&first, digits)) = rest.split_first() else { return Ok(done) };
            let Some(last) = digits.iter().take(4).position(|digit| digit & 0x80 == 0) else {
                return if digits.len() >= 4 { Err(BROKEN) } else { Ok(done) };
            };
            let length = digits[..=last].iter().rev().fold(0, |sum, digit| sum << 7 | usize::from(digit & 0x7f));
            let Some(body) = digits[last + 1..].get(..length.min(LOOKED_AT_MAX)) else { return Ok(done) };
            half.skip = length - body.len();
            done += 2 + last + body.len();
            self.packet(at, side, first, body, length, out)?;
        }
    }
}

impl Analyzer for Mqtt {
    fn feed(&mut self, at: Timestamp, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        if self.finished {
            return Ok(Next::Done);
        }
        let data = match chunk {
            Chunk::Data(data) => data,
            Chunk::Gap(_) => {
                self.finished = true;
                return Ok(Next::Done);
            }
            Chunk::End => return Ok(Next::Continue),
        };
        let mut held = std::mem::take(&mut self.sides[side.index()].pending);
        if held.is_empty() {
            let done = self.packets(at, side, data, out)?;
            held.extend_from_slice(&data[done..]);
        } else {
            held.extend_from_slice(data);
            let done = self.packets(at, side, &held, out)?;
            held.drain(..done);
        }
        self.sides[side.index()].pending = held;
        Ok(Next::Continue)
    }

    fn close(&mut self, at: Timestamp, out: &mut dyn Emit) {
        let late = |row: &Event| at.since(row.ts()) >= ANSWER_WITHIN;
        for message in std::mem::take(&mut self.messages).into_values().filter(|message| late(&message.row)) {
            out.event(message.row);
        }
        for row in std::mem::take(&mut self.subscriptions).into_values().filter(late) {
            out.event(row);
        }
    }

    fn held_bytes(&self) -> usize {
        let rows = self.messages.values().map(|message| message.row.held_bytes()).chain(self.subscriptions.values().map(Event::held_bytes));
        self.sides.iter().map(|half| half.pending.capacity()).chain(rows).sum()
    }
}
