//! A flow, and its row in `conn.log`.

use crate::app::App;
use contract::{FlowInfo, Side};
use flow::tcp::{Connection, State};
use flow::{Facts, Tunnels};
use model::kinds::{confirmed, conn, removed};
use model::{Event, Interval, Kind, Timestamp, Uid, Value};

/// Flows without a protocol of their own are forgotten after this (Zeek's `udp_inactivity_timeout`, `icmp_inactivity_timeout`).
const DATAGRAM_IDLE: Interval = Interval::from_secs(60);
/// See [`Flow::look`].
const CHECK_SLACK: Interval = Interval::from_secs(1);
/// Interactive sessions are kept longer (Zeek's `Conn::analyzer_inactivity_timeouts` and `port_inactivity_timeouts`).
const SESSION_IDLE: Interval = Interval::from_secs(3600);

/// A flow.
pub(crate) struct Flow {
    pub(crate) info: FlowInfo,
    pub(crate) protocol: u8,
    pub(crate) facts: Facts,
    pub(crate) state: Carrier,
    pub(crate) app: App,
    pub(crate) tunnels: Option<Box<Tunnels>>,
    /// The innermost tunnel of its last packet.
    pub(crate) tunnel_now: Option<Uid>,
    /// The flow's packets came through differing tunnels so often.
    pub(crate) tunnel_changes: u8,
    /// When it is looked at next whether questions still come (see [`contract::Protocol::datagram_idle`]).
    pub(crate) check_at: Option<Timestamp>,
    /// The packet that began it, for the order of rows.
    pub(crate) birth: u64,
}

/// What carries a flow.
pub(crate) enum Carrier {
    Tcp(Box<Connection>),
    Udp,
    Icmp,
    Other,
}

impl Flow {
    /// When the flow is to be looked at whether it is over, if nothing more comes.
    pub(crate) fn deadline(&self) -> Timestamp {
        let deadline = match &self.state {
            Carrier::Tcp(tcp) => tcp.deadline(self.facts.last),
            _ => self.facts.last + DATAGRAM_IDLE,
        };
        self.check_at.map_or(deadline, |at| deadline.min(at))
    }

    /// Looks at `now` whether the flow is over; if not, says when to look again.
    pub(crate) fn look(&mut self, now: Timestamp) -> Option<Timestamp> {
        if let Some(at) = self.check_at.filter(|at| *at <= now) {
            let idle = self.app.datagram_idle();
            // A little less than the whole time, since one question and one answer are the ordinary case.
            if idle.is_some_and(|idle| now.since(self.facts.last).nanos() >= idle.nanos() - CHECK_SLACK.nanos()) {
                return None;
            }
            self.check_at = idle.map(|idle| now.max(at) + idle);
        }
        let deadline = self.deadline();
        (deadline > now).then_some(deadline)
    }

    /// A protocol of questions and answers may have been found: starts its check. True where the deadline came nearer.
    pub(crate) fn start_check(&mut self, now: Timestamp) -> bool {
        if self.check_at.is_some() {
            return false;
        }
        self.check_at = self.app.datagram_idle().map(|idle| now + idle);
        self.check_at.is_some()
    }

    /// The flow proved to be an interactive session.
    pub(crate) fn keep_longer(&mut self) {
        if let Carrier::Tcp(tcp) = &mut self.state {
            tcp.set_idle(SESSION_IDLE);
        }
    }

    /// Zeek's word for what carries the flow.
    pub(crate) const fn proto(&self) -> &'static str {
        match self.state {
            Carrier::Tcp(_) => "tcp",
            Carrier::Udp => "udp",
            Carrier::Icmp => "icmp",
            Carrier::Other => "unknown_transport",
        }
    }

    fn payload_bytes(&self, side: Side) -> u64 {
        match &self.state {
            Carrier::Tcp(tcp) => tcp.payload_bytes(side),
            _ => self.facts.counters[side.index()].payload_bytes.unwrap_or(0),
        }
    }

    /// Whether the responder has taken part.
    fn responder_active(&self) -> bool {
        match &self.state {
            Carrier::Tcp(tcp) => {
                matches!(tcp.state(Side::Resp), State::Established | State::Closed | State::Partial)
                    || self.facts.history.letters().contains(&b'h')
            }
            _ => self.facts.counters[1].payload_bytes.is_some(),
        }
    }

    /// What the correlators hear of a flow's services. `None` for flows to the outside, which they don't keep.
    pub(crate) fn services_event(&self, kind: &'static Kind, at: Timestamp) -> Option<Event> {
        if !self.info.resp.0.is_private() {
            return None;
        }
        let services = Value::list(self.app.services().iter().copied());
        let mut event = self.info.event(kind, at);
        debug_assert_eq!(confirmed::SERVICES, removed::SERVICES);
        event.set(confirmed::PROTO, self.proto());
        event.set(confirmed::SERVICES, services);
        event.set(confirmed::ACTIVE, self.responder_active());
        event.set(confirmed::RESP_BYTES, self.payload_bytes(Side::Resp));
        Some(event)
    }

    /// The row of `conn.log`.
    pub(crate) fn row(&self) -> Event {
        let mut row = self.info.event(&conn::KIND, self.facts.start);
        row.set(conn::PROTO, self.proto());
        let services = self.app.services();
        match services {
            [] => {}
            [one] => row.set(conn::SERVICE, *one),
            several => row.set(conn::SERVICE, several.join(",")),
        }
        if self.facts.duration() > Interval::ZERO {
            row.set(conn::DURATION, self.facts.duration());
            row.set(conn::ORIG_BYTES, self.payload_bytes(Side::Orig));
            row.set(conn::RESP_BYTES, self.payload_bytes(Side::Resp));
        }
        row.set(conn::CONN_STATE, self.conn_state());
        row.set(conn::LOCAL_ORIG, self.info.orig.0.is_private());
        row.set(conn::LOCAL_RESP, self.info.resp.0.is_private());
        row.set(conn::MISSED_BYTES, self.facts.missed_bytes);
        let history = self.facts.history.letters();
        if !history.is_empty() {
            row.set(conn::HISTORY, history);
        }
        let [orig, resp] = self.facts.counters;
        row.set(conn::ORIG_PKTS, orig.packets);
        row.set(conn::ORIG_IP_BYTES, orig.ip_bytes);
        row.set(conn::RESP_PKTS, resp.packets);
        row.set(conn::RESP_IP_BYTES, resp.ip_bytes);
        if let Some(tunnels) = &self.tunnels {
            row.set(conn::TUNNEL_PARENTS, Value::list(tunnels.0.iter().map(|tunnel| tunnel.uid)));
        }
        row.set(conn::IP_PROTO, u64::from(self.protocol));
        row.set(conn::COMMUNITY_ID, crate::community::id(&self.info, self.protocol));
        row
    }

    /// Whether the history begins with a SYN and comes to a RST with nothing of weight between.
    fn was_half_open(&self) -> bool {
        let history = self.facts.history.letters();
        let history = history.strip_prefix(b"^").unwrap_or(history);
        let Some(rest) = history.strip_prefix(b"S") else { return false };
        rest.iter().find(|letter| b"HAFGIQR".contains(letter)) == Some(&b'R')
    }

    /// The summary of a flow's life in one word (Zeek's `conn_state`).
    fn conn_state(&self) -> &'static str {
        let tcp = match &self.state {
            Carrier::Tcp(tcp) => tcp,
            Carrier::Udp => {
                let [orig, resp] = self.facts.counters.map(|counters| counters.payload_bytes.is_some());
                return match (orig, resp) {
                    (true, true) => "SF",
                    (true, false) => "S0",
                    (false, true) => "SHR",
                    (false, false) => "OTH",
                };
            }
            _ => return "OTH",
        };
        let (orig, resp) = (tcp.state(Side::Orig), tcp.state(Side::Resp));
        let silent = |state| matches!(state, State::Inactive | State::Partial);
        let nothing_sent = tcp.payload_bytes(Side::Orig) == 0 && tcp.payload_bytes(Side::Resp) == 0;
        match (orig, resp) {
            (State::SynSent | State::SynAckSent, State::Reset) => "REJ",
            (State::Reset, State::Reset) if nothing_sent => "REJ",
            (orig, State::Reset) => {
                if silent(orig) {
                    "RSTRH"
                } else {
                    "RSTR"
                }
            }
            (State::Reset, resp) if silent(resp) && self.was_half_open() => "RSTOS0",
            // A lone RST says nothing of a connection.
            (State::Reset, resp) if silent(resp) => "OTH",
            (State::Reset, _) => "RSTO",
            (State::Closed, State::Closed) => "SF",
            (State::Closed, resp) => {
                if silent(resp) {
                    "SH"
                } else {
                    "S2"
                }
            }
            (orig, State::Closed) => {
                if silent(orig) {
                    "SHR"
                } else {
                    "S3"
                }
            }
            (State::SynSent, State::Inactive) => "S0",
            (State::Established, State::Established) => "S1",
            _ => "OTH",
        }
    }
}
