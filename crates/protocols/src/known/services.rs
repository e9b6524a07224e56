//! Services that inside hosts offer.
//!
//! A flow is judged at each confirmation of a service, and when it leaves the flow table if no confirmation has settled
//! it. A flow without any service waits five minutes, so that another flow may name the service first.

use super::{REMEMBERED, REMEMBERED_MAX, log};
use contract::Correlator;
use model::{
    Addr, Event, Interval, Kind, Timestamp, Uid, Value,
    kinds::{confirmed, removed},
};
use std::collections::{BTreeMap, HashMap};

/// How long a flow without a service waits before it is told.
const NAMELESS_WAIT: Interval = Interval::from_secs(5 * 60);

/// How many nameless services wait at most; more are told at once.
const WAITING_MAX: usize = 100_000;

/// Services that Zeek's scripts name themselves, in small letters, unlike the names of analyzers.
const SCRIPT_NAMES: &[&str] = &["ftp-data", "gridftp", "gridftp-data", "irc-dcc-data"];

/// The correlator of `known_services.log`.
#[derive(Debug, Default)]
pub struct KnownServices {
    /// What is known of each address and port (`tcp` or not), since when. The empty name stands for "no service seen".
    told: HashMap<Place, Told>,
    /// Flows with a confirmed service, until they are removed.
    flows: HashMap<Uid, Seen>,
    /// Nameless services by the time when they are due.
    waiting: BTreeMap<(Timestamp, u64), Found>,
    /// Numbers the waiting ones, so that two with the same time are two.
    count: u64,
}

type Place = (Addr, u16, &'static str);

/// What was seen of a flow.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    /// How many services were confirmed.
    services: usize,
    /// Whether one of them was told, so that the flow's end matters no more.
    settled: bool,
}

#[derive(Debug)]
struct Told {
    since: Timestamp,
    names: Vec<&'static str>,
}

#[derive(Debug)]
struct Found {
    at: Timestamp,
    place: Place,
    names: Vec<&'static str>,
}

impl Correlator for KnownServices {
    fn kinds(&self) -> &'static [&'static Kind] {
        &[&log::SERVICES]
    }

    fn on_event(&mut self, event: &mut Event, out: &mut Vec<Event>) -> bool {
        let last = event.kind() == &removed::KIND;
        if !last && event.kind() != &confirmed::KIND {
            return true;
        }
        self.release(event.ts(), false, out);
        self.judge(event, last, out);
        false
    }

    fn on_tick(&mut self, now: Timestamp, last: bool, out: &mut Vec<Event>) {
        self.release(now, last, out);
    }

    fn held_bytes(&self) -> usize {
        self.told.capacity() * (size_of::<(Place, Told)>() + 1)
            + self.told.values().map(|told| told.names.capacity() * size_of::<&str>()).sum::<usize>()
            + self.flows.capacity() * (size_of::<(Uid, Seen)>() + 1)
            + self.waiting.len() * size_of::<((Timestamp, u64), Found)>()
    }
}

impl KnownServices {
    /// Looks at a flow as it stands.
    fn judge(&mut self, event: &Event, last: bool, out: &mut Vec<Event>) {
        let cells = event.cells();
        let (Some(Value::Uid(uid)), Some(Value::Addr(host)), Some(Value::Port(port))) = (cells.get(1), cells.get(4), cells.get(5)) else {
            return;
        };
        let proto = match event.get(confirmed::PROTO).as_bytes() {
            Some(b"tcp") => "tcp",
            Some(b"udp") => "udp",
            _ => return,
        };
        let names = service_names(event.get(confirmed::SERVICES));
        let place = (*host, *port, proto);
        if last {
            let seen = self.flows.remove(uid).unwrap_or_default();
            // Of a settled flow only a service that was held back to the end (a logon that might have been none) is new.
            let late = names.get(seen.services..).unwrap_or_default().iter().filter(|name| !SCRIPT_NAMES.contains(name)).copied();
            let names = if seen.settled { late.collect() } else { names };
            if !(seen.settled && names.is_empty()) && is_service(event, &names) {
                self.found(event, place, &names, out);
            }
            return;
        }
        let mut seen = self.flows.get(uid).copied().unwrap_or_default();
        // Several confirmations may have come with one packet; each is looked at as if it had come alone. Names that
        // scripts add come without a confirmation.
        for count in seen.services.min(names.len())..names.len() {
            let so_far = &names[..=count];
            if !SCRIPT_NAMES.contains(&names[count]) && is_service(event, so_far) {
                seen.settled = true;
                self.found(event, place, so_far, out);
            }
        }
        self.flows.insert(*uid, Seen { services: names.len(), ..seen });
    }

    /// A service was found: it is told at once if it has a name.
    fn found(&mut self, event: &Event, place: Place, names: &[&'static str], out: &mut Vec<Event>) {
        let at = event.ts();
        if !names.is_empty() {
            return self.commit(Found { at, place, names: names.to_vec() }, at, out);
        }
        // Zeek schedules nothing more once it is terminating.
        if event.kind() == &removed::KIND && event.get(removed::AT_END) == &Value::Bool(true) {
            return;
        }
        let found = Found { at, place, names: vec![""] };
        if self.waiting.len() >= WAITING_MAX {
            return self.commit(found, at, out);
        }
        self.count += 1;
        self.waiting.insert((at + NAMELESS_WAIT, self.count), found);
    }

    /// Tells what has waited long enough, or everything at the end.
    fn release(&mut self, now: Timestamp, last: bool, out: &mut Vec<Event>) {
        while let Some(entry) = self.waiting.first_entry() {
            if entry.key().0 > now && !last {
                break;
            }
            let found = entry.remove();
            self.commit(found, now, out);
        }
    }

    /// Tells the names that are new for their place.
    fn commit(&mut self, found: Found, now: Timestamp, out: &mut Vec<Event>) {
        if self.told.len() >= REMEMBERED_MAX {
            self.told.retain(|_, told| now.since(told.since) < REMEMBERED);
            if self.told.len() >= REMEMBERED_MAX {
                self.told.clear();
            }
        }
        let told = self.told.entry(found.place).or_insert_with(|| Told { since: now, names: Vec::new() });
        if now.since(told.since) >= REMEMBERED {
            *told = Told { since: now, names: Vec::new() };
        }
        let new: Vec<&'static str> = found.names.into_iter().filter(|name| !told.names.contains(name)).collect();
        if new.is_empty() {
            return;
        }
        told.names.extend_from_slice(&new);
        let service = Value::list(new.into_iter().filter(|name| !name.is_empty()));
        let (host, port, proto) = found.place;
        let row = Event::new(&log::SERVICES, found.at).with(log::SERVICE_HOST, host).with(log::PORT_NUM, Value::Port(port));
        out.push(row.with(log::PORT_PROTO, proto).with(log::SERVICE, service));
    }
}

/// Whether a flow inside the network, with these services, counts as a service.
fn is_service(event: &Event, names: &[&'static str]) -> bool {
    let inside = event.cells().get(4).and_then(Value::as_addr).is_some_and(|host| host.is_private());
    let silent = names == ["DNS"] && event.get(confirmed::RESP_BYTES).as_count() == Some(0);
    inside && event.get(confirmed::ACTIVE) == &Value::Bool(true) && names != ["ftp-data"] && !silent
}

/// The services of a row, by Zeek's analyzer names.
fn service_names(services: &Value) -> Vec<&'static str> {
    let Value::List(items) = services else { return Vec::new() };
    items.iter().filter_map(|item| if let Value::Static(name) = item { Some(analyzer_name(name)) } else { None }).collect()
}

/// Zeek's name of the analyzer behind a name of `conn.log`'s `service` column.
fn analyzer_name(service: &'static str) -> &'static str {
    if SCRIPT_NAMES.contains(&service) {
        return service;
    }
    ANALYZERS.iter().copied().find(|name| name.eq_ignore_ascii_case(service)).unwrap_or(service)
}

/// Zeek's analyzers in its own spelling; a service that is not here keeps the name that `conn.log` gives it.
const ANALYZERS: &[&str] = &[
    "AYIYA",
    "BITTORRENT",
    "BITTORRENTTRACKER",
    "DCE_RPC",
    "DHCP",
    "DNP3_TCP",
    "DNP3_UDP",
    "DNS",
    "DTLS",
    "FINGER",
    "FTP",
    "FTP_DATA",
    "GENEVE",
    "GNUTELLA",
    "GSSAPI",
    "GTPV1",
    "HTTP",
    "IDENT",
    "IMAP",
    "IRC",
    "KRB",
    "KRB_TCP",
    "LDAP_TCP",
    "LDAP_UDP",
    "MODBUS",
    "MOUNT",
    "MQTT",
    "MYSQL",
    "NETBIOSSSN",
    "NFS",
    "NTLM",
    "NTP",
    "OPENVPN_TCP",
    "OPENVPN_UDP",
    "POP3",
    "PORTMAPPER",
    "POSTGRESQL",
    "QUIC",
    "RADIUS",
    "RDP",
    "RDPEUDP",
    "REDIS",
    "RFB",
    "RLOGIN",
    "RSH",
    "SIP",
    "SMB",
    "SMTP",
    "SNMP",
    "SOCKS",
    "SSH",
    "SSL",
    "STUN",
    "SYSLOG",
    "TELNET",
    "TEREDO",
    "TFTP",
    "VXLAN",
    "WEBSOCKET",
    "WIREGUARD",
    "XMPP",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(kind: &'static Kind, secs: i64, flow: u8, services: &[&'static str], resp_bytes: u64) -> Event {
        let row = Event::of_flow(
            kind,
            Timestamp::from_secs(secs),
            Uid::connection(&[&[flow]]),
            (Addr::v4([10, 0, 0, 1]), 1025),
            (Addr::v4([10, 0, 0, 2]), 80),
        );
        let row = row.with(confirmed::PROTO, "tcp").with(confirmed::SERVICES, Value::list(services.iter().copied()));
        row.with(confirmed::ACTIVE, true).with(confirmed::RESP_BYTES, resp_bytes)
    }

    fn told(facts: Vec<Event>) -> Vec<(i64, Vec<&'static str>)> {
        let (mut known, mut out) = (KnownServices::default(), Vec::new());
        for mut fact in facts {
            assert!(!known.on_event(&mut fact, &mut out));
        }
        known.on_tick(Timestamp::from_secs(0), true, &mut out);
        out.iter().map(|row| (row.ts().nanos() / 1_000_000_000, service_names(row.get(log::SERVICE)))).collect()
    }

    #[test]
    fn a_named_service_is_told_once_and_a_further_name_alone() {
        let facts = vec![
            fact(&confirmed::KIND, 1, 1, &["smb"], 10),
            fact(&confirmed::KIND, 2, 1, &["smb", "ntlm"], 10),
            fact(&removed::KIND, 3, 1, &["smb", "ntlm"], 10),
            fact(&confirmed::KIND, 4, 2, &["smb"], 10),
        ];
        assert_eq!(told(facts), [(1, vec!["SMB"]), (2, vec!["NTLM"])]);
    }

    #[test]
    fn a_nameless_service_waits_but_keeps_its_time() {
        let facts =
            vec![fact(&removed::KIND, 1, 1, &[], 0), fact(&confirmed::KIND, 100, 2, &["http"], 10), fact(&removed::KIND, 500, 3, &[], 0)];
        assert_eq!(told(facts), [(100, vec!["HTTP"]), (1, vec![])]);
        assert_eq!(told(vec![fact(&removed::KIND, 1, 1, &[], 0).with(removed::AT_END, true)]), []);
    }

    #[test]
    fn what_is_known_is_forgotten_while_a_nameless_service_waits() {
        let day = 24 * 60 * 60;
        let facts =
            vec![fact(&removed::KIND, 0, 1, &[], 0), fact(&removed::KIND, 400, 2, &[], 0), fact(&removed::KIND, 3 * day, 3, &[], 0)];
        assert_eq!(told(facts), [(0, vec![]), (400, vec![])]);
    }

    #[test]
    fn confirmations_of_one_packet_are_told_one_by_one() {
        assert_eq!(told(vec![fact(&confirmed::KIND, 1, 1, &["ntlm", "dce_rpc"], 1)]), [(1, vec!["NTLM"]), (1, vec!["DCE_RPC"])]);
        let late = vec![fact(&confirmed::KIND, 1, 1, &["dce_rpc"], 1), fact(&removed::KIND, 2, 1, &["dce_rpc", "gssapi"], 1)];
        assert_eq!(told(late), [(1, vec!["DCE_RPC"]), (2, vec!["GSSAPI"])]);
        assert_eq!(
            told(vec![fact(&confirmed::KIND, 1, 1, &["ftp"], 1), fact(&confirmed::KIND, 2, 1, &["ftp", "gridftp"], 1)]),
            [(1, vec!["FTP"])]
        );
    }

    #[test]
    fn data_connections_silent_name_servers_and_outsiders_are_no_services() {
        let mut outside = fact(&removed::KIND, 1, 4, &["http"], 1);
        outside = Event::of_flow(
            outside.kind(),
            outside.ts(),
            Uid::connection(&[b"o"]),
            (Addr::v4([10, 0, 0, 1]), 1),
            (Addr::v4([8, 8, 8, 8]), 80),
        );
        let inactive = fact(&confirmed::KIND, 1, 5, &["http"], 0).with(confirmed::ACTIVE, false);
        let facts = vec![fact(&removed::KIND, 1, 1, &["ftp-data"], 9), fact(&confirmed::KIND, 1, 2, &["dns"], 0), outside, inactive];
        assert_eq!(told(facts), []);
    }
}
