//! One flow of NTP: each datagram is a row.

use super::codec::{Body, Control, Message, Private, Standard};
use super::log::{self, control, private};
use contract::{Analyzer, Chunk, Emit, Next, Side, Violation};
use model::{Addr, Event, Interval, Timestamp, Value};

/// The mode of a client's message.
const CLIENT: u8 = 3;
/// The mode of a server's message.
const SERVER: u8 = 4;

/// The state of one flow.
#[derive(Debug, Default)]
pub(super) struct Ntp {
    /// Whether messages of a side have turned the roles; each may do so once.
    turned: [bool; 2],
}

impl Analyzer for Ntp {
    fn feed(&mut self, at: Timestamp, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        let Chunk::Data(datagram) = chunk else { return Ok(Next::Continue) };
        let message = Message::parse(datagram)?;
        out.confirm("ntp");
        let wrong_way = (message.mode == SERVER && side.is_orig()) || (message.mode == CLIENT && !side.is_orig());
        if wrong_way && !self.turned[side.index()] {
            self.turned[side.index()] = true;
            out.flip();
        }
        let flow = out.flow();
        let row = match message.body {
            Body::Standard(body) => standard(&message, &body, flow.event(&log::KIND, at)),
            Body::Control(body) => controlling(&message, &body, flow.event(&control::KIND, at)),
            Body::Private(body) => private_message(&message, &body, flow.event(&private::KIND, at)),
            Body::Unknown => return Ok(Next::Continue),
        };
        out.event(row);
        Ok(Next::Continue)
    }

    fn close(&mut self, _at: Timestamp, _out: &mut dyn Emit) {}

    fn held_bytes(&self) -> usize {
        0
    }
}

/// Two to the power of so many, in seconds.
fn power_of_two(exponent: i8) -> Interval {
    Interval::from_secs_f64(f64::from(exponent).exp2())
}

fn standard(message: &Message<'_>, body: &Standard, row: Event) -> Event {
    let reference = match body.stratum {
        0 | 1 => Value::from(&body.reference_id[..]),
        _ => Value::from(Addr::v4(body.reference_id).to_string()),
    };
    let [reference_time, origin, receive, transmit] = body.times;
    row.with(log::VERSION, message.version)
        .with(log::MODE, message.mode)
        .with(log::STRATUM, body.stratum)
        .with(log::POLL, power_of_two(body.poll))
        .with(log::PRECISION, power_of_two(body.precision))
        .with(log::ROOT_DELAY, body.root_delay)
        .with(log::ROOT_DISP, body.root_dispersion)
        .with(log::REF_ID, reference)
        .with(log::REF_TIME, reference_time)
        .with(log::ORG_TIME, origin)
        .with(log::REC_TIME, receive)
        .with(log::XMT_TIME, transmit)
        .with(log::NUM_EXTS, body.extensions)
}

fn controlling(message: &Message<'_>, body: &Control<'_>, row: Event) -> Event {
    let bit = |mask: u8| body.second_byte & mask != 0;
    let (key, checksum) = body.mac.unzip();
    row.with(control::VERSION, message.version)
        .with(control::MODE, message.mode)
        .with(control::OP_CODE, body.second_byte & 0x1f)
        .with(control::SEQUENCE, body.sequence)
        .with(control::STATUS, body.status)
        .with(control::ASSOCIATION_ID, body.association_id)
        .with(control::RESP_BIT, bit(0x80))
        .with(control::ERR_BIT, bit(0x40))
        .with(control::MORE_BIT, bit(0x20))
        .with(control::DATA, said(body.data))
        .with(control::KEY_ID, key)
        .with(control::CRYPTO_CHECKSUM, checksum)
}

fn private_message(message: &Message<'_>, body: &Private<'_>, row: Event) -> Event {
    row.with(private::VERSION, message.version)
        .with(private::MODE, message.mode)
        .with(private::REQ_CODE, body.request_code)
        .with(private::SEQUENCE, body.second_byte & 0x7f)
        .with(private::IMPLEMENTATION, body.implementation)
        .with(private::AUTH_BIT, body.second_byte & 0x80 != 0)
        .with(private::ERR, body.error_code)
        .with(private::DATA, said(body.data))
}

fn said(data: &[u8]) -> Option<&[u8]> {
    (!data.is_empty()).then_some(data)
}
