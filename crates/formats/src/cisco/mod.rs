//! Cisco firewalls: PIX, FWSM, ASA, and FTD where it logs as ASA does.
//!
//! A message is `%ASA-6-302013: text` (device, severity, number), or with the three digits of S1's FWSM, `%FWSM-613: text`.
//! Sessions (built, torn down) become a flow when they end, refusals become a flow that was denied, logons rows of `logon`, and
//! everything else a row of `device`. Sources: S1 (its lines are tests), the syslog message guides of ASA and FWSM.

mod address;
mod message;
mod session;
mod told;

use crate::rows::Http;
use contract::{DecodeError, Decoder, Kinds, LogFormat, Record, Verdict};
use model::{Event, Kind, Timestamp};
use session::Sessions;

/// The row of the catalogue.
#[derive(Debug)]
pub struct Cisco;

impl LogFormat for Cisco {
    fn name(&self) -> &'static str {
        "cisco"
    }

    fn about(&self) -> &'static str {
        "Cisco PIX, FWSM, ASA and FTD firewalls"
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }

    fn sniff(&self, record: &Record<'_>) -> Verdict {
        if message::Head::of(record.text).is_some() { Verdict::Yes } else { Verdict::No }
    }

    fn held_bytes_max(&self) -> usize {
        session::HELD_BYTES_MAX
    }

    fn open(&self, kinds: &dyn Kinds) -> Box<dyn Decoder> {
        Box::new(Messages { sessions: Sessions::default(), http: Http::of(kinds) })
    }
}

/// The state of one device's log.
struct Messages {
    http: Option<Http>,
    sessions: Sessions,
}

impl Decoder for Messages {
    fn decode(&mut self, record: &Record<'_>, out: &mut dyn FnMut(Event)) -> Result<(), DecodeError> {
        let Some(head) = message::Head::of(record.text) else { return Err(DecodeError::new("no %ASA-, %PIX- or %FWSM- message", 0)) };
        // A device that is told to write no time is read by the time of what came before.
        let at = record.at.unwrap_or(record.latest);
        message::decode(&head, at, record, &mut self.sessions, self.http.as_ref(), out)
    }

    fn tick(&mut self, _now: Timestamp, last: bool, out: &mut dyn FnMut(Event)) {
        if last {
            self.sessions.conclude(out);
        }
    }

    fn since(&self) -> Option<Timestamp> {
        self.sessions.since()
    }

    fn held_bytes(&self) -> usize {
        self.sessions.held_bytes()
    }

    fn dropped(&self) -> u64 {
        self.sessions.dropped()
    }
}
