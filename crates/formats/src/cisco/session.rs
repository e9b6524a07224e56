//! Sessions: built in one message, torn down in another, which alone says how long and how much. A session whose beginning was
//! not logged is known by its end alone.

use super::address::End;
use crate::rows::Flow;
use model::{Event, Interval, Timestamp};
use std::collections::HashMap;

/// Sessions that are open at one time: a large firewall's, at 64 bytes each 20 MB.
const OPEN_MAX: usize = 300_000;
/// What the table may hold, in bytes: its entries and as much again for the map.
pub(super) const HELD_BYTES_MAX: usize = OPEN_MAX * 2 * size_of::<(u64, Begun)>();

/// A session that was built: whether it was opened from outside, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Begun {
    at: Timestamp,
    inbound: bool,
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
}

impl Sessions {
    /// A session was built.
    pub(super) fn built(&mut self, number: u64, at: Timestamp, inbound: bool) {
        if self.open.len() >= OPEN_MAX && !self.open.contains_key(&number) {
            self.dropped += 1;
            return;
        }
        self.open.insert(number, Begun { at, inbound });
    }

    /// A session ended: its flow.
    pub(super) fn ended(&mut self, at: Timestamp, ended: &Ended<'_>) -> Event {
        let begun = self.open.remove(&ended.number);
        let inbound = begun.map_or_else(|| looks_inbound(ended), |begun| begun.inbound);
        let (orig, resp) = if inbound { (ended.foreign, ended.local) } else { (ended.local, ended.foreign) };
        let began = begun.map_or_else(|| at + Interval::from_nanos(-ended.duration.nanos()), |begun| begun.at);
        let number = ended.number.to_be_bytes();
        let flow = Flow { at: began, proto: ended.proto, orig: (orig.addr, orig.port), resp: (resp.addr, resp.port), number: &number };
        flow.ended(state(ended), ended.duration, ended.bytes)
    }

    /// Nothing more comes: sessions that are still open are forgotten, since their ends were never said.
    pub(super) fn conclude(&mut self, _now: Timestamp, _out: &mut dyn FnMut(Event)) {
        self.open.clear();
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

/// How a session ended, in Zeek's words.
fn state(ended: &Ended<'_>) -> &'static str {
    if ended.proto != "tcp" {
        return "SF";
    }
    let reason = ended.reason.to_ascii_lowercase();
    let says = |word: &[u8]| reason.windows(word.len()).any(|part| part == word);
    match () {
        () if says(b"syn timeout") => "S0",
        () if says(b"fin") => "SF",
        // O is for outside, I for inside: which of them opened it, the caller knows by the roles.
        () if says(b"reset-o") || says(b"reset by outside") => "RSTR",
        () if says(b"reset-i") || says(b"reset by inside") => "RSTO",
        () if says(b"reset") => "RSTO",
        () if says(b"timeout") => "S1",
        () => "SF",
    }
}
