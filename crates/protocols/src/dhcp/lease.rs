//! Joins the messages of one transaction, which come in several flows, into one row: Zeek's rules.
//!
//! A transaction is written once nothing was heard of it for five seconds, or after thirty. As Zeek's tables are looked
//! through every ten seconds only, that is when this happens here too ([`sweep`]); it decides which retransmissions share a
//! row.

use super::log::{self, message};
use contract::Correlator;
use model::kinds::sweep;
use model::{Addr, Column, Event, FLOW_KEYS, Interval, Kind, Timestamp, Uid, Value};
use std::collections::BTreeMap;

/// A transaction younger than this is never written, as long as the capture goes on.
const KEPT: Interval = Interval::from_secs(10);
/// A transaction that was left alone for longer than this is written.
const SILENT: Interval = Interval::from_secs(5);
/// A transaction older than this is written. Zeek's `DHCP::max_txid_watch_time`.
const WATCHED: Interval = Interval::from_secs(30);
/// So many connections complete a row. Zeek's `DHCP::max_uids_per_log_entry`.
const UIDS_MAX: usize = 10;
/// So many messages complete a row. Zeek's `DHCP::max_msg_types_per_log_entry`.
const MESSAGES_MAX: usize = 50;
/// So many transactions at once; a flood of more is written early, oldest numbers first.
const TRANSACTIONS_MAX: usize = 65_536;

/// A transaction that is being watched.
#[derive(Debug)]
struct Lease {
    row: Event,
    first: Timestamp,
    last: Timestamp,
    looked_at: Timestamp,
    uids: Vec<Uid>,
    kinds: Vec<Value>,
    client_chaddr: Value,
}

/// The correlator of `dhcp.log`.
#[derive(Debug, Default)]
pub struct Leases {
    open: BTreeMap<u32, Lease>,
}

impl Correlator for Leases {
    fn kinds(&self) -> &'static [&'static Kind] {
        &[&log::KIND]
    }

    fn on_event(&mut self, event: &mut Event, out: &mut Vec<Event>) -> bool {
        let at = event.ts();
        if event.kind() == &sweep::KIND {
            self.sweep(at, out);
        }
        if event.kind() != &message::KIND {
            return true;
        }
        let xid = event.get(message::XID).as_count().unwrap_or(0) as u32;
        if self.open.len() >= TRANSACTIONS_MAX && !self.open.contains_key(&xid) {
            out.extend(self.open.pop_first().map(|(_, lease)| lease.into_row()));
        }
        let lease = self.open.entry(xid).or_insert_with(|| Lease::new(at));
        lease.add(event);
        if lease.uids.len() >= UIDS_MAX || lease.kinds.len() >= MESSAGES_MAX {
            out.extend(self.open.remove(&xid).map(Lease::finish));
        }
        false
    }

    fn on_tick(&mut self, _now: Timestamp, last: bool, out: &mut Vec<Event>) {
        if last {
            let mut rows: Vec<Lease> = std::mem::take(&mut self.open).into_values().collect();
            rows.sort_by_key(|lease| lease.first);
            out.extend(rows.into_iter().map(Lease::into_row));
        }
    }

    fn held_bytes(&self) -> usize {
        self.open.values().map(|lease| lease.row.held_bytes() + size_of::<Lease>() + MESSAGES_MAX * size_of::<Value>()).sum()
    }
}

impl Leases {
    fn sweep(&mut self, now: Timestamp, out: &mut Vec<Event>) {
        let mut over = Vec::new();
        for (xid, lease) in &mut self.open {
            if now.since(lease.looked_at) <= KEPT {
                continue;
            }
            if now.since(lease.last) > SILENT || now.since(lease.first) > WATCHED {
                over.push(*xid);
            } else {
                // It is looked at again five seconds from now, or rather at the first sweep after that.
                lease.looked_at = now + SILENT + Interval::from_nanos(-KEPT.nanos());
            }
        }
        out.extend(over.iter().filter_map(|xid| self.open.remove(xid)).map(Lease::into_row));
    }
}

/// The places of the addresses and ports among [`FLOW_KEYS`].
const UID: usize = 1;
const ORIG_ADDR: usize = 2;
const ORIG_PORT: usize = 3;
const RESP_ADDR: usize = 4;
const RESP_PORT: usize = 5;

impl Lease {
    fn new(at: Timestamp) -> Self {
        let row = Event::new(&log::KIND, at);
        Self { row, first: at, last: at, looked_at: at, uids: Vec::new(), kinds: Vec::new(), client_chaddr: Value::Unset }
    }

    fn add(&mut self, event: &Event) {
        debug_assert_eq!((FLOW_KEYS[ORIG_ADDR].name, FLOW_KEYS[RESP_PORT].name), ("id.orig_h", "id.resp_p"));
        let cells = event.cells();
        self.last = event.ts();
        if let Some(Value::Uid(uid)) = cells.get(UID)
            && !self.uids.contains(uid)
        {
            self.uids.push(*uid);
        }
        self.kinds.push(type_name(event.get(message::MSG_TYPE).as_count().unwrap_or(0)));
        let orig = cells[ORIG_ADDR].as_addr().unwrap_or(Addr::UNSPECIFIED_V6);
        let resp = cells[RESP_ADDR].as_addr().unwrap_or(Addr::UNSPECIFIED_V6);
        let is_orig = event.get(message::IS_ORIG) == &Value::Bool(true);
        let ports = (cells[ORIG_PORT].as_count(), cells[RESP_PORT].as_count());
        // The server is the originator of what it broadcasts.
        if is_orig && (orig == Addr::v4([0; 4]) || ports.0 == Some(68) || ports.1 == Some(67)) {
            self.take_from_client(event, orig);
        } else {
            self.take_from_server(event, if is_orig { orig } else { resp });
        }
    }

    fn copy(&mut self, to: Column, event: &Event, from: Column) {
        let value = event.get(from);
        if !value.is_unset() {
            self.row.set(to, value.clone());
        }
    }

    fn take_from_client(&mut self, event: &Event, client: Addr) {
        self.copy(log::CLIENT_MESSAGE, event, message::TEXT);
        if client != Addr::v4([0; 4]) && client != Addr::v4([255; 4]) {
            self.row.set(log::CLIENT_ADDR, client);
        }
        self.copy(log::HOST_NAME, event, message::HOST_NAME);
        self.copy(log::CLIENT_FQDN, event, message::CLIENT_FQDN);
        if event.get(message::CLIENT_ID).is_unset() {
            self.client_chaddr = event.get(message::CHADDR).clone();
        } else {
            self.copy(log::MAC, event, message::CLIENT_ID);
        }
        self.copy(log::REQUESTED_ADDR, event, message::REQUESTED);
    }

    fn take_from_server(&mut self, event: &Event, server: Addr) {
        self.copy(log::SERVER_MESSAGE, event, message::TEXT);
        if !event.get(message::YIADDR).is_unset() {
            self.row.set(log::SERVER_ADDR, server);
            self.copy(log::ASSIGNED_ADDR, event, message::YIADDR);
        }
        if self.row.get(log::MAC).is_unset() {
            self.copy(log::MAC, event, message::CHADDR);
        }
        if self.row.get(log::CLIENT_ADDR).is_unset() {
            let assigned = self.row.get(log::ASSIGNED_ADDR).clone();
            self.row.set(log::CLIENT_ADDR, assigned);
        }
        self.copy(log::DOMAIN, event, message::DOMAIN);
        self.copy(log::LEASE_TIME, event, message::LEASE);
    }

    /// The row, with the client's own hardware address where nothing better is known.
    fn into_row(mut self) -> Event {
        if self.row.get(log::MAC).is_unset() {
            let own = std::mem::take(&mut self.client_chaddr);
            self.row.set(log::MAC, own);
        }
        self.finish()
    }

    fn finish(self) -> Event {
        self.row
            .with(log::UIDS, Value::list(self.uids))
            .with(log::MSG_TYPES, Value::list(self.kinds))
            .with(log::DURATION, self.last.since(self.first))
    }
}

/// RFC 2132 section 9.6, RFC 3203, RFC 4388, RFC 6926, RFC 7724.
fn type_name(number: u64) -> Value {
    const NAMES: [&str; 18] = [
        "DISCOVER",
        "OFFER",
        "REQUEST",
        "DECLINE",
        "ACK",
        "NAK",
        "RELEASE",
        "INFORM",
        "FORCERENEW",
        "LEASEQUERY",
        "LEASEUNASSIGNED",
        "LEASEUNKNOWN",
        "LEASEACTIVE",
        "BULKLEASEQUERY",
        "LEASEQUERYDONE",
        "ACTIVELEASEQUERY",
        "LEASEQUERYSTATUS",
        "TLS",
    ];
    match usize::try_from(number).ok().and_then(|number| NAMES.get(number.checked_sub(1)?)) {
        Some(name) => Value::from(*name),
        None => Value::from(format!("unknown-message-type-{number}")),
    }
}
