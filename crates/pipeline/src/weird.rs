//! Rows of `weird.log`, and how often each is told (Zeek's `base/frameworks/notice/weird`).

use contract::{Correlator, FlowInfo};
use model::kinds::weird;
use model::{Addr, Event, Interval, Kind, Timestamp, Value};
use std::collections::{HashSet, VecDeque};

/// A row for something in a flow.
pub(crate) fn of_flow(at: Timestamp, info: &FlowInfo, name: &'static str, addl: &str, source: &'static str) -> Event {
    finish(info.event(&weird::KIND, at), name.into(), addl, source)
}

/// A row for something in a packet, whose hosts may be known.
pub(crate) fn of_packet(at: Timestamp, ends: Option<(Addr, Addr)>, name: Value, addl: &str, source: &'static str) -> Event {
    let mut row = Event::new(&weird::KIND, at);
    if let Some((src, dst)) = ends {
        for (column, value) in [(ORIG_H, Value::Addr(src)), (ORIG_P, Value::Port(0)), (RESP_H, Value::Addr(dst)), (RESP_P, Value::Port(0))]
        {
            row.set(column, value);
        }
    }
    finish(row, name, addl, source)
}

const ORIG_H: model::Column = weird::KIND.column("id.orig_h");
const ORIG_P: model::Column = weird::KIND.column("id.orig_p");
const RESP_H: model::Column = weird::KIND.column("id.resp_h");
const RESP_P: model::Column = weird::KIND.column("id.resp_p");

fn finish(mut row: Event, name: Value, addl: &str, source: &'static str) -> Event {
    row.set(weird::NAME, name);
    if !addl.is_empty() {
        row.set(weird::ADDL, addl.to_owned());
    }
    row.set(weird::NOTICE, false);
    row.set(weird::PEER, "zeek");
    if !source.is_empty() {
        row.set(weird::SOURCE, source);
    }
    row
}

/// Weirds that are so ordinary that nobody wants to read them.
const IGNORED: &[&str] = &["unsolicited_SYN_response", "FIN_after_reset", "spontaneous_FIN", "spontaneous_RST"];
/// Weirds that are told once a day for each originator.
const PER_ORIGINATOR: &[&str] = &[
    "bad_ICMP_checksum",
    "bad_RPC",
    "bad_TCP_checksum",
    "bad_UDP_checksum",
    "connection_originator_SYN_ack",
    "DNS_label_forward_compress_offset",
    "DNS_label_len_gt_name_len",
    "DNS_label_len_gt_pkt",
    "DNS_label_too_long",
    "excess_RPC",
    "FIN_storm",
    "originator_RPC_reply",
    "partial_RPC",
    "responder_RPC_call",
    "successful_RPC_reply_to_invalid_request",
    "SYN_after_partial",
    "SYN_with_data",
    "UDP_datagram_length_mismatch",
    "excessively_small_fragment",
    "fragment_inconsistency",
    "fragment_overlap",
    "fragment_size_inconsistency",
    "bad_IP_checksum",
];
/// Weirds that are told once a day for each flow.
const PER_FLOW: &[&str] = &[
    "FTP_max_command_length_exceeded",
    "FTP_too_many_pending_commands",
    "FTP_user_too_long",
    "FTP_reply_msg_too_long",
    "FTP_arg_too_long",
    "FTP_password_too_long",
    "simultaneous_open",
    "smtp_mail_transaction_invalid",
    "smtp_excessive_invalid_mail_transactions",
    "smb_tree_connect_andx_response_without_tree",
];
/// Repeats of these are let through although the same was told within ten minutes.
const REPEATABLE: &[&str] = &["bad_IP_checksum", "bad_TCP_checksum", "bad_UDP_checksum", "bad_ICMP_checksum"];

/// The same thing about the same ends is not told again for this long.
const QUIET: Interval = Interval::from_secs(600);
/// Things told once are told again after this.
const FORGET: Interval = Interval::from_secs(24 * 3600);
/// Entries in each of the tables; the oldest leave first. Some thousand hosts with some weirds each.
const ENTRIES_MAX: usize = 1 << 16;
/// Decides which weirds are written.
#[derive(Debug, Default)]
pub(crate) struct Policy {
    quiet: Recent,
    once: Recent,
}

/// Keys that were seen not long ago.
#[derive(Debug, Default)]
struct Recent {
    keys: HashSet<Box<[u8]>>,
    order: VecDeque<(Timestamp, Box<[u8]>)>,
}

impl Recent {
    fn contains(&mut self, now: Timestamp, keep: Interval, key: &[u8]) -> bool {
        while self.order.front().is_some_and(|(at, _)| now.since(*at) >= keep || self.order.len() > ENTRIES_MAX) {
            if let Some((_, old)) = self.order.pop_front() {
                self.keys.remove(&old);
            }
        }
        self.keys.contains(key)
    }

    fn insert(&mut self, now: Timestamp, key: Box<[u8]>) {
        if self.keys.insert(key.clone()) {
            self.order.push_back((now, key));
        }
    }
}

impl Policy {
    /// Whether a row is to be written.
    fn wanted(&mut self, event: &Event) -> bool {
        let at = event.ts();
        let name = event.get(weird::NAME).as_bytes().unwrap_or_default().to_vec();
        let named = |list: &[&str]| list.iter().any(|known| known.as_bytes() == name);
        if named(IGNORED) {
            return false;
        }
        let identity: Vec<Value> = [ORIG_H, ORIG_P, RESP_H, RESP_P].iter().map(|column| event.get(*column).clone()).collect();
        let key = |cells: &[Value]| format!("{} {cells:?}", String::from_utf8_lossy(&name)).into_bytes().into_boxed_slice();
        let whole = key(&identity);
        if self.quiet.contains(at, QUIET, &whole) {
            return false;
        }
        if named(PER_ORIGINATOR) || named(PER_FLOW) {
            let once = if named(PER_ORIGINATOR) { key(&identity[..1]) } else { whole.clone() };
            if self.once.contains(at, FORGET, &once) {
                return false;
            }
            self.once.insert(at, once);
        }
        if !named(REPEATABLE) {
            self.quiet.insert(at, whole);
        }
        true
    }
}

impl Correlator for Policy {
    fn kinds(&self) -> &'static [&'static Kind] {
        &[&weird::KIND]
    }

    fn on_event(&mut self, event: &mut Event, _out: &mut Vec<Event>) -> bool {
        event.kind() != &weird::KIND || self.wanted(event)
    }

    fn on_tick(&mut self, _now: Timestamp, _last: bool, _out: &mut Vec<Event>) {}

    fn held_bytes(&self) -> usize {
        (self.quiet.order.len() + self.once.order.len()) * 160
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &'static str, host: u8, secs: i64) -> Event {
        let ends = (Addr::v4([10, 0, 0, host]), Addr::v4([10, 0, 0, 99]));
        of_packet(Timestamp::from_secs(secs), Some(ends), name.into(), "", "")
    }

    #[test]
    fn repeats_are_held_back() {
        let mut policy = Policy::default();
        let mut check = |event: Event, expected| assert_eq!(policy.wanted(&event), expected, "{event:?}");
        check(row("truncated_header", 1, 0), true);
        check(row("truncated_header", 1, 1), false);
        check(row("truncated_header", 2, 1), true);
        check(row("truncated_header", 1, 700), true);
        check(row("bad_IP_checksum", 1, 0), true);
        check(row("bad_IP_checksum", 1, 5000), false);
        check(row("spontaneous_FIN", 1, 0), false);
    }

    #[test]
    fn a_flood_is_told_once_in_ten_minutes() {
        let mut policy = Policy::default();
        let told =
            (0..1800).filter(|secs| policy.wanted(&of_packet(Timestamp::from_secs(*secs), None, "truncated_IP".into(), "", "IP"))).count();
        assert_eq!(told, 3);
    }
}
