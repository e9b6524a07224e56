//! What an analyzer knows of the flow that it reads.

use model::{Addr, Event, Kind, Timestamp, Uid};

/// A transport protocol under which application protocols run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Transport {
    /// A byte stream.
    Tcp,
    /// Datagrams, each handed over whole.
    Udp,
    /// Messages, each handed over whole, ICMP header included.
    Icmp,
}

impl Transport {
    /// Zeek's word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Icmp => "icmp",
        }
    }
}

/// Who sent something: the side that opened the flow (the originator, usually the client) or the one that answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// The originator.
    Orig,
    /// The responder.
    Resp,
}

impl Side {
    /// Both sides, in the order in which arrays hold them.
    pub const BOTH: [Self; 2] = [Self::Orig, Self::Resp];

    /// The other side.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Orig => Self::Resp,
            Self::Resp => Self::Orig,
        }
    }

    /// 0 for the originator and 1 for the responder.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Whether this is the originator.
    pub const fn is_orig(self) -> bool {
        matches!(self, Self::Orig)
    }
}

/// A flow's fixed description.
#[derive(Clone, Debug)]
pub struct FlowInfo {
    /// The flow's id.
    pub uid: Uid,
    /// Address and port of the originator; for ICMP the port is the message's type.
    pub orig: (Addr, u16),
    /// Address and port of the responder; for ICMP the port is the message's code.
    pub resp: (Addr, u16),
    /// What carries the flow.
    pub transport: Transport,
    /// When its first packet was seen.
    pub start: Timestamp,
    /// Whether the capture began in the middle of a TCP connection, so that its first bytes are not its first bytes.
    pub midstream: bool,
    /// What the flow that announced this one said of it; empty for flows that came by themselves.
    pub note: Box<[u8]>,
}

impl FlowInfo {
    /// A row of `kind` for this flow; the kind's keys are [`model::FLOW_KEYS`].
    pub fn event(&self, kind: &'static Kind, ts: Timestamp) -> Event {
        Event::of_flow(kind, ts, self.uid, self.orig, self.resp)
    }

    /// Address and port of a side.
    pub const fn end(&self, side: Side) -> (Addr, u16) {
        match side {
            Side::Orig => self.orig,
            Side::Resp => self.resp,
        }
    }
}
