//! What a firewall counted of a flow, and what it did with it: shared by those that tell both directions.

use crate::rows::Flow;
use model::kinds::conn;
use model::{Event, Interval, Value};

/// What was done with a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// Let pass, and only begun.
    Begun,
    /// Let pass, and ended.
    Ended,
    /// Refused.
    Denied,
}

/// What was counted, where it is told.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counted {
    pub(crate) duration: Option<u64>,
    pub(crate) sent: Option<u64>,
    pub(crate) received: Option<u64>,
    pub(crate) sent_packets: Option<u64>,
    pub(crate) received_packets: Option<u64>,
}

/// The longest that a flow is believed to have lasted, in seconds: ten years.
const SECS_MAX: u64 = 10 * 366 * 86_400;

/// The row of a flow told at its end, whose time is that of its begin. `None` where it has only begun: its end is told later.
pub(crate) fn row(flow: &Flow<'_>, done: Done, counted: &Counted) -> Option<Event> {
    let secs = counted.duration.filter(|secs| *secs <= SECS_MAX);
    match done {
        Done::Begun => None,
        Done::Denied => Some(flow.denied()),
        Done::Ended => {
            let length = Interval::from_secs(secs.unwrap_or_default() as i64);
            let began = Flow { at: flow.at + Interval::from_nanos(-length.nanos()), ..*flow };
            // A TCP flow that nothing came back of was never answered.
            let unanswered = flow.proto == "tcp" && counted.received == Some(0) && counted.received_packets.unwrap_or_default() == 0;
            let state = if unanswered { "S0" } else { "SF" };
            let row = began.passed().with(conn::CONN_STATE, state).with(conn::ORIG_PKTS, counted.sent_packets);
            let duration = secs.map_or(Value::Unset, |_| Value::Interval(length));
            // Firewalls count whole packets, Zeek's columns of payload are nearest to what is asked of them.
            let row = row.with(conn::RESP_PKTS, counted.received_packets).with(conn::DURATION, duration);
            Some(row.with(conn::ORIG_BYTES, counted.sent).with(conn::RESP_BYTES, counted.received))
        }
    }
}

/// What the word of an action says; `None` where it says neither.
pub(crate) fn done(action: &[u8]) -> Option<Done> {
    const DENIED: &[&str] =
        &["deny", "denied", "drop", "dropped", "block", "blocked", "reject", "rejected", "prevent", "reset", "failure", "dropclient"];
    const PASSED: &[&str] =
        &["accept", "accepted", "allow", "allowed", "pass", "passed", "permit", "permitted", "close", "timeout", "detect"];
    let lower = action.to_ascii_lowercase();
    let begins = |words: &[&str]| words.iter().any(|word| lower.starts_with(word.as_bytes()));
    if begins(DENIED) {
        return Some(Done::Denied);
    }
    begins(PASSED).then_some(Done::Ended)
}
