//! Geneve (RFC 8926): frames or IP packets inside UDP, with options between.
//!
//! ```text
//! | version 2 bits, option length 6 bits (in words) | flags 1 | protocol 2 | network id 3 | reserved 1 | options | payload |
//! ```

use contract::{Analyzer, Chunk, Emit, FlowInfo, Heads, Inner, InnerLink, Next, Protocol, Side, Transport, Verdict, Violation};
use model::{Kind, Timestamp};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Geneve;

impl Protocol for Geneve {
    fn name(&self) -> &'static str {
        "geneve"
    }
    fn transports(&self) -> &'static [Transport] {
        &[Transport::Udp]
    }
    fn ports(&self) -> &'static [(Transport, u16)] {
        &[(Transport::Udp, 6081)]
    }
    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }
    /// A header of zeros would pass: the port is needed.
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
        let [first, _, high, low, _, _, _, _, rest @ ..] = data else { return Err(Violation::new("Geneve header truncation")) };
        let version = first >> 6;
        if version != 0 {
            out.weird("geneve_invalid_version", &version.to_string(), "GENEVE");
            return Ok(Next::Continue);
        }
        let options = usize::from(first & 0x3f) * 4;
        let Some(payload) = rest.get(options..) else { return Err(Violation::new("Geneve option header truncation")) };
        out.confirm("geneve");
        if payload.is_empty() {
            out.weird("geneve_empty_packet", "", "GENEVE");
            return Ok(Next::Continue);
        }
        let link = match u16::from_be_bytes([*high, *low]) {
            0x6558 => InnerLink::Ethernet,
            0x0800 | 0x86dd => InnerLink::Ip,
            _ => return Ok(Next::Continue),
        };
        out.packet(at, Inner { tunnel: "Tunnel::GENEVE", link, bytes: payload });
        Ok(Next::Continue)
    }
    fn close(&mut self, _at: Timestamp, _out: &mut dyn Emit) {}
    fn held_bytes(&self) -> usize {
        0
    }
}
