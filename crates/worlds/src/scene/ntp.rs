//! A clock is set (RFC 5905, version 4, client and server).

use crate::cast::TIME;
use crate::stage::Stage;
use model::{Interval, Timestamp};
use testkit::network::Host;

/// Seconds from 1900 to 1970.
const EPOCH_SECS: u64 = 2_208_988_800;

pub(crate) fn ask(stage: &mut Stage, at: Timestamp, client: Host) {
    let way = Interval::from_nanos(stage.about_ms(9).nanos());
    let (received, answered) = (at + way, at + way + Interval::from_nanos(35_000));
    stage.network.udp(at, (client, 123), (TIME, 123), &question(at));
    stage.network.udp(answered + way, (TIME, 123), (client, 123), &reply(at, received, answered));
}

/// The message that asks.
pub(crate) fn question(at: Timestamp) -> Vec<u8> {
    message(0x23, 0, [0; 4], [0; 8], [0; 8], stamp(at))
}

/// The message that answers.
pub(crate) fn reply(asked: Timestamp, received: Timestamp, answered: Timestamp) -> Vec<u8> {
    message(0x24, 2, [192, 175, 48, 1], stamp(asked), stamp(received), stamp(answered))
}

fn message(first: u8, stratum: u8, reference: [u8; 4], origin: [u8; 8], receive: [u8; 8], transmit: [u8; 8]) -> Vec<u8> {
    let delays = if stratum == 0 { [0; 8] } else { [0, 0, 0x01, 0x40, 0, 0, 0x02, 0x10] };
    [&[first, stratum, 6, 0xe9][..], &delays, &reference, &receive, &origin, &receive, &transmit].concat()
}

fn stamp(at: Timestamp) -> [u8; 8] {
    let nanos = at.nanos().max(0) as u64;
    let fraction = ((u128::from(nanos % 1_000_000_000) << 32) / 1_000_000_000) as u64;
    ((nanos / 1_000_000_000 + EPOCH_SECS) << 32 | fraction).to_be_bytes()
}
