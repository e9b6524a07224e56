//! Sessions: built in one message, torn down in another, which alone says how long and how much. A session whose beginning was
//! not logged is known by its end alone.

use super::address::End;
use crate::rows::{self, Flow};
use model::kinds::conn;
use model::{Event, Interval, Timestamp};
use std::collections::HashMap;

/// Sessions that are open at one time: a large firewall's, at 100 bytes each 30 MB.
const OPEN_MAX: usize = 300_000;
/// What the table may hold, in bytes: its entries and as much again for the map.
pub(super) const HELD_BYTES_MAX: usize = OPEN_MAX * 2 * size_of::<(u64, Begun)>();

/// A session that was built: whether it was opened from outside, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Begun {
    at: Timestamp,
    inbound: bool,
    proto: &'static str,
    /// Who opened it, and to whom.
    ends: Option<(rows::End, rows::End)>,
}

/// A session's beginning, as its message has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Built<'a> {
    pub(super) inbound: bool,
    pub(super) proto: &'static str,
    /// The outer end and the inner one.
    pub(super) ends: Option<(End<'a>, End<'a>)>,
    /// Type and code of an ICMP message.
    pub(super) echo: Option<(u16, u16)>,
}

/// The open sessions of one device, by the device's number.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    open: HashMap<u64, Begun>,
    dropped: u64,
}

/// A session's end, as its message has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended<'a> {
    pub(super) number: u64,
    pub(super) proto: &'static str,
    /// The outer end, which the message names first.
    pub(super) foreign: End<'a>,
    pub(super) local: End<'a>,
    pub(super) duration: Interval,
    pub(super) bytes: Option<u64>,
    pub(super) reason: &'a [u8],
    /// Type and code of the ICMP message that opened it, which a row has where others have ports.
    pub(super) echo: Option<(u16, u16)>,
}

impl Sessions {
    /// A session was built.
    pub(super) fn built(&mut self, number: u64, at: Timestamp, built: &Built<'_>) {
        if self.open.len() >= OPEN_MAX && !self.open.contains_key(&number) {
            self.dropped += 1;
            return;
        }
        let ends = built.ends.map(|(foreign, local)| {
            let (mut orig, mut resp) = if built.inbound { (foreign, local) } else { (local, foreign) };
            if let Some((kind, code)) = built.echo {
                (orig.port, resp.port) = (kind, code);
            }
            ((orig.addr, orig.port), (resp.addr, resp.port))
        });
        self.open.insert(number, Begun { at, inbound: built.inbound, proto: built.proto, ends });
    }

    /// A session ended: its flow.
    pub(super) fn ended(&mut self, at: Timestamp, ended: &Ended<'_>) -> Event {
        let begun = self.open.remove(&ended.number);
        let inbound = begun.map_or_else(|| looks_inbound(ended), |begun| begun.inbound);
        let (mut orig, mut resp) = if inbound { (ended.foreign, ended.local) } else { (ended.local, ended.foreign) };
        if let Some((kind, code)) = ended.echo {
            (orig.port, resp.port) = (kind, code);
        }
        let began = begun.map_or_else(|| at + Interval::from_nanos(-ended.duration.nanos()), |begun| begun.at);
        let number = ended.number.to_be_bytes();
        let flow = Flow { at: began, proto: ended.proto, orig: (orig.addr, orig.port), resp: (resp.addr, resp.port), number: &number };
        flow.ended(state(ended, inbound), ended.duration, ended.bytes)
    }

    /// Nothing more comes: sessions that are still open are told as far as they are known.
    pub(super) fn conclude(&mut self, out: &mut dyn FnMut(Event)) {
        let mut left: Vec<(u64, Begun)> = self.open.drain().collect();
        left.sort_by_key(|(number, begun)| (begun.at, *number));
        for (number, begun) in left {
            if let Some((orig, resp)) = begun.ends {
                let number = number.to_be_bytes();
                let flow = Flow { at: begun.at, proto: begun.proto, orig, resp, number: &number };
                out(flow.passed().with(conn::CONN_STATE, "OTH"));
            }
        }
    }

    /// When the oldest session was built that is still open.
    pub(super) fn since(&self) -> Option<Timestamp> {
        self.open.values().map(|begun| begun.at).min()
    }

    pub(super) fn held_bytes(&self) -> usize {
        self.open.capacity() * size_of::<(u64, Begun)>()
    }

    pub(super) const fn dropped(&self) -> u64 {
        self.dropped
    }
}

/// Who opened a session whose beginning is not known: the side whose port is no server's.
fn looks_inbound(ended: &Ended<'_>) -> bool {
    ended.local.port < 1024 && ended.foreign.port >= 1024
}

/// The payload of both directions, in bytes, in which no question and answer fit: a datagram that nobody answered. (DNS needs
/// some 70 for the shortest, NTP 96.)
const ONE_WAY_BYTES_MAX: u64 = 64;

/// How a session ended, in Zeek's words. A firewall does not say whether a datagram was answered, but how much went both ways.
fn state(ended: &Ended<'_>, inbound: bool) -> &'static str {
    if ended.proto != "tcp" {
        let one_way = ended.proto == "udp" && ended.bytes.is_some_and(|bytes| bytes <= ONE_WAY_BYTES_MAX);
        return if one_way { "S0" } else { "SF" };
    }
    let reason = ended.reason.to_ascii_lowercase();
    let says = |word: &[u8]| reason.windows(word.len()).any(|part| part == word);
    // Reset-O is the outer end's, Reset-I the inner one's.
    let by_outside = says(b"reset-o") || says(b"reset by outside");
    let by_inside = says(b"reset-i") || says(b"reset by inside");
    match () {
        () if says(b"syn timeout") => "S0",
        () if says(b"fin") => "SF",
        () if by_outside || by_inside => match (by_outside == inbound, ended.bytes) {
            (true, _) => "RSTO",
            // Nothing was said before the responder's reset: it is its answer to the SYN.
            (false, Some(0)) => "REJ",
            (false, _) => "RSTR",
        },
        () if says(b"reset") => "RSTO",
        () if says(b"timeout") => "S1",
        () => "SF",
    }
}
