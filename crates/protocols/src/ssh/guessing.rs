//! Guessing of passwords: many connections of one host on which nobody got in.
//!
//! The thresholds are those of Zeek's policy `detect-bruteforcing`.

use contract::Correlator;
use model::kinds::notice;
use model::{Addr, Column, Event, FLOW_KEYS, Interval, Kind, Timestamp, Value};
use std::collections::HashMap;

/// A connection that is over and on which authentication failed; it is never logged. Its time is that of its end.
pub(super) const FAILED: Kind =
    Kind { name: "_ssh_failed", doc: "Raw material: a connection on which nobody got in.", keys: FLOW_KEYS, fields: &[] };
const ORIG_H: Column = FAILED.column("id.orig_h");
const RESP_H: Column = FAILED.column("id.resp_h");

/// So many failures are guessing (Zeek's `SSH::password_guesses_limit`).
const FAILURES: u32 = 30;

/// Within so long (Zeek's `SSH::guessing_timeout`).
const WITHIN: Interval = Interval::from_secs(30 * 60);

/// For how long the same notice is held back.
const SUPPRESSED_FOR: Interval = Interval::from_secs(3600);

/// Servers that the notice names.
const SAMPLES: usize = 5;

/// Hosts that are watched at once; beyond it the watch begins anew.
const HOSTS_MAX: usize = 50_000;

#[derive(Debug)]
struct Guesser {
    since: Timestamp,
    failures: u32,
    servers: Vec<Addr>,
    told: Option<Timestamp>,
}

/// Counts the failures of each host.
#[derive(Debug, Default)]
pub struct Guessing {
    hosts: HashMap<Addr, Guesser>,
}

impl Correlator for Guessing {
    fn kinds(&self) -> &'static [&'static Kind] {
        &[&notice::KIND]
    }

    fn on_event(&mut self, event: &mut Event, out: &mut Vec<Event>) -> bool {
        if event.kind().name != FAILED.name {
            return true;
        }
        let (Some(client), Some(server), at) = (event.get(ORIG_H).as_addr(), event.get(RESP_H).as_addr(), event.ts()) else { return false };
        if self.hosts.len() == HOSTS_MAX && !self.hosts.contains_key(&client) {
            self.hosts.clear();
        }
        let guesser = self.hosts.entry(client).or_insert(Guesser { since: at, failures: 0, servers: Vec::new(), told: None });
        if at.since(guesser.since) >= WITHIN {
            *guesser = Guesser { since: at, failures: 0, servers: Vec::new(), told: guesser.told };
        }
        guesser.failures += 1;
        if guesser.servers.len() < SAMPLES {
            guesser.servers.push(server);
        }
        if guesser.failures == FAILURES && guesser.told.is_none_or(|told| at.since(told) >= SUPPRESSED_FOR) {
            guesser.told = Some(at);
            out.push(notice(at, client, guesser));
        }
        false
    }

    fn on_tick(&mut self, now: Timestamp, _last: bool, _out: &mut Vec<Event>) {
        if self.hosts.len() > HOSTS_MAX / 2 {
            self.hosts.retain(|_, guesser| now.since(guesser.since) < SUPPRESSED_FOR);
        }
    }

    fn held_bytes(&self) -> usize {
        self.hosts.len() * (size_of::<Guesser>() + SAMPLES * size_of::<Addr>() + 16)
    }
}

fn notice(at: Timestamp, client: Addr, guesser: &Guesser) -> Event {
    let servers: Vec<String> = guesser.servers.iter().map(Addr::to_string).collect();
    Event::new(&notice::KIND, at)
        .with(notice::NOTE, "SSH::Password_Guessing")
        .with(notice::MSG, format!("{client} appears to be guessing SSH passwords (seen in {} connections).", guesser.failures))
        .with(notice::SUB, format!("Sampled servers:  {}", servers.join(", ")))
        .with(notice::SRC, client)
        .with(notice::ACTIONS, Value::list(["Notice::ACTION_LOG"]))
        .with(notice::EMAIL_DEST, Value::list::<&str>([]))
        .with(notice::SUPPRESS_FOR, SUPPRESSED_FOR)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Uid;

    /// How many notices so many failures make, so many seconds apart.
    fn notices(failures: i64, apart_secs: i64) -> usize {
        let (mut guessing, mut out) = (Guessing::default(), Vec::new());
        for turn in 0..failures {
            let at = Timestamp::from_secs(turn * apart_secs);
            let ends = ((Addr::v4([10, 0, 0, 1]), 1), (Addr::v4([10, 0, 0, 2]), 22));
            let mut event = Event::of_flow(&FAILED, at, Uid::connection(&[b"x"]), ends.0, ends.1);
            assert!(!guessing.on_event(&mut event, &mut out), "it is raw material");
        }
        out.len()
    }

    #[test]
    fn thirty_failures_in_half_an_hour() {
        assert_eq!(notices(29, 1), 0);
        assert_eq!(notices(30, 1), 1);
        assert_eq!(notices(300, 1), 1, "one an hour");
        assert_eq!(notices(60, 120), 0, "too slow");
    }
}
