//! What each host inside is known to run.

use super::version::{Version, parse};
use super::{log, seen};
use contract::Correlator;
use model::{Addr, Event, Interval, Kind, Timestamp, Value};
use std::collections::HashMap;

/// So many hosts are remembered; the next one is reported again and again rather than not at all.
const HOSTS_MAX: usize = 1 << 16;
/// So many programs are remembered of one host: a crawler that changes its name with each request has no end of them.
const PROGRAMS_MAX: usize = 256;
/// How often a full table is gone through for hosts that are forgotten, in the data's time: each look costs as much as the table is large.
const SWEEP: Interval = Interval::from_secs(60);
/// For how long a host's programs are remembered; Zeek's `Software::tracked` expires after a day.
const REMEMBERED: Interval = Interval::from_secs(24 * 3600);

#[derive(Debug)]
struct Host {
    since: Timestamp,
    programs: HashMap<Vec<u8>, Version>,
}

/// The correlator that writes `software.log`.
#[derive(Debug, Default)]
pub struct Inventory {
    hosts: HashMap<Addr, Host>,
    /// The latest banner, since the same one tends to follow.
    latest: Option<(Addr, Vec<u8>)>,
    /// When the table was gone through last.
    swept: Timestamp,
}

impl Inventory {
    /// Whether a program is news, or its version is.
    fn is_news(&mut self, at: Timestamp, host: Addr, name: &[u8], version: &Version) -> bool {
        if self.hosts.len() >= HOSTS_MAX && at.since(self.swept) >= SWEEP {
            self.swept = at;
            self.hosts.retain(|_, host| at.since(host.since) < REMEMBERED);
        }
        if self.hosts.len() >= HOSTS_MAX && !self.hosts.contains_key(&host) {
            return true;
        }
        let known = self.hosts.entry(host).or_insert_with(|| Host { since: at, programs: HashMap::new() });
        if at.since(known.since) >= REMEMBERED {
            *known = Host { since: at, programs: HashMap::new() };
        }
        match known.programs.get_mut(name) {
            Some(before) if before == version => false,
            Some(before) => {
                *before = version.clone();
                true
            }
            None => {
                if known.programs.len() < PROGRAMS_MAX {
                    known.programs.insert(name.to_vec(), version.clone());
                }
                true
            }
        }
    }

    fn look(&mut self, event: &Event, out: &mut Vec<Event>) {
        let (Some(host), Some(banner)) = (event.get(seen::HOST).as_addr(), event.get(seen::BANNER).as_bytes()) else {
            return;
        };
        let remembered = |host: &Host| event.ts().since(host.since) < REMEMBERED;
        let repeated = self.latest.as_ref().is_some_and(|(last, said)| *last == host && said == banner);
        if repeated && self.hosts.get(&host).is_some_and(remembered) {
            return;
        }
        self.latest = Some((host, banner.to_vec()));
        let program = parse(banner);
        if !self.is_news(event.ts(), host, &program.name, &program.version) {
            return;
        }
        let mut row = Event::new(&log::KIND, event.ts())
            .with(log::HOST, host)
            .with(log::SOFTWARE_TYPE, event.get(seen::KIND).clone())
            .with(log::HOST_P, event.get(seen::PORT).clone())
            .with(log::NAME, program.name)
            .with(log::ADDL, program.version.addl)
            .with(log::UNPARSED_VERSION, event.get(seen::BANNER).clone());
        for (column, number) in log::NUMBERS.into_iter().zip(program.version.numbers) {
            row.set(column, Value::from(number));
        }
        out.push(row);
    }
}

impl Correlator for Inventory {
    fn kinds(&self) -> &'static [&'static Kind] {
        &[&log::KIND]
    }

    fn on_event(&mut self, event: &mut Event, out: &mut Vec<Event>) -> bool {
        if *event.kind() != seen::SEEN {
            return true;
        }
        self.look(event, out);
        false
    }

    fn on_tick(&mut self, _now: Timestamp, _last: bool, _out: &mut Vec<Event>) {}

    fn held_bytes(&self) -> usize {
        const PER_PROGRAM: usize = 128;
        self.hosts.values().map(|host| size_of::<Host>() + host.programs.len() * PER_PROGRAM).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(at: i64, host: u8, banner: &str) -> Event {
        Event::new(&seen::SEEN, Timestamp::from_secs(at))
            .with(seen::HOST, Addr::v4([10, 0, 0, host]))
            .with(seen::KIND, "HTTP::BROWSER")
            .with(seen::BANNER, banner.as_bytes())
    }

    #[test]
    fn a_program_is_told_of_once_per_version_and_day() {
        let mut inventory = Inventory::default();
        let mut out = Vec::new();
        for (at, host, banner) in
            [(1, 1, "curl/7.1"), (2, 1, "curl/7.1"), (3, 2, "curl/7.1"), (4, 1, "curl/7.2"), (5, 1, "wget/1.0"), (90_000, 1, "wget/1.0")]
        {
            assert!(!inventory.on_event(&mut said(at, host, banner), &mut out), "raw material stays out of the logs");
        }
        let rows: Vec<_> = out.iter().map(|row| row.ts().nanos() / 1_000_000_000).collect();
        assert_eq!(rows, [1, 3, 4, 5, 90_000]);
    }
}
