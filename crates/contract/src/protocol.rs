//! Application protocols: the static description of one, and the per-flow state that reads it.

use crate::{Emit, FlowInfo, Side, Transport};
use model::{Event, Interval, Kind, Timestamp};

/// What an analyzer may hold unless its protocol says otherwise, in bytes: a few messages of the largest usual size, and
/// little enough that a hundred thousand flows which do their worst fit into a large machine.
pub const HELD_BYTES_MAX: usize = 1 << 20;

/// An application protocol: one row of the catalogue.
pub trait Protocol: Sync {
    /// Zeek's name of the service, in lower case: `dns`, `http`, `ssl`, `krb_tcp` …
    fn name(&self) -> &'static str;

    /// What it runs over.
    fn transports(&self) -> &'static [Transport];

    /// The ports on which it is tried without looking at the content first, because its own rules are the best probe;
    /// on these ports the responder is believed to be the server. Content decides everywhere.
    fn ports(&self) -> &'static [(Transport, u16)];

    /// The logs that it writes.
    fn kinds(&self) -> &'static [&'static Kind];

    /// Whether the first bytes of a flow are this protocol. Called on any port, again when more bytes come while the
    /// answer is [`Verdict::Unsure`]; must be cheap and strict, since a yes starts an analyzer.
    fn probe(&self, heads: &Heads<'_>) -> Verdict;

    /// The most that one of its analyzers may ever hold on the heap, in bytes, whatever comes: a limit that the laws test.
    fn held_bytes_max(&self) -> usize {
        HELD_BYTES_MAX
    }

    /// For protocols of single questions and answers: a flow of datagrams is over when nothing has come for about this
    /// long, sooner than others (DNS, RFC 1035 section 7.1).
    fn datagram_idle(&self) -> Option<Interval> {
        None
    }

    /// A new analyzer for a flow.
    fn open(&self, flow: &FlowInfo) -> Box<dyn Analyzer>;
}

/// The first bytes of both sides of a flow, as far as they have come (for UDP: the first datagram of each side).
#[derive(Clone, Copy, Debug)]
pub struct Heads<'a> {
    /// What carries the flow.
    pub transport: Transport,
    /// The originator's bytes.
    pub orig: &'a [u8],
    /// The responder's bytes.
    pub resp: &'a [u8],
    /// The originator's port.
    pub orig_port: u16,
    /// The responder's port.
    pub resp_port: u16,
}

impl<'a> Heads<'a> {
    /// One side's bytes.
    pub const fn of(&self, side: Side) -> &'a [u8] {
        match side {
            Side::Orig => self.orig,
            Side::Resp => self.resp,
        }
    }
}

/// What a probe says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is not this protocol, whatever comes.
    No,
    /// More bytes are needed (or bytes of the other side).
    Unsure,
    /// It is this protocol.
    Yes,
}

/// A piece of one side of a flow, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chunk<'a> {
    /// Bytes; for UDP and ICMP exactly one datagram's payload.
    Data(&'a [u8]),
    /// So many bytes are missing here for good. Never for UDP.
    Gap(u64),
    /// This side said that it is done (a FIN).
    End,
}

/// What an analyzer wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// More of the same.
    Continue,
    /// Nothing more of this flow; `close` is still called.
    Done,
    /// From now on the stream carries something else: a child reads it, this analyzer gets only `close`.
    /// `consumed` bytes of the present chunk were this protocol's own; the child gets the rest.
    Become {
        /// Who reads on.
        child: Child,
        /// How many bytes of the chunk at hand are not for the child.
        consumed: usize,
    },
}

/// Who reads on after [`Next::Become`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Child {
    /// The protocol of this name.
    Named(&'static str),
    /// Whatever the content shows (behind a proxy's CONNECT, for instance).
    Detect,
}

/// The stream is not this protocol after all, or is broken beyond reading: the analyzer is removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What rule was broken, in words.
    pub reason: std::borrow::Cow<'static, str>,
}

impl Violation {
    /// A violation for a fixed reason.
    pub const fn new(reason: &'static str) -> Self {
        Self { reason: std::borrow::Cow::Borrowed(reason) }
    }
}

/// One protocol's state for one flow.
///
/// Laws, tested for every row of the catalogue: any split of a TCP stream into chunks gives the same events; no bytes
/// make it panic or loop; `held_bytes` stays under the protocol's limit; work is linear in the bytes.
pub trait Analyzer: Send {
    /// Reads the next piece of one side.
    ///
    /// # Errors
    /// Where the stream is not this protocol.
    fn feed(&mut self, at: Timestamp, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation>;

    /// A side broke the connection off (a TCP reset). What still comes is no longer part of a conversation.
    fn reset(&mut self, _at: Timestamp, _out: &mut dyn Emit) {}

    /// The flow is over, for whatever reason: write down what is still pending. Called exactly once, also after `Done`.
    fn close(&mut self, at: Timestamp, out: &mut dyn Emit);

    /// Bytes held on the heap, a close estimate.
    fn held_bytes(&self) -> usize;
}

/// Understands events of several flows together, after all workers: an address lease over several messages, the hosts
/// that are known. It sees every event in the order of time and may keep it (swallow it), change it, or add others.
pub trait Correlator: Send {
    /// The logs that it writes.
    fn kinds(&self) -> &'static [&'static Kind];

    /// Looks at an event. Returns false to keep the event itself out of the logs (it was raw material).
    fn on_event(&mut self, event: &mut Event, out: &mut Vec<Event>) -> bool;

    /// Everything before `now` has been seen; with `last`, nothing more comes.
    fn on_tick(&mut self, now: Timestamp, last: bool, out: &mut Vec<Event>);

    /// Bytes held on the heap, a close estimate.
    fn held_bytes(&self) -> usize;
}

/// Takes finished events, in the order of time: a log writer, a summary, a store.
pub trait Sink {
    /// Takes one.
    fn event(&mut self, event: &Event);
}
