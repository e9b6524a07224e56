//! RDP's transport over datagrams, recognised by how it begins (MS-RDPEUDP section 2.2.2): a SYN, then a SYN with ACK.
//!
//! ```text
//! snSourceAck (32), uReceiveWindowSize (16), uFlags (16): 1 SYN, 4 ACK
//! ```

use contract::{Analyzer, Chunk, Emit, FlowInfo, Heads, Next, Protocol, Side, Transport, Verdict, Violation};
use model::{Kind, Timestamp};

/// Sizes of a SYN, which is filled up so that the path's capacity is tried.
const SYN_BYTES: std::ops::RangeInclusive<usize> = 1132..=1232;

/// RDP over UDP.
#[derive(Debug)]
pub struct Rdpeudp;

fn is_syn(datagram: &[u8]) -> bool {
    SYN_BYTES.contains(&datagram.len()) && matches!(datagram, [0xff, 0xff, 0xff, 0xff, _, _, _, 1, ..])
}

#[derive(Debug, Default)]
struct Analysis {
    syn: bool,
}

impl Protocol for Rdpeudp {
    fn name(&self) -> &'static str {
        "rdpeudp"
    }

    fn transports(&self) -> &'static [Transport] {
        &[Transport::Udp]
    }

    fn ports(&self) -> &'static [(Transport, u16)] {
        &[(Transport::Udp, 3389)]
    }

    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }

    fn probe(&self, heads: &Heads<'_>) -> Verdict {
        match heads.orig {
            [] => Verdict::Unsure,
            head if is_syn(head) => Verdict::Yes,
            _ => Verdict::No,
        }
    }

    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::<Analysis>::default()
    }
}

impl Analyzer for Analysis {
    fn feed(&mut self, _at: Timestamp, side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        let Chunk::Data(datagram) = chunk else { return Ok(Next::Continue) };
        if side.is_orig() {
            self.syn |= is_syn(datagram);
        } else if self.syn && matches!(datagram, [_, _, _, _, _, _, _, 5, ..]) {
            out.confirm("rdpeudp");
            return Ok(Next::Done);
        }
        Ok(if self.syn { Next::Continue } else { Next::Done })
    }

    fn close(&mut self, _at: Timestamp, _out: &mut dyn Emit) {}

    fn held_bytes(&self) -> usize {
        0
    }
}
