//! VXLAN (RFC 7348): Ethernet frames inside UDP.
//!
//! ```text
//! | flags 1 (0x08: the network id counts) | reserved 3 | network id 3 | reserved 1 | Ethernet frame |
//! ```

use contract::{Analyzer, Chunk, Emit, FlowInfo, Heads, Inner, InnerLink, Next, Protocol, Side, Transport, Verdict, Violation};
use model::{Kind, Timestamp};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Vxlan;

impl Protocol for Vxlan {
    fn name(&self) -> &'static str {
        "vxlan"
    }
    fn transports(&self) -> &'static [Transport] {
        &[Transport::Udp]
    }
    fn ports(&self) -> &'static [(Transport, u16)] {
        &[(Transport::Udp, 4789)]
    }
    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }
    /// Eight bytes that are nearly all free to choose prove nothing: the port is needed.
    fn probe(&self, _heads: &Heads<'_>) -> Verdict {
        Verdict::No
    }
    fn open(&self, _flow: &FlowInfo) -> Box<dyn Analyzer> {
        Box::new(Reader)
    }
}

#[derive(Debug)]
struct Reader;

impl Analyzer for Reader {
    fn feed(&mut self, at: Timestamp, _side: Side, chunk: Chunk<'_>, out: &mut dyn Emit) -> Result<Next, Violation> {
        let Chunk::Data(data) = chunk else { return Ok(Next::Continue) };
        let [flags, _, _, _, _, _, _, _, frame @ ..] = data else { return Err(Violation::new("VXLAN header truncation")) };
        if flags & 0x08 == 0 {
            return Err(Violation::new("VXLAN 'I' flag not set"));
        }
        out.confirm("vxlan");
        if frame.is_empty() {
            out.weird("vxlan_empty_packet", "", "VXLAN");
        } else {
            out.packet(at, Inner { tunnel: "Tunnel::VXLAN", link: InnerLink::Ethernet, bytes: frame });
        }
        Ok(Next::Continue)
    }
    fn close(&mut self, _at: Timestamp, _out: &mut dyn Emit) {}
    fn held_bytes(&self) -> usize {
        0
    }
}
