//! GTP version 1 (3GPP TS 29.281): a mobile network's user packets inside UDP. Of the control messages only the header is read.
//!
//! ```text
//! | version 3 bits, protocol type, 0, E, S, PN | type 1 | length 2 | tunnel endpoint 4 | with E, S or PN: sequence 2, number 1, next extension 1 |
//! ```

use crate::inner::{Fit, fit};
use contract::{Analyzer, Chunk, Emit, FlowInfo, Heads, Inner, InnerLink, Next, Protocol, Side, Transport, Verdict, Violation};
use model::{Kind, Timestamp};

/// The row of the catalogue.
#[derive(Debug)]
pub struct Gtpv1;

/// The message that carries a user's packet.
const USER_PACKET: u8 = 255;
/// Extension headers in one message: more than the standard has.
const EXTENSIONS_MAX: usize = 32;

impl Protocol for Gtpv1 {
    fn name(&self) -> &'static str {
        "gtpv1"
    }
    fn transports(&self) -> &'static [Transport] {
        &[Transport::Udp]
    }
    fn ports(&self) -> &'static [(Transport, u16)] {
        &[(Transport::Udp, 2152), (Transport::Udp, 2123)]
    }
    fn kinds(&self) -> &'static [&'static Kind] {
        &[]
    }
    /// The header is too short to prove anything: the port is needed.
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
        let [flags, kind, ..] = data else { return Err(Violation::new("truncated GTPv1 header")) };
        // Version 1, and GTP rather than the charging protocol GTP'.
        if flags >> 5 != 1 || flags & 0x10 == 0 || *kind != USER_PACKET {
            return Ok(Next::Continue);
        }
        let Some(packet) = payload(data) else { return Err(Violation::new("truncated GTPv1 header")) };
        if packet.len() < 20 {
            return Err(Violation::new("Truncated GTPv1"));
        }
        match fit(packet) {
            Fit::Whole => {}
            Fit::NotIp => return Err(Violation::new("non-IP packet in GTPv1")),
            Fit::Short => return Err(Violation::new("Truncated GTPv1")),
            Fit::Long => return Err(Violation::new("GTPv1 payload length")),
        }
        out.confirm("gtpv1");
        out.packet(at, Inner { tunnel: "Tunnel::GTPv1", link: InnerLink::Ip, bytes: packet });
        Ok(Next::Continue)
    }
    fn close(&mut self, _at: Timestamp, _out: &mut dyn Emit) {}
    fn held_bytes(&self) -> usize {
        0
    }
}

/// What lies behind the header and its extensions.
fn payload(data: &[u8]) -> Option<&[u8]> {
    let flags = *data.first()?;
    if flags & 0x07 == 0 {
        return data.get(8..);
    }
    let mut rest = data.get(12..)?;
    if flags & 0x04 == 0 {
        return Some(rest);
    }
    let mut next = *data.get(11)?;
    for _ in 0..EXTENSIONS_MAX {
        if next == 0 {
            return Some(rest);
        }
        // An extension's length counts words of four bytes; its last byte names the next.
        let length = usize::from(*rest.first()?) * 4;
        next = *rest.get(length.checked_sub(1)?)?;
        rest = rest.get(length..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::payload;

    #[test]
    fn extensions_are_stepped_over() {
        assert_eq!(payload(&[0x30, 255, 0, 1, 0, 0, 0, 9, 0x45]), Some(&[0x45][..]));
        assert_eq!(payload(&[0x32, 255, 0, 1, 0, 0, 0, 9, 0, 1, 0, 0, 0x45]), Some(&[0x45][..]));
        assert_eq!(payload(&[0x34, 255, 0, 1, 0, 0, 0, 9, 0, 1, 0, 0x85, 1, 7, 7, 0, 0x45]), Some(&[0x45][..]));
        assert_eq!(payload(&[0x34, 255, 0, 1, 0, 0, 0, 9, 0, 1, 0, 0x85, 0, 7, 7, 0, 0x45]), None);
    }
}
