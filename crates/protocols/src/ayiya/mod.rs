//! AYIYA ("Anything In Anything", draft-massar-v6ops-ayiya): packets inside UDP, signed.
//!
//! ```text
//! | identity length 4 bits (power of two), type 4 | signature length 4 (in words), hash 4 | authentication 4, operation 4 | next header 1 | time 4 | identity | signature | payload |
//! ```

use contract::{Analyzer, Chunk, Emit, FlowInfo, Heads, Inner, InnerLink, Next, Protocol, Side, Transport, Verdict, Violation};
use model::{Kind, Timestamp};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Ayiya;

/// The operation that carries a packet.
const FORWARD: u8 = 1;

impl Protocol for Ayiya {
    fn name(&self) -> &'static str {
        "ayiya"
    }
    fn transports(&self) -> &'static [Transport] {
        &[Transport::Udp]
    }
    fn ports(&self) -> &'static [(Transport, u16)] {
        &[(Transport::Udp, 5072)]
    }
    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }
    /// A SHA-1 signature of five words, a shared secret, and "forward": what real clients send.
    fn probe(&self, heads: &Heads<'_>) -> Verdict {
        let fits = |data: &[u8]| matches!(data, [_, 0x52, 0x11, ..]);
        if fits(heads.orig) || fits(heads.resp) { Verdict::Yes } else { Verdict::No }
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
        let [identity, signature, operation, next, ..] = data else { return Err(Violation::new("Truncated AYIYA")) };
        let identity = 1usize << (identity >> 4);
        let header = 8 + identity + usize::from(signature >> 4) * 4;
        let Some(packet) = data.get(header..) else { return Err(Violation::new("Truncated AYIYA")) };
        if operation & 0x0f != FORWARD {
            return Ok(Next::Continue);
        }
        out.confirm("ayiya");
        if packet.is_empty() {
            out.weird("ayiya_empty_packet", "", "AYIYA");
        } else if matches!(next, 4 | 41) {
            out.packet(at, Inner { tunnel: "Tunnel::AYIYA", link: InnerLink::Ip, bytes: packet });
        }
        Ok(Next::Continue)
    }
    fn close(&mut self, _at: Timestamp, _out: &mut dyn Emit) {}
    fn held_bytes(&self) -> usize {
        0
    }
}
