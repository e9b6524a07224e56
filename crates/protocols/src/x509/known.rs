//! Which certificates were logged already: `x509.log` and `known_certs.log` show each once a day.

use super::log;
use contract::Correlator;
use model::{Addr, Event, Interval, Kind, Timestamp};
use std::collections::HashMap;
use std::hash::Hash;

/// After how long a certificate is logged again (Zeek's `X509::relog_known_certificates_after`).
const RELOG_AFTER: Interval = Interval::from_secs(86_400);

/// How many certificates are remembered; more are logged each time (Zeek's `known_log_certs_maximum_size`, a tenth of
/// it, to stay within a few megabytes).
const REMEMBERED_MAX: usize = 100_000;

/// Drops the rows of certificates that were logged within a day.
#[derive(Debug, Default)]
pub struct Known {
    logged: HashMap<(Box<[u8]>, bool, bool), Timestamp>,
    hosts: HashMap<(Addr, Box<[u8]>), Timestamp>,
}

impl Correlator for Known {
    fn kinds(&self) -> &'static [&'static Kind] {
        &[&log::KIND, &log::KNOWN]
    }

    fn on_event(&mut self, event: &mut Event, _out: &mut Vec<Event>) -> bool {
        let at = event.ts();
        let bytes = |event: &Event, column| event.get(column).as_bytes().unwrap_or_default().to_vec();
        if event.kind().name == log::KIND.name {
            let is = |column| *event.get(column) == model::Value::Bool(true);
            let key = (bytes(event, log::FINGERPRINT).into(), is(log::HOST_CERT), is(log::CLIENT_CERT));
            return first_today(&mut self.logged, key, at);
        }
        if event.kind().name == log::KNOWN.name {
            let Some(host) = event.get(log::KNOWN_HOST).as_addr() else { return true };
            return first_today(&mut self.hosts, (host, bytes(event, log::KNOWN_FINGERPRINT).into()), at);
        }
        true
    }

    fn on_tick(&mut self, now: Timestamp, _last: bool, _out: &mut Vec<Event>) {
        if self.logged.len() + self.hosts.len() > REMEMBERED_MAX / 2 {
            self.logged.retain(|_, &mut since| now.since(since) < RELOG_AFTER);
            self.hosts.retain(|_, &mut since| now.since(since) < RELOG_AFTER);
        }
    }

    fn held_bytes(&self) -> usize {
        self.logged.len() * 128 + self.hosts.len() * 192
    }
}

/// Whether this is the first of its kind within a day; remembers it.
fn first_today<K: Eq + Hash>(seen: &mut HashMap<K, Timestamp>, key: K, at: Timestamp) -> bool {
    match seen.get(&key) {
        Some(&since) if at.since(since) < RELOG_AFTER => false,
        _ => {
            if seen.len() < REMEMBERED_MAX {
                seen.insert(key, at);
            }
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(secs: i64, fingerprint: &str, client: bool) -> Event {
        Event::new(&log::KIND, Timestamp::from_secs(secs))
            .with(log::FINGERPRINT, fingerprint.to_owned())
            .with(log::HOST_CERT, true)
            .with(log::CLIENT_CERT, client)
    }

    #[test]
    fn each_certificate_once_a_day() {
        let mut known = Known::default();
        let mut logged = |secs, fingerprint, client| known.on_event(&mut row(secs, fingerprint, client), &mut Vec::new());
        assert!(logged(0, "a", false));
        assert!(!logged(86_399, "a", false));
        assert!(logged(5, "a", true), "the client's is another row");
        assert!(logged(5, "b", false));
        assert!(logged(86_400, "a", false));
    }
}
