//! One flow of SNMP: all its messages together are one row.

use super::codec::{Message, Pdu, Request};
use super::log;
use contract::{Analyzer, Chunk, Emit, Next, Side, Violation};
use model::{Event, Interval, Timestamp, Value};

/// `sysDescr.0`, 1.3.6.1.2.1.1.1.0.
const DESCRIPTION: &[u8] = &[0x2b, 6, 1, 2, 1, 1, 1, 0];
/// `sysUpTime.0`, 1.3.6.1.2.1.1.3.0, in hundredths of a second.
const UP_TIME: &[u8] = &[0x2b, 6, 1, 2, 1, 1, 3, 0];

/// The state of one flow.
#[derive(Debug, Default)]
pub(super) struct Snmp {
    row: Option<Event>,
    /// Variables asked for, asked for in bulk, answered, and set.
    counts: [u64; 4],
}

impl Analyzer for Snmp {
    fn feed(&mut self, at: Timestamp, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        let Chunk::Data(datagram) = chunk else { return Ok(Next::Continue) };
        let message = Message::parse(datagram, &mut || {
            // Anybody can send a question; only an answer proves that somebody speaks the protocol.
            if side == Side::Resp {
                out.confirm("snmp");
            }
        })?;
        if let Some(pdu) = message.pdu {
            self.take(at, &message, pdu, out);
        }
        Ok(Next::Continue)
    }

    fn close(&mut self, _at: Timestamp, out: &mut dyn Emit) {
        let Some(mut row) = self.row.take() else { return };
        let columns = [log::GET_REQUESTS, log::GET_BULK_REQUESTS, log::GET_RESPONSES, log::SET_REQUESTS];
        for (column, count) in columns.into_iter().zip(self.counts) {
            row.set(column, count);
        }
        out.event(row);
    }

    fn held_bytes(&self) -> usize {
        self.row.as_ref().map_or(0, Event::held_bytes)
    }
}

impl Snmp {
    fn take(&mut self, at: Timestamp, message: &Message<'_>, pdu: Pdu<'_>, out: &mut dyn Emit) {
        let version = match message.version {
            0 => "1",
            1 => "2c",
            _ => "3",
        };
        let row = self.row.get_or_insert_with(|| out.flow().event(&log::KIND, at).with(log::VERSION, version));
        if row.get(log::COMMUNITY).is_unset() {
            row.set(log::COMMUNITY, message.community);
        }
        row.set(log::DURATION, at.since(row.ts()));
        let Pdu::Variables(request, bindings) = pdu else { return };
        let place = match request {
            Request::Get => 0,
            Request::GetBulk => 1,
            Request::Response => 2,
            Request::Set => 3,
            Request::Notice => return,
        };
        self.counts[place] += bindings.count;
        if request != Request::Response {
            return;
        }
        for (name, value) in bindings.iter() {
            if name == DESCRIPTION
                && let Some(text) = value.octets()
            {
                row.set(log::DISPLAY_STRING, text);
            } else if name == UP_TIME
                && let Some(hundredths) = value.unsigned()
            {
                let up = Interval::from_millis(i64::try_from(hundredths).unwrap_or(i64::MAX).saturating_mul(-10));
                row.set(log::UP_SINCE, Value::Time(at + up));
            }
        }
    }
}
