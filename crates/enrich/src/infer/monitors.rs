//! Monitors: hosts that ask many others of their own network, round after round, whether they live, and mostly get an answer.
//!
//! A worm asks new hosts and is mostly refused; one that guesses passwords comes back, but to ports where there are passwords to
//! guess. Those ports, and the worms' own, make no monitor.

use bounded::Table;
use contract::seen::{Conn, Proto};
use model::{Addr, Interval, Timestamp};

/// Hosts that may be monitors, at once: 1,024 of at most 3 kB are 3 MB.
const SOURCES_MAX: usize = 1_024;
/// Targets of one that are remembered: enough to see a habit in.
const TARGETS_EACH_MAX: usize = 48;
/// So many targets make a monitor,
const TARGETS_MIN: usize = 10;
/// asked so often each,
const ROUNDS_MIN: u32 = 6;
/// over so long,
const SPAN_MIN: Interval = Interval::from_secs(30 * 60);
/// where what follows sooner is the same round,
const ROUND: Interval = Interval::from_secs(20);
/// and at most one round in so many fails.
const ROUNDS_PER_FAILURE: u32 = 5;
/// Ports by which worms spread or passwords are guessed: nobody is excused by these.
const SUSPECT_PORTS: [u16; 26] = [
    21, 22, 23, 25, 135, 137, 138, 139, 143, 389, 445, 1433, 2323, 3127, 3306, 3389, 5060, 5432, 5554, 5555, 5900, 5985, 6379, 7547, 9996,
    27017,
];

/// Who asks whom.
#[derive(Debug)]
pub(crate) struct Monitors {
    sources: Table<Addr, Vec<Target>>,
}

impl Default for Monitors {
    fn default() -> Self {
        Self { sources: Table::new(SOURCES_MAX) }
    }
}

#[derive(Debug)]
struct Target {
    host: Addr,
    port: u16,
    proto: Proto,
    first: Timestamp,
    last: Timestamp,
    rounds: u32,
    failures: u32,
}

impl Target {
    fn is_habit(&self) -> bool {
        self.rounds >= ROUNDS_MIN
            && self.last.since(self.first) >= SPAN_MIN
            && self.failures.saturating_mul(ROUNDS_PER_FAILURE) <= self.rounds
    }
}

impl Monitors {
    /// A flow between two inside hosts has ended. Says so, in words, when it makes its originator a monitor.
    pub(crate) fn contact(&mut self, conn: &Conn<'_>, source: Addr, (host, port): (Addr, u16)) -> Option<String> {
        let proto = conn.proto();
        let (rounds, failed) = match proto {
            Proto::Tcp if !SUSPECT_PORTS.contains(&port) => (1, matches!(conn.state(), b"S0" | b"REJ" | b"RSTOS0" | b"OTH")),
            // One flow holds all that follow each other within a minute.
            Proto::Icmp => {
                let asked = conn.orig_pkts().unwrap_or(0);
                (u32::try_from(asked).unwrap_or(u32::MAX).max(1), conn.resp_pkts().unwrap_or(0) * 2 < asked)
            }
            _ => return None,
        };
        let (began, ended) = (conn.ts(), conn.ts() + conn.duration().unwrap_or(Interval::ZERO));
        let targets = self.sources.entry(source, Vec::new);
        let failures = if failed { rounds } else { 0 };
        let same = |target: &Target| target.host == host && target.port == port && target.proto == proto;
        let settled = match targets.iter().position(same) {
            Some(place) => {
                let target = &mut targets[place];
                let is_new_round = began.since(target.last) >= ROUND;
                target.last = target.last.max(ended);
                if is_new_round {
                    target.rounds = target.rounds.saturating_add(rounds);
                    target.failures = target.failures.saturating_add(failures);
                }
                is_new_round && target.is_habit()
            }
            None if targets.len() < TARGETS_EACH_MAX => {
                let target = Target { host, port, proto, first: began, last: ended, rounds, failures };
                let settled = target.is_habit();
                targets.push(target);
                settled
            }
            None => return None,
        };
        if !settled {
            return None;
        }
        let alike = targets.iter().filter(|target| target.proto == proto && target.port == port && target.is_habit());
        let (hosts, rounds) = alike.fold((0, u32::MAX), |(hosts, rounds), target| (hosts + 1, rounds.min(target.rounds)));
        let how = if proto == Proto::Icmp { "pinged".to_owned() } else { format!("connected on port {port} to") };
        (hosts >= TARGETS_MIN).then(|| format!("{how} the same {hosts} hosts at least {rounds} times each, and was answered"))
    }

    pub(crate) fn held_bytes(&self) -> usize {
        self.sources.len() * (48 + TARGETS_EACH_MAX * size_of::<Target>())
    }

    pub(crate) const fn dropped(&self) -> u64 {
        self.sources.dropped()
    }
}
