//! What tunnels over UDP share: whether bytes are one whole IP packet, which they ask before they believe themselves; and the row
//! of those that only their port tells.

use contract::{Analyzer, Chunk, Emit, FlowInfo, Heads, Next, Protocol, Side, Transport, Verdict, Violation};
use model::{Kind, Timestamp};

/// Reads one datagram.
pub(crate) type Read = fn(Timestamp, &[u8], &mut dyn Emit) -> Result<(), Violation>;

/// The row of a tunnel whose header proves nothing, so that its port is needed, and each of whose datagrams stands for itself.
#[derive(Debug)]
pub(crate) struct OnPort {
    pub(crate) name: &'static str,
    pub(crate) ports: &'static [(Transport, u16)],
    pub(crate) read: Read,
}

impl Protocol for OnPort {
    fn name(&self) -> &'static str {
        self.name
    }
    fn transports(&self) -> &'static [Transport] {
        &[Transport::Udp]
    }
    fn ports(&self) -> &'static [(Transport, u16)] {
        self.ports
    }
    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }
    fn probe(&self, _heads: &Heads<'_>) -> Verdict {
        Verdict::No
    }
    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::new(Datagrams(self.read))
    }
}

struct Datagrams(Read);

impl Analyzer for Datagrams {
    fn feed(&mut self, at: Timestamp, _side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        if let Chunk::Data(data) = chunk {
            (self.0)(at, data, out)?;
        }
        Ok(Next::Continue)
    }
    fn close(&mut self, _at: Timestamp, _out: &mut dyn Emit) {}
    fn held_bytes(&self) -> usize {
        0
    }
}

/// How bytes compare with the IP packet that they begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// Exactly one packet.
    Whole,
    /// Fewer bytes than the packet says it has.
    Short,
    /// More bytes than the packet says it has.
    Long,
    /// No IP packet.
    NotIp,
}

/// Compares `data` with the length in its IP header.
pub(crate) fn fit(data: &[u8]) -> Fit {
    let stated = match (data.first().map(|byte| byte >> 4), data.len()) {
        (Some(4), 20..) => usize::from(u16::from_be_bytes([data[2], data[3]])),
        (Some(6), 40..) => usize::from(u16::from_be_bytes([data[4], data[5]])) + 40,
        (Some(4 | 6), _) => return Fit::Short,
        _ => return Fit::NotIp,
    };
    match data.len().cmp(&stated) {
        std::cmp::Ordering::Less => Fit::Short,
        std::cmp::Ordering::Equal => Fit::Whole,
        std::cmp::Ordering::Greater => Fit::Long,
    }
}
